/* Lists, properties and types of expanded items. */
#include "jsonld_int.h"

#define PROPERTIES_WALKED 12 /* up to so many are compared one by one */

void
jsonld_items_add(struct jsonld_items *items, struct jsonld_item *item)
{
    if (items->last == NULL) {
        items->first = item;
    } else {
        items->last->next = item;
    }
    items->last = item;
    items->n++;
}

void
jsonld_items_join(struct jsonld_items *items, const struct jsonld_items *more)
{
    if (more->first == NULL) {
        return;
    }
    if (items->last == NULL) {
        *items = *more;
        return;
    }
    items->last->next = more->first;
    items->last = more->last;
    items->n += more->n;
}

sg_result
jsonld_item_new(struct jsonld_run *run, struct jsonld_item **ret)
{
    SG_TRY(jsonld_spend(run, 1));
    *ret = SG_NEW(run->arena, struct jsonld_item);
    SG_REQUIRE(*ret != NULL, NO_MEMORY);
    return SG_DONE;
}

static sg_result
property_add(struct jsonld_run *run, struct jsonld_properties *properties, sg_str iri,
    struct jsonld_property **ret)
{
    struct jsonld_property *p = SG_NEW(run->arena, struct jsonld_property);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    p->iri = iri;
    if (properties->last == NULL) {
        properties->first = p;
    } else {
        properties->last->next = p;
    }
    properties->last = p;
    properties->n++;
    *ret = p;
    return SG_DONE;
}

/* Enter every property into the map, once, when there are too many to walk. */
static sg_result
index_properties(struct jsonld_run *run, struct jsonld_properties *properties)
{
    for (struct jsonld_property *p = properties->first; p != NULL; p = p->next) {
        struct jsonld_slot *slot;
        SG_TRY(jsonld_map_slot(run, &properties->by_iri, p->iri, jsonld_hash(p->iri), &slot));
        slot->object = p;
    }
    return SG_DONE;
}

sg_result
jsonld_property_get(struct jsonld_run *run, struct jsonld_properties *properties, sg_str iri,
    struct jsonld_property **ret)
{
    if (properties->n <= PROPERTIES_WALKED) {
        for (struct jsonld_property *p = properties->first; p != NULL; p = p->next) {
            if (sg_str_equal(p->iri, iri)) {
                *ret = p;
                return SG_DONE;
            }
        }
        return property_add(run, properties, iri, ret);
    }
    struct jsonld_slot *slot;
    if (properties->by_iri.n == 0) {
        SG_TRY(index_properties(run, properties));
    }
    SG_TRY(jsonld_map_slot(run, &properties->by_iri, iri, jsonld_hash(iri), &slot));
    if (slot->object == NULL) {
        struct jsonld_property *fresh;
        SG_TRY(property_add(run, properties, iri, &fresh));
        slot->object = fresh;
    }
    *ret = slot->object;
    return SG_DONE;
}

sg_result
jsonld_type_add(struct jsonld_run *run, struct jsonld_item *item, sg_str iri)
{
    struct jsonld_type *type = SG_NEW(run->arena, struct jsonld_type);
    SG_REQUIRE(type != NULL, NO_MEMORY);
    type->iri = iri;
    if (item->types_last == NULL) {
        item->types = type;
    } else {
        item->types_last->next = type;
    }
    item->types_last = type;
    item->has |= JSONLD_HAS_TYPE;
    return SG_DONE;
}
