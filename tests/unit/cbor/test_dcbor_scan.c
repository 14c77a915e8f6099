/* formats/cbor: the scanner's limits and rules beyond the published vectors (tests/vectors/cbor). */
#include "support.h"

#include "dcbor.h"

static enum sg_code
scan(void **state, const char *hex, enum dcbor_rule rule, unsigned depth, size_t items)
{
    size_t len = 12345;
    sg_bytes in = support_hex(*state, hex);
    sg_result r = dcbor_scan(in, rule, depth, items, &len);
    assert_true(sg_ok(r) ? len <= in.n : len == 12345);
    return r.code;
}

static void
test_length_is_of_the_first_item(void **state)
{
    size_t len;
    assert_ok(dcbor_scan(support_hex(*state, "83010203ff"), DCBOR_WELL_FORMED, 4, 10, &len));
    assert_int_equal(len, 4);
}

static void
test_depth_is_bounded_for_every_container(void **state)
{
    static const char *const three[] = { "81818100", "a100a100a10000", "c0c0c000", "9f9f9fffffff",
        "9f9f5f4100ffffff" };
    for (size_t i = 0; i < sizeof(three) / sizeof(three[0]); i++) {
        assert_int_equal(scan(state, three[i], DCBOR_WELL_FORMED, 3, 100), SG_OK);
        assert_int_equal(scan(state, three[i], DCBOR_WELL_FORMED, 2, 100), SG_E_DEPTH);
    }
    char deep[2 * 1000 + 3];
    memset(deep, 0, sizeof(deep));
    for (size_t i = 0; i < 1000; i++) {
        memcpy(deep + 2 * i, "81", 2);
    }
    memcpy(deep + 2000, "00", 2);
    assert_int_equal(scan(state, deep, DCBOR_WELL_FORMED, 1000000, 10000), SG_E_DEPTH);
}

static void
test_items_are_bounded(void **state)
{
    assert_int_equal(scan(state, "83010203", DCBOR_WELL_FORMED, 4, 4), SG_OK);
    assert_int_equal(scan(state, "83010203", DCBOR_WELL_FORMED, 4, 3), SG_E_TOO_LARGE);
}

static void
test_equal_keys_are_refused_in_both_rules(void **state)
{
    static const char *const twice[] = {
        "a201020103",       /* neighbours */
        "a3010002000100",   /* apart */
        "a20100180100",     /* equal by value, another head */
        "a261610078016100", /* text, another head */
        "a2810100810100",   /* arrays as keys */
        "bf01000100ff",     /* indefinite map */
    };
    for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++) {
        assert_int_equal(scan(state, twice[i], DCBOR_WELL_FORMED, 4, 100), SG_E_DUPLICATE);
        assert_int_not_equal(scan(state, twice[i], DCBOR_DETERMINISTIC, 4, 100), SG_OK);
    }
    assert_int_equal(scan(state, "a201000200", DCBOR_WELL_FORMED, 4, 100), SG_OK);
    assert_int_equal(scan(state, "a200002000", DCBOR_WELL_FORMED, 4, 100), SG_OK);
}

/* RFC 8949 4.2.1: 10, 100, -1, "z", "aa", [100], [-1], false */
static void
test_deterministic_key_order_is_bytewise(void **state)
{
    assert_int_equal(scan(state,
                         "a80a0018640020"
                         "00617a0062616100811864008120"
                         "00f400",
                         DCBOR_DETERMINISTIC, 4, 100),
        SG_OK);
    assert_int_equal(scan(state, "a21864000a00", DCBOR_DETERMINISTIC, 4, 100), SG_E_MALFORMED);
    assert_int_equal(scan(state, "a262616100617a00", DCBOR_DETERMINISTIC, 4, 100), SG_E_MALFORMED);
}

/* IEEE 754: what fits half or single precision without loss must be written so. */
static void
test_deterministic_floats_are_shortest(void **state)
{
    static const struct {
        const char *hex;
        bool shortest;
    } rows[] = {
        { "fa33800000", false },         /* 2^-24: least half subnormal */
        { "fa33000000", true },          /* 2^-25 */
        { "fa33c00000", true },          /* 1.5 * 2^-24: between two half subnormals */
        { "fa477fe000", false },         /* 65504: greatest half */
        { "fa47800000", true },          /* 65536 */
        { "fa7f800000", false },         /* infinity */
        { "fa7f801000", true },          /* NaN whose payload needs single */
        { "fa80000000", false },         /* -0 */
        { "fa00000001", true },          /* least single subnormal */
        { "fb36a0000000000000", false }, /* 2^-149: least single subnormal */
        { "fb3690000000000000", true },  /* 2^-150 */
        { "fb47efffffe0000000", false }, /* greatest single */
        { "fb47effffff0000000", true },
        { "fb0000000000000001", true },  /* least double */
        { "fb7ff8000000000000", false }, /* NaN */
        { "f97e00", true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(scan(state, rows[i].hex, DCBOR_DETERMINISTIC, 1, 1),
            rows[i].shortest ? SG_OK : SG_E_MALFORMED);
        assert_int_equal(scan(state, rows[i].hex, DCBOR_WELL_FORMED, 1, 1), SG_OK);
    }
}

static void
test_text_must_be_utf8_chunk_by_chunk(void **state)
{
    assert_int_equal(scan(state, "62c3a4", DCBOR_WELL_FORMED, 1, 1), SG_OK);
    assert_int_equal(scan(state, "62c328", DCBOR_WELL_FORMED, 1, 1), SG_E_ENCODING);
    assert_int_equal(scan(state, "7f62c3a4ff", DCBOR_WELL_FORMED, 1, 3), SG_OK);
    assert_int_equal(scan(state, "7f61c361a4ff", DCBOR_WELL_FORMED, 1, 4), SG_E_ENCODING);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_length_is_of_the_first_item),
        cmocka_unit_test(test_depth_is_bounded_for_every_container),
        cmocka_unit_test(test_items_are_bounded),
        cmocka_unit_test(test_equal_keys_are_refused_in_both_rules),
        cmocka_unit_test(test_deterministic_key_order_is_bytewise),
        cmocka_unit_test(test_deterministic_floats_are_shortest),
        cmocka_unit_test(test_text_must_be_utf8_chunk_by_chunk),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
