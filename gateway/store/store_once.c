/* What may be used once only. The table has hashes and times: it names nobody. */
#include "store_inner.h"

struct once_work {
    struct store_unit unit; /* first */
    const uint8_t *hash;
    int64_t now;
    int64_t expires_at;
};

static sg_result
take(struct store_db *db, struct store_unit *unit)
{
    const struct once_work *work = (struct once_work *)unit;
    STORE_QUERY(query, db, SQL_ONCE_TAKE);
    store_bind_bytes(&query, sg_bytes_of(work->hash, STORE_HASH_LEN));
    store_bind_int(&query, work->expires_at);
    store_bind_int(&query, work->now);
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, REPLAY);
    return SG_DONE;
}

sg_result
store_once_take(
    struct store *store, const uint8_t hash[STORE_HASH_LEN], int64_t now, int64_t expires_at)
{
    struct once_work work = {
        .unit.run = take, .hash = hash, .now = now, .expires_at = expires_at
    };
    return store_wait(store, &work.unit);
}

static sg_result
give(struct store_db *db, struct store_unit *unit)
{
    const struct once_work *work = (struct once_work *)unit;
    STORE_QUERY(query, db, SQL_ONCE_GIVE);
    store_bind_bytes(&query, sg_bytes_of(work->hash, STORE_HASH_LEN));
    return store_run(&query, NULL);
}

sg_result
store_once_give(struct store *store, const uint8_t hash[STORE_HASH_LEN])
{
    struct once_work work = { .unit.run = give, .hash = hash };
    return store_wait(store, &work.unit);
}

sg_result
store_once_find(
    struct store *store, const uint8_t hash[STORE_HASH_LEN], int64_t now, bool *ret_taken)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_ONCE_FIND);
    store_bind_bytes(&query, sg_bytes_of(hash, STORE_HASH_LEN));
    store_bind_int(&query, now);
    sg_result r = store_step(&query);
    SG_REQUIRE(sg_ok(r) || r.code == SG_E_NOT_FOUND, STORE_DOWN);
    *ret_taken = sg_ok(r);
    return SG_DONE;
}
