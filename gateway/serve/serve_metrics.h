/* Counters of finished requests: lock-free, a few adds each. Written out in the Prometheus text format. req: OPS-2 */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include <stdatomic.h>

#include "http_server.h"
#include "sg_buf.h"

#define SERVE_ROUTES_MAX 128
#define SERVE_STATUSES 20
#define SERVE_BUCKETS 13
#define SERVE_CODES 128

struct serve_route_figures {
    _Atomic uint64_t by_status[SERVE_STATUSES];
    _Atomic uint64_t buckets[SERVE_BUCKETS]; /* each request in one; summed up when written */
    _Atomic uint64_t us;
};

struct serve_metrics {
    const struct http_route *const *tables;
    const size_t *table_rows;
    size_t n_tables;
    struct serve_route_figures routes[SERVE_ROUTES_MAX + 1]; /* the last: no route */
    _Atomic uint64_t by_code[SERVE_CODES];                   /* by row of errors.def */
    _Atomic uint64_t bytes_in, bytes_out;
};

void serve_metrics_count(struct serve_metrics *metrics, const struct http_done *done);
/* Requests, latencies and refusals. Process and peer figures are serve_routes' affair. */
void serve_metrics_write(const struct serve_metrics *metrics, struct sg_buf *out);

/* printf into a growing buffer; lines of at most 500 bytes. */
void serve_put(struct sg_buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
