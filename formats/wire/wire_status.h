/* Messages on out.sock: gateway and signer -> courier. */
#ifndef WIRE_STATUS_H
#define WIRE_STATUS_H

#include "wire_intent.h"

enum wire_verdict { WIRE_GOOD = 1, WIRE_BAD = 2, WIRE_UNKNOWN = 3 };

/* STATUS_ASK: verdicts for references, each looked at not before the given time (UTC seconds; 0: any cached answer that is still good). */
struct wire_status_ask {
    struct wire_ref refs[WIRE_REFS_MAX]; /* 1 */
    size_t n_refs;
    int64_t not_before; /* 2 */
    uint64_t
        plus_ms; /* 3: 0..999 milliseconds more; for a gesture, which must not be answered with what was seen before it */
};
void wire_status_ask_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_status_ask *msg);
SG_CHECKED sg_result wire_status_ask_parse(sg_bytes body, struct wire_status_ask *ret);

/* One verdict, in the order asked. */
struct wire_status_verdict {
    uint64_t verdict; /* 1 */
    uint64_t
        value; /* 2: status value read (0 valid, 1 invalid, 2 suspended ...); meaningless for UNKNOWN */
    sg_bytes evidence;     /* 3: SHA-256 of the status list token; empty for UNKNOWN */
    int64_t fetched_at_ms; /* 4: UTC milliseconds when the token was fetched or revalidated */
    int64_t good_until_ms; /* 5: UTC milliseconds: exp, ttl */
    uint64_t code;         /* 6: for UNKNOWN: why (errors.def) */
};
struct wire_status_ask_reply {
    struct wire_status_verdict verdicts[WIRE_REFS_MAX]; /* 1 */
    size_t n_verdicts;
};
void wire_status_ask_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_status_ask_reply *msg);
SG_CHECKED sg_result wire_status_ask_reply_parse(sg_bytes body, struct wire_status_ask_reply *ret);

#endif
