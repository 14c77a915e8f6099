#include "flow_read.h"

#include "jcs.h"

#define BASE_WORD "${BASE}"

sg_result
flow_bad(struct sg_why *why, const char *what)
{
    sg_why_note(why, what, 0, 0);
    SG_FAIL(CONFIGURATION);
}

sg_result
flow_read_int(const struct sjson *json, struct sg_why *why, const char *name, int64_t low,
    int64_t high, int64_t absent, int64_t *ret)
{
    const struct sjson *v = sjson_get(json, name);
    *ret = absent;
    if (v == NULL && absent >= low) {
        return SG_DONE;
    }
    if (v == NULL || !sg_ok(sjson_int(v, ret)) || *ret < low || *ret > high) {
        return flow_bad(why, name);
    }
    return SG_DONE;
}

sg_result
flow_read_text(
    const struct sjson *json, struct sg_why *why, const char *name, size_t max, sg_str *ret)
{
    sg_str text;
    if (!sg_ok(sjson_member_text(json, name, &text)) || text.n == 0 || text.n > max) {
        return flow_bad(why, name);
    }
    *ret = text;
    return SG_DONE;
}

sg_result
flow_read_hash(const struct sjson *v, struct sg_why *why, enum sg_hash_alg *ret)
{
    *ret = SG_SHA256;
    if (v == NULL || sjson_is_text(v, "sha-256")) {
        return SG_DONE;
    }
    if (sjson_is_text(v, "sha-384")) {
        *ret = SG_SHA384;
        return SG_DONE;
    }
    *ret = SG_SHA512;
    return sjson_is_text(v, "sha-512") ? SG_DONE : flow_bad(why, "hash");
}

sg_result
flow_read_path(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    const char *what, struct sdjwt_path *ret)
{
    if (json->type != SJSON_ARRAY || json->n == 0 || json->n > FLOW_CLAIM_DEPTH + 1 ||
        json->first->type != SJSON_STRING) {
        return flow_bad(why, what);
    }
    struct sdjwt_step *steps = SG_NEW_ARRAY(arena, json->n, struct sdjwt_step);
    SG_REQUIRE(steps != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next, n++) {
        int64_t index = 0;
        if (e->type == SJSON_STRING) {
            steps[n] = (struct sdjwt_step){ .kind = SDJWT_STEP_NAME, .name = e->text };
        } else if (e->type == SJSON_NULL) {
            steps[n].kind = SDJWT_STEP_ALL;
        } else if (sg_ok(sjson_int(e, &index)) && index >= 0) {
            steps[n] = (struct sdjwt_step){ .kind = SDJWT_STEP_INDEX, .index = (size_t)index };
        } else {
            return flow_bad(why, what);
        }
    }
    *ret = (struct sdjwt_path){ steps, n };
    return SG_DONE;
}

sg_result
flow_read_paths(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    const char *what, const struct sdjwt_path **ret, size_t *ret_n)
{
    if (json == NULL) {
        *ret = NULL;
        *ret_n = 0;
        return SG_DONE;
    }
    if (json->type != SJSON_ARRAY || json->n > FLOW_PATHS_MAX) {
        return flow_bad(why, what);
    }
    struct sdjwt_path *paths = SG_NEW_ARRAY(arena, json->n, struct sdjwt_path);
    SG_REQUIRE(paths != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next) {
        SG_TRY(flow_read_path(arena, e, why, what, &paths[n++]));
    }
    *ret = paths;
    *ret_n = n;
    return SG_DONE;
}

bool
flow_plain_name(sg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) {
            return false;
        }
    }
    return s.n > 0 && s.n <= 48;
}

sg_result
flow_read_algs(const struct sjson *array, struct sg_why *why, const char *what,
    const struct jose_alg *ret[8], size_t *ret_n)
{
    if (array == NULL || array->type != SJSON_ARRAY || array->n == 0 || array->n > 8) {
        return flow_bad(why, what);
    }
    size_t n = 0;
    for (const struct sjson *e = array->first; e != NULL; e = e->next) {
        const struct jose_alg *alg = e->type == SJSON_STRING ? jose_alg_by_name(e->text) : NULL;
        if (alg == NULL || !alg->sign) {
            return flow_bad(why, what);
        }
        ret[n++] = alg;
    }
    *ret_n = n;
    return SG_DONE;
}

bool
flow_has_rule(const struct flow_config *config, const struct sjson *path)
{
    const struct flow_claim_rule *rules = config->claims;
    size_t n = config->n_claims;
    for (const struct sjson *step = path->first; step != NULL; step = step->next) {
        size_t i = 0;
        while (i < n && !(step->type == SJSON_STRING && sg_str_equal(rules[i].name, step->text))) {
            i++;
        }
        if (i == n) {
            return false;
        }
        n = rules[i].type == FLOW_CLAIM_OBJECT ? rules[i].n_inner : 0;
        rules = rules[i].inner;
    }
    return path->n > 0;
}

bool
flow_path_exists(const struct sjson *v, const struct sdjwt_step *steps, size_t n)
{
    if (v == NULL || n == 0) {
        return v != NULL;
    }
    switch (steps->kind) {
    case SDJWT_STEP_NAME:
        return flow_path_exists(sjson_get_str(v, steps->name), steps + 1, n - 1);
    case SDJWT_STEP_INDEX:
        return flow_path_exists(sjson_at(v, steps->index), steps + 1, n - 1);
    case SDJWT_STEP_ALL:
        break;
    }
    if (v->type != SJSON_ARRAY) {
        return false;
    }
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        if (flow_path_exists(e, steps + 1, n - 1)) {
            return true;
        }
    }
    return false;
}

const struct sjson *
flow_claim_at(const struct sjson *claims, const struct sdjwt_path *path)
{
    const struct sjson *v = claims;
    for (size_t i = 0; i < path->n && v != NULL; i++) {
        v = path->steps[i].kind == SDJWT_STEP_NAME ? sjson_get_str(v, path->steps[i].name) : NULL;
    }
    return v;
}

sg_result
flow_base_expand(struct sg_arena *arena, sg_str text, sg_str base, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, text.n + 1024, 2 * FLOW_CONFIG_FILE_MAX);
    size_t from = 0;
    for (size_t i = 0; i + sizeof(BASE_WORD) - 1 <= text.n; i++) {
        if (text.p[i] == '$' && memcmp(text.p + i, BASE_WORD, sizeof(BASE_WORD) - 1) == 0) {
            sg_buf_put_str(&buf, sg_str_slice(text, from, i - from));
            sg_buf_put_str(&buf, base);
            from = i + sizeof(BASE_WORD) - 1;
        }
    }
    sg_buf_put_str(&buf, sg_str_slice(text, from, text.n));
    return sg_buf_end_str(&buf, ret);
}

/* ---- back to the claims ------------------------------------------------------------------------------ */

struct back {
    flow_value_fn value;
    void *context;
    sg_str path[FLOW_CLAIM_DEPTH + 2];
};

/* Is there a value for any claim below these rules? */
static bool
any_below(struct back *back, const struct flow_claim_rule *rules, size_t n_rules, size_t n)
{
    for (size_t i = 0; i < n_rules && n <= FLOW_CLAIM_DEPTH; i++) {
        back->path[n] = rules[i].name;
        if (back->value(back->context, back->path, n + 1) != NULL ||
            (rules[i].type == FLOW_CLAIM_OBJECT &&
                any_below(back, rules[i].inner, rules[i].n_inner, n + 1))) {
            return true;
        }
    }
    return false;
}

static void
write_back(struct back *back, struct sjson_wr *wr, const struct flow_claim_rule *rules,
    size_t n_rules, size_t n)
{
    for (size_t i = 0; i < n_rules && n <= FLOW_CLAIM_DEPTH; i++) {
        back->path[n] = rules[i].name;
        const struct sjson *v = back->value(back->context, back->path, n + 1);
        if (v != NULL) {
            sjson_wr_name(wr, rules[i].name);
            sjson_wr_value(wr, v);
        } else if (rules[i].type == FLOW_CLAIM_OBJECT &&
                   any_below(back, rules[i].inner, rules[i].n_inner, n + 1)) {
            sjson_wr_name(wr, rules[i].name);
            sjson_wr_object(wr);
            write_back(back, wr, rules[i].inner, rules[i].n_inner, n + 1);
            sjson_wr_object_end(wr);
        }
    }
}

sg_result
flow_claims_back(struct sg_arena *arena, const struct flow_config *config, flow_value_fn value,
    void *context, sg_str *ret)
{
    struct back back = { .value = value, .context = context };
    struct sg_buf buf = sg_buf_new(arena, 1024, 2 * FLOW_CLAIMS_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *claims;
    sg_str text;
    sjson_wr_object(&wr);
    write_back(&back, &wr, config->claims, config->n_claims, 0);
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &text));
    SG_TRY(sjson_parse_object(arena, text, NULL, &claims));
    return jcs_encode(arena, claims, ret);
}
