/*
 * The whole way of one person through a real signer: approved by two operators, enrolled by link and code, keys made in the token, a presentation and a key proof
 * approved, a second passkey added and the first one taken away; and all of it in the person's own activity. req: AU-2 AU-3 AU-4 KEY-2 SIG-3 SIG-5
 */
#include <sys/wait.h>

#include "evid_ledger.h"
#include "key_public.h"
#include "rig_person.h"

static struct rig rig;
static struct rig_person person;

/* A gesture of `passkey` over an intent that signs nothing. */
static sg_result
agree(struct authenticator_passkey *passkey, const struct wire_intent *intent)
{
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    SG_TRY(rig_open(&rig, &person, intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, passkey, &opened, &ask, 1);
    SG_TRY(rig_sign(&rig, &sign, &reply));
    assert_int_equal(reply.n_signatures, 0);
    return SG_DONE;
}

static void
check_use(const struct wire_use *use, uint64_t operation, sg_bytes key,
    const struct authenticator_passkey *passkey)
{
    struct key_public *public = NULL;
    assert_ok(key_public_new(sg_bytes_of(passkey->spki, passkey->spki_len), &public));
    assert_int_equal(use->operation, operation);
    assert_true(sg_bytes_equal(use->key, key));
    assert_true(sg_bytes_equal(use->passkey, sg_bytes_of(key_public_thumbprint(public), 32)));
    assert_int_equal(use->outcome, WIRE_OUT_SIGNED);
    key_public_free(&public);
}

static void
test_from_enrolment_to_the_activity_page(void **state)
{
    (void)state;
    struct authenticator_passkey fresh;
    struct wire_enrol_finish_reply waits;
    struct wire_sign_reply reply;
    person.n_keys = 2;
    person.keys[1].alg = KEY_ES384;
    rig_person_enrol(&rig, &person);
    assert_int_equal(rig_uses(&rig, &person, 0, 10)->n_uses, 0);
    struct wire_intent present = rig_present(&rig, &person, 3);
    assert_ok(rig_approve_all(&rig, &person, &present, &reply));
    struct wire_intent proof = rig_present(&rig, &person, 2);
    proof.operation = WIRE_OP_KEY_PROOF;
    assert_ok(rig_approve_all(&rig, &person, &proof, &reply));
    authenticator_make(&fresh, AUTHENTICATOR_EDDSA);
    assert_ok(rig_enrol_further(&rig, &person, &fresh, WIRE_PASSKEY_SIGN, &waits));
    struct wire_intent add = rig_register(&rig, &person, &waits);
    assert_ok(agree(&person.sign, &add));
    struct wire_intent take = rig_remove(&rig, &person, &person.sign);
    assert_ok(agree(&fresh, &take)); /* the new one takes the old one away */
    struct wire_intent late = rig_present(&rig, &person, 1);
    assert_refused(rig_approve_all(&rig, &person, &late, &reply), ACTIVATION);
    /* the activity: newest first, each with key, passkey, outcome and number */
    const struct wire_uses_reply *uses = rig_uses(&rig, &person, 0, 10);
    assert_int_equal(uses->n_uses, 4);
    check_use(&uses->uses[0], WIRE_OP_REMOVE, take.key, &fresh);
    check_use(&uses->uses[1], WIRE_OP_REGISTER, add.key, &person.sign);
    check_use(&uses->uses[2], WIRE_OP_KEY_PROOF, SG_BYTES(person.keys[1].key), &person.sign);
    check_use(&uses->uses[3], WIRE_OP_PRESENT, SG_BYTES(person.keys[0].key), &person.sign);
    assert_int_equal(uses->uses[3].n, 2);
    assert_str_is(uses->uses[3].format, "vp_token");
    assert_true(uses->uses[0].seq > uses->uses[1].seq);
    assert_int_equal(rig_uses(&rig, &person, uses->uses[1].seq, 1)->uses[0].seq, uses->uses[2].seq);
    authenticator_forget(&fresh);
}

/* What stands in the registry outlives the process; what was opened does not. */
static void
test_after_a_restart_the_person_goes_on(void **state)
{
    (void)state;
    struct rig_person other = { .n_keys = 1 };
    struct wire_sign_reply reply;
    rig_person_enrol(&rig, &other);
    rig_stop(&rig);
    rig_start(&rig, NULL);
    struct wire_intent intent = rig_present(&rig, &other, 1);
    assert_ok(rig_approve_all(&rig, &other, &intent, &reply));
    assert_int_equal(rig_uses(&rig, &other, 0, 10)->n_uses, 1);
    rig_person_forget(&other);
}

/* ---- read by others ------------------------------------------------------------------------------------------------- */

/* A gesture in two parts, a counter that goes back, a status that is bad, a refusal, a halt that keeps a signature back: whatever may stand in a ledger. */
static void
leave_traces(struct rig_person *anna)
{
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    uint64_t seq;
    struct wire_intent two = rig_present(&rig, anna, 3);
    two.refs[two.n_refs++] =
        (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, SG_LIT("https://issuer.example/1"), 4 };
    assert_ok(rig_open(&rig, anna, &two, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    anna->sign.sign_count = 8;
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &opened, &ask, 2); /* 9 */
    rig_mode(&rig, RIG_BAD);
    assert_refused(rig_sign(&rig, &sign, &reply), STATUS_BAD);
    rig_mode(&rig, RIG_GOOD);
    assert_ok(rig_sign(&rig, &sign, &reply));
    struct wire_sign later = { .intent_id = opened.intent_id, .which = 1 };
    assert_ok(rig_sign(&rig, &later, &reply));
    struct wire_intent one = rig_present(&rig, anna, 1);
    anna->sign.sign_count = 3;
    assert_refused(rig_approve_all(&rig, anna, &one, &reply), ACTIVATION); /* 4: a fault */
    one = rig_present(&rig, anna, 1);
    anna->sign.sign_count = 9;
    assert_ok(rig_approve_all(&rig, anna, &one, &reply)); /* 10 */
    one = rig_present(&rig, anna, 1);
    assert_ok(rig_open(&rig, anna, &one, &opened));
    assert_ok(rig_cancel(&rig, opened.intent_id, WIRE_CANCEL_REFUSED, &seq));
}

static void
feed_all(struct evid_ledger *ledger)
{
    uint64_t size = rig_counts(&rig).size;
    for (uint64_t seq = 0; seq < size; seq++) {
        struct wire_record_read_reply got = rig_record(&rig, seq);
        const struct evid_record record = { seq, got.entry, got.blind, got.body, got.salt,
            got.closed };
        assert_ok(evid_ledger_feed(ledger, &record));
    }
}

/* What `sealgate ledger verify` says of it: our code of another folder, which shares no line with the signer's gates. */
static void
test_the_ledger_of_all_this_replays_without_a_finding(void **state)
{
    (void)state;
    struct rig_person anna = { .n_keys = 2 };
    struct evid_ledger *ledger = NULL;
    struct evid_ledger_result result;
    rig_person_enrol(&rig, &anna);
    leave_traces(&anna);
    assert_ok(evid_ledger_new(rig.arena, &ledger));
    feed_all(ledger);
    assert_ok(evid_ledger_end(ledger, &result));
    for (size_t i = 0; i < result.n_findings; i++) {
        print_message("%llu: %s: %.*s\n", (unsigned long long)result.findings[i].seq,
            result.findings[i].rule, SG_PRINT(result.findings[i].detail));
    }
    assert_int_equal(result.n_findings_all, 0);
    assert_int_equal(result.n_consents_open, 0);
    assert_true(result.n_by_type[WIRE_REC_CONSENT] >= 8);
    assert_int_equal(result.n_by_type[WIRE_REC_REFUSAL], 1); /* the bad status */
    rig_person_forget(&anna);
}

static int
setup(void **state)
{
    (void)state;
    rig_create(&rig, RIG_PERSON_SETTINGS);
    rig_start(&rig, NULL);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    int status = rig_stop(&rig);
    rig_free(&rig);
    rig_person_forget(&person);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_enrolment_to_the_activity_page),
        cmocka_unit_test(test_after_a_restart_the_person_goes_on),
        cmocka_unit_test(test_the_ledger_of_all_this_replays_without_a_finding),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
