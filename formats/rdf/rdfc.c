/* RDFC-1.0 4.4: numbers for blank nodes, first-degree hashes, the search among those that are alike, and the sorted result. req: FMT-3 */
#include "rdfc.h"

#include "rdf_put.h"
#include "sg_text.h"

#define STACK_FIRST ((size_t)8 * 1024)
#define TEXT_MAX ((size_t)1 << 30)                  /* of all lines: lengths fit 32 bits */
#define LINE_EXTRA ((size_t)3 * RDFC_NAME_MAX + 16) /* names, brackets, blanks, full stop */

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
    ret->number = SG_NEW_ARRAY(arena, n, uint32_t);
    ret->order = SG_NEW_ARRAY(arena, n, uint32_t);
    SG_REQUIRE(ret->number != NULL && ret->order != NULL, NO_MEMORY);
    memset(ret->number, 0xff, n * sizeof(*ret->number)); /* RDF_NO_NODE */
    ret->n = 0;
    return SG_DONE;
}

/* What the writer would not be able to keep apart from the text around it is refused before anything is hashed. */
static sg_result
check_quad(const struct rdf_quad *q)
{
    const struct rdf_term *terms[] = { &q->s, &q->p, &q->o, &q->g };
    for (int i = 0; i < 4; i++) {
        const struct rdf_term *t = terms[i];
        SG_REQUIRE(t->kind != RDF_IRI || rdf_iri_valid(t->value), VALUE);
        SG_REQUIRE(t->kind != RDF_BLANK || i != 1, VALUE);
        SG_REQUIRE(t->kind != RDF_LITERAL || i == 2, VALUE);
        SG_REQUIRE(t->kind != RDF_NONE || i == 3, VALUE);
        SG_REQUIRE(t->kind != RDF_LITERAL ||
                       (rdf_iri_valid(t->datatype) &&
                           (t->language.n == 0 || (rdf_language_valid(t->language) &&
                                                      sg_str_is(t->datatype, RDF_LANG_STRING)))),
            VALUE);
    }
    return SG_DONE;
}

struct names {
    struct rdf_table table;
    sg_str *labels;
    uint32_t n;
};

static sg_result
prepare_term(struct names *names, const struct rdf_term *t, uint32_t *ret_node, sg_str *ret_text)
{
    *ret_node = RDF_NO_NODE;
    *ret_text = t->value;
    if (t->kind != RDF_BLANK) {
        return SG_DONE;
    }
    SG_TRY(rdf_table_label(&names->table, names->labels, t->value, names->n, ret_node));
    if (*ret_node == names->n) {
        names->labels[names->n++] = t->value;
    }
    return SG_DONE;
}

static sg_result
prepare_quad(
    struct sg_arena *arena, struct names *names, const struct rdf_quad *q, struct rdfc_quad *ret)
{
    SG_TRY(prepare_term(names, &q->s, &ret->node[0], &ret->text[0]));
    SG_TRY(prepare_term(names, &q->o, &ret->node[1], &ret->text[1]));
    SG_TRY(prepare_term(names, &q->g, &ret->node[2], &ret->text[2]));
    ret->predicate = q->p.value;
    ret->literal = q->o.kind == RDF_LITERAL;
    ret->graph = q->g.kind != RDF_NONE;
    if (ret->literal) {
        size_t hint = q->o.value.n + q->o.datatype.n + q->o.language.n + 8;
        struct sg_buf buf = sg_buf_new(arena, hint, TEXT_MAX);
        rdf_put_term(&buf, &q->o);
        SG_TRY(sg_buf_end_str(&buf, &ret->text[1]));
    }
    return SG_DONE;
}

static size_t
count_blank(const struct rdf_dataset *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++) {
        const struct rdf_quad *q = &d->quads[i];
        n += q->s.kind == RDF_BLANK;
        n += q->o.kind == RDF_BLANK;
        n += q->g.kind == RDF_BLANK;
    }
    return n;
}

static size_t
line_most(const struct rdfc_quad *q)
{
    return q->text[0].n + q->predicate.n + q->text[1].n + q->text[2].n + LINE_EXTRA;
}

/* Quads once each, blank nodes numbered in order of appearance. */
static sg_result
prepare(struct rdfc *c, const struct rdf_dataset *d, sg_str **ret_labels)
{
    struct names names = { 0 };
    size_t n;
    size_t total = 0;
    struct rdf_quad *unique = SG_NEW_ARRAY(c->arena, d->n, struct rdf_quad);
    struct rdfc_quad *quads = SG_NEW_ARRAY(c->arena, d->n, struct rdfc_quad);
    SG_REQUIRE(unique != NULL && quads != NULL, NO_MEMORY);
    for (size_t i = 0; i < d->n; i++) {
        SG_TRY(check_quad(&d->quads[i]));
    }
    SG_TRY(rdf_quads_unique(c->arena, d->quads, d->n, unique, &n));
    size_t most = count_blank(&(struct rdf_dataset){ unique, n });
    names.labels = SG_NEW_ARRAY(c->arena, most, sg_str);
    SG_REQUIRE(names.labels != NULL, NO_MEMORY);
    SG_TRY(rdf_table_new(c->arena, most, &names.table));
    for (size_t i = 0; i < n; i++) {
        SG_TRY(prepare_quad(c->arena, &names, &unique[i], &quads[i]));
        total += line_most(&quads[i]);
        SG_REQUIRE(total <= TEXT_MAX, TOO_LARGE);
    }
    c->quads = quads;
    c->n_quads = (uint32_t)n;
    c->n_nodes = names.n;
    *ret_labels = names.labels;
    return SG_DONE;
}

/* A quad mentions a node once, in however many places it stands. */
static bool
first_place(const struct rdfc_quad *q, int k)
{
    uint32_t node = q->node[k];
    return node != RDF_NO_NODE && (k < 1 || q->node[0] != node) && (k < 2 || q->node[1] != node);
}

/* Blank node to quads map (4.3). */
static sg_result
map_mentions(struct rdfc *c)
{
    c->begin = SG_NEW_ARRAY(c->arena, (size_t)c->n_nodes + 2, uint32_t);
    SG_REQUIRE(c->begin != NULL, NO_MEMORY);
    uint32_t *count = c->begin + 2; /* two places on: summing moves it by one, filling by another */
    size_t all = 0;
    for (uint32_t i = 0; i < c->n_quads; i++) {
        for (int k = 0; k < 3; k++) {
            if (first_place(&c->quads[i], k)) {
                all++;
                count[c->quads[i].node[k]]++;
            }
        }
    }
    for (uint32_t i = 2; i <= c->n_nodes + 1; i++) {
        c->begin[i] += c->begin[i - 1];
    }
    c->mention = SG_NEW_ARRAY(c->arena, all, uint32_t);
    SG_REQUIRE(c->mention != NULL, NO_MEMORY);
    for (uint32_t i = 0; i < c->n_quads; i++) {
        for (int k = 0; k < 3; k++) {
            if (first_place(&c->quads[i], k)) {
                c->mention[c->begin[c->quads[i].node[k] + 1]++] = i;
            }
        }
    }
    return SG_DONE;
}

static uint8_t *
put(uint8_t *out, sg_str s)
{
    if (s.n != 0) {
        memcpy(out, s.p, s.n);
    }
    return out + s.n;
}

static uint8_t *
put_place(uint8_t *out, const struct rdfc_quad *q, int k, const sg_str *name)
{
    if (q->node[k] != RDF_NO_NODE) {
        return put(out, *name);
    }
    if (k == 1 && q->literal) {
        return put(out, q->text[1]);
    }
    *out++ = '<';
    out = put(out, q->text[k]);
    *out++ = '>';
    return out;
}

/* A canonical line at most line_most() long; `names` are those of the blank places. */
static uint8_t *
put_line(uint8_t *out, const struct rdfc_quad *q, const sg_str names[3])
{
    out = put_place(out, q, 0, &names[0]);
    *out++ = ' ';
    *out++ = '<';
    out = put(out, q->predicate);
    *out++ = '>';
    *out++ = ' ';
    out = put_place(out, q, 1, &names[1]);
    *out++ = ' ';
    if (q->graph) {
        out = put_place(out, q, 2, &names[2]);
        *out++ = ' ';
    }
    *out++ = '.';
    *out++ = '\n';
    return out;
}

/* Hash First Degree Quads (4.6). */
static sg_result
hash_first_degree(struct rdfc *c, uint32_t node, uint8_t *ret)
{
    const uint32_t *mine = c->mention + c->begin[node];
    size_t n = c->begin[node + 1] - c->begin[node];
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        most += line_most(&c->quads[mine[i]]);
    }
    struct rdf_line *lines = rdf_stack_array(&c->stack, 2 * n, sizeof(*lines));
    uint8_t *text = rdf_stack_take(&c->stack, most);
    uint8_t *joined = rdf_stack_take(&c->stack, most);
    SG_REQUIRE(lines != NULL && text != NULL && joined != NULL, NO_MEMORY);
    uint8_t *out = text;
    for (size_t i = 0; i < n; i++) {
        const struct rdfc_quad *q = &c->quads[mine[i]];
        sg_str names[3];
        for (int k = 0; k < 3; k++) {
            names[k] = q->node[k] == node ? SG_LIT("_:a") : SG_LIT("_:z");
        }
        uint8_t *end = put_line(out, q, names);
        lines[i] = (struct rdf_line){ out, (uint32_t)(end - out), 0 };
        out = end;
    }
    if (n == 1) {
        sg_hash(c->alg, sg_bytes_of(text, lines[0].n), ret);
        return SG_DONE;
    }
    rdf_sort(lines, lines + n, n);
    out = joined;
    for (size_t i = 0; i < n; i++) {
        out = put(out, sg_str_of((const char *)lines[i].p, lines[i].n));
    }
    sg_hash(c->alg, sg_bytes_of(joined, (size_t)(out - joined)), ret);
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
        nodes[i] = (struct rdf_line){ hash, (uint32_t)c->hash_len, i };
    }
    rdf_sort(nodes, nodes + c->n_nodes, c->n_nodes);
    *ret = nodes;
    return SG_DONE;
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
        order[found] = (struct rdf_line){ r->hash, (uint32_t)c->hash_len, found };
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

static sg_result
make_labels(struct rdfc *c, const sg_str *from, struct rdf_label **ret)
{
    struct rdf_label *labels = SG_NEW_ARRAY(c->arena, c->n_nodes, struct rdf_label);
    uint8_t *text = sg_arena_array(c->arena, c->n_nodes, RDFC_NAME_MAX);
    SG_REQUIRE(labels != NULL && text != NULL, NO_MEMORY);
    for (uint32_t i = 0; i < c->canonical.n; i++) {
        uint8_t *name = text + (size_t)i * RDFC_NAME_MAX;
        size_t n = rdfc_put_name(name, "_:c14n", i);
        labels[i].from = from[c->canonical.order[i]];
        labels[i].to = sg_str_of((const char *)name + 2, n - 2);
    }
    *ret = labels;
    return SG_DONE;
}

/* Sort the lines and lay them out one behind the other. */
static sg_result
join_lines(struct rdfc *c, struct rdf_line *lines, size_t total, struct rdf_canonical *ret)
{
    sg_str *views = SG_NEW_ARRAY(c->arena, c->n_quads, sg_str);
    uint8_t *text = sg_arena_alloc(c->arena, total);
    SG_REQUIRE(views != NULL && text != NULL, NO_MEMORY);
    rdf_sort(lines, lines + c->n_quads, c->n_quads);
    uint8_t *out = text;
    for (uint32_t i = 0; i < c->n_quads; i++) {
        views[i] = sg_str_of((const char *)out, lines[i].n);
        out = put(out, sg_str_of((const char *)lines[i].p, lines[i].n));
    }
    ret->nquads = sg_str_of((const char *)text, total);
    ret->lines = views;
    ret->n = c->n_quads;
    return SG_DONE;
}

/* Step 6. */
static sg_result
write_all(struct rdfc *c, const struct rdf_label *labels, struct rdf_canonical *ret)
{
    struct rdf_line *lines = rdf_stack_array(&c->stack, (size_t)c->n_quads * 2, sizeof(*lines));
    size_t most = 0;
    for (uint32_t i = 0; i < c->n_quads; i++) {
        most += line_most(&c->quads[i]);
    }
    uint8_t *text = rdf_stack_take(&c->stack, most);
    SG_REQUIRE(lines != NULL && text != NULL, NO_MEMORY);
    uint8_t *out = text;
    for (uint32_t i = 0; i < c->n_quads; i++) {
        const struct rdfc_quad *q = &c->quads[i];
        sg_str names[3] = { SG_NO_STR, SG_NO_STR, SG_NO_STR };
        for (int k = 0; k < 3; k++) {
            if (q->node[k] != RDF_NO_NODE) {
                sg_str to = labels[c->canonical.number[q->node[k]]].to;
                names[k] = sg_str_of(to.p - 2, to.n + 2); /* with its "_:", see make_labels */
            }
        }
        uint8_t *end = put_line(out, q, names);
        lines[i] = (struct rdf_line){ out, (uint32_t)(end - out), i };
        out = end;
    }
    return join_lines(c, lines, (size_t)(out - text), ret);
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

sg_result
rdfc_canonicalize(struct sg_arena *arena, const struct rdf_dataset *dataset, enum sg_hash_alg hash,
    const struct rdf_limits *limits, struct rdf_canonical *ret)
{
    struct rdfc c = { .arena = arena, .alg = hash, .hash_len = sg_hash_len(hash) };
    sg_str *from;
    struct rdf_label *labels;
    struct rdf_canonical out = { 0 };
    SG_REQUIRE(hash == SG_SHA256 || hash == SG_SHA384, ALGORITHM);
    SG_REQUIRE(dataset->n <= RDF_QUADS_MAX, TOO_LARGE);
    SG_TRY(rdf_stack_new(arena, STACK_FIRST, &c.stack));
    SG_TRY(prepare(&c, dataset, &from));
    set_limits(&c, limits);
    SG_TRY(map_mentions(&c));
    SG_TRY(issuer_new(arena, c.n_nodes, &c.canonical));
    SG_TRY(issuer_new(arena, c.n_nodes, &c.path));
    SG_TRY(issue_all(&c));
    SG_TRY(make_labels(&c, from, &labels));
    SG_TRY(write_all(&c, labels, &out));
    out.labels = labels;
    out.n_labels = c.canonical.n;
    *ret = out;
    return SG_DONE;
}
