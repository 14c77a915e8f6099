/*
 * libmicrohttpd's call-backs: all of them run in its thread and none blocks. First call of a request: route, limits, media type. Then
 * the body arrives in pieces. Last call: suspend, queue.
 */
#include <stdlib.h>
#include <strings.h>

#include "http_inner.h"
#include "sg_text.h"

#define PREFLIGHT_HEADERS                                                                    \
    "Authorization, Content-Type, Accept, Accept-Language, DPoP, OAuth-Client-Attestation, " \
    "OAuth-Client-Attestation-PoP"

static struct http_conn *
conn_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

/* An answer from here: before a request is admitted. The connection is closed if its body has not been read. */
static enum MHD_Result
answer_early(struct http_server *server, struct MHD_Connection *mhd, struct http_conn *conn,
    const struct http_job *job, bool cors, const struct http_reply *reply)
{
    struct MHD_Response *response = http_response_make(NULL, cors, reply);
    if (response == NULL) {
        return MHD_NO;
    }
    conn->refused = true;
    if (server->settings.observer != NULL) {
        struct http_done done = { .route = job->pub.route,
            .method = job->pub.method,
            .status = reply->status,
            .code = reply->code,
            .took_us = http_now_us() - job->pub.received_us,
            .body_len = job->pub.body.n,
            .reply_len = reply->body.n,
            .id = job->pub.id,
            .peer = job->pub.peer };
        server->settings.observer(server->settings.app, &done);
    }
    atomic_fetch_add(&server->unsent, 1);
    enum MHD_Result r = MHD_queue_response(mhd, reply->status, response);
    MHD_destroy_response(response);
    return r;
}

static enum MHD_Result
refuse(struct http_job *job, unsigned status, enum sg_code code)
{
    struct http_reply reply = http_refusal(status, code);
    bool cors = job->pub.route != NULL && (job->pub.route->flags & HTTP_CORS) != 0;
    return answer_early(job->server, job->mhd, job->conn, job, cors, &reply);
}

/* OPTIONS: what may be done here; for CORS rows, what a browser asks before it lets a wallet call (Fetch 4.8). */
static enum MHD_Result
answer_options(
    struct http_job *job, const struct http_path *path, unsigned status, enum sg_code code)
{
    char allow[64];
    http_path_methods(path, allow, sizeof(allow));
    struct http_reply reply = { .status = status, .code = code };
    if (status != 204) {
        reply = http_refusal(status, code);
    }
    http_reply_header(&reply, "Allow", sg_cstr(allow));
    if (status == 204 && path->cors) {
        http_reply_header(&reply, "Access-Control-Allow-Methods", sg_cstr(allow));
        http_reply_header(&reply, "Access-Control-Allow-Headers", SG_LIT(PREFLIGHT_HEADERS));
        http_reply_header(&reply, "Access-Control-Max-Age", SG_LIT("86400"));
    }
    return answer_early(job->server, job->mhd, job->conn, job, path->cors, &reply);
}

/* Is the media type (without parameters) one of the row's list? */
static bool
consumes(const struct http_route *route, sg_str type)
{
    size_t end = sg_str_index(type, ';', 0);
    while (end > 0 && (type.p[end - 1] == ' ' || type.p[end - 1] == '\t')) {
        end--;
    }
    sg_str list = sg_cstr(route->consumes);
    for (size_t at = 0; at < list.n;) {
        size_t comma = sg_str_index(list, ',', at);
        if (comma - at == end && strncasecmp(list.p + at, type.p, end) == 0) {
            return true;
        }
        at = comma + 1;
    }
    return false;
}

/* Status 0: the head of the request is in order. */
static unsigned
check_head(const struct http_job *job, enum sg_code *ret_code)
{
    const struct http_route *route = job->pub.route;
    sg_str length = SG_NO_STR;
    sg_str type;
    bool chunked = http_header_count(&job->pub, "Transfer-Encoding") > 0;
    size_t n_lengths = http_header_count(&job->pub, "Content-Length");
    /* RFC 9112 6.3: both, or two lengths, is how requests are smuggled */
    *ret_code = SG_E_MALFORMED;
    if (n_lengths > 1 || (chunked && n_lengths > 0)) {
        return 400;
    }
    uint64_t announced = 0;
    if (http_header_find(&job->pub, "Content-Length", &length) &&
        !sg_ok(sg_u64_parse(length, &announced))) {
        return 400;
    }
    bool has_body = chunked || announced > 0;
    *ret_code = SG_E_TOO_LARGE;
    if (announced > route->max_body || (chunked && route->max_body == 0)) {
        return 413;
    }
    bool typed = http_header_find(&job->pub, "Content-Type", &type);
    bool wants = route->consumes != NULL && route->consumes[0] != '\0';
    *ret_code = SG_E_TYPE;
    return has_body && (!wants || !typed || !consumes(route, type)) ? 415 : 0;
}

/* Find the row and hold the head of the request against it. MHD_NO ends the connection; a refusal sets conn->refused. */
static enum MHD_Result
route(struct http_job *job)
{
    job->routed = true;
    if (!http_method_parse(job->method_text, &job->pub.method)) {
        return refuse(job, 501, SG_E_UNSUPPORTED);
    }
    const struct http_path *path =
        http_routes_find(&job->server->routes, job->pub.path, job->pub.params);
    if (path == NULL) {
        return refuse(job, 404, SG_E_NOT_FOUND);
    }
    job->head = job->pub.method == HTTP_HEAD;
    if (job->head) {
        job->pub.method = HTTP_GET;
    }
    if (job->pub.method == HTTP_OPTIONS) {
        return answer_options(job, path, 204, SG_OK);
    }
    job->pub.route = path->by_method[job->pub.method];
    if (job->pub.route == NULL) {
        return answer_options(job, path, 405, SG_E_UNSUPPORTED);
    }
    enum sg_code code;
    unsigned status = check_head(job, &code);
    return status == 0 ? MHD_YES : refuse(job, status, code);
}

static bool
announces_body(const struct http_job *job)
{
    sg_str length;
    return http_header_count(&job->pub, "Transfer-Encoding") > 0 ||
           (http_header_find(&job->pub, "Content-Length", &length) && !sg_str_is(length, "0"));
}

/* The path of a request target; every server takes the absolute form as well (RFC 9112 3.2.2), whatever host it names. */
static sg_str
path_of(const char *target)
{
    sg_str text = sg_cstr(target);
    size_t scheme = strncasecmp(target, "http://", 7) == 0    ? 7
                    : strncasecmp(target, "https://", 8) == 0 ? 8
                                                              : 0;
    if (scheme == 0) {
        return text;
    }
    size_t path = sg_str_index(text, '/', scheme);
    return path < text.n ? sg_str_slice(text, path, text.n) : SG_LIT("/");
}

static enum MHD_Result
first_call(struct http_server *server, struct MHD_Connection *mhd, struct http_conn *conn,
    const char *url, const char *method)
{
    struct http_job *job = http_job_new(server);
    if (job == NULL) {
        return MHD_NO;
    }
    conn->job = job;
    conn->refused = false;
    job->conn = conn;
    job->mhd = mhd;
    job->method_text = method;
    job->pub.path = http_local_path(path_of(url), server->settings.base_path);
    job->pub.peer = sg_cstr(conn->peer);
    /* an answer at this point makes libmicrohttpd close the connection: wanted before a body, unkind without one */
    return announces_body(job) ? route(job) : MHD_YES;
}

static enum MHD_Result
more_body(struct http_job *job, const char *p, size_t *n)
{
    sg_result r = http_job_body(job, p, *n);
    *n = 0;
    /* the rest of a refused body is not read; libmicrohttpd takes no answer in the middle of one and closes */
    return sg_ok(r) ? MHD_YES : MHD_NO;
}

static enum MHD_Result
admit(struct http_server *server, struct http_conn *conn)
{
    struct http_job *job = conn->job;
    size_t before = atomic_fetch_add(&server->in_flight, 1);
    bool draining = atomic_load(&server->draining);
    if (before >= server->settings.queue_max || draining) {
        atomic_fetch_sub(&server->in_flight, 1);
        atomic_fetch_add(&server->refused_full, draining ? 0 : 1);
        return refuse(job, 503, draining ? SG_E_NOT_READY : SG_E_TOO_MANY);
    }
    conn->job = NULL;
    atomic_store_explicit(&conn->since_us, INT64_MIN, memory_order_relaxed); /* ours to hurry now */
    job->step = job->pub.route->handler;
    MHD_suspend_connection(job->mhd);
    http_queue_put(server, job, job, 1);
    return MHD_YES;
}

enum MHD_Result
http_on_request(void *context, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **request)
{
    (void)version;
    struct http_server *server = context;
    struct http_conn *conn = conn_of(mhd);
    if (conn == NULL) {
        return MHD_NO;
    }
    if (*request == NULL) {
        *request = conn;
        return first_call(server, mhd, conn, url, method);
    }
    if (conn->refused || conn->job == NULL) {
        *upload_len = 0;
        return MHD_YES;
    }
    if (!conn->job->routed) {
        enum MHD_Result r = route(conn->job);
        if (r != MHD_YES || conn->refused) {
            return r;
        }
    }
    return *upload_len > 0 ? more_body(conn->job, upload, upload_len) : admit(server, conn);
}

void *
http_on_uri(void *server, const char *uri, struct MHD_Connection *mhd)
{
    (void)server;
    (void)uri;
    struct http_conn *conn = conn_of(mhd);
    if (conn != NULL) {
        atomic_store_explicit(&conn->since_us, http_now_us(), memory_order_relaxed);
    }
    return NULL;
}

void
http_on_completed(
    void *context, struct MHD_Connection *mhd, void **request, enum MHD_RequestTerminationCode code)
{
    (void)code;
    struct http_server *server = context;
    struct http_conn *conn = conn_of(mhd);
    if (conn == NULL || *request == NULL) {
        return;
    }
    *request = NULL;
    bool answered = conn->refused || conn->job == NULL;
    if (conn->job != NULL) {
        http_job_free(conn->job); /* refused early, or broken off while its body arrived */
        conn->job = NULL;
    }
    conn->refused = false;
    if (answered) {
        atomic_fetch_sub(&server->unsent, 1);
    }
    atomic_store_explicit(&conn->idle_us, http_now_us(), memory_order_relaxed);
    atomic_store_explicit(&conn->since_us, 0, memory_order_relaxed);
}
