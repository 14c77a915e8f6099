/*
 * Hash N-Degree Quads (RDFC-1.0 4.8). The specification copies issuers; here there is one, and what a permutation issued is taken
 * back before the next, because along one path an issuer only ever grows. All work is charged before it is done.
 */
#include "rdfc.h"

/* The search calls itself; an 8 MiB stack holds many times this, sanitizers included. */
#define DEPTH_MAX 2048

/* Blank nodes related by one hash: the list whose permutations are tried. */
struct group {
    uint32_t *perm;
    uint32_t *recursion;
    size_t n;
    uint8_t *path;
    size_t path_n;
    size_t same; /* bytes of path known to equal those of chosen */
    uint8_t *chosen;
    size_t chosen_n; /* 0: none yet */
    uint32_t base;   /* identifiers issued before the group */
    uint32_t *tail;  /* identifiers issued on the chosen path */
    size_t tail_n;
    size_t tail_cap;
};

static bool
charge(size_t *left, size_t work)
{
    if (*left < work) {
        return false;
    }
    *left -= work;
    return true;
}

/* Hash Related Blank Node (4.7). */
static sg_result
hash_related(
    struct rdfc *c, const struct rdfc_quad *q, int position, uint32_t related, uint8_t *ret)
{
    static const char letters[] = { 's', 'o', 'g' };
    struct rdf_mark mark = rdf_stack_mark(&c->stack);
    sg_str predicate = q->quad->p.value;
    uint8_t *in =
        rdf_stack_take(&c->stack, 3 + predicate.n + 2 * SG_HASH_MAX + RDFC_NAME_MAX + SG_HASH_ROOM);
    SG_REQUIRE(in != NULL, NO_MEMORY);
    size_t n = 0;
    in[n++] = (uint8_t)letters[position];
    if (position != 2) {
        in[n++] = '<';
        n = (size_t)(rdfc_copy(in + n, predicate.p, predicate.n) - in);
        in[n++] = '>';
    }
    if (c->canonical.number[related] != RDF_NO_NODE) {
        n += rdfc_put_name(in + n, "_:c14n", c->canonical.number[related]);
    } else if (c->path.number[related] != RDF_NO_NODE) {
        n += rdfc_put_name(in + n, "_:b", c->path.number[related]);
    } else {
        rdfc_put_hex(c, rdfc_first_hash(c, related), in + n);
        n += 2 * c->hash_len;
    }
    sg_hash_in_place(c->alg, in, n, ret);
    rdf_stack_release(&c->stack, mark);
    return SG_DONE;
}

/* Steps 1 to 3: blank nodes next to `node` with their hashes, sorted by hash. */
static sg_result
gather(struct rdfc *c, uint32_t node, struct rdf_line **ret, size_t *ret_n)
{
    size_t mentions = c->begin[node + 1] - c->begin[node];
    SG_REQUIRE(charge(&c->steps, mentions), WORK);
    size_t n = 0;
    for (size_t i = 0; i < mentions; i++) {
        const struct rdfc_quad *q = &c->quads[c->mention[c->begin[node] + i]];
        for (int k = 0; k < 3; k++) {
            n += q->node[k] != RDF_NO_NODE && q->node[k] != node;
        }
    }
    SG_REQUIRE(charge(&c->steps, n), WORK);
    struct rdf_line *all = rdf_stack_array(&c->stack, 2 * n, sizeof(*all));
    uint8_t *hashes = rdf_stack_array(&c->stack, n, c->hash_len);
    SG_REQUIRE(all != NULL && hashes != NULL, NO_MEMORY);
    size_t at = 0;
    for (size_t i = 0; i < mentions; i++) {
        const struct rdfc_quad *q = &c->quads[c->mention[c->begin[node] + i]];
        for (int k = 0; k < 3; k++) {
            if (q->node[k] != RDF_NO_NODE && q->node[k] != node) {
                uint8_t *hash = hashes + at * c->hash_len;
                SG_TRY(hash_related(c, q, k, q->node[k], hash));
                all[at++] = (struct rdf_line){ hash, (uint32_t)c->hash_len, q->node[k], 0, 0 };
            }
        }
    }
    rdf_sort(all, all + n, n);
    *ret = all;
    *ret_n = n;
    return SG_DONE;
}

/* The path can no longer become the least one. Compares only what was added since the last time. */
static bool
hopeless(struct group *g)
{
    if (g->chosen_n == 0) {
        return false;
    }
    size_t n = g->path_n < g->chosen_n ? g->path_n : g->chosen_n;
    for (; g->same < n; g->same++) {
        if (g->path[g->same] != g->chosen[g->same]) {
            return g->path[g->same] > g->chosen[g->same];
        }
    }
    return g->path_n >= g->chosen_n && g->same == n; /* equal so far: it is not less */
}

static void
add_path_name(const struct rdfc *c, struct group *g, uint32_t node)
{
    g->path_n += rdfc_put_name(g->path + g->path_n, "_:b", c->path.number[node]);
}

/* Step 5.4 for one permutation; *ret_better when its path is the least so far. */
static sg_result
try_permutation(struct rdfc *c, struct group *g, unsigned depth, bool *ret_better)
{
    size_t n_recursion = 0;
    SG_REQUIRE(charge(&c->permutations, 1) && charge(&c->steps, g->n), WORK);
    *ret_better = false;
    g->path_n = 0;
    g->same = 0;
    rdfc_issuer_cut(&c->path, g->base);
    for (size_t i = 0; i < g->n; i++) {
        uint32_t related = g->perm[i];
        if (c->canonical.number[related] != RDF_NO_NODE) {
            g->path_n += rdfc_put_name(g->path + g->path_n, "_:c14n", c->canonical.number[related]);
        } else {
            if (c->path.number[related] == RDF_NO_NODE) {
                g->recursion[n_recursion++] = related;
                rdfc_issue(&c->path, related);
            }
            add_path_name(c, g, related);
        }
        if (hopeless(g)) {
            return SG_DONE;
        }
    }
    for (size_t i = 0; i < n_recursion; i++) {
        uint8_t hash[SG_HASH_MAX];
        SG_TRY(rdfc_deep(c, g->recursion[i], depth + 1, hash));
        add_path_name(c, g, g->recursion[i]);
        g->path[g->path_n++] = '<';
        rdfc_put_hex(c, hash, g->path + g->path_n);
        g->path_n += 2 * c->hash_len;
        g->path[g->path_n++] = '>';
        if (hopeless(g)) {
            return SG_DONE;
        }
    }
    *ret_better = true; /* not hopeless at its end: there is none yet, or this one is less */
    return SG_DONE;
}

static sg_result
keep_chosen(struct rdfc *c, struct group *g)
{
    uint8_t *swap = g->chosen;
    g->chosen = g->path;
    g->chosen_n = g->path_n;
    g->path = swap;
    g->tail_n = c->path.n - g->base;
    if (g->tail_n > g->tail_cap) {
        g->tail_cap = 2 * g->tail_n;
        g->tail = rdf_stack_array(&c->stack, g->tail_cap, sizeof(*g->tail));
        SG_REQUIRE(g->tail != NULL, NO_MEMORY);
    }
    if (g->tail_n != 0) {
        memcpy(g->tail, c->path.order + g->base, g->tail_n * sizeof(*g->tail));
    }
    return SG_DONE;
}

/* The next one in lexical order, so that equal members are not tried in each other's place. */
static bool
next_permutation(uint32_t *a, size_t n)
{
    size_t i = n - 1;
    while (i > 0 && a[i - 1] >= a[i]) {
        i--;
    }
    if (i == 0) {
        return false;
    }
    size_t j = n - 1;
    while (a[j] <= a[i - 1]) {
        j--;
    }
    uint32_t swap = a[i - 1];
    a[i - 1] = a[j];
    a[j] = swap;
    for (j = n - 1; i < j; i++, j--) {
        swap = a[i];
        a[i] = a[j];
        a[j] = swap;
    }
    return true;
}

/* Steps 5.1 to 5.6 for the blank nodes related by one hash; appends the chosen path to `data`. */
static sg_result
choose_path(struct rdfc *c, const struct rdf_line *related, size_t n, unsigned depth, uint8_t *data,
    size_t *data_n)
{
    const uint32_t only = c->canonical.number[related->id];
    if (n == 1 && only != RDF_NO_NODE) {
        /* most groups: one permutation, its path one name, nothing issued */
        SG_REQUIRE(charge(&c->permutations, 1) && charge(&c->steps, 1), WORK);
        *data_n += rdfc_put_name(data + *data_n, "_:c14n", only);
        return SG_DONE;
    }
    struct group g = { .n = n, .base = c->path.n };
    size_t each = 2 * RDFC_NAME_MAX + 2 + 2 * c->hash_len;
    g.perm = rdf_stack_array(&c->stack, 2 * n, sizeof(*g.perm));
    g.path = rdf_stack_array(&c->stack, n, each);
    g.chosen = rdf_stack_array(&c->stack, n, each);
    SG_REQUIRE(g.perm != NULL && g.path != NULL && g.chosen != NULL, NO_MEMORY);
    g.recursion = g.perm + n;
    for (size_t i = 0; i < n; i++) {
        g.perm[i] = related[i].id; /* ascending: the sort decides equal hashes by node */
    }
    do {
        bool better;
        SG_TRY(try_permutation(c, &g, depth, &better));
        if (better) {
            SG_TRY(keep_chosen(c, &g));
        }
    } while (next_permutation(g.perm, n));
    rdfc_issuer_cut(&c->path, g.base);
    for (size_t i = 0; i < g.tail_n; i++) {
        rdfc_issue(&c->path, g.tail[i]);
    }
    memcpy(data + *data_n, g.chosen, g.chosen_n);
    *data_n += g.chosen_n;
    return SG_DONE;
}

static sg_result
hash_neighbours(struct rdfc *c, uint32_t node, unsigned depth, uint8_t *ret_hash)
{
    struct rdf_line *all;
    size_t n;
    SG_TRY(gather(c, node, &all, &n));
    size_t each = 2 * RDFC_NAME_MAX + 2 + 4 * c->hash_len;
    uint8_t *data = rdf_stack_take(&c->stack, n * each + SG_HASH_ROOM); /* n: 3 for each quad */
    SG_REQUIRE(data != NULL, NO_MEMORY);
    size_t data_n = 0;
    for (size_t from = 0; from < n;) {
        size_t to = from + 1;
        while (to < n && memcmp(all[from].p, all[to].p, c->hash_len) == 0) {
            to++;
        }
        rdfc_put_hex(c, all[from].p, data + data_n);
        data_n += 2 * c->hash_len;
        struct rdf_mark mark = rdf_stack_mark(&c->stack);
        SG_TRY(choose_path(c, all + from, to - from, depth, data, &data_n));
        rdf_stack_release(&c->stack, mark);
        from = to;
    }
    sg_hash_in_place(c->alg, data, data_n, ret_hash);
    return SG_DONE;
}

sg_result
rdfc_deep(struct rdfc *c, uint32_t node, unsigned depth, uint8_t *ret_hash)
{
    SG_REQUIRE(depth < DEPTH_MAX && charge(&c->deep_calls, 1), WORK);
    struct rdf_mark mark = rdf_stack_mark(&c->stack);
    SG_TRY(hash_neighbours(c, node, depth, ret_hash));
    rdf_stack_release(&c->stack, mark);
    return SG_DONE;
}
