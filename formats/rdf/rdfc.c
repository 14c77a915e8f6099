/* RDFC-1.0 4.4: numbers for blank nodes, first-degree hashes, the search among those that are alike, and the sorted result. req: FMT-3 */
#include "rdfc.h"

#include "sg_text.h"

#define STACK_FIRST ((size_t)2 * 1024)
#define FEW RDF_SORT_FEW

/* Defaults of struct rdf_limits. */
#define DEEP_CALLS_EACH ((size_t)64)
#define DEEP_CALLS_LEAST ((size_t)65536)
#define PERMUTATIONS ((size_t)500000)
/* A call of the search looks at all quads of a node: its work is bounded as well as their number. */
#define STEPS_EACH ((size_t)64)
#define STEPS_LEAST ((size_t)4000000)

void
rdfc_issue(struct rdfc_issuer *issuer, uint32_t node)
{
    if (issuer->number[node] == RDF_NO_NODE) {
        issuer->number[node] = issuer->n;
        issuer->order[issuer->n++] = node;
    }
}

void
rdfc_issuer_cut(struct rdfc_issuer *issuer, uint32_t n)
{
    while (issuer->n > n) {
        issuer->number[issuer->order[--issuer->n]] = RDF_NO_NODE;
    }
}

size_t
rdfc_put_name(uint8_t *out, const char *prefix, uint32_t number)
{
    size_t n = strlen(prefix);
    uint8_t digits[10];
    size_t i = sizeof(digits);
    do {
        digits[--i] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    memcpy(out, prefix, n);
    memcpy(out + n, digits + i, sizeof(digits) - i);
    return n + sizeof(digits) - i;
}

void
rdfc_put_hex(const struct rdfc *c, const uint8_t *hash, uint8_t *out)
{
    sg_hex_to(sg_bytes_of(hash, c->hash_len), (char *)out);
}

static sg_result
issuer_new(struct sg_arena *arena, size_t n, struct rdfc_issuer *ret)
{
    ret->number = SG_NEW_ARRAY(arena, 2 * n, uint32_t);
    SG_REQUIRE(ret->number != NULL, NO_MEMORY);
    ret->order = ret->number + n;
    memset(ret->number, 0xff, n * sizeof(*ret->number)); /* RDF_NO_NODE */
    ret->n = 0;
    return SG_DONE;
}

/* Hash First Degree Quads (4.6). */
static sg_result
hash_first_degree(struct rdfc *c, uint32_t node, uint8_t *ret)
{
    static const uint8_t a[RDFC_NAME_MAX] = "_:a";
    static const uint8_t z[RDFC_NAME_MAX] = "_:z";
    const struct rdfc_name self = { a, 3 };
    const struct rdfc_name other = { z, 3 };
    uint32_t *mine = c->mention + c->begin[node];
    size_t n = c->begin[node + 1] - c->begin[node];
    size_t most = n * 3 * RDFC_NAME_MAX;
    for (size_t i = 0; i < n; i++) {
        most += c->quads[mine[i]].n;
    }
    struct rdf_line *lines = rdf_stack_array(&c->stack, 2 * n, sizeof(*lines));
    uint8_t *text = rdf_stack_take(&c->stack, 2 * most);
    SG_REQUIRE(lines != NULL && text != NULL, NO_MEMORY);
    uint8_t *joined = text + most;
    uint8_t *out = text;
    for (size_t i = 0; i < n; i++) {
        const struct rdfc_quad *q = &c->quads[mine[i]];
        struct rdfc_name names[3];
        for (int k = 0; k < 3; k++) {
            names[k] = q->node[k] == node ? self : other;
        }
        uint8_t *end = rdfc_put_line(out, q, names);
        lines[i] = (struct rdf_line){ out, (uint32_t)(end - out), mine[i], 0, 0 };
        out = end;
    }
    if (n == 1) {
        sg_hash(c->alg, sg_bytes_of(text, lines[0].n), ret);
        return SG_DONE;
    }
    rdf_sort(lines, lines + n, n);
    out = joined;
    for (size_t i = 0; i < n; i++) {
        out = rdfc_copy(out, lines[i].p, lines[i].n);
        mine[i] = lines[i].id; /* nearly the order of the result: less to sort there */
    }
    sg_hash(c->alg, sg_bytes_of(joined, (size_t)(out - joined)), ret);
    return SG_DONE;
}

/* Beginning of a hash as a number below 2^bits, in the order of the hashes. */
static size_t
bucket_of(const uint8_t *hash, unsigned bits)
{
    uint32_t word = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 |
                    (uint32_t)hash[3];
    return word >> (32 - bits);
}

/*
 * Sort by hash: into about as many buckets as there are nodes, then each bucket. Hashes spread evenly, whoever chose
 * the graph; and equal ones cost what the sort costs.
 */
static sg_result
sort_by_hash(struct rdfc *c, const struct rdf_line *from, struct rdf_line *to)
{
    if (c->n_nodes <= FEW) {
        memcpy(to, from, c->n_nodes * sizeof(*to));
        rdf_sort(to, NULL, c->n_nodes);
        return SG_DONE;
    }
    struct rdf_mark mark = rdf_stack_mark(&c->stack);
    unsigned bits = 1;
    while (bits < 24 && (size_t)1 << bits < c->n_nodes) {
        bits++;
    }
    size_t n_buckets = (size_t)1 << bits;
    uint32_t *begin = rdf_stack_array(&c->stack, n_buckets + 2, sizeof(*begin));
    struct rdf_line *spare = rdf_stack_array(&c->stack, c->n_nodes, sizeof(*spare));
    SG_REQUIRE(begin != NULL && spare != NULL, NO_MEMORY);
    memset(begin, 0, (n_buckets + 2) * sizeof(*begin));
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        begin[bucket_of(from[i].p, bits) + 2]++;
    }
    for (size_t i = 2; i < n_buckets + 2; i++) {
        begin[i] += begin[i - 1];
    }
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        to[begin[bucket_of(from[i].p, bits) + 1]++] = from[i];
    }
    for (size_t i = 0; i < n_buckets; i++) {
        if (begin[i + 1] - begin[i] > 1) {
            rdf_sort(to + begin[i], spare, begin[i + 1] - begin[i]);
        }
    }
    rdf_stack_release(&c->stack, mark);
    return SG_DONE;
}

/* Step 3: all nodes with their hashes, sorted by hash. */
static sg_result
sort_nodes(struct rdfc *c, struct rdf_line **ret)
{
    struct rdf_line *nodes = SG_NEW_ARRAY(c->arena, (size_t)c->n_nodes * 2, struct rdf_line);
    c->first = sg_arena_array(c->arena, c->n_nodes, c->hash_len);
    SG_REQUIRE(nodes != NULL && c->first != NULL, NO_MEMORY);
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        struct rdf_mark mark = rdf_stack_mark(&c->stack);
        uint8_t *hash = c->first + (size_t)i * c->hash_len;
        SG_TRY(hash_first_degree(c, i, hash));
        rdf_stack_release(&c->stack, mark);
        nodes[i] = (struct rdf_line){ hash, (uint32_t)c->hash_len, i, 0, 0 };
    }
    *ret = nodes + c->n_nodes;
    return sort_by_hash(c, nodes, *ret);
}

struct result {
    uint8_t hash[SG_HASH_MAX];
    uint32_t *issued;
    uint32_t n;
};

/* Steps 5.2 and 5.3: n nodes that share one first-degree hash. */
static sg_result
tell_apart(struct rdfc *c, const struct rdf_line *nodes, size_t n)
{
    struct result *results = rdf_stack_array(&c->stack, n, sizeof(*results));
    struct rdf_line *order = rdf_stack_array(&c->stack, 2 * n, sizeof(*order));
    SG_REQUIRE(results != NULL && order != NULL, NO_MEMORY);
    uint32_t found = 0;
    for (size_t i = 0; i < n; i++) {
        if (c->canonical.number[nodes[i].id] != RDF_NO_NODE) {
            continue;
        }
        struct result *r = &results[found];
        rdfc_issuer_cut(&c->path, 0);
        rdfc_issue(&c->path, nodes[i].id);
        SG_TRY(rdfc_deep(c, nodes[i].id, 0, r->hash));
        r->n = c->path.n;
        r->issued = rdf_stack_array(&c->stack, r->n, sizeof(*r->issued));
        SG_REQUIRE(r->issued != NULL, NO_MEMORY);
        memcpy(r->issued, c->path.order, r->n * sizeof(*r->issued));
        order[found] = (struct rdf_line){ r->hash, (uint32_t)c->hash_len, found, 0, 0 };
        found++;
    }
    rdf_sort(order, order + n, found);
    for (uint32_t i = 0; i < found; i++) {
        const struct result *r = &results[order[i].id];
        for (uint32_t k = 0; k < r->n; k++) {
            rdfc_issue(&c->canonical, r->issued[k]);
        }
    }
    return SG_DONE;
}

static size_t
alike(const struct rdfc *c, const struct rdf_line *nodes, size_t from)
{
    size_t to = from + 1;
    while (to < c->n_nodes && memcmp(nodes[from].p, nodes[to].p, c->hash_len) == 0) {
        to++;
    }
    return to - from;
}

/* Steps 4 and 5. */
static sg_result
issue_all(struct rdfc *c)
{
    struct rdf_line *nodes;
    SG_TRY(sort_nodes(c, &nodes));
    for (size_t i = 0, n; i < c->n_nodes; i += n) {
        n = alike(c, nodes, i);
        if (n == 1) {
            rdfc_issue(&c->canonical, nodes[i].id);
        }
    }
    if (c->canonical.n == c->n_nodes) {
        return SG_DONE;
    }
    SG_TRY(issuer_new(c->arena, c->n_nodes, &c->path));
    for (size_t i = 0, n; i < c->n_nodes; i += n) {
        n = alike(c, nodes, i);
        if (n > 1) {
            struct rdf_mark mark = rdf_stack_mark(&c->stack);
            SG_TRY(tell_apart(c, nodes + i, n));
            rdf_stack_release(&c->stack, mark);
        }
    }
    return SG_DONE;
}

static void
set_limits(struct rdfc *c, const struct rdf_limits *limits)
{
    struct rdf_limits l = { 0 };
    if (limits != NULL) {
        l = *limits;
    }
    size_t calls = DEEP_CALLS_EACH * c->n_nodes;
    size_t steps = STEPS_EACH * c->n_quads;
    calls = calls > DEEP_CALLS_LEAST ? calls : DEEP_CALLS_LEAST;
    steps = steps > STEPS_LEAST ? steps : STEPS_LEAST;
    c->deep_calls = l.deep_calls != 0 ? l.deep_calls : calls;
    c->permutations = l.permutations != 0 ? l.permutations : PERMUTATIONS;
    c->steps = l.steps != 0 ? l.steps : steps;
}

static sg_result
canonicalize(struct rdfc *c, const struct rdf_dataset *dataset, const struct rdf_limits *limits,
    struct rdf_canonical *ret)
{
    sg_str *from;
    struct rdf_label *labels;
    SG_TRY(rdf_stack_new(c->arena, STACK_FIRST, &c->stack));
    SG_TRY(rdfc_prepare(c, dataset, &from));
    set_limits(c, limits);
    SG_TRY(rdfc_map_mentions(c));
    SG_TRY(issuer_new(c->arena, c->n_nodes, &c->canonical));
    SG_TRY(issue_all(c));
    SG_TRY(rdfc_make_labels(c, from, &labels));
    SG_TRY(rdfc_write(c, labels, ret));
    ret->labels = labels;
    ret->n_labels = c->canonical.n;
    return SG_DONE;
}

/*
 * A dataset is a set, and nearly every input is one already. So quads are not compared first: equal ones
 * end as equal lines beside each other, or make the search too long; then they are dropped and it is all done again.
 */
sg_result
rdfc_canonicalize(struct sg_arena *arena, const struct rdf_dataset *dataset, enum sg_hash_alg hash,
    const struct rdf_limits *limits, struct rdf_canonical *ret)
{
    const struct rdfc blank = { .arena = arena, .alg = hash, .hash_len = sg_hash_len(hash) };
    struct rdfc c = blank;
    struct rdf_canonical out;
    SG_REQUIRE(hash == SG_SHA256 || hash == SG_SHA384, ALGORITHM);
    SG_REQUIRE(dataset->n <= RDF_QUADS_MAX, TOO_LARGE);
    sg_result r = canonicalize(&c, dataset, limits, &out);
    if (r.code == SG_E_WORK || c.repeated) {
        size_t n;
        struct rdf_quad *unique = SG_NEW_ARRAY(arena, dataset->n, struct rdf_quad);
        SG_REQUIRE(unique != NULL, NO_MEMORY);
        SG_TRY(rdf_quads_unique(arena, dataset->quads, dataset->n, unique, &n));
        if (n < dataset->n) {
            c = blank;
            r = canonicalize(&c, &(struct rdf_dataset){ unique, n }, limits, &out);
        }
    }
    SG_TRY(r);
    *ret = out;
    return SG_DONE;
}
