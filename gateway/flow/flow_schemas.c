#include "flow_schemas.h"

#include "flow_read.h"
#include "schema.h"

/* A credential has a context, or is no JSON object at all; everything else is a schema, and must be a good one. */
static sg_result
check_one(struct sg_arena *arena, const struct flow_schemas *all, size_t which, struct sg_why *why)
{
    const struct sjson *json;
    const struct flow_pinned *one = &all->items[which];
    struct schema_document documents[FLOW_PINNED_MAX];
    struct schema *schema = NULL;
    size_t n = 0;
    if (one->text.n == 0 || one->text.p[0] != '{') {
        return SG_DONE; /* a compact serialisation: read when it is wanted */
    }
    if (!sg_ok(sjson_parse_object(arena, one->text, NULL, &json))) {
        return flow_bad(why, "neither JSON nor a secured credential");
    }
    if (sjson_get(json, "@context") != NULL) {
        return SG_DONE;
    }
    for (size_t i = 0; i < all->n; i++) {
        if (i != which) {
            documents[n++] = (struct schema_document){ all->items[i].url, all->items[i].text };
        }
    }
    const struct schema_settings settings = {
        .uri = one->url, .documents = documents, .n_documents = n
    };
    sg_result r = schema_compile(one->text, &settings, why, &schema);
    schema_free(&schema);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    return sg_ok(r) ? SG_DONE : flow_bad(why, "a schema that cannot be used (docs/schema.md)");
}

sg_result
flow_schemas_read(struct sg_arena *arena, const char *dir, sg_str base, struct sg_why *why,
    sg_str *ret_file, struct flow_schemas *ret)
{
    struct flow_schemas all = { 0 };
    SG_TRY(flow_pinned_read(arena, dir, base, why, ret_file, &all.items, &all.n));
    for (size_t i = 0; i < all.n; i++) {
        if (ret_file != NULL) {
            *ret_file = all.items[i].file;
        }
        SG_TRY(check_one(arena, &all, i, why));
    }
    *ret = all;
    return SG_DONE;
}
