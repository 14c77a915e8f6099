/*
 * Errands for the gateway beside status lists (FETCH, DELIVER; req: NET-3, PRO-3, AU-5): one request, one answer. A row per kind says
 * which places, methods, media types and sizes; every address is checked when its socket is made. Nothing is cached, repeated,
 * followed, unpacked or remembered; each errand has a connection of its own. docs/wire, FETCH and DELIVER.
 */
#ifndef COURIER_OUT_H
#define COURIER_OUT_H

#include "courier_fetch.h"
#include "wire_out.h"

#define COURIER_OUT_PER_HOST 8 /* under way at one host: a slow verifier cannot take all places */

struct courier_out;

/* How an errand ended. Views are valid during the call-back. */
struct courier_outcome {
    unsigned kind; /* enum wire_fetch_kind; 0: a delivery */
    enum sg_code
        code; /* SG_OK; SG_E_ADDRESS, SG_E_TOO_LARGE, SG_E_TYPE, SG_E_FETCH, SG_E_NO_MEMORY */
    unsigned status;     /* HTTP status, 0 if there was none */
    sg_str content_type; /* may be empty */
    sg_bytes body;
    const char *host; /* for the operators' log: paths and queries are the caller's secrets */
    unsigned curl;    /* CURLcode */
};
typedef void (*courier_out_fn)(
    void *context, void *asker, uint64_t request_id, const struct courier_outcome *outcome);

struct courier_out_settings {
    const struct guard_origin *own;      /* our public origin; borrowed */
    const struct conf_list *allow_hosts; /* empty: any; borrowed */
    const struct conf_list *openid;      /* origins of OpenID providers; borrowed */
    const struct conf_list
        *openid_private; /* those of them that may have a private address; borrowed */
    sg_str openid_ca;    /* PEM: TLS roots for openid_private alone; empty: the system's */
    sg_str own_ca; /* PEM: TLS roots for our own origin and this machine; empty: the system's */
    bool test;     /* the test environment: our own origin may be asked for request objects too */
    bool allow_loopback; /* likewise: this machine, by http or https */
    int64_t timeout_ms;  /* of one errand, from name to last byte */
    courier_out_fn done;
    void *context;
};

/* `fetcher` carries the transfers and must outlive it. SG_E_VALUE (an OpenID origin that is none), SG_E_NO_MEMORY. */
SG_CHECKED sg_result courier_out_new(const struct courier_out_settings *settings,
    struct courier_fetcher *fetcher, struct courier_out **ret);
/* Drops what is under way, without call-backs. NULL accepted. */
void courier_out_free(struct courier_out **out);

/*
 * Begin. `done` is called later, from courier_fetcher_turn, exactly once; when this fails it is not called.
 * SG_E_VALUE (URL or form), SG_E_ADDRESS (place), SG_E_POLICY (method or media type not of this kind), SG_E_TOO_MANY (under way, in all or at
 * this host), SG_E_NO_MEMORY. What is in `msg` is copied.
 */
SG_CHECKED sg_result courier_out_fetch(
    struct courier_out *out, void *asker, uint64_t request_id, const struct wire_fetch *msg);
SG_CHECKED sg_result courier_out_deliver(
    struct courier_out *out, void *asker, uint64_t request_id, const struct wire_deliver *msg);

#endif
