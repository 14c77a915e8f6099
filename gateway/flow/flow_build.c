/* From claims to the bytes that are signed: SD-JWT VC (req: FMT-1). Salts and time are arguments. */
#include "flow_internal.h"

#include <sodium.h>

#include "sg_secret.h"
#include "sg_text.h"

#define PAYLOAD_MAX ((size_t)256 * 1024)

/* Is there a value under this path, in at least one branch? */
static bool
path_exists(const struct sjson *v, const struct sdjwt_step *steps, size_t n)
{
    if (v == NULL) {
        return false;
    }
    if (n == 0) {
        return true;
    }
    switch (steps->kind) {
    case SDJWT_STEP_NAME:
        return path_exists(sjson_get_str(v, steps->name), steps + 1, n - 1);
    case SDJWT_STEP_INDEX:
        return path_exists(sjson_at(v, steps->index), steps + 1, n - 1);
    case SDJWT_STEP_ALL:
        break;
    }
    if (v->type != SJSON_ARRAY) {
        return false;
    }
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        if (path_exists(e, steps + 1, n - 1)) {
            return true;
        }
    }
    return false;
}

sg_result
flow_subject_make(struct sg_arena *arena, const struct flow_config *config,
    const struct sjson *claims, struct sg_why *why, struct flow_subject *ret)
{
    SG_TRY(flow_claims_check(config, claims, why));
    struct sdjwt_path *sd = SG_NEW_ARRAY(arena, config->n_sd, struct sdjwt_path);
    SG_REQUIRE(sd != NULL, NO_MEMORY);
    size_t n = 0;
    for (size_t i = 0; i < config->n_sd; i++) {
        if (path_exists(claims, config->sd[i].steps, config->sd[i].n)) {
            sd[n++] = config->sd[i];
        }
    }
    *ret = (struct flow_subject){ config, claims, sd, n };
    return SG_DONE;
}

static struct sdjwt_build
build_of(const struct flow_subject *subject, sg_str plain)
{
    return (struct sdjwt_build){
        .claims = subject->claims,
        .plain_members = plain,
        .sd = subject->sd,
        .n_sd = subject->n_sd,
        .decoys_per_object = subject->config->decoys,
        .hash = subject->config->hash,
    };
}

sg_result
flow_random_need(const struct flow_subject *subject, size_t *ret)
{
    struct sdjwt_build build = build_of(subject, SG_NO_STR);
    return sdjwt_random_need(&build, ret);
}

static void
put_name(struct sg_buf *buf, const char *name)
{
    sg_buf_put_cstr(buf, name);
}

static void
put_holder(struct sg_buf *buf, const struct jwk *holder)
{
    struct jwk bare =
        *holder; /* kid, alg and use are the wallet's affair and would only link credentials */
    bare.kid = SG_NO_STR;
    bare.use = SG_NO_STR;
    bare.alg = NULL;
    put_name(buf, ",\"cnf\":{\"jwk\":");
    struct sjson_wr wr = sjson_wr_new(buf);
    jwk_write(&wr, &bare);
    sg_buf_put_cstr(buf, "}");
}

/* Times are rounded down, so that a batch, or all badges of a day, look alike (linkability). */
static sg_result
plain_members(struct sg_arena *arena, sg_str base, const struct flow_config *config,
    const struct jwk *holder, const struct wire_ref *ref, int64_t now, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 1024, PAYLOAD_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    int64_t iat = now - now % config->round_s;
    if (config->iss) {
        put_name(&buf, "\"iss\":");
        sjson_wr_text(&wr, base);
        sg_buf_put_cstr(&buf, ",");
    }
    put_name(&buf, "\"vct\":");
    wr = sjson_wr_new(&buf);
    sjson_wr_text(&wr, config->type);
    if (config->vct_integrity.n > 0) {
        put_name(&buf, ",\"vct#integrity\":");
        wr = sjson_wr_new(&buf);
        sjson_wr_text(&wr, config->vct_integrity);
    }
    put_name(&buf, ",\"iat\":");
    sg_buf_put_u64(&buf, (uint64_t)iat);
    put_name(&buf, ",\"exp\":");
    sg_buf_put_u64(&buf, (uint64_t)(iat + config->validity_s));
    if (holder != NULL) {
        put_holder(&buf, holder);
    }
    if (ref != NULL) {
        put_name(&buf, ",\"status\":{\"status_list\":{\"idx\":");
        sg_buf_put_u64(&buf, ref->idx);
        put_name(&buf, ",\"uri\":");
        wr = sjson_wr_new(&buf);
        sjson_wr_text(&wr, ref->uri);
        put_name(&buf, "}}");
    }
    return sg_buf_end_str(&buf, ret);
}

sg_result
flow_build(struct sg_arena *arena, sg_str base, const struct flow_subject *subject, sg_str header,
    const struct jwk *holder, const struct wire_ref *ref, int64_t now, struct sdjwt_random *random,
    struct flow_unsigned *ret)
{
    sg_str plain;
    struct sdjwt_built built;
    SG_TRY(plain_members(arena, base, subject->config, holder, ref, now, &plain));
    struct sdjwt_build build = build_of(subject, plain);
    SG_TRY(sdjwt_build(arena, &build, random, &built));
    struct sg_buf buf = sg_buf_new(arena, header.n + 1 + sg_b64url_len(built.payload.n), JWS_MAX);
    sg_buf_put_str(&buf, header);
    sg_buf_put_byte(&buf, '.');
    sg_b64url_put(&buf, built.payload);
    SG_TRY(sg_buf_end_str(&buf, &ret->signing_input));
    ret->disclosures = built.disclosures;
    ret->n_disclosures = built.n_disclosures;
    return SG_DONE;
}

/* A credential with a signature of zeros: taken apart again and held against the type metadata as a verifier would. */
sg_result
flow_subject_try(
    struct flow *flow, struct sg_arena *arena, const struct flow_subject *subject, int64_t now)
{
    static const uint8_t zeros[64];
    const struct flow_config *config = subject->config;
    sg_str header_json, header, text;
    SG_TRY(sg_arena_printf(arena, &header_json, "{\"alg\":\"%s\",\"typ\":\"" SDJWT_VC_TYP "\"}",
        config->seal_alg->name));
    SG_TRY(sg_b64url_encode(arena, sg_str_bytes(header_json), &header));
    size_t need;
    SG_TRY(flow_random_need(subject, &need));
    uint8_t *bytes = sg_arena_alloc(arena, need);
    SG_REQUIRE(bytes != NULL, NO_MEMORY);
    randombytes_buf(bytes, need);
    struct sdjwt_random random = { .bytes = sg_bytes_of(bytes, need) };
    struct flow_unsigned made;
    SG_TRY(
        flow_build(arena, flow->settings.base, subject, header, NULL, NULL, now, &random, &made));
    SG_TRY(jws_attach(arena, made.signing_input, SG_BYTES(zeros), &text));
    SG_TRY(sdjwt_join(arena, text, made.disclosures, made.n_disclosures, &text));
    struct sdjwt sd;
    const struct sjson *processed;
    struct sdjwt_vc vc;
    SG_TRY(sdjwt_parse(arena, text, &sd));
    SG_TRY(sdjwt_process(arena, &sd, &processed));
    SG_TRY(sdjwt_vc_check(arena, &sd, processed, false, &vc));
    if (config->type_metadata.n == 0) {
        return SG_DONE;
    }
    struct sdjwt_vc_document document = { config->type, config->type_metadata };
    return sdjwt_vc_type_check(
        arena, config->type, config->vct_integrity, &document, 1, &sd, processed, true);
}
