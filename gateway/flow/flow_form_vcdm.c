/*
 * Securing VCs using JOSE and COSE (req: FMT-4): vc+jwt, vc+sd-jwt, vc+cose. The document is flow_vcdm.h's. Members of a template's entry beside its:
 *   selectively_disclosable array  vc+sd-jwt: claims path pointers into the document, [["credentialSubject","given_name"], ...]
 *   decoys                  int    vc+sd-jwt: decoy digests per object that has _sd; 0..20, default 0
 *   hash                    text   vc+sd-jwt: "sha-256" (default), "sha-384", "sha-512"
 * COSE stands in answers as base64url without padding, as an mdoc does.
 */
#include "flow_document.h"
#include "flow_read.h"
#include "flow_vcdm.h"
#include "peer_registry.h"
#include "sg_text.h"
#include "vcdm_envelope.h"

/* What a value of a document may need at most: salt; and an object, its decoys. */
#define DECOY_ROOM 64

struct part {
    struct flow_vcdm vcdm;
    enum vcdm_envelope envelope;
    size_t decoys;
    enum sg_hash_alg hash;
    const struct sdjwt_path *sd;
    size_t n_sd;
};

struct head {
    const struct jose_alg *alg;
    struct flow_issuer issuer;
    const sg_bytes *x5chain;
    size_t n_x5chain;
};

static const struct vcdm_rules strict;

static const char *const members[] = { FLOW_VCDM_MEMBERS, NULL };
static const char *const sd_members[] = { FLOW_VCDM_MEMBERS, "selectively_disclosable", "decoys",
    "hash", NULL };

/* ---- configuration ------------------------------------------------------------------------------------- */

static sg_result
read_sd(struct sg_arena *arena, const struct flow_source *source, struct part *part)
{
    int64_t decoys;
    SG_TRY(flow_read_int(source->ours, source->why, "decoys", 0, 20, 0, &decoys));
    part->decoys = (size_t)decoys;
    SG_TRY(flow_read_hash(sjson_get(source->ours, "hash"), source->why, &part->hash));
    SG_TRY(flow_read_paths(arena, sjson_get(source->ours, "selectively_disclosable"), source->why,
        "selectively_disclosable: claims path pointers", &part->sd, &part->n_sd));
    for (size_t i = 0; i < part->n_sd; i++) { /* 3.2.1: the rest is for verifiers to see */
        if (part->sd[i].n < 2 || !sg_str_is(part->sd[i].steps[0].name, "credentialSubject")) {
            return flow_bad(
                source->why, "selectively_disclosable: paths begin with credentialSubject");
        }
    }
    return SG_DONE;
}

static sg_result
read_as(struct sg_arena *arena, const struct flow_source *source, enum vcdm_envelope envelope,
    struct flow_config *config)
{
    struct part *part = SG_NEW(arena, struct part);
    SG_REQUIRE(part != NULL, NO_MEMORY);
    part->envelope = envelope;
    SG_TRY(flow_vcdm_read(source, config, &part->vcdm));
    config->part = part;
    return envelope == VCDM_VC_SD_JWT ? read_sd(arena, source, part) : SG_DONE;
}

static sg_result
read_jwt(struct sg_arena *arena, const struct flow_source *source, struct flow_config *config)
{
    return read_as(arena, source, VCDM_VC_JWT, config);
}

static sg_result
read_sd_jwt(struct sg_arena *arena, const struct flow_source *source, struct flow_config *config)
{
    return read_as(arena, source, VCDM_VC_SD_JWT, config);
}

static sg_result
read_cose(struct sg_arena *arena, const struct flow_source *source, struct flow_config *config)
{
    return read_as(arena, source, VCDM_VC_COSE, config);
}

static void
describe(struct sjson_wr *wr, const struct flow_config *config)
{
    const struct part *part = config->part;
    sjson_wr_name(wr, SG_LIT("credential_signing_alg_values_supported"));
    sjson_wr_array(wr);
    if (part->envelope == VCDM_VC_COSE) {
        sjson_wr_int(wr, config->seal_alg->cose);
    } else {
        sjson_wr_text(wr, sg_cstr(config->seal_alg->name));
    }
    sjson_wr_array_end(wr);
    flow_vcdm_describe(wr, &part->vcdm);
}

static bool
has_path(const struct flow_config *config, const struct sjson *path)
{
    const struct part *part = config->part;
    return flow_vcdm_has_path(&part->vcdm, path);
}

static void
write_path(struct sjson_wr *wr, const struct flow_config *config, const struct sjson *path)
{
    const struct part *part = config->part;
    flow_vcdm_write_path(wr, &part->vcdm, path);
}

/* ---- the key's part -------------------------------------------------------------------------------------- */

static sg_result
head(struct sg_arena *arena, sg_str base, const struct flow_config *config,
    const struct peer_key *key, const struct jose_alg *alg, const void **ret)
{
    const struct part *part = config->part;
    struct head *made = SG_NEW(arena, struct head);
    struct jwk jwk;
    SG_REQUIRE(made != NULL, NO_MEMORY);
    SG_TRY(jwk_from_spki(arena, key->spki, &jwk));
    SG_TRY(flow_issuer_make(arena, base, part->vcdm.issuer, &jwk, &made->issuer));
    made->alg = alg;
    made->x5chain = key->chain;
    made->n_x5chain = key->n_chain;
    *ret = made;
    return SG_DONE;
}

/* ---- building ----------------------------------------------------------------------------------------------- */

static void
count(const struct sjson *v, size_t *values, size_t *objects)
{
    ++*values;
    *objects += v->type == SJSON_OBJECT || v->type == SJSON_ARRAY;
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        count(e, values, objects);
    }
}

/* At most: every claim disclosable, in an object of its own beside those of the mapping. Exact need would take the document twice. */
static sg_result
need(struct sg_arena *arena, const struct flow_subject *subject, size_t *ret)
{
    const struct part *part = subject->config->part;
    size_t values = 0, objects = 1;
    (void)arena;
    if (part->envelope == VCDM_VC_SD_JWT) {
        count(subject->claims, &values, &objects);
        if (part->vcdm.subject != NULL) {
            count(part->vcdm.subject, &values, &objects);
        }
        values += 2; /* credentialSubject and its id */
    }
    *ret = values * SDJWT_SALT_LEN + objects * part->decoys * DECOY_ROOM;
    return SG_DONE;
}

/* {"jwk": ...}: the way of RFC 7800, beside credentialSubject.id (VC-JOSE-COSE 4.1.3). */
static sg_result
confirm(struct sg_arena *arena, const struct flow_holder *holder, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 256, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    struct jwk bare = holder->key;
    bare.kid = SG_NO_STR;
    bare.use = SG_NO_STR;
    bare.alg = NULL;
    sg_buf_put_cstr(&buf, "{\"jwk\":");
    jwk_write(&wr, &bare);
    sg_buf_put_cstr(&buf, "}");
    return sg_buf_end_str(&buf, ret);
}

/* The disclosable paths that this document has: an absent claim hides nothing. */
static sg_result
choose_paths(struct sg_arena *arena, const struct part *part, struct vcdm_seal *seal)
{
    const struct sjson *document;
    struct sdjwt_path *sd = SG_NEW_ARRAY(arena, part->n_sd, struct sdjwt_path);
    SG_REQUIRE(sd != NULL, NO_MEMORY);
    SG_TRY(sjson_parse_object(arena, seal->document, NULL, &document));
    for (size_t i = 0; i < part->n_sd; i++) {
        if (flow_path_exists(document, part->sd[i].steps, part->sd[i].n)) {
            sd[seal->n_sd++] = part->sd[i];
        }
    }
    seal->sd = sd;
    return SG_DONE;
}

static sg_result
build(struct sg_arena *arena, const struct flow_make *make, struct flow_pending *ret)
{
    const struct part *part = make->subject->config->part;
    const struct head *own = make->head->part;
    struct vcdm_pending *pending = SG_NEW(arena, struct vcdm_pending);
    struct sdjwt_random random = { .bytes = make->random };
    SG_REQUIRE(pending != NULL, NO_MEMORY);
    struct vcdm_seal seal = {
        .envelope = part->envelope,
        .rules = &strict,
        .alg = own->alg,
        .kid = own->issuer.json_web_key,
        .x5chain = own->x5chain,
        .n_x5chain = own->n_x5chain,
    };
    SG_TRY(flow_vcdm_build(arena, make, &part->vcdm, &own->issuer, &seal.document));
    if (part->envelope == VCDM_VC_SD_JWT) {
        SG_TRY(choose_paths(arena, part, &seal));
        seal.decoys_per_object = part->decoys;
        seal.hash = part->hash;
        seal.random = &random;
    }
    if (make->holder != NULL && part->envelope != VCDM_VC_COSE) {
        SG_TRY(confirm(arena, make->holder, &seal.cnf));
    }
    SG_TRY(vcdm_prepare(arena, &seal, make->why, pending));
    *ret = (struct flow_pending){ pending->to_be_signed, pending };
    return SG_DONE;
}

/* JOSE and COSE have no proofs to add to, no presentations for clients, and no pointers. */
static sg_result
document(struct sg_arena *arena, const struct flow_make *make, struct sg_why *why)
{
    const struct part *part = make->subject->config->part;
    const struct head *own = make->head->part;
    if (make->document->presentation || make->document->has_mandatory ||
        make->subject->config->existing != FLOW_PROOFS_REFUSE) {
        sg_why_note(why, "an enveloping format secures credentials alone", 0, 0);
        SG_FAIL(UNSUPPORTED);
    }
    return flow_document_check(arena, make, &part->vcdm, &own->issuer, why);
}

static sg_result
attach(struct sg_arena *arena, const struct flow_pending *pending, sg_bytes signature, sg_str *ret)
{
    const struct vcdm_pending *made = pending->part;
    sg_bytes secured;
    SG_TRY(vcdm_attach(arena, made, signature, &secured));
    if (made->media->family == VCDM_COSE) {
        return sg_b64url_encode(arena, secured, ret);
    }
    *ret = sg_bytes_str(secured);
    return SG_DONE;
}

/* ---- back to the claims --------------------------------------------------------------------------------------- */

static sg_result
payload_of(struct sg_arena *arena, enum vcdm_envelope envelope, sg_str credential,
    const struct sjson **ret)
{
    if (envelope == VCDM_VC_SD_JWT) {
        struct sdjwt sd;
        SG_TRY(sdjwt_parse(arena, credential, &sd));
        return sdjwt_process(arena, &sd, ret);
    }
    if (envelope == VCDM_VC_JWT) {
        struct jws jws;
        SG_TRY(jws_parse(arena, credential, &jws));
        return jws_claims(arena, &jws, ret);
    }
    struct cose_sign1 sign1;
    sg_bytes cbor;
    SG_TRY(sg_b64url_decode(arena, credential, &cbor));
    SG_TRY(cose_sign1_parse(cbor, &sign1));
    return sjson_parse_object(arena, sg_bytes_str(sign1.payload), NULL, ret);
}

static sg_result
claims(struct sg_arena *arena, const struct flow_config *config, sg_str credential, sg_str *ret)
{
    const struct part *part = config->part;
    const struct sjson *document;
    SG_TRY(payload_of(arena, part->envelope, credential, &document));
    return flow_vcdm_claims(arena, config, &part->vcdm, document, ret);
}

#define BINDING "jwk did:key did:jwk"

const struct flow_form flow_form_vc_jwt = {
    .format = "vc+jwt",
    .members = members,
    .binding = BINDING,
    .read = read_jwt,
    .describe = describe,
    .has_path = has_path,
    .write_path = write_path,
    .head = head,
    .need = need,
    .build = build,
    .document = document,
    .attach = attach,
    .claims = claims,
};

const struct flow_form flow_form_vc_sd_jwt = {
    .format = "vc+sd-jwt",
    .members = sd_members,
    .binding = BINDING,
    .read = read_sd_jwt,
    .describe = describe,
    .has_path = has_path,
    .write_path = write_path,
    .head = head,
    .need = need,
    .build = build,
    .document = document,
    .attach = attach,
    .claims = claims,
};

const struct flow_form flow_form_vc_cose = {
    .format = "vc+cose",
    .members = members,
    .binding = BINDING,
    .read = read_cose,
    .describe = describe,
    .has_path = has_path,
    .write_path = write_path,
    .head = head,
    .need = need,
    .build = build,
    .document = document,
    .attach = attach,
    .claims = claims,
};
