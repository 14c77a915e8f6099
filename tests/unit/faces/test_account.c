/* gateway/faces/account: what browsers send of a passkey, what a wallet may ask for, and that every route is described. req: AU-2, AU-3, AU-6 */
#include "account_inner.h"
#include "support.h"

static const struct sjson *
json_of(struct sg_arena *arena, const char *text)
{
    const struct sjson *json;
    assert_ok(sjson_parse(arena, sg_cstr(text), NULL, &json));
    return json;
}

#define ASSERTION(id, raw, response)                                                               \
    "{\"id\":\"" id "\",\"rawId\":\"" raw "\",\"type\":\"public-key\",\"response\":{" response "}" \
    "}"
#define RESPONSE "\"clientDataJSON\":\"e30\",\"authenticatorData\":\"AAAA\",\"signature\":\"MAA\""

static void
test_an_assertion_is_read_as_browsers_write_it(void **state)
{
    struct auth_assertion a;
    assert_ok(account_assertion_parse(*state,
        json_of(*state, ASSERTION("AQID", "AQID", RESPONSE ",\"userHandle\":\"aGg\"")), &a));
    assert_int_equal(a.passkey.n, 3);
    assert_memory_equal(a.client_data.p, "{}", 2);
    assert_memory_equal(a.user_handle.p, "hh", 2);
    assert_ok(account_assertion_parse(
        *state, json_of(*state, ASSERTION("AQID", "AQID", RESPONSE ",\"userHandle\":null")), &a));
    assert_int_equal(a.user_handle.n, 0);
}

static void
test_other_forms_are_refused(void **state)
{
    static const struct {
        const char *json;
        enum sg_code code;
    } bad[] = {
        { "[]", SG_E_TYPE },
        { "{}", SG_E_VALUE },
        { ASSERTION("AQID", "AQIE", RESPONSE), SG_E_VALUE }, /* id is not rawId */
        { ASSERTION("", "", RESPONSE), SG_E_VALUE },
        { ASSERTION("AQID=", "AQID", RESPONSE), SG_E_ENCODING }, /* padding */
        { ASSERTION("AQI/", "AQI/", RESPONSE), SG_E_ENCODING },  /* another alphabet */
        { ASSERTION("AQID", "AQID", "\"clientDataJSON\":\"e30\""), SG_E_MISSING },
        { ASSERTION("AQID", "AQID",
              "\"clientDataJSON\":\"\",\"authenticatorData\":\"AAAA\",\"signature\":\"MAA\""),
            SG_E_TOO_LARGE },
        { ASSERTION("AQID", "AQID", RESPONSE ",\"userHandle\":1"), SG_E_TYPE },
        { "{\"id\":\"AQID\",\"rawId\":\"AQID\",\"type\":\"password\",\"response\":{}}",
            SG_E_VALUE },
        { "{\"id\":\"AQID\",\"rawId\":\"AQID\",\"type\":\"public-key\"}", SG_E_MISSING },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct auth_assertion a;
        struct account_registration r;
        const struct sjson *json = json_of(*state, bad[i].json);
        assert_int_equal(account_assertion_parse(*state, json, &a).code, bad[i].code);
        assert_false(sg_ok(account_registration_parse(*state, json, &r)));
    }
    struct auth_assertion a;
    assert_refused(account_assertion_parse(*state, NULL, &a), TYPE);
}

static void
test_a_registration_is_read(void **state)
{
    struct account_registration r;
    assert_ok(account_registration_parse(*state,
        json_of(*state,
            ASSERTION("AQID", "AQID", "\"clientDataJSON\":\"e30\",\"attestationObject\":\"oA\"")),
        &r));
    assert_int_equal(r.attestation.n, 1);
}

/* RFC 6749 4.1.2.1, RFC 7636 4.4.1 */
static void
test_a_wallet_may_wish_for_one_thing(void **state)
{
    (void)state;
    static const struct face_wallet wallets[] = { { { "w", 1 }, { "https://w.example/cb", 20 },
        { "W", 1 } } };
    const struct face_app app = { .wallets = wallets, .n_wallets = 1 };
    struct account_wish good = { .wallet = NULL };
    good.values[PARAM_RESPONSE_TYPE] = SG_LIT("code");
    good.values[PARAM_CLIENT_ID] = SG_LIT("w");
    good.values[PARAM_REDIRECT_URI] = SG_LIT("https://w.example/cb");
    good.values[PARAM_SCOPE] = SG_LIT("holder");
    good.values[PARAM_CODE_CHALLENGE] = SG_LIT("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    good.values[PARAM_CODE_CHALLENGE_METHOD] = SG_LIT("S256");
    assert_ok(account_wish_client(&app, &good));
    assert_null(account_wish_fault(&good));
    static const struct {
        enum account_param param;
        const char *value, *fault;
    } bad[] = {
        { PARAM_RESPONSE_TYPE, "", "invalid_request" },
        { PARAM_RESPONSE_TYPE, "code token", "unsupported_response_type" },
        { PARAM_RESPONSE_MODE, "fragment", "invalid_request" },
        { PARAM_SCOPE, "", "invalid_scope" },
        { PARAM_SCOPE, "holder openid", "invalid_scope" },
        { PARAM_AUTHORIZATION_DETAILS, "[]", "invalid_scope" },
        { PARAM_CODE_CHALLENGE, "", "invalid_request" },
        { PARAM_CODE_CHALLENGE, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", "invalid_request" },
        { PARAM_CODE_CHALLENGE_METHOD, "plain", "invalid_request" },
        { PARAM_CODE_CHALLENGE_METHOD, "", "invalid_request" },
        { PARAM_DPOP_JKT, "short", "invalid_request" },
        { PARAM_REQUEST, "x", "request_not_supported" },
        { PARAM_REQUEST_URI, "x", "request_uri_not_supported" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct account_wish wish = good;
        wish.values[bad[i].param] = sg_cstr(bad[i].value);
        assert_string_equal(account_wish_fault(&wish), bad[i].fault);
    }
    struct account_wish other = good;
    other.values[PARAM_REDIRECT_URI] = SG_LIT("https://w.example/cb/");
    assert_refused(account_wish_client(&app, &other), CLIENT);
    other = good;
    other.values[PARAM_CLIENT_ID] = SG_LIT("x");
    assert_refused(account_wish_client(&app, &other), CLIENT);
}

static void
test_a_fingerprint_is_what_the_text_shows(void **state)
{
    (void)state;
    static const uint8_t thumbprint[32] = { 0x12, 0x34, 0xab, 0xcd, 0, 1, 2, 0xff, 9 };
    char text[ACCOUNT_FINGERPRINT_LEN];
    account_fingerprint(SG_BYTES(thumbprint), text);
    assert_memory_equal(text, "1234 abcd 0001 02ff", sizeof(text));
}

/* A change is never a GET, and a body never larger than it must be. */
static void
test_routes_are_what_they_seem(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_account_routes; i++) {
        const struct http_route *row = &account_routes[i];
        bool reads = row->method == HTTP_GET;
        assert_true(reads ? row->max_body == 0 : row->method == HTTP_DELETE || row->max_body > 0);
        assert_true((row->flags & HTTP_CORS) == 0); /* no other origin may call it */
        assert_true(row->max_body <= 400 * 1024);
        assert_true(strlen(row->summary) > 10);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_assertion_is_read_as_browsers_write_it),
        cmocka_unit_test(test_other_forms_are_refused),
        cmocka_unit_test(test_a_registration_is_read),
        cmocka_unit_test(test_a_wallet_may_wish_for_one_thing),
        cmocka_unit_test(test_a_fingerprint_is_what_the_text_shows),
        cmocka_unit_test(test_routes_are_what_they_seem),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
