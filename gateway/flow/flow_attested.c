/* spec: OpenID4VCI 1.0, Appendix D.1 and F.4; HAIP 1.0, 4.5.1. req: PRO-1 */
#include "flow_attested.h"

#include "jws.h"
#include "sg_text.h"

#define ATTESTATION_TYP "key-attestation+jwt"
#define DRAFT_TYP \
    "keyattestation+jwt" /* what @openid4vc/openid4vci 0.4 writes; it names nothing else */
#define FUTURE_S 60      /* an attester's clock; as for proofs */

/* ---- who signed ------------------------------------------------------------------------------------------------ */

struct reading {
    struct sg_arena *arena;
    const struct flow_attested_expect *expect;
    struct jws jws;
    const struct sjson *claims;
    sg_str iss; /* empty: it names nobody */
};

static sg_result
verify_by(const struct jws *jws, const struct jwk *jwk)
{
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = NULL;
    SG_REQUIRE(jwk->kty == jws->alg->kty && jwk->crv == jws->alg->crv, ATTESTATION);
    SG_REQUIRE(jwk->alg == NULL || jwk->alg == jws->alg, ATTESTATION);
    SG_TRY(jwk_key_new(jwk, &key));
    return jws_verify(jws, key);
}

/* Does the header mean this key? Without kid any key may be meant; then its form decides, and the signature. */
static bool
is_meant(const struct jws *jws, const struct flow_attester_key *key)
{
    if (jws->kid.n == 0) {
        return key->jwk.kty == jws->alg->kty && key->jwk.crv == jws->alg->crv;
    }
    if (key->jwk.kid.n > 0 && sg_str_equal(jws->kid, key->jwk.kid)) {
        return true;
    }
    uint8_t named[JWK_THUMBPRINT_LEN];
    return sg_ok(sg_b64url_decode_to(jws->kid, named, sizeof(named))) &&
           memcmp(named, key->thumbprint, sizeof(named)) == 0;
}

static bool
pinned(const struct reading *in, const struct flow_attester *attester)
{
    for (size_t i = 0; i < attester->n_keys; i++) {
        if (is_meant(&in->jws, &attester->keys[i]) &&
            sg_ok(verify_by(&in->jws, &attester->keys[i].jwk))) {
            return true;
        }
    }
    return false;
}

static bool
is_named(const struct flow_attester *attester, const struct x509_leaf *leaf)
{
    bool found = attester->n_names == 0;
    for (size_t i = 0; i < attester->n_names && !found; i++) {
        for (size_t k = 0; k < leaf->n_san_dns && !found; k++) {
            found = sg_str_equal(attester->names[i], leaf->san_dns[k]);
        }
        for (size_t k = 0; k < leaf->n_san_uris && !found; k++) {
            found = sg_str_equal(attester->names[i], leaf->san_uris[k]);
        }
    }
    return found;
}

/* HAIP 1.0, 4.5.1: the trust anchor is not in the chain; a leaf that signed itself is none either, since only an anchor could vouch for it. */
static bool
has_anchor(const sg_bytes *chain, size_t n, const struct flow_attester *attester)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < attester->n_roots; k++) {
            if (sg_bytes_equal(chain[i], attester->roots[k])) {
                return true;
            }
        }
    }
    return false;
}

static bool
certified(
    const struct reading *in, const sg_bytes *chain, size_t n, const struct flow_attester *attester)
{
    struct x509_leaf *leaf = SG_NEW(in->arena, struct x509_leaf);
    return leaf != NULL && n > 0 && attester->n_roots > 0 && !has_anchor(chain, n, attester) &&
           sg_ok(x509_chain_verify(
               in->arena, chain, n, attester->roots, attester->n_roots, in->expect->now, leaf)) &&
           is_named(attester, leaf) && sg_ok(verify_by(&in->jws, &leaf->key));
}

/* The attester whose signature it is. One that is named is the only one asked: nobody speaks in another's name. */
static sg_result
find_attester(const struct reading *in, const struct flow_attester **ret)
{
    const struct flow_attesters *all = in->expect->attesters;
    const struct sjson *x5c = sjson_get(in->jws.header, "x5c");
    sg_bytes chain[X509_CHAIN_MAX];
    size_t n = 0;
    if (x5c != NULL) {
        SG_TRY(x509_from_x5c(in->arena, x5c, chain, &n));
    }
    for (size_t i = 0; all != NULL && i < all->n; i++) {
        const struct flow_attester *one = &all->items[i];
        bool asked = in->iss.n == 0 || sg_str_equal(in->iss, one->name);
        if (asked && (pinned(in, one) || certified(in, chain, n, one))) {
            *ret = one;
            return SG_DONE;
        }
    }
    SG_FAIL(ATTESTATION);
}

/* ---- what is said ---------------------------------------------------------------------------------------------- */

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

static sg_result
check_times(const struct reading *in)
{
    int64_t iat, exp;
    SG_TRY(jwt_date(in->claims, "iat", &iat));
    SG_REQUIRE(iat <= in->expect->now + FUTURE_S, ATTESTATION);
    if (in->expect->with_proof) {
        SG_TRY(jwt_date(in->claims, "exp", &exp));
    }
    return jwt_check_times(in->claims, in->expect->now, FUTURE_S);
}

/* A claim of strings (D.1), one of which is among the accepted; nothing is asked when none is accepted in particular. */
static sg_result
check_words(const struct sjson *claims, const char *name, const struct flow_words *accepted)
{
    const struct sjson *said = sjson_get(claims, name);
    SG_REQUIRE(said == NULL || (said->type == SJSON_ARRAY && said->n > 0), ATTESTATION);
    bool found = accepted->n == 0;
    for (const struct sjson *e = said == NULL ? NULL : said->first; e != NULL; e = e->next) {
        SG_REQUIRE(e->type == SJSON_STRING, ATTESTATION);
        for (size_t i = 0; i < accepted->n; i++) {
            found = found || sg_str_equal(e->text, accepted->items[i]);
        }
    }
    SG_REQUIRE(found, ATTESTATION);
    return SG_DONE;
}

/* Of a key that a credential can be bound to: it is public, on its curve, and has an algorithm by which holders sign. */
static sg_result
read_key(struct sg_arena *arena, const struct sjson *json, struct flow_holder *ret)
{
    struct jwk_key *decoded SG_CLEANUP(jwk_key_free)
    = NULL;
    SG_REQUIRE(json->type == SJSON_OBJECT, ATTESTATION);
    SG_TRY(jwk_parse(arena, json, &ret->key));
    SG_REQUIRE(jwk_default_alg(&ret->key) != NULL, ATTESTATION);
    SG_TRY(jwk_key_new(&ret->key, &decoded));
    return jwk_thumbprint(arena, &ret->key, ret->thumbprint);
}

static sg_result
read_keys(struct reading *in, struct flow_attested *ret)
{
    const struct sjson *list;
    SG_TRY(sjson_member_array(in->claims, "attested_keys", &list));
    SG_REQUIRE(list->n >= 1 && list->n <= FLOW_ATTESTED_MAX, ATTESTATION);
    struct flow_holder *keys = SG_NEW_ARRAY(in->arena, list->n, struct flow_holder);
    SG_REQUIRE(keys != NULL, NO_MEMORY);
    ret->keys = keys;
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        struct flow_holder *one = &keys[ret->n_keys];
        SG_TRY(read_key(in->arena, e, one));
        SG_REQUIRE(flow_attested_key(ret, one->thumbprint) == NULL, ATTESTATION);
        ret->n_keys++;
    }
    return SG_DONE;
}

/* Only a status list can be asked for here; a mechanism that is not known says nothing good. */
static sg_result
read_status(struct reading *in, struct flow_attested *ret)
{
    if (sjson_get(in->claims, "status") == NULL) {
        return SG_DONE;
    }
    SG_TRY(tsl_ref_parse(in->claims, &ret->status));
    ret->has_status = true;
    return SG_DONE;
}

static sg_result
read_iss(struct reading *in)
{
    const struct sjson *iss = sjson_get(in->claims, "iss");
    SG_REQUIRE(iss == NULL || (iss->type == SJSON_STRING && iss->text.n > 0), ATTESTATION);
    in->iss = iss == NULL ? SG_NO_STR : iss->text;
    return SG_DONE;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static sg_result
verify(struct reading *in, sg_str jwt, struct flow_attested *ret)
{
    const struct flow_attested_expect *expect = in->expect;
    sg_str nonce;
    SG_REQUIRE(jwt.n <= FLOW_ATTESTATION_MAX, ATTESTATION);
    SG_TRY(jws_parse(in->arena, jwt, &in->jws));
    SG_REQUIRE(
        sg_str_is(in->jws.typ, ATTESTATION_TYP) || sg_str_is(in->jws.typ, DRAFT_TYP), ATTESTATION);
    SG_REQUIRE(alg_allowed(expect->type, in->jws.alg), ATTESTATION);
    SG_TRY(jws_claims(in->arena, &in->jws, &in->claims));
    SG_TRY(read_iss(in));
    SG_TRY(find_attester(in, &ret->by));
    SG_TRY(sjson_member_text(in->claims, "nonce", &nonce));
    /* before the times, as with proofs: only invalid_nonce makes a wallet try again (8.3.1) */
    SG_REQUIRE(sg_ok(expect->nonce_check(expect->nonce_context, nonce, expect->now)), NONCE);
    SG_TRY(check_times(in));
    SG_TRY(check_words(in->claims, "key_storage", &expect->type->key_storage));
    SG_TRY(check_words(in->claims, "user_authentication", &expect->type->user_authentication));
    SG_TRY(read_status(in, ret));
    return read_keys(in, ret);
}

sg_result
flow_attested_verify(struct sg_arena *arena, sg_str jwt, const struct flow_attested_expect *expect,
    struct flow_attested *ret)
{
    struct reading in = { .arena = arena, .expect = expect };
    *ret = (struct flow_attested){ .jwt = jwt };
    sg_result r = verify(&in, jwt, ret);
    bool own = sg_ok(r) || r.code == SG_E_NONCE || r.code == SG_E_NO_MEMORY;
    return own ? r : SG_ERROR(ATTESTATION);
}

const struct flow_holder *
flow_attested_key(
    const struct flow_attested *attested, const uint8_t thumbprint[JWK_THUMBPRINT_LEN])
{
    for (size_t i = 0; i < attested->n_keys; i++) {
        if (memcmp(attested->keys[i].thumbprint, thumbprint, JWK_THUMBPRINT_LEN) == 0) {
            return &attested->keys[i];
        }
    }
    return NULL;
}

const struct flow_holder *
flow_attested_kid(const struct flow_attested *attested, sg_str kid)
{
    const struct flow_holder *found = NULL;
    for (size_t i = 0; i < attested->n_keys; i++) {
        if (kid.n > 0 && sg_str_equal(attested->keys[i].key.kid, kid)) {
            if (found != NULL) {
                return NULL;
            }
            found = &attested->keys[i];
        }
    }
    return found;
}
