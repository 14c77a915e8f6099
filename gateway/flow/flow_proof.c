/* Holder's key proofs (OpenID4VCI 1.0, Appendix F.1 and F.4). */
#include "did.h"
#include "flow_attested.h"
#include "flow_internal.h"

#define PROOF_TYP "openid4vci-proof+jwt"
#define PROOF_MAX ((size_t)8 * 1024)
/* With an attestation in its header, which is encoded once more there. */
#define ATTESTED_PROOF_MAX (PROOF_MAX + FLOW_ATTESTATION_MAX / 3 * 4)
/* Wallet clocks: the nonce carries our own time, so this only stops proofs made for later (F.4). */
#define FUTURE_S 60

static bool
alg_allowed(const struct flow_proof_type *type, const struct jose_alg *alg)
{
    for (size_t i = 0; i < type->n_algs; i++) {
        if (type->algs[i] == alg) {
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

/* A kid names the key by a DID, or among those that the proof's attestation lists (the example of F.1). */
static sg_result
read_kid(struct sg_arena *arena, sg_str kid, const struct flow_config *config,
    const struct flow_attested *attested, struct flow_holder *ret)
{
    if (attested == NULL || sg_str_starts(kid, "did:")) {
        return read_did(arena, kid, config, ret);
    }
    const struct flow_holder *named = flow_attested_kid(attested, kid);
    SG_REQUIRE(named != NULL, PROOF);
    SG_REQUIRE((config->binding & (FLOW_BIND_JWK | FLOW_BIND_COSE_KEY)) != 0, PROOF);
    ret->key = named->key;
    return SG_DONE;
}

/* Exactly one of jwk, kid, x5c (F.1); x5c and trust_chain are not among the binding methods of our metadata. */
static sg_result
read_header(struct sg_arena *arena, const struct jws *jws, const struct flow_config *config,
    const struct flow_attested *attested, struct flow_holder *ret)
{
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
        SG_TRY(read_kid(arena, kid->text, config, attested, ret));
    }
    SG_REQUIRE(ret->key.kty == jws->alg->kty && ret->key.crv == jws->alg->crv, PROOF);
    SG_REQUIRE(ret->key.alg == NULL || ret->key.alg == jws->alg, PROOF);
    return SG_DONE;
}

/* ---- the attestation in the header ------------------------------------------------------------------------------- */

/* One that several proofs of a request carry is verified once. */
static sg_result
attested_once(struct sg_arena *arena, sg_str jwt, const struct flow_attested_expect *expect,
    struct flow_attestations *seen, const struct flow_attested **ret)
{
    for (size_t i = 0; i < seen->n; i++) {
        if (sg_str_equal(seen->items[i]->jwt, jwt)) {
            *ret = seen->items[i];
            return SG_DONE;
        }
    }
    SG_REQUIRE(seen->n < FLOW_BATCH_MAX, ATTESTATION);
    struct flow_attested *one = SG_NEW(arena, struct flow_attested);
    SG_REQUIRE(one != NULL, NO_MEMORY);
    SG_TRY(flow_attested_verify(arena, jwt, expect, one));
    seen->items[seen->n++] = one;
    *ret = one;
    return SG_DONE;
}

/* Where none is required one is passed over, as any header member that nobody asked for. */
static sg_result
read_attestation(struct sg_arena *arena, const struct jws *jws,
    const struct flow_proof_expect *expect, struct flow_attestations *seen,
    const struct flow_attested **ret)
{
    const struct flow_proof_type *type = &expect->config->proofs[FLOW_PROOF_JWT];
    const struct sjson *json = sjson_get(jws->header, "key_attestation");
    *ret = NULL;
    if (!type->attested) {
        return SG_DONE;
    }
    SG_REQUIRE(json != NULL && json->type == SJSON_STRING, ATTESTATION);
    const struct flow_attested_expect inner = { .attesters = expect->attesters,
        .type = type,
        .with_proof = true,
        .nonce_check = expect->nonce_check,
        .nonce_context = expect->nonce_context,
        .now = expect->now };
    return attested_once(arena, json->text, &inner, seen, ret);
}

/* ---- the proof ----------------------------------------------------------------------------------------------------- */

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
    struct flow_attestations *seen, struct flow_holder *ret)
{
    const struct flow_proof_type *type = &expect->config->proofs[FLOW_PROOF_JWT];
    const struct flow_attested *attested;
    struct jws jws;
    const struct sjson *claims;
    *ret = (struct flow_holder){ 0 };
    SG_REQUIRE(type->offered, PROOF);
    SG_REQUIRE(proof.n <= (type->attested ? ATTESTED_PROOF_MAX : PROOF_MAX), PROOF);
    SG_TRY(jws_parse(arena, proof, &jws));
    SG_REQUIRE(sg_str_is(jws.typ, PROOF_TYP), PROOF);
    SG_REQUIRE(alg_allowed(type, jws.alg), PROOF);
    SG_TRY(read_attestation(arena, &jws, expect, seen, &attested));
    SG_TRY(read_header(arena, &jws, expect->config, attested, ret));
    SG_TRY(jws_claims(arena, &jws, &claims));
    SG_TRY(check_claims(claims, expect));
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = NULL;
    SG_TRY(jwk_key_new(&ret->key, &key));
    SG_TRY(jws_verify(&jws, key));
    SG_TRY(jwk_thumbprint(arena, &ret->key, ret->thumbprint));
    /* D.1: the proof is of one of the keys that are attested */
    SG_REQUIRE(
        attested == NULL || flow_attested_key(attested, ret->thumbprint) != NULL, ATTESTATION);
    return SG_DONE;
}

sg_result
flow_proof_verify(struct sg_arena *arena, sg_str proof, const struct flow_proof_expect *expect,
    struct flow_attestations *seen, struct flow_holder *ret)
{
    sg_result r = verify(arena, proof, expect, seen, ret);
    bool own =
        sg_ok(r) || r.code == SG_E_NONCE || r.code == SG_E_ATTESTATION || r.code == SG_E_NO_MEMORY;
    return own ? r : SG_ERROR(PROOF);
}
