/*
 * A load generator for HTTP/1.1 over loopback: ready-made requests, each sent once, over a number of keep-alive connections.
 * One thread, epoll; nothing is computed while it runs, so that its own cost stays out of the way of what is measured.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "sg_bytes.h"
#include "sg_result.h"

/* A whole request as it goes over the wire. */
struct bench_request {
    const uint8_t *p;
    size_t n;
};

struct bench_load {
    const char *host; /* numeric address */
    uint16_t port;
    unsigned clients; /* connections, 1..1024 */
    double seconds;   /* how long */
    double
        rate; /* requests per second offered (open loop, latency counts from the due time); 0: as fast as answers come */
    const struct bench_request *requests;
    size_t n_requests;
};

struct bench_load_report {
    size_t sent;
    size_t ok;      /* status 200 */
    size_t refused; /* other statuses */
    size_t broken;  /* connection lost, nonsense */
    unsigned first_bad_status;
    char first_bad_body[256]; /* NUL-terminated, printable */
    double seconds;
    double p50_ms;
    double p99_ms;
    double max_ms;
    bool ran_dry; /* the requests were used up before the time was */
};

/* Runs to the end. SG_E_PEER_DOWN when nothing listens, SG_E_NO_MEMORY. */
SG_CHECKED sg_result bench_load_run(const struct bench_load *load, struct bench_load_report *ret);

/* One request, one answer, blocking; the body is copied to `body` (at most `cap` bytes, NUL-terminated). SG_E_PEER_DOWN, SG_E_TOO_LARGE. */
SG_CHECKED sg_result bench_http_once(const char *host, uint16_t port, sg_bytes request,
    unsigned *ret_status, char *body, size_t cap, size_t *ret_n);

#endif
