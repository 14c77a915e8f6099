/* The two halves of a record about a gesture: what is shown, what is closed, and the commitment between them. req: EV-2 EV-4 */
#include "wire_closed.h"

#include "wire_fill.h"

static struct wire_intent intent;
static struct wire_consent consent;
static struct wire_refusal refusal;
static uint8_t salt[32];
static sg_bytes body;
static sg_bytes closed;

static sg_bytes
filled(struct sg_arena *arena, int byte, size_t n)
{
    uint8_t *p = sg_arena_alloc(arena, n);
    memset(p, byte, n);
    return sg_bytes_of(p, n);
}

/* A consent with everything in it that a gesture's has. */
static void
make(struct sg_arena *arena)
{
    intent = (struct wire_intent){ .operation = WIRE_OP_PRESENT,
        .key = filled(arena, 1, 32),
        .alg = 1,
        .dtbs = { { WIRE_PREHASH, filled(arena, 2, 32) } },
        .n_dtbs = 1,
        .text_hash = filled(arena, 3, 32),
        .audience = filled(arena, 4, 32),
        .nonce = filled(arena, 5, 32),
        .requester = SG_LIT("wallet-of-erika"),
        .configuration = SG_LIT("badge"),
        .format = SG_LIT("vp_token"),
        .created_at = 10,
        .expires_at = 20,
        .unique = filled(arena, 6, 16) };
    consent = (struct wire_consent){ .activation = WIRE_ACT_PASSKEY,
        .level = 2,
        .at_ms = 12000,
        .key_seq = 77,
        .software = SG_LIT("sealgate"),
        .spki = filled(arena, 7, 91),
        .gesture = { .nonce = filled(arena, 8, 32),
            .spki = filled(arena, 9, 91),
            .passkey_hash = filled(arena, 10, 32),
            .passkey_seq = 12,
            .client_data = filled(arena, 'c', 100),
            .authenticator_data = filled(arena, 'a', 37),
            .assertion = filled(arena, 's', 71),
            .origin = SG_LIT("https://sealgate.test"),
            .rp_id = SG_LIT("sealgate.test") },
        .which = 1 };
    assert_ok(wire_intent_encode(arena, &intent, &consent.intent));
    refusal = (struct wire_refusal){ .intent = consent.intent,
        .code = 302,
        .gate = SG_LIT("status"),
        .at_ms = 12000,
        .passkey_hash = filled(arena, 10, 32) };
    memset(salt, 0x5a, sizeof(salt));
}

static bool
has(sg_bytes where, sg_bytes what)
{
    return memmem(where.p, where.n, what.p, what.n) != NULL;
}

static void
test_both_halves_are_the_consent_that_was_closed(void **state)
{
    static struct wire_consent back;
    make(*state);
    assert_ok(wire_consent_close(*state, &consent, salt, &body, &closed));
    assert_ok(wire_consent_parse(body, &back));
    assert_int_equal(back.gesture.nonce.n, 0);
    assert_int_equal(back.key_seq, 0);
    assert_false(back.opened);
    assert_ok(wire_consent_open(*state, SG_BYTES(salt), closed, &back));
    assert_true(back.opened);
    assert_true(sg_bytes_equal(back.intent, consent.intent));
    assert_int_equal(back.key_seq, 77);
    assert_true(sg_bytes_equal(back.gesture.assertion, consent.gesture.assertion));
    assert_true(sg_bytes_equal(back.gesture.spki, consent.gesture.spki));
    assert_int_equal(back.gesture.passkey_seq, 12);
}

/* Not in the body, nor as a hash that could be tried out: intent id, hash of client or passkey, challenge. */
static void
test_nothing_that_tells_the_person_is_in_the_body(void **state)
{
    uint8_t id[32];
    uint8_t challenge[32];
    uint8_t client[32];
    make(*state);
    assert_ok(wire_consent_close(*state, &consent, salt, &body, &closed));
    wire_intent_id(consent.intent, id);
    wire_challenge(id, consent.gesture.nonce.p, challenge);
    sg_sha256(sg_str_bytes(intent.requester), client);
    const sg_bytes secret[] = { intent.text_hash, intent.unique, sg_str_bytes(intent.requester),
        sg_str_bytes(intent.configuration), consent.gesture.nonce, consent.gesture.spki,
        consent.gesture.passkey_hash, consent.gesture.client_data,
        consent.gesture.authenticator_data, consent.gesture.assertion,
        sg_str_bytes(consent.gesture.rp_id), SG_BYTES(id), SG_BYTES(challenge), SG_BYTES(client),
        SG_BYTES(salt) };
    for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
        if (has(body, secret[i])) {
            fail_msg("secret %zu is in the body", i);
        }
    }
    /* what it answers for is */
    assert_true(has(body, intent.dtbs[0].digest) && has(body, consent.spki));
    assert_true(has(body, intent.audience) && has(body, intent.nonce));
}

/* Computed with another program: SHA-256("sealgate/commit/record/v1" 00 salt closed). */
static void
test_the_commitment(void **state)
{
    static struct wire_closed in = { .requester = SG_LIT("w"), .key_seq = 1 };
    uint8_t hash[32];
    sg_bytes bytes;
    in.unique = filled(*state, 6, 16);
    memset(salt, 0x5a, sizeof(salt));
    assert_ok(wire_closed_encode(*state, &in, &bytes));
    assert_true(sg_bytes_equal(
        bytes, support_hex(*state, "a5010102617703600550060606060606060606060606060606060601")));
    wire_commitment(WIRE_CLOSED_FIELD, salt, bytes, hash);
    assert_true(sg_bytes_equal(SG_BYTES(hash),
        support_hex(*state, "e073b1c44bf46ae4b0081c8112d2c463ab25a3b08be606a8eb94560a96748f31")));
}

static void
test_another_opening_is_refused(void **state)
{
    static struct wire_consent back;
    make(*state);
    assert_ok(wire_consent_close(*state, &consent, salt, &body, &closed));
    assert_ok(wire_consent_parse(body, &back));
    for (size_t i = 0; i < 32; i++) {
        salt[i] ^= 1;
        assert_refused(wire_consent_open(*state, SG_BYTES(salt), closed, &back), DIGEST);
        salt[i] ^= 1;
    }
    uint8_t *other = sg_arena_alloc(*state, closed.n);
    for (size_t i = 0; i < closed.n; i++) {
        memcpy(other, closed.p, closed.n);
        other[i] ^= 1;
        assert_refused(
            wire_consent_open(*state, SG_BYTES(salt), sg_bytes_of(other, closed.n), &back), DIGEST);
    }
    assert_refused(wire_consent_open(*state, SG_NO_BYTES, closed, &back), DIGEST);
    assert_refused(wire_consent_open(*state, sg_bytes_of(salt, 31), closed, &back), DIGEST);
    assert_false(back.opened);
    assert_true(sg_bytes_equal(back.intent, back.shown));
}

/* The signer's own key could sign anything; what it commits to must still be of the one form. */
static void
test_a_commitment_to_something_else_is_refused(void **state)
{
    static struct wire_consent back;
    static struct wire_consent forged;
    struct wire_closed in = { .requester = SG_LIT("w") };
    uint8_t hash[32];
    make(*state);
    in.unique = intent.unique;
    in.passkey_hash = consent.gesture.passkey_hash; /* a refusal's */
    sg_bytes refusals;
    assert_ok(wire_closed_encode(*state, &in, &refusals));
    in.passkey_hash = SG_NO_BYTES;
    sg_bytes fine;
    assert_ok(wire_closed_encode(*state, &in, &fine));
    const struct {
        sg_bytes intent;
        sg_bytes closed;
        bool opens;
    } rows[] = {
        { consent.intent, fine, false }, /* a half that says what is closed */
        { SG_NO_BYTES, refusals, false },
        { SG_NO_BYTES, filled(*state, 0, 3), false },
        { SG_NO_BYTES, fine, true },
    };
    assert_ok(wire_consent_close(*state, &consent, salt, &body, &closed));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_ok(wire_consent_parse(body, &forged));
        forged.intent = rows[i].intent.n > 0 ? rows[i].intent : forged.intent;
        wire_commitment(WIRE_CLOSED_FIELD, salt, rows[i].closed, hash);
        forged.closed = SG_BYTES(hash);
        sg_bytes bytes;
        assert_ok(wire_consent_encode(*state, &forged, &bytes));
        assert_ok(wire_consent_parse(bytes, &back));
        sg_result r = wire_consent_open(*state, SG_BYTES(salt), rows[i].closed, &back);
        assert_int_equal(r.code, rows[i].opens ? SG_OK : SG_E_MALFORMED);
    }
}

/* One person's two records: with a salt each they have nothing in common that tells. */
static void
test_a_salt_is_for_one_record(void **state)
{
    static struct wire_consent a;
    static struct wire_consent b;
    sg_bytes second;
    sg_bytes again;
    make(*state);
    assert_ok(wire_consent_close(*state, &consent, salt, &body, &closed));
    salt[31] ^= 1;
    assert_ok(wire_consent_close(*state, &consent, salt, &second, &again));
    assert_true(sg_bytes_equal(closed, again));
    assert_ok(wire_consent_parse(body, &a));
    assert_ok(wire_consent_parse(second, &b));
    assert_false(sg_bytes_equal(a.closed, b.closed));
}

static void
test_a_refusal_likewise(void **state)
{
    static struct wire_refusal back;
    make(*state);
    assert_ok(wire_refusal_close(*state, &refusal, salt, &body, &closed));
    assert_false(has(body, refusal.passkey_hash) || has(body, sg_str_bytes(intent.requester)));
    assert_ok(wire_refusal_parse(body, &back));
    assert_int_equal(back.passkey_hash.n, 0);
    sg_bytes shown = back.intent;
    assert_refused(wire_refusal_open(*state, sg_bytes_of(salt, 31), closed, &back), DIGEST);
    assert_true(sg_bytes_equal(shown, back.intent));
    assert_ok(wire_refusal_open(*state, SG_BYTES(salt), closed, &back));
    assert_true(sg_bytes_equal(back.intent, refusal.intent));
    assert_true(sg_bytes_equal(back.passkey_hash, refusal.passkey_hash));
    /* a consent's closed part opens no refusal */
    sg_bytes consents;
    assert_ok(wire_consent_close(*state, &consent, salt, &body, &consents));
    static struct wire_consent parsed;
    assert_ok(wire_consent_parse(body, &parsed));
    assert_ok(wire_refusal_close(*state, &refusal, salt, &body, &closed));
    assert_ok(wire_refusal_parse(body, &back));
    back.closed = parsed.closed;
    assert_refused(wire_refusal_open(*state, SG_BYTES(salt), consents, &back), MALFORMED);
}

/* consent-record checklist 9: of the old version by the new reader, and of a later one by nobody. */
static void
test_versions(void **state)
{
    static struct wire_consent back;
    static struct wire_refusal refused;
    make(*state);
    assert_ok(wire_consent_encode(*state, &consent, &body));
    assert_ok(wire_consent_parse(body, &back));
    assert_int_equal(body.p[2], 1); /* map, key 1, version */
    assert_true(sg_bytes_equal(back.gesture.assertion, consent.gesture.assertion));
    assert_int_equal(back.closed.n, 0);
    assert_refused(wire_consent_open(*state, SG_BYTES(salt), body, &back), DIGEST);
    assert_ok(wire_refusal_encode(*state, &refusal, &body));
    assert_ok(wire_refusal_parse(body, &refused));
    assert_ok(wire_consent_close(*state, &consent, salt, &body, &closed));
    assert_int_equal(body.p[2], 2);
    uint8_t *third = sg_arena_alloc(*state, body.n);
    memcpy(third, body.p, body.n);
    for (int version = 0; version < 24; version++) { /* the layout of 2 under no other number */
        third[2] = (uint8_t)version;
        sg_result r = wire_consent_parse(sg_bytes_of(third, body.n), &back);
        assert_int_equal(r.code, version == 2 ? SG_OK : SG_E_MALFORMED);
    }
    assert_ok(wire_refusal_close(*state, &refusal, salt, &body, &closed));
    assert_refused(wire_consent_parse(body, &back), MALFORMED);
}

static void
test_what_is_too_long_is_not_closed(void **state)
{
    make(*state);
    consent.gesture.client_data = filled(*state, 'c', WIRE_CLIENT_DATA_MAX);
    consent.gesture.authenticator_data = filled(*state, 'a', WIRE_AUTH_DATA_MAX);
    consent.gesture.assertion = filled(*state, 's', WIRE_SIG_MAX);
    consent.gesture.spki = filled(*state, 'k', WIRE_SPKI_MAX);
    assert_ok(
        wire_consent_close(*state, &consent, salt, &body, &closed)); /* the largest there is */
    consent.gesture.client_data = filled(*state, 'c', WIRE_CLIENT_DATA_MAX + 1);
    assert_refused(wire_consent_close(*state, &consent, salt, &body, &closed), TOO_LARGE);
    make(*state);
    consent.intent = filled(*state, 0, 12);
    assert_refused(wire_consent_close(*state, &consent, salt, &body, &closed), MALFORMED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_halves_are_the_consent_that_was_closed),
        cmocka_unit_test(test_nothing_that_tells_the_person_is_in_the_body),
        cmocka_unit_test(test_the_commitment),
        cmocka_unit_test(test_another_opening_is_refused),
        cmocka_unit_test(test_a_commitment_to_something_else_is_refused),
        cmocka_unit_test(test_a_salt_is_for_one_record),
        cmocka_unit_test(test_a_refusal_likewise),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_what_is_too_long_is_not_closed),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
