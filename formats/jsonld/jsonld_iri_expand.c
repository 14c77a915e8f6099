/* IRI expansion (JSON-LD API 5.2). During context processing it creates the terms it needs, which need it in turn. */
#include "jsonld_int.h"

static sg_result
give(sg_str s, struct jsonld_iri *ret)
{
    *ret = (struct jsonld_iri){ .s = s };
    return SG_DONE;
}

/* A term that the local context defines comes first: create it now. */
sg_result
jsonld_term_depend(struct jsonld_run *run, struct jsonld_local *local, sg_str name)
{
    if (local == NULL) {
        return SG_DONE;
    }
    struct jsonld_slot *slot = jsonld_map_find(run, &local->entries, name, jsonld_hash(name));
    if (slot == NULL || slot->state == JSONLD_CREATED) {
        return SG_DONE;
    }
    return jsonld_term_create(run, local, name);
}

/* Steps 6.1 to 6.5 for "prefix:suffix"; false when it is neither a compact IRI nor an IRI. */
static sg_result
expand_colon(struct jsonld_run *run, const struct jsonld_ctx *ctx, sg_str value, size_t colon,
    struct jsonld_local *local, bool *ret_done, struct jsonld_iri *ret)
{
    sg_str prefix = sg_str_slice(value, 0, colon);
    sg_str suffix = sg_str_slice(value, colon + 1, value.n);
    *ret_done = true;
    if (sg_str_is(prefix, "_") || sg_str_starts(suffix, "//")) {
        return give(value, ret);
    }
    SG_TRY(jsonld_term_depend(run, local, prefix));
    const struct jsonld_term *term = jsonld_ctx_find(run, ctx, prefix);
    if (term != NULL && term->prefix && !term->null) {
        SG_TRY(jsonld_concat(run->arena, term->iri, suffix, &ret->s));
        return give(ret->s, ret);
    }
    *ret_done = jsonld_iri_absolute(value);
    return give(value, ret);
}

static sg_result
expand_any(struct jsonld_run *run, const struct jsonld_ctx *ctx, sg_str value, unsigned flags,
    struct jsonld_local *local, struct jsonld_iri *ret)
{
    if (value.n > 0 && value.p[0] == '@') {
        *ret = (struct jsonld_iri){ .s = value, .kw = jsonld_keyword(value) };
        if (ret->kw != JSONLD_KW_NONE) {
            return SG_DONE;
        }
        if (jsonld_keyword_form(value)) {
            ret->null = true;
            return jsonld_loss(run, "reserved term");
        }
    }
    SG_TRY(jsonld_term_depend(run, local, value));
    const struct jsonld_term *term = jsonld_ctx_find(run, ctx, value);
    if (term != NULL && (term->kw != JSONLD_KW_NONE || (flags & JSONLD_VOCAB) != 0)) {
        *ret = (struct jsonld_iri){ term->iri, term->kw, term->null, term };
        return SG_DONE;
    }
    size_t colon = sg_str_index(value, ':', 1);
    if (colon < value.n) {
        bool done;
        SG_TRY(expand_colon(run, ctx, value, colon, local, &done, ret));
        if (done) {
            return SG_DONE;
        }
    }
    if ((flags & JSONLD_VOCAB) != 0 && ctx->has_vocab) {
        SG_TRY(jsonld_concat(run->arena, ctx->vocab, value, &ret->s));
        return give(ret->s, ret);
    }
    if ((flags & JSONLD_DOCUMENT_RELATIVE) != 0) {
        SG_TRY(jsonld_iri_resolve(run->arena, jsonld_ctx_base(run, ctx), value, &ret->s));
        return give(ret->s, ret);
    }
    return give(value, ret);
}

sg_result
jsonld_iri_expand(struct jsonld_run *run, const struct jsonld_ctx *ctx, sg_str value,
    unsigned flags, struct jsonld_local *local, struct jsonld_iri *ret)
{
    SG_TRY(jsonld_spend_bytes(run, value.n));
    SG_TRY(expand_any(run, ctx, value, flags, local, ret));
    return jsonld_spend_bytes(run, ret->s.n);
}
