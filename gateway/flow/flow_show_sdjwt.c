/* dc+sd-jwt: an SD-JWT VC, shown with a KB-JWT. spec: OpenID4VP 1.0 B.3; RFC 9901 4.3, 7.2. req: FMT-1 */
#include "flow_show_int.h"
#include "sdjwt_vc.h"
#include "sg_text.h"

#define KB_TYP "kb+jwt"

struct part {
    struct sdjwt sd;
    const struct sjson *processed;
};
struct pending {
    sg_str presented;     /* the SD-JWT with what was chosen */
    sg_str signing_input; /* of the KB-JWT; empty: none */
};

/* Names of the root that say who, when and what kind, and not what of the holder. */
static const char *const frame[] = { "iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity",
    "aka_vcts", "status", "jti", NULL };

/* ---- reading --------------------------------------------------------------------------------------------------------------------------------- */

/* `aka_vcts`: further types that the issuer itself gives it. */
static sg_result
read_types(struct sg_arena *arena, const struct sjson *payload, struct flow_held *held)
{
    const struct sjson *list = sjson_get(payload, "aka_vcts");
    if (list == NULL) {
        return SG_DONE;
    }
    sg_str *types = SG_NEW_ARRAY(arena, list->n, sg_str);
    SG_REQUIRE(types != NULL, NO_MEMORY);
    held->view.extends = types;
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        types[held->view.n_extends++] = e->text;
    }
    return SG_DONE;
}

static sg_result
read(const struct flow_reading *reading, struct flow_held *held)
{
    struct sg_arena *arena = reading->arena;
    struct sg_why *why = reading->why;
    struct part *part = SG_NEW(arena, struct part);
    struct sdjwt_vc vc;
    SG_REQUIRE(part != NULL, NO_MEMORY);
    SHOW_TRY(sdjwt_parse(arena, reading->value, &part->sd), "SD-JWT");
    SHOW_RULE(!part->sd.has_kb, UNSUPPORTED, "a presentation, and no credential (RFC 9901 7.2)");
    SHOW_TRY(sdjwt_process(arena, &part->sd, &part->processed), "disclosures");
    SHOW_TRY(sdjwt_vc_check(arena, &part->sd, part->processed, false, &vc), "SD-JWT VC");
    SG_TRY(flow_held_confirm(arena, held, sjson_get(part->sd.payload, "cnf"), why));
    SG_TRY(flow_held_status(held, sjson_get(part->sd.payload, "status"), why));
    SG_TRY(flow_held_dates(held, part->processed, why));
    SG_TRY(flow_held_x5c(arena, held, part->sd.jwt.header, why));
    SG_TRY(read_types(arena, part->sd.payload, held));
    held->type = vc.vct;
    held->issuer = vc.iss.n > 0 ? vc.iss : held->issuer_name;
    held->view.claims = part->processed;
    held->view.type = vc.vct;
    held->algs[held->n_algs++] = (struct flow_held_alg){ .alg = part->sd.jwt.alg };
    held->part = part;
    return SG_DONE;
}

/* ---- the verifier's formats -------------------------------------------------------------------------------------------------------------------- */

static sg_result
fits(const struct flow_show *show, struct sg_why *why)
{
    SHOW_RULE(oid4vp_fits_format(show->request, DCQL_DC_SD_JWT), ALGORITHM,
        "vp_formats_supported: dc+sd-jwt is not among them");
    SHOW_RULE(oid4vp_fits_sd_jwt(
                  show->request, show->held->algs[0].alg, flow_show_bare(show) ? NULL : show->alg),
        ALGORITHM, "vp_formats_supported: an algorithm of dc+sd-jwt");
    return SG_DONE;
}

/* Every type has its place in the KB-JWT (B.3.3); the request was refused if a hash is not known. */
static sg_result
transact(const struct flow_show *show, struct sg_why *why)
{
    (void)show;
    (void)why;
    return SG_DONE;
}

/* ---- building ------------------------------------------------------------------------------------------------------------------------------------ */

static sg_result
lines(const struct flow_show *show, struct flow_lines *ret)
{
    const struct part *part = show->held->part;
    ret->frame = frame;
    return flow_sd_lines(&part->sd, part->processed, show->match, ret);
}

static void
write_transactions(const struct flow_show *show, struct sjson_wr *wr)
{
    enum sg_hash_alg hash = show->request->transaction_hash;
    sjson_wr_name(wr, SG_LIT("transaction_data_hashes"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < show->n_transactions; i++) {
        uint8_t digest[SG_HASH_MAX];
        oid4vp_transaction_hash(show->request, show->transactions[i], digest);
        sjson_wr_b64url(wr, sg_bytes_of(digest, sg_hash_len(hash)));
    }
    sjson_wr_array_end(wr);
    if (show->request->transaction_hash_named) {
        sjson_wr_member_cstr(wr, "transaction_data_hashes_alg", oid4vp_hash_name(hash));
    }
}

static sg_result
kb_payload(struct sg_arena *arena, const struct flow_show *show, enum sg_hash_alg hash,
    sg_str presented, sg_bytes *ret)
{
    const struct sjson *usual;
    sg_bytes json;
    SG_TRY(sdjwt_kb_payload(
        arena, presented, hash, show->request->client_id, show->request->nonce, show->now, &json));
    if (show->n_transactions == 0) {
        *ret = json;
        return SG_DONE;
    }
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(json), NULL, &usual));
    struct sg_buf buf = sg_buf_new(arena, json.n + 128 * show->n_transactions, SDJWT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (const struct sjson *m = usual->first; m != NULL; m = m->next) {
        sjson_wr_name(&wr, m->name);
        sjson_wr_value(&wr, m);
    }
    write_transactions(show, &wr);
    sjson_wr_object_end(&wr);
    return sg_buf_end(&buf, ret);
}

static sg_result
kb_input(struct sg_arena *arena, const struct flow_show *show, enum sg_hash_alg hash,
    sg_str presented, sg_str *ret)
{
    sg_bytes payload;
    sg_str header;
    const char *alg = show->request->vp_formats == NULL
                          ? show->alg->name
                          : oid4vp_kb_alg_name(show->request, show->alg);
    SG_TRY(kb_payload(arena, show, hash, presented, &payload));
    SG_TRY(sg_arena_printf(arena, &header, "{\"alg\":\"%s\",\"typ\":\"%s\"}", alg, KB_TYP));
    return jws_signing_input(arena, header, payload, ret);
}

static sg_result
build(struct sg_arena *arena, const struct flow_show *show, struct sg_why *why,
    struct flow_showing *ret)
{
    const struct part *part = show->held->part;
    struct pending *pending = SG_NEW(arena, struct pending);
    bool *marks;
    SG_REQUIRE(pending != NULL, NO_MEMORY);
    SHOW_TRY(
        flow_sd_choose(arena, &part->sd, part->processed, show->match, &marks), "the selection");
    SHOW_TRY(flow_sd_select(arena, &part->sd, marks, &pending->presented), "the selection");
    if (ret->to_sign) {
        SG_TRY(kb_input(arena, show, part->sd.hash, pending->presented, &pending->signing_input));
        ret->message = sg_str_bytes(pending->signing_input);
    }
    ret->part = pending;
    return SG_DONE;
}

static sg_result
attach(struct sg_arena *arena, const struct flow_showing *showing, sg_bytes signature, sg_str *ret)
{
    const struct pending *pending = showing->part;
    sg_str kb;
    if (!showing->to_sign) {
        *ret = pending->presented;
        return SG_DONE;
    }
    SG_TRY(jws_attach(arena, pending->signing_input, signature, &kb));
    struct sg_buf buf = sg_buf_new(arena, pending->presented.n + kb.n, SDJWT_MAX);
    sg_buf_put_str(&buf, pending->presented);
    sg_buf_put_str(&buf, kb);
    return sg_buf_end_str(&buf, ret);
}

const struct flow_shape flow_shape_sd_jwt = {
    .format = SDJWT_VC_TYP,
    .dcql = DCQL_DC_SD_JWT,
    .read = read,
    .fits = fits,
    .transact = transact,
    .lines = lines,
    .build = build,
    .attach = attach,
};
