/*
 * Names of signed statements. RDF holds IRIs, readers of JSON read names: whoever holds a document may exchange its contexts for others of the set and rename
 * its members, and the statements, and so the signature, stay the same. Under options.plain_names a document is refused where that could mislead: what the
 * contexts of the set call one thing and another is known once the set is made. spec: Data Integrity 1.0 4.6; docs/contexts.md
 */
#include "jsonld_int.h"

#define NAMES_DEPTH \
    8 /* scoped contexts within scoped contexts; one that names its own document has no end */
#define NAMES_SCOPED 20000 /* scoped contexts of a whole set */
#define NAMES_MAX 100000   /* names of a whole set */

static const char *const bases[] = {
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/2018/credentials/v1",
};

/* Of these the data model says how they are called. */
static const char *const reserved[] = {
    "https://www.w3.org/2018/credentials#",
    "https://www.w3.org/ns/credentials/status#",
    "https://w3id.org/security#",
};

/* How one document of the set uses a name. */
struct use {
    const struct use *same_iri; /* the next */
    const struct use *same_name;
    const struct jsonld_source *source;
    sg_str name;
    sg_str iri;
    bool reverse;
    bool required; /* a base context calls something so that is reserved */
};

struct naming {
    struct jsonld_run *run;
    struct jsonld_contexts *contexts;
    size_t scoped;
    size_t uses;
    const struct jsonld_source *source; /* the document at hand */
    bool base;                          /* it is one of `bases` */
};

/* ---- making the table ---------------------------------------------------------------------------------- */

static bool
is_reserved(sg_str iri)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (sg_str_starts(iri, reserved[i])) {
            return true;
        }
    }
    return false;
}

static bool
is_known(const struct naming *n, const struct use *uses, sg_str iri, bool reverse)
{
    for (const struct use *u = uses; u != NULL; u = u->same_name) {
        if (u->source == n->source && u->reverse == reverse && sg_str_equal(u->iri, iri)) {
            return true;
        }
    }
    return false;
}

static sg_result
note(struct naming *n, sg_str name, const struct jsonld_term *term)
{
    struct jsonld_slot *by_iri, *by_name;
    if (term->null || term->kw != JSONLD_KW_NONE) {
        return SG_DONE;
    }
    struct jsonld_contexts *c = n->contexts;
    SG_TRY(jsonld_map_slot(n->run, &c->meanings, name, jsonld_hash(name), &by_name));
    if (is_known(n, by_name->value, term->iri, term->reverse)) {
        return SG_DONE;
    }
    SG_REQUIRE(n->uses < NAMES_MAX, TOO_LARGE);
    n->uses++;
    SG_TRY(jsonld_map_slot(n->run, &c->names, term->iri, jsonld_hash(term->iri), &by_iri));
    struct use *use = SG_NEW(c->arena, struct use);
    SG_REQUIRE(use != NULL, NO_MEMORY);
    *use = (struct use){
        .same_iri = by_iri->value,
        .same_name = by_name->value,
        .source = n->source,
        .name = name,
        .iri = term->iri,
        .reverse = term->reverse,
        .required = n->base && is_reserved(term->iri),
    };
    by_iri->value = use;
    by_name->value = use;
    return SG_DONE;
}

static void
forget_limits(struct jsonld_run *run)
{
    run->work = 0;
    run->frames = 0;
    run->used_base = false;
}

static sg_result note_all(
    struct naming *n, const struct jsonld_ctx *ctx, const struct jsonld_ctx *until, size_t depth);

/* The terms that a term's own context adds. One that cannot be processed cannot be used either. */
static sg_result
note_scoped(
    struct naming *n, const struct jsonld_ctx *ctx, const struct jsonld_term *term, size_t depth)
{
    const struct jsonld_ctx *inner;
    if (depth == 0 || term->context == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(n->scoped < NAMES_SCOPED, TOO_LARGE);
    n->scoped++;
    forget_limits(n->run);
    /* as of a property, also for types: no protected term is in the way then, and names are all that is asked for */
    sg_result r = jsonld_ctx_scoped(n->run, ctx, term, JSONLD_SCOPE_PROPERTY, &inner);
    if (r.code == SG_E_NO_MEMORY) {
        return r;
    }
    return sg_ok(r) && inner != ctx ? note_all(n, inner, ctx, depth - 1) : SG_DONE;
}

static sg_result
note_all(
    struct naming *n, const struct jsonld_ctx *ctx, const struct jsonld_ctx *until, size_t depth)
{
    for (const struct jsonld_ctx *layer = ctx; layer != NULL && layer != until;
         layer = layer->parent) {
        for (size_t i = 0; i < layer->terms.cap; i++) {
            const struct jsonld_slot *slot = &layer->terms.slots[i];
            const struct jsonld_term *term = slot->hash == 0 ? NULL : slot->value;
            if (term != NULL) {
                SG_TRY(note(n, slot->key, term));
                SG_TRY(note_scoped(n, ctx, term, depth));
            }
        }
    }
    return SG_DONE;
}

/* A document of the set upon `active`; `ret` says whether it could be processed there. */
static sg_result
note_document(struct naming *n, const struct jsonld_ctx *active, sg_str url, bool *ret)
{
    struct sjson name = { .type = SJSON_STRING, .text = url };
    struct jsonld_how how = { .propagate = true, .validate = true };
    const struct jsonld_ctx *ctx;
    forget_limits(n->run);
    sg_result r = jsonld_ctx_process(n->run, active, &name, &how, &ctx);
    *ret = sg_ok(r);
    if (r.code == SG_E_NO_MEMORY) {
        return r;
    }
    return sg_ok(r) ? note_all(n, ctx, active, NAMES_DEPTH) : SG_DONE;
}

/* Some need the terms of a base before them. */
static sg_result
note_source(struct naming *n, const struct jsonld_source *source)
{
    sg_str url = source->url;
    bool done;
    n->source = source;
    n->base = sg_str_is(url, bases[0]) || sg_str_is(url, bases[1]);
    SG_TRY(note_document(n, n->contexts->initial, url, &done));
    for (size_t i = 0; !done && i < sizeof(bases) / sizeof(bases[0]); i++) {
        struct sjson name = { .type = SJSON_STRING, .text = sg_cstr(bases[i]) };
        struct jsonld_how how = { .propagate = true, .validate = true };
        const struct jsonld_ctx *base;
        forget_limits(n->run);
        sg_result r = jsonld_ctx_process(n->run, n->contexts->initial, &name, &how, &base);
        SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
        SG_TRY(sg_ok(r) ? note_document(n, base, url, &done) : SG_DONE);
    }
    return SG_DONE;
}

sg_result
jsonld_contexts_names(struct jsonld_contexts *contexts)
{
    const struct jsonld_options options = { .contexts = contexts, .safe = true };
    struct jsonld_run run = { .arena = contexts->arena,
        .options = &options,
        .contexts = contexts,
        .memo = contexts->memo,
        .preparing = true };
    struct naming n = { .run = &run, .contexts = contexts };
    for (size_t i = 0; i < contexts->sources.cap; i++) {
        const struct jsonld_slot *slot = &contexts->sources.slots[i];
        const struct jsonld_source *source = slot->hash == 0 ? NULL : slot->value;
        if (source != NULL && source->context != NULL) {
            SG_TRY(note_source(&n, source));
        }
    }
    contexts->memo = run.memo;
    return SG_DONE;
}

/* ---- holding documents against it ------------------------------------------------------------------------ */

static sg_result
refuse(struct jsonld_run *run, const char *what)
{
    sg_why_note(run->why, what, 0, 0);
    SG_FAIL(CONTEXT);
}

static const struct use *
uses_of(struct jsonld_run *run, const struct jsonld_map *map, sg_str key)
{
    const struct jsonld_slot *slot = jsonld_map_find(run, map, key, jsonld_hash(key));
    return slot == NULL ? NULL : slot->value;
}

/* A member of the data model that does not go by its name there. */
static bool
is_misnamed(const struct use *of_iri, sg_str name)
{
    bool required = false;
    for (const struct use *u = of_iri; u != NULL; u = u->same_iri) {
        if (u->required && sg_str_equal(u->name, name)) {
            return false;
        }
        required = required || u->required;
    }
    return required;
}

/*
 * Does another document of the set call the thing otherwise, and something else by this name? Then a reader of that document's names would take one for the
 * other: they may have been exchanged. Or turn it round, by the same name?
 */
static sg_result
is_taken(struct jsonld_run *run, const struct use *of_iri, const struct use *of_name, sg_str iri,
    bool reverse, bool *ret)
{
    *ret = false;
    for (const struct use *n = of_name; n != NULL && !*ret; n = n->same_name) {
        SG_TRY(jsonld_spend(run, 1));
        if (sg_str_equal(n->iri, iri)) {
            *ret = n->reverse != reverse;
            continue;
        }
        for (const struct use *i = of_iri; i != NULL && !*ret; i = i->same_iri) {
            SG_TRY(jsonld_spend(run, 1));
            *ret = i->source == n->source && !sg_str_equal(i->name, n->name);
        }
    }
    return SG_DONE;
}

/* Do the document's own contexts have another word for it? */
static sg_result
has_other(struct jsonld_run *run, const struct jsonld_ctx *ctx, sg_str name, sg_str iri, bool *ret)
{
    *ret = false;
    for (const struct jsonld_ctx *layer = ctx; layer != NULL && !*ret; layer = layer->parent) {
        SG_TRY(jsonld_spend(run, 1 + layer->terms.cap / 64));
        for (size_t i = 0; i < layer->terms.cap && !*ret; i++) {
            const struct jsonld_slot *slot = &layer->terms.slots[i];
            const struct jsonld_term *term = slot->hash == 0 ? NULL : slot->value;
            *ret = term != NULL && !term->null && term->kw == JSONLD_KW_NONE &&
                   sg_str_equal(term->iri, iri) && !sg_str_equal(slot->key, name) &&
                   jsonld_ctx_find(run, ctx, slot->key) == term;
        }
    }
    return SG_DONE;
}

sg_result
jsonld_check_name(
    struct jsonld_run *run, const struct jsonld_ctx *ctx, sg_str name, const struct jsonld_iri *iri)
{
    if (!run->options->plain_names || iri->null || iri->kw != JSONLD_KW_NONE) {
        return SG_DONE;
    }
    const struct use *of_iri = uses_of(run, &run->contexts->names, iri->s);
    if (is_misnamed(of_iri, name)) {
        return refuse(run, "a member of the data model under another name");
    }
    if (run->options->known_contexts && iri->term != NULL) {
        return SG_DONE; /* the reader knows what the name stands for */
    }
    bool other, taken = false;
    SG_TRY(has_other(run, ctx, name, iri->s, &other));
    if (other) {
        return refuse(run, "the document's contexts have another name for a member");
    }
    if (iri->term != NULL) {
        const struct use *of_name = uses_of(run, &run->contexts->meanings, name);
        SG_TRY(is_taken(run, of_iri, of_name, iri->s, iri->term->reverse, &taken));
    }
    return taken ? refuse(run, "contexts that are known here disagree about a name") : SG_DONE;
}

sg_result
jsonld_check_keyword(
    struct jsonld_run *run, enum jsonld_kw kw, const struct sjson *member, bool value_object)
{
    sg_str name = member->name;
    bool itself = name.n > 0 && name.p[0] == '@';
    bool fine = true;
    if (!run->options->plain_names) {
        return SG_DONE;
    }
    switch (kw) {
    case JSONLD_KW_ID:
        fine = sg_str_is(name, "id");
        break;
    case JSONLD_KW_TYPE:
        fine = sg_str_is(name, "type") || (itself && value_object);
        break;
    case JSONLD_KW_VALUE:
    case JSONLD_KW_LANGUAGE:
    case JSONLD_KW_DIRECTION:
    case JSONLD_KW_LIST:
        fine = itself;
        break;
    case JSONLD_KW_INDEX: /* of no statement: anybody may write one */
    case JSONLD_KW_NEST:  /* and these put statements elsewhere */
    case JSONLD_KW_INCLUDED:
    case JSONLD_KW_REVERSE:
    case JSONLD_KW_GRAPH:
    case JSONLD_KW_SET:
        fine = false;
        break;
    case JSONLD_KW_NONE:
    case JSONLD_KW_BASE:
    case JSONLD_KW_CONTAINER:
    case JSONLD_KW_CONTEXT:
    case JSONLD_KW_IMPORT:
    case JSONLD_KW_JSON:
    case JSONLD_KW_NULL:
    case JSONLD_KW_PREFIX:
    case JSONLD_KW_PROPAGATE:
    case JSONLD_KW_PROTECTED:
    case JSONLD_KW_VERSION:
    case JSONLD_KW_VOCAB:
        break;
    }
    return fine ? SG_DONE : refuse(run, "a keyword, or another name of one");
}

sg_result
jsonld_check_index(struct jsonld_run *run, const struct jsonld_term *term)
{
    bool property = term->index.n != 0 && !sg_str_is(term->index, "@index");
    if (!run->options->plain_names || (term->container & JSONLD_IN_INDEX) == 0 || property) {
        return SG_DONE;
    }
    return refuse(run, "names of an index are not signed");
}
