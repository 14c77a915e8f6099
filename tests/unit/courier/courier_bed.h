/*
 * What the courier's tests share: the real program behind its sockets (and once more inside this process, where the leak checker sees it), and a web
 * server that does everything wrong that one can (req: STA-3, NET-3; spec: draft-ietf-oauth-status-list 8.3).
 */
#ifndef COURIER_BED_H
#define COURIER_BED_H

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

#pragma GCC diagnostic ignored "-Wunused-function" /* each test uses a part of it */

/* A TLS handshake under the thread sanitizer, on a machine that does other things, takes longer than half a second. */
#ifdef __SANITIZE_THREAD__
#define FETCH_TIMEOUT_MS 3000
#define MOST_MS (2 * FETCH_TIMEOUT_MS) /* until somebody who fails is answered */
#else
#define FETCH_TIMEOUT_MS 600
#define MOST_MS (FETCH_TIMEOUT_MS + 900)
#endif
#define REPLY_TIMEOUT_MS 30000

/* ---- names that take their time -------------------------------------------------------------------- */

#define SLOW_NAME "slow.invalid"                  /* and what ends in it */
#define SLOW_NAME_MS (FETCH_TIMEOUT_MS * 3 + 700) /* nobody may wait for it to the end */
#define INSIDE_NAME "inside.invalid"              /* a stranger's name that means this machine */

#define PRIVATE_NAME \
    "private.invalid"            /* means an address of a private network where nobody listens */
#define LINK_NAME "link.invalid" /* means the clouds' metadata */

/* libcurl's look-ups inside this process come here. */
__attribute__((visibility("default"))) int
getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
    typedef int (*real_fn)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    size_t n = node == NULL ? 0 : strlen(node);
    if (n > 0 && strcmp(node, INSIDE_NAME) == 0) {
        node = "127.0.0.1";
    } else if (n > 0 && strcmp(node, PRIVATE_NAME) == 0) {
        node = "10.255.255.254";
    } else if (n > 0 && strcmp(node, LINK_NAME) == 0) {
        node = "169.254.169.254";
    }
    if (n >= strlen(SLOW_NAME) && strcmp(node + n - strlen(SLOW_NAME), SLOW_NAME) == 0) {
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
    M_HANG, /* takes the request and says nothing */
};

struct route {
    const char *path;
    enum manner manner;
    int status;
    const char *location;
    const char *type; /* media type; NULL: a status list's */
    const char *more; /* header lines; NULL: none */
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
    char last[8192]; /* the last whole request; under the lock */
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
respond_as(int fd, int status, const char *type, const char *more, sg_str body)
{
    char head[1024];
    int n = snprintf(head, sizeof(head),
        "HTTP/1.1 %d X\r\n%s%s%sContent-Length: %zu\r\nConnection: close\r\n%s\r\n", status,
        type[0] == '\0' ? "" : "Content-Type: ", type, type[0] == '\0' ? "" : "\r\n", body.n, more);
    if (put(fd, head, (size_t)n)) {
        (void)put(fd, body.p, body.n);
    }
}

static void
respond(int fd, int status, const char *more, sg_str body)
{
    respond_as(fd, status, "application/statuslist+jwt", more, body);
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
    const char *type = r->type == NULL ? "application/statuslist+jwt" : r->type;
    const char *lines = r->more == NULL ? "" : r->more;
    (void)pthread_mutex_unlock(&web.lock);
    switch (manner) {
    case M_LATE:
        nap_ms(150);
        respond(fd, 200, "", body);
        break;
    case M_BODY:
        respond_as(fd, 200, type, lines, body);
        break;
    case M_STATUS:
        respond_as(fd, status, type, lines, body);
        break;
    case M_HANG:
        while (!web.end) {
            nap_ms(20);
        }
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
        if (put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n", 42)) {
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

/* A body of a stated length, read to its end (who is still sending would be told nothing but a reset); its beginning is kept for the test to look at. */
static void
read_rest(int fd, char *request, size_t room, size_t n)
{
    const char *length = strcasestr(request, "content-length:");
    const char *body = strstr(request, "\r\n\r\n");
    if (length != NULL && body != NULL) {
        size_t want = (size_t)(body + 4 - request) + strtoul(length + 15, NULL, 10);
        char rest[4096];
        while (n < want) {
            bool kept = n + 1 < room;
            ssize_t k =
                kept ? recv(fd, request + n, room - 1 - n, 0) : recv(fd, rest, sizeof(rest), 0);
            if (k <= 0) {
                break;
            }
            n += (size_t)k;
            if (kept) {
                request[n] = '\0';
            }
        }
    }
    (void)pthread_mutex_lock(&web.lock);
    (void)snprintf(web.last, sizeof(web.last), "%s", request);
    (void)pthread_mutex_unlock(&web.lock);
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
    read_rest(fd, request, sizeof(request), n);
    char path[512] = "";
    char method[8] = "";
    if (!web.down && sscanf(request, "%7s %511s HTTP/1.1", method, path) == 2) {
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

static const char *more_settings = ""; /* lines for courier.ini, set before setup */

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
        "list_max = 200000\ninflated_max = 300000\nout_timeout_ms = %d\n%s",
        web.port, web.port, SG_PRINT(c.pinned.thumbprint_text), web.port, SG_PRINT(did),
        FETCH_TIMEOUT_MS, FETCH_TIMEOUT_MS, more_settings));
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define TEST_ENDED(f) cmocka_unit_test_setup_teardown(f, setup, teardown_ended)

/* Inside this process, as the program, and as another user. Prints what could not be shown. */
static int
run_everywhere(const struct CMUnitTest *tests, size_t n)
{
    (void)signal(SIGPIPE, SIG_IGN);
    /* for the program: the leak checker wants ptrace, which the courier gives up; leaks are looked for in the run inside */
    (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    (void)setenv("http_proxy", "http://127.0.0.1:9", 1); /* must not be asked */
    (void)setenv("all_proxy", "http://127.0.0.1:9", 1);
    inside = true;
    int failed = _cmocka_run_group_tests("inside", tests, n, NULL, NULL);
    inside = false;
    failed += _cmocka_run_group_tests("program", tests, n, NULL, NULL);
    drop = geteuid() == 0;
    if (drop) {
        failed += _cmocka_run_group_tests("another user", tests, n, NULL, NULL);
    } else {
        print_message("not root: dropping rights is not shown here\n");
    }
    return failed;
}

#endif
