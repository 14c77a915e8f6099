/* Answers: from struct http_reply to libmicrohttpd, and back to the connection. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "http_inner.h"
#include "sg_secret.h"

/* What a wallet in a browser must be able to read (RFC 9449 8; RFC 6750 3). */
#define EXPOSED "DPoP-Nonce, WWW-Authenticate, Retry-After, OAuth-Client-Attestation-Challenge"
#define HEADER_ROOM 8192 /* a way back with a state of 1,024 bytes, each as three */

struct body_size {
    size_t n;
};

void
http_reply_header(struct http_reply *reply, const char *name, sg_str value)
{
    assert(reply->n_headers < HTTP_REPLY_HEADERS_MAX);
    if (reply->n_headers < HTTP_REPLY_HEADERS_MAX) {
        reply->headers[reply->n_headers++] = (struct http_header){ sg_cstr(name), value };
    }
}

struct http_reply
http_refusal(unsigned status, enum sg_code code)
{
    static const struct {
        unsigned status;
        const char *body;
    } bodies[] = {
        { 400, "{\"error\":\"bad_request\"}" },
        { 404, "{\"error\":\"not_found\"}" },
        { 405, "{\"error\":\"method_not_allowed\"}" },
        { 408, "{\"error\":\"request_timeout\"}" },
        { 413, "{\"error\":\"content_too_large\"}" },
        { 415, "{\"error\":\"unsupported_media_type\"}" },
        { 500, "{\"error\":\"server_error\"}" },
        { 501, "{\"error\":\"not_implemented\"}" },
        { 503, "{\"error\":\"temporarily_unavailable\"}" },
    };
    struct http_reply reply = { .status = status, .code = code };
    reply.content_type = "application/json";
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        if (bodies[i].status == status) {
            reply.body = sg_str_bytes(sg_cstr(bodies[i].body));
        }
    }
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    if (status == 503) {
        http_reply_header(&reply, "Retry-After", SG_LIT("1"));
    }
    return reply;
}

/* The body was copied behind its size; answers hold personal data, so the copy is wiped. */
static void
wipe_body(void *copy)
{
    struct body_size *size = copy;
    sg_wipe(size, sizeof(*size) + size->n);
    free(size);
}

static struct MHD_Response *
response_body(sg_bytes body)
{
    if (body.n == 0) {
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    struct body_size *copy = malloc(sizeof(*copy) + body.n);
    if (copy == NULL) {
        return NULL;
    }
    copy->n = body.n;
    memcpy(copy + 1, body.p, body.n);
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(body.n, copy + 1, wipe_body, copy);
    if (response == NULL) {
        wipe_body(copy);
    }
    return response;
}

/* Header texts must end in NUL for libmicrohttpd; names and values of ours are short. */
static void
add_header(struct MHD_Response *response, sg_str name, sg_str value)
{
    char room[HEADER_ROOM];
    bool fits = name.n + value.n + 2 <= sizeof(room);
    for (size_t i = 0; i < value.n && fits; i++) {
        fits = value.p[i] != '\r' && value.p[i] != '\n' && value.p[i] != '\0';
    }
    if (!fits) {
        return;
    }
    memcpy(room, name.p, name.n);
    room[name.n] = '\0';
    memcpy(room + name.n + 1, value.p, value.n);
    room[name.n + 1 + value.n] = '\0';
    MHD_add_response_header(response, room, room + name.n + 1);
}

struct MHD_Response *
http_response_make(const struct http_route *route, bool cors, const struct http_reply *reply)
{
    struct MHD_Response *response = response_body(reply->body);
    if (response == NULL) {
        return NULL;
    }
    if (reply->content_type != NULL) {
        MHD_add_response_header(response, "Content-Type", reply->content_type);
    }
    for (size_t i = 0; i < reply->n_headers; i++) {
        add_header(response, reply->headers[i].name, reply->headers[i].value);
    }
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (cors || (route != NULL && (route->flags & HTTP_CORS) != 0)) {
        MHD_add_response_header(response, "Access-Control-Allow-Origin", "*");
        MHD_add_response_header(response, "Access-Control-Expose-Headers", EXPOSED);
    }
    return response;
}

static void
observe(const struct http_job *job, unsigned status, enum sg_code code, size_t reply_len)
{
    const struct http_settings *settings = &job->server->settings;
    if (settings->observer == NULL) {
        return;
    }
    struct http_done done = {
        .route = job->pub.route,
        .method = job->head ? HTTP_HEAD : job->pub.method,
        .status = status,
        .code = code,
        .took_us = http_now_us() - job->pub.received_us,
        .body_len = job->pub.body.n,
        .reply_len = reply_len,
        .id = job->pub.id,
        .peer = job->pub.peer,
    };
    settings->observer(settings->app, &done);
}

void
http_answer_to(struct http_request *req, http_answered fn, void *context)
{
    struct http_job *job = (struct http_job *)req;
    job->answered = fn;
    job->answered_context = context;
}

const struct http_route *
http_route_find(const struct http_route *const *tables, const size_t *table_rows, size_t n_tables,
    enum http_method method, const char *path)
{
    for (size_t t = 0; t < n_tables; t++) {
        for (size_t i = 0; i < table_rows[t]; i++) {
            const struct http_route *row = &tables[t][i];
            if (row->method == method && strcmp(row->path, path) == 0) {
                return row;
            }
        }
    }
    return NULL;
}

/* The copy outlives the handler's stack; without memory for it the client is told so itself. */
static bool
hand_over(struct http_job *job, const struct http_reply *reply)
{
    http_answered fn = job->answered;
    struct http_reply *copy = SG_NEW(job->pub.arena, struct http_reply);
    job->answered = NULL;
    if (copy == NULL) {
        return false;
    }
    *copy = *reply;
    fn(job->answered_context, &job->pub, copy);
    return true;
}

void
http_answer(struct http_request *req, const struct http_reply *reply)
{
    struct http_job *job = (struct http_job *)req;
    if (job->answered != NULL && hand_over(job, reply)) {
        return;
    }
    struct http_server *server = job->server;
    struct MHD_Connection *mhd = job->mhd;
    struct MHD_Response *response = http_response_make(req->route, false, reply);
    unsigned status = reply->status;
    if (response == NULL) {
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        status = 500;
    }
    if (response != NULL && atomic_load_explicit(&server->draining, memory_order_relaxed)) {
        MHD_add_response_header(response, "Connection", "close");
    }
    observe(job, status, reply->code, reply->body.n);
    atomic_store_explicit(&job->conn->since_us, http_now_us(), memory_order_relaxed);
    atomic_fetch_add(&server->unsent, 1);
    http_job_free(job);
    /* a suspended connection takes its response from any thread; without one, libmicrohttpd closes it */
    if (response != NULL) {
        MHD_queue_response(mhd, status, response);
        MHD_destroy_response(response);
    }
    MHD_resume_connection(mhd);
    atomic_fetch_sub(&server->in_flight, 1); /* last: http_close waits for it */
}
