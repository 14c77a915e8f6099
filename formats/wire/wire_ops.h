/*
 * Messages on ops.sock: `sealgate` -> signer. Operations change policy; each carries an operator's signature, and those under dual control
 * wait for a second operator (KEY-8, AU-8). The signature counts, not the socket.
 */
#ifndef WIRE_OPS_H
#define WIRE_OPS_H

#include "wire_sign.h"

/* Roles are bits; roles that check each other are not given to one person (AU-1). */
enum wire_role {
    WIRE_ROLE_KEY_CUSTODIAN = 1,
    WIRE_ROLE_REGISTRATION = 2,
    WIRE_ROLE_AUDITOR = 4,
    WIRE_ROLE_ADMINISTRATOR = 8
};

#define WIRE_ROLES_ALL 15
#define WIRE_OPERATION_MAX ((size_t)40 * 1024) /* four certificates are the largest */
#define WIRE_KEYS_AT_ONCE_MAX 1000
#define WIRE_ENROL_VALID_MAX_S (30 * 86400)
#define WIRE_ENROL_CODE_MAX 32 /* the code that is delivered apart from the link */
#define WIRE_SECRET_LEN 32     /* of an enrolment link */

enum wire_op_kind {
    WIRE_OPN_KEY_GENERATE = 1, /* label, alg, purpose, level, wrapped, count */
    WIRE_OPN_KEY_STATE =
        2, /* key, state: ACTIVE resumes (dual), SUSPENDED (one operator), REVOKED, DESTROYED (dual) */
    WIRE_OPN_KEY_CERTIFY =
        3, /* key, chain: certificate chain installation, correspondence is checked (KEY-4) */
    WIRE_OPN_KEY_STATUS = 4,   /* key, ref: the key's own status reference */
    WIRE_OPN_CLIENT_SET = 5,   /* client, alg, spki, active */
    WIRE_OPN_MANDATE_SET = 6,  /* mandate */
    WIRE_OPN_OPERATOR_SET = 7, /* operator name, person, roles, alg, spki, active */
    WIRE_OPN_RESUME = 8,       /* ends a halt (dual); key optional */
    WIRE_OPN_LEDGER_ACCEPT =
        9, /* accept a ledger head that the anchor does not match, or a clock jump (dual) */
    /*
     * Persons (AU-2). ENROL makes a link and a code: for a new subject, or for one that lost its passkeys (recovery: usable only from not_before on, after
     * the signer's waiting time). `level`: highest assurance level of its keys; `count`: how many keys it may hold in all.
     */
    WIRE_OPN_PERSON_ENROL = 10, /* subject, level, count, valid_s */
    WIRE_OPN_PERSON_STATE =
        11, /* subject, state: SUSPENDED locks (one operator), ACTIVE unlocks, DESTROYED: left, all keys destroyed */
    WIRE_OPN_PASSKEY_STATE =
        12, /* subject, key (thumbprint of the passkey), state: ACTIVE confirms it (level 3), DESTROYED removes it */
};

/* One operation. Only the members of its kind are set; the rest stay empty and are not encoded. */
struct wire_operation_msg {
    uint64_t kind;                  /* 1 */
    sg_bytes unique;                /* 2: 16 random bytes */
    int64_t proposed_at;            /* 3 */
    int64_t expires_at;             /* 4: a proposal not approved by then is void; at most 7 days */
    sg_str reason;                  /* 5: for the record, no personal data; may be empty */
    sg_str name;                    /* 6: label / client id / operator name */
    sg_bytes key;                   /* 7: thumbprint */
    uint64_t alg;                   /* 8 */
    uint64_t purpose;               /* 9 */
    uint64_t level;                 /* 10 */
    bool wrapped;                   /* 11 */
    uint64_t count;                 /* 12: KEY_GENERATE: how many (1..1000) */
    uint64_t state;                 /* 13 */
    sg_bytes chain[WIRE_CERTS_MAX]; /* 14 */
    size_t n_chain;
    struct wire_ref ref;         /* 15 */
    sg_bytes spki;               /* 16 */
    bool active;                 /* 17 */
    struct wire_mandate mandate; /* 18: MANDATE_SET */
    uint64_t roles;              /* 19 */
    sg_str person;    /* 20: pseudonym of the natural person: two keys of one person are one vote */
    sg_bytes subject; /* 21: 16 random bytes: a holder */
    uint64_t
        valid_s; /* 22: how long the link of an enrolment lives once approved; at most 30 days */
};
SG_CHECKED sg_result wire_operation_encode(
    struct sg_arena *arena, const struct wire_operation_msg *op, sg_bytes *ret);
SG_CHECKED sg_result wire_operation_parse(sg_bytes in, struct wire_operation_msg *ret);
/* SHA-256("sealgate/operation-id/v1" 00 bytes): how a proposal is named (first 16 bytes are shown to people in hex). */
void wire_operation_id(sg_bytes operation, uint8_t ret[SG_SHA256_LEN]);

/* PROPOSE: signature of `operator` over WIRE_TAG_OPERATION || 00 || operation. */
struct wire_propose {
    sg_bytes operation; /* 1 */
    sg_str operator_;   /* 2: operator name */
    sg_bytes signature; /* 3 */
};
void wire_propose_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_propose *msg);
SG_CHECKED sg_result wire_propose_parse(sg_bytes body, struct wire_propose *ret);

/* APPROVE: signature over WIRE_TAG_APPROVAL || 00 || operation id (32 bytes). */
struct wire_approve {
    sg_bytes operation_id; /* 1: 32 */
    sg_str operator_;      /* 2 */
    sg_bytes signature;    /* 3 */
};
void wire_approve_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_approve *msg);
SG_CHECKED sg_result wire_approve_parse(sg_bytes body, struct wire_approve *ret);

/* Reply to PROPOSE and APPROVE. */
struct wire_operation_reply {
    sg_bytes operation_id;        /* 1 */
    bool applied;                 /* 2: false: waits for another operator */
    uint64_t seq;                 /* 3: ledger sequence of the event, 0 while waiting */
    sg_bytes keys[WIRE_DTBS_MAX]; /* 4: thumbprints made by KEY_GENERATE (the first 64) */
    size_t n_keys;
    sg_bytes
        link; /* 5: PERSON_ENROL, once applied: 32 bytes that go into the enrolment link, told to nobody else */
    sg_str code; /* 6: with it: to be delivered another way */
};
void wire_operation_reply_encode(struct sg_buf *buf, uint8_t request_type, uint64_t request_id,
    const struct wire_operation_reply *msg);
SG_CHECKED sg_result wire_operation_reply_parse(sg_bytes body, struct wire_operation_reply *ret);

/* HALT: one operator; durable; answered when nothing is in flight. Signature over WIRE_TAG_OPERATION || 00 || "halt" || key || at (8 bytes BE). */
struct wire_halt {
    sg_bytes key;       /* 1: optional thumbprint; absent: everything */
    sg_str operator_;   /* 2 */
    int64_t at;         /* 3: within 5 minutes of the signer's clock */
    sg_bytes signature; /* 4 */
};
SG_CHECKED sg_result wire_halt_signed_bytes(
    struct sg_arena *arena, const struct wire_halt *msg, sg_bytes *ret);
void wire_halt_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_halt *msg);
SG_CHECKED sg_result wire_halt_parse(sg_bytes body, struct wire_halt *ret);

/* AUDIT_READ: entries, blinds and bodies in sequence order, as many as fit in a frame. */
struct wire_audit_read {
    uint64_t from; /* 1 */
    uint64_t n;    /* 2: at most 256 */
};
void wire_audit_read_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_audit_read *msg);
SG_CHECKED sg_result wire_audit_read_parse(sg_bytes body, struct wire_audit_read *ret);
#define WIRE_AUDIT_MAX 256
struct wire_audit_reply {
    uint64_t size;                                         /* 1: records in the ledger */
    struct wire_record_read_reply records[WIRE_AUDIT_MAX]; /* 2 */
    size_t n_records;
};
void wire_audit_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_audit_reply *msg);
SG_CHECKED sg_result wire_audit_reply_parse(sg_bytes body, struct wire_audit_reply *ret);

#endif
