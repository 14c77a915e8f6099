/* Any JSON as a credential and as a presentation, by strict and by lenient rules; any text as a date and as a URL. */
#include "vcdm_must.h"

#include "vcdm.h"

static sg_result
no_resource(void *arg, sg_str url, struct vcdm_resource *ret)
{
    (void)arg;
    MUST(vcdm_is_url(url));
    *ret = (struct vcdm_resource){ .known = url.n % 2 == 0, .bytes = sg_str_bytes(url) };
    return SG_DONE;
}

/* A refusal names its member and has a problem type. */
static void
judge(sg_result r, const struct sg_why *why)
{
    if (!sg_ok(r) && r.code != SG_E_TOO_LARGE && r.code != SG_E_NO_MEMORY) {
        MUST(why->what != NULL);
        MUST(vcdm_problem_url(vcdm_problem_of(r.code, why)) != NULL);
    }
}

static void
as_document(struct sg_arena *arena, const struct sjson *json, const struct vcdm_rules *rules)
{
    struct sg_why one = { 0 };
    struct sg_why two = { 0 };
    struct vcdm_credential c;
    struct vcdm_presentation p;
    sg_result r = vcdm_check_credential(arena, json, rules, &one, &c);
    judge(r, &one);
    if (sg_ok(r)) {
        MUST(vcdm_is_url(c.issuer) && c.subjects != NULL);
        MUST(rules->accept_1_1 || c.version == VCDM_2_0);
        MUST(c.id.n == 0 || vcdm_is_url(c.id));
    }
    r = vcdm_check_presentation(arena, json, rules, &two, &p);
    judge(r, &two);
    if (sg_ok(r)) {
        MUST(p.n_entries <= VCDM_CREDENTIALS_MAX);
        for (size_t i = 0; i < p.n_entries; i++) {
            MUST(p.entries[i].enveloped || vcdm_is_url(p.entries[i].credential.issuer));
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vcdm_rules rules[] = {
        { .accept_1_1 = false },
        { .accept_1_1 = true,
            .zone_optional = true,
            .resource = no_resource,
            .enveloped_unread = true },
        { .self_asserted = true, .resource = no_resource, .resource_required = true },
    };
    struct sg_arena *arena = sg_arena_new(0, FUZZ_ARENA_MAX);
    sg_str text = { (const char *)data, size };
    const struct sjson *json;
    struct vcdm_time t;
    if (sg_ok(vcdm_time_parse(text, size % 2 == 0, &t))) {
        MUST(t.present && t.ns < 1000000000 && vcdm_time_order(&t, &t) == 0);
    }
    MUST(!vcdm_is_did(text) || vcdm_is_url(text));
    if (sg_ok(sjson_parse(arena, text, NULL, &json))) {
        for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
            as_document(arena, json, &rules[i]);
        }
    }
    sg_arena_free(&arena);
    return 0;
}
