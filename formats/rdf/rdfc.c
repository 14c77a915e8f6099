/* RDFC-1.0 4.4: numbers for blank nodes, first-degree hashes, the search among those that are alike, and the sorted result. req: FMT-3 */
#include "rdfc.h"

#define STACK_FIRST ((size_t)2 * 1024)
#define FEW RDF_SORT_FEW
#define BATCH 4 /* nodes hashed together */

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

/* Four bytes at once, a digit in each of eight: the high half of a byte comes first, as in memory (little-endian). */
void
rdfc_put_hex(const struct rdfc *c, const uint8_t *hash, uint8_t *out)
{
    const uint64_t ones = 0x0101010101010101U;
    for (size_t i = 0; i < c->hash_len; i += 4) {
        uint64_t x = rdf_load4(hash + i);
        x = (x | x << 16) & 0x0000ffff0000ffffU;
        x = (x | x << 8) & 0x00ff00ff00ff00ffU;
        x = (x >> 4 & 0x000f000f000f000fU) | (x & 0x000f000f000f000fU) << 8;
        uint64_t letters = (x + 6 * ones) >> 4 & ones;
        x += '0' * ones + letters * ('a' - '9' - 1);
        memcpy(out + 2 * i, &x, 8);
    }
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

static uint8_t *
put_first_degree(uint8_t *out, const struct rdfc_quad *q, uint32_t node)
{
    static const uint8_t self_text[RDFC_NAME_MAX] = "_:a";
    static const uint8_t other_text[RDFC_NAME_MAX] = "_:z";
    const struct rdfc_name self = { self_text, 3 };
    const struct rdfc_name other = { other_text, 3 };
    if (q->node[0] != RDF_NO_NODE) {
        memcpy(out, q->node[0] == node ? self_text : other_text, 4);
        out += 3;
    }
    if (q->firm == q->n) {
        return rdfc_copy_loose(out, q->text, q->n);
    }
    return rdfc_put_rest(
        out, q, q->node[1] == node ? &self : &other, q->node[2] == node ? &self : &other);
}

/* Subjects in order: IRIs ('<'), the node itself, others. */
static int
subject_order(const struct rdfc_quad *q, uint32_t node)
{
    return q->node[0] == RDF_NO_NODE ? 0 : q->node[0] == node ? 1 : 2;
}

/*
 * Sorts the quads of a node by their lines before these are written. Neighbours in the order that comes out
 * were compared with each other, so where no comparison needed a name, none decides the order in the result either.
 * False, and any order, when one did.
 */
static bool
settle(const struct rdfc *c, uint32_t node, uint32_t *mine, size_t n)
{
    const struct rdfc_quad *quads = c->quads;
    for (size_t i = 1; i < n; i++) {
        uint32_t x = mine[i];
        const struct rdfc_quad *q = &quads[x];
        int subject = subject_order(q, node);
        size_t at = i;
        for (; at > 0; at--) {
            const struct rdfc_quad *before = &quads[mine[at - 1]];
            int order = subject_order(before, node) - subject;
            if (order == 0) {
                order = rdfc_order(before, q);
                if (order == 0) {
                    mine[at] = x;
                    return false;
                }
            }
            if (order < 0) {
                break;
            }
            mine[at] = mine[at - 1];
        }
        mine[at] = x;
    }
    return true;
}

/* The lines of a node's quads, sorted with their names in them, to `out`; the quads are put in the same order. */
static sg_result
put_sorted(struct rdfc *c, uint32_t node, uint32_t *mine, size_t n, size_t most, uint8_t **out)
{
    struct rdf_line *lines = rdf_stack_array(&c->stack, 2 * n, sizeof(*lines));
    uint8_t *text = rdf_stack_take(&c->stack, most);
    SG_REQUIRE(lines != NULL && text != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        uint8_t *end = put_first_degree(text, &c->quads[mine[i]], node);
        lines[i] = (struct rdf_line){ text, (uint32_t)(end - text), mine[i], 0, 0 };
        text = end;
    }
    rdf_sort(lines, lines + n, n);
    for (size_t i = 0; i < n; i++) {
        *out = rdfc_copy(*out, lines[i].p, lines[i].n);
        mine[i] = lines[i].id; /* nearly the order of the result: less to sort there */
    }
    return SG_DONE;
}

/* What Hash First Degree Quads (4.6) hashes, with SG_HASH_ROOM behind it. */
static sg_result
first_degree_text(struct rdfc *c, uint32_t node, uint8_t **ret, size_t *ret_n)
{
    uint32_t *mine = c->mention + c->begin[node];
    size_t n = c->begin[node + 1] - c->begin[node];
    size_t most = n * 3 * RDFC_NAME_MAX + RDFC_SLACK;
    for (size_t i = 0; i < n; i++) {
        most += c->quads[mine[i]].n;
    }
    uint8_t *text = rdf_stack_take(&c->stack, most + SG_HASH_ROOM);
    SG_REQUIRE(text != NULL, NO_MEMORY);
    uint8_t *out = text;
    c->settled[node] = n <= FEW && settle(c, node, mine, n);
    if (c->settled[node]) {
        for (size_t i = 0; i < n; i++) {
            out = put_first_degree(out, &c->quads[mine[i]], node);
        }
    } else {
        SG_TRY(put_sorted(c, node, mine, n, most, &out));
    }
    *ret = text;
    *ret_n = (size_t)(out - text);
    return SG_DONE;
}

/*
 * First-degree hashes of nodes `from` to `to`. First all texts, then all hashes: a digest is a long chain of steps that
 * wait for each other, and beside the next one the processor has something to do meanwhile.
 */
static sg_result
hash_first_degree(struct rdfc *c, uint32_t from, uint32_t to)
{
    struct rdf_mark mark = rdf_stack_mark(&c->stack);
    uint8_t *text[BATCH];
    size_t n[BATCH];
    for (uint32_t i = from; i < to; i++) {
        SG_TRY(first_degree_text(c, i, &text[i - from], &n[i - from]));
    }
    for (uint32_t i = from; i < to; i++) {
        sg_hash_in_place(c->alg, text[i - from], n[i - from], c->first + (size_t)i * c->hash_len);
    }
    rdf_stack_release(&c->stack, mark);
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

/* By hash, then by number. Most differ in the first eight bytes. */
static bool
node_after(const struct rdfc *c, uint32_t a, uint32_t b)
{
    const uint8_t *x = rdfc_first_hash(c, a);
    const uint8_t *y = rdfc_first_hash(c, b);
    uint64_t first = __builtin_bswap64(rdf_load8(x));
    uint64_t second = __builtin_bswap64(rdf_load8(y));
    if (first != second) {
        return first > second;
    }
    int order = memcmp(x, y, c->hash_len);
    return order != 0 ? order > 0 : a > b;
}

static sg_result
sort_some(struct rdfc *c, uint32_t *nodes, size_t n)
{
    if (n > FEW) {
        struct rdf_mark mark = rdf_stack_mark(&c->stack);
        struct rdf_line *lines = rdf_stack_array(&c->stack, 2 * n, sizeof(*lines));
        SG_REQUIRE(lines != NULL, NO_MEMORY);
        for (size_t i = 0; i < n; i++) {
            const uint8_t *hash = rdfc_first_hash(c, nodes[i]);
            lines[i] = (struct rdf_line){ hash, (uint32_t)c->hash_len, nodes[i], 0, 0 };
        }
        rdf_sort(lines, lines + n, n);
        for (size_t i = 0; i < n; i++) {
            nodes[i] = lines[i].id;
        }
        rdf_stack_release(&c->stack, mark);
        return SG_DONE;
    }
    for (size_t i = 1; i < n; i++) {
        uint32_t x = nodes[i];
        size_t at = i;
        for (; at > 0 && node_after(c, nodes[at - 1], x); at--) {
            nodes[at] = nodes[at - 1];
        }
        nodes[at] = x;
    }
    return SG_DONE;
}

/*
 * Sort by hash: into about as many buckets as there are nodes, then each bucket. Hashes spread evenly, whoever chose
 * the graph; and equal ones cost what the sort costs.
 */
static sg_result
sort_by_hash(struct rdfc *c, uint32_t *to)
{
    const size_t n = c->n_nodes;
    if (n <= FEW) {
        for (uint32_t i = 0; i < n; i++) {
            to[i] = i;
        }
        return sort_some(c, to, n);
    }
    struct rdf_mark mark = rdf_stack_mark(&c->stack);
    unsigned bits = 1;
    while (bits < 24 && (size_t)1 << bits < n) {
        bits++;
    }
    size_t n_buckets = (size_t)1 << bits;
    uint32_t *begin = rdf_stack_array(&c->stack, n_buckets + 2, sizeof(*begin));
    SG_REQUIRE(begin != NULL, NO_MEMORY);
    memset(begin, 0, (n_buckets + 2) * sizeof(*begin));
    for (uint32_t i = 0; i < n; i++) {
        begin[bucket_of(rdfc_first_hash(c, i), bits) + 2]++;
    }
    for (size_t i = 2; i < n_buckets + 2; i++) {
        begin[i] += begin[i - 1];
    }
    for (uint32_t i = 0; i < n; i++) {
        to[begin[bucket_of(rdfc_first_hash(c, i), bits) + 1]++] = i;
    }
    for (size_t i = 0; i < n_buckets; i++) {
        if (begin[i + 1] - begin[i] > 1) {
            SG_TRY(sort_some(c, to + begin[i], begin[i + 1] - begin[i]));
        }
    }
    rdf_stack_release(&c->stack, mark);
    return SG_DONE;
}

/* Step 3: all nodes with their hashes; *ret: their numbers, sorted by hash. */
static sg_result
sort_nodes(struct rdfc *c, uint32_t **ret)
{
    uint32_t *nodes = SG_NEW_ARRAY(c->arena, c->n_nodes, uint32_t);
    c->first = sg_arena_array(c->arena, c->n_nodes, c->hash_len);
    c->settled = SG_NEW_ARRAY(c->arena, c->n_nodes, bool);
    SG_REQUIRE(nodes != NULL && c->first != NULL && c->settled != NULL, NO_MEMORY);
    for (uint32_t i = 0; i < c->n_nodes; i += BATCH) {
        SG_TRY(hash_first_degree(c, i, c->n_nodes - i < BATCH ? c->n_nodes : i + BATCH));
    }
    *ret = nodes;
    return sort_by_hash(c, nodes);
}

struct result {
    uint8_t hash[SG_HASH_MAX];
    uint32_t *issued;
    uint32_t n;
};

/* Steps 5.2 and 5.3: n nodes that share one first-degree hash. */
static sg_result
tell_apart(struct rdfc *c, const uint32_t *nodes, size_t n)
{
    struct result *results = rdf_stack_array(&c->stack, n, sizeof(*results));
    struct rdf_line *order = rdf_stack_array(&c->stack, 2 * n, sizeof(*order));
    SG_REQUIRE(results != NULL && order != NULL, NO_MEMORY);
    uint32_t found = 0;
    for (size_t i = 0; i < n; i++) {
        if (c->canonical.number[nodes[i]] != RDF_NO_NODE) {
            continue;
        }
        struct result *r = &results[found];
        rdfc_issuer_cut(&c->path, 0);
        rdfc_issue(&c->path, nodes[i]);
        SG_TRY(rdfc_deep(c, nodes[i], 0, r->hash));
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
alike(const struct rdfc *c, const uint32_t *nodes, size_t from)
{
    const uint8_t *hash = rdfc_first_hash(c, nodes[from]);
    size_t to = from + 1;
    for (; to < c->n_nodes; to++) {
        const uint8_t *other = rdfc_first_hash(c, nodes[to]);
        if (rdf_load8(hash) != rdf_load8(other) || memcmp(hash, other, c->hash_len) != 0) {
            break;
        }
    }
    return to - from;
}

/* Steps 4 and 5. */
static sg_result
issue_all(struct rdfc *c)
{
    uint32_t *nodes;
    SG_TRY(sort_nodes(c, &nodes));
    for (size_t i = 0, n; i < c->n_nodes; i += n) {
        n = alike(c, nodes, i);
        if (n == 1) {
            rdfc_issue(&c->canonical, nodes[i]);
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
