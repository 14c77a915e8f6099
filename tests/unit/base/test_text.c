/* formats/base: text forms. Expected values: RFC 4648 section 10, RFC 3629, hand-made edge cases. */
#include "support.h"

static void
test_base64url_rfc4648_values(void **state)
{
    static const char *const pairs[][2] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" },
        { "foo", "Zm9v" }, { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" } };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        sg_str text;
        sg_bytes back;
        assert_ok(sg_b64url_encode(*state, sg_str_bytes(sg_cstr(pairs[i][0])), &text));
        assert_str_is(text, pairs[i][1]);
        assert_ok(sg_b64url_decode(*state, text, &back));
        assert_str_is(sg_bytes_str(back), pairs[i][0]);
    }
}

static void
test_base64url_refuses_padding_blanks_and_loose_bits(void **state)
{
    static const char *const bad[] = { "Zg==", "Zm9v\n", " Zg", "Zh", "Zm9", "Z", "Zm+v", "Zm/v" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sg_bytes back;
        assert_refused(sg_b64url_decode(*state, sg_cstr(bad[i]), &back), ENCODING);
    }
}

static void
test_base64_wants_exact_padding(void **state)
{
    static const char *const bad[] = { "Zg", "Zg=", "Zg===", "====", "=", "Zm9vYg=a", "Zh==" };
    sg_bytes back;
    assert_ok(sg_b64_decode(*state, SG_LIT("Zm9vYg=="), &back));
    assert_str_is(sg_bytes_str(back), "foob");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(sg_b64_decode(*state, sg_cstr(bad[i]), &back), ENCODING);
    }
}

static void
test_utf8_refuses_overlong_surrogates_and_beyond_unicode(void **state)
{
    (void)state;
    assert_true(sg_utf8_valid(SG_LIT("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80")));
    static const char *const bad[] = { "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
        "\xF4\x90\x80\x80", "\xF5", "\x80", "\xE2\x82", "\xF0\x80\x80\x80" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(sg_utf8_valid(sg_cstr(bad[i])));
    }
}

static void
test_u64_parse_refuses_leading_zero_sign_and_overflow(void **state)
{
    (void)state;
    uint64_t v;
    assert_ok(sg_u64_parse(SG_LIT("18446744073709551615"), &v));
    assert_true(v == UINT64_MAX);
    static const char *const bad[] = { "", "00", "007", "-1", "+1", "1 ", "18446744073709551616",
        "1e3" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(sg_u64_parse(sg_cstr(bad[i]), &v), NUMBER);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64url_rfc4648_values),
        cmocka_unit_test(test_base64url_refuses_padding_blanks_and_loose_bits),
        cmocka_unit_test(test_base64_wants_exact_padding),
        cmocka_unit_test(test_utf8_refuses_overlong_surrogates_and_beyond_unicode),
        cmocka_unit_test(test_u64_parse_refuses_leading_zero_sign_and_overflow),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
