#include "sg_text.h"

#include "vcdm_envelope_int.h"

/* A document with its summary: one of the two. */
struct content {
    const struct sjson *document;
    struct vcdm_credential credential;
    struct vcdm_presentation presentation;
    sg_str controller;
};

/* ---- checks ------------------------------------------------------------------------------------------ */

static sg_result
read_content(struct sg_arena *arena, const struct vcdm_seal *seal, const struct vcdm_media *media,
    struct sg_why *why, struct content *ret)
{
    struct vcdm_rules rules = *seal->rules;
    rules.accept_1_1 = false; /* the payload is always of 2.0 (vc-jose-cose 3) */
    SG_TRY(sjson_parse_object(arena, seal->document, why, &ret->document));
    SG_TRY(vcdm_no_old_claims(ret->document, why));
    if (media->presentation) {
        SG_TRY(vcdm_check_presentation(arena, ret->document, &rules, why, &ret->presentation));
        ret->controller = ret->presentation.holder;
        return SG_DONE;
    }
    SG_TRY(vcdm_check_credential(arena, ret->document, &rules, why, &ret->credential));
    ret->controller = ret->credential.issuer;
    return SG_DONE;
}

/* What the document brings along as claims and what is added must agree with it, and not twice. */
static sg_result
check_claims(const struct vcdm_seal *seal, const struct vcdm_media *media,
    const struct content *content, struct sg_why *why)
{
    static const struct vcdm_verify any = { .ignore_exp = true };
    struct vcdm_claims claims;
    SG_TRY(vcdm_claims_of_json(content->document, &any, why, &claims));
    if (seal->iss.n != 0) {
        VCDM_HOLD(claims.iss.n == 0 || media->family == VCDM_COSE, why, "iss", CLAIMS);
        claims.iss = seal->iss;
    }
    SG_TRY(vcdm_claims_agree(&claims, media->presentation ? NULL : &content->credential,
        media->presentation ? &content->presentation : NULL, why));
    return vcdm_check_kid(seal->kid, content->controller, claims.iss, why);
}

/*
 * spec: vc-jose-cose 3.2.1: what validation and verification need MUST NOT be selectively disclosable. A holder who may leave out the status
 * could hide a revocation.
 */
static const char *const never_hidden[] = { "@context", "type", "issuer", "credentialStatus",
    "credentialSchema", "relatedResource", "validFrom", "validUntil" };

static sg_result
check_paths(const struct vcdm_seal *seal, struct sg_why *why)
{
    for (size_t i = 0; i < seal->n_sd; i++) {
        const struct sdjwt_path *path = &seal->sd[i];
        bool named = path->n != 0 && path->steps[0].kind == SDJWT_STEP_NAME;
        VCDM_HOLD(named, why, "selective disclosure path", CLAIMS);
        for (size_t k = 0; k < sizeof(never_hidden) / sizeof(never_hidden[0]); k++) {
            VCDM_HOLD(
                !sg_str_is(path->steps[0].name, never_hidden[k]), why, never_hidden[k], CLAIMS);
        }
    }
    return SG_DONE;
}

static sg_result
check_options(const struct vcdm_seal *seal, const struct vcdm_media *media, struct sg_why *why)
{
    bool cose = media->family == VCDM_COSE;
    bool hidden = seal->n_sd != 0 || seal->decoys_per_object != 0 || seal->decoys_per_array != 0;
    VCDM_HOLD(seal->alg != NULL && seal->alg->id != JOSE_RS256, why, "alg", ALGORITHM);
    bool fits =
        seal->nonce.n == 0 || (seal->nonce.n >= CWT_NONCE_MIN && seal->nonce.n <= CWT_NONCE_MAX);
    VCDM_HOLD(!cose || fits, why, "nonce", VALUE);
    VCDM_HOLD(!cose || seal->cnf.n == 0, why, "cnf", UNSUPPORTED);
    VCDM_HOLD(
        !hidden || media->family == VCDM_SD_JWT, why, "selective disclosure path", UNSUPPORTED);
    VCDM_HOLD(seal->n_x5chain <= COSE_X5CHAIN_MAX, why, "x5chain", TOO_LARGE);
    return check_paths(seal, why);
}

/* ---- JOSE -------------------------------------------------------------------------------------------- */

static sg_result
jose_header(struct sg_arena *arena, const struct vcdm_seal *seal, const struct vcdm_media *media,
    sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 128, JWS_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "alg", seal->alg->name);
    sjson_wr_member_cstr(&wr, "typ", media->typ);
    sjson_wr_member_cstr(&wr, "cty", media->cty);
    if (seal->kid.n != 0) {
        sjson_wr_member_text(&wr, "kid", seal->kid);
    }
    if (seal->n_x5chain != 0) {
        sjson_wr_name(&wr, SG_LIT("x5c"));
        sjson_wr_array(&wr);
        for (size_t i = 0; i < seal->n_x5chain; i++) {
            sg_str text;
            SG_TRY(sg_b64_encode(arena, seal->x5chain[i], &text));
            sjson_wr_text(&wr, text);
        }
        sjson_wr_array_end(&wr);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

static void
put_time(struct sjson_wr *wr, const char *name, int64_t value)
{
    if (value != 0) {
        sjson_wr_member_int(wr, name, value);
    }
}

static void
put_text(struct sjson_wr *wr, const char *name, sg_str value)
{
    if (value.n != 0) {
        sjson_wr_member_text(wr, name, value);
    }
}

/* {"iss":...} or {} */
static sg_result
write_claims(struct sg_arena *arena, const struct vcdm_seal *seal, struct sg_why *why, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 128, JWS_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *cnf;
    sjson_wr_object(&wr);
    put_text(&wr, "iss", seal->iss);
    put_text(&wr, "aud", seal->aud);
    put_text(&wr, "nonce", seal->nonce);
    put_time(&wr, "iat", seal->iat);
    put_time(&wr, "exp", seal->exp);
    if (seal->cnf.n != 0) {
        SG_TRY(sjson_parse_object(arena, seal->cnf, why, &cnf));
        sjson_wr_member_value(&wr, "cnf", cnf);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

/* Without claims the document's own bytes: what was shown is what is signed. Otherwise claims, then its members, each as it came. */
static sg_result
jwt_payload(struct sg_arena *arena, const struct vcdm_seal *seal, const struct sjson *document,
    sg_str claims, struct sg_why *why, sg_bytes *ret)
{
    const struct sjson *added;
    if (sg_str_is(claims, "{}")) {
        *ret = sg_str_bytes(seal->document);
        return SG_DONE;
    }
    SG_TRY(sjson_parse_object(arena, claims, why, &added));
    struct sg_buf buf = sg_buf_new(arena, claims.n + seal->document.n, JWS_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (const struct sjson *m = added->first; m != NULL; m = m->next) {
        VCDM_HOLD(sjson_get_str(document, m->name) == NULL, why, "claim", CLAIMS);
        sjson_wr_name(&wr, m->name);
        sjson_wr_value(&wr, m);
    }
    for (const struct sjson *m = document->first; m != NULL; m = m->next) {
        sjson_wr_name(&wr, m->name);
        sjson_wr_value(&wr, m);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end(&buf, ret);
}

static struct sdjwt_build
sd_build(const struct vcdm_seal *seal, const struct sjson *document, sg_str claims)
{
    return (struct sdjwt_build){ .claims = document,
        .plain_members = sg_str_slice(claims, 1, claims.n - 2),
        .sd = seal->sd,
        .n_sd = seal->n_sd,
        .decoys_per_object = seal->decoys_per_object,
        .decoys_per_array = seal->decoys_per_array,
        .hash = seal->hash == 0 ? SG_SHA256 : seal->hash };
}

static sg_result
sd_payload(struct sg_arena *arena, const struct vcdm_seal *seal, const struct sjson *document,
    sg_str claims, struct sg_why *why, struct vcdm_pending *pending)
{
    struct sdjwt_build build = sd_build(seal, document, claims);
    struct sdjwt_random none = { .used = 0 };
    struct sdjwt_built built;
    sg_result r = sdjwt_build(arena, &build, seal->random == NULL ? &none : seal->random, &built);
    if (!sg_ok(r)) { /* a path that leads nowhere, a claim named _sd, one that stands there twice */
        sg_why_note(why, "selective disclosure", 0, 0);
        return r;
    }
    pending->payload = built.payload;
    pending->disclosures = built.disclosures;
    pending->n_disclosures = built.n_disclosures;
    return SG_DONE;
}

static sg_result
prepare_jose(struct sg_arena *arena, const struct vcdm_seal *seal, const struct sjson *document,
    struct sg_why *why, struct vcdm_pending *pending)
{
    sg_str header;
    sg_str claims;
    SG_TRY(jose_header(arena, seal, pending->media, &header));
    SG_TRY(write_claims(arena, seal, why, &claims));
    if (pending->media->family == VCDM_SD_JWT) {
        SG_TRY(sd_payload(arena, seal, document, claims, why, pending));
    } else {
        SG_TRY(jwt_payload(arena, seal, document, claims, why, &pending->payload));
    }
    SG_TRY(jws_signing_input(arena, header, pending->payload, &pending->signing_input));
    pending->to_be_signed = sg_str_bytes(pending->signing_input);
    return SG_DONE;
}

/* ---- COSE -------------------------------------------------------------------------------------------- */

static void
put_cwt_text(struct sg_buf *buf, uint64_t label, sg_str value)
{
    if (value.n != 0) {
        dcbor_wr_key_text(buf, label, value);
    }
}

static void
put_cwt_time(struct sg_buf *buf, uint64_t label, int64_t value)
{
    if (value != 0) {
        dcbor_wr_uint(buf, label);
        dcbor_wr_int(buf, value);
    }
}

/* spec: vc-jose-cose 3.3.3: CWT claims stand in header 15, never in the payload. Empty when there are none. */
static sg_result
cwt_claims(struct sg_arena *arena, const struct vcdm_seal *seal, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 64, COSE_MAX);
    size_t n = (size_t)(seal->iss.n != 0) + (seal->aud.n != 0) + (seal->exp != 0) +
               (seal->iat != 0) + (seal->nonce.n != 0);
    *ret = SG_NO_BYTES;
    if (n == 0) {
        return SG_DONE;
    }
    dcbor_wr_map(&buf, n);
    put_cwt_text(&buf, CWT_ISS, seal->iss);
    put_cwt_text(&buf, CWT_AUD, seal->aud);
    put_cwt_time(&buf, CWT_EXP, seal->exp);
    put_cwt_time(&buf, CWT_IAT, seal->iat);
    if (seal->nonce.n != 0) {
        dcbor_wr_key_bytes(&buf, CWT_NONCE, sg_str_bytes(seal->nonce));
    }
    return sg_buf_end(&buf, ret);
}

static sg_result
prepare_cose(struct sg_arena *arena, const struct vcdm_seal *seal, struct vcdm_pending *pending)
{
    pending->headers = (struct cose_headers){ .alg = seal->alg,
        .content_type = sg_cstr(pending->media->cty),
        .typ = sg_cstr(pending->media->typ),
        .kid = sg_str_bytes(seal->kid),
        .x5chain = seal->x5chain,
        .n_x5chain = seal->n_x5chain,
        .x5chain_protected = true };
    SG_TRY(cwt_claims(arena, seal, &pending->headers.cwt_claims));
    SG_TRY(cose_protected(arena, &pending->headers, &pending->protected_bstr));
    pending->payload = sg_str_bytes(seal->document);
    return cose_to_be_signed(
        arena, pending->protected_bstr, SG_NO_BYTES, pending->payload, &pending->to_be_signed);
}

/* ---- the whole --------------------------------------------------------------------------------------- */

sg_result
vcdm_random_need(struct sg_arena *arena, const struct vcdm_seal *seal, size_t *ret)
{
    const struct sjson *document;
    SG_TRY(sjson_parse_object(arena, seal->document, NULL, &document));
    struct sdjwt_build build = sd_build(seal, document, SG_LIT("{}"));
    return sdjwt_random_need(&build, ret);
}

sg_result
vcdm_prepare(struct sg_arena *arena, const struct vcdm_seal *seal, struct sg_why *why,
    struct vcdm_pending *ret)
{
    const struct vcdm_media *media = vcdm_media(seal->envelope);
    struct content content = { .document = NULL };
    VCDM_HOLD(media != NULL, why, "envelope", VALUE);
    SG_TRY(check_options(seal, media, why));
    SG_TRY(read_content(arena, seal, media, why, &content));
    SG_TRY(check_claims(seal, media, &content, why));
    struct vcdm_pending pending = { .media = media, .alg = seal->alg };
    if (media->family == VCDM_COSE) {
        SG_TRY(prepare_cose(arena, seal, &pending));
    } else {
        SG_TRY(prepare_jose(arena, seal, content.document, why, &pending));
    }
    *ret = pending;
    return SG_DONE;
}

sg_result
vcdm_attach(
    struct sg_arena *arena, const struct vcdm_pending *pending, sg_bytes signature, sg_bytes *ret)
{
    sg_str text;
    size_t want = pending->alg->sig_len;
    SG_REQUIRE(signature.n != 0 && (want == 0 || signature.n == want), SIGNATURE);
    if (pending->media->family == VCDM_COSE) {
        return cose_sign1_encode(arena, &pending->headers, pending->protected_bstr,
            pending->payload, signature, true, ret);
    }
    SG_TRY(jws_attach(arena, pending->signing_input, signature, &text));
    if (pending->media->family == VCDM_SD_JWT) {
        SG_TRY(sdjwt_join(arena, text, pending->disclosures, pending->n_disclosures, &text));
    }
    *ret = sg_str_bytes(text);
    return SG_DONE;
}
