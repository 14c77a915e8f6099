/* formats/cbor: the cursor reader and the writer of the deterministic subset. Bytes by hand from RFC 8949 3. */
#include "support.h"

#include "dcbor.h"

/* {1: 500, 2: h'0102', 3: "ab", 4: true, 5: [1, h'03', "c", [7], {1: 8}], 6: {1: 2}} */
#define EVERY_KIND \
    "a601"         \
    "1901f4"       \
    "02"           \
    "420102"       \
    "03"           \
    "626162"       \
    "04"           \
    "f5"           \
    "05"           \
    "85"           \
    "01"           \
    "4103"         \
    "6163"         \
    "8107"         \
    "a10108"       \
    "06"           \
    "a10102"

static void
test_every_kind_is_read(void **state)
{
    struct dcbor_rd rd = dcbor_rd_map(support_hex(*state, EVERY_KIND));
    assert_int_equal(dcbor_rd_left(&rd), 6);
    assert_true(dcbor_rd_has(&rd, 1));
    assert_false(dcbor_rd_has(&rd, 2));
    assert_int_equal(dcbor_rd_uint(&rd, 1, 500), 500);
    assert_int_equal(dcbor_rd_bytes(&rd, 2, 2, 2).n, 2);
    assert_str_is(dcbor_rd_text(&rd, 3, 0, 2), "ab");
    assert_true(dcbor_rd_bool(&rd, 4));
    struct dcbor_rd list = dcbor_rd_member_array(&rd, 5, 5);
    assert_int_equal(dcbor_rd_next_uint(&list, 1), 1);
    assert_int_equal(dcbor_rd_next_bytes(&list, 1, 1).p[0], 3);
    assert_str_is(dcbor_rd_next_text(&list, 1, 1), "c");
    struct dcbor_rd inner = dcbor_rd_next_array(&list, 1);
    assert_int_equal(dcbor_rd_next_uint(&inner, 7), 7);
    dcbor_rd_close(&inner);
    struct dcbor_rd map = dcbor_rd_next_map(&list, 1);
    assert_int_equal(dcbor_rd_uint(&map, 1, 8), 8);
    dcbor_rd_close(&map);
    dcbor_rd_close(&list);
    struct dcbor_rd member = dcbor_rd_member_map(&rd, 6, 1);
    assert_int_equal(dcbor_rd_uint(&member, 1, 2), 2);
    dcbor_rd_close(&member);
    assert_ok(dcbor_rd_end(&rd));
}

static void
test_writer_gives_the_same_bytes(void **state)
{
    sg_bytes want = support_hex(*state, EVERY_KIND);
    sg_bytes got;
    struct sg_buf buf = sg_buf_new(*state, 0, 100);
    dcbor_wr_map(&buf, 6);
    dcbor_wr_key_uint(&buf, 1, 500);
    dcbor_wr_key_bytes(&buf, 2, support_hex(*state, "0102"));
    dcbor_wr_key_text(&buf, 3, SG_LIT("ab"));
    dcbor_wr_key_bool(&buf, 4, true);
    dcbor_wr_uint(&buf, 5);
    dcbor_wr_array(&buf, 5);
    dcbor_wr_uint(&buf, 1);
    dcbor_wr_bytes(&buf, support_hex(*state, "03"));
    dcbor_wr_text(&buf, SG_LIT("c"));
    dcbor_wr_array(&buf, 1);
    dcbor_wr_uint(&buf, 7);
    dcbor_wr_map(&buf, 1);
    dcbor_wr_key_uint(&buf, 1, 8);
    dcbor_wr_uint(&buf, 6);
    dcbor_wr_map(&buf, 1);
    dcbor_wr_key_uint(&buf, 1, 2);
    assert_ok(sg_buf_end(&buf, &got));
    assert_int_equal(got.n, want.n);
    assert_memory_equal(got.p, want.p, want.n);
}

/* RFC 8949 appendix A: heads at each border */
static void
test_heads_are_shortest(void **state)
{
    static const struct {
        uint64_t value;
        const char *hex;
    } rows[] = { { 0, "00" }, { 23, "17" }, { 24, "1818" }, { 255, "18ff" }, { 256, "190100" },
        { 65535, "19ffff" }, { 65536, "1a00010000" }, { UINT32_MAX, "1affffffff" },
        { (uint64_t)UINT32_MAX + 1, "1b0000000100000000" }, { UINT64_MAX, "1bffffffffffffffff" } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_buf buf = sg_buf_new(*state, 0, 20);
        sg_bytes got;
        sg_bytes want = support_hex(*state, rows[i].hex);
        dcbor_wr_uint(&buf, rows[i].value);
        assert_ok(sg_buf_end(&buf, &got));
        assert_true(sg_bytes_equal(got, want));
    }
    struct sg_buf buf = sg_buf_new(*state, 0, 20);
    sg_bytes got;
    dcbor_wr_nint(&buf, 99);
    dcbor_wr_tag(&buf, 18);
    dcbor_wr_bool(&buf, false);
    assert_ok(sg_buf_end(&buf, &got));
    assert_true(sg_bytes_equal(got, support_hex(*state, "3863d2f4")));
}

/* {1: uint}: each way one member can be wrong */
static void
test_one_member_refusals(void **state)
{
    static const char *const bad[] = {
        "",           /* nothing */
        "a0",         /* missing */
        "a1",         /* cut before the key */
        "a101",       /* cut before the value */
        "a10205",     /* another key */
        "a1010b",     /* beyond the maximum */
        "a1014105",   /* bytes */
        "a10120",     /* negative */
        "a10105ff",   /* trailing */
        "a201050206", /* one more entry */
        "bf0105ff",   /* indefinite length */
        "b8010105",   /* count not shortest */
        "a1180105",   /* key not shortest */
        "a1011805",   /* value not shortest */
        "8105",       /* an array */
        "c0a10105",   /* a tag */
        "a101f90000", /* a float */
        "a101f6",     /* null */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct dcbor_rd rd = dcbor_rd_map(support_hex(*state, bad[i]));
        (void)dcbor_rd_uint(&rd, 1, 10);
        assert_refused(dcbor_rd_end(&rd), MALFORMED);
    }
}

static void
test_reordered_and_repeated_keys_are_refused(void **state)
{
    static const char *const bad[] = { "a202010101", "a201010102" };
    for (size_t i = 0; i < 2; i++) {
        struct dcbor_rd rd = dcbor_rd_map(support_hex(*state, bad[i]));
        (void)dcbor_rd_uint(&rd, 1, 10);
        (void)dcbor_rd_uint(&rd, 2, 10);
        assert_refused(dcbor_rd_end(&rd), MALFORMED);
    }
    /* even when the code asks in that order */
    struct dcbor_rd rd = dcbor_rd_map(support_hex(*state, "a202010101"));
    (void)dcbor_rd_uint(&rd, 2, 10);
    (void)dcbor_rd_uint(&rd, 1, 10);
    assert_refused(dcbor_rd_end(&rd), MALFORMED);
}

static void
test_string_lengths_are_bounded_both_ways(void **state)
{
    static const struct {
        const char *hex;
        bool good;
    } rows[] = { { "a10141aa", false }, { "a10142aaaa", true }, { "a10143aaaaaa", true },
        { "a10144aaaaaaaa", false }, { "a1015bffffffffffffffffaa", false },
        { "a10143aaaa", false } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dcbor_rd rd = dcbor_rd_map(support_hex(*state, rows[i].hex));
        (void)dcbor_rd_bytes(&rd, 1, 2, 3);
        assert_int_equal(sg_ok(dcbor_rd_end(&rd)), rows[i].good);
    }
}

static void
test_text_must_be_utf8(void **state)
{
    struct dcbor_rd rd = dcbor_rd_map(support_hex(*state, "a10162c328"));
    assert_int_equal(dcbor_rd_text(&rd, 1, 0, 10).n, 0);
    assert_refused(dcbor_rd_end(&rd), MALFORMED);
}

static void
test_nested_containers_must_be_used_up(void **state)
{
    struct dcbor_rd rd = dcbor_rd_map(support_hex(*state, "a101820102"));
    struct dcbor_rd list = dcbor_rd_member_array(&rd, 1, 2);
    assert_int_equal(dcbor_rd_next_uint(&list, 9), 1);
    dcbor_rd_close(&list);
    assert_refused(dcbor_rd_end(&rd), MALFORMED);
}

static void
test_failure_sticks_and_flows_to_the_parent(void **state)
{
    struct dcbor_rd rd = dcbor_rd_map(support_hex(*state, "a2018201020205"));
    struct dcbor_rd list = dcbor_rd_member_array(&rd, 1, 2);
    dcbor_rd_fail(&list, SG_E_VALUE);
    assert_int_equal(dcbor_rd_next_uint(&list, 9), 0);
    dcbor_rd_close(&list);
    assert_int_equal(dcbor_rd_uint(&rd, 2, 9), 0);
    assert_false(dcbor_rd_has(&rd, 2));
    assert_int_equal(dcbor_rd_left(&rd), 0);
    dcbor_rd_fail(&rd, SG_E_INTERNAL);
    assert_refused(dcbor_rd_end(&rd), VALUE);
}

static void
test_false_counts_are_refused(void **state)
{
    struct dcbor_rd rd = dcbor_rd_map(support_hex(*state, "a1019bffffffffffffffff"));
    struct dcbor_rd list = dcbor_rd_member_array(&rd, 1, 64);
    assert_int_equal(dcbor_rd_left(&list), 0);
    dcbor_rd_close(&list);
    assert_refused(dcbor_rd_end(&rd), MALFORMED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_is_read),
        cmocka_unit_test(test_writer_gives_the_same_bytes),
        cmocka_unit_test(test_heads_are_shortest),
        cmocka_unit_test(test_one_member_refusals),
        cmocka_unit_test(test_reordered_and_repeated_keys_are_refused),
        cmocka_unit_test(test_string_lengths_are_bounded_both_ways),
        cmocka_unit_test(test_text_must_be_utf8),
        cmocka_unit_test(test_nested_containers_must_be_used_up),
        cmocka_unit_test(test_failure_sticks_and_flows_to_the_parent),
        cmocka_unit_test(test_false_counts_are_refused),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
