/* Every rule of draft-ietf-oauth-status-list 8.3 on what a list may say, one test each (req: STA-3). */
#include "support.h"
#include "verdict.h"

#define NOW_S ((int64_t)1700000000)
#define NOW_MS (NOW_S * 1000)
#define URI "https://issuer.example/status/1"

static const uint8_t RAW[] = { 0xe4 }; /* two bits each: 0, 1, 2, 3 */
static const struct tsl_view LIST = { 2, { RAW, sizeof(RAW) } };

static struct tsl_token
token(void)
{
    return (struct tsl_token){
        .sub = SG_LIT(URI), .iat = NOW_S - 10, .exp = NOW_S + 1000, .ttl = 60, .bits = 2
    };
}

static struct verdict
decide(const struct tsl_token *t, uint64_t idx, int64_t fetched_at_ms)
{
    struct verdict_policy policy = verdict_policy_default();
    return verdict_decide(&policy, t, &LIST, SG_LIT(URI), idx, fetched_at_ms, NOW_MS);
}

static void
assert_unknown(struct verdict v, enum sg_code code)
{
    assert_int_equal(v.word, VERDICT_UNKNOWN);
    assert_int_equal(v.code, code);
    assert_int_equal(v.good_until_ms, 0);
}

static void
test_valid_is_good_until_ttl(void **state)
{
    (void)state;
    struct tsl_token t = token();
    struct verdict v = decide(&t, 0, NOW_MS - 5000);
    assert_int_equal(v.word, VERDICT_GOOD);
    assert_int_equal(v.value, TSL_VALID);
    assert_int_equal(v.good_until_ms, NOW_MS - 5000 + 60000);
}

static void
test_revoked_suspended_and_unknown_values_are_bad(void **state)
{
    (void)state;
    struct tsl_token t = token();
    for (uint64_t idx = 1; idx < 4; idx++) {
        struct verdict v = decide(&t, idx, NOW_MS);
        assert_int_equal(v.word, VERDICT_BAD);
        assert_int_equal(v.value, idx);
    }
}

static void
test_index_outside_is_unknown(void **state)
{
    (void)state;
    struct tsl_token t = token();
    assert_unknown(decide(&t, 4, NOW_MS), SG_E_NOT_FOUND);
    assert_unknown(decide(&t, UINT64_MAX, NOW_MS), SG_E_NOT_FOUND);
}

static void
test_sub_is_compared_byte_for_byte(void **state)
{
    (void)state;
    static const char *const others[] = { "https://issuer.example/status/1/",
        "https://issuer.example:443/status/1", "https://ISSUER.example/status/1",
        "https://issuer.example/status/", "" };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct tsl_token t = token();
        t.sub = sg_cstr(others[i]);
        assert_unknown(decide(&t, 0, NOW_MS), SG_E_VALUE);
    }
}

static void
test_exp_is_the_first_second_too_late(void **state)
{
    (void)state;
    struct tsl_token t = token();
    t.exp = NOW_S;
    assert_unknown(decide(&t, 0, NOW_MS), SG_E_EXPIRED);
    t.exp = NOW_S - 1;
    assert_unknown(decide(&t, 0, NOW_MS), SG_E_EXPIRED);
    t.exp = NOW_S + 1;
    struct verdict v = decide(&t, 0, NOW_MS);
    assert_int_equal(v.word, VERDICT_GOOD);
    assert_int_equal(v.good_until_ms, NOW_MS + 1000); /* exp before ttl */
}

static void
test_iat_in_the_future_beyond_the_skew(void **state)
{
    (void)state;
    struct tsl_token t = token();
    t.iat = NOW_S + 60;
    assert_int_equal(decide(&t, 0, NOW_MS).word, VERDICT_GOOD);
    t.iat = NOW_S + 61;
    assert_unknown(decide(&t, 0, NOW_MS), SG_E_NOT_YET);
}

static void
test_copy_older_than_ttl_must_be_fetched_again(void **state)
{
    (void)state;
    struct tsl_token t = token();
    assert_int_equal(decide(&t, 0, NOW_MS - 59999).word, VERDICT_GOOD);
    assert_unknown(decide(&t, 0, NOW_MS - 60000), SG_E_EXPIRED);
}

static void
test_ttl_is_clamped_both_ways(void **state)
{
    (void)state;
    struct verdict_policy policy = verdict_policy_default();
    policy.ttl_min_s = 5;
    struct tsl_token t = token();
    t.exp = NOW_S + 1000000;
    t.ttl = 1;
    assert_int_equal(
        verdict_decide(&policy, &t, &LIST, SG_LIT(URI), 0, NOW_MS, NOW_MS).good_until_ms,
        NOW_MS + 5000);
    t.ttl = INT64_C(1) << 53;
    assert_int_equal(decide(&t, 0, NOW_MS).good_until_ms, NOW_MS + 3600 * 1000);
    t.ttl = 0; /* absent */
    assert_int_equal(decide(&t, 0, NOW_MS).good_until_ms, NOW_MS + 300 * 1000);
}

static void
test_token_without_exp_ages(void **state)
{
    (void)state;
    struct tsl_token t = token();
    t.exp = TSL_NO_EXP;
    t.iat = NOW_S - 24 * 3600 + 1;
    struct verdict v = decide(&t, 0, NOW_MS);
    assert_int_equal(v.word, VERDICT_GOOD);
    assert_int_equal(v.good_until_ms, NOW_MS + 1000);
    t.iat = NOW_S - 24 * 3600;
    assert_unknown(decide(&t, 0, NOW_MS), SG_E_EXPIRED);
}

static void
test_age_limit_of_policy(void **state)
{
    (void)state;
    struct verdict_policy policy = verdict_policy_default();
    policy.age_max_s = 100;
    struct tsl_token t = token();
    t.iat = NOW_S - 99;
    assert_int_equal(
        verdict_decide(&policy, &t, &LIST, SG_LIT(URI), 0, NOW_MS, NOW_MS).word, VERDICT_GOOD);
    t.iat = NOW_S - 100;
    assert_unknown(
        verdict_decide(&policy, &t, &LIST, SG_LIT(URI), 0, NOW_MS, NOW_MS), SG_E_EXPIRED);
}

static void
test_extreme_times_do_not_wrap(void **state)
{
    (void)state;
    struct tsl_token t = token();
    t.exp = INT64_MAX - 1;
    assert_int_equal(decide(&t, 0, NOW_MS).word, VERDICT_GOOD);
    t.exp = INT64_MIN;
    assert_unknown(decide(&t, 0, NOW_MS), SG_E_EXPIRED);
    t = token();
    t.iat = INT64_MIN;
    assert_int_equal(decide(&t, 0, NOW_MS).word, VERDICT_GOOD); /* old, but its exp is not past */
    t.iat = INT64_MAX;
    assert_unknown(decide(&t, 0, NOW_MS), SG_E_NOT_YET);
}

static void
test_clock_that_went_back_says_nothing(void **state)
{
    (void)state;
    struct tsl_token t = token();
    assert_unknown(decide(&t, 0, NOW_MS + 60001), SG_E_CLOCK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_is_good_until_ttl),
        cmocka_unit_test(test_revoked_suspended_and_unknown_values_are_bad),
        cmocka_unit_test(test_index_outside_is_unknown),
        cmocka_unit_test(test_sub_is_compared_byte_for_byte),
        cmocka_unit_test(test_exp_is_the_first_second_too_late),
        cmocka_unit_test(test_iat_in_the_future_beyond_the_skew),
        cmocka_unit_test(test_copy_older_than_ttl_must_be_fetched_again),
        cmocka_unit_test(test_ttl_is_clamped_both_ways),
        cmocka_unit_test(test_token_without_exp_ages),
        cmocka_unit_test(test_age_limit_of_policy),
        cmocka_unit_test(test_extreme_times_do_not_wrap),
        cmocka_unit_test(test_clock_that_went_back_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
