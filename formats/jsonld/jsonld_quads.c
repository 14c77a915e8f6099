/* A set of quads: an array in order of appearance, and a hash table over it. */
#include "jsonld_rdf.h"

#define WALK_FREE 16 /* steps along a cluster that cost nothing */

static uint64_t
term_hash(const struct rdf_term *t)
{
    uint64_t h = jsonld_hash(t->value) * 3 + (uint64_t)t->kind;
    if (t->kind == RDF_LITERAL) {
        h = (h << 7 | h >> 57) ^ jsonld_hash(t->datatype);
        h = t->language.n == 0 ? h : (h << 7 | h >> 57) ^ jsonld_hash(t->language);
    }
    return h;
}

static uint64_t
quad_hash(const struct rdf_quad *q)
{
    uint64_t h = term_hash(&q->s);
    h = (h << 13 | h >> 51) ^ term_hash(&q->p);
    h = (h << 13 | h >> 51) ^ term_hash(&q->o);
    h = q->g.kind == RDF_NONE ? h : (h << 13 | h >> 51) ^ term_hash(&q->g);
    h *= UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

static bool
term_equal(const struct rdf_term *a, const struct rdf_term *b)
{
    return a->kind == b->kind && sg_str_equal(a->value, b->value) &&
           sg_str_equal(a->datatype, b->datatype) && sg_str_equal(a->language, b->language);
}

static bool
quad_equal(const struct rdf_quad *a, const struct rdf_quad *b)
{
    return term_equal(&a->o, &b->o) && term_equal(&a->s, &b->s) && term_equal(&a->p, &b->p) &&
           term_equal(&a->g, &b->g);
}

static struct jsonld_quad_place *
find(struct jsonld_run *run, const struct jsonld_quads *set, const struct rdf_quad *quad,
    uint64_t hash)
{
    size_t mask = set->n_places - 1;
    size_t i = (size_t)hash & mask;
    size_t steps = 0;
    while (set->places[i].at != 0 &&
           !(set->places[i].hash == hash && quad_equal(&set->quads[set->places[i].at - 1], quad))) {
        i = (i + 1) & mask;
        steps++;
    }
    run->work += steps > WALK_FREE ? steps / WALK_FREE : 0;
    return &set->places[i];
}

static sg_result
grow(struct jsonld_run *run, struct jsonld_quads *set)
{
    struct jsonld_quads bigger = { .n = set->n, .cap = set->cap == 0 ? 32 : set->cap * 2 };
    bigger.n_places = bigger.cap * 2;
    bigger.quads = SG_NEW_ARRAY(run->arena, bigger.cap, struct rdf_quad);
    bigger.places = SG_NEW_ARRAY(run->arena, bigger.n_places, struct jsonld_quad_place);
    SG_REQUIRE(bigger.quads != NULL && bigger.places != NULL, NO_MEMORY);
    if (set->n != 0) {
        memcpy(bigger.quads, set->quads, set->n * sizeof(struct rdf_quad));
    }
    for (size_t i = 0; i < set->n_places; i++) {
        size_t j = (size_t)set->places[i].hash & (bigger.n_places - 1);
        if (set->places[i].at == 0) {
            continue;
        }
        while (bigger.places[j].at != 0) {
            j = (j + 1) & (bigger.n_places - 1);
        }
        bigger.places[j] = set->places[i];
    }
    *set = bigger;
    return SG_DONE;
}

sg_result
jsonld_quads_add(
    struct jsonld_run *run, struct jsonld_quads *set, const struct rdf_quad *quad, bool *ret_fresh)
{
    if (set->n == set->cap) {
        SG_TRY(grow(run, set));
    }
    /* the same long IRI may stand in every quad, and is hashed each time */
    SG_TRY(jsonld_spend_bytes(run, quad->s.value.n + quad->p.value.n + quad->o.value.n +
                                       quad->o.datatype.n + quad->g.value.n));
    uint64_t hash = quad_hash(quad);
    struct jsonld_quad_place *place = find(run, set, quad, hash);
    *ret_fresh = place->at == 0;
    if (*ret_fresh) {
        SG_REQUIRE(set->n < RDF_QUADS_MAX, TOO_LARGE);
        set->quads[set->n++] = *quad;
        *place = (struct jsonld_quad_place){ .hash = hash, .at = set->n };
    }
    return jsonld_spend(run, 0);
}
