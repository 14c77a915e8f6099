/*
 * The signer is killed at each named point of a person's SIGN. Whatever the moment: no signature left without a durable consent, nothing is spent twice, nothing is
 * signed again after the restart, and the authenticator's counter has moved exactly when the consent stands. req: SIG-5, AU-4
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "key_public.h"
#include "rig_person.h"

static struct rig rig;
static struct rig_person person;

/* In the order they are passed. `durable`: the consent stands when the process dies there. */
static const struct {
    const char *point;
    bool durable;
    bool recorded; /* the outcome stands too */
} points[] = {
    { "gesture-claimed", false, false },
    { "gesture-recorded", false, false },
    { "gesture-counted", false, false },
    { "consent-durable", true, false },
    { "signed-part", true, false },
    { "signed", true, false },
    { "outcome-open", true, false },
    { "outcome-durable", true, true },
};
enum { N_POINTS = sizeof(points) / sizeof(points[0]) };

static void
restart(const char *crash)
{
    rig_stop(&rig);
    rig_start(&rig, crash);
}

static void
expect_killed(void)
{
    int status = rig_wait(&rig);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    rig_start(&rig, NULL);
}

/* Three DTBS/R of two keys, so that there is a moment between two signatures. */
static struct wire_intent
three(void)
{
    static const uint8_t key_of[] = { 0, 1, 0 };
    struct wire_intent intent = rig_present(&rig, &person, 3);
    intent.dtbs[2] = rig_present(&rig, &person, 1).dtbs[0];
    intent.n_dtbs = 3;
    intent.key_of = SG_BYTES(key_of);
    return intent;
}

struct gesture {
    struct wire_intent intent;
    struct wire_intent_open_reply opened;
    struct authenticator_ask ask;
    struct wire_sign sign;
};
static struct gesture
gesture_for(struct wire_intent intent, uint64_t which)
{
    struct gesture g = { .intent = intent };
    assert_ok(rig_open(&rig, &person, &g.intent, &g.opened));
    g.ask = rig_ask_of(&rig, &g.opened);
    g.sign = rig_sign_of(&rig, &person.sign, &g.opened, &g.ask, which);
    return g;
}

/* Consents and outcomes that came about since, unknown ones among them. */
static void
check_ledger(const struct rig_counts *before, uint64_t consents, uint64_t signed_, uint64_t unknown)
{
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(after.waiting, 0);
    assert_int_equal(after.by_type[WIRE_REC_CONSENT] - before->by_type[WIRE_REC_CONSENT], consents);
    assert_int_equal(after.by_type[WIRE_REC_OUTCOME] - before->by_type[WIRE_REC_OUTCOME], consents);
    assert_int_equal(after.outcomes[WIRE_OUT_SIGNED] - before->outcomes[WIRE_OUT_SIGNED], signed_);
    assert_int_equal(
        after.outcomes[WIRE_OUT_UNKNOWN] - before->outcomes[WIRE_OUT_UNKNOWN], unknown);
    /* its closed part with each, and none without (it would stand in the way of the next record with that number) */
    uint64_t refusals = after.by_type[WIRE_REC_REFUSAL] - before->by_type[WIRE_REC_REFUSAL];
    assert_int_equal(after.closed - before->closed, consents + refusals);
    assert_int_equal(after.erased, 0);
}

static void
test_killed_at_each_point_of_a_first_sign(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_POINTS; i++) {
        struct wire_sign_reply reply;
        struct rig_counts before = rig_counts(&rig);
        uint64_t durable = points[i].durable ? 1 : 0;
        uint64_t recorded = points[i].recorded ? 1 : 0;
        restart(points[i].point);
        struct gesture g = gesture_for(three(), 7);
        assert_refused(rig_sign(&rig, &g.sign, &reply), PEER_DOWN); /* nothing left */
        expect_killed();
        check_ledger(&before, durable, recorded, durable - recorded);
        /* what was open is gone, and the gesture answers no later nonce */
        assert_refused(rig_sign(&rig, &g.sign, &reply), INTENT);
        struct wire_intent_open_reply again;
        assert_ok(rig_open(&rig, &person, &g.intent, &again));
        assert_refused(rig_sign(&rig, &g.sign, &reply), ACTIVATION);
        /*
         * The same count once more: level 3 refuses it exactly when the consent moved the counter. A true new gesture counts when the intent was not spent.
         */
        struct authenticator_ask ask = rig_ask_of(&rig, &again);
        ask.counter_set = true;
        ask.counter = person.sign.sign_count;
        struct wire_sign same = rig_sign_of(&rig, &person.sign, &again, &ask, 7);
        if (points[i].durable) {
            assert_refused(rig_sign(&rig, &same, &reply), ACTIVATION);
            ask.counter_set = false;
            struct wire_sign next = rig_sign_of(&rig, &person.sign, &again, &ask, 7);
            assert_refused(rig_sign(&rig, &next, &reply), INTENT_SPENT);
        } else {
            assert_ok(rig_sign(&rig, &same, &reply));
            rig_verify_signatures(&person, &g.intent, 7, &reply);
        }
        check_ledger(&before, 1, durable == 0 ? 1 : recorded, durable - recorded);
        print_message("%s: consent %s\n", points[i].point, durable ? "stands" : "never was");
    }
}

/* The gesture's consent stands; the kill comes while a later part is asked for. No part is signed again, and what was left is lost with the process. */
static void
test_killed_at_each_point_of_a_later_sign(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_POINTS; i++) {
        struct wire_sign_reply reply;
        struct rig_counts before = rig_counts(&rig);
        uint64_t durable = points[i].durable ? 1 : 0;
        uint64_t recorded = points[i].recorded ? 1 : 0;
        /* passed once by the first SIGN, of one signature, which has no moment in between */
        bool once = strcmp(points[i].point, "signed-part") == 0;
        char at[64];
        snprintf(at, sizeof(at), "%s:%d", points[i].point, once ? 1 : 2);
        restart(at);
        struct gesture g = gesture_for(three(), 1);
        assert_ok(rig_sign(&rig, &g.sign, &reply));
        struct wire_sign later = { .intent_id = g.opened.intent_id, .which = 6 };
        assert_refused(rig_sign(&rig, &later, &reply), PEER_DOWN);
        expect_killed();
        check_ledger(&before, 1 + durable, 1 + recorded, durable - recorded);
        assert_refused(rig_sign(&rig, &later, &reply), INTENT);
        struct wire_intent_open_reply again;
        assert_ok(rig_open(&rig, &person, &g.intent, &again));
        struct authenticator_ask ask = rig_ask_of(&rig, &again);
        later.intent_id = again.intent_id;
        assert_refused(rig_sign(&rig, &later, &reply), ACTIVATION); /* no gesture in this life */
        struct wire_sign next = rig_sign_of(&rig, &person.sign, &again, &ask, 6);
        assert_refused(rig_sign(&rig, &next, &reply), INTENT_SPENT);
        check_ledger(&before, 1 + durable, 1 + recorded, durable - recorded);
    }
}

/* Taking a passkey out of use: it is gone exactly when the consent stands. */
static void
test_killed_while_a_passkey_is_removed(void **state)
{
    (void)state;
    static const char *const at[] = { "gesture-counted", "consent-durable" };
    for (size_t i = 0; i < 2; i++) {
        struct wire_sign_reply reply;
        struct wire_intent_open_reply opened;
        restart(at[i]);
        struct gesture g = gesture_for(rig_remove(&rig, &person, &person.second), 1);
        assert_refused(rig_sign(&rig, &g.sign, &reply), PEER_DOWN);
        expect_killed();
        struct wire_intent intent = rig_present(&rig, &person, 1);
        assert_ok(rig_open(&rig, &person, &intent, &opened));
        assert_int_equal(opened.n_passkeys, i == 0 ? 2 : 1);
        assert_int_equal(rig_counts(&rig).waiting, 0);
    }
}

/* And a further passkey is there exactly when the consent of the gesture for it stands. */
static void
test_killed_while_a_passkey_is_added(void **state)
{
    (void)state;
    static const char *const at[] = { "gesture-counted", "consent-durable" };
    for (size_t i = 0; i < 2; i++) {
        struct authenticator_passkey fresh;
        struct wire_enrol_finish_reply waits;
        struct wire_sign_reply reply;
        struct wire_intent_open_reply opened;
        authenticator_make(&fresh, AUTHENTICATOR_ES256);
        restart(at[i]);
        assert_ok(rig_enrol_further(&rig, &person, &fresh, WIRE_PASSKEY_LOGIN, &waits));
        struct gesture g = gesture_for(rig_register(&rig, &person, &waits), 1);
        assert_refused(rig_sign(&rig, &g.sign, &reply), PEER_DOWN);
        expect_killed();
        assert_int_equal(rig_counts(&rig).waiting, 0);
        /* what waited was in memory and is gone; the same passkey again is new, or known */
        assert_refused(rig_open(&rig, &person, &g.intent, &opened), NOT_FOUND);
        sg_result again = rig_enrol_further(&rig, &person, &fresh, WIRE_PASSKEY_LOGIN, &waits);
        assert_int_equal(sg_ok(again), i == 0);
        authenticator_forget(&fresh);
    }
}

static sg_result
leave(void)
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_PERSON_STATE);
    op.subject = SG_BYTES(person.id);
    op.state = WIRE_KEY_DESTROYED;
    return rig_decide(&rig, &op, &reply);
}

/* Who leaves takes every closed part along, or none: never some. The records stay. Last, since nothing is signed after it. req: EV-4 */
static void
test_killed_while_the_person_leaves(void **state)
{
    (void)state;
    struct rig_counts before = rig_counts(&rig);
    assert_true(before.closed > 2);
    restart("person-left-open");
    assert_refused(leave(), PEER_DOWN);
    expect_killed();
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(after.closed, before.closed);
    assert_int_equal(after.erased, 0);
    assert_ok(leave());
    restart(NULL);
    after = rig_counts(&rig);
    assert_int_equal(after.closed, 0);
    assert_int_equal(after.erased, before.closed);
    assert_int_equal(after.by_type[WIRE_REC_CONSENT], before.by_type[WIRE_REC_CONSENT]);
}

static int
setup(void **state)
{
    (void)state;
    rig_create(&rig, RIG_PERSON_SETTINGS);
    rig_start(&rig, NULL);
    rig_furnish(&rig, 100);
    person.n_keys = 2;
    person.level = 3;
    person.attested = true;
    person.stored_count = 1;
    authenticator_make(&person.sign, AUTHENTICATOR_ES256);
    person.sign.sign_count = 1;
    rig_persons_put(&rig, &person, 1);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    rig_free(&rig);
    rig_person_forget(&person);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_each_point_of_a_first_sign),
        cmocka_unit_test(test_killed_at_each_point_of_a_later_sign),
        cmocka_unit_test(test_killed_while_a_passkey_is_removed),
        cmocka_unit_test(test_killed_while_a_passkey_is_added),
        cmocka_unit_test(test_killed_while_the_person_leaves),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
