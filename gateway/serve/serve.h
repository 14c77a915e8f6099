/* Inside the gateway's program: the application behind every request, and what is counted about it. */
#ifndef SERVE_H
#define SERVE_H

#include <stdatomic.h>

#include "conf.h"
#include "face.h"
#include "http_server.h"
#include "peer_registry.h"
#include "serve_metrics.h"
#include "store.h"

#define SERVE_ANCHORS_MAX 64

struct serve {
    struct face_app face; /* first member: what the faces see behind req->app */
    struct conf_gateway conf;
    struct store *store;
    struct peer *signer;
    struct peer *courier;
    struct flow_dids *dids;
    struct peer_registry *registry;
    struct auth *auth;
    struct auth_openid *openid;
    struct flow *flow;
    struct flow_persons *persons;
    struct flow_questions *questions;
    struct http_server *http;
    sg_bytes anchors[SERVE_ANCHORS_MAX]; /* DER */
    size_t n_anchors;
    sg_bytes verifier_anchors[SERVE_ANCHORS_MAX]; /* DER: who may certify verifiers */
    size_t n_verifier_anchors;
    struct face_wallet wallets[CONF_LIST_MAX];
    struct serve_metrics metrics;
    _Atomic bool stopping;
};

/* /healthz, /readyz, /metrics */
extern const struct http_route serve_routes[];
extern const size_t n_serve_routes;

/* http_settings.observer: counts, and writes the access log. */
void serve_observe(void *serve, const struct http_done *done);

/* One logfmt line on standard error: ts=... level=... process=gateway event=... and what `format` adds (key=value ...). */
void serve_log(const char *level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
