/* Verifying every proof of a document (Data Integrity 4.4 to 4.6). req: FMT-3 */
#include "di_int.h"

/* ---- what the caller expects ----------------------------------------------------------------------------- */

static bool
in_set(const sg_str *set, size_t n, sg_str value)
{
    for (size_t i = 0; i < n; i++) {
        if (sg_str_equal(set[i], value)) {
            return true;
        }
    }
    return false;
}

static bool
subset(const sg_str *a, size_t n_a, const sg_str *b, size_t n_b)
{
    for (size_t i = 0; i < n_a; i++) {
        if (!in_set(b, n_b, a[i])) {
            return false;
        }
    }
    return true;
}

static sg_result
check_expected(const struct di_claim *claim, const struct di_expect *expect, struct sg_why *why)
{
    DI_NEED(expect->purpose.n == 0 || sg_str_equal(expect->purpose, claim->purpose), why,
        "proofPurpose", PURPOSE);
    DI_NEED(expect->n_domains == 0 ||
                (subset(expect->domains, expect->n_domains, claim->domains, claim->n_domains) &&
                    subset(claim->domains, claim->n_domains, expect->domains, expect->n_domains)),
        why, "domain", DOMAIN);
    bool compared = expect->challenge.n > 0 || expect->exact_challenge;
    DI_NEED(!compared || sg_str_equal(expect->challenge, claim->challenge), why, "challenge",
        CHALLENGE);
    DI_NEED(!claim->has_expires || claim->expires_at > expect->now, why, "expires", EXPIRED);
    return SG_DONE;
}

/* ---- whose key it is --------------------------------------------------------------------------------------- */

/* A URL, or an object with one as "id". */
static sg_str
id_of(const struct sjson *v)
{
    if (v != NULL && v->type == SJSON_OBJECT) {
        v = sjson_get(v, "id");
    }
    return di_is_text(v) ? v->text : SG_NO_STR;
}

static bool
has_type(const struct sjson *root, const char *type)
{
    const struct sjson *v = sjson_get(root, "type");
    if (v == NULL || v->type != SJSON_ARRAY) {
        return v != NULL && sjson_is_text(v, type);
    }
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        if (sjson_is_text(e, type)) {
            return true;
        }
    }
    return false;
}

/* Every name that the document gives its maker must be the controller; only a presentation may give none. */
static sg_result
check_controller(const struct sjson *root, const struct cid_method *method, struct sg_why *why)
{
    static const char *const names[] = { "issuer", "holder" };
    unsigned named = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct sjson *v = sjson_get(root, names[i]);
        if (v != NULL) {
            DI_NEED(sg_str_equal(id_of(v), method->controller), why, names[i], ISSUER);
            named++;
        }
    }
    DI_NEED(named > 0 || (has_type(root, "VerifiablePresentation") &&
                             !has_type(root, "VerifiableCredential")),
        why, "issuer", ISSUER);
    return SG_DONE;
}

static sg_result
check_method(const struct cid_method *method, int64_t now, struct sg_why *why)
{
    DI_NEED(!method->has_expires || method->expires_at > now, why, "verificationMethod.expires",
        EXPIRED);
    DI_NEED(!method->has_revoked || method->revoked_at > now, why, "verificationMethod.revoked",
        METHOD);
    return SG_DONE;
}

/* ---- contexts (DI 4.6) --------------------------------------------------------------------------------------- */

static bool
same_context(const struct sjson *root, const struct sjson *want)
{
    const struct sjson *context = sjson_get(root, "@context");
    return context != NULL && sjson_equal(context, want);
}

/* The rdfc suites meet an unknown context while expanding; jcs would not look at it. */
static sg_result
check_contexts(
    const struct sjson *context, const struct jsonld_contexts *contexts, struct sg_why *why)
{
    if (di_is_text(context)) {
        DI_NEED(jsonld_contexts_has(contexts, context->text), why, "@context", CONTEXT);
    }
    if (context != NULL && context->type == SJSON_ARRAY) {
        for (const struct sjson *e = context->first; e != NULL; e = e->next) {
            if (di_is_text(e)) {
                SG_TRY(check_contexts(e, contexts, why));
            }
        }
    }
    return SG_DONE;
}

/* ---- one proof --------------------------------------------------------------------------------------------- */

struct verifier {
    struct sg_arena *arena;
    const struct sjson *root;
    const struct di_expect *expect;
    const struct cid_resolver *resolver;
    const struct jsonld_contexts *contexts;
    struct di_claim *claims;
    size_t n;
};

static sg_result
check_jcs(const struct verifier *v, const struct di_claim *claim, struct sg_why *why)
{
    const struct sjson *context = sjson_get(v->root, "@context");
    const struct sjson *own = sjson_get(claim->json, "@context");
    if (v->expect->exact_context && own != NULL) {
        DI_NEED(context != NULL && sjson_equal(context, own), why, "@context", CONTEXT);
    }
    if (v->contexts != NULL && !v->expect->any_context) {
        return check_contexts(context, v->contexts, why);
    }
    return SG_DONE;
}

static sg_result
verify_one(const struct verifier *v, const struct di_claim *claim, struct sg_why *why,
    struct di_proof_result *row)
{
    struct cid_method *method = &row->method;
    SG_TRY(check_expected(claim, v->expect, why));
    DI_NEED(v->expect->context == NULL || same_context(v->root, v->expect->context), why,
        "@context", CONTEXT);
    if (!claim->suite->jsonld) {
        SG_TRY(check_jcs(v, claim, why));
    }
    SG_TRY(cid_resolve(
        v->arena, v->resolver, claim->verification_method, claim->purpose, why, method));
    SG_TRY(check_method(method, v->expect->now, why));
    if (v->expect->check_controller) {
        SG_TRY(check_controller(v->root, method, why));
    }
    const struct jose_alg *alg = di_suite_alg(claim->suite, method->key.crv);
    DI_NEED(alg != NULL, why, "verificationMethod", ALGORITHM);
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    SG_TRY(jwk_key_new(&method->key, &key));
    struct di_job job = { v->arena, claim->suite, alg, NULL, NULL, v->contexts, why,
        &row->message };
    row->alg = alg;
    SG_TRY(di_job_fill(&job, v->root, claim, v->claims, v->n));
    return claim->suite->verify(&job, v->expect, key, claim->value);
}

/* ---- the report -------------------------------------------------------------------------------------------- */

static const struct {
    enum sg_code code;
    const char *problem;
} problems[] = {
    { SG_E_DOMAIN, DI_PROBLEM("INVALID_DOMAIN_ERROR") },
    { SG_E_CHALLENGE, DI_PROBLEM("INVALID_CHALLENGE_ERROR") },
    { SG_E_DATA_LOSS, DI_PROBLEM("DATA_LOSS_DETECTION_ERROR") },
    { SG_E_JSONLD, DI_PROBLEM("PROOF_TRANSFORMATION_ERROR") },
    { SG_E_CONTEXT, DI_PROBLEM("PROOF_TRANSFORMATION_ERROR") },
    { SG_E_WORK, DI_PROBLEM("PROOF_TRANSFORMATION_ERROR") },
};
static const struct {
    const char *what;
    const char *problem;
} method_problems[] = {
    { CID_BAD_METHOD_URL, DI_PROBLEM(CID_BAD_METHOD_URL) },
    { CID_BAD_DOCUMENT, DI_PROBLEM(CID_BAD_DOCUMENT) },
    { CID_BAD_DOCUMENT_ID, DI_PROBLEM(CID_BAD_DOCUMENT_ID) },
    { CID_BAD_METHOD, DI_PROBLEM(CID_BAD_METHOD) },
    { CID_BAD_RELATIONSHIP, DI_PROBLEM(CID_BAD_RELATIONSHIP) },
};

static const char *
problem_of(enum sg_code code, const char *what)
{
    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
        if (problems[i].code == code) {
            return problems[i].problem;
        }
    }
    for (size_t i = 0; code == SG_E_METHOD && what != NULL &&
                       i < sizeof(method_problems) / sizeof(method_problems[0]);
         i++) {
        if (strcmp(method_problems[i].what, what) == 0) {
            return method_problems[i].problem;
        }
    }
    return DI_PROBLEM("PROOF_VERIFICATION_ERROR");
}

static void
report_claim(const struct di_claim *claim, struct di_proof_result *row)
{
    row->suite = claim->suite;
    row->id = claim->id;
    row->verification_method = claim->verification_method;
    row->purpose = claim->purpose;
    row->created = claim->created;
    row->challenge = claim->challenge;
    row->domains = claim->domains;
    row->n_domains = claim->n_domains;
}

static void
report_refusal(struct di_proof_result *row, enum sg_code code, const char *what)
{
    row->code = code;
    row->what = what;
    row->problem = problem_of(code, what);
}

/* All claims first: a chain needs to know every proof. */
static void
read_claims(struct verifier *v, const struct sjson **list, struct di_proof_result *rows)
{
    enum sg_code codes[DI_PROOFS_MAX];
    for (size_t i = 0; i < v->n; i++) {
        struct sg_why why = { 0 };
        sg_result r =
            di_claim_parse(v->arena, list[i], true, v->expect->zone_optional, &why, &v->claims[i]);
        report_claim(&v->claims[i], &rows[i]);
        if (!sg_ok(r)) {
            report_refusal(&rows[i], r.code, why.what);
        }
    }
    di_chain_check(v->claims, v->n, codes);
    for (size_t i = 0; i < v->n; i++) {
        if (rows[i].code == SG_OK && codes[i] != SG_OK) {
            report_refusal(&rows[i], codes[i], codes[i] == SG_E_DUPLICATE ? "id" : "previousProof");
        }
    }
}

/*
 * A proof in a chain counts only with the proofs it refers to (DI 4.5). As many rounds as proofs carry a refusal along the longest
 * chain.
 */
static void
spread_refusals(const struct verifier *v, struct di_proof_result *rows)
{
    for (size_t round = 0; round < v->n; round++) {
        for (size_t i = 0; i < v->n; i++) {
            for (size_t k = 0; k < v->n && rows[i].code == SG_OK; k++) {
                if (rows[k].code != SG_OK && di_refers(&v->claims[i], &v->claims[k])) {
                    report_refusal(&rows[i], rows[k].code, "previousProof");
                }
            }
        }
    }
}

static void
verify_each(struct verifier *v, struct di_proof_result *rows)
{
    for (size_t i = 0; i < v->n; i++) {
        if (rows[i].code == SG_OK) {
            struct sg_why why = { 0 };
            sg_result r = verify_one(v, &v->claims[i], &why, &rows[i]);
            if (!sg_ok(r)) {
                report_refusal(&rows[i], r.code, why.what);
            }
        }
    }
}

/* The answer for the document: its first refusal that is no other's consequence. */
static sg_result
first_refusal(const struct verifier *v, const struct di_proof_result *rows, struct sg_why *why)
{
    for (size_t i = 0; i < v->n; i++) {
        if (rows[i].code != SG_OK) {
            sg_why_note(why, rows[i].what, i, 0);
            return (sg_result){ rows[i].code };
        }
    }
    return SG_DONE;
}

static sg_result
verify_all(
    struct verifier *v, const struct sjson **list, struct sg_why *why, struct di_report *report)
{
    struct di_proof_result *rows = SG_NEW_ARRAY(v->arena, v->n, struct di_proof_result);
    v->claims = SG_NEW_ARRAY(v->arena, v->n, struct di_claim);
    SG_REQUIRE(rows != NULL && v->claims != NULL, NO_MEMORY);
    read_claims(v, list, rows);
    verify_each(v, rows);
    sg_result result = first_refusal(v, rows, why);
    spread_refusals(v, rows);
    if (report != NULL) {
        *report = (struct di_report){ v->n, rows };
    }
    return result;
}

sg_result
di_verify(struct sg_arena *arena, const struct sjson *document, const struct di_expect *expect,
    const struct cid_resolver *resolver, const struct jsonld_contexts *contexts, struct sg_why *why,
    struct di_report *report)
{
    if (report != NULL) {
        *report = (struct di_report){ 0 };
    }
    DI_NEED(document->type == SJSON_OBJECT, why, "document", TYPE);
    const struct sjson **list = NULL;
    struct verifier v = { arena, document, expect, resolver, contexts, NULL, 0 };
    SG_TRY(di_list(arena, document, why, &list, &v.n));
    DI_NEED(v.n > 0, why, "proof", PROOF_VALUE);
    return verify_all(&v, list, why, report);
}
