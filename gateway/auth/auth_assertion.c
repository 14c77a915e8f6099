/* private_key_jwt (RFC 7521, RFC 7523, OpenID Connect Core 9; req: AU-8). Keys come from the signer's registry. */
#include "auth_internal.h"

#define ASSERTION_MAX 4096
#define JTI_MAX 256

static sg_result
read_client(struct sg_arena *arena, sg_str assertion, struct jws *ret_jws,
    const struct sjson **ret_claims, sg_str *ret_client)
{
    SG_REQUIRE(assertion.n <= ASSERTION_MAX, CLIENT);
    SG_TRY(jws_parse(arena, assertion, ret_jws));
    SG_TRY(jws_claims(arena, ret_jws, ret_claims));
    sg_str sub;
    SG_TRY(sjson_member_text(*ret_claims, "iss", ret_client));
    SG_TRY(sjson_member_text(*ret_claims, "sub", &sub));
    SG_REQUIRE(sg_str_equal(*ret_client, sub), CLIENT);
    SG_REQUIRE(ret_client->n > 0 && ret_client->n <= AUTH_CLIENT_MAX, CLIENT);
    return SG_DONE;
}

sg_result
auth_assertion_client(struct auth *auth, struct sg_arena *arena, sg_str assertion, sg_bytes peer,
    int64_t now, sg_str *ret)
{
    struct jws jws;
    const struct sjson *claims;
    sg_str client;
    if (!sg_ok(read_client(arena, assertion, &jws, &claims, &client))) {
        return auth_failed(auth, AUTH_GUESS_CLIENT, peer, now, SG_ERROR(CLIENT));
    }
    *ret = client;
    return SG_DONE;
}

static sg_result
check_claims(const struct auth *auth, const struct sjson *claims, int64_t now, sg_str *ret_jti)
{
    sg_str aud;
    int64_t exp, iat;
    SG_TRY(sjson_member_text(
        claims, "aud", &aud)); /* one string: an array could name others as well */
    SG_REQUIRE(sg_str_equal(aud, auth->settings.issuer), CLIENT);
    SG_TRY(jwt_date(claims, "exp", &exp));
    SG_REQUIRE(exp > now && exp <= now + AUTH_ASSERTION_MAX_S + AUTH_SKEW_S, CLIENT);
    SG_TRY(jwt_check_times(claims, now, AUTH_SKEW_S));
    if (sjson_get(claims, "iat") != NULL) {
        SG_TRY(jwt_date(claims, "iat", &iat));
        SG_REQUIRE(iat <= now + AUTH_SKEW_S && iat >= now - AUTH_ASSERTION_MAX_S, CLIENT);
    }
    SG_TRY(sjson_member_text(claims, "jti", ret_jti));
    SG_REQUIRE(ret_jti->n > 0 && ret_jti->n <= JTI_MAX, CLIENT);
    return SG_DONE;
}

static sg_result
check(struct auth *auth, struct sg_arena *arena, sg_str assertion,
    const struct auth_client_key *key, int64_t now)
{
    struct jws jws;
    const struct sjson *claims;
    sg_str client, jti;
    SG_TRY(read_client(arena, assertion, &jws, &claims, &client));
    SG_REQUIRE(key->active && sg_str_equal(client, key->client), CLIENT);
    SG_REQUIRE((uint64_t)jws.alg->id == key->alg, CLIENT); /* the registered algorithm, no other */
    SG_TRY(check_claims(auth, claims, now, &jti));
    struct jwk jwk;
    struct jwk_key *public_key SG_CLEANUP(jwk_key_free)
    = NULL;
    SG_TRY(jwk_from_spki(arena, key->spki, &jwk));
    SG_TRY(jwk_key_new(&jwk, &public_key));
    SG_TRY(jws_verify(&jws, public_key));
    /* At most AUTH_CLIENT_MAX + 256 bytes; the context of the replay memory is the client's key, which is short. */
    uint8_t who[SG_SHA256_LEN];
    sg_sha256(sg_str_bytes(client), who);
    return auth_replay_once(auth->assertions, SG_BYTES(who), sg_str_bytes(jti), now);
}

sg_result
auth_assertion_check(struct auth *auth, struct sg_arena *arena, sg_str assertion,
    const struct auth_client_key *key, sg_bytes peer, int64_t now)
{
    sg_result r = check(auth, arena, assertion, key, now);
    if (sg_ok(r) || r.code == SG_E_NO_MEMORY || r.code == SG_E_FULL) {
        return r;
    }
    return auth_failed(auth, AUTH_GUESS_CLIENT, peer, now, SG_ERROR(CLIENT));
}
