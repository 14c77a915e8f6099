/* What RDFC-1.0 is done with: checked quads, their lines but for the names, blank nodes by number, and the blank node to quads map. */
#include "rdf_put.h"
#include "rdfc.h"

#define TEXT_MAX ((size_t)1 << 30) /* of all lines: lengths fit 32 bits */
#define LINE_EXTRA ((size_t)24)    /* brackets, quotes, blanks, full stop */

static bool
is_string(const struct rdf_term *t)
{
    const sg_str string = SG_LIT(RDF_XSD_STRING);
    return t->datatype.n == string.n &&
           (t->datatype.p == string.p || memcmp(t->datatype.p, string.p, string.n) == 0);
}

static bool
resource(const struct rdf_term *t)
{
    return t->kind == RDF_BLANK || (t->kind == RDF_IRI && rdf_iri_valid(t->value));
}

static bool
literal(const struct rdf_term *t)
{
    if (t->kind != RDF_LITERAL || (t->language.n != 0 && !rdf_language_valid(t->language))) {
        return false;
    }
    return t->language.n != 0 ? sg_str_is(t->datatype, RDF_LANG_STRING)
                              : is_string(t) || rdf_iri_valid(t->datatype);
}

/* What the writer would not be able to keep apart from the text around it is refused before anything is hashed. */
static bool
writable(const struct rdf_quad *q)
{
    return resource(&q->s) && q->p.kind == RDF_IRI && rdf_iri_valid(q->p.value) &&
           (resource(&q->o) || literal(&q->o)) && (q->g.kind == RDF_NONE || resource(&q->g));
}

struct names {
    struct rdf_table table;
    sg_str *labels;
    uint32_t n;
    uint32_t recent[2]; /* subject and object of the quad before: most subjects are one of them */
};

static sg_result
find_node(struct names *names, const struct rdf_term *t, uint32_t *ret)
{
    for (int i = 0; i < 2; i++) {
        if (names->recent[i] != RDF_NO_NODE &&
            rdf_same(names->labels[names->recent[i]], t->value)) {
            *ret = names->recent[i];
            return SG_DONE;
        }
    }
    SG_TRY(rdf_table_label(&names->table, names->labels, t->value, names->n, ret));
    if (*ret == names->n) {
        names->labels[names->n++] = t->value;
    }
    return SG_DONE;
}

static inline sg_result
number_node(struct names *names, const struct rdf_term *t, uint32_t *ret)
{
    *ret = RDF_NO_NODE;
    return t->kind == RDF_BLANK ? find_node(names, t, ret) : SG_DONE;
}

/* Places to look at: in most quads only the subject is a blank node. */
static inline int
n_places(const struct rdfc_quad *q)
{
    return (q->node[1] & q->node[2]) == RDF_NO_NODE ? 1 : 3;
}

/* A quad mentions a node once, in however many places it stands. */
static inline bool
first_place(const struct rdfc_quad *q, int k)
{
    uint32_t node = q->node[k];
    return node != RDF_NO_NODE && (k < 1 || q->node[0] != node) && (k < 2 || q->node[1] != node);
}

static sg_result
number_nodes(struct rdfc *c, struct names *names, const struct rdf_quad *q, struct rdfc_quad *ret)
{
    uint32_t *node = ret->node;
    SG_TRY(number_node(names, &q->s, &node[0]));
    SG_TRY(number_node(names, &q->o, &node[1]));
    SG_TRY(number_node(names, &q->g, &node[2]));
    names->recent[0] = node[0];
    names->recent[1] = node[1];
    for (int k = 0; k < n_places(ret); k++) {
        if (first_place(ret, k)) {
            c->begin[node[k] + 2]++; /* see rdfc_map_mentions */
        }
    }
    return SG_DONE;
}

static uint8_t *
put(uint8_t *out, sg_str s)
{
    return rdfc_copy(out, s.p, s.n);
}

static uint8_t *
put_iri(uint8_t *out, sg_str iri)
{
    *out++ = '<';
    out = put(out, iri);
    *out++ = '>';
    return out;
}

static uint8_t *
put_literal(uint8_t *out, sg_str lexical, const struct rdf_term *t)
{
    *out++ = '"';
    out = put(out, lexical);
    *out++ = '"';
    if (t->language.n != 0) {
        *out++ = '@';
        return put(out, t->language);
    }
    if (is_string(t)) {
        return out;
    }
    *out++ = '^';
    *out++ = '^';
    return put_iri(out, t->datatype);
}

/* Bytes of the line without names, escapes not counted. */
static size_t
line_most(const struct rdf_quad *q)
{
    return q->s.value.n + q->p.value.n + q->o.value.n + q->o.datatype.n + q->o.language.n +
           q->g.value.n + LINE_EXTRA;
}

static sg_result
escape_literal(struct sg_arena *arena, sg_str text, sg_str *ret)
{
    *ret = text;
    if (rdf_literal_is_plain(text)) {
        return SG_DONE;
    }
    struct sg_buf buf = sg_buf_new(arena, text.n + 16, TEXT_MAX);
    rdf_put_escaped(&buf, text);
    return sg_buf_end_str(&buf, ret);
}

/* Room for a line: c->text holds all lines that have no escapes, a longer one gets its own. */
static sg_result
line_room(struct rdfc *c, size_t most, bool escapes, uint8_t **ret)
{
    *ret = c->text;
    if (escapes) {
        *ret = sg_arena_alloc(c->arena, most + RDFC_SLACK);
    }
    SG_REQUIRE(*ret != NULL, NO_MEMORY);
    return SG_DONE;
}

static sg_result
prepare_line(struct rdfc *c, struct rdfc_quad *q)
{
    const struct rdf_quad *t = q->quad;
    sg_str lexical = t->o.value;
    uint8_t *start;
    if (t->o.kind == RDF_LITERAL) {
        SG_TRY(escape_literal(c->arena, t->o.value, &lexical));
    }
    bool escapes = lexical.p != t->o.value.p;
    SG_TRY(line_room(c, line_most(t) + lexical.n, escapes, &start));
    uint8_t *out = start;
    out = t->s.kind == RDF_BLANK ? out : put_iri(out, t->s.value);
    *out++ = ' ';
    out = put_iri(out, t->p.value);
    *out++ = ' ';
    q->at[0] = (uint32_t)(out - start);
    out = t->o.kind == RDF_BLANK     ? out
          : t->o.kind == RDF_LITERAL ? put_literal(out, lexical, &t->o)
                                     : put_iri(out, t->o.value);
    *out++ = ' ';
    q->at[1] = (uint32_t)(out - start);
    if (t->g.kind != RDF_NONE) {
        out = t->g.kind == RDF_BLANK ? out : put_iri(out, t->g.value);
        *out++ = ' ';
    }
    *out++ = '.';
    *out++ = '\n';
    q->text = start;
    q->n = (uint32_t)(out - start);
    q->firm = q->node[1] != RDF_NO_NODE ? q->at[0] : q->node[2] != RDF_NO_NODE ? q->at[1] : q->n;
    c->text += escapes ? 0 : q->n;
    return SG_DONE;
}

static sg_result
prepare_quad(struct rdfc *c, struct names *names, const struct rdf_quad *q, struct rdfc_quad *ret)
{
    SG_REQUIRE(writable(q), VALUE);
    SG_TRY(number_nodes(c, names, q, ret));
    ret->quad = q;
    return prepare_line(c, ret);
}

/* Blank nodes, each time they are mentioned, and room for all lines. */
static sg_result
measure(const struct rdf_dataset *d, size_t *ret_blank, size_t *ret_text)
{
    size_t blank = 0;
    size_t text = 0;
    for (size_t i = 0; i < d->n; i++) {
        const struct rdf_quad *q = &d->quads[i];
        blank += q->s.kind == RDF_BLANK;
        blank += q->o.kind == RDF_BLANK;
        blank += q->g.kind == RDF_BLANK;
        SG_REQUIRE(q->o.value.n <= TEXT_MAX / 8, TOO_LARGE); /* an escape is six for one */
        text += line_most(q);
        SG_REQUIRE(text <= TEXT_MAX, TOO_LARGE);
    }
    *ret_blank = blank;
    *ret_text = text;
    return SG_DONE;
}

sg_result
rdfc_prepare(struct rdfc *c, const struct rdf_dataset *d, sg_str **ret_labels)
{
    struct names names = { .recent = { RDF_NO_NODE, RDF_NO_NODE } };
    size_t blank;
    size_t text;
    SG_TRY(measure(d, &blank, &text));
    c->quads = SG_NEW_ARRAY(c->arena, d->n, struct rdfc_quad);
    c->text = sg_arena_alloc(c->arena, text + RDFC_SLACK);
    c->n_names = (uint32_t)blank;
    c->begin = SG_NEW_ARRAY(c->arena, blank + 2, uint32_t);
    names.labels = SG_NEW_ARRAY(c->arena, blank, sg_str);
    SG_REQUIRE(c->quads != NULL && c->text != NULL, NO_MEMORY);
    SG_REQUIRE(c->begin != NULL && names.labels != NULL, NO_MEMORY);
    SG_TRY(rdf_table_new(c->arena, blank, &names.table));
    for (size_t i = 0; i < d->n; i++) {
        SG_TRY(prepare_quad(c, &names, &d->quads[i], &c->quads[i]));
    }
    c->n_quads = (uint32_t)d->n;
    c->n_nodes = names.n;
    *ret_labels = names.labels;
    return SG_DONE;
}

sg_result
rdfc_map_mentions(struct rdfc *c)
{
    /* counts stand two places on: summing moves them by one, filling by another */
    for (uint32_t i = 2; i <= c->n_nodes + 1; i++) {
        c->begin[i] += c->begin[i - 1];
    }
    c->mention = SG_NEW_ARRAY(c->arena, c->n_names, uint32_t);
    SG_REQUIRE(c->mention != NULL, NO_MEMORY);
    const struct rdfc_quad *quads = c->quads;
    uint32_t *next = c->begin + 1;
    uint32_t *mention = c->mention;
    const uint32_t n = c->n_quads;
    for (uint32_t i = 0; i < n; i++) {
        const int places = n_places(&quads[i]);
        for (int k = 0; k < places; k++) {
            if (first_place(&quads[i], k)) {
                mention[next[quads[i].node[k]]++] = i;
            }
        }
    }
    return SG_DONE;
}
