/*
 * Inside gateway/http: a request with what the adapter keeps behind it, connections, the queue.
 *
 * Who owns a job: the libmicrohttpd thread while the body arrives; then whoever holds the request (queue, worker, a pending question),
 * until http_answer, which gives it back to the pool. The connection is suspended during that time and its headers stay readable.
 */
#ifndef HTTP_INNER_H
#define HTTP_INNER_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http_routes.h"
#include "http_server.h"

struct http_job {
    struct http_request pub; /* first member: a request is a job */
    struct http_server *server;
    struct http_conn *conn;
    struct MHD_Connection *mhd;
    const char *method_text; /* libmicrohttpd's, as long as the request */
    bool head;
    bool routed; /* route, limits and media type are checked */
    http_step step;
    http_answered answered; /* who gets the next answer instead of the client; NULL: the client */
    void *answered_context;
    bool started;  /* a handler has run: no longer refused for lateness in the queue */
    uint8_t *body; /* collected; wiped and freed with the job */
    size_t body_room;
    struct http_job *next; /* queue, batch, pool */
};

/* The TCP connection's own: made and freed in the libmicrohttpd thread, watched by the sweeper. */
struct http_conn {
    struct http_conn *prev, *next; /* server->conns, guarded by server->conns_lock */
    int fd;
    struct http_job *job; /* body arrives: ours; NULL once handed over */
    char peer[INET6_ADDRSTRLEN];
    /* CLOCK_MONOTONIC us since which the present request is being received or its answer sent; 0: nothing to watch */
    _Atomic int64_t since_us;
    _Atomic int64_t idle_us; /* since when no request has been completed */
    bool refused;            /* an early answer is queued: the rest of the body is not read */
};

struct http_queue {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t more;
    struct http_job *first, *last;
    size_t n;
    unsigned sleeping;
    bool closing;
};

struct http_server {
    struct http_settings settings;
    struct http_routes routes;
    struct MHD_Daemon *daemon;

    struct http_queue queue;
    pthread_t *workers;
    unsigned n_workers;

    pthread_mutex_t pool_lock; /* guards pool, n_pool */
    struct http_job *pool;
    size_t n_pool;

    pthread_mutex_t conns_lock; /* guards conns */
    struct http_conn *conns;
    pthread_t sweeper;
    bool sweeping;
    _Atomic bool stop_sweeper;

    _Atomic size_t in_flight; /* admitted and not answered */
    _Atomic size_t unsent;    /* answered, not yet sent */
    _Atomic size_t n_conns;
    _Atomic size_t body_bytes; /* collected bodies of all requests */
    _Atomic uint64_t refused_full;
    _Atomic uint64_t next_id;
    _Atomic bool draining;
};

/* Bodies of all connections together: slow senders cannot fill the memory (req: NET-3). */
#define HTTP_BODIES_MAX ((size_t)32 * 1024 * 1024)
#define HTTP_POOL_MAX 64
#define HTTP_BODY_FIRST ((size_t)4096)
/* A credential request needs some 40 KiB: in one piece that is kept, malloc is not asked at all. */
#define HTTP_ARENA_FIRST ((size_t)64 * 1024)

/* http_job.c */
struct http_job *http_job_new(struct http_server *server);
void http_job_free(struct http_job *job);
void http_pool_done(struct http_server *server);
/* SG_E_TOO_LARGE beyond the route's limit, SG_E_FULL beyond everybody's, SG_E_NO_MEMORY. */
SG_CHECKED sg_result http_job_body(struct http_job *job, const char *p, size_t n);

/* http_workers.c */
SG_CHECKED sg_result http_workers_start(struct http_server *server);
void http_workers_stop(struct http_server *server);
/* `n` linked jobs at once. */
void http_queue_put(
    struct http_server *server, struct http_job *first, struct http_job *last, size_t n);

/* http_reply.c: the response for a reply, with what every answer of this route carries. NULL without memory. */
struct MHD_Response *http_response_make(
    const struct http_route *route, bool cors, const struct http_reply *reply);
/* Refusals of the adapter itself: {"error": "..."} */
struct http_reply http_refusal(unsigned status, enum sg_code code);

/* http_conns.c */
void http_conn_event(void *server, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode code);
SG_CHECKED sg_result http_sweeper_start(struct http_server *server);
void http_sweeper_stop(struct http_server *server);

/* http_mhd.c: libmicrohttpd's call-backs */
enum MHD_Result http_on_request(void *server, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_len,
    void **context);
void *http_on_uri(void *server, const char *uri, struct MHD_Connection *mhd);
void http_on_completed(
    void *server, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code);

#endif
