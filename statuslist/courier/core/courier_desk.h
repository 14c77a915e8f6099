/*
 * The desk: questions come in, verdicts go out. Answers at once from the cache where it may, else one fetch per list serves everybody
 * who asks for it (req: STA-3). One thread; time is an argument (UTC milliseconds).
 */
#ifndef COURIER_DESK_H
#define COURIER_DESK_H

#include "courier_list.h"
#include "verdict.h"
#include "wire_status.h"

#define COURIER_ASKS_MAX 1024 /* questions waiting at once */
#define COURIER_FAILED_MS \
    1000 /* a failed fetch is not tried again for this long: a dead server is not hammered */
#define COURIER_FUTURE_MS 5000 /* not_before further ahead than this is nonsense */
#define COURIER_REVALIDATE_MS \
    (60 * 60 * 1000) /* 304 is believed this long after the token itself was seen and verified */

/* Called once per question, in the order refs were asked. `verdicts` is borrowed for the call. */
typedef void (*courier_reply_fn)(void *context, void *asker, uint64_t request_id,
    const struct wire_status_verdict *verdicts, size_t n);

/* A fetch that gave no list, for the operators' log: why, HTTP status and CURLcode (0: none). */
typedef void (*courier_note_fn)(
    void *context, sg_str uri, enum sg_code code, const struct courier_fetched *got);

struct courier_desk_settings {
    struct courier_fetch_settings fetch; /* done and context are the desk's own: leave them empty */
    const struct tsl_trust_rule *rules;  /* borrowed */
    size_t n_rules;
    struct verdict_policy policy;
    size_t inflated_max;
    size_t cache_max; /* bytes */
    int keep_dir;     /* courier_keep_open; not closed here */
    courier_reply_fn reply;
    courier_note_fn note; /* may be NULL */
    void *context;
};

/* What happened since the start, for logs and tests. */
struct courier_counts {
    uint64_t asks, cached, fetches, revalidated, failed;
};

struct courier_desk;
SG_CHECKED sg_result courier_desk_new(
    const struct courier_desk_settings *settings, struct courier_desk **ret);
void courier_desk_free(
    struct courier_desk **desk); /* NULL accepted; waiting questions get no reply */

/* A question. The reply may come before this returns. SG_E_TOO_MANY, SG_E_NO_MEMORY: then there will be none. */
SG_CHECKED sg_result courier_desk_ask(struct courier_desk *desk, void *asker, uint64_t request_id,
    const struct wire_status_ask *ask, int64_t now_ms);

/* What the desk's requests travel with, for other errands beside them. */
struct courier_fetcher *courier_desk_fetcher(struct courier_desk *desk);

void courier_desk_wait(
    struct courier_desk *desk, struct curl_waitfd *extra, unsigned n_extra, int timeout_ms);
void courier_desk_turn(struct courier_desk *desk, int64_t now_ms);
/* Questions, fetches and other transfers waiting. */
size_t courier_desk_busy(const struct courier_desk *desk);
struct courier_counts courier_desk_counts(const struct courier_desk *desk);

#endif
