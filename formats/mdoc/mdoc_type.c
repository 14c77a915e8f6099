/* The types of a template. Trap 4 of ISO mdocs in the field: full-date as text, portrait as text. So nothing is guessed from JSON. */
#include "mdoc_int.h"

#define TYPE_DEPTH_MAX (MDOC_DEPTH_MAX / 2)
#define MEMBERS_MAX 256

static const struct {
    const char *name;
    enum mdoc_kind kind;
} simple[] = {
    { "tstr", MDOC_TSTR },
    { "uint", MDOC_UINT },
    { "int", MDOC_INT },
    { "bool", MDOC_BOOL },
    { "bstr", MDOC_BSTR },
    { "full-date", MDOC_FULL_DATE },
    { "tdate", MDOC_TDATE },
    { "float", MDOC_FLOAT },
};

static sg_result parse(struct sg_arena *arena, const struct sjson *json, unsigned depth,
    struct sg_why *why, struct mdoc_type *ret);

static sg_result
parse_members(struct sg_arena *arena, const struct sjson *json, unsigned depth, struct sg_why *why,
    struct mdoc_type *ret)
{
    MDOC_RULE(json->n <= MEMBERS_MAX, TOO_LARGE, "type: too many members");
    struct mdoc_member *members = SG_NEW_ARRAY(arena, json->n, struct mdoc_member);
    SG_REQUIRE(members != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *m = json->first; m != NULL; m = m->next) {
        struct mdoc_member *out = &members[n++];
        out->name = m->name;
        out->optional = m->name.n > 0 && m->name.p[m->name.n - 1] == '?';
        out->name.n -= out->optional;
        MDOC_RULE(out->name.n > 0 && out->name.n <= MDOC_NAME_MAX, VALUE, "type: a member's name");
        for (size_t i = 0; i + 1 < n; i++) {
            MDOC_RULE(!sg_str_equal(members[i].name, out->name), VALUE,
                "type: a member stands there twice");
        }
        SG_TRY(parse(arena, m, depth + 1, why, &out->type));
    }
    *ret = (struct mdoc_type){ .kind = MDOC_MAP, .members = members, .n_members = n };
    return SG_DONE;
}

static sg_result
parse_simple(sg_str name, struct sg_why *why, struct mdoc_type *ret)
{
    for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
        if (sg_str_is(name, simple[i].name)) {
            *ret = (struct mdoc_type){ .kind = simple[i].kind };
            return SG_DONE;
        }
    }
    sg_why_note(why, "type: the name is not known", 0, 0);
    SG_FAIL(VALUE);
}

static sg_result
parse(struct sg_arena *arena, const struct sjson *json, unsigned depth, struct sg_why *why,
    struct mdoc_type *ret)
{
    MDOC_RULE(depth <= TYPE_DEPTH_MAX, DEPTH, "type: nested too deeply");
    if (json->type == SJSON_STRING) {
        return parse_simple(json->text, why, ret);
    }
    MDOC_RULE(json->type == SJSON_OBJECT && json->n == 1, VALUE,
        "type: neither a name nor one of array and map");
    const struct sjson *inner = sjson_get(json, "array");
    if (inner == NULL) {
        inner = sjson_get(json, "map");
        MDOC_RULE(inner != NULL && inner->type == SJSON_OBJECT, VALUE,
            "type: neither a name nor one of array and map");
        return parse_members(arena, inner, depth, why, ret);
    }
    struct mdoc_type *of = SG_NEW(arena, struct mdoc_type);
    SG_REQUIRE(of != NULL, NO_MEMORY);
    SG_TRY(parse(arena, inner, depth + 1, why, of));
    *ret = (struct mdoc_type){ .kind = MDOC_ARRAY, .of = of };
    return SG_DONE;
}

sg_result
mdoc_type_parse(
    struct sg_arena *arena, const struct sjson *json, struct sg_why *why, struct mdoc_type *ret)
{
    SG_REQUIRE(json != NULL, MISSING);
    return parse(arena, json, 1, why, ret);
}
