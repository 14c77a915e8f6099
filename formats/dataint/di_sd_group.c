/* Statements with HMAC labels, and which of them a selection has (DI-ECDSA 3.4.14 to 3.4.19, 3.5.5). */
#include "di_sd.h"

#include <stdlib.h>

#define LINES_MAX ((size_t)64 << 20)

/* ---- small tools ---------------------------------------------------------------------------------------- */

static int
compare(sg_str a, sg_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int
compare_lines(const void *a, const void *b)
{
    return compare(*(const sg_str *)a, *(const sg_str *)b);
}

static int
compare_labels(const void *a, const void *b)
{
    return compare(((const struct rdf_label *)a)->from, ((const struct rdf_label *)b)->from);
}

static const sg_str *
find_label(const struct rdf_label *labels, size_t n, sg_str from)
{
    struct rdf_label key = { .from = from };
    const struct rdf_label *hit =
        n == 0 ? NULL : bsearch(&key, labels, n, sizeof(*labels), compare_labels);
    return hit == NULL ? NULL : &hit->to;
}

static void
sort_labels(struct rdf_label *labels, size_t n)
{
    if (n > 1) {
        qsort(labels, n, sizeof(*labels), compare_labels);
    }
}

/* ---- statements ------------------------------------------------------------------------------------------- */

static bool
relabel(struct rdf_term *term, const struct rdf_label *labels, size_t n)
{
    if (term->kind != RDF_BLANK) {
        return true;
    }
    const sg_str *to = find_label(labels, n, term->value);
    if (to == NULL) {
        return false;
    }
    term->value = *to;
    return true;
}

/* Each quad as a line with its labels replaced, sorted by code point (bytes of UTF-8 sort alike). */
static sg_result
lines_of(struct sg_arena *arena, const struct rdf_dataset *dataset, const struct rdf_label *labels,
    size_t n_labels, struct di_sd_statements *ret)
{
    sg_str *lines = SG_NEW_ARRAY(arena, dataset->n, sg_str);
    SG_REQUIRE(lines != NULL, NO_MEMORY);
    struct sg_buf buf = sg_buf_new(arena, 200 * dataset->n, LINES_MAX);
    for (size_t i = 0; i < dataset->n; i++) {
        struct rdf_quad quad = dataset->quads[i];
        SG_REQUIRE(relabel(&quad.s, labels, n_labels) && relabel(&quad.o, labels, n_labels) &&
                       relabel(&quad.g, labels, n_labels),
            VALUE);
        lines[i].n = buf.n; /* where it begins, until all are there */
        rdf_nquads_put(&buf, &quad);
    }
    sg_str text;
    SG_TRY(sg_buf_end_str(&buf, &text));
    for (size_t i = 0; i < dataset->n; i++) {
        size_t from = lines[i].n;
        size_t end = i + 1 < dataset->n ? lines[i + 1].n : text.n;
        lines[i] = sg_str_slice(text, from, end - from);
    }
    if (dataset->n > 1) {
        qsort(lines, dataset->n, sizeof(*lines), compare_lines);
    }
    *ret = (struct di_sd_statements){ lines, dataset->n };
    return SG_DONE;
}

sg_result
di_sd_hash_marked(struct sg_arena *arena, const struct di_sd_statements *statements,
    const bool *marked, uint8_t ret[SG_SHA256_LEN])
{
    sg_bytes *parts = SG_NEW_ARRAY(arena, statements->n, sg_bytes);
    SG_REQUIRE(parts != NULL, NO_MEMORY);
    size_t n = 0;
    for (size_t i = 0; i < statements->n; i++) {
        if (marked[i]) {
            parts[n++] = sg_str_bytes(statements->lines[i]);
        }
    }
    sg_sha256_parts(parts, n, ret);
    return SG_DONE;
}

/* ---- a document under an HMAC key -------------------------------------------------------------------------- */

/* RDF of the document or of a selection, its blank nodes named alike. */
static sg_result
to_rdf(const struct di_job *job, const struct sjson *document, struct di_sd_names *names,
    struct rdf_dataset *ret)
{
    struct jsonld_options options = di_jsonld_options(job);
    if (names != NULL) {
        options.blank_name = di_sd_name;
        options.blank_context = names;
    }
    SG_REQUIRE(job->contexts != NULL, CONTEXT);
    sg_result r = jsonld_to_rdf(job->arena, document, &options, job->why, ret);
    if (names != NULL && di_sd_names_failed(names) != SG_OK) {
        sg_why_note(job->why, "list or graph", 0, 0);
        return (sg_result){ di_sd_names_failed(names) };
    }
    return r;
}

/* createHmacIdLabelMapFunction: the canonical label, without "_:", is what the HMAC covers. */
static sg_result
hmac_labels(struct sg_arena *arena, const struct rdf_canonical *canonical, sg_bytes hmac_key,
    struct rdf_label **ret)
{
    struct rdf_label *labels = SG_NEW_ARRAY(arena, canonical->n_labels, struct rdf_label);
    SG_REQUIRE(labels != NULL, NO_MEMORY);
    for (size_t i = 0; i < canonical->n_labels; i++) {
        uint8_t hmac[SG_SHA256_LEN];
        sg_hmac_sha256(hmac_key, sg_str_bytes(canonical->labels[i].to), hmac);
        labels[i].from = canonical->labels[i].from;
        SG_TRY(multibase_encode(arena, MULTIBASE_BASE64URL, SG_BYTES(hmac), &labels[i].to));
    }
    sort_labels(labels, canonical->n_labels);
    *ret = labels;
    return SG_DONE;
}

sg_result
di_sd_base_of(const struct di_job *job, sg_bytes hmac_key, struct di_sd_base *ret)
{
    struct di_sd_base base = { .job = job };
    struct rdf_dataset dataset;
    struct rdf_canonical canonical;
    struct rdf_label *labels;
    SG_TRY(di_sd_names_new(job->arena, &base.names));
    SG_TRY(to_rdf(job, job->document, base.names, &dataset));
    SG_TRY(rdfc_canonicalize(job->arena, &dataset, SG_SHA256, NULL, &canonical));
    SG_TRY(hmac_labels(job->arena, &canonical, hmac_key, &labels));
    base.labels = labels;
    base.n_labels = canonical.n_labels;
    SG_TRY(lines_of(job->arena, &dataset, labels, base.n_labels, &base.statements));
    *ret = base;
    return SG_DONE;
}

sg_result
di_sd_group(const struct di_sd_base *base, const sg_str *pointers, size_t n, bool **ret,
    const struct sjson **ret_selection)
{
    struct sg_arena *arena = base->job->arena;
    const struct di_sd_statements *all = &base->statements;
    bool *marked = SG_NEW_ARRAY(arena, all->n, bool);
    SG_REQUIRE(marked != NULL, NO_MEMORY);
    const struct sjson *selection;
    SG_TRY(di_sd_select(
        arena, base->job->document, pointers, n, base->names, base->job->why, &selection));
    if (selection != NULL) {
        struct rdf_dataset dataset;
        struct di_sd_statements selected;
        SG_TRY(to_rdf(base->job, selection, base->names, &dataset));
        SG_TRY(lines_of(arena, &dataset, base->labels, base->n_labels, &selected));
        size_t at = 0; /* both sorted: one walk */
        for (size_t i = 0; i < selected.n; i++) {
            while (at < all->n && compare(all->lines[at], selected.lines[i]) < 0) {
                at++;
            }
            bool same = at < all->n && compare(all->lines[at], selected.lines[i]) == 0;
            DI_NEED(same, base->job->why, "JSON Pointer", VALUE);
            marked[at] = true;
        }
    }
    *ret = marked;
    *ret_selection = selection;
    return SG_DONE;
}

sg_result
di_sd_verifier_labels(const struct di_sd_base *base, const struct sjson *selection,
    const sg_bytes **ret, size_t *ret_n)
{
    struct sg_arena *arena = base->job->arena;
    struct rdf_dataset dataset;
    struct rdf_canonical canonical;
    SG_TRY(to_rdf(base->job, selection, base->names, &dataset));
    SG_TRY(rdfc_canonicalize(arena, &dataset, SG_SHA256, NULL, &canonical));
    sg_bytes *labels = SG_NEW_ARRAY(arena, canonical.n_labels, sg_bytes);
    SG_REQUIRE(labels != NULL, NO_MEMORY);
    for (size_t i = 0; i < canonical.n_labels; i++) {
        const sg_str *label = find_label(base->labels, base->n_labels, canonical.labels[i].from);
        SG_REQUIRE(label != NULL, VALUE);
        SG_TRY(multibase_decode(arena, *label, &labels[i]));
    }
    *ret = labels;
    *ret_n = canonical.n_labels;
    return SG_DONE;
}

/* ---- the verifier's side ------------------------------------------------------------------------------------- */

static int
compare_to(const void *a, const void *b)
{
    return compare(((const struct rdf_label *)a)->to, ((const struct rdf_label *)b)->to);
}

/*
 * The labels come from the holder. Two nodes of one label would let one subject be shown as two, each with a part of the signed
 * statements.
 */
static bool
labels_differ(struct rdf_label *labels, size_t n)
{
    if (n > 1) {
        qsort(labels, n, sizeof(*labels), compare_to);
    }
    for (size_t i = 1; i < n; i++) {
        if (sg_str_equal(labels[i - 1].to, labels[i].to)) {
            return false;
        }
    }
    return true;
}

sg_result
di_sd_disclosed(
    const struct di_job *job, const struct di_sd_value *value, struct di_sd_statements *ret)
{
    struct rdf_dataset dataset;
    struct rdf_canonical canonical;
    SG_TRY(to_rdf(job, job->document, NULL, &dataset));
    SG_TRY(rdfc_canonicalize(job->arena, &dataset, SG_SHA256, NULL, &canonical));
    DI_NEED(canonical.n_labels == value->n_labels, job->why, "proofValue", PROOF_VALUE);
    struct rdf_label *labels = SG_NEW_ARRAY(job->arena, canonical.n_labels, struct rdf_label);
    SG_REQUIRE(labels != NULL, NO_MEMORY);
    for (size_t i = 0; i < canonical.n_labels; i++) {
        /* canonical labels are issued as c14n0, c14n1 ... : the place is the number */
        labels[i].from = canonical.labels[i].from;
        SG_TRY(multibase_encode(job->arena, MULTIBASE_BASE64URL, value->labels[i], &labels[i].to));
    }
    DI_NEED(labels_differ(labels, canonical.n_labels), job->why, "proofValue", PROOF_VALUE);
    sort_labels(labels, canonical.n_labels);
    return lines_of(job->arena, &dataset, labels, canonical.n_labels, ret);
}
