/*
 * W3C credentials with a Data Integrity proof, ldp_vc (req: FMT-3). The document is flow_vcdm.h's. Members of a template's entry beside its:
 *   cryptosuite         text   "eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019", "ecdsa-sd-2023"; must fit `alg`
 *   mandatory           array  ecdsa-sd-2023: JSON Pointers into the document that every derived proof shows; default ["/issuer"]. The validity period
 *                              and credentialStatus are always among them: who may leave them out has a credential without end that nobody can revoke
 * The signature stands in the document: an answer holds the JSON object itself.
 */
#include "dataint.h"
#include "flow_document.h"
#include "flow_read.h"
#include "flow_statement.h"
#include "flow_vcdm.h"
#include "peer_registry.h"
#include "sg_text.h"
#include "vcdm_terms.h"

#define HMAC_KEY_LEN 32
#define POINTERS_MAX 64
#define POINTER_MAX 1024

struct part {
    struct flow_vcdm vcdm;
    const struct di_suite *suite;
    const sg_str *mandatory;
    size_t n_mandatory;
};

struct head {
    struct jwk key;
    struct flow_issuer issuer;
};

static const struct vcdm_rules strict;

static const char *const members[] = { FLOW_VCDM_MEMBERS, "cryptosuite", "mandatory", NULL };

/* ---- configuration ------------------------------------------------------------------------------------- */

static bool
selective(const struct part *part)
{
    return di_suite_id(part->suite) == DI_ECDSA_SD_2023;
}

static sg_result
read_pointers(struct sg_arena *arena, const struct flow_source *source, struct part *part)
{
    static const char what[] = "mandatory: JSON Pointers, with ecdsa-sd-2023";
    static const sg_str usual = { "/issuer", 7 };
    const struct sjson *v = sjson_get(source->ours, "mandatory");
    if (v == NULL) {
        part->mandatory = &usual;
        part->n_mandatory = 1;
        return SG_DONE;
    }
    if (v->type != SJSON_ARRAY || v->n > POINTERS_MAX || !selective(part)) {
        return flow_bad(source->why, what);
    }
    sg_str *pointers = SG_NEW_ARRAY(arena, v->n, sg_str);
    SG_REQUIRE(pointers != NULL, NO_MEMORY);
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        if (e->type != SJSON_STRING || e->text.n > POINTER_MAX ||
            (e->text.n > 0 && e->text.p[0] != '/')) {
            return flow_bad(source->why, what);
        }
        pointers[part->n_mandatory++] = e->text;
    }
    part->mandatory = pointers;
    return SG_DONE;
}

static sg_result
read(struct sg_arena *arena, const struct flow_source *source, struct flow_config *config)
{
    struct part *part = SG_NEW(arena, struct part);
    sg_str suite;
    SG_REQUIRE(part != NULL, NO_MEMORY);
    SG_TRY(flow_vcdm_read(source, config, &part->vcdm));
    SG_TRY(flow_read_text(source->entry, source->why, "cryptosuite", FLOW_ID_MAX, &suite));
    part->suite = di_suite_by_name(suite);
    if (part->suite == NULL || !di_suite_makes(part->suite)) {
        return flow_bad(source->why, "cryptosuite");
    }
    if (di_suite_alg(part->suite, config->seal_alg->crv) != config->seal_alg) {
        return flow_bad(source->why, "cryptosuite: another algorithm than `alg`");
    }
    config->part = part;
    return read_pointers(arena, source, part);
}

static void
describe(struct sjson_wr *wr, const struct flow_config *config)
{
    const struct part *part = config->part;
    sjson_wr_name(wr, SG_LIT("credential_signing_alg_values_supported"));
    sjson_wr_array(wr);
    sjson_wr_text(wr, sg_cstr(di_suite_name(part->suite)));
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
    (void)alg;
    SG_REQUIRE(made != NULL, NO_MEMORY);
    SG_TRY(jwk_from_spki(arena, key->spki, &made->key));
    SG_TRY(flow_issuer_make(arena, base, part->vcdm.issuer, &made->key, &made->issuer));
    *ret = made;
    return SG_DONE;
}

/* ---- building ----------------------------------------------------------------------------------------------- */

static sg_result
need(struct sg_arena *arena, const struct flow_subject *subject, size_t *ret)
{
    (void)arena;
    *ret = selective(subject->config->part) ? HMAC_KEY_LEN : 0;
    return SG_DONE;
}

/* Of a client's document: made now, for what it is, over the proofs that are there if the configuration chains them. */
static sg_result
document_options(struct sg_arena *arena, const struct flow_make *make, const struct sjson *document,
    struct di_proof_options *options)
{
    char created[FLOW_TIME_LEN + 1];
    SG_TRY(flow_time_text(make->now, created));
    SG_TRY(sg_arena_str(arena, sg_cstr(created), &options->created));
    if (make->document->presentation) {
        options->purpose = SG_LIT("authentication");
        options->challenge = make->document->challenge;
        options->domains = &make->document->domain;
        options->n_domains = make->document->domain.n > 0 ? 1 : 0;
    }
    if (make->subject->config->existing == FLOW_PROOFS_CHAIN) {
        return flow_document_previous(arena, document, &options->previous, &options->n_previous);
    }
    return SG_DONE;
}

static sg_result
prepare(struct sg_arena *arena, const struct flow_make *make, const struct sjson *document,
    struct di_selective *select, struct di_pending *ret)
{
    const struct part *part = make->subject->config->part;
    const struct head *own = make->head->part;
    struct di_proof_options *options = SG_NEW(arena, struct di_proof_options);
    SG_REQUIRE(options != NULL, NO_MEMORY);
    *options = (struct di_proof_options){
        /* borrowed until the signature is attached */
        .verification_method = own->issuer.multikey,
        .purpose = SG_LIT("assertionMethod"),
    };
    if (make->document != NULL) {
        SG_TRY(document_options(arena, make, document, options));
    } else { /* rounded, like it */
        SG_TRY(sjson_member_text(document, "validFrom", &options->created));
    }
    const struct di_request request = {
        .document = document,
        .suite = part->suite,
        .key = &own->key,
        .options = options,
        .selective = select,
        .contexts = make->contexts,
    };
    return di_prepare(arena, &request, make->why, ret);
}

/* What the holder may not hide, whoever chose the pointers (req: STA-1). The W3C suites count statements: for them the pointers are theirs. */
static sg_result
add_held(struct sg_arena *arena, const struct flow_make *make, const struct sjson *document,
    struct di_selective *select)
{
    static const char *const held[] = { "/validFrom", "/validUntil", "/issuanceDate",
        "/expirationDate", "/credentialStatus" };
    enum { N_HELD = sizeof(held) / sizeof(held[0]) };
    if (make->document != NULL && make->document->suite) {
        return SG_DONE;
    }
    size_t n = select->n_mandatory_pointers;
    sg_str *pointers = SG_NEW_ARRAY(arena, n + N_HELD, sg_str);
    SG_REQUIRE(pointers != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        pointers[i] = select->mandatory_pointers[i];
    }
    for (size_t i = 0; i < N_HELD; i++) {
        bool settled = sjson_get(document, held[i] + 1) == NULL;
        for (size_t k = 0; k < select->n_mandatory_pointers && !settled; k++) {
            settled = sg_str_is(pointers[k], held[i]);
        }
        if (!settled) {
            pointers[n++] = sg_cstr(held[i]);
        }
    }
    select->mandatory_pointers = pointers;
    select->n_mandatory_pointers = n;
    return SG_DONE;
}

static sg_result
prepare_selective(struct sg_arena *arena, const struct flow_make *make,
    const struct sjson *document, struct di_pending *ret)
{
    const struct part *part = make->subject->config->part;
    struct flow_statement *statement SG_CLEANUP(flow_statement_free)
    = NULL;
    struct di_selective select = { .mandatory_pointers = part->mandatory,
        .n_mandatory_pointers = part->n_mandatory };
    if (make->document != NULL && make->document->has_mandatory) {
        select.mandatory_pointers = make->document->mandatory;
        select.n_mandatory_pointers = make->document->n_mandatory;
    }
    SG_TRY(add_held(arena, make, document, &select));
    SG_REQUIRE(make->random.n >= HMAC_KEY_LEN, INTERNAL);
    SG_TRY(flow_statement_new(&statement));
    memcpy(select.hmac_key, make->random.p, HMAC_KEY_LEN);
    select.signer = flow_statement_signer(statement);
    return prepare(arena, make, document, &select, ret);
}

static sg_result
build(struct sg_arena *arena, const struct flow_make *make, struct flow_pending *ret)
{
    const struct part *part = make->subject->config->part;
    const struct head *own = make->head->part;
    struct di_pending *pending = SG_NEW(arena, struct di_pending);
    struct vcdm_credential credential;
    const struct sjson *document;
    sg_str text;
    SG_REQUIRE(pending != NULL, NO_MEMORY);
    SG_TRY(flow_vcdm_build(arena, make, &part->vcdm, &own->issuer, &text));
    SG_TRY(sjson_parse_object(arena, text, NULL, &document));
    if (make->document == NULL) {
        SG_TRY(vcdm_check_credential(arena, document, &strict, make->why, &credential));
    }
    if (selective(part)) {
        SG_TRY(prepare_selective(arena, make, document, pending));
    } else {
        SG_TRY(prepare(arena, make, document, NULL, pending));
    }
    *ret = (struct flow_pending){ pending->message, pending };
    return SG_DONE;
}

static sg_result
document(struct sg_arena *arena, const struct flow_make *make, struct sg_why *why)
{
    const struct part *part = make->subject->config->part;
    const struct head *own = make->head->part;
    /* What RDF signs are meanings: a context of its own lets a holder rename members later, so verifiers refuse it (formats/verify), and so nobody gets one. */
    if (di_suite_jsonld(part->suite) && !make->document->suite &&
        vcdm_has_inline_context(make->document->json)) {
        sg_why_note(
            why, "@context: a context of the document's own, with a suite that signs RDF", 0, 0);
        SG_FAIL(VALUE);
    }
    if (make->document->has_mandatory && !selective(part)) {
        sg_why_note(why, "mandatoryPointers: this configuration's cryptosuite has none", 0, 0);
        SG_FAIL(VALUE);
    }
    return flow_document_check(arena, make, &part->vcdm, &own->issuer, why);
}

static sg_result
attach(struct sg_arena *arena, const struct flow_pending *pending, sg_bytes signature, sg_str *ret)
{
    return di_attach(arena, pending->part, signature, ret);
}

static sg_result
claims(struct sg_arena *arena, const struct flow_config *config, sg_str credential, sg_str *ret)
{
    const struct part *part = config->part;
    const struct sjson *document;
    SG_TRY(sjson_parse_object(arena, credential, NULL, &document));
    return flow_vcdm_claims(arena, config, &part->vcdm, document, ret);
}

const struct flow_form flow_form_ldp = {
    .format = "ldp_vc",
    .object = true,
    .members = members,
    .binding = "jwk did:key did:jwk",
    .read = read,
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
