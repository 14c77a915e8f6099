/*
 * W3C Verifiable Credentials Data Model 2.0 test suite, its inputs: what vcdm_check_* says about each. As an issuing endpoint would, an issuer
 * is put in where the input has none, and the dates that the suite's runner fills in. req: FMT-3
 */
#include "vcdm2_fill.h"

#include "vcdm.h"

/* Cases that the rules alone do not decide, with the reason. Whoever knows the contexts decides them: see test_vcdm_terms. */
static const char *const by_expansion[] = {
    "credential-redef-type-fail",         /* an inline context redefines a protected term */
    "credential-type-mapped-nonurl-fail", /* an inline context maps a type to no IRI */
    "credential-type-unmapped-fail",      /* no context maps the type */
};
/* Cases whose point is lost by what is put in here: the input has no issuer on purpose, and no claims, which the rules do find. */
static const char *const never_accepts_without_issuer = "credential-no-issuer-fail";

static bool
is_by_expansion(sg_str id)
{
    for (size_t i = 0; i < sizeof(by_expansion) / sizeof(by_expansion[0]); i++) {
        if (sg_str_is(id, by_expansion[i])) {
            return true;
        }
    }
    return false;
}

static sg_result
check(struct sg_arena *arena, const struct sjson *c, struct sg_why *why)
{
    static const struct vcdm_rules rules;
    struct vcdm_credential credential;
    struct vcdm_presentation presentation;
    const struct sjson *document = vcdm2_document(arena, c);
    if (sjson_is_text(sjson_get(c, "kind"), "credential")) {
        return vcdm_check_credential(arena, document, &rules, why, &credential);
    }
    return vcdm_check_presentation(arena, document, &rules, why, &presentation);
}

/* A refusal is by a rule and names a member; "informative" cases may go either way and end. */
static void
judge(const struct sjson *c, sg_result r, const struct sg_why *why)
{
    const struct sjson *expect = sjson_get(c, "expect");
    sg_str id = sjson_get(c, "id")->text;
    bool refused = sjson_is_text(expect, "reject") || sjson_is_text(expect, "reject-or-inject");
    if (is_by_expansion(id)) {
        assert_ok(r); /* when the rules learn to see it, the list above is out of date */
        return;
    }
    if (refused) {
        if (r.code != SG_E_VCDM || why->what == NULL) {
            fail_msg("%.*s was not refused", SG_PRINT(id));
        }
    } else if (!sg_ok(r)) {
        fail_msg("%.*s: refused for %s", SG_PRINT(id), why->what);
    }
}

static void
test_cases(void **state)
{
    const struct sjson *cases = vcdm2_cases(*state);
    size_t n = 0;
    for (const struct sjson *c = cases->first; c != NULL; c = c->next, n++) {
        struct sg_why why = { 0 };
        sg_result r = check(*state, c, &why);
        judge(c, r, &why);
        assert_true(!sg_str_is(sjson_get(c, "id")->text, never_accepts_without_issuer) ||
                    strcmp(why.what, "credentialSubject") == 0);
    }
    assert_true(n >= 81);
}

/* The mismatches that the suite calls informative are refused by a caller who says who secures what. */
static void
test_self_asserted(void **state)
{
    static const struct {
        const char *file;
        bool good;
    } rows[] = {
        { "vcdm2/input/presentation-self-asserted-vc-ok.json", true },
        { "vcdm2/input/presentation-self-asserted-vc-no-holder.json", false },
        { "vcdm2/input/presentation-self-asserted-vc-holder-mismatch.json", false },
        { "vcdm2/input/presentation-self-asserted-vc-issuer-mismatch.json", false },
    };
    static const struct vcdm_rules rules = { .self_asserted = true };
    for (size_t i = 0; i < 4; i++) {
        struct vcdm_presentation p;
        struct sg_why why = { 0 };
        sg_bytes text = support_file(*state, support_vector_path(*state, rows[i].file));
        sg_result r =
            vcdm_check_presentation(*state, parse(*state, sg_bytes_str(text)), &rules, &why, &p);
        assert_int_equal(sg_ok(r), rows[i].good);
        assert_true(rows[i].good || strcmp(why.what, "holder") == 0);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cases),
        TEST(test_self_asserted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
