/* formats/tlog: signed notes, checkpoints, proofs. The example of C2SP signed-note; own keys by libsodium, another code than the parser's. */
#include "support.h"

#include <sodium.h>

#include "tlog_note.h"

#define ROOT "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="
#define ORIGIN "sealgate.test/log"

struct log {
    struct tlog_vkey key;
    uint8_t secret[64];
};

static struct log
make_log(struct sg_arena *arena, const char *name, uint8_t seed_byte)
{
    struct log log;
    uint8_t seed[32];
    uint8_t public[32];
    sg_str vkey;
    memset(seed, seed_byte, sizeof(seed));
    crypto_sign_seed_keypair(public, log.secret, seed);
    assert_ok(tlog_vkey_format(arena, sg_cstr(name), public, &vkey));
    assert_ok(tlog_vkey_parse(arena, vkey, &log.key));
    return log;
}

/* text signed by log, as a note */
static sg_str
note_of(struct sg_arena *arena, const struct log *log, const char *text)
{
    uint8_t sig[64];
    sg_str note;
    crypto_sign_detached(sig, NULL, (const uint8_t *)text, strlen(text), log->secret);
    assert_ok(tlog_note_attach(arena, sg_cstr(text), &log->key, sig, &note));
    return note;
}

static sg_str
joined(struct sg_arena *arena, sg_str a, const char *b)
{
    sg_str out;
    assert_ok(sg_arena_printf(arena, &out, "%.*s%s", SG_PRINT(a), b));
    return out;
}

static void
test_vkey_of_the_specification(void **state)
{
    struct tlog_vkey key;
    sg_str again;
    const char *text = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    assert_ok(tlog_vkey_parse(*state, sg_cstr(text), &key));
    assert_str_is(key.name, "example.com/foo");
    assert_ok(tlog_vkey_format(*state, key.name, key.key, &again));
    assert_str_is(again, text);

    /* its note, whose text is no checkpoint: the signature alone */
    const char *body = "This is an example message.\n";
    sg_bytes raw;
    assert_ok(sg_b64_decode(*state,
        SG_LIT(
            "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72In"
            "eyaQM="),
        &raw));
    assert_memory_equal(raw.p, key.id, 4);
    assert_int_equal(
        crypto_sign_verify_detached(raw.p + 4, (const uint8_t *)body, strlen(body), key.key), 0);
}

static void
test_vkey_refusals(void **state)
{
    struct tlog_vkey key;
    static const char *const bad[] = { "", "a", "a+b", "a+b+c",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(tlog_vkey_parse(*state, sg_cstr(bad[i]), &key), MALFORMED);
    }
    assert_refused(
        tlog_vkey_parse(*state,
            SG_LIT("example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), &key),
        ALGORITHM);
    uint8_t raw[32] = { 0 };
    sg_str text;
    assert_refused(tlog_vkey_format(*state, SG_LIT("a+b"), raw, &text), VALUE);
    assert_refused(tlog_vkey_format(*state, SG_LIT("a\xE2\x80\x89z"), raw, &text), VALUE);
    assert_refused(tlog_vkey_format(*state, SG_LIT("a\xC2\xA0z"), raw, &text), VALUE);
    assert_refused(tlog_vkey_format(*state, SG_LIT("a\xE3\x80\x80z"), raw, &text), VALUE);
}

static void
test_checkpoint_round_trip(void **state)
{
    struct log log = make_log(*state, ORIGIN, 1);
    struct tlog_checkpoint cp = { .origin = SG_LIT(ORIGIN), .size = 8 };
    struct tlog_checkpoint back;
    sg_str text;
    memset(cp.root.b, 7, 32);
    assert_ok(tlog_checkpoint_text(*state, &cp, &text));
    assert_str_is(text, ORIGIN "\n8\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n");
    sg_str note = note_of(*state, &log, text.p);
    assert_ok(tlog_checkpoint_open(*state, note, &log.key, &back));
    assert_true(back.size == 8);
    assert_str_is(back.origin, ORIGIN);
    assert_memory_equal(back.root.b, cp.root.b, 32);
}

static void
test_checkpoint_texts_that_are_not_strict(void **state)
{
    struct log log = make_log(*state, ORIGIN, 1);
    struct tlog_checkpoint cp;
    static const char *const bad[] = {
        ORIGIN "\n007\n" ROOT "\n",
        ORIGIN "\n-1\n" ROOT "\n",
        ORIGIN "\n+1\n" ROOT "\n",
        ORIGIN "\n\n" ROOT "\n",
        ORIGIN "\n8 \n" ROOT "\n",
        ORIGIN "\n18446744073709551616\n" ROOT "\n",
        ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz-Nw7_RgQyg=\n",
        ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg\n",
        ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyh=\n",
        ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQygA\n", /* 33 bytes */
        ORIGIN "\n8\n",
        ORIGIN "\n",
        "\n8\n" ROOT "\n",
        ORIGIN "\n8\n" ROOT "\n\next\n",
        ORIGIN "\r\n8\r\n" ROOT "\r\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(
            tlog_checkpoint_open(*state, note_of(*state, &log, bad[i]), &log.key, &cp), MALFORMED);
    }
    /* an extension line is no fault, and it is covered */
    sg_str note = note_of(*state, &log, ORIGIN "\n8\n" ROOT "\nextension\n");
    assert_ok(tlog_checkpoint_open(*state, note, &log.key, &cp));
    ((char *)(uintptr_t)note.p)[ORIGIN[0] ? sizeof(ORIGIN) + 2 + 45 : 0] ^= 1;
    assert_refused(tlog_checkpoint_open(*state, note, &log.key, &cp), SIGNATURE);
}

static void
test_notes_that_are_not_strict(void **state)
{
    struct log log = make_log(*state, ORIGIN, 1);
    struct tlog_checkpoint cp;
    sg_str good = note_of(*state, &log, ORIGIN "\n8\n" ROOT "\n");
    assert_ok(tlog_checkpoint_open(*state, good, &log.key, &cp));
    for (size_t cut = 0; cut < good.n; cut++) { /* every truncation, the last LF included */
        assert_false(
            sg_ok(tlog_checkpoint_open(*state, sg_str_slice(good, 0, cut), &log.key, &cp)));
    }
    for (size_t i = 0; i < good.n; i++) { /* every flipped bit */
        for (unsigned bit = 0; bit < 8; bit++) {
            char *copy = sg_arena_alloc(*state, good.n);
            memcpy(copy, good.p, good.n);
            copy[i] = (char)(copy[i] ^ (1 << bit));
            assert_false(
                sg_ok(tlog_checkpoint_open(*state, sg_str_of(copy, good.n), &log.key, &cp)));
        }
    }
    static const char *const tails[] = { "\n", "x", "x\n", "\xE2\x80\x94 a b\n",
        "\xE2\x80\x94 a AAAA\n", "\xE2\x80\x94 a  AAAAAAA=\n", "\xE2\x80\x94 a+b AAAAAAA=\n",
        "\xE2\x80\x94 a AAAAAAA\n", "\xE2\x80\x94 a AAAAAAA= \n", "- a AAAAAAA=\n",
        "\xE2\x80\x94 \xFF AAAAAAA=\n" };
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        assert_refused(
            tlog_checkpoint_open(*state, joined(*state, good, tails[i]), &log.key, &cp), MALFORMED);
    }
}

static void
test_signatures_of_others_are_passed_over_up_to_sixteen(void **state)
{
    struct log log = make_log(*state, ORIGIN, 1);
    struct log other = make_log(*state, "witness.test", 2);
    struct tlog_checkpoint cp;
    sg_str note = note_of(*state, &log, ORIGIN "\n8\n" ROOT "\n");
    for (unsigned i = 0; i < 15; i++) {
        note = joined(*state, note, "\xE2\x80\x94 witness.test AAAAAAA=\n");
    }
    assert_ok(tlog_checkpoint_open(*state, note, &log.key, &cp));
    assert_refused(tlog_checkpoint_open(*state, note, &other.key, &cp), SIGNATURE);
    note = joined(*state, note, "\xE2\x80\x94 witness.test AAAAAAA=\n");
    assert_refused(tlog_checkpoint_open(*state, note, &log.key, &cp), MALFORMED);
}

static void
test_known_key_with_a_wrong_signature_rejects_the_whole_note(void **state)
{
    struct log log = make_log(*state, ORIGIN, 1);
    struct tlog_checkpoint cp;
    uint8_t raw[68] = { 0 };
    sg_str line;
    sg_str note = note_of(*state, &log, ORIGIN "\n8\n" ROOT "\n");
    memcpy(raw, log.key.id, 4);
    assert_ok(sg_b64_encode(*state, SG_BYTES(raw), &line));
    note = joined(*state, note, "\xE2\x80\x94 " ORIGIN " ");
    note = joined(*state, note, line.p);
    note = joined(*state, note, "\n");
    assert_refused(tlog_checkpoint_open(*state, note, &log.key, &cp), SIGNATURE);
}

static void
test_key_id_collision_is_told_apart_by_name(void **state)
{
    struct log log = make_log(*state, ORIGIN, 1);
    struct log twin = make_log(*state, "other.test", 3);
    struct tlog_checkpoint cp;
    memcpy(twin.key.id, log.key.id, 4); /* same id, another name: not ours, and no failure */
    sg_str note = note_of(*state, &twin, ORIGIN "\n8\n" ROOT "\n");
    assert_refused(tlog_checkpoint_open(*state, note, &log.key, &cp), SIGNATURE);
    sg_str ours = note_of(*state, &log, ORIGIN "\n8\n" ROOT "\n");
    note = joined(*state, ours, note.p + strlen(ORIGIN "\n8\n" ROOT "\n") + 1);
    assert_ok(tlog_checkpoint_open(*state, note, &log.key, &cp));
}

static void
test_another_origin_under_our_key_is_refused(void **state)
{
    struct log log = make_log(*state, ORIGIN, 1);
    struct tlog_checkpoint cp;
    sg_str note = note_of(*state, &log, "sealgate.test/other\n8\n" ROOT "\n");
    assert_refused(tlog_checkpoint_open(*state, note, &log.key, &cp), SIGNATURE);
}

static void
test_proof_round_trip_and_refusals(void **state)
{
    struct log log = make_log(*state, ORIGIN, 1);
    struct tlog_proof proof = { .index = 5, .n_path = 3 };
    struct tlog_proof back;
    sg_str text;
    proof.checkpoint = note_of(*state, &log, ORIGIN "\n8\n" ROOT "\n");
    memset(proof.path, 9, sizeof(proof.path));
    assert_ok(tlog_proof_write(*state, &proof, &text));
    assert_true(sg_str_starts(text, "c2sp.org/tlog-proof@v1\nindex 5\nCQkJ"));
    assert_ok(tlog_proof_parse(*state, text, &back));
    assert_true(back.index == 5 && back.n_path == 3);
    assert_memory_equal(back.path, proof.path, sizeof(proof.path[0]) * 3);
    assert_true(sg_str_equal(back.checkpoint, proof.checkpoint));

    assert_ok(tlog_proof_parse(
        *state, SG_LIT("c2sp.org/tlog-proof@v1\nextra aGk=\nindex 0\n\n" ORIGIN "\n"), &back));
    assert_int_equal(back.n_path, 0); /* a tree of one leaf */
    static const char *const bad[] = { "", "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nx\n", "c2sp.org/tlog-proof@v1\nindex 00\n\nx\n",
        "c2sp.org/tlog-proof@v1\nindex -1\n\nx\n", "c2sp.org/tlog-proof@v1\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" ROOT "\n",
        "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\nx\n",
        "c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\nx\r\n" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(tlog_proof_parse(*state, sg_cstr(bad[i]), &back), MALFORMED);
    }
    proof.n_path = 63;
    assert_ok(tlog_proof_write(*state, &proof, &text));
    assert_ok(tlog_proof_parse(*state, text, &back));
    proof.n_path = 64;
    assert_refused(tlog_proof_write(*state, &proof, &text), VALUE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vkey_of_the_specification),
        cmocka_unit_test(test_vkey_refusals),
        cmocka_unit_test(test_checkpoint_round_trip),
        cmocka_unit_test(test_checkpoint_texts_that_are_not_strict),
        cmocka_unit_test(test_notes_that_are_not_strict),
        cmocka_unit_test(test_signatures_of_others_are_passed_over_up_to_sixteen),
        cmocka_unit_test(test_known_key_with_a_wrong_signature_rejects_the_whole_note),
        cmocka_unit_test(test_key_id_collision_is_told_apart_by_name),
        cmocka_unit_test(test_another_origin_under_our_key_is_refused),
        cmocka_unit_test(test_proof_round_trip_and_refusals),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
