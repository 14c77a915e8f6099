/* Holder's key proofs (OpenID4VCI 1.0, Appendix F.1 and F.4). */
#include "did.h"
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

/*
 * A kid that is a DID URL: the key is in the identifier itself, and the fragment must be its only method. The holder keeps the name (credentialSubject.id).
 * What does not fit is a bad proof, whatever the parser below calls it.
 */
static sg_result
read_did(
    struct sg_arena *arena, sg_str kid, const struct flow_config *config, struct flow_holder *ret)
{
    sg_str method;
    sg_str did = sg_str_slice(kid, 0, sg_str_index(kid, '#', 0));
    if (sg_str_starts(did, "did:key:") && (config->binding & FLOW_BIND_DID_KEY) != 0) {
        SG_TRY(did_key_parse(did, &ret->key));
    } else {
        SG_REQUIRE(
            sg_str_starts(did, "did:jwk:") && (config->binding & FLOW_BIND_DID_JWK) != 0, PROOF);
        SG_TRY(did_jwk_parse(arena, did, &ret->key));
    }
    SG_TRY(did_method_of(arena, did, &method));
    SG_REQUIRE(sg_str_equal(method, kid), PROOF);
    ret->did = did;
    return SG_DONE;
}

/* Exactly one of jwk, kid, x5c (F.1); x5c and trust_chain are not among the binding methods of our metadata. */
static sg_result
read_header(struct sg_arena *arena, const struct jws *jws, const struct flow_config *config,
    struct flow_holder *ret)
{
    SG_REQUIRE(sg_str_is(jws->typ, PROOF_TYP), PROOF);
    SG_REQUIRE(alg_allowed(config, jws->alg), PROOF);
    SG_REQUIRE(
        sjson_get(jws->header, "x5c") == NULL && sjson_get(jws->header, "trust_chain") == NULL,
        PROOF);
    const struct sjson *kid = sjson_get(jws->header, "kid");
    const struct sjson *json = sjson_get(jws->header, "jwk");
    SG_REQUIRE((kid == NULL) != (json == NULL), PROOF);
    if (json != NULL) {
        SG_REQUIRE((config->binding & (FLOW_BIND_JWK | FLOW_BIND_COSE_KEY)) != 0, PROOF);
        SG_REQUIRE(json->type == SJSON_OBJECT, PROOF);
        SG_TRY(jwk_parse(arena, json, &ret->key));
    } else {
        SG_REQUIRE(kid->type == SJSON_STRING, PROOF);
        SG_TRY(read_did(arena, kid->text, config, ret));
    }
    SG_REQUIRE(ret->key.kty == jws->alg->kty && ret->key.crv == jws->alg->crv, PROOF);
    SG_REQUIRE(ret->key.alg == NULL || ret->key.alg == jws->alg, PROOF);
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
    *ret = (struct flow_holder){ 0 };
    SG_REQUIRE(proof.n <= PROOF_MAX, PROOF);
    SG_TRY(jws_parse(arena, proof, &jws));
    SG_TRY(read_header(arena, &jws, expect->config, ret));
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
