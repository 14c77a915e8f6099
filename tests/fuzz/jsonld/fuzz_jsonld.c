/*
 * Document bytes through expansion and RDF against the built-in contexts. What safe mode accepts, plain mode turns into the same
 * quads; the expanded text is JSON that expands to itself; every quad is well formed enough to be written and read again.
 */
#include <stdlib.h>

#include "jsonld.h"

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

static struct jsonld_contexts *contexts;

static sg_str
written(struct sg_arena *arena, const struct rdf_dataset *dataset)
{
    struct sg_buf buf = sg_buf_new(arena, 0, (size_t)32 << 20);
    sg_str text = SG_NO_STR;
    for (size_t i = 0; i < dataset->n; i++) {
        rdf_nquads_put(&buf, &dataset->quads[i]);
    }
    return sg_ok(sg_buf_end_str(&buf, &text)) ? text : SG_NO_STR;
}

/* Expanded text is a fixed point of expansion, as text but for what "safe" or a base would change. */
static void
check_expanded(struct sg_arena *arena, const struct sjson *document, const struct jsonld_options *o)
{
    struct jsonld_options plain = { .contexts = o->contexts };
    const struct sjson *again;
    sg_str text;
    sg_str twice;
    if (!sg_ok(jsonld_expand(arena, document, o, NULL, &text))) {
        return;
    }
    CHECK(sg_ok(sjson_parse(arena, text, NULL, &again)));
    (void)sg_ok(jsonld_expand(arena, again, &plain, NULL, &twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)256 << 20);
        CHECK(sg_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts)));
    }
    sg_arena_reset(arena);
    const struct sjson *document;
    sg_str in = sg_str_of((const char *)data, size);
    if (!sg_ok(sjson_parse(arena, in, NULL, &document))) {
        return 0;
    }
    struct jsonld_options safe = {
        .contexts = contexts, .safe = true, .direction = JSONLD_I18N_DATATYPE
    };
    struct jsonld_options plain = { .contexts = contexts, .direction = JSONLD_I18N_DATATYPE };
    struct jsonld_options other = { .contexts = contexts,
        .direction = JSONLD_COMPOUND_LITERAL,
        .base = SG_LIT("http://a.example/b/c?d#e") };
    struct rdf_dataset a;
    struct rdf_dataset b;
    struct rdf_dataset c;
    bool safe_ok = sg_ok(jsonld_to_rdf(arena, document, &safe, NULL, &a));
    bool plain_ok = sg_ok(jsonld_to_rdf(arena, document, &plain, NULL, &b));
    CHECK(!safe_ok || plain_ok);
    if (safe_ok) {
        CHECK(sg_str_equal(written(arena, &a), written(arena, &b)));
    }
    if (plain_ok) {
        struct sg_why why = { 0 };
        sg_str text = written(arena, &b);
        CHECK(b.n == 0 || (sg_ok(rdf_nquads_parse(arena, text, &why, &c)) && c.n == b.n));
    }
    (void)sg_ok(jsonld_to_rdf(arena, document, &other, NULL, &c));
    check_expanded(arena, document, &plain);
    return 0;
}
