/*
 * formats/wire by hand: bytes written out from RFC 8949 and hashes computed with another program
 * (SHA-256 of "tag", one zero byte, parts), so that the layout tables cannot agree with themselves alone.
 * req: SIG-5, EV-2, AU-8, KEY-8, STA-2
 */
#include "wire_fill.h"

#include "wire_out.h"

#define KEY_11 "1111111111111111111111111111111111111111111111111111111111111111"
#define X22 "2222222222222222222222222222222222222222222222222222222222222222"
#define X33 "3333333333333333333333333333333333333333333333333333333333333333"
#define X44 "44444444444444444444444444444444"

/* {1: 1, 2: key, 3: 1, 4: [[1, digest]], 8: subject, 10: [[1, "https://a.example/s", 7]], 11: "demo-client", 12: "badge",
 *  13: "dc+sd-jwt", 14: "urn:v", 15: 1700000000, 16: 1700000060, 17: unique} */
static const char intent_hex[] =
    "ad0101025820" KEY_11 "0301048182015820" X22 "085820" X33
    "0a8183017368747470733a2f2f612e6578616d706c652f73070b6b64656d6f2d636c69656e740c6562616467650d"
    "6964632b73642d6a77740e6575726e3a760f1a6553f100101a6553f13c1150" X44;

static void
assert_hex(void **state, sg_bytes got, const char *want)
{
    sg_bytes bytes = support_hex(*state, want);
    assert_int_equal(got.n, bytes.n);
    assert_memory_equal(got.p, bytes.p, got.n);
}

static void
test_intent_bytes_and_id(void **state)
{
    struct wire_intent in = { .operation = WIRE_OP_SEAL_CREDENTIAL,
        .alg = 1,
        .n_dtbs = 1,
        .n_assigned = 1,
        .requester = SG_LIT("demo-client"),
        .configuration = SG_LIT("badge"),
        .format = SG_LIT("dc+sd-jwt"),
        .type = SG_LIT("urn:v"),
        .created_at = 1700000000,
        .expires_at = 1700000060 };
    in.key = support_hex(*state, KEY_11);
    in.dtbs[0] = (struct wire_dtbs){ WIRE_PREHASH, support_hex(*state, X22) };
    in.subject = support_hex(*state, X33);
    in.assigned[0] = (struct wire_ref){ 1, SG_LIT("https://a.example/s"), 7 };
    in.unique = support_hex(*state, X44);
    sg_bytes bytes;
    uint8_t id[32];
    assert_ok(wire_intent_encode(*state, &in, &bytes));
    assert_hex(state, bytes, intent_hex);
    wire_intent_id(bytes, id);
    assert_hex(
        state, SG_BYTES(id), "74e2e872da3de5ecb062670d9d1ecbbb2c7eb7fd9d9ca122840ff13a0eabd6e7");
    struct wire_intent back;
    assert_ok(wire_intent_parse(bytes, &back));
    assert_int_equal(back.n_refs, 0);
    assert_int_equal(back.n_assigned, 1);
    assert_int_equal(back.assigned[0].idx, 7);
    assert_int_equal(back.nonce.n, 0);
    assert_str_is(back.requester, "demo-client");
    assert_true(back.expires_at == 1700000060);
}

/* req: AU-4: several keys are all different, all used, and every DTBS/R has one */
static void
test_intents_of_several_keys(void **state)
{
    static struct wire_intent in = { .operation = WIRE_OP_PRESENT,
        .alg = 1,
        .n_dtbs = 3,
        .requester = SG_LIT("wallet"),
        .format = SG_LIT("vp_token"),
        .created_at = 1,
        .expires_at = 2 };
    static struct wire_intent back;
    uint8_t one[3] = { 1, 0, 1 };
    uint8_t none[3] = { 1, 1, 1 };
    uint8_t beyond[3] = { 0, 1, 2 };
    sg_bytes bytes;
    in.key = support_hex(*state, KEY_11);
    for (size_t i = 0; i < 3; i++) {
        in.dtbs[i] = (struct wire_dtbs){ WIRE_PREHASH, support_hex(*state, X22) };
    }
    in.unique = support_hex(*state, X44);
    in.key_of = SG_BYTES(one);
    assert_refused(wire_intent_encode(*state, &in, &bytes), VALUE); /* no second key */
    in.more_keys[0] = (struct wire_more_key){ support_hex(*state, X33), 3 };
    in.n_more_keys = 1;
    assert_ok(wire_intent_encode(*state, &in, &bytes));
    assert_ok(wire_intent_parse(bytes, &back));
    assert_int_equal(wire_intent_key_of(&back, 0).alg, 3);
    assert_int_equal(wire_intent_key_of(&back, 1).alg, 1);
    assert_true(sg_bytes_equal(wire_intent_key_of(&back, 2).key, in.more_keys[0].key));
    in.key_of = SG_BYTES(none);
    assert_refused(wire_intent_encode(*state, &in, &bytes), VALUE); /* `key` is not used */
    in.key_of = SG_BYTES(beyond);
    assert_refused(wire_intent_encode(*state, &in, &bytes), VALUE);
    in.key_of = sg_bytes_of(one, 2);
    assert_refused(wire_intent_encode(*state, &in, &bytes), VALUE);
    in.key_of = SG_NO_BYTES;
    assert_refused(wire_intent_encode(*state, &in, &bytes), VALUE);
    in.key_of = SG_BYTES(one);
    in.more_keys[0].key = in.key;
    assert_refused(wire_intent_encode(*state, &in, &bytes), VALUE); /* the same twice */
}

/* Computed with another program. req: AU-4 */
static void
test_what_a_passkey_signs_over(void **state)
{
    uint8_t id[32];
    uint8_t nonce[32];
    uint8_t h[32];
    memset(id, 0x11, sizeof(id));
    memset(nonce, 0x22, sizeof(nonce));
    wire_challenge(id, nonce, h);
    assert_hex(
        state, SG_BYTES(h), "b1a3659fad547f82d6dcf32f170c5cb8b3c319bf82d8ee0587963e1dd4bd22a1");
    wire_register_digest(sg_str_bytes(SG_LIT("abc")), sg_str_bytes(SG_LIT("de")), h);
    assert_hex(
        state, SG_BYTES(h), "4f003828ddffaa64ff3441ecc8942a0e03f048f9dabc9433c66977ea5dd2767a");
    wire_remove_digest(sg_str_bytes(SG_LIT("id")), h);
    assert_hex(
        state, SG_BYTES(h), "f27c6b4a585c8e75d53c1fc0eeb0211728b0f03c47d78be618995f24b5380d83");
}

static void
test_names_of_things_are_tagged_hashes(void **state)
{
    uint8_t h[32];
    uint8_t salt[32];
    uint8_t signature[64];
    memset(salt, 0x55, sizeof(salt));
    memset(signature, 0x66, sizeof(signature));
    wire_dtbs_id(WIRE_PREHASH, 1, support_hex(*state, X22), h);
    assert_hex(
        state, SG_BYTES(h), "8890979adb586c1a69f41db10cd07f66b4b9ca2399b3a330e4ada3b512289b36");
    wire_commitment("nonce", salt, sg_str_bytes(SG_LIT("abc")), h);
    assert_hex(
        state, SG_BYTES(h), "c3e1fb6bfde932da0640e1795466be77187fa4102988e40280b30742f91723e2");
    wire_signature_hash(SG_BYTES(signature), h);
    assert_hex(
        state, SG_BYTES(h), "6e2d9acb46d6b5e38200e5795766f53ae47ad33ee5ee31fe7481e907332b8ac6");
    wire_operation_id(support_hex(*state, "a0"), h);
    assert_hex(
        state, SG_BYTES(h), "2eca57aef0b7e088df7f0f1b4f4053935508da8d2ed9cb3fcba136a00a7bdc63");
    memset(salt, 1, sizeof(salt));
    wire_body_hash(SG_BYTES(salt), sg_str_bytes(SG_LIT("xyz")), h);
    assert_hex(
        state, SG_BYTES(h), "f7443e34726164000ab8a552d97b675944645203241362cc120bf746f58beccd");
}

static void
test_what_operators_and_clients_sign(void **state)
{
    sg_bytes out;
    struct wire_halt halt = { .at = 0x0102030405060708 };
    assert_ok(wire_signed_bytes(*state, "t/v1", support_hex(*state, "a0"), &out));
    assert_hex(state, out, "742f763100a0");
    assert_ok(wire_halt_signed_bytes(*state, &halt, &out));
    /* "sealgate/operation/v1" 00 "halt" at */
    assert_hex(state, out, "7365616c676174652f6f7065726174696f6e2f76310068616c740102030405060708");
    halt.key = support_hex(*state, KEY_11);
    assert_ok(wire_halt_signed_bytes(*state, &halt, &out));
    assert_hex(state, out,
        "7365616c676174652f6f7065726174696f6e2f76310068616c74" KEY_11 "0102030405060708");
}

static void
test_records_and_operations_bytes(void **state)
{
    sg_bytes out;
    uint8_t hash[32];
    memset(hash, 0x77, sizeof(hash));
    struct wire_entry entry = {
        .type = WIRE_REC_CONSENT, .at_ms = 1700000000123, .body_hash = SG_BYTES(hash)
    };
    assert_ok(wire_entry_encode(*state, &entry, &out));
    assert_hex(state, out,
        "a401010202031b0000018bcfe5687b045820777777777777777777777777777777777777777777777777777777"
        "7"
        "777777777");
    assert_ok(wire_entry_parse(out, &entry));
    struct wire_outcome outcome = {
        .consent_seq = 9, .kind = WIRE_OUT_SIGNED, .n_signature_hashes = 1, .at_ms = 1700000000123
    };
    memset(hash, 0x88, sizeof(hash));
    outcome.signature_hashes[0] = SG_BYTES(hash);
    assert_ok(wire_outcome_encode(*state, &outcome, &out));
    assert_hex(state, out,
        "a60101020903010481582088888888888888888888888888888888888888888888888888888888888888880500"
        "061b0000018bcfe5687b");
    struct wire_operation_msg op = {
        .kind = WIRE_OPN_KEY_STATE, .proposed_at = 5, .expires_at = 6, .state = WIRE_KEY_SUSPENDED
    };
    op.unique = support_hex(*state, "01010101010101010101010101010101");
    op.key = support_hex(*state, KEY_11);
    assert_ok(wire_operation_encode(*state, &op, &out));
    assert_hex(
        state, out, "a6010202500101010101010101010101010101010103050406075820" KEY_11 "0d03");
}

static void
test_record_of_another_version_is_refused(void **state)
{
    struct wire_entry entry;
    assert_refused(wire_entry_parse(
                       support_hex(*state, "a401020202031b0000018bcfe5687b045820" KEY_11), &entry),
        MALFORMED);
}

static void
test_frames(void **state)
{
    struct wire_frame frame;
    struct sg_buf buf = sg_buf_new(*state, 0, WIRE_FRAME_MAX);
    struct wire_hello hello = { SG_LIT("gateway"), SG_LIT("test"), SG_LIT("0.1.0") };
    sg_bytes out;
    wire_hello_encode(&buf, 0x0102030405060708, &hello);
    assert_ok(sg_buf_end(&buf, &out));
    assert_hex(state, out,
        "01010102030405060708a3016767617465776179026474657374036530"
        "2e312e30");
    assert_ok(wire_frame_parse(out, &frame));
    assert_int_equal(frame.type, WIRE_HELLO);
    assert_true(frame.request_id == 0x0102030405060708);
    assert_ok(wire_hello_parse(frame.body, &hello));
    static const char *const bad[] = {
        "",
        "010100000000000000", /* short */
        "02010000000000000001",
        "00010000000000000001", /* version */
        "01000000000000000001", /* type 0 */
        "01400000000000000001", /* a reply to nothing */
        "01fe0000000000000001",
        "01130000000000000001",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(wire_frame_parse(support_hex(*state, bad[i]), &frame), MALFORMED);
    }
    assert_ok(wire_frame_parse(support_hex(*state, "01ff0000000000000001"), &frame));
    assert_int_equal(frame.body.n, 0);
    assert_string_equal(wire_type_name(WIRE_SEAL + WIRE_REPLY), "SEAL");
}

static void
test_frame_limit_holds_for_writer_and_reader(void **state)
{
    uint8_t *big = sg_arena_alloc(*state, WIRE_FRAME_MAX + 1);
    struct wire_frame frame;
    wire_frame_begin(&(struct sg_buf){ .p = big, .cap = 10, .max = 10 }, WIRE_SEAL, 1);
    assert_ok(wire_frame_parse(sg_bytes_of(big, WIRE_FRAME_MAX), &frame));
    assert_refused(wire_frame_parse(sg_bytes_of(big, WIRE_FRAME_MAX + 1), &frame), MALFORMED);
    struct sg_buf buf = sg_buf_new(*state, 0, WIRE_FRAME_MAX);
    struct wire_seal seal = { .intent = sg_bytes_of(big, 100), .mandate = sg_bytes_of(big, 16) };
    seal.messages[0] = seal.messages[1] = sg_bytes_of(big, WIRE_MESSAGE_MAX);
    seal.n_messages = 2; /* each is allowed, both do not fit one packet */
    wire_seal_encode(&buf, 1, &seal);
    assert_refused(sg_buf_end(&buf, &(sg_bytes){ 0 }), TOO_LARGE);
}

static void
test_instruction_and_its_signature_come_together(void **state)
{
    uint8_t some[16] = { 1 };
    struct wire_seal seal = { .intent = SG_BYTES(some), .mandate = SG_BYTES(some) };
    sg_bytes out;
    seal.instruction = SG_BYTES(some);
    struct sg_buf buf = sg_buf_new(*state, 0, WIRE_FRAME_MAX);
    wire_seal_encode(&buf, 1, &seal);
    assert_refused(sg_buf_end(&buf, &out), VALUE);
    assert_refused(
        wire_seal_parse(support_hex(*state, "a30141aa0250" X44 "0441aa"), &seal), MALFORMED);
    assert_refused(
        wire_seal_parse(support_hex(*state, "a30141aa0250" X44 "0541aa"), &seal), MALFORMED);
    assert_ok(wire_seal_parse(support_hex(*state, "a40141aa0250" X44 "0441aa0541bb"), &seal));
    assert_ok(wire_seal_parse(support_hex(*state, "a20141aa0250" X44), &seal));
    assert_int_equal(seal.n_messages, 0);
}

static void
test_a_record_is_asked_by_sequence_or_by_hash(void **state)
{
    struct wire_record_read ask;
    assert_ok(wire_record_read_parse(support_hex(*state, "a10100"), &ask));
    assert_ok(wire_record_read_parse(support_hex(*state, "a20100025820" X22), &ask));
    assert_refused(
        wire_record_read_parse(support_hex(*state, "a20101025820" X22), &ask), MALFORMED);
    struct sg_buf buf = sg_buf_new(*state, 0, 1000);
    ask.seq = 1;
    wire_record_read_encode(&buf, 1, &ask);
    assert_refused(sg_buf_end(&buf, &(sg_bytes){ 0 }), VALUE);
}

/* Each public pair: the frame's type, and the layout that belongs to the struct. */
static const struct wire_shape *
shape_named(const char *name)
{
    for (size_t i = 0; i < sizeof(fill_families) / sizeof(fill_families[0]); i++) {
        size_t n;
        const struct wire_shape *const *shapes = fill_families[i].shapes(&n);
        for (size_t j = 0; j < n; j++) {
            if (strcmp(shapes[j]->name, name) == 0) {
                return shapes[j];
            }
        }
    }
    fail_msg("no layout %s", name);
    return NULL;
}

static void
check_packet(struct sg_arena *arena, const struct sg_buf *buf, uint8_t type,
    const struct wire_shape *shape, const void *msg, sg_bytes *ret_body)
{
    struct wire_frame frame;
    sg_bytes packet;
    sg_bytes alone;
    assert_ok(sg_buf_end(buf, &packet));
    assert_ok(wire_frame_parse(packet, &frame));
    assert_int_equal(frame.type, type);
    assert_true(frame.request_id == 77);
    assert_ok(wire_alone(arena, shape, msg, 0, WIRE_FRAME_MAX, &alone));
    assert_true(sg_bytes_equal(alone, frame.body));
    *ret_body = frame.body;
}

#define PAIR_BODY(struct_name, label, type_, encode_call)                   \
    do {                                                                    \
        static struct struct_name msg;                                      \
        static struct struct_name back;                                     \
        const struct wire_shape *shape = shape_named(label);                \
        assert_int_equal(shape->size, sizeof(msg));                         \
        fill_shape(*state, shape, FILL_LEAST, &seed, &msg);                 \
        struct sg_buf buf = sg_buf_new(*state, 0, WIRE_FRAME_MAX);          \
        encode_call;                                                        \
        sg_bytes body;                                                      \
        check_packet(*state, &buf, (uint8_t)(type_), shape, &msg, &body);   \
        assert_ok(struct_name##_parse(body, &back));                        \
        assert_refused(struct_name##_parse(SG_NO_BYTES, &back), MALFORMED); \
    } while (0)
#define PAIR(name, label, type_) \
    PAIR_BODY(wire_##name, label, type_, wire_##name##_encode(&buf, 77, &msg))

static void
test_every_frame_carries_its_type(void **state)
{
    uint64_t seed = 3;
    PAIR(refused, "REFUSED", WIRE_REFUSED);
    PAIR(hello, "HELLO", WIRE_HELLO);
    PAIR(hello_reply, "HELLO reply", WIRE_HELLO + WIRE_REPLY);
    PAIR(key_info, "KEY_INFO", WIRE_KEY_INFO);
    PAIR(key_info_reply, "KEY_INFO reply", WIRE_KEY_INFO + WIRE_REPLY);
    PAIR(seal, "SEAL", WIRE_SEAL);
    PAIR(seal_reply, "SEAL reply", WIRE_SEAL + WIRE_REPLY);
    PAIR(record_read, "RECORD_READ", WIRE_RECORD_READ);
    PAIR(record_read_reply, "RECORD_READ reply", WIRE_RECORD_READ + WIRE_REPLY);
    PAIR(event_note, "EVENT_NOTE", WIRE_EVENT_NOTE);
    PAIR(status_order_note, "STATUS_ORDER", WIRE_STATUS_ORDER);
    PAIR(client_info, "CLIENT_INFO", WIRE_CLIENT_INFO);
    PAIR(client_info_reply, "CLIENT_INFO reply", WIRE_CLIENT_INFO + WIRE_REPLY);
    PAIR(status_ask, "STATUS_ASK", WIRE_STATUS_ASK);
    PAIR(status_ask_reply, "STATUS_ASK reply", WIRE_STATUS_ASK + WIRE_REPLY);
    PAIR(propose, "PROPOSE", WIRE_PROPOSE);
    PAIR(approve, "APPROVE", WIRE_APPROVE);
    PAIR(halt, "HALT", WIRE_HALT);
    PAIR(audit_read, "AUDIT_READ", WIRE_AUDIT_READ);
    PAIR(audit_reply, "AUDIT_READ reply", WIRE_AUDIT_READ + WIRE_REPLY);
    PAIR(intent_open, "INTENT_OPEN", WIRE_INTENT_OPEN);
    PAIR(intent_open_reply, "INTENT_OPEN reply", WIRE_INTENT_OPEN + WIRE_REPLY);
    PAIR(sign, "SIGN", WIRE_SIGN);
    PAIR(sign_reply, "SIGN reply", WIRE_SIGN + WIRE_REPLY);
    PAIR(intent_cancel, "INTENT_CANCEL", WIRE_INTENT_CANCEL);
    PAIR(enrol_open_reply, "ENROL_OPEN reply", WIRE_ENROL_OPEN + WIRE_REPLY);
    PAIR(enrol_finish, "ENROL_FINISH", WIRE_ENROL_FINISH);
    PAIR(enrol_finish_reply, "ENROL_FINISH reply", WIRE_ENROL_FINISH + WIRE_REPLY);
    PAIR(key_make, "KEY_MAKE", WIRE_KEY_MAKE);
    PAIR(key_make_reply, "KEY_MAKE reply", WIRE_KEY_MAKE + WIRE_REPLY);
    PAIR(person_info_reply, "PERSON_INFO reply", WIRE_PERSON_INFO + WIRE_REPLY);
    PAIR(uses_read, "USES_READ", WIRE_USES_READ);
    PAIR(uses_reply, "USES_READ reply", WIRE_USES_READ + WIRE_REPLY);
    PAIR(fetch, "FETCH", WIRE_FETCH);
    PAIR(fetch_reply, "FETCH reply", WIRE_FETCH + WIRE_REPLY);
    PAIR(deliver, "DELIVER", WIRE_DELIVER);
    PAIR(deliver_reply, "DELIVER reply", WIRE_DELIVER + WIRE_REPLY);
    PAIR_BODY(wire_noted, "EVENT_NOTE and STATUS_ORDER reply", WIRE_STATUS_ORDER + WIRE_REPLY,
        wire_noted_encode(&buf, WIRE_STATUS_ORDER, 77, &msg));
    PAIR_BODY(wire_operation_reply, "PROPOSE, APPROVE and HALT reply", WIRE_APPROVE + WIRE_REPLY,
        wire_operation_reply_encode(&buf, WIRE_APPROVE, 77, &msg));
}

#define ALONE(name, struct_name, label, limit)                                                \
    do {                                                                                      \
        static struct struct_name msg;                                                        \
        static struct struct_name back;                                                       \
        const struct wire_shape *shape = shape_named(label);                                  \
        sg_bytes bytes;                                                                       \
        assert_int_equal(shape->size, sizeof(msg));                                           \
        fill_shape(*state, shape, FILL_SOME, &seed, &msg);                                    \
        assert_ok(wire_##name##_encode(*state, &msg, &bytes));                                \
        assert_ok(wire_##name##_parse(bytes, &back));                                         \
        uint8_t *big = sg_arena_alloc(*state, (limit) + 1);                                   \
        assert_refused(wire_##name##_parse(sg_bytes_of(big, (limit) + 1), &back), MALFORMED); \
    } while (0)

static void
test_every_body_that_stands_alone(void **state)
{
    uint64_t seed = 4;
    ALONE(instruction, wire_instruction, "instruction", WIRE_INSTRUCTION_MAX);
    ALONE(status_order, wire_status_order, "status order", WIRE_STATUS_ORDER_MAX);
    ALONE(operation, wire_operation_msg, "operation", WIRE_OPERATION_MAX);
    ALONE(entry, wire_entry, "tree entry", WIRE_ENTRY_MAX);
    ALONE(consent, wire_consent, "CONSENT", WIRE_BODY_MAX);
    ALONE(outcome, wire_outcome, "OUTCOME", WIRE_BODY_MAX);
    ALONE(refusal, wire_refusal, "REFUSAL", WIRE_BODY_MAX);
    ALONE(policy_event, wire_policy_event, "KEY_EVENT and POLICY_EVENT", WIRE_BODY_MAX);
    ALONE(noted_event, wire_noted_event, "NOTED_EVENT and STATUS_ORDER", WIRE_BODY_MAX);
    ALONE(genesis, wire_genesis, "GENESIS", WIRE_BODY_MAX);
    ALONE(person_event, wire_person_event, "PERSON_EVENT", WIRE_BODY_MAX);
}

static void
test_a_mandate_alone(void **state)
{
    uint64_t seed = 5;
    struct wire_mandate mandate;
    struct wire_mandate back;
    fill_shape(*state, &wire_shape_mandate, FILL_MOST, &seed, &mandate);
    struct sg_buf buf = sg_buf_new(*state, 0, WIRE_FRAME_MAX);
    wire_mandate_put(&buf, &mandate);
    sg_bytes bytes;
    assert_ok(sg_buf_end(&buf, &bytes));
    struct dcbor_rd map = dcbor_rd_map(bytes);
    wire_mandate_read(&map, &back);
    assert_ok(dcbor_rd_end(&map));
    assert_int_equal(back.n_configurations, WIRE_CONFIGURATIONS_MAX);
    assert_true(back.not_after == mandate.not_after);
}

static void
test_an_intent_beyond_its_limit_is_not_encoded(void **state)
{
    uint64_t seed = 6;
    static struct wire_intent intent;
    sg_bytes out;
    fill_shape(*state, shape_named("intent"), FILL_MOST, &seed, &intent);
    intent.n_more_keys = 0;
    intent.key_of = SG_NO_BYTES;
    assert_refused(wire_intent_encode(*state, &intent, &out), TOO_LARGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intent_bytes_and_id),
        cmocka_unit_test(test_intents_of_several_keys),
        cmocka_unit_test(test_what_a_passkey_signs_over),
        cmocka_unit_test(test_names_of_things_are_tagged_hashes),
        cmocka_unit_test(test_what_operators_and_clients_sign),
        cmocka_unit_test(test_records_and_operations_bytes),
        cmocka_unit_test(test_record_of_another_version_is_refused),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_frame_limit_holds_for_writer_and_reader),
        cmocka_unit_test(test_instruction_and_its_signature_come_together),
        cmocka_unit_test(test_a_record_is_asked_by_sequence_or_by_hash),
        cmocka_unit_test(test_every_frame_carries_its_type),
        cmocka_unit_test(test_every_body_that_stands_alone),
        cmocka_unit_test(test_a_mandate_alone),
        cmocka_unit_test(test_an_intent_beyond_its_limit_is_not_encoded),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
