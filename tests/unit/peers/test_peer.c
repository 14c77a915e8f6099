/*
 * gateway/peers against a peer of the test's own at the other end of a socketpair: answers in any order, refusals, silence, nonsense,
 * and an end. req: NET-2, NET-3
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "peer_out.h"
#include "peer_registry.h"
#include "support.h"

/* What the other end does with a packet; false: hang up. */
typedef bool (*speaker)(int fd, const struct wire_frame *frame);

struct other {
    int fd;
    pthread_t thread;
    speaker speak;
    const char *environment;
};

static struct other other;
static struct peer *peer;
static atomic_int lost_count;
static atomic_int calls_seen;

static void
send_buf(int fd, const struct sg_buf *buf)
{
    sg_bytes packet;
    assert_ok(sg_buf_end(buf, &packet));
    assert_int_equal(send(fd, packet.p, packet.n, MSG_NOSIGNAL), (ssize_t)packet.n);
}

static void
answer_hello(int fd, uint64_t id)
{
    struct sg_arena *arena = sg_arena_new(0, 65536);
    struct wire_hello_reply reply = { .environment = sg_cstr(other.environment) };
    reply.software = SG_LIT("test");
    reply.ready = true;
    reply.origin = SG_LIT("example.org/log");
    struct sg_buf buf = sg_buf_new(arena, 0, WIRE_FRAME_MAX);
    wire_hello_reply_encode(&buf, id, &reply);
    send_buf(fd, &buf);
    sg_arena_free(&arena);
}

static void
answer_noted(int fd, uint8_t type, uint64_t id, uint64_t seq)
{
    struct sg_arena *arena = sg_arena_new(0, 65536);
    struct wire_noted noted = { .seq = seq };
    struct sg_buf buf = sg_buf_new(arena, 0, WIRE_FRAME_MAX);
    wire_noted_encode(&buf, type, id, &noted);
    send_buf(fd, &buf);
    sg_arena_free(&arena);
}

static void
answer_refused(int fd, uint64_t id, uint64_t code)
{
    struct sg_arena *arena = sg_arena_new(0, 65536);
    struct wire_refused refused = { .code = code };
    struct sg_buf buf = sg_buf_new(arena, 0, WIRE_FRAME_MAX);
    wire_refused_encode(&buf, id, &refused);
    send_buf(fd, &buf);
    sg_arena_free(&arena);
}

static void *
other_main(void *argument)
{
    (void)argument;
    static uint8_t packet[WIRE_FRAME_MAX];
    for (;;) {
        ssize_t n = recv(other.fd, packet, sizeof(packet), 0);
        struct wire_frame frame;
        if (n <= 0 || !sg_ok(wire_frame_parse(sg_bytes_of(packet, (size_t)n), &frame))) {
            break;
        }
        if (frame.type == WIRE_HELLO) {
            answer_hello(other.fd, frame.request_id);
            continue;
        }
        if (!other.speak(other.fd, &frame)) {
            shutdown(other.fd, SHUT_RDWR);
            break;
        }
    }
    return NULL;
}

static void
lost(void *context)
{
    (void)context;
    atomic_fetch_add(&lost_count, 1);
}

static sg_result
open_with(speaker speak, const char *environment)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    other = (struct other){ .fd = fds[1], .speak = speak, .environment = environment };
    pthread_create(&other.thread, NULL, other_main, NULL);
    atomic_store(&lost_count, 0);
    atomic_store(&calls_seen, 0);
    struct peer_settings settings = {
        .fd = fds[0], .role = "gateway", .environment = "test", .name = "signer", .lost = lost
    };
    assert_ok(peer_open(&settings, &peer));
    return peer_start(peer, 2000);
}

static void
shut(void)
{
    peer_close(&peer);
    assert_null(peer);
    pthread_join(other.thread, NULL);
    close(other.fd);
}

/* A question of the test's: an EVENT_NOTE; `kind` carries what the other end shall do. */
static sg_bytes
note(struct sg_arena *arena, uint64_t id, const char *kind)
{
    struct wire_event_note ask = { .kind = sg_cstr(kind), .body = sg_bytes_of("\xa0", 1) };
    struct sg_buf buf = sg_buf_new(arena, 0, WIRE_FRAME_MAX);
    wire_event_note_encode(&buf, id, &ask);
    sg_bytes frame;
    assert_ok(sg_buf_end(&buf, &frame));
    return frame;
}

struct outcome {
    pthread_mutex_t lock;
    pthread_cond_t there;
    int n;
    int by_code[1000];
    uint64_t last_seq;
};

static void
heard(void *context, sg_result result, const struct wire_frame *reply)
{
    struct outcome *o = context;
    struct wire_noted noted = { 0 };
    pthread_mutex_lock(&o->lock);
    if (sg_ok(result) && sg_ok(wire_noted_parse(reply->body, &noted))) {
        o->last_seq = noted.seq;
    }
    o->by_code[result.code]++;
    o->n++;
    pthread_cond_signal(&o->there);
    pthread_mutex_unlock(&o->lock);
}

static void
await(struct outcome *o, int n)
{
    pthread_mutex_lock(&o->lock);
    while (o->n < n) {
        pthread_cond_wait(&o->there, &o->lock);
    }
    pthread_mutex_unlock(&o->lock);
}

#define OUTCOME                                                              \
    {                                                                        \
        .lock = PTHREAD_MUTEX_INITIALIZER, .there = PTHREAD_COND_INITIALIZER \
    }

static bool
obey(int fd, const struct wire_frame *frame)
{
    struct wire_event_note ask;
    if (!sg_ok(wire_event_note_parse(frame->body, &ask))) {
        return false;
    }
    if (sg_str_is(ask.kind, "good")) {
        answer_noted(fd, frame->type, frame->request_id, 7);
    } else if (sg_str_is(ask.kind, "refuse")) {
        answer_refused(fd, frame->request_id, SG_E_HALTED);
    } else if (sg_str_is(ask.kind, "refuse-strangely")) {
        answer_refused(fd, frame->request_id, 999);
    } else if (sg_str_is(ask.kind, "wrong-type")) {
        answer_noted(fd, WIRE_STATUS_ORDER, frame->request_id, 7);
    } else if (sg_str_is(ask.kind, "stranger")) {
        answer_noted(fd, frame->type, frame->request_id + 99, 7);
        answer_noted(fd, frame->type, frame->request_id, 8);
    } else if (sg_str_is(ask.kind, "nonsense")) {
        assert_int_equal(send(fd, "nonsense-nonsense", 17, MSG_NOSIGNAL), 17);
    } else if (sg_str_is(ask.kind, "die")) {
        return false;
    }
    return true; /* "silence" */
}

static enum sg_code
ask_one(struct sg_arena *arena, const char *kind, unsigned timeout_ms, uint64_t *ret_seq)
{
    struct outcome o = OUTCOME;
    uint64_t id = peer_next_id(peer);
    peer_ask(peer, id, note(arena, id, kind), timeout_ms, heard, &o);
    await(&o, 1);
    *ret_seq = o.last_seq;
    for (int code = 0; code < 1000; code++) {
        if (o.by_code[code] > 0) {
            return (enum sg_code)code;
        }
    }
    return SG_E_INTERNAL;
}

static void
test_answers_refusals_and_strays(void **state)
{
    assert_ok(open_with(obey, "test"));
    uint64_t seq = 0;
    assert_int_equal(ask_one(*state, "good", 2000, &seq), SG_OK);
    assert_int_equal(seq, 7);
    assert_int_equal(ask_one(*state, "refuse", 2000, &seq), SG_E_HALTED);
    assert_int_equal(ask_one(*state, "refuse-strangely", 2000, &seq), SG_E_INTERNAL);
    assert_int_equal(ask_one(*state, "wrong-type", 2000, &seq), SG_E_PEER_DOWN);
    assert_int_equal(ask_one(*state, "stranger", 2000, &seq), SG_OK);
    assert_int_equal(seq, 8);
    struct peer_state got;
    peer_state_get(peer, &got);
    assert_true(got.alive && got.ready);
    assert_string_equal(got.origin, "example.org/log");
    assert_int_equal(got.outstanding, 0);
    shut();
    assert_int_equal(atomic_load(&lost_count), 0);
}

static void
test_silence_ends_in_time(void **state)
{
    assert_ok(open_with(obey, "test"));
    uint64_t seq;
    assert_int_equal(ask_one(*state, "silence", 50, &seq), SG_E_PEER_DOWN);
    assert_int_equal(ask_one(*state, "good", 2000, &seq), SG_OK);
    shut();
}

static void
test_the_end_is_told_to_everybody(void **state)
{
    assert_ok(open_with(obey, "test"));
    struct outcome o = OUTCOME;
    for (int i = 0; i < 20; i++) {
        uint64_t id = peer_next_id(peer);
        peer_ask(peer, id, note(*state, id, "silence"), 60000, heard, &o);
    }
    uint64_t seq;
    assert_int_equal(ask_one(*state, "die", 60000, &seq), SG_E_PEER_DOWN);
    await(&o, 20);
    assert_int_equal(o.by_code[SG_E_PEER_DOWN], 20);
    while (atomic_load(&lost_count) == 0) {
    }
    assert_int_equal(ask_one(*state, "good", 2000, &seq), SG_E_PEER_DOWN);
    shut();
    assert_int_equal(atomic_load(&lost_count), 1);
}

static void
test_nonsense_is_hung_up_on(void **state)
{
    assert_ok(open_with(obey, "test"));
    uint64_t seq;
    assert_int_equal(ask_one(*state, "nonsense", 60000, &seq), SG_E_PEER_DOWN);
    shut();
}

/* req: NET-2 */
static void
test_another_environment_is_refused(void **state)
{
    (void)state;
    assert_refused(open_with(obey, "production"), ENVIRONMENT);
    shut();
}

static void
test_closing_tells_who_waits(void **state)
{
    assert_ok(open_with(obey, "test"));
    struct outcome o = OUTCOME;
    uint64_t id = peer_next_id(peer);
    peer_ask(peer, id, note(*state, id, "silence"), 60000, heard, &o);
    shut();
    assert_int_equal(o.by_code[SG_E_PEER_DOWN], 1);
}

static void
test_frames_beyond_the_limit_are_refused_at_once(void **state)
{
    assert_ok(open_with(obey, "test"));
    struct outcome o = OUTCOME;
    uint8_t *big = sg_arena_alloc(*state, WIRE_FRAME_MAX + 1);
    peer_ask(peer, peer_next_id(peer), sg_bytes_of(big, WIRE_FRAME_MAX + 1), 100, heard, &o);
    assert_int_equal(o.by_code[SG_E_TOO_LARGE], 1);
    shut();
}

/* Many threads, and a peer that stops reading for a while: nothing is lost, nobody is blocked for good. */
struct asker {
    pthread_t thread;
    struct outcome *outcome;
    int n;
};

static void *
ask_many(void *argument)
{
    struct asker *asker = argument;
    struct sg_arena *arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    int before = 0;
    for (int i = 0; i < asker->n; i++) {
        uint64_t id = peer_next_id(peer);
        peer_ask(peer, id, note(arena, id, "good"), 20000, heard, asker->outcome);
        before++;
    }
    await(asker->outcome, asker->n);
    sg_arena_free(&arena);
    return NULL;
}

static bool
slow_start(int fd, const struct wire_frame *frame)
{
    if (atomic_fetch_add(&calls_seen, 1) == 0) {
        nanosleep(&(struct timespec){ 0, 300000000 }, NULL);
    }
    return obey(fd, frame);
}

static void
test_a_full_socket_blocks_nobody(void **state)
{
    (void)state;
    assert_ok(open_with(slow_start, "test"));
    enum { THREADS = 4, EACH = 5000 };
    struct asker askers[THREADS];
    static struct outcome outcomes[THREADS];
    for (int i = 0; i < THREADS; i++) {
        outcomes[i] = (struct outcome)OUTCOME;
        askers[i] = (struct asker){ .outcome = &outcomes[i], .n = EACH };
        pthread_create(&askers[i].thread, NULL, ask_many, &askers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(outcomes[i].by_code[SG_OK], EACH);
    }
    shut();
}

/* ---- registry ---- */

static atomic_int key_state = WIRE_KEY_ACTIVE;
static atomic_int clients_asked;

static bool
registry_speak(int fd, const struct wire_frame *frame)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)1024 * 1024);
    struct sg_buf buf = sg_buf_new(arena, 0, WIRE_FRAME_MAX);
    uint8_t thumbprint[WIRE_THUMBPRINT_LEN] = { 0 };
    if (frame->type == WIRE_KEY_INFO) {
        struct wire_key_info ask;
        assert_ok(wire_key_info_parse(frame->body, &ask));
        uint8_t at = ask.after.p[0];
        thumbprint[0] = (uint8_t)(at + 1);
        struct wire_key_info_reply reply = { .key = SG_BYTES(thumbprint), .alg = 1 };
        reply.spki = sg_str_bytes(SG_LIT("spki"));
        reply.state = at == 0 ? WIRE_KEY_REVOKED : (uint64_t)atomic_load(&key_state);
        reply.purpose = WIRE_PURPOSE_SEAL;
        reply.level = 1;
        reply.resident = true;
        reply.label = at < 2 ? SG_LIT("seal") : SG_LIT("other");
        reply.created_at = 1000 - at;
        if (at < 3) {
            wire_key_info_reply_encode(&buf, frame->request_id, &reply);
            send_buf(fd, &buf);
        } else {
            answer_refused(fd, frame->request_id, SG_E_NOT_FOUND);
        }
    } else if (frame->type == WIRE_CLIENT_INFO) {
        struct wire_client_info ask;
        assert_ok(wire_client_info_parse(frame->body, &ask));
        atomic_fetch_add(&clients_asked, 1);
        if (sg_str_is(ask.client, "c1")) {
            static struct wire_client_info_reply reply;
            memset(&reply, 0, sizeof(reply));
            reply.client = ask.client;
            reply.alg = 1;
            reply.spki = sg_str_bytes(SG_LIT("spki"));
            reply.active = true;
            reply.n_mandates = 1;
            struct wire_mandate *m = &reply.mandates[0];
            m->id = sg_bytes_of(thumbprint, WIRE_ID_LEN);
            m->client = ask.client;
            m->key = SG_BYTES(thumbprint);
            m->operation = WIRE_OP_SEAL_CREDENTIAL;
            m->configurations[0] = SG_LIT("badge");
            m->n_configurations = 1;
            m->count = 10;
            m->window_s = 3600;
            m->not_before = 100;
            m->not_after = 200;
            wire_client_info_reply_encode(&buf, frame->request_id, &reply);
            send_buf(fd, &buf);
        } else {
            bool later = sg_str_is(ask.client, "later");
            answer_refused(fd, frame->request_id, later ? SG_E_NOT_READY : SG_E_NOT_FOUND);
        }
    }
    sg_arena_free(&arena);
    return true;
}

static void
test_registry_keys_and_clients(void **state)
{
    (void)state;
    struct peer_registry *registry;
    const struct peer_key *key;
    assert_ok(open_with(registry_speak, "test"));
    assert_ok(peer_registry_new(peer, &registry));
    assert_refused(peer_key_find(registry, SG_LIT("seal"), &key), NOT_FOUND);
    assert_ok(peer_registry_load(registry));
    assert_ok(peer_key_find(registry, SG_LIT("seal"), &key));
    assert_int_equal(
        key->thumbprint[0], 2); /* the active one, although the revoked one is younger */
    const struct peer_key *again;
    assert_ok(peer_registry_load(registry));
    assert_ok(peer_key_by_thumbprint(registry, key->thumbprint, &again));
    assert_ptr_equal(key, again); /* nothing changed: the same object */
    atomic_store(&key_state, WIRE_KEY_SUSPENDED);
    assert_ok(peer_registry_load(registry));
    assert_ok(peer_key_by_thumbprint(registry, key->thumbprint, &again));
    assert_ptr_not_equal(key, again);
    assert_int_equal(again->state, WIRE_KEY_SUSPENDED);
    assert_int_equal(key->state, WIRE_KEY_ACTIVE); /* who holds the old one reads what it was */
    const struct peer_key *all[8];
    assert_int_equal(peer_keys(registry, all, 8), 3);

    const struct peer_client *client;
    const struct wire_mandate *mandate;
    assert_refused(peer_client_get(registry, SG_LIT("nobody"), &client), NOT_FOUND);
    assert_refused(peer_client_get(registry, SG_LIT("nobody"), &client), NOT_FOUND);
    assert_int_equal(atomic_load(&clients_asked), 1);
    assert_ok(peer_client_get(registry, SG_LIT("c1"), &client));
    assert_true(client->active);
    uint8_t k[WIRE_THUMBPRINT_LEN] = { 0 };
    sg_bytes bytes = SG_BYTES(k);
    assert_ok(
        peer_mandate_find(client, bytes, WIRE_OP_SEAL_CREDENTIAL, SG_LIT("badge"), 150, &mandate));
    assert_refused(
        peer_mandate_find(client, bytes, WIRE_OP_SEAL_CREDENTIAL, SG_LIT("x"), 150, &mandate),
        MANDATE);
    assert_refused(
        peer_mandate_find(client, bytes, WIRE_OP_STATUS_LIST, SG_LIT("badge"), 150, &mandate),
        MANDATE);
    assert_refused(
        peer_mandate_find(client, bytes, WIRE_OP_SEAL_CREDENTIAL, SG_LIT("badge"), 200, &mandate),
        MANDATE);
    /* no word about the client: a 503 to whoever asks, not "there is no such thing" */
    assert_refused(peer_client_get(registry, SG_LIT("later"), &client), PEER_DOWN);
    shut();
    peer_registry_free(&registry);
}

/* A courier that answers with what it was asked. */
static bool
echo_errands(int fd, const struct wire_frame *frame)
{
    struct sg_arena *arena = sg_arena_new(0, 4 * WIRE_FRAME_MAX);
    struct sg_buf buf = sg_buf_new(arena, 0, WIRE_FRAME_MAX);
    struct wire_fetch fetch;
    struct wire_deliver deliver;
    bool known = false;
    if (frame->type == WIRE_FETCH && sg_ok(wire_fetch_parse(frame->body, &fetch))) {
        struct wire_fetch_reply reply = { 200, fetch.accept, sg_str_bytes(fetch.url) };
        wire_fetch_reply_encode(&buf, frame->request_id, &reply);
        known = true;
    } else if (frame->type == WIRE_DELIVER && sg_ok(wire_deliver_parse(frame->body, &deliver))) {
        struct wire_deliver_reply reply = { 201, SG_NO_STR, deliver.form };
        wire_deliver_reply_encode(&buf, frame->request_id, &reply);
        known = true;
    }
    if (known) {
        send_buf(fd, &buf);
    }
    sg_arena_free(&arena);
    return known;
}

static bool
refuse_errands(int fd, const struct wire_frame *frame)
{
    answer_refused(fd, frame->request_id, SG_E_ADDRESS);
    return true;
}

struct errand {
    atomic_int done;
    enum sg_code code;
    uint64_t status;
};

static void
on_fetched(void *context, sg_result result, const struct wire_frame *frame)
{
    struct errand *e = context;
    struct wire_fetch_reply reply;
    e->code = result.code;
    if (sg_ok(result)) {
        assert_ok(wire_fetch_reply_parse(frame->body, &reply));
        assert_str_is(sg_bytes_str(reply.body), "https://verifier.example/1");
        e->status = reply.status;
    }
    atomic_store(&e->done, 1);
}

static void
test_errands_of_the_courier(void **state)
{
    (void)state;
    struct sg_arena *arena = sg_arena_new(0, 4 * WIRE_FRAME_MAX);
    struct wire_fetch fetch = { .kind = WIRE_FETCH_REQUEST_OBJECT,
        .url = SG_LIT("https://verifier.example/1"),
        .accept = SG_LIT("application/oauth-authz-req+jwt") };
    struct wire_deliver deliver = { .url = SG_LIT("https://verifier.example/2"),
        .form = sg_str_bytes(SG_LIT("vp_token=x")) };
    struct wire_fetch_reply fetched;
    struct wire_deliver_reply delivered;
    struct errand e = { 0 };
    assert_ok(open_with(echo_errands, "test"));
    assert_ok(peer_fetch_wait(peer, arena, &fetch, &fetched));
    assert_int_equal(fetched.status, 200);
    assert_str_is(fetched.content_type, "application/oauth-authz-req+jwt");
    assert_ok(peer_deliver_wait(peer, arena, &deliver, &delivered));
    assert_int_equal(delivered.status, 201);
    assert_str_is(sg_bytes_str(delivered.body), "vp_token=x");
    peer_fetch(peer, arena, &fetch, on_fetched, &e);
    while (atomic_load(&e.done) == 0) {
        sched_yield();
    }
    assert_int_equal(e.code, SG_OK);
    assert_int_equal(e.status, 200);
    /* what the wire does not carry is refused here, at once */
    fetch.accept = SG_NO_STR;
    e = (struct errand){ 0 };
    peer_fetch(peer, arena, &fetch, on_fetched, &e);
    assert_int_equal(atomic_load(&e.done), 1);
    assert_true(e.code != SG_OK);
    shut();
    fetch.accept = SG_LIT("application/jwt");
    assert_ok(open_with(refuse_errands, "test"));
    assert_refused(peer_fetch_wait(peer, arena, &fetch, &fetched), ADDRESS);
    assert_refused(peer_deliver_wait(peer, arena, &deliver, &delivered), ADDRESS);
    shut();
    sg_arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_refusals_and_strays),
        cmocka_unit_test(test_silence_ends_in_time),
        cmocka_unit_test(test_the_end_is_told_to_everybody),
        cmocka_unit_test(test_nonsense_is_hung_up_on),
        cmocka_unit_test(test_another_environment_is_refused),
        cmocka_unit_test(test_closing_tells_who_waits),
        cmocka_unit_test(test_frames_beyond_the_limit_are_refused_at_once),
        cmocka_unit_test(test_a_full_socket_blocks_nobody),
        cmocka_unit_test(test_registry_keys_and_clients),
        cmocka_unit_test(test_errands_of_the_courier),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
