/* RDFC-1.0 4.4 steps 6 and 7: the lines under their canonical names, in code point order. */
#include "rdfc.h"

uint8_t *
rdfc_put_rest(uint8_t *out, const struct rdfc_quad *q, const struct rdfc_name *object,
    const struct rdfc_name *graph)
{
    const struct rdfc_name *names[2] = { object, graph };
    uint32_t done = 0;
    for (int k = 0; k < 2; k++) {
        if (q->node[k + 1] != RDF_NO_NODE) {
            out = rdfc_copy_loose(out, q->text + done, q->at[k] - done);
            memcpy(out, names[k]->text, RDFC_NAME_MAX);
            out += names[k]->n;
            done = q->at[k];
        }
    }
    return rdfc_copy_loose(out, q->text + done, q->n - done);
}

sg_result
rdfc_make_labels(struct rdfc *c, const sg_str *from, struct rdf_label **ret)
{
    size_t each = sizeof(struct rdf_label) + RDFC_NAME_MAX;
    struct rdf_label *labels = sg_arena_array(c->arena, c->n_nodes, each);
    SG_REQUIRE(labels != NULL, NO_MEMORY);
    uint8_t *text = (uint8_t *)(labels + c->n_nodes);
    size_t n = 0;
    for (uint32_t i = 0; i < c->canonical.n; i++) {
        uint8_t *name = text + (size_t)i * RDFC_NAME_MAX;
        if (i % 10 == 0) {
            n = rdfc_put_name(name, "_:c14n", i);
        } else {
            memcpy(name, name - RDFC_NAME_MAX, RDFC_NAME_MAX);
            name[n - 1]++;
        }
        labels[i].from = from[c->canonical.order[i]];
        labels[i].to = sg_str_of((const char *)name + 2, n - 2);
    }
    *ret = labels;
    return SG_DONE;
}

/* Where the sorted lines go. */
struct out {
    const struct rdf_label *labels;
    uint8_t *text;
    sg_str *views;
    uint32_t n;
};

/* Of a node, or none. */
static inline struct rdfc_name
canonical_name(const struct rdfc *c, const struct out *o, uint32_t node)
{
    if (node == RDF_NO_NODE) {
        return (struct rdfc_name){ 0 };
    }
    sg_str name = o->labels[c->canonical.number[node]].to;
    /* with its "_:", see rdfc_make_labels */
    return (struct rdfc_name){ (const uint8_t *)name.p - 2, name.n + 2 };
}

static inline uint8_t *
put_canonical(const struct rdfc *c, const struct out *o, const struct rdfc_quad *q,
    struct rdfc_name subject, uint8_t *to)
{
    if (subject.n != 0) {
        memcpy(to, subject.text, RDFC_NAME_MAX);
        to += subject.n;
    }
    if (q->firm == q->n) {
        return rdfc_copy_loose(to, q->text, q->n);
    }
    const struct rdfc_name object = canonical_name(c, o, q->node[1]);
    const struct rdfc_name graph = canonical_name(c, o, q->node[2]);
    return rdfc_put_rest(to, q, &object, &graph);
}

static void
append(struct rdfc *c, struct out *o, const struct rdf_line *line)
{
    sg_str view = sg_str_of((const char *)o->text, line->n);
    o->text = rdfc_copy(o->text, line->p, line->n);
    c->repeated |= o->n > 0 && sg_str_equal(o->views[o->n - 1], view);
    o->views[o->n++] = view;
}

/* The n quads numbered by `some`, sorted among themselves. */
static sg_result
append_sorted(struct rdfc *c, struct out *o, const uint32_t *some, size_t n)
{
    struct rdf_mark mark = rdf_stack_mark(&c->stack);
    size_t most = n * 3 * RDFC_NAME_MAX + RDFC_SLACK;
    for (size_t i = 0; i < n; i++) {
        most += c->quads[some[i]].n;
    }
    struct rdf_line *lines = rdf_stack_array(&c->stack, 2 * n, sizeof(*lines));
    uint8_t *text = rdf_stack_take(&c->stack, most);
    SG_REQUIRE(lines != NULL && text != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        const struct rdfc_quad *q = &c->quads[some[i]];
        uint8_t *end = put_canonical(c, o, q, canonical_name(c, o, q->node[0]), text);
        lines[i] = (struct rdf_line){ text, (uint32_t)(end - text), some[i], 0, 0 };
        text = end;
    }
    rdf_sort(lines, lines + n, n);
    for (size_t i = 0; i < n; i++) {
        append(c, o, &lines[i]);
    }
    rdf_stack_release(&c->stack, mark);
    return SG_DONE;
}

/* The quads whose subject is `node`, the order of which no name decides (rdfc_order): they differ, and only names are missing. */
static void
append_settled(const struct rdfc *c, struct out *o, uint32_t node)
{
    const struct rdfc_name name = canonical_name(c, o, node);
    uint8_t *text = o->text;
    for (uint32_t i = c->begin[node]; i < c->begin[node + 1]; i++) {
        const struct rdfc_quad *q = &c->quads[c->mention[i]];
        if (q->node[0] == node) {
            uint8_t *end = put_canonical(c, o, q, name, text);
            o->views[o->n++] = sg_str_of((const char *)text, (size_t)(end - text));
            text = end;
        }
    }
    o->text = text;
}

/* Numbers below n in the order of their decimal text, after `number`: 0 1 10 100 101 11 2. n when there are no more. */
static uint32_t
next_in_text(uint32_t number, uint32_t n)
{
    if (number == 0) {
        return 1;
    }
    if ((uint64_t)number * 10 < n) {
        return number * 10;
    }
    while (number % 10 == 9 || number + 1 >= n) {
        number /= 10;
        if (number == 0) {
            return n;
        }
    }
    return number + 1;
}

/*
 * Lines begin with their subjects, and these are known: IRIs ('<') stand before blank nodes ('_'), and those in
 * the order of their numbers' text. So only the quads of one subject are left to sort, and of the IRIs.
 */
sg_result
rdfc_write(struct rdfc *c, const struct rdf_label *labels, struct rdf_canonical *ret)
{
    size_t most = (size_t)c->n_names * RDFC_NAME_MAX + RDFC_SLACK;
    size_t n = 0;
    uint32_t *some = rdf_stack_array(&c->stack, c->n_quads, sizeof(*some));
    SG_REQUIRE(some != NULL, NO_MEMORY);
    for (uint32_t i = 0; i < c->n_quads; i++) {
        most += c->quads[i].n;
        if (c->quads[i].node[0] == RDF_NO_NODE) {
            some[n++] = i;
        }
    }
    uint8_t *text = sg_arena_alloc(c->arena, most);
    sg_str *views = SG_NEW_ARRAY(c->arena, c->n_quads, sg_str);
    SG_REQUIRE(text != NULL && views != NULL, NO_MEMORY);
    struct out o = { .labels = labels, .text = text, .views = views };
    SG_TRY(append_sorted(c, &o, some, n));
    for (uint32_t k = 0; k < c->n_nodes; k = next_in_text(k, c->n_nodes)) {
        uint32_t node = c->canonical.order[k];
        if (c->settled[node]) {
            append_settled(c, &o, node);
            continue;
        }
        n = 0;
        for (uint32_t i = c->begin[node]; i < c->begin[node + 1]; i++) {
            if (c->quads[c->mention[i]].node[0] == node) {
                some[n++] = c->mention[i];
            }
        }
        SG_TRY(append_sorted(c, &o, some, n));
    }
    ret->nquads = sg_str_of((const char *)text, (size_t)(o.text - text));
    ret->lines = views;
    ret->n = o.n;
    return SG_DONE;
}
