/* The listening side: used by gateway/serve alone. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http.h"

struct http_server;

/* What is told about each finished request, in the thread that answered: metrics and access log. Must be quick. */
struct http_done {
    const struct http_route *route; /* NULL: refused before a route was found */
    enum http_method method;
    unsigned status;
    enum sg_code code;
    int64_t took_us;
    size_t body_len, reply_len;
    const char *id;
    sg_str peer;
};
typedef void (*http_observer)(void *app, const struct http_done *done);

struct http_settings {
    int listen_fd;              /* taken over */
    sg_bytes tls_cert, tls_key; /* PEM; both empty: plain */
    sg_str base_path; /* "/t" of a public URL https://host/t, or empty: see http_local_path */
    const struct http_route *const *tables; /* arrays of rows, concatenated */
    const size_t *table_rows;
    size_t n_tables;
    unsigned workers;
    size_t queue_max;
    unsigned connections_max;
    unsigned connections_per_address; /* 0: none */
    unsigned idle_timeout_s;
    unsigned request_timeout_s;
    size_t connection_memory;
    size_t arena_max; /* bytes one request may use */
    void *app;
    http_observer observer;                          /* may be NULL */
    void *(*worker_open)(void *app, unsigned index); /* in the worker's thread; may be NULL */
    void (*worker_close)(void *app, void *worker);
};

/* Without TLS the socket must be on loopback: SG_E_POLICY. Rows are checked: twice the same, unknown pattern, too many params: SG_E_CONFLICT, SG_E_VALUE. SG_E_INTERNAL when libmicrohttpd refuses. */
SG_CHECKED sg_result http_open(
    const struct http_settings *settings, struct http_server **ret, struct sg_why *why);
/* Start reading. Split from http_open so that the sandbox stands before the first byte. */
SG_CHECKED sg_result http_start(struct http_server *server);
/* No new connections and requests (503); waits until what was admitted is answered, at most `wait_ms`. */
void http_drain(struct http_server *server, unsigned wait_ms);
/* After http_drain. NULL accepted. */
void http_close(struct http_server **server);

struct http_figures {
    size_t queued;    /* waiting for a worker */
    size_t in_flight; /* admitted and not answered */
    size_t connections;
    uint64_t refused_full; /* 503 for want of room */
};
void http_server_figures(struct http_server *server, struct http_figures *ret);

#endif
