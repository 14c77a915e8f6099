/* Outside identities that may log a person in. Looked up by a keyed hash, so that the table alone names nobody. req: AU-5, EV-4 */
#include "store_inner.h"

struct link_work {
    struct store_unit unit; /* first */
    const uint8_t *person;
    uint8_t identity[STORE_HASH_LEN];
    sg_bytes sealed;
};

static struct link_work *
work_of(struct store_unit *unit)
{
    return (struct link_work *)unit;
}

static sg_result
identity_of(struct store *store, sg_str issuer, sg_str subject, uint8_t ret[STORE_HASH_LEN])
{
    sg_bytes parts[] = { sg_str_bytes(issuer), sg_str_bytes(subject) };
    SG_REQUIRE(
        issuer.n > 0 && issuer.n <= STORE_TEXT_MAX && subject.n > 0 && subject.n <= STORE_TEXT_MAX,
        VALUE);
    return store_vault_hash(store, "sealgate/identity/v1", parts, 2, ret);
}

static struct store_place
place_of(const uint8_t *person, const uint8_t identity[STORE_HASH_LEN])
{
    return (struct store_place){
        .table = "link", .person = person, .row = sg_bytes_of(identity, STORE_HASH_LEN)
    };
}

static sg_result
put(struct store_db *db, struct store_unit *unit)
{
    struct link_work *work = work_of(unit);
    sg_bytes person = sg_bytes_of(work->person, STORE_PERSON_LEN);
    {
        STORE_QUERY(query, db, SQL_LINK_COUNT);
        store_bind_bytes(&query, person);
        SG_TRY(store_step(&query));
        SG_REQUIRE(store_column_int(&query, 0) < STORE_LINKS_MAX, FULL);
    }
    STORE_QUERY(query, db, SQL_LINK_PUT);
    store_bind_bytes(&query, SG_BYTES(work->identity));
    store_bind_bytes(&query, person);
    store_bind_bytes(&query, work->sealed);
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, NOT_FOUND);
    return SG_DONE;
}

sg_result
store_link_put(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], const struct store_link *link)
{
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(0, 65536);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct link_work work = { .unit.run = put, .person = person };
    STORE_PERSON_KEY(key);
    SG_TRY(identity_of(store, link->issuer, link->subject, work.identity));
    SG_TRY(store_person_key_get(store, person, &key));
    struct sg_buf buf = sg_buf_new(arena, 256, 4 * STORE_TEXT_MAX);
    uint8_t at[8];
    for (unsigned i = 0; i < 8; i++) {
        at[i] = (uint8_t)((uint64_t)link->linked_at >> (56 - 8 * i));
    }
    sg_bytes plain;
    struct store_place place = place_of(person, work.identity);
    store_put_part(&buf, sg_str_bytes(link->issuer));
    store_put_part(&buf, sg_str_bytes(link->subject));
    store_put_part(&buf, SG_BYTES(at));
    SG_TRY(sg_buf_end(&buf, &plain));
    SG_TRY(store_seal(arena, &key, &place, plain, &work.sealed));
    return store_wait(store, &work.unit);
}

sg_result
store_link_find(
    struct store *store, sg_str issuer, sg_str subject, uint8_t ret_person[STORE_PERSON_LEN])
{
    uint8_t identity[STORE_HASH_LEN];
    SG_TRY(identity_of(store, issuer, subject, identity));
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_LINK_FIND);
    store_bind_bytes(&query, SG_BYTES(identity));
    SG_TRY(store_step(&query));
    return store_column_exact(&query, 0, ret_person, STORE_PERSON_LEN);
}

static sg_result
decode(sg_bytes in, struct store_link *ret)
{
    sg_bytes issuer, subject, at;
    SG_TRY(store_take_part(&in, &issuer));
    SG_TRY(store_take_part(&in, &subject));
    SG_TRY(store_take_part(&in, &at));
    SG_REQUIRE(in.n == 0 && at.n == 8, STORE_DOWN);
    uint64_t seconds = 0;
    for (unsigned i = 0; i < 8; i++) {
        seconds = seconds << 8 | at.p[i];
    }
    *ret = (struct store_link){ sg_bytes_str(issuer), sg_bytes_str(subject), (int64_t)seconds };
    return SG_DONE;
}

sg_result
store_link_list(struct store *store, const uint8_t person[STORE_PERSON_LEN], struct sg_arena *arena,
    struct store_link ret[STORE_LINKS_MAX], size_t *ret_n)
{
    STORE_PERSON_KEY(key);
    SG_TRY(store_person_key_get(store, person, &key));
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_LINK_LIST);
    store_bind_bytes(&query, sg_bytes_of(person, STORE_PERSON_LEN));
    store_bind_int(&query, STORE_LINKS_MAX);
    size_t n = 0;
    sg_result r = SG_DONE;
    while (n < STORE_LINKS_MAX && sg_ok(r = store_step(&query))) {
        uint8_t identity[STORE_HASH_LEN];
        sg_bytes sealed, plain;
        SG_TRY(store_column_hash(&query, 0, identity));
        SG_TRY(store_column_bytes(&query, 1, arena, &sealed));
        struct store_place place = place_of(person, identity);
        SG_TRY(store_unseal(arena, &key, &place, sealed, &plain));
        SG_TRY(decode(plain, &ret[n++]));
    }
    SG_REQUIRE(sg_ok(r) || r.code == SG_E_NOT_FOUND, STORE_DOWN);
    *ret_n = n;
    return SG_DONE;
}

static sg_result
remove_one(struct store_db *db, struct store_unit *unit)
{
    struct link_work *work = work_of(unit);
    STORE_QUERY(query, db, SQL_LINK_REMOVE);
    store_bind_bytes(&query, SG_BYTES(work->identity));
    store_bind_bytes(&query, sg_bytes_of(work->person, STORE_PERSON_LEN));
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, NOT_FOUND);
    db->dropped = true;
    return SG_DONE;
}

sg_result
store_link_remove(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], sg_str issuer, sg_str subject)
{
    struct link_work work = { .unit.run = remove_one, .person = person };
    SG_TRY(identity_of(store, issuer, subject, work.identity));
    return store_wait(store, &work.unit);
}
