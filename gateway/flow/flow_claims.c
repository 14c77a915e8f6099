/* Claims against the rules of their configuration, before anything is signed (req: FMT-5). */
#include "flow_claims.h"

struct type_word {
    const char *word;
    enum flow_claim_type type;
};
static const struct type_word type_words[] = {
    { "string", FLOW_CLAIM_STRING },
    { "integer", FLOW_CLAIM_INTEGER },
    { "number", FLOW_CLAIM_NUMBER },
    { "boolean", FLOW_CLAIM_BOOLEAN },
    { "date", FLOW_CLAIM_DATE },
    { "object", FLOW_CLAIM_OBJECT },
    { "array", FLOW_CLAIM_ARRAY },
};

static sg_result
bad(struct sg_why *why, const char *what, size_t at)
{
    sg_why_note(why, what, at, 0);
    SG_FAIL(CONFIGURATION);
}

static sg_result
read_type(const struct sjson *json, struct sg_why *why, enum flow_claim_type *ret)
{
    const struct sjson *word = sjson_get(json, "type");
    for (size_t i = 0; i < sizeof(type_words) / sizeof(type_words[0]); i++) {
        if (sjson_is_text(word, type_words[i].word)) {
            *ret = type_words[i].type;
            return SG_DONE;
        }
    }
    return bad(why, "claims: type", 0);
}

static sg_result
check_members(const struct sjson *json, struct sg_why *why)
{
    static const char *const known[] = { "type", "required", "max", "members", "items", "pattern" };
    size_t at = 0;
    for (const struct sjson *m = json->first; m != NULL; m = m->next, at++) {
        bool found = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            found = found || sg_str_is(m->name, known[i]);
        }
        if (!found) {
            return bad(why, "claims: unknown member of a rule", at);
        }
    }
    return SG_DONE;
}

static sg_result
parse_rule(struct sg_arena *arena, const struct sjson *json, unsigned depth, struct sg_why *why,
    struct flow_claim_rule *ret)
{
    if (json->type != SJSON_OBJECT || depth > FLOW_CLAIM_DEPTH) {
        return bad(why, "claims: a rule is an object, at most six deep", depth);
    }
    SG_TRY(check_members(json, why));
    ret->name = json->name;
    SG_TRY(read_type(json, why, &ret->type));
    if (!sg_ok(sjson_member_bool(json, "required", false, &ret->required))) {
        return bad(why, "claims: required", 0);
    }
    const struct sjson *max = sjson_get(json, "max");
    if (max != NULL) {
        int64_t v = 0;
        if (!sg_ok(sjson_int(max, &v)) || v < 1 || v > (int64_t)FLOW_CLAIMS_MAX) {
            return bad(why, "claims: max", 0);
        }
        ret->max = (uint64_t)v;
    }
    const struct sjson *pattern = sjson_get(json, "pattern");
    ret->email = sjson_is_text(pattern, "email");
    if (pattern != NULL && (!ret->email || ret->type != FLOW_CLAIM_STRING)) {
        return bad(why, "claims: pattern", 0);
    }
    const struct sjson *members = sjson_get(json, "members");
    const struct sjson *items = sjson_get(json, "items");
    if ((members != NULL) != (ret->type == FLOW_CLAIM_OBJECT) ||
        (items != NULL) != (ret->type == FLOW_CLAIM_ARRAY)) {
        return bad(why, "claims: members go with object, items with array", 0);
    }
    if (members != NULL) {
        return flow_claim_rules_parse(arena, members, depth + 1, why, &ret->inner, &ret->n_inner);
    }
    if (items != NULL) {
        struct flow_claim_rule *item = SG_NEW(arena, struct flow_claim_rule);
        SG_REQUIRE(item != NULL, NO_MEMORY);
        SG_TRY(parse_rule(arena, items, depth + 1, why, item));
        ret->inner = item;
        ret->n_inner = 1;
    }
    return SG_DONE;
}

sg_result
flow_claim_rules_parse(struct sg_arena *arena, const struct sjson *json, unsigned depth,
    struct sg_why *why, const struct flow_claim_rule **ret, size_t *ret_n)
{
    if (json->type != SJSON_OBJECT || json->n == 0) {
        return bad(why, "claims: an object of rules", depth);
    }
    struct flow_claim_rule *rules = SG_NEW_ARRAY(arena, json->n, struct flow_claim_rule);
    SG_REQUIRE(rules != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *m = json->first; m != NULL; m = m->next) {
        SG_TRY(parse_rule(arena, m, depth, why, &rules[n++]));
    }
    *ret = rules;
    *ret_n = n;
    return SG_DONE;
}

/* ---- checking -------------------------------------------------------------------------------------- */

static bool
two_digits(const char *p, unsigned low, unsigned high)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') {
        return false;
    }
    unsigned v = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
    return v >= low && v <= high;
}

static bool
is_date(sg_str s)
{
    static const unsigned days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !two_digits(s.p, 0, 99) ||
        !two_digits(s.p + 2, 0, 99) || !two_digits(s.p + 5, 1, 12)) {
        return false;
    }
    unsigned year = (unsigned)(s.p[0] - '0') * 1000 + (unsigned)(s.p[1] - '0') * 100 +
                    (unsigned)(s.p[2] - '0') * 10 + (unsigned)(s.p[3] - '0');
    unsigned month = (unsigned)(s.p[5] - '0') * 10 + (unsigned)(s.p[6] - '0');
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    unsigned last = month == 2 && !leap ? 28 : days[month - 1];
    return two_digits(s.p + 8, 1, last);
}

/* One "@", something on both sides, a dot on the right, no blanks or controls: a slip of the pen is found, not more. */
static bool
is_email(sg_str s)
{
    size_t at = sg_str_index(s, '@', 0);
    if (at == 0 || at + 3 > s.n || sg_str_index(s, '@', at + 1) != s.n) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 127) {
            return false;
        }
    }
    size_t dot = sg_str_index(s, '.', at + 1);
    return dot > at + 1 && dot + 1 < s.n;
}

static sg_result
wrong(struct sg_why *why, const char *what, size_t at)
{
    sg_why_note(why, what, at, 0);
    SG_FAIL(CLAIMS);
}

static sg_result check_members_of(const struct flow_claim_rule *rules, size_t n,
    const struct sjson *object, unsigned depth, struct sg_why *why);

static sg_result
check_text(const struct flow_claim_rule *rule, const struct sjson *v, struct sg_why *why)
{
    if (v->type != SJSON_STRING) {
        return wrong(why, "a claim is not a string", 0);
    }
    if (rule->max != 0 && v->text.n > rule->max) {
        return wrong(why, "a claim is too long", v->text.n);
    }
    if (rule->email && !is_email(v->text)) {
        return wrong(why, "a claim is not an e-mail address", 0);
    }
    if (rule->type == FLOW_CLAIM_DATE && !is_date(v->text)) {
        return wrong(why, "a claim is not a date (YYYY-MM-DD)", 0);
    }
    return SG_DONE;
}

static sg_result
check_one(
    const struct flow_claim_rule *rule, const struct sjson *v, unsigned depth, struct sg_why *why)
{
    int64_t whole;
    double any;
    switch (rule->type) {
    case FLOW_CLAIM_STRING:
    case FLOW_CLAIM_DATE:
        return check_text(rule, v, why);
    case FLOW_CLAIM_INTEGER:
        return sg_ok(sjson_int(v, &whole)) ? SG_DONE : wrong(why, "a claim is not an integer", 0);
    case FLOW_CLAIM_NUMBER:
        return sg_ok(sjson_double(v, &any)) ? SG_DONE : wrong(why, "a claim is not a number", 0);
    case FLOW_CLAIM_BOOLEAN:
        return v->type == SJSON_TRUE || v->type == SJSON_FALSE
                   ? SG_DONE
                   : wrong(why, "a claim is not true or false", 0);
    case FLOW_CLAIM_OBJECT:
        return check_members_of(rule->inner, rule->n_inner, v, depth + 1, why);
    case FLOW_CLAIM_ARRAY:
        break;
    }
    if (v->type != SJSON_ARRAY) {
        return wrong(why, "a claim is not an array", 0);
    }
    if (rule->max != 0 && v->n > rule->max) {
        return wrong(why, "a claim has too many elements", v->n);
    }
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        SG_TRY(check_one(rule->inner, e, depth + 1, why));
    }
    return SG_DONE;
}

static const struct flow_claim_rule *
rule_of(const struct flow_claim_rule *rules, size_t n, sg_str name)
{
    for (size_t i = 0; i < n; i++) {
        if (sg_str_equal(rules[i].name, name)) {
            return &rules[i];
        }
    }
    return NULL;
}

static sg_result
check_members_of(const struct flow_claim_rule *rules, size_t n, const struct sjson *object,
    unsigned depth, struct sg_why *why)
{
    if (object->type != SJSON_OBJECT) {
        return wrong(why, "a claim is not an object", depth);
    }
    for (const struct sjson *m = object->first; m != NULL; m = m->next) {
        const struct flow_claim_rule *rule = rule_of(rules, n, m->name);
        if (rule == NULL) {
            return wrong(why, "a claim is not in the configuration", depth);
        }
        SG_TRY(check_one(rule, m, depth, why));
    }
    for (size_t i = 0; i < n; i++) {
        if (rules[i].required && sjson_get_str(object, rules[i].name) == NULL) {
            return wrong(why, "a required claim is missing", i);
        }
    }
    return SG_DONE;
}

static sg_result
check_schema(struct sg_arena *arena, const struct schema *schema, const struct sjson *claims,
    struct sg_why *why)
{
    struct schema_fault fault = { .keyword = "" };
    sg_str text;
    sg_result r = schema_check(schema, arena, claims, &fault);
    if (r.code == SG_E_SCHEMA) {
        SG_TRY(sg_arena_printf(arena, &text, "schema: %s at \"%s\"", fault.keyword, fault.pointer));
        sg_why_note(why, text.p, 0, 0);
    }
    return r;
}

sg_result
flow_claims_check(struct sg_arena *arena, const struct flow_config *config,
    const struct sjson *claims, struct sg_why *why)
{
    if (config->documents == FLOW_DOCUMENTS_PRESENTATIONS) {
        return wrong(why, "this configuration secures presentations alone", 0);
    }
    if (claims->source.n > FLOW_CLAIMS_MAX) {
        return wrong(why, "the claims are too large", claims->source.n);
    }
    SG_TRY(check_members_of(config->claims, config->n_claims, claims, 0, why));
    return config->schema == NULL ? SG_DONE : check_schema(arena, config->schema, claims, why);
}
