/* formats/mdoc: JSON to CBOR by declared types, and back to JSON for people. CBOR by hand from RFC 8949. req: FMT-2, FMT-5 */
#include "mdoc.h"
#include "support.h"

static sg_result
type_of(struct sg_arena *arena, const char *text, struct mdoc_type *ret)
{
    const struct sjson *json;
    assert_ok(sjson_parse(arena, sg_cstr(text), NULL, &json));
    return mdoc_type_parse(arena, json, NULL, ret);
}

static sg_result
encode(struct sg_arena *arena, const char *type_text, const char *value_text, sg_bytes *ret)
{
    struct mdoc_type type;
    const struct sjson *value;
    struct sg_buf buf = sg_buf_new(arena, 64, 4096);
    SG_TRY(type_of(arena, type_text, &type));
    assert_ok(sjson_parse(arena, sg_cstr(value_text), NULL, &value));
    SG_TRY(mdoc_value_put(&buf, arena, &type, value, NULL));
    return sg_buf_end(&buf, ret);
}

static const struct {
    const char *type;
    const char *json;
    const char *cbor;
    const char *back; /* NULL: the same JSON */
} values[] = {
    { "\"tstr\"", "\"a\"", "6161", NULL },
    { "\"tstr\"", "\"\"", "60", NULL },
    { "\"uint\"", "0", "00", NULL },
    { "\"uint\"", "9007199254740992", "1b0020000000000000", NULL },
    { "\"int\"", "-1", "20", NULL },
    { "\"int\"", "24", "1818", NULL },
    { "\"bool\"", "true", "f5", NULL },
    { "\"bool\"", "false", "f4", NULL },
    { "\"bstr\"", "\"-_8\"", "42fbff", NULL },
    { "\"bstr\"", "\"+/8=\"", "42fbff", "\"-_8\"" },
    { "\"bstr\"", "\"\"", "40", NULL },
    /* the item of ISO 18013-5 Annex D: d903ec6a323031392d31302d3230 */
    { "\"full-date\"", "\"2019-10-20\"", "d903ec6a323031392d31302d3230", NULL },
    { "\"full-date\"", "\"2024-02-29\"", "d903ec6a323032342d30322d3239", NULL },
    { "\"tdate\"", "\"2013-03-21T20:04:00Z\"", "c074323031332d30332d32315432303a30343a30305a",
        NULL },
    { "\"float\"", "1.5", "f93e00", NULL },
    { "\"float\"", "1.1", "fb3ff199999999999a", NULL },
    { "\"float\"", "1", "f93c00", NULL },
    { "{\"array\":\"uint\"}", "[1,2,3]", "83010203", NULL },
    { "{\"array\":\"uint\"}", "[]", "80", NULL },
    { "{\"map\":{\"a\":\"uint\",\"b?\":\"tstr\"}}", "{\"b\":\"x\",\"a\":1}",
        "a2616101616261"
        "78",
        "{\"a\":1,\"b\":\"x\"}" },
    { "{\"map\":{\"a\":\"uint\",\"b?\":\"tstr\"}}", "{\"a\":1}", "a1616101", NULL },
    { "{\"array\":{\"map\":{\"c\":{\"array\":\"bool\"}}}}", "[{\"c\":[true]}]", "81a1616381f5",
        NULL },
};

static void
test_values_both_ways(void **state)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        sg_bytes got;
        sg_str json;
        sg_result r = encode(*state, values[i].type, values[i].json, &got);
        support_assert_code(r, SG_OK, values[i].json, __FILE__, __LINE__);
        if (!sg_bytes_equal(got, support_hex(*state, values[i].cbor))) {
            fail_msg("%s %s", values[i].type, values[i].json);
        }
        assert_ok(mdoc_value_json(*state, got, &json));
        const char *back = values[i].back == NULL ? values[i].json : values[i].back;
        if (!sg_str_is(json, back)) {
            fail_msg("%.*s, want %s", SG_PRINT(json), back);
        }
    }
}

/* type and a value that it does not have */
static const char *const misfits[][2] = {
    { "\"tstr\"", "1" },
    { "\"tstr\"", "null" },
    { "\"uint\"", "-1" },
    { "\"uint\"", "1.5" },
    { "\"uint\"", "9007199254740994" },
    { "\"uint\"", "\"1\"" },
    { "\"int\"", "true" },
    { "\"bool\"", "1" },
    { "\"bool\"", "\"true\"" },
    { "\"bstr\"", "\"-/8=\"" },
    { "\"bstr\"", "\"a\"" },
    { "\"bstr\"", "\"-_8=\"" },
    { "\"bstr\"", "[1]" },
    { "\"full-date\"", "\"2023-02-29\"" },
    { "\"full-date\"", "\"2023-2-09\"" },
    { "\"full-date\"", "\"2023-13-01\"" },
    { "\"full-date\"", "\"2023-04-31\"" },
    { "\"full-date\"", "\"1900-02-29\"" },
    { "\"full-date\"", "\"2023-01-01T00:00:00Z\"" },
    { "\"full-date\"", "20230101" },
    { "\"tdate\"", "\"2023-01-01\"" },
    { "\"tdate\"", "\"2023-01-01T00:00:00.5Z\"" },
    { "\"tdate\"", "\"2023-01-01T00:00:00+01:00\"" },
    { "\"tdate\"", "\"2023-01-01T24:00:00Z\"" },
    { "\"tdate\"", "\"2023-01-01t00:00:00z\"" },
    { "\"float\"", "\"1\"" },
    { "{\"array\":\"uint\"}", "{}" },
    { "{\"array\":\"uint\"}", "[1,\"2\"]" },
    { "{\"map\":{\"a\":\"uint\"}}", "{}" },
    { "{\"map\":{\"a\":\"uint\"}}", "{\"a\":1,\"b\":2}" },
    { "{\"map\":{\"a?\":\"uint\"}}", "{\"b\":2}" },
    { "{\"map\":{\"a\":\"uint\"}}", "[1]" },
};

static void
test_a_value_of_another_type_is_refused(void **state)
{
    for (size_t i = 0; i < sizeof(misfits) / sizeof(misfits[0]); i++) {
        sg_bytes got;
        support_assert_code(encode(*state, misfits[i][0], misfits[i][1], &got), SG_E_CLAIMS,
            misfits[i][1], __FILE__, __LINE__);
    }
}

static void
test_bad_types_are_refused(void **state)
{
    static const char *const bad[] = { "\"text\"", "1", "{}", "{\"array\":\"uint\",\"map\":{}}",
        "{\"list\":\"uint\"}", "{\"map\":[]}", "{\"map\":{\"\":\"uint\"}}",
        "{\"map\":{\"?\":\"uint\"}}", "{\"map\":{\"a\":\"uint\",\"a?\":\"uint\"}}",
        "{\"array\":null}" };
    struct mdoc_type type;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        support_assert_code(type_of(*state, bad[i], &type), SG_E_VALUE, bad[i], __FILE__, __LINE__);
    }
    assert_refused(type_of(*state,
                       "{\"array\":{\"array\":{\"array\":{\"array\":{\"array\":{\"array\":"
                       "{\"array\":{\"array\":\"uint\"}}}}}}}}",
                       &type),
        DEPTH);
}

static const struct {
    const char *cbor;
    const char *json; /* NULL: JSON cannot say it */
} renderings[] = {
    { "d8184101", "\"AQ\"" },         /* tag 24 stays one value */
    { "d9ffff05", "5" },              /* another tag: the value inside */
    { "f6", "null" }, { "f7", NULL }, /* undefined */
    { "f97e00", NULL },               /* NaN */
    { "f97c00", NULL },               /* infinity */
    { "1b0020000000000001", NULL },   /* 2^53 + 1 */
    { "a10102", "{\"1\":2}" }, { "a1206161", "{\"-1\":\"a\"}" },
    { "a20102613103", NULL },                   /* 1 and "1" */
    { "a1410102", NULL },                       /* a byte string as key */
    { "6122", "\"\\\"\"" }, { "9f01ff", NULL }, /* indefinite */
    { "01ff", NULL },                           /* trailing */
};

static void
test_json_renderings(void **state)
{
    for (size_t i = 0; i < sizeof(renderings) / sizeof(renderings[0]); i++) {
        sg_str json;
        sg_result r = mdoc_value_json(*state, support_hex(*state, renderings[i].cbor), &json);
        if (sg_ok(r) != (renderings[i].json != NULL)) {
            fail_msg("%s", renderings[i].cbor);
        }
        if (sg_ok(r) && !sg_str_is(json, renderings[i].json)) {
            fail_msg("%s: %.*s", renderings[i].cbor, SG_PRINT(json));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_both_ways),
        cmocka_unit_test(test_a_value_of_another_type_is_refused),
        cmocka_unit_test(test_bad_types_are_refused),
        cmocka_unit_test(test_json_renderings),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
