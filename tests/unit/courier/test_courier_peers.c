/* The courier and its two peers: the protocol, and how it ends (ARCHITECTURE, sockets). */
#include "courier_bed.h"

static void
test_messages_of_later_versions(void **state)
{
    (void)state;
    static const struct {
        bool signer;
        uint8_t type;
    } rows[] = { { true, WIRE_STAMP } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fd = rows[i].signer ? c.signer : c.gateway;
        struct sg_buf buf = sg_buf_new(c.arena, 64, 1024);
        struct wire_refused refused;
        wire_frame_begin(&buf, rows[i].type, 5);
        sg_buf_put_byte(&buf, 0xa0);
        send_buf(fd, &buf);
        struct wire_frame frame = receive(fd);
        assert_int_equal(frame.type, WIRE_REFUSED);
        assert_int_equal(frame.request_id, 5);
        assert_ok(wire_refused_parse(frame.body, &refused));
        assert_int_equal(refused.code, SG_E_UNSUPPORTED);
    }
}

static void
test_hello(void **state)
{
    (void)state;
    struct sg_buf buf = sg_buf_new(c.arena, 64, 1024);
    struct wire_hello hello = { SG_LIT("gateway"), SG_LIT("test"), SG_LIT("t") };
    struct wire_hello_reply reply;
    wire_hello_encode(&buf, 9, &hello);
    send_buf(c.gateway, &buf);
    struct wire_frame frame = receive(c.gateway);
    assert_int_equal(frame.type, WIRE_HELLO + WIRE_REPLY);
    assert_ok(wire_hello_reply_parse(frame.body, &reply));
    assert_true(reply.ready);
    assert_str_is(reply.environment, "test");
}

static void
test_malformed_question_is_refused_and_harms_nobody(void **state)
{
    (void)state;
    struct sg_buf buf = sg_buf_new(c.arena, 64, 1024);
    wire_frame_begin(&buf, WIRE_STATUS_ASK, 6);
    sg_buf_put_byte(&buf, 0xff);
    send_buf(c.signer, &buf);
    struct wire_frame frame = receive(c.signer);
    assert_int_equal(frame.type, WIRE_REFUSED);
    sg_str uri = url("/status/pinned/1");
    route("/status/pinned/1", M_BODY, good_token(uri));
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
}

static void
test_other_environment_ends_it(void **state)
{
    (void)state;
    struct sg_buf buf = sg_buf_new(c.arena, 64, 1024);
    struct wire_hello hello = { SG_LIT("signer"), SG_LIT("production"), SG_LIT("t") };
    struct wire_refused refused;
    wire_hello_encode(&buf, 9, &hello);
    send_buf(c.signer, &buf);
    struct wire_frame frame = receive(c.signer);
    assert_int_equal(frame.type, WIRE_REFUSED);
    assert_ok(wire_refused_parse(frame.body, &refused));
    assert_int_equal(refused.code, SG_E_ENVIRONMENT);
    assert_int_equal(ended(), COURIER_EXIT_PEER_GONE);
}

static void
test_forbidden_message_ends_it(void **state)
{
    (void)state;
    struct sg_buf buf = sg_buf_new(c.arena, 64, 1024);
    wire_frame_begin(&buf, WIRE_SEAL, 6);
    sg_buf_put_byte(&buf, 0xa0);
    send_buf(c.gateway, &buf);
    assert_int_equal(ended(), COURIER_EXIT_PEER_GONE);
}

static void
test_peer_gone_ends_it(void **state)
{
    (void)state;
    (void)shutdown(c.signer, SHUT_RDWR);
    assert_int_equal(ended(), COURIER_EXIT_PEER_GONE);
}

static void
test_stop_answers_what_waits(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/late");
    struct route *r = route("/status/pinned/late", M_LATE, good_token(uri));
    struct wire_status_ask ask = { .n_refs = 1 };
    ask.refs[0] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, uri, 0 };
    uint64_t id = send_ask(c.signer, &ask);
    while (r->hits == 0) {
        nap_ms(2);
    }
    ask_to_stop();
    struct wire_status_ask_reply reply = receive_reply(c.signer, id);
    assert_int_equal(reply.verdicts[0].verdict, WIRE_GOOD);
    assert_int_equal(ended(), 0);
}

/* Not a test of speed, but says it: one question, answered from the cache, there and back. */
static void
test_answers_from_the_cache_quickly(void **state)
{
    (void)state;
    enum { ROUNDS = 2000 };
    sg_str uri = url("/status/pinned/1");
    struct route *r = route("/status/pinned/1", M_BODY, good_token(uri));
    struct timespec a;
    struct timespec b;
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    double us =
        ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / ROUNDS;
    print_message("one cached answer, both ways: %.1f us\n", us);
    assert_int_equal(r->hits, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_messages_of_later_versions),
        TEST(test_hello),
        TEST(test_malformed_question_is_refused_and_harms_nobody),
        TEST_ENDED(test_other_environment_ends_it),
        TEST_ENDED(test_forbidden_message_ends_it),
        TEST_ENDED(test_peer_gone_ends_it),
        TEST_ENDED(test_stop_answers_what_waits),
        TEST(test_answers_from_the_cache_quickly),
    };
    return run_everywhere(tests, sizeof(tests) / sizeof(tests[0]));
}
