/*
 * Inside hsm/registry: what the registry keeps about natural persons while it runs: prepared statements, and holder keys that were used lately.
 * Nothing is read at start, so that a million keys cost nothing until they are asked for.
 */
#ifndef REG_PEOPLE_H
#define REG_PEOPLE_H

#include "reg_person.h"

enum reg_sql {
    REG_SQL_PERSON_GET,
    REG_SQL_PERSON_NEXT,
    REG_SQL_PERSON_PUT,
    REG_SQL_PERSON_STATE,
    REG_SQL_PERSON_KEYS,
    REG_SQL_PASSKEY_GET,
    REG_SQL_PASSKEY_BY_THUMBPRINT,
    REG_SQL_PASSKEY_KNOWN,
    REG_SQL_PASSKEY_STATE,
    REG_SQL_PASSKEYS_ACTIVE,
    REG_SQL_PASSKEYS_EVER,
    REG_SQL_PASSKEYS_OF,
    REG_SQL_PASSKEY_COUNTED,
    REG_SQL_PASSKEY_INSERT,
    REG_SQL_PASSKEY_SET,
    REG_SQL_PASSKEYS_REMOVE,
    REG_SQL_ENROLMENT_PUT,
    REG_SQL_ENROLMENT_BY_LINK,
    REG_SQL_ENROLMENT_OF,
    REG_SQL_ENROLMENT_TRIED,
    REG_SQL_ENROLMENT_MISSING,
    REG_SQL_ENROLMENT_DROP,
    REG_SQL_HOLDER_GET,
    REG_SQL_HOLDER_INSERT,
    REG_SQL_HOLDER_UNIQUE,
    REG_SQL_HOLDERS_OF,
    REG_SQL_HOLDER_STATE,
    REG_SQL_HOLDER_DESTROYED,
    REG_SQL_HALTED,
    REG_SQL_USE_NOTE,
    REG_SQL_USES_OF,
    REG_SQL_N
};

struct reg_holder_row; /* reg_holder_cache.c */

struct reg_people {
    sqlite3 *db;
    sqlite3_stmt *stmts[REG_SQL_N]; /* prepared at first use */
    struct reg_holder_row **buckets;
    struct reg_holder_row *newest; /* of those that nobody holds */
    struct reg_holder_row *oldest;
    size_t n_idle;
    size_t idle_max;
};

SG_CHECKED sg_result reg_people_new(sqlite3 *db, struct reg_people **ret);
void reg_people_free(struct reg_people **people); /* NULL accepted */

/* The statement, ready to bind. Use with SG_CLEANUP(ledger_stmt_reset). */
SG_CHECKED sg_result reg_people_stmt(
    struct reg_people *people, enum reg_sql which, sqlite3_stmt **ret);
#define REG_STMT(people, which)                      \
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_reset) \
    = NULL;                                          \
    SG_TRY(reg_people_stmt((people), (which), &stmt))

/* Halts are read again: none of the kept keys is halted; then these are. */
void reg_people_halts_clear(struct reg_people *people);
void reg_people_halt(struct reg_people *people, sg_bytes thumbprint);

/* reg_holder_cache.c */
SG_CHECKED sg_result reg_holders_init(struct reg_people *people);
void reg_holders_done(struct reg_people *people);
/* Read the row's changing members again, if it is kept. After the commit that changed it. */
SG_CHECKED sg_result reg_holder_refresh(struct reg_people *people, sg_bytes thumbprint);

/* registry.c */
struct reg_people *registry_people(struct registry *registry);

#endif
