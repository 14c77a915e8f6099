#include "store_db.h"

#include "vfs.h"

sg_result
store_db_open(const char *path, bool write, struct store_db *ret, struct sg_why *why)
{
    SG_TRY(vfs_register());
    struct store_db db = { 0 };
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE);
    int code = sqlite3_open_v2(path, &db.db, flags, VFS_NAME);
    if (code != SQLITE_OK) {
        sg_why_note(why, "sqlite3_open", 0, (uint64_t)code);
        sqlite3_close(db.db);
        SG_FAIL(STORE_DOWN);
    }
    sqlite3_busy_timeout(db.db, STORE_BUSY_MS);
    /* the undo of a failing statement stays in memory: no temporary files where the sandbox allows none */
    const char *pragmas = write ? "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096"
                                : "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -512";
    sqlite3_exec(db.db, pragmas, NULL, NULL, NULL);
    *ret = db;
    return SG_DONE;
}

void
store_db_close(struct store_db *db)
{
    for (size_t i = 0; i < SQL_N; i++) {
        sqlite3_finalize(db->statements[i]);
    }
    sqlite3_close(db->db);
    *db = (struct store_db){ 0 };
}

struct store_query
store_query_open(struct store_db *db, enum store_sql sql)
{
    struct store_query query = { .db = db };
    if (db->statements[sql] == NULL) {
        query.failed = sqlite3_prepare_v3(
            db->db, store_sql_text[sql], -1, SQLITE_PREPARE_PERSISTENT, &db->statements[sql], NULL);
    }
    query.statement = db->statements[sql];
    return query;
}

void
store_query_close(struct store_query *query)
{
    if (query->statement != NULL) {
        sqlite3_reset(query->statement);
        if (query->n > 0) {
            sqlite3_clear_bindings(query->statement);
        }
    }
}

static void
bound(struct store_query *query, int code)
{
    if (query->failed == SQLITE_OK) {
        query->failed = code;
    }
}

void
store_bind_int(struct store_query *query, int64_t value)
{
    bound(query, sqlite3_bind_int64(query->statement, ++query->n, value));
}

void
store_bind_bytes(struct store_query *query, sg_bytes value)
{
    query->n++;
    bound(query, value.p == NULL ? sqlite3_bind_null(query->statement, query->n)
                                 : sqlite3_bind_blob64(query->statement, query->n, value.p, value.n,
                                       SQLITE_STATIC));
}

void
store_bind_str(struct store_query *query, sg_str value)
{
    const char *p = value.p == NULL ? "" : value.p;
    bound(query,
        sqlite3_bind_text64(query->statement, ++query->n, p, value.n, SQLITE_STATIC, SQLITE_UTF8));
}

static sg_result
step(struct store_query *query, int *ret)
{
    SG_REQUIRE(query->statement != NULL && query->failed == SQLITE_OK, STORE_DOWN);
    int code = sqlite3_step(query->statement);
    SG_REQUIRE((code & 0xff) != SQLITE_CONSTRAINT, CONFLICT);
    SG_REQUIRE(code == SQLITE_ROW || code == SQLITE_DONE, STORE_DOWN);
    *ret = code;
    return SG_DONE;
}

sg_result
store_step(struct store_query *query)
{
    int code;
    SG_TRY(step(query, &code));
    SG_REQUIRE(code == SQLITE_ROW, NOT_FOUND);
    return SG_DONE;
}

sg_result
store_run(struct store_query *query, uint64_t *ret_changes)
{
    int code;
    do {
        SG_TRY(step(query, &code));
    } while (code == SQLITE_ROW);
    if (ret_changes != NULL) {
        *ret_changes = (uint64_t)sqlite3_changes64(query->db->db);
    }
    return SG_DONE;
}

sg_result
store_column_bytes(struct store_query *query, int i, struct sg_arena *arena, sg_bytes *ret)
{
    const void *p = sqlite3_column_blob(query->statement, i);
    sg_bytes view = sg_bytes_of(p, (size_t)sqlite3_column_bytes(query->statement, i));
    if (view.n == 0) {
        *ret = SG_NO_BYTES;
        return SG_DONE;
    }
    SG_REQUIRE(p != NULL, NO_MEMORY);
    return sg_arena_bytes(arena, view, ret);
}

sg_result
store_column_str(struct store_query *query, int i, struct sg_arena *arena, sg_str *ret)
{
    const unsigned char *p = sqlite3_column_text(query->statement, i);
    SG_REQUIRE(p != NULL, STORE_DOWN);
    sg_str view = sg_str_of((const char *)p, (size_t)sqlite3_column_bytes(query->statement, i));
    return sg_arena_str(arena, view, ret);
}

sg_result
store_column_exact(struct store_query *query, int i, uint8_t *ret, size_t n)
{
    const void *p = sqlite3_column_blob(query->statement, i);
    SG_REQUIRE(p != NULL && (size_t)sqlite3_column_bytes(query->statement, i) == n, STORE_DOWN);
    memcpy(ret, p, n);
    return SG_DONE;
}

sg_result
store_column_hash(struct store_query *query, int i, uint8_t ret[STORE_HASH_LEN])
{
    return store_column_exact(query, i, ret, STORE_HASH_LEN);
}

int64_t
store_column_int(struct store_query *query, int i)
{
    return sqlite3_column_int64(query->statement, i);
}
