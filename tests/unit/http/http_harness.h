/* A real listening adapter with a few routes, and a raw client. */
#ifndef HTTP_HARNESS_H
#define HTTP_HARNESS_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_server.h"
#include "support.h"

static uint16_t harness_port;
static pthread_mutex_t harness_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t harness_more = PTHREAD_COND_INITIALIZER;
static struct http_request *harness_parked[4096]; /* guarded by harness_lock */
static size_t harness_n_parked;
static bool harness_hold; /* parked requests stay parked */
static bool harness_stop;
static pthread_t harness_thread;

static inline void
harness_text(struct http_request *req, unsigned status, sg_str text)
{
    struct http_reply reply = { .status = status, .content_type = "text/plain" };
    reply.body = sg_str_bytes(text);
    http_answer(req, &reply);
}

static inline void
harness_hello(struct http_request *req)
{
    harness_text(req, 200, SG_LIT("hello"));
}

static inline void
harness_echo(struct http_request *req)
{
    sg_str copy;
    SG_IGNORE(sg_arena_str(req->arena, sg_bytes_str(req->body), &copy));
    harness_text(req, 200, copy);
}

/* Says what it was given: parameters, counts of headers. */
static inline void
harness_say(struct http_request *req)
{
    sg_str out;
    sg_str q = SG_NO_STR;
    (void)http_query_find(req, "q", &q);
    SG_IGNORE(
        sg_arena_printf(req->arena, &out, "[%.*s][%.*s] dpop=%zu q=%.*s", SG_PRINT(req->params[0]),
            SG_PRINT(req->params[1]), http_header_count(req, "DPoP"), SG_PRINT(q)));
    harness_text(req, 200, out);
}

static inline void
harness_form(struct http_request *req)
{
    sg_str value = SG_NO_STR;
    sg_result r = http_form_get(req, "a", &value);
    harness_text(req, sg_ok(r) ? 200 : 400, sg_ok(r) ? value : sg_cstr(sg_code_row(r.code)->name));
}

static inline void
harness_park(struct http_request *req)
{
    pthread_mutex_lock(&harness_lock);
    harness_parked[harness_n_parked++] = req;
    pthread_cond_signal(&harness_more);
    pthread_mutex_unlock(&harness_lock);
}

/* Continues parked requests, all that wait at once. */
static inline void *
harness_unpark(void *argument)
{
    (void)argument;
    pthread_mutex_lock(&harness_lock);
    while (!harness_stop || harness_n_parked > 0) {
        if (harness_n_parked == 0 || (harness_hold && !harness_stop)) {
            pthread_cond_wait(&harness_more, &harness_lock);
            continue;
        }
        struct http_batch batch = { 0 };
        while (harness_n_parked > 0) {
            http_batch_add(&batch, harness_parked[--harness_n_parked], harness_hello);
        }
        pthread_mutex_unlock(&harness_lock);
        http_batch_run(&batch);
        pthread_mutex_lock(&harness_lock);
    }
    pthread_mutex_unlock(&harness_lock);
    return NULL;
}

/* A page made of other answers: /hello directly, and /park, which is answered by another thread. */
static inline void harness_page(struct http_request *req);

static const struct http_route harness_rows[] = {
    { HTTP_GET, "/hello", harness_hello, 0, "", HTTP_CORS, "hello", "", "test" },
    { HTTP_POST, "/echo", harness_echo, 65536, "text/plain,application/json", 0, "echo", "",
        "test" },
    { HTTP_GET, "/say/{a}", harness_say, 0, "", 0, "say", "", "test" },
    { HTTP_GET, "/say/{a}/{b}", harness_say, 0, "", 0, "say2", "", "test" },
    { HTTP_GET, "/tree/{a}/{rest...}", harness_say, 0, "", 0, "tree", "", "test" },
    { HTTP_POST, "/form", harness_form, 4096, "application/x-www-form-urlencoded", 0, "form", "",
        "test" },
    { HTTP_GET, "/park", harness_park, 0, "", 0, "park", "", "test" },
    { HTTP_GET, "/page", harness_page, 0, "", 0, "page", "", "test" },
};

static inline void
harness_page_end(struct http_request *req)
{
    harness_text(req, 200, *(sg_str *)req->state);
}

static inline void
harness_page_second(void *context, struct http_request *req, struct http_reply *reply)
{
    sg_str *first = context;
    SG_IGNORE(sg_arena_printf(req->arena, first, "%.*s and %u %.*s", SG_PRINT(*first),
        reply->status, SG_PRINT(sg_bytes_str(reply->body))));
    req->state = first;
    http_continue(req, harness_page_end);
}

static inline void
harness_page_park(struct http_request *req)
{
    http_answer_to(req, harness_page_second, req->state);
    harness_park(req);
}

static inline void
harness_page_first(void *context, struct http_request *req, struct http_reply *reply)
{
    (void)context;
    sg_str *first = SG_NEW(req->arena, sg_str);
    SG_IGNORE(sg_arena_str(req->arena, sg_bytes_str(reply->body), first));
    req->state = first;
    http_continue(req, harness_page_park);
}

static inline void
harness_page(struct http_request *req)
{
    http_answer_to(req, harness_page_first, NULL);
    harness_hello(req);
}

static inline int
harness_listen(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)(void *)&address, sizeof(address)), 0);
    socklen_t n = sizeof(address);
    assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&address, &n), 0);
    harness_port = ntohs(address.sin_port);
    assert_int_equal(listen(fd, 4096), 0);
    return fd;
}

static inline struct http_server *
harness_open(unsigned idle_s, unsigned request_s, size_t queue_max)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    static const struct http_route *const tables[] = { harness_rows };
    static const size_t rows[] = { sizeof(harness_rows) / sizeof(harness_rows[0]) };
    struct http_settings settings = {
        .listen_fd = harness_listen(),
        .tables = tables,
        .table_rows = rows,
        .n_tables = 1,
        .workers = 2,
        .queue_max = queue_max,
        .connections_max = 8192,
        .idle_timeout_s = idle_s,
        .request_timeout_s = request_s,
        .connection_memory = 32768,
        .arena_max = 1024 * 1024,
    };
    struct http_server *server = NULL;
    assert_ok(http_open(&settings, &server, NULL));
    assert_ok(http_start(server));
    harness_stop = false;
    pthread_create(&harness_thread, NULL, harness_unpark, NULL);
    return server;
}

static inline void
harness_close(struct http_server *server)
{
    pthread_mutex_lock(&harness_lock);
    harness_stop = true;
    pthread_cond_signal(&harness_more);
    pthread_mutex_unlock(&harness_lock);
    pthread_join(harness_thread, NULL);
    http_close(&server);
    assert_null(server);
}

static inline int
harness_connect(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(harness_port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)(void *)&address, sizeof(address)) != 0) {
        print_error("connect: %s\n", strerror(errno));
        fail();
    }
    return fd;
}

static inline void
harness_send(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* the server may have hung up: the test reads what it said */
        }
        text += sent;
        n -= (size_t)sent;
    }
}

/* Reads until the peer closes, `room` is full, or `ms` pass without a byte. Returns the number of bytes. */
static inline size_t
harness_read(int fd, char *out, size_t room, int ms)
{
    size_t n = 0;
    while (n + 1 < room) {
        struct pollfd p = { fd, POLLIN, 0 };
        if (poll(&p, 1, ms) <= 0) {
            break;
        }
        ssize_t got = recv(fd, out + n, room - 1 - n, 0);
        if (got <= 0) {
            break;
        }
        n += (size_t)got;
    }
    out[n] = '\0';
    return n;
}

/* One request on a connection of its own ("Connection: close" should be in it); the answer as text. */
static inline const char *
harness_ask(const char *request)
{
    static char answer[70000];
    int fd = harness_connect();
    harness_send(fd, request, strlen(request));
    harness_read(fd, answer, sizeof(answer), 3000);
    close(fd);
    return answer;
}

static inline int
harness_status(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

#define HARNESS_SERVES()                                                                  \
    assert_int_equal(harness_status(harness_ask(                                          \
                         "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), \
        200)

#endif
