/* Expanded documents as JSON text. */
#include "jsonld_int.h"

static void write_item(struct sjson_wr *wr, const struct jsonld_item *item);

static void
write_items(struct sjson_wr *wr, const struct jsonld_items *items)
{
    sjson_wr_array(wr);
    for (const struct jsonld_item *i = items->first; i != NULL; i = i->next) {
        write_item(wr, i);
    }
    sjson_wr_array_end(wr);
}

static void
write_member(struct sjson_wr *wr, const char *name, const struct jsonld_items *items)
{
    sjson_wr_name(wr, sg_cstr(name));
    write_items(wr, items);
}

static void
write_properties(struct sjson_wr *wr, const struct jsonld_properties *properties)
{
    for (const struct jsonld_property *p = properties->first; p != NULL; p = p->next) {
        sjson_wr_name(wr, p->iri);
        write_items(wr, &p->items);
    }
}

static void
write_types(struct sjson_wr *wr, const struct jsonld_item *item)
{
    bool array = (item->has & JSONLD_HAS_VALUE) == 0;
    sjson_wr_name(wr, SG_LIT("@type"));
    if (array) {
        sjson_wr_array(wr);
    }
    for (const struct jsonld_type *t = item->types; t != NULL; t = t->next) {
        sjson_wr_text(wr, t->iri);
    }
    if (array) {
        sjson_wr_array_end(wr);
    }
}

static void
write_value(struct sjson_wr *wr, const struct jsonld_item *item)
{
    sjson_wr_name(wr, SG_LIT("@value"));
    if (item->value == NULL) {
        sjson_wr_null(wr);
    } else if (item->value->type == SJSON_STRING) {
        sjson_wr_text(wr, item->value->text);
    } else {
        sjson_wr_value(wr, item->value);
    }
}

/* Recursion follows the nesting of the document. */
static void
write_item(struct sjson_wr *wr, const struct jsonld_item *item)
{
    sjson_wr_object(wr);
    if ((item->has & JSONLD_HAS_ID) != 0) {
        sjson_wr_name(wr, SG_LIT("@id"));
        if (item->id_null) {
            sjson_wr_null(wr);
        } else {
            sjson_wr_text(wr, item->id);
        }
    }
    if ((item->has & JSONLD_HAS_TYPE) != 0) {
        write_types(wr, item);
    }
    if ((item->has & JSONLD_HAS_VALUE) != 0) {
        write_value(wr, item);
    }
    if ((item->has & JSONLD_HAS_LANGUAGE) != 0) {
        sjson_wr_member_text(wr, "@language", item->language);
    }
    if ((item->has & JSONLD_HAS_DIRECTION) != 0) {
        sjson_wr_member_cstr(wr, "@direction", item->direction == JSONLD_DIR_LTR ? "ltr" : "rtl");
    }
    if ((item->has & JSONLD_HAS_INDEX) != 0) {
        sjson_wr_member_text(wr, "@index", item->index);
    }
    if ((item->has & JSONLD_HAS_LIST) != 0) {
        write_member(wr, "@list", &item->items);
    }
    if ((item->has & JSONLD_HAS_GRAPH) != 0) {
        write_member(wr, "@graph", &item->graph);
    }
    if ((item->has & JSONLD_HAS_INCLUDED) != 0) {
        write_member(wr, "@included", &item->included);
    }
    if (item->reverse != NULL) {
        sjson_wr_name(wr, SG_LIT("@reverse"));
        sjson_wr_object(wr);
        write_properties(wr, item->reverse);
        sjson_wr_object_end(wr);
    }
    write_properties(wr, &item->properties);
    sjson_wr_object_end(wr);
}

sg_result
jsonld_expand(struct sg_arena *arena, const struct sjson *document,
    const struct jsonld_options *options, struct sg_why *why, sg_str *ret)
{
    struct jsonld_run run = {
        .arena = arena, .why = why, .options = options, .contexts = options->contexts
    };
    struct jsonld_items items;
    SG_TRY(jsonld_expand_document(&run, document, &items));
    struct sg_buf buf = sg_buf_new(arena, document->source.n, JSONLD_TEXT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    write_items(&wr, &items);
    return sg_buf_end_str(&buf, ret);
}
