/* Key proofs of our own holders' keys, for issuers anywhere. spec: OpenID4VCI 1.0 App. F.1. req: PRO-1 */
#include "flow_prove.h"

#include "did.h"
#include "jws.h"
#include "vcdm.h"

#define PROOF_TYP "openid4vci-proof+jwt"
#define AUDIENCE_MAX ((size_t)2048)
#define TEXT_MAX ((size_t)1024) /* a nonce, a client id: they are what others made up */

#define PROVE_RULE(condition, name, text)   \
    do {                                    \
        if (!(condition)) {                 \
            sg_why_note(why, (text), 0, 0); \
            SG_FAIL(name);                  \
        }                                   \
    } while (0)

static const struct {
    const char *name;
    enum flow_prove_by by;
} ways[] = {
    { "jwk", FLOW_PROVE_BY_JWK },
    { "did:jwk", FLOW_PROVE_BY_DID_JWK },
    { "did:key", FLOW_PROVE_BY_DID_KEY },
};

sg_result
flow_prove_by_name(sg_str name, enum flow_prove_by *ret)
{
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (sg_str_is(name, ways[i].name)) {
            *ret = ways[i].by;
            return SG_DONE;
        }
    }
    SG_FAIL(UNSUPPORTED);
}

/* Without kid, alg and use: a thumbprint's members, and nothing that tells one issuer about another. */
static struct jwk
bare(const struct jwk *key)
{
    struct jwk out = *key;
    out.kid = SG_NO_STR;
    out.use = SG_NO_STR;
    out.alg = NULL;
    return out;
}

/* D.1: a proof's key is one of those attested; an issuer refuses the pair otherwise. */
static sg_result
check_attested(struct sg_arena *arena, const struct jwk *key, sg_str attestation)
{
    uint8_t wanted[JWK_THUMBPRINT_LEN], got[JWK_THUMBPRINT_LEN];
    struct jws jws;
    struct jwk one;
    const struct sjson *claims, *keys;
    SG_TRY(jws_parse(arena, attestation, &jws));
    SG_TRY(jws_claims(arena, &jws, &claims));
    SG_TRY(sjson_member_array(claims, "attested_keys", &keys));
    SG_TRY(jwk_thumbprint(arena, key, wanted));
    for (const struct sjson *e = keys->first; e != NULL; e = e->next) {
        SG_TRY(jwk_parse(arena, e, &one));
        SG_TRY(jwk_thumbprint(arena, &one, got));
        if (memcmp(wanted, got, sizeof(wanted)) == 0) {
            return SG_DONE;
        }
    }
    SG_FAIL(KEY_INVALID);
}

static sg_result
check(struct sg_arena *arena, const struct flow_prove *prove, struct sg_why *why)
{
    sg_str aud = prove->audience;
    bool url = sg_str_starts(aud, "https://") || sg_str_starts(aud, "http://");
    PROVE_RULE(url && vcdm_is_url(aud) && aud.n <= AUDIENCE_MAX, VALUE, "audience");
    PROVE_RULE(prove->nonce.n <= TEXT_MAX, VALUE, "nonce");
    PROVE_RULE(prove->client_id.n <= TEXT_MAX, VALUE, "client_id");
    PROVE_RULE(prove->now > 0, VALUE, "iat");
    PROVE_RULE(prove->alg != NULL && prove->alg->sign && prove->alg->kty == prove->key->kty &&
                   prove->alg->crv == prove->key->crv,
        ALGORITHM, "alg");
    if (prove->key_attestation.n == 0) {
        return SG_DONE;
    }
    sg_result r = check_attested(arena, prove->key, prove->key_attestation);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    PROVE_RULE(sg_ok(r), KEY_INVALID, "key_attestation: it does not name the key");
    return SG_DONE;
}

/* Exactly one of jwk and kid. */
static sg_result
write_key(struct sg_arena *arena, struct sjson_wr *wr, const struct flow_prove *prove)
{
    struct jwk key = bare(prove->key);
    sg_str did, method;
    if (prove->by == FLOW_PROVE_BY_JWK) {
        sjson_wr_name(wr, SG_LIT("jwk"));
        jwk_write(wr, &key);
        return SG_DONE;
    }
    SG_TRY(prove->by == FLOW_PROVE_BY_DID_JWK ? did_jwk_of(arena, &key, &did)
                                              : did_key_of(arena, &key, &did));
    SG_TRY(did_method_of(arena, did, &method));
    sjson_wr_member_text(wr, "kid", method);
    return SG_DONE;
}

static sg_result
header_of(struct sg_arena *arena, const struct flow_prove *prove, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 512, JWS_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "alg", prove->alg->name);
    sjson_wr_member_cstr(&wr, "typ", PROOF_TYP);
    SG_TRY(write_key(arena, &wr, prove));
    if (prove->key_attestation.n > 0) {
        sjson_wr_member_text(&wr, "key_attestation", prove->key_attestation);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

static sg_result
payload_of(struct sg_arena *arena, const struct flow_prove *prove, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 512, JWS_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    if (prove->client_id.n > 0) {
        sjson_wr_member_text(&wr, "iss", prove->client_id);
    }
    sjson_wr_member_text(&wr, "aud", prove->audience);
    sjson_wr_member_int(&wr, "iat", prove->now);
    if (prove->nonce.n > 0) {
        sjson_wr_member_text(&wr, "nonce", prove->nonce);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end(&buf, ret);
}

sg_result
flow_prove_build(struct sg_arena *arena, const struct flow_prove *prove, struct sg_why *why,
    struct flow_proving *ret)
{
    struct flow_proving out = { .alg = prove->alg, .key = bare(prove->key) };
    sg_str header;
    sg_bytes payload;
    SG_TRY(check(arena, prove, why));
    SG_TRY(header_of(arena, prove, &header));
    SG_TRY(payload_of(arena, prove, &payload));
    SG_TRY(jws_signing_input(arena, header, payload, &out.signing_input));
    out.message = sg_str_bytes(out.signing_input);
    *ret = out;
    return SG_DONE;
}

sg_result
flow_prove_attach(
    struct sg_arena *arena, const struct flow_proving *proving, sg_bytes signature, sg_str *ret)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    SG_TRY(jwk_key_new(&proving->key, &key));
    SG_TRY(jwk_verify(key, proving->alg, proving->message, signature));
    return jws_attach(arena, proving->signing_input, signature, ret);
}
