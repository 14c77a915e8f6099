/*
 * Gestures over a real signer: time, counters, levels, what became of passkeys, persons and keys meanwhile, status, halts, refusals. req: AU-3 AU-4 SIG-2 SIG-5
 * SIG-8 OPS-2
 */
#include "gesture_bed.h"

/* ---- time -------------------------------------------------------------------------------------------------------- */

static void
test_an_approval_that_is_a_second_late_signs_nothing(void **state)
{
    (void)state;
    struct wire_intent intent = rig_present(&rig, anna, 1);
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    intent.expires_at = intent.created_at + 2;
    assert_ok(rig_open(&rig, anna, &intent, &opened));
    assert_int_equal(opened.expires_at, intent.expires_at);
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &opened, &ask, 1);
    while (time(NULL) < opened.expires_at) { /* time itself is what is tested */
        usleep(20000);
    }
    sg_result r = rig_sign(&rig, &sign, &reply);
    assert_true(r.code == SG_E_INTENT_EXPIRED || r.code == SG_E_INTENT); /* or swept already */
}

/* ---- counters and levels ------------------------------------------------------------------------------------------ */

/* req: AU-3: also at level 2 a copy approves nothing; what the registry knows stays, and the person's account has a line. */
static void
test_a_counter_that_goes_back_refuses_at_level_2_too(void **state)
{
    (void)state;
    struct rig_counts before = rig_counts(&rig);
    struct wire_sign_reply reply;
    struct wire_intent intent = rig_present(&rig, &p[BERT], 1);
    p[BERT].sign.sign_count = 10; /* the registry has 10 */
    assert_ok(rig_approve_all(&rig, &p[BERT], &intent, &reply));
    assert_false(consent_of(reply.consent_seq)->gesture.counter_fault);
    assert_left(before, 1, 1, 0, 0);
    struct attempt a = attempt_of(&p[BERT]);
    p[BERT].sign.sign_count = 10; /* a copy: 11 again */
    assert_refused(try_with(&a, &p[BERT].sign), ACTIVATION);
    a.ask.counter_set = true; /* and one that says it has no counter */
    assert_refused(try_with(&a, &p[BERT].sign), ACTIVATION);
    assert_left(before, 1, 1, 0, 2);
    a.ask.counter_set = false;
    assert_ok(try_with(&a, &p[BERT].sign)); /* 12: the faults moved nothing */
    assert_left(before, 2, 2, 0, 2);
}

static void
test_level_3_wants_an_attested_passkey_that_does_not_sync_and_a_counter_that_moves(void **state)
{
    (void)state;
    struct rig_counts before = rig_counts(&rig);
    struct wire_sign_reply reply;
    struct wire_intent_open_reply opened;
    struct wire_intent intent = rig_present(&rig, &p[CARL], 1);
    p[CARL].sign.sign_count = 4;
    assert_ok(rig_approve_all(&rig, &p[CARL], &intent, &reply)); /* 5 */
    assert_int_equal(consent_of(reply.consent_seq)->level, 3);
    struct attempt a = attempt_of(&p[CARL]);
    a.ask.counter_set = true;
    a.ask.counter = 5;
    assert_refused(try_with(&a, &p[CARL].sign), ACTIVATION);
    a.ask.counter = 0;
    assert_refused(try_with(&a, &p[CARL].sign), ACTIVATION);
    assert_left(before, 1, 1, 0, 2); /* each fault stands in his account */
    a.ask.counter = 6;
    assert_ok(try_with(&a, &p[CARL].sign));
    /* not attested; it syncs */
    intent = rig_present(&rig, &p[DORA], 1);
    assert_refused(rig_open(&rig, &p[DORA], &intent, &opened), POLICY); /* nobody could answer */
}

/* Two gestures of one authenticator that arrive in the other order: level 3 refuses the older one, also when both were looked at before. */
static void
test_counters_are_compared_again_in_the_transaction(void **state)
{
    (void)state;
    struct attempt a = attempt_of(&p[CARL]);
    struct attempt b = attempt_of(&p[CARL]);
    struct wire_sign_reply reply;
    a.ask.counter_set = b.ask.counter_set = true;
    a.ask.counter = 20;
    b.ask.counter = 21;
    struct wire_sign one = rig_sign_of(&rig, &p[CARL].sign, &a.opened, &a.ask, 1);
    struct wire_sign two = rig_sign_of(&rig, &p[CARL].sign, &b.opened, &b.ask, 1);
    uint64_t id;
    rig_sign_send(&rig, &two, rig.next_id++);
    rig_sign_send(&rig, &one, rig.next_id++);
    unsigned good = 0;
    for (int i = 0; i < 2; i++) {
        sg_result r = rig_sign_receive(&rig, &id, &reply);
        good += sg_ok(r) ? 1 : 0;
        assert_true(sg_ok(r) || r.code == SG_E_ACTIVATION);
    }
    assert_int_equal(good, 1);
    p[CARL].sign.sign_count = 21;
}

/* ---- passkeys and persons that are gone ---------------------------------------------------------------------------- */

static void
test_a_passkey_taken_out_of_use_approves_nothing_more(void **state)
{
    (void)state;
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply, later;
    struct wire_intent remove = rig_remove(&rig, &p[ANNA], &p[ANNA].second);
    struct wire_intent wrong = remove;
    wrong.dtbs[0].digest = sg_bytes_of(rig.seal_key, 32);
    assert_refused(rig_open(&rig, &p[ANNA], &wrong, &opened), DIGEST);
    assert_refused(rig_open(&rig, &p[BERT], &remove, &opened), NOT_FOUND);
    /* an intent that the second one approved, half of it still to be signed */
    struct wire_intent two = rig_present(&rig, &p[ANNA], 3);
    assert_ok(rig_open(&rig, &p[ANNA], &two, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign half = rig_sign_of(&rig, &p[ANNA].second, &opened, &ask, 1);
    assert_ok(rig_sign(&rig, &half, &reply));
    struct rig_counts before = rig_counts(&rig);
    struct wire_intent_open_reply taken;
    assert_ok(rig_open(&rig, &p[ANNA], &remove, &taken));
    struct authenticator_ask yes = rig_ask_of(&rig, &taken);
    struct wire_sign sign = rig_sign_of(&rig, &p[ANNA].sign, &taken, &yes, 1);
    assert_ok(rig_sign(&rig, &sign, &reply));
    assert_int_equal(reply.n_signatures, 0);
    assert_left(before, 1, 1, 0, 1); /* consent, outcome, "passkey-removed" */
    /* from now on it opens nothing, approves nothing, and what it approved is over too */
    struct attempt a = attempt_of(&p[ANNA]);
    assert_int_equal(a.opened.n_passkeys, 1);
    assert_refused(try_with(&a, &p[ANNA].second), ACTIVATION);
    struct wire_sign rest = { .intent_id = opened.intent_id, .which = 2 };
    assert_refused(rig_sign(&rig, &rest, &later), ACTIVATION);
    /* the last one cannot go the same way: replacement comes before removal */
    remove = rig_remove(&rig, &p[ANNA], &p[ANNA].sign);
    assert_refused(rig_open(&rig, &p[ANNA], &remove, &taken), CONFLICT);
    assert_ok(try_with(&a, &p[ANNA].sign));
}

/* Adding a passkey is as hard as signing: it waits for a gesture of one that is there, and until then allows nothing. */
static void
test_a_further_passkey_counts_from_its_gesture_on(void **state)
{
    (void)state;
    struct authenticator_passkey fresh;
    struct wire_enrol_finish_reply waits;
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    authenticator_make(&fresh, AUTHENTICATOR_EDDSA);
    assert_ok(rig_enrol_further(&rig, &p[BERT], &fresh, WIRE_PASSKEY_SIGN, &waits));
    assert_int_equal(waits.state, WIRE_PASSKEY_WAITS);
    struct rig_counts before = rig_counts(&rig);
    struct attempt a = attempt_of(&p[BERT]);
    assert_refused(try_with(&a, &fresh), ACTIVATION); /* not yet */
    struct wire_intent intent = rig_register(&rig, &p[BERT], &waits);
    struct wire_intent wrong = intent;
    wrong.dtbs[0].digest = sg_bytes_of(rig.seal_key, 32);
    assert_refused(rig_open(&rig, &p[BERT], &wrong, &opened), NOT_FOUND);
    assert_refused(rig_open(&rig, &p[CARL], &intent, &opened), NOT_FOUND); /* another person's */
    assert_ok(rig_open(&rig, &p[BERT], &intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &fresh, &opened, &ask, 1);
    assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION); /* it cannot let itself in */
    sign = rig_sign_of(&rig, &p[BERT].login, &opened, &ask, 1);
    assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    assert_left(before, 0, 0, 0, 0);
    sign = rig_sign_of(&rig, &p[BERT].sign, &opened, &ask, 1);
    assert_ok(rig_sign(&rig, &sign, &reply));
    assert_int_equal(reply.n_signatures, 0);
    assert_left(before, 1, 1, 0, 1); /* consent, outcome, "passkey-registered" */
    assert_ok(try_with(&a, &fresh));
    assert_refused(rig_open(&rig, &p[BERT], &intent, &opened), NOT_FOUND); /* waits no more */
    authenticator_forget(&fresh);
}

/* ---- status -------------------------------------------------------------------------------------------------------- */

/* The status is asked for when the approval arrives; without a good answer there is no signature, and the approval is not used up. */
static void
test_a_status_that_is_not_good_refuses_and_burns_nothing(void **state)
{
    (void)state;
    static const struct {
        enum rig_courier mode;
        enum sg_code code;
    } cases[] = {
        { RIG_BAD, SG_E_STATUS_BAD }, /* revoked between screen and gesture */
        { RIG_UNKNOWN, SG_E_STATUS_UNKNOWN }, { RIG_STALE, SG_E_STATUS_UNKNOWN },
        { RIG_FUTURE, SG_E_STATUS_UNKNOWN }, { RIG_NO_HASH, SG_E_STATUS_UNKNOWN },
        { RIG_TOO_MANY, SG_E_STATUS_UNKNOWN }, { RIG_GARBAGE, SG_E_STATUS_UNKNOWN },
        { RIG_REFUSED, SG_E_STATUS_UNKNOWN }, { RIG_SILENT, SG_E_STATUS_UNKNOWN }, /* hangs */
    };
    struct attempt a = attempt_with_refs(anna, 3);
    struct wire_sign_reply reply;
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &a.opened, &a.ask, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig_counts before = rig_counts(&rig);
        rig_mode(&rig, cases[i].mode);
        support_assert_code(
            rig_sign(&rig, &sign, &reply), cases[i].code, "sign", __FILE__, __LINE__);
        assert_left(before, 0, 0, 1, 0); /* after a valid gesture: recorded */
    }
    rig_mode(&rig, RIG_GOOD);
    assert_ok(rig_sign(&rig, &sign, &reply));
    assert_int_equal(consent_of(reply.consent_seq)->n_seen, 3);
}

static void
test_later_signs_ask_for_the_status_again(void **state)
{
    (void)state;
    struct wire_intent intent = rig_present(&rig, anna, 3);
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    intent.refs[intent.n_refs++] = a_ref(1);
    assert_ok(rig_open(&rig, anna, &intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &opened, &ask, 1);
    unsigned asked = rig_asked(&rig);
    assert_ok(rig_sign(&rig, &sign, &reply));
    assert_int_equal(rig_asked(&rig), asked + 1);
    struct wire_sign later = { .intent_id = opened.intent_id, .which = 2 };
    rig_mode(&rig, RIG_BAD);
    assert_refused(rig_sign(&rig, &later, &reply), STATUS_BAD);
    rig_mode(&rig, RIG_GOOD);
    assert_ok(rig_sign(&rig, &later, &reply));
    assert_int_equal(rig_asked(&rig), asked + 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        AT_BOTH(test_an_approval_that_is_a_second_late_signs_nothing),
        cmocka_unit_test(test_a_counter_that_goes_back_refuses_at_level_2_too),
        cmocka_unit_test(
            test_level_3_wants_an_attested_passkey_that_does_not_sync_and_a_counter_that_moves),
        cmocka_unit_test(test_counters_are_compared_again_in_the_transaction),
        AT_BOTH(test_a_status_that_is_not_good_refuses_and_burns_nothing),
        AT_BOTH(test_later_signs_ask_for_the_status_again),
        cmocka_unit_test(test_a_further_passkey_counts_from_its_gesture_on),
        cmocka_unit_test(test_a_passkey_taken_out_of_use_approves_nothing_more),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
