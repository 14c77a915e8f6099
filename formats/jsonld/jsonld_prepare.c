/*
 * Processing the contexts of a set before any request does: each document alone, each document after a base context of the VC
 * data model, and the scoped contexts of their terms. Only a cache: what is not found here a request makes in its own arena.
 */
#include "jsonld_int.h"

#define PREPARE_DEPTH 2    /* scoped contexts within scoped contexts */
#define PREPARE_SCOPED 400 /* scoped contexts per document list */
#define PREPARE_TERMS 4096 /* a larger context is left to the requests that want it */

static const char *const bases[] = {
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/2018/credentials/v1",
};

struct preparing {
    struct jsonld_run *run;
    size_t scoped; /* of this root */
};

/* By convention types begin with a capital and properties do not; a wrong guess costs memory or a missed shortcut. */
static bool
looks_like_type(sg_str name)
{
    return name.n > 0 && name.p[0] >= 'A' && name.p[0] <= 'Z';
}

static void
forget_limits(struct jsonld_run *run)
{
    run->work = 0;
    run->frames = 0;
    run->used_base = false;
}

static sg_result prepare_scoped(struct preparing *p, const struct jsonld_ctx *ctx, size_t depth);

/* One scoped context upon `ctx`. A context that cannot be processed alone is not an error before somebody uses it. */
static sg_result
prepare_term(struct preparing *p, const struct jsonld_ctx *ctx, const struct jsonld_term *term,
    enum jsonld_scope scope, size_t depth)
{
    const struct jsonld_ctx *inner;
    if (p->scoped >= PREPARE_SCOPED) {
        return SG_DONE;
    }
    p->scoped++;
    forget_limits(p->run);
    sg_result r = jsonld_ctx_scoped(p->run, ctx, term, scope, &inner);
    if (r.code == SG_E_NO_MEMORY) {
        return r;
    }
    return sg_ok(r) && inner != ctx ? prepare_scoped(p, inner, depth) : SG_DONE;
}

/* Credentials have two types: their own, and this one, which is applied second when the other comes first in code point order. */
static sg_result
prepare_pair(struct preparing *p, const struct jsonld_ctx *ctx, const struct jsonld_term *first)
{
    const struct jsonld_term *second = jsonld_ctx_find(p->run, ctx, SG_LIT("VerifiableCredential"));
    const struct jsonld_ctx *inner;
    if (second == NULL || second->context == NULL || second == first || ctx->previous != NULL) {
        return SG_DONE;
    }
    sg_result r = jsonld_ctx_scoped(p->run, ctx, first, JSONLD_SCOPE_TYPE, &inner);
    return sg_ok(r) ? prepare_term(p, inner, second, JSONLD_SCOPE_TYPE, 0) : SG_DONE;
}

/* The scoped contexts of the terms in the newest layer. */
static sg_result
prepare_scoped(struct preparing *p, const struct jsonld_ctx *ctx, size_t depth)
{
    if (depth == 0) {
        return SG_DONE;
    }
    for (size_t i = 0; i < ctx->terms.cap; i++) {
        const struct jsonld_slot *slot = &ctx->terms.slots[i];
        const struct jsonld_term *term = slot->hash == 0 ? NULL : slot->value;
        if (term == NULL || term->context == NULL) {
            continue;
        }
        if (looks_like_type(slot->key)) {
            SG_TRY(prepare_term(p, ctx, term, JSONLD_SCOPE_TYPE, depth - 1));
            SG_TRY(prepare_pair(p, ctx, term));
            continue;
        }
        SG_TRY(prepare_term(p, ctx, term, JSONLD_SCOPE_PROPERTY, depth - 1));
        if (ctx->previous != NULL) { /* a map under the property leaves the type's scope first */
            SG_TRY(prepare_term(p, ctx->previous, term, JSONLD_SCOPE_PROPERTY, depth - 1));
        }
    }
    return SG_DONE;
}

static sg_result
prepare_root(struct jsonld_run *run, const struct jsonld_ctx *active, sg_str url,
    const struct jsonld_ctx **ret)
{
    struct preparing p = { .run = run };
    struct sjson name = { .type = SJSON_STRING, .text = url };
    struct jsonld_how how = { .propagate = true, .validate = true };
    *ret = NULL;
    forget_limits(run);
    sg_result r = jsonld_ctx_process(run, active, &name, &how, ret);
    if (r.code == SG_E_NO_MEMORY) {
        return r;
    }
    if (!sg_ok(r) || run->used_base) {
        *ret = NULL;
        return SG_DONE;
    }
    return *ret != active ? prepare_scoped(&p, *ret, PREPARE_DEPTH) : SG_DONE;
}

/* Every document of the set upon `active`. */
static sg_result
prepare_all(struct jsonld_run *run, const struct jsonld_ctx *active)
{
    const struct jsonld_map *sources = &run->contexts->sources;
    for (size_t i = 0; i < sources->cap; i++) {
        const struct jsonld_slot *slot = &sources->slots[i];
        const struct jsonld_ctx *unused;
        const struct jsonld_source *source = slot->hash == 0 ? NULL : slot->value;
        if (source == NULL || source->context == NULL || source->context->n > PREPARE_TERMS) {
            continue;
        }
        SG_TRY(prepare_root(run, active, source->url, &unused));
    }
    return SG_DONE;
}

sg_result
jsonld_contexts_prepare(struct jsonld_contexts *contexts)
{
    /* safe: a context with reserved words is then left to each request, which may want it refused */
    const struct jsonld_options options = { .contexts = contexts, .safe = true };
    struct jsonld_run run = {
        .arena = contexts->arena, .options = &options, .contexts = contexts, .preparing = true
    };
    SG_TRY(prepare_all(&run, contexts->initial));
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        const struct jsonld_ctx *base;
        if (jsonld_contexts_has(contexts, sg_cstr(bases[i]))) {
            SG_TRY(prepare_root(&run, contexts->initial, sg_cstr(bases[i]), &base));
            SG_TRY(base == NULL ? SG_DONE : prepare_all(&run, base));
        }
    }
    contexts->memo = run.memo;
    return SG_DONE;
}
