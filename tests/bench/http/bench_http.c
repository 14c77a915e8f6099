/*
 * What HTTP and the queue cost per request: the adapter with a handler that does nothing, 32 connections kept alive, requests of the
 * size of a credential request. CPU is the server's alone (the load is another process).
 *   bench_http [SECONDS]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http_server.h"

#define CONNECTIONS 32
#define BODY 1200
#define REPLY 1500

static char reply_text[REPLY];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards parked, n_parked, stop */
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct http_request *parked[CONNECTIONS];
static size_t n_parked;
static bool stop;

static void
answer(struct http_request *req)
{
    struct http_reply reply = { .status = 200, .content_type = "application/json" };
    reply.body = sg_bytes_of(reply_text, sizeof(reply_text));
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    http_answer(req, &reply);
}

static void
park(struct http_request *req)
{
    pthread_mutex_lock(&lock);
    parked[n_parked++] = req;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
}

/* Answers parked requests as a reader of a peer's socket would: all that wait. */
static void *
unpark(void *argument)
{
    (void)argument;
    struct http_request *taken[CONNECTIONS];
    pthread_mutex_lock(&lock);
    while (!stop) {
        if (n_parked == 0) {
            pthread_cond_wait(&more, &lock);
            continue;
        }
        size_t n = n_parked;
        memcpy(taken, parked, n * sizeof(taken[0]));
        n_parked = 0;
        pthread_mutex_unlock(&lock);
        for (size_t i = 0; i < n; i++) {
            answer(taken[i]);
        }
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static const struct http_route rows[] = {
    { HTTP_POST, "/now", answer, 65536, "application/json", HTTP_CORS, "now", "", "bench" },
    { HTTP_POST, "/park", park, 65536, "application/json", HTTP_CORS, "park", "", "bench" },
};

static size_t
make_request(char *out, size_t room, const char *path)
{
    char proof[700];
    memset(proof, 'p', sizeof(proof) - 1);
    proof[sizeof(proof) - 1] = '\0';
    int n = snprintf(out, room,
        "POST %s HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/json\r\n"
        "Authorization: DPoP 0123456789abcdef0123456789abcdef0123456789a\r\nDPoP: %s\r\n"
        "Content-Length: %d\r\n\r\n",
        path, proof, BODY);
    memset(out + n, '{', BODY);
    return (size_t)n + BODY;
}

struct client {
    int fd;
    size_t got, want;
};

/* Enough HTTP for our own server: header end, Content-Length. True when a whole answer has come. */
static bool
take_answer(struct client *c)
{
    char buf[8192];
    ssize_t n = recv(c->fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);
    if (n <= 0) {
        return false;
    }
    buf[n] = '\0';
    if (c->want == 0) {
        const char *length = strstr(buf, "Content-Length: ");
        const char *end = strstr(buf, "\r\n\r\n");
        if (length == NULL || end == NULL) {
            fprintf(stderr, "unexpected answer: %.200s\n", buf);
            _exit(1);
        }
        c->want = (size_t)(end + 4 - buf) + (size_t)atol(length + 16);
    }
    c->got += (size_t)n;
    return c->got >= c->want;
}

static void
load(uint16_t port, const char *path, int told)
{
    char request[8192];
    size_t n = make_request(request, sizeof(request), path);
    struct client clients[CONNECTIONS] = { 0 };
    int ep = epoll_create1(0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < CONNECTIONS; i++) {
        const int on = 1;
        clients[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(clients[i].fd, (struct sockaddr *)(void *)&address, sizeof(address)) != 0) {
            _exit(1);
        }
        setsockopt(clients[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)i };
        epoll_ctl(ep, EPOLL_CTL_ADD, clients[i].fd, &event);
        if (send(clients[i].fd, request, n, 0) != (ssize_t)n) {
            _exit(1);
        }
    }
    for (;;) {
        struct epoll_event events[CONNECTIONS];
        int ready = epoll_wait(ep, events, CONNECTIONS, -1);
        uint64_t done = 0;
        for (int i = 0; i < ready; i++) {
            struct client *c = &clients[events[i].data.u32];
            if (take_answer(c)) {
                c->got = 0;
                c->want = 0;
                done++;
                if (send(c->fd, request, n, MSG_NOSIGNAL) != (ssize_t)n) {
                    _exit(0);
                }
            }
        }
        if (done > 0 && write(told, &done, sizeof(done)) != (ssize_t)sizeof(done)) {
            _exit(0);
        }
    }
}

static double
cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static struct http_server *
serve(uint16_t *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t n = sizeof(address);
    if (bind(fd, (struct sockaddr *)(void *)&address, n) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)(void *)&address, &n) != 0) {
        perror("listen");
        exit(1);
    }
    *ret_port = ntohs(address.sin_port);
    static const struct http_route *const tables[] = { rows };
    static const size_t table_rows[] = { 2 };
    struct http_settings settings = { .listen_fd = fd,
        .tables = tables,
        .table_rows = table_rows,
        .n_tables = 1,
        .queue_max = 1024,
        .connections_max = 1000,
        .idle_timeout_s = 30,
        .request_timeout_s = 10,
        .connection_memory = 32768,
        .arena_max = (size_t)1024 * 1024 };
    struct http_server *server = NULL;
    if (!sg_ok(http_open(&settings, &server, NULL)) || !sg_ok(http_start(server))) {
        fprintf(stderr, "the server does not start\n");
        exit(1);
    }
    return server;
}

static void
measure(const char *path, int seconds)
{
    uint16_t port;
    struct http_server *server = serve(&port);
    int told[2];
    if (pipe(told) != 0) {
        exit(1);
    }
    pid_t child = fork();
    if (child == 0) {
        close(told[0]);
        load(port, path, told[1]);
    }
    close(told[1]);
    double before = cpu_us();
    int64_t start = http_now_us();
    uint64_t n = 0;
    while (http_now_us() < start + (int64_t)seconds * 1000000) {
        uint64_t words[512];
        ssize_t got = read(told[0], words, sizeof(words));
        if (got <= 0) {
            fprintf(stderr, "the load ended early\n");
            exit(1);
        }
        for (size_t i = 0; i < (size_t)got / sizeof(words[0]); i++) {
            n += words[i];
        }
        usleep(10000); /* counting must not cost what is counted */
    }
    double us = cpu_us() - before;
    double took = (double)(http_now_us() - start) / 1e6;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(told[0]);
    printf("%-6s %8.0f requests per second, %5.1f us of the server's CPU each\n", path,
        (double)n / took, us / (double)n);
    http_close(&server);
}

int
main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3;
    memset(reply_text, 'r', sizeof(reply_text));
    signal(SIGPIPE, SIG_IGN);
    pthread_t thread;
    pthread_create(&thread, NULL, unpark, NULL);
    measure("/now", seconds);
    measure("/park", seconds);
    pthread_mutex_lock(&lock);
    stop = true;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    return 0;
}
