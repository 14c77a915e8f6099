#include "vcdm_terms.h"

#define DOCUMENT_MAX ((size_t)4 << 20)

/* ---- documents to be expanded ------------------------------------------------------------------------ */

static bool
is_claim(sg_str name)
{
    static const char *const claims[] = { "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf",
        "nonce" };
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        if (sg_str_is(name, claims[i])) {
            return true;
        }
    }
    return false;
}

/* The document's contexts and, with `no_vocab`, one more that takes @vocab away. */
static void
write_context(struct sjson_wr *wr, const struct sjson *context, bool no_vocab)
{
    sjson_wr_name(wr, SG_LIT("@context"));
    sjson_wr_array(wr);
    if (context->type == SJSON_ARRAY) {
        for (const struct sjson *c = context->first; c != NULL; c = c->next) {
            sjson_wr_value(wr, c);
        }
    } else {
        sjson_wr_value(wr, context);
    }
    if (no_vocab) {
        sjson_wr_raw(wr, SG_LIT("{\"@vocab\":null}"));
    }
    sjson_wr_array_end(wr);
}

/* The whole document, or of its members only the type and `only`. */
static sg_result
rewrite(struct sg_arena *arena, const struct sjson *document, const struct sjson *only,
    bool no_vocab, bool claims_too, const struct sjson **ret)
{
    struct sg_buf buf = sg_buf_new(arena, 1024, DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    sjson_wr_object(&wr);
    for (const struct sjson *m = document->first; m != NULL; m = m->next) {
        bool kept = only == NULL || m == only || sg_str_is(m->name, "type");
        if (sg_str_is(m->name, "@context")) {
            write_context(&wr, m, no_vocab);
        } else if (kept && !(claims_too && is_claim(m->name))) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &text));
    return sjson_parse_object(arena, text, NULL, ret);
}

/* ---- checks ------------------------------------------------------------------------------------------ */

static sg_result
expand(struct sg_arena *arena, const struct sjson *document, const struct jsonld_contexts *contexts,
    bool safe, struct sg_why *why, const struct sjson **ret)
{
    struct jsonld_options options = { .contexts = contexts, .safe = safe };
    sg_str text;
    SG_TRY(jsonld_expand(arena, document, &options, why, &text));
    return sjson_parse(arena, text, NULL, ret);
}

/* Did anything but identifier and types come out? */
static bool
has_property(const struct sjson *expanded)
{
    const struct sjson *node = sjson_at(expanded, 0);
    if (node == NULL || node->type != SJSON_OBJECT) {
        return false;
    }
    for (const struct sjson *m = node->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "@id") && !sg_str_is(m->name, "@type")) {
            return true;
        }
    }
    return false;
}

/* What is left of a member when nothing but a term definition can keep it? */
static sg_result
check_member(struct sg_arena *arena, const struct sjson *document, const struct sjson *member,
    const struct jsonld_contexts *contexts, struct sg_why *why, bool *ret_defined)
{
    const struct sjson *small;
    const struct sjson *expanded;
    SG_TRY(rewrite(arena, document, member, true, false, &small));
    SG_TRY(expand(arena, small, contexts, false, why, &expanded));
    *ret_defined = has_property(expanded);
    return SG_DONE;
}

static sg_result
check_members(struct sg_arena *arena, const struct sjson *document,
    const struct jsonld_contexts *contexts, bool claims_too, struct sg_why *why)
{
    uint64_t at = 0;
    SG_REQUIRE(document->n <= VCDM_MEMBERS_MAX, TOO_LARGE);
    for (const struct sjson *m = document->first; m != NULL; m = m->next, at++) {
        bool keyword = sg_str_is(m->name, "@context") || sg_str_is(m->name, "type") ||
                       sg_str_is(m->name, "id");
        bool defined = true;
        if (!keyword && m->type != SJSON_NULL && !(claims_too && is_claim(m->name))) {
            SG_TRY(check_member(arena, document, m, contexts, why, &defined));
        }
        if (!defined) {
            sg_why_note(why, "term", at, 0);
            SG_FAIL(DATA_LOSS);
        }
    }
    return SG_DONE;
}

sg_result
vcdm_check_terms(struct sg_arena *arena, const struct sjson *document,
    const struct jsonld_contexts *contexts, enum vcdm_terms terms, bool claims_too,
    struct sg_why *why)
{
    const struct sjson *whole;
    const struct sjson *expanded;
    if (document->type != SJSON_OBJECT || sjson_get(document, "@context") == NULL) {
        sg_why_note(why, "@context", 0, 0);
        SG_FAIL(DATA_LOSS); /* without a context no term has a meaning */
    }
    SG_TRY(rewrite(arena, document, NULL, terms == VCDM_TERMS_ALL, claims_too, &whole));
    SG_TRY(expand(arena, whole, contexts, true, why, &expanded));
    if (terms == VCDM_TERMS_TOP_LEVEL) {
        return check_members(arena, document, contexts, claims_too, why);
    }
    return SG_DONE;
}

/* ---- related resources ------------------------------------------------------------------------------- */

sg_result
vcdm_published_contexts(void *arg, sg_str url, struct vcdm_resource *ret)
{
    struct vcdm_published *room = arg;
    *ret = (struct vcdm_resource){ .known = false };
    if (sg_ok(jsonld_contexts_digest(url, SG_SHA256, room->sha256))) {
        ret->known = true;
        ret->sha256 = sg_bytes_of(room->sha256, SG_SHA256_LEN);
    }
    if (sg_ok(jsonld_contexts_digest(url, SG_SHA384, room->sha384))) {
        ret->known = true;
        ret->sha384 = sg_bytes_of(room->sha384, SG_SHA384_LEN);
    }
    return SG_DONE;
}

bool
vcdm_has_inline_context(const struct sjson *document)
{
    const struct sjson *context = sjson_get(document, "@context");
    bool found = context != NULL && context->type == SJSON_OBJECT;
    for (const struct sjson *e = context == NULL ? NULL : context->first; e != NULL && !found;
         e = e->next) {
        found = e->type == SJSON_OBJECT;
    }
    for (const struct sjson *e = document->first; e != NULL && !found; e = e->next) {
        found = e != context && vcdm_has_inline_context(e); /* as deep as the parser allows */
    }
    return found;
}
