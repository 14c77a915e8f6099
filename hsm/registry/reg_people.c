#include "reg_people.h"

#include <stdlib.h>

/*
 * Rows of holder keys stand in the order they were made, which writes and keeps neighbours together; thumbprints, which are random, stand in an
 * index of 40 bytes a row, small enough to stay in memory at a million.
 */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS reg_persons(id BLOB PRIMARY KEY, state INTEGER NOT NULL,"
    " level INTEGER NOT NULL, keys_max INTEGER NOT NULL, keys INTEGER NOT NULL,"
    " seq INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS reg_passkeys(n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
    " person BLOB NOT NULL, thumbprint BLOB NOT NULL UNIQUE, purpose INTEGER NOT NULL,"
    " state INTEGER NOT NULL, alg INTEGER NOT NULL, spki BLOB NOT NULL,"
    " backup_eligible INTEGER NOT NULL, attested INTEGER NOT NULL, aaguid BLOB NOT NULL,"
    " sign_count INTEGER NOT NULL, seq INTEGER NOT NULL, label TEXT NOT NULL,"
    " created_at INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS reg_passkeys_person ON reg_passkeys(person);"
    "CREATE TABLE IF NOT EXISTS reg_enrolments(person BLOB PRIMARY KEY, link_hash BLOB NOT NULL"
    " UNIQUE, salt BLOB NOT NULL, code_hash BLOB NOT NULL, tries INTEGER NOT NULL,"
    " level INTEGER NOT NULL, keys_max INTEGER NOT NULL, not_before INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL, missing INTEGER NOT NULL, recovery INTEGER NOT NULL,"
    " operation_id BLOB NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS reg_holder_keys(n INTEGER PRIMARY KEY,"
    " thumbprint BLOB NOT NULL UNIQUE, person BLOB NOT NULL, made BLOB NOT NULL,"
    " level INTEGER NOT NULL, spki BLOB NOT NULL, wrapped BLOB, state INTEGER NOT NULL,"
    " state_seq INTEGER NOT NULL, created_at INTEGER NOT NULL, UNIQUE(person,made));"
    "CREATE TABLE IF NOT EXISTS reg_uses(person BLOB NOT NULL, seq INTEGER NOT NULL,"
    " passkey BLOB NOT NULL, PRIMARY KEY(person,seq)) WITHOUT ROWID;";

#define PERSON "SELECT id,state,level,keys_max,keys,seq FROM reg_persons "
#define PASSKEY                                                                       \
    "SELECT id,person,thumbprint,purpose,state,spki,backup_eligible,attested,aaguid," \
    "sign_count,seq,label,created_at FROM reg_passkeys "
#define ENROLMENT                                                                        \
    "SELECT person,link_hash,salt,code_hash,tries,level,keys_max,not_before,expires_at," \
    "missing,recovery,operation_id,seq FROM reg_enrolments "
#define HOLDER \
    "SELECT thumbprint,person,level,spki,wrapped,state,state_seq,created_at FROM reg_holder_keys "

static const char *const sql[REG_SQL_N] = {
    [REG_SQL_PERSON_GET] = PERSON "WHERE id=?1",
    [REG_SQL_PERSON_NEXT] = PERSON "WHERE id>?1 ORDER BY id LIMIT 1",
    [REG_SQL_PERSON_PUT] = "INSERT INTO reg_persons(id,state,level,keys_max,keys,seq)"
                           " VALUES(?1,?2,?3,?4,0,?5) ON CONFLICT(id) DO UPDATE SET"
                           " level=?3, keys_max=?4, seq=?5",
    [REG_SQL_PERSON_STATE] = "UPDATE reg_persons SET state=?2, seq=?3 WHERE id=?1",
    [REG_SQL_PERSON_KEYS] = "UPDATE reg_persons SET keys=keys+?2 WHERE id=?1",
    [REG_SQL_PASSKEY_GET] = PASSKEY "WHERE id=?1 AND state<>3",
    [REG_SQL_PASSKEY_BY_THUMBPRINT] = PASSKEY "WHERE thumbprint=?1 AND state<>3",
    [REG_SQL_PASSKEY_KNOWN] = "SELECT 1 FROM reg_passkeys WHERE id=?1 OR thumbprint=?2",
    [REG_SQL_PASSKEY_STATE] =
        "SELECT state FROM reg_passkeys WHERE thumbprint=?1 AND person=?2 AND state<>3",
    [REG_SQL_PASSKEYS_ACTIVE] =
        "SELECT count(*) FROM reg_passkeys WHERE person=?1 AND state=1 AND purpose=?2",
    [REG_SQL_PASSKEYS_EVER] = "SELECT 1 FROM reg_passkeys WHERE person=?1 LIMIT 1",
    [REG_SQL_PASSKEYS_OF] =
        PASSKEY "WHERE person=?1 AND state<>3 AND (?2=0 OR purpose=?2) ORDER BY n",
    [REG_SQL_PASSKEY_COUNTED] = "UPDATE reg_passkeys SET sign_count=?2 WHERE id=?1 AND state<>3",
    [REG_SQL_PASSKEY_INSERT] =
        "INSERT INTO reg_passkeys(id,person,thumbprint,purpose,state,alg,spki,backup_eligible,"
        "attested,aaguid,sign_count,seq,label,created_at)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
    [REG_SQL_PASSKEY_SET] = "UPDATE reg_passkeys SET state=?2, seq=CASE WHEN ?2=3 THEN ?3 ELSE seq"
                            " END WHERE id=?1 AND state<>3",
    [REG_SQL_PASSKEYS_REMOVE] =
        "UPDATE reg_passkeys SET state=3, seq=?2 WHERE person=?1 AND state<>3",
    [REG_SQL_ENROLMENT_PUT] =
        "INSERT OR REPLACE INTO reg_enrolments(person,link_hash,salt,code_hash,tries,level,"
        "keys_max,not_before,expires_at,missing,recovery,operation_id,seq)"
        " VALUES(?1,?2,?3,?4,0,?5,?6,?7,?8,?9,?10,?11,?12)",
    [REG_SQL_ENROLMENT_BY_LINK] = ENROLMENT "WHERE link_hash=?1",
    [REG_SQL_ENROLMENT_OF] = ENROLMENT "WHERE person=?1",
    [REG_SQL_ENROLMENT_TRIED] = "UPDATE reg_enrolments SET tries=tries+1 WHERE person=?1",
    [REG_SQL_ENROLMENT_MISSING] = "UPDATE reg_enrolments SET missing=?2 WHERE person=?1",
    [REG_SQL_ENROLMENT_DROP] = "DELETE FROM reg_enrolments WHERE person=?1",
    [REG_SQL_HOLDER_GET] = HOLDER "WHERE thumbprint=?1",
    [REG_SQL_HOLDER_INSERT] =
        "INSERT INTO reg_holder_keys(thumbprint,person,made,level,spki,wrapped,state,state_seq,"
        "created_at) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
    [REG_SQL_HOLDER_UNIQUE] = "SELECT thumbprint FROM reg_holder_keys WHERE person=?1 AND made=?2",
    [REG_SQL_HOLDERS_OF] =
        HOLDER "WHERE person=?1 AND thumbprint>?2 AND state<>6 ORDER BY thumbprint LIMIT ?3",
    [REG_SQL_HOLDER_STATE] =
        "UPDATE reg_holder_keys SET state=?2, state_seq=?3 WHERE thumbprint=?1",
    [REG_SQL_HOLDER_DESTROYED] = "UPDATE reg_holder_keys SET state=6, state_seq=?2, wrapped=NULL"
                                 " WHERE thumbprint=?1 AND state<>6 RETURNING person",
    [REG_SQL_HALTED] = "SELECT 1 FROM reg_halts WHERE scope=?1",
    [REG_SQL_USE_NOTE] = "INSERT INTO reg_uses(person,seq,passkey) VALUES(?1,?2,?3)",
    [REG_SQL_USES_OF] = "SELECT seq,passkey FROM reg_uses WHERE person=?1 AND seq<?2"
                        " ORDER BY seq DESC LIMIT ?3",
};
_Static_assert(WIRE_PASSKEY_REMOVED == 3 && WIRE_KEY_DESTROYED == 6, "as the SQL says");

sg_result
reg_people_new(sqlite3 *db, struct reg_people **ret)
{
    struct reg_people *people = calloc(1, sizeof(*people));
    SG_REQUIRE(people != NULL, NO_MEMORY);
    people->db = db;
    people->idle_max = REG_HOLDER_CACHE_MAX;
    /* a database that was made before there were persons gets their tables now */
    sg_result r = ledger_db_exec(db, schema);
    if (sg_ok(r)) {
        r = reg_holders_init(people);
    }
    if (!sg_ok(r)) {
        reg_people_free(&people);
        return r;
    }
    *ret = people;
    return SG_DONE;
}

void
reg_people_free(struct reg_people **people)
{
    if (*people == NULL) {
        return;
    }
    reg_holders_done(*people);
    for (size_t i = 0; i < REG_SQL_N; i++) {
        ledger_stmt_free(&(*people)->stmts[i]);
    }
    free(*people);
    *people = NULL;
}

sg_result
reg_people_stmt(struct reg_people *people, enum reg_sql which, sqlite3_stmt **ret)
{
    if (people->stmts[which] == NULL) {
        SG_TRY(ledger_db_prepare(people->db, sql[which], &people->stmts[which]));
    }
    *ret = people->stmts[which];
    return SG_DONE;
}
