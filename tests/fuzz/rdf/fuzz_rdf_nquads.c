/*
 * N-Quads to canonical form with small limits. What comes out reads back to a set of the same shape: as many quads, as many
 * blank nodes, the input's terms under the issued names; and it is its own canonical form. req: FMT-3
 */
#include <stdlib.h>

#include "rdf.h"

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

static const struct rdf_limits limits = { .deep_calls = 500, .permutations = 500, .steps = 5000 };

static sg_str
renamed(const struct rdf_canonical *c, const struct rdf_term *t)
{
    if (t->kind != RDF_BLANK) {
        return t->value;
    }
    for (size_t i = 0; i < c->n_labels; i++) {
        if (sg_str_equal(c->labels[i].from, t->value)) {
            return c->labels[i].to;
        }
    }
    abort();
}

/* The quad under the issued names is one of the lines. */
static void
check_quad(struct sg_arena *arena, const struct rdf_canonical *c, struct rdf_quad q)
{
    struct sg_buf buf = sg_buf_new(arena, 0, (size_t)1 << 20);
    sg_str line;
    q.s.value = renamed(c, &q.s);
    q.o.value = renamed(c, &q.o);
    q.g.value = renamed(c, &q.g);
    rdf_nquads_put(&buf, &q);
    CHECK(sg_ok(sg_buf_end_str(&buf, &line)));
    for (size_t i = 0; i < c->n; i++) {
        if (sg_str_equal(c->lines[i], line)) {
            return;
        }
    }
    abort();
}

static void
check_again(struct sg_arena *arena, const struct rdf_canonical *first, enum sg_hash_alg alg)
{
    struct rdf_dataset d;
    struct rdf_canonical second;
    CHECK(sg_ok(rdf_nquads_parse(arena, first->nquads, NULL, &d)));
    CHECK(d.n == first->n);
    sg_result r = rdfc_canonicalize(arena, &d, alg, &limits, &second);
    /* other names are tried in another order, so the second run may meet a limit that the first did not */
    CHECK(sg_ok(r) || r.code == SG_E_WORK);
    CHECK(!sg_ok(r) ||
          (sg_str_equal(first->nquads, second.nquads) && first->n_labels == second.n_labels));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)64 << 20);
    }
    sg_arena_reset(arena);
    struct sg_why why = { 0 };
    struct rdf_dataset d;
    struct rdf_canonical c;
    enum sg_hash_alg alg = size % 2 == 0 ? SG_SHA256 : SG_SHA384;
    sg_result r = rdf_nquads_parse(arena, sg_str_of((const char *)data, size), &why, &d);
    if (!sg_ok(r)) {
        CHECK(why.at <= size && (why.what != NULL || r.code == SG_E_NO_MEMORY));
        return 0;
    }
    r = rdfc_canonicalize(arena, &d, alg, &limits, &c);
    if (!sg_ok(r)) {
        CHECK(r.code == SG_E_WORK);
        return 0;
    }
    CHECK(c.n == d.n);
    for (size_t i = 1; i < c.n; i++) {
        sg_str a = c.lines[i - 1];
        sg_str b = c.lines[i];
        int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
        CHECK(order < 0 || (order == 0 && a.n < b.n));
    }
    for (size_t i = 0; i < d.n; i++) {
        check_quad(arena, &c, d.quads[i]);
    }
    check_again(arena, &c, alg);
    return 0;
}
