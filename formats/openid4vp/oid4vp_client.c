/*
 * Client identifier prefixes (5.9.3): who the verifier is, which key signs for it, and which address its answers may go to. One row for each prefix.
 * req: PRO-3, NET-3
 */
#include "did.h"
#include "oid4vp_int.h"

#include "sg_text.h"

/* ---- signatures -------------------------------------------------------------------------------------------- */

static void
key_free(struct jwk_key **key)
{
    jwk_key_free(key);
}

static sg_result
verify_one(const struct jws *jws, const struct jwk *jwk)
{
    SG_CLEANUP(key_free)
    struct jwk_key *key = NULL;
    SG_REQUIRE(jwk->alg == NULL || jwk->alg == jws->alg, ALGORITHM);
    SG_TRY(jwk_key_new(jwk, &key));
    return jws_verify(jws, key);
}

sg_result
vp_verify_with(const struct jws *jws, const struct jwk *keys, size_t n)
{
    sg_result r = SG_ERROR(SIGNATURE);
    for (size_t i = 0; i < n; i++) {
        /* a kid chooses; keys or objects without one are tried */
        if (jws->kid.n > 0 && keys[i].kid.n > 0 && !sg_str_equal(jws->kid, keys[i].kid)) {
            continue;
        }
        r = verify_one(jws, &keys[i]);
        if (sg_ok(r)) {
            return r;
        }
    }
    return r;
}

static bool
listed(sg_str text, const sg_str *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sg_str_equal(text, list[i])) {
            return true;
        }
    }
    return false;
}

/* ---- no prefix ----------------------------------------------------------------------------------------------- */

static sg_result
pre_registered(struct vp_run *run)
{
    const struct oid4vp_client *client = NULL;
    for (size_t i = 0; i < run->trust->n_clients && client == NULL; i++) {
        if (sg_str_equal(run->trust->clients[i].client_id, run->request.client_id)) {
            client = &run->trust->clients[i];
        }
    }
    VP_WANT(run, client != NULL, "the verifier is not registered", ISSUER);
    run->client = client;
    if (run->request.signed_) {
        VP_WANT(run, client->n_keys > 0, "no key is registered for the verifier", SIGNATURE);
        VP_TRY(run, "signature of the request object",
            vp_verify_with(&run->jws, client->keys, client->n_keys));
    } else {
        VP_WANT(run, !client->signed_only, "requests of this verifier are signed", SIGNATURE);
    }
    VP_WANT(run, listed(run->request.uri, client->uris, client->n_uris),
        "the address is not registered for the verifier", CLIENT);
    return SG_DONE;
}

/* ---- redirect_uri ---------------------------------------------------------------------------------------------- */

static sg_result
redirect_uri(struct vp_run *run)
{
    VP_WANT(run, !run->request.signed_, "redirect_uri clients cannot sign", CLIENT);
    VP_WANT(run, sg_str_equal(run->request.uri, run->request.name),
        "the address is not that of the client identifier", CLIENT);
    return SG_DONE;
}

/* ---- x509_san_dns, x509_hash ------------------------------------------------------------------------------------- */

/* HAIP 5: the anchor is not sent, and so the leaf is none. */
static sg_result
check_no_anchor(struct vp_run *run, const sg_bytes *chain, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < run->trust->n_anchors; k++) {
            VP_WANT(run, !sg_bytes_equal(chain[i], run->trust->anchors[k]),
                "the trust anchor stands in x5c", POLICY);
        }
    }
    return SG_DONE;
}

/* Chain and signature; the leaf becomes part of the request. */
static sg_result
x509_signed(struct vp_run *run, const struct x509_leaf **ret)
{
    sg_bytes chain[X509_CHAIN_MAX];
    size_t n;
    struct x509_leaf *leaf = SG_NEW(run->arena, struct x509_leaf);
    SG_REQUIRE(leaf != NULL, NO_MEMORY);
    VP_TRY(run, "x5c", x509_from_x5c(run->arena, sjson_get(run->jws.header, "x5c"), chain, &n));
    VP_TRY(run, "certificate chain",
        x509_chain_verify(run->arena, chain, n, run->trust->anchors, run->trust->n_anchors,
            run->expect->now, leaf));
    if (run->expect->haip) {
        SG_TRY(check_no_anchor(run, chain, n));
    }
    VP_TRY(run, "signature of the request object", verify_one(&run->jws, &leaf->key));
    run->request.leaf = leaf;
    *ret = leaf;
    return SG_DONE;
}

static sg_result
x509_san_dns(struct vp_run *run)
{
    const struct x509_leaf *leaf;
    sg_str host;
    bool named = false;
    VP_WANT(run, vp_is_dns_name(run->request.name), "the name is no DNS name", CLIENT);
    SG_TRY(x509_signed(run, &leaf));
    for (size_t i = 0; i < leaf->n_san_dns; i++) {
        named = named || vp_host_equal(leaf->san_dns[i], run->request.name);
    }
    VP_WANT(run, named, "the certificate does not name the verifier", CLIENT);
    VP_TRY(run, "the address", vp_uri_check(run->request.uri, run->expect->loopback, &host));
    bool anywhere = listed(run->request.client_id, run->trust->any_uri, run->trust->n_any_uri);
    VP_WANT(run, anywhere || vp_host_equal(host, run->request.name),
        "the address is on another host", CLIENT);
    return SG_DONE;
}

static sg_result
x509_hash(struct vp_run *run)
{
    const struct x509_leaf *leaf;
    uint8_t want[SG_SHA256_LEN];
    VP_TRY(run, "the hash in the client identifier",
        sg_b64url_decode_to(run->request.name, want, sizeof(want)));
    SG_TRY(x509_signed(run, &leaf));
    VP_WANT(run, memcmp(want, leaf->sha256, sizeof(want)) == 0,
        "the certificate is not that of the client identifier", CLIENT);
    return SG_DONE;
}

/* ---- verifier_attestation ------------------------------------------------------------------------------------------ */

/* NULL: nobody we know. */
static const struct oid4vp_attester *
attester_of(const struct vp_run *run, sg_str iss)
{
    for (size_t i = 0; i < run->trust->n_attesters; i++) {
        if (sg_str_equal(run->trust->attesters[i].issuer, iss)) {
            return &run->trust->attesters[i];
        }
    }
    return NULL;
}

/* 12: redirect_uris, if there, has the address exactly. */
static sg_result
check_attested_uri(struct vp_run *run, const struct sjson *claims)
{
    const struct sjson *uris = sjson_get(claims, "redirect_uris");
    if (uris == NULL) {
        return SG_DONE;
    }
    VP_WANT(run, uris->type == SJSON_ARRAY, "redirect_uris of the attestation", TYPE);
    for (const struct sjson *e = uris->first; e != NULL; e = e->next) {
        if (e->type == SJSON_STRING && sg_str_equal(e->text, run->request.uri)) {
            return SG_DONE;
        }
    }
    return vp_refuse(run->failure, "the attestation does not list the address", SG_ERROR(CLIENT));
}

static sg_result
check_attestation(struct vp_run *run, const struct sjson *claims)
{
    sg_str sub;
    int64_t exp;
    VP_TRY(run, "exp of the attestation", jwt_date(claims, "exp", &exp));
    VP_TRY(run, "times of the attestation",
        jwt_check_times(claims, run->expect->now, run->expect->leeway_s));
    VP_TRY(run, "sub of the attestation", sjson_member_text(claims, "sub", &sub));
    VP_WANT(
        run, sg_str_equal(sub, run->request.name), "the attestation is for another client", CLIENT);
    return check_attested_uri(run, claims);
}

static sg_result
verifier_attestation(struct vp_run *run)
{
    struct jws attestation;
    const struct sjson *claims;
    const struct sjson *cnf;
    sg_str iss;
    struct jwk key;
    sg_str compact;
    VP_TRY(run, "header jwt", sjson_member_text(run->jws.header, "jwt", &compact));
    VP_TRY(run, "attestation", jws_parse(run->arena, compact, &attestation));
    VP_WANT(run, sg_str_is(attestation.typ, "verifier-attestation+jwt"), "typ of the attestation",
        TYPE);
    VP_TRY(run, "attestation", jws_claims(run->arena, &attestation, &claims));
    VP_TRY(run, "iss of the attestation", sjson_member_text(claims, "iss", &iss));
    const struct oid4vp_attester *attester = attester_of(run, iss);
    VP_WANT(run, attester != NULL, "the attester is not trusted", ISSUER);
    VP_TRY(run, "signature of the attestation",
        vp_verify_with(&attestation, attester->keys, attester->n_keys));
    SG_TRY(check_attestation(run, claims));
    VP_TRY(run, "cnf of the attestation", sjson_member_object(claims, "cnf", &cnf));
    VP_TRY(run, "cnf of the attestation", jwk_parse(run->arena, sjson_get(cnf, "jwk"), &key));
    VP_TRY(run, "signature of the request object", verify_one(&run->jws, &key));
    run->request.attester = iss;
    return SG_DONE;
}

/* ---- decentralized_identifier ---------------------------------------------------------------------------------------- */

/* The document is not at hand: name it. */
static sg_result
need_document(struct vp_run *run)
{
    VP_TRY(run, "this DID method is not supported",
        did_web_url(run->arena, run->request.name, &run->failure->document_url));
    run->failure->did = run->request.name;
    return vp_refuse(run->failure, "the DID document is needed", SG_ERROR(PENDING));
}

/* 5.9.3 names verificationMethod and no relationship; a key that is for neither of these two does not speak for the subject here. */
static sg_result
did_key_of_request(struct vp_run *run, struct cid_method *ret)
{
    const struct cid_table table = { run->trust->documents, run->trust->n_documents };
    struct cid_resolver resolver = cid_resolver_of(&table);
    sg_result r =
        cid_resolve(run->arena, &resolver, run->jws.kid, SG_LIT("authentication"), NULL, ret);
    if (r.code == SG_E_METHOD) {
        r = cid_resolve(run->arena, &resolver, run->jws.kid, SG_LIT("assertionMethod"), NULL, ret);
    }
    return r.code == SG_E_NOT_FOUND ? need_document(run) : r;
}

static sg_result
decentralized_identifier(struct vp_run *run)
{
    struct cid_method method;
    sg_str kid = run->jws.kid;
    size_t hash = sg_str_index(kid, '#', 0);
    VP_WANT(run, hash < kid.n, "kid is no DID URL with a fragment", CLIENT);
    VP_WANT(run, sg_str_equal(sg_str_slice(kid, 0, hash), run->request.name),
        "kid names another DID", CLIENT);
    VP_TRY(run, "the key that kid names", did_key_of_request(run, &method));
    VP_WANT(run, !method.has_expires || method.expires_at > run->expect->now, "the key has expired",
        EXPIRED);
    VP_WANT(run, !method.has_revoked || method.revoked_at > run->expect->now, "the key was revoked",
        EXPIRED);
    VP_TRY(run, "signature of the request object", verify_one(&run->jws, &method.key));
    return SG_DONE;
}

/* ---- refused ----------------------------------------------------------------------------------------------------------- */

/* Trust chains are not evaluated: a client identifier of the federation would be believed without one. */
static sg_result
openid_federation(struct vp_run *run)
{
    return vp_refuse(run->failure, "openid_federation is not supported", SG_ERROR(UNSUPPORTED));
}

static sg_result
origin(struct vp_run *run)
{
    return vp_refuse(run->failure, "origin is no client identifier prefix", SG_ERROR(CLIENT));
}

static sg_result
unknown(struct vp_run *run)
{
    return vp_refuse(run->failure, "unknown client identifier prefix", SG_ERROR(CLIENT));
}

/* ---- the rows ------------------------------------------------------------------------------------------------------------ */

static const struct {
    sg_result (*authenticate)(struct vp_run *run);
    bool must_sign;
} rows[OID4VP_PREFIXES] = {
    [OID4VP_PRE_REGISTERED] = { pre_registered, false },
    [OID4VP_REDIRECT_URI] = { redirect_uri, false },
    [OID4VP_X509_SAN_DNS] = { x509_san_dns, true },
    [OID4VP_X509_HASH] = { x509_hash, true },
    [OID4VP_VERIFIER_ATTESTATION] = { verifier_attestation, true },
    [OID4VP_DECENTRALIZED_IDENTIFIER] = { decentralized_identifier, true },
    [OID4VP_OPENID_FEDERATION] = { openid_federation, false },
    [OID4VP_ORIGIN] = { origin, false },
    [OID4VP_UNKNOWN_PREFIX] = { unknown, false },
};

sg_result
vp_client_authenticate(struct vp_run *run)
{
    VP_WANT(run, run->request.signed_ || !rows[run->request.prefix].must_sign,
        "requests of this prefix are signed", SIGNATURE);
    VP_WANT(run, run->request.name.n > 0, "client_id", VALUE);
    return rows[run->request.prefix].authenticate(run);
}
