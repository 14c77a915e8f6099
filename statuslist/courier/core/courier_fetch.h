/*
 * Fetching over https with libcurl: many at once, one thread, everything bounded, every address checked when its socket is made.
 * Redirects are followed by hand, each judged like the first URL. No proxies, cookies, credentials, or protocols other than http(s).
 */
#ifndef COURIER_FETCH_H
#define COURIER_FETCH_H

#include <curl/curl.h>

#include "conf.h"
#include "courier_guard.h"

#define COURIER_FETCHES_MAX 16                  /* at once */
#define COURIER_HOPS_MAX 3                      /* redirects of one fetch */
#define COURIER_HEADERS_MAX ((size_t)16 * 1024) /* bytes of headers of one response */
#define COURIER_ETAG_MAX 128

struct courier_fetcher;

/* How a fetch ended. Views are valid during the call-back. */
struct courier_fetched {
    enum sg_code code; /* SG_OK; SG_E_ADDRESS, SG_E_TOO_LARGE, SG_E_FETCH, SG_E_NO_MEMORY */
    bool not_modified; /* 304 to our etag: no body */
    sg_bytes body;
    sg_str etag;     /* may be empty */
    unsigned status; /* HTTP status of the last response, 0 if there was none */
    unsigned curl;   /* CURLcode, for operators */
};
typedef void (*courier_fetched_fn)(
    void *context, void *what, const struct courier_fetched *fetched);

struct courier_fetch_settings {
    const struct guard_origin *own;      /* exempt origin, or NULL; borrowed */
    const struct conf_list *allow_hosts; /* empty: any; borrowed */
    sg_str own_ca; /* PEM: TLS roots for the own origin alone; empty: the system's. Borrowed */
    size_t body_max;
    int64_t timeout_ms; /* of one fetch with all its redirects */
    courier_fetched_fn done;
    void *context;
};
SG_CHECKED sg_result courier_fetcher_new(
    const struct courier_fetch_settings *settings, struct courier_fetcher **ret);
/* Drops what is still under way, without call-backs. NULL accepted. */
void courier_fetcher_free(struct courier_fetcher **fetcher);

/* May it be fetched at all? SG_E_ADDRESS, SG_E_VALUE. */
SG_CHECKED sg_result courier_fetch_allowed(const struct courier_fetcher *fetcher, sg_str uri);

/* Begin; `done` is called later, from courier_fetcher_turn, exactly once. `etag` (may be empty) makes the request conditional.
 * SG_E_ADDRESS, SG_E_VALUE, SG_E_TOO_MANY, SG_E_NO_MEMORY: then it is not called. */
SG_CHECKED sg_result courier_fetch_start(
    struct courier_fetcher *fetcher, sg_str uri, sg_str etag, int64_t now_ms, void *what);

/*
 * Transfers that are not fetches of lists (courier_out.h) and use the same handle, so that one wait is enough and nobody waits for
 * anybody. `end` is called from courier_fetcher_turn, once, after the transfer was taken out of the handle.
 */
#define COURIER_CARRIED_MAX 128
struct courier_transfer {
    void (*end)(struct courier_transfer *transfer, CURLcode curl);
    bool carried;
};
/* May this host be asked at all? An empty list: any. Letters of either case. */
bool courier_host_listed(const struct conf_list *hosts, const char *host);
/* What every request has in common: time, protocols, versions, no proxy, no redirects, no credentials. False: no memory. */
bool courier_easy_common(CURL *easy, const char *url, const char *protocols, long timeout_ms);
/* Roots for a place of our own instead of the system's. `pem` must outlive the transfer. */
bool courier_easy_roots(CURL *easy, sg_str pem);
/* SG_E_TOO_MANY, SG_E_NO_MEMORY. */
SG_CHECKED sg_result courier_fetcher_carry(
    struct courier_fetcher *fetcher, CURL *easy, struct courier_transfer *transfer);
/* Without call-back; nothing when it is not carried. */
void courier_fetcher_drop(
    struct courier_fetcher *fetcher, CURL *easy, struct courier_transfer *transfer);

/* Number under way, transfers included. */
size_t courier_fetcher_busy(const struct courier_fetcher *fetcher);

/* Sleep until a fetch, one of the extra descriptors or the time says so. */
void courier_fetcher_wait(
    struct courier_fetcher *fetcher, struct curl_waitfd *extra, unsigned n_extra, int timeout_ms);
/* Move all fetches on; calls back for those that ended. now_ms: any steady clock, the same as given to courier_fetch_start. */
void courier_fetcher_turn(struct courier_fetcher *fetcher, int64_t now_ms);

#endif
