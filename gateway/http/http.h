/*
 * HTTP for the rest of the gateway: route rows, requests, replies. libmicrohttpd stays inside this folder.
 *
 * Life of a request: the adapter collects the body up to the route's limit, suspends the connection and queues the request; a worker
 * calls the route's handler. The handler either answers (http_answer), or hands the request to something that will call back later
 * (peer_ask, store_issuance_commit ...) and returns: the request is then parked, no thread waits. The call-back answers, or calls
 * http_continue to have a worker take the next step. Exactly one http_answer per request; after http_answer, and after handing the
 * request over, the caller must not touch it again (another thread may have finished it).
 */
#ifndef HTTP_H
#define HTTP_H

#include "sg_arena.h"
#include "sg_result.h"

#define HTTP_PARAMS_MAX 4
#define HTTP_REPLY_HEADERS_MAX 12
#define HTTP_BODY_MAX ((size_t)1024 * 1024)
#define HTTP_ID_LEN 16

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_HEAD, HTTP_OPTIONS };

struct http_request;
struct http_route;
typedef void (*http_step)(struct http_request *req);

enum http_flag {
    HTTP_CORS =
        1, /* any origin may call it and read the headers that wallets need (browser wallets) */
    HTTP_PRIVATE = 2, /* not listed in the OpenAPI document */
};

/*
 * One row per method and path. `path` is literal, or has whole segments "{name}", or ends with "{name...}" that takes the rest with
 * its slashes; literal rows win. `consumes`: media types accepted as body, comma-separated ("" : no body wanted; a body is refused with
 * 415 unless empty). `max_body` 0 for none. GET rows answer HEAD too.
 */
struct http_route {
    enum http_method method;
    const char *path;
    http_step handler;
    size_t max_body;
    const char *consumes;
    unsigned flags;      /* enum http_flag */
    const char *name;    /* operation id in OpenAPI and label in metrics: "vci_credential" */
    const char *summary; /* one line for OpenAPI */
    const char *tag;     /* group in OpenAPI: "vci", "evidence", "management" */
};

struct http_header {
    sg_str name;
    sg_str value;
};

/* Readable members; the adapter keeps more behind it. Views live until http_answer. */
struct http_request {
    enum http_method method; /* HEAD arrives as GET */
    const struct http_route *route;
    sg_str path; /* as sent, percent-encoding undone, without the path of the public URL */
    sg_str params[HTTP_PARAMS_MAX]; /* in the order of the row's {names} */
    sg_bytes body;
    struct sg_arena *arena; /* lives until the answer is sent */
    void *app;              /* what http_open was given */
    void *worker; /* what worker_open gave for the worker that runs this step; NULL elsewhere */
    void *state;  /* the handler's own, across steps */
    int64_t received_us;      /* CLOCK_MONOTONIC */
    int64_t deadline_us;      /* CLOCK_MONOTONIC: later work is not worth starting */
    char id[HTTP_ID_LEN + 1]; /* for logs */
    sg_str peer;              /* client's address as text, for limits; never for authentication */
};

/* The first value of a header (names compare without case), or of a query parameter; false if there is none. */
bool http_header_find(const struct http_request *req, const char *name, sg_str *ret);
bool http_query_find(const struct http_request *req, const char *name, sg_str *ret);
/* How many times it was sent: "at most one DPoP header". */
size_t http_header_count(const struct http_request *req, const char *name);
size_t http_query_count(const struct http_request *req, const char *name);

/* "tag;q=0.5": its weight in thousandths; 1000 without one (RFC 9110 12.4.2). */
unsigned http_weight(sg_str item);

/* Does Accept admit this media type, and better than (or as well as) `than`? Without Accept everything is admitted. */
bool http_accepts(const struct http_request *req, const char *type, const char *than);

/*
 * application/x-www-form-urlencoded bodies: parameter by name, decoded into the arena. NOT_FOUND; DUPLICATE if sent twice (OAuth:
 * RFC 6749 3.1); MALFORMED for bad encoding or when the body is no form.
 */
SG_CHECKED sg_result http_form_get(struct http_request *req, const char *name, sg_str *ret);

/* Bodies and header values are borrowed until the answer is sent: arena or static memory. */
struct http_reply {
    unsigned status;
    const char *content_type; /* NULL without body */
    sg_bytes body;
    struct http_header headers[HTTP_REPLY_HEADERS_MAX];
    size_t n_headers;
    enum sg_code code; /* refusal behind an error status, for log and metrics; SG_OK else */
};
/* Append a header; a full table is a programming mistake (assert). Values must not contain CR, LF or NUL: such a header is dropped. */
void http_reply_header(struct http_reply *reply, const char *name, sg_str value);

/* Any thread, once. */
void http_answer(struct http_request *req, const struct http_reply *reply);

/*
 * Have the next http_answer of this request handed to `fn` instead of being sent: a page for people is made of the answers that programs get, so
 * the rules of who may see what stand in one place. `fn` runs on whichever thread answers and may only keep the reply (it is copied into the arena's
 * memory, and what it borrows lives there) and call http_continue. The request is then unanswered again.
 */
typedef void (*http_answered)(void *context, struct http_request *req, struct http_reply *reply);
void http_answer_to(struct http_request *req, http_answered fn, void *context);
/* The row of this method and literal path, for calling its handler under http_answer_to; NULL: there is none. */
const struct http_route *http_route_find(const struct http_route *const *tables,
    const size_t *table_rows, size_t n_tables, enum http_method method, const char *path);

/* Have a worker run `step` on this request. Any thread; never blocks, never fails (a request that was admitted keeps its place). */
void http_continue(struct http_request *req, http_step step);
/* Many at once with one wake-up: reqs linked by the caller through http_next. */
struct http_batch {
    struct http_request *first, *last;
};
void http_batch_add(struct http_batch *batch, struct http_request *req, http_step step);
void http_batch_run(struct http_batch *batch);

/* CLOCK_MONOTONIC in microseconds. */
int64_t http_now_us(void);

#endif
