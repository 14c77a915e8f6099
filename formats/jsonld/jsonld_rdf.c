/*
 * Expanded documents to RDF (JSON-LD API 7 and 8). The node map of the specification is not built: its merging of equal nodes
 * and values is what a set of quads does anyway; only its check of indexes and of compound literals needs care of its own.
 */
#include "jsonld_rdf.h"

#include <math.h>
#include <stdio.h>

#include "jcs.h"

#define RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define XSD "http://www.w3.org/2001/XMLSchema#"
#define I18N "https://www.w3.org/ns/i18n#"

/* A term, or the fact that there is no well-formed one. */
struct maybe {
    struct rdf_term term;
    bool there;
};

struct rdfing {
    struct jsonld_run *run;
    struct jsonld_quads quads;
    struct jsonld_quads
        compounds;             /* values seen as compound literals, so that equal ones become one */
    struct jsonld_map blanks;  /* labels of the document to ours */
    struct jsonld_map indexes; /* @id to @index */
    size_t n_blanks;
};

static sg_result put_node(struct rdfing *x, const struct jsonld_item *item,
    const struct rdf_term *graph, struct maybe *ret);

static struct rdf_term
iri_term(const char *iri)
{
    return (struct rdf_term){ .kind = RDF_IRI, .value = sg_cstr(iri) };
}

static struct rdf_term
literal(sg_str value, const char *datatype)
{
    return (struct rdf_term){ .kind = RDF_LITERAL, .value = value, .datatype = sg_cstr(datatype) };
}

static sg_result
quad(struct rdfing *x, const struct rdf_term *s, const struct rdf_term *p, const struct rdf_term *o,
    const struct rdf_term *g)
{
    bool fresh;
    struct rdf_quad q = { *s, *p, *o, *g };
    return jsonld_quads_add(x->run, &x->quads, &q, &fresh);
}

/* ---- identifiers ------------------------------------------------------------------------------------- */

/* `source` and `label` are for jsonld_options.blank_name alone. */
static sg_result
fresh_blank(struct rdfing *x, const struct sjson *source, sg_str label, struct rdf_term *ret)
{
    const struct jsonld_options *options = x->run->options;
    *ret = (struct rdf_term){ .kind = RDF_BLANK };
    if (options->blank_name != NULL) {
        ret->value = options->blank_name(options->blank_context, source, label);
        SG_REQUIRE(ret->value.n > 0, UNSUPPORTED);
        return SG_DONE;
    }
    char text[24] = "b";
    size_t n = 1;
    char digits[20];
    size_t k = 0;
    size_t number = x->n_blanks++;
    do {
        digits[k++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (k > 0) {
        text[n++] = digits[--k];
    }
    return sg_arena_str(x->run->arena, sg_str_of(text, n), &ret->value);
}

static sg_result
named_blank(struct rdfing *x, sg_str label, struct rdf_term *ret)
{
    struct jsonld_slot *slot;
    SG_TRY(jsonld_map_slot(x->run, &x->blanks, label, jsonld_hash(label), &slot));
    if (slot->value == NULL) {
        struct rdf_term *term = SG_NEW(x->run->arena, struct rdf_term);
        SG_REQUIRE(term != NULL, NO_MEMORY);
        SG_TRY(fresh_blank(x, NULL, sg_str_slice(label, 2, label.n), term));
        slot->value = term;
    }
    *ret = *(const struct rdf_term *)slot->value;
    return SG_DONE;
}

/* An IRI or blank node identifier of the document; `loss` names it when it is neither. */
static sg_result
resource(struct rdfing *x, sg_str id, const char *loss, struct maybe *ret)
{
    *ret = (struct maybe){ .there = true };
    SG_TRY(jsonld_spend_bytes(x->run, id.n));
    if (jsonld_is_blank(id)) {
        return named_blank(x, id, &ret->term);
    }
    ret->there = jsonld_iri_well_formed(id);
    ret->term = (struct rdf_term){ .kind = RDF_IRI, .value = id };
    return ret->there ? SG_DONE : jsonld_loss(x->run, loss);
}

/* ---- literals (8.2) ---------------------------------------------------------------------------------- */

/* 1.5E0: mantissa of at most 15 digits behind the point. */
static sg_result
double_text(struct sg_arena *arena, double v, sg_str *ret)
{
    char text[40];
    int n = snprintf(text, sizeof(text), "%.15E", v == 0 ? 0.0 : v);
    const char *e = n > 0 ? memchr(text, 'E', (size_t)n) : NULL;
    SG_REQUIRE(e != NULL, INTERNAL);
    size_t mantissa = (size_t)(e - text);
    while (text[mantissa - 1] == '0' && text[mantissa - 2] != '.') {
        mantissa--;
    }
    const char *exponent = e + 1;
    bool minus = *exponent == '-';
    exponent++;
    while (*exponent == '0' && exponent[1] != '\0') {
        exponent++;
    }
    return sg_arena_printf(
        arena, ret, "%.*sE%s%s", (int)mantissa, text, minus ? "-" : "", exponent);
}

static sg_result
number_literal(struct rdfing *x, const struct sjson *v, sg_str datatype, struct rdf_term *ret)
{
    double d;
    SG_TRY(sjson_double(v, &d));
    bool real = fmod(d, 1.0) != 0 || fabs(d) >= 1e21 || sg_str_is(datatype, XSD "double");
    if (real) {
        *ret = literal(SG_NO_STR, XSD "double");
        return double_text(x->run->arena, d, &ret->value);
    }
    *ret = literal(SG_NO_STR, XSD "integer");
    return sg_arena_printf(x->run->arena, &ret->value, "%.0f", d == 0 ? 0.0 : d);
}

/* The lexical form and the datatype that follows from the JSON type. */
static sg_result
native_literal(
    struct rdfing *x, const struct jsonld_item *item, sg_str datatype, struct rdf_term *ret)
{
    const struct sjson *v = item->value;
    if (item->type_json) {
        *ret = literal(SG_NO_STR, RDF "JSON");
        return jcs_encode(x->run->arena, v, &ret->value);
    }
    switch (v->type) {
    case SJSON_TRUE:
    case SJSON_FALSE:
        *ret = literal(v->type == SJSON_TRUE ? SG_LIT("true") : SG_LIT("false"), XSD "boolean");
        return SG_DONE;
    case SJSON_NUMBER:
        return number_literal(x, v, datatype, ret);
    case SJSON_STRING:
        *ret = literal(v->text, RDF_XSD_STRING);
        if ((item->has & JSONLD_HAS_LANGUAGE) != 0) {
            *ret = literal(v->text, RDF_LANG_STRING);
            ret->language = item->language;
        }
        return SG_DONE;
    case SJSON_NULL:
    case SJSON_ARRAY:
    case SJSON_OBJECT:
        break;
    }
    SG_FAIL(INTERNAL);
}

/* rdfDirection compound-literal: a node of its own with value, language and direction. */
static sg_result
compound_literal(struct rdfing *x, const struct jsonld_item *item, const struct rdf_term *graph,
    struct rdf_term *ret)
{
    const struct rdf_term value_p = iri_term(RDF "value");
    const struct rdf_term language_p = iri_term(RDF "language");
    const struct rdf_term direction_p = iri_term(RDF "direction");
    struct rdf_term value = literal(item->value->text, RDF_XSD_STRING);
    struct rdf_term language = literal(item->language, RDF_XSD_STRING);
    sg_str word = item->direction == JSONLD_DIR_LTR ? SG_LIT("ltr") : SG_LIT("rtl");
    struct rdf_term direction = literal(word, RDF_XSD_STRING);
    SG_TRY(fresh_blank(x, NULL, SG_NO_STR, ret));
    SG_TRY(quad(x, ret, &value_p, &value, graph));
    if ((item->has & JSONLD_HAS_LANGUAGE) != 0) {
        SG_TRY(quad(x, ret, &language_p, &language, graph));
    }
    return quad(x, ret, &direction_p, &direction, graph);
}

static sg_result
i18n_literal(struct rdfing *x, const struct jsonld_item *item, struct rdf_term *ret)
{
    *ret = (struct rdf_term){ .kind = RDF_LITERAL, .value = item->value->text };
    return sg_arena_printf(x->run->arena, &ret->datatype, I18N "%.*s_%s", SG_PRINT(item->language),
        item->direction == JSONLD_DIR_LTR ? "ltr" : "rtl");
}

static sg_result
put_literal(struct rdfing *x, const struct jsonld_item *item, const struct rdf_term *graph,
    struct maybe *ret)
{
    sg_str datatype = item->types == NULL ? SG_NO_STR : item->types->iri;
    *ret = (struct maybe){ .there = false };
    SG_TRY(jsonld_spend_bytes(x->run, datatype.n));
    if (item->types != NULL && !item->type_json && !jsonld_iri_well_formed(datatype)) {
        return jsonld_loss(x->run, "relative type reference");
    }
    /* RDF 1.1 3.3: these two are for literals with a language and for no others */
    if (sg_str_is(datatype, RDF_LANG_STRING) || sg_str_is(datatype, RDF_DIR_LANG_STRING)) {
        return jsonld_loss(x->run, "language type without a language");
    }
    if ((item->has & JSONLD_HAS_LANGUAGE) != 0 && !jsonld_language_well_formed(item->language)) {
        return jsonld_loss(x->run, "invalid @language value");
    }
    ret->there = true;
    if ((item->has & JSONLD_HAS_DIRECTION) != 0) {
        if (item->value->type == SJSON_STRING &&
            x->run->options->direction == JSONLD_I18N_DATATYPE) {
            return i18n_literal(x, item, &ret->term);
        }
        if (item->value->type == SJSON_STRING &&
            x->run->options->direction == JSONLD_COMPOUND_LITERAL) {
            return compound_literal(x, item, graph, &ret->term);
        }
        SG_TRY(jsonld_loss(x->run, "rdfDirection not set"));
    }
    SG_TRY(native_literal(x, item, datatype, &ret->term));
    if (item->types != NULL && !item->type_json) {
        ret->term.datatype = datatype;
    }
    return SG_DONE;
}

/* ---- objects ----------------------------------------------------------------------------------------- */

static sg_result put_object(struct rdfing *x, const struct jsonld_item *item,
    const struct rdf_term *graph, struct maybe *ret);

/* 8.3: a chain of rdf:first and rdf:rest. */
static sg_result
put_list(struct rdfing *x, const struct jsonld_items *items, const struct rdf_term *graph,
    struct maybe *ret)
{
    const struct rdf_term first_p = iri_term(RDF "first");
    const struct rdf_term rest_p = iri_term(RDF "rest");
    const struct rdf_term nil = iri_term(RDF "nil");
    struct rdf_term cell = nil;
    struct maybe object;
    *ret = (struct maybe){ .there = true, .term = nil };
    for (const struct jsonld_item *i = items->first; i != NULL; i = i->next) {
        struct rdf_term next;
        SG_TRY(fresh_blank(x, NULL, SG_NO_STR, &next));
        if (i == items->first) {
            ret->term = next;
        } else {
            SG_TRY(quad(x, &cell, &rest_p, &next, graph));
        }
        cell = next;
        SG_TRY(put_object(x, i, graph, &object));
        if (object.there) {
            SG_TRY(quad(x, &cell, &first_p, &object.term, graph));
        }
    }
    return items->first == NULL ? SG_DONE : quad(x, &cell, &rest_p, &nil, graph);
}

static sg_result
put_object(struct rdfing *x, const struct jsonld_item *item, const struct rdf_term *graph,
    struct maybe *ret)
{
    if ((item->has & JSONLD_HAS_VALUE) != 0) {
        return put_literal(x, item, graph, ret);
    }
    if ((item->has & JSONLD_HAS_LIST) != 0) {
        return put_list(x, &item->items, graph, ret);
    }
    return put_node(x, item, graph, ret);
}

/* Is this a value with a direction that stands here already? (Node maps keep equal values once.) */
static sg_result
compound_again(struct rdfing *x, const struct jsonld_item *item, const struct rdf_term *s,
    const struct rdf_term *p, const struct rdf_term *g, bool *ret)
{
    bool fresh = true;
    unsigned both = JSONLD_HAS_VALUE | JSONLD_HAS_DIRECTION;
    if (x->run->options->direction == JSONLD_COMPOUND_LITERAL && (item->has & both) == both &&
        item->value->type == SJSON_STRING) {
        struct rdf_term o =
            literal(item->value->text, item->direction == JSONLD_DIR_LTR ? "ltr" : "rtl");
        o.language = item->language;
        struct rdf_quad q = { *s, *p, o, *g };
        SG_TRY(jsonld_quads_add(x->run, &x->compounds, &q, &fresh));
    }
    *ret = !fresh;
    return SG_DONE;
}

/* May this stand as a predicate? */
static sg_result
predicate(struct rdfing *x, sg_str iri, struct maybe *ret)
{
    SG_TRY(resource(x, iri, "relative predicate reference", ret));
    if (ret->there && ret->term.kind == RDF_BLANK && !x->run->options->generalized) {
        ret->there = false;
        return jsonld_loss(x->run, "blank node predicate");
    }
    return SG_DONE;
}

/* What an item says of itself, when no triple leads to it: values nothing, lists what their items say. */
static sg_result
put_alone(struct rdfing *x, const struct jsonld_item *item, const struct rdf_term *graph)
{
    struct maybe unused;
    if ((item->has & JSONLD_HAS_VALUE) != 0) {
        return SG_DONE;
    }
    if ((item->has & JSONLD_HAS_LIST) == 0) {
        return put_node(x, item, graph, &unused);
    }
    for (const struct jsonld_item *i = item->items.first; i != NULL; i = i->next) {
        SG_TRY(put_alone(x, i, graph));
    }
    return SG_DONE;
}

static sg_result
put_nodes(struct rdfing *x, const struct jsonld_items *items, const struct rdf_term *graph)
{
    for (const struct jsonld_item *i = items->first; i != NULL; i = i->next) {
        SG_TRY(put_alone(x, i, graph));
    }
    return SG_DONE;
}

static sg_result
put_property(struct rdfing *x, const struct jsonld_property *p, const struct maybe *subject,
    const struct rdf_term *graph)
{
    struct maybe pred;
    SG_TRY(predicate(x, p->iri, &pred));
    for (const struct jsonld_item *i = p->items.first; i != NULL; i = i->next) {
        struct maybe object;
        bool again = false;
        if (!pred.there || !subject->there) {
            SG_TRY(put_alone(x, i, graph)); /* the triple is dropped, the nodes below it are not */
            continue;
        }
        SG_TRY(compound_again(x, i, &subject->term, &pred.term, graph, &again));
        if (again) {
            continue;
        }
        SG_TRY(put_object(x, i, graph, &object));
        if (object.there) {
            SG_TRY(quad(x, &subject->term, &pred.term, &object.term, graph));
        }
    }
    return SG_DONE;
}

static sg_result
put_reverse(struct rdfing *x, const struct jsonld_property *p, const struct maybe *object,
    const struct rdf_term *graph)
{
    struct maybe pred;
    SG_TRY(predicate(x, p->iri, &pred));
    for (const struct jsonld_item *i = p->items.first; i != NULL; i = i->next) {
        struct maybe subject;
        SG_TRY(put_node(x, i, graph, &subject));
        if (pred.there && subject.there && object->there) {
            SG_TRY(quad(x, &subject.term, &pred.term, &object->term, graph));
        }
    }
    return SG_DONE;
}

/* ---- nodes ------------------------------------------------------------------------------------------- */

static sg_result
put_types(struct rdfing *x, const struct jsonld_item *item, const struct maybe *subject,
    const struct rdf_term *graph)
{
    const struct rdf_term type_p = iri_term(RDF "type");
    for (const struct jsonld_type *t = item->types; t != NULL; t = t->next) {
        struct maybe type;
        SG_TRY(resource(x, t->iri, "relative @type reference", &type));
        if (type.there && subject->there) {
            SG_TRY(quad(x, &subject->term, &type_p, &type.term, graph));
        }
    }
    return SG_DONE;
}

/* The node map would refuse two indexes of one node ("conflicting indexes"). */
static sg_result
check_index(struct rdfing *x, const struct jsonld_item *item, const struct rdf_term *graph)
{
    struct jsonld_slot *slot;
    sg_str key;
    if ((item->has & JSONLD_HAS_INDEX) == 0 || (item->has & JSONLD_HAS_ID) == 0) {
        return SG_DONE;
    }
    SG_TRY(sg_arena_printf(
        x->run->arena, &key, "%.*s\n%.*s", SG_PRINT(graph->value), SG_PRINT(item->id)));
    SG_TRY(jsonld_map_slot(x->run, &x->indexes, key, jsonld_hash(key), &slot));
    if (slot->value == NULL) {
        slot->value = item;
        return SG_DONE;
    }
    bool equal = sg_str_equal(((const struct jsonld_item *)slot->value)->index, item->index);
    return equal ? SG_DONE : jsonld_refuse(x->run, "conflicting indexes");
}

/* What a node says, under the subject `*ret`. Recursion follows the nesting of the document. */
static sg_result
put_node(struct rdfing *x, const struct jsonld_item *item, const struct rdf_term *graph,
    struct maybe *ret)
{
    SG_TRY(jsonld_spend(x->run, 1));
    *ret = (struct maybe){ .there = true };
    if ((item->has & JSONLD_HAS_ID) == 0) {
        SG_TRY(fresh_blank(x, item->source, SG_NO_STR, &ret->term));
    } else if (item->id_null) {
        ret->there = false;
    } else {
        SG_TRY(resource(x, item->id, "relative subject reference", ret));
    }
    SG_TRY(check_index(x, item, graph));
    SG_TRY(put_types(x, item, ret, graph));
    if (item->reverse != NULL) {
        for (const struct jsonld_property *p = item->reverse->first; p != NULL; p = p->next) {
            SG_TRY(put_reverse(x, p, ret, graph));
        }
    }
    if ((item->has & JSONLD_HAS_GRAPH) != 0 && ret->there) {
        SG_TRY(put_nodes(x, &item->graph, &ret->term));
    }
    SG_TRY(put_nodes(x, &item->included, graph));
    for (const struct jsonld_property *p = item->properties.first; p != NULL; p = p->next) {
        SG_TRY(put_property(x, p, ret, graph));
    }
    return SG_DONE;
}

sg_result
jsonld_to_rdf(struct sg_arena *arena, const struct sjson *document,
    const struct jsonld_options *options, struct sg_why *why, struct rdf_dataset *ret)
{
    struct jsonld_run run = {
        .arena = arena, .why = why, .options = options, .contexts = options->contexts
    };
    struct rdfing x = { .run = &run };
    const struct rdf_term graph = { .kind = RDF_NONE };
    struct jsonld_items items;
    SG_TRY(jsonld_expand_document(&run, document, &items));
    SG_TRY(put_nodes(&x, &items, &graph));
    *ret = (struct rdf_dataset){ .quads = x.quads.quads, .n = x.quads.n };
    return SG_DONE;
}
