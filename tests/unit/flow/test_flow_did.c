/* did:web documents of others: fetched through the courier, kept for a minute, refused in doubt (req: PRO-3, FMT-3, NET-3). */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_did.h"
#include "peer_out.h"
#include "support.h"

#define DID "did:web:verifier.example"
#define NOW ((int64_t)1800000000)

/* A courier of the test's own: says what it was told to say, and remembers what it was asked. */
static struct {
    int fd;
    pthread_t thread;
    enum sg_code refuse;
    uint64_t status;
    const char *body;
    size_t body_len;
    char url[256];
    char accept[64];
    uint64_t kind;
    atomic_int asked;
} courier;
static struct peer *peer;
static struct flow_dids *dids;
static struct sg_arena *arena;

static void
answer(const struct wire_frame *frame, struct sg_arena *own)
{
    struct sg_buf buf = sg_buf_new(own, 0, WIRE_FRAME_MAX);
    struct wire_fetch msg;
    sg_bytes packet;
    if (frame->type == WIRE_HELLO) {
        struct wire_hello_reply hello = { .environment = SG_LIT("test"), .ready = true };
        hello.software = SG_LIT("t");
        wire_hello_reply_encode(&buf, frame->request_id, &hello);
    } else if (frame->type == WIRE_FETCH && sg_ok(wire_fetch_parse(frame->body, &msg))) {
        struct wire_refused refused = { .code = (uint64_t)courier.refuse };
        struct wire_fetch_reply reply = { courier.status, SG_LIT("application/did+json"),
            sg_bytes_of(courier.body, courier.body_len) };
        (void)snprintf(courier.url, sizeof(courier.url), "%.*s", SG_PRINT(msg.url));
        (void)snprintf(courier.accept, sizeof(courier.accept), "%.*s", SG_PRINT(msg.accept));
        courier.kind = msg.kind;
        atomic_fetch_add(&courier.asked, 1);
        if (courier.refuse != SG_OK) {
            wire_refused_encode(&buf, frame->request_id, &refused);
        } else {
            wire_fetch_reply_encode(&buf, frame->request_id, &reply);
        }
    }
    if (sg_ok(sg_buf_end(&buf, &packet))) {
        (void)send(courier.fd, packet.p, packet.n, MSG_NOSIGNAL);
    }
}

static void *
courier_main(void *unused)
{
    (void)unused;
    static uint8_t packet[WIRE_FRAME_MAX];
    struct sg_arena *own = sg_arena_new(0, 4 * WIRE_FRAME_MAX);
    for (;;) {
        struct wire_frame frame;
        ssize_t n = recv(courier.fd, packet, sizeof(packet), 0);
        if (n <= 0 || !sg_ok(wire_frame_parse(sg_bytes_of(packet, (size_t)n), &frame))) {
            break;
        }
        answer(&frame, own);
        sg_arena_reset(own);
    }
    sg_arena_free(&own);
    return NULL;
}

static void
say(const char *json)
{
    courier.refuse = SG_OK;
    courier.status = 200;
    courier.body = json;
    courier.body_len = strlen(json);
}

static int
setup(void **state)
{
    (void)state;
    int fds[2];
    memset(&courier, 0, sizeof(courier));
    say("{\"id\":\"" DID "\"}");
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    courier.fd = fds[1];
    assert_int_equal(pthread_create(&courier.thread, NULL, courier_main, NULL), 0);
    struct peer_settings settings = {
        .fd = fds[0], .role = "gateway", .environment = "test", .name = "courier"
    };
    assert_ok(peer_open(&settings, &peer));
    assert_ok(peer_start(peer, 2000));
    arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    assert_ok(flow_dids_new(peer, true, &dids));
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    peer_close(&peer);
    pthread_join(courier.thread, NULL);
    close(courier.fd);
    flow_dids_free(&dids);
    assert_null(dids);
    sg_arena_free(&arena);
    return 0;
}

struct told {
    atomic_int done;
    sg_result result;
    sg_str json;
};

static void
on_done(void *context, sg_result result, sg_str json)
{
    struct told *t = context;
    t->result = result;
    t->json = json;
    atomic_store(&t->done, 1);
}

static sg_result
resolve_at(const char *did, int64_t now, sg_str *ret)
{
    struct told t = { 0 };
    flow_dids_resolve(dids, arena, sg_cstr(did), now, on_done, &t);
    while (atomic_load(&t.done) == 0) {
        sched_yield();
    }
    *ret = t.json;
    return t.result;
}

static void
test_a_document_is_fetched_once_a_minute(void **state)
{
    (void)state;
    sg_str json;
    assert_refused(flow_dids_get(dids, arena, SG_LIT(DID), NOW, &json), NOT_FOUND);
    assert_ok(resolve_at(DID, NOW, &json));
    assert_str_is(json, "{\"id\":\"" DID "\"}");
    assert_string_equal(courier.url, "https://verifier.example/.well-known/did.json");
    assert_int_equal(courier.kind, WIRE_FETCH_DID_DOCUMENT);
    assert_string_equal(courier.accept, "application/did+json");
    say("{\"id\":\"" DID "\",\"new\":1}");
    assert_ok(resolve_at(DID, NOW + FLOW_DID_LIFE_S - 1, &json));
    assert_str_is(json, "{\"id\":\"" DID "\"}");
    assert_ok(flow_dids_get(dids, arena, SG_LIT(DID), NOW + 1, &json));
    assert_int_equal(courier.asked, 1);
    assert_ok(resolve_at(DID, NOW + FLOW_DID_LIFE_S, &json));
    assert_str_is(json, "{\"id\":\"" DID "\",\"new\":1}");
    assert_int_equal(courier.asked, 2);
}

static void
test_an_old_document_does_not_stand_in(void **state)
{
    (void)state;
    sg_str json;
    assert_ok(resolve_at(DID, NOW, &json));
    courier.refuse = SG_E_FETCH;
    assert_refused(resolve_at(DID, NOW + FLOW_DID_LIFE_S, &json), FETCH);
    assert_refused(flow_dids_get(dids, arena, SG_LIT(DID), NOW + FLOW_DID_LIFE_S, &json), FETCH);
    /* nor one from the future, when the clock was set back */
    say("{\"id\":\"" DID "\"}");
    assert_ok(resolve_at(DID, NOW + 1000, &json));
    assert_refused(flow_dids_get(dids, arena, SG_LIT(DID), NOW, &json), NOT_FOUND);
}

static void
test_what_failed_is_not_asked_for_at_once(void **state)
{
    (void)state;
    sg_str json;
    courier.refuse = SG_E_ADDRESS;
    assert_refused(resolve_at(DID, NOW, &json), ADDRESS);
    assert_refused(resolve_at(DID, NOW + FLOW_DID_FAILED_S - 1, &json), ADDRESS);
    assert_int_equal(courier.asked, 1);
    say("{\"id\":\"" DID "\"}");
    assert_ok(resolve_at(DID, NOW + FLOW_DID_FAILED_S, &json));
    /* but a courier that was busy says nothing about the document */
    courier.refuse = SG_E_TOO_MANY;
    assert_refused(resolve_at("did:web:b.example", NOW, &json), TOO_MANY);
    say("{\"id\":\"did:web:b.example\"}");
    assert_ok(resolve_at("did:web:b.example", NOW, &json));
}

static void
test_what_is_not_that_dids_document_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = { "", "<html>", "[]", "{}", "{\"id\":1}",
        "{\"id\":\"did:web:verifier.example#a\"}", "{\"id\":\"did:web:Verifier.example\"}",
        "{\"id\":\"" DID "\",\"id\":\"" DID "\"}", "{\"id\":\"" DID "\"} x" };
    sg_str json;
    int64_t now = NOW;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++, now += 100) {
        say(bodies[i]);
        assert_refused(resolve_at(DID, now, &json), METHOD);
    }
    say("{\"id\":\"" DID "\"}");
    static const uint64_t statuses[] = { 201, 204, 301, 302, 404, 500 };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++, now += 100) {
        courier.status = statuses[i];
        assert_refused(resolve_at(DID, now, &json), FETCH);
    }
    say("{\"id\":\"" DID "\"}");
    char *big = sg_arena_alloc(arena, FLOW_DID_DOCUMENT_MAX + 1);
    memset(big, ' ', FLOW_DID_DOCUMENT_MAX + 1);
    memcpy(big, courier.body, courier.body_len);
    courier.body = big;
    courier.body_len = FLOW_DID_DOCUMENT_MAX;
    assert_ok(resolve_at(DID, now, &json));
    courier.body_len = FLOW_DID_DOCUMENT_MAX + 1;
    assert_refused(resolve_at(DID, now + 100, &json), TOO_LARGE);
}

static void
test_only_did_web_and_http_only_here(void **state)
{
    (void)state;
    static const char *const dids_of_others[] = { "did:key:z6Mk", "did:web:", "did:web:a%2Fb",
        "did:web:a.example#key", "did:web:..:x", "https://a.example", "did:ion:abc" };
    sg_str json;
    for (size_t i = 0; i < sizeof(dids_of_others) / sizeof(dids_of_others[0]); i++) {
        assert_refused(resolve_at(dids_of_others[i], NOW, &json), VALUE);
    }
    assert_int_equal(courier.asked, 0);
    say("{\"id\":\"did:web:localhost%3A8080:a\"}");
    assert_ok(resolve_at("did:web:localhost%3A8080:a", NOW, &json));
    assert_string_equal(courier.url, "http://localhost:8080/a/did.json");
    flow_dids_free(&dids);
    assert_ok(flow_dids_new(peer, false, &dids));
    assert_ok(resolve_at("did:web:localhost%3A8080:a", NOW, &json));
    assert_string_equal(courier.url, "https://localhost:8080/a/did.json");
}

static void
test_documents_kept_are_bounded(void **state)
{
    (void)state;
    char did[64];
    char body[128];
    sg_str json;
    for (unsigned i = 0; i <= FLOW_DIDS_MAX; i++) {
        (void)snprintf(did, sizeof(did), "did:web:v%u.example", i);
        (void)snprintf(body, sizeof(body), "{\"id\":\"%s\"}", did);
        say(body);
        assert_ok(resolve_at(did, NOW, &json));
        /* the first is used again and again, so it stays */
        assert_ok(flow_dids_get(dids, arena, SG_LIT("did:web:v0.example"), NOW, &json));
    }
    assert_refused(flow_dids_get(dids, arena, SG_LIT("did:web:v1.example"), NOW, &json), NOT_FOUND);
    assert_ok(flow_dids_get(dids, arena, SG_LIT("did:web:v2.example"), NOW, &json));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_document_is_fetched_once_a_minute),
        TEST(test_an_old_document_does_not_stand_in),
        TEST(test_what_failed_is_not_asked_for_at_once),
        TEST(test_what_is_not_that_dids_document_is_refused),
        TEST(test_only_did_web_and_http_only_here),
        TEST(test_documents_kept_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
