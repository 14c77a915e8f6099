#include "ledger_db.h"

#include "vfs.h"

static sg_result
exists(const char *path, const char *vfs_name, bool *ret)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
    int there = 0;
    SG_REQUIRE(vfs != NULL, STORE_DOWN);
    SG_REQUIRE(vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK, STORE_DOWN);
    *ret = there != 0;
    return SG_DONE;
}

/*
 * FULL: a commit returns after the WAL was synced. The publisher moves the WAL's pages into the database, off the way of those who
 * wait for a commit, so the automatic checkpoint is off.
 */
static const char WRITER_SQL[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                 "PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY;"
                                 "PRAGMA secure_delete=ON;" /* a destroyed key's wrapped form */
                                 "PRAGMA cache_size=-2048;";
/* A reader's connection can write by its flags, because WAL readers share memory with the writer; it may not by this. */
static const char READER_SQL[] =
    "PRAGMA query_only=1; PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY;";

sg_result
ledger_db_open(const char *path, enum ledger_db_mode mode, const char *vfs, sqlite3 **ret)
{
    SG_TRY(vfs_register());
    const char *vfs_name = vfs == NULL ? VFS_NAME : vfs;
    bool there;
    SG_TRY(exists(path, vfs_name, &there));
    SG_REQUIRE(mode != LEDGER_DB_CREATE || !there, CONFLICT);
    SG_REQUIRE(mode == LEDGER_DB_CREATE || there, NOT_FOUND);

    sqlite3 *db SG_CLEANUP(ledger_db_close)
    = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (mode == LEDGER_DB_CREATE) {
        flags |= SQLITE_OPEN_CREATE;
    }
    SG_REQUIRE(sqlite3_open_v2(path, &db, flags, vfs_name) == SQLITE_OK, STORE_DOWN);
    (void)sqlite3_busy_timeout(db, LEDGER_DB_BUSY_MS);
    SG_TRY(ledger_db_exec(db, mode == LEDGER_DB_READ ? READER_SQL : WRITER_SQL));
    *ret = db;
    db = NULL;
    return SG_DONE;
}

void
ledger_db_close(sqlite3 **db)
{
    (void)sqlite3_close_v2(*db);
    *db = NULL;
}

sg_result
ledger_db_exec(sqlite3 *db, const char *sql)
{
    SG_REQUIRE(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, STORE_DOWN);
    return SG_DONE;
}

sg_result
ledger_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    SG_REQUIRE(rc == SQLITE_OK && stmt != NULL, STORE_DOWN);
    *ret = stmt;
    return SG_DONE;
}

void
ledger_stmt_free(sqlite3_stmt **stmt)
{
    (void)sqlite3_finalize(*stmt); /* tells of the last step's failure, which was told already */
    *stmt = NULL;
}

void
ledger_stmt_reset(sqlite3_stmt **stmt)
{
    if (*stmt != NULL) {
        (void)sqlite3_reset(*stmt);
        (void)sqlite3_clear_bindings(*stmt);
    }
}

void
ledger_bind_int(sqlite3_stmt *stmt, int at, int64_t value)
{
    (void)sqlite3_bind_int64(stmt, at, value);
}

void
ledger_bind_uint(sqlite3_stmt *stmt, int at, uint64_t value)
{
    if (value <= INT64_MAX) {
        (void)sqlite3_bind_int64(stmt, at, (int64_t)value);
        return;
    }
    /* never a NULL, which a key column would replace by a number of its own; STRICT tables refuse text */
    (void)sqlite3_bind_text(stmt, at, "out of range", -1, SQLITE_STATIC);
}

void
ledger_bind_bytes(sqlite3_stmt *stmt, int at, sg_bytes value)
{
    (void)sqlite3_bind_blob64(stmt, at, value.p, value.n, SQLITE_STATIC);
}

void
ledger_bind_text(sqlite3_stmt *stmt, int at, sg_str value)
{
    (void)sqlite3_bind_text64(stmt, at, value.p, value.n, SQLITE_STATIC, SQLITE_UTF8);
}

sg_result
ledger_step(sqlite3_stmt *stmt, bool *ret_row)
{
    int rc = sqlite3_step(stmt);
    SG_REQUIRE((rc & 0xFF) != SQLITE_CONSTRAINT, CONFLICT);
    SG_REQUIRE(rc == SQLITE_ROW || rc == SQLITE_DONE, STORE_DOWN);
    *ret_row = rc == SQLITE_ROW;
    return SG_DONE;
}

sg_result
ledger_run(sqlite3_stmt *stmt)
{
    bool row;
    SG_TRY(ledger_step(stmt, &row));
    SG_REQUIRE(!row, INTERNAL);
    return SG_DONE;
}

int64_t
ledger_column_int(sqlite3_stmt *stmt, int at)
{
    return sqlite3_column_int64(stmt, at);
}

uint64_t
ledger_column_uint(sqlite3_stmt *stmt, int at)
{
    int64_t value = sqlite3_column_int64(stmt, at);
    return value < 0 ? 0 : (uint64_t)value;
}

sg_bytes
ledger_column_bytes(sqlite3_stmt *stmt, int at)
{
    const void *p = sqlite3_column_blob(stmt, at);
    return sg_bytes_of(p, (size_t)sqlite3_column_bytes(stmt, at));
}

sg_str
ledger_column_text(sqlite3_stmt *stmt, int at)
{
    const unsigned char *p = sqlite3_column_text(stmt, at);
    return sg_str_of((const char *)p, (size_t)sqlite3_column_bytes(stmt, at));
}
