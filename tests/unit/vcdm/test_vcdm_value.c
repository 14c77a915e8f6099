/* formats/vcdm: URLs and dates (VCDM 2.0 4.4, 4.9). req: FMT-3 */
#include "vcdm_make.h"

static void
test_urls(void **state)
{
    static const char *const good[] = { "https://example.org/a?b#c", "http://h", "urn:uuid:1",
        "did:example:1", "did:web:a.b%3A8080:c#k-1", "data:text/plain,x", "ex:a", "HTTPS://EX.org/",
        "https://[::1]:80/", "https://\xc3\xa4.example/", "mailto:a@b" };
    static const char *const bad[] = { "", "a", "/a", "#a", "https", "https:", "https:a",
        "https://", "https:///x", "https://?q", "https ://not-a-url", "https://a b", "https://a\tb",
        "https://a%2", "https://a%zz", "https://a#b#c", "did:", "did:x", "did:x:", "did::x",
        "did:X:1", "did:x:#k", "1a:b", ":b", "a{b:c", "https://a\"b", "https://a<b>",
        "https://a\\b", "https://a|b", "https://a^b", "https://a`b", "https://a\x7f" };
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (!vcdm_is_url(sg_cstr(good[i]))) {
            fail_msg("refused: %s", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (vcdm_is_url(sg_cstr(bad[i]))) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
    assert_false(vcdm_is_url(sg_str_of("https://a\0b", 11)));
    assert_true(vcdm_is_did(SG_LIT("did:example:1#k")));
    assert_false(vcdm_is_did(SG_LIT("https://example.org")));
    assert_false(vcdm_is_did(SG_LIT("did:example")));
}

static struct vcdm_time
time_of(const char *text)
{
    struct vcdm_time t;
    assert_ok(vcdm_time_parse(sg_cstr(text), false, &t));
    assert_true(t.present);
    return t;
}

/* Seconds by `date -u -d ... +%s` */
static void
test_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t s;
        uint32_t ns;
    } rows[] = {
        { "1970-01-01T00:00:00Z", 0, 0 },
        { "2010-01-01T19:23:24Z", 1262373804, 0 },
        { "2000-02-29T23:59:59.5Z", 951868799, 500000000 },
        { "2023-03-01T00:00:00+01:00", 1677625200, 0 },
        { "2023-03-01T00:00:00-14:00", 1677679200, 0 },
        { "1969-12-31T23:59:59.999999999Z", -1, 999999999 },
        { "1900-03-01T00:00:00Z", -2203891200, 0 },
        { "9999-12-31T23:59:59Z", 253402300799, 0 },
        { "10000-01-01T00:00:00Z", 253402300800, 0 },
        { "2023-12-31T24:00:00Z", 1704067200, 0 },
        { "2023-12-31T24:00:00.000Z", 1704067200, 0 },
        { "2020-01-01T00:00:00.1234567891234Z", 1577836800, 123456789 },
        { "0001-01-01T00:00:00Z", -62135596800, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vcdm_time t = time_of(rows[i].text);
        assert_int_equal(t.s, rows[i].s);
        assert_int_equal(t.ns, rows[i].ns);
    }
}

static void
test_bad_times(void **state)
{
    static const char *const bad[] = { "", "2020", "2020-01-01", "2020-01-01T00:00:00",
        "2020-01-01 00:00:00Z", "2020-01-01t00:00:00Z", "2020-01-01T00:00:00z",
        "2020-1-01T00:00:00Z", "2020-13-01T00:00:00Z", "2020-00-01T00:00:00Z",
        "2020-01-00T00:00:00Z", "2020-01-32T00:00:00Z", "2021-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "2020-04-31T00:00:00Z", "2020-01-01T25:00:00Z",
        "2020-01-01T24:00:01Z", "2020-01-01T24:01:00Z", "2020-01-01T24:00:00.1Z",
        "2020-01-01T00:60:00Z", "2020-01-01T00:00:60Z", "2020-01-01T00:00:00.Z",
        "2020-01-01T00:00:00+1:00", "2020-01-01T00:00:00+14:01", "2020-01-01T00:00:00+15:00",
        "2020-01-01T00:00:00+0100", "2020-01-01T00:00:00ZZ", "2020-01-01T00:00:00Z ",
        " 2020-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "02020-01-01T00:00:00Z",
        "-2020-01-01T00:00:00Z", "1234567-01-01T00:00:00Z", "Sat 25 Feb 2023 07:16:31 PM CST" };
    struct vcdm_time t;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (sg_ok(vcdm_time_parse(sg_cstr(bad[i]), false, &t))) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
    assert_refused(vcdm_time_parse(sg_str_of("2020-01-01T00:00:00\0", 20), true, &t), VALUE);
    /* a verifier may read a missing zone as UTC (4.9) */
    assert_ok(vcdm_time_parse(SG_LIT("2020-01-01T00:00:00.5"), true, &t));
    assert_int_equal(t.s, 1577836800);
}

static void
test_order(void **state)
{
    static const char *const rising[] = { "2019-12-31T23:59:59Z", "2020-01-01T01:00:00+01:00",
        "2020-01-01T00:00:00.000000001Z", "2020-01-01T00:00:01Z" };
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            struct vcdm_time a = time_of(rising[i]);
            struct vcdm_time b = time_of(rising[k]);
            assert_int_equal(vcdm_time_order(&a, &b), i < k ? -1 : i > k);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_bad_times),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
