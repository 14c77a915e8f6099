/* What a person can bring, and what is refused before anything is fetched. req: PRO-3, NET-3 */
#include "vp_world.h"

static sg_result
parse(void **state, const char *text, struct oid4vp_carrier *ret, struct oid4vp_failure *failure)
{
    return oid4vp_carrier_parse(*state, sg_cstr(text), false, failure, ret);
}

static void
test_by_value_from_a_url(void **state)
{
    struct oid4vp_carrier c;
    struct oid4vp_failure f;
    static const char *const urls[] = {
        "openid4vp://"
        "?client_id=redirect_uri%3Ahttps%3A%2F%2Fv.example%2Fr&nonce=a&dcql_query=%7B%22a%22%3A+1%"
        "7D",
        "haip-vp://?nonce=a&client_id=redirect_uri:https://v.example/r&dcql_query=%7b%22a%22:1%7d",
        "https://wallet.example/authorize?state=&client_id=redirect_uri:https://v.example/"
        "r&nonce=a&"
        "dcql_query={\"a\":1}#client_id=x",
        "  openid4vp:?client_id=redirect_uri:https://v.example/r&&nonce=a&dcql_query={%22a%22:1}\n",
        "{\"client_id\":\"redirect_uri:https://v.example/"
        "r\",\"nonce\":\"a\",\"dcql_query\":{\"a\":1}}",
        "{\"client_id\":\"redirect_uri:https://v.example/"
        "r\",\"nonce\":\"a\",\"dcql_query\":\"{\\\"a\\\":1}\"}",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        int64_t one;
        assert_ok(parse(state, urls[i], &c, &f));
        assert_int_equal(c.kind, OID4VP_BY_VALUE);
        assert_str_is(c.client_id, "redirect_uri:https://v.example/r");
        assert_true(sjson_is_text(sjson_get(c.parameters, "nonce"), "a"));
        assert_ok(sjson_member_int(sjson_get(c.parameters, "dcql_query"), "a", &one));
        assert_int_equal(one, 1);
        assert_null(sjson_get(c.parameters, "state")); /* without a value: as if not there */
    }
}

static void
test_by_reference(void **state)
{
    struct oid4vp_carrier c;
    struct oid4vp_failure f;
    assert_ok(parse(state,
        "openid4vp://"
        "?client_id=x509_san_dns:v.example&request_uri=https%3A%2F%2Fv.example%3A8443%2Fr%3Fa%3D1",
        &c, &f));
    assert_int_equal(c.kind, OID4VP_BY_REFERENCE);
    assert_str_is(c.request_uri, "https://v.example:8443/r?a=1");
    assert_false(c.post);
    assert_ok(parse(state,
        "openid4vp://?client_id=v&request_uri=https://v.example/r&request_uri_method=post", &c,
        &f));
    assert_true(c.post);
    assert_ok(parse(state,
        "openid4vp://?client_id=v&request_uri=https://v.example/r&request_uri_method=get", &c, &f));
    assert_false(c.post);
}

static void
test_refusals(void **state)
{
    static const struct {
        const char *text;
        enum sg_code code;
        enum oid4vp_error error;
    } rows[] = {
        { "", SG_E_MISSING, OID4VP_INVALID_REQUEST },
        { " \n ", SG_E_MISSING, OID4VP_INVALID_REQUEST },
        { "hello", SG_E_MALFORMED, OID4VP_INVALID_REQUEST },
        { "a.b", SG_E_MALFORMED, OID4VP_INVALID_REQUEST },
        { "a.b.c.d.e", SG_E_UNSUPPORTED, OID4VP_INVALID_REQUEST }, /* encrypted */
        { "openid4vp://", SG_E_MALFORMED, OID4VP_INVALID_REQUEST },
        { "?client_id=a", SG_E_MALFORMED, OID4VP_INVALID_REQUEST },
        { "openid4vp://?nonce=a", SG_E_MISSING, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&client_id=a", SG_E_DUPLICATE, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&cl%69ent_id=b", SG_E_DUPLICATE, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=%zz", SG_E_ENCODING, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=%4", SG_E_ENCODING, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=%ff", SG_E_ENCODING, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&dcql_query=x", SG_E_MALFORMED, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&dcql_query={%22a%22:1,%22a%22:2}", SG_E_DUPLICATE,
            OID4VP_INVALID_REQUEST },
        { "{\"client_id\":\"a\",\"client_id\":\"b\"}", SG_E_DUPLICATE, OID4VP_INVALID_REQUEST },
        { "{\"client_id\":1}", SG_E_TYPE, OID4VP_INVALID_REQUEST },
        { "[]", SG_E_MALFORMED, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&request=a.b.c&request_uri=https://v.example/r", SG_E_VALUE,
            OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&request=a.b", SG_E_MALFORMED, OID4VP_INVALID_REQUEST },
        { "{\"client_id\":\"a\",\"request\":{}}", SG_E_TYPE, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&request_uri=http://v.example/r", SG_E_VALUE,
            OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&request_uri=http://localhost/r", SG_E_VALUE,
            OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&request_uri=file:///etc/passwd", SG_E_VALUE,
            OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&request_uri=https://u@v.example/r", SG_E_VALUE,
            OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&request_uri=https://v.example/r%23f", SG_E_VALUE,
            OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&request_uri=https:///r", SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&request_uri=https://v.example:99999/r", SG_E_VALUE,
            OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=a&request_uri=https://v.example/r&request_uri_method=POST",
            SG_E_VALUE, OID4VP_INVALID_REQUEST_URI_METHOD },
        { "openid4vp://?client_id=a&request_uri=https://v.example/r&request_uri_method=put",
            SG_E_VALUE, OID4VP_INVALID_REQUEST_URI_METHOD },
        { "openid4vp://?client_id=a&request_uri_method=post", SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=redirect_uri:https://v.example/r&request=a.b.c", SG_E_CLIENT,
            OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=origin:https://v.example&request_uri=https://v.example/r",
            SG_E_CLIENT, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=openid_federation:https://v.example&request_uri=https://"
          "v.example/r",
            SG_E_UNSUPPORTED, OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=did:web:v.example&request_uri=https://v.example/r", SG_E_CLIENT,
            OID4VP_INVALID_REQUEST },
        { "openid4vp://?client_id=x509_san_uri:https://v.example&request_uri=https://v.example/r",
            SG_E_CLIENT, OID4VP_INVALID_REQUEST },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct oid4vp_carrier c;
        struct oid4vp_failure f;
        sg_result r = parse(state, rows[i].text, &c, &f);
        print_message("%s\n", rows[i].text);
        support_assert_code(r, rows[i].code, rows[i].text, __FILE__, __LINE__);
        assert_int_equal(f.error, rows[i].error);
        assert_false(f.reply);
    }
}

static void
test_this_machine_only_when_allowed(void **state)
{
    static const char *const uris[] = { "http://localhost:19200/r", "http://127.0.0.1/r",
        "http://[::1]:80/r" };
    static const char *const others[] = { "http://localhost.example/r", "http://127.0.0.2/r",
        "http://localhost@v.example/r", "ftp://localhost/r", "http://[::1/r" };
    struct oid4vp_carrier c;
    struct oid4vp_failure f;
    sg_str text;
    for (size_t i = 0; i < 3; i++) {
        assert_ok(
            sg_arena_printf(*state, &text, "openid4vp://?client_id=a&request_uri=%s", uris[i]));
        assert_ok(oid4vp_carrier_parse(*state, text, true, &f, &c));
        assert_refused(oid4vp_carrier_parse(*state, text, false, &f, &c), VALUE);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_ok(
            sg_arena_printf(*state, &text, "openid4vp://?client_id=a&request_uri=%s", others[i]));
        assert_refused(oid4vp_carrier_parse(*state, text, true, &f, &c), VALUE);
    }
}

/* A mebibyte is not even looked at, nor are a thousand parameters or deep JSON. */
static void
test_bounds(void **state)
{
    struct oid4vp_carrier c;
    struct oid4vp_failure f;
    size_t n = (size_t)1024 * 1024;
    char *big = sg_arena_alloc(*state, n);
    assert_non_null(big);
    memset(big, 'a', n);
    assert_refused(oid4vp_carrier_parse(*state, sg_str_of(big, n), false, &f, &c), TOO_LARGE);
    struct sg_buf buf = sg_buf_new(*state, 1024, n);
    sg_str text;
    sg_buf_put_cstr(&buf, "openid4vp://?client_id=a");
    for (uint64_t i = 0; i < OID4VP_PARAMETERS_MAX; i++) {
        sg_buf_put_cstr(&buf, "&p");
        sg_buf_put_u64(&buf, i);
        sg_buf_put_cstr(&buf, "=1");
    }
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_refused(oid4vp_carrier_parse(*state, text, false, &f, &c), TOO_MANY);
    assert_refused(
        parse(state, "{\"client_id\":\"a\",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]}",
            &c, &f),
        DEPTH);
}

static void
test_the_answer_of_request_uri(void **state)
{
    struct oid4vp_carrier c;
    struct oid4vp_failure f;
    const sg_bytes body = sg_str_bytes(SG_LIT("a.b.c\n"));
    const sg_str type = SG_LIT("Application/oauth-authz-req+jwt; charset=utf-8");
    const char *url = "openid4vp://?client_id=v&request_uri=https://v.example/r";
    static const uint64_t refused[] = { 201, 204, 301, 302, 303, 307, 400, 404, 500 };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_ok(parse(state, url, &c, &f));
        assert_refused(oid4vp_carrier_fetched(&c, refused[i], type, body, &f), FETCH);
        assert_int_equal(c.kind, OID4VP_BY_REFERENCE);
    }
    assert_refused(oid4vp_carrier_fetched(&c, 200, SG_LIT("application/jwt"), body, &f), TYPE);
    assert_refused(oid4vp_carrier_fetched(&c, 200, SG_NO_STR, body, &f), TYPE);
    assert_refused(
        oid4vp_carrier_fetched(&c, 200, type, sg_str_bytes(SG_LIT("{}")), &f), MALFORMED);
    assert_refused(
        oid4vp_carrier_fetched(&c, 200, type, sg_str_bytes(SG_LIT("a.b.c.d.e")), &f), UNSUPPORTED);
    assert_ok(oid4vp_carrier_fetched(&c, 200, type, body, &f));
    assert_int_equal(c.kind, OID4VP_BY_OBJECT);
    assert_str_is(c.object, "a.b.c");
    assert_refused(oid4vp_carrier_fetched(&c, 200, type, body, &f), INTERNAL);
}

static void
test_the_body_of_a_post(void **state)
{
    sg_str metadata;
    sg_str body;
    const struct sjson *v;
    assert_ok(oid4vp_wallet_metadata(*state, SG_LIT("https://wallet.example"), &metadata));
    assert_ok(sjson_parse_object(*state, metadata, NULL, &v));
    assert_true(sjson_is_text(sjson_get(v, "issuer"), "https://wallet.example"));
    assert_non_null(sjson_get(sjson_get(v, "vp_formats_supported"), "dc+sd-jwt"));
    assert_int_equal(sjson_get(v, "client_id_prefixes_supported")->n, 6);
    assert_ok(oid4vp_request_uri_body(*state, SG_LIT("{\"a\": 1}"), SG_LIT("n-1"), &body));
    assert_str_is(body, "wallet_metadata=%7B%22a%22%3A+1%7D&wallet_nonce=n-1");
    assert_ok(oid4vp_request_uri_body(*state, SG_NO_STR, SG_NO_STR, &body));
    assert_int_equal(body.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_value_from_a_url),
        cmocka_unit_test(test_by_reference),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_this_machine_only_when_allowed),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_the_answer_of_request_uri),
        cmocka_unit_test(test_the_body_of_a_post),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
