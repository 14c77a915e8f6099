/* formats/verify: what an object is, and what holds of it (req: FMT-4). Keys are made here; expectations are the clauses named. */
#include "support.h"

#include "es256.h"
#include "sdjwt.h"
#include "verify.h"

#define NOW 1700000000
#define AUD "https://verifier.example"
#define NONCE "n-0S6_WzA2Mj"

struct keys {
    struct es256 *issuer;
    struct es256 *holder;
};
static struct keys keys;

static int
setup(void **state)
{
    keys = (struct keys){ es256_new(), es256_new() };
    return support_arena_setup(state);
}

static int
teardown(void **state)
{
    es256_free(&keys.issuer);
    es256_free(&keys.holder);
    return support_arena_teardown(state);
}

static struct verify_key
issuer_key(void **state)
{
    struct verify_key known = { .issuer = SG_LIT("https://issuer.example") };
    const struct sjson *json;
    assert_ok(sjson_parse(*state, es256_jwk(*state, keys.issuer), NULL, &json));
    assert_ok(jwk_parse(*state, json, &known.key));
    return known;
}

static sg_str
credential(void **state, const char *more)
{
    sg_str jwk = es256_jwk(*state, keys.holder);
    sg_str payload;
    assert_ok(sg_arena_printf(*state, &payload,
        "{\"iss\":\"https://issuer.example\",\"vct\":\"urn:badge\",\"iat\":1699999000,\"exp\":"
        "1700001000,\"cnf\":{\"jwk\":%.*s}%s}",
        SG_PRINT(jwk), more));
    sg_str jwt = es256_jws(*state, keys.issuer, "dc+sd-jwt", sg_str_bytes(payload));
    sg_str text;
    assert_ok(sg_arena_printf(*state, &text, "%.*s~", SG_PRINT(jwt)));
    return text;
}

static sg_str
presentation(void **state, sg_str before)
{
    sg_bytes payload;
    assert_ok(
        sdjwt_kb_payload(*state, before, SG_SHA256, SG_LIT(AUD), SG_LIT(NONCE), NOW - 1, &payload));
    sg_str kb = es256_jws(*state, keys.holder, "kb+jwt", payload);
    sg_str text;
    assert_ok(sg_arena_printf(*state, &text, "%.*s%.*s", SG_PRINT(before), SG_PRINT(kb)));
    return text;
}

static struct verify_result
verify(void **state, sg_str object, struct verify_expect expect)
{
    struct verify_key known = issuer_key(state);
    struct verify_trust trust = { .keys = &known, .n_keys = 1 };
    struct verify_result result;
    expect.now = expect.now == 0 ? NOW : expect.now;
    assert_ok(verify_object(*state, sg_str_bytes(object), &trust, &expect, &result));
    return result;
}

static const struct verify_finding *
refused(const struct verify_result *result, const char *check, enum sg_code code)
{
    assert_false(result->verified);
    for (size_t i = 0; i < result->n; i++) {
        const struct verify_finding *f = &result->findings[i];
        if (f->severity == VERIFY_ERROR && strcmp(f->check, check) == 0 && f->code == code) {
            assert_non_null(f->problem);
            return f;
        }
    }
    fail_msg("no error %s (%s)", check, sg_code_row(code)->name);
    return NULL;
}

static void
test_a_credential_holds(void **state)
{
    struct verify_result result = verify(state, credential(state, ""), (struct verify_expect){ 0 });
    assert_true(result.verified);
    assert_int_equal(result.format, VERIFY_SD_JWT_VC);
    assert_false(result.presentation);
    assert_str_is(result.issuer, "https://issuer.example");
    assert_non_null(result.claims);
    assert_int_equal(result.n_refs, 0);
}

static void
test_white_space_around_it_does_not_matter(void **state)
{
    sg_str text;
    assert_ok(sg_arena_printf(*state, &text, "\n %.*s\r\n", SG_PRINT(credential(state, ""))));
    assert_true(verify(state, text, (struct verify_expect){ 0 }).verified);
}

static void
test_a_status_is_handed_back(void **state)
{
    sg_str text = credential(state,
        ",\"status\":{\"status_list\":{\"idx\":7,\"uri\":\"https://issuer.example/status/a\"}}");
    struct verify_result result = verify(state, text, (struct verify_expect){ 0 });
    assert_true(result.verified);
    assert_int_equal(result.n_refs, 1);
    assert_int_equal(result.refs[0].kind, VERIFY_TOKEN_LIST);
    assert_int_equal(result.refs[0].idx, 7);
    assert_str_is(result.refs[0].uri, "https://issuer.example/status/a");
}

static void
test_an_unknown_status_mechanism_is_no_good_status(void **state)
{
    sg_str text = credential(state, ",\"status\":{\"other\":{\"a\":1}}");
    struct verify_result result = verify(state, text, (struct verify_expect){ 0 });
    refused(&result, "status", SG_E_STATUS_UNKNOWN);
}

static void
test_time_is_looked_at(void **state)
{
    sg_str text = credential(state, "");
    struct verify_result late =
        verify(state, text, (struct verify_expect){ .now = 1700001001, .leeway_s = 0 });
    const struct verify_finding *f = refused(&late, "validity period", SG_E_EXPIRED);
    assert_string_equal(f->problem, "https://www.w3.org/TR/vc-data-model#RANGE_ERROR");
}

static void
test_another_issuer_is_not_believed(void **state)
{
    struct verify_key known = issuer_key(state);
    known.issuer = SG_LIT("https://other.example");
    struct verify_trust trust = { .keys = &known, .n_keys = 1 };
    struct verify_expect expect = { .now = NOW };
    struct verify_result result;
    assert_ok(verify_object(*state, sg_str_bytes(credential(state, "")), &trust, &expect, &result));
    refused(&result, "issuer key", SG_E_ISSUER);
}

/* Every character of the signed part in turn: none may change unnoticed. */
static void
test_each_changed_character_is_noticed(void **state)
{
    sg_str text = credential(state, "");
    for (size_t i = 0; i < text.n; i += 7) {
        char *copy = sg_arena_alloc(*state, text.n);
        assert_non_null(copy);
        memcpy(copy, text.p, text.n);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        struct verify_result result =
            verify(state, sg_str_of(copy, text.n), (struct verify_expect){ 0 });
        assert_false(result.verified);
    }
}

static void
test_key_binding_is_held_against_what_was_asked(void **state)
{
    static const sg_str aud = { AUD, sizeof(AUD) - 1 };
    static const sg_str other = { "https://other.example", 21 };
    sg_str text = presentation(state, credential(state, ""));
    struct verify_expect expect = {
        .audiences = &aud, .n_audiences = 1, .nonce = SG_LIT(NONCE), .presentation = true
    };
    struct verify_result result = verify(state, text, expect);
    assert_true(result.verified);
    assert_true(result.presentation);
    expect.nonce = SG_LIT("another");
    result = verify(state, text, expect);
    refused(&result, "key binding", SG_E_PROOF);
    expect.nonce = SG_LIT(NONCE);
    expect.audiences = &other;
    result = verify(state, text, expect);
    refused(&result, "key binding", SG_E_PROOF);
    expect.n_audiences = 0;
    result = verify(state, text, expect);
    refused(&result, "key binding", SG_E_MISSING);
}

static void
test_a_presentation_needs_what_it_answers(void **state)
{
    sg_str text = presentation(state, credential(state, ""));
    struct verify_result result = verify(state, text, (struct verify_expect){ 0 });
    refused(&result, "key binding", SG_E_MISSING);
    result = verify(state, text, (struct verify_expect){ .credential = true });
    refused(&result, "form", SG_E_TYPE);
    result = verify(state, credential(state, ""), (struct verify_expect){ .presentation = true });
    refused(&result, "form", SG_E_TYPE);
}

static void
test_a_binding_asked_for_must_be_there(void **state)
{
    static const sg_str aud = { AUD, sizeof(AUD) - 1 };
    struct verify_expect expect = { .audiences = &aud, .n_audiences = 1, .nonce = SG_LIT(NONCE) };
    struct verify_result result = verify(state, credential(state, ""), expect);
    refused(&result, "key binding", SG_E_PROOF);
}

static void
test_what_is_nothing_is_refused_by_its_form(void **state)
{
    static const char *const nothing[] = { "", "  \n", "abc", "{", "{}", "[]", "\"x\"", "a~b", "~",
        "eyJhbGciOiJub25lIn0.e30.~", "\x80\x81" };
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        struct verify_result result =
            verify(state, sg_cstr(nothing[i]), (struct verify_expect){ 0 });
        assert_false(result.verified);
        assert_true(result.n >= 1);
        assert_string_equal(result.findings[0].check, "form");
        assert_int_equal(result.format, VERIFY_UNKNOWN);
    }
}

static void
test_too_much_is_refused(void **state)
{
    char *big = malloc(VERIFY_OBJECT_MAX + 1);
    assert_non_null(big);
    memset(big, 'a', VERIFY_OBJECT_MAX + 1);
    struct verify_result result =
        verify(state, sg_str_of(big, VERIFY_OBJECT_MAX + 1), (struct verify_expect){ 0 });
    refused(&result, "form", SG_E_TOO_LARGE);
    free(big);
}

/* Strangers get a type for every code: RFC 9457 wants one, and nothing may fall through. */
static void
test_every_code_has_a_problem_type(void **state)
{
    (void)state;
    size_t n;
    const struct sg_code_row *rows = sg_code_rows(&n);
    for (size_t i = 0; i < n; i++) {
        assert_true(strncmp(verify_problem_of(rows[i].code), "https://", 8) == 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_credential_holds),
        cmocka_unit_test(test_white_space_around_it_does_not_matter),
        cmocka_unit_test(test_a_status_is_handed_back),
        cmocka_unit_test(test_an_unknown_status_mechanism_is_no_good_status),
        cmocka_unit_test(test_time_is_looked_at),
        cmocka_unit_test(test_another_issuer_is_not_believed),
        cmocka_unit_test(test_each_changed_character_is_noticed),
        cmocka_unit_test(test_key_binding_is_held_against_what_was_asked),
        cmocka_unit_test(test_a_presentation_needs_what_it_answers),
        cmocka_unit_test(test_a_binding_asked_for_must_be_there),
        cmocka_unit_test(test_what_is_nothing_is_refused_by_its_form),
        cmocka_unit_test(test_too_much_is_refused),
        cmocka_unit_test(test_every_code_has_a_problem_type),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
