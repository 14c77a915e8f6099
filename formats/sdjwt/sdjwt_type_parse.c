#include "sdjwt_type_int.h"

/*
 * The form of a type metadata document (draft 5), all of it: "if processed at all, completely". Unknown members are
 * ignored. Rows say what each known member must be.
 */

enum form { TEXT, FLAG, LIST, OBJECT };
struct member {
    const char *name;
    enum form form;
    bool required;
    sg_result (*check)(const struct sjson *v); /* of the value; for a LIST, of each element */
};

static sg_result
check_members(const struct sjson *v, const struct member *rows, size_t n)
{
    static const enum sjson_type types[] = {
        [TEXT] = SJSON_STRING, [LIST] = SJSON_ARRAY, [OBJECT] = SJSON_OBJECT
    };
    SG_REQUIRE(v->type == SJSON_OBJECT, TYPE_METADATA);
    for (size_t i = 0; i < n; i++) {
        const struct sjson *m = sjson_get(v, rows[i].name);
        if (m == NULL) {
            SG_REQUIRE(!rows[i].required, TYPE_METADATA);
            continue;
        }
        bool flag = m->type == SJSON_TRUE || m->type == SJSON_FALSE;
        SG_REQUIRE(rows[i].form == FLAG ? flag : m->type == types[rows[i].form], TYPE_METADATA);
        if (rows[i].check == NULL) {
            continue;
        }
        if (rows[i].form != LIST) {
            SG_TRY(rows[i].check(m));
            continue;
        }
        for (const struct sjson *e = m->first; e != NULL; e = e->next) {
            SG_TRY(rows[i].check(e));
        }
    }
    return SG_DONE;
}
#define CHECK_MEMBERS(v, rows) check_members((v), (rows), sizeof(rows) / sizeof((rows)[0]))

static sg_result
one_of(const struct sjson *v, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sjson_is_text(v, words[i])) {
            return SG_DONE;
        }
    }
    SG_FAIL(TYPE_METADATA);
}

/* ---- display (5.5) ------------------------------------------------------------------------------- */

static sg_result
check_image(const struct sjson *v)
{
    static const struct member rows[] = { { "uri", TEXT, true, NULL },
        { "uri#integrity", TEXT, false, NULL }, { "alt_text", TEXT, false, NULL } };
    return CHECK_MEMBERS(v, rows);
}

static sg_result
check_simple(const struct sjson *v)
{
    static const struct member rows[] = { { "logo", OBJECT, false, check_image },
        { "background_image", OBJECT, false, check_image },
        { "background_color", TEXT, false, NULL }, { "text_color", TEXT, false, NULL } };
    return CHECK_MEMBERS(v, rows);
}

static sg_result
check_orientation(const struct sjson *v)
{
    static const char *const words[] = { "portrait", "landscape" };
    return one_of(v, words, 2);
}

static sg_result
check_color_scheme(const struct sjson *v)
{
    static const char *const words[] = { "light", "dark" };
    return one_of(v, words, 2);
}

static sg_result
check_contrast(const struct sjson *v)
{
    static const char *const words[] = { "normal", "high" };
    return one_of(v, words, 2);
}

static sg_result
check_properties(const struct sjson *v)
{
    static const struct member rows[] = { { "orientation", TEXT, false, check_orientation },
        { "color_scheme", TEXT, false, check_color_scheme },
        { "contrast", TEXT, false, check_contrast } };
    SG_REQUIRE(v->n != 0, TYPE_METADATA); /* at least one of them */
    return CHECK_MEMBERS(v, rows);
}

static sg_result
check_template(const struct sjson *v)
{
    static const struct member rows[] = { { "uri", TEXT, true, NULL },
        { "uri#integrity", TEXT, false, NULL }, { "properties", OBJECT, false, check_properties } };
    return CHECK_MEMBERS(v, rows);
}

static sg_result
check_rendering(const struct sjson *v)
{
    static const struct member rows[] = { { "simple", OBJECT, false, check_simple },
        { "svg_templates", LIST, false, check_template } };
    SG_TRY(CHECK_MEMBERS(v, rows));
    const struct sjson *list = sjson_get(v, "svg_templates");
    for (const struct sjson *t = list == NULL ? NULL : list->first; t != NULL; t = t->next) {
        SG_REQUIRE(list->n == 1 || sjson_get(t, "properties") != NULL, TYPE_METADATA);
    }
    return SG_DONE;
}

/* Until draft 11 `locale` was `lang`. */
static sg_result
check_locale(const struct sjson *v)
{
    const struct sjson *lang = sjson_get(v, "lang");
    SG_REQUIRE(sjson_get(v, "locale") != NULL || (lang != NULL && lang->type == SJSON_STRING),
        TYPE_METADATA);
    return SG_DONE;
}

static sg_result
check_display(const struct sjson *v)
{
    static const struct member rows[] = { { "locale", TEXT, false, NULL },
        { "name", TEXT, true, NULL }, { "description", TEXT, false, NULL },
        { "rendering", OBJECT, false, check_rendering } };
    SG_TRY(CHECK_MEMBERS(v, rows));
    return check_locale(v);
}

/* ---- claims (5.6) -------------------------------------------------------------------------------- */

static sg_result
check_claim_display(const struct sjson *v)
{
    static const struct member rows[] = { { "locale", TEXT, false, NULL },
        { "label", TEXT, true, NULL }, { "description", TEXT, false, NULL } };
    SG_TRY(CHECK_MEMBERS(v, rows));
    return check_locale(v);
}

static sg_result
check_sd(const struct sjson *v)
{
    static const char *const words[] = { "always", "allowed", "never" };
    return one_of(v, words, 3);
}

/* spec: 5.6.6: letters, digits, underscore; no digit first */
static sg_result
check_svg_id(const struct sjson *v)
{
    SG_REQUIRE(v->text.n != 0 && !(v->text.p[0] >= '0' && v->text.p[0] <= '9'), TYPE_METADATA);
    for (size_t i = 0; i < v->text.n; i++) {
        char c = v->text.p[i];
        bool fine =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        SG_REQUIRE(fine, TYPE_METADATA);
    }
    return SG_DONE;
}

static sg_result
check_path_step(const struct sjson *v)
{
    int64_t index = 0;
    bool is_index = v->type == SJSON_NUMBER && sg_ok(sjson_int(v, &index)) && index >= 0;
    SG_REQUIRE(v->type == SJSON_STRING || v->type == SJSON_NULL || is_index, TYPE_METADATA);
    return SG_DONE;
}

static sg_result
check_claim(const struct sjson *v)
{
    static const struct member rows[] = { { "path", LIST, true, check_path_step },
        { "display", LIST, false, check_claim_display }, { "mandatory", FLAG, false, NULL },
        { "sd", TEXT, false, check_sd }, { "svg_id", TEXT, false, check_svg_id } };
    SG_TRY(CHECK_MEMBERS(v, rows));
    SG_REQUIRE(sjson_get(v, "path")->n != 0, TYPE_METADATA);
    return SG_DONE;
}

static sg_result
svg_ids_differ(const struct sjson *claims)
{
    for (const struct sjson *a = claims->first; a != NULL; a = a->next) {
        const struct sjson *id = sjson_get(a, "svg_id");
        for (const struct sjson *b = a->next; id != NULL && b != NULL; b = b->next) {
            const struct sjson *other = sjson_get(b, "svg_id");
            SG_REQUIRE(other == NULL || !sg_str_equal(id->text, other->text), TYPE_METADATA);
        }
    }
    return SG_DONE;
}

static struct type_claim
claim_of(const struct sjson *v)
{
    const struct sjson *sd = sjson_get(v, "sd");
    const struct sjson *mandatory = sjson_get(v, "mandatory");
    return (struct type_claim){ .path = sjson_get(v, "path"),
        .sd = sjson_is_text(sd, "always")  ? TYPE_SD_ALWAYS
              : sjson_is_text(sd, "never") ? TYPE_SD_NEVER
                                           : TYPE_SD_ALLOWED,
        .has_sd = sd != NULL,
        .mandatory = mandatory != NULL && mandatory->type == SJSON_TRUE,
        .has_mandatory = mandatory != NULL };
}

/* ---- documents ----------------------------------------------------------------------------------- */

static sg_result
take_claims(struct sg_arena *arena, const struct sjson *claims, struct type_rules *ret)
{
    *ret = (struct type_rules){ 0 };
    if (claims == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(claims->n <= SDJWT_VC_CLAIMS_MAX, TYPE_METADATA);
    SG_TRY(svg_ids_differ(claims));
    ret->claims = SG_NEW_ARRAY(arena, claims->n, struct type_claim);
    SG_REQUIRE(ret->claims != NULL, NO_MEMORY);
    for (const struct sjson *c = claims->first; c != NULL; c = c->next) {
        ret->claims[ret->n++] = claim_of(c);
    }
    return SG_DONE;
}

sg_result
type_document_parse(struct sg_arena *arena, sg_str vct, sg_bytes served, struct type_rules *ret,
    sg_str *ret_extends, sg_str *ret_integrity)
{
    static const struct member rows[] = { { "vct", TEXT, true, NULL },
        { "name", TEXT, false, NULL }, { "description", TEXT, false, NULL },
        { "extends", TEXT, false, NULL }, { "extends#integrity", TEXT, false, NULL },
        { "display", LIST, false, check_display }, { "claims", LIST, false, check_claim } };
    const struct sjson *json;
    sg_result r = sjson_parse_object(arena, sg_bytes_str(served), NULL, &json);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    SG_REQUIRE(sg_ok(r), TYPE_METADATA);
    SG_TRY(CHECK_MEMBERS(json, rows));
    SG_REQUIRE(sg_str_equal(sjson_get(json, "vct")->text, vct), TYPE_METADATA);
    const struct sjson *extends = sjson_get(json, "extends");
    const struct sjson *integrity = sjson_get(json, "extends#integrity");
    SG_REQUIRE(extends == NULL || extends->text.n != 0, TYPE_METADATA);
    SG_REQUIRE(extends != NULL || integrity == NULL, TYPE_METADATA);
    *ret_extends = extends == NULL ? SG_NO_STR : extends->text;
    *ret_integrity = integrity == NULL ? SG_NO_STR : integrity->text;
    return take_claims(arena, sjson_get(json, "claims"), ret);
}

sg_result
sdjwt_vc_type_form(struct sg_arena *arena, sg_str vct, sg_bytes served)
{
    struct type_rules rules;
    sg_str extends;
    sg_str integrity;
    return type_document_parse(arena, vct, served, &rules, &extends, &integrity);
}
