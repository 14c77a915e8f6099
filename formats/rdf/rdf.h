/*
 * RDF 1.1 datasets as plain arrays, N-Quads (W3C REC 25 February 2014) both ways, and RDFC-1.0 (W3C REC 21 May 2024).
 * Everything lives in the caller's arena; nothing is fetched, no clock, no randomness.
 */
#ifndef RDF_H
#define RDF_H

#include "sg_buf.h"
#include "sg_hash.h"

#define RDF_QUADS_MAX ((size_t)200000)
#define RDF_XSD_STRING "http://www.w3.org/2001/XMLSchema#string"
#define RDF_LANG_STRING "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
#define RDF_DIR_LANG_STRING "http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString"

enum rdf_kind {
    RDF_NONE, /* only as a graph name: the default graph */
    RDF_IRI,
    RDF_BLANK,  /* value: the label without "_:" */
    RDF_LITERAL /* value: lexical form, unescaped */
};

struct rdf_term {
    enum rdf_kind kind;
    sg_str value; /* UTF-8, unescaped, without <>, quotes or "_:" */
    sg_str
        datatype; /* LITERAL: an IRI, never empty (xsd:string when nothing was said, rdf:langString with a language) */
    sg_str language; /* LITERAL: as it came; empty if none */
};

/* Subject IRI or BLANK, predicate IRI, object any, graph NONE, IRI or BLANK. */
struct rdf_quad {
    struct rdf_term s, p, o, g;
};

struct rdf_dataset {
    const struct rdf_quad *quads; /* a set when the parser made it */
    size_t n;
};

/*
 * Strict N-Quads parser: the grammar, and IRIs with a scheme. Equal quads are kept once. SG_E_MALFORMED (why: byte offset),
 * SG_E_ENCODING, SG_E_TOO_LARGE, SG_E_NO_MEMORY, SG_E_WORK (labels chosen to collide).
 */
SG_CHECKED sg_result rdf_nquads_parse(
    struct sg_arena *arena, sg_str in, struct sg_why *why, struct rdf_dataset *ret);
/* One quad in canonical N-Quads form (RDFC-1.0 5.1, escapes of the errata included), with its "\n". */
void rdf_nquads_put(struct sg_buf *buf, const struct rdf_quad *quad);

/* Work a canonicalisation may do: an abort is SG_E_WORK. Zero members mean the defaults. */
struct rdf_limits {
    size_t
        deep_calls; /* calls of Hash N-Degree Quads in all; default 64 times the blank nodes, at least 65536 */
    size_t permutations; /* permutations tried in all; default 500000 */
    size_t
        steps; /* quads looked at and places filled by those; default 64 times the quads, at least 4000000 */
};

struct rdf_label {
    sg_str from; /* label in the input, without "_:" */
    sg_str to;   /* "c14n0" ... */
};
struct rdf_canonical {
    sg_str nquads;       /* sorted by code point, each line with "\n" */
    const sg_str *lines; /* the same, one by one, with "\n" */
    size_t n;
    const struct rdf_label
        *labels; /* issued identifiers map, in order of issue: c14n0, c14n1 ... */
    size_t n_labels;
};
/*
 * RDFC-1.0 with `hash` (SG_SHA256 or SG_SHA384; others SG_E_ALGORITHM). Equal input quads count once. SG_E_WORK for a poisoned
 * graph, SG_E_NO_MEMORY, SG_E_TOO_LARGE. SG_E_VALUE for a term that canonical N-Quads could not carry: an IRI that is relative
 * or has a character that IRIREF excludes, a language tag that is none. `limits` may be NULL; labels[].from borrows from the
 * dataset. Growth n log n on graphs whose blank nodes differ by first-degree hash.
 */
SG_CHECKED sg_result rdfc_canonicalize(struct sg_arena *arena, const struct rdf_dataset *dataset,
    enum sg_hash_alg hash, const struct rdf_limits *limits, struct rdf_canonical *ret);

#endif
