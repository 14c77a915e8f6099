/*
 * The signer's one database: small helpers around prepared statements. The registry's tables (keys, clients, mandates, operators,
 * counters) live beside the ledger's and change inside the same transaction. A connection belongs to one thread.
 */
#ifndef LEDGER_DB_H
#define LEDGER_DB_H

#include "sg_arena.h"

#include <sqlite3.h>

#define LEDGER_DB_BUSY_MS 5000 /* readers meet a writer only while the WAL starts again */

enum ledger_db_mode { LEDGER_DB_CREATE, LEDGER_DB_WRITE, LEDGER_DB_READ };

/*
 * Open `path` (relative to the working folder) in WAL mode with synchronous=FULL. `vfs`: NULL for ours (conf/vfs). CREATE refuses a database that
 * is there (SG_E_CONFLICT); the others one that is not (SG_E_NOT_FOUND). SG_E_STORE_DOWN otherwise. Close with ledger_db_close.
 */
SG_CHECKED sg_result ledger_db_open(
    const char *path, enum ledger_db_mode mode, const char *vfs, sqlite3 **ret);
void ledger_db_close(sqlite3 **db); /* NULL accepted; cleanup-attribute friendly */

/* Statements without results: tables, pragmas. SG_E_STORE_DOWN. */
SG_CHECKED sg_result ledger_db_exec(sqlite3 *db, const char *sql);

/*
 * A statement made once and used often. Use: bind, step, read columns, and ledger_stmt_reset before the next use; declare
 * `sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset) = kept;` so that every way out resets it.
 */
SG_CHECKED sg_result ledger_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret);
void ledger_stmt_free(sqlite3_stmt **stmt);  /* finalises; NULL accepted */
void ledger_stmt_reset(sqlite3_stmt **stmt); /* resets and forgets bindings; NULL accepted */

/*
 * Bind parameter `at` (from 1). Bytes and text are borrowed until the reset. Failures are programming mistakes or lack of memory and
 * show at the step. A view without a pointer binds NULL; an empty view with one binds an empty value. Numbers above INT64_MAX fail at the step.
 */
void ledger_bind_int(sqlite3_stmt *stmt, int at, int64_t value);
void ledger_bind_uint(sqlite3_stmt *stmt, int at, uint64_t value);
void ledger_bind_bytes(sqlite3_stmt *stmt, int at, sg_bytes value);
void ledger_bind_text(sqlite3_stmt *stmt, int at, sg_str value);

/* One row or the end. SG_E_CONFLICT for a broken constraint, SG_E_STORE_DOWN for the rest (busy, full, corrupt, I/O). */
SG_CHECKED sg_result ledger_step(sqlite3_stmt *stmt, bool *ret_row);
/* A statement that gives no row. */
SG_CHECKED sg_result ledger_run(sqlite3_stmt *stmt);

/* Columns (from 0) of the present row; views live until the next step or reset. NULL gives 0 or an empty view. */
int64_t ledger_column_int(sqlite3_stmt *stmt, int at);
uint64_t ledger_column_uint(sqlite3_stmt *stmt, int at); /* negative gives 0 */
sg_bytes ledger_column_bytes(sqlite3_stmt *stmt, int at);
sg_str ledger_column_text(sqlite3_stmt *stmt, int at);

#endif
