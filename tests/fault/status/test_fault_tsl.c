/*
 * Each allocation fails once, in turn: lists are built, tokens read and verified, the cache filled. Nothing crashes or leaks (the address
 * sanitizer's lane says), the refusal is NO_MEMORY, and no verdict is better than it would have been (req: STA-3).
 */
#include "courier_desk.h"
#include "status_support.h"
#include "tsl_alloc.h"
#include "tsl_board.h"
#include "verdict.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);

static unsigned long fail_at; /* 0: never */
static unsigned long count;

static bool
fails(void)
{
    return fail_at != 0 && ++count == fail_at;
}

void *
__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t number, size_t n)
{
    return fails() ? NULL : __real_calloc(number, n);
}

void *
__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

/* Run with the first, second, ... allocation failing until one run meets no failure. At least `least` points must have been tried. */
static void
each_point(sg_result (*scenario)(void), unsigned long least)
{
    unsigned long point = 1;
    for (;; point++) {
        count = 0;
        fail_at = point;
        sg_result r = scenario();
        bool met = count >= point;
        fail_at = 0;
        if (!met) {
            assert_ok(r);
            break;
        }
        assert_int_equal(r.code, SG_E_NO_MEMORY);
    }
    print_message("%lu points of failure\n", point - 1);
    assert_true(point > least);
}

/* ---- a list is published --------------------------------------------------------------------------- */

static sg_result
publish(void)
{
    static const uint8_t key[TSL_PERM_KEY_LEN] = { 1 };
    struct tsl_board_settings s = { .uri = SG_LIT("https://issuer.example/1"), .entries = 5000 };
    SG_CLEANUP(tsl_board_free)
    struct tsl_board *board = NULL;
    SG_CLEANUP(tsl_alloc_free)
    struct tsl_alloc *alloc = NULL;
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = NULL;
    sg_bytes payload;
    sg_str header;
    sg_str input;
    uint64_t version = 0;
    uint64_t idx = 0;
    SG_TRY(tsl_board_new(&s, &board));
    SG_TRY(tsl_alloc_new(key, 5000, 0, &alloc));
    tsl_alloc_grant(alloc, 10);
    SG_TRY(tsl_alloc_take(alloc, &idx));
    SG_TRY(tsl_board_set(board, idx, TSL_INVALID));
    arena = sg_arena_new(0, (size_t)4 * 1024 * 1024);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    SG_TRY(tsl_board_payload(board, arena, 1700000000, &payload, &version));
    SG_TRY(tsl_header_build(arena, JOSE_ES256, SG_LIT("k"), NULL, 0, &header));
    return jws_signing_input(arena, header, payload, &input);
}

static void
test_publish(void **state)
{
    (void)state;
    each_point(publish, 5);
}

/* ---- a list is read and its verdict made ----------------------------------------------------------- */

static struct status_key key;
static sg_str token_text;
#define URI "https://issuer.example/1"

static sg_result
read_token(void)
{
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(1024, (size_t)4 * 1024 * 1024);
    struct tsl_trust_rule rule = { .prefix = SG_LIT(URI), .thumbprint = key.thumbprint };
    struct verdict_policy policy = verdict_policy_default();
    struct tsl_token token;
    struct tsl_view view;
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    SG_TRY(tsl_token_parse(arena, token_text, &token));
    SG_TRY(tsl_token_verify(arena, &token, SG_LIT(URI), &rule, 1, 1700000000));
    SG_TRY(tsl_token_list(arena, &token, TSL_RAW_MAX, &view));
    struct verdict bad =
        verdict_decide(&policy, &token, &view, SG_LIT(URI), 1, 1700000000000, 1700000000000);
    return bad.word == VERDICT_BAD ? SG_DONE : SG_ERROR(INTERNAL);
}

static void
test_read(void **state)
{
    (void)state;
    each_point(read_token, 5);
}

/* ---- the desk is opened and asked ------------------------------------------------------------------ */

static unsigned replies;

static void
on_reply(void *context, void *asker, uint64_t request_id,
    const struct wire_status_verdict *verdicts, size_t n)
{
    (void)context;
    (void)asker;
    (void)request_id;
    replies++;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(verdicts[i].verdict, WIRE_UNKNOWN);
    }
}

/* One question that needs a fetch (an address that is refused, so that the test needs no server): UNKNOWN or no room, never GOOD. */
static sg_result
desk(void)
{
    static const struct conf_list nobody = { 0 };
    struct courier_desk_settings s = {
        .fetch = { .allow_hosts = &nobody, .body_max = 1000, .timeout_ms = 500 },
        .policy = verdict_policy_default(),
        .inflated_max = 1000,
        .cache_max = 1000,
        .keep_dir = -1,
        .reply = on_reply,
    };
    SG_CLEANUP(courier_desk_free)
    struct courier_desk *d = NULL;
    struct wire_status_ask ask = { .n_refs = 1 };
    ask.refs[0] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, SG_LIT("https://10.0.0.1/1"), 0 };
    replies = 0;
    SG_TRY(courier_desk_new(&s, &d));
    SG_TRY(courier_desk_ask(d, NULL, 1, &ask, 1700000000000));
    for (int64_t now = 1700000000000; courier_desk_busy(d) > 0; now += 10) {
        courier_desk_wait(d, NULL, 0, 10);
        courier_desk_turn(d, now);
    }
    assert_int_equal(replies, 1);
    /* a failure inside the fetch is an UNKNOWN verdict: told as what it was */
    return fail_at != 0 && count >= fail_at ? SG_ERROR(NO_MEMORY) : SG_DONE;
}

static void
test_desk(void **state)
{
    (void)state;
    each_point(desk, 5);
}

int
main(void)
{
    static const uint8_t raw[] = { 0xe4 };
    struct sg_arena *arena = sg_arena_new(0, (size_t)1024 * 1024);
    status_key_new(arena, &key);
    token_text = status_jws(arena, &key, status_header_jwk(arena, &key, TSL_TYP),
        status_claims(arena, SG_LIT(URI), 1700000000, 1700000600, 60, 2, SG_BYTES(raw)));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publish),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_desk),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    status_key_done(&key);
    sg_arena_free(&arena);
    return failed;
}
