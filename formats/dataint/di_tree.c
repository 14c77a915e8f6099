/* Copies of the outer layer of JSON trees: a document without its proof shares everything below with the original. */
#include "di_int.h"

static struct sjson *
append(struct sg_arena *arena, struct sjson *parent, struct sjson *last, const struct sjson *value)
{
    struct sjson *copy = SG_NEW(arena, struct sjson);
    if (copy == NULL) {
        return NULL;
    }
    *copy = *value;
    copy->next = NULL;
    if (last == NULL) {
        parent->first = copy;
    } else {
        last->next = copy;
    }
    parent->n++;
    return copy;
}

static bool
is_named(const struct sjson *member, const char *name)
{
    return name != NULL && sg_str_is(member->name, name);
}

struct sjson *
di_object_without(
    struct sg_arena *arena, const struct sjson *object, const char *name, const char *other)
{
    struct sjson *copy = SG_NEW(arena, struct sjson);
    if (copy == NULL) {
        return NULL;
    }
    copy->type = SJSON_OBJECT;
    struct sjson *last = NULL;
    for (const struct sjson *m = object->first; m != NULL; m = m->next) {
        if (is_named(m, name) || is_named(m, other)) {
            continue;
        }
        last = append(arena, copy, last, m);
        if (last == NULL) {
            return NULL;
        }
    }
    return copy;
}

bool
di_object_add(struct sg_arena *arena, struct sjson *object, sg_str name, const struct sjson *value)
{
    /* In front: order does not matter to either canonical form, and the list needs no walk. */
    struct sjson *copy = SG_NEW(arena, struct sjson);
    if (copy == NULL) {
        return false;
    }
    *copy = *value;
    copy->name = name;
    copy->next = object->first;
    object->first = copy;
    object->n++;
    return true;
}

struct sjson *
di_array_of(struct sg_arena *arena, const struct sjson *const *values, size_t n)
{
    struct sjson *array = SG_NEW(arena, struct sjson);
    if (array == NULL) {
        return NULL;
    }
    array->type = SJSON_ARRAY;
    struct sjson *last = NULL;
    for (size_t i = 0; i < n; i++) {
        last = append(arena, array, last, values[i]);
        if (last == NULL) {
            return NULL;
        }
        last->name = SG_NO_STR;
    }
    return array;
}
