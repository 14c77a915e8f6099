/* Context processing (JSON-LD API 4.1). Contexts come from the set of the caller; nothing is fetched. */
#include "jsonld_int.h"

/* Step 5.1. */
static sg_result
nullify(struct jsonld_run *run, const struct jsonld_how *how, bool propagate,
    const struct jsonld_ctx **result)
{
    bool guarded = false;
    if (!how->override) {
        SG_TRY(jsonld_ctx_has_protected(run, *result, &guarded));
    }
    if (guarded) {
        return jsonld_refuse(run, "invalid context nullification");
    }
    if (propagate && !run->options->mode_1_0) {
        *result =
            run->contexts->initial; /* what follows is then found among what was processed before */
        return SG_DONE;
    }
    struct jsonld_ctx *fresh = SG_NEW(run->arena, struct jsonld_ctx);
    SG_REQUIRE(fresh != NULL, NO_MEMORY);
    fresh->layers = 1;
    fresh->previous = propagate ? NULL : (*result)->previous;
    *result = fresh;
    return SG_DONE;
}

/* ---- documents of the set ---------------------------------------------------------------------------- */

static sg_result
find_source(struct jsonld_run *run, sg_str base, sg_str reference, const struct jsonld_source **ret)
{
    sg_str url;
    SG_TRY(jsonld_iri_resolve(run->arena, base, reference, &url));
    const struct jsonld_slot *slot =
        jsonld_map_find(run, &run->contexts->sources, url, jsonld_hash(url));
    if (slot == NULL) {
        sg_why_note(run->why, "loading remote context failed", 0, 0);
        SG_FAIL(CONTEXT);
    }
    *ret = slot->value;
    return SG_DONE;
}

static bool
on_the_way(const struct jsonld_remote *remote, sg_str url)
{
    for (; remote != NULL; remote = remote->up) {
        if (sg_str_equal(remote->url, url)) {
            return true;
        }
    }
    return false;
}

static unsigned
how_bits(const struct jsonld_how *how)
{
    return (how->override ? 1U : 0U) | (how->propagate ? 2U : 0U) | (how->validate ? 4U : 0U);
}

static const struct jsonld_ctx *
remembered(const struct jsonld_run *run, const struct jsonld_memo_key *key)
{
    const struct jsonld_ctx *known = jsonld_memo_find(&run->contexts->memo, key);
    return known != NULL ? known : jsonld_memo_find(&run->memo, key);
}

static sg_result
remember(struct jsonld_run *run, const struct jsonld_memo_key *key, const struct jsonld_ctx *ctx)
{
    if (run->preparing && run->used_base) {
        return SG_DONE; /* another request has another base */
    }
    return jsonld_memo_put(run->arena, &run->memo, key, ctx);
}

/* Step 5.2: a context named by its URL. What it makes of an active context is remembered. */
static sg_result
process_url(struct jsonld_run *run, const struct jsonld_ctx *active, sg_str reference,
    const struct jsonld_how *how, const struct jsonld_ctx **ret)
{
    const struct jsonld_source *source;
    SG_TRY(find_source(run, how->base, reference, &source));
    if (!how->validate && on_the_way(how->remote, source->url)) {
        *ret = active;
        return SG_DONE;
    }
    struct jsonld_remote here = { source->url, how->remote,
        how->remote == NULL ? 1 : how->remote->depth + 1 };
    if (here.depth > JSONLD_REMOTE_MAX) {
        return jsonld_refuse(run, "context overflow");
    }
    if (source->context == NULL) {
        return jsonld_refuse(run, "invalid remote context");
    }
    struct jsonld_how deeper = *how;
    deeper.base = source->url;
    deeper.remote = &here;
    deeper.propagate = true;
    struct jsonld_memo_key key = { active, source, how_bits(&deeper) };
    const struct jsonld_ctx *known = how->remote == NULL ? remembered(run, &key) : NULL;
    if (known != NULL) {
        *ret = known;
        return jsonld_spend(run, 1);
    }
    SG_TRY(jsonld_ctx_process(run, active, source->context, &deeper, ret));
    if (run->preparing && *ret != active) {
        SG_TRY(jsonld_ctx_flatten(
            run, *ret, ret)); /* used by every request: one look-up, not several */
    }
    return how->remote == NULL ? remember(run, &key, *ret) : SG_DONE;
}

/* ---- a context definition ---------------------------------------------------------------------------- */

/* A definition and what it imports; the definition's own entries win. */
struct definition {
    const struct sjson *own;
    const struct sjson *import; /* or NULL */
};

static const struct sjson *
entry(const struct definition *d, const char *name)
{
    const struct sjson *v = sjson_get(d->own, name);
    return v != NULL ? v : sjson_get(d->import, name);
}

/* Steps 5.5 and 5.6. */
static sg_result
read_import(struct jsonld_run *run, const struct jsonld_how *how, struct definition *d)
{
    const struct sjson *version = sjson_get(d->own, "@version");
    const struct sjson *import = sjson_get(d->own, "@import");
    const struct jsonld_source *source;
    double number;
    if (version != NULL) {
        if (!sg_ok(sjson_double(version, &number)) || (number != 1.1 && number != 1.2)) {
            return jsonld_refuse(run, "invalid @version value");
        }
        if (run->options->mode_1_0) {
            return jsonld_refuse(run, "processing mode conflict");
        }
    }
    if (import == NULL) {
        return SG_DONE;
    }
    if (run->options->mode_1_0) {
        return jsonld_refuse(run, "invalid context entry");
    }
    if (import->type != SJSON_STRING) {
        return jsonld_refuse(run, "invalid @import value");
    }
    SG_TRY(find_source(run, how->base, import->text, &source));
    if (source->context == NULL || source->context->type != SJSON_OBJECT) {
        return jsonld_refuse(run, "invalid remote context");
    }
    if (sjson_get(source->context, "@import") != NULL) {
        return jsonld_refuse(run, "invalid context entry");
    }
    d->import = source->context;
    return SG_DONE;
}

/* Step 5.7. */
static sg_result
read_base(struct jsonld_run *run, const struct definition *d, const struct jsonld_how *how,
    struct jsonld_ctx *into)
{
    const struct sjson *v = entry(d, "@base");
    if (v == NULL || how->remote != NULL) {
        return SG_DONE;
    }
    if (v->type == SJSON_NULL) {
        into->base_kind = JSONLD_BASE_NULL;
        return SG_DONE;
    }
    if (v->type != SJSON_STRING) {
        return jsonld_refuse(run, "invalid base IRI");
    }
    sg_str base = jsonld_ctx_base(run, into);
    if (!jsonld_iri_absolute(v->text) && base.n == 0) {
        return jsonld_refuse(run, "invalid base IRI");
    }
    SG_TRY(jsonld_iri_resolve(run->arena, base, v->text, &into->base));
    into->base_kind = JSONLD_BASE_SET;
    return SG_DONE;
}

/* Step 5.8. */
static sg_result
read_vocab(struct jsonld_run *run, const struct definition *d, struct jsonld_ctx *into)
{
    const struct sjson *v = entry(d, "@vocab");
    struct jsonld_iri iri;
    if (v == NULL) {
        return SG_DONE;
    }
    if (v->type == SJSON_NULL) {
        into->has_vocab = false;
        into->vocab = SG_NO_STR;
        return SG_DONE;
    }
    bool form = v->type == SJSON_STRING && (!run->options->mode_1_0 || jsonld_is_blank(v->text) ||
                                               jsonld_iri_absolute(v->text));
    if (!form || jsonld_keyword_form(v->text)) {
        return jsonld_refuse(run, "invalid vocab mapping");
    }
    SG_TRY(
        jsonld_iri_expand(run, into, v->text, JSONLD_VOCAB | JSONLD_DOCUMENT_RELATIVE, NULL, &iri));
    if (iri.null || iri.kw != JSONLD_KW_NONE) {
        return jsonld_refuse(run, "invalid vocab mapping");
    }
    if (!jsonld_iri_absolute(iri.s) && !jsonld_is_blank(iri.s)) {
        SG_TRY(jsonld_loss(run, "relative @vocab reference"));
    }
    into->has_vocab = true;
    into->vocab = iri.s;
    return SG_DONE;
}

/* Steps 5.9 to 5.11, and "@protected". */
static sg_result
read_defaults(struct jsonld_run *run, const struct definition *d, struct jsonld_ctx *into)
{
    const struct sjson *language = entry(d, "@language");
    const struct sjson *direction = entry(d, "@direction");
    const struct sjson *propagate = entry(d, "@propagate");
    const struct sjson *protected_ = entry(d, "@protected");
    if (language != NULL) {
        if (language->type != SJSON_NULL && language->type != SJSON_STRING) {
            return jsonld_refuse(run, "invalid default language");
        }
        if (language->type == SJSON_STRING && !jsonld_language_well_formed(language->text)) {
            SG_TRY(jsonld_loss(run, "invalid @language value"));
        }
        SG_TRY(jsonld_lower(run->arena, language->text, &into->language));
    }
    if (run->options->mode_1_0 && (direction != NULL || propagate != NULL || protected_ != NULL)) {
        return jsonld_refuse(run, "invalid context entry");
    }
    if (direction != NULL) {
        bool ltr = sjson_is_text(direction, "ltr");
        if (!ltr && !sjson_is_text(direction, "rtl") && direction->type != SJSON_NULL) {
            return jsonld_refuse(run, "invalid base direction");
        }
        into->direction = ltr ? JSONLD_DIR_LTR : JSONLD_DIR_RTL;
        into->direction = direction->type == SJSON_NULL ? JSONLD_DIR_UNSET : into->direction;
    }
    if (propagate != NULL && propagate->type != SJSON_TRUE && propagate->type != SJSON_FALSE) {
        return jsonld_refuse(run, "invalid @propagate value");
    }
    if (protected_ != NULL && protected_->type != SJSON_TRUE && protected_->type != SJSON_FALSE) {
        return jsonld_refuse(run, "invalid @protected value");
    }
    return SG_DONE;
}

/* Not a term: an entry that says something of the whole context. */
static bool
is_setting(sg_str name)
{
    switch (jsonld_keyword(name)) {
    case JSONLD_KW_BASE:
    case JSONLD_KW_DIRECTION:
    case JSONLD_KW_IMPORT:
    case JSONLD_KW_LANGUAGE:
    case JSONLD_KW_PROPAGATE:
    case JSONLD_KW_PROTECTED:
    case JSONLD_KW_VERSION:
    case JSONLD_KW_VOCAB:
        return true;
    case JSONLD_KW_NONE:
    case JSONLD_KW_CONTAINER:
    case JSONLD_KW_CONTEXT:
    case JSONLD_KW_GRAPH:
    case JSONLD_KW_ID:
    case JSONLD_KW_INCLUDED:
    case JSONLD_KW_INDEX:
    case JSONLD_KW_JSON:
    case JSONLD_KW_LIST:
    case JSONLD_KW_NEST:
    case JSONLD_KW_NULL:
    case JSONLD_KW_PREFIX:
    case JSONLD_KW_REVERSE:
    case JSONLD_KW_SET:
    case JSONLD_KW_TYPE:
    case JSONLD_KW_VALUE:
        break;
    }
    return false;
}

static sg_result
list_entries(struct jsonld_run *run, const struct sjson *from, struct jsonld_local *local)
{
    for (const struct sjson *e = from == NULL ? NULL : from->first; e != NULL; e = e->next) {
        struct jsonld_slot *slot;
        if (e->name.n > 0 && e->name.p[0] == '@' && is_setting(e->name)) {
            continue;
        }
        SG_TRY(jsonld_map_slot(run, &local->entries, e->name, jsonld_hash(e->name), &slot));
        if (slot->value == NULL) {
            slot->value = e;
            slot->state = JSONLD_WAITING;
        }
    }
    return SG_DONE;
}

static sg_result
create_terms(struct jsonld_run *run, const struct sjson *from, struct jsonld_local *local)
{
    for (const struct sjson *e = from == NULL ? NULL : from->first; e != NULL; e = e->next) {
        if (e->name.n == 0 || e->name.p[0] != '@' || !is_setting(e->name)) {
            SG_TRY(jsonld_term_create(run, local, e->name));
        }
    }
    return SG_DONE;
}

static bool
same_settings(const struct jsonld_ctx *a, const struct jsonld_ctx *b)
{
    return a->previous == b->previous && a->base_kind == b->base_kind &&
           sg_str_equal(a->base, b->base) && a->has_vocab == b->has_vocab &&
           sg_str_equal(a->vocab, b->vocab) && sg_str_equal(a->language, b->language) &&
           a->direction == b->direction;
}

/* Steps 5.3 to 5.13. */
static sg_result
process_map(struct jsonld_run *run, const struct jsonld_ctx *active, const struct sjson *map,
    const struct jsonld_how *how, const struct jsonld_ctx **ret)
{
    struct definition d = { .own = map };
    struct jsonld_local local = { .how = how };
    SG_TRY(read_import(run, how, &d));
    SG_TRY(jsonld_ctx_layer(run, active, &local.into));
    SG_TRY(read_base(run, &d, how, local.into));
    SG_TRY(read_vocab(run, &d, local.into));
    SG_TRY(read_defaults(run, &d, local.into));
    const struct sjson *protected_ = entry(&d, "@protected");
    local.protected_ = protected_ != NULL && protected_->type == SJSON_TRUE;

    size_t n = map->n + (d.import == NULL ? 0 : d.import->n);
    SG_TRY(jsonld_map_reserve(run, &local.entries, n + 1));
    SG_TRY(jsonld_map_reserve(run, &local.into->terms, n + 1));
    SG_TRY(list_entries(run, d.own, &local));
    SG_TRY(list_entries(run, d.import, &local));
    SG_TRY(create_terms(run, d.own, &local));
    SG_TRY(create_terms(run, d.import, &local));
    /* a context that says nothing new gives the same active context: so repeating one costs nothing */
    *ret = local.changed || !same_settings(local.into, active) ? local.into : active;
    return SG_DONE;
}

static sg_result
process_one(struct jsonld_run *run, const struct sjson *context, const struct jsonld_how *how,
    bool propagate, const struct jsonld_ctx **result)
{
    SG_TRY(jsonld_spend(run, 1));
    switch (context->type) {
    case SJSON_NULL:
        return nullify(run, how, propagate, result);
    case SJSON_STRING:
        return process_url(run, *result, context->text, how, result);
    case SJSON_OBJECT:
        if (run->contexts != NULL && run->contexts->nested && context->n == 1 &&
            sg_str_is(context->first->name, "@context")) {
            return jsonld_ctx_process(run, *result, context->first, how, result);
        }
        return process_map(run, *result, context, how, result);
    case SJSON_FALSE:
    case SJSON_TRUE:
    case SJSON_NUMBER:
    case SJSON_ARRAY:
        break;
    }
    return jsonld_refuse(run, "invalid local context");
}

/*
 * Step 2. The specification looks at a context definition alone, and wants the definitions of an array to agree: the first one
 * speaks for them. What is no boolean step 5.11 refuses.
 */
static bool
propagates(const struct sjson *local, bool otherwise)
{
    const struct sjson *first = local->type == SJSON_ARRAY ? local->first : local;
    const struct sjson *said = sjson_get(first, "@propagate");
    if (said != NULL && (said->type == SJSON_TRUE || said->type == SJSON_FALSE)) {
        return said->type == SJSON_TRUE;
    }
    return otherwise;
}

sg_result
jsonld_ctx_process(struct jsonld_run *run, const struct jsonld_ctx *active,
    const struct sjson *local, const struct jsonld_how *how, const struct jsonld_ctx **ret)
{
    const struct jsonld_ctx *result = active;
    bool propagate = propagates(local, how->propagate);
    SG_REQUIRE(run->frames < JSONLD_FRAMES_MAX, DEPTH);
    run->frames++;
    if (!propagate && active->previous == NULL) {
        struct jsonld_ctx *scoped;
        SG_TRY(jsonld_ctx_layer(run, active, &scoped));
        scoped->previous = active;
        result = scoped;
    }
    if (local->type == SJSON_ARRAY) {
        for (const struct sjson *e = local->first; e != NULL; e = e->next) {
            SG_TRY(process_one(run, e, how, propagate, &result));
        }
    } else {
        SG_TRY(process_one(run, local, how, propagate, &result));
    }
    run->frames--;
    *ret = result;
    return SG_DONE;
}

sg_result
jsonld_ctx_scoped(struct jsonld_run *run, const struct jsonld_ctx *active,
    const struct jsonld_term *term, enum jsonld_scope scope, const struct jsonld_ctx **ret)
{
    struct jsonld_how how = { .base = term->context_base, .validate = true };
    how.override = scope == JSONLD_SCOPE_PROPERTY || scope == JSONLD_SCOPE_VALUE;
    how.propagate = scope != JSONLD_SCOPE_TYPE;
    struct jsonld_memo_key key = { active, term->context, how_bits(&how) };
    const struct jsonld_ctx *known = remembered(run, &key);
    if (known != NULL) {
        *ret = known;
        return jsonld_spend(run, 1);
    }
    SG_TRY(jsonld_ctx_process(run, active, term->context, &how, ret));
    return remember(run, &key, *ret);
}
