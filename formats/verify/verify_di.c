/* VCDM documents in JSON: Data Integrity proofs, and Enveloped... objects. spec: VCDM 2.0 4.12, 4.13, 7.1; Data Integrity 1.0 4.4, 4.5 */
#include "verify_inner.h"

#include "dataint.h"
#include "vcdm.h"
#include "vcdm_data.h"
#include "vcdm_envelope.h"
#include "vcdm_terms.h"

/* ---- proofs ------------------------------------------------------------------------------------------------- */

static const struct sjson *
proof_at(const struct sjson *document, size_t index)
{
    const struct sjson *proof = sjson_get(document, "proof");
    return proof != NULL && proof->type == SJSON_ARRAY ? sjson_at(proof, index) : proof;
}

/* Each proof is a finding of its own; what refused all of them together is one as well. */
static void
tell_proofs(struct run *run, const struct place *at, const struct sjson *document, sg_result r,
    const struct di_report *report, const struct sg_why *why)
{
    bool told = false;
    for (size_t i = 0; i < report->n; i++) {
        const struct di_proof_result *proof = &report->proofs[i];
        run_step_why(run, at, "proof", (sg_result){ proof->code }, proof->what);
        if (proof->code != SG_OK && proof->problem != NULL) {
            run_problem(run, proof->problem);
        }
        run_input(run, proof_at(document, i));
        told = told || proof->code != SG_OK;
    }
    if (!sg_ok(r) && !told) {
        run_step_why(run, at, "proof", r, why->what);
        const struct sjson *proof = sjson_get(document, "proof");
        if (proof != NULL) {
            run_input(run, proof);
        }
    }
}

/* Data Integrity 4.6, and B.5 of VCDM 2.0: what was signed is RDF, what is read are names. The JCS suites sign the names. */
static void
check_names(
    struct run *run, const struct place *at, const struct sjson *document, bool presentation)
{
    verify_names(run, at, document, presentation);
    if (vcdm_has_inline_context(document)) {
        run_note(run, at, "contexts", run->expect->lax_contexts ? VERIFY_WARNING : VERIFY_ERROR,
            SG_E_CONTEXT, SG_LIT("an inline context can rename members that were signed"));
    }
}

/* Does the credential name these contexts and no others? One of them may stand alone, without an array. */
static bool
has_contexts(const struct sjson *document, const sg_str *contexts, size_t n)
{
    const struct sjson *context = sjson_get(document, "@context");
    if (context == NULL || context->type != SJSON_ARRAY) {
        return context != NULL && n == 1 && context->type == SJSON_STRING &&
               sg_str_equal(context->text, contexts[0]);
    }
    size_t i = 0;
    for (const struct sjson *e = context->first; e != NULL; e = e->next, i++) {
        if (i == n || e->type != SJSON_STRING || !sg_str_equal(e->text, contexts[i])) {
            return false;
        }
    }
    return i == n;
}

/* Data Integrity 4.6: what the reader knows the contexts to be, when the caller says it. */
static void
check_contexts(struct run *run, const struct place *at, const struct sjson *document)
{
    const struct verify_expect *expect = run->expect;
    if (expect->n_contexts > 0) {
        bool same = has_contexts(document, expect->contexts, expect->n_contexts);
        run_step_why(run, at, "contexts", same ? SG_DONE : SG_ERROR(CONTEXT),
            "@context is not the one that was asked for");
    }
}

/* `ret_rdf`: a proof is over RDF, not over names. */
static bool
check_proofs(struct run *run, const struct place *at, const struct sjson *document,
    bool presentation, bool *ret_rdf)
{
    const struct verify_expect *expect = run->expect;
    bool outer = !at->inner;
    struct sg_why why = { 0 };
    struct di_report report = { 0 };
    struct di_expect wants = {
        .purpose = outer && expect->purpose.n > 0 ? expect->purpose
                   : presentation                 ? SG_LIT("authentication")
                                                  : SG_LIT("assertionMethod"),
        .now = expect->now,
        .zone_optional = true, /* Data Integrity 2.1 allows it; the suites want it */
        .check_controller = !expect->any_controller,
        .exact_context = !expect->lax_contexts,
    };
    if (outer) {
        wants.challenge = expect->nonce;
        wants.domains = expect->audiences;
        wants.n_domains = expect->n_audiences;
    }
    sg_result r = di_verify(
        run->arena, document, &wants, run->trust->resolver, run->trust->contexts, &why, &report);
    run->no_memory = run->no_memory || r.code == SG_E_NO_MEMORY;
    tell_proofs(run, at, document, r, &report, &why);
    bool rdf = false;
    for (size_t i = 0; i < report.n; i++) {
        rdf = rdf || (report.proofs[i].suite != NULL && di_suite_jsonld(report.proofs[i].suite));
    }
    *ret_rdf = rdf;
    if (sg_ok(r) && rdf) {
        check_names(run, at, document, presentation);
    }
    if (sg_ok(r) && expect->any_controller) {
        run_note(run, at, "issuer key", VERIFY_WARNING, SG_E_ISSUER,
            SG_LIT("not asked for: whose key made the proof"));
    }
    return sg_ok(r);
}

/* The JCS suites sign terms that no context defines; VCDM 2.0 wants them defined (B.2), so a verifier hears of it. */
static void
check_terms(struct run *run, const struct place *at, const struct sjson *document)
{
    struct sg_why why = { 0 };
    if (run->trust->contexts == NULL) {
        return;
    }
    sg_result r = vcdm_check_terms(
        run->arena, document, run->trust->contexts, VCDM_TERMS_DEFINED, false, &why);
    run->no_memory = run->no_memory || r.code == SG_E_NO_MEMORY;
    bool lost = r.code == SG_E_DATA_LOSS || r.code == SG_E_JSONLD;
    run_note(run, at, "terms",
        sg_ok(r) ? VERIFY_HELD
        : lost   ? VERIFY_ERROR
                 : VERIFY_WARNING,
        r.code, sg_cstr(why.what));
}

/* ---- credentials ----------------------------------------------------------------------------------------------- */

static void
verify_credential(struct run *run, const struct place *at, const struct sjson *document)
{
    struct vcdm_credential credential;
    struct vcdm_rules rules = verify_rules(run);
    struct sg_why why = { 0 };
    if (!at->inner) {
        run->result.format = VERIFY_VC_DI;
        run->result.claims = document;
    }
    bool rdf;
    sg_result r = vcdm_check_credential(run->arena, document, &rules, &why, &credential);
    bool model = run_step_why(run, at, "data model", r, why.what);
    if (model) {
        verify_schemas(run, at, document, credential.schema);
        verify_period(run, at, document, &credential);
        verify_status_of(run, at, credential.status);
    }
    check_contexts(run, at, document);
    if (check_proofs(run, at, document, false, &rdf)) {
        check_terms(run, at, document);
        run->document = model ? document : NULL;
        if (model && !at->inner) {
            run->result.issuer = credential.issuer; /* nobody's word without a proof */
        }
    }
}

/* ---- presentations ----------------------------------------------------------------------------------------------- */

/* A presentation may go without a proof (4.13); then it answers no challenge and speaks for no holder. */
static bool
check_presenter(
    struct run *run, const struct place *at, const struct sjson *document, bool *ret_rdf)
{
    *ret_rdf = false;
    if (sjson_get(document, "proof") != NULL) {
        return check_proofs(run, at, document, true, ret_rdf);
    }
    const struct verify_expect *expect = run->expect;
    bool asked = !at->inner && !expect->unsigned_presentation;
    if (asked && expect->nonce.n > 0) {
        run_step_why(run, at, "proof", SG_ERROR(CHALLENGE), "a challenge, and no proof answers it");
    } else if (asked && expect->n_audiences > 0) {
        run_step_why(run, at, "proof", SG_ERROR(DOMAIN), "a domain, and no proof is for it");
    } else {
        run_note(run, at, "proof", VERIFY_WARNING, SG_E_PROOF_VALUE,
            SG_LIT("the presentation has no proof: nobody says who shows it"));
    }
    return false;
}

/* 4.13: the holder says so itself, under the presentation's proof. If that is over RDF, the credential's names were signed no more than in one of its own. */
static void
self_asserted(struct run *run, const struct place *at, const struct vcdm_entry *entry, bool rdf)
{
    run_note(run, at, "proof", VERIFY_NOTE, SG_OK, SG_LIT("self-asserted"));
    verify_period(run, at, entry->object, &entry->credential);
    verify_schemas(run, at, entry->object, entry->credential.schema);
    verify_status_of(run, at, entry->credential.status);
    check_contexts(run, at, entry->object);
    if (rdf) { /* inline contexts were looked for in the whole presentation */
        verify_names(run, at, entry->object, false);
    }
}

static void
verify_presentation(struct run *run, const struct place *at, const struct sjson *document)
{
    struct vcdm_presentation vp;
    struct vcdm_rules rules = verify_rules(run);
    struct sg_why why = { 0 };
    rules.self_asserted = true;
    if (!at->inner) {
        run->result.format = VERIFY_VP_DI;
        run->result.presentation = true;
        run->result.claims = document;
    }
    sg_result r = vcdm_check_presentation(run->arena, document, &rules, &why, &vp);
    if (!run_step_why(run, at, "data model", r, why.what)) {
        return;
    }
    bool rdf;
    if (check_presenter(run, at, document, &rdf) && !at->inner) {
        run->result.issuer = vp.holder; /* somebody whose key spoke, or nobody */
    }
    if (vp.n_entries > VERIFY_NESTED_MAX) {
        run_step(run, at, "form", SG_ERROR(TOO_LARGE));
        return;
    }
    bool signed_ = vp.proof != NULL;
    for (size_t i = 0; i < vp.n_entries; i++) {
        const struct vcdm_entry *entry = &vp.entries[i];
        struct place inner = place_of(run, at, i);
        if (signed_ && !entry->enveloped && entry->credential.proof == NULL) {
            self_asserted(run, &inner, entry, rdf);
            continue;
        }
        verify_document(run, &inner, entry->object);
    }
}

/* ---- enveloped objects ---------------------------------------------------------------------------------------------- */

static void
verify_enveloped(
    struct run *run, const struct place *at, const struct sjson *object, bool presentation)
{
    struct sg_why why = { 0 };
    struct vcdm_data data;
    sg_str url;
    sg_bytes content;
    sg_result r = vcdm_check_enveloped(object, presentation, &why, &url);
    r = sg_ok(r) ? vcdm_data_parse(url, &data) : r;
    r = sg_ok(r) && data.media == NULL ? SG_ERROR(UNSUPPORTED) : r;
    r = sg_ok(r) && data.media->presentation != presentation ? SG_ERROR(TYPE) : r;
    r = sg_ok(r) ? vcdm_data_content(run->arena, &data, &content) : r;
    if (run_step_why(run, at, "envelope", r, why.what)) {
        verify_envelope(run, at, (unsigned)data.media->envelope, content);
    }
}

void
verify_document(struct run *run, const struct place *at, const struct sjson *document)
{
    if (run->depth >= VERIFY_DEPTH_MAX) {
        run_step(run, at, "form", SG_ERROR(DEPTH));
        return;
    }
    run->depth++;
    if (vcdm_has_type(document, VCDM_ENVELOPED_CREDENTIAL)) {
        verify_enveloped(run, at, document, false);
    } else if (vcdm_has_type(document, VCDM_ENVELOPED_PRESENTATION)) {
        verify_enveloped(run, at, document, true);
    } else if (vcdm_has_type(document, VCDM_PRESENTATION)) {
        verify_presentation(run, at, document);
    } else {
        verify_credential(run, at, document);
    }
    run->depth--;
}
