/* A published list: what may change, when it is due, what it says when it is read again (req: STA-1, STA-2). */
#include <pthread.h>

#include "support.h"
#include "tsl_board.h"
#include "verdict.h"

#define URI "http://localhost:8080/status/1"

static struct tsl_board *
board_of(unsigned bits, uint64_t entries)
{
    struct tsl_board *board = NULL;
    struct tsl_board_settings s = { .uri = SG_LIT(URI), .bits = bits, .entries = entries };
    assert_ok(tsl_board_new(&s, &board));
    return board;
}

static void
test_defaults(void **state)
{
    (void)state;
    struct tsl_board *board = board_of(0, 0);
    assert_int_equal(tsl_board_bits(board), 2);
    assert_int_equal(tsl_board_entries(board), 1 << 20);
    assert_str_is(tsl_board_uri(board), URI);
    tsl_board_free(&board);
    tsl_board_free(&board); /* NULL is accepted */
}

static void
test_bad_settings_are_refused(void **state)
{
    (void)state;
    struct tsl_board *board = NULL;
    struct tsl_board_settings s = { .uri = SG_NO_STR };
    assert_refused(tsl_board_new(&s, &board), VALUE);
    s = (struct tsl_board_settings){ .uri = SG_LIT(URI), .bits = 3 };
    assert_refused(tsl_board_new(&s, &board), VALUE);
    s = (struct tsl_board_settings){ .uri = SG_LIT(URI), .entries = (uint64_t)1 << 60 };
    assert_refused(tsl_board_new(&s, &board), TOO_LARGE);
    s = (struct tsl_board_settings){ .uri = SG_LIT(URI), .ttl_s = -1 };
    assert_refused(tsl_board_new(&s, &board), VALUE);
    assert_null(board);
}

/* Every pair of state and wish. */
static void
test_changes(void **state)
{
    (void)state;
    static const enum sg_code want[3][3] = {
        /* to:     VALID           INVALID SUSPENDED */
        { SG_OK, SG_OK, SG_OK },                 /* VALID */
        { SG_E_CONFLICT, SG_OK, SG_E_CONFLICT }, /* INVALID is final */
        { SG_OK, SG_OK, SG_OK },                 /* SUSPENDED */
    };
    for (uint8_t from = 0; from < 3; from++) {
        for (uint8_t to = 0; to < 3; to++) {
            assert_int_equal(tsl_change_check(2, from, to).code, want[from][to]);
        }
        assert_refused(tsl_change_check(2, from, 3), VALUE);
    }
    assert_refused(tsl_change_check(1, TSL_VALID, TSL_SUSPENDED), UNSUPPORTED);
    assert_ok(tsl_change_check(1, TSL_VALID, TSL_INVALID));
}

static void
test_set_and_get(void **state)
{
    (void)state;
    struct tsl_board *board = board_of(2, 10);
    uint8_t value = 9;
    assert_ok(tsl_board_set(board, 9, TSL_SUSPENDED));
    assert_ok(tsl_board_get(board, 9, &value));
    assert_int_equal(value, TSL_SUSPENDED);
    assert_ok(tsl_board_set(board, 9, TSL_VALID));
    assert_ok(tsl_board_set(board, 9, TSL_INVALID));
    assert_refused(tsl_board_set(board, 9, TSL_VALID), CONFLICT);
    assert_ok(tsl_board_load(board, 9, TSL_VALID)); /* the store knows better */
    /* the last byte has room for two more, which are not ours */
    assert_refused(tsl_board_set(board, 10, TSL_INVALID), NOT_FOUND);
    assert_refused(tsl_board_load(board, 10, TSL_INVALID), NOT_FOUND);
    assert_refused(tsl_board_get(board, 10, &value), NOT_FOUND);
    assert_refused(tsl_board_load(board, 0, 4), VALUE);
    tsl_board_free(&board);
}

static void
test_due_when_new_changed_or_half_old(void **state)
{
    struct sg_arena *arena = *state;
    struct tsl_board *board = board_of(2, 1000);
    sg_bytes payload;
    uint64_t version = 0;
    int64_t now = 1700000000;
    assert_true(tsl_board_due(board, now));
    assert_ok(tsl_board_payload(board, arena, now, &payload, &version));
    assert_true(tsl_board_due(board, now)); /* built is not served */
    tsl_board_signed(board, version, now);
    assert_false(tsl_board_due(board, now));
    assert_false(tsl_board_due(board, now + TSL_BOARD_LIFE_S / 2 - 1));
    assert_true(tsl_board_due(board, now + TSL_BOARD_LIFE_S / 2));
    assert_ok(tsl_board_set(board, 5, TSL_VALID)); /* the same: no change */
    assert_false(tsl_board_due(board, now));
    assert_ok(tsl_board_set(board, 5, TSL_INVALID));
    assert_true(tsl_board_due(board, now));
    tsl_board_free(&board);
}

static void
test_change_while_signing_keeps_it_due(void **state)
{
    struct sg_arena *arena = *state;
    struct tsl_board *board = board_of(2, 1000);
    sg_bytes payload;
    uint64_t version = 0;
    assert_ok(tsl_board_payload(board, arena, 1000, &payload, &version));
    assert_ok(tsl_board_set(board, 5, TSL_INVALID));
    tsl_board_signed(board, version, 1000);
    assert_true(tsl_board_due(board, 1000));
    tsl_board_free(&board);
}

static void
test_payload_reads_back(void **state)
{
    struct sg_arena *arena = *state;
    struct tsl_board *board = board_of(2, 1000);
    sg_bytes payload;
    uint64_t version = 0;
    sg_str header;
    sg_str input;
    sg_str compact;
    struct tsl_token token;
    struct tsl_view view;
    static const uint8_t no_signature[64] = { 1 };
    assert_ok(tsl_board_set(board, 7, TSL_INVALID));
    assert_ok(tsl_board_set(board, 999, TSL_SUSPENDED));
    assert_ok(tsl_board_payload(board, arena, 1700000000, &payload, &version));
    assert_ok(tsl_header_build(arena, JOSE_ES256, SG_LIT("k1"), NULL, 0, &header));
    assert_ok(jws_signing_input(arena, header, payload, &input));
    assert_ok(jws_attach(arena, input, SG_BYTES(no_signature), &compact));
    assert_ok(tsl_token_parse(arena, compact, &token));
    assert_str_is(token.sub, URI);
    assert_str_is(token.jws.kid, "k1");
    assert_int_equal(token.iat, 1700000000);
    assert_int_equal(token.exp, 1700000000 + TSL_BOARD_LIFE_S);
    assert_int_equal(token.ttl, TSL_BOARD_TTL_S);
    assert_ok(tsl_token_list(arena, &token, TSL_RAW_MAX, &view));
    assert_int_equal(tsl_entries(&view), 1000);
    for (uint64_t i = 0; i < 1000; i++) {
        uint8_t value = 9;
        assert_ok(tsl_get(&view, i, &value));
        assert_int_equal(value, i == 7 ? TSL_INVALID : i == 999 ? TSL_SUSPENDED : TSL_VALID);
    }
    tsl_board_free(&board);
}

/* ---- threads: some change, one publishes; the last published state is the last state ---- */

enum { WRITERS = 4, CHANGES = 500 };

struct writer {
    struct tsl_board *board;
    uint64_t from;
};

static void *
write_some(void *arg)
{
    struct writer *w = arg;
    for (uint64_t i = 0; i < CHANGES; i++) {
        if (!sg_ok(
                tsl_board_set(w->board, w->from + i, i % 2 == 0 ? TSL_INVALID : TSL_SUSPENDED))) {
            return w;
        }
    }
    return NULL;
}

static void
test_changes_from_threads_are_all_published(void **state)
{
    (void)state;
    struct sg_arena *arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    struct tsl_board *board = board_of(2, WRITERS * CHANGES);
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    int64_t now = 1000;
    unsigned published = 0;
    for (uint64_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){ board, i * CHANGES };
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, &writers[i]), 0);
    }
    for (unsigned round = 0; round < 50; round++) {
        sg_bytes payload;
        uint64_t version = 0;
        if (tsl_board_due(board, now)) {
            assert_ok(tsl_board_payload(board, arena, now, &payload, &version));
            tsl_board_signed(board, version, now);
            published++;
            sg_arena_reset(arena);
        }
    }
    for (size_t i = 0; i < WRITERS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_true(published >= 1);
    for (uint64_t i = 0; i < (uint64_t)WRITERS * CHANGES; i++) {
        uint8_t value = 0;
        assert_ok(tsl_board_get(board, i, &value));
        assert_int_equal(value, i % 2 == 0 ? TSL_INVALID : TSL_SUSPENDED);
    }
    tsl_board_free(&board);
    sg_arena_free(&arena);
}

#define WITH_ARENA(f) \
    cmocka_unit_test_setup_teardown(f, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_bad_settings_are_refused),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_set_and_get),
        WITH_ARENA(test_due_when_new_changed_or_half_old),
        WITH_ARENA(test_change_while_signing_keeps_it_due),
        WITH_ARENA(test_payload_reads_back),
        cmocka_unit_test(test_changes_from_threads_are_all_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
