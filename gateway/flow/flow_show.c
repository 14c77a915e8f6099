/* One row per format; what is the same for all of them. req: PRO-3, FMT-1 */
#include "flow_show_int.h"
#include "sg_text.h"

static const struct flow_shape *const shapes[] = { &flow_shape_sd_jwt, &flow_shape_mdoc,
    &flow_shape_ldp, &flow_shape_vc_jwt, &flow_shape_vc_sd_jwt, &flow_shape_vc_cose };
enum { N_SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

/* ---- what is it? --------------------------------------------------------------------------------------------------------------------------- */

static const struct flow_shape *
shape_named(sg_str format)
{
    for (size_t i = 0; i < N_SHAPES; i++) {
        if (sg_str_is(format, shapes[i]->format)) {
            return shapes[i];
        }
    }
    return NULL;
}

/* RFC 7515 4.1.9: "application/" may stand in front. */
static const struct flow_shape *
shape_of_typ(struct sg_arena *arena, sg_str text, bool sd)
{
    static const char prefix[] = "application/";
    struct jws jws;
    if (!sg_ok(jws_parse(arena, sg_str_slice(text, 0, sg_str_index(text, '~', 0)), &jws))) {
        return NULL;
    }
    sg_str typ = sg_str_starts(jws.typ, prefix)
                     ? sg_str_slice(jws.typ, sizeof(prefix) - 1, jws.typ.n)
                     : jws.typ;
    const struct flow_shape *shape = shape_named(typ);
    bool fits = sd ? shape == &flow_shape_sd_jwt || shape == &flow_shape_vc_sd_jwt
                   : shape == &flow_shape_vc_jwt;
    return fits ? shape : NULL;
}

/* CBOR in base64url: a map is IssuerSigned; an array of four, tagged or not, is COSE_Sign1. */
static const struct flow_shape *
shape_of_cbor(sg_str text)
{
    uint8_t first[3];
    if (text.n < 4 || !sg_ok(sg_b64url_decode_to(sg_str_slice(text, 0, 4), first, 3))) {
        return NULL;
    }
    return first[0] >> 5 == 5                     ? &flow_shape_mdoc
           : first[0] == 0xd2 || first[0] == 0x84 ? &flow_shape_vc_cose
                                                  : NULL;
}

static const struct flow_shape *
shape_of(struct sg_arena *arena, sg_str text)
{
    if (text.n > 0 && text.p[0] == '{') {
        return &flow_shape_ldp;
    }
    bool sd = sg_str_index(text, '~', 0) < text.n;
    if (sd || sg_str_index(text, '.', 0) < text.n) {
        return shape_of_typ(arena, text, sd);
    }
    return shape_of_cbor(text);
}

sg_result
flow_held_read(struct sg_arena *arena, const struct jsonld_contexts *contexts, sg_str format,
    sg_str value, struct sg_why *why, struct flow_held *ret)
{
    SHOW_RULE(value.n > 0, MALFORMED, "no credential");
    SHOW_RULE(value.n <= FLOW_HELD_MAX, TOO_LARGE, "the credential");
    const struct flow_shape *named = shape_named(format);
    SHOW_RULE(format.n == 0 || named != NULL, UNSUPPORTED, "a format that is not shown here");
    const struct flow_shape *shape = shape_of(arena, value);
    SHOW_RULE(shape != NULL, UNSUPPORTED, "no credential that is known here");
    SHOW_RULE(named == NULL || named == shape, TYPE, "a credential of another format");
    const struct flow_reading reading = { arena, contexts, value, why };
    struct flow_held *held =
        SG_NEW(arena, struct flow_held); /* large, and written on success only */
    SG_REQUIRE(held != NULL, NO_MEMORY);
    held->shape = shape;
    held->format = shape->format;
    held->value = value;
    held->view.format = shape->dcql;
    held->not_after = FLOW_SHOW_NO_END;
    SHOW_TRY(shape->read(&reading, held), shape->format);
    *ret = *held;
    return SG_DONE;
}

/* ---- may it be shown? -------------------------------------------------------------------------------------------------------------------------- */

/* Has the query no need of a holder? Then a W3C credential is shown bare (OpenID4VP B.1.3.2.5: a presentation would be wrong). */
bool
flow_show_bare(const struct flow_show *show)
{
    bool w3c = show->held->shape != &flow_shape_sd_jwt && show->held->shape != &flow_shape_mdoc;
    return show->key == NULL || (w3c && show->query != NULL && !show->query->holder_binding);
}

static sg_result
check_key(struct sg_arena *arena, const struct flow_show *show, struct sg_why *why)
{
    const struct flow_held *held = show->held;
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    if (show->key == NULL) {
        bool needed = show->query == NULL || show->query->holder_binding ||
                      held->shape == &flow_shape_mdoc || show->n_transactions > 0;
        SHOW_RULE(!needed, MISSING, "holder binding, and no key");
        return SG_DONE;
    }
    SG_TRY(jwk_thumbprint(arena, show->key, thumbprint));
    SHOW_RULE(held->has_key, KEY_INVALID, "the credential is bound to no key");
    SHOW_RULE(memcmp(thumbprint, held->thumbprint, sizeof(thumbprint)) == 0, KEY_INVALID,
        "the credential is bound to another key");
    SHOW_RULE(show->alg != NULL && show->alg->sign && show->alg->kty == show->key->kty &&
                  show->alg->crv == show->key->crv,
        ALGORITHM, "the algorithm is not the key's");
    return SG_DONE;
}

sg_result
flow_show_check(struct sg_arena *arena, const struct flow_show *show, struct sg_why *why)
{
    const struct flow_shape *shape = show->held->shape;
    SG_TRY(check_key(arena, show, why));
    if (show->request->vp_formats != NULL) {
        SG_TRY(shape->fits(show, why));
    }
    if (show->n_transactions > 0) {
        bool binding = show->query == NULL || show->query->holder_binding;
        SHOW_RULE(binding && shape->transact != NULL, UNSUPPORTED,
            "transaction data, and no place for it in this format");
        SG_TRY(shape->transact(show, why));
    }
    return SG_DONE;
}

/* ---- lines -------------------------------------------------------------------------------------------------------------------------------------- */

sg_result
flow_show_lines(struct sg_arena *arena, const struct flow_show *show,
    const struct flow_show_line **ret, size_t *ret_n)
{
    static const char *const none[] = { NULL };
    struct flow_lines *lines = SG_NEW(arena, struct flow_lines);
    SG_REQUIRE(lines != NULL, NO_MEMORY);
    SG_TRY(flow_lines_open(arena, none, lines));
    SG_TRY(show->held->shape->lines(show, lines));
    *ret = lines->lines;
    *ret_n = lines->n;
    return SG_DONE;
}

/* ---- building ------------------------------------------------------------------------------------------------------------------------------------- */

sg_result
flow_show_build(struct sg_arena *arena, const struct flow_show *show, struct sg_why *why,
    struct flow_showing *ret)
{
    const struct flow_held *held = show->held;
    struct flow_showing out = { .shape = held->shape, .to_sign = !flow_show_bare(show) };
    SG_TRY(flow_show_check(arena, show, why));
    if (out.to_sign) {
        SHOW_RULE(show->request->client_id.n > 0 && show->request->nonce.n > 0, VALUE,
            "no audience, or no nonce");
        SHOW_RULE(show->now > 0, VALUE, "no time");
        out.alg = show->alg;
        out.key = held->key;
    }
    SHOW_TRY(held->shape->build(arena, show, why, &out), held->format);
    *ret = out;
    return SG_DONE;
}

/* Nothing leaves that the key did not sign, whoever made the signature. */
static sg_result
check_signature(const struct flow_showing *showing, sg_bytes signature)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    SG_TRY(jwk_key_new(&showing->key, &key));
    return jwk_verify(key, showing->alg, showing->message, signature);
}

sg_result
flow_show_attach(struct sg_arena *arena, const struct flow_showing *showing, sg_bytes signature,
    struct flow_shown *ret)
{
    if (showing->to_sign) {
        SG_TRY(check_signature(showing, signature));
    } else {
        SG_REQUIRE(signature.n == 0, SIGNATURE);
    }
    struct flow_shown shown = { .object = showing->shape->object };
    SG_TRY(showing->shape->attach(arena, showing, signature, &shown.value));
    *ret = shown;
    return SG_DONE;
}

void
flow_shown_write(struct sjson_wr *wr, const struct flow_shown *shown)
{
    if (shown->object) {
        sjson_wr_raw(wr, shown->value);
    } else {
        sjson_wr_text(wr, shown->value);
    }
}
