/* One board, all forms of a version: what the token says and what the Bitstring lists say is the same (req: STA-1). */
#include "support.h"
#include "tsl_board.h"

#define URI "https://issuer.example/status/1"

static struct tsl_board *
board_of(unsigned bits)
{
    struct tsl_board *board = NULL;
    struct tsl_board_settings s = {
        .uri = SG_LIT(URI), .bits = bits, .entries = 4096, .ttl_s = 60, .life_s = 3600
    };
    assert_ok(tsl_board_new(&s, &board));
    return board;
}

static void
read_back(struct sg_arena *arena, const struct tsl_payload *snapshot, enum bsl_purpose purpose,
    unsigned size, struct bsl_list *list, struct bsl_view *view)
{
    sg_bytes text;
    const struct sjson *v = NULL;
    assert_ok(tsl_board_credential(
        arena, snapshot, purpose, SG_LIT("https://issuer.example"), NULL, &text));
    assert_ok(sjson_parse_object(arena, sg_bytes_str(text), NULL, &v));
    assert_ok(bsl_list_parse(v, list));
    assert_true(bsl_list_has_purpose(list, bsl_purpose_text(purpose)));
    assert_int_equal(list->valid_from, snapshot->iat);
    assert_int_equal(list->valid_until, snapshot->exp);
    assert_int_equal(list->ttl_ms, snapshot->ttl * 1000);
    assert_ok(bsl_list_bits(arena, list, size, TSL_RAW_MAX, view));
}

static void
test_every_form_says_the_same(void **state)
{
    (void)state;
    struct sg_arena *arena = sg_arena_new(0, (size_t)32 * 1024 * 1024);
    struct tsl_board *board = board_of(2);
    struct tsl_payload snapshot;
    struct bsl_list list;
    struct bsl_view revocation, suspension, message;
    uint64_t version = 0;
    assert_ok(tsl_board_set(board, 7, TSL_INVALID));
    assert_ok(tsl_board_set(board, 4095, TSL_SUSPENDED));
    assert_ok(tsl_board_snapshot(board, arena, 1700000000, &snapshot, &version));
    read_back(arena, &snapshot, BSL_REVOCATION, 1, &list, &revocation);
    assert_str_is(list.id, URI "/revocation");
    read_back(arena, &snapshot, BSL_SUSPENSION, 1, &list, &suspension);
    assert_str_is(list.id, URI "/suspension");
    read_back(arena, &snapshot, BSL_MESSAGE, 2, &list, &message);
    assert_str_is(list.id, URI "/message");
    assert_str_is(bsl_message_find(list.messages, TSL_SUSPENDED), "suspended");
    for (uint64_t idx = 0; idx < 4096; idx++) {
        uint8_t want = 0, r = 9, s = 9, m = 9;
        assert_ok(tsl_get(&snapshot.list, idx, &want));
        assert_ok(bsl_get(&revocation, idx, &r));
        assert_ok(bsl_get(&suspension, idx, &s));
        assert_ok(bsl_get(&message, idx, &m));
        assert_int_equal(r, want == TSL_INVALID);
        assert_int_equal(s, want == TSL_SUSPENDED);
        assert_int_equal(m, want);
    }
    assert_int_equal(bsl_entries(&revocation), BSL_ENTRIES_MIN); /* filled up */

    /* a later change is another version; the snapshot stays what it was */
    uint8_t value = 9;
    assert_ok(tsl_board_set(board, 8, TSL_INVALID));
    assert_ok(tsl_get(&snapshot.list, 8, &value));
    assert_int_equal(value, TSL_VALID);
    tsl_board_signed(board, version, snapshot.iat);
    assert_true(tsl_board_due(board, snapshot.iat));
    tsl_board_free(&board);
    sg_arena_free(&arena);
}

static void
test_packed_bits_are_kept(void **state)
{
    (void)state;
    struct sg_arena *arena = sg_arena_new(0, (size_t)32 * 1024 * 1024);
    struct tsl_board *board = board_of(2);
    struct tsl_payload snapshot;
    struct tsl_kept kept = { 0 };
    uint64_t version = 0;
    sg_bytes first, second, fresh;
    assert_ok(tsl_board_set(board, 7, TSL_INVALID));
    assert_ok(tsl_board_snapshot(board, arena, 1700000000, &snapshot, &version));
    assert_ok(tsl_board_credential(arena, &snapshot, BSL_REVOCATION, SG_LIT("u:a"), &kept, &first));
    const char *packed = kept.encoded.p;
    assert_ok(
        tsl_board_credential(arena, &snapshot, BSL_REVOCATION, SG_LIT("u:b"), &kept, &second));
    assert_ptr_equal(kept.encoded.p, packed);
    assert_ok(tsl_board_credential(arena, &snapshot, BSL_REVOCATION, SG_LIT("u:b"), NULL, &fresh));
    assert_true(sg_bytes_equal(second, fresh));
    assert_false(sg_bytes_equal(first, second)); /* another issuer */
    tsl_board_free(&board);
    sg_arena_free(&arena);
}

static void
test_one_bit_and_eight_bits(void **state)
{
    (void)state;
    struct sg_arena *arena = sg_arena_new(0, (size_t)32 * 1024 * 1024);
    struct tsl_payload snapshot;
    struct bsl_list list;
    struct bsl_view view;
    uint64_t version = 0;
    sg_bytes text;
    struct tsl_board *one = board_of(1);
    assert_ok(tsl_board_set(one, 3, TSL_INVALID));
    assert_ok(tsl_board_snapshot(one, arena, 1700000000, &snapshot, &version));
    read_back(arena, &snapshot, BSL_REVOCATION, 1, &list, &view);
    assert_int_equal(view.raw.p[0], 0x10);
    read_back(arena, &snapshot, BSL_MESSAGE, 1, &list, &view);
    assert_int_equal(list.messages->n, 2);
    tsl_board_free(&one);

    struct tsl_board *eight = board_of(8);
    assert_ok(tsl_board_snapshot(eight, arena, 1700000000, &snapshot, &version));
    read_back(arena, &snapshot, BSL_SUSPENSION, 1, &list, &view);
    assert_refused(tsl_board_credential(arena, &snapshot, BSL_MESSAGE, SG_LIT("u:i"), NULL, &text),
        UNSUPPORTED);
    assert_refused(tsl_board_credential(arena, &snapshot, BSL_REFRESH, SG_LIT("u:i"), NULL, &text),
        UNSUPPORTED);
    tsl_board_free(&eight);
    sg_arena_free(&arena);
}

static void
test_credential_carries_both_entries(void **state)
{
    struct sg_arena *arena = *state;
    struct bsl_entry entries[BSL_ENTRIES_MAX];
    struct sg_buf buf = sg_buf_new(arena, 512, 8192);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *v = NULL;
    sg_str text;
    size_t n = 0;
    sjson_wr_object(&wr);
    tsl_board_entries_write(&wr, SG_LIT(URI), 412);
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_ok(sjson_parse_object(arena, text, NULL, &v));
    assert_ok(bsl_entries_parse(v, entries, &n));
    assert_int_equal(n, 2);
    assert_int_equal(entries[0].purpose, BSL_REVOCATION);
    assert_str_is(entries[0].list, URI "/revocation");
    assert_str_is(entries[0].id, URI "/revocation#412");
    assert_int_equal(entries[1].purpose, BSL_SUSPENSION);
    assert_str_is(entries[1].list, URI "/suspension");
    assert_int_equal(entries[1].index, 412);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_says_the_same),
        cmocka_unit_test(test_packed_bits_are_kept),
        cmocka_unit_test(test_one_bit_and_eight_bits),
        cmocka_unit_test_setup_teardown(
            test_credential_carries_both_entries, support_arena_setup, support_arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
