/* State of one canonicalisation (RDFC-1.0 4.2), shared by rdfc.c and rdfc_deep.c. Not for other folders. */
#ifndef RDFC_H
#define RDFC_H

#include "rdf.h"
#include "rdf_sort.h"
#include "rdf_term.h"

/* "_:" with "c14n" or "b" and ten digits. */
#define RDFC_NAME_MAX ((size_t)16)

/* Texts are copied and compared in steps: so many bytes more are readable after one, and writable after where it goes. */
#define RDFC_SLACK ((size_t)32)

/* A quad ready to be written: its line without the names of blank nodes, and where these belong. */
struct rdfc_quad {
    const struct rdf_quad *quad;
    const uint8_t *text;
    uint32_t n;
    uint32_t firm;    /* bytes of text before the first name that is not the subject's */
    uint32_t node[3]; /* subject, object, graph name: the blank node's number, or RDF_NO_NODE */
    uint32_t at[2];   /* offset in text of the names of object and graph; the subject's is first */
};

/* A blank node's name with its "_:". */
struct rdfc_name {
    const uint8_t *text; /* RDFC_NAME_MAX bytes, n of them meant */
    size_t n;
};

/* An identifier issuer (4.5): what was issued, in order, and its number by node. */
struct rdfc_issuer {
    uint32_t *number; /* RDF_NO_NODE: not issued */
    uint32_t *order;
    uint32_t n;
};

struct rdfc {
    struct sg_arena *arena;
    struct rdf_stack stack;
    enum sg_hash_alg alg;
    size_t hash_len;
    struct rdfc_quad *quads;
    uint8_t *text; /* room for the lines still to come */
    uint32_t n_quads;
    uint32_t n_nodes;
    uint32_t n_names;  /* places of blank nodes in all quads: not more than three each */
    uint32_t *begin;   /* n_nodes + 1: where a node's quads begin in `mention` */
    uint32_t *mention; /* numbers of quads, each once for a node */
    bool *
        settled; /* a node's mentions are in an order that no name decided: it is theirs in the result as well */
    uint8_t *first; /* first-degree hashes, hash_len bytes each */
    struct rdfc_issuer canonical;
    struct rdfc_issuer path;
    bool repeated; /* two quads were equal: the result is not yet one */
    /* what may still be done */
    size_t deep_calls;
    size_t permutations;
    size_t steps; /* related blank nodes hashed, mentions looked at, places of permutations */
};

static inline const uint8_t *
rdfc_first_hash(const struct rdfc *c, uint32_t node)
{
    return c->first + (size_t)node * c->hash_len;
}

/* memcpy for the few dozen bytes that terms are: without a call. Returns the end. */
static inline uint8_t *
rdfc_copy(uint8_t *out, const void *from, size_t n)
{
    const uint8_t *p = (const uint8_t *)from;
    if (n > 64) {
        memcpy(out, p, n);
    } else if (n >= 16) {
        memcpy(out, p, 16);
        if (n > 32) {
            memcpy(out + 16, p + 16, 16);
            memcpy(out + n - 32, p + n - 32, 16);
        }
        memcpy(out + n - 16, p + n - 16, 16);
    } else if (n >= 8) {
        memcpy(out, p, 8);
        memcpy(out + n - 8, p + n - 8, 8);
    } else if (n >= 4) {
        memcpy(out, p, 4);
        memcpy(out + n - 4, p + n - 4, 4);
    } else {
        for (size_t i = 0; i < n; i++) {
            out[i] = p[i];
        }
    }
    return out + n;
}

/* The same where both sides have RDFC_SLACK bytes more. */
static inline uint8_t *
rdfc_copy_loose(uint8_t *out, const uint8_t *from, size_t n)
{
    if (n > 512) {
        memcpy(out, from, n);
    } else {
        for (size_t i = 0; i < n; i += 32) {
            memcpy(out + i, from + i, 32);
        }
    }
    return out + n;
}

/* Issue Identifier (4.5.2); a node keeps its number. */
void rdfc_issue(struct rdfc_issuer *issuer, uint32_t node);
/* Take back all but the first n. */
void rdfc_issuer_cut(struct rdfc_issuer *issuer, uint32_t n);

/* Write "_:c14n7" or "_:b7"; at most RDFC_NAME_MAX bytes. Returns their number. */
size_t rdfc_put_name(uint8_t *out, const char *prefix, uint32_t number);
/* Lower-case hex, 2 * hash_len bytes. */
void rdfc_put_hex(const struct rdfc *c, const uint8_t *hash, uint8_t *out);

/*
 * Check the quads, number blank nodes in order of appearance (*ret_labels: what they were called), make the lines, count mentions.
 * SG_E_VALUE, SG_E_TOO_LARGE, SG_E_NO_MEMORY, SG_E_WORK.
 */
SG_CHECKED sg_result rdfc_prepare(struct rdfc *c, const struct rdf_dataset *d, sg_str **ret_labels);
/* Blank node to quads map (4.3): fills mention, and makes begin of the counts. */
SG_CHECKED sg_result rdfc_map_mentions(struct rdfc *c);

/*
 * The line of a quad after the name of its subject, if that has one: q->n bytes and the names of object and graph, if they have.
 * `out` has RDFC_NAME_MAX bytes for each, and RDFC_SLACK. Where q->firm is q->n there are none: rdfc_copy_loose is enough.
 */
uint8_t *rdfc_put_rest(uint8_t *out, const struct rdfc_quad *q, const struct rdfc_name *object,
    const struct rdfc_name *graph);

/*
 * Order of two lines whose subjects are equal, or called the same, by what stands before any other name: negative,
 * positive, or 0 when that does not decide.
 */
static inline int
rdfc_order(const struct rdfc_quad *a, const struct rdfc_quad *b)
{
    size_t n = a->firm < b->firm ? a->firm : b->firm;
    for (size_t i = 0; i < n; i += 8) {
        uint64_t x = rdf_load8(a->text + i);
        uint64_t y = rdf_load8(b->text + i);
        if (x != y) {
            /* little-endian: the first byte is lowest */
            size_t at = i + (size_t)__builtin_ctzll(x ^ y) / 8;
            return at >= n ? 0 : a->text[at] < b->text[at] ? -1 : 1;
        }
    }
    return 0;
}

/* The issued identifiers map, in order of issue; each name has its "_:" before it. */
SG_CHECKED sg_result rdfc_make_labels(struct rdfc *c, const sg_str *from, struct rdf_label **ret);
/* The canonical form. Sets c->repeated when two lines were equal. */
SG_CHECKED sg_result rdfc_write(
    struct rdfc *c, const struct rdf_label *labels, struct rdf_canonical *ret);

/*
 * Hash N-Degree Quads (4.8) of `node`, with c->path as the issuer, which afterwards is the issuer of
 * the result. SG_E_WORK, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result rdfc_deep(struct rdfc *c, uint32_t node, unsigned depth, uint8_t *ret_hash);

#endif
