/* What the parser, the writer and the canonicaliser share about terms: character classes, hashes, tables. Not for other folders. */
#ifndef RDF_TERM_H
#define RDF_TERM_H

#include "rdf.h"

#define RDF_NO_NODE UINT32_MAX

/* Neither control, space nor one of <>"{}|^`\ (N-Quads production IRIREF, after unescaping). */
bool rdf_iri_char(uint8_t c);
/* Position of the first byte that canonical N-Quads may have to escape in a literal (EF begins two that it has), or n. */
size_t rdf_literal_plain(sg_str text);
/* There is none such. */
bool rdf_literal_is_plain(sg_str text);
/* Position of the first byte that rdf_iri_char() refuses, or n. */
size_t rdf_iri_span(sg_str text);
/* All characters as above, and a scheme: N-Quads has no relative IRIs. */
bool rdf_iri_valid(sg_str iri);
/* Production LANGTAG without its '@'. */
bool rdf_language_valid(sg_str tag);

static inline uint64_t
rdf_load8(const void *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

static inline uint32_t
rdf_load4(const void *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

/* sg_str_equal for the short texts that labels and terms are: without a call. */
static inline bool
rdf_same(sg_str a, sg_str b)
{
    if (a.n != b.n) {
        return false;
    }
    if (a.n >= 8) {
        for (size_t i = 0; i + 8 < a.n; i += 8) {
            if (rdf_load8(a.p + i) != rdf_load8(b.p + i)) {
                return false;
            }
        }
        return rdf_load8(a.p + a.n - 8) == rdf_load8(b.p + a.n - 8);
    }
    if (a.n >= 4) {
        return rdf_load4(a.p) == rdf_load4(b.p) &&
               rdf_load4(a.p + a.n - 4) == rdf_load4(b.p + a.n - 4);
    }
    for (size_t i = 0; i < a.n; i++) {
        if (a.p[i] != b.p[i]) {
            return false;
        }
    }
    return true;
}

/* Equality as RDF 1.1 Concepts 3.3 and 3.4 have it: character by character. */
bool rdf_quad_equal(const struct rdf_quad *a, const struct rdf_quad *b);

/*
 * A set of small numbers found by hash. The hash has no secret, so a stranger may aim at one slot; the
 * probes are therefore counted, and past `budget` every look-up fails: work stays linear, whatever is sent.
 */
struct rdf_table {
    uint64_t *slots; /* upper half of the hash, then number + 1; 0 is free */
    size_t mask;
    size_t budget; /* probes left */
};
SG_CHECKED sg_result rdf_table_new(struct sg_arena *arena, size_t n, struct rdf_table *ret);

/* Quads without repetitions, in their order; `in` and `out` may be the same. SG_E_NO_MEMORY, SG_E_WORK. */
SG_CHECKED sg_result rdf_quads_unique(struct sg_arena *arena, const struct rdf_quad *in, size_t n,
    struct rdf_quad *out, size_t *ret_n);

/* Number of the label: the one it has, or `next` when it is new (then the caller adds it to `labels`). */
SG_CHECKED sg_result rdf_table_label(
    struct rdf_table *table, const sg_str *labels, sg_str label, uint32_t next, uint32_t *ret);

#endif
