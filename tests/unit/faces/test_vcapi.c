/* The VC-API face: statuses of refusals, and a verification as VCALM 1.0 answers it (req: PRO-5). */
#include "support.h"

#include "vcapi_inner.h"

/* A refused object is the request's fault, never a lack of authentication (specs: the suites take 400 and 422 alone). */
static void
test_refused_objects_are_400(void **state)
{
    (void)state;
    static const enum sg_code codes[] = { SG_E_MALFORMED, SG_E_TYPE, SG_E_VCDM, SG_E_DATA_LOSS,
        SG_E_JSONLD, SG_E_CONTEXT, SG_E_WORK, SG_E_PROOF_VALUE, SG_E_METHOD, SG_E_PURPOSE,
        SG_E_DOMAIN, SG_E_CHALLENGE, SG_E_ISSUER, SG_E_SIGNATURE, SG_E_EXPIRED, SG_E_NOT_YET,
        SG_E_CLAIMS, SG_E_UNSUPPORTED };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_int_equal(vcapi_status_of(codes[i]), 400);
    }
    assert_int_equal(vcapi_status_of(SG_E_CONFIGURATION), 404);
    assert_int_equal(vcapi_status_of(SG_E_MANDATE), 403);
    assert_int_equal(vcapi_status_of(SG_E_TOKEN), 401);
    assert_int_equal(vcapi_status_of(SG_E_STATUS_BAD), 409);
    assert_int_equal(vcapi_status_of(SG_E_PEER_DOWN), 503);
}

static const struct sjson *
parsed(void **state, const char *text)
{
    const struct sjson *json;
    assert_ok(sjson_parse(*state, sg_cstr(text), NULL, &json));
    return json;
}

static const struct sjson *
rendered(void **state, const struct verify_result *result, const struct vcapi_status *statuses,
    const char *options, bool presentation, bool want)
{
    struct vcapi_call call = { .options = parsed(state, options),
        .object = parsed(state, "{\"a\":1}") };
    sg_str json;
    bool verified = !want;
    assert_ok(vcapi_render(*state, result, statuses, &call, presentation, &json, &verified));
    assert_int_equal(verified, want);
    const struct sjson *answer;
    assert_ok(sjson_parse(*state, json, NULL, &answer));
    assert_int_equal(sjson_get(answer, "verified")->type, want ? SJSON_TRUE : SJSON_FALSE);
    return answer;
}

static void
test_what_holds_is_verified(void **state)
{
    struct verify_finding findings[] = { { .check = "proof", .severity = VERIFY_HELD } };
    struct verify_result result = { .verified = true, .findings = findings, .n = 1 };
    const struct sjson *answer = rendered(state, &result, NULL, "{}", false, true);
    assert_int_equal(sjson_get(answer, "problemDetails")->n, 0);
    assert_null(sjson_get(answer, "results"));
    assert_null(sjson_get(answer, "credential"));
}

static void
test_options_choose_what_comes_back(void **state)
{
    struct verify_finding findings[] = {
        { .check = "proof", .severity = VERIFY_HELD, .input = parsed(state, "{\"type\":\"p\"}") },
        { .check = "validFrom", .severity = VERIFY_HELD, .input = parsed(state, "\"2020\"") },
    };
    struct verify_result result = { .verified = true, .findings = findings, .n = 2 };
    const struct sjson *answer = rendered(state, &result, NULL,
        "{\"returnResults\":true,\"returnCredential\":true,\"returnProblemDetails\":false}", false,
        true);
    assert_null(sjson_get(answer, "problemDetails"));
    assert_int_equal(sjson_get(answer, "credential")->n, 1);
    const struct sjson *results = sjson_get(answer, "results");
    const struct sjson *proof = sjson_get(results, "proof");
    assert_int_equal(proof->n, 1);
    assert_int_equal(sjson_get(proof->first, "verified")->type, SJSON_TRUE);
    assert_true(sjson_is_text(sjson_get(sjson_get(proof->first, "input"), "type"), "p"));
    assert_true(sjson_is_text(sjson_get(sjson_get(results, "validFrom"), "input"), "2020"));
}

static void
test_errors_say_where_and_what(void **state)
{
    struct verify_finding findings[] = {
        { .check = "proof",
            .subject = SG_LIT("verifiableCredential[1]"),
            .severity = VERIFY_ERROR,
            .code = SG_E_SIGNATURE,
            .problem = verify_problem_of(SG_E_SIGNATURE) },
    };
    struct verify_result result = { .verified = false, .findings = findings, .n = 1 };
    const struct sjson *answer =
        rendered(state, &result, NULL, "{\"returnResults\":true}", true, false);
    const struct sjson *problem = sjson_get(answer, "problemDetails")->first;
    assert_true(sjson_is_text(sjson_get(problem, "type"),
        "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR"));
    assert_true(sjson_is_text(sjson_get(problem, "instance"), "verifiableCredential[1]"));
    assert_true(sjson_is_text(sjson_get(problem, "code"), "SIGNATURE"));
    const struct sjson *credentials = sjson_get(sjson_get(answer, "results"), "credentials");
    assert_int_equal(credentials->n, 1);
    assert_int_equal(sjson_get(credentials->first, "verified")->type, SJSON_FALSE);
}

/* req: STA-4: a status that is bad, and one that nobody could tell, refuse alike. */
static void
test_status_counts(void **state)
{
    static const struct {
        struct vcapi_status status;
        bool verified;
    } cases[] = {
        { { .known = true, .value = 0, .code = SG_OK }, true },
        { { .known = true, .value = 1, .code = SG_E_STATUS_BAD }, false },
        { { .known = false, .code = SG_E_STATUS_UNKNOWN }, false },
    };
    struct verify_finding findings[] = { { .check = "proof", .severity = VERIFY_HELD } };
    struct verify_ref refs[] = { { .kind = VERIFY_TOKEN_LIST, .uri = SG_LIT("https://a/s") } };
    struct verify_result result = {
        .verified = true, .findings = findings, .n = 1, .refs = refs, .n_refs = 1
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sjson *answer = rendered(
            state, &result, &cases[i].status, "{\"returnResults\":true}", false, cases[i].verified);
        assert_int_equal(sjson_get(answer, "problemDetails")->n, cases[i].verified ? 0 : 1);
        const struct sjson *status =
            sjson_get(sjson_get(answer, "results"), "credentialStatus")->first;
        assert_int_equal(sjson_get(status, "value") != NULL, cases[i].status.known);
    }
}

static void
test_options_of_a_wrong_type_are_refused(void **state)
{
    struct vcapi_call call = { .options = parsed(state, "{\"returnResults\":\"yes\"}") };
    struct verify_result result = { .verified = true };
    sg_str json;
    bool verified;
    assert_refused(vcapi_render(*state, &result, NULL, &call, false, &json, &verified), TYPE);
}

/* Each instance route has its default twin, and OpenAPI a name for it. */
static void
test_routes_come_in_pairs(void **state)
{
    (void)state;
    size_t plain = 0, named = 0;
    for (size_t i = 0; i < n_vcapi_routes; i++) {
        bool instance = strstr(vcapi_routes[i].path, "{configuration}") != NULL;
        plain += instance ? 0 : 1;
        named += instance ? 1 : 0;
        assert_true(strncmp(vcapi_routes[i].path, "/vc-api/", 8) == 0);
        assert_non_null(vcapi_routes[i].name);
        assert_non_null(vcapi_routes[i].summary);
    }
    assert_int_equal(plain, named);
    assert_int_equal(plain, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_objects_are_400),
        cmocka_unit_test(test_what_holds_is_verified),
        cmocka_unit_test(test_options_choose_what_comes_back),
        cmocka_unit_test(test_errors_say_where_and_what),
        cmocka_unit_test(test_status_counts),
        cmocka_unit_test(test_options_of_a_wrong_type_are_refused),
        cmocka_unit_test(test_routes_come_in_pairs),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
