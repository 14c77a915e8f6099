#include "vcdm_int.h"

/* ---- names and descriptions (4.6, 11.1) -------------------------------------------------------------- */

/* BCP 47 in outline: subtags of one to eight letters and digits; the first of letters. */
static bool
is_language(sg_str text)
{
    size_t in_subtag = 0;
    for (size_t i = 0; i < text.n; i++) {
        char ch = text.p[i];
        bool alpha = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
        bool digit = ch >= '0' && ch <= '9';
        bool first = sg_str_index(sg_str_slice(text, 0, i), '-', 0) == i;
        if (ch == '-' && in_subtag != 0) {
            in_subtag = 0;
        } else if ((alpha || (digit && !first)) && in_subtag < 8) {
            in_subtag++;
        } else {
            return false;
        }
    }
    return in_subtag != 0;
}

static bool
is_direction(const struct sjson *v)
{
    return sjson_is_text(v, "ltr") || sjson_is_text(v, "rtl");
}

/* {"@value", "@language"?, "@direction"?} and nothing else. */
static bool
is_language_value(const struct sjson *v)
{
    const struct sjson *value = sjson_get(v, "@value");
    const struct sjson *language = sjson_get(v, "@language");
    const struct sjson *direction = sjson_get(v, "@direction");
    size_t n = 1U + (language != NULL) + (direction != NULL);
    return value != NULL && value->type == SJSON_STRING && v->n == n &&
           (language == NULL || (language->type == SJSON_STRING && is_language(language->text))) &&
           (direction == NULL || is_direction(direction));
}

/* A string, a language value object, or several of these objects. */
static sg_result
check_text(const struct vcdm_check *c, const struct sjson *v, const char *what)
{
    uint64_t at = 0;
    if (v == NULL || v->type == SJSON_STRING || is_language_value(v)) {
        return SG_DONE;
    }
    VCDM_REQUIRE(v->type == SJSON_ARRAY && v->n != 0, c, what, 0);
    for (const struct sjson *e = v->first; e != NULL; e = e->next, at++) {
        VCDM_REQUIRE(is_language_value(e), c, what, at);
    }
    return SG_DONE;
}

/* ---- issuer and subjects (4.7, 4.8) ------------------------------------------------------------------ */

static sg_result
read_issuer(const struct vcdm_check *c, const struct sjson *document, sg_str *ret)
{
    const struct sjson *issuer = sjson_get(document, "issuer");
    VCDM_REQUIRE(issuer != NULL, c, "issuer", 0);
    if (issuer->type == SJSON_STRING) {
        VCDM_REQUIRE(vcdm_is_url(issuer->text), c, "issuer", 0);
        *ret = issuer->text;
        return SG_DONE;
    }
    VCDM_REQUIRE(issuer->type == SJSON_OBJECT, c, "issuer", 0);
    SG_TRY(vcdm_no_keywords(c, issuer, "issuer", 0));
    SG_TRY(vcdm_read_id(c, issuer, "issuer.id", 0, true, ret));
    SG_TRY(check_text(c, sjson_get(issuer, "name"), "issuer.name"));
    return check_text(c, sjson_get(issuer, "description"), "issuer.description");
}

static sg_result
read_subjects(
    const struct vcdm_check *c, const struct sjson *document, struct vcdm_credential *credential)
{
    const struct sjson *subjects = sjson_get(document, "credentialSubject");
    struct vcdm_set set = vcdm_set_of(subjects);
    uint64_t at = 0;
    sg_str id = SG_NO_STR;
    VCDM_REQUIRE(set.n != 0, c, "credentialSubject", 0);
    for (const struct sjson *v = vcdm_set_next(&set); v != NULL; v = vcdm_set_next(&set), at++) {
        VCDM_REQUIRE(v->type == SJSON_OBJECT && v->n != 0, c, "credentialSubject", at);
        SG_TRY(vcdm_no_keywords(c, v, "credentialSubject", at));
        SG_TRY(vcdm_read_id(c, v, "credentialSubject.id", at, false, &id));
    }
    credential->subjects = subjects;
    credential->subject_id = at == 1 ? id : SG_NO_STR;
    return SG_DONE;
}

/* ---- validity (4.9) ---------------------------------------------------------------------------------- */

static sg_result
read_time(const struct vcdm_check *c, const struct sjson *document, const char *name,
    struct vcdm_time *ret)
{
    const struct sjson *v = sjson_get(document, name);
    bool zone_optional = c->rules->zone_optional;
    *ret = (struct vcdm_time){ .present = false };
    if (v == NULL) {
        return SG_DONE;
    }
    VCDM_REQUIRE(v->type == SJSON_STRING, c, name, 0);
    VCDM_REQUIRE(sg_ok(vcdm_time_parse(v->text, zone_optional, ret)), c, name, 0);
    return SG_DONE;
}

static sg_result
read_validity(
    const struct vcdm_check *c, const struct sjson *document, struct vcdm_credential *credential)
{
    bool old = c->version == VCDM_1_1;
    const char *from = old ? "issuanceDate" : "validFrom";
    const char *until = old ? "expirationDate" : "validUntil";
    SG_TRY(read_time(c, document, from, &credential->valid_from));
    SG_TRY(read_time(c, document, until, &credential->valid_until));
    VCDM_REQUIRE(!old || credential->valid_from.present, c, from, 0);
    if (credential->valid_from.present && credential->valid_until.present &&
        vcdm_time_order(&credential->valid_from, &credential->valid_until) > 0) {
        return vcdm_refuse(c, until, 0, VCDM_RANGE_ERROR);
    }
    return SG_DONE;
}

sg_result
vcdm_check_period(const struct vcdm_credential *credential, int64_t now, int64_t leeway_s)
{
    const struct vcdm_time *from = &credential->valid_from;
    const struct vcdm_time *until = &credential->valid_until;
    SG_REQUIRE(!from->present || from->s <= now + leeway_s, NOT_YET);
    SG_REQUIRE(!until->present || until->s >= now - leeway_s, EXPIRED);
    return SG_DONE;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

sg_result
vcdm_check_credential(struct sg_arena *arena, const struct sjson *document,
    const struct vcdm_rules *rules, struct sg_why *why, struct vcdm_credential *ret)
{
    struct vcdm_check c = { .arena = arena, .rules = rules, .why = why };
    struct vcdm_credential credential = { .version = VCDM_2_0 };
    VCDM_REQUIRE(document != NULL && document->type == SJSON_OBJECT, &c, "credential", 0);
    SG_TRY(vcdm_read_context(&c, document));
    credential.version = c.version;
    SG_TRY(vcdm_no_keywords(&c, document, "credential", 0));
    SG_TRY(vcdm_read_types(&c, document, "type", 0, VCDM_CREDENTIAL));
    SG_TRY(vcdm_read_id(&c, document, "id", 0, false, &credential.id));
    SG_TRY(read_issuer(&c, document, &credential.issuer));
    SG_TRY(read_subjects(&c, document, &credential));
    SG_TRY(read_validity(&c, document, &credential));
    SG_TRY(check_text(&c, sjson_get(document, "name"), "name"));
    SG_TRY(check_text(&c, sjson_get(document, "description"), "description"));
    SG_TRY(vcdm_check_parts(&c, document, true));
    SG_TRY(vcdm_check_resources(&c, sjson_get(document, "relatedResource")));
    credential.status = sjson_get(document, "credentialStatus");
    credential.schema = sjson_get(document, "credentialSchema");
    credential.proof = sjson_get(document, "proof");
    *ret = credential;
    return SG_DONE;
}
