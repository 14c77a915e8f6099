/* A real signer; the test is an attacking gateway, a lying courier, one operator too few. req: SIG-1 SIG-2 SIG-4 SIG-5 SIG-8 KEY-8 OPS-2 */
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "key_public.h"
#include "signer_rig.h"

static struct rig rig;

static struct wire_seal
usual(struct wire_intent *intent)
{
    *intent = rig_intent(&rig, rig.seal_key, WIRE_OP_SEAL_CREDENTIAL);
    return rig_seal_of(&rig, intent, rig.mandate);
}

/* What a request left behind in the ledger: consents, signed outcomes, refusals. */
struct left {
    uint64_t consents, signed_, refusals;
};
static struct left
left_by(sg_result (*attempt)(void), enum sg_code want)
{
    struct rig_counts before = rig_counts(&rig);
    support_assert_code(attempt(), want, "attempt", __FILE__, __LINE__);
    struct rig_counts after = rig_counts(&rig);
    if (want != SG_OK && after.by_type[WIRE_REC_REFUSAL] > before.by_type[WIRE_REC_REFUSAL]) {
        assert_int_equal(after.last_refusal, want);
    }
    return (struct left){ after.by_type[WIRE_REC_CONSENT] - before.by_type[WIRE_REC_CONSENT],
        after.outcomes[WIRE_OUT_SIGNED] - before.outcomes[WIRE_OUT_SIGNED],
        after.by_type[WIRE_REC_REFUSAL] - before.by_type[WIRE_REC_REFUSAL] };
}
#define assert_left(attempt, code, c, s, r)             \
    do {                                                \
        struct left left_ = left_by((attempt), (code)); \
        assert_int_equal(left_.consents, (c));          \
        assert_int_equal(left_.signed_, (s));           \
        assert_int_equal(left_.refusals, (r));          \
    } while (0)

/* ---- attempts ----------------------------------------------------------------------------------------------- */

static sg_result
good(void)
{
    struct wire_seal_reply reply;
    return rig_seal_usual(&rig, &reply);
}
static sg_result
list(void)
{
    struct wire_seal_reply reply;
    struct wire_intent intent = rig_intent(&rig, rig.status_key, WIRE_OP_STATUS_LIST);
    struct wire_seal seal = rig_seal_of(&rig, &intent, rig.list_mandate);
    return rig_seal(&rig, &seal, &reply);
}
static sg_result
no_approval(void)
{
    struct wire_intent intent;
    struct wire_seal_reply reply;
    struct wire_seal seal = usual(&intent);
    static const uint8_t unknown[16] = { 9 };
    seal.mandate = SG_BYTES(unknown);
    return rig_seal(&rig, &seal, &reply);
}
static sg_result
spoilt(void (*spoil)(struct wire_intent *intent))
{
    struct wire_intent intent = rig_intent(&rig, rig.seal_key, WIRE_OP_SEAL_CREDENTIAL);
    struct wire_seal_reply reply;
    spoil(&intent);
    struct wire_seal seal = rig_seal_of(&rig, &intent, rig.mandate);
    return rig_seal(&rig, &seal, &reply);
}
static void
spoil_client(struct wire_intent *i)
{
    i->requester = SG_LIT("gateway");
}
static void
spoil_configuration(struct wire_intent *i)
{
    i->configuration = SG_LIT("passport");
}
static void
spoil_expired(struct wire_intent *i)
{
    i->created_at -= 120;
    i->expires_at -= 120;
}
static void
spoil_lifetime(struct wire_intent *i)
{
    i->expires_at += 100000;
}
static void
spoil_digest_length(struct wire_intent *i)
{
    static const uint8_t sha384[48] = { 1 }; /* a digest, but not of ES256's hash */
    i->dtbs[0].digest = SG_BYTES(sha384);
}
static void
spoil_kind(struct wire_intent *i)
{
    static const uint8_t sha512[64] = { 1 };
    i->dtbs[0] = (struct wire_dtbs){ WIRE_MESSAGE_KIND, SG_BYTES(sha512) };
}
static void
spoil_key(struct wire_intent *i)
{
    i->key = SG_BYTES(rig.status_key);
}
static void
spoil_operation(struct wire_intent *i)
{
    i->operation = WIRE_OP_STATUS_LIST;
}
static sg_result
wrong_client(void)
{
    return spoilt(spoil_client);
}
static sg_result
wrong_configuration(void)
{
    return spoilt(spoil_configuration);
}
static sg_result
expired(void)
{
    return spoilt(spoil_expired);
}
static sg_result
too_long_lived(void)
{
    return spoilt(spoil_lifetime);
}
static sg_result
short_digest(void)
{
    return spoilt(spoil_digest_length);
}
static sg_result
message_without_bytes(void)
{
    return spoilt(spoil_kind);
}
static sg_result
list_key_for_credential(void)
{
    return spoilt(spoil_key);
}
static sg_result
seal_key_for_list(void)
{
    return spoilt(spoil_operation);
}

static uint8_t kept_intent[4096];
static size_t kept_len;
static sg_result
spent(void)
{
    struct wire_seal_reply reply;
    struct wire_seal seal = { .intent = sg_bytes_of(kept_intent, kept_len),
        .mandate = SG_BYTES(rig.mandate) };
    return rig_seal(&rig, &seal, &reply);
}

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

/* ---- other kinds of keys ------------------------------------------------------------------------------------------ */

static void
another_key(
    const char *label, uint64_t alg, bool wrapped, uint8_t ret_key[32], uint8_t ret_mandate[16])
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_KEY_GENERATE);
    op.name = sg_cstr(label);
    op.alg = alg;
    op.purpose = WIRE_PURPOSE_STATUS_LIST;
    op.level = 1;
    op.count = 1;
    op.wrapped = wrapped;
    assert_ok(rig_decide(&rig, &op, &reply));
    memcpy(ret_key, reply.keys[0].p, 32);
    op = rig_op(&rig, WIRE_OPN_KEY_STATE);
    op.key = sg_bytes_of(ret_key, 32);
    op.state = WIRE_KEY_ACTIVE;
    assert_ok(rig_decide(&rig, &op, &reply));
    op = rig_op(&rig, WIRE_OPN_MANDATE_SET);
    memcpy(ret_mandate, op.unique.p, 16);
    op.mandate = (struct wire_mandate){ .id = op.unique,
        .client = SG_LIT("gateway"),
        .key = sg_bytes_of(ret_key, 32),
        .operation = WIRE_OP_STATUS_LIST,
        .count = 100,
        .window_s = 3600,
        .not_before = op.proposed_at - 10,
        .not_after = op.proposed_at + 10000 };
    assert_ok(rig_decide(&rig, &op, &reply));
}

static struct key_public *
public_of(const uint8_t key[32])
{
    struct wire_key_info msg = { .key = sg_bytes_of(key, 32) };
    struct wire_key_info_reply reply;
    struct key_public *public = NULL;
    struct sg_buf buf = sg_buf_new(rig.arena, 128, WIRE_FRAME_MAX);
    uint64_t id = rig.next_id++;
    wire_key_info_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, id);
    assert_ok(rig_refusal(&frame));
    assert_ok(wire_key_info_reply_parse(frame.body, &reply));
    assert_ok(key_public_new(reply.spki, &public));
    return public;
}

static void
test_a_wrapped_key_signs(void **state)
{
    (void)state;
    uint8_t key[32];
    uint8_t mandate[16];
    struct wire_seal_reply reply;
    another_key("wrapped", KEY_ES256, true, key, mandate);
    struct wire_intent intent = rig_intent(&rig, key, WIRE_OP_STATUS_LIST);
    struct wire_seal seal = rig_seal_of(&rig, &intent, mandate);
    assert_ok(rig_seal(&rig, &seal, &reply));
    struct key_public *public = public_of(key);
    assert_ok(key_public_verify(public, intent.dtbs[0].digest, reply.signatures[0]));
    key_public_free(&public);
}

/* EdDSA: the message travels beside the intent, and only the one whose hash the intent holds is signed. */
static void
test_a_message_is_signed_only_if_it_is_the_intents(void **state)
{
    (void)state;
    uint8_t key[32];
    uint8_t mandate[16];
    struct wire_seal_reply reply;
    another_key("ed", KEY_EDDSA, false, key, mandate);
    struct wire_intent intent = rig_intent(&rig, key, WIRE_OP_STATUS_LIST);
    uint8_t digest[64];
    sg_bytes message = SG_BYTES("the bytes to sign");
    sg_hash(SG_SHA512, message, digest);
    intent.alg = KEY_EDDSA;
    intent.dtbs[0] = (struct wire_dtbs){ WIRE_MESSAGE_KIND, SG_BYTES(digest) };
    struct wire_seal seal = rig_seal_of(&rig, &intent, mandate);
    assert_refused(rig_seal(&rig, &seal, &reply), DIGEST); /* no bytes */
    seal.messages[0] = SG_BYTES("other bytes to sign");
    seal.n_messages = 1;
    assert_refused(rig_seal(&rig, &seal, &reply), DIGEST);
    seal.messages[0] = message;
    assert_ok(rig_seal(&rig, &seal, &reply));
    struct key_public *public = public_of(key);
    assert_ok(key_public_verify(public, message, reply.signatures[0]));
    key_public_free(&public);
}

/* KEY-6: suspended, destroyed with two approvals, gone for good and on record. */
static void
test_a_destroyed_key_is_gone(void **state)
{
    (void)state;
    uint8_t key[32];
    uint8_t mandate[16];
    struct wire_operation_reply reply;
    struct wire_seal_reply sealed;
    another_key("mortal", KEY_ES256, false, key, mandate);
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_KEY_STATE);
    op.key = SG_BYTES(key);
    op.state = WIRE_KEY_DESTROYED;
    assert_refused(rig_propose(&rig, &op, "alice", &rig.alice, &reply), KEY_STATE); /* active */
    op.state = WIRE_KEY_SUSPENDED;
    assert_ok(rig_propose(&rig, &op, "alice", &rig.alice, &reply));
    op = rig_op(&rig, WIRE_OPN_KEY_STATE);
    op.key = SG_BYTES(key);
    op.state = WIRE_KEY_DESTROYED;
    assert_ok(rig_decide(&rig, &op, &reply));
    assert_true(reply.seq > 0);
    struct wire_intent intent = rig_intent(&rig, key, WIRE_OP_STATUS_LIST);
    struct wire_seal seal = rig_seal_of(&rig, &intent, mandate);
    assert_refused(rig_seal(&rig, &seal, &sealed), DESTROYED);
}

/* ---- notes and orders ---------------------------------------------------------------------------------------------- */

static uint64_t
note(const char *kind, sg_result *ret)
{
    struct wire_event_note msg = { sg_cstr(kind), SG_BYTES("\xa0") };
    struct wire_noted noted = { 0 };
    struct sg_buf buf = sg_buf_new(rig.arena, 64, WIRE_FRAME_MAX);
    uint64_t id = rig.next_id++;
    msg.body.n = 1;
    wire_event_note_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, id);
    *ret = rig_refusal(&frame);
    if (sg_ok(*ret)) {
        assert_ok(wire_noted_parse(frame.body, &noted));
    }
    return noted.seq;
}

static void
test_notes_have_a_budget_that_never_stops_signing(void **state)
{
    (void)state;
    sg_result r;
    uint64_t recorded = 0;
    assert_true(note("settings", &r) > 0);
    assert_ok(r);
    note("gossip", &r);
    assert_refused(r, VALUE);
    for (int i = 0; i < 200; i++) {
        recorded += note("login", &r) > 0 ? 1 : 0;
        assert_ok(r);
    }
    assert_int_equal(recorded, 120);
    assert_left(good, SG_OK, 1, 1, 0);
}

static sg_result
order(const struct wire_status_order *o, struct rig_pen *pen, uint64_t *ret_seq)
{
    struct wire_status_order_note msg;
    struct wire_noted noted;
    sg_bytes to_sign;
    struct sg_buf buf = sg_buf_new(rig.arena, 512, WIRE_FRAME_MAX);
    uint64_t id = rig.next_id++;
    assert_ok(wire_status_order_encode(rig.arena, o, &msg.order));
    assert_ok(wire_signed_bytes(rig.arena, WIRE_TAG_STATUS_ORDER, msg.order, &to_sign));
    msg.signature = rig_pen_sign(pen, rig.arena, to_sign);
    wire_status_order_note_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, id);
    SG_TRY(rig_refusal(&frame));
    assert_ok(wire_noted_parse(frame.body, &noted));
    *ret_seq = noted.seq;
    return SG_DONE;
}

/* STA-2 */
static void
test_a_status_order_is_recorded_once_and_only_if_the_client_signed_it(void **state)
{
    (void)state;
    uint64_t seq = 0;
    struct wire_operation_msg op =
        rig_op(&rig, WIRE_OPN_RESUME); /* for its random bytes and the time */
    struct wire_status_order o = { op.unique, SG_LIT("http://localhost/status/1"), 7, 1,
        SG_LIT("demo-client"), op.proposed_at };
    assert_refused(order(&o, &rig.alice, &seq), SIGNATURE);
    assert_ok(order(&o, &rig.client, &seq));
    assert_true(seq > 0);
    assert_refused(order(&o, &rig.client, &seq), REPLAY);
    o.idx = 8; /* other bytes under the same name */
    assert_refused(order(&o, &rig.client, &seq), CONFLICT);
    o.id = rig_op(&rig, WIRE_OPN_RESUME).unique;
    o.orderer = SG_LIT("nobody");
    assert_refused(order(&o, &rig.client, &seq), CLIENT);
    o.orderer = SG_LIT("demo-client");
    o.ordered_at -= 4000;
    assert_refused(order(&o, &rig.client, &seq), EXPIRED);
}

/* ---- what a socket may carry ------------------------------------------------------------------------------------- */

static void
test_holder_side_messages_are_unsupported(void **state)
{
    (void)state;
    static const uint8_t types[] = { WIRE_INTENT_OPEN, WIRE_SIGN, WIRE_INTENT_CANCEL,
        WIRE_ENROL_OPEN, WIRE_ENROL_FINISH, WIRE_KEY_MAKE };
    for (size_t i = 0; i < sizeof(types); i++) {
        struct sg_buf buf = sg_buf_new(rig.arena, 64, WIRE_FRAME_MAX);
        uint64_t id = rig.next_id++;
        wire_frame_begin(&buf, types[i], id);
        dcbor_wr_map(&buf, 0);
        struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, id);
        assert_refused(rig_refusal(&frame), UNSUPPORTED);
    }
}

/* ---- the token goes and comes back ------------------------------------------------------------------------------ */

static sg_result
readiness(void)
{
    struct wire_hello msg = { SG_LIT("gateway"), SG_LIT("test"), SG_LIT("rig") };
    struct wire_hello_reply reply;
    struct sg_buf buf = sg_buf_new(rig.arena, 64, WIRE_FRAME_MAX);
    uint64_t id = rig.next_id++;
    wire_hello_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, id);
    SG_TRY(rig_refusal(&frame));
    assert_ok(wire_hello_reply_parse(frame.body, &reply));
    assert_int_equal(reply.ready, reply.code == 0);
    return sg_result_of(reply.code);
}

static void
move_token(const char *from, const char *to)
{
    sg_str a;
    sg_str b;
    assert_ok(sg_arena_printf(rig.arena, &a, "%s/signer/%s", rig.dir, from));
    assert_ok(sg_arena_printf(rig.arena, &b, "%s/signer/%s", rig.dir, to));
    assert_int_equal(rename(a.p, b.p), 0);
}

static void
wait_for_readiness(enum sg_code code)
{
    for (int i = 0; i < 400 && readiness().code != code; i++) {
        usleep(25000);
    }
    assert_int_equal(readiness().code, code);
}

static void
test_the_token_goes_away_and_returns_without_a_restart(void **state)
{
    (void)state;
    assert_ok(readiness());
    move_token("token", "away");
    sg_result r = SG_DONE;
    for (int i = 0; i < 50 && sg_ok(r); i++) {
        r = good(); /* what is in the module's memory may still serve */
    }
    if (!sg_ok(r)) {
        assert_int_equal(r.code, SG_E_TOKEN_DOWN);
        wait_for_readiness(SG_E_TOKEN_DOWN);
        assert_left(good, SG_E_TOKEN_DOWN, 0, 0, 0);
    }
    move_token("away", "token");
    wait_for_readiness(SG_OK);
    assert_left(good, SG_OK, 1, 1, 0);
    assert_int_equal(rig_counts(&rig).waiting, 0);
}

static void
test_another_environment_is_refused(void **state)
{
    (void)state;
    struct wire_hello msg = { SG_LIT("gateway"), SG_LIT("production"), SG_LIT("rig") };
    struct sg_buf buf = sg_buf_new(rig.arena, 64, WIRE_FRAME_MAX);
    uint64_t id = rig.next_id++;
    wire_hello_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, id);
    assert_refused(rig_refusal(&frame), ENVIRONMENT);
}

/* ---- an older database is put back --------------------------------------------------------------------------------- */

static void
copy_file(const char *from, const char *to)
{
    sg_str a;
    sg_str b;
    assert_ok(sg_arena_printf(rig.arena, &a, "%s/signer/%s", rig.dir, from));
    assert_ok(sg_arena_printf(rig.arena, &b, "%s/signer/%s", rig.dir, to));
    sg_bytes content = support_file(rig.arena, a.p);
    FILE *f = fopen(b.p, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content.p, 1, content.n, f), content.n);
    fclose(f);
}

/* EV-1: shorter than what was published: no signature until two operators accept it. */
static void
test_a_shorter_ledger_is_held_until_two_operators_accept_it(void **state)
{
    (void)state;
    struct wire_operation_reply reply;
    assert_int_equal(rig_stop(&rig), 0);
    copy_file("ledger.db", "older.db");
    rig_start(&rig, NULL);
    assert_ok(good());
    assert_int_equal(rig_stop(&rig), 0);
    copy_file("older.db", "ledger.db");
    rig_start(&rig, NULL);
    assert_int_equal(readiness().code, SG_E_CONFLICT);
    assert_refused(good(), CONFLICT);
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_RESUME);
    assert_refused(rig_propose(&rig, &op, "alice", &rig.alice, &reply), NOT_READY);
    op = rig_op(&rig, WIRE_OPN_LEDGER_ACCEPT);
    op.proposed_at -=
        60; /* an acceptance from before this hold: the older ledger does not know that it was spent */
    assert_refused(rig_propose(&rig, &op, "alice", &rig.alice, &reply), EXPIRED);
    op = rig_op(&rig, WIRE_OPN_LEDGER_ACCEPT);
    assert_ok(rig_propose(&rig, &op, "alice", &rig.alice, &reply));
    assert_false(reply.applied);
    sg_bytes id = reply.operation_id;
    assert_refused(rig_approve(&rig, id, "alice2", &rig.alice2, &reply), DUAL_CONTROL);
    assert_ok(rig_approve(&rig, id, "bob", &rig.bob, &reply));
    wait_for_readiness(SG_OK);
    assert_left(good, SG_OK, 1, 1, 0);
}

/* The latch outlives restarts; two administrators release it. How it falls: tests/unit/gates. */
static void
test_a_distrusted_clock_stops_signing_until_two_operators_accept_it(void **state)
{
    (void)state;
    struct wire_operation_reply reply;
    sqlite3 *db = NULL;
    sg_str path;
    assert_int_equal(rig_stop(&rig), 0);
    assert_ok(sg_arena_printf(rig.arena, &path, "%s/signer/ledger.db", rig.dir));
    assert_int_equal(sqlite3_open(path.p, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "INSERT OR REPLACE INTO reg_values VALUES('clock-bad',1)",
                         NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    rig_start(&rig, NULL);
    assert_int_equal(readiness().code, SG_E_CLOCK);
    assert_left(good, SG_E_CLOCK, 0, 0, 0);
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_LEDGER_ACCEPT);
    assert_ok(rig_decide(&rig, &op, &reply));
    assert_ok(readiness());
    assert_int_equal(rig_stop(&rig), 0);
    rig_start(&rig, NULL);
    assert_left(good, SG_OK, 1, 1, 0);
}

static void
test_a_message_of_another_socket_ends_the_process_connection(void **state)
{
    (void)state;
    struct wire_audit_read msg = { 0, 1 };
    struct sg_buf buf = sg_buf_new(rig.arena, 64, WIRE_FRAME_MAX);
    wire_audit_read_encode(&buf, 1, &msg);
    struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, 1);
    assert_int_equal(frame.type, 0);
    int status = rig_wait(&rig);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 75);
    rig_start(&rig, NULL);
    assert_ok(good());
    struct rig_counts counts = rig_counts(&rig);
    assert_int_equal(counts.waiting, 0);
}

static int
setup(void **state)
{
    (void)state;
    rig_create(&rig, "sessions = 2\nstatus_max_age_ms = 300\nstatus_timeout_ms = 400\n");
    rig_start(&rig, NULL);
    rig_furnish(&rig, 2000);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    int status = rig_stop(&rig);
    rig_free(&rig);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
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
        cmocka_unit_test(test_a_wrapped_key_signs),
        cmocka_unit_test(test_a_message_is_signed_only_if_it_is_the_intents),
        cmocka_unit_test(test_a_destroyed_key_is_gone),
        cmocka_unit_test(test_notes_have_a_budget_that_never_stops_signing),
        cmocka_unit_test(test_a_status_order_is_recorded_once_and_only_if_the_client_signed_it),
        cmocka_unit_test(test_holder_side_messages_are_unsupported),
        cmocka_unit_test(test_the_token_goes_away_and_returns_without_a_restart),
        cmocka_unit_test(test_another_environment_is_refused),
        cmocka_unit_test(test_a_shorter_ledger_is_held_until_two_operators_accept_it),
        cmocka_unit_test(test_a_distrusted_clock_stops_signing_until_two_operators_accept_it),
        cmocka_unit_test(test_a_message_of_another_socket_ends_the_process_connection),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
