/*
 * JSON-LD to canonical N-Quads, line by line, for comparison with other programs (jsonld.test.mjs). req: FMT-3
 *
 *   jsonld_nquads < LINES
 *
 * A line in: {"document": ..., "safe": bool, "i18n": bool, "sha384": bool} or {"nquads": "...", "sha384": bool}.
 * A line out: {"nquads": "..."} or {"error": "DATA_LOSS", "why": "..."}. The base is null, contexts are the built-in ones.
 */
#include <stdio.h>
#include <stdlib.h>

#include "jsonld.h"

#define ARENA_MAX ((size_t)512 << 20)

static bool
flag(const struct sjson *line, const char *name)
{
    const struct sjson *v = sjson_get(line, name);
    return v != NULL && v->type == SJSON_TRUE;
}

static sg_result
dataset_of(struct sg_arena *arena, const struct sjson *line, const struct jsonld_contexts *contexts,
    struct sg_why *why, struct rdf_dataset *ret)
{
    const struct sjson *document = sjson_get(line, "document");
    struct jsonld_options options = { .contexts = contexts, .safe = flag(line, "safe") };
    sg_str nquads;
    if (document == NULL) {
        SG_TRY(sjson_member_text(line, "nquads", &nquads));
        return rdf_nquads_parse(arena, nquads, why, ret);
    }
    options.direction = flag(line, "i18n") ? JSONLD_I18N_DATATYPE : JSONLD_DIRECTION_NONE;
    return jsonld_to_rdf(arena, document, &options, why, ret);
}

static sg_result
canonical(struct sg_arena *arena, sg_str text, const struct jsonld_contexts *contexts,
    struct sg_why *why, sg_str *ret)
{
    const struct sjson *line;
    struct rdf_dataset dataset;
    struct rdf_canonical c;
    SG_TRY(sjson_parse(arena, text, why, &line));
    SG_TRY(dataset_of(arena, line, contexts, why, &dataset));
    enum sg_hash_alg alg = flag(line, "sha384") ? SG_SHA384 : SG_SHA256;
    SG_TRY(rdfc_canonicalize(arena, &dataset, alg, NULL, &c));
    *ret = c.nquads;
    return SG_DONE;
}

static sg_result
answer(struct sg_arena *arena, sg_str text, const struct jsonld_contexts *contexts, sg_str *ret)
{
    struct sg_why why = { 0 };
    sg_str nquads;
    struct sg_buf buf = sg_buf_new(arena, 0, ARENA_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_result r = canonical(arena, text, contexts, &why, &nquads);
    sjson_wr_object(&wr);
    if (sg_ok(r)) {
        sjson_wr_member_text(&wr, "nquads", nquads);
    } else {
        sjson_wr_member_cstr(&wr, "error", sg_code_row(r.code)->name);
        sjson_wr_member_cstr(&wr, "why", why.what == NULL ? "" : why.what);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

int
main(void)
{
    struct sg_arena *arena = sg_arena_new(0, ARENA_MAX);
    struct jsonld_contexts *contexts = NULL;
    char *line = NULL;
    size_t cap = 0;
    int status = 0;
    if (arena == NULL || !sg_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts))) {
        return 1;
    }
    for (;;) {
        sg_str out;
        ssize_t n = getline(&line, &cap, stdin);
        if (n <= 0) {
            break;
        }
        sg_arena_reset(arena);
        if (!sg_ok(answer(arena, sg_str_of(line, (size_t)n), contexts, &out)) ||
            fwrite(out.p, 1, out.n, stdout) != out.n || putchar('\n') == EOF) {
            status = 1;
            break;
        }
    }
    free(line);
    jsonld_contexts_free(&contexts);
    sg_arena_free(&arena);
    return fflush(stdout) == 0 ? status : 1;
}
