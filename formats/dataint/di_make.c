/* Making a proof: up to the bytes to be signed, and from the signature on (Data Integrity 4.2, 4.3). req: FMT-3 */
#include "di_int.h"

#define PROOF_MAX ((size_t)1 << 20)

/* ---- contexts -------------------------------------------------------------------------------------------- */

/* Contexts that map "proof", "DataIntegrityProof" and the members of a proof. */
static bool
maps_proof(const struct sjson *context)
{
    static const char *const urls[] = { DI_CREDENTIALS_V2, DI_CONTEXT_V2,
        "https://w3id.org/security/data-integrity/v1" };
    for (size_t i = 0; di_is_text(context) && i < sizeof(urls) / sizeof(urls[0]); i++) {
        if (sg_str_is(context->text, urls[i])) {
            return true;
        }
    }
    if (context != NULL && context->type == SJSON_ARRAY) {
        for (const struct sjson *e = context->first; e != NULL; e = e->next) {
            if (e->type == SJSON_STRING && maps_proof(e)) {
                return true;
            }
        }
    }
    return false;
}

/* "@context" with data-integrity/v2 at its end (DI 2.4.2). */
static sg_result
extend_context(struct sg_arena *arena, const struct sjson *context, const struct sjson **ret)
{
    struct sg_buf buf = sg_buf_new(arena, 256, DI_DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_array(&wr);
    if (context != NULL && context->type == SJSON_ARRAY) {
        for (const struct sjson *e = context->first; e != NULL; e = e->next) {
            sjson_wr_value(&wr, e);
        }
    } else if (context != NULL) {
        sjson_wr_value(&wr, context);
    }
    sjson_wr_text(&wr, SG_LIT(DI_CONTEXT_V2));
    sjson_wr_array_end(&wr);
    sg_str text;
    SG_TRY(sg_buf_end_str(&buf, &text));
    return sjson_parse(arena, text, NULL, ret);
}

/*
 * The document as it will be: with the terms of the proof mapped. A jcs document without "@context" is plain JSON and stays so.
 * `ret_context` is NULL when nothing changed.
 */
static sg_result
map_terms(struct sg_arena *arena, const struct di_request *request, const struct sjson **ret_root,
    const struct sjson **ret_context)
{
    const struct sjson *root = request->document;
    const struct sjson *context = sjson_get(root, "@context");
    *ret_root = root;
    *ret_context = NULL;
    if (request->keep_context || maps_proof(context) ||
        (context == NULL && !request->suite->jsonld)) {
        return SG_DONE;
    }
    const struct sjson *extended;
    SG_TRY(extend_context(arena, context, &extended));
    struct sjson *copy = di_object_without(arena, root, "@context", NULL);
    SG_REQUIRE(copy != NULL && di_object_add(arena, copy, SG_LIT("@context"), extended), NO_MEMORY);
    *ret_root = copy;
    *ret_context = extended;
    return SG_DONE;
}

/* ---- the proof without its value ------------------------------------------------------------------------- */

static void
put_text(struct sjson_wr *wr, const char *name, sg_str value)
{
    if (value.n > 0) {
        sjson_wr_member_text(wr, name, value);
    }
}

static void
put_set(struct sjson_wr *wr, const char *name, const sg_str *values, size_t n)
{
    if (n == 1) {
        sjson_wr_member_text(wr, name, values[0]);
    } else if (n > 1) {
        sjson_wr_name(wr, sg_cstr(name));
        sjson_wr_array(wr);
        for (size_t i = 0; i < n; i++) {
            sjson_wr_text(wr, values[i]);
        }
        sjson_wr_array_end(wr);
    }
}

static sg_result
write_proof(struct sg_arena *arena, const struct di_request *request, const struct sjson *context,
    sg_str *ret)
{
    const struct di_proof_options *o = request->options;
    struct sg_buf buf = sg_buf_new(arena, 512, PROOF_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    if (!request->suite->jsonld && context != NULL) {
        sjson_wr_member_value(&wr, "@context", context);
    }
    put_text(&wr, "id", o->id);
    sjson_wr_member_cstr(&wr, "type", "DataIntegrityProof");
    sjson_wr_member_cstr(&wr, "cryptosuite", request->suite->name);
    put_text(&wr, "created", o->created);
    put_text(&wr, "expires", o->expires);
    put_text(&wr, "verificationMethod", o->verification_method);
    put_text(&wr, "proofPurpose", o->purpose);
    put_set(&wr, "domain", o->domains, o->n_domains);
    put_text(&wr, "challenge", o->challenge);
    put_text(&wr, "nonce", o->nonce);
    put_set(&wr, "previousProof", o->previous, o->n_previous);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

/* What we make passes the verifier's own reading; a breach here is the caller's value, not a stranger's proof. */
static sg_result
read_own(struct sg_arena *arena, sg_str text, struct sg_why *why, struct di_claim *ret)
{
    const struct sjson *proof;
    SG_TRY(sjson_parse_object(arena, text, why, &proof));
    sg_result r = di_claim_parse(arena, proof, false, false, why, ret);
    if (r.code == SG_E_PROOF_VALUE) {
        SG_FAIL(VALUE);
    }
    SG_TRY(r);
    DI_NEED(cid_relationship_of(ret->purpose) != CID_NO_RELATIONSHIP, why, "proofPurpose", VALUE);
    return SG_DONE;
}

/* The proofs that are there: they must be well formed only as far as this one leans on them. */
static sg_result
read_others(struct sg_arena *arena, const struct sjson *root, const struct di_claim *own,
    struct sg_why *why, struct di_claim **ret, size_t *ret_n)
{
    const struct sjson **list = NULL;
    size_t n = 0;
    SG_TRY(di_list(arena, root, why, &list, &n));
    DI_NEED(n < DI_PROOFS_MAX, why, "proof", TOO_LARGE);
    struct di_claim *claims = SG_NEW_ARRAY(arena, n + 1, struct di_claim);
    SG_REQUIRE(claims != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        DI_NEED(list[i]->type == SJSON_OBJECT, why, "proof", PROOF_VALUE);
        claims[i].json = list[i];
        const struct sjson *id = sjson_get(list[i], "id");
        if (di_is_text(id)) {
            claims[i].id = id->text;
        }
    }
    claims[n] = *own;
    for (size_t i = 0; i <= n; i++) {
        for (size_t k = 0; k < i; k++) {
            DI_NEED(claims[i].id.n == 0 || !sg_str_equal(claims[i].id, claims[k].id), why, "id",
                DUPLICATE);
        }
    }
    *ret = claims;
    *ret_n = n;
    return SG_DONE;
}

/* ---- the two halves ---------------------------------------------------------------------------------------- */

static sg_result
check_request(const struct di_request *request, struct sg_why *why, const struct jose_alg **ret_alg)
{
    const struct di_proof_options *o = request->options;
    DI_NEED(request->document->type == SJSON_OBJECT, why, "document", TYPE);
    DI_NEED(request->suite->makes, why, "cryptosuite", UNSUPPORTED);
    DI_NEED(o->verification_method.n > 0, why, "verificationMethod", MISSING);
    DI_NEED(o->purpose.n > 0, why, "proofPurpose", MISSING);
    DI_NEED(o->n_domains <= DI_DOMAINS_MAX, why, "domain", TOO_LARGE);
    DI_NEED(o->n_previous <= DI_DOMAINS_MAX, why, "previousProof", TOO_LARGE);
    *ret_alg = di_suite_alg(request->suite, request->key->crv);
    DI_NEED(*ret_alg != NULL, why, "key", ALGORITHM);
    return SG_DONE;
}

sg_result
di_prepare(struct sg_arena *arena, const struct di_request *request, struct sg_why *why,
    struct di_pending *ret)
{
    const struct jose_alg *alg;
    SG_TRY(check_request(request, why, &alg));
    struct di_parts *parts = SG_NEW(arena, struct di_parts);
    SG_REQUIRE(parts != NULL, NO_MEMORY);
    parts->suite = request->suite;
    parts->root = request->document;
    const struct sjson *root;
    SG_TRY(map_terms(arena, request, &root, &parts->context));
    SG_TRY(write_proof(arena, request, sjson_get(root, "@context"), &parts->proof));
    struct di_claim own;
    SG_TRY(read_own(arena, parts->proof, why, &own));
    struct di_claim *others;
    size_t n_others;
    SG_TRY(read_others(arena, root, &own, why, &others, &n_others));

    struct di_job job = { arena, request->suite, alg, NULL, NULL, request->contexts, why, NULL };
    SG_TRY(di_job_fill(&job, root, &own, others, n_others));
    struct di_hashes hashes = { 0 };
    SG_TRY(request->suite->prepare(&job, request->selective, &hashes, &parts->extra));
    *ret = (struct di_pending){ alg, hashes.message, hashes.proof, hashes.document, parts };
    return SG_DONE;
}

/* The proof again, with its value as the last member. */
static void
put_proof(struct sjson_wr *wr, const struct di_parts *parts, sg_str value)
{
    struct sg_buf *buf = wr->buf;
    sjson_wr_raw(wr, sg_str_slice(parts->proof, 0, parts->proof.n - 1));
    sg_buf_put_cstr(buf, ",\"proofValue\":\"");
    sg_buf_put_str(buf, value); /* multibase: nothing to escape */
    sg_buf_put_cstr(buf, "\"}");
}

static void
put_document(struct sjson_wr *wr, const struct di_parts *parts, sg_str value)
{
    sjson_wr_object(wr);
    if (parts->context != NULL) {
        sjson_wr_member_value(wr, "@context", parts->context);
    }
    for (const struct sjson *m = parts->root->first; m != NULL; m = m->next) {
        bool replaced = parts->context != NULL && sg_str_is(m->name, "@context");
        if (!replaced && !sg_str_is(m->name, "proof")) {
            sjson_wr_name(wr, m->name);
            sjson_wr_value(wr, m);
        }
    }
    const struct sjson *before = sjson_get(parts->root, "proof");
    sjson_wr_name(wr, SG_LIT("proof"));
    if (before != NULL) {
        sjson_wr_array(wr);
        for (const struct sjson *e = before->type == SJSON_ARRAY ? before->first : before;
             e != NULL; e = before->type == SJSON_ARRAY ? e->next : NULL) {
            sjson_wr_value(wr, e);
        }
        put_proof(wr, parts, value);
        sjson_wr_array_end(wr);
    } else {
        put_proof(wr, parts, value);
    }
    sjson_wr_object_end(wr);
}

sg_result
di_attach(struct sg_arena *arena, const struct di_pending *pending, sg_bytes signature, sg_str *ret)
{
    const struct di_parts *parts = pending->parts;
    SG_REQUIRE(signature.n == pending->alg->sig_len, SIGNATURE);
    sg_str value;
    SG_TRY(parts->suite->encode(arena, parts, signature, &value));
    struct sg_buf buf =
        sg_buf_new(arena, parts->root->source.n + parts->proof.n + value.n + 64, DI_DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    put_document(&wr, parts, value);
    return sg_buf_end_str(&buf, ret);
}
