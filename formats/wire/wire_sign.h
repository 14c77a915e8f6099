/* Messages on sign.sock: gateway -> signer. docs/wire. Optional members are absent, never null. */
#ifndef WIRE_SIGN_H
#define WIRE_SIGN_H

#include "wire_intent.h"

#define WIRE_SIG_MAX 512
#define WIRE_CERTS_MAX 4
#define WIRE_CERT_MAX ((size_t)8 * 1024)
#define WIRE_NOTE_MAX 2048 /* body of an event note */
#define WIRE_WINDOW_MAX_S (31 * 86400)

/* What RECORD_READ and AUDIT_READ carry (wire_record.h says what is inside). */
#define WIRE_BLIND_LEN 32
#define WIRE_ENTRY_MAX 128
#define WIRE_BODY_MAX ((size_t)60 * 1024)
#define WIRE_CLOSED_MAX ((size_t)24 * 1024) /* a gesture's largest parts are 17 KiB */

/* KEY_INFO: one key by thumbprint, or, with an empty `key`, the first key after `after` in thumbprint order (NOT_FOUND at the end). */
struct wire_key_info {
    sg_bytes key;   /* 1: optional, 32 */
    sg_bytes after; /* 2: optional, 32 (all zero: from the start) */
};
void wire_key_info_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_key_info *msg);
SG_CHECKED sg_result wire_key_info_parse(sg_bytes body, struct wire_key_info *ret);

enum wire_key_state {
    WIRE_KEY_CREATED = 1,
    WIRE_KEY_ACTIVE = 2,
    WIRE_KEY_SUSPENDED = 3,
    WIRE_KEY_REVOKED = 4,
    WIRE_KEY_EXPIRED = 5,
    WIRE_KEY_DESTROYED = 6,
};
enum wire_key_purpose {
    WIRE_PURPOSE_SEAL = 1,
    WIRE_PURPOSE_STATUS_LIST = 2,
    WIRE_PURPOSE_HOLDER = 3,
    WIRE_PURPOSE_LOG = 4,
    WIRE_PURPOSE_METADATA = 5
};
struct wire_key_info_reply {
    sg_bytes key;                   /* 1 */
    uint64_t alg;                   /* 2: enum jose_alg_id */
    sg_bytes spki;                  /* 3: DER SubjectPublicKeyInfo */
    uint64_t state;                 /* 4 */
    uint64_t purpose;               /* 5 */
    uint64_t level;                 /* 6: 1..3 */
    bool resident;                  /* 7: in the token; false: wrapped */
    sg_str label;                   /* 8: "seal-es256"; the gateway's settings name keys by label */
    sg_bytes chain[WIRE_CERTS_MAX]; /* 9: certificates, leaf first; may be empty */
    size_t n_chain;
    struct wire_ref status; /* 10: the key's own status reference; uri empty if none */
    int64_t created_at;     /* 11 */
    sg_bytes person;        /* 12: a holder key's owner; empty otherwise */
};
void wire_key_info_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_key_info_reply *msg);
SG_CHECKED sg_result wire_key_info_reply_parse(sg_bytes body, struct wire_key_info_reply *ret);

/* SEAL: open, gate and sign in one round trip. */
struct wire_seal {
    sg_bytes intent;  /* 1: encoded intent */
    sg_bytes mandate; /* 2: 16 bytes */
    sg_bytes
        messages[WIRE_DTBS_MAX]; /* 3: the bytes of MESSAGE DTBS/R, in order; absent for PREHASH */
    size_t n_messages;
    sg_bytes instruction;           /* 4: optional encoded instruction (level 2 and up) */
    sg_bytes instruction_signature; /* 5: with 4 */
};
void wire_seal_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_seal *msg);
SG_CHECKED sg_result wire_seal_parse(sg_bytes body, struct wire_seal *ret);
struct wire_seal_reply {
    sg_bytes signatures[WIRE_DTBS_MAX]; /* 1: JWS form, one per DTBS/R */
    size_t n_signatures;
    uint64_t consent_seq; /* 2: ledger sequence of the consent record */
    uint64_t outcome_seq; /* 3 */
    int64_t signed_at;    /* 4 */
};
void wire_seal_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_seal_reply *msg);
SG_CHECKED sg_result wire_seal_reply_parse(sg_bytes body, struct wire_seal_reply *ret);

/*
 * RECORD_READ: a ledger record by sequence, or the CONSENT of a signature by its hash. What is closed in it (wire_closed.h) comes along on ops.sock always, on
 * sign.sock for who names the person whose record it is.
 */
struct wire_record_read {
    uint64_t seq;            /* 1: 0 if by hash */
    sg_bytes signature_hash; /* 2: optional 32 */
    sg_bytes person;         /* 3: optional 16 */
};
void wire_record_read_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_record_read *msg);
SG_CHECKED sg_result wire_record_read_parse(sg_bytes body, struct wire_record_read *ret);
struct wire_record_read_reply {
    uint64_t seq;         /* 1: sequence = leaf index in the tree */
    sg_bytes entry;       /* 2: the tree entry (wire_record.h) */
    sg_bytes blind;       /* 3: 32; empty when erased */
    sg_bytes body;        /* 4: record body; empty when erased */
    uint64_t outcome_seq; /* 5: for a CONSENT: its outcome's sequence, 0 if none yet */
    sg_bytes salt;        /* 6: optional 32: opens the commitment, with `closed` */
    sg_bytes closed;      /* 7: optional; both empty when erased, or not for the asker */
};
void wire_record_read_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_record_read_reply *msg);
SG_CHECKED sg_result wire_record_read_reply_parse(
    sg_bytes body, struct wire_record_read_reply *ret);

/* EVENT_NOTE: something the gateway wants kept (logins, settings). Limited in rate and size per kind. Reply: empty map. */
struct wire_event_note {
    sg_str kind;   /* 1: from a fixed list: "login", "settings", "client-auth", "start", "stop" */
    sg_bytes body; /* 2: deterministic CBOR, at most 2048 bytes, no personal data */
};
void wire_event_note_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_event_note *msg);
SG_CHECKED sg_result wire_event_note_parse(sg_bytes body, struct wire_event_note *ret);

/* STATUS_ORDER: recorded after its signature is verified with the orderer's registered key. Reply: record_reply. */
struct wire_status_order_note {
    sg_bytes order;     /* 1: encoded wire_status_order */
    sg_bytes signature; /* 2: JWS form over WIRE_TAG_STATUS_ORDER */
};
void wire_status_order_note_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_status_order_note *msg);
SG_CHECKED sg_result wire_status_order_note_parse(
    sg_bytes body, struct wire_status_order_note *ret);
/* Reply of EVENT_NOTE and STATUS_ORDER: where it stands in the ledger. */
struct wire_noted {
    uint64_t seq; /* 1: 0 when only counted */
};
void wire_noted_encode(
    struct sg_buf *buf, uint8_t request_type, uint64_t request_id, const struct wire_noted *msg);
SG_CHECKED sg_result wire_noted_parse(sg_bytes body, struct wire_noted *ret);

/* CLIENT_INFO: what the signer's registry knows of a system client. With an empty id: the first after `after`. */
#define WIRE_MANDATES_MAX 32
#define WIRE_CONFIGURATIONS_MAX 32
struct wire_client_info {
    sg_str client; /* 1: optional */
    sg_str after;  /* 2: optional */
};
void wire_client_info_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_client_info *msg);
SG_CHECKED sg_result wire_client_info_parse(sg_bytes body, struct wire_client_info *ret);
/* A standing mandate (AU-8). */
struct wire_mandate {
    sg_bytes id;                                    /* 1: 16 */
    sg_str client;                                  /* 2 */
    sg_bytes key;                                   /* 3: thumbprint */
    uint64_t operation;                             /* 4: enum wire_operation it covers */
    sg_str configurations[WIRE_CONFIGURATIONS_MAX]; /* 5 */
    size_t n_configurations;
    uint64_t count;     /* 6: signatures per window; 0 revokes the mandate */
    uint64_t window_s;  /* 7: 1..31 days */
    int64_t not_before; /* 8 */
    int64_t not_after;  /* 9 */
};
void wire_mandate_put(struct sg_buf *buf, const struct wire_mandate *mandate); /* the map alone */
/*
 * Number of the window of time `at` (UTC seconds), counted from the epoch, when `last` was counted last: a time up to 10 s before `last` is of
 * `last` too, since a clock that steps back by seconds must not open a window again. Signer and verifiers count alike by it.
 */
uint64_t wire_mandate_window(const struct wire_mandate *mandate, uint64_t last, int64_t at);
void wire_mandate_read(struct dcbor_rd *map, struct wire_mandate *ret); /* reads to the map's end */
struct wire_client_info_reply {
    sg_str client; /* 1 */
    uint64_t alg;  /* 2 */
    sg_bytes
        spki; /* 3: its registered public key; empty for "gateway", which signs nothing itself (alg 0) */
    bool active; /* 4 */
    struct wire_mandate mandates
        [WIRE_MANDATES_MAX]; /* 5: only id, key, operation, configurations, not_after are of use to the gateway */
    size_t n_mandates;
};
void wire_client_info_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_client_info_reply *msg);
SG_CHECKED sg_result wire_client_info_reply_parse(
    sg_bytes body, struct wire_client_info_reply *ret);

#endif
