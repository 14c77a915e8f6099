/* Inside formats/jsonld: a set of quads that grows. */
#ifndef JSONLD_RDF_H
#define JSONLD_RDF_H

#include "jsonld_int.h"

struct jsonld_quad_place {
    uint64_t hash;
    size_t at; /* 1 + index; 0: empty */
};
struct jsonld_quads {
    struct rdf_quad *quads;
    size_t n;
    size_t cap;
    struct jsonld_quad_place *places;
    size_t n_places; /* a power of two */
};
/* *ret_fresh: it was not there before. SG_E_TOO_LARGE beyond RDF_QUADS_MAX, SG_E_NO_MEMORY, SG_E_WORK. */
SG_CHECKED sg_result jsonld_quads_add(
    struct jsonld_run *run, struct jsonld_quads *set, const struct rdf_quad *quad, bool *ret_fresh);

#endif
