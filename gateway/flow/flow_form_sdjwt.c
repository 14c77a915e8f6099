/*
 * SD-JWT VC, dc+sd-jwt (req: FMT-1). Members of a template's entry, or of `sealgate` in a single-format file:
 *   vct                     text   (beside `format`)
 *   iss                     bool   put `iss` = BASE into the payload (default true; the key is found by x5c as well)
 *   decoys                  int    decoy digests per object that has _sd; 0..20, default 0
 *   hash                    text   "sha-256" (default), "sha-384", "sha-512"
 *   selectively_disclosable array of claims path pointers: [["given_name"], ["address"], ["address","locality"], ["nationalities",null]].
 *                                  A path whose claim is absent is passed over
 *   type_metadata           object SD-JWT VC type metadata (draft section 5), served at /credentials/<last part of vct>; its `vct` must equal vct
 */
#include "flow_form.h"
#include "flow_jose.h"
#include "flow_read.h"
#include "jcs.h"
#include "sg_text.h"

#define PAYLOAD_MAX ((size_t)256 * 1024)
#define TYPE_MAX 1024

struct part {
    bool iss;
    size_t decoys;
    enum sg_hash_alg hash;
    const struct sdjwt_path *sd;
    size_t n_sd;
};

struct head {
    sg_str header; /* base64url of the JWS header as it stands in every credential */
};

struct unsigned_jwt {
    sg_str signing_input;
    const sg_str *disclosures;
    size_t n_disclosures;
};

static const char *const members[] = { "vct", "iss", "decoys", "hash", "selectively_disclosable",
    "type_metadata", NULL };

/* ---- configuration ----------------------------------------------------------------------------------- */

static sg_result
read_type_metadata(struct sg_arena *arena, const struct sjson *json,
    const struct flow_source *source, struct flow_config *config)
{
    if (json == NULL) {
        return SG_DONE;
    }
    sg_str vct;
    if (json->type != SJSON_OBJECT || !sg_ok(sjson_member_text(json, "vct", &vct)) ||
        !sg_str_equal(vct, config->type)) {
        return flow_bad(source->why, "type_metadata: its vct must equal the configuration's");
    }
    sg_str base = source->base;
    bool ours = config->type.n > base.n && memcmp(config->type.p, base.p, base.n) == 0;
    config->type_path = ours ? sg_str_slice(config->type, base.n, config->type.n) : SG_NO_STR;
    if (!sg_str_starts(config->type_path, "/credentials/")) {
        return flow_bad(source->why, "type_metadata: served for vct ${BASE}/credentials/... only");
    }
    config->type_metadata = sg_str_bytes(json->source);
    return sdjwt_vc_integrity_make(arena, config->type_metadata, &config->type_integrity);
}

static sg_result
read(struct sg_arena *arena, const struct flow_source *source, struct flow_config *config)
{
    const struct sjson *ours = source->ours;
    int64_t decoys;
    struct part *part = SG_NEW(arena, struct part);
    SG_REQUIRE(part != NULL, NO_MEMORY);
    SG_TRY(flow_read_text(source->entry, source->why, "vct", TYPE_MAX, &config->type));
    if (!sg_ok(sjson_member_bool(ours, "iss", true, &part->iss))) {
        return flow_bad(source->why, "iss");
    }
    SG_TRY(flow_read_int(ours, source->why, "decoys", 0, 20, 0, &decoys));
    part->decoys = (size_t)decoys;
    SG_TRY(flow_read_hash(sjson_get(ours, "hash"), source->why, &part->hash));
    SG_TRY(flow_read_paths(arena, sjson_get(ours, "selectively_disclosable"), source->why,
        "selectively_disclosable: claims path pointers", &part->sd, &part->n_sd));
    if (!sg_ok(sdjwt_vc_paths_check(part->sd, part->n_sd))) {
        return flow_bad(source->why, "selectively_disclosable: a claim that must be seen");
    }
    config->part = part;
    return read_type_metadata(arena, sjson_get(ours, "type_metadata"), source, config);
}

static void
describe(struct sjson_wr *wr, const struct flow_config *config)
{
    sjson_wr_member_text(wr, "vct", config->type);
    sjson_wr_name(wr, SG_LIT("credential_signing_alg_values_supported"));
    sjson_wr_array(wr);
    sjson_wr_text(wr, sg_cstr(config->seal_alg->name));
    sjson_wr_array_end(wr);
}

/* ---- the key's part ------------------------------------------------------------------------------------ */

static sg_result
head(struct sg_arena *arena, sg_str base, const struct flow_config *config,
    const struct peer_key *key, const struct jose_alg *alg, const void **ret)
{
    (void)base;
    (void)config;
    struct head *made = SG_NEW(arena, struct head);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    SG_TRY(flow_jose_header(arena, key, alg, SDJWT_VC_TYP, SG_NO_STR, SG_NO_STR, &made->header));
    *ret = made;
    return SG_DONE;
}

/* ---- building ------------------------------------------------------------------------------------------- */

static struct sdjwt_build
build_of(const struct flow_subject *subject, sg_str plain)
{
    const struct part *part = subject->config->part;
    return (struct sdjwt_build){
        .claims = subject->claims,
        .plain_members = plain,
        .sd = part->sd,
        .n_sd = part->n_sd,
        .decoys_per_object = part->decoys,
        .hash = part->hash,
        .skip_absent = true,
    };
}

static sg_result
need(struct sg_arena *arena, const struct flow_subject *subject, size_t *ret)
{
    (void)arena;
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
    const struct part *part = config->part;
    int64_t iat = now - now % config->round_s;
    if (part->iss) {
        put_name(&buf, "\"iss\":");
        sjson_wr_text(&wr, base);
        sg_buf_put_cstr(&buf, ",");
    }
    put_name(&buf, "\"vct\":");
    wr = sjson_wr_new(&buf);
    sjson_wr_text(&wr, config->type);
    if (config->type_integrity.n > 0) {
        put_name(&buf, ",\"vct#integrity\":");
        wr = sjson_wr_new(&buf);
        sjson_wr_text(&wr, config->type_integrity);
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

static sg_result
build(struct sg_arena *arena, const struct flow_make *make, struct flow_pending *ret)
{
    const struct head *own = make->head->part;
    struct unsigned_jwt *made = SG_NEW(arena, struct unsigned_jwt);
    sg_str plain;
    struct sdjwt_built built;
    SG_REQUIRE(made != NULL, NO_MEMORY);
    SG_TRY(plain_members(arena, make->base, make->subject->config,
        make->holder == NULL ? NULL : &make->holder->key, make->ref, make->now, &plain));
    struct sdjwt_build in = build_of(make->subject, plain);
    struct sdjwt_random random = { .bytes = make->random };
    SG_TRY(sdjwt_build(arena, &in, &random, &built));
    struct sg_buf buf =
        sg_buf_new(arena, own->header.n + 1 + sg_b64url_len(built.payload.n), JWS_MAX);
    sg_buf_put_str(&buf, own->header);
    sg_buf_put_byte(&buf, '.');
    sg_b64url_put(&buf, built.payload);
    SG_TRY(sg_buf_end_str(&buf, &made->signing_input));
    made->disclosures = built.disclosures;
    made->n_disclosures = built.n_disclosures;
    *ret = (struct flow_pending){ sg_str_bytes(made->signing_input), made };
    return SG_DONE;
}

static sg_result
attach(struct sg_arena *arena, const struct flow_pending *pending, sg_bytes signature, sg_str *ret)
{
    const struct unsigned_jwt *made = pending->part;
    sg_str jwt;
    SG_TRY(jws_attach(arena, made->signing_input, signature, &jwt));
    return sdjwt_join(arena, jwt, made->disclosures, made->n_disclosures, ret);
}

/* Held against the type metadata as a verifier would. */
static sg_result
check(struct sg_arena *arena, const struct flow_config *config, sg_str credential)
{
    struct sdjwt sd;
    const struct sjson *processed;
    struct sdjwt_vc vc;
    SG_TRY(sdjwt_parse(arena, credential, &sd));
    SG_TRY(sdjwt_process(arena, &sd, &processed));
    SG_TRY(sdjwt_vc_check(arena, &sd, processed, false, &vc));
    if (config->type_metadata.n == 0) {
        return SG_DONE;
    }
    struct sdjwt_vc_document document = { config->type, config->type_metadata };
    return sdjwt_vc_type_check(
        arena, config->type, config->type_integrity, &document, 1, &sd, processed, true);
}

/* ---- back to the claims ----------------------------------------------------------------------------------- */

/* Members that plain_members puts beside the claims. */
static bool
is_ours(sg_str name)
{
    static const char *const ours[] = { "iss", "vct", "vct#integrity", "iat", "exp", "cnf",
        "status" };
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (sg_str_is(name, ours[i])) {
            return true;
        }
    }
    return false;
}

/* The claims of a credential as its instruction named them, canonical. */
static sg_result
claims_of(struct sg_arena *arena, const struct flow_config *config, sg_str object, sg_str *ret)
{
    (void)config;
    struct sdjwt sd;
    const struct sjson *processed, *claims;
    sg_str text;
    SG_TRY(sdjwt_parse(arena, object, &sd));
    SG_TRY(sdjwt_process(arena, &sd, &processed));
    struct sg_buf buf = sg_buf_new(arena, processed->source.n, SDJWT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (const struct sjson *m = processed->first; m != NULL; m = m->next) {
        if (!is_ours(m->name)) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &text));
    SG_TRY(sjson_parse_object(arena, text, NULL, &claims));
    return jcs_encode(arena, claims, ret);
}

const struct flow_form flow_form_sdjwt = {
    .format = SDJWT_VC_TYP,
    .members = members,
    .binding = "jwk",
    .read = read,
    .describe = describe,
    .head = head,
    .need = need,
    .build = build,
    .attach = attach,
    .check = check,
    .claims = claims_of,
};
