/* Active contexts as layers; and how a run refuses, warns and pays. */
#include "jsonld_int.h"

sg_result
jsonld_refuse(struct jsonld_run *run, const char *error)
{
    sg_why_note(run->why, error, 0, 0);
    SG_FAIL(JSONLD);
}

sg_result
jsonld_loss(struct jsonld_run *run, const char *kind)
{
    if (!run->options->safe) {
        return SG_DONE;
    }
    sg_why_note(run->why, kind, 0, 0);
    SG_FAIL(DATA_LOSS);
}

sg_result
jsonld_spend(struct jsonld_run *run, size_t work)
{
    run->work += work;
    if (run->work > JSONLD_WORK_MAX) {
        sg_why_note(run->why, "work of contexts and values", run->work, 0);
        SG_FAIL(WORK);
    }
    return SG_DONE;
}

sg_result
jsonld_spend_bytes(struct jsonld_run *run, size_t n)
{
    return jsonld_spend(run, n / JSONLD_WORK_BYTES);
}

/* ---- active contexts --------------------------------------------------------------------------------- */

const struct jsonld_term *
jsonld_ctx_find(struct jsonld_run *run, const struct jsonld_ctx *ctx, sg_str name)
{
    uint64_t hash = jsonld_hash(name);
    for (; ctx != NULL; ctx = ctx->parent) {
        const struct jsonld_slot *slot = jsonld_map_find(run, &ctx->terms, name, hash);
        if (slot != NULL) {
            return slot->value;
        }
    }
    return NULL;
}

sg_str
jsonld_ctx_base(struct jsonld_run *run, const struct jsonld_ctx *ctx)
{
    switch (ctx->base_kind) {
    case JSONLD_BASE_DOCUMENT:
        run->used_base = true;
        return run->options->base;
    case JSONLD_BASE_SET:
        return ctx->base;
    case JSONLD_BASE_NULL:
        break;
    }
    return SG_NO_STR;
}

sg_result
jsonld_ctx_initial(struct jsonld_run *run, const struct jsonld_ctx **ret)
{
    struct jsonld_ctx *ctx = SG_NEW(run->arena, struct jsonld_ctx);
    SG_REQUIRE(ctx != NULL, NO_MEMORY);
    ctx->layers = 1;
    *ret = ctx;
    return SG_DONE;
}

sg_result
jsonld_ctx_flatten(
    struct jsonld_run *run, const struct jsonld_ctx *ctx, const struct jsonld_ctx **ret)
{
    struct jsonld_ctx *flat = SG_NEW(run->arena, struct jsonld_ctx);
    SG_REQUIRE(flat != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct jsonld_ctx *layer = ctx; layer != NULL; layer = layer->parent) {
        n += layer->terms.n;
    }
    *flat = *ctx;
    flat->parent = NULL;
    flat->layers = 1;
    flat->terms = (struct jsonld_map){ 0 };
    SG_TRY(jsonld_spend(run, n));
    SG_TRY(jsonld_map_reserve(run, &flat->terms, n));
    for (const struct jsonld_ctx *layer = ctx; layer != NULL; layer = layer->parent) {
        for (size_t i = 0; i < layer->terms.cap; i++) {
            const struct jsonld_slot *slot = &layer->terms.slots[i];
            struct jsonld_slot *mine;
            if (slot->hash == 0) {
                continue;
            }
            if (jsonld_map_find(run, &flat->terms, slot->key, slot->hash) == NULL) {
                SG_TRY(jsonld_map_slot(run, &flat->terms, slot->key, slot->hash, &mine));
                mine->value = slot->value;
            }
        }
    }
    *ret = flat;
    return SG_DONE;
}

/* A new layer over `ctx`, to be filled. */
sg_result
jsonld_ctx_layer(struct jsonld_run *run, const struct jsonld_ctx *ctx, struct jsonld_ctx **ret)
{
    if (ctx->layers >= JSONLD_LAYERS_MAX) {
        SG_TRY(jsonld_ctx_flatten(run, ctx, &ctx));
    }
    struct jsonld_ctx *layer = SG_NEW(run->arena, struct jsonld_ctx);
    SG_REQUIRE(layer != NULL, NO_MEMORY);
    *layer = *ctx;
    layer->terms = (struct jsonld_map){ 0 };
    layer->parent = ctx;
    layer->layers = ctx->layers + 1;
    *ret = layer;
    return SG_DONE;
}

sg_result
jsonld_ctx_has_protected(struct jsonld_run *run, const struct jsonld_ctx *ctx, bool *ret)
{
    *ret = false;
    for (const struct jsonld_ctx *layer = ctx; layer != NULL && !*ret; layer = layer->parent) {
        SG_TRY(jsonld_spend(run, layer->terms.cap / 8));
        for (size_t i = 0; i < layer->terms.cap && !*ret; i++) {
            const struct jsonld_slot *slot = &layer->terms.slots[i];
            if (slot->hash != 0 && slot->value != NULL) {
                const struct jsonld_term *visible = jsonld_ctx_find(run, ctx, slot->key);
                *ret = visible != NULL && visible->protected_;
            }
        }
    }
    return SG_DONE;
}
