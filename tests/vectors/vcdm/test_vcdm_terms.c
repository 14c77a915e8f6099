/*
 * W3C data model suite and vc-jose-cose suite: are the terms defined? The three inputs of the former that its rules do not decide, and test 5
 * of the latter, are refused here; everything that the suites accept passes. req: FMT-3, FMT-4
 */
#include "vcdm2_fill.h"

#include "vcdm_terms.h"

static struct jsonld_contexts *contexts;

static const struct jsonld_document examples[] = {
    { SG_LIT("https://www.w3.org/ns/credentials/examples/v2"),
        SG_LIT("{\"@context\":{\"@vocab\":\"https://www.w3.org/ns/credentials/examples#\"}}") },
};

static int
setup_contexts(void **state)
{
    (void)state;
    return sg_ok(jsonld_contexts_new(examples, 1, NULL, &contexts)) ? 0 : 1;
}

static int
free_contexts(void **state)
{
    (void)state;
    jsonld_contexts_free(&contexts);
    return 0;
}

static const struct sjson *
file(void **state, const char *relative)
{
    return parse(*state, sg_bytes_str(support_file(*state, support_vector_path(*state, relative))));
}

static void
test_what_rules_leave_is_refused(void **state)
{
    static const struct {
        const char *file;
        enum sg_code code;
        const char *what;
    } rows[] = {
        { "vcdm2/input/credential-redef-type-fail.json", SG_E_JSONLD,
            "protected term redefinition" },
        { "vcdm2/input/credential-type-mapped-nonurl-fail.json", SG_E_JSONLD,
            "invalid IRI mapping" },
        { "vcdm2/input/credential-type-unmapped-fail.json", SG_E_DATA_LOSS,
            "relative @type reference" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        sg_result r = vcdm_check_terms(
            *state, file(state, rows[i].file), contexts, VCDM_TERMS_DEFINED, false, &why);
        assert_int_equal(r.code, rows[i].code);
        assert_string_equal(why.what, rows[i].what);
    }
}

static void
test_accepted_cases_are_defined(void **state)
{
    size_t n = 0;
    const struct sjson *cases = vcdm2_cases(*state);
    for (const struct sjson *c = cases->first; c != NULL; c = c->next) {
        struct sg_why why = { 0 };
        if (!sjson_is_text(sjson_get(c, "expect"), "accept")) {
            continue;
        }
        n++;
        sg_str id = sjson_get(c, "id")->text;
        sg_result r = vcdm_check_terms(
            *state, vcdm2_document(*state, c), contexts, VCDM_TERMS_DEFINED, false, &why);
        /* the suite never uses this one: its proof has terms that its contexts do not define */
        bool odd = sg_str_is(id, "credential-proof-ok");
        if (sg_ok(r) == odd) {
            fail_msg("%.*s: %d %s", SG_PRINT(id), (int)r.code, why.what);
        }
    }
    assert_true(n >= 40);
}

static void
test_jose_cose_inputs(void **state)
{
    static const struct {
        const char *file;
        enum sg_code code;
    } rows[] = {
        { "vc-jose-cose/input/credential-minimal.json", SG_OK },
        { "vc-jose-cose/input/credential-full.json", SG_OK },
        { "vc-jose-cose/input/credential-selective.json", SG_OK },
        { "vc-jose-cose/input/presentation-single.json", SG_OK },
        { "vc-jose-cose/input/presentation-selective.json", SG_OK },
        { "vc-jose-cose/input/credential-unknown-extensions.json", SG_E_DATA_LOSS },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        sg_result r = vcdm_check_terms(
            *state, file(state, rows[i].file), contexts, VCDM_TERMS_TOP_LEVEL, false, &why);
        if (r.code != rows[i].code) {
            fail_msg("%s: %d %s", rows[i].file, (int)r.code, why.what);
        }
        assert_true(sg_ok(r) || strcmp(why.what, "term") == 0);
        /* @vocab defines everything there, and nothing of it for production */
        assert_ok(vcdm_check_terms(
            *state, file(state, rows[i].file), contexts, VCDM_TERMS_DEFINED, false, NULL));
    }
    assert_refused(
        vcdm_check_terms(*state, file(state, rows[0].file), contexts, VCDM_TERMS_ALL, false, NULL),
        DATA_LOSS);
}

#define DOC(context, more)                                                                     \
    "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"" context                          \
    "],\"type\":\"VerifiableCredential\",\"issuer\":\"did:example:i\",\"credentialSubject\":{" \
    "\"id\":\"did:example:s\"}" more "}"

static void
test_levels(void **state)
{
    static const struct {
        const char *document;
        enum vcdm_terms terms;
        bool claims_too;
        enum sg_code code;
    } rows[] = {
        { DOC("", ""), VCDM_TERMS_ALL, false, SG_OK },
        { DOC("", ",\"x\":1"), VCDM_TERMS_DEFINED, false, SG_E_DATA_LOSS },
        { DOC(",{\"x\":\"https://e.org/x\"}", ",\"x\":1"), VCDM_TERMS_ALL, false, SG_OK },
        { DOC(",{\"@vocab\":\"https://e.org/\"}", ",\"x\":1"), VCDM_TERMS_DEFINED, false, SG_OK },
        { DOC(",{\"@vocab\":\"https://e.org/\"}", ",\"x\":1"), VCDM_TERMS_TOP_LEVEL, false,
            SG_E_DATA_LOSS },
        { DOC(",{\"@vocab\":\"https://e.org/\"}", ",\"x\":1"), VCDM_TERMS_ALL, false,
            SG_E_DATA_LOSS },
        { DOC(",{\"@vocab\":\"https://e.org/\"}", ",\"evidence\":{\"type\":\"E\",\"x\":1}"),
            VCDM_TERMS_TOP_LEVEL, false, SG_OK },
        { DOC(",{\"@vocab\":\"https://e.org/\"}", ",\"evidence\":{\"type\":\"E\",\"x\":1}"),
            VCDM_TERMS_ALL, false, SG_E_DATA_LOSS },
        { DOC("", ",\"iss\":\"did:example:i\",\"iat\":1,\"jti\":\"urn:a\""), VCDM_TERMS_ALL, true,
            SG_OK },
        { DOC("", ",\"jti\":\"urn:a\""), VCDM_TERMS_DEFINED, false, SG_E_DATA_LOSS },
        { DOC(",\"https://unknown.example/c\"", ""), VCDM_TERMS_DEFINED, false, SG_E_CONTEXT },
        { "{\"type\":\"VerifiableCredential\"}", VCDM_TERMS_DEFINED, false, SG_E_DATA_LOSS },
        { "[]", VCDM_TERMS_DEFINED, false, SG_E_DATA_LOSS },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        sg_result r = vcdm_check_terms(*state, parse(*state, sg_cstr(rows[i].document)), contexts,
            rows[i].terms, rows[i].claims_too, &why);
        if (r.code != rows[i].code || (r.code != SG_OK && why.what == NULL)) {
            fail_msg("row %zu: %d %s", i, (int)r.code, why.what);
        }
    }
}

/* relatedResource that names the base context: its published digest (VCDM 2.0 B.1), not that of the formatted copy built in. */
static void
test_published_digest_of_the_base_context(void **state)
{
    static const struct {
        const char *digest;
        enum sg_code code;
    } rows[] = {
        { "\"digestSRI\":\"sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/"
          "Tje8YyzYBM8IhqjHWiWpr8+ZbYU\"",
            SG_OK },
        { "\"digestMultibase\":\"uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA\"", SG_OK },
        { "\"digestSRI\":\"sha384-m/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/"
          "Tje8YyzYBM8IhqjHWiWpr8+ZbYU\"",
            SG_E_DIGEST },
    };
    for (size_t i = 0; i < 3; i++) {
        struct vcdm_published room;
        struct vcdm_rules rules = {
            .resource = vcdm_published_contexts, .resource_arg = &room, .resource_required = true
        };
        struct vcdm_credential credential;
        sg_str text;
        assert_ok(sg_arena_printf(*state, &text, DOC("", "%s%s}"),
            ",\"relatedResource\":{\"id\":\"https://www.w3.org/ns/credentials/v2\",",
            rows[i].digest));
        assert_int_equal(
            vcdm_check_credential(*state, parse(*state, text), &rules, NULL, &credential).code,
            rows[i].code);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_rules_leave_is_refused),
        TEST(test_accepted_cases_are_defined),
        TEST(test_jose_cose_inputs),
        TEST(test_levels),
        TEST(test_published_digest_of_the_base_context),
    };
    return cmocka_run_group_tests(tests, setup_contexts, free_contexts);
}
