/* A real signer: other kinds of keys, notes and orders, sockets, the token and the ledger as they come and go. req: KEY-2 KEY-6 STA-2 EV-1 OPS-2 NET-2 */
#include "signer_bed.h"

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

/* Without settings for persons, and without members: each is answered, none ends the connection. */
static void
test_empty_messages_about_persons_are_refused(void **state)
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
        sg_result r = rig_refusal(&frame);
        assert_true(r.code == SG_E_UNSUPPORTED || r.code == SG_E_MALFORMED);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wrapped_key_signs),
        cmocka_unit_test(test_a_message_is_signed_only_if_it_is_the_intents),
        cmocka_unit_test(test_a_destroyed_key_is_gone),
        cmocka_unit_test(test_notes_have_a_budget_that_never_stops_signing),
        cmocka_unit_test(test_a_status_order_is_recorded_once_and_only_if_the_client_signed_it),
        cmocka_unit_test(test_empty_messages_about_persons_are_refused),
        cmocka_unit_test(test_the_token_goes_away_and_returns_without_a_restart),
        cmocka_unit_test(test_another_environment_is_refused),
        cmocka_unit_test(test_a_shorter_ledger_is_held_until_two_operators_accept_it),
        cmocka_unit_test(test_a_distrusted_clock_stops_signing_until_two_operators_accept_it),
        cmocka_unit_test(test_a_message_of_another_socket_ends_the_process_connection),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
