#include "serve_metrics.h"

#include <stdarg.h>
#include <stdio.h>

static const unsigned statuses[SERVE_STATUSES] = { 200, 201, 202, 204, 302, 303, 304, 400, 401, 403,
    404, 405, 409, 410, 413, 415, 429, 500, 503, 0 /* any other */ };
static const struct {
    int64_t us;
    const char *text;
} bounds[SERVE_BUCKETS] = {
    { 1000, "0.001" },
    { 2000, "0.002" },
    { 5000, "0.005" },
    { 10000, "0.01" },
    { 20000, "0.02" },
    { 50000, "0.05" },
    { 100000, "0.1" },
    { 200000, "0.2" },
    { 500000, "0.5" },
    { 1000000, "1" },
    { 2000000, "2" },
    { 5000000, "5" },
    { INT64_MAX, "+Inf" },
};

void
serve_put(struct sg_buf *out, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof(line)) {
        sg_buf_fail(out, SG_E_TOO_LARGE);
        return;
    }
    sg_buf_put_str(out, sg_str_of(line, (size_t)n));
}

static size_t
route_index(const struct serve_metrics *metrics, const struct http_route *route)
{
    size_t before = 0;
    for (size_t t = 0; t < metrics->n_tables && route != NULL; t++) {
        const struct http_route *first = metrics->tables[t];
        if (route >= first && route < first + metrics->table_rows[t]) {
            size_t i = before + (size_t)(route - first);
            return i < SERVE_ROUTES_MAX ? i : SERVE_ROUTES_MAX;
        }
        before += metrics->table_rows[t];
    }
    return SERVE_ROUTES_MAX;
}

static void
add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t
read_counter(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void
serve_metrics_count(struct serve_metrics *metrics, const struct http_done *done)
{
    struct serve_route_figures *figures = &metrics->routes[route_index(metrics, done->route)];
    size_t s = 0;
    while (s < SERVE_STATUSES - 1 && statuses[s] != done->status) {
        s++;
    }
    size_t b = 0;
    while (done->took_us > bounds[b].us) {
        b++;
    }
    add(&figures->by_status[s], 1);
    add(&figures->buckets[b], 1);
    add(&figures->us, (uint64_t)done->took_us);
    add(&metrics->bytes_in, done->body_len);
    add(&metrics->bytes_out, done->reply_len);
    if (done->code != SG_OK) {
        size_t n;
        const struct sg_code_row *rows = sg_code_rows(&n);
        size_t i = (size_t)(sg_code_row(done->code) - rows);
        if (i < n && i < SERVE_CODES) {
            add(&metrics->by_code[i], 1);
        }
    }
}

static void
write_route(const struct serve_route_figures *figures, const char *name, struct sg_buf *out)
{
    uint64_t n = 0;
    for (size_t s = 0; s < SERVE_STATUSES; s++) {
        uint64_t count = read_counter(&figures->by_status[s]);
        if (count > 0) {
            serve_put(out, "sealgate_requests_total{route=\"%s\",status=\"%u\"} %llu\n", name,
                statuses[s], (unsigned long long)count);
        }
        n += count;
    }
    if (n == 0) {
        return;
    }
    uint64_t sum = 0;
    for (size_t b = 0; b < SERVE_BUCKETS; b++) {
        sum += read_counter(&figures->buckets[b]);
        serve_put(out, "sealgate_request_seconds_bucket{route=\"%s\",le=\"%s\"} %llu\n", name,
            bounds[b].text, (unsigned long long)sum);
    }
    serve_put(out, "sealgate_request_seconds_sum{route=\"%s\"} %.6f\n", name,
        (double)read_counter(&figures->us) / 1e6);
    serve_put(
        out, "sealgate_request_seconds_count{route=\"%s\"} %llu\n", name, (unsigned long long)sum);
}

void
serve_metrics_write(const struct serve_metrics *metrics, struct sg_buf *out)
{
    sg_buf_put_cstr(out, "# TYPE sealgate_requests_total counter\n"
                         "# TYPE sealgate_request_seconds histogram\n");
    size_t i = 0;
    for (size_t t = 0; t < metrics->n_tables; t++) {
        for (size_t r = 0; r < metrics->table_rows[t] && i < SERVE_ROUTES_MAX; r++, i++) {
            write_route(&metrics->routes[i], metrics->tables[t][r].name, out);
        }
    }
    write_route(&metrics->routes[SERVE_ROUTES_MAX], "none", out);
    sg_buf_put_cstr(out, "# TYPE sealgate_refusals_total counter\n");
    size_t n;
    const struct sg_code_row *rows = sg_code_rows(&n);
    for (size_t c = 0; c < n && c < SERVE_CODES; c++) {
        uint64_t count = read_counter(&metrics->by_code[c]);
        if (count > 0) {
            serve_put(out, "sealgate_refusals_total{code=\"%s\"} %llu\n", rows[c].name,
                (unsigned long long)count);
        }
    }
    serve_put(out, "# TYPE sealgate_body_bytes_total counter\n");
    serve_put(out, "sealgate_body_bytes_total{direction=\"in\"} %llu\n",
        (unsigned long long)read_counter(&metrics->bytes_in));
    serve_put(out, "sealgate_body_bytes_total{direction=\"out\"} %llu\n",
        (unsigned long long)read_counter(&metrics->bytes_out));
}
