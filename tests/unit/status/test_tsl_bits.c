/* Bits of a status list and their ZLIB form (req: STA-1, STA-3; spec: draft-ietf-oauth-status-list 4, 13.4). */
#include "sg_hash.h"
#include "support.h"
#include "tsl_bits.h"

static void
test_first_entry_is_least_significant(void **state)
{
    (void)state;
    uint8_t raw[2] = { 0 };
    /* statuses 1,0,0,1,1,1,0,1, 1,1,0,0,0,1,0,1 are b9 a3 (section 4.1) */
    static const uint8_t statuses[16] = { 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1 };
    for (size_t i = 0; i < 16; i++) {
        assert_ok(tsl_put(raw, sizeof(raw), 1, i, statuses[i]));
    }
    assert_int_equal(raw[0], 0xb9);
    assert_int_equal(raw[1], 0xa3);
    struct tsl_view view = { 1, SG_BYTES(raw) };
    for (size_t i = 0; i < 16; i++) {
        uint8_t value = 9;
        assert_ok(tsl_get(&view, i, &value));
        assert_int_equal(value, statuses[i]);
    }
}

static void
test_each_width_keeps_its_neighbours(void **state)
{
    (void)state;
    static const unsigned widths[] = { 1, 2, 4, 8 };
    for (size_t w = 0; w < 4; w++) {
        unsigned bits = widths[w];
        uint8_t max = (uint8_t)((1U << bits) - 1);
        uint8_t raw[8];
        struct tsl_view view = { bits, SG_BYTES(raw) };
        for (uint64_t i = 0; i < tsl_entries(&view); i++) {
            memset(raw, 0xff, sizeof(raw));
            assert_ok(tsl_put(raw, sizeof(raw), bits, i, 0));
            for (uint64_t j = 0; j < tsl_entries(&view); j++) {
                uint8_t value = 0;
                assert_ok(tsl_get(&view, j, &value));
                assert_int_equal(value, j == i ? 0 : max);
            }
        }
        assert_int_equal(tsl_entries(&view), 64 / bits);
    }
}

static void
test_out_of_bounds_and_too_wide_are_refused(void **state)
{
    (void)state;
    uint8_t raw[1] = { 0 };
    uint8_t value = 7;
    struct tsl_view view = { 2, SG_BYTES(raw) };
    assert_refused(tsl_get(&view, 4, &value), NOT_FOUND);
    assert_refused(tsl_get(&view, UINT64_MAX, &value), NOT_FOUND);
    assert_int_equal(value, 7);
    assert_refused(tsl_put(raw, 1, 2, 4, 1), NOT_FOUND);
    assert_refused(tsl_put(raw, 1, 2, 0, 4), VALUE);
    assert_int_equal(raw[0], 0);
    size_t n = 0;
    assert_refused(tsl_raw_len(3, 8, &n), VALUE);
    assert_refused(tsl_raw_len(1, 0, &n), VALUE);
    assert_refused(tsl_raw_len(8, TSL_RAW_MAX + 1, &n), TOO_LARGE);
    assert_refused(tsl_raw_len(8, UINT64_MAX, &n), TOO_LARGE);
    assert_ok(tsl_raw_len(1, 9, &n));
    assert_int_equal(n, 2); /* whole bytes */
}

static void
test_deflate_is_that_of_the_draft(void **state)
{
    struct sg_arena *arena = *state;
    static const uint8_t raw[] = { 0xb9, 0xa3 };
    sg_bytes packed;
    sg_bytes back;
    assert_ok(tsl_deflate(arena, SG_BYTES(raw), &packed));
    assert_true(sg_bytes_equal(packed, support_hex(arena, "78dadbb918000217015d")));
    assert_ok(tsl_inflate(arena, packed, 2, &back));
    assert_true(sg_bytes_equal(back, SG_BYTES(raw)));
}

static void
test_bomb_stops_before_memory_is_asked_for(void **state)
{
    (void)state;
    struct sg_arena *big = sg_arena_new(0, (size_t)32 * 1024 * 1024);
    uint8_t *zeros = sg_arena_alloc(big, TSL_RAW_MAX);
    sg_bytes packed;
    assert_non_null(zeros);
    assert_ok(tsl_deflate(big, sg_bytes_of(zeros, TSL_RAW_MAX), &packed));
    /* an arena that could never hold the result: the limit must be met while counting */
    struct sg_arena *small = sg_arena_new(0, (size_t)128 * 1024);
    sg_bytes out;
    assert_refused(tsl_inflate(small, packed, TSL_RAW_MAX - 1, &out), TOO_LARGE);
    assert_true(sg_arena_used(small) < (size_t)64 * 1024);
    assert_refused(tsl_inflate(small, packed, TSL_RAW_MAX, &out), NO_MEMORY);
    assert_ok(tsl_inflate(big, packed, TSL_RAW_MAX, &out));
    assert_int_equal(out.n, TSL_RAW_MAX);
    sg_arena_free(&small);
    sg_arena_free(&big);
}

static void
test_not_zlib_is_refused(void **state)
{
    struct sg_arena *arena = *state;
    static const char *const bad[] = {
        "00", "78", "78da", "78dadbb91800021701", /* cut short */
        "78dadbb918000217015e",                   /* wrong checksum */
        "78dadbb918000217015d00",                 /* something behind the end */
        "78bb0000000bdbb918000217015d",           /* preset dictionary */
        "1f8b0800000000000003dbb918000217015d",   /* gzip */
        "dbb91800",                               /* raw deflate */
    };
    sg_bytes out;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(tsl_inflate(arena, support_hex(arena, bad[i]), 1000, &out), ENCODING);
    }
    assert_refused(tsl_inflate(arena, SG_NO_BYTES, 1000, &out), ENCODING);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_entry_is_least_significant),
        cmocka_unit_test(test_each_width_keeps_its_neighbours),
        cmocka_unit_test(test_out_of_bounds_and_too_wide_are_refused),
        cmocka_unit_test_setup_teardown(
            test_deflate_is_that_of_the_draft, support_arena_setup, support_arena_teardown),
        cmocka_unit_test(test_bomb_stops_before_memory_is_asked_for),
        cmocka_unit_test_setup_teardown(
            test_not_zlib_is_refused, support_arena_setup, support_arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
