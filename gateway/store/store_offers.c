/* Offers: a code is redeemed once, wrong transaction codes are counted, both in the database alone. req: AU-7, SIG-6 */
#include "store_inner.h"

struct offer_put {
    struct store_unit unit; /* first */
    const struct store_offer *offer;
};
struct offer_code {
    struct store_unit unit;
    const uint8_t *code_hash;
    int64_t now;
    const struct store_token *token;
    uint64_t tries_left;
};
struct offer_id {
    struct store_unit unit;
    sg_str id;
};

static sg_result
put(struct store_db *db, struct store_unit *unit)
{
    const struct store_offer *offer = ((struct offer_put *)unit)->offer;
    STORE_QUERY(query, db, SQL_OFFER_PUT);
    store_bind_str(&query, offer->offer_id);
    store_bind_bytes(&query, SG_BYTES(offer->code_hash));
    store_bind_bytes(&query, offer->tx_hash);
    store_bind_int(&query, (int64_t)offer->tries_left);
    store_bind_str(&query, offer->client);
    store_bind_int(&query, offer->created_at);
    store_bind_int(&query, offer->expires_at);
    store_bind_int(&query, (int64_t)offer->state);
    store_bind_bytes(&query, offer->body);
    return store_run(&query, NULL);
}

sg_result
store_offer_put(struct store *store, const struct store_offer *offer)
{
    SG_REQUIRE(offer->body.n <= STORE_BODY_MAX, TOO_LARGE);
    SG_REQUIRE(offer->tx_hash.n == 0 || offer->tx_hash.n == STORE_HASH_LEN, VALUE);
    struct offer_put work = { .unit.run = put, .offer = offer };
    return store_wait(store, &work.unit);
}

static sg_result
read_row(struct store_query *query, struct sg_arena *arena, struct store_offer *ret)
{
    SG_TRY(store_step(query));
    struct store_offer offer = { 0 };
    SG_TRY(store_column_str(query, 0, arena, &offer.offer_id));
    SG_TRY(store_column_hash(query, 1, offer.code_hash));
    SG_TRY(store_column_bytes(query, 2, arena, &offer.tx_hash));
    offer.tries_left = (uint64_t)store_column_int(query, 3);
    SG_TRY(store_column_str(query, 4, arena, &offer.client));
    offer.created_at = store_column_int(query, 5);
    offer.expires_at = store_column_int(query, 6);
    offer.state = (uint64_t)store_column_int(query, 7);
    SG_TRY(store_column_bytes(query, 8, arena, &offer.body));
    *ret = offer;
    return SG_DONE;
}

sg_result
store_offer_get(
    struct store *store, sg_str offer_id, struct sg_arena *arena, struct store_offer *ret)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_OFFER_GET);
    store_bind_str(&query, offer_id);
    return read_row(&query, arena, ret);
}

sg_result
store_offer_by_code(struct store *store, const uint8_t code_hash[STORE_HASH_LEN],
    struct sg_arena *arena, struct store_offer *ret)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_OFFER_BY_CODE);
    store_bind_bytes(&query, sg_bytes_of(code_hash, STORE_HASH_LEN));
    return read_row(&query, arena, ret);
}

static sg_result
known_code(struct store_db *db, const uint8_t *code_hash)
{
    STORE_QUERY(query, db, SQL_OFFER_BY_CODE);
    store_bind_bytes(&query, sg_bytes_of(code_hash, STORE_HASH_LEN));
    return store_step(&query);
}

static sg_result
try_code(struct store_db *db, struct store_unit *unit)
{
    struct offer_code *work = (struct offer_code *)unit;
    {
        STORE_QUERY(query, db, SQL_OFFER_TRY);
        store_bind_bytes(&query, sg_bytes_of(work->code_hash, STORE_HASH_LEN));
        store_bind_int(&query, work->now);
        sg_result r = store_step(&query);
        if (r.code != SG_E_NOT_FOUND) {
            SG_TRY(r);
            work->tries_left = (uint64_t)store_column_int(&query, 0);
            db->dropped = db->dropped || work->tries_left == 0;
            return store_run(&query, NULL); /* RETURNING: to the end, so that the change stands */
        }
    }
    SG_TRY(known_code(db, work->code_hash));
    SG_FAIL(GRANT);
}

sg_result
store_offer_try(struct store *store, const uint8_t code_hash[STORE_HASH_LEN], int64_t now,
    uint64_t *ret_tries_left)
{
    struct offer_code work = { .unit.run = try_code, .code_hash = code_hash, .now = now };
    SG_TRY(store_wait(store, &work.unit));
    *ret_tries_left = work.tries_left;
    return SG_DONE;
}

static sg_result
redeem(struct store_db *db, struct store_unit *unit)
{
    struct offer_code *work = (struct offer_code *)unit;
    STORE_QUERY(query, db, SQL_OFFER_REDEEM);
    store_bind_bytes(&query, sg_bytes_of(work->code_hash, STORE_HASH_LEN));
    store_bind_int(&query, work->now);
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, GRANT);
    return store_token_insert(db, work->token);
}

sg_result
store_offer_redeem(struct store *store, const uint8_t code_hash[STORE_HASH_LEN], int64_t now,
    const struct store_token *token)
{
    SG_REQUIRE(token->body.n <= STORE_TOKEN_BODY_MAX, TOO_LARGE);
    struct offer_code work = {
        .unit.run = redeem, .unit.several = true, .code_hash = code_hash, .now = now, .token = token
    };
    return store_wait(store, &work.unit);
}

static sg_result
change_by_id(struct store_db *db, enum store_sql sql, sg_str id)
{
    STORE_QUERY(query, db, sql);
    store_bind_str(&query, id);
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, NOT_FOUND);
    db->dropped = true;
    return SG_DONE;
}

static sg_result
drop(struct store_db *db, struct store_unit *unit)
{
    sg_str id = ((struct offer_id *)unit)->id;
    SG_TRY(change_by_id(db, SQL_OFFER_DROP, id));
    return store_token_delete(db, id);
}

static sg_result
forget(struct store_db *db, struct store_unit *unit)
{
    return change_by_id(db, SQL_OFFER_FORGET, ((struct offer_id *)unit)->id);
}

sg_result
store_offer_drop(struct store *store, sg_str offer_id)
{
    struct offer_id work = { .unit.run = drop, .unit.several = true, .id = offer_id };
    return store_wait(store, &work.unit);
}

sg_result
store_offer_forget(struct store *store, sg_str offer_id)
{
    struct offer_id work = { .unit.run = forget, .id = offer_id };
    return store_wait(store, &work.unit);
}
