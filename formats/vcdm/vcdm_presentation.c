#include "vcdm_int.h"

/* ---- enveloped forms (4.13.1, 4.13.2) ---------------------------------------------------------------- */

/* One context or several; the base context of 2.0 is among them. */
static bool
names_base_context(const struct sjson *context)
{
    struct vcdm_set set = vcdm_set_of(context);
    for (const struct sjson *v = vcdm_set_next(&set); v != NULL; v = vcdm_set_next(&set)) {
        if (sjson_is_text(v, VCDM_CONTEXT_V2)) {
            return true;
        }
    }
    return false;
}

static sg_result
read_data_url(const struct vcdm_check *c, const struct sjson *object, sg_str *ret)
{
    const struct sjson *id = sjson_get(object, "id");
    if (c->rules->enveloped_unread && id != NULL && id->type == SJSON_STRING) {
        *ret = id->text;
    } else {
        SG_TRY(vcdm_read_id(c, object, "id", 0, true, ret));
    }
    VCDM_REQUIRE(sg_str_starts(*ret, "data:"), c, "id", 0);
    return SG_DONE;
}

static sg_result
check_enveloped(
    const struct vcdm_check *c, const struct sjson *object, bool presentation, sg_str *ret)
{
    const char *type = presentation ? VCDM_ENVELOPED_PRESENTATION : VCDM_ENVELOPED_CREDENTIAL;
    VCDM_REQUIRE(object != NULL && object->type == SJSON_OBJECT, c, type, 0);
    VCDM_REQUIRE(names_base_context(sjson_get(object, "@context")), c, "@context", 0);
    SG_TRY(vcdm_no_keywords(c, object, type, 0));
    SG_TRY(vcdm_read_types(c, object, "type", 0, type));
    /* this one and no other: two readers must not take one object for two things */
    VCDM_REQUIRE(vcdm_set_of(sjson_get(object, "type")).n == 1, c, "type", 0);
    return read_data_url(c, object, ret);
}

sg_result
vcdm_check_enveloped(
    const struct sjson *object, bool presentation, struct sg_why *why, sg_str *ret_data_url)
{
    static const struct vcdm_rules strict;
    struct vcdm_check c = { .rules = &strict, .why = why, .version = VCDM_2_0 };
    return check_enveloped(&c, object, presentation, ret_data_url);
}

/* ---- verifiableCredential (4.13) --------------------------------------------------------------------- */

/* spec: 4.13.3 "Presentations Including Holder Claims": what nobody else secured is the holder's own word. */
static sg_result
check_self_asserted(
    const struct vcdm_check *c, const struct vcdm_entry *entry, sg_str holder, uint64_t at)
{
    if (!c->rules->self_asserted || entry->credential.proof != NULL) {
        return SG_DONE;
    }
    VCDM_REQUIRE(holder.n != 0 && sg_str_equal(holder, entry->credential.issuer), c, "holder", at);
    return SG_DONE;
}

static sg_result
read_entry(const struct vcdm_check *c, const struct sjson *v, uint64_t at, sg_str holder,
    struct vcdm_entry *entry)
{
    /* strings were the JWTs of 1.1; here they say nothing (vc-jose-cose 3.1.2) */
    VCDM_REQUIRE(v->type == SJSON_OBJECT, c, "verifiableCredential", at);
    entry->object = v;
    entry->presentation = vcdm_has_type(v, VCDM_ENVELOPED_PRESENTATION);
    entry->enveloped = entry->presentation || vcdm_has_type(v, VCDM_ENVELOPED_CREDENTIAL);
    if (entry->enveloped) {
        return check_enveloped(c, v, entry->presentation, &entry->data_url);
    }
    SG_TRY(vcdm_check_credential(c->arena, v, c->rules, c->why, &entry->credential));
    return check_self_asserted(c, entry, holder, at);
}

static sg_result
read_entries(const struct vcdm_check *c, const struct sjson *document,
    struct vcdm_presentation *presentation)
{
    struct vcdm_set set = vcdm_set_of(sjson_get(document, "verifiableCredential"));
    size_t n = 0;
    SG_REQUIRE(set.n <= VCDM_CREDENTIALS_MAX, TOO_LARGE);
    struct vcdm_entry *entries = SG_NEW_ARRAY(c->arena, set.n, struct vcdm_entry);
    SG_REQUIRE(entries != NULL, NO_MEMORY);
    for (const struct sjson *v = vcdm_set_next(&set); v != NULL; v = vcdm_set_next(&set), n++) {
        SG_TRY(read_entry(c, v, n, presentation->holder, &entries[n]));
    }
    presentation->entries = entries;
    presentation->n_entries = n;
    return SG_DONE;
}

/* A URL, or an object with one (4.13). */
static sg_result
read_holder(const struct vcdm_check *c, const struct sjson *document, sg_str *ret)
{
    const struct sjson *holder = sjson_get(document, "holder");
    *ret = SG_NO_STR;
    if (holder == NULL) {
        return SG_DONE;
    }
    if (holder->type == SJSON_OBJECT) {
        SG_TRY(vcdm_no_keywords(c, holder, "holder", 0));
        return vcdm_read_id(c, holder, "holder.id", 0, true, ret);
    }
    VCDM_REQUIRE(holder->type == SJSON_STRING && vcdm_is_url(holder->text), c, "holder", 0);
    *ret = holder->text;
    return SG_DONE;
}

sg_result
vcdm_check_presentation(struct sg_arena *arena, const struct sjson *document,
    const struct vcdm_rules *rules, struct sg_why *why, struct vcdm_presentation *ret)
{
    struct vcdm_check c = { .arena = arena, .rules = rules, .why = why };
    struct vcdm_presentation presentation = { .version = VCDM_2_0 };
    VCDM_REQUIRE(document != NULL && document->type == SJSON_OBJECT, &c, "presentation", 0);
    SG_TRY(vcdm_read_context(&c, document));
    presentation.version = c.version;
    SG_TRY(vcdm_no_keywords(&c, document, "presentation", 0));
    SG_TRY(vcdm_read_types(&c, document, "type", 0, VCDM_PRESENTATION));
    SG_TRY(vcdm_read_id(&c, document, "id", 0, false, &presentation.id));
    SG_TRY(read_holder(&c, document, &presentation.holder));
    SG_TRY(vcdm_check_parts(&c, document, false));
    SG_TRY(read_entries(&c, document, &presentation));
    presentation.proof = sjson_get(document, "proof");
    *ret = presentation;
    return SG_DONE;
}
