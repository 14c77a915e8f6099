#include "courier_serve.h"

#include <poll.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "courier_keep.h"
#include "courier_out.h"
#include "courier_peer.h"

#define PACKETS_PER_TURN 64 /* of one peer, so that the other and the fetches get their turn */
#define IDLE_WAIT_MS 60000
#define BUSY_WAIT_MS 1000
#define DRAIN_MS 1000 /* beyond the time of one fetch */
#define PRUNE_EVERY_MS ((int64_t)24 * 60 * 60 * 1000)

struct server {
    const struct courier_serve_settings *settings;
    struct guard_origin own;
    struct courier_desk *desk;
    struct courier_out *out;
    struct courier_peer peers[2];
    struct sg_arena *arena; /* of one message */
    bool down;              /* a peer is gone or was refused: leave */
    uint8_t room[WIRE_FRAME_MAX];
};

/* One line, in the shape of the other two processes' lines. */
static void __attribute__((format(printf, 2, 3))) say(const char *level, const char *format, ...)
{
    char line[TSL_URI_MAX + 256];
    char when[40];
    struct timespec now;
    struct tm utc;
    va_list args;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc) == NULL ||
        strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc) == 0) {
        when[0] = '\0';
    }
    va_start(args, format);
    (void)vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    (void)fprintf(stderr, "ts=%s.%03ldZ level=%s process=courier %s\n", when, now.tv_nsec / 1000000,
        level, line);
}

static int64_t
clock_ms(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- replies --------------------------------------------------------------------------------------- */

static void
send_buf(struct server *server, struct courier_peer *peer, const struct sg_buf *buf)
{
    sg_bytes packet = SG_NO_BYTES;
    sg_result r = sg_buf_end(buf, &packet);
    if (sg_ok(r)) {
        r = courier_peer_send(peer, packet);
    }
    if (!sg_ok(r)) {
        say("error", "event=reply-lost peer=%s code=%s", courier_role_name(peer->role),
            sg_code_row(r.code)->name);
        server->down = true;
    }
    sg_arena_reset(server->arena); /* one turn may bring many answers */
}

static void
refuse(struct server *server, struct courier_peer *peer, uint64_t request_id, enum sg_code code)
{
    struct sg_buf buf = sg_buf_new(server->arena, 64, WIRE_FRAME_MAX);
    struct wire_refused msg = { .code = (uint64_t)code };
    wire_refused_encode(&buf, request_id, &msg);
    send_buf(server, peer, &buf);
}

static void
on_reply(void *context, void *asker, uint64_t request_id,
    const struct wire_status_verdict *verdicts, size_t n)
{
    struct server *server = context;
    struct wire_status_ask_reply reply = { .n_verdicts = n };
    memcpy(reply.verdicts, verdicts, n * sizeof(verdicts[0]));
    struct sg_buf buf = sg_buf_new(server->arena, 64 + n * 80, WIRE_FRAME_MAX);
    wire_status_ask_reply_encode(&buf, request_id, &reply);
    send_buf(server, asker, &buf);
}

/* The list's address is not personal; which index was asked for is, and stays out. */
static void
on_note(void *context, sg_str uri, enum sg_code code, const struct courier_fetched *got)
{
    (void)context;
    say("warning", "event=no-list uri=%.*s code=%s http=%u curl=%u", SG_PRINT(uri),
        sg_code_row(code)->name, got->status, got->curl);
}

static void
on_outcome(void *context, void *asker, uint64_t request_id, const struct courier_outcome *outcome)
{
    struct server *server = context;
    if (outcome->code != SG_OK) {
        /* the host alone: what stands behind it names a person's transaction */
        say("warning", "event=no-answer kind=%u host=%s code=%s http=%u curl=%u", outcome->kind,
            outcome->host, sg_code_row(outcome->code)->name, outcome->status, outcome->curl);
        refuse(server, asker, request_id, outcome->code);
        return;
    }
    struct sg_buf buf = sg_buf_new(server->arena, 256 + outcome->body.n, WIRE_FRAME_MAX);
    if (outcome->kind == 0) {
        struct wire_deliver_reply reply = {
            .status = outcome->status, .content_type = outcome->content_type, .body = outcome->body
        };
        wire_deliver_reply_encode(&buf, request_id, &reply);
    } else {
        struct wire_fetch_reply reply = {
            .status = outcome->status, .content_type = outcome->content_type, .body = outcome->body
        };
        wire_fetch_reply_encode(&buf, request_id, &reply);
    }
    send_buf(server, asker, &buf);
}

/* ---- requests -------------------------------------------------------------------------------------- */

/* Another environment, or another process than this socket is for: neither is spoken to (req: NET-2). */
static void
on_hello(struct server *server, struct courier_peer *peer, const struct wire_frame *frame)
{
    struct wire_hello hello;
    const char *environment = server->settings->conf->environment;
    sg_result r = wire_hello_parse(frame->body, &hello);
    if (sg_ok(r) && !sg_str_is(hello.environment, environment)) {
        r = SG_ERROR(ENVIRONMENT);
    }
    if (sg_ok(r) && !sg_str_is(hello.role, courier_role_name(peer->role))) {
        r = SG_ERROR(POLICY);
    }
    if (!sg_ok(r)) {
        say("error", "event=hello-refused peer=%s code=%s", courier_role_name(peer->role),
            sg_code_row(r.code)->name);
        refuse(server, peer, frame->request_id, r.code);
        server->down = true;
        return;
    }
    struct wire_hello_reply reply = {
        .environment = sg_cstr(environment),
        .software = SG_LIT(SEALGATE_VERSION),
        .ready = true,
    };
    struct sg_buf buf = sg_buf_new(server->arena, 128, WIRE_FRAME_MAX);
    wire_hello_reply_encode(&buf, frame->request_id, &reply);
    send_buf(server, peer, &buf);
}

static void
on_ask(struct server *server, struct courier_peer *peer, const struct wire_frame *frame)
{
    struct wire_status_ask ask;
    sg_result r = wire_status_ask_parse(frame->body, &ask);
    if (sg_ok(r)) {
        r = courier_desk_ask(server->desk, peer, frame->request_id, &ask, clock_ms(CLOCK_REALTIME));
    }
    if (!sg_ok(r)) {
        refuse(server, peer, frame->request_id, r.code);
    }
}

static void
on_fetch(struct server *server, struct courier_peer *peer, const struct wire_frame *frame)
{
    struct wire_fetch fetch;
    sg_result r = wire_fetch_parse(frame->body, &fetch);
    if (sg_ok(r)) {
        r = courier_out_fetch(server->out, peer, frame->request_id, &fetch);
    }
    if (!sg_ok(r)) {
        refuse(server, peer, frame->request_id, r.code);
    }
}

static void
on_deliver(struct server *server, struct courier_peer *peer, const struct wire_frame *frame)
{
    struct wire_deliver deliver;
    sg_result r = wire_deliver_parse(frame->body, &deliver);
    if (sg_ok(r)) {
        r = courier_out_deliver(server->out, peer, frame->request_id, &deliver);
    }
    if (!sg_ok(r)) {
        refuse(server, peer, frame->request_id, r.code);
    }
}

static void
on_packet(struct server *server, struct courier_peer *peer, sg_bytes packet)
{
    struct wire_frame frame;
    sg_result r = wire_frame_parse(packet, &frame);
    enum courier_duty duty = sg_ok(r) ? courier_duty_of(peer->role, frame.type) : COURIER_FORBIDDEN;
    switch (duty) {
    case COURIER_HELLO:
        on_hello(server, peer, &frame);
        break;
    case COURIER_ASK:
        on_ask(server, peer, &frame);
        break;
    case COURIER_FETCH:
        on_fetch(server, peer, &frame);
        break;
    case COURIER_DELIVER:
        on_deliver(server, peer, &frame);
        break;
    case COURIER_UNSUPPORTED:
        refuse(server, peer, frame.request_id, SG_E_UNSUPPORTED);
        break;
    case COURIER_FORBIDDEN:
        say("error", "event=forbidden peer=%s type=%u", courier_role_name(peer->role),
            packet.n > 1 ? packet.p[1] : 0U);
        server->down = true;
        break;
    }
    sg_arena_reset(server->arena);
}

static void
read_peer(struct server *server, struct courier_peer *peer)
{
    for (unsigned i = 0; i < PACKETS_PER_TURN && !server->down; i++) {
        sg_bytes packet = SG_NO_BYTES;
        sg_result r = courier_peer_receive(peer, server->room, sizeof(server->room), &packet);
        if (r.code == SG_E_PENDING) {
            return;
        }
        if (!sg_ok(r)) {
            say("info", "event=peer-gone peer=%s code=%s", courier_role_name(peer->role),
                sg_code_row(r.code)->name);
            server->down = true;
            return;
        }
        on_packet(server, peer, packet);
    }
}

static void
flush_peers(struct server *server)
{
    for (size_t i = 0; i < 2; i++) {
        if (!sg_ok(courier_peer_flush(&server->peers[i]))) {
            server->down = true;
        }
    }
}

/* ---- waiting --------------------------------------------------------------------------------------- */

/* Without fetches one poll does; with them libcurl waits for all together. Which descriptors have something is found out by trying. */
static bool
wait_for_work(struct server *server, bool stopping)
{
    int fds[3] = { server->settings->stop_fd, server->peers[0].fd, server->peers[1].fd };
    struct pollfd polled[3];
    struct curl_waitfd waited[3];
    size_t from = stopping ? 1 : 0;
    for (size_t i = 0; i < 3; i++) {
        bool reading = i == 0 || !stopping;
        bool writing = i > 0 && server->peers[i - 1].first != NULL;
        short in = reading ? POLLIN : 0;
        short out = writing ? POLLOUT : 0;
        polled[i] = (struct pollfd){ .fd = fds[i], .events = (short)(in | out) };
        short curl_in = reading ? CURL_WAIT_POLLIN : 0;
        short curl_out = writing ? CURL_WAIT_POLLOUT : 0;
        waited[i] = (struct curl_waitfd){ .fd = fds[i], .events = (short)(curl_in | curl_out) };
    }
    if (courier_desk_busy(server->desk) == 0) {
        (void)poll(polled + from, (nfds_t)(3 - from), stopping ? 10 : IDLE_WAIT_MS);
        return !stopping && (polled[0].revents & POLLIN) != 0;
    }
    courier_desk_wait(
        server->desk, waited + from, (unsigned)(3 - from), stopping ? 50 : BUSY_WAIT_MS);
    return !stopping && (waited[0].revents & CURL_WAIT_POLLIN) != 0;
}

static bool
drained(const struct server *server)
{
    return courier_desk_busy(server->desk) == 0 && server->peers[0].first == NULL &&
           server->peers[1].first == NULL;
}

static void
loop(struct server *server)
{
    const struct conf_courier *conf = server->settings->conf;
    int64_t longest_ms =
        (int64_t)(conf->fetch_timeout_ms > conf->out_timeout_ms ? conf->fetch_timeout_ms
                                                                : conf->out_timeout_ms);
    int64_t stop_by = 0;
    int64_t prune_at = 0;
    while (!server->down) {
        int64_t steady = clock_ms(CLOCK_MONOTONIC);
        if (steady >= prune_at) {
            (void)courier_keep_prune(
                server->settings->keep_dir, conf->evidence_days, clock_ms(CLOCK_REALTIME) / 1000);
            prune_at = steady + PRUNE_EVERY_MS;
        }
        if (stop_by != 0 && (drained(server) || steady >= stop_by)) {
            return;
        }
        if (wait_for_work(server, stop_by != 0)) {
            stop_by = steady + longest_ms + DRAIN_MS;
        }
        if (stop_by == 0) {
            read_peer(server, &server->peers[0]);
            read_peer(server, &server->peers[1]);
        }
        courier_desk_turn(server->desk, clock_ms(CLOCK_REALTIME));
        flush_peers(server);
    }
}

/* ---- beginning ------------------------------------------------------------------------------------- */

static sg_result
begin(struct server *server)
{
    const struct courier_serve_settings *s = server->settings;
    const struct conf_courier *conf = s->conf;
    size_t list_max = conf->list_max < TSL_TOKEN_MAX ? (size_t)conf->list_max : TSL_TOKEN_MAX;
    size_t raw_max = conf->inflated_max < TSL_RAW_MAX ? (size_t)conf->inflated_max : TSL_RAW_MAX;
    SG_TRY(guard_origin_parse(sg_cstr(conf->public_origin), &server->own));
    struct courier_desk_settings desk = {
        .fetch = { .own = &server->own,
            .allow_hosts = &conf->allow_hosts,
            .own_ca = s->own_ca,
            .body_max = list_max,
            .timeout_ms = (int64_t)conf->fetch_timeout_ms },
        .rules = s->rules,
        .n_rules = s->n_rules,
        .policy = verdict_policy_default(),
        .inflated_max = raw_max,
        .cache_max = (size_t)conf->cache_max,
        .keep_dir = s->keep_dir,
        .reply = on_reply,
        .note = on_note,
        .context = server,
    };
    server->arena = sg_arena_new(0, 4 * WIRE_FRAME_MAX);
    SG_REQUIRE(server->arena != NULL, NO_MEMORY);
    SG_TRY(courier_desk_new(&desk, &server->desk));
    struct courier_out_settings out = {
        .own = &server->own,
        .allow_hosts = &conf->allow_hosts,
        .openid = &conf->openid_origins,
        .openid_private = &conf->openid_private,
        .openid_ca = s->openid_ca,
        .own_ca = s->own_ca,
        .test = strcmp(conf->environment, CONF_TEST) == 0,
        .allow_loopback = conf->allow_loopback,
        .timeout_ms = (int64_t)conf->out_timeout_ms,
        .done = on_outcome,
        .context = server,
    };
    return courier_out_new(&out, courier_desk_fetcher(server->desk), &server->out);
}

static void
ready(const struct courier_serve_settings *settings)
{
    if (settings->ready_fd >= 0) {
        if (write(settings->ready_fd, "R", 1) != 1) {
            say("warning", "event=nobody-waits");
        }
        (void)close(settings->ready_fd);
    }
}

int
courier_serve(const struct courier_serve_settings *settings)
{
    static struct server server; /* static for its size; one per process */
    int code = 1;
    server = (struct server){ .settings = settings,
        .peers = { { .fd = settings->gateway_fd, .role = COURIER_GATEWAY },
            { .fd = settings->signer_fd, .role = COURIER_SIGNER } } };
    sg_result r = begin(&server);
    if (sg_ok(r)) {
        say("info", "event=serving version=" SEALGATE_VERSION " rules=%zu", settings->n_rules);
        ready(settings);
        loop(&server);
        code = server.down ? COURIER_EXIT_PEER_GONE : 0;
    } else {
        say("error", "event=cannot-begin code=%s", sg_code_row(r.code)->name);
    }
    courier_out_free(&server.out);
    courier_desk_free(&server.desk);
    courier_peer_close(&server.peers[0]);
    courier_peer_close(&server.peers[1]);
    sg_arena_free(&server.arena);
    return code;
}
