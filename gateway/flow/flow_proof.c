/* Holder's key proofs (OpenID4VCI 1.0, Appendix F.1 and F.4). */
#include "flow_internal.h"

#define PROOF_TYP "openid4vci-proof+jwt"
#define PROOF_MAX ((size_t)8 * 1024)
/* Wallet clocks: the nonce carries our own time, so this only stops proofs made for later (F.4). */
#define FUTURE_S 60

static bool
alg_allowed(const struct flow_config *config, const struct jose_alg *alg)
{
    for (size_t i = 0; i < config->n_proof_algs; i++) {
        if (config->proof_algs[i] == alg) {
            return true;
        }
    }
    return false;
}

/* Exactly one of jwk, kid, x5c; this version takes jwk, as its metadata says (cryptographic_binding_methods_supported). */
static sg_result
read_header(struct sg_arena *arena, const struct jws *jws, const struct flow_config *config,
    struct jwk *ret)
{
    SG_REQUIRE(sg_str_is(jws->typ, PROOF_TYP), PROOF);
    SG_REQUIRE(alg_allowed(config, jws->alg), PROOF);
    SG_REQUIRE(sjson_get(jws->header, "kid") == NULL && sjson_get(jws->header, "x5c") == NULL &&
                   sjson_get(jws->header, "trust_chain") == NULL,
        PROOF);
    const struct sjson *json;
    SG_TRY(sjson_member_object(jws->header, "jwk", &json));
    SG_TRY(jwk_parse(arena, json, ret));
    SG_REQUIRE(ret->kty == jws->alg->kty && ret->crv == jws->alg->crv, PROOF);
    SG_REQUIRE(ret->alg == NULL || ret->alg == jws->alg, PROOF);
    return SG_DONE;
}

static sg_result
check_claims(const struct sjson *claims, const struct flow_proof_expect *expect)
{
    sg_str aud, nonce;
    int64_t iat;
    SG_TRY(sjson_member_text(
        claims, "aud", &aud)); /* a string: the issuer identifier, not the endpoint */
    SG_REQUIRE(sg_str_equal(aud, expect->aud), PROOF);
    SG_TRY(sjson_member_text(claims, "nonce", &nonce));
    /* Before the times: a proof that waited too long is too old as well, and only invalid_nonce makes a wallet try again (8.3.1). */
    SG_REQUIRE(sg_ok(expect->nonce_check(expect->nonce_context, nonce, expect->now)), NONCE);
    SG_TRY(jwt_date(claims, "iat", &iat));
    SG_REQUIRE(iat <= expect->now + FUTURE_S && iat >= expect->now - expect->age_s, PROOF);
    SG_TRY(jwt_check_times(claims, expect->now, FUTURE_S));
    const struct sjson *iss = sjson_get(claims, "iss");
    if (iss != NULL) { /* F.1: the client's id; absent when the pre-authorised flow was anonymous */
        SG_REQUIRE(iss->type == SJSON_STRING && expect->client_id.n > 0, PROOF);
        SG_REQUIRE(sg_str_equal(iss->text, expect->client_id), PROOF);
    }
    return SG_DONE;
}

static sg_result
verify(struct sg_arena *arena, sg_str proof, const struct flow_proof_expect *expect,
    struct flow_holder *ret)
{
    struct jws jws;
    const struct sjson *claims;
    SG_REQUIRE(proof.n <= PROOF_MAX, PROOF);
    SG_TRY(jws_parse(arena, proof, &jws));
    SG_TRY(read_header(arena, &jws, expect->config, &ret->key));
    SG_TRY(jws_claims(arena, &jws, &claims));
    SG_TRY(check_claims(claims, expect));
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = NULL;
    SG_TRY(jwk_key_new(&ret->key, &key));
    SG_TRY(jws_verify(&jws, key));
    return jwk_thumbprint(arena, &ret->key, ret->thumbprint);
}

sg_result
flow_proof_verify(struct sg_arena *arena, sg_str proof, const struct flow_proof_expect *expect,
    struct flow_holder *ret)
{
    sg_result r = verify(arena, proof, expect, ret);
    bool own = sg_ok(r) || r.code == SG_E_NONCE || r.code == SG_E_NO_MEMORY;
    return own ? r : SG_ERROR(PROOF);
}
