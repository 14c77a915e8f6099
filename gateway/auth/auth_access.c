/* Access tokens at a resource (RFC 6750, RFC 9449 7). */
#include "auth_internal.h"

#include "sg_hash.h"
#include "sg_text.h"
#include "store.h"

enum scheme { SCHEME_NONE, SCHEME_DPOP, SCHEME_BEARER };

static bool
scheme_is(sg_str value, const char *name, sg_str *ret_token)
{
    size_t n = strlen(name);
    if (value.n <= n || value.p[n] != ' ') {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if ((value.p[i] | 0x20) != name[i]) {
            return false;
        }
    }
    size_t at = n;
    while (at < value.n && value.p[at] == ' ') {
        at++;
    }
    *ret_token = sg_str_slice(value, at, value.n);
    return true;
}

static enum scheme
scheme_of(sg_str authorization, sg_str *ret_token)
{
    if (scheme_is(authorization, "dpop", ret_token)) {
        return SCHEME_DPOP;
    }
    return scheme_is(authorization, "bearer", ret_token) ? SCHEME_BEARER : SCHEME_NONE;
}

static const enum auth_kind kinds[] = { [STORE_TOKEN_WALLET] = AUTH_WALLET,
    [STORE_TOKEN_CLIENT] = AUTH_CLIENT,
    [STORE_TOKEN_HOLDER] = AUTH_HOLDER };

/*
 * Logging out everywhere ends a token at once, even one that was being read into the cache meanwhile: a holder's is looked for in the store each time.
 * req: AU-6
 */
static sg_result
still_there(struct auth *auth, struct sg_arena *arena, const struct auth_session *session)
{
    struct store_token row;
    if (session->kind != AUTH_HOLDER) {
        return SG_DONE;
    }
    sg_result r = store_token_get(auth->store, session->token_hash, arena, &row);
    SG_REQUIRE(r.code != SG_E_NOT_FOUND, TOKEN);
    return r;
}

/* From the store into the cache; held. */
static sg_result
load(struct auth *auth, struct sg_arena *arena, const uint8_t hash[32], int64_t now,
    struct auth_node **ret)
{
    struct store_token row;
    sg_result r = store_token_get(auth->store, hash, arena, &row);
    if (r.code == SG_E_NOT_FOUND) {
        SG_FAIL(TOKEN);
    }
    SG_TRY(r);
    SG_REQUIRE(row.expires_at > now, TOKEN);
    SG_REQUIRE(row.kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[row.kind] != 0, TOKEN);
    struct auth_session session = {
        .kind = kinds[row.kind],
        .bound = row.jkt.n == 32,
        .expires_at = row.expires_at,
        .client = row.client,
        .offer_id = row.offer_id,
        .selection = sg_bytes_str(row.body),
    };
    memcpy(session.token_hash, hash, 32);
    if (session.bound) {
        memcpy(session.jkt, row.jkt.p, 32);
    }
    if (session.kind == AUTH_HOLDER) {
        SG_REQUIRE(session.bound && row.body.n == sizeof(session.person), TOKEN);
        memcpy(session.person, row.body.p, sizeof(session.person));
        session.selection = SG_NO_STR;
        session.scopes = row.scopes;
    }
    struct auth_node *node = auth_node_new(&session);
    SG_REQUIRE(node != NULL, NO_MEMORY);
    *ret = auth_cache_put(auth, node, now);
    return SG_DONE;
}

static sg_result
check_held(struct auth *auth, struct sg_arena *arena, const struct auth_request *req,
    enum scheme scheme, const char ath[AUTH_TOKEN_LEN], struct auth_node *node)
{
    const struct auth_session *session = &node->session;
    SG_REQUIRE(session->bound == (scheme == SCHEME_DPOP), TOKEN); /* RFC 9449 7.2: no downgrade */
    if (!session->bound) {
        return SG_DONE;
    }
    SG_REQUIRE(req->n_dpop == 1, DPOP);
    struct auth_dpop_expect expect = {
        .proof = req->dpop,
        .method = req->method,
        .url = req->url,
        .ath = ath,
        .jkt = session->jkt,
        .cache = node,
        .now = req->now,
    };
    struct auth_dpop proof = { .present = false };
    SG_TRY(auth_dpop_verify(auth, arena, &expect, &proof));
    return auth_dpop_spend(auth, &proof, req->now);
}

sg_result
auth_token_check(struct auth *auth, struct sg_arena *arena, const struct auth_request *req,
    struct auth_session **ret)
{
    SG_REQUIRE(req->n_authorization > 0, UNAUTHENTICATED);
    SG_REQUIRE(req->n_authorization == 1, MALFORMED);
    sg_str token;
    enum scheme scheme = scheme_of(req->authorization, &token);
    SG_REQUIRE(scheme != SCHEME_NONE, UNAUTHENTICATED);
    SG_REQUIRE(token.n == AUTH_TOKEN_LEN, TOKEN);
    uint8_t hash[32];
    char ath[AUTH_TOKEN_LEN];
    sg_sha256(sg_str_bytes(token), hash);
    (void)sg_b64url_to(SG_BYTES(hash), ath);

    struct auth_node *node = auth_cache_get(auth, hash, req->now);
    if (node == NULL) {
        sg_result r = load(auth, arena, hash, req->now, &node);
        if (!sg_ok(r)) {
            return r.code == SG_E_TOKEN
                       ? auth_failed(auth, AUTH_GUESS_TOKEN, req->peer, req->now, r)
                       : r;
        }
    }
    struct auth_session *session = &node->session;
    sg_result r = check_held(auth, arena, req, scheme, ath, node);
    if (sg_ok(r)) {
        r = still_there(auth, arena, session);
    }
    if (!sg_ok(r)) {
        auth_session_release(auth, &session);
        return r;
    }
    *ret = session;
    return SG_DONE;
}
