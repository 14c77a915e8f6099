/* Access tokens, by hash alone: whoever reads the database cannot use them. */
#include "store_inner.h"

struct token_put {
    struct store_unit unit; /* first */
    const struct store_token *token;
};
struct token_revoke {
    struct store_unit unit;
    sg_str offer_id;
};

sg_result
store_token_insert(struct store_db *db, const struct store_token *token)
{
    STORE_QUERY(query, db, SQL_TOKEN_PUT);
    store_bind_bytes(&query, SG_BYTES(token->token_hash));
    store_bind_int(&query, (int64_t)token->kind);
    store_bind_str(&query, token->client);
    store_bind_str(&query, token->offer_id);
    store_bind_bytes(&query, token->jkt);
    store_bind_int(&query, token->expires_at);
    store_bind_bytes(&query, token->body);
    store_bind_int(&query, (int64_t)token->scopes);
    return store_run(&query, NULL);
}

sg_result
store_token_delete(struct store_db *db, sg_str offer_id)
{
    STORE_QUERY(query, db, SQL_TOKEN_REVOKE);
    store_bind_str(&query, offer_id);
    return store_run(&query, NULL);
}

static sg_result
put(struct store_db *db, struct store_unit *unit)
{
    return store_token_insert(db, ((struct token_put *)unit)->token);
}

static sg_result
revoke(struct store_db *db, struct store_unit *unit)
{
    return store_token_delete(db, ((struct token_revoke *)unit)->offer_id);
}

sg_result
store_token_put(struct store *store, const struct store_token *token)
{
    SG_REQUIRE(token->body.n <= STORE_TOKEN_BODY_MAX, TOO_LARGE);
    SG_REQUIRE(token->jkt.n == 0 || token->jkt.n == STORE_HASH_LEN, VALUE);
    struct token_put work = { .unit.run = put, .token = token };
    return store_wait(store, &work.unit);
}

sg_result
store_token_revoke_offer(struct store *store, sg_str offer_id)
{
    SG_REQUIRE(offer_id.n > 0, VALUE); /* tokens of clients have none */
    struct token_revoke work = { .unit.run = revoke, .offer_id = offer_id };
    return store_wait(store, &work.unit);
}

sg_result
store_token_get(struct store *store, const uint8_t token_hash[STORE_HASH_LEN],
    struct sg_arena *arena, struct store_token *ret)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_TOKEN_GET);
    store_bind_bytes(&query, sg_bytes_of(token_hash, STORE_HASH_LEN));
    SG_TRY(store_step(&query));
    struct store_token token = { 0 };
    SG_TRY(store_column_hash(&query, 0, token.token_hash));
    token.kind = (uint64_t)store_column_int(&query, 1);
    SG_TRY(store_column_str(&query, 2, arena, &token.client));
    SG_TRY(store_column_str(&query, 3, arena, &token.offer_id));
    SG_TRY(store_column_bytes(&query, 4, arena, &token.jkt));
    token.expires_at = store_column_int(&query, 5);
    SG_TRY(store_column_bytes(&query, 6, arena, &token.body));
    token.scopes = (uint64_t)store_column_int(&query, 7);
    *ret = token;
    return SG_DONE;
}
