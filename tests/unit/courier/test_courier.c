/*
 * The courier from outside: the real program behind its sockets (and once more inside this process, where the leak checker sees it),
 * against a web server that does everything wrong that one can (req: STA-3, NET-3; spec: draft-ietf-oauth-status-list 8.3).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "courier_keep.h"
#include "courier_serve.h"
#include "courier_trust.h"
#include "dataint.h"
#include "did.h"
#include "status_support.h"

#define FETCH_TIMEOUT_MS 600
#define REPLY_TIMEOUT_MS 8000

/* ---- names that take their time -------------------------------------------------------------------- */

#define SLOW_NAME "slow.invalid"
#define SLOW_NAME_MS 2500

/* libcurl's look-ups inside this process come here. */
__attribute__((visibility("default"))) int
getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
    typedef int (*real_fn)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (node != NULL && strcmp(node, SLOW_NAME) == 0) {
        struct timespec t = { SLOW_NAME_MS / 1000, (SLOW_NAME_MS % 1000) * 1000000 };
        (void)nanosleep(&t, NULL);
        return EAI_AGAIN;
    }
    return ((real_fn)(uintptr_t)dlsym(RTLD_NEXT, "getaddrinfo"))(node, service, hints, ret);
}

/* ---- a web server that follows a script ------------------------------------------------------------ */

enum manner {
    M_BODY,
    M_STATUS, /* `status`, with the body */
    M_ETAG,   /* body with an ETag; 304 when it comes back */
    M_SLOW_BODY,
    M_ENDLESS_HEADERS,
    M_REDIRECT, /* to `location` */
    M_ENDLESS_BODY,
    M_NOT_HTTP,
    M_CLOSE,
    M_LATE, /* body, but after 150 ms */
};

struct route {
    const char *path;
    enum manner manner;
    int status;
    const char *location;
    sg_str body;
    atomic_uint hits;
    atomic_uint conditional; /* requests with the right If-None-Match */
};

#define ROUTES_MAX 64
static struct {
    int fd;
    unsigned port;
    struct route routes[ROUTES_MAX];
    atomic_uint n_routes;
    atomic_bool down; /* take connections and drop them */
    atomic_bool end;
    pthread_mutex_t lock; /* guards the routes' manner and body */
    pthread_t thread;
    atomic_uint busy;
} web;

static void
nap_ms(long ms)
{
    struct timespec t = { ms / 1000, (ms % 1000) * 1000000 };
    (void)nanosleep(&t, NULL);
}

static bool
put(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k <= 0) {
            return false;
        }
        p += k;
        n -= (size_t)k;
    }
    return true;
}

static void
respond(int fd, int status, const char *more, sg_str body)
{
    char head[1024];
    int n = snprintf(head, sizeof(head),
        "HTTP/1.1 %d X\r\nContent-Type: application/statuslist+jwt\r\nContent-Length: %zu\r\n"
        "Connection: close\r\n%s\r\n",
        status, body.n, more);
    if (put(fd, head, (size_t)n)) {
        (void)put(fd, body.p, body.n);
    }
}

static void
play(int fd, struct route *r, const char *request)
{
    char more[600];
    (void)pthread_mutex_lock(&web.lock);
    enum manner manner = r->manner;
    sg_str body = r->body;
    int status = r->status;
    const char *location = r->location;
    (void)pthread_mutex_unlock(&web.lock);
    switch (manner) {
    case M_LATE:
        nap_ms(150);
        respond(fd, 200, "", body);
        break;
    case M_BODY:
        respond(fd, 200, "", body);
        break;
    case M_STATUS:
        respond(fd, status, "", body);
        break;
    case M_ETAG:
        if (strstr(request, "If-None-Match: \"v1\"") != NULL) {
            r->conditional++;
            respond(fd, 304, "ETag: \"v1\"\r\n", SG_NO_STR);
        } else {
            respond(fd, 200, "ETag: \"v1\"\r\n", body);
        }
        break;
    case M_SLOW_BODY:
        if (put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", 44)) {
            while (!web.end && put(fd, "e", 1)) {
                nap_ms(20);
            }
        }
        break;
    case M_ENDLESS_HEADERS:
        if (put(fd, "HTTP/1.1 200 OK\r\n", 17)) {
            while (
                !web.end && put(fd, "X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 50)) {
            }
        }
        break;
    case M_REDIRECT:
        (void)snprintf(more, sizeof(more), "Location: %s\r\n", location);
        respond(fd, status, more, SG_NO_STR);
        break;
    case M_ENDLESS_BODY:
        if (put(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 38)) {
            static const char page[4096] = { 'e' };
            while (!web.end && put(fd, page, sizeof(page))) {
            }
        }
        break;
    case M_NOT_HTTP:
        (void)put(fd, "\x16\x03\x01 who are you\r\n\r\n", 19);
        break;
    case M_CLOSE:
        break;
    }
}

static void *
serve_one(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char request[4096] = "";
    size_t n = 0;
    while (n + 1 < sizeof(request) && strstr(request, "\r\n\r\n") == NULL) {
        ssize_t k = recv(fd, request + n, sizeof(request) - 1 - n, 0);
        if (k <= 0) {
            break;
        }
        n += (size_t)k;
        request[n] = '\0';
    }
    char path[512] = "";
    if (!web.down && sscanf(request, "GET %511s HTTP/1.1", path) == 1) {
        bool found = false;
        for (unsigned i = 0; i < web.n_routes && !found; i++) {
            if (strcmp(web.routes[i].path, path) == 0) {
                web.routes[i].hits++;
                play(fd, &web.routes[i], request);
                found = true;
            }
        }
        if (!found) {
            respond(fd, 404, "", SG_LIT("no such thing"));
        }
    }
    (void)shutdown(fd, SHUT_WR);
    (void)close(fd);
    web.busy--;
    return NULL;
}

static void *
serve(void *arg)
{
    (void)arg;
    while (!web.end) {
        struct pollfd p = { .fd = web.fd, .events = POLLIN };
        if (poll(&p, 1, 50) <= 0) {
            continue;
        }
        int fd = accept4(web.fd, NULL, NULL, SOCK_CLOEXEC);
        pthread_t t;
        if (fd < 0) {
            continue;
        }
        web.busy++;
        if (pthread_create(&t, NULL, serve_one, (void *)(intptr_t)fd) != 0) {
            (void)close(fd);
            web.busy--;
            continue;
        }
        (void)pthread_detach(t);
    }
    return NULL;
}

static void
web_start(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(a);
    memset(&web, 0, sizeof(web));
    (void)pthread_mutex_init(&web.lock, NULL);
    web.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(web.fd >= 0);
    assert_int_equal(bind(web.fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(web.fd, 64), 0);
    assert_int_equal(getsockname(web.fd, (struct sockaddr *)&a, &n), 0);
    web.port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&web.thread, NULL, serve, NULL), 0);
}

static void
web_stop(void)
{
    web.end = true;
    (void)pthread_join(web.thread, NULL);
    (void)close(web.fd);
    while (web.busy > 0) {
        nap_ms(5);
    }
    (void)pthread_mutex_destroy(&web.lock);
}

/* ---- one courier with its two peers ---------------------------------------------------------------- */

static bool drop;   /* started by root, works as another user */
static bool inside; /* run courier_serve in a thread instead of the program */

static struct {
    struct sg_arena *arena;
    struct sg_arena *reply_arena;
    const char *dir;
    char cwd[4096];
    struct status_key pinned, root, leaf, stranger;
    sg_bytes root_der;
    int gateway; /* our ends */
    int signer;
    int stop; /* inside: eventfd */
    pid_t pid;
    pthread_t thread;
    int thread_code;
    struct courier_serve_settings serve;
    struct conf_courier conf;
    uint64_t next_id;
    const char *environment;
} c;

static sg_str
url(const char *path)
{
    sg_str text;
    assert_ok(sg_arena_printf(c.arena, &text, "http://localhost:%u%s", web.port, path));
    return text;
}

/* Set what a path answers; also again, while the server runs. */
static struct route *
route_full(const char *path, enum manner manner, sg_str body, int status, const char *location)
{
    unsigned i = 0;
    while (i < web.n_routes && strcmp(web.routes[i].path, path) != 0) {
        i++;
    }
    assert_true(i < ROUTES_MAX);
    struct route *r = &web.routes[i];
    (void)pthread_mutex_lock(&web.lock);
    if (i == web.n_routes) {
        r->path = path; /* never changed again: the server compares it without the lock */
    }
    r->manner = manner;
    r->body = body;
    r->status = status;
    r->location = location;
    (void)pthread_mutex_unlock(&web.lock);
    if (i == web.n_routes) {
        web.n_routes++; /* seen by the server from here on */
    }
    return r;
}

static struct route *
route(const char *path, enum manner manner, sg_str body)
{
    return route_full(path, manner, body, 200, NULL);
}

static void
write_file(const char *path, sg_str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.n), text.n);
    (void)close(fd);
}

static void
make_dir(void)
{
    sg_str ini;
    char path[4200];
    static const char *const folders[] = { "conf", "trust", "courier" };
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", c.dir, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    sg_str did;
    assert_ok(did_key_of(c.arena, &c.pinned.jwk, &did));
    assert_ok(sg_arena_printf(c.arena, &ini,
        "environment = test\npublic_origin = http://localhost:%u\nanchors = trust/root.pem\n"
        "keys = http://localhost:%u/status/pinned/|%.*s\n"
        "keys = http://localhost:%u/status/did/|%.*s\nfetch_timeout_ms = %d\n"
        "list_max = 200000\ninflated_max = 300000\n",
        web.port, web.port, SG_PRINT(c.pinned.thumbprint_text), web.port, SG_PRINT(did),
        FETCH_TIMEOUT_MS));
    (void)snprintf(path, sizeof(path), "%s/conf/courier.ini", c.dir);
    write_file(path, ini);
    (void)snprintf(path, sizeof(path), "%s/trust/root.pem", c.dir);
    write_file(path, status_pem(c.arena, c.root_der));
}

static void
start_program(int gateway_fd, int signer_fd, int ready_fd)
{
    char g[16];
    char s[16];
    char r[16];
    (void)snprintf(g, sizeof(g), "%d", gateway_fd);
    (void)snprintf(s, sizeof(s), "%d", signer_fd);
    (void)snprintf(r, sizeof(r), "%d", ready_fd);
    c.pid = fork();
    assert_true(c.pid >= 0);
    if (c.pid == 0) {
        (void)fcntl(gateway_fd, F_SETFD, 0);
        (void)fcntl(signer_fd, F_SETFD, 0);
        (void)fcntl(ready_fd, F_SETFD, 0);
        /* nothing here may take a lock: threads of the server were running when we forked */
        execl(COURIER_PROGRAM, "sealgate-courier", "--dir", c.dir, "--gateway-fd", g, "--signer-fd",
            s, "--ready-fd", r, drop ? "--user" : (char *)NULL, "65534:65534", (char *)NULL);
        _exit(127);
    }
}

static void *
serve_inside(void *arg)
{
    (void)arg;
    c.thread_code = courier_serve(&c.serve);
    return NULL;
}

static void
start_inside(int gateway_fd, int signer_fd, int ready_fd)
{
    struct conf_fault fault;
    assert_non_null(getcwd(c.cwd, sizeof(c.cwd)));
    assert_int_equal(chdir(c.dir), 0);
    assert_ok(conf_load(&conf_courier_schema, "conf/courier.ini", c.arena, &c.conf, &fault));
    c.stop = eventfd(0, EFD_CLOEXEC);
    assert_true(c.stop >= 0);
    c.serve = (struct courier_serve_settings){ .conf = &c.conf,
        .keep_dir = courier_keep_open(COURIER_KEEP_DIR),
        .gateway_fd = dup(gateway_fd),
        .signer_fd = dup(signer_fd),
        .ready_fd = dup(ready_fd),
        .stop_fd = c.stop };
    assert_ok(courier_trust_load(c.arena, &c.conf, NULL, &c.serve.rules, &c.serve.n_rules));
    assert_true(c.serve.keep_dir >= 0);
    assert_int_equal(chdir(c.cwd), 0);
    assert_int_equal(pthread_create(&c.thread, NULL, serve_inside, NULL), 0);
}

static void
start(void)
{
    int g[2];
    int s[2];
    int r[2];
    char byte = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, g), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s), 0);
    assert_int_equal(pipe2(r, O_CLOEXEC), 0);
    if (inside) {
        start_inside(g[1], s[1], r[1]);
    } else {
        start_program(g[1], s[1], r[1]);
    }
    (void)close(g[1]);
    (void)close(s[1]);
    (void)close(r[1]);
    struct pollfd p = { .fd = r[0], .events = POLLIN };
    assert_int_equal(poll(&p, 1, REPLY_TIMEOUT_MS), 1);
    assert_int_equal(read(r[0], &byte, 1), 1);
    assert_int_equal(byte, 'R');
    (void)close(r[0]);
    c.gateway = g[0];
    c.signer = s[0];
}

/* Wait for the end, by itself or asked for; its exit code. */
static int
ended(void)
{
    int status = 0;
    if (inside) {
        (void)pthread_join(c.thread, NULL);
        (void)close(c.stop);
        (void)close(c.serve.keep_dir);
        return c.thread_code;
    }
    assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
ask_to_stop(void)
{
    if (inside) {
        uint64_t one = 1;
        assert_int_equal(write(c.stop, &one, sizeof(one)), sizeof(one));
    } else {
        assert_int_equal(kill(c.pid, SIGTERM), 0);
    }
}

static void
close_peers(void)
{
    (void)close(c.gateway);
    (void)close(c.signer);
}

static int
setup(void **state)
{
    (void)state;
    memset(&c, 0, sizeof(c));
    c.arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    c.reply_arena = sg_arena_new(0, (size_t)1024 * 1024);
    c.dir = support_mkdir(c.arena);
    c.next_id = 77;
    web_start();
    status_key_new(c.arena, &c.pinned);
    status_key_new(c.arena, &c.root);
    status_key_new(c.arena, &c.leaf);
    status_key_new(c.arena, &c.stranger);
    struct status_cert root = { "root", "root", true, -3600, 3600 };
    c.root_der = status_cert(c.arena, &c.root, &c.root, &root);
    make_dir();
    start();
    return 0;
}

static void
release(void)
{
    web_stop();
    status_key_done(&c.pinned);
    status_key_done(&c.root);
    status_key_done(&c.leaf);
    status_key_done(&c.stranger);
    support_rmdir(c.dir);
    sg_arena_free(&c.reply_arena);
    sg_arena_free(&c.arena);
}

static int
teardown(void **state)
{
    (void)state;
    ask_to_stop();
    assert_int_equal(ended(), 0); /* SIGTERM drains and leaves with 0 */
    close_peers();
    release();
    return 0;
}

/* For tests that ended the courier themselves. */
static int
teardown_ended(void **state)
{
    (void)state;
    close_peers();
    release();
    return 0;
}

/* ---- asking ---------------------------------------------------------------------------------------- */

static void
send_buf(int fd, const struct sg_buf *buf)
{
    sg_bytes packet;
    assert_ok(sg_buf_end(buf, &packet));
    assert_int_equal(send(fd, packet.p, packet.n, MSG_NOSIGNAL), packet.n);
}

static uint64_t
send_ask(int fd, const struct wire_status_ask *ask)
{
    struct sg_buf buf = sg_buf_new(c.arena, 256, WIRE_FRAME_MAX);
    uint64_t id = c.next_id++;
    wire_status_ask_encode(&buf, id, ask);
    send_buf(fd, &buf);
    return id;
}

static struct wire_frame
receive(int fd)
{
    static uint8_t room[WIRE_FRAME_MAX];
    struct wire_frame frame;
    struct pollfd p = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&p, 1, REPLY_TIMEOUT_MS), 1);
    ssize_t n = recv(fd, room, sizeof(room), 0);
    assert_true(n > 0);
    assert_ok(wire_frame_parse(sg_bytes_of(room, (size_t)n), &frame));
    return frame;
}

static struct wire_status_ask_reply
receive_reply(int fd, uint64_t id)
{
    struct wire_status_ask_reply reply;
    struct wire_frame frame = receive(fd);
    assert_int_equal(frame.type, WIRE_STATUS_ASK + WIRE_REPLY);
    assert_int_equal(frame.request_id, id);
    assert_ok(wire_status_ask_reply_parse(frame.body, &reply));
    return reply;
}

static struct wire_status_verdict
ask_at(sg_str uri, uint64_t idx, int64_t not_before)
{
    struct wire_status_ask ask = { .n_refs = 1, .not_before = not_before };
    ask.refs[0] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, uri, idx };
    struct wire_status_ask_reply reply = receive_reply(c.signer, send_ask(c.signer, &ask));
    assert_int_equal(reply.n_verdicts, 1);
    return reply.verdicts[0];
}

static struct wire_status_verdict
ask_one(sg_str uri, uint64_t idx)
{
    return ask_at(uri, idx, 0);
}

static void
assert_unknown(sg_str uri, enum sg_code code)
{
    struct wire_status_verdict v = ask_one(uri, 0);
    if (v.verdict != WIRE_UNKNOWN || v.code != (uint64_t)code) {
        fail_msg("%.*s: verdict %u code %s, wanted %s", SG_PRINT(uri), (unsigned)v.verdict,
            sg_code_row((enum sg_code)v.code)->name, sg_code_row(code)->name);
    }
    assert_int_equal(v.evidence.n, 0);
}

static int64_t
now_s(void)
{
    return (int64_t)time(NULL);
}

static const uint8_t RAW[] = { 0xe4 }; /* two bits each: 0 valid, 1 invalid, 2 suspended, 3 */

/* A list token for this URI, signed by the pinned key. */
static sg_str
pinned_token(sg_str uri, int64_t iat, int64_t exp, int64_t ttl)
{
    return status_jws(c.arena, &c.pinned, status_header_jwk(c.arena, &c.pinned, TSL_TYP),
        status_claims(c.arena, uri, iat, exp, ttl, 2, SG_BYTES(RAW)));
}

static sg_str
good_token(sg_str uri)
{
    return pinned_token(uri, now_s() - 5, now_s() + 600, 60);
}

static sg_str
x5c_token(sg_str uri, const struct status_key *key, sg_bytes cert)
{
    sg_str header;
    assert_ok(tsl_header_build(c.arena, JOSE_ES256, SG_NO_STR, &cert, 1, &header));
    return status_jws(c.arena, key, header,
        status_claims(c.arena, uri, now_s() - 5, now_s() + 600, 60, 2, SG_BYTES(RAW)));
}

/* ---- tests ----------------------------------------------------------------------------------------- */

static void
test_good_revoked_suspended_and_beyond(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/1");
    sg_str token = good_token(uri);
    struct route *r = route("/status/pinned/1", M_BODY, token);
    uint8_t sha256[SG_SHA256_LEN];
    sg_sha256(sg_str_bytes(token), sha256);

    struct wire_status_verdict v = ask_one(uri, 0);
    assert_int_equal(v.verdict, WIRE_GOOD);
    assert_int_equal(v.value, TSL_VALID);
    assert_true(sg_bytes_equal(v.evidence, SG_BYTES(sha256)));
    assert_in_range(v.good_until_ms - v.fetched_at_ms, 60000, 60000);
    assert_in_range(v.fetched_at_ms, (now_s() - 5) * 1000, (now_s() + 1) * 1000);
    v = ask_one(uri, 1);
    assert_int_equal(v.verdict, WIRE_BAD);
    assert_int_equal(v.value, TSL_INVALID);
    v = ask_one(uri, 2);
    assert_int_equal(v.verdict, WIRE_BAD);
    assert_int_equal(v.value, TSL_SUSPENDED);
    assert_int_equal(ask_one(uri, 3).verdict, WIRE_BAD); /* application specific: not good */
    v = ask_one(uri, 4);
    assert_int_equal(v.verdict, WIRE_UNKNOWN);
    assert_int_equal(v.code, SG_E_NOT_FOUND);
    assert_int_equal(r->hits, 1); /* one fetch for all */
}

/* ---- other forms of a list ---- */

static struct wire_status_verdict
ask_type(uint64_t type, sg_str uri, uint64_t idx)
{
    struct wire_status_ask ask = { .n_refs = 1 };
    ask.refs[0] = (struct wire_ref){ type, uri, idx };
    struct wire_status_ask_reply reply = receive_reply(c.signer, send_ask(c.signer, &ask));
    assert_int_equal(reply.n_verdicts, 1);
    return reply.verdicts[0];
}

/* The key for a CWT must come in a certificate, for which a thumbprint rule stands. */
static sg_str
cwt_token(sg_str uri, const sg_bytes *cert)
{
    struct tsl_payload p = { .sub = uri,
        .iat = now_s() - 5,
        .exp = now_s() + 600,
        .ttl = 60,
        .list = { 2, SG_BYTES(RAW) } };
    struct tsl_cwt cwt;
    uint8_t signature[64];
    sg_bytes claims, out;
    assert_ok(tsl_cwt_payload_build(c.arena, &p, &claims));
    assert_ok(tsl_cwt_prepare(
        c.arena, JOSE_ES256, SG_NO_BYTES, cert, cert == NULL ? 0 : 1, claims, &cwt));
    status_sign(&c.pinned, cwt.to_be_signed, signature);
    assert_ok(tsl_cwt_attach(c.arena, &cwt, SG_BYTES(signature), &out));
    return sg_bytes_str(out);
}

static void
test_list_as_cwt(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/cwt");
    sg_bytes cert = status_cert(
        c.arena, &c.pinned, &c.pinned, &(struct status_cert){ "list", "list", false, -60, 600 });
    sg_str token = cwt_token(uri, &cert);
    route("/status/pinned/cwt", M_BODY, token);
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    assert_int_equal(ask_one(uri, 1).verdict, WIRE_BAD);
    assert_int_equal(ask_one(uri, 2).value, TSL_SUSPENDED);
    /* a Token Status List says nothing about a purpose */
    struct wire_status_verdict v = ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 0);
    assert_int_equal(v.verdict, WIRE_UNKNOWN);
    assert_int_equal(v.code, SG_E_TYPE);

    sg_str other = url("/status/pinned/cwt-other");
    route("/status/pinned/cwt-other", M_BODY, token); /* sub is another list */
    assert_unknown(other, SG_E_VALUE);
    sg_str broken = url("/status/pinned/cwt-broken");
    route("/status/pinned/cwt-broken", M_BODY, sg_str_slice(token, 0, token.n - 1));
    assert_unknown(broken, SG_E_MALFORMED);

    /* a rule with a did:key has the key itself: none need come along */
    sg_str did = url("/status/did/cwt");
    route("/status/did/cwt", M_BODY, cwt_token(did, NULL));
    assert_int_equal(ask_one(did, 0).verdict, WIRE_GOOD);
    sg_str thumbprint = url("/status/pinned/cwt-bare");
    route("/status/pinned/cwt-bare", M_BODY, cwt_token(thumbprint, NULL));
    assert_unknown(thumbprint, SG_E_ISSUER);
}

static sg_str
bitstring_token(sg_str uri, enum bsl_purpose purpose, int64_t until)
{
    uint8_t *raw = sg_arena_alloc(c.arena, 16384);
    sg_bytes text;
    assert_non_null(raw);
    raw[0] = 0x40; /* index 1 */
    struct bsl_payload p = { .id = uri,
        .issuer = SG_LIT("https://issuer.example"),
        .purpose = purpose,
        .list = { 1, sg_bytes_of(raw, 16384) },
        .valid_from = now_s() - 5,
        .valid_until = until,
        .ttl_ms = 60000 };
    assert_ok(bsl_credential_build(c.arena, &p, &text));
    return status_jws(c.arena, &c.pinned, status_header_jwk(c.arena, &c.pinned, BSL_TYP), text);
}

static void
test_bitstring_list(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/bits");
    sg_str token = bitstring_token(uri, BSL_REVOCATION, now_s() + 600);
    struct route *r = route("/status/pinned/bits", M_BODY, token);
    uint8_t sha256[SG_SHA256_LEN];
    sg_sha256(sg_str_bytes(token), sha256);

    struct wire_status_verdict v = ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 0);
    assert_int_equal(v.verdict, WIRE_GOOD);
    assert_true(sg_bytes_equal(v.evidence, SG_BYTES(sha256)));
    assert_in_range(v.good_until_ms - v.fetched_at_ms, 60000, 60000);
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 1).verdict, WIRE_BAD);
    v = ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 131072);
    assert_int_equal(v.verdict, WIRE_UNKNOWN);
    assert_int_equal(v.code, SG_E_NOT_FOUND);
    /* it is no list of suspensions, and no token list */
    v = ask_type(WIRE_REF_BITSTRING_SUSPENSION, uri, 0);
    assert_int_equal(v.verdict, WIRE_UNKNOWN);
    assert_int_equal(v.code, SG_E_PURPOSE);
    assert_unknown(uri, SG_E_TYPE);
    assert_int_equal(r->hits, 1);

    sg_str refresh = url("/status/pinned/refresh");
    route("/status/pinned/refresh", M_BODY, bitstring_token(refresh, BSL_REFRESH, now_s() + 600));
    v = ask_type(WIRE_REF_BITSTRING_REFRESH, refresh, 1);
    assert_int_equal(v.verdict, WIRE_GOOD);
    assert_int_equal(v.value, 1);
}

/* The same list as a document with a proof by `signer`, under its did:key. `secure`: the suite. */
static sg_str
bitstring_document(sg_str uri, enum di_suite_id suite, const struct status_key *signer)
{
    uint8_t *raw = sg_arena_alloc(c.arena, 16384);
    struct jsonld_contexts *contexts = NULL;
    struct di_proof_options options = { .purpose = SG_LIT("assertionMethod"),
        .created = SG_LIT("2026-01-01T00:00:00Z") };
    struct di_pending pending;
    const struct sjson *v = NULL;
    uint8_t signature[64];
    sg_bytes text;
    sg_str did, document;
    assert_non_null(raw);
    raw[0] = 0x40;
    assert_ok(did_key_of(c.arena, &signer->jwk, &did));
    assert_ok(did_method_of(c.arena, did, &options.verification_method));
    struct bsl_payload p = { .id = uri,
        .issuer = did,
        .purpose = BSL_REVOCATION,
        .list = { 1, sg_bytes_of(raw, 16384) },
        .valid_from = now_s() - 5,
        .valid_until = now_s() + 600 };
    assert_ok(bsl_credential_build(c.arena, &p, &text));
    assert_ok(sjson_parse_object(c.arena, sg_bytes_str(text), NULL, &v));
    assert_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts));
    struct di_request request = { .document = v,
        .suite = di_suite_by_id(suite),
        .key = &signer->jwk,
        .options = &options,
        .contexts = contexts };
    assert_ok(di_prepare(c.arena, &request, NULL, &pending));
    status_sign(signer, pending.message, signature);
    assert_ok(di_attach(c.arena, &pending, SG_BYTES(signature), &document));
    jsonld_contexts_free(&contexts);
    return document;
}

static void
test_bitstring_list_with_a_proof(void **state)
{
    (void)state;
    static const struct {
        enum di_suite_id suite;
        const char *path; /* a rule by thumbprint, a rule by did:key */
    } rows[] = { { DI_ECDSA_JCS_2019, "/status/pinned/di-jcs" },
        { DI_ECDSA_RDFC_2019, "/status/pinned/di-rdfc" },
        { DI_ECDSA_RDFC_2019, "/status/did/di-rdfc" } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str uri = url(rows[i].path);
        sg_str document = bitstring_document(uri, rows[i].suite, &c.pinned);
        route(rows[i].path, M_BODY, document);
        assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 0).verdict, WIRE_GOOD);
        assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 1).verdict, WIRE_BAD);
    }
    /* a proof that holds, by a key that nobody named; and one that does not hold any more */
    struct status_key other;
    status_key_new(c.arena, &other);
    sg_str foreign = url("/status/pinned/di-foreign");
    route("/status/pinned/di-foreign", M_BODY,
        bitstring_document(foreign, DI_ECDSA_JCS_2019, &other));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, foreign, 0).code, SG_E_ISSUER);
    status_key_done(&other);
    sg_str changed = url("/status/pinned/di-changed");
    sg_str document = bitstring_document(changed, DI_ECDSA_JCS_2019, &c.pinned);
    char *copy = sg_arena_alloc(c.arena, document.n);
    assert_non_null(copy);
    memcpy(copy, document.p, document.n);
    char *purpose = memmem(copy, document.n, "\"validUntil\":\"2", 15);
    assert_non_null(purpose);
    purpose[14] = '3'; /* a thousand years more */
    route("/status/pinned/di-changed", M_BODY, sg_str_of(copy, document.n));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, changed, 0).code, SG_E_SIGNATURE);
    /* an anchor has no say here */
    sg_str anchored = url("/status/unknown/di");
    route("/status/unknown/di", M_BODY, bitstring_document(anchored, DI_ECDSA_JCS_2019, &c.pinned));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, anchored, 0).code, SG_E_ISSUER);
}

static void
test_bitstring_lists_that_say_nothing(void **state)
{
    (void)state;
    sg_str past = url("/status/pinned/bits-past");
    route("/status/pinned/bits-past", M_BODY, bitstring_token(past, BSL_REVOCATION, now_s() - 1));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, past, 0).code, SG_E_EXPIRED);
    sg_str moved = url("/status/pinned/bits-moved");
    route("/status/pinned/bits-moved", M_BODY,
        bitstring_token(url("/status/pinned/bits"), BSL_REVOCATION, now_s() + 600));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, moved, 0).code, SG_E_VALUE);
    sg_str bare = url("/status/pinned/bits-bare"); /* nobody signed it */
    sg_bytes text;
    uint8_t *raw = sg_arena_alloc(c.arena, 16384);
    assert_non_null(raw);
    struct bsl_payload p = { .id = bare,
        .issuer = SG_LIT("did:example:a"),
        .purpose = BSL_REVOCATION,
        .list = { 1, sg_bytes_of(raw, 16384) },
        .valid_from = now_s() - 5,
        .valid_until = now_s() + 600 };
    assert_ok(bsl_credential_build(c.arena, &p, &text));
    route("/status/pinned/bits-bare", M_BODY, sg_bytes_str(text));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, bare, 0).code, SG_E_PROOF_VALUE);
    sg_str foreign = url("/status/unknown/bits");
    route("/status/unknown/bits", M_BODY, bitstring_token(foreign, BSL_REVOCATION, now_s() + 600));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, foreign, 0).code, SG_E_ISSUER);
}

static void
test_evidence_is_kept_by_hash(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/1");
    sg_str token = good_token(uri);
    route("/status/pinned/1", M_BODY, token);
    struct wire_status_verdict v = ask_one(uri, 0);
    char hex[2 * SG_SHA256_LEN + 1] = "";
    char path[4300];
    assert_int_equal(v.evidence.n, SG_SHA256_LEN);
    sg_hex_to(v.evidence, hex);
    (void)snprintf(path, sizeof(path), "%s/courier/cache/%s", c.dir, hex);
    sg_bytes kept = support_file(c.arena, path);
    assert_true(sg_bytes_equal(kept, sg_str_bytes(token)));
}

/* A verdict whose evidence cannot be kept does not leave. */
static void
test_no_evidence_no_verdict(void **state)
{
    (void)state;
    char path[4200];
    (void)snprintf(path, sizeof(path), "%s/courier/cache", c.dir);
    assert_int_equal(rmdir(path), 0);
    sg_str uri = url("/status/pinned/1");
    route("/status/pinned/1", M_BODY, good_token(uri));
    assert_unknown(uri, SG_E_STORE_DOWN);
}

static void
test_bad_times_and_names(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/expired");
    route("/status/pinned/expired", M_BODY, pinned_token(uri, now_s() - 100, now_s() - 1, 60));
    assert_unknown(uri, SG_E_EXPIRED);
    uri = url("/status/pinned/future");
    route("/status/pinned/future", M_BODY, pinned_token(uri, now_s() + 300, now_s() + 900, 60));
    assert_unknown(uri, SG_E_NOT_YET);
    uri = url("/status/pinned/sub");
    route("/status/pinned/sub", M_BODY, good_token(url("/status/pinned/sub/")));
    assert_unknown(uri, SG_E_VALUE);
    uri = url("/status/pinned/ttl");
    route("/status/pinned/ttl", M_BODY, pinned_token(uri, now_s(), now_s() + 600, -5));
    assert_unknown(uri, SG_E_VALUE);
}

static void
test_wrong_signer_and_typ(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/signer");
    sg_bytes claims = status_claims(c.arena, uri, now_s(), now_s() + 600, 60, 2, SG_BYTES(RAW));
    sg_str stranger_header = status_header_jwk(c.arena, &c.stranger, TSL_TYP);
    route(
        "/status/pinned/signer", M_BODY, status_jws(c.arena, &c.stranger, stranger_header, claims));
    assert_unknown(uri, SG_E_ISSUER);

    /* the right key named, another one signing */
    uri = url("/status/pinned/forged");
    claims = status_claims(c.arena, uri, now_s(), now_s() + 600, 60, 2, SG_BYTES(RAW));
    route("/status/pinned/forged", M_BODY,
        status_jws(c.arena, &c.stranger, status_header_jwk(c.arena, &c.pinned, TSL_TYP), claims));
    assert_unknown(uri, SG_E_SIGNATURE);

    uri = url("/status/pinned/typ");
    claims = status_claims(c.arena, uri, now_s(), now_s() + 600, 60, 2, SG_BYTES(RAW));
    route("/status/pinned/typ", M_BODY,
        status_jws(c.arena, &c.pinned, status_header_jwk(c.arena, &c.pinned, "JWT"), claims));
    assert_unknown(uri, SG_E_TYPE);
}

static void
test_certificates(void **state)
{
    (void)state;
    struct status_cert good = { "lists", "root", false, -600, 600 };
    struct status_cert old = { "lists", "root", false, -600, -10 };
    sg_bytes cert = status_cert(c.arena, &c.leaf, &c.root, &good);
    sg_str uri = url("/status/x5c/good");
    route("/status/x5c/good", M_BODY, x5c_token(uri, &c.leaf, cert));
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);

    uri = url("/status/x5c/expired");
    route("/status/x5c/expired", M_BODY,
        x5c_token(uri, &c.leaf, status_cert(c.arena, &c.leaf, &c.root, &old)));
    assert_unknown(uri, SG_E_EXPIRED);

    /* the same names, another root */
    uri = url("/status/x5c/stranger");
    route("/status/x5c/stranger", M_BODY,
        x5c_token(uri, &c.leaf, status_cert(c.arena, &c.leaf, &c.stranger, &good)));
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_UNKNOWN);

    uri = url("/status/x5c/otherkey");
    route("/status/x5c/otherkey", M_BODY, x5c_token(uri, &c.stranger, cert));
    assert_unknown(uri, SG_E_SIGNATURE);

    /* the root itself signs a list: certificates are its business (HAIP) */
    uri = url("/status/x5c/root");
    route("/status/x5c/root", M_BODY, x5c_token(uri, &c.root, c.root_der));
    assert_unknown(uri, SG_E_ISSUER);

    /* no key in the token, and none named for this URI */
    uri = url("/status/x5c/jwk");
    route("/status/x5c/jwk", M_BODY, good_token(uri));
    assert_unknown(uri, SG_E_ISSUER);

    /* a key is named for this URI: a certificate of the trusted root is not enough */
    uri = url("/status/pinned/x5c");
    route("/status/pinned/x5c", M_BODY, x5c_token(uri, &c.leaf, cert));
    assert_unknown(uri, SG_E_ISSUER);
}

static void
test_zip_bomb(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/bomb");
    size_t n = 3000000; /* ten times inflated_max, 3 KB packed */
    uint8_t *zeros = sg_arena_alloc(c.arena, n);
    assert_non_null(zeros);
    sg_bytes claims =
        status_claims(c.arena, uri, now_s(), now_s() + 600, 60, 1, sg_bytes_of(zeros, n));
    route("/status/pinned/bomb", M_BODY,
        status_jws(c.arena, &c.pinned, status_header_jwk(c.arena, &c.pinned, TSL_TYP), claims));
    assert_unknown(uri, SG_E_TOO_LARGE);
}

static void
test_servers_that_misbehave(void **state)
{
    (void)state;
    route("/status/pinned/slow", M_SLOW_BODY, SG_NO_STR);
    assert_unknown(url("/status/pinned/slow"), SG_E_FETCH);
    route("/status/pinned/headers", M_ENDLESS_HEADERS, SG_NO_STR);
    assert_unknown(url("/status/pinned/headers"), SG_E_TOO_LARGE);
    route("/status/pinned/huge", M_ENDLESS_BODY, SG_NO_STR);
    assert_unknown(url("/status/pinned/huge"), SG_E_TOO_LARGE);
    route("/status/pinned/nothttp", M_NOT_HTTP, SG_NO_STR);
    assert_unknown(url("/status/pinned/nothttp"), SG_E_FETCH);
    route("/status/pinned/close", M_CLOSE, SG_NO_STR);
    assert_unknown(url("/status/pinned/close"), SG_E_FETCH);
    route_full("/status/pinned/500", M_STATUS, good_token(url("/status/pinned/500")), 500, NULL);
    assert_unknown(url("/status/pinned/500"), SG_E_FETCH);
    assert_unknown(url("/status/pinned/missing"), SG_E_FETCH);
    route("/status/pinned/garbage", M_BODY, SG_LIT("<html>hello</html>"));
    assert_unknown(url("/status/pinned/garbage"), SG_E_MALFORMED);
    route("/status/pinned/empty", M_BODY, SG_NO_STR);
    assert_unknown(url("/status/pinned/empty"), SG_E_MALFORMED);
    /* and the courier still serves */
    sg_str uri = url("/status/pinned/1");
    route("/status/pinned/1", M_BODY, good_token(uri));
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
}

static const char *
text(sg_str s)
{
    const char *z = NULL;
    assert_ok(sg_arena_cstr(c.arena, s, &z));
    return z;
}

static struct route *
redirect(const char *path, sg_str to)
{
    return route_full(path, M_REDIRECT, SG_NO_STR, 302, text(to));
}

static void
test_redirects(void **state)
{
    (void)state;
    sg_str end = url("/status/pinned/end");
    /* the token's sub is the URI in the credential, wherever it was found */
    redirect("/status/pinned/start", end);
    route("/status/pinned/end", M_BODY, good_token(url("/status/pinned/start")));
    assert_int_equal(ask_one(url("/status/pinned/start"), 0).verdict, WIRE_GOOD);

    struct route *loop = redirect("/status/pinned/loop", url("/status/pinned/loop"));
    assert_unknown(url("/status/pinned/loop"), SG_E_FETCH);
    assert_int_equal(loop->hits, 1 + COURIER_HOPS_MAX);

    redirect("/status/pinned/private", SG_LIT("https://10.0.0.1/status/1"));
    assert_unknown(url("/status/pinned/private"), SG_E_ADDRESS);
    redirect("/status/pinned/meta", SG_LIT("https://169.254.169.254/latest"));
    assert_unknown(url("/status/pinned/meta"), SG_E_ADDRESS);
    redirect("/status/pinned/loopback", SG_LIT("https://127.0.0.1:1/status/1"));
    assert_unknown(url("/status/pinned/loopback"), SG_E_ADDRESS);
    redirect("/status/pinned/six", SG_LIT("https://[::ffff:127.0.0.1]:1/"));
    assert_unknown(url("/status/pinned/six"), SG_E_ADDRESS);
    redirect("/status/pinned/name", SG_LIT("https://localhost:1/status/1"));
    assert_unknown(url("/status/pinned/name"), SG_E_ADDRESS);
    redirect("/status/pinned/http", SG_LIT("http://issuer.example/1"));
    assert_unknown(url("/status/pinned/http"), SG_E_ADDRESS);
    redirect("/status/pinned/file", SG_LIT("file:///etc/passwd"));
    assert_int_equal(ask_one(url("/status/pinned/file"), 0).verdict, WIRE_UNKNOWN);
    redirect("/status/pinned/admin", url("/v1/clients"));
    assert_unknown(url("/status/pinned/admin"), SG_E_ADDRESS);
}

static void
test_addresses_of_questions(void **state)
{
    (void)state;
    assert_unknown(SG_LIT("https://127.0.0.1:1/status/1"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("https://10.1.2.3/1"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("https://[::1]/1"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("https://[fe80::1]/1"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("https://localhost:1/1"), SG_E_ADDRESS);
    assert_unknown(
        SG_LIT("https://2130706433/1"), SG_E_ADDRESS); /* 127.0.0.1 in another spelling */
    assert_unknown(SG_LIT("https://0x7f.1/1"), SG_E_ADDRESS);
    assert_unknown(url("/v1/clients"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("http://issuer.example/1"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("ftp://issuer.example/1"), SG_E_VALUE);
    assert_unknown(SG_LIT("https://user:secret@issuer.example/1"), SG_E_VALUE);
}

/* A resolver that hangs: its question is UNKNOWN in time, and nobody else waits. The program's own resolver runs behind its syscall filter. */
static void
test_slow_names_stop_nobody(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/1");
    struct timespec a;
    struct timespec b;
    struct wire_status_ask slow = { .n_refs = 1 };
    slow.refs[0] =
        (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, SG_LIT("https://" SLOW_NAME "/1"), 0 };
    route("/status/pinned/1", M_BODY, good_token(uri));
    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    uint64_t id = send_ask(c.gateway, &slow);
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    struct wire_status_ask_reply reply = receive_reply(c.gateway, id);
    assert_int_equal(reply.verdicts[0].verdict, WIRE_UNKNOWN);
    assert_int_equal(reply.verdicts[0].code, SG_E_FETCH);
    assert_int_equal(ask_one(uri, 1).verdict, WIRE_BAD);
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    assert_in_range((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000, 0,
        FETCH_TIMEOUT_MS + 900);
    if (inside) {
        nap_ms(SLOW_NAME_MS); /* let the thread end before the leak checker looks */
    }
}

static void
test_many_askers_share_one_fetch(void **state)
{
    (void)state;
    enum { ASKERS = 100 };
    sg_str uri = url("/status/pinned/late");
    struct route *r = route("/status/pinned/late", M_LATE, good_token(uri));
    uint64_t ids[ASKERS];
    bool seen[ASKERS] = { false };
    for (size_t i = 0; i < ASKERS; i++) {
        struct wire_status_ask ask = { .n_refs = 2 };
        ask.refs[0] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, uri, 0 };
        ask.refs[1] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, uri, 1 };
        ids[i] = send_ask(i % 2 == 0 ? c.signer : c.gateway, &ask);
    }
    for (size_t i = 0; i < ASKERS; i++) {
        struct wire_status_ask_reply reply;
        struct wire_frame frame = receive(i % 2 == 0 ? c.signer : c.gateway);
        assert_ok(wire_status_ask_reply_parse(frame.body, &reply));
        assert_in_range(frame.request_id, ids[0], ids[ASKERS - 1]);
        assert_false(seen[frame.request_id - ids[0]]);
        seen[frame.request_id - ids[0]] = true;
        assert_int_equal(reply.n_verdicts, 2);
        assert_int_equal(reply.verdicts[0].verdict, WIRE_GOOD);
        assert_int_equal(reply.verdicts[1].verdict, WIRE_BAD);
    }
    assert_int_equal(r->hits, 1);
}

static void
test_several_lists_in_one_question(void **state)
{
    (void)state;
    sg_str late = url("/status/pinned/late");
    sg_str now = url("/status/pinned/1");
    route("/status/pinned/late", M_LATE, good_token(late));
    route("/status/pinned/1", M_BODY, good_token(now));
    struct wire_status_ask ask = { .n_refs = 4 };
    ask.refs[0] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, late, 1 };
    ask.refs[1] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, now, 0 };
    ask.refs[2] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, SG_LIT("https://10.0.0.1/1"), 0 };
    ask.refs[3] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, now, 2 };
    struct wire_status_ask_reply reply = receive_reply(c.signer, send_ask(c.signer, &ask));
    assert_int_equal(reply.n_verdicts, 4);
    assert_int_equal(reply.verdicts[0].verdict, WIRE_BAD);
    assert_int_equal(reply.verdicts[1].verdict, WIRE_GOOD);
    assert_int_equal(reply.verdicts[2].verdict, WIRE_UNKNOWN);
    assert_int_equal(reply.verdicts[3].verdict, WIRE_BAD);
    assert_false(sg_bytes_equal(reply.verdicts[0].evidence, reply.verdicts[1].evidence));
}

static void
test_not_before_wants_a_newer_look(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/etag");
    struct route *r = route("/status/pinned/etag", M_ETAG, good_token(uri));
    struct wire_status_verdict first = ask_one(uri, 0);
    assert_int_equal(first.verdict, WIRE_GOOD);
    int64_t want = first.fetched_at_ms / 1000 + 1;
    while (now_s() < want) {
        nap_ms(20);
    }
    struct wire_status_verdict second = ask_at(uri, 0, want);
    assert_int_equal(second.verdict, WIRE_GOOD);
    assert_true(second.fetched_at_ms >= want * 1000);
    assert_int_equal(r->hits, 2);
    assert_int_equal(r->conditional, 1); /* and it cost no body */
    assert_int_equal(ask_one(uri, 0).fetched_at_ms, second.fetched_at_ms);
    assert_int_equal(r->hits, 2);
    struct wire_status_verdict v = ask_at(uri, 0, now_s() + 3600);
    assert_int_equal(v.verdict, WIRE_UNKNOWN);
    assert_int_equal(v.code, SG_E_CLOCK);
}

static void
test_server_down_cached_until_good_until(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/down");
    struct route *r =
        route("/status/pinned/down", M_BODY, pinned_token(uri, now_s(), now_s() + 600, 1));
    struct wire_status_verdict v = ask_one(uri, 0);
    assert_int_equal(v.verdict, WIRE_GOOD);
    web.down = true;
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    while ((int64_t)now_s() * 1000 <= v.good_until_ms) {
        nap_ms(20);
    }
    assert_unknown(uri, SG_E_FETCH);
    assert_int_equal(r->hits, 1);
    /* and it comes back by itself, after the short memory of the failure */
    web.down = false;
    assert_unknown(uri, SG_E_FETCH);
    nap_ms(COURIER_FAILED_MS + 50);
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
}

static void
test_a_dead_server_is_not_hammered(void **state)
{
    (void)state;
    struct route *r = route("/status/pinned/dead", M_CLOSE, SG_NO_STR);
    for (int i = 0; i < 50; i++) {
        assert_unknown(url("/status/pinned/dead"), SG_E_FETCH);
    }
    assert_in_range(r->hits, 1, 3); /* libcurl itself tries a closed connection once more */
}

static void
test_older_token_does_not_take_back_a_revocation(void **state)
{
    (void)state;
    static const uint8_t before[] = { 0x00 };
    sg_str uri = url("/status/pinned/rollback");
    sg_str header = status_header_jwk(c.arena, &c.pinned, TSL_TYP);
    sg_str newer = status_jws(c.arena, &c.pinned, header,
        status_claims(c.arena, uri, now_s() - 5, now_s() + 600, 1, 2, SG_BYTES(RAW)));
    sg_str older = status_jws(c.arena, &c.pinned, header,
        status_claims(c.arena, uri, now_s() - 50, now_s() + 600, 1, 2, SG_BYTES(before)));
    route("/status/pinned/rollback", M_BODY, newer);
    struct wire_status_verdict v = ask_one(uri, 1);
    assert_int_equal(v.verdict, WIRE_BAD);
    route("/status/pinned/rollback", M_BODY, older);
    while ((int64_t)now_s() * 1000 <= v.good_until_ms) {
        nap_ms(20);
    }
    assert_unknown(uri, SG_E_REPLAY);
}

static void
test_messages_of_later_versions(void **state)
{
    (void)state;
    static const struct {
        bool signer;
        uint8_t type;
    } rows[] = { { false, WIRE_FETCH }, { false, WIRE_DELIVER }, { true, WIRE_STAMP } };
    for (size_t i = 0; i < 3; i++) {
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define TEST_ENDED(f) cmocka_unit_test_setup_teardown(f, setup, teardown_ended)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good_revoked_suspended_and_beyond),
        TEST(test_list_as_cwt),
        TEST(test_bitstring_list),
        TEST(test_bitstring_list_with_a_proof),
        TEST(test_bitstring_lists_that_say_nothing),
        TEST(test_evidence_is_kept_by_hash),
        TEST(test_no_evidence_no_verdict),
        TEST(test_bad_times_and_names),
        TEST(test_wrong_signer_and_typ),
        TEST(test_certificates),
        TEST(test_zip_bomb),
        TEST(test_servers_that_misbehave),
        TEST(test_redirects),
        TEST(test_addresses_of_questions),
        TEST(test_slow_names_stop_nobody),
        TEST(test_many_askers_share_one_fetch),
        TEST(test_several_lists_in_one_question),
        TEST(test_not_before_wants_a_newer_look),
        TEST(test_server_down_cached_until_good_until),
        TEST(test_a_dead_server_is_not_hammered),
        TEST(test_older_token_does_not_take_back_a_revocation),
        TEST(test_messages_of_later_versions),
        TEST(test_hello),
        TEST(test_malformed_question_is_refused_and_harms_nobody),
        TEST_ENDED(test_other_environment_ends_it),
        TEST_ENDED(test_forbidden_message_ends_it),
        TEST_ENDED(test_peer_gone_ends_it),
        TEST_ENDED(test_stop_answers_what_waits),
        TEST(test_answers_from_the_cache_quickly),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    /* for the program: the leak checker wants ptrace, which the courier gives up; leaks are looked for in the run inside */
    (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    (void)setenv("http_proxy", "http://127.0.0.1:9", 1); /* must not be asked */
    (void)setenv("all_proxy", "http://127.0.0.1:9", 1);
    inside = true;
    int failed = cmocka_run_group_tests_name("inside", tests, NULL, NULL);
    inside = false;
    failed += cmocka_run_group_tests_name("program", tests, NULL, NULL);
    drop = geteuid() == 0;
    if (drop) {
        failed += cmocka_run_group_tests_name("another user", tests, NULL, NULL);
    } else {
        print_message("not root: dropping rights is not shown here\n");
    }
    return failed;
}
