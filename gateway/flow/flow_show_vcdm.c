/*
 * vc+jwt, vc+sd-jwt, vc+cose: enveloped in a presentation that the holder signs as vp+jwt, vp+sd-jwt, vp+cose, with the verifier's nonce and audience. No specification
 * names these formats for OpenID4VP 1.0; media types serve as private identifiers (as OpenID4VCI App. A recommends), and vp_formats_supported has `alg_values`.
 * spec: VC-JOSE-COSE 3, 4. req: FMT-4
 */
#include "flow_show_int.h"
#include "sg_text.h"
#include "vcdm_envelope.h"

struct part {
    struct flow_w3c w3c;
    struct sdjwt sd; /* vc+sd-jwt */
    sg_bytes cbor;   /* vc+cose */
};
struct pending {
    sg_str bare; /* without holder binding: the credential itself */
    struct vcdm_pending vp;
};

static const struct vcdm_rules strict;

/* ---- reading --------------------------------------------------------------------------------------------------------------------------------- */

static sg_result
finish(const struct flow_reading *reading, struct flow_held *held, const struct sjson *document,
    const struct jose_alg *alg, struct part *part)
{
    struct sg_why *why = reading->why;
    SHOW_RULE(sjson_get(document, "vc") == NULL && sjson_get(document, "vp") == NULL, CLAIMS,
        "a claim vc or vp: jwt_vc_json is not shown here");
    held->algs[held->n_algs++] = (struct flow_held_alg){ .alg = alg };
    held->part = part;
    return flow_w3c_read(reading, document, true, held, &part->w3c);
}

static sg_result
check_cty(const struct jws *jws, struct sg_why *why)
{
    const struct sjson *cty = sjson_get(jws->header, "cty");
    SHOW_RULE(cty == NULL || sjson_is_text(cty, "vc") || sjson_is_text(cty, "application/vc"), TYPE,
        "cty");
    return SG_DONE;
}

static sg_result
read_jwt(const struct flow_reading *reading, struct flow_held *held)
{
    struct sg_why *why = reading->why;
    struct part *part = SG_NEW(reading->arena, struct part);
    const struct sjson *document;
    struct jws jws;
    SG_REQUIRE(part != NULL, NO_MEMORY);
    SHOW_TRY(jws_parse(reading->arena, reading->value, &jws), "JWS");
    SHOW_TRY(jws_claims(reading->arena, &jws, &document), "claims");
    SG_TRY(check_cty(&jws, why));
    SG_TRY(flow_held_x5c(reading->arena, held, jws.header, why));
    return finish(reading, held, document, jws.alg, part);
}

static sg_result
read_sd_jwt(const struct flow_reading *reading, struct flow_held *held)
{
    struct sg_why *why = reading->why;
    struct part *part = SG_NEW(reading->arena, struct part);
    const struct sjson *document;
    SG_REQUIRE(part != NULL, NO_MEMORY);
    SHOW_TRY(sdjwt_parse(reading->arena, reading->value, &part->sd), "SD-JWT");
    SHOW_RULE(!part->sd.has_kb, UNSUPPORTED, "a presentation, and no credential (RFC 9901 7.2)");
    SHOW_TRY(sdjwt_process(reading->arena, &part->sd, &document), "disclosures");
    SHOW_RULE(sjson_get(document, "vct") == NULL, TYPE, "an SD-JWT VC under an old name");
    SG_TRY(check_cty(&part->sd.jwt, why));
    SG_TRY(flow_held_x5c(reading->arena, held, part->sd.jwt.header, why));
    return finish(reading, held, document, part->sd.jwt.alg, part);
}

static sg_result
read_cose(const struct flow_reading *reading, struct flow_held *held)
{
    struct sg_why *why = reading->why;
    const struct vcdm_media *media = vcdm_media(VCDM_VC_COSE);
    struct part *part = SG_NEW(reading->arena, struct part);
    const struct sjson *document;
    struct cose_sign1 sign1;
    SG_REQUIRE(part != NULL, NO_MEMORY);
    SHOW_TRY(sg_b64url_decode(reading->arena, reading->value, &part->cbor), "base64url");
    SHOW_TRY(cose_sign1_parse(part->cbor, &sign1), "COSE_Sign1");
    SHOW_RULE(sg_str_is(sign1.typ, media->typ), TYPE, "typ");
    SHOW_RULE(sign1.content_type.n == 0 || sg_str_is(sign1.content_type, media->cty), TYPE, "cty");
    SHOW_RULE(!sign1.detached && sign1.alg != NULL, MALFORMED, "no payload, or no algorithm");
    SHOW_TRY(sjson_parse_object(reading->arena, sg_bytes_str(sign1.payload), NULL, &document),
        "payload");
    SG_TRY(flow_held_chain(reading->arena, held, sign1.x5chain, sign1.n_x5chain, why));
    return finish(reading, held, document, sign1.alg, part);
}

/* ---- the verifier's formats -------------------------------------------------------------------------------------------------------------------- */

static sg_result
fits(const struct flow_show *show, struct sg_why *why)
{
    const struct flow_held *held = show->held;
    SHOW_RULE(oid4vp_fits_vc_jose(show->request, held->shape->dcql, held->algs[0].alg,
                  flow_show_bare(show) ? NULL : show->alg),
        ALGORITHM, "vp_formats_supported: the format, or its alg_values");
    return SG_DONE;
}

/* ---- building ------------------------------------------------------------------------------------------------------------------------------------ */

static bool
is_sd(const struct flow_show *show)
{
    return show->held->shape == &flow_shape_vc_sd_jwt;
}

static sg_result
lines(const struct flow_show *show, struct flow_lines *ret)
{
    const struct part *part = show->held->part;
    struct flow_nodes nodes;
    ret->frame = flow_w3c_frame;
    if (is_sd(show)) {
        SG_TRY(flow_sd_lines(&part->sd, part->w3c.document, show->match, ret));
    } else {
        SG_TRY(flow_nodes_of(ret->arena, show->match, &nodes));
        ret->nodes = &nodes;
        SG_TRY(flow_lines_tree(ret, part->w3c.document, false));
        ret->nodes = NULL;
        SG_TRY(flow_nodes_met(&nodes));
    }
    return flow_show_bare(show) ? SG_DONE : flow_lines_text(ret, "holder", part->w3c.holder);
}

/* What goes into the envelope, and its kind. The selection is checked even where all is shown: a node of another credential is a mistake. */
static sg_result
content_of(struct sg_arena *arena, const struct flow_show *show, sg_bytes *ret, sg_str *ret_text)
{
    const struct part *part = show->held->part;
    bool *marks;
    *ret_text = show->held->value;
    *ret = part->cbor.n > 0 ? part->cbor : sg_str_bytes(show->held->value);
    if (is_sd(show)) {
        SG_TRY(flow_sd_choose(arena, &part->sd, part->w3c.document, show->match, &marks));
        SG_TRY(flow_sd_select(arena, &part->sd, marks, ret_text));
        *ret = sg_str_bytes(*ret_text);
    }
    return SG_DONE;
}

static const struct {
    const struct flow_shape *shape;
    enum vcdm_envelope vc, vp;
} kinds[] = {
    { &flow_shape_vc_jwt, VCDM_VC_JWT, VCDM_VP_JWT },
    { &flow_shape_vc_sd_jwt, VCDM_VC_SD_JWT, VCDM_VP_SD_JWT },
    { &flow_shape_vc_cose, VCDM_VC_COSE, VCDM_VP_COSE },
};

static sg_result
prepare(struct sg_arena *arena, const struct flow_show *show, sg_bytes content, struct sg_why *why,
    struct vcdm_pending *ret)
{
    const struct part *part = show->held->part;
    size_t kind = 0;
    sg_str entry;
    while (kinds[kind].shape != show->held->shape) {
        kind++;
    }
    struct vcdm_seal seal = {
        .envelope = kinds[kind].vp,
        .rules = &strict,
        .alg = show->alg,
        .kid = part->w3c.method,
        .iss = part->w3c.holder,
        .aud = show->request->client_id,
        .nonce = show->request->nonce,
        .iat = show->now,
    };
    SG_TRY(vcdm_data_object(arena, kinds[kind].vc, content, &entry));
    SG_TRY(flow_w3c_present(arena, &part->w3c, entry, &seal.document));
    return vcdm_prepare(arena, &seal, why, ret);
}

static sg_result
build(struct sg_arena *arena, const struct flow_show *show, struct sg_why *why,
    struct flow_showing *ret)
{
    struct pending *pending = SG_NEW(arena, struct pending);
    struct flow_lines *checked = SG_NEW(arena, struct flow_lines);
    sg_bytes content;
    SG_REQUIRE(pending != NULL && checked != NULL, NO_MEMORY);
    SHOW_TRY(flow_lines_open(arena, flow_w3c_frame, checked), "the selection");
    SHOW_TRY(lines(show, checked), "the selection");
    SHOW_TRY(content_of(arena, show, &content, &pending->bare), "the selection");
    if (ret->to_sign) {
        SG_TRY(prepare(arena, show, content, why, &pending->vp));
        ret->message = pending->vp.to_be_signed;
    }
    ret->part = pending;
    return SG_DONE;
}

static sg_result
attach(struct sg_arena *arena, const struct flow_showing *showing, sg_bytes signature, sg_str *ret)
{
    const struct pending *pending = showing->part;
    sg_bytes secured;
    if (!showing->to_sign) {
        *ret = pending->bare;
        return SG_DONE;
    }
    SG_TRY(vcdm_attach(arena, &pending->vp, signature, &secured));
    if (showing->shape == &flow_shape_vc_cose) {
        return sg_b64url_encode(arena, secured, ret);
    }
    *ret = sg_bytes_str(secured);
    return SG_DONE;
}

const struct flow_shape flow_shape_vc_jwt = {
    .format = "vc+jwt",
    .dcql = DCQL_VC_JWT,
    .read = read_jwt,
    .fits = fits,
    .lines = lines,
    .build = build,
    .attach = attach,
};

const struct flow_shape flow_shape_vc_sd_jwt = {
    .format = "vc+sd-jwt",
    .dcql = DCQL_VC_SD_JWT,
    .read = read_sd_jwt,
    .fits = fits,
    .lines = lines,
    .build = build,
    .attach = attach,
};

const struct flow_shape flow_shape_vc_cose = {
    .format = "vc+cose",
    .dcql = DCQL_VC_COSE,
    .read = read_cose,
    .fits = fits,
    .lines = lines,
    .build = build,
    .attach = attach,
};
