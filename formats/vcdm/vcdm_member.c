#include "vcdm_int.h"

/* ---- sets -------------------------------------------------------------------------------------------- */

struct vcdm_set
vcdm_set_of(const struct sjson *v)
{
    struct vcdm_set set = { .next = v, .n = v != NULL };
    if (v != NULL && v->type == SJSON_ARRAY) {
        set = (struct vcdm_set){ .next = v->first, .n = v->n, .array = true };
    }
    return set;
}

const struct sjson *
vcdm_set_next(struct vcdm_set *set)
{
    const struct sjson *v = set->next;
    if (v != NULL) {
        set->next = set->array ? v->next : NULL; /* a member's sibling is another member */
    }
    return v;
}

/* ---- id and type (4.4, 4.5) -------------------------------------------------------------------------- */

sg_result
vcdm_read_id(const struct vcdm_check *c, const struct sjson *object, const char *what, uint64_t at,
    bool required, sg_str *ret)
{
    const struct sjson *id = sjson_get(object, "id");
    *ret = SG_NO_STR;
    VCDM_REQUIRE(id != NULL || !required, c, what, at);
    if (id != NULL) {
        VCDM_REQUIRE(id->type == SJSON_STRING && vcdm_is_url(id->text), c, what, at);
        *ret = id->text;
    }
    return SG_DONE;
}

/* A term of a context, or an absolute URL; which terms there are is known to JSON-LD alone. */
static bool
is_term(sg_str text)
{
    if (sg_str_index(text, ':', 0) != text.n) {
        return vcdm_is_url(text);
    }
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] <= ' ' || text.p[i] == 0x7f) {
            return false;
        }
    }
    return text.n != 0 && text.p[0] != '@';
}

sg_result
vcdm_read_types(const struct vcdm_check *c, const struct sjson *object, const char *what,
    uint64_t at, const char *must)
{
    struct vcdm_set set = vcdm_set_of(sjson_get(object, "type"));
    bool found = must == NULL;
    VCDM_REQUIRE(set.n != 0, c, what, at);
    for (const struct sjson *v = vcdm_set_next(&set); v != NULL; v = vcdm_set_next(&set)) {
        VCDM_REQUIRE(v->type == SJSON_STRING && is_term(v->text), c, what, at);
        found = found || sg_str_is(v->text, must);
    }
    VCDM_REQUIRE(found, c, what, at);
    return SG_DONE;
}

bool
vcdm_has_type(const struct sjson *object, const char *type)
{
    struct vcdm_set set = vcdm_set_of(sjson_get(object, "type"));
    for (const struct sjson *v = vcdm_set_next(&set); v != NULL; v = vcdm_set_next(&set)) {
        if (sjson_is_text(v, type)) {
            return true;
        }
    }
    return false;
}

sg_result
vcdm_no_keywords(
    const struct vcdm_check *c, const struct sjson *object, const char *what, uint64_t at)
{
    for (const struct sjson *m = object->first; m != NULL; m = m->next) {
        bool keyword = m->name.n != 0 && m->name.p[0] == '@';
        VCDM_REQUIRE(!keyword || sg_str_is(m->name, "@context"), c, what, at);
    }
    return SG_DONE;
}

/* ---- @context (4.3) ---------------------------------------------------------------------------------- */

static sg_result
base_context(struct vcdm_check *c, const struct sjson *first)
{
    if (sjson_is_text(first, VCDM_CONTEXT_V2)) {
        c->version = VCDM_2_0;
        return SG_DONE;
    }
    VCDM_REQUIRE(c->rules->accept_1_1 && sjson_is_text(first, VCDM_CONTEXT_V1), c, "@context", 0);
    c->version = VCDM_1_1;
    return SG_DONE;
}

sg_result
vcdm_read_context(struct vcdm_check *c, const struct sjson *document)
{
    const struct sjson *context = sjson_get(document, "@context");
    uint64_t at = 1;
    VCDM_REQUIRE(
        context != NULL && context->type == SJSON_ARRAY && context->n != 0, c, "@context", 0);
    SG_TRY(base_context(c, context->first));
    for (const struct sjson *v = context->first->next; v != NULL; v = v->next, at++) {
        bool url = v->type == SJSON_STRING && vcdm_is_url(v->text);
        VCDM_REQUIRE(url || v->type == SJSON_OBJECT, c, "@context", at);
    }
    return SG_DONE;
}

/* ---- parts ------------------------------------------------------------------------------------------- */

/*
 * Members whose values are objects that say their type (4.5 lists them). `id` is needed where the version's text says so: 4.11 for
 * schemas; 1.1 5.4 (schemas), 4.9 (status) and 5.5 (refreshService).
 */
static const struct {
    const char *member;
    const char *what_type;
    const char *what_id;
    bool presentation; /* may stand in a presentation too */
    bool id_2_0;
    bool id_1_1;
} parts[] = {
    { "credentialStatus", "credentialStatus.type", "credentialStatus.id", false, false, true },
    { "credentialSchema", "credentialSchema.type", "credentialSchema.id", false, true, true },
    { "refreshService", "refreshService.type", "refreshService.id", false, false, true },
    { "termsOfUse", "termsOfUse.type", "termsOfUse.id", true, false, false },
    { "evidence", "evidence.type", "evidence.id", false, false, false },
    { "renderMethod", "renderMethod.type", "renderMethod.id", false, false, false },
    { "confidenceMethod", "confidenceMethod.type", "confidenceMethod.id", false, false, false },
    { "proof", "proof.type", "proof.id", true, false, false },
};
enum { N_PARTS = sizeof(parts) / sizeof(parts[0]) };

static sg_result
check_part(const struct vcdm_check *c, const struct sjson *value, size_t row)
{
    struct vcdm_set set = vcdm_set_of(value);
    bool id = c->version == VCDM_2_0 ? parts[row].id_2_0 : parts[row].id_1_1;
    uint64_t at = 0;
    VCDM_REQUIRE(set.n != 0, c, parts[row].member, 0);
    for (const struct sjson *v = vcdm_set_next(&set); v != NULL; v = vcdm_set_next(&set), at++) {
        sg_str url;
        VCDM_REQUIRE(v->type == SJSON_OBJECT, c, parts[row].member, at);
        SG_TRY(vcdm_no_keywords(c, v, parts[row].member, at));
        SG_TRY(vcdm_read_types(c, v, parts[row].what_type, at, NULL));
        SG_TRY(vcdm_read_id(c, v, parts[row].what_id, at, id, &url));
    }
    return SG_DONE;
}

sg_result
vcdm_check_parts(const struct vcdm_check *c, const struct sjson *document, bool credential)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        const struct sjson *value = sjson_get(document, parts[i].member);
        if (value != NULL && (credential || parts[i].presentation)) {
            SG_TRY(check_part(c, value, i));
        }
    }
    return SG_DONE;
}
