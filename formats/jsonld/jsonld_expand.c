/* Expansion (JSON-LD API 5.1.2). Recursion follows the nesting of the document: SJSON_DEPTH_MAX. */
#include "jsonld_int.h"

/* One map being expanded: what steps 13 and 14 share. */
struct expanding {
    struct jsonld_run *run;
    const struct jsonld_active *active;
    const struct jsonld_ctx *type_scoped;
    struct jsonld_item *result;
    bool type_json; /* input type is @json */
};

static sg_result
refuse(const struct expanding *x, const char *error)
{
    return jsonld_refuse(x->run, error);
}

static sg_result
expand_name(
    struct jsonld_run *run, const struct jsonld_ctx *ctx, sg_str name, struct jsonld_iri *ret)
{
    return jsonld_iri_expand(run, ctx, name, JSONLD_VOCAB, NULL, ret);
}

/* Expand to a list, whatever comes ("ensuring that the result is an array"). */
static sg_result
expand_under(const struct expanding *x, const struct jsonld_ctx *ctx, enum jsonld_under under,
    const struct sjson *value, struct jsonld_items *ret)
{
    struct jsonld_active active = { .under = under };
    struct jsonld_expanded out;
    SG_TRY(jsonld_expand_element(x->run, ctx, &active, value, false, &out));
    *ret = out.items;
    return SG_DONE;
}

/* ---- keywords (step 13.4) ---------------------------------------------------------------------------- */

static sg_result
put_id(const struct expanding *x, const struct jsonld_ctx *ctx, const struct sjson *v)
{
    struct jsonld_iri iri;
    if (v->type != SJSON_STRING) {
        return refuse(x, "invalid @id value");
    }
    SG_TRY(jsonld_iri_expand(x->run, ctx, v->text, JSONLD_DOCUMENT_RELATIVE, NULL, &iri));
    x->result->has |= JSONLD_HAS_ID;
    x->result->id = iri.s;
    x->result->id_null = iri.null;
    if (iri.null) {
        return jsonld_loss(x->run, "null @id value");
    }
    if (!jsonld_iri_absolute(iri.s) && !jsonld_is_blank(iri.s)) {
        return jsonld_loss(x->run, "relative @id reference");
    }
    return SG_DONE;
}

static sg_result
put_type_one(const struct expanding *x, const struct sjson *v)
{
    struct jsonld_iri iri;
    if (v->type != SJSON_STRING) {
        return refuse(x, "invalid type value");
    }
    SG_TRY(jsonld_iri_expand(
        x->run, x->type_scoped, v->text, JSONLD_VOCAB | JSONLD_DOCUMENT_RELATIVE, NULL, &iri));
    SG_TRY(jsonld_check_name(x->run, x->type_scoped, v->text, &iri));
    if (iri.null) {
        return jsonld_loss(x->run, "reserved term");
    }
    if (iri.kw == JSONLD_KW_NONE && !jsonld_iri_absolute(iri.s) && !jsonld_is_blank(iri.s)) {
        SG_TRY(jsonld_loss(x->run, "relative @type reference"));
    }
    x->result->type_json = iri.kw == JSONLD_KW_JSON;
    return jsonld_type_add(x->run, x->result, iri.s);
}

static sg_result
put_type(const struct expanding *x, const struct sjson *v)
{
    if (v->type != SJSON_ARRAY) {
        return put_type_one(x, v);
    }
    x->result->type_array = true;
    x->result->has |= JSONLD_HAS_TYPE;
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        SG_TRY(put_type_one(x, e));
    }
    return SG_DONE;
}

static sg_result
put_included(const struct expanding *x, const struct jsonld_ctx *ctx, const struct sjson *v)
{
    struct jsonld_items items;
    unsigned others = JSONLD_HAS_VALUE | JSONLD_HAS_LIST | JSONLD_HAS_SET;
    if (x->run->options->mode_1_0) {
        return SG_DONE;
    }
    /* a scalar would be dropped as free-floating before it could be seen to be wrong */
    const struct sjson *one = v->type == SJSON_ARRAY ? v->first : v;
    for (; one != NULL; one = v->type == SJSON_ARRAY ? one->next : NULL) {
        if (one->type != SJSON_OBJECT && one->type != SJSON_ARRAY) {
            return refuse(x, "invalid @included value");
        }
        struct jsonld_iri iri;
        for (const struct sjson *e = one->type == SJSON_OBJECT ? one->first : NULL; e != NULL;
             e = e->next) {
            SG_TRY(expand_name(x->run, ctx, e->name, &iri));
            if (iri.kw == JSONLD_KW_VALUE || iri.kw == JSONLD_KW_LIST || iri.kw == JSONLD_KW_SET) {
                return refuse(x, "invalid @included value");
            }
        }
    }
    SG_TRY(expand_under(x, ctx, JSONLD_UNDER_NOTHING, v, &items));
    for (const struct jsonld_item *i = items.first; i != NULL; i = i->next) {
        if ((i->has & others) != 0) {
            return refuse(x, "invalid @included value");
        }
    }
    jsonld_items_join(&x->result->included, &items);
    x->result->has |= JSONLD_HAS_INCLUDED;
    return SG_DONE;
}

static sg_result
put_value(const struct expanding *x, const struct sjson *v)
{
    if (x->type_json && x->run->options->mode_1_0) {
        return refuse(x, "invalid value object value");
    }
    if (!x->type_json && (v->type == SJSON_OBJECT || v->type == SJSON_ARRAY)) {
        return refuse(x, "invalid value object value");
    }
    x->result->has |= JSONLD_HAS_VALUE;
    x->result->value = v->type == SJSON_NULL && !x->type_json ? NULL : v;
    return SG_DONE;
}

static sg_result
put_language(const struct expanding *x, const struct sjson *v)
{
    if (v->type != SJSON_STRING) {
        return refuse(x, "invalid language-tagged string");
    }
    if (!jsonld_language_well_formed(v->text)) {
        SG_TRY(jsonld_loss(x->run, "invalid @language value"));
    }
    x->result->has |= JSONLD_HAS_LANGUAGE;
    return jsonld_lower(x->run->arena, v->text, &x->result->language);
}

static sg_result
put_direction(const struct expanding *x, const struct sjson *v)
{
    if (x->run->options->mode_1_0) {
        return SG_DONE;
    }
    bool ltr = sjson_is_text(v, "ltr");
    if (!ltr && !sjson_is_text(v, "rtl")) {
        return refuse(x, "invalid base direction");
    }
    x->result->has |= JSONLD_HAS_DIRECTION;
    x->result->direction = ltr ? JSONLD_DIR_LTR : JSONLD_DIR_RTL;
    return SG_DONE;
}

static sg_result
put_items(
    const struct expanding *x, const struct jsonld_ctx *ctx, const struct sjson *v, unsigned has)
{
    struct jsonld_expanded out;
    struct jsonld_active active = *x->active;
    if (active.under == JSONLD_UNDER_TERM) { /* the context may be another one by now */
        active.term = jsonld_ctx_find(x->run, ctx, active.name);
    }
    active.in_list = active.in_list || has == JSONLD_HAS_LIST;
    SG_TRY(jsonld_expand_element(x->run, ctx, &active, v, false, &out));
    if (has == JSONLD_HAS_SET && out.null) {
        return SG_DONE;
    }
    x->result->items = out.items;
    x->result->has |= has;
    return SG_DONE;
}

/* Items that may stand under a reversed property, moved there one by one. */
static sg_result
add_reverse(const struct expanding *x, sg_str iri, struct jsonld_items *items)
{
    struct jsonld_property *p;
    if (x->result->reverse == NULL) {
        x->result->reverse = SG_NEW(x->run->arena, struct jsonld_properties);
        SG_REQUIRE(x->result->reverse != NULL, NO_MEMORY);
        x->result->has |= JSONLD_HAS_REVERSE;
    }
    for (const struct jsonld_item *i = items->first; i != NULL; i = i->next) {
        if ((i->has & (JSONLD_HAS_VALUE | JSONLD_HAS_LIST)) != 0) {
            return refuse(x, "invalid reverse property value");
        }
    }
    SG_TRY(jsonld_property_get(x->run, x->result->reverse, iri, &p));
    jsonld_items_join(&p->items, items);
    return SG_DONE;
}

/* Step 13.4.13. */
static sg_result
put_reverse(const struct expanding *x, const struct jsonld_ctx *ctx, const struct sjson *v)
{
    struct jsonld_items items;
    struct jsonld_property *mine;
    if (v->type != SJSON_OBJECT) {
        return refuse(x, "invalid @reverse value");
    }
    x->result->said |= JSONLD_SAID_REVERSE;
    SG_TRY(expand_under(x, ctx, JSONLD_UNDER_REVERSE, v, &items));
    struct jsonld_item *inner = items.first;
    if (inner == NULL) {
        return SG_DONE;
    }
    if (inner->reverse != NULL) { /* reversed twice */
        for (struct jsonld_property *p = inner->reverse->first; p != NULL; p = p->next) {
            SG_TRY(jsonld_property_get(x->run, &x->result->properties, p->iri, &mine));
            jsonld_items_join(&mine->items, &p->items);
        }
    }
    for (struct jsonld_property *p = inner->properties.first; p != NULL; p = p->next) {
        SG_TRY(add_reverse(x, p->iri, &p->items));
    }
    return SG_DONE;
}

/* The bit of a keyword that may appear once in a map, for "colliding keywords". */
static unsigned
once(enum jsonld_kw kw, bool mode_1_0)
{
    static const struct {
        enum jsonld_kw kw;
        unsigned has;
    } bits[] = {
        { JSONLD_KW_ID, JSONLD_HAS_ID },
        { JSONLD_KW_VALUE, JSONLD_HAS_VALUE },
        { JSONLD_KW_LIST, JSONLD_HAS_LIST },
        { JSONLD_KW_SET, JSONLD_HAS_SET },
        { JSONLD_KW_LANGUAGE, JSONLD_HAS_LANGUAGE },
        { JSONLD_KW_DIRECTION, JSONLD_HAS_DIRECTION },
        { JSONLD_KW_INDEX, JSONLD_HAS_INDEX },
        { JSONLD_KW_GRAPH, JSONLD_HAS_GRAPH },
        { JSONLD_KW_REVERSE, JSONLD_SAID_REVERSE },
    };
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        if (bits[i].kw == kw) {
            return bits[i].has;
        }
    }
    return kw == JSONLD_KW_TYPE && mode_1_0 ? JSONLD_HAS_TYPE : 0;
}

static sg_result
put_keyword(const struct expanding *x, const struct jsonld_ctx *ctx, enum jsonld_kw kw,
    const struct sjson *v)
{
    if (x->active->under == JSONLD_UNDER_REVERSE) {
        return refuse(x, "invalid reverse property map");
    }
    if (((x->result->has | x->result->said) & once(kw, x->run->options->mode_1_0)) != 0) {
        return refuse(x, "colliding keywords");
    }
    switch (kw) {
    case JSONLD_KW_ID:
        return put_id(x, ctx, v);
    case JSONLD_KW_TYPE:
        return put_type(x, v);
    case JSONLD_KW_GRAPH:
        x->result->has |= JSONLD_HAS_GRAPH;
        return expand_under(x, ctx, JSONLD_UNDER_GRAPH, v, &x->result->graph);
    case JSONLD_KW_INCLUDED:
        return put_included(x, ctx, v);
    case JSONLD_KW_VALUE:
        return put_value(x, v);
    case JSONLD_KW_LANGUAGE:
        return put_language(x, v);
    case JSONLD_KW_DIRECTION:
        return put_direction(x, v);
    case JSONLD_KW_INDEX:
        if (v->type != SJSON_STRING) {
            return refuse(x, "invalid @index value");
        }
        x->result->has |= JSONLD_HAS_INDEX;
        x->result->index = v->text;
        return SG_DONE;
    case JSONLD_KW_LIST:
        if (x->active->under == JSONLD_UNDER_NOTHING || x->active->under == JSONLD_UNDER_GRAPH) {
            return jsonld_loss(x->run, "object with only @list");
        }
        return put_items(x, ctx, v, JSONLD_HAS_LIST);
    case JSONLD_KW_SET:
        return put_items(x, ctx, v, JSONLD_HAS_SET);
    case JSONLD_KW_REVERSE:
        return put_reverse(x, ctx, v);
    case JSONLD_KW_NONE:
    case JSONLD_KW_BASE:
    case JSONLD_KW_CONTAINER:
    case JSONLD_KW_CONTEXT:
    case JSONLD_KW_IMPORT:
    case JSONLD_KW_JSON:
    case JSONLD_KW_NEST:
    case JSONLD_KW_NULL:
    case JSONLD_KW_PREFIX:
    case JSONLD_KW_PROPAGATE:
    case JSONLD_KW_PROTECTED:
    case JSONLD_KW_VERSION:
    case JSONLD_KW_VOCAB:
        break;
    }
    return jsonld_loss(x->run, "invalid property");
}

/* ---- properties (steps 13.5 to 13.14) ---------------------------------------------------------------- */

static sg_result
json_literal(struct jsonld_run *run, const struct sjson *v, struct jsonld_expanded *ret)
{
    struct jsonld_item *item;
    SG_TRY(jsonld_item_new(run, &item));
    item->has = JSONLD_HAS_VALUE;
    item->value = v;
    item->type_json = true;
    SG_TRY(jsonld_type_add(run, item, SG_LIT("@json")));
    *ret = (struct jsonld_expanded){ 0 };
    jsonld_items_add(&ret->items, item);
    return SG_DONE;
}

/* Put what was expanded into an item of its own: {"@list": ...} or {"@graph": ...}. */
static sg_result
wrap(struct jsonld_run *run, unsigned has, const struct jsonld_items *items,
    struct jsonld_item **ret)
{
    SG_TRY(jsonld_item_new(run, ret));
    (*ret)->has = has;
    if (has == JSONLD_HAS_GRAPH) {
        (*ret)->graph = *items;
    } else {
        (*ret)->items = *items;
    }
    return SG_DONE;
}

/*
 * A graph says nothing of a value, a list, or a node that is only named: RDF has no place for them. The specification drops them
 * under "@graph" itself and keeps them in the expanded form under a container of @graph; lost they are in both.
 */
sg_result
jsonld_check_graph_item(struct jsonld_run *run, const struct jsonld_item *item)
{
    if ((item->has & JSONLD_HAS_VALUE) != 0) {
        return jsonld_loss(run, "object with only @value");
    }
    if ((item->has & JSONLD_HAS_LIST) != 0) {
        return jsonld_loss(run, "object with only @list");
    }
    if (item->properties.n == 0 && (item->has & ~(unsigned)JSONLD_HAS_INDEX) == 0) {
        return jsonld_loss(run, "empty object");
    }
    bool named = (item->has & ~(unsigned)JSONLD_HAS_INDEX) == JSONLD_HAS_ID;
    return item->properties.n == 0 && named ? jsonld_loss(run, "object with only @id") : SG_DONE;
}

/* Step 13.12: each item becomes a graph of its own. */
static sg_result
wrap_graphs(struct jsonld_run *run, struct jsonld_expanded *out)
{
    struct jsonld_items graphs = { 0 };
    struct jsonld_item *next;
    for (struct jsonld_item *i = out->items.first; i != NULL; i = next) {
        struct jsonld_item *graph;
        struct jsonld_items one = { 0 };
        SG_TRY(jsonld_check_graph_item(run, i));
        next = i->next;
        i->next = NULL;
        jsonld_items_add(&one, i);
        SG_TRY(wrap(run, JSONLD_HAS_GRAPH, &one, &graph));
        jsonld_items_add(&graphs, graph);
    }
    out->items = graphs;
    return SG_DONE;
}

/* Steps 13.6 to 13.9. */
static sg_result
expand_property_value(const struct expanding *x, const struct jsonld_ctx *ctx,
    const struct jsonld_active *key, const struct sjson *v, struct jsonld_expanded *ret)
{
    unsigned container = key->term == NULL ? 0 : key->term->container;
    unsigned maps = JSONLD_IN_INDEX | JSONLD_IN_TYPE | JSONLD_IN_ID;
    if (key->term != NULL && key->term->type_kw == JSONLD_KW_JSON) {
        return json_literal(x->run, v, ret);
    }
    if ((container & JSONLD_IN_LANGUAGE) != 0 && v->type == SJSON_OBJECT) {
        return jsonld_expand_language_map(x->run, ctx, key->term, v, ret);
    }
    if ((container & maps) != 0 && v->type == SJSON_OBJECT) {
        return jsonld_expand_index_map(x->run, ctx, key, v, ret);
    }
    return jsonld_expand_element(x->run, ctx, key, v, false, ret);
}

static sg_result
put_property(const struct expanding *x, const struct jsonld_ctx *ctx, sg_str iri,
    const struct jsonld_active *key, const struct sjson *v)
{
    struct jsonld_expanded out;
    struct jsonld_property *p;
    unsigned container = key->term == NULL ? 0 : key->term->container;
    SG_TRY(expand_property_value(x, ctx, key, v, &out));
    if (out.null) {
        return SG_DONE;
    }
    bool list = !out.array && out.items.n == 1 && (out.items.first->has & JSONLD_HAS_LIST) != 0;
    if ((container & JSONLD_IN_LIST) != 0 && !list) {
        struct jsonld_item *item;
        SG_TRY(wrap(x->run, JSONLD_HAS_LIST, &out.items, &item));
        out = (struct jsonld_expanded){ 0 };
        jsonld_items_add(&out.items, item);
    }
    if ((container & JSONLD_IN_GRAPH) != 0 && (container & (JSONLD_IN_ID | JSONLD_IN_INDEX)) == 0) {
        SG_TRY(wrap_graphs(x->run, &out));
    }
    if (key->term != NULL && key->term->reverse) {
        return add_reverse(x, iri, &out.items);
    }
    SG_TRY(jsonld_property_get(x->run, &x->result->properties, iri, &p));
    jsonld_items_join(&p->items, &out.items);
    return SG_DONE;
}

/* ---- a map (steps 6 to 20) --------------------------------------------------------------------------- */

static sg_result put_members(
    const struct expanding *x, const struct jsonld_ctx *ctx, const struct sjson *element);

/* Step 14, for one key that expands to @nest: that key is the active property of what stands below. */
static sg_result
put_nested(const struct expanding *x, const struct jsonld_ctx *ctx, const struct sjson *member)
{
    struct jsonld_active key = { .under = JSONLD_UNDER_TERM, .name = member->name };
    struct expanding nested = *x;
    const struct sjson *v = member->type == SJSON_ARRAY ? member->first : member;
    key.term = jsonld_ctx_find(x->run, ctx, member->name);
    nested.active = &key;
    if (key.term != NULL && key.term->context != NULL) {
        SG_TRY(jsonld_ctx_scoped(x->run, ctx, key.term, JSONLD_SCOPE_PROPERTY, &ctx));
    }
    for (; v != NULL; v = member->type == SJSON_ARRAY ? v->next : NULL) {
        if (v->type != SJSON_OBJECT) {
            return refuse(x, "invalid @nest value");
        }
        for (const struct sjson *e = v->first; e != NULL; e = e->next) {
            struct jsonld_iri iri;
            SG_TRY(expand_name(x->run, ctx, e->name, &iri));
            if (iri.kw == JSONLD_KW_VALUE) {
                return refuse(x, "invalid @nest value");
            }
        }
        SG_TRY(put_members(&nested, ctx, v));
    }
    return SG_DONE;
}

/* Steps 13 and 14. */
static sg_result
put_members(const struct expanding *x, const struct jsonld_ctx *ctx, const struct sjson *element)
{
    bool nests = false;
    struct jsonld_iri iri;
    for (const struct sjson *e = element->first; e != NULL; e = e->next) {
        if (sg_str_is(e->name, "@context")) {
            continue;
        }
        struct jsonld_active key = { .under = JSONLD_UNDER_TERM, .name = e->name };
        SG_TRY(jsonld_spend(x->run, 1));
        SG_TRY(expand_name(x->run, ctx, e->name, &iri));
        SG_TRY(jsonld_check_name(x->run, ctx, e->name, &iri));
        SG_TRY(jsonld_check_keyword(x->run, iri.kw, e, sjson_get(element, "@value") != NULL));
        if (iri.kw == JSONLD_KW_NEST) {
            nests = true;
        } else if (iri.kw != JSONLD_KW_NONE) {
            SG_TRY(put_keyword(x, ctx, iri.kw, e));
        } else if (iri.null || sg_str_index(iri.s, ':', 0) == iri.s.n) {
            SG_TRY(jsonld_loss(x->run, "invalid property"));
        } else {
            key.term = iri.term;
            SG_TRY(put_property(x, ctx, iri.s, &key, e));
        }
    }
    for (const struct sjson *e = nests ? element->first : NULL; e != NULL; e = e->next) {
        SG_TRY(expand_name(x->run, ctx, e->name, &iri));
        if (iri.kw == JSONLD_KW_NEST) {
            SG_TRY(put_nested(x, ctx, e));
        }
    }
    return SG_DONE;
}

static void
give_nothing(struct jsonld_expanded *ret)
{
    *ret = (struct jsonld_expanded){ .null = true };
}

static void
give_one(struct jsonld_item *item, struct jsonld_expanded *ret)
{
    *ret = (struct jsonld_expanded){ 0 };
    jsonld_items_add(&ret->items, item);
}

/* Step 15: a value object that holds together, or nothing. */
static sg_result
finish_value(const struct expanding *x, bool *ret_nothing)
{
    const struct jsonld_item *r = x->result;
    unsigned allowed = JSONLD_HAS_VALUE | JSONLD_HAS_DIRECTION | JSONLD_HAS_INDEX |
                       JSONLD_HAS_LANGUAGE | JSONLD_HAS_TYPE;
    bool type = (r->has & JSONLD_HAS_TYPE) != 0;
    bool tagged = (r->has & (JSONLD_HAS_LANGUAGE | JSONLD_HAS_DIRECTION)) != 0;
    if ((r->has & ~allowed) != 0 || r->properties.n != 0 || (type && tagged)) {
        return refuse(x, "invalid value object");
    }
    if (type && r->type_json && !r->type_array) {
        return SG_DONE;
    }
    if (r->value == NULL) {
        *ret_nothing = true;
        return jsonld_loss(x->run, "null @value value");
    }
    if (r->value->type != SJSON_STRING && (r->has & JSONLD_HAS_LANGUAGE) != 0) {
        return refuse(x, "invalid language-tagged value");
    }
    bool iri = type && !r->type_array && r->types != NULL && r->types->next == NULL &&
               (jsonld_iri_absolute(r->types->iri) || jsonld_is_blank(r->types->iri));
    if (type && !iri) {
        return refuse(x, "invalid typed value");
    }
    return SG_DONE;
}

/* Steps 18 and 19: what floats free. */
static sg_result
finish_floating(const struct expanding *x, bool *ret_nothing)
{
    const struct jsonld_item *r = x->result;
    bool top = x->active->under == JSONLD_UNDER_NOTHING || x->active->under == JSONLD_UNDER_GRAPH;
    *ret_nothing = true;
    if (r->has == JSONLD_HAS_LANGUAGE && r->properties.n == 0) {
        return jsonld_loss(x->run, "object with only @language");
    }
    if (top && r->has == 0 && r->properties.n == 0) {
        return jsonld_loss(x->run, "empty object");
    }
    if (top && (r->has & JSONLD_HAS_VALUE) != 0) {
        return jsonld_loss(x->run, "object with only @value");
    }
    if (top && (r->has & JSONLD_HAS_LIST) != 0) {
        return jsonld_loss(x->run, "object with only @list");
    }
    if (top && r->has == JSONLD_HAS_ID && r->properties.n == 0) {
        return jsonld_loss(x->run, "object with only @id");
    }
    *ret_nothing = false;
    return SG_DONE;
}

/* Steps 15 to 20. */
static sg_result
finish(const struct expanding *x, struct jsonld_expanded *ret)
{
    struct jsonld_item *r = x->result;
    bool nothing = false;
    if ((r->has & JSONLD_HAS_VALUE) != 0) {
        SG_TRY(finish_value(x, &nothing));
    } else if ((r->has & (JSONLD_HAS_LIST | JSONLD_HAS_SET)) != 0) {
        unsigned rest = r->has & ~(unsigned)JSONLD_HAS_INDEX;
        if (r->properties.n != 0 || (rest != JSONLD_HAS_LIST && rest != JSONLD_HAS_SET)) {
            return refuse(x, "invalid set or list object");
        }
        if (rest == JSONLD_HAS_SET) {
            *ret = (struct jsonld_expanded){ .array = true, .items = r->items };
            return SG_DONE;
        }
    }
    if (!nothing) {
        SG_TRY(finish_floating(x, &nothing));
    }
    if (nothing) {
        give_nothing(ret);
    } else {
        give_one(r, ret);
    }
    return SG_DONE;
}

static sg_result
expand_map(struct jsonld_run *run, const struct jsonld_ctx *ctx, const struct jsonld_active *active,
    const struct sjson *element, bool from_map, struct jsonld_expanded *ret)
{
    struct expanding x = { .run = run, .active = active };
    const struct sjson *context = sjson_get(element, "@context");
    if (ctx->previous != NULL && !from_map) {
        SG_TRY(jsonld_leave_type_scope(run, element, &ctx));
    }
    if (active->term != NULL && active->term->context != NULL) {
        SG_TRY(jsonld_ctx_scoped(run, ctx, active->term, JSONLD_SCOPE_PROPERTY, &ctx));
    }
    if (context != NULL) {
        struct jsonld_how how = { .base = run->options->base, .propagate = true, .validate = true };
        SG_TRY(jsonld_ctx_process(run, ctx, context, &how, &ctx));
    }
    x.type_scoped = ctx;
    SG_TRY(jsonld_enter_type_scopes(run, element, &ctx, &x.type_json));
    SG_TRY(jsonld_item_new(run, &x.result));
    x.result->source = element;
    SG_TRY(put_members(&x, ctx, element));
    return finish(&x, ret);
}

static sg_result
expand_array(struct jsonld_run *run, const struct jsonld_ctx *ctx,
    const struct jsonld_active *active, const struct sjson *element, bool from_map,
    struct jsonld_expanded *ret)
{
    bool lists = active->term != NULL && (active->term->container & JSONLD_IN_LIST) != 0;
    *ret = (struct jsonld_expanded){ .array = true };
    for (const struct sjson *e = element->first; e != NULL; e = e->next) {
        struct jsonld_expanded one;
        SG_TRY(jsonld_expand_element(run, ctx, active, e, from_map, &one));
        if (lists && one.array) {
            struct jsonld_item *list;
            SG_TRY(wrap(run, JSONLD_HAS_LIST, &one.items, &list));
            one.items = (struct jsonld_items){ 0 };
            jsonld_items_add(&one.items, list);
        } else if (active->in_list && one.array) {
            /*
             * An array or set in an explicit @list: the specification flattens it unless the term has that container too, some
             * processors make lists of lists. One document would have one meaning here and another there: not to be signed.
             */
            SG_TRY(jsonld_loss(run, "array within @list"));
        }
        jsonld_items_join(&ret->items, &one.items);
    }
    return SG_DONE;
}

sg_result
jsonld_expand_element(struct jsonld_run *run, const struct jsonld_ctx *ctx,
    const struct jsonld_active *active, const struct sjson *element, bool from_map,
    struct jsonld_expanded *ret)
{
    struct jsonld_item *item;
    const struct jsonld_term *term = active->term;
    switch (element->type) {
    case SJSON_NULL:
        give_nothing(ret);
        return SG_DONE;
    case SJSON_ARRAY:
        return expand_array(run, ctx, active, element, from_map, ret);
    case SJSON_OBJECT:
        return expand_map(run, ctx, active, element, from_map, ret);
    case SJSON_FALSE:
    case SJSON_TRUE:
    case SJSON_NUMBER:
    case SJSON_STRING:
        break;
    }
    if (active->under == JSONLD_UNDER_NOTHING || active->under == JSONLD_UNDER_GRAPH) {
        give_nothing(ret);
        return jsonld_loss(run, "free-floating scalar");
    }
    if (term != NULL && term->context != NULL) {
        SG_TRY(jsonld_ctx_scoped(run, ctx, term, JSONLD_SCOPE_VALUE, &ctx));
        term = jsonld_ctx_find(run, ctx, active->name);
    }
    SG_TRY(jsonld_expand_value(run, ctx, term, element, &item));
    give_one(item, ret);
    return SG_DONE;
}

sg_result
jsonld_expand_document(
    struct jsonld_run *run, const struct sjson *document, struct jsonld_items *ret)
{
    const struct jsonld_ctx *ctx = run->contexts->initial;
    struct jsonld_active top = { .under = JSONLD_UNDER_NOTHING };
    struct jsonld_expanded out;
    if (run->options->mode_1_0) { /* what is remembered was made by the rules of 1.1 */
        SG_TRY(jsonld_ctx_initial(run, &ctx));
    }
    if (run->options->expand_context != NULL) {
        const struct sjson *given = run->options->expand_context;
        const struct sjson *inner = sjson_get(given, "@context");
        struct jsonld_how how = { .base = run->options->base, .propagate = true, .validate = true };
        SG_TRY(jsonld_ctx_process(run, ctx, inner != NULL ? inner : given, &how, &ctx));
    }
    SG_TRY(jsonld_expand_element(run, ctx, &top, document, false, &out));
    *ret = out.items;
    struct jsonld_item *only = out.items.n == 1 && !out.array ? out.items.first : NULL;
    if (only != NULL && only->has == JSONLD_HAS_GRAPH && only->properties.n == 0) {
        *ret = only->graph;
    }
    return SG_DONE;
}
