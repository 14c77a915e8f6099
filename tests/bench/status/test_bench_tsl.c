/* What status lists cost: one index, one list of 2^20 entries packed, unpacked, read. Figures beside their machine; no verdicts. */
#include <time.h>

#include "support.h"
#include "tsl_alloc.h"
#include "tsl_board.h"
#include "verdict.h"

static double
now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
bench_allocation(void **state)
{
    (void)state;
    enum { N = 1000000 };
    static const uint8_t key[TSL_PERM_KEY_LEN] = { 7 };
    struct tsl_alloc *alloc = NULL;
    uint64_t sum = 0;
    assert_ok(tsl_alloc_new(key, (uint64_t)1 << 20, 0, &alloc));
    tsl_alloc_grant(alloc, (uint64_t)1 << 20);
    double from = now_us();
    for (int i = 0; i < N; i++) {
        uint64_t idx = 0;
        assert_true(sg_ok(tsl_alloc_take(alloc, &idx)));
        sum += idx;
    }
    double each = (now_us() - from) / N;
    assert_true(sum > 0);
    print_message("index allocation: %.0f ns\n", each * 1000);
    tsl_alloc_free(&alloc);
}

/* One in every_nth entries revoked, at random places; 0: none. */
static void
bench_list(const char *what, uint64_t every_nth)
{
    enum { ROUNDS = 5 };
    struct sg_arena *arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    struct tsl_board *board = NULL;
    struct tsl_board_settings settings = { .uri = SG_LIT("http://localhost:8080/status/1") };
    assert_ok(tsl_board_new(&settings, &board));
    static const uint8_t key[TSL_PERM_KEY_LEN] = { 9 };
    struct tsl_perm perm;
    assert_ok(tsl_perm_init(&perm, key, TSL_BOARD_ENTRIES));
    for (uint64_t i = 0; every_nth > 0 && i < TSL_BOARD_ENTRIES / every_nth; i++) {
        assert_ok(tsl_board_set(board, tsl_perm_at(&perm, i), TSL_INVALID));
    }
    size_t len = 0;
    double from = now_us();
    for (int i = 0; i < ROUNDS; i++) {
        sg_bytes payload;
        uint64_t version = 0;
        assert_ok(tsl_board_payload(board, arena, 1700000000, &payload, &version));
        len = payload.n;
        sg_arena_reset(arena);
    }
    double build = (now_us() - from) / ROUNDS;
    sg_bytes raw = sg_bytes_of(sg_arena_alloc(arena, 256 * 1024), 256 * 1024);
    sg_bytes packed;
    sg_bytes back;
    assert_ok(tsl_deflate(arena, raw, &packed));
    from = now_us();
    for (int i = 0; i < ROUNDS; i++) {
        assert_ok(tsl_inflate(arena, packed, TSL_RAW_MAX, &back));
    }
    double unpack = (now_us() - from) / ROUNDS;
    print_message("2^20 entries of 2 bits, %s: payload %.1f ms, %zu bytes; empty list unpacked in "
                  "%.2f ms\n",
        what, build / 1000, len, unpack / 1000);
    tsl_board_free(&board);
    sg_arena_free(&arena);
}

static void
bench_lists(void **state)
{
    (void)state;
    bench_list("none revoked", 0);
    bench_list("one in 1000 revoked", 1000);
    bench_list("one in 50 revoked", 50);
    bench_list("one in 2 revoked", 2);
}

static void
bench_verdict(void **state)
{
    (void)state;
    enum { N = 1000000 };
    static const uint8_t raw[4096] = { 0 };
    struct tsl_view view = { 2, SG_BYTES(raw) };
    struct verdict_policy policy = verdict_policy_default();
    struct tsl_token token = { .sub = SG_LIT("https://issuer.example/1"),
        .iat = 1700000000,
        .exp = 1700000600,
        .ttl = 60,
        .bits = 2 };
    unsigned good = 0;
    double from = now_us();
    for (uint64_t i = 0; i < N; i++) {
        struct verdict v = verdict_decide(
            &policy, &token, &view, token.sub, i % 16384, 1700000001000, 1700000001000);
        good += v.word == VERDICT_GOOD;
    }
    print_message("verdict: %.0f ns\n", (now_us() - from) / N * 1000);
    assert_int_equal(good, N);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bench_allocation),
        cmocka_unit_test(bench_lists),
        cmocka_unit_test(bench_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
