/* Messages on out.sock beside STATUS_ASK: what the courier fetches and delivers for the gateway. docs/wire. req: PRO-3, AU-5, NET-3 */
#ifndef WIRE_OUT_H
#define WIRE_OUT_H

#include "wire_frame.h"

#define WIRE_URL_MAX 2048
#define WIRE_MEDIA_MAX 128
#define WIRE_FETCH_MAX ((size_t)96 * 1024)
#define WIRE_POST_MAX ((size_t)96 * 1024)
#define WIRE_ANSWER_MAX ((size_t)16 * 1024) /* a verifier's answer to a delivery */

/* The courier has a rule for each: which hosts, which method, how large, which media types, how long it may be kept. */
enum wire_fetch_kind {
    WIRE_FETCH_REQUEST_OBJECT =
        1,                       /* OpenID4VP request_uri: GET or POST, never kept, no redirects */
    WIRE_FETCH_DID_DOCUMENT = 2, /* did:web */
    WIRE_FETCH_OPENID_CONFIGURATION = 3, /* of configured OpenID providers only, as the next two */
    WIRE_FETCH_OPENID_KEYS = 4,
    WIRE_FETCH_OPENID_TOKEN = 5, /* POST */
};

/* FETCH: one request; any HTTP status is an answer, what is not is REFUSED with its code. */
struct wire_fetch {
    uint64_t kind; /* 1 */
    sg_str url;    /* 2 */
    sg_str accept; /* 3: media type */
    sg_bytes form; /* 4: optional: POST this application/x-www-form-urlencoded body; absent: GET */
    bool post;     /* 5: optional: POST even when the form is empty */
};
void wire_fetch_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_fetch *msg);
SG_CHECKED sg_result wire_fetch_parse(sg_bytes body, struct wire_fetch *ret);
struct wire_fetch_reply {
    uint64_t status;     /* 1: 100..599; 3xx is not followed */
    sg_str content_type; /* 2: as sent, may be empty */
    sg_bytes body;       /* 3: may be empty */
};
void wire_fetch_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_fetch_reply *msg);
SG_CHECKED sg_result wire_fetch_reply_parse(sg_bytes body, struct wire_fetch_reply *ret);

/* DELIVER: POST a response to the verifier's response_uri, once: what was delivered is never sent again by itself. */
struct wire_deliver {
    sg_str url;    /* 1 */
    sg_bytes form; /* 2: application/x-www-form-urlencoded */
};
void wire_deliver_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_deliver *msg);
SG_CHECKED sg_result wire_deliver_parse(sg_bytes body, struct wire_deliver *ret);
struct wire_deliver_reply {
    uint64_t status;     /* 1 */
    sg_str content_type; /* 2: may be empty */
    sg_bytes body;       /* 3: may be empty; at most WIRE_ANSWER_MAX */
};
void wire_deliver_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_deliver_reply *msg);
SG_CHECKED sg_result wire_deliver_reply_parse(sg_bytes body, struct wire_deliver_reply *ret);

#endif
