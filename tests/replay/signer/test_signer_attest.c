/* A real signer and a METADATA key: what the gateway may have signed of its own accord, and nothing that could pass for a credential. req: SIG-1 KEY-2 PRO-1 */
#include <time.h>

#include "signer_bed.h"

#define COUNT 4

static uint8_t attest_key[32];
static uint8_t attest_mandate[16];
static struct key_public *attest_public;

static void
make_key(void)
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_KEY_GENERATE);
    op.name = SG_LIT("attest-es256");
    op.alg = KEY_ES256;
    op.purpose = WIRE_PURPOSE_METADATA;
    op.level = 1;
    op.count = 1;
    assert_ok(rig_decide(&rig, &op, &reply));
    memcpy(attest_key, reply.keys[0].p, sizeof(attest_key));
    op = rig_op(&rig, WIRE_OPN_KEY_STATE);
    op.key = SG_BYTES(attest_key);
    op.state = WIRE_KEY_ACTIVE;
    assert_ok(rig_decide(&rig, &op, &reply));
}

static sg_result
make_mandate(uint64_t operation)
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_MANDATE_SET);
    op.mandate = (struct wire_mandate){ .id = SG_BYTES(attest_mandate),
        .client = SG_LIT("gateway"),
        .key = SG_BYTES(attest_key),
        .operation = operation,
        .count = COUNT,
        .window_s = 86400,
        .not_before = time(NULL) - 10,
        .not_after = time(NULL) + 86400 };
    return rig_decide(&rig, &op, &reply);
}

static void
read_key(void)
{
    struct wire_key_info msg = { .key = SG_BYTES(attest_key) };
    struct wire_key_info_reply reply;
    struct sg_buf buf = sg_buf_new(rig.arena, 128, WIRE_FRAME_MAX);
    uint64_t id = rig.next_id++;
    wire_key_info_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, id);
    assert_ok(wire_key_info_reply_parse(frame.body, &reply));
    assert_int_equal(reply.purpose, WIRE_PURPOSE_METADATA);
    assert_ok(key_public_new(reply.spki, &attest_public));
}

static int
setup_attest(void **state)
{
    setup(state);
    make_key();
    memset(attest_mandate, 0x5a, sizeof(attest_mandate));
    assert_ok(make_mandate(WIRE_OP_METADATA));
    read_key();
    return 0;
}

static int
teardown_attest(void **state)
{
    key_public_free(&attest_public);
    return teardown(state);
}

static struct wire_intent
intent_of(const uint8_t key[32])
{
    struct wire_intent intent = rig_intent(&rig, key, WIRE_OP_METADATA);
    intent.requester = SG_LIT("gateway");
    intent.configuration = sg_str_of("", 0);
    intent.format = SG_LIT("key-attestation+jwt");
    intent.type = sg_str_of("", 0);
    return intent;
}

static sg_result
sealed(const struct wire_intent *intent, const uint8_t mandate[16], struct wire_seal_reply *reply)
{
    struct wire_seal seal = rig_seal_of(&rig, intent, mandate);
    return rig_seal(&rig, &seal, reply);
}

static sg_result
good_attestation(void)
{
    struct wire_intent intent = intent_of(attest_key);
    struct wire_seal_reply reply;
    SG_TRY(sealed(&intent, attest_mandate, &reply));
    assert_int_equal(reply.n_signatures, 1);
    assert_ok(key_public_verify(attest_public, intent.dtbs[0].digest, reply.signatures[0]));
    return SG_DONE;
}

static sg_result
credential_by_this_key(void)
{
    struct wire_intent intent = rig_intent(&rig, attest_key, WIRE_OP_SEAL_CREDENTIAL);
    struct wire_seal_reply reply;
    return sealed(&intent, attest_mandate, &reply);
}

static sg_result
attestation_by_a_seal_key(void)
{
    struct wire_intent intent = intent_of(rig.seal_key);
    struct wire_seal_reply reply;
    return sealed(&intent, rig.mandate, &reply);
}

static sg_result
attestation_under_the_lists_mandate(void)
{
    struct wire_intent intent = intent_of(attest_key);
    struct wire_seal_reply reply;
    return sealed(&intent, rig.list_mandate, &reply);
}

static sg_result
attestation_for_a_client(void)
{
    struct wire_intent intent = intent_of(attest_key);
    struct wire_seal_reply reply;
    intent.requester = SG_LIT("demo-client");
    return sealed(&intent, attest_mandate, &reply);
}

static void
test_an_attestation_is_signed_recorded_and_counted(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        assert_left(good_attestation, SG_OK, 1, 1, 0);
    }
    assert_left(good_attestation, SG_E_MANDATE, 0, 0, 0);
}

static void
test_no_key_does_the_work_of_another_purpose(void **state)
{
    (void)state;
    assert_left(credential_by_this_key, SG_E_KEY_USE, 0, 0, 0);
    assert_left(attestation_by_a_seal_key, SG_E_KEY_USE, 0, 0, 0);
    assert_left(attestation_under_the_lists_mandate, SG_E_MANDATE, 0, 0, 0);
    assert_left(attestation_for_a_client, SG_E_MANDATE, 0, 0, 0);
    assert_refused(make_mandate(WIRE_OP_SEAL_CREDENTIAL), KEY_USE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_key_does_the_work_of_another_purpose),
        cmocka_unit_test(test_an_attestation_is_signed_recorded_and_counted),
    };
    return cmocka_run_group_tests(tests, setup_attest, teardown_attest);
}
