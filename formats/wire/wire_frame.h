/*
 * Frames on SOCK_SEQPACKET sockets: one packet is one message. docs/wire.
 *   byte 0     version (1)
 *   byte 1     type (enum wire_type)
 *   bytes 2-9  request id, big-endian; a reply carries the request's
 *   rest       one deterministic CBOR map (formats/cbor, dcbor), or nothing for types that say so
 * Requests are pipelined; replies may come in any order.
 *
 * For every function of this folder:
 *  - xxx_parse checks form and limits, borrows from its input and refuses with SG_E_MALFORMED only. It fills `ret` in place: after a
 *    refusal the content is indeterminate, and array entries at or beyond n_<array> always are (nothing of 2 kB and more is
 *    cleared per message). Absent optional members come out empty, zero or false.
 *  - xxx_encode of a message appends a whole frame to `buf`; of an intent, operation or record it makes the body alone in the
 *    arena. What the other end would refuse fails here: SG_E_TOO_LARGE, or SG_E_VALUE for too short, missing or out of range.
 *    Texts are taken to be UTF-8. One value has one encoding: optional members are absent when empty, zero or false.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "dcbor.h"

#define WIRE_VERSION 1
#define WIRE_HEADER_LEN 10
#define WIRE_FRAME_MAX ((size_t)128 * 1024)
#define WIRE_MESSAGE_MAX ((size_t)96 * 1024) /* DTBS/R bytes of kind MESSAGE in one packet */
#define WIRE_THUMBPRINT_LEN 32               /* RFC 7638 SHA-256: how keys are named on the wire */
#define WIRE_INTENT_ID_LEN 32
#define WIRE_ID_LEN 16    /* mandates, operators, clients' request nonces, proposals */
#define WIRE_NAME_MAX 128 /* client ids, configuration ids, labels */
#define WIRE_URI_MAX 1024
#define WIRE_WORD_MAX 16     /* roles, environments */
#define WIRE_EVENT_MAX 64    /* names of events and gates */
#define WIRE_FORMAT_MAX 64   /* credential formats */
#define WIRE_REASON_MAX 512  /* an operator's words for the record */
#define WIRE_SOFTWARE_MAX 64 /* a version */
#define WIRE_ORIGIN_MAX 256  /* C2SP checkpoint origin */
#define WIRE_SPKI_MAX 1024   /* RSA 4096 is 550 */
#define WIRE_ALG_MAX 255     /* one byte in dtbs_id */
#define WIRE_LEVEL_MAX 3     /* SIG-8 */
#define WIRE_CODE_MAX 999    /* errors.def */
#define WIRE_IDX_MAX UINT32_MAX
#define WIRE_SEQ_MAX (UINT64_MAX >> 1) /* fits SQL and a JSON reader's int64 */

/* Numbers are never reused. Replies are request + 64. */
enum wire_type {
    WIRE_HELLO = 1,
    WIRE_KEY_INFO = 2,
    WIRE_SEAL = 3,
    WIRE_INTENT_OPEN = 4, /* for persons: a challenge, then SIGN */
    WIRE_SIGN = 5,
    WIRE_INTENT_CANCEL = 6,
    WIRE_ENROL_OPEN = 7,
    WIRE_ENROL_FINISH = 8,
    WIRE_KEY_MAKE = 9,
    WIRE_RECORD_READ = 10,
    WIRE_EVENT_NOTE = 11,
    WIRE_STATUS_ORDER =
        12, /* gateway -> signer: a signed order to change a published status is recorded */
    WIRE_CLIENT_INFO = 13, /* gateway -> signer: a system client's registered key and mandates */
    WIRE_PERSON_INFO = 14, /* gateway, operators -> signer: a person's passkeys and keys */
    WIRE_USES_READ = 15,   /* gateway -> signer: every use of a person's keys */
    WIRE_STATUS_ASK = 20,
    WIRE_FETCH = 21,
    WIRE_DELIVER = 22,
    WIRE_STAMP = 23,
    WIRE_PROPOSE = 30,
    WIRE_APPROVE = 31,
    WIRE_HALT = 32,
    WIRE_AUDIT_READ = 33,
    WIRE_REPLY = 64,    /* added to the request's type */
    WIRE_REFUSED = 255, /* {1: code (errors.def)} ; answers any request */
};

/* "SEAL", also for its reply; NULL for numbers that mean nothing. For logs and the permission table's test. */
const char *wire_type_name(uint8_t type);

struct wire_frame {
    uint8_t type;
    uint64_t request_id;
    sg_bytes body; /* borrowed */
};
/* SG_E_MALFORMED: short, version, unknown type. */
SG_CHECKED sg_result wire_frame_parse(sg_bytes packet, struct wire_frame *ret);
/* Start a frame in buf (max should be WIRE_FRAME_MAX); then write the body. */
void wire_frame_begin(struct sg_buf *buf, uint8_t type, uint64_t request_id);

/* REFUSED */
struct wire_refused {
    uint64_t code;
};
void wire_refused_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_refused *msg);
SG_CHECKED sg_result wire_refused_parse(sg_bytes body, struct wire_refused *ret);

/* "gateway", "courier", "signer", "operator": who is at the other end, checked against the socket's role. */
struct wire_hello {
    sg_str role;        /* 1 */
    sg_str environment; /* 2: "test" or "production"; different ones refuse each other (NET-2) */
    sg_str software;    /* 3: version, for operators */
};
void wire_hello_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_hello *msg);
SG_CHECKED sg_result wire_hello_parse(sg_bytes body, struct wire_hello *ret);
struct wire_hello_reply {
    sg_str environment; /* 1 */
    sg_str software;    /* 2 */
    bool ready;         /* 3: would sign now */
    uint64_t code;      /* 4: why not ready (errors.def), 0 */
    sg_str origin;      /* 5: ledger origin, signer only; may be empty */
};
void wire_hello_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_hello_reply *msg);
SG_CHECKED sg_result wire_hello_reply_parse(sg_bytes body, struct wire_hello_reply *ret);

#endif
