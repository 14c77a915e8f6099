/*
 * Gestures and what stops them: halts, refusals, locked persons, keys and passkeys that operators stop while an approval waits, places in the table.
 * req: AU-3 SIG-5 SIG-8 OPS-2
 */
#include <sqlite3.h>

#include "gesture_bed.h"

/* ---- stopping, cancelling ------------------------------------------------------------------------------------------- */

static void
test_a_halt_while_an_approval_waits_lets_nothing_out(void **state)
{
    (void)state;
    struct attempt a = attempt_with_refs(anna, 1);
    struct wire_sign_reply reply;
    struct wire_operation_reply resumed;
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &a.opened, &a.ask, 1);
    uint64_t id;
    rig_mode(&rig, RIG_HOLD);
    rig_sign_send(&rig, &sign, rig.next_id++);
    rig_wait_held(&rig, 1);
    assert_ok(rig_halt(&rig, SG_NO_BYTES, "alice", &rig.alice));
    rig_mode(&rig, RIG_GOOD);
    assert_refused(rig_sign_receive(&rig, &id, &reply), HALTED);
    assert_refused(rig_sign(&rig, &sign, &reply), HALTED);
    struct wire_intent intent = rig_present(&rig, anna, 1);
    struct wire_intent_open_reply opened;
    assert_refused(rig_open(&rig, anna, &intent, &opened), HALTED);
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_RESUME);
    assert_ok(rig_decide(&rig, &op, &resumed));
    assert_ok(rig_sign(&rig, &sign, &reply));
}

static void
test_a_refusal_by_the_person_is_on_record_and_ends_the_intent(void **state)
{
    (void)state;
    struct rig_counts before = rig_counts(&rig);
    struct attempt a = attempt_of(anna);
    struct attempt b = attempt_of(anna);
    uint64_t seq = 0;
    assert_ok(rig_cancel(&rig, a.opened.intent_id, WIRE_CANCEL_REFUSED, &seq));
    assert_true(seq > 0);
    struct wire_person_event event;
    assert_ok(wire_person_event_parse(rig_record(&rig, seq).body, &event));
    assert_str_is(event.event, "intent-refused");
    assert_true(sg_bytes_equal(event.person, SG_BYTES(anna->id)));
    assert_true(sg_bytes_equal(event.intent_id, a.opened.intent_id));
    assert_refused(try_with(&a, &anna->sign), INTENT);
    assert_refused(rig_cancel(&rig, a.opened.intent_id, WIRE_CANCEL_REFUSED, &seq), NOT_FOUND);
    assert_ok(rig_cancel(&rig, b.opened.intent_id, WIRE_CANCEL_DROPPED, &seq));
    assert_int_equal(seq, 0);
    assert_refused(try_with(&b, &anna->sign), INTENT);
    assert_left(before, 0, 0, 0, 1);
}

/* While it waits for the status: what comes back then is no longer wanted. */
static void
test_an_intent_cancelled_while_its_approval_waits_is_not_signed(void **state)
{
    (void)state;
    struct attempt a = attempt_with_refs(anna, 1);
    struct wire_sign_reply reply;
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &a.opened, &a.ask, 1);
    uint64_t id, seq;
    rig_mode(&rig, RIG_HOLD);
    rig_sign_send(&rig, &sign, rig.next_id++);
    rig_wait_held(&rig, 1);
    assert_ok(rig_cancel(&rig, a.opened.intent_id, WIRE_CANCEL_DROPPED, &seq));
    rig_mode(&rig, RIG_GOOD);
    assert_refused(rig_sign_receive(&rig, &id, &reply), INTENT);
}

static void
test_one_person_has_32_places_and_gets_them_back(void **state)
{
    (void)state;
    struct wire_intent_open_reply opened[33];
    struct wire_intent_open_reply more;
    struct wire_sign_reply reply;
    uint64_t seq;
    rig_stop(&rig); /* nothing is open after a start */
    rig_start(&rig, NULL);
    for (size_t i = 0; i < 32; i++) {
        struct wire_intent intent = rig_present(&rig, anna, 1);
        assert_ok(rig_open(&rig, anna, &intent, &opened[i]));
    }
    struct wire_intent intent = rig_present(&rig, anna, 1);
    assert_refused(rig_open(&rig, anna, &intent, &more), TOO_MANY);
    struct wire_intent other = rig_present(&rig, &p[BERT], 1);
    assert_ok(rig_approve_all(&rig, &p[BERT], &other, &reply)); /* nobody else minds */
    assert_ok(rig_cancel(&rig, opened[5].intent_id, WIRE_CANCEL_DROPPED, &seq));
    assert_ok(rig_open(&rig, anna, &intent, &more));
    rig_stop(&rig);
    rig_start(&rig, NULL);
}

/* What is approved and signed does not count against the person: otherwise nobody could sign more often than that in the life of an intent. */
static void
test_what_is_finished_makes_room(void **state)
{
    (void)state;
    struct wire_sign_reply reply;
    for (size_t i = 0; i < 40; i++) {
        struct wire_intent intent = rig_present(&rig, anna, 1);
        assert_ok(rig_approve_all(&rig, anna, &intent, &reply));
    }
}

/* ---- operators, while an approval waits for its status -------------------------------------------------------------- */

static struct wire_sign
waiting(struct attempt *a, const struct rig_person *person, struct authenticator_passkey *passkey)
{
    rig_mode(&rig, RIG_GOOD);
    *a = attempt_with_refs(person, 1);
    struct wire_sign sign = rig_sign_of(&rig, passkey, &a->opened, &a->ask, 1);
    rig_mode(&rig, RIG_HOLD);
    rig_sign_send(&rig, &sign, rig.next_id++);
    rig_wait_held(&rig, 1);
    return sign;
}

static sg_result
let_go(void)
{
    struct wire_sign_reply reply;
    uint64_t id;
    rig_mode(&rig, RIG_GOOD);
    return rig_sign_receive(&rig, &id, &reply);
}

static void
decide(enum wire_op_kind kind, sg_bytes key, sg_bytes subject, uint64_t to)
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, kind);
    op.key = key;
    op.subject = subject;
    op.state = to;
    if (to == WIRE_KEY_SUSPENDED) { /* stopping takes one */
        assert_ok(rig_propose(&rig, &op, "alice", &rig.alice, &reply));
        assert_true(reply.applied);
    } else {
        assert_ok(rig_decide(&rig, &op, &reply));
    }
}

static void
test_a_person_locked_meanwhile_signs_nothing(void **state)
{
    (void)state;
    struct attempt a;
    struct attempt open = attempt_of(&p[BERT]);
    struct wire_sign sign = waiting(&a, &p[BERT], &p[BERT].second);
    struct wire_sign_reply reply;
    decide(WIRE_OPN_PERSON_STATE, SG_NO_BYTES, SG_BYTES(p[BERT].id), WIRE_KEY_SUSPENDED);
    assert_refused(let_go(), POLICY);
    /* what was open is dropped, and nothing new is opened */
    assert_refused(rig_sign(&rig, &sign, &reply), INTENT);
    assert_refused(try_with(&open, &p[BERT].second), INTENT);
    struct wire_intent intent = rig_present(&rig, &p[BERT], 1);
    assert_refused(rig_approve_all(&rig, &p[BERT], &intent, &reply), POLICY);
    decide(WIRE_OPN_PERSON_STATE, SG_NO_BYTES, SG_BYTES(p[BERT].id), WIRE_KEY_ACTIVE);
    struct attempt after = attempt_of(&p[BERT]);
    assert_ok(try_with(&after, &p[BERT].second));
}

/* A gesture that was held back, once more: it counts, unless her authenticator counts and has signed since. */
static void
again(const struct wire_sign *sign)
{
    struct wire_sign_reply reply;
    sg_result r = rig_sign(&rig, sign, &reply);
    support_assert_code(
        r, anna->sign.sign_count == 0 ? SG_OK : SG_E_ACTIVATION, "again", __FILE__, __LINE__);
}

static void
test_a_key_stopped_meanwhile_signs_nothing(void **state)
{
    (void)state;
    struct attempt a;
    sg_bytes key = SG_BYTES(anna->keys[0].key);
    struct wire_sign sign = waiting(&a, anna, &anna->sign);
    struct wire_sign_reply reply;
    struct wire_intent_open_reply opened;
    decide(WIRE_OPN_KEY_STATE, key, SG_NO_BYTES, WIRE_KEY_SUSPENDED);
    assert_refused(let_go(), KEY_STATE);
    assert_refused(rig_sign(&rig, &sign, &reply), KEY_STATE);
    struct wire_intent both = rig_present(&rig, anna, 3);
    assert_refused(rig_open(&rig, anna, &both, &opened), KEY_STATE);
    struct wire_intent other = rig_present(&rig, anna, 2);
    assert_ok(rig_approve_all(&rig, anna, &other, &reply)); /* her other one does */
    decide(WIRE_OPN_KEY_STATE, key, SG_NO_BYTES, WIRE_KEY_ACTIVE);
    again(&sign); /* the gesture was not used up */
    /* and a halt of this key alone */
    sign = waiting(&a, anna, &anna->sign);
    assert_ok(rig_halt(&rig, key, "bob", &rig.bob));
    assert_refused(let_go(), HALTED);
    other = rig_present(&rig, anna, 2);
    assert_ok(rig_approve_all(&rig, anna, &other, &reply));
    struct wire_operation_reply resumed;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_RESUME);
    op.key = key;
    assert_ok(rig_decide(&rig, &op, &resumed));
    again(&sign);
}

static void
test_a_passkey_that_operators_remove_meanwhile_approves_nothing(void **state)
{
    (void)state;
    struct attempt a;
    struct key_public *public = NULL;
    sg_bytes spki = sg_bytes_of(anna->second.spki, anna->second.spki_len);
    assert_ok(key_public_new(spki, &public));
    (void)waiting(&a, anna, &anna->second);
    decide(WIRE_OPN_PASSKEY_STATE, sg_bytes_of(key_public_thumbprint(public), 32),
        SG_BYTES(anna->id), WIRE_KEY_DESTROYED);
    assert_refused(let_go(), ACTIVATION); /* read again in the transaction */
    assert_ok(try_with(&a, &anna->sign));
    key_public_free(&public);
}

/* Under load every answer after the halt's is a refusal, and every signature that was given has its outcome in the ledger. */
static void
test_halt_among_later_signs_is_answered_when_nothing_is_in_flight(void **state)
{
    (void)state;
    struct wire_intent intent = rig_present(&rig, anna, 1);
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    for (size_t i = 1; i < WIRE_DTBS_MAX; i++) {
        intent.dtbs[i] = rig_present(&rig, anna, 1).dtbs[0];
    }
    intent.n_dtbs = WIRE_DTBS_MAX;
    assert_ok(rig_open(&rig, anna, &intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &opened, &ask, 1);
    assert_ok(rig_sign(&rig, &sign, &reply));
    struct rig_counts before = rig_counts(&rig);
    for (unsigned i = 1; i < WIRE_DTBS_MAX; i++) {
        struct wire_sign later = { .intent_id = opened.intent_id, .which = UINT64_C(1) << i };
        rig_sign_send(&rig, &later, rig.next_id++);
        if (i == WIRE_DTBS_MAX / 2) {
            rig_halt_send(&rig, SG_NO_BYTES, "bob", &rig.bob, rig.next_id++);
        }
    }
    uint64_t given = 0;
    for (unsigned i = 1; i < WIRE_DTBS_MAX; i++) {
        uint64_t id;
        sg_result r = rig_sign_receive(&rig, &id, &reply);
        given += sg_ok(r) ? 1 : 0;
        assert_true(sg_ok(r) || r.code == SG_E_HALTED);
    }
    uint8_t packet[1024];
    assert_true(read(rig.ops, packet, sizeof(packet)) > 0); /* the halt's answer */
    assert_int_equal(packet[1], WIRE_HALT + WIRE_REPLY);
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(after.outcomes[WIRE_OUT_SIGNED] - before.outcomes[WIRE_OUT_SIGNED], given);
    assert_int_equal(after.waiting, 0);
    assert_true(given < WIRE_DTBS_MAX - 1);
    struct wire_operation_reply resumed;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_RESUME);
    assert_ok(rig_decide(&rig, &op, &resumed));
}

/* ---- a database that does not answer for a moment ---------------------------------------------------------------------- */

/* SIG-5: no consent, no signature; and the approval is not used up by it. */
static void
test_a_moment_without_database_burns_no_approval(void **state)
{
    (void)state;
    struct attempt a = attempt_of(&p[BERT]);
    struct wire_sign_reply reply;
    sqlite3 *db = NULL;
    sg_str path;
    p[BERT].second.sign_count = 40;
    struct wire_sign sign = rig_sign_of(&rig, &p[BERT].second, &a.opened, &a.ask, 1);
    assert_ok(sg_arena_printf(rig.arena, &path, "%s/signer/ledger.db", rig.dir));
    assert_int_equal(sqlite3_open(path.p, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_refused(rig_sign(&rig, &sign, &reply), STORE_DOWN);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_ok(rig_sign(&rig, &sign, &reply)); /* the same gesture, with the same count */
    assert_int_equal(consent_of(reply.consent_seq)->gesture.counter_fault, false);
}

/* ---- a signature that fails among others ------------------------------------------------------------------------------- */

/* The wrapped form of one of Carl's keys, as somebody with the disk might alter it. */
static void
alter_wrapped(const uint8_t key[32])
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    sg_str path;
    rig_stop(&rig);
    assert_ok(sg_arena_printf(rig.arena, &path, "%s/signer/ledger.db", rig.dir));
    assert_int_equal(sqlite3_open(path.p, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
            "UPDATE reg_holder_keys SET wrapped=zeroblob(length(wrapped)) WHERE thumbprint=?", -1,
            &stmt, NULL),
        SQLITE_OK);
    sqlite3_bind_blob(stmt, 1, key, 32, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    assert_int_equal(sqlite3_changes(db), 1);
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    rig_start(&rig, NULL);
}

/* All of what one SIGN asks for, or nothing; it is on record as failed, and spent. */
static void
test_one_failed_signature_keeps_the_others_back(void **state)
{
    (void)state;
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    alter_wrapped(p[CARL].keys[1].key);
    struct rig_counts before = rig_counts(&rig);
    struct wire_intent intent = rig_present(&rig, &p[CARL], 3);
    assert_ok(rig_open(&rig, &p[CARL], &intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    p[CARL].sign.sign_count = 50;
    struct wire_sign sign = rig_sign_of(&rig, &p[CARL].sign, &opened, &ask, 3);
    assert_refused(rig_sign(&rig, &sign, &reply), KEY_INVALID);
    struct rig_counts after = rig_counts(&rig);
    assert_left(before, 1, 0, 0, 0);
    assert_int_equal(after.outcomes[WIRE_OUT_FAILED] - before.outcomes[WIRE_OUT_FAILED], 1);
    assert_int_equal(after.waiting, 0);
    struct wire_sign again = { .intent_id = opened.intent_id, .which = 1 };
    assert_refused(rig_sign(&rig, &again, &reply), INTENT_SPENT);
    intent = rig_present(&rig, &p[CARL], 1); /* his other key is well */
    assert_ok(rig_approve_all(&rig, &p[CARL], &intent, &reply));
}

/* ---- places ---------------------------------------------------------------------------------------------------------- */

/* 4096 in all, half of them of one requester; the rest of the world goes on. Needs many persons, and intents that need no key. */
static void
test_the_table_has_its_bounds_and_shares(void **state)
{
    (void)state;
    enum { CROWD = 129, EACH = 32, HALF = 2048, ALL = 4096 };
    struct rig_person *crowd = calloc(CROWD, sizeof(crowd[0]));
    struct wire_intent_open_reply opened;
    assert_non_null(crowd);
    rig_persons_put(&rig, crowd, CROWD);
    for (size_t i = 0; i <= ALL; i++) {
        const struct rig_person *person = &crowd[i / EACH];
        struct wire_intent intent = rig_remove(&rig, person, &person->second);
        intent.requester = i < HALF ? SG_LIT("one") : SG_LIT("other");
        if (i == HALF) {
            struct wire_intent more = intent;
            more.requester = SG_LIT("one");
            assert_refused(rig_open(&rig, person, &more, &opened), TOO_MANY);
        }
        sg_result r = rig_open(&rig, person, &intent, &opened);
        assert_int_equal(r.code, i < ALL ? SG_OK : SG_E_TOO_MANY);
    }
    struct wire_intent last = rig_remove(&rig, &crowd[CROWD - 1], &crowd[CROWD - 1].second);
    last.requester = SG_LIT("third");
    assert_refused(rig_open(&rig, &crowd[CROWD - 1], &last, &opened), TOO_MANY);
    for (size_t i = 0; i < CROWD; i++) {
        rig_person_forget(&crowd[i]);
    }
    free(crowd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        /* a second halt of the same operator in the same second would be a replay: one level each */
        cmocka_unit_test_setup(test_a_halt_while_an_approval_waits_lets_nothing_out, level_3),
        AT_BOTH(test_a_refusal_by_the_person_is_on_record_and_ends_the_intent),
        AT_BOTH(test_an_intent_cancelled_while_its_approval_waits_is_not_signed),
        AT_BOTH(test_one_person_has_32_places_and_gets_them_back),
        AT_BOTH(test_what_is_finished_makes_room),
        cmocka_unit_test(test_a_person_locked_meanwhile_signs_nothing),
        AT_BOTH(test_a_key_stopped_meanwhile_signs_nothing),
        AT_BOTH(test_a_passkey_that_operators_remove_meanwhile_approves_nothing),
        cmocka_unit_test_setup(
            test_halt_among_later_signs_is_answered_when_nothing_is_in_flight, level_2),
        cmocka_unit_test(test_a_moment_without_database_burns_no_approval),
        cmocka_unit_test(test_one_failed_signature_keeps_the_others_back),
        cmocka_unit_test(test_the_table_has_its_bounds_and_shares),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
