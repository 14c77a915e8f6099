/* Memory of used proofs: remembered for the whole span, full means refusal, room comes back with time. req: AU-7; spec: RFC 9449 11.1 */
#include "support.h"

#include "auth_replay.h"

#define SPAN 71
#define START 1700000000

static sg_result
once(struct auth_replay *replay, uint64_t number, int64_t now)
{
    uint8_t id[8];
    memcpy(id, &number, sizeof(id));
    return auth_replay_once(replay, sg_str_bytes(SG_LIT("key")), SG_BYTES(id), now);
}

static struct auth_replay *
make(size_t max, int64_t span_s)
{
    struct auth_replay *replay;
    assert_ok(auth_replay_new(max, span_s, &replay));
    return replay;
}

static void
test_a_mark_is_kept_for_the_span_whenever_it_was_made(void **state)
{
    (void)state;
    static const int64_t spans[] = { 1, SPAN, 199, 200, 331, 86400 };
    for (size_t s = 0; s < sizeof(spans) / sizeof(spans[0]); s++) {
        for (int64_t at = START; at < START + 5; at++) { /* at different places of a unit */
            struct auth_replay *replay = make(100, spans[s]);
            assert_ok(once(replay, 1, at));
            assert_refused(once(replay, 1, at), REPLAY);
            assert_refused(once(replay, 1, at + spans[s] - 1), REPLAY);
            assert_refused(once(replay, 1, at + spans[s]), REPLAY);
            assert_ok(once(replay, 1, at + spans[s] + 2 * (spans[s] / 200 + 1)));
            auth_replay_free(&replay);
        }
    }
}

/* Others come every second: each of their sweeps leaves what is not old. */
static void
test_a_mark_is_kept_while_others_come_and_go(void **state)
{
    (void)state;
    struct auth_replay *replay = make(10000, SPAN);
    for (int64_t t = 0; t < 1000; t++) {
        for (uint64_t i = 0; i < 16; i++) {
            assert_ok(once(replay, (uint64_t)t * 16 + i, START + t));
        }
        int64_t old = t < SPAN ? 0 : t - SPAN;
        assert_refused(once(replay, (uint64_t)old * 16 + (uint64_t)t % 16, START + t), REPLAY);
    }
    auth_replay_free(&replay);
}

static void
test_full_refuses_and_forgets_nobody(void **state)
{
    enum { MAX = 65536 };
    (void)state;
    struct auth_replay *replay = make(MAX, SPAN);
    uint64_t kept = 0;
    uint64_t refused = 0;
    for (uint64_t i = 0; i < 2 * MAX; i++) {
        sg_result r = once(replay, i, START + (int64_t)(i * SPAN / MAX / 2));
        assert_true(r.code == SG_OK || r.code == SG_E_FULL);
        kept += sg_ok(r);
        refused += !sg_ok(r);
    }
    /* shards fill unevenly: most of the promise is there before the first refusal, never more than it and one per shard */
    assert_in_range(kept, MAX - MAX / 100, MAX + 16);
    assert_int_equal(kept + refused, 2 * MAX);
    uint64_t replays = 0;
    for (uint64_t i = 0; i < 2 * MAX; i++) {
        replays += once(replay, i, START + SPAN - 1).code == SG_E_REPLAY;
    }
    assert_int_equal(replays, kept); /* all of them, whatever came after */
    for (uint64_t i = 0; i < MAX / 2; i++) {
        assert_ok(once(replay, i, START + 3 * SPAN)); /* time makes room again */
    }
    auth_replay_free(&replay);
}

/* Up to its limit a shard has a place for every mark. */
static void
test_lines_overflow_in_no_shard_before_it_is_full(void **state)
{
    (void)state;
    struct auth_replay *replay = make(524288, SPAN);
    for (uint64_t i = 0; i < 505000; i++) { /* six standard deviations of a shard below its limit */
        assert_ok(once(replay, i, START));
    }
    auth_replay_free(&replay);
}

static void
test_a_clock_that_goes_back_forgets_nothing(void **state)
{
    (void)state;
    struct auth_replay *replay = make(100, SPAN);
    assert_ok(once(replay, 1, START));
    assert_ok(once(replay, 2, START - 1)); /* a request that began earlier */
    assert_refused(once(replay, 1, START - 1), REPLAY);
    assert_refused(once(replay, 1, START - 3600), REPLAY);
    assert_refused(once(replay, 2, START - 3600 + SPAN), REPLAY);
    assert_ok(once(replay, 1, START - 3600 + SPAN + 2));
    auth_replay_free(&replay);
}

/* Whoever comes late, and to whichever shard, takes nothing from the time of what was there before. */
static void
test_a_late_request_makes_nothing_be_forgotten_early(void **state)
{
    (void)state;
    for (int64_t late = 1; late <= 9; late++) {
        struct auth_replay *replay = make(65536, SPAN);
        for (uint64_t i = 0; i < 100; i++) {
            assert_ok(once(replay, i, START));
        }
        for (uint64_t i = 100; i < 1000; i++) {
            assert_ok(once(replay, i, START - late));
        }
        for (uint64_t i = 0; i < 100; i++) {
            assert_refused(once(replay, i, START + SPAN - 1), REPLAY);
        }
        auth_replay_free(&replay);
    }
}

static void
test_context_and_id_are_told_apart(void **state)
{
    (void)state;
    struct auth_replay *replay = make(100, SPAN);
    sg_bytes ab = sg_str_bytes(SG_LIT("ab"));
    sg_bytes abc = sg_str_bytes(SG_LIT("abc"));
    sg_bytes bc = sg_str_bytes(SG_LIT("bc"));
    sg_bytes c = sg_str_bytes(SG_LIT("c"));
    sg_bytes a = sg_str_bytes(SG_LIT("a"));
    assert_ok(auth_replay_once(replay, ab, c, START));
    assert_ok(auth_replay_once(replay, a, bc, START));
    assert_ok(auth_replay_once(replay, SG_NO_BYTES, abc, START));
    assert_refused(auth_replay_once(replay, ab, c, START), REPLAY);
    static uint8_t long_id[513];
    assert_refused(auth_replay_once(replay, ab, SG_BYTES(long_id), START), TOO_LARGE);
    assert_refused(auth_replay_once(replay, SG_BYTES(long_id), c, START), TOO_LARGE);
    auth_replay_free(&replay);
}

static void
test_sizes_out_of_range_are_refused(void **state)
{
    (void)state;
    struct auth_replay *replay = NULL;
    assert_refused(auth_replay_new(((size_t)1 << 22) + 1, SPAN, &replay), VALUE);
    assert_refused(auth_replay_new(10, 0, &replay), VALUE);
    assert_null(replay);
    auth_replay_free(&replay);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mark_is_kept_for_the_span_whenever_it_was_made),
        cmocka_unit_test(test_a_mark_is_kept_while_others_come_and_go),
        cmocka_unit_test(test_full_refuses_and_forgets_nobody),
        cmocka_unit_test(test_lines_overflow_in_no_shard_before_it_is_full),
        cmocka_unit_test(test_a_clock_that_goes_back_forgets_nothing),
        cmocka_unit_test(test_a_late_request_makes_nothing_be_forgotten_early),
        cmocka_unit_test(test_context_and_id_are_told_apart),
        cmocka_unit_test(test_sizes_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
