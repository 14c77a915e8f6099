/* The order of the gates is the rule; what a verdict must be like to count. Refusals of each gate: tests/replay/signer. req: SIG-2 */
#include "gate.h"
#include "support.h"

static void
test_the_order_is_pinned(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum gate_stage stage;
    } want[] = { { "shape", GATE_EARLY }, { "key", GATE_EARLY }, { "activation", GATE_EARLY },
        { "status", GATE_EARLY }, { "consent", GATE_LATE }, { "sign", GATE_WORK },
        { "outcome", GATE_RELEASE } };
    size_t n;
    const struct gate *all = gates(&n);
    assert_int_equal(n, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(all[i].name, want[i].name);
        assert_int_equal(all[i].stage, want[i].stage);
        assert_true(i == 0 || all[i].stage >= all[i - 1].stage);
    }
}

static const uint8_t hash[32] = { 1 };

static struct wire_status_verdict
good_at(int64_t fetched_at_ms)
{
    return (struct wire_status_verdict){ .verdict = WIRE_GOOD,
        .evidence = SG_BYTES(hash),
        .fetched_at_ms = fetched_at_ms,
        .good_until_ms = fetched_at_ms + 60000 };
}

static void
test_a_verdict_is_fresh_until_its_age_or_its_end(void **state)
{
    (void)state;
    struct gate_env env = { .limits.status_max_age_ms = 1000, .now.utc_ms = 1000000 };
    struct wire_status_verdict v = good_at(999000);
    assert_true(gate_verdict_fresh(&env, &v));
    v = good_at(998999);
    assert_false(gate_verdict_fresh(&env, &v));
    v = good_at(999900);
    v.good_until_ms = 1000000;
    assert_false(gate_verdict_fresh(&env, &v));
}

static void
test_a_verdict_without_evidence_or_from_the_future_is_nonsense(void **state)
{
    (void)state;
    struct gate_env env = { .now.utc_ms = 1000000 };
    struct wire_status_verdict v = good_at(1000000);
    assert_true(gate_verdict_sane(&env, &v));
    v.evidence.n = 31;
    assert_false(gate_verdict_sane(&env, &v));
    v = good_at(1002001);
    assert_false(gate_verdict_sane(&env, &v));
    v = good_at(1000000);
    v.verdict = 4;
    assert_false(gate_verdict_sane(&env, &v));
    v.verdict = 0;
    assert_false(gate_verdict_sane(&env, &v));
}

static void
test_a_clock_may_go_2_s_back_and_5_min_ahead(void **state)
{
    (void)state;
    const int64_t offset = 1000000;
    static const struct {
        int64_t drift;
        enum gate_clock want;
    } cases[] = { { 0, GATE_CLOCK_GOOD }, { -2000, GATE_CLOCK_GOOD }, { -2001, GATE_CLOCK_BACK },
        { 300000, GATE_CLOCK_GOOD }, { 300001, GATE_CLOCK_AHEAD } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gate_now now = { .boot_ms = 5000, .utc_ms = 5000 + offset + cases[i].drift };
        assert_int_equal(gate_clock_look(now, offset), cases[i].want);
    }
    struct gate_now now = { .utc_ms = 10000 };
    assert_false(gate_clock_before(now, 12000));
    assert_true(gate_clock_before(now, 12001));
}

/* Ahead and back within the 5 minutes: what expired and was forgotten in between would live again. */
static void
test_a_clock_set_ahead_and_back_is_distrusted(void **state)
{
    (void)state;
    const int64_t offset = 1000000;
    int64_t high = 0;
    struct gate_now now = { .boot_ms = 5000, .utc_ms = 1005000 };
    assert_int_equal(gate_clock_step(now, offset, &high), GATE_CLOCK_GOOD);
    now = (struct gate_now){ .boot_ms = 6000, .utc_ms = 1006000 + 240000 };
    assert_int_equal(gate_clock_step(now, offset, &high), GATE_CLOCK_GOOD);
    now = (struct gate_now){ .boot_ms = 7000, .utc_ms = 1007000 };
    assert_int_equal(gate_clock_step(now, offset, &high), GATE_CLOCK_BACK);
    now.utc_ms = high - 2000;
    assert_int_equal(gate_clock_step(now, offset, &high), GATE_CLOCK_GOOD);
    assert_int_equal(high, 1246000); /* small steps back do not add up */
}

static void
test_the_transaction_looks_at_clock_and_status_again(void **state)
{
    (void)state;
    struct gate_live live = { .have = true, .verdict = { .verdict = WIRE_GOOD } };
    struct reg_key key = { .purpose = WIRE_PURPOSE_SEAL,
        .status = { .uri = SG_LIT("http://localhost/keys"), .idx = 3 },
        .live = &live };
    struct wire_seen seen = { .ref = key.status };
    struct gate_case c = { .key = &key, .seen = &seen, .n_seen = 1, .intent.expires_at = 2000 };
    struct gate_env env = { .now.utc_ms = 1000000, .clock_bad = true };
    assert_refused(gate_consent(&env, &c, NULL), CLOCK);
    assert_ok(gate_status_still(&c));
    live.verdict.verdict = WIRE_BAD;
    assert_refused(gate_status_still(&c), STATUS_BAD);
    live.verdict.verdict = WIRE_GOOD;
    key.status.idx = 4;
    assert_refused(gate_status_still(&c), STATUS_UNKNOWN);
    key.purpose = WIRE_PURPOSE_STATUS_LIST;
    assert_ok(gate_status_still(&c));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clock_set_ahead_and_back_is_distrusted),
        cmocka_unit_test(test_the_transaction_looks_at_clock_and_status_again),
        cmocka_unit_test(test_the_order_is_pinned),
        cmocka_unit_test(test_a_verdict_is_fresh_until_its_age_or_its_end),
        cmocka_unit_test(test_a_clock_may_go_2_s_back_and_5_min_ahead),
        cmocka_unit_test(test_a_verdict_without_evidence_or_from_the_future_is_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
