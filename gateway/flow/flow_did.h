/*
 * did:web documents of others, fetched by the courier and kept for a minute (req: PRO-3, FMT-3, NET-3). One object may serve many threads.
 * Fails closed: without a fresh document there is none, and an old one is never used because a new one did not come.
 */
#ifndef FLOW_DID_H
#define FLOW_DID_H

#include "sg_arena.h"

struct flow_dids;
struct peer;

#define FLOW_DID_DOCUMENT_MAX ((size_t)64 * 1024)
#define FLOW_DIDS_MAX 64    /* documents kept: 4 MiB at most */
#define FLOW_DID_LIFE_S 60  /* a key taken out of its document is good for at most this long */
#define FLOW_DID_FAILED_S 5 /* a document that did not come is not asked for again for this long */

/*
 * `loopback`: DIDs of this machine are fetched by http (test environments: the courier must allow it too, allow_loopback). `courier` is borrowed.
 * SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result flow_dids_new(struct peer *courier, bool loopback, struct flow_dids **ret);
/* No call may be in flight. NULL accepted. */
void flow_dids_free(struct flow_dids **dids);

/*
 * What is at hand, without asking anybody: the document's text, copied into `arena`. Any thread. SG_E_NOT_FOUND: resolve it;
 * or the code with which it did not come just now.
 */
SG_CHECKED sg_result flow_dids_get(
    struct flow_dids *dids, struct sg_arena *arena, sg_str did, int64_t now, sg_str *ret_json);

/* `json` lives in the arena of the call. */
typedef void (*flow_did_fn)(void *context, sg_result result, sg_str json);
/*
 * From what is at hand, or fetched. `done` runs once, on this thread or on the courier's reader thread: it must not block there.
 * `arena` and `did` live until then. `now`: UTC seconds. The document is JSON in strict form and its `id` is the DID; which keys it has and for what
 * is cid_find's matter. SG_E_VALUE: no did:web. SG_E_METHOD: not that DID's document. SG_E_FETCH, SG_E_ADDRESS, SG_E_TYPE, SG_E_TOO_LARGE, SG_E_PEER_DOWN ...
 */
void flow_dids_resolve(struct flow_dids *dids, struct sg_arena *arena, sg_str did, int64_t now,
    flow_did_fn done, void *context);

#endif
