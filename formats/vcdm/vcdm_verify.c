#include "sg_text.h"

#include "vcdm_envelope_int.h"

/* One verification with everything nested in it. */
struct run {
    struct sg_arena *arena;
    struct sg_why *why;
    struct vcdm_rules rules;
    vcdm_key_fn key;
    void *key_arg;
    size_t left; /* enveloped objects that may still come */
};

/* A secured object taken apart by its family's parser; nothing verified. */
struct opened {
    const struct vcdm_media *media;
    struct jws jws;  /* JWT */
    struct sdjwt sd; /* SD-JWT */
    struct cose_sign1 cose;
    const struct sjson *document;
    const struct jose_alg *alg;
    sg_str typ;
    sg_str cty;
    sg_str kid;
    struct vcdm_claims claims;
};

/* ---- opening ----------------------------------------------------------------------------------------- */

static sg_result
header_texts(const struct jws *jws, struct sg_why *why, struct opened *o)
{
    const struct sjson *cty = sjson_get(jws->header, "cty");
    VCDM_HOLD(cty == NULL || cty->type == SJSON_STRING, why, "cty", TYPE);
    o->cty = cty == NULL ? SG_NO_STR : cty->text;
    VCDM_HOLD(cty == NULL || cty->text.n != 0, why, "cty", TYPE);
    o->alg = jws->alg;
    o->typ = jws->typ;
    o->kid = jws->kid;
    return SG_DONE;
}

static sg_result
open_jwt(struct run *run, sg_bytes secured, struct opened *o)
{
    SG_TRY(jws_parse(run->arena, sg_bytes_str(secured), &o->jws));
    SG_TRY(jws_claims(run->arena, &o->jws, &o->document));
    return header_texts(&o->jws, run->why, o);
}

static sg_result
open_sd_jwt(struct run *run, sg_bytes secured, struct opened *o)
{
    SG_TRY(sdjwt_parse(run->arena, sg_bytes_str(secured), &o->sd));
    SG_TRY(sdjwt_process(run->arena, &o->sd, &o->document));
    return header_texts(&o->sd.jwt, run->why, o);
}

/* The seam gives typ and content type only as texts; a number there is another statement and not an absent one. */
static sg_result
no_numbered_types(const struct opened *o, struct sg_why *why)
{
    struct dcbor_item map;
    struct dcbor_item item;
    SG_TRY(dcbor_item_open(o->cose.protected_bstr, COSE_DEPTH_MAX, COSE_ITEMS_MAX, &map));
    SG_TRY(dcbor_item_find(&map, COSE_CONTENT_TYPE, &item));
    VCDM_HOLD(item.kind == DCBOR_KIND_NONE || o->cty.n != 0, why, "cty", TYPE);
    SG_TRY(dcbor_item_find(&map, COSE_TYP, &item));
    VCDM_HOLD(item.kind == DCBOR_KIND_NONE || o->typ.n != 0, why, "typ", TYPE);
    return SG_DONE;
}

static sg_result
open_cose(struct run *run, sg_bytes secured, struct opened *o)
{
    SG_TRY(cose_sign1_parse(secured, &o->cose));
    VCDM_HOLD(!o->cose.detached, run->why, "payload", MALFORMED);
    VCDM_HOLD(o->cose.alg != NULL, run->why, "alg", ALGORITHM);
    o->alg = o->cose.alg;
    o->typ = o->cose.typ;
    o->cty = o->cose.content_type;
    sg_str kid = sg_bytes_str(o->cose.kid);
    o->kid = sg_utf8_valid(kid) ? kid : SG_NO_STR;
    SG_TRY(no_numbered_types(o, run->why));
    return sjson_parse_object(run->arena, sg_bytes_str(o->cose.payload), run->why, &o->document);
}

static sg_result
open_secured(struct run *run, sg_bytes secured, const struct vcdm_verify *policy, struct opened *o)
{
    if (o->media->family == VCDM_COSE) {
        SG_TRY(open_cose(run, secured, o));
        return vcdm_claims_of_cwt(o->cose.cwt_claims, policy, run->why, &o->claims);
    }
    if (o->media->family == VCDM_SD_JWT) {
        SG_TRY(open_sd_jwt(run, secured, o));
    } else {
        SG_TRY(open_jwt(run, secured, o));
    }
    return vcdm_claims_of_json(o->document, policy, run->why, &o->claims);
}

/* ---- headers ----------------------------------------------------------------------------------------- */

/* RFC 7515 4.1.9: "application/" may be left out in JOSE. In COSE the text is whole. */
static bool
names_type(enum vcdm_family family, sg_str value, const char *want)
{
    static const char prefix[] = "application/";
    if (family != VCDM_COSE && sg_str_starts(value, prefix)) {
        value = sg_str_slice(value, sizeof(prefix) - 1, value.n);
    }
    return sg_str_is(value, want);
}

static sg_result
check_types(const struct opened *o, const struct vcdm_verify *policy, struct sg_why *why)
{
    enum vcdm_family family = o->media->family;
    bool typ = o->typ.n == 0 ? policy->accept_no_typ : names_type(family, o->typ, o->media->typ);
    VCDM_HOLD(typ, why, "typ", TYPE);
    VCDM_HOLD(o->cty.n == 0 || names_type(family, o->cty, o->media->cty), why, "cty", TYPE);
    return SG_DONE;
}

/* `issuer` or `holder`, text or object with an id, before the rules have been asked; empty if it is none of these. */
static sg_str
controller_of(const struct opened *o)
{
    const struct sjson *v = sjson_get(o->document, o->media->presentation ? "holder" : "issuer");
    if (v != NULL && v->type == SJSON_OBJECT) {
        v = sjson_get(v, "id");
    }
    return v != NULL && v->type == SJSON_STRING ? v->text : SG_NO_STR;
}

/* ---- signature --------------------------------------------------------------------------------------- */

static const struct jws *
jws_of(const struct opened *o)
{
    return o->media->family == VCDM_SD_JWT ? &o->sd.jwt : &o->jws;
}

static sg_result
find_key(struct run *run, const struct opened *o, const struct vcdm_verify *policy, struct jwk *ret)
{
    bool cose = o->media->family == VCDM_COSE;
    sg_str controller = controller_of(o);
    struct vcdm_key_query query = { .media = o->media,
        .alg = o->alg,
        .kid = o->kid,
        .controller = controller.n != 0 ? controller : o->claims.iss,
        .iss = o->claims.iss,
        .header = cose ? NULL : jws_of(o)->header,
        .cose = cose ? &o->cose : NULL,
        .url_kid = vcdm_is_url(o->kid),
        .why = run->why };
    bool iss =
        query.iss.n == 0 || query.controller.n == 0 || sg_str_equal(query.iss, query.controller);
    VCDM_HOLD(iss, run->why, "iss", CLAIMS); /* before anybody looks for a key under either name */
    if (!policy->accept_any_kid) {
        SG_TRY(vcdm_check_kid(query.kid, query.controller, query.iss, run->why));
    }
    sg_result r = run->key(run->key_arg, run->arena, &query, ret);
    if (!sg_ok(r)) {
        sg_why_note(run->why, "verification method", 0, 0);
    }
    return r;
}

static sg_result
check_signature(struct run *run, const struct opened *o, const struct jwk *jwk)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    VCDM_HOLD(jwk->alg == NULL || jwk->alg == o->alg, run->why, "alg", ALGORITHM);
    SG_TRY(jwk_key_new(jwk, &key));
    sg_result r = o->media->family == VCDM_COSE
                      ? cose_sign1_verify(run->arena, &o->cose, key, SG_NO_BYTES, SG_NO_BYTES)
                      : jws_verify(jws_of(o), key);
    if (!sg_ok(r)) {
        sg_why_note(run->why, "signature", 0, 0);
    }
    return r;
}

static sg_result
check_binding(struct run *run, const struct opened *o, const struct sdjwt_kb_expect *kb)
{
    if (o->media->family != VCDM_SD_JWT) {
        VCDM_HOLD(kb == NULL, run->why, "key binding", PROOF);
        return SG_DONE;
    }
    sg_result r = SG_DONE;
    if (kb != NULL) {
        r = sdjwt_kb_verify(run->arena, &o->sd, kb);
    } else if (o->sd.has_kb) {
        r = SG_ERROR(PROOF);
    }
    if (!sg_ok(r)) {
        sg_why_note(run->why, "key binding", 0, 0);
    }
    return r;
}

static sg_result
signed_bytes(struct run *run, const struct opened *o, struct vcdm_verified *v)
{
    if (o->media->family == VCDM_COSE) {
        v->signature = o->cose.signature;
        return cose_to_be_signed(
            run->arena, o->cose.protected_bstr, SG_NO_BYTES, o->cose.payload, &v->signed_bytes);
    }
    v->signed_bytes = sg_str_bytes(jws_of(o)->signing_input);
    v->signature = jws_of(o)->signature;
    return SG_DONE;
}

/* ---- the document ------------------------------------------------------------------------------------ */

static sg_result verify_at(struct run *run, const struct vcdm_media *media, sg_bytes secured,
    const struct vcdm_verify *policy, unsigned depth, struct vcdm_verified *ret);

/* A data: URL, of the kind that the object's type says. */
static sg_result
open_data(struct run *run, sg_str url, bool presentation, struct vcdm_data *ret)
{
    sg_result r = vcdm_data_parse(url, ret);
    if (!sg_ok(r)) {
        sg_why_note(run->why, "data: URL", 0, 0);
        return r;
    }
    VCDM_HOLD(ret->media != NULL, run->why, "data: URL", UNSUPPORTED);
    VCDM_HOLD(ret->media->presentation == presentation, run->why, "data: URL", TYPE);
    return SG_DONE;
}

static sg_result
verify_data(struct run *run, sg_str url, bool presentation, const struct vcdm_verify *policy,
    unsigned depth, struct vcdm_verified *ret)
{
    struct vcdm_data data;
    sg_bytes content;
    SG_TRY(open_data(run, url, presentation, &data));
    VCDM_HOLD(run->left != 0, run->why, "verifiableCredential", TOO_LARGE);
    run->left--;
    SG_TRY(vcdm_data_content(run->arena, &data, &content));
    return verify_at(run, data.media, content, policy, depth, ret);
}

/* Neither an envelope nor a proof: secured by the presentation alone, if the holder issued it and the caller takes that. */
static sg_result
check_secured(const struct run *run, const struct vcdm_entry *entry)
{
    bool secured = entry->credential.proof != NULL || run->rules.self_asserted;
    VCDM_HOLD(secured, run->why, "verifiableCredential", VCDM);
    return SG_DONE;
}

static sg_result
verify_entries(
    struct run *run, const struct vcdm_verify *policy, unsigned depth, struct vcdm_verified *v)
{
    const struct vcdm_presentation *p = &v->presentation;
    struct vcdm_verify inner = *policy; /* what a presentation answers is said on its outside */
    struct vcdm_data data;
    inner.aud = SG_NO_STR;
    inner.nonce = SG_NO_STR;
    inner.kb = NULL;
    struct vcdm_verified *nested = SG_NEW_ARRAY(run->arena, p->n_entries, struct vcdm_verified);
    SG_REQUIRE(nested != NULL, NO_MEMORY);
    for (size_t i = 0; i < p->n_entries; i++) {
        const struct vcdm_entry *entry = &p->entries[i];
        if (!entry->enveloped) {
            SG_TRY(check_secured(run, entry));
        } else if (policy->nested_form_only && !run->rules.enveloped_unread) {
            SG_TRY(open_data(run, entry->data_url, entry->presentation, &data));
        } else if (!run->rules.enveloped_unread) {
            SG_TRY(verify_data(
                run, entry->data_url, entry->presentation, &inner, depth + 1, &nested[i]));
        }
    }
    v->nested = nested;
    return SG_DONE;
}

static sg_result
check_document(struct run *run, const struct opened *o, const struct vcdm_verify *policy,
    unsigned depth, struct vcdm_verified *v)
{
    if (o->media->presentation) {
        SG_TRY(vcdm_check_presentation(
            run->arena, o->document, &run->rules, run->why, &v->presentation));
        SG_TRY(vcdm_claims_agree(&o->claims, NULL, &v->presentation, run->why));
        SG_TRY(vcdm_claims_check_audience(&o->claims, policy, run->why));
        return verify_entries(run, policy, depth, v);
    }
    SG_TRY(vcdm_check_credential(run->arena, o->document, &run->rules, run->why, &v->credential));
    SG_TRY(vcdm_claims_agree(&o->claims, &v->credential, NULL, run->why));
    if (policy->ignore_period) {
        return SG_DONE;
    }
    sg_result r = vcdm_check_period(&v->credential, policy->now, policy->leeway_s);
    if (!sg_ok(r)) {
        sg_why_note(run->why, r.code == SG_E_EXPIRED ? "validUntil" : "validFrom", 0, 0);
    }
    return r;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

/* spec: vc-jose-cose 5.1 to 5.3. Form first, then key and signature; only then what the document says counts. */
static sg_result
verify_at(struct run *run, const struct vcdm_media *media, sg_bytes secured,
    const struct vcdm_verify *policy, unsigned depth, struct vcdm_verified *ret)
{
    struct vcdm_verified v = { .media = media };
    VCDM_HOLD(depth < VCDM_NESTED_MAX, run->why, "verifiableCredential", DEPTH);
    struct opened *o = SG_NEW(run->arena, struct opened); /* large, and this function recurses */
    SG_REQUIRE(o != NULL, NO_MEMORY);
    o->media = media;
    SG_TRY(open_secured(run, secured, policy, o));
    SG_TRY(check_types(o, policy, run->why));
    SG_TRY(vcdm_no_old_claims(o->document, run->why));
    SG_TRY(find_key(run, o, policy, &v.key));
    SG_TRY(check_signature(run, o, &v.key));
    SG_TRY(check_binding(run, o, policy->kb));
    SG_TRY(vcdm_claims_check_times(&o->claims, policy, run->why));
    v.document = o->document;
    v.alg = o->alg;
    v.kid = o->kid;
    SG_TRY(signed_bytes(run, o, &v));
    SG_TRY(check_document(run, o, policy, depth, &v));
    *ret = v;
    return SG_DONE;
}

static struct run
run_of(struct sg_arena *arena, const struct vcdm_verify *policy, struct sg_why *why)
{
    struct run run = { .arena = arena,
        .why = why,
        .rules = *policy->rules,
        .key = policy->key,
        .key_arg = policy->key_arg,
        .left = VCDM_CREDENTIALS_MAX };
    run.rules.accept_1_1 = false; /* the payload is always of 2.0 (vc-jose-cose 3) */
    return run;
}

/* Parsers below give codes; what they could not read is named here. */
static sg_result
named(sg_result r, const char *what, struct sg_why *why)
{
    if (!sg_ok(r)) {
        sg_why_note(why, what, 0, 0);
    }
    return r;
}

sg_result
vcdm_verify(struct sg_arena *arena, enum vcdm_envelope envelope, sg_bytes secured,
    const struct vcdm_verify *policy, struct sg_why *why, struct vcdm_verified *ret)
{
    const struct vcdm_media *media = vcdm_media(envelope);
    struct run run = run_of(arena, policy, why);
    VCDM_HOLD(media != NULL, why, "envelope", VALUE);
    return named(verify_at(&run, media, secured, policy, 0, ret), media->type, why);
}

sg_result
vcdm_verify_enveloped(struct sg_arena *arena, const struct sjson *object,
    const struct vcdm_verify *policy, struct sg_why *why, struct vcdm_verified *ret)
{
    struct run run = run_of(arena, policy, why);
    bool presentation = vcdm_has_type(object, VCDM_ENVELOPED_PRESENTATION);
    sg_str url;
    SG_TRY(vcdm_check_enveloped(object, presentation, why, &url));
    return named(verify_data(&run, url, presentation, policy, 0, ret), "data: URL", why);
}

/* ---- telling them apart ------------------------------------------------------------------------------ */

static sg_result
by_typ(enum vcdm_family family, sg_str typ, enum vcdm_envelope *ret)
{
    size_t n;
    const struct vcdm_media *all = vcdm_media_all(&n);
    for (size_t i = 0; i < n; i++) {
        if (all[i].family == family && names_type(family, typ, all[i].typ)) {
            *ret = all[i].envelope;
            return SG_DONE;
        }
    }
    SG_FAIL(TYPE);
}

sg_result
vcdm_envelope_of(struct sg_arena *arena, sg_bytes secured, enum vcdm_envelope *ret)
{
    struct cose_sign1 cose;
    struct jws jws;
    SG_REQUIRE(secured.n != 0, MALFORMED);
    if (secured.p[0] >= 0x80) { /* an array or a tag; no JOSE text begins so */
        SG_TRY(cose_sign1_parse(secured, &cose));
        return by_typ(VCDM_COSE, cose.typ, ret);
    }
    sg_str text = sg_bytes_str(secured);
    size_t tilde = sg_str_index(text, '~', 0);
    SG_TRY(jws_parse(arena, sg_str_slice(text, 0, tilde), &jws));
    return by_typ(tilde < text.n ? VCDM_SD_JWT : VCDM_JWT, jws.typ, ret);
}
