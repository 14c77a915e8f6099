/* A real signer; the test is an attacking gateway, a lying courier, one operator too few. req: SIG-1 SIG-2 SIG-4 SIG-5 SIG-8 KEY-8 OPS-2 */
#include "signer_bed.h"

static void
test_a_good_request_is_signed_and_leaves_consent_and_outcome(void **state)
{
    (void)state;
    assert_left(good, SG_OK, 1, 1, 0);
    assert_left(list, SG_OK, 1, 1, 0);
}

static void
test_what_is_not_approved_is_not_signed(void **state)
{
    (void)state;
    assert_left(no_approval, SG_E_MANDATE, 0, 0, 0);
    assert_left(wrong_client, SG_E_MANDATE, 0, 0, 0);
    assert_left(wrong_configuration, SG_E_MANDATE, 0, 0, 0);
    assert_left(expired, SG_E_INTENT_EXPIRED, 0, 0, 0);
    assert_left(too_long_lived, SG_E_INTENT, 0, 0, 0);
    assert_left(short_digest, SG_E_DIGEST, 0, 0, 0);
    assert_left(message_without_bytes, SG_E_DIGEST, 0, 0, 0);
    assert_left(list_key_for_credential, SG_E_KEY_USE, 0, 0, 0);
    assert_left(seal_key_for_list, SG_E_KEY_USE, 0, 0, 0);
}

/* A digest changed after the fact is another intent: what was signed does not verify over it, and the first one is spent. */
static void
test_a_changed_digest_gets_no_signature_of_the_first(void **state)
{
    (void)state;
    struct wire_intent intent;
    struct wire_seal_reply reply;
    struct wire_seal seal = usual(&intent);
    memcpy(kept_intent, seal.intent.p, seal.intent.n);
    kept_len = seal.intent.n;
    assert_ok(rig_seal(&rig, &seal, &reply));
    uint8_t changed[32];
    memcpy(changed, intent.dtbs[0].digest.p, 32);
    changed[0] ^= 1;
    assert_refused(
        key_public_verify(rig.seal_public, SG_BYTES(changed), reply.signatures[0]), SIGNATURE);
    assert_left(spent, SG_E_INTENT_SPENT, 0, 0, 1); /* after a valid activation: recorded */
}

/* ---- instructions (level 2) ----------------------------------------------------------------------------------- */

static struct wire_seal
level2(struct wire_intent *intent, struct wire_instruction *instruction, struct rig_pen *pen)
{
    *intent = rig_intent(&rig, rig.level2_key, WIRE_OP_SEAL_CREDENTIAL);
    struct wire_seal seal = rig_seal_of(&rig, intent, rig.mandate2);
    if (instruction != NULL) {
        sg_bytes to_sign;
        assert_ok(wire_instruction_encode(rig.arena, instruction, &seal.instruction));
        assert_ok(wire_signed_bytes(rig.arena, WIRE_TAG_INSTRUCTION, seal.instruction, &to_sign));
        seal.instruction_signature = rig_pen_sign(pen, rig.arena, to_sign);
    }
    return seal;
}

static void
test_level_2_needs_the_clients_instruction_and_counts_it(void **state)
{
    (void)state;
    static const uint8_t id[16] = { 1, 2, 3 };
    static const uint8_t claims[32] = { 5 };
    struct wire_intent intent;
    struct wire_seal_reply reply;
    struct wire_seal seal = level2(&intent, NULL, NULL);
    assert_refused(rig_seal(&rig, &seal, &reply), INSTRUCTION);
    struct wire_instruction in = { SG_BYTES(id), SG_LIT("demo-client"), SG_BYTES(rig.level2_key),
        SG_LIT("badge"), SG_BYTES(claims), 2, intent.expires_at + 100 };
    seal = level2(&intent, &in, &rig.alice); /* not the client's key */
    assert_refused(rig_seal(&rig, &seal, &reply), INSTRUCTION);
    for (int i = 0; i < 2; i++) {
        seal = level2(&intent, &in, &rig.client);
        assert_ok(rig_seal(&rig, &seal, &reply));
    }
    seal = level2(&intent, &in, &rig.client); /* a third use of two */
    assert_refused(rig_seal(&rig, &seal, &reply), INSTRUCTION);
}

/* ---- status ---------------------------------------------------------------------------------------------------- */

static void
wait_until_stale(void)
{
    usleep(320000); /* status_max_age_ms = 300 in this rig: time itself is what is tested */
}

static void
test_a_status_that_is_not_good_and_fresh_refuses_and_is_recorded(void **state)
{
    (void)state;
    static const struct {
        enum rig_courier mode;
        enum sg_code code;
    } cases[] = {
        { RIG_BAD, SG_E_STATUS_BAD },
        { RIG_UNKNOWN, SG_E_STATUS_UNKNOWN },
        { RIG_STALE, SG_E_STATUS_UNKNOWN },
        { RIG_FUTURE, SG_E_STATUS_UNKNOWN },
        { RIG_NO_HASH, SG_E_STATUS_UNKNOWN },
        { RIG_TOO_MANY, SG_E_STATUS_UNKNOWN },
        { RIG_GARBAGE, SG_E_STATUS_UNKNOWN },
        { RIG_REFUSED, SG_E_STATUS_UNKNOWN },
        { RIG_SILENT, SG_E_STATUS_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_mode(&rig, cases[i].mode);
        wait_until_stale();
        assert_left(good, cases[i].code, 0, 0, 1);
    }
    assert_left(list, SG_OK, 1, 1, 0); /* a list key is judged by the registry alone */
    rig_mode(&rig, RIG_GOOD);
    wait_until_stale();
    assert_left(good, SG_OK, 1, 1, 0);
}

static void
test_a_good_verdict_is_used_until_its_age_is_up_and_no_longer(void **state)
{
    (void)state;
    rig_mode(&rig, RIG_GOOD);
    wait_until_stale();
    assert_ok(good());
    rig_mode(&rig, RIG_BAD);
    wait_until_stale();
    assert_refused(good(), STATUS_BAD);
    rig_mode(&rig, RIG_GOOD);
    wait_until_stale();
    assert_ok(good());
}

static void
test_one_question_serves_all_who_wait(void **state)
{
    (void)state;
    enum { N = 20 };
    rig_mode(&rig, RIG_HOLD);
    wait_until_stale();
    unsigned before = rig_asked(&rig);
    for (int i = 0; i < N; i++) {
        struct wire_intent intent;
        struct wire_seal seal = usual(&intent);
        rig_seal_send(&rig, &seal, rig.next_id++);
    }
    rig_wait_held(&rig, 1);
    rig_mode(&rig, RIG_GOOD);
    for (int i = 0; i < N; i++) {
        uint64_t id;
        struct wire_seal_reply reply;
        assert_ok(rig_seal_receive(&rig, &id, &reply));
    }
    assert_int_equal(rig_asked(&rig) - before, 1);
}

/* ---- stopping -------------------------------------------------------------------------------------------------- */

static void
resume(void)
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_RESUME);
    assert_ok(rig_decide(&rig, &op, &reply));
}

/* OPS-2: hold the courier, halt, release it: no signature. */
static void
test_halt_while_signatures_wait_lets_none_out(void **state)
{
    (void)state;
    enum { N = 10 };
    rig_mode(&rig, RIG_HOLD);
    wait_until_stale();
    struct rig_counts before = rig_counts(&rig);
    for (int i = 0; i < N; i++) {
        struct wire_intent intent;
        struct wire_seal seal = usual(&intent);
        rig_seal_send(&rig, &seal, rig.next_id++);
    }
    rig_wait_held(&rig, 1);
    assert_ok(rig_halt(&rig, SG_NO_BYTES, "alice", &rig.alice));
    rig_mode(&rig, RIG_GOOD);
    for (int i = 0; i < N; i++) {
        uint64_t id;
        struct wire_seal_reply reply;
        assert_refused(rig_seal_receive(&rig, &id, &reply), HALTED);
    }
    assert_refused(good(), HALTED);
    assert_refused(list(), HALTED);
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(after.outcomes[WIRE_OUT_SIGNED], before.outcomes[WIRE_OUT_SIGNED]);
    assert_int_equal(after.by_type[WIRE_REC_REFUSAL], before.by_type[WIRE_REC_REFUSAL] + N);
    resume();
    assert_left(good, SG_OK, 1, 1, 0);
}

/* Under load every answer after the halt's is a refusal, and every signature that was given has its outcome in the ledger. */
static void
test_halt_under_load_is_answered_when_nothing_is_in_flight(void **state)
{
    (void)state;
    enum { N = 200 };
    rig_mode(&rig, RIG_GOOD);
    struct rig_counts before = rig_counts(&rig);
    for (int i = 0; i < N; i++) {
        struct wire_intent intent;
        struct wire_seal seal = usual(&intent);
        rig_seal_send(&rig, &seal, rig.next_id++);
        if (i == N / 2) {
            rig_halt_send(&rig, SG_NO_BYTES, "bob", &rig.bob, rig.next_id++);
        }
    }
    uint64_t given = 0;
    for (int i = 0; i < N; i++) {
        uint64_t id;
        struct wire_seal_reply reply;
        sg_result r = rig_seal_receive(&rig, &id, &reply);
        given += sg_ok(r) ? 1 : 0;
        assert_true(sg_ok(r) || r.code == SG_E_HALTED);
    }
    uint8_t packet[1024];
    assert_true(read(rig.ops, packet, sizeof(packet)) > 0); /* the halt's answer */
    assert_int_equal(packet[1], WIRE_HALT + WIRE_REPLY);
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(after.outcomes[WIRE_OUT_SIGNED] - before.outcomes[WIRE_OUT_SIGNED], given);
    assert_int_equal(after.waiting, 0);
    assert_true(given < N);
    resume();
}

static void
test_a_suspended_key_does_not_sign(void **state)
{
    (void)state;
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_KEY_STATE);
    op.key = SG_BYTES(rig.seal_key);
    op.state = WIRE_KEY_SUSPENDED;
    assert_ok(rig_propose(&rig, &op, "alice", &rig.alice, &reply)); /* stopping takes one */
    assert_true(reply.applied);
    assert_left(good, SG_E_KEY_STATE, 0, 0, 0);
    op = rig_op(&rig, WIRE_OPN_KEY_STATE);
    op.key = SG_BYTES(rig.seal_key);
    op.state = WIRE_KEY_ACTIVE;
    assert_ok(rig_decide(&rig, &op, &reply));
    assert_ok(good());
}

/* ---- two persons ------------------------------------------------------------------------------------------------ */

static void
test_dual_control_takes_two_persons(void **state)
{
    (void)state;
    struct wire_operation_reply reply;
    struct wire_operation_reply none;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_CLIENT_SET);
    op.name = SG_LIT("other");
    op.active = true;
    assert_refused(rig_propose(&rig, &op, "alice", &rig.bob, &reply), OPERATOR);
    assert_refused(rig_propose(&rig, &op, "mallory", &rig.alice, &reply), OPERATOR);
    assert_ok(rig_propose(&rig, &op, "alice", &rig.alice, &reply));
    assert_false(reply.applied);
    sg_bytes id = reply.operation_id;
    assert_refused(rig_approve(&rig, id, "alice", &rig.alice, &none), DUAL_CONTROL);
    assert_refused(rig_approve(&rig, id, "alice2", &rig.alice2, &none), DUAL_CONTROL);
    assert_refused(rig_approve(&rig, id, "bob", &rig.alice, &none), OPERATOR);
    assert_ok(rig_approve(&rig, id, "bob", &rig.bob, &none));
    assert_refused(rig_approve(&rig, id, "bob", &rig.bob, &none), NOT_FOUND); /* once */
    assert_refused(rig_propose(&rig, &op, "alice", &rig.alice, &reply), REPLAY);
}

static void
test_operations_expire_and_need_what_they_name(void **state)
{
    (void)state;
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_RESUME);
    op.proposed_at -= 10000;
    op.expires_at = op.proposed_at + 100;
    assert_refused(rig_propose(&rig, &op, "alice", &rig.alice, &reply), EXPIRED);
    op = rig_op(&rig, WIRE_OPN_RESUME);
    op.expires_at += 8 * 86400;
    assert_refused(rig_propose(&rig, &op, "alice", &rig.alice, &reply), VALUE);
    op = rig_op(&rig, WIRE_OPN_KEY_STATE);
    static const uint8_t nobody[32] = { 1 };
    op.key = SG_BYTES(nobody);
    op.state = WIRE_KEY_ACTIVE;
    assert_refused(rig_propose(&rig, &op, "alice", &rig.alice, &reply), NOT_FOUND);
}

static struct wire_operation_msg
alice_is(uint64_t roles)
{
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_OPERATOR_SET);
    op.name = SG_LIT("alice");
    op.person = SG_LIT("p1");
    op.alg = KEY_ES256;
    op.spki = sg_bytes_of(rig.alice.spki, rig.alice.spki_len);
    op.roles = roles;
    op.active = true;
    return op;
}

/* KEY-8: what counts is the proposer's right on the day of the approval. */
static void
test_a_proposer_who_lost_the_role_since_has_no_say(void **state)
{
    (void)state;
    struct wire_operation_reply waits;
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_CLIENT_SET);
    op.name = SG_LIT("late");
    op.active = true;
    assert_ok(rig_propose(&rig, &op, "alice", &rig.alice, &waits));
    uint8_t waiting[32];
    memcpy(waiting, waits.operation_id.p, 32);
    op = alice_is(WIRE_ROLE_KEY_CUSTODIAN);
    assert_ok(rig_decide(&rig, &op, &reply));
    assert_refused(rig_approve(&rig, SG_BYTES(waiting), "bob", &rig.bob, &reply), POLICY);
    op = alice_is(WIRE_ROLE_KEY_CUSTODIAN | WIRE_ROLE_REGISTRATION | WIRE_ROLE_ADMINISTRATOR);
    assert_ok(rig_propose(&rig, &op, "alice2", &rig.alice2, &reply));
    uint8_t back[32];
    memcpy(back, reply.operation_id.p, 32);
    assert_ok(rig_approve(&rig, SG_BYTES(back), "bob", &rig.bob, &reply));
    assert_ok(rig_approve(&rig, SG_BYTES(waiting), "bob", &rig.bob, &reply));
}

/* SIG-2: a kept verdict is about a reference; with another reference it is no word about the key. */
static void
test_a_new_reference_is_asked_about_at_once(void **state)
{
    (void)state;
    struct wire_operation_reply reply;
    rig_mode(&rig, RIG_GOOD);
    wait_until_stale();
    assert_ok(good());
    rig_mode(&rig, RIG_BAD);
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_KEY_STATUS);
    op.key = SG_BYTES(rig.seal_key);
    op.ref = (struct wire_ref){
        .type = WIRE_REF_TOKEN_STATUS_LIST, .uri = SG_LIT("http://localhost/other"), .idx = 7
    };
    assert_ok(rig_decide(&rig, &op, &reply));
    assert_refused(good(), STATUS_BAD);
    rig_mode(&rig, RIG_GOOD);
    wait_until_stale();
    assert_ok(good());
}

/* SIG-8: between the look at the instruction and the consent the client was registered anew: its old key may be the reason. */
static void
test_an_instruction_of_a_key_replaced_meanwhile_is_void(void **state)
{
    (void)state;
    static const uint8_t id[16] = { 9, 9, 9 };
    static const uint8_t claims[32] = { 5 };
    struct wire_intent intent;
    struct wire_operation_reply reply;
    struct wire_seal_reply sealed;
    struct wire_seal seal = level2(&intent, NULL, NULL);
    struct wire_instruction in = { SG_BYTES(id), SG_LIT("demo-client"), SG_BYTES(rig.level2_key),
        SG_LIT("badge"), SG_BYTES(claims), 2, intent.expires_at + 100 };
    struct rig_pen lost = rig.client;
    wait_until_stale();
    rig_mode(&rig, RIG_HOLD);
    seal = level2(&intent, &in, &lost);
    rig_seal_send(&rig, &seal, rig.next_id++);
    rig_wait_held(&rig, 1);
    rig_pen_make(&rig.client);
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_CLIENT_SET);
    op.name = SG_LIT("demo-client");
    op.alg = KEY_ES256;
    op.spki = sg_bytes_of(rig.client.spki, rig.client.spki_len);
    op.active = true;
    assert_ok(rig_decide(&rig, &op, &reply));
    rig_mode(&rig, RIG_GOOD);
    uint64_t got;
    assert_refused(rig_seal_receive(&rig, &got, &sealed), INSTRUCTION);
    seal = level2(&intent, &in, &rig.client);
    assert_ok(rig_seal(&rig, &seal, &sealed));
    EVP_PKEY_free(lost.key);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_request_is_signed_and_leaves_consent_and_outcome),
        cmocka_unit_test(test_what_is_not_approved_is_not_signed),
        cmocka_unit_test(test_a_changed_digest_gets_no_signature_of_the_first),
        cmocka_unit_test(test_level_2_needs_the_clients_instruction_and_counts_it),
        cmocka_unit_test(test_a_status_that_is_not_good_and_fresh_refuses_and_is_recorded),
        cmocka_unit_test(test_a_good_verdict_is_used_until_its_age_is_up_and_no_longer),
        cmocka_unit_test(test_one_question_serves_all_who_wait),
        cmocka_unit_test(test_halt_while_signatures_wait_lets_none_out),
        cmocka_unit_test(test_halt_under_load_is_answered_when_nothing_is_in_flight),
        cmocka_unit_test(test_a_suspended_key_does_not_sign),
        cmocka_unit_test(test_dual_control_takes_two_persons),
        cmocka_unit_test(test_operations_expire_and_need_what_they_name),
        cmocka_unit_test(test_a_proposer_who_lost_the_role_since_has_no_say),
        cmocka_unit_test(test_a_new_reference_is_asked_about_at_once),
        cmocka_unit_test(test_an_instruction_of_a_key_replaced_meanwhile_is_void),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
