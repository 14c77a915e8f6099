/* formats/cbor: items of strangers' CBOR, one at a time. Bytes from RFC 8949 appendix A, or by hand. */
#include <math.h>

#include "support.h"

#include "dcbor_item.h"

static struct dcbor_item
open_hex(void **state, const char *hex)
{
    struct dcbor_item item = { 0 };
    assert_ok(dcbor_item_open(support_hex(*state, hex), 16, 100, &item));
    return item;
}

static void
refused_as(void **state, const char *hex, enum sg_code code)
{
    struct dcbor_item item;
    support_assert_code(
        dcbor_item_open(support_hex(*state, hex), 4, 10, &item), code, hex, __FILE__, __LINE__);
}

/* {"b": [1, -2], 10: 24(h'01'), -1: "x", "a": {1: true}} : no order at all */
#define MIXED    \
    "a4"         \
    "6162820121" \
    "0ad8184101" \
    "206178"     \
    "6161a101f5"

static void
test_members_are_found_in_any_order(void **state)
{
    struct dcbor_item map = open_hex(state, MIXED);
    struct dcbor_item item;
    struct dcbor_item inner;
    int64_t number;
    bool flag;
    sg_str text;
    sg_bytes bytes;
    assert_ok(dcbor_item_find_text(&map, "a", &item));
    assert_ok(dcbor_item_find(&item, 1, &inner));
    assert_ok(dcbor_item_bool(&inner, &flag));
    assert_true(flag);
    assert_ok(dcbor_item_find(&map, -1, &item));
    assert_ok(dcbor_item_text(&item, &text));
    assert_str_is(text, "x");
    assert_ok(dcbor_item_find(&map, 10, &item));
    assert_ok(dcbor_item_tagged(&item, 24, &inner));
    assert_ok(dcbor_item_bytes(&inner, &bytes));
    assert_int_equal(bytes.n, 1);
    assert_refused(dcbor_item_tagged(&item, 0, &inner), TYPE);
    assert_ok(dcbor_item_find_text(&map, "b", &item));
    struct dcbor_walk walk = dcbor_item_walk(&item);
    assert_true(dcbor_item_next(&walk, &inner));
    assert_ok(dcbor_item_int(&inner, &number));
    assert_int_equal(number, 1);
    assert_true(dcbor_item_next(&walk, &inner));
    assert_ok(dcbor_item_int(&inner, &number));
    assert_int_equal(number, -2);
    assert_false(dcbor_item_next(&walk, &inner));
    assert_ok(dcbor_item_find_text(&map, "c", &item));
    assert_int_equal(item.kind, DCBOR_KIND_NONE);
    assert_refused(dcbor_item_text(&item, &text), MISSING);
}

static void
test_open_refuses(void **state)
{
    refused_as(state, "", SG_E_MALFORMED);
    refused_as(state, "0000", SG_E_MALFORMED);       /* two items */
    refused_as(state, "9f01ff", SG_E_MALFORMED);     /* indefinite array */
    refused_as(state, "81bf0102ff", SG_E_MALFORMED); /* indefinite map inside */
    refused_as(state, "815f4101ff", SG_E_MALFORMED); /* chunked string inside */
    refused_as(state, "a201010102", SG_E_DUPLICATE);
    refused_as(state, "8181818100", SG_OK);
    refused_as(state, "818181818100", SG_E_DEPTH);
    refused_as(state, "8a00000000000000000000", SG_E_TOO_LARGE); /* 11 items */
    refused_as(state, "61ff", SG_E_ENCODING);
}

/* Beyond the 64 keys that the scanner compares, find refuses. */
static void
test_doubled_member_of_a_large_map_is_refused(void **state)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 4096);
    struct dcbor_item map;
    struct dcbor_item item;
    sg_bytes in;
    dcbor_wr_map(&buf, 101);
    for (uint64_t i = 0; i < 101; i++) {
        dcbor_wr_uint(&buf, i == 100 ? 99 : i);
        dcbor_wr_uint(&buf, i);
    }
    assert_ok(sg_buf_end(&buf, &in));
    assert_ok(dcbor_item_open(in, 2, 1000, &map));
    assert_ok(dcbor_item_find(&map, 98, &item));
    assert_refused(dcbor_item_find(&map, 99, &item), DUPLICATE);
}

static void
test_numbers(void **state)
{
    int64_t number;
    uint64_t size;
    struct dcbor_item item = open_hex(state, "3b7fffffffffffffff");
    assert_ok(dcbor_item_int(&item, &number));
    assert_true(number == INT64_MIN);
    item = open_hex(state, "3b8000000000000000");
    assert_refused(dcbor_item_int(&item, &number), NUMBER);
    item = open_hex(state, "1b8000000000000000");
    assert_refused(dcbor_item_int(&item, &number), NUMBER);
    item = open_hex(state, "1818"); /* 24 */
    assert_ok(dcbor_item_uint(&item, 24, &size));
    assert_refused(dcbor_item_uint(&item, 23, &size), NUMBER);
    item = open_hex(state, "6161");
    assert_refused(dcbor_item_int(&item, &number), TYPE);
}

/* value and its shortest form; RFC 8949 appendix A */
static const struct {
    const char *hex;
    double value;
} floats[] = {
    { "f90000", 0.0 },
    { "f93c00", 1.0 },
    { "f93e00", 1.5 },
    { "f97bff", 65504.0 },
    { "fa47c35000", 100000.0 },
    { "fa7f7fffff", 3.4028234663852886e+38 },
    { "fb3ff199999999999a", 1.1 },
    { "fb7e37e43c8800759c", 1.0e+300 },
    { "f90001", 5.960464477539063e-8 },
    { "f90400", 0.00006103515625 },
    { "f9c400", -4.0 },
    { "fbc010666666666666", -4.1 },
    { "fa33000000", 2.98023223876953125e-8 },
    { "f903ff", 6.097555160522461e-5 },
};

static void
test_floats_both_ways(void **state)
{
    for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
        struct dcbor_item item = open_hex(state, floats[i].hex);
        struct sg_buf buf = sg_buf_new(*state, 0, 16);
        double value;
        sg_bytes out;
        assert_ok(dcbor_item_double(&item, &value));
        assert_true(value == floats[i].value);
        dcbor_wr_double(&buf, floats[i].value);
        assert_ok(sg_buf_end(&buf, &out));
        sg_bytes want = support_hex(*state, floats[i].hex);
        if (!sg_bytes_equal(out, want)) {
            fail_msg("%s", floats[i].hex);
        }
    }
    struct dcbor_item nan = open_hex(state, "f97e00");
    double value;
    assert_ok(dcbor_item_double(&nan, &value));
    assert_true(isnan(value));
}

static void
test_simple_values(void **state)
{
    bool flag;
    struct dcbor_item item = open_hex(state, "f6");
    assert_true(dcbor_item_is_null(&item));
    assert_refused(dcbor_item_bool(&item, &flag), TYPE);
    item = open_hex(state, "f7");
    assert_false(dcbor_item_is_null(&item));
    item = open_hex(state, "63616263");
    assert_true(dcbor_item_is_text(&item, "abc"));
    assert_false(dcbor_item_is_text(&item, "ab"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_found_in_any_order),
        cmocka_unit_test(test_open_refuses),
        cmocka_unit_test(test_doubled_member_of_a_large_map_is_refused),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_floats_both_ways),
        cmocka_unit_test(test_simple_values),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
