/* Liveness, readiness, figures. req: OPS-2 */
#include <time.h>

#include "serve.h"

#define METRICS_MAX ((size_t)256 * 1024)

static struct serve *
serve_of(const struct http_request *req)
{
    return (struct serve *)req->app;
}

static void
answer(
    struct http_request *req, unsigned status, enum sg_code code, const char *type, sg_bytes body)
{
    struct http_reply reply = {
        .status = status, .content_type = type, .body = body, .code = code
    };
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    if (status == 503) {
        http_reply_header(&reply, "Retry-After", SG_LIT("1"));
    }
    http_answer(req, &reply);
}

/* The process answers: that is all. */
static void
healthz(struct http_request *req)
{
    answer(req, 200, SG_OK, "application/json", sg_str_bytes(SG_LIT("{\"status\":\"ok\"}")));
}

static const char *
word(bool good)
{
    return good ? "true" : "false";
}

/* Without a list of the keys' own status every signature is refused: at the first start it has to be signed first. */
static bool
keys_list_stands(struct serve *serve)
{
    const struct flow_list_token *token = NULL;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    bool stands = sg_ok(flow_list_hold(serve->flow, SG_LIT("keys"), &token)) &&
                  token->exp > (int64_t)now.tv_sec;
    flow_list_release(&token);
    return stands;
}

/* Would a credential be signed now? Each part says so for itself; the signer's code names what is missing (TOKEN_DOWN, HALTED ...). */
static void
readyz(struct http_request *req)
{
    struct serve *serve = serve_of(req);
    struct peer_state signer;
    struct peer_state courier;
    struct store_figures store;
    peer_state_get(serve->signer, &signer);
    peer_state_get(serve->courier, &courier);
    store_figures_get(serve->store, &store);
    bool stopping = atomic_load(&serve->stopping);
    bool ready =
        signer.ready && courier.ready && store.healthy && !stopping && keys_list_stands(serve);
    sg_str text;
    sg_result r = sg_arena_printf(req->arena, &text,
        "{\"ready\":%s,\"signer\":%s,\"signer_code\":\"%s\",\"courier\":%s,\"store\":%s,"
        "\"keys_list\":%s,\"stopping\":%s}",
        word(ready), word(signer.ready),
        signer.code == SG_OK ? (signer.alive ? "OK" : "PEER_DOWN") : sg_code_row(signer.code)->name,
        word(courier.ready), word(store.healthy), word(keys_list_stands(serve)), word(stopping));
    if (!sg_ok(r)) {
        answer(req, 500, r.code, NULL, SG_NO_BYTES);
        return;
    }
    answer(req, ready ? 200 : 503, ready ? SG_OK : SG_E_NOT_READY, "application/json",
        sg_str_bytes(text));
}

static void
write_peer(struct sg_buf *out, const char *name, struct peer *peer)
{
    struct peer_state state;
    peer_state_get(peer, &state);
    serve_put(out, "sealgate_peer_alive{peer=\"%s\"} %d\n", name, state.alive ? 1 : 0);
    serve_put(out, "sealgate_peer_ready{peer=\"%s\"} %d\n", name, state.ready ? 1 : 0);
    serve_put(out, "sealgate_peer_outstanding{peer=\"%s\"} %llu\n", name,
        (unsigned long long)state.outstanding);
}

static void
write_rest(struct serve *serve, struct sg_buf *out)
{
    struct http_figures http;
    struct store_figures store;
    http_server_figures(serve->http, &http);
    store_figures_get(serve->store, &store);
    sg_buf_put_cstr(out, "# TYPE sealgate_queue gauge\n# TYPE sealgate_in_flight gauge\n"
                         "# TYPE sealgate_connections gauge\n"
                         "# TYPE sealgate_queue_refused_total counter\n");
    serve_put(out, "sealgate_queue %zu\nsealgate_in_flight %zu\nsealgate_connections %zu\n",
        http.queued, http.in_flight, http.connections);
    serve_put(out, "sealgate_queue_refused_total %llu\n", (unsigned long long)http.refused_full);
    sg_buf_put_cstr(out, "# TYPE sealgate_peer_alive gauge\n# TYPE sealgate_peer_ready gauge\n"
                         "# TYPE sealgate_peer_outstanding gauge\n");
    write_peer(out, "signer", serve->signer);
    write_peer(out, "courier", serve->courier);
    sg_buf_put_cstr(out, "# TYPE sealgate_store_commits_total counter\n"
                         "# TYPE sealgate_store_changes_total counter\n"
                         "# TYPE sealgate_store_failures_total counter\n"
                         "# TYPE sealgate_store_moves_total counter\n"
                         "# TYPE sealgate_store_move_failures_total counter\n"
                         "# TYPE sealgate_store_commit_seconds_total counter\n"
                         "# TYPE sealgate_store_commit_seconds_max gauge\n");
    serve_put(out, "sealgate_store_commits_total %llu\nsealgate_store_changes_total %llu\n",
        (unsigned long long)store.commits, (unsigned long long)store.changes);
    serve_put(out, "sealgate_store_failures_total %llu\n", (unsigned long long)store.failures);
    serve_put(out, "sealgate_store_moves_total %llu\nsealgate_store_move_failures_total %llu\n",
        (unsigned long long)store.moves, (unsigned long long)store.move_failures);
    serve_put(out,
        "sealgate_store_commit_seconds_total %.6f\nsealgate_store_commit_seconds_max %.6f\n",
        (double)store.commit_us_sum / 1e6, (double)store.commit_us_max / 1e6);
}

static void
metrics(struct http_request *req)
{
    struct serve *serve = serve_of(req);
    struct sg_buf out = sg_buf_new(req->arena, 16384, METRICS_MAX);
    serve_metrics_write(&serve->metrics, &out);
    write_rest(serve, &out);
    sg_bytes text;
    sg_result r = sg_buf_end(&out, &text);
    if (!sg_ok(r)) {
        answer(req, 500, r.code, NULL, SG_NO_BYTES);
        return;
    }
    answer(req, 200, SG_OK, "text/plain; version=0.0.4; charset=utf-8", text);
}

const struct http_route serve_routes[] = {
    { HTTP_GET, "/healthz", healthz, 0, "", 0, "healthz", "The process is alive", "operations" },
    { HTTP_GET, "/readyz", readyz, 0, "", 0, "readyz",
        "A credential would be signed now: signer, token, courier and store", "operations" },
    { HTTP_GET, "/metrics", metrics, 0, "", 0, "metrics", "Figures in the Prometheus text format",
        "operations" },
};
const size_t n_serve_routes = sizeof(serve_routes) / sizeof(serve_routes[0]);
