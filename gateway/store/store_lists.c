/* Status lists: counters that only rise, bits changed in place (by store_orders.c). req: STA-1 */
#include "store_inner.h"

struct list_put {
    struct store_unit unit; /* first */
    const struct store_list *list;
};
struct list_reserve {
    struct store_unit unit;
    sg_str name;
    uint64_t n, first, end;
};
static sg_result
put(struct store_db *db, struct store_unit *unit)
{
    const struct store_list *list = ((struct list_put *)unit)->list;
    STORE_QUERY(query, db, SQL_LIST_PUT);
    store_bind_str(&query, list->name);
    store_bind_str(&query, list->uri);
    store_bind_int(&query, (int64_t)list->bits);
    store_bind_int(&query, (int64_t)list->size);
    store_bind_int(&query, (int64_t)list->reserved);
    store_bind_bytes(&query, list->key);
    store_bind_int(&query, (int64_t)list->version);
    store_bind_bytes(&query, list->body);
    return store_run(&query, NULL);
}

sg_result
store_list_put(struct store *store, const struct store_list *list)
{
    bool bits = list->bits == 1 || list->bits == 2 || list->bits == 4 || list->bits == 8;
    uint64_t bytes = bits ? (list->size * list->bits + 7) / 8 : 0;
    SG_REQUIRE(bits && list->size > 0 && list->size <= INT32_MAX && list->body.p != NULL &&
                   list->body.n == bytes && list->reserved <= list->size,
        VALUE);
    struct list_put work = { .unit.run = put, .list = list };
    return store_wait(store, &work.unit);
}

sg_result
store_list_get(struct store *store, sg_str name, struct sg_arena *arena, struct store_list *ret)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_LIST_GET);
    store_bind_str(&query, name);
    SG_TRY(store_step(&query));
    struct store_list list = { 0 };
    SG_TRY(store_column_str(&query, 0, arena, &list.name));
    SG_TRY(store_column_str(&query, 1, arena, &list.uri));
    list.bits = (uint64_t)store_column_int(&query, 2);
    list.size = (uint64_t)store_column_int(&query, 3);
    list.reserved = (uint64_t)store_column_int(&query, 4);
    SG_TRY(store_column_bytes(&query, 5, arena, &list.key));
    list.version = (uint64_t)store_column_int(&query, 6);
    SG_TRY(store_column_bytes(&query, 7, arena, &list.body));
    *ret = list;
    return SG_DONE;
}

sg_result
store_list_names(struct store *store, struct sg_arena *arena, sg_str **ret, size_t *ret_n)
{
    enum { MAX = 4096 };
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_LIST_NAMES);
    sg_str *names = SG_NEW_ARRAY(arena, MAX, sg_str);
    SG_REQUIRE(names != NULL, NO_MEMORY);
    size_t n = 0;
    sg_result r = store_step(&query);
    for (; sg_ok(r); r = store_step(&query)) {
        SG_REQUIRE(n < MAX, TOO_LARGE);
        SG_TRY(store_column_str(&query, 0, arena, &names[n++]));
    }
    if (r.code != SG_E_NOT_FOUND) {
        return r;
    }
    *ret = names;
    *ret_n = n;
    return SG_DONE;
}

sg_result
store_list_head_get(
    struct store_db *db, sg_str name, uint64_t *ret_reserved, struct store_list_head *ret)
{
    STORE_QUERY(query, db, SQL_LIST_GET);
    store_bind_str(&query, name);
    SG_TRY(store_step(&query));
    ret->bits = (uint64_t)store_column_int(&query, 2);
    ret->size = (uint64_t)store_column_int(&query, 3);
    *ret_reserved = (uint64_t)store_column_int(&query, 4);
    ret->id = store_column_int(&query, 8);
    return SG_DONE;
}

static sg_result
reserve(struct store_db *db, struct store_unit *unit)
{
    struct list_reserve *work = (struct list_reserve *)unit;
    struct store_list_head head;
    SG_TRY(store_list_head_get(db, work->name, &work->first, &head));
    SG_REQUIRE(work->first < head.size, FULL);
    STORE_QUERY(query, db, SQL_LIST_RESERVE);
    store_bind_str(&query, work->name);
    store_bind_int(&query, (int64_t)work->n);
    SG_TRY(store_step(&query));
    work->end = (uint64_t)store_column_int(&query, 0);
    return store_run(&query, NULL);
}

sg_result
store_list_reserve(
    struct store *store, sg_str name, uint64_t n, uint64_t *ret_first, uint64_t *ret_end)
{
    SG_REQUIRE(n > 0 && n <= INT32_MAX, VALUE);
    struct list_reserve work = { .unit.run = reserve, .name = name, .n = n };
    SG_TRY(store_wait(store, &work.unit));
    *ret_first = work.first;
    *ret_end = work.end;
    return SG_DONE;
}

static void
blob_close(sqlite3_blob **blob)
{
    sqlite3_blob_close(*blob);
}

/* Entry idx lies in byte idx * bits / 8, lowest bits first (draft-ietf-oauth-status-list 4.1). */
sg_result
store_list_entry(struct store_db *db, const struct store_list_head *head, uint64_t idx,
    const uint64_t *set, uint64_t *ret)
{
    SG_CLEANUP(blob_close)
    sqlite3_blob *blob = NULL;
    SG_REQUIRE(sqlite3_blob_open(db->db, "main", "list", "body", head->id, set != NULL, &blob) ==
                   SQLITE_OK,
        STORE_DOWN);
    int at = (int)(idx * head->bits / 8);
    unsigned shift = (unsigned)(idx * head->bits % 8);
    uint8_t mask = (uint8_t)((1U << head->bits) - 1);
    uint8_t byte;
    SG_REQUIRE(sqlite3_blob_read(blob, &byte, 1, at) == SQLITE_OK, STORE_DOWN);
    *ret = (uint64_t)(byte >> shift) & mask;
    if (set != NULL) {
        byte = (uint8_t)((byte & ~(mask << shift)) | (int)(*set << shift));
        SG_REQUIRE(sqlite3_blob_write(blob, &byte, 1, at) == SQLITE_OK, STORE_DOWN);
    }
    return SG_DONE;
}

sg_result
store_list_value(struct store *store, sg_str name, uint64_t idx, uint64_t *ret)
{
    STORE_READER(reader, store);
    struct store_list_head head;
    uint64_t unused;
    SG_TRY(store_list_head_get(reader.db, name, &unused, &head));
    SG_REQUIRE(idx < head.size, NOT_FOUND);
    return store_list_entry(reader.db, &head, idx, NULL, ret);
}
