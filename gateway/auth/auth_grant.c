/* The token endpoint's work: codes redeemed, tokens made (OpenID4VCI 1.0 section 6; req: AU-7). */
#include "auth_internal.h"

#include <sodium.h>

#include "sg_hash.h"
#include "sg_secret.h"
#include "sg_text.h"
#include "store.h"

#define CODE_LEN_MAX 256
#define TX_CODE_LEN_MAX 64

void
auth_code_hash(sg_str code, uint8_t ret[32])
{
    sg_bytes part = sg_str_bytes(code);
    sg_tagged_hash("sealgate/code/v1", &part, 1, ret);
}

void
auth_tx_hash(sg_str code, sg_str tx_code, uint8_t ret[32])
{
    uint8_t hash[32];
    auth_code_hash(code, hash);
    sg_bytes parts[] = { SG_BYTES(hash), sg_str_bytes(tx_code) };
    sg_tagged_hash("sealgate/tx-code/v1", parts, 2, ret);
}

/* Under which the store would find it open; one word for wrong, used, expired, dead. */
static sg_result
offer_open(struct auth *auth, struct sg_arena *arena, const uint8_t hash[32], int64_t now,
    struct store_offer *ret)
{
    sg_result r = store_offer_by_code(auth->store, hash, arena, ret);
    if (r.code == SG_E_NOT_FOUND) {
        SG_FAIL(GRANT);
    }
    SG_TRY(r);
    SG_REQUIRE(ret->state == STORE_OFFER_OPEN && ret->expires_at > now && ret->body.n > 0, GRANT);
    return SG_DONE;
}

sg_result
auth_code_find(struct auth *auth, struct sg_arena *arena, sg_str code, sg_bytes peer, int64_t now,
    struct auth_code *ret)
{
    struct auth_code found = { .code = code };
    struct store_offer offer = { 0 };
    sg_result r = SG_ERROR(GRANT);
    if (code.n > 0 && code.n <= CODE_LEN_MAX) {
        auth_code_hash(code, found.hash);
        r = offer_open(auth, arena, found.hash, now, &offer);
    }
    if (r.code == SG_E_GRANT) {
        return auth_failed(auth, AUTH_GUESS_CODE, peer, now, r);
    }
    SG_TRY(r);
    found.offer_id = offer.offer_id;
    found.client = offer.client;
    found.body = offer.body;
    found.tx_code = offer.tx_hash.n == 32;
    *ret = found;
    return SG_DONE;
}

/* Under the code's lock: parallel guesses do not outrun the count. */
static sg_result
tx_code_try(struct auth *auth, struct sg_arena *arena, const struct auth_code *code, sg_str tx_code,
    int64_t now)
{
    struct store_offer offer;
    uint8_t given[32];
    SG_TRY(offer_open(auth, arena, code->hash, now, &offer));
    auth_tx_hash(code->code, tx_code, given);
    if (tx_code.n <= TX_CODE_LEN_MAX && sg_secret_equal(SG_BYTES(given), offer.tx_hash)) {
        return SG_DONE;
    }
    uint64_t left;
    sg_result r = store_offer_try(auth->store, code->hash, now, &left);
    return r.code == SG_E_STORE_DOWN ? r : SG_ERROR(GRANT);
}

static sg_result
tx_code_check(struct auth *auth, struct sg_arena *arena, const struct auth_code *code,
    bool has_tx_code, sg_str tx_code, int64_t now)
{
    SG_REQUIRE(!code->tx_code || has_tx_code, MISSING);
    SG_REQUIRE(code->tx_code || !has_tx_code, VALUE);
    if (!code->tx_code) {
        return SG_DONE;
    }
    pthread_mutex_t *lock = &auth->tx_locks[code->hash[0] % AUTH_TX_LOCKS];
    pthread_mutex_lock(lock);
    sg_result r = tx_code_try(auth, arena, code, tx_code, now);
    pthread_mutex_unlock(lock);
    return r;
}

void
auth_secret_make(char ret[AUTH_TOKEN_LEN])
{
    uint8_t random[32];
    randombytes_buf(random, sizeof(random));
    (void)sg_b64url_to(SG_BYTES(random), ret);
    sg_wipe(random, sizeof(random));
}

static void
token_make(char ret[AUTH_TOKEN_LEN], uint8_t ret_hash[32])
{
    auth_secret_make(ret);
    sg_sha256(sg_bytes_of(ret, AUTH_TOKEN_LEN), ret_hash);
}

sg_result
auth_code_redeem(struct auth *auth, struct sg_arena *arena, const struct auth_code *code,
    bool has_tx_code, sg_str tx_code, sg_str client_id, sg_str selection, const uint8_t *jkt,
    int64_t now, struct auth_issued *ret)
{
    SG_REQUIRE(jkt != NULL || auth->settings.bearer_life_s > 0, DPOP);
    SG_REQUIRE(client_id.n <= STORE_TEXT_MAX && selection.n <= STORE_TOKEN_BODY_MAX, TOO_LARGE);
    SG_TRY(tx_code_check(auth, arena, code, has_tx_code, tx_code, now));
    struct auth_issued issued = {
        .bound = jkt != NULL,
        .expires_in = jkt != NULL ? auth->settings.token_life_s : auth->settings.bearer_life_s,
    };
    struct store_token row = {
        .kind = STORE_TOKEN_WALLET,
        .client = client_id,
        .offer_id = code->offer_id,
        .jkt = jkt == NULL ? SG_NO_BYTES : sg_bytes_of(jkt, 32),
        .expires_at = now + issued.expires_in,
        .body = sg_str_bytes(selection),
    };
    token_make(issued.token, row.token_hash);
    SG_TRY(store_offer_redeem(auth->store, code->hash, now, &row));
    *ret = issued;
    return SG_DONE;
}

sg_result
auth_client_token(struct auth *auth, struct sg_arena *arena, sg_str client, const uint8_t jkt[32],
    int64_t now, struct auth_issued *ret)
{
    (void)arena;
    struct auth_issued issued = { .bound = true, .expires_in = auth->settings.client_life_s };
    struct store_token row = {
        .kind = STORE_TOKEN_CLIENT,
        .client = client,
        .jkt = sg_bytes_of(jkt, 32),
        .expires_at = now + issued.expires_in,
    };
    token_make(issued.token, row.token_hash);
    SG_TRY(store_token_put(auth->store, &row));
    *ret = issued;
    return SG_DONE;
}
