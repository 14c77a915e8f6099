/* Value expansion (JSON-LD API 5.3), language maps and index maps (5.1.2, steps 13.7 and 13.8). */
#include "jsonld_int.h"

/* A value object from scratch. */
static sg_result
value_object(struct jsonld_run *run, const struct sjson *value, struct jsonld_item **ret)
{
    SG_TRY(jsonld_item_new(run, ret));
    (*ret)->has = JSONLD_HAS_VALUE;
    (*ret)->value = value;
    return SG_DONE;
}

static void
set_language(struct jsonld_item *item, sg_str language)
{
    if (language.n != 0) {
        item->has |= JSONLD_HAS_LANGUAGE;
        item->language = language;
    }
}

static void
set_direction(
    struct jsonld_item *item, const struct jsonld_ctx *ctx, const struct jsonld_term *term)
{
    enum jsonld_dir direction = ctx->direction;
    if (term != NULL && term->direction != JSONLD_DIR_UNSET) {
        direction = term->direction;
    }
    if (direction == JSONLD_DIR_LTR || direction == JSONLD_DIR_RTL) {
        item->has |= JSONLD_HAS_DIRECTION;
        item->direction = direction;
    }
}

/* A string that stands for a node, by a type mapping of @id or @vocab. */
static sg_result
reference(struct jsonld_run *run, const struct jsonld_ctx *ctx, enum jsonld_kw type_kw, sg_str text,
    struct jsonld_item **ret)
{
    struct jsonld_iri iri;
    unsigned flags = JSONLD_DOCUMENT_RELATIVE | (type_kw == JSONLD_KW_VOCAB ? JSONLD_VOCAB : 0U);
    SG_TRY(jsonld_item_new(run, ret));
    SG_TRY(jsonld_iri_expand(run, ctx, text, flags, NULL, &iri));
    if (type_kw == JSONLD_KW_VOCAB) {
        SG_TRY(jsonld_check_name(run, ctx, text, &iri));
    }
    (*ret)->has = JSONLD_HAS_ID;
    (*ret)->id = iri.s;
    (*ret)->id_null = iri.null;
    if (iri.null) {
        return jsonld_loss(run, "null @id value");
    }
    if (!jsonld_iri_absolute(iri.s) && !jsonld_is_blank(iri.s)) {
        return jsonld_loss(run, "relative @id reference");
    }
    return SG_DONE;
}

sg_result
jsonld_expand_value(struct jsonld_run *run, const struct jsonld_ctx *ctx,
    const struct jsonld_term *term, const struct sjson *value, struct jsonld_item **ret)
{
    enum jsonld_kw type_kw = term == NULL ? JSONLD_KW_NONE : term->type_kw;
    bool text = value->type == SJSON_STRING;
    if (text && (type_kw == JSONLD_KW_ID || type_kw == JSONLD_KW_VOCAB)) {
        return reference(run, ctx, type_kw, value->text, ret);
    }
    SG_TRY(value_object(run, value, ret));
    if (term != NULL && term->type.n != 0 &&
        (type_kw == JSONLD_KW_NONE || type_kw == JSONLD_KW_JSON)) {
        (*ret)->type_json = type_kw == JSONLD_KW_JSON;
        return jsonld_type_add(run, *ret, term->type);
    }
    if (text) {
        set_language(*ret, term != NULL && term->has_language ? term->language : ctx->language);
        set_direction(*ret, ctx, term);
    }
    return SG_DONE;
}

/* One entry of a language map. */
static sg_result
language_entry(struct jsonld_run *run, const struct jsonld_ctx *ctx, const struct jsonld_term *term,
    const struct sjson *entry, struct jsonld_items *out)
{
    struct jsonld_iri key;
    sg_str language = SG_NO_STR;
    SG_TRY(jsonld_iri_expand(run, ctx, entry->name, JSONLD_VOCAB, NULL, &key));
    if (key.kw != JSONLD_KW_NULL) {
        if (!jsonld_language_well_formed(entry->name)) {
            SG_TRY(jsonld_loss(run, "invalid @language value"));
        }
        SG_TRY(jsonld_lower(run->arena, entry->name, &language));
    }
    const struct sjson *v = entry->type == SJSON_ARRAY ? entry->first : entry;
    for (; v != NULL; v = entry->type == SJSON_ARRAY ? v->next : NULL) {
        struct jsonld_item *item;
        if (v->type == SJSON_NULL) {
            continue;
        }
        if (v->type != SJSON_STRING) {
            return jsonld_refuse(run, "invalid language map value");
        }
        SG_TRY(value_object(run, v, &item));
        if (key.kw != JSONLD_KW_NULL) {
            item->has |= JSONLD_HAS_LANGUAGE;
            item->language = language;
        }
        set_direction(item, ctx, term);
        jsonld_items_add(out, item);
    }
    return SG_DONE;
}

sg_result
jsonld_expand_language_map(struct jsonld_run *run, const struct jsonld_ctx *ctx,
    const struct jsonld_term *term, const struct sjson *value, struct jsonld_expanded *ret)
{
    *ret = (struct jsonld_expanded){ .array = true };
    for (const struct sjson *e = value->first; e != NULL; e = e->next) {
        SG_TRY(language_entry(run, ctx, term, e, &ret->items));
    }
    return SG_DONE;
}

/* ---- index maps -------------------------------------------------------------------------------------- */

/* One entry of an index map: its name, expanded, and what to do with it. */
struct index_entry {
    struct jsonld_run *run;
    const struct jsonld_ctx *ctx;
    const struct jsonld_active *key;
    sg_str index;
    struct jsonld_iri expanded;
};

static bool
is_graph_object(const struct jsonld_item *item)
{
    unsigned others = ~(unsigned)(JSONLD_HAS_GRAPH | JSONLD_HAS_ID | JSONLD_HAS_INDEX);
    return (item->has & JSONLD_HAS_GRAPH) != 0 && (item->has & others) == 0 &&
           item->properties.n == 0;
}

/* 13.8.3.7.2: the index becomes a property of the item. */
static sg_result
index_property(const struct index_entry *x, struct jsonld_item *item)
{
    struct jsonld_run *run = x->run;
    struct jsonld_iri iri;
    struct jsonld_item *value;
    struct jsonld_property *p;
    const struct jsonld_term *term = jsonld_ctx_find(run, x->ctx, x->key->term->index);
    struct sjson *text = SG_NEW(run->arena, struct sjson);
    SG_REQUIRE(text != NULL, NO_MEMORY);
    text->type = SJSON_STRING;
    text->text = x->index;
    SG_TRY(jsonld_expand_value(run, x->ctx, term, text, &value));
    SG_TRY(jsonld_iri_expand(run, x->ctx, x->key->term->index, JSONLD_VOCAB, NULL, &iri));
    if ((item->has & (JSONLD_HAS_VALUE | JSONLD_HAS_LIST)) != 0) {
        return jsonld_refuse(run, "invalid value object");
    }
    SG_TRY(jsonld_property_get(run, &item->properties, iri.s, &p));
    struct jsonld_items values = { 0 };
    jsonld_items_add(&values, value);
    jsonld_items_join(&values, &p->items);
    p->items = values;
    return SG_DONE;
}

/* Steps 13.8.3.7.3 to 13.8.3.7.5, when the index is not @none. */
static sg_result
index_item(const struct index_entry *x, struct jsonld_item *item)
{
    unsigned container = x->key->term->container;
    if ((container & JSONLD_IN_INDEX) != 0) {
        if (x->key->term->index.n != 0 && !sg_str_is(x->key->term->index, "@index")) {
            return index_property(x, item);
        }
        if ((item->has & JSONLD_HAS_INDEX) == 0) {
            item->has |= JSONLD_HAS_INDEX;
            item->index = x->index;
        }
        return SG_DONE;
    }
    /* an identifier or a type is a node's: neither a value nor a list can take it, and it may not get lost */
    if ((item->has & (JSONLD_HAS_VALUE | JSONLD_HAS_LIST)) != 0) {
        return jsonld_refuse(x->run, "invalid value object");
    }
    if ((container & JSONLD_IN_ID) != 0) {
        struct jsonld_iri iri;
        if ((item->has & JSONLD_HAS_ID) != 0) {
            return SG_DONE;
        }
        SG_TRY(jsonld_iri_expand(x->run, x->ctx, x->index, JSONLD_DOCUMENT_RELATIVE, NULL, &iri));
        item->has |= JSONLD_HAS_ID;
        item->id = iri.s;
        item->id_null = iri.null;
        if (iri.null || (!jsonld_iri_absolute(iri.s) && !jsonld_is_blank(iri.s))) {
            return jsonld_loss(x->run, "relative @id reference");
        }
        return SG_DONE;
    }
    struct jsonld_type *others = item->types;
    struct jsonld_type *last = item->types_last;
    if (x->expanded.null ||
        (!jsonld_iri_absolute(x->expanded.s) && !jsonld_is_blank(x->expanded.s))) {
        SG_TRY(jsonld_loss(x->run, "relative @type reference"));
    }
    item->types = NULL;
    item->types_last = NULL;
    item->type_array = true;
    SG_TRY(jsonld_type_add(x->run, item, x->expanded.s));
    if (others != NULL) {
        item->types_last->next = others;
        item->types_last = last;
    }
    return SG_DONE;
}

/* The context for the values of one entry. */
static sg_result
entry_context(
    const struct index_entry *x, const struct jsonld_ctx *ctx, const struct jsonld_ctx **ret)
{
    unsigned container = x->key->term->container;
    *ret = ctx;
    if ((container & (JSONLD_IN_ID | JSONLD_IN_TYPE)) != 0 && ctx->previous != NULL) {
        *ret = ctx->previous;
    }
    if ((container & JSONLD_IN_TYPE) != 0) {
        const struct jsonld_term *term = jsonld_ctx_find(x->run, *ret, x->index);
        if (term != NULL && term->context != NULL) {
            return jsonld_ctx_scoped(x->run, *ret, term, JSONLD_SCOPE_INDEX, ret);
        }
    }
    return SG_DONE;
}

static sg_result
index_entry(const struct index_entry *x, const struct sjson *entry, struct jsonld_items *out)
{
    struct jsonld_expanded values;
    const struct jsonld_ctx *ctx;
    struct jsonld_active key = *x->key;
    SG_TRY(entry_context(x, x->ctx, &ctx));
    key.term = ctx == x->ctx ? key.term : jsonld_ctx_find(x->run, ctx, key.name);
    SG_TRY(jsonld_expand_element(x->run, ctx, &key, entry, true, &values));
    struct jsonld_item *next;
    for (struct jsonld_item *item = values.items.first; item != NULL; item = next) {
        next = item->next;
        item->next = NULL;
        if ((x->key->term->container & JSONLD_IN_GRAPH) != 0 && !is_graph_object(item)) {
            struct jsonld_item *graph;
            SG_TRY(jsonld_check_graph_item(x->run, item));
            SG_TRY(jsonld_item_new(x->run, &graph));
            graph->has = JSONLD_HAS_GRAPH;
            jsonld_items_add(&graph->graph, item);
            item = graph;
        }
        if (x->expanded.kw != JSONLD_KW_NULL) {
            SG_TRY(index_item(x, item));
        }
        jsonld_items_add(out, item);
    }
    return SG_DONE;
}

sg_result
jsonld_expand_index_map(struct jsonld_run *run, const struct jsonld_ctx *ctx,
    const struct jsonld_active *key, const struct sjson *value, struct jsonld_expanded *ret)
{
    struct index_entry x = { .run = run, .ctx = ctx, .key = key };
    *ret = (struct jsonld_expanded){ .array = true };
    SG_TRY(jsonld_check_index(run, key->term));
    for (const struct sjson *e = value->first; e != NULL; e = e->next) {
        x.index = e->name;
        SG_TRY(jsonld_iri_expand(run, ctx, e->name, JSONLD_VOCAB, NULL, &x.expanded));
        if ((key->term->container & JSONLD_IN_TYPE) != 0) {
            SG_TRY(jsonld_check_name(run, ctx, e->name, &x.expanded));
        }
        SG_TRY(index_entry(&x, e, &ret->items));
    }
    return SG_DONE;
}
