/*
 * Signatures that a person's gesture allows, over a real signer; the test is a gateway in enemy hands. Every row of the sole-control checklist's section 7 and the
 * negative ones of the WebAuthn checklist's section 10 that concern assertions. req: AU-3 AU-4 SIG-1 SIG-2 SIG-3 SIG-5 SIG-8
 */
#include "gesture_bed.h"

/* ---- what is approved is signed -------------------------------------------------------------------------------- */

static void
test_a_gesture_signs_and_leaves_all_that_proves_it(void **state)
{
    (void)state;
    struct rig_counts before = rig_counts(&rig);
    struct wire_intent intent = rig_present(&rig, anna, 1);
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    intent.refs[intent.n_refs++] = a_ref(7);
    assert_ok(rig_open(&rig, anna, &intent, &opened));
    assert_int_equal(opened.n_passkeys, 2); /* the signing ones, not the login one */
    assert_int_equal(opened.expires_at, intent.expires_at);
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &opened, &ask, 1);
    assert_ok(rig_sign(&rig, &sign, &reply));
    rig_verify_signatures(anna, &intent, 1, &reply);
    assert_left(before, 1, 1, 0, 0);
    const struct wire_consent *rec = consent_of(reply.consent_seq);
    uint8_t hash[32], challenge[32], id[32];
    sg_sha256(SG_BYTES(anna->sign.id), hash);
    assert_int_equal(rec->activation, WIRE_ACT_PASSKEY);
    assert_int_equal(rec->which, 1);
    assert_int_equal(rec->level, anna->level);
    assert_int_equal(rec->n_seen, 1);
    assert_true(sg_bytes_equal(rec->gesture.passkey_hash, SG_BYTES(hash)));
    assert_true(sg_bytes_equal(rec->gesture.assertion, sign.assertion));
    assert_str_is(rec->gesture.origin, RIG_ORIGIN);
    assert_str_is(rec->gesture.rp_id, RIG_RP);
    assert_false(rec->gesture.counter_fault);
    assert_true(sg_bytes_equal(rec->spki, key_public_spki(anna->keys[0].public)));
    /* whoever has the record can check the gesture again: challenge from intent and nonce */
    wire_intent_id(rec->intent, id);
    wire_challenge(id, rec->gesture.nonce.p, challenge);
    assert_true(sg_bytes_equal(ask.challenge, SG_BYTES(challenge)));
}

static void
test_several_keys_of_one_person_in_one_gesture(void **state)
{
    (void)state;
    struct wire_intent intent = rig_present(&rig, anna, 3);
    struct wire_sign_reply reply;
    /* four DTBS/R, two keys in turn */
    static const uint8_t key_of[] = { 0, 1, 1, 0 };
    for (size_t i = 2; i < 4; i++) {
        intent.dtbs[i] = rig_present(&rig, anna, 1).dtbs[0];
    }
    intent.n_dtbs = 4;
    intent.key_of = SG_BYTES(key_of);
    assert_ok(rig_approve_all(&rig, anna, &intent, &reply));
    assert_int_equal(reply.n_signatures, 4);
    const struct wire_consent *rec = consent_of(reply.consent_seq);
    assert_int_equal(rec->n_more_spki, 1);
    assert_true(sg_bytes_equal(rec->more_spki[0], key_public_spki(anna->keys[1].public)));
}

static void
test_64_signatures_in_one_gesture(void **state)
{
    (void)state;
    struct wire_intent intent = rig_present(&rig, anna, 1);
    struct wire_sign_reply reply;
    for (size_t i = 1; i < WIRE_DTBS_MAX; i++) {
        intent.dtbs[i] = rig_present(&rig, anna, 1).dtbs[0];
    }
    intent.n_dtbs = WIRE_DTBS_MAX;
    assert_ok(rig_approve_all(&rig, anna, &intent, &reply));
    assert_int_equal(reply.n_signatures, WIRE_DTBS_MAX);
}

/* EdDSA and ECDSA in one intent: the message travels beside it, and only the one whose hash was approved is signed. */
static void
test_a_message_is_signed_only_if_it_was_approved(void **state)
{
    (void)state;
    struct wire_intent intent = rig_present(&rig, anna, 5);
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    struct rig_counts before = rig_counts(&rig);
    uint8_t digest[64];
    sg_bytes message = SG_BYTES("the bytes that were approved");
    sg_hash(SG_SHA512, message, digest);
    intent.dtbs[1].digest = SG_BYTES(digest);
    assert_ok(rig_open(&rig, anna, &intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &opened, &ask, 3);
    assert_refused(rig_sign(&rig, &sign, &reply), DIGEST);
    sign.messages[0] = SG_BYTES("other bytes");
    sign.n_messages = 1;
    assert_refused(rig_sign(&rig, &sign, &reply), DIGEST);
    sign.messages[0] = message;
    sign.messages[1] = message;
    sign.n_messages = 2;
    assert_refused(rig_sign(&rig, &sign, &reply), DIGEST);
    assert_left(before, 0, 0, 0, 0);
    sign.n_messages = 1;
    assert_ok(rig_sign(&rig, &sign, &reply));
    assert_int_equal(reply.n_signatures, 2);
    assert_ok(key_public_verify(anna->keys[0].public, intent.dtbs[0].digest, reply.signatures[0]));
    assert_ok(key_public_verify(anna->keys[2].public, message, reply.signatures[1]));
}

/* One gesture, the DTBS/R asked for in parts: each part once, each with its own record. */
static void
test_later_signs_spend_what_is_left(void **state)
{
    (void)state;
    struct wire_intent intent = rig_present(&rig, anna, 3);
    struct wire_intent_open_reply opened;
    struct wire_sign_reply first, later;
    intent.dtbs[2] = rig_present(&rig, anna, 1).dtbs[0];
    static const uint8_t key_of[] = { 0, 1, 0 };
    intent.n_dtbs = 3;
    intent.key_of = SG_BYTES(key_of);
    assert_ok(rig_open(&rig, anna, &intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &opened, &ask, 2);
    struct wire_sign bare = { .intent_id = opened.intent_id, .which = 1 };
    assert_refused(rig_sign(&rig, &bare, &later), ACTIVATION); /* before any gesture */
    assert_ok(rig_sign(&rig, &sign, &first));
    rig_verify_signatures(anna, &intent, 2, &first);
    bare.which = 3; /* one of them is spent */
    assert_refused(rig_sign(&rig, &bare, &later), INTENT_SPENT);
    bare.which = 8; /* not one of the intent's */
    assert_refused(rig_sign(&rig, &bare, &later), DIGEST);
    bare.which = 5;
    assert_ok(rig_sign(&rig, &bare, &later));
    rig_verify_signatures(anna, &intent, 5, &later);
    const struct wire_consent *rec = consent_of(later.consent_seq);
    assert_int_equal(rec->first_seq, first.consent_seq);
    assert_int_equal(rec->which, 5);
    assert_int_equal(rec->gesture.assertion.n, 0);
    assert_refused(rig_sign(&rig, &bare, &later), INTENT_SPENT);
    sign.which = 1; /* the assertion once more */
    assert_refused(rig_sign(&rig, &sign, &later), INTENT_SPENT);
}

static void
test_key_proofs_are_signed_and_nothing_else_with_holder_keys(void **state)
{
    (void)state;
    struct wire_intent intent = rig_present(&rig, anna, 3);
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    struct wire_seal_reply sealed;
    intent.operation = WIRE_OP_KEY_PROOF;
    assert_ok(rig_approve_all(&rig, anna, &intent, &reply));
    static const uint64_t others[] = { WIRE_OP_SEAL_CREDENTIAL, WIRE_OP_STATUS_LIST,
        WIRE_OP_METADATA };
    for (size_t i = 0; i < 3; i++) {
        intent = rig_present(&rig, anna, 1);
        intent.operation = others[i];
        assert_refused(rig_open(&rig, anna, &intent, &opened), KEY_USE);
    }
    /* and not by a mandate */
    intent = rig_intent(&rig, anna->keys[0].key, WIRE_OP_SEAL_CREDENTIAL);
    struct wire_seal seal = rig_seal_of(&rig, &intent, rig.mandate);
    assert_refused(rig_seal(&rig, &seal, &sealed), NOT_FOUND);
}

/* ---- what INTENT_OPEN refuses ----------------------------------------------------------------------------------- */

static void
test_an_intent_that_nobody_could_approve_is_not_opened(void **state)
{
    (void)state;
    struct wire_intent_open_reply opened;
    struct rig_counts before = rig_counts(&rig);
    static const uint8_t nobody[16] = { 1 };
    sg_bytes encoded;
    struct wire_intent good = rig_present(&rig, anna, 1);
    assert_ok(wire_intent_encode(rig.arena, &good, &encoded));
    assert_refused(rig_open_bytes(&rig, SG_BYTES(nobody), encoded, &opened), NOT_FOUND);
    assert_refused(rig_open(&rig, &p[BERT], &good, &opened), NOT_FOUND); /* Anna's key */
    struct wire_intent bad = rig_present(&rig, &p[EMIL], 1);
    assert_refused(rig_open(&rig, &p[EMIL], &bad, &opened), POLICY); /* locked */
    bad = good;
    bad.key = SG_BYTES(rig.seal_key);
    assert_refused(rig_open(&rig, anna, &bad, &opened), NOT_FOUND);
    bad = good;
    bad.text_hash = SG_NO_BYTES;
    assert_refused(rig_open(&rig, anna, &bad, &opened), INTENT);
    bad = good;
    bad.alg = KEY_ES384;
    assert_refused(rig_open(&rig, anna, &bad, &opened), DIGEST);
    bad = good;
    bad.dtbs[0].digest = sg_bytes_of((const uint8_t[48]){ 1 }, 48);
    assert_refused(rig_open(&rig, anna, &bad, &opened), DIGEST);
    bad = good;
    bad.dtbs[0] =
        (struct wire_dtbs){ WIRE_MESSAGE_KIND, sg_bytes_of((const uint8_t[64]){ 1 }, 64) };
    assert_refused(rig_open(&rig, anna, &bad, &opened), DIGEST);
    bad = good;
    bad.created_at -= 500;
    bad.expires_at -= 500;
    assert_refused(rig_open(&rig, anna, &bad, &opened), INTENT_EXPIRED);
    bad = good;
    bad.expires_at = bad.created_at + 601;
    assert_refused(rig_open(&rig, anna, &bad, &opened), INTENT);
    bad = good;
    bad.created_at += 60;
    assert_refused(rig_open(&rig, anna, &bad, &opened), INTENT);
    bad = rig_present(&rig, anna, 3); /* somebody else's among several */
    bad.more_keys[0] = (struct wire_more_key){ SG_BYTES(p[BERT].keys[0].key), KEY_ES256 };
    assert_refused(rig_open(&rig, anna, &bad, &opened), NOT_FOUND);
    /* no DTBS/R, and 65: not an intent at all; by hand, since our encoder makes neither */
    sg_bytes copy;
    assert_ok(sg_arena_bytes(rig.arena, encoded, &copy));
    uint8_t *head = memmem(copy.p, copy.n, "\x04\x81\x82\x01\x58\x20", 6);
    assert_non_null(head);
    head[1] = 0x80;
    assert_refused(rig_open_bytes(&rig, SG_BYTES(anna->id), copy, &opened), MALFORMED);
    assert_left(before, 0, 0, 0, 0);
}

static sg_bytes
with_65_dtbs(sg_bytes one)
{
    static const uint8_t entry[] = { 0x82, 0x01, 0x58, 0x20 };
    struct sg_buf buf = sg_buf_new(rig.arena, 4096, WIRE_INTENT_MAX);
    const uint8_t *at = memmem(one.p, one.n, "\x04\x81\x82\x01\x58\x20", 6);
    sg_bytes out;
    assert_non_null(at);
    sg_buf_put(&buf, sg_bytes_of(one.p, (size_t)(at - one.p) + 1));
    sg_buf_put(&buf, SG_BYTES(((const uint8_t[]){ 0x98, 65 })));
    for (int i = 0; i < 65; i++) {
        sg_buf_put(&buf, SG_BYTES(entry));
        sg_buf_put(&buf, sg_bytes_of(at + 6, 32));
    }
    sg_buf_put(&buf, sg_bytes_of(at + 38, one.n - (size_t)(at + 38 - one.p)));
    assert_ok(sg_buf_end(&buf, &out));
    return out;
}

static void
test_65_digests_are_too_many(void **state)
{
    (void)state;
    struct wire_intent intent = rig_present(&rig, anna, 1);
    struct wire_intent_open_reply opened;
    sg_bytes encoded;
    assert_ok(wire_intent_encode(rig.arena, &intent, &encoded));
    assert_refused(
        rig_open_bytes(&rig, SG_BYTES(anna->id), with_65_dtbs(encoded), &opened), MALFORMED);
    assert_ok(rig_open_bytes(&rig, SG_BYTES(anna->id), encoded, &opened));
    /* one intent, one nonce: a second would be a second challenge for the same approval */
    assert_refused(rig_open_bytes(&rig, SG_BYTES(anna->id), encoded, &opened), CONFLICT);
}

/* ---- what SIGN refuses ------------------------------------------------------------------------------------------ */

/* Each refusal leaves no record, uses nothing up, and the right gesture still counts afterwards. */
static void
test_a_gesture_that_is_not_exactly_this_one_signs_nothing(void **state)
{
    (void)state;
    struct rig_counts before = rig_counts(&rig);
    struct attempt a = attempt_of(anna);
    struct attempt other = attempt_of(anna);
    const struct authenticator_ask good = a.ask;
    struct authenticator_passkey stranger;
    authenticator_make(&stranger, AUTHENTICATOR_ES256);
    a.ask.challenge = other.ask.challenge; /* the gesture was for another intent */
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.challenge = a.opened.intent_id; /* without the signer's nonce */
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.type = "webauthn.create";
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.origin = "http://localhost:8081";
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.origin = RIG_ORIGIN "/";
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.cross_origin = true;
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.rp_id = "example.org";
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.flags_off = AUTHENTICATOR_UV;
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask.flags_off = AUTHENTICATOR_UP;
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.flags_on = AUTHENTICATOR_BE; /* registered as one that does not sync */
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.flags_on = AUTHENTICATOR_BS;
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.flags_on = AUTHENTICATOR_AT;
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.behind = SG_BYTES("more");
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    a.ask.signer = stranger.key;
    assert_refused(try_with(&a, &anna->sign), ACTIVATION);
    a.ask = good;
    assert_refused(try_with(&a, &stranger), ACTIVATION);     /* unknown */
    assert_refused(try_with(&a, &anna->login), ACTIVATION);  /* hers, for logging in */
    assert_refused(try_with(&a, &p[BERT].sign), ACTIVATION); /* somebody else's */
    authenticator_forget(&stranger);
    assert_left(before, 0, 0, 0, 0);
    assert_ok(try_with(&a, &anna->second));
    assert_ok(try_with(&other, &anna->sign));
    assert_left(before, 2, 2, 0, 0);
}

/* Signature bytes changed, cut, in another form. */
static void
test_an_assertion_with_other_bytes_signs_nothing(void **state)
{
    (void)state;
    struct attempt a = attempt_of(anna);
    struct wire_sign_reply reply;
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &a.opened, &a.ask, 1);
    const struct wire_sign good = sign;
    sg_bytes copy;
    assert_ok(sg_arena_bytes(rig.arena, sign.assertion, &copy));
    ((uint8_t *)(uintptr_t)copy.p)[copy.n - 1] ^= 1;
    sign.assertion = copy;
    assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    sign.assertion = sg_bytes_of(good.assertion.p, good.assertion.n - 1);
    assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    sign = good;
    sign.authenticator_data = sg_bytes_of(good.authenticator_data.p, 36);
    assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    sign = good;
    sign.client_data = sg_bytes_of(good.client_data.p, good.client_data.n - 1);
    assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    sign = good;
    sign.intent_id = SG_BYTES(anna->keys[0].key); /* never opened */
    assert_refused(rig_sign(&rig, &sign, &reply), INTENT);
    assert_ok(rig_sign(&rig, &good, &reply));
}

/* Two intents open at once, their gestures swapped: neither counts; each in its place does. */
static void
test_swapped_gestures_sign_nothing(void **state)
{
    (void)state;
    struct attempt a = attempt_of(anna);
    struct attempt b = attempt_of(anna);
    struct wire_sign_reply reply;
    struct wire_sign one = rig_sign_of(&rig, &anna->sign, &a.opened, &a.ask, 1);
    struct wire_sign two = rig_sign_of(&rig, &anna->sign, &b.opened, &b.ask, 1);
    struct wire_sign swapped = one;
    swapped.intent_id = two.intent_id;
    assert_refused(rig_sign(&rig, &swapped, &reply), ACTIVATION);
    swapped = two;
    swapped.intent_id = one.intent_id;
    assert_refused(rig_sign(&rig, &swapped, &reply), ACTIVATION);
    assert_ok(rig_sign(&rig, &one, &reply));
    assert_ok(rig_sign(&rig, &two, &reply));
}

static void
test_a_gesture_is_used_once(void **state)
{
    (void)state;
    struct attempt a = attempt_of(anna);
    struct wire_sign_reply reply;
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &a.opened, &a.ask, 1);
    assert_ok(rig_sign(&rig, &sign, &reply));
    struct rig_counts before = rig_counts(&rig);
    assert_refused(rig_sign(&rig, &sign, &reply), INTENT_SPENT);
    /* a restart forgets what was open; the same intent has another nonce then, and is spent in the ledger besides */
    rig_stop(&rig);
    rig_start(&rig, NULL);
    assert_refused(rig_sign(&rig, &sign, &reply), INTENT);
    struct wire_intent_open_reply again;
    assert_ok(rig_open(&rig, anna, &a.intent, &again));
    assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION); /* nonce of another session */
    struct authenticator_ask ask = rig_ask_of(&rig, &again);
    sign = rig_sign_of(&rig, &anna->sign, &again, &ask, 1);
    assert_refused(rig_sign(&rig, &sign, &reply), INTENT_SPENT);
    struct left left = since(&before);
    assert_int_equal(left.consents, 0);
    assert_int_equal(left.refusals, 1); /* the last one came after a valid gesture */
}

/* Both at once, before either is durable: one of them only. */
static void
test_the_same_gesture_twice_in_one_moment_counts_once(void **state)
{
    (void)state;
    enum { N = 6 };
    struct rig_counts before = rig_counts(&rig);
    struct wire_intent intent = rig_present(&rig, anna, 3);
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    assert_ok(rig_open(&rig, anna, &intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &opened, &ask, 1);
    for (int i = 0; i < N; i++) {
        sign.which = 1 + (uint64_t)i % 2;
        rig_sign_send(&rig, &sign, rig.next_id++);
    }
    unsigned good = 0;
    for (int i = 0; i < N; i++) {
        uint64_t id;
        sg_result r = rig_sign_receive(&rig, &id, &reply);
        good += sg_ok(r) ? 1 : 0;
        /* the next one's counter has not moved on either: the record says so at once, or the gate */
        bool counted = anna->level == 3 && r.code == SG_E_ACTIVATION;
        assert_true(sg_ok(r) || r.code == SG_E_INTENT_SPENT || counted);
    }
    assert_int_equal(good, 1);
    struct left left = since(&before);
    assert_int_equal(left.consents, 1);
    assert_int_equal(left.signed_, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        AT_BOTH(test_a_gesture_signs_and_leaves_all_that_proves_it),
        AT_BOTH(test_several_keys_of_one_person_in_one_gesture),
        AT_BOTH(test_64_signatures_in_one_gesture),
        AT_BOTH(test_a_message_is_signed_only_if_it_was_approved),
        AT_BOTH(test_later_signs_spend_what_is_left),
        AT_BOTH(test_key_proofs_are_signed_and_nothing_else_with_holder_keys),
        AT_BOTH(test_an_intent_that_nobody_could_approve_is_not_opened),
        AT_BOTH(test_65_digests_are_too_many),
        AT_BOTH(test_a_gesture_that_is_not_exactly_this_one_signs_nothing),
        AT_BOTH(test_an_assertion_with_other_bytes_signs_nothing),
        AT_BOTH(test_swapped_gestures_sign_nothing),
        AT_BOTH(test_a_gesture_is_used_once),
        AT_BOTH(test_the_same_gesture_twice_in_one_moment_counts_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
