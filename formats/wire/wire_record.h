/*
 * What the ledger keeps (EV-1, SIG-5): tree entries and record bodies. docs/evidence. A schema version goes first and is never reused.
 * The leaf's entry is {1: version, 2: type, 3: time ms, 4: SHA-256(blind32 || body)}: neither digest nor dtbs_id stands in it.
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include "wire_ops.h"
#include "wire_person.h"
#include "wire_status.h"

#define WIRE_RECORD_VERSION 1
#define WIRE_CLOSED_VERSION 2 /* of CONSENT and REFUSAL: what tells persons apart is closed */
#define WIRE_ATTRIBUTES_MAX ((size_t)16 * 1024) /* what a token answers about one key */

enum wire_record_type {
    WIRE_REC_GENESIS = 1, /* leaf 0: origin, log key, environment, first operators */
    WIRE_REC_CONSENT = 2,
    WIRE_REC_OUTCOME = 3,
    WIRE_REC_REFUSAL = 4,
    WIRE_REC_KEY_EVENT = 5,
    WIRE_REC_POLICY_EVENT = 6,
    WIRE_REC_NOTED_EVENT = 7,
    WIRE_REC_STATUS_ORDER = 8,
    WIRE_REC_PERSON_EVENT = 9,
};

struct wire_entry {
    uint64_t type;
    int64_t at_ms;
    sg_bytes body_hash; /* 32 */
};
SG_CHECKED sg_result wire_entry_encode(
    struct sg_arena *arena, const struct wire_entry *entry, sg_bytes *ret);
SG_CHECKED sg_result wire_entry_parse(sg_bytes in, struct wire_entry *ret);
void wire_body_hash(sg_bytes blind, sg_bytes body, uint8_t ret[SG_SHA256_LEN]);

/* One status evidence as seen by the gate. */
struct wire_seen {
    struct wire_ref ref;                /* 1 (array), then the verdict's members */
    struct wire_status_verdict verdict; /* 2 (map) */
};

enum wire_activation {
    WIRE_ACT_MANDATE = 1,
    WIRE_ACT_INSTRUCTION = 2,
    WIRE_ACT_PASSKEY = 3,
    WIRE_ACT_QUORUM = 4
};

/* Everything that lets anyone check a person's gesture again (AU-4). */
struct wire_gesture {
    sg_bytes nonce;              /* 1: the signer's: challenge = wire_challenge(intent id, nonce) */
    sg_bytes spki;               /* 2: public key of the passkey */
    sg_bytes passkey_hash;       /* 3: SHA-256 of its credential id */
    uint64_t passkey_seq;        /* 4: ledger sequence of the event that registered it */
    sg_bytes client_data;        /* 5 */
    sg_bytes authenticator_data; /* 6 */
    sg_bytes assertion;          /* 7: as the authenticator gave it */
    sg_str origin;               /* 8: the one of ours that the client data names */
    sg_str rp_id;                /* 9 */
    bool counter_fault; /* 10: the counter went back: level 2, in ledgers of earlier versions */
};

/* CONSENT: who agreed to what, with which approval, on what status (SIG-5, consent-record checklist 3). */
struct wire_consent {
    sg_bytes intent;                      /* 2: the intent's bytes */
    uint64_t activation;                  /* 3: enum wire_activation */
    sg_bytes mandate_id;                  /* 4 */
    uint64_t mandate_seq;                 /* 5: ledger sequence of the event that set the mandate */
    uint64_t mandate_used;                /* 6: uses in the window, this one included */
    sg_bytes instruction;                 /* 7: optional */
    sg_bytes instruction_signature;       /* 8: optional */
    sg_bytes client_key;                  /* 9: thumbprint of the client's key that authorises */
    struct wire_seen seen[WIRE_REFS_MAX]; /* 10 */
    size_t n_seen;
    sg_bytes certificate; /* 11: SHA-256 of the leaf certificate; optional */
    uint64_t level;       /* 12 */
    int64_t at_ms;        /* 13: the signer's clock */
    uint64_t key_seq;     /* 14: ledger sequence of the event that made the key's present state */
    sg_str software;      /* 15 */
    sg_bytes spki;        /* 16: the key's public part, so that the bundle stands alone */
    struct wire_gesture
        gesture; /* 17: activation PASSKEY, in the consent that the gesture came with */
    uint64_t
        which; /* 18: activation PASSKEY: bit i: DTBS/R i of the intent is what this consent is for */
    uint64_t
        first_seq; /* 19: of the consent that holds the gesture, when this is a later SIGN of the same intent */
    sg_bytes more_spki[WIRE_MORE_KEYS_MAX]; /* 20: of the intent's further keys, in their order */
    size_t n_more_spki;
    /*
     * 21: version 2, activation PASSKEY: commitment to what is closed (wire_closed.h). `intent` is then the shown half, and key_seq and gesture are empty until
     * wire_consent_open.
     */
    sg_bytes closed;
    sg_bytes shown; /* no member: the intent as the record has it, before and after opening */
    bool opened;    /* no member */
};
/* Version 2 with a commitment, version 1 without. */
SG_CHECKED sg_result wire_consent_encode(
    struct sg_arena *arena, const struct wire_consent *rec, sg_bytes *ret);
SG_CHECKED sg_result wire_consent_parse(sg_bytes in, struct wire_consent *ret);

enum wire_outcome_kind {
    WIRE_OUT_SIGNED = 1,
    WIRE_OUT_FAILED = 2,
    WIRE_OUT_UNKNOWN = 3,
    WIRE_OUT_WITHHELD = 4
};
struct wire_outcome {
    uint64_t consent_seq;                     /* 2 */
    uint64_t kind;                            /* 3 */
    sg_bytes signature_hashes[WIRE_DTBS_MAX]; /* 4: wire_signature_hash of each */
    size_t n_signature_hashes;
    uint64_t code; /* 5: for FAILED and WITHHELD */
    int64_t at_ms; /* 6 */
};
SG_CHECKED sg_result wire_outcome_encode(
    struct sg_arena *arena, const struct wire_outcome *rec, sg_bytes *ret);
SG_CHECKED sg_result wire_outcome_parse(sg_bytes in, struct wire_outcome *ret);

/* REFUSAL after a valid activation: misuse and outage stay visible. */
struct wire_refusal {
    sg_bytes intent;                      /* 2 */
    sg_bytes mandate_id;                  /* 3 */
    uint64_t code;                        /* 4 */
    sg_str gate;                          /* 5 */
    struct wire_seen seen[WIRE_REFS_MAX]; /* 6 */
    size_t n_seen;
    int64_t at_ms;         /* 7 */
    sg_bytes passkey_hash; /* 8: optional: the gesture was valid and its passkey this one */
    sg_bytes closed;       /* 9: version 2, of a gesture: as in CONSENT */
};
SG_CHECKED sg_result wire_refusal_encode(
    struct sg_arena *arena, const struct wire_refusal *rec, sg_bytes *ret);
SG_CHECKED sg_result wire_refusal_parse(sg_bytes in, struct wire_refusal *ret);

/* KEY_EVENT and POLICY_EVENT: an applied operation with both operators' signatures, or an event of the signer's own (operation empty). */
struct wire_policy_event {
    sg_bytes operation;          /* 2: optional */
    sg_str proposer;             /* 3 */
    sg_bytes proposer_signature; /* 4 */
    sg_str approver;             /* 5 */
    sg_bytes approver_signature; /* 6 */
    sg_str
        event; /* 7: word of the fixed list: "key-created", "key-suspended", "mandate-set", "halted", "resumed", ... */
    sg_bytes key; /* 8: optional thumbprint */
    sg_bytes
        attributes; /* 9: optional: what the token answered after generation (evidence for KEY-2) */
    int64_t at_ms;  /* 10 */
};
SG_CHECKED sg_result wire_policy_event_encode(
    struct sg_arena *arena, const struct wire_policy_event *rec, sg_bytes *ret);
SG_CHECKED sg_result wire_policy_event_parse(sg_bytes in, struct wire_policy_event *ret);

/* PERSON_EVENT: what happened to a person's account, passkeys and keys. No name, no address: the person is 16 random bytes. req: AU-2, KEY-6 */
struct wire_person_event {
    sg_str
        event; /* 2: "enrolment-approved", "enrolment-locked", "passkey-registered", "passkey-confirmed", "passkey-removed", "key-made",
                     "key-destroyed", "person-locked", "person-unlocked", "person-left", "intent-refused", "counter-fault" */
    sg_bytes person;       /* 3 */
    sg_bytes operation_id; /* 4: optional: of the operation two operators approved */
    uint64_t consent_seq;  /* 5: optional: of the REGISTER or REMOVE intent's consent */
    sg_bytes passkey;      /* 6: optional: credential id */
    sg_bytes spki;         /* 7: optional: of the passkey or key */
    sg_bytes client_data;  /* 8: optional: kept as evidence of the registration */
    sg_bytes attestation;  /* 9: optional */
    uint64_t purpose;      /* 10: optional: enum wire_passkey_purpose */
    uint64_t level;        /* 11: optional */
    bool attested;         /* 12: optional */
    sg_bytes key;          /* 13: optional: thumbprint */
    sg_bytes intent_id;    /* 14: optional */
    sg_bytes attributes;   /* 15: optional: what the token answered after generation */
    int64_t at_ms;         /* 16 */
};
SG_CHECKED sg_result wire_person_event_encode(
    struct sg_arena *arena, const struct wire_person_event *rec, sg_bytes *ret);
SG_CHECKED sg_result wire_person_event_parse(sg_bytes in, struct wire_person_event *ret);

/* NOTED_EVENT and STATUS_ORDER. */
struct wire_noted_event {
    sg_str kind;        /* 2 */
    sg_bytes body;      /* 3: STATUS_ORDER: the order */
    sg_bytes signature; /* 4: STATUS_ORDER: the orderer's; otherwise empty */
    int64_t at_ms;      /* 5 */
    uint64_t count; /* 6: how many this record stands for (1, or more when a budget was exceeded) */
};
SG_CHECKED sg_result wire_noted_event_encode(
    struct sg_arena *arena, const struct wire_noted_event *rec, sg_bytes *ret);
SG_CHECKED sg_result wire_noted_event_parse(sg_bytes in, struct wire_noted_event *ret);

/* GENESIS */
struct wire_genesis {
    sg_str origin;      /* 2 */
    sg_bytes log_key;   /* 3: Ed25519, 32 bytes */
    sg_str environment; /* 4 */
    sg_bytes operators; /* 5: encoded array of the first operators' OPERATOR_SET operations */
    int64_t at_ms;      /* 6 */
};
SG_CHECKED sg_result wire_genesis_encode(
    struct sg_arena *arena, const struct wire_genesis *rec, sg_bytes *ret);
SG_CHECKED sg_result wire_genesis_parse(sg_bytes in, struct wire_genesis *ret);

#endif
