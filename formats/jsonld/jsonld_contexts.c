/* Sets of context documents. */
#include "jsonld_int.h"

#define CONTEXTS_MEMORY ((size_t)256 << 20)
#define CONTEXTS_FIRST ((size_t)256 << 10)

void
jsonld_contexts_free(struct jsonld_contexts **contexts)
{
    if (contexts == NULL || *contexts == NULL) {
        return;
    }
    struct sg_arena *arena = (*contexts)->arena; /* the struct itself lives in there */
    sg_arena_free(&arena);
    *contexts = NULL;
}

static sg_result
make_empty(struct jsonld_contexts **ret)
{
    struct sg_arena *arena = sg_arena_new(CONTEXTS_FIRST, CONTEXTS_MEMORY);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct jsonld_contexts *contexts = SG_NEW(arena, struct jsonld_contexts);
    if (contexts == NULL) {
        sg_arena_free(&arena);
        SG_FAIL(NO_MEMORY);
    }
    contexts->arena = arena;
    struct jsonld_run run = { .arena = arena };
    sg_result r = jsonld_ctx_initial(&run, &contexts->initial);
    if (!sg_ok(r)) {
        jsonld_contexts_free(&contexts);
        return r;
    }
    *ret = contexts;
    return SG_DONE;
}

/* A document of the set; `json` must live as long as the set. */
static sg_result
add(struct jsonld_contexts *contexts, sg_str url, sg_str json, struct sg_why *why,
    const struct sjson **ret_context)
{
    struct jsonld_run run = { .arena = contexts->arena };
    struct jsonld_slot *slot;
    const struct sjson *root;
    SG_TRY(jsonld_map_slot(&run, &contexts->sources, url, jsonld_hash(url), &slot));
    if (slot->value != NULL) {
        sg_why_note(why, "context URL twice", 0, 0);
        SG_FAIL(CONFLICT);
    }
    SG_TRY(sjson_parse(contexts->arena, json, why, &root));
    struct jsonld_source *source = SG_NEW(contexts->arena, struct jsonld_source);
    SG_REQUIRE(source != NULL, NO_MEMORY);
    *source = (struct jsonld_source){ .url = url, .context = sjson_get(root, "@context") };
    slot->value = source;
    *ret_context = source->context;
    return SG_DONE;
}

static sg_result
add_documents(struct jsonld_contexts *contexts, const struct jsonld_document *documents, size_t n,
    bool strict, struct sg_why *why)
{
    for (size_t i = 0; i < n; i++) {
        sg_str url;
        sg_str json;
        const struct sjson *context;
        SG_TRY(sg_arena_str(contexts->arena, documents[i].url, &url));
        SG_TRY(sg_arena_str(contexts->arena, documents[i].json, &json));
        SG_TRY(add(contexts, url, json, why, &context));
        if (strict && context == NULL) {
            sg_why_note(why, "a context document has no @context", i, 0);
            SG_FAIL(MALFORMED);
        }
    }
    return SG_DONE;
}

static sg_result
add_builtin(struct jsonld_contexts *contexts, struct sg_why *why)
{
    size_t n;
    const struct jsonld_builtin *rows = jsonld_builtins(&n);
    for (size_t i = 0; i < n; i++) {
        const struct sjson *context;
        sg_str json = sg_bytes_str(sg_bytes_of(rows[i].bytes, rows[i].n));
        SG_TRY(add(contexts, sg_cstr(rows[i].url), json, why, &context));
        SG_REQUIRE(context != NULL, MALFORMED);
    }
    return SG_DONE;
}

sg_result
jsonld_contexts_new(const struct jsonld_document *extra, size_t n_extra, struct sg_why *why,
    struct jsonld_contexts **ret)
{
    struct jsonld_contexts *contexts SG_CLEANUP(jsonld_contexts_free)
    = NULL;
    SG_TRY(make_empty(&contexts));
    SG_TRY(add_builtin(contexts, why));
    SG_TRY(add_documents(contexts, extra, n_extra, true, why));
    SG_TRY(jsonld_contexts_prepare(contexts));
    SG_TRY(jsonld_contexts_names(contexts));
    *ret = contexts;
    contexts = NULL;
    return SG_DONE;
}

sg_result
jsonld_contexts_bare(const struct jsonld_document *documents, size_t n, struct sg_why *why,
    struct jsonld_contexts **ret)
{
    struct jsonld_contexts *contexts SG_CLEANUP(jsonld_contexts_free)
    = NULL;
    SG_TRY(make_empty(&contexts));
    SG_TRY(add_documents(contexts, documents, n, false, why));
    *ret = contexts;
    contexts = NULL;
    return SG_DONE;
}

bool
jsonld_contexts_has(const struct jsonld_contexts *contexts, sg_str url)
{
    struct jsonld_run run = { 0 };
    return jsonld_map_find(&run, &contexts->sources, url, jsonld_hash(url)) != NULL;
}

void
jsonld_contexts_nested(struct jsonld_contexts *contexts)
{
    contexts->nested = true;
}
