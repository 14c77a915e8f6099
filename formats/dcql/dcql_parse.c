/* The grammar of section 6, checked whole before anything is evaluated. */
#include "dcql.h"

static sg_result
bad(struct sg_why *why, const char *what, sg_result r)
{
    sg_why_note(why, what, 0, 0);
    return r;
}

#define WANT(cond, what, code)                       \
    do {                                             \
        if (!(cond)) {                               \
            return bad(why, (what), SG_ERROR(code)); \
        }                                            \
    } while (0)

static bool
is_id(sg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '_' || c == '-')) {
            return false;
        }
    }
    return s.n > 0 && s.n <= DCQL_TEXT_MAX;
}

/* A non-empty array within a bound. */
static sg_result
read_array(const struct sjson *v, size_t max, const char *what, struct sg_why *why)
{
    WANT(v->type == SJSON_ARRAY, what, TYPE);
    WANT(v->n > 0, what, VALUE);
    WANT(v->n <= max, what, TOO_MANY);
    return SG_DONE;
}

/* An optional boolean; null is no boolean. */
static sg_result
read_bool(const struct sjson *object, const char *name, bool absent, struct sg_why *why, bool *ret)
{
    sg_result r = sjson_member_bool(object, name, absent, ret);
    return sg_ok(r) ? r : bad(why, name, r);
}

static sg_result
read_id(const struct sjson *object, struct sg_why *why, sg_str *ret)
{
    const struct sjson *id = sjson_get(object, "id");
    WANT(id != NULL, "id", MISSING);
    WANT(id->type == SJSON_STRING, "id", TYPE);
    WANT(is_id(id->text), "id", VALUE);
    *ret = id->text;
    return SG_DONE;
}

/* ---- claims ------------------------------------------------------------------------------------- */

sg_result
dcql_path_parse(struct sg_arena *arena, const struct sjson *json, struct dcql_path *ret)
{
    SG_REQUIRE(json != NULL && json->type == SJSON_ARRAY, TYPE);
    SG_REQUIRE(json->n > 0, VALUE);
    SG_REQUIRE(json->n <= DCQL_PATH_MAX, TOO_MANY);
    struct dcql_step *steps = SG_NEW_ARRAY(arena, json->n, struct dcql_step);
    SG_REQUIRE(steps != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next, n++) {
        if (e->type == SJSON_STRING) {
            SG_REQUIRE(e->text.n <= DCQL_TEXT_MAX, TOO_LARGE);
            steps[n] = (struct dcql_step){ .kind = DCQL_NAME, .name = e->text };
        } else if (e->type == SJSON_NULL) {
            steps[n] = (struct dcql_step){ .kind = DCQL_ALL };
        } else {
            /* a non-negative integer by its own text: 1.0 and 1e0 are no indexes */
            int64_t index;
            SG_REQUIRE(e->type == SJSON_NUMBER, TYPE);
            for (size_t i = 0; i < e->text.n; i++) {
                SG_REQUIRE(e->text.p[i] >= '0' && e->text.p[i] <= '9', VALUE);
            }
            SG_TRY(sjson_int(e, &index));
            steps[n] = (struct dcql_step){ .kind = DCQL_INDEX, .index = (size_t)index };
        }
    }
    *ret = (struct dcql_path){ steps, n };
    return SG_DONE;
}

static sg_result
read_values(const struct sjson *values, struct sg_why *why)
{
    SG_TRY(read_array(values, DCQL_VALUES_MAX, "values", why));
    for (const struct sjson *e = values->first; e != NULL; e = e->next) {
        int64_t whole;
        bool good = e->type == SJSON_STRING || e->type == SJSON_TRUE || e->type == SJSON_FALSE ||
                    (e->type == SJSON_NUMBER && sg_ok(sjson_int(e, &whole)));
        WANT(good, "values", VALUE);
        WANT(e->text.n <= DCQL_TEXT_MAX, "values", TOO_LARGE);
    }
    return SG_DONE;
}

static bool
is_mdoc_path(const struct dcql_path *path)
{
    return path->n == 2 && path->steps[0].kind == DCQL_NAME && path->steps[1].kind == DCQL_NAME;
}

static sg_result
read_claim(struct sg_arena *arena, const struct sjson *json,
    const struct dcql_credential_query *query, struct sg_why *why, struct dcql_claim *ret)
{
    WANT(json->type == SJSON_OBJECT, "claims", TYPE);
    *ret = (struct dcql_claim){ .id = SG_NO_STR };
    if (sjson_get(json, "id") != NULL) {
        SG_TRY(read_id(json, why, &ret->id));
    }
    const struct sjson *path = sjson_get(json, "path");
    WANT(path != NULL, "path", MISSING);
    sg_result r = dcql_path_parse(arena, path, &ret->path);
    if (!sg_ok(r)) {
        return bad(why, "path", r);
    }
    WANT(query->format != DCQL_MSO_MDOC || is_mdoc_path(&ret->path), "path", VALUE);
    ret->values = sjson_get(json, "values");
    if (ret->values != NULL) {
        SG_TRY(read_values(ret->values, why));
    }
    return read_bool(json, "intent_to_retain", false, why, &ret->intent_to_retain);
}

static sg_result
read_claims(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    struct dcql_credential_query *query)
{
    SG_TRY(read_array(json, DCQL_CLAIMS_MAX, "claims", why));
    struct dcql_claim *claims = SG_NEW_ARRAY(arena, json->n, struct dcql_claim);
    SG_REQUIRE(claims != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next, n++) {
        SG_TRY(read_claim(arena, e, query, why, &claims[n]));
        for (size_t i = 0; i < n && claims[n].id.n > 0; i++) {
            WANT(!sg_str_equal(claims[i].id, claims[n].id), "id", DUPLICATE);
        }
    }
    query->claims = claims;
    query->n_claims = n;
    query->has_claims = true;
    return SG_DONE;
}

static sg_result
read_claim_set(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    const struct dcql_credential_query *query, struct dcql_claim_set *ret)
{
    SG_TRY(read_array(json, DCQL_CLAIMS_MAX, "claim_sets", why));
    size_t *indexes = SG_NEW_ARRAY(arena, json->n, size_t);
    SG_REQUIRE(indexes != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next) {
        WANT(e->type == SJSON_STRING, "claim_sets", TYPE);
        size_t i = 0;
        while (i < query->n_claims &&
               !(query->claims[i].id.n > 0 && sg_str_equal(query->claims[i].id, e->text))) {
            i++;
        }
        WANT(i < query->n_claims, "claim_sets", VALUE);
        indexes[n++] = i;
    }
    *ret = (struct dcql_claim_set){ indexes, n };
    return SG_DONE;
}

static sg_result
read_claim_sets(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    struct dcql_credential_query *query)
{
    WANT(query->has_claims, "claim_sets without claims", VALUE);
    for (size_t i = 0; i < query->n_claims; i++) {
        WANT(query->claims[i].id.n > 0, "id of a claim beside claim_sets", MISSING);
    }
    SG_TRY(read_array(json, DCQL_CLAIM_SETS_MAX, "claim_sets", why));
    struct dcql_claim_set *sets = SG_NEW_ARRAY(arena, json->n, struct dcql_claim_set);
    SG_REQUIRE(sets != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next) {
        SG_TRY(read_claim_set(arena, e, why, query, &sets[n++]));
    }
    query->claim_sets = sets;
    query->n_claim_sets = n;
    return SG_DONE;
}

/* ---- credential queries --------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum dcql_format format;
} formats[] = {
    { "dc+sd-jwt", DCQL_DC_SD_JWT },
    { "mso_mdoc", DCQL_MSO_MDOC },
    { "jwt_vc_json", DCQL_JWT_VC_JSON },
    { "ldp_vc", DCQL_LDP_VC },
    { "vc+jwt", DCQL_VC_JWT },
    { "vc+sd-jwt", DCQL_VC_SD_JWT },
    { "vc+cose", DCQL_VC_COSE },
};

/* Formats that no specification gives this name: other people may use it for something else, so another `meta` makes it theirs and not an error. */
static bool
is_private(enum dcql_format format)
{
    return format == DCQL_VC_JWT || format == DCQL_VC_SD_JWT || format == DCQL_VC_COSE;
}

static sg_result
read_texts(const struct sjson *array, const char *what, struct sg_why *why)
{
    SG_TRY(read_array(array, DCQL_VALUES_MAX, what, why));
    for (const struct sjson *e = array->first; e != NULL; e = e->next) {
        WANT(e->type == SJSON_STRING, what, TYPE);
        WANT(e->text.n > 0 && e->text.n <= DCQL_TEXT_MAX, what, VALUE);
    }
    return SG_DONE;
}

/* Appendix B: what a format's `meta` must hold. */
static sg_result
check_meta(const struct dcql_credential_query *query, struct sg_why *why)
{
    const struct sjson *v;
    switch (query->format) {
    case DCQL_DC_SD_JWT:
        v = sjson_get(query->meta, "vct_values");
        WANT(v != NULL, "vct_values", MISSING);
        return read_texts(v, "vct_values", why);
    case DCQL_MSO_MDOC:
        v = sjson_get(query->meta, "doctype_value");
        WANT(v != NULL, "doctype_value", MISSING);
        WANT(v->type == SJSON_STRING && v->text.n > 0, "doctype_value", TYPE);
        return SG_DONE;
    case DCQL_JWT_VC_JSON:
    case DCQL_LDP_VC:
    case DCQL_VC_JWT:
    case DCQL_VC_SD_JWT:
    case DCQL_VC_COSE:
        v = sjson_get(query->meta, "type_values");
        WANT(v != NULL, "type_values", MISSING);
        SG_TRY(read_array(v, DCQL_VALUES_MAX, "type_values", why));
        for (const struct sjson *e = v->first; e != NULL; e = e->next) {
            SG_TRY(read_texts(e, "type_values", why));
        }
        return SG_DONE;
    case DCQL_UNKNOWN:
        return SG_DONE;
    }
    SG_FAIL(INTERNAL);
}

static sg_result
read_authorities(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    struct dcql_credential_query *query)
{
    SG_TRY(read_array(json, DCQL_VALUES_MAX, "trusted_authorities", why));
    struct dcql_authority *made = SG_NEW_ARRAY(arena, json->n, struct dcql_authority);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next, n++) {
        WANT(e->type == SJSON_OBJECT, "trusted_authorities", TYPE);
        sg_result r = sjson_member_text(e, "type", &made[n].type);
        if (!sg_ok(r)) {
            return bad(why, "type of a trusted authority", r);
        }
        made[n].values = sjson_get(e, "values");
        WANT(made[n].values != NULL, "values of a trusted authority", MISSING);
        SG_TRY(read_texts(made[n].values, "values of a trusted authority", why));
    }
    query->authorities = made;
    query->n_authorities = n;
    return SG_DONE;
}

static sg_result
read_credential(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    struct dcql_credential_query *ret)
{
    WANT(json->type == SJSON_OBJECT, "credentials", TYPE);
    *ret = (struct dcql_credential_query){ .format = DCQL_UNKNOWN };
    SG_TRY(read_id(json, why, &ret->id));
    sg_result r = sjson_member_text(json, "format", &ret->format_name);
    if (!sg_ok(r)) {
        return bad(why, "format", r);
    }
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (sg_str_is(ret->format_name, formats[i].name)) {
            ret->format = formats[i].format;
        }
    }
    r = sjson_member_object(json, "meta", &ret->meta);
    if (!sg_ok(r)) {
        return bad(why, "meta", r);
    }
    if (is_private(ret->format) && sjson_get(ret->meta, "type_values") == NULL) {
        ret->format = DCQL_UNKNOWN;
    }
    SG_TRY(check_meta(ret, why));
    SG_TRY(read_bool(json, "multiple", false, why, &ret->multiple));
    SG_TRY(
        read_bool(json, "require_cryptographic_holder_binding", true, why, &ret->holder_binding));
    const struct sjson *part = sjson_get(json, "trusted_authorities");
    if (part != NULL) {
        SG_TRY(read_authorities(arena, part, why, ret));
    }
    part = sjson_get(json, "claims");
    if (part != NULL) {
        SG_TRY(read_claims(arena, part, why, ret));
    }
    part = sjson_get(json, "claim_sets");
    return part == NULL ? SG_DONE : read_claim_sets(arena, part, why, ret);
}

/* ---- sets of credentials ---------------------------------------------------------------------------- */

static sg_result
read_option(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    const struct dcql_query *query, struct dcql_option *ret)
{
    SG_TRY(read_array(json, DCQL_CREDENTIALS_MAX, "options", why));
    size_t *indexes = SG_NEW_ARRAY(arena, json->n, size_t);
    SG_REQUIRE(indexes != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next) {
        WANT(e->type == SJSON_STRING, "options", TYPE);
        size_t i = 0;
        while (i < query->n && !sg_str_equal(query->credentials[i].id, e->text)) {
            i++;
        }
        WANT(i < query->n, "options", VALUE);
        indexes[n++] = i;
    }
    *ret = (struct dcql_option){ indexes, n };
    return SG_DONE;
}

static sg_result
read_set(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    const struct dcql_query *query, struct dcql_set *ret)
{
    WANT(json->type == SJSON_OBJECT, "credential_sets", TYPE);
    const struct sjson *options = sjson_get(json, "options");
    WANT(options != NULL, "options", MISSING);
    SG_TRY(read_array(options, DCQL_OPTIONS_MAX, "options", why));
    struct dcql_option *made = SG_NEW_ARRAY(arena, options->n, struct dcql_option);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = options->first; e != NULL; e = e->next) {
        SG_TRY(read_option(arena, e, why, query, &made[n++]));
    }
    ret->options = made;
    ret->n = n;
    return read_bool(json, "required", true, why, &ret->required);
}

static sg_result
read_sets(
    struct sg_arena *arena, const struct sjson *json, struct sg_why *why, struct dcql_query *query)
{
    SG_TRY(read_array(json, DCQL_SETS_MAX, "credential_sets", why));
    struct dcql_set *sets = SG_NEW_ARRAY(arena, json->n, struct dcql_set);
    SG_REQUIRE(sets != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next) {
        SG_TRY(read_set(arena, e, why, query, &sets[n++]));
    }
    query->sets = sets;
    query->n_sets = n;
    return SG_DONE;
}

sg_result
dcql_parse(
    struct sg_arena *arena, const struct sjson *json, struct sg_why *why, struct dcql_query *ret)
{
    *ret = (struct dcql_query){ .n = 0 };
    WANT(json != NULL && json->type == SJSON_OBJECT, "dcql_query", TYPE);
    const struct sjson *list = sjson_get(json, "credentials");
    WANT(list != NULL, "credentials", MISSING);
    SG_TRY(read_array(list, DCQL_CREDENTIALS_MAX, "credentials", why));
    struct dcql_credential_query *made = SG_NEW_ARRAY(arena, list->n, struct dcql_credential_query);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = list->first; e != NULL; e = e->next, n++) {
        SG_TRY(read_credential(arena, e, why, &made[n]));
        for (size_t i = 0; i < n; i++) {
            WANT(!sg_str_equal(made[i].id, made[n].id), "id", DUPLICATE);
        }
    }
    ret->credentials = made;
    ret->n = n;
    const struct sjson *sets = sjson_get(json, "credential_sets");
    return sets == NULL ? SG_DONE : read_sets(arena, sets, why, ret);
}
