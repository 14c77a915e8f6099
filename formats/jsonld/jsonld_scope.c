/* Where type-scoped contexts begin and end (JSON-LD API 5.1.2, steps 7 and 10 to 12). */
#include "jsonld_int.h"

static sg_result
expand_name(
    struct jsonld_run *run, const struct jsonld_ctx *ctx, sg_str name, struct jsonld_iri *ret)
{
    return jsonld_iri_expand(run, ctx, name, JSONLD_VOCAB, NULL, ret);
}

/* A type-scoped context ends where a new node begins. */
sg_result
jsonld_leave_type_scope(
    struct jsonld_run *run, const struct sjson *element, const struct jsonld_ctx **ctx)
{
    struct jsonld_iri iri = { 0 };
    for (const struct sjson *e = element->first; e != NULL; e = e->next) {
        SG_TRY(expand_name(run, *ctx, e->name, &iri));
        if (iri.kw == JSONLD_KW_VALUE || (iri.kw == JSONLD_KW_ID && element->n == 1)) {
            return SG_DONE;
        }
    }
    *ctx = (*ctx)->previous;
    return SG_DONE;
}

/* Code point order, which is the order of UTF-8 bytes. */
static bool
before(sg_str a, sg_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return order != 0 ? order < 0 : a.n < b.n;
}

/* The strings of `value` whose term has a scoped context, in code point order. The work of inserting them is paid for. */
static sg_result
scoped_types(struct jsonld_run *run, const struct jsonld_ctx *ctx, const struct sjson *value,
    sg_str *names, size_t *ret_n)
{
    size_t n = 0;
    const struct sjson *v = value->type == SJSON_ARRAY ? value->first : value;
    for (; v != NULL; v = value->type == SJSON_ARRAY ? v->next : NULL) {
        const struct jsonld_term *term =
            v->type == SJSON_STRING ? jsonld_ctx_find(run, ctx, v->text) : NULL;
        if (term == NULL || term->context == NULL) {
            continue;
        }
        SG_TRY(jsonld_spend(run, 1 + n / 4));
        size_t at = n++;
        for (; at > 0 && before(v->text, names[at - 1]); at--) {
            names[at] = names[at - 1];
        }
        names[at] = v->text;
    }
    *ret_n = n;
    return SG_DONE;
}

static sg_result
apply_types(struct jsonld_run *run, const struct jsonld_ctx *type_scoped, const struct sjson *value,
    const struct jsonld_ctx **ctx)
{
    size_t max = value->type == SJSON_ARRAY ? value->n : 1;
    sg_str few[8];
    sg_str *names = few;
    size_t n;
    if (max > sizeof(few) / sizeof(few[0])) {
        names = SG_NEW_ARRAY(run->arena, max, sg_str);
        SG_REQUIRE(names != NULL, NO_MEMORY);
    }
    SG_TRY(scoped_types(run, type_scoped, value, names, &n));
    for (size_t i = 0; i < n; i++) {
        const struct jsonld_term *term = jsonld_ctx_find(run, type_scoped, names[i]);
        SG_REQUIRE(term != NULL, INTERNAL);
        SG_TRY(jsonld_ctx_scoped(run, *ctx, term, JSONLD_SCOPE_TYPE, ctx));
    }
    return SG_DONE;
}

/* The next key after `last` (NULL: the first) in code point order that expands to @type. */
static sg_result
next_type_key(struct jsonld_run *run, const struct jsonld_ctx *ctx, const struct sjson *element,
    const struct sjson *last, const struct sjson **ret)
{
    *ret = NULL;
    for (const struct sjson *e = element->first; e != NULL; e = e->next) {
        struct jsonld_iri iri;
        if ((last != NULL && !before(last->name, e->name)) ||
            (*ret != NULL && !before(e->name, (*ret)->name))) {
            continue;
        }
        SG_TRY(expand_name(run, ctx, e->name, &iri));
        *ret = iri.kw == JSONLD_KW_TYPE ? e : *ret;
    }
    return SG_DONE;
}

/* Does the last value under the first type key say @json? */
static sg_result
is_json(struct jsonld_run *run, const struct jsonld_ctx *ctx, const struct sjson *key, bool *ret)
{
    const struct sjson *last = key;
    struct jsonld_iri iri;
    if (key->type == SJSON_ARRAY) {
        for (const struct sjson *v = key->first; v != NULL; v = v->next) {
            last = v;
        }
    }
    *ret = false;
    if (last->type == SJSON_STRING) {
        SG_TRY(expand_name(run, ctx, last->text, &iri));
        *ret = iri.kw == JSONLD_KW_JSON;
    }
    return SG_DONE;
}

sg_result
jsonld_enter_type_scopes(struct jsonld_run *run, const struct sjson *element,
    const struct jsonld_ctx **ctx, bool *ret_json)
{
    const struct jsonld_ctx *type_scoped = *ctx;
    const struct sjson *first;
    *ret_json = false;
    SG_TRY(next_type_key(run, type_scoped, element, NULL, &first));
    if (first == NULL) {
        return SG_DONE;
    }
    /* a scope entered may make an alias of @type of a later key, so each is looked for in the context as it is by then */
    for (const struct sjson *key = first; key != NULL;) {
        SG_TRY(apply_types(run, type_scoped, key, ctx));
        SG_TRY(jsonld_spend(
            run, 1 + element->n / 8)); /* many aliases of @type: each pass is paid for */
        SG_TRY(next_type_key(run, *ctx, element, key, &key));
    }
    return is_json(run, *ctx, first, ret_json);
}
