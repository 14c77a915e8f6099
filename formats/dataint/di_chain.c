/* Proof sets and chains (Data Integrity 4.3, 4.5), and what exactly is hashed for a proof. req: FMT-3 */
#include "di_int.h"

sg_result
di_list(struct sg_arena *arena, const struct sjson *root, struct sg_why *why,
    const struct sjson ***ret, size_t *ret_n)
{
    const struct sjson *proof = sjson_get(root, "proof");
    *ret_n = 0;
    if (proof == NULL) {
        return SG_DONE;
    }
    bool one = proof->type == SJSON_OBJECT;
    DI_NEED(one || proof->type == SJSON_ARRAY, why, "proof", PROOF_VALUE);
    size_t n = one ? 1 : proof->n;
    DI_NEED(n <= DI_PROOFS_MAX, why, "proof", TOO_LARGE);
    const struct sjson **list = SG_NEW_ARRAY(arena, n, const struct sjson *);
    SG_REQUIRE(list != NULL, NO_MEMORY);
    size_t at = 0;
    for (const struct sjson *e = one ? proof : proof->first; at < n; e = e->next) {
        list[at++] = e;
    }
    *ret = list;
    *ret_n = n;
    return SG_DONE;
}

bool
di_refers(const struct di_claim *claim, const struct di_claim *to)
{
    for (size_t i = 0; i < claim->n_previous; i++) {
        if (to->id.n > 0 && sg_str_equal(claim->previous[i], to->id)) {
            return true;
        }
    }
    return false;
}

static bool
references_exist(const struct di_claim *claim, const struct di_claim *all, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        found += di_refers(claim, &all[i]);
    }
    /* ids are unique and references do not repeat, so equal counts mean that each was found */
    return found == claim->n_previous;
}

/* Whose references are all settled is settled; what never settles hangs on a circle. */
static void
mark_circles(const struct di_claim *claims, size_t n, enum sg_code *codes)
{
    bool settled[DI_PROOFS_MAX] = { false };
    for (size_t round = 0; round < n; round++) {
        for (size_t i = 0; i < n; i++) {
            bool open = false;
            for (size_t k = 0; k < n && !open; k++) {
                open = di_refers(&claims[i], &claims[k]) && !settled[k];
            }
            settled[i] |= !open;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!settled[i] && codes[i] == SG_OK) {
            codes[i] = SG_E_CONFLICT;
        }
    }
}

void
di_chain_check(const struct di_claim *claims, size_t n, enum sg_code *codes)
{
    for (size_t i = 0; i < n; i++) {
        codes[i] = SG_OK;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (claims[i].id.n > 0 && sg_str_equal(claims[i].id, claims[k].id)) {
                codes[i] = codes[k] = SG_E_DUPLICATE;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (codes[i] == SG_OK && !references_exist(&claims[i], claims, n)) {
            codes[i] = SG_E_NOT_FOUND;
        }
    }
    mark_circles(claims, n, codes);
}

/* ---- documents and configs ------------------------------------------------------------------------------ */

/*
 * Without previousProof no proof at all is hashed, so the members of a set are independent. With it the proofs referred to stand as an
 * array in the document, complete, in document order (DI 4.3 step 4).
 */
static sg_result
fill_document(struct di_job *job, const struct sjson *root, const struct di_claim *claim,
    const struct di_claim *all, size_t n_all, struct sjson **ret)
{
    struct sjson *document = di_object_without(job->arena, root, "proof", NULL);
    SG_REQUIRE(document != NULL, NO_MEMORY);
    if (claim->n_previous > 0) {
        DI_NEED(references_exist(claim, all, n_all), job->why, "previousProof", NOT_FOUND);
        const struct sjson *matching[DI_PROOFS_MAX];
        size_t n = 0;
        for (size_t i = 0; i < n_all && n < DI_PROOFS_MAX; i++) {
            if (di_refers(claim, &all[i])) {
                matching[n++] = all[i].json;
            }
        }
        struct sjson *array = di_array_of(job->arena, matching, n);
        SG_REQUIRE(array != NULL && di_object_add(job->arena, document, SG_LIT("proof"), array),
            NO_MEMORY);
    }
    *ret = document;
    return SG_DONE;
}

/* Element i of a "@context", which may be a list or one value. */
static const struct sjson *
context_at(const struct sjson *context, size_t i)
{
    return context->type == SJSON_ARRAY ? sjson_at(context, i) : i == 0 ? context : NULL;
}

static size_t
context_n(const struct sjson *context)
{
    return context->type == SJSON_ARRAY ? context->n : 1;
}

/* vc-di-eddsa 3.3.2, vc-di-ecdsa 3.3.2, step 3 of verification: the document's contexts begin with those of the proof. */
static bool
context_starts(const struct sjson *context, const struct sjson *start)
{
    if (context == NULL || context_n(start) > context_n(context)) {
        return false;
    }
    for (size_t i = 0; i < context_n(start); i++) {
        if (!sjson_equal(context_at(context, i), context_at(start, i))) {
            return false;
        }
    }
    return true;
}

/* jcs: the proof's own "@context" is what was signed, and stands in for the document's. */
static sg_result
fill_jcs(struct di_job *job, const struct sjson *root, const struct di_claim *claim,
    struct sjson *document, struct sjson *config)
{
    const struct sjson *signed_context = sjson_get(claim->json, "@context");
    if (signed_context != NULL) {
        const struct sjson *context = sjson_get(root, "@context");
        DI_NEED(context_starts(context, signed_context), job->why, "@context", CONTEXT);
        document = di_object_without(job->arena, document, "@context", NULL);
        SG_REQUIRE(document != NULL &&
                       di_object_add(job->arena, document, SG_LIT("@context"), signed_context),
            NO_MEMORY);
    }
    job->document = document;
    job->config = config;
    return SG_DONE;
}

/* rdfc: the config is read with the document's contexts, for hashing only. */
static sg_result
fill_rdfc(
    struct di_job *job, const struct sjson *root, struct sjson *document, struct sjson *config)
{
    const struct sjson *context = sjson_get(root, "@context");
    config = di_object_without(job->arena, config, "@context", NULL);
    SG_REQUIRE(config != NULL, NO_MEMORY);
    if (context != NULL) {
        const struct sjson *used = di_config_context(job->arena, context, config);
        SG_REQUIRE(di_object_add(job->arena, config, SG_LIT("@context"), used), NO_MEMORY);
    }
    job->document = document;
    job->config = config;
    return SG_DONE;
}

sg_result
di_job_fill(struct di_job *job, const struct sjson *root, const struct di_claim *claim,
    const struct di_claim *all, size_t n_all)
{
    struct sjson *document;
    SG_TRY(fill_document(job, root, claim, all, n_all, &document));
    struct sjson *config = di_object_without(job->arena, claim->json, "proofValue", NULL);
    SG_REQUIRE(config != NULL, NO_MEMORY);
    if (job->suite->jsonld) {
        return fill_rdfc(job, root, document, config);
    }
    return fill_jcs(job, root, claim, document, config);
}
