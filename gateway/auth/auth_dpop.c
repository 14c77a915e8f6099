/*
 * DPoP proofs (RFC 9449 4.3): every check of the list, cheap ones first. The replay memory comes last and by a call of its own, after the
 * token, code or assertion beside the proof was found good, so that a stranger's proofs never fill it.
 */
#include "auth_internal.h"

#include <stdlib.h>

#include "sg_secret.h"
#include "sg_text.h"

#define PROOF_MAX \
    4096 /* an RSA key does not fit an elliptic world; ES512 proofs stay below 1 KiB */
#define JTI_MAX 256
#define SIG_MAX 132 /* ES512 */

void
auth_dpop_seen_free(struct auth_dpop_seen *seen)
{
    if (seen != NULL) {
        jwk_key_free(&seen->key);
        free(seen);
    }
}

struct parts {
    sg_str header;
    sg_str payload;
    sg_str signature;
    sg_str signing_input;
};

static sg_result
split(sg_str proof, struct parts *ret)
{
    SG_REQUIRE(proof.n <= PROOF_MAX, DPOP);
    size_t a = sg_str_index(proof, '.', 0);
    size_t b = sg_str_index(proof, '.', a + 1);
    SG_REQUIRE(b < proof.n && sg_str_index(proof, '.', b + 1) == proof.n, DPOP);
    ret->header = sg_str_slice(proof, 0, a);
    ret->payload = sg_str_slice(proof, a + 1, b - a - 1);
    ret->signature = sg_str_slice(proof, b + 1, proof.n);
    ret->signing_input = sg_str_slice(proof, 0, b);
    return SG_DONE;
}

/* The header's rules; the key it carries. */
static sg_result
read_header(
    struct sg_arena *arena, sg_str proof, struct jwk *ret_jwk, const struct jose_alg **ret_alg)
{
    struct jws jws;
    SG_TRY(jws_parse(arena, proof, &jws));
    SG_REQUIRE(sg_str_is(jws.typ, "dpop+jwt"), DPOP);
    const struct sjson *json;
    SG_TRY(sjson_member_object(jws.header, "jwk", &json));
    SG_TRY(jwk_parse(arena, json, ret_jwk));
    SG_REQUIRE(jws.alg->sign, ALGORITHM); /* ES256, ES384, EdDSA: what the metadata lists */
    SG_REQUIRE(ret_jwk->kty == jws.alg->kty && ret_jwk->crv == jws.alg->crv, ALGORITHM);
    SG_REQUIRE(ret_jwk->alg == NULL || ret_jwk->alg == jws.alg, ALGORITHM);
    *ret_alg = jws.alg;
    return SG_DONE;
}

static struct auth_dpop_seen *
seen_new(sg_str header, const struct jose_alg *alg, struct jwk_key **key)
{
    struct auth_dpop_seen *seen = malloc(sizeof(*seen) + header.n);
    if (seen == NULL) {
        return NULL;
    }
    seen->alg = alg;
    seen->key = *key;
    *key = NULL;
    seen->header_n = header.n;
    memcpy(seen->header, header.p, header.n);
    return seen;
}

/* Verify with the key of this header; keeps the decoded key with the token when it is the token's. */
static sg_result
verify_new(struct sg_arena *arena, const struct auth_dpop_expect *expect, const struct parts *parts,
    sg_bytes signature, uint8_t ret_jkt[32])
{
    struct jwk jwk;
    const struct jose_alg *alg;
    SG_TRY(read_header(arena, expect->proof, &jwk, &alg));
    SG_TRY(jwk_thumbprint(arena, &jwk, ret_jkt));
    SG_REQUIRE(expect->jkt == NULL ||
                   sg_secret_equal(sg_bytes_of(expect->jkt, 32), sg_bytes_of(ret_jkt, 32)),
        DPOP);
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = NULL;
    SG_TRY(jwk_key_new(&jwk, &key));
    SG_TRY(jwk_verify(key, alg, sg_str_bytes(parts->signing_input), signature));
    if (expect->cache != NULL) {
        struct auth_dpop_seen *fresh = seen_new(parts->header, alg, &key);
        struct auth_dpop_seen *none = NULL;
        if (fresh != NULL && !atomic_compare_exchange_strong(&expect->cache->dpop, &none, fresh)) {
            auth_dpop_seen_free(fresh); /* another request was first */
        }
    }
    return SG_DONE;
}

static sg_result
verify_signature(struct sg_arena *arena, const struct auth_dpop_expect *expect,
    const struct parts *parts, uint8_t ret_jkt[32])
{
    uint8_t sig[SIG_MAX];
    struct auth_dpop_seen *seen = expect->cache == NULL ? NULL : atomic_load(&expect->cache->dpop);
    if (seen != NULL && sg_str_equal(parts->header, sg_str_of(seen->header, seen->header_n))) {
        SG_TRY(sg_b64url_decode_to(parts->signature, sig, seen->alg->sig_len));
        memcpy(ret_jkt, expect->jkt, 32);
        return jwk_verify(seen->key, seen->alg, sg_str_bytes(parts->signing_input),
            sg_bytes_of(sig, seen->alg->sig_len));
    }
    sg_bytes signature;
    SG_TRY(sg_b64url_decode(arena, parts->signature, &signature));
    return verify_new(arena, expect, parts, signature, ret_jkt);
}

/* Form and content of the claims, without the nonce. */
static sg_result
check_claims(struct sg_arena *arena, const struct auth *auth, const struct auth_dpop_expect *expect,
    const struct sjson *claims, sg_str *ret_jti)
{
    sg_str htm, htu, ath;
    int64_t iat;
    SG_TRY(sjson_member_text(claims, "jti", ret_jti));
    SG_REQUIRE(ret_jti->n > 0 && ret_jti->n <= JTI_MAX, DPOP);
    SG_TRY(sjson_member_text(claims, "htm", &htm));
    SG_REQUIRE(sg_str_equal(htm, expect->method), DPOP);
    SG_TRY(sjson_member_text(claims, "htu", &htu));
    SG_REQUIRE(auth_same_url(arena, htu, expect->url), DPOP);
    SG_TRY(jwt_date(claims, "iat", &iat));
    SG_REQUIRE(iat <= expect->now + AUTH_SKEW_S, DPOP);
    SG_REQUIRE(iat >= expect->now - auth->settings.dpop_window_s, DPOP);
    SG_TRY(jwt_check_times(claims, expect->now, AUTH_SKEW_S)); /* exp, nbf if they are there */
    if (expect->ath != NULL) {
        SG_TRY(sjson_member_text(claims, "ath", &ath));
        SG_REQUIRE(
            sg_secret_equal(sg_str_bytes(ath), sg_bytes_of(expect->ath, AUTH_TOKEN_LEN)), DPOP);
    }
    return SG_DONE;
}

/* A nonce that is there must be ours, whether or not we ask for one (RFC 9449 11.3). */
static sg_result
check_nonce(struct auth *auth, const struct sjson *claims, int64_t now)
{
    const struct sjson *nonce = sjson_get(claims, "nonce");
    if (nonce == NULL) {
        SG_REQUIRE(!auth->settings.dpop_nonce, DPOP_NONCE);
        return SG_DONE;
    }
    SG_REQUIRE(nonce->type == SJSON_STRING, DPOP);
    SG_REQUIRE(sg_ok(auth_nonce_check(auth, AUTH_DPOP_NONCE, nonce->text, now)), DPOP_NONCE);
    return SG_DONE;
}

static sg_result
verify(struct auth *auth, struct sg_arena *arena, const struct auth_dpop_expect *expect,
    struct auth_dpop *ret)
{
    struct parts parts;
    SG_TRY(split(expect->proof, &parts));
    sg_bytes payload;
    const struct sjson *claims;
    SG_TRY(sg_b64url_decode(arena, parts.payload, &payload));
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(payload), NULL, &claims));
    SG_TRY(check_claims(arena, auth, expect, claims, &ret->jti));
    SG_TRY(verify_signature(arena, expect, &parts, ret->jkt));
    ret->present = true;
    return check_nonce(auth, claims, expect->now);
}

/* One word for strangers: the proof is bad. */
static sg_result
public_word(sg_result r)
{
    bool own =
        sg_ok(r) || r.code == SG_E_DPOP_NONCE || r.code == SG_E_FULL || r.code == SG_E_NO_MEMORY;
    return own ? r : SG_ERROR(DPOP);
}

sg_result
auth_dpop_verify(struct auth *auth, struct sg_arena *arena, const struct auth_dpop_expect *expect,
    struct auth_dpop *ret)
{
    return public_word(verify(auth, arena, expect, ret));
}

sg_result
auth_dpop_spend(struct auth *auth, const struct auth_dpop *proof, int64_t now)
{
    if (!proof->present) {
        return SG_DONE;
    }
    return public_word(
        auth_replay_once(auth->replay, SG_BYTES(proof->jkt), sg_str_bytes(proof->jti), now));
}

sg_result
auth_dpop_check(struct auth *auth, struct sg_arena *arena, const struct auth_request *req,
    struct auth_dpop *ret)
{
    *ret = (struct auth_dpop){ .present = false };
    if (req->n_dpop == 0) {
        return SG_DONE;
    }
    SG_REQUIRE(req->n_dpop == 1, DPOP);
    struct auth_dpop_expect expect = {
        .proof = req->dpop, .method = req->method, .url = req->url, .now = req->now
    };
    return auth_dpop_verify(auth, arena, &expect, ret);
}
