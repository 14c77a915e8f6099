/* Credentials in our care, sealed one by one under the holder's key. req: PRO-3, EV-4 */
#include <sodium.h>

#include "store_inner.h"

/* What one person may leave here: a listing must fit the memory of one request. */
#define HELD_BYTES_MAX ((int64_t)4 * 1024 * 1024)

struct held_work {
    struct store_unit unit; /* first */
    const uint8_t *person;
    const uint8_t *id;
    int64_t added_at;
    sg_bytes sealed;
};

static struct held_work *
work_of(struct store_unit *unit)
{
    return (struct held_work *)unit;
}

static sg_bytes
person_of(const struct held_work *work)
{
    return sg_bytes_of(work->person, STORE_PERSON_LEN);
}

static struct store_place
place_of(const uint8_t *person, const uint8_t *id)
{
    return (struct store_place){
        .table = "held", .person = person, .row = sg_bytes_of(id, STORE_HELD_ID_LEN)
    };
}

static sg_result
room(struct store_db *db, const struct held_work *work)
{
    STORE_QUERY(query, db, SQL_HELD_ROOM);
    store_bind_bytes(&query, person_of(work));
    SG_TRY(store_step(&query));
    SG_REQUIRE(store_column_int(&query, 0) < STORE_HELD_MAX &&
                   store_column_int(&query, 1) + (int64_t)work->sealed.n <= HELD_BYTES_MAX,
        FULL);
    return SG_DONE;
}

static sg_result
add(struct store_db *db, struct store_unit *unit)
{
    struct held_work *work = work_of(unit);
    SG_TRY(room(db, work));
    STORE_QUERY(query, db, SQL_HELD_PUT);
    store_bind_bytes(&query, person_of(work));
    store_bind_bytes(&query, sg_bytes_of(work->id, STORE_HELD_ID_LEN));
    store_bind_int(&query, work->added_at);
    store_bind_bytes(&query, work->sealed);
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, NOT_FOUND); /* erased since the key was read */
    return SG_DONE;
}

/* The same credential has the same id for the same person, and only whoever has the person's key can tell. */
static void
held_id(const struct store_person_key *key, sg_bytes credential, uint8_t ret[STORE_HELD_ID_LEN])
{
    static const char tag[] = "sealgate/held-id/v1";
    crypto_generichash_state state;
    crypto_generichash_init(&state, key->key, STORE_KEY_LEN, STORE_HELD_ID_LEN);
    crypto_generichash_update(&state, (const uint8_t *)tag, sizeof(tag));
    crypto_generichash_update(&state, credential.p, credential.n);
    crypto_generichash_final(&state, ret, STORE_HELD_ID_LEN);
    sodium_memzero(&state, sizeof(state));
}

static sg_result
encode(struct sg_arena *arena, const struct store_held *held, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, held->credential.n + 4096, STORE_CREDENTIAL_MAX + 8192);
    store_put_part(&buf, sg_str_bytes(held->format));
    store_put_part(&buf, sg_str_bytes(held->configuration));
    store_put_part(&buf, SG_BYTES(held->key));
    store_put_part(&buf, held->credential);
    return sg_buf_end(&buf, ret);
}

static sg_result
decode(sg_bytes in, struct store_held *held)
{
    sg_bytes format, configuration, key;
    SG_TRY(store_take_part(&in, &format));
    SG_TRY(store_take_part(&in, &configuration));
    SG_TRY(store_take_part(&in, &key));
    SG_TRY(store_take_part(&in, &held->credential));
    SG_REQUIRE(in.n == 0 && key.n == sizeof(held->key), STORE_DOWN);
    held->format = sg_bytes_str(format);
    held->configuration = sg_bytes_str(configuration);
    memcpy(held->key, key.p, key.n);
    return SG_DONE;
}

sg_result
store_held_add(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    const struct store_held *held, uint8_t ret_id[STORE_HELD_ID_LEN])
{
    SG_REQUIRE(held->credential.n <= STORE_CREDENTIAL_MAX && held->format.n <= STORE_TEXT_MAX &&
                   held->configuration.n <= STORE_TEXT_MAX,
        TOO_LARGE);
    SG_REQUIRE(held->credential.n > 0 && held->format.n > 0, VALUE);
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(0, 4 * STORE_CREDENTIAL_MAX);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    STORE_PERSON_KEY(key);
    SG_TRY(store_person_key_get(store, person, &key));
    uint8_t id[STORE_HELD_ID_LEN];
    sg_bytes plain;
    struct held_work work = {
        .unit.run = add, .person = person, .id = id, .added_at = held->added_at
    };
    held_id(&key, held->credential, id);
    struct store_place place = place_of(person, id);
    SG_TRY(encode(arena, held, &plain));
    SG_TRY(store_seal(arena, &key, &place, plain, &work.sealed));
    SG_TRY(store_wait(store, &work.unit));
    memcpy(ret_id, id, sizeof(id));
    return SG_DONE;
}

/* The present row. */
static sg_result
read_row(struct store_query *query, const uint8_t *person, const struct store_person_key *key,
    struct sg_arena *arena, struct store_held *ret)
{
    struct store_held held = { 0 };
    sg_bytes sealed, plain;
    SG_TRY(store_column_exact(query, 0, held.id, sizeof(held.id)));
    held.added_at = store_column_int(query, 1);
    SG_TRY(store_column_bytes(query, 2, arena, &sealed));
    struct store_place place = place_of(person, held.id);
    SG_TRY(store_unseal(arena, key, &place, sealed, &plain));
    SG_TRY(decode(plain, &held));
    *ret = held;
    return SG_DONE;
}

sg_result
store_held_list(struct store *store, const uint8_t person[STORE_PERSON_LEN], struct sg_arena *arena,
    const struct store_held **ret, size_t *ret_n)
{
    STORE_PERSON_KEY(key);
    SG_TRY(store_person_key_get(store, person, &key));
    STORE_READER(reader, store);
    size_t rows = 0;
    {
        STORE_QUERY(count, reader.db, SQL_HELD_ROOM);
        store_bind_bytes(&count, sg_bytes_of(person, STORE_PERSON_LEN));
        SG_TRY(store_step(&count));
        rows = (size_t)store_column_int(&count, 0);
    }
    struct store_held *list = SG_NEW_ARRAY(arena, rows, struct store_held);
    SG_REQUIRE(list != NULL, NO_MEMORY);
    STORE_QUERY(query, reader.db, SQL_HELD_LIST);
    store_bind_bytes(&query, sg_bytes_of(person, STORE_PERSON_LEN));
    size_t n = 0;
    sg_result r = SG_DONE;
    while (n < rows && sg_ok(r = store_step(&query))) { /* one added meanwhile is for next time */
        SG_TRY(read_row(&query, person, &key, arena, &list[n++]));
    }
    SG_REQUIRE(sg_ok(r) || r.code == SG_E_NOT_FOUND, STORE_DOWN);
    *ret = list;
    *ret_n = n;
    return SG_DONE;
}

sg_result
store_held_get(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    const uint8_t id[STORE_HELD_ID_LEN], struct sg_arena *arena, struct store_held *ret)
{
    STORE_PERSON_KEY(key);
    SG_TRY(store_person_key_get(store, person, &key));
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_HELD_GET);
    store_bind_bytes(&query, sg_bytes_of(person, STORE_PERSON_LEN));
    store_bind_bytes(&query, sg_bytes_of(id, STORE_HELD_ID_LEN));
    SG_TRY(store_step(&query));
    return read_row(&query, person, &key, arena, ret);
}

static sg_result
remove_one(struct store_db *db, struct store_unit *unit)
{
    struct held_work *work = work_of(unit);
    STORE_QUERY(query, db, SQL_HELD_REMOVE);
    store_bind_bytes(&query, person_of(work));
    store_bind_bytes(&query, sg_bytes_of(work->id, STORE_HELD_ID_LEN));
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, NOT_FOUND);
    db->dropped = true;
    return SG_DONE;
}

sg_result
store_held_remove(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    const uint8_t id[STORE_HELD_ID_LEN])
{
    struct held_work work = { .unit.run = remove_one, .person = person, .id = id };
    return store_wait(store, &work.unit);
}
