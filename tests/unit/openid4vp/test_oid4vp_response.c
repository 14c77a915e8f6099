/* Answers: vp_token, forms, errors, and what the verifier says to them. req: PRO-3 */
#include "oid4vp.h"
#include "support.h"

static struct oid4vp_request
request_of(void **state)
{
    static const char text[] =
        "{\"credentials\":["
        "{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"v\"]}},"
        "{\"id\":\"b\",\"format\":\"ldp_vc\",\"meta\":{\"type_values\":[[\"T\"]]},\"multiple\":"
        "true},"
        "{\"id\":\"c\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"d\"}}]}";
    struct oid4vp_request request = { .has_state = true, .state = SG_LIT("s~1") };
    assert_ok(sjson_parse(*state, SG_LIT(text), NULL, &request.dcql_json));
    assert_ok(dcql_parse(*state, request.dcql_json, NULL, &request.dcql));
    return request;
}

static const sg_str sd_jwt[] = { { "eyJ.e.s~d~kb", 12 }, { "x", 1 } };
static const sg_str ldp[] = { { "{\"a\": [1]}", 10 }, { "{}", 2 } };

static void
test_vp_token(void **state)
{
    struct oid4vp_request request = request_of(state);
    const struct oid4vp_presentations both[] = { { 0, sd_jwt, 1 }, { 1, ldp, 2 } };
    sg_str token;
    sg_str out;
    assert_ok(oid4vp_vp_token(*state, &request, both, 2, &token));
    assert_str_is(token, "{\"a\":[\"eyJ.e.s~d~kb\"],\"b\":[{\"a\": [1]},{}]}");
    assert_ok(oid4vp_vp_token(*state, &request, both, 1, &token));
    assert_str_is(token, "{\"a\":[\"eyJ.e.s~d~kb\"]}");
    assert_ok(oid4vp_response_json(*state, &request, token, &out));
    assert_str_is(out, "{\"vp_token\":{\"a\":[\"eyJ.e.s~d~kb\"]},\"state\":\"s~1\"}");
    assert_ok(oid4vp_response_form(*state, &request, token, &out));
    assert_str_is(out, "vp_token=%7B%22a%22%3A%5B%22eyJ.e.s~d~kb%22%5D%7D&state=s~1");
    request.has_state = false;
    assert_ok(oid4vp_response_json(*state, &request, token, &out));
    assert_str_is(out, "{\"vp_token\":{\"a\":[\"eyJ.e.s~d~kb\"]}}");
    assert_ok(oid4vp_response_form(*state, &request, token, &out));
    assert_str_is(out, "vp_token=%7B%22a%22%3A%5B%22eyJ.e.s~d~kb%22%5D%7D");
    assert_ok(oid4vp_response_jwe_form(*state, SG_LIT("a..b.c.d"), &out));
    assert_str_is(out, "response=a..b.c.d");
    assert_ok(
        oid4vp_fragment_uri(*state, SG_LIT("https://v.example/r?a"), SG_LIT("state=s"), &out));
    assert_str_is(out, "https://v.example/r?a#state=s");
}

static void
test_vp_token_refusals(void **state)
{
    struct oid4vp_request request = request_of(state);
    const sg_str text[] = { { "\"a\"", 3 } };
    const struct oid4vp_presentations none[] = { { 0, sd_jwt, 0 } };
    const struct oid4vp_presentations several[] = { { 0, sd_jwt, 2 } };
    const struct oid4vp_presentations twice[] = { { 0, sd_jwt, 1 }, { 0, sd_jwt, 1 } };
    const struct oid4vp_presentations beyond[] = { { 3, sd_jwt, 1 } };
    const struct oid4vp_presentations no_object[] = { { 1, text, 1 } };
    sg_str token;
    assert_refused(oid4vp_vp_token(*state, &request, none, 0, &token), POLICY);
    assert_refused(oid4vp_vp_token(*state, &request, none, 1, &token), POLICY);
    assert_refused(oid4vp_vp_token(*state, &request, several, 1, &token), POLICY);
    assert_refused(oid4vp_vp_token(*state, &request, twice, 2, &token), POLICY);
    assert_refused(oid4vp_vp_token(*state, &request, beyond, 1, &token), POLICY);
    assert_refused(oid4vp_vp_token(*state, &request, no_object, 1, &token), TYPE);
}

static void
test_errors(void **state)
{
    sg_str out;
    assert_ok(
        oid4vp_error_form(*state, OID4VP_ACCESS_DENIED, "no consent", true, SG_LIT("s&1"), &out));
    assert_str_is(out, "error=access_denied&error_description=no+consent&state=s%261");
    assert_ok(oid4vp_error_form(*state, OID4VP_INVALID_SCOPE, "", false, SG_NO_STR, &out));
    assert_str_is(out, "error=invalid_scope");
    assert_ok(oid4vp_error_form(*state, OID4VP_INVALID_CLIENT, NULL, false, SG_NO_STR, &out));
    assert_str_is(out, "error=invalid_client");
}

static sg_result
answer(void **state, uint64_t status, const char *type, const char *body, sg_str *ret)
{
    return oid4vp_answer_parse(*state, status, sg_cstr(type), sg_str_bytes(sg_cstr(body)), ret);
}

static void
test_what_the_verifier_answers(void **state)
{
    static const uint64_t failed[] = { 201, 204, 301, 302, 307, 400, 500 };
    static const char *const bad[] = { "javascript:alert(1)", "data:text/html,a", "/relative",
        "http://v.example/r", "https://", "myapp://cb", "https://v.example/\\u0001",
        "https://v@v.example/" };
    const char *json = "application/json; charset=utf-8";
    sg_str uri;
    sg_str body;
    assert_ok(answer(state, 200, json, "{}", &uri));
    assert_int_equal(uri.n, 0);
    assert_ok(answer(state, 200, json,
        "{\"redirect_uri\":\"https://v.example/cb#response_code=091\",\"unknown\":1}", &uri));
    assert_str_is(uri, "https://v.example/cb#response_code=091");
    assert_ok(answer(state, 200, json, "{\"redirect_uri\":\"http://localhost:1/cb\"}", &uri));
    for (size_t i = 0; i < sizeof(failed) / sizeof(failed[0]); i++) {
        assert_refused(
            answer(state, failed[i], json, "{\"redirect_uri\":\"https://v.example\"}", &uri),
            FETCH);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_ok(sg_arena_printf(*state, &body, "{\"redirect_uri\":\"%s\"}", bad[i]));
        assert_refused(answer(state, 200, json, body.p, &uri), VALUE);
    }
    assert_refused(answer(state, 200, json, "{\"redirect_uri\":1}", &uri), TYPE);
    assert_refused(answer(state, 200, json, "[]", &uri), TYPE);
    assert_refused(answer(state, 200, json, "", &uri), MALFORMED);
    assert_refused(answer(state, 200, "text/html", "{}", &uri), TYPE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vp_token),
        cmocka_unit_test(test_vp_token_refusals),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_what_the_verifier_answers),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
