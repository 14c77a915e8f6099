#include "flow_contexts.h"

#include "flow_pinned.h"
#include "flow_read.h"

static sg_result
check_one(struct sg_arena *arena, const struct flow_pinned *pinned, struct sg_why *why)
{
    const struct sjson *json, *context;
    bool read = sg_ok(sjson_parse_object(arena, pinned->text, NULL, &json));
    context = read ? sjson_get(json, "@context") : NULL;
    return context != NULL && (context->type == SJSON_OBJECT || context->type == SJSON_ARRAY)
               ? SG_DONE
               : flow_bad(why, "a JSON object with a member @context");
}

sg_result
flow_contexts_read(struct sg_arena *arena, const char *dir, sg_str base, struct sg_why *why,
    sg_str *ret_file, struct flow_contexts *ret)
{
    const struct flow_pinned *pinned;
    size_t n;
    SG_TRY(flow_pinned_read(arena, dir, base, why, ret_file, &pinned, &n));
    struct flow_context *added = SG_NEW_ARRAY(arena, n, struct flow_context);
    struct jsonld_document *documents = SG_NEW_ARRAY(arena, n, struct jsonld_document);
    SG_REQUIRE(added != NULL && documents != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        if (ret_file != NULL) {
            *ret_file = pinned[i].file;
        }
        SG_TRY(check_one(arena, &pinned[i], why));
        added[i] = (struct flow_context){ pinned[i].url, sg_str_bytes(pinned[i].text) };
        documents[i] = (struct jsonld_document){ pinned[i].url, pinned[i].text };
    }
    struct jsonld_contexts *set;
    sg_result r = jsonld_contexts_new(documents, n, why, &set);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r)) {
        return flow_bad(why, "a context that JSON-LD refuses, or a URL that is built in");
    }
    *ret = (struct flow_contexts){ set, added, n };
    return SG_DONE;
}

void
flow_contexts_done(struct flow_contexts *contexts)
{
    jsonld_contexts_free(&contexts->set);
}
