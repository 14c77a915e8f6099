/* formats/json: parser, access, writer. req: NET-3 */
#include "jcs.h"
#include "sjson.h"
#include "support.h"

static const struct sjson *
parsed(void **state, const char *text)
{
    const struct sjson *v = NULL;
    assert_ok(sjson_parse(*state, sg_cstr(text), NULL, &v));
    return v;
}

static void
test_tree_keeps_names_texts_and_source(void **state)
{
    const struct sjson *v =
        parsed(state, " {\"a\" : [1, \"x\\u00e9\\ud83d\\ude00\\n\"] ,\"b\":{ \"c\":null }} ");
    assert_int_equal(v->type, SJSON_OBJECT);
    assert_int_equal(v->n, 2);
    assert_str_is(sjson_get(v, "a")->source, "[1, \"x\\u00e9\\ud83d\\ude00\\n\"]");
    assert_str_is(sjson_at(sjson_get(v, "a"), 0)->text, "1");
    assert_str_is(sjson_at(sjson_get(v, "a"), 1)->text, "x\xC3\xA9\xF0\x9F\x98\x80\n");
    assert_str_is(sjson_get(v, "b")->source, "{ \"c\":null }");
    assert_int_equal(sjson_get(sjson_get(v, "b"), "c")->type, SJSON_NULL);
    assert_null(sjson_get(v, "c"));
    assert_null(sjson_at(sjson_get(v, "a"), 2));
}

static void
test_each_refusal_has_its_code_and_place(void **state)
{
    static const struct {
        const char *text;
        enum sg_code code;
        uint64_t at;
    } rows[] = {
        { "", SG_E_MALFORMED, 0 },
        { "{\"a\":1,}", SG_E_MALFORMED, 7 },
        { "[1,]", SG_E_MALFORMED, 3 },
        { "[1 2]", SG_E_MALFORMED, 3 },
        { "[01]", SG_E_MALFORMED, 2 },
        { "[1] x", SG_E_MALFORMED, 4 },
        { "\xEF\xBB\xBF{}", SG_E_MALFORMED, 0 },
        { "[\"\\x\"]", SG_E_MALFORMED, 2 },
        { "[\"abc", SG_E_MALFORMED, 5 },
        { "[\"a\nb\"]", SG_E_MALFORMED, 3 },
        { "{\"a\":1,\"b\":2,\"\\u0061\":3}", SG_E_DUPLICATE, 22 },
        { "[\"\\udc00\"]", SG_E_ENCODING, 2 },
        { "[\"\\ud800\\u0041\"]", SG_E_ENCODING, 2 },
        { "[\"aaaaaaaaaaaa\xff\"]", SG_E_ENCODING, 14 },
        { "[\"\\n\xC0\x80\"]", SG_E_ENCODING, 4 },
        { "[1e400]", SG_E_NUMBER, 1 },
        { "[-1e400]", SG_E_NUMBER, 1 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        const struct sjson *v;
        sg_result r = sjson_parse(*state, sg_cstr(rows[i].text), &why, &v);
        support_assert_code(r, rows[i].code, rows[i].text, __FILE__, __LINE__);
        assert_int_equal(why.at, rows[i].at);
    }
}

static void
test_depth_has_a_limit(void **state)
{
    char text[2 * SJSON_DEPTH_MAX + 3] = { 0 };
    const struct sjson *v;
    memset(text, '[', SJSON_DEPTH_MAX);
    memset(text + SJSON_DEPTH_MAX, ']', SJSON_DEPTH_MAX);
    assert_ok(sjson_parse(*state, sg_cstr(text), NULL, &v));
    memset(text, '[', SJSON_DEPTH_MAX + 1);
    memset(text + SJSON_DEPTH_MAX + 1, ']', SJSON_DEPTH_MAX + 1);
    assert_refused(sjson_parse(*state, sg_cstr(text), NULL, &v), DEPTH);
}

static sg_str
numbered_object(void **state, size_t n, size_t last)
{
    struct sg_buf buf = sg_buf_new(*state, 0, (size_t)1 << 24);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (size_t i = 0; i < n; i++) {
        sg_str name;
        assert_ok(sg_arena_printf(*state, &name, "n%zu", i + 1 == n ? last : i));
        sjson_wr_name(&wr, name);
        sjson_wr_int(&wr, (int64_t)i);
    }
    sjson_wr_object_end(&wr);
    sg_str text;
    assert_ok(sg_buf_end_str(&buf, &text));
    return text;
}

static void
test_duplicates_are_found_in_objects_of_every_size(void **state)
{
    static const size_t sizes[] = { 2, 15, 16, 17, 18, 1000, 99000 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct sjson *v;
        size_t n = sizes[i];
        assert_ok(sjson_parse(*state, numbered_object(state, n, n - 1), NULL, &v));
        for (size_t k = 0; k < n; k += n / 2) {
            sg_str name;
            int64_t got;
            assert_ok(sg_arena_printf(*state, &name, "n%zu", k));
            assert_ok(sjson_int(sjson_get_str(v, name), &got));
            assert_int_equal(got, k);
        }
        assert_refused(sjson_parse(*state, numbered_object(state, n, 0), NULL, &v), DUPLICATE);
        assert_refused(
            sjson_parse(*state, numbered_object(state, n, n / 2 - 1), NULL, &v), DUPLICATE);
    }
}

static void
test_values_have_a_limit(void **state)
{
    struct sg_buf buf = sg_buf_new(*state, 0, (size_t)1 << 24);
    sg_buf_put_cstr(&buf, "[0");
    for (size_t i = 0; i < SJSON_VALUES_MAX; i++) {
        sg_buf_put_cstr(&buf, ",0");
    }
    sg_buf_put_cstr(&buf, "]");
    sg_str text;
    const struct sjson *v;
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_refused(sjson_parse(*state, text, NULL, &v), TOO_LARGE);
}

static void
test_arena_limit_is_a_refusal(void **state)
{
    (void)state;
    struct sg_arena *small = sg_arena_new(256, 1024);
    const struct sjson *v;
    assert_refused(
        sjson_parse(small, SG_LIT("[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5]"), NULL, &v), NO_MEMORY);
    sg_arena_free(&small);
}

static void
test_integers_by_value_within_2_to_53(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = { { "0", 0 }, { "-0", 0 }, { "-7", -7 }, { "1e3", 1000 }, { "5.0", 5 },
        { "9007199254740992", 9007199254740992 }, { "-9007199254740992", -9007199254740992 } };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t got;
        assert_ok(sjson_int(parsed(state, good[i].text), &got));
        assert_true(got == good[i].value);
    }
    static const char *const bad[] = { "1.5", "9007199254740993000", "1e300", "-1e17" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t got;
        assert_refused(sjson_int(parsed(state, bad[i]), &got), NUMBER);
    }
}

static void
test_members_tell_missing_from_wrong_type(void **state)
{
    const struct sjson *v = parsed(state, "{\"s\":\"t\",\"i\":3,\"b\":true,\"o\":{},\"a\":[]}");
    sg_str text;
    int64_t number;
    bool flag;
    const struct sjson *child;
    assert_ok(sjson_member_text(v, "s", &text));
    assert_refused(sjson_member_text(v, "i", &text), TYPE);
    assert_refused(sjson_member_text(v, "x", &text), MISSING);
    assert_refused(sjson_member_int(v, "s", &number), TYPE);
    assert_refused(sjson_member_object(v, "a", &child), TYPE);
    assert_refused(sjson_member_array(v, "o", &child), TYPE);
    assert_ok(sjson_member_bool(v, "x", true, &flag));
    assert_true(flag);
    assert_refused(sjson_member_bool(v, "s", true, &flag), TYPE);
}

static void
test_equal_ignores_order_and_spelling(void **state)
{
    const struct sjson *a = parsed(state, "{\"x\":[1,\"\\u0041\"],\"y\":1e2}");
    const struct sjson *b = parsed(state, "{\"y\":100,\"x\":[1.0,\"A\"]}");
    const struct sjson *c = parsed(state, "{\"y\":100,\"x\":[\"A\",1]}");
    assert_true(sjson_equal(a, b));
    assert_false(sjson_equal(a, c));
    assert_false(sjson_equal(a, NULL));
    assert_true(sjson_equal(NULL, NULL));
}

static void
test_writer_escapes_and_separates(void **state)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 1000);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "t", SG_LIT("\"\\/\b\f\n\r\t\x01\x1f\xE2\x82\xAC\x7f"));
    sjson_wr_member_int(&wr, "min", INT64_MIN);
    sjson_wr_member_bool(&wr, "b", false);
    sjson_wr_member_b64url(&wr, "u", sg_bytes_of("foob", 4));
    sjson_wr_member_raw(&wr, "r", SG_LIT("[1, 2]"));
    sjson_wr_member_value(&wr, "v", parsed(state, "{ \"k\": 1.50 }"));
    sjson_wr_name(&wr, SG_LIT("a"));
    sjson_wr_array(&wr);
    sjson_wr_array(&wr);
    sjson_wr_array_end(&wr);
    sjson_wr_null(&wr);
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    sg_str text;
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_str_is(text,
        "{\"t\":\"\\\"\\\\/"
        "\\b\\f\\n\\r\\t\\u0001\\u001f\xE2\x82\xAC\x7f\",\"min\":-9223372036854775808,"
        "\"b\":false,\"u\":\"Zm9vYg\",\"r\":[1, 2],\"v\":{ \"k\": 1.50 },\"a\":[[],null]}");
}

static void
test_writer_refuses_what_is_not_utf8(void **state)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 1000);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    sjson_wr_text(&wr, SG_LIT("a\xC3"));
    assert_refused(sg_buf_end_str(&buf, &text), ENCODING);
}

static void
test_jcs_orders_by_utf16_units(void **state)
{
    /* U+1F600 is D83D DE00 in UTF-16: before U+FB33, behind U+20AC (RFC 8785 3.2.3) */
    const struct sjson *v =
        parsed(state, "{\"\\ufb33\":1,\"\\ud83d\\ude00\":2,\"\\u20ac\":3,\"\":4}");
    sg_str text;
    assert_ok(jcs_encode(*state, v, &text));
    assert_str_is(text, "{\"\":4,\"\xE2\x82\xAC\":3,\"\xF0\x9F\x98\x80\":2,\"\xEF\xAC\xB3\":1}");
}

static void
test_jcs_numbers_at_the_edges(void **state)
{
    (void)state;
    /* RFC 8785 appendix B, and powers of two whose lower neighbour is nearer (values as every ES engine prints) */
    static const struct {
        double value;
        const char *text;
    } rows[] = { { -0.0, "0" }, { 5e-324, "5e-324" },
        { -1.7976931348623157e308, "-1.7976931348623157e+308" },
        { 9007199254740992, "9007199254740992" },
        { 295147905179352830000.0, "295147905179352830000" }, { 1e21, "1e+21" },
        { 999999999999999900000.0, "999999999999999900000" }, { 1e-6, "0.000001" },
        { 1e-7, "1e-7" }, { 0x1p-44, "5.684341886080802e-14" },
        { 0x1p-1022, "2.2250738585072014e-308" }, { 333333333.33333329, "333333333.3333333" },
        { -0.0000033333333333333333, "-0.0000033333333333333333" } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[JCS_NUMBER_MAX];
        size_t n;
        assert_ok(jcs_number(rows[i].value, text, &n));
        assert_str_is(sg_str_of(text, n), rows[i].text);
    }
    char text[JCS_NUMBER_MAX];
    size_t n;
    assert_refused(jcs_number(__builtin_inf(), text, &n), NUMBER);
    assert_refused(jcs_number(__builtin_nan(""), text, &n), NUMBER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_keeps_names_texts_and_source),
        cmocka_unit_test(test_each_refusal_has_its_code_and_place),
        cmocka_unit_test(test_depth_has_a_limit),
        cmocka_unit_test(test_duplicates_are_found_in_objects_of_every_size),
        cmocka_unit_test(test_values_have_a_limit),
        cmocka_unit_test(test_arena_limit_is_a_refusal),
        cmocka_unit_test(test_integers_by_value_within_2_to_53),
        cmocka_unit_test(test_members_tell_missing_from_wrong_type),
        cmocka_unit_test(test_equal_ignores_order_and_spelling),
        cmocka_unit_test(test_writer_escapes_and_separates),
        cmocka_unit_test(test_writer_refuses_what_is_not_utf8),
        cmocka_unit_test(test_jcs_orders_by_utf16_units),
        cmocka_unit_test(test_jcs_numbers_at_the_edges),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
