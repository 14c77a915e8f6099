/* State of one canonicalisation (RDFC-1.0 4.2), shared by rdfc.c and rdfc_deep.c. Not for other folders. */
#ifndef RDFC_H
#define RDFC_H

#include "rdf.h"
#include "rdf_sort.h"
#include "rdf_term.h"

/* "_:" with "c14n" or "b" and ten digits. */
#define RDFC_NAME_MAX 16

/* A quad ready to be written: blank nodes by number, a literal already in its canonical form. */
struct rdfc_quad {
    uint32_t node[3]; /* subject, object, graph name; RDF_NO_NODE if not blank */
    bool literal;     /* text[1] stands as it is, else it is an IRI */
    bool graph;
    sg_str text[3]; /* of what is not blank */
    sg_str predicate;
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
    const struct rdfc_quad *quads;
    uint32_t n_quads;
    uint32_t n_nodes;
    uint32_t *begin;   /* n_nodes + 1: where a node's quads begin in `mention` */
    uint32_t *mention; /* numbers of quads, each once for a node */
    uint8_t *first;    /* first-degree hashes, hash_len bytes each */
    struct rdfc_issuer canonical;
    struct rdfc_issuer path;
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

/* Issue Identifier (4.5.2); a node keeps its number. */
void rdfc_issue(struct rdfc_issuer *issuer, uint32_t node);
/* Take back all but the first n. */
void rdfc_issuer_cut(struct rdfc_issuer *issuer, uint32_t n);

/* Write "_:c14n7" or "_:b7"; at most RDFC_NAME_MAX bytes. Returns their number. */
size_t rdfc_put_name(uint8_t *out, const char *prefix, uint32_t number);
/* Lower-case hex, 2 * hash_len bytes. */
void rdfc_put_hex(const struct rdfc *c, const uint8_t *hash, uint8_t *out);

/*
 * Hash N-Degree Quads (4.8) of `node`, with c->path as the issuer, which afterwards is the issuer of
 * the result. SG_E_WORK, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result rdfc_deep(struct rdfc *c, uint32_t node, unsigned depth, uint8_t *ret_hash);

#endif
