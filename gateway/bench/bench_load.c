#include "bench_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)256 * 1024)
#define CLIENTS_MAX 1024

struct client {
    int fd;
    bool busy;
    const struct bench_request *request;
    size_t sent;
    double began; /* seconds, monotonic: when it was due */
    uint8_t *answer;
    size_t n;
    size_t want; /* whole answer's length once the head is complete, else 0 */
    unsigned status;
};

struct run {
    const struct bench_load *load;
    struct bench_load_report report;
    struct client *clients;
    int epoll;
    size_t next;
    double *latencies;
    size_t n_latencies;
    double start;
};

static double
now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
dial(const char *host, uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1) {
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Length of the head with its empty line, or 0 while it is not complete. */
static size_t
head_len(const uint8_t *p, size_t n)
{
    const uint8_t *end = memmem(p, n, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - p) + 4;
}

/* Status and whole length of an answer whose head is complete. False for what we do not read (chunked, no length). */
static bool
read_head(const uint8_t *p, size_t head, unsigned *ret_status, size_t *ret_want)
{
    if (head < 12 || memcmp(p, "HTTP/1.1 ", 9) != 0) {
        return false;
    }
    *ret_status =
        (unsigned)(p[9] - '0') * 100 + (unsigned)(p[10] - '0') * 10 + (unsigned)(p[11] - '0');
    static const char name[] = "\r\nContent-Length:";
    for (size_t i = 0; i + sizeof(name) - 1 < head; i++) {
        if (strncasecmp((const char *)p + i, name, sizeof(name) - 1) == 0) {
            *ret_want = head + strtoul((const char *)p + i + sizeof(name) - 1, NULL, 10);
            return *ret_want <= ANSWER_MAX;
        }
    }
    if (*ret_status == 204) {
        *ret_want = head;
        return true;
    }
    return false;
}

static void
note_bad(struct run *run, const struct client *c)
{
    run->report.refused++;
    if (run->report.first_bad_status != 0) {
        return;
    }
    run->report.first_bad_status = c->status;
    size_t head = head_len(c->answer, c->n);
    size_t n = c->n - head < sizeof(run->report.first_bad_body) - 1
                   ? c->n - head
                   : sizeof(run->report.first_bad_body) - 1;
    for (size_t i = 0; i < n; i++) {
        uint8_t b = c->answer[head + i];
        run->report.first_bad_body[i] = (char)(b >= 0x20 && b < 0x7F ? b : '.');
    }
}

static void
finished(struct run *run, struct client *c)
{
    run->latencies[run->n_latencies++] = (now_s() - c->began) * 1e3;
    if (c->status == 200) {
        run->report.ok++;
    } else {
        note_bad(run, c);
    }
    c->busy = false;
}

static bool
reconnect(struct run *run, struct client *c)
{
    if (c->fd >= 0) {
        close(c->fd);
    }
    c->fd = dial(run->load->host, run->load->port);
    if (c->fd < 0) {
        return false;
    }
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
    return epoll_ctl(run->epoll, EPOLL_CTL_ADD, c->fd, &ev) == 0;
}

static void
broken(struct run *run, struct client *c)
{
    if (c->busy) {
        run->report.broken++;
        c->busy = false;
    }
    if (!reconnect(run, c)) {
        c->fd = -1;
    }
}

/* Requests are a few kilobytes: a blocking send to loopback does not wait. */
static void
send_next(struct run *run, struct client *c, double due)
{
    c->request = &run->load->requests[run->next++];
    c->began = due;
    c->n = 0;
    c->want = 0;
    c->busy = true;
    run->report.sent++;
    for (c->sent = 0; c->sent < c->request->n;) {
        ssize_t n = send(c->fd, c->request->p + c->sent, c->request->n - c->sent, MSG_NOSIGNAL);
        if (n <= 0) {
            broken(run, c);
            return;
        }
        c->sent += (size_t)n;
    }
}

static void
receive(struct run *run, struct client *c)
{
    ssize_t n = recv(c->fd, c->answer + c->n, ANSWER_MAX - c->n, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        broken(run, c);
        return;
    }
    c->n += (size_t)n;
    if (c->want == 0) {
        size_t head = head_len(c->answer, c->n);
        if (head == 0) {
            return;
        }
        if (!read_head(c->answer, head, &c->status, &c->want)) {
            broken(run, c);
            return;
        }
    }
    if (c->n >= c->want) {
        finished(run, c);
    }
}

/* Hand out what is due to idle connections. Returns seconds until the next one is due, or -1. */
static double
hand_out(struct run *run, bool open)
{
    const struct bench_load *load = run->load;
    for (unsigned i = 0; i < load->clients; i++) {
        struct client *c = &run->clients[i];
        if (c->busy || c->fd < 0 || run->next >= load->n_requests || !open) {
            continue;
        }
        double due = now_s();
        if (load->rate > 0) {
            due = run->start + (double)run->next / load->rate;
            double wait = due - now_s();
            if (wait > 0) {
                return wait;
            }
        }
        send_next(run, c, due);
    }
    return -1;
}

static size_t
count_busy(const struct run *run)
{
    size_t n = 0;
    for (unsigned i = 0; i < run->load->clients; i++) {
        n += run->clients[i].busy ? 1 : 0;
    }
    return n;
}

static void
loop(struct run *run)
{
    const double grace = 10; /* answers still out at the end */
    run->start = now_s();
    double end = run->start + run->load->seconds;
    for (;;) {
        double now = now_s();
        bool open = now < end && run->next < run->load->n_requests;
        double wait = hand_out(run, open);
        if (!open && (count_busy(run) == 0 || now > end + grace)) {
            break;
        }
        struct epoll_event events[64];
        /* In nanoseconds: whole milliseconds would be zero above 1,000 requests per second, and a load that spins takes a core from what it measures. */
        if (wait < 0 || wait > 0.1) {
            wait = 0.1;
        }
        const struct timespec timeout = { 0, (long)(wait * 1e9) };
        int n = epoll_pwait2(run->epoll, events, 64, &timeout, NULL);
        for (int i = 0; i < n; i++) {
            receive(run, events[i].data.ptr);
        }
    }
    run->report.broken += count_busy(run);
    run->report.seconds = now_s() - run->start;
    run->report.ran_dry = run->next >= run->load->n_requests;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void
percentiles(struct run *run)
{
    if (run->n_latencies == 0) {
        return;
    }
    qsort(run->latencies, run->n_latencies, sizeof(double), by_value);
    run->report.p50_ms = run->latencies[run->n_latencies / 2];
    run->report.p99_ms = run->latencies[run->n_latencies * 99 / 100];
    run->report.max_ms = run->latencies[run->n_latencies - 1];
}

static sg_result
open_clients(struct run *run)
{
    for (unsigned i = 0; i < run->load->clients; i++) {
        run->clients[i].fd = -1;
    }
    for (unsigned i = 0; i < run->load->clients; i++) {
        struct client *c = &run->clients[i];
        c->answer = malloc(ANSWER_MAX);
        SG_REQUIRE(c->answer != NULL, NO_MEMORY);
        SG_REQUIRE(reconnect(run, c), PEER_DOWN);
    }
    return SG_DONE;
}

static void
close_clients(struct run *run)
{
    for (unsigned i = 0; i < run->load->clients; i++) {
        if (run->clients[i].fd >= 0) {
            close(run->clients[i].fd);
        }
        free(run->clients[i].answer);
    }
}

sg_result
bench_load_run(const struct bench_load *load, struct bench_load_report *ret)
{
    SG_REQUIRE(load->clients >= 1 && load->clients <= CLIENTS_MAX, VALUE);
    struct run run = { .load = load, .epoll = epoll_create1(EPOLL_CLOEXEC) };
    run.clients = calloc(load->clients, sizeof(struct client));
    run.latencies = calloc(load->n_requests + 1, sizeof(double));
    sg_result r = SG_ERROR(NO_MEMORY);
    if (run.clients != NULL && run.latencies != NULL && run.epoll >= 0) {
        r = open_clients(&run);
        if (sg_ok(r)) {
            loop(&run);
            percentiles(&run);
            *ret = run.report;
        }
        close_clients(&run);
    }
    if (run.epoll >= 0) {
        close(run.epoll);
    }
    free(run.clients);
    free(run.latencies);
    return r;
}

sg_result
bench_http_once(const char *host, uint16_t port, sg_bytes request, unsigned *ret_status, char *body,
    size_t cap, size_t *ret_n)
{
    int fd = dial(host, port);
    SG_REQUIRE(fd >= 0, PEER_DOWN);
    uint8_t *answer = malloc(ANSWER_MAX);
    sg_result r = answer == NULL ? SG_ERROR(NO_MEMORY) : SG_ERROR(PEER_DOWN);
    size_t sent = 0;
    while (answer != NULL && sent < request.n) {
        ssize_t n = send(fd, request.p + sent, request.n - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            break;
        }
        sent += (size_t)n;
    }
    size_t got = 0;
    size_t want = 0;
    while (answer != NULL && sent == request.n && got < ANSWER_MAX && (want == 0 || got < want)) {
        ssize_t n = recv(fd, answer + got, ANSWER_MAX - got, 0);
        if (n <= 0) {
            break;
        }
        got += (size_t)n;
        size_t head = head_len(answer, got);
        if (head != 0 && want == 0 && !read_head(answer, head, ret_status, &want)) {
            break;
        }
    }
    if (want != 0 && got >= want) {
        size_t head = head_len(answer, got);
        size_t n = want - head;
        r = n < cap ? SG_DONE : SG_ERROR(TOO_LARGE);
        if (sg_ok(r)) {
            memcpy(body, answer + head, n);
            body[n] = '\0';
            *ret_n = n;
        }
    }
    free(answer);
    close(fd);
    return r;
}
