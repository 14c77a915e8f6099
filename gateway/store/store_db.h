/* Inside gateway/store: one SQLite connection and its statements. Used by one thread at a time. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>

#include "store.h"

/* How long a connection waits for another one that writes or moves the log. */
#define STORE_BUSY_MS 5000

enum store_sql {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_SAVE,
    SQL_KEEP,
    SQL_UNDO,
    SQL_OFFER_PUT,
    SQL_OFFER_GET,
    SQL_OFFER_BY_CODE,
    SQL_OFFER_TRY,
    SQL_OFFER_REDEEM,
    SQL_OFFER_DROP,
    SQL_OFFER_FORGET,
    SQL_TOKEN_PUT,
    SQL_TOKEN_GET,
    SQL_TOKEN_REVOKE,
    SQL_ISSUANCE_PUT,
    SQL_ISSUANCE_COUNT,
    SQL_ISSUANCE_HOLDER,
    SQL_ISSUANCE_BY_SIGNATURE,
    SQL_ISSUANCE_SUPERSEDE,
    SQL_SIGNATURE_PUT,
    SQL_OFFER_SEQ_PUT,
    SQL_TAIL,
    SQL_PROGRESS_GET,
    SQL_PROGRESS_SET,
    SQL_LIST_PUT,
    SQL_LIST_GET,
    SQL_LIST_NAMES,
    SQL_LIST_RESERVE,
    SQL_LIST_CHANGED,
    SQL_ORDER_PUT,
    SQL_ORDER_KNOWN,
    SQL_WAITING_PUT,
    SQL_WAITING_GET,
    SQL_WAITING_DROP,
    SQL_WAITING_ALL,
    SQL_SWEEP_BODIES,
    SQL_SWEEP_OFFERS,
    SQL_SWEEP_TOKENS,
    SQL_SWEEP_SESSIONS,
    SQL_SWEEP_CODES,
    SQL_ACCOUNT_ANY,
    SQL_ACCOUNT_PUT,
    SQL_ACCOUNT_GET,
    SQL_ACCOUNT_PROFILE,
    SQL_ACCOUNT_FAILED,
    SQL_ACCOUNT_GOOD,
    SQL_ACCOUNT_ERASE,
    SQL_LOGIN_GET,
    SQL_LOGIN_PUT,
    SQL_LOGIN_SEEN,
    SQL_LOGIN_ERASE,
    SQL_SESSION_PUT,
    SQL_SESSION_GET,
    SQL_SESSION_SEEN,
    SQL_SESSION_END,
    SQL_SESSION_END_ALL,
    SQL_SESSION_TRIM,
    SQL_SESSION_COUNT,
    SQL_PERSONS_AFTER,
    SQL_CODE_PUT,
    SQL_CODE_GET,
    SQL_CODE_USED,
    SQL_CODE_END_ALL,
    SQL_TOKEN_END_ALL,
    SQL_HELD_PUT,
    SQL_HELD_ROOM,
    SQL_HELD_LIST,
    SQL_HELD_GET,
    SQL_HELD_REMOVE,
    SQL_HELD_ERASE,
    SQL_CONSENT_PUT,
    SQL_CONSENT_GET,
    SQL_CONSENT_ERASE,
    SQL_SIGNED_PUT,
    SQL_SIGNED_GET,
    SQL_LINK_PUT,
    SQL_LINK_COUNT,
    SQL_LINK_FIND,
    SQL_LINK_LIST,
    SQL_LINK_REMOVE,
    SQL_LINK_ERASE,
    SQL_ONCE_TAKE,
    SQL_ONCE_GIVE,
    SQL_ONCE_FIND,
    SQL_SWEEP_ONCE,
    SQL_N
};

struct store_db {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_N];
    bool
        dropped; /* bodies were dropped since the write-ahead log was cut: it may still hold them */
};

/* `write` creates the file. Times out after 5 s when another connection holds the lock. SG_E_STORE_DOWN. */
SG_CHECKED sg_result store_db_open(
    const char *path, bool write, struct store_db *ret, struct sg_why *why);
void store_db_close(struct store_db *db);

/* Tables, environment (NET-2), version. The writing connection alone. */
SG_CHECKED sg_result store_schema_check(
    struct store_db *db, const char *environment, struct sg_why *why);

/* Text of each statement, beside its verbs' tables: store_sql.c */
extern const char *const store_sql_text[SQL_N];

/* A statement ready to be bound; given back (reset, bindings cleared) by the cleanup. Failure sticks: see store_step. */
struct store_query {
    sqlite3_stmt *statement;
    struct store_db *db;
    int failed; /* first SQLite code that was not OK */
    int n;      /* bound so far */
};
struct store_query store_query_open(struct store_db *db, enum store_sql sql);
void store_query_close(struct store_query *query);
#define STORE_QUERY(name, db, sql) \
    SG_CLEANUP(store_query_close)  \
    struct store_query name = store_query_open(db, sql)

/* Bind the next parameter. Bytes are borrowed until the query is closed; empty ones with a NULL pointer become NULL. */
void store_bind_int(struct store_query *query, int64_t value);
void store_bind_bytes(struct store_query *query, sg_bytes value);
void store_bind_str(struct store_query *query, sg_str value);

/* One row there (SG_OK), none (SG_E_NOT_FOUND), SG_E_CONFLICT (a constraint), SG_E_STORE_DOWN. */
SG_CHECKED sg_result store_step(struct store_query *query);
/* Same for statements without rows: SG_OK when done. ret_changes may be NULL. */
SG_CHECKED sg_result store_run(struct store_query *query, uint64_t *ret_changes);

/* Columns of the present row, copied to the arena. */
SG_CHECKED sg_result store_column_bytes(
    struct store_query *query, int i, struct sg_arena *arena, sg_bytes *ret);
SG_CHECKED sg_result store_column_str(
    struct store_query *query, int i, struct sg_arena *arena, sg_str *ret);
/* Exactly STORE_HASH_LEN bytes; SG_E_STORE_DOWN otherwise. */
SG_CHECKED sg_result store_column_hash(
    struct store_query *query, int i, uint8_t ret[STORE_HASH_LEN]);
/* Exactly n bytes; SG_E_STORE_DOWN otherwise. */
SG_CHECKED sg_result store_column_exact(struct store_query *query, int i, uint8_t *ret, size_t n);
int64_t store_column_int(struct store_query *query, int i);

#endif
