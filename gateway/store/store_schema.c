/*
 * Tables. An issuance is one row at the end of its table, which has no index of its own: neighbours share a page, so a commit writes
 * few of them. The index entries, sixteen bytes by hash, follow by the hundred (store_index.c). The list's bits come last in their row, so that reading numbers does not
 * read them, and are changed in place. secure_delete: claims that were dropped are overwritten (req: SIG-6).
 */
#include "store_db.h"

#define SCHEMA_VERSION 7

static const char *const pragmas =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;" /* a commit that was answered survives a power cut */
    "PRAGMA secure_delete = ON;"
    "PRAGMA wal_autocheckpoint = 8192;"; /* store_mover.c has moved most pages before */

/* Version 4: orders that the signer was, or will be, asked to record. */
#define WAITING                                                                               \
    "CREATE TABLE waiting_order (seq INTEGER PRIMARY KEY, order_id BLOB NOT NULL UNIQUE,"     \
    " list TEXT NOT NULL, idx INTEGER NOT NULL, value INTEGER NOT NULL, at INTEGER NOT NULL," \
    " body BLOB NOT NULL, signature BLOB NOT NULL, UNIQUE (list, idx));"

/*
 * Version 5: persons. `sealed` columns are readable with the person's key alone (store_vault.c). A consent's text goes with the person, where its
 * signatures stand in the ledger stays (req: EV-4).
 */
#define PERSONS                                                                                   \
    "CREATE TABLE account (person BLOB PRIMARY KEY, state INTEGER NOT NULL,"                      \
    " created_at INTEGER NOT NULL, failures INTEGER NOT NULL, locked_until INTEGER NOT NULL,"     \
    " wrapped BLOB, sealed BLOB) WITHOUT ROWID;"                                                  \
    "CREATE TABLE login_passkey (passkey BLOB PRIMARY KEY, person BLOB NOT NULL, handle BLOB,"    \
    " sign_count INTEGER NOT NULL) WITHOUT ROWID;"                                                \
    "CREATE INDEX login_passkey_person ON login_passkey (person);"                                \
    "CREATE TABLE session (hash BLOB PRIMARY KEY, person BLOB NOT NULL, method INTEGER NOT NULL," \
    " agent BLOB NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL,"                \
    " expires_at INTEGER NOT NULL) WITHOUT ROWID;"                                                \
    "CREATE INDEX session_person ON session (person);"                                            \
    "CREATE INDEX session_expiry ON session (expires_at);"                                        \
    "CREATE TABLE code (hash BLOB PRIMARY KEY, person BLOB NOT NULL, client TEXT NOT NULL,"       \
    " redirect_uri TEXT NOT NULL, challenge BLOB NOT NULL, jkt BLOB, used INTEGER NOT NULL,"      \
    " expires_at INTEGER NOT NULL) WITHOUT ROWID;"                                                \
    "CREATE INDEX code_person ON code (person);"                                                  \
    "CREATE INDEX code_expiry ON code (expires_at);"                                              \
    "CREATE INDEX token_person ON token (body) WHERE kind = 3;"                                   \
    "CREATE TABLE held (seq INTEGER PRIMARY KEY, person BLOB NOT NULL, id BLOB NOT NULL,"         \
    " added_at INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE (person, id));"                     \
    "CREATE TABLE consent (consent_seq INTEGER PRIMARY KEY, person BLOB NOT NULL,"                \
    " sealed BLOB NOT NULL);"                                                                     \
    "CREATE INDEX consent_person ON consent (person);"                                            \
    "CREATE TABLE signed (hash BLOB PRIMARY KEY, consent_seq INTEGER NOT NULL,"                   \
    " outcome_seq INTEGER NOT NULL, signed_at INTEGER NOT NULL) WITHOUT ROWID;"                   \
    "CREATE TABLE link (identity BLOB PRIMARY KEY, person BLOB NOT NULL,"                         \
    " sealed BLOB NOT NULL) WITHOUT ROWID;"                                                       \
    "CREATE INDEX link_person ON link (person);"

/* Version 6: what may be used once only, by hash, until it would have expired anyway. */
#define ONCE                                                                                \
    "CREATE TABLE once (hash BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;" \
    "CREATE INDEX once_expiry ON once (expires_at);"

/* Version 7: what a person granted a wallet beyond acting for it (auth.h). */
#define SCOPES                                                       \
    "ALTER TABLE code ADD COLUMN scopes INTEGER NOT NULL DEFAULT 0;" \
    "ALTER TABLE token ADD COLUMN scopes INTEGER NOT NULL DEFAULT 0;"

static const char *const tables =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE offer (offer_id TEXT PRIMARY KEY, code_hash BLOB NOT NULL UNIQUE, tx_hash BLOB,"
    " tries_left INTEGER NOT NULL, client TEXT NOT NULL, created_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL, state INTEGER NOT NULL, body BLOB);"
    "CREATE INDEX offer_expiry ON offer (expires_at);"
    "CREATE TABLE token (token_hash BLOB PRIMARY KEY, kind INTEGER NOT NULL, client TEXT NOT NULL,"
    " offer_id TEXT NOT NULL, jkt BLOB, expires_at INTEGER NOT NULL, body BLOB) WITHOUT ROWID;"
    "CREATE INDEX token_offer ON token (offer_id);"
    "CREATE INDEX token_expiry ON token (expires_at);"
    "CREATE TABLE issuance (seq INTEGER PRIMARY KEY, offer_id TEXT NOT NULL,"
    " token_hash BLOB NOT NULL, identifier TEXT NOT NULL, holder BLOB NOT NULL, list TEXT NOT NULL,"
    " idx INTEGER NOT NULL, state INTEGER NOT NULL, signature_hash BLOB NOT NULL,"
    " openings BLOB, consent_seq INTEGER NOT NULL, outcome_seq INTEGER NOT NULL,"
    " configuration TEXT NOT NULL, client TEXT NOT NULL, signed_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL);"
    "CREATE TABLE signature_seq (h INTEGER, seq INTEGER, PRIMARY KEY (h, seq)) WITHOUT ROWID;"
    "CREATE TABLE offer_seq (h INTEGER, seq INTEGER, PRIMARY KEY (h, seq)) WITHOUT ROWID;"
    "CREATE TABLE progress (indexed INTEGER NOT NULL);"
    "INSERT INTO progress VALUES (0);"
    "CREATE TABLE list (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, uri TEXT NOT NULL,"
    " bits INTEGER NOT NULL, size INTEGER NOT NULL, reserved INTEGER NOT NULL, secret BLOB,"
    " version INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE status_order (order_id BLOB PRIMARY KEY, list TEXT NOT NULL,"
    " idx INTEGER NOT NULL, value INTEGER NOT NULL, ordered_at INTEGER NOT NULL,"
    " body BLOB NOT NULL);" WAITING PERSONS ONCE SCOPES;

static sg_result
execute(struct store_db *db, const char *sql, struct sg_why *why)
{
    int code = sqlite3_exec(db->db, sql, NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        sg_why_note(why, "store schema", 0, (uint64_t)sqlite3_extended_errcode(db->db));
        SG_FAIL(STORE_DOWN);
    }
    return SG_DONE;
}

static void
finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

static sg_result
version_get(struct store_db *db, int *ret)
{
    SG_CLEANUP(finalize)
    sqlite3_stmt *statement = NULL;
    SG_REQUIRE(
        sqlite3_prepare_v2(db->db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW,
        STORE_DOWN);
    *ret = sqlite3_column_int(statement, 0);
    return SG_DONE;
}

static sg_result
version_set(struct store_db *db, struct sg_why *why)
{
    char version[64];
    sqlite3_snprintf(sizeof(version), version, "PRAGMA user_version = %d", SCHEMA_VERSION);
    return execute(db, version, why);
}

/* What each version added, the oldest that we can still open first. */
#define OLDEST_VERSION 3
static const char *const steps[] = { WAITING, PERSONS, ONCE, SCOPES };

static sg_result
upgrade(struct store_db *db, int from, struct sg_why *why)
{
    SG_TRY(execute(db, "BEGIN IMMEDIATE", why));
    for (int version = from; version < SCHEMA_VERSION; version++) {
        SG_TRY(execute(db, steps[version - OLDEST_VERSION], why));
    }
    SG_TRY(version_set(db, why));
    return execute(db, "COMMIT", why);
}

static sg_result
create(struct store_db *db, const char *environment, struct sg_why *why)
{
    SG_TRY(execute(db, "BEGIN IMMEDIATE", why));
    SG_TRY(execute(db, tables, why));
    SG_CLEANUP(finalize)
    sqlite3_stmt *statement = NULL;
    SG_REQUIRE(sqlite3_prepare_v2(db->db, "INSERT INTO meta VALUES ('environment', ?)", -1,
                   &statement, NULL) == SQLITE_OK &&
                   sqlite3_bind_text(statement, 1, environment, -1, SQLITE_STATIC) == SQLITE_OK &&
                   sqlite3_step(statement) == SQLITE_DONE,
        STORE_DOWN);
    SG_TRY(version_set(db, why));
    return execute(db, "COMMIT", why);
}

static sg_result
same_environment(struct store_db *db, const char *environment)
{
    SG_CLEANUP(finalize)
    sqlite3_stmt *statement = NULL;
    SG_REQUIRE(sqlite3_prepare_v2(db->db, "SELECT value FROM meta WHERE name = 'environment'", -1,
                   &statement, NULL) == SQLITE_OK &&
                   sqlite3_step(statement) == SQLITE_ROW,
        STORE_DOWN);
    const char *have = (const char *)sqlite3_column_text(statement, 0);
    SG_REQUIRE(have != NULL && strcmp(have, environment) == 0, ENVIRONMENT); /* req: NET-2 */
    return SG_DONE;
}

sg_result
store_schema_check(struct store_db *db, const char *environment, struct sg_why *why)
{
    SG_TRY(execute(db, pragmas, why));
    int version = 0;
    SG_TRY(version_get(db, &version));
    if (version == 0) {
        return create(db, environment, why);
    }
    SG_REQUIRE(version >= OLDEST_VERSION && version <= SCHEMA_VERSION, UNSUPPORTED);
    SG_TRY(same_environment(db, environment));
    return version == SCHEMA_VERSION ? SG_DONE : upgrade(db, version, why);
}
