#include "vcdm_envelope_int.h"

/* ---- JWT --------------------------------------------------------------------------------------------- */

static sg_result
json_text(const struct sjson *payload, const char *name, struct sg_why *why, sg_str *ret)
{
    const struct sjson *v = sjson_get(payload, name);
    *ret = SG_NO_STR;
    if (v != NULL) {
        VCDM_HOLD(v->type == SJSON_STRING && v->text.n != 0, why, name, CLAIMS);
        *ret = v->text;
    }
    return SG_DONE;
}

/* NumericDate (RFC 7519 2), a fraction allowed. */
static sg_result
json_time(const struct sjson *payload, const char *name, bool ignored, struct sg_why *why,
    bool *ret_has, double *ret)
{
    const struct sjson *v = ignored ? NULL : sjson_get(payload, name);
    *ret_has = v != NULL;
    if (v != NULL) {
        VCDM_HOLD(v->type == SJSON_NUMBER && sg_ok(sjson_double(v, ret)), why, name, CLAIMS);
    }
    return SG_DONE;
}

static sg_result
add_audience(struct vcdm_claims *claims, sg_str aud)
{
    SG_REQUIRE(claims->n_aud < VCDM_AUDIENCES_MAX, TOO_LARGE);
    claims->aud[claims->n_aud++] = aud;
    return SG_DONE;
}

static sg_result
json_audience(const struct sjson *payload, struct sg_why *why, struct vcdm_claims *claims)
{
    const struct sjson *v = sjson_get(payload, "aud");
    if (v == NULL) {
        return SG_DONE;
    }
    if (v->type == SJSON_STRING) {
        return add_audience(claims, v->text);
    }
    VCDM_HOLD(v->type == SJSON_ARRAY, why, "aud", CLAIMS);
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        VCDM_HOLD(e->type == SJSON_STRING, why, "aud", CLAIMS);
        SG_TRY(add_audience(claims, e->text));
    }
    return SG_DONE;
}

sg_result
vcdm_claims_of_json(const struct sjson *payload, const struct vcdm_verify *policy,
    struct sg_why *why, struct vcdm_claims *ret)
{
    struct vcdm_claims c = { .n_aud = 0 };
    SG_TRY(json_text(payload, "iss", why, &c.iss));
    SG_TRY(json_text(payload, "sub", why, &c.sub));
    SG_TRY(json_text(payload, "jti", why, &c.jti));
    SG_TRY(json_audience(payload, why, &c));
    if (policy->nonce.n != 0) { /* otherwise it may be anybody's member */
        SG_TRY(json_text(payload, "nonce", why, &c.nonce));
    }
    SG_TRY(json_time(payload, "exp", policy->ignore_exp, why, &c.has_exp, &c.exp));
    SG_TRY(json_time(payload, "nbf", policy->ignore_nbf, why, &c.has_nbf, &c.nbf));
    SG_TRY(json_time(payload, "iat", policy->ignore_iat, why, &c.has_iat, &c.iat));
    *ret = c;
    return SG_DONE;
}

/* ---- CWT --------------------------------------------------------------------------------------------- */

static sg_result
cwt_text(
    const struct dcbor_item *map, int64_t label, const char *what, struct sg_why *why, sg_str *ret)
{
    struct dcbor_item item;
    *ret = SG_NO_STR;
    SG_TRY(dcbor_item_find(map, label, &item));
    if (item.kind != DCBOR_KIND_NONE) {
        VCDM_HOLD(sg_ok(dcbor_item_text(&item, ret)) && ret->n != 0, why, what, CLAIMS);
    }
    return SG_DONE;
}

/* Integer or float, without tag 1 (RFC 8392 2). */
static sg_result
cwt_time(const struct dcbor_item *map, int64_t label, bool ignored, const char *what,
    struct sg_why *why, bool *ret_has, double *ret)
{
    struct dcbor_item item;
    int64_t whole;
    SG_TRY(dcbor_item_find(map, label, &item));
    *ret_has = item.kind != DCBOR_KIND_NONE && !ignored;
    if (!*ret_has) {
        return SG_DONE;
    }
    if (sg_ok(dcbor_item_int(&item, &whole))) {
        *ret = (double)whole;
        return SG_DONE;
    }
    VCDM_HOLD(sg_ok(dcbor_item_double(&item, ret)), why, what, CLAIMS);
    return SG_DONE;
}

static sg_result
cwt_audience(const struct dcbor_item *map, struct sg_why *why, struct vcdm_claims *claims)
{
    struct dcbor_item item;
    struct dcbor_item e;
    sg_str text;
    SG_TRY(dcbor_item_find(map, CWT_AUD, &item));
    if (item.kind == DCBOR_KIND_NONE) {
        return SG_DONE;
    }
    if (sg_ok(dcbor_item_text(&item, &text))) {
        return add_audience(claims, text);
    }
    VCDM_HOLD(item.kind == DCBOR_KIND_ARRAY, why, "aud", CLAIMS);
    struct dcbor_walk walk = dcbor_item_walk(&item);
    while (dcbor_item_next(&walk, &e)) {
        VCDM_HOLD(sg_ok(dcbor_item_text(&e, &text)), why, "aud", CLAIMS);
        SG_TRY(add_audience(claims, text));
    }
    return SG_DONE;
}

/* One nonce; EAT allows several, which answer no single verifier. Its bytes are the characters that were asked with. */
static sg_result
cwt_nonce(const struct dcbor_item *map, struct sg_why *why, sg_str *ret)
{
    struct dcbor_item item;
    sg_bytes bytes = SG_NO_BYTES;
    SG_TRY(dcbor_item_find(map, CWT_NONCE, &item));
    if (item.kind != DCBOR_KIND_NONE) {
        VCDM_HOLD(sg_ok(dcbor_item_bytes(&item, &bytes)) && bytes.n >= CWT_NONCE_MIN &&
                      bytes.n <= CWT_NONCE_MAX,
            why, "nonce", CLAIMS);
    }
    *ret = sg_bytes_str(bytes);
    return SG_DONE;
}

sg_result
vcdm_claims_of_cwt(
    sg_bytes map, const struct vcdm_verify *policy, struct sg_why *why, struct vcdm_claims *ret)
{
    struct vcdm_claims c = { .n_aud = 0 };
    struct dcbor_item item;
    *ret = c;
    if (map.n == 0) {
        return SG_DONE;
    }
    SG_TRY(dcbor_item_open(map, COSE_DEPTH_MAX, COSE_ITEMS_MAX, &item));
    VCDM_HOLD(item.kind == DCBOR_KIND_MAP, why, "CWT claims", CLAIMS);
    SG_TRY(cwt_text(&item, CWT_ISS, "iss", why, &c.iss));
    SG_TRY(cwt_text(&item, CWT_SUB, "sub", why, &c.sub));
    SG_TRY(cwt_audience(&item, why, &c));
    if (policy->nonce.n != 0) {
        SG_TRY(cwt_nonce(&item, why, &c.nonce));
    }
    SG_TRY(cwt_time(&item, CWT_EXP, policy->ignore_exp, "exp", why, &c.has_exp, &c.exp));
    SG_TRY(cwt_time(&item, CWT_NBF, policy->ignore_nbf, "nbf", why, &c.has_nbf, &c.nbf));
    SG_TRY(cwt_time(&item, CWT_IAT, policy->ignore_iat, "iat", why, &c.has_iat, &c.iat));
    *ret = c;
    return SG_DONE;
}

/* ---- judging them ------------------------------------------------------------------------------------ */

sg_result
vcdm_claims_check_times(
    const struct vcdm_claims *claims, const struct vcdm_verify *policy, struct sg_why *why)
{
    double early = (double)policy->now - (double)policy->leeway_s;
    double late = (double)policy->now + (double)policy->leeway_s;
    /* written so that no comparison is true of a NaN, which a CBOR float may be */
    VCDM_HOLD(!claims->has_exp || claims->exp > early, why, "exp", EXPIRED);
    VCDM_HOLD(!claims->has_nbf || claims->nbf <= late, why, "nbf", NOT_YET);
    VCDM_HOLD(!claims->has_iat || claims->iat <= late, why, "iat", NOT_YET);
    return SG_DONE;
}

sg_result
vcdm_claims_check_audience(
    const struct vcdm_claims *claims, const struct vcdm_verify *policy, struct sg_why *why)
{
    bool found = policy->aud.n == 0;
    for (size_t i = 0; i < claims->n_aud; i++) {
        found = found || sg_str_equal(claims->aud[i], policy->aud);
    }
    VCDM_HOLD(found, why, "aud", DOMAIN);
    bool answers = policy->nonce.n == 0 || sg_str_equal(claims->nonce, policy->nonce);
    VCDM_HOLD(answers, why, "nonce", CHALLENGE);
    return SG_DONE;
}

sg_result
vcdm_no_old_claims(const struct sjson *document, struct sg_why *why)
{
    VCDM_HOLD(sjson_get(document, "vc") == NULL, why, "vc", CLAIMS);
    VCDM_HOLD(sjson_get(document, "vp") == NULL, why, "vp", CLAIMS);
    return SG_DONE;
}

/* One of several subjects may be meant; the rules have checked the shapes. */
static bool
is_a_subject(const struct sjson *subjects, sg_str sub)
{
    const struct sjson *v = subjects->type == SJSON_ARRAY ? subjects->first : subjects;
    bool any = false;
    while (v != NULL) {
        const struct sjson *id = sjson_get(v, "id");
        any = any || id != NULL;
        if (id != NULL && sg_str_equal(id->text, sub)) {
            return true;
        }
        v = subjects->type == SJSON_ARRAY ? v->next : NULL;
    }
    return !any; /* nobody is named: nothing to disagree with */
}

sg_result
vcdm_claims_agree(const struct vcdm_claims *claims, const struct vcdm_credential *credential,
    const struct vcdm_presentation *presentation, struct sg_why *why)
{
    sg_str controller = credential != NULL ? credential->issuer : presentation->holder;
    sg_str id = credential != NULL ? credential->id : presentation->id;
    bool iss = claims->iss.n == 0 || controller.n == 0 || sg_str_equal(claims->iss, controller);
    bool jti = claims->jti.n == 0 || id.n == 0 || sg_str_equal(claims->jti, id);
    bool sub =
        claims->sub.n == 0 || credential == NULL || is_a_subject(credential->subjects, claims->sub);
    VCDM_HOLD(iss, why, "iss", CLAIMS);
    VCDM_HOLD(jti, why, "jti", CLAIMS);
    VCDM_HOLD(sub, why, "sub", CLAIMS);
    return SG_DONE;
}

sg_result
vcdm_check_kid(sg_str kid, sg_str controller, sg_str iss, struct sg_why *why)
{
    bool needed = vcdm_is_did(controller) || vcdm_is_did(iss) || (controller.n != 0 && iss.n == 0);
    VCDM_HOLD(!needed || vcdm_is_url(kid), why, "kid", METHOD);
    return SG_DONE;
}
