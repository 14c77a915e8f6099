/*
 * Messages on sign.sock about natural persons: enrolment, their passkeys and keys, and signatures that a gesture allows (AU-2, AU-3, AU-4,
 * KEY-2, SIG-1, SIG-3, SIG-8). docs/wire. A person is named by 16 random bytes; who that is, only the gateway's store knows.
 */
#ifndef WIRE_PERSON_H
#define WIRE_PERSON_H

#include "wire_ops.h"

#define WIRE_PASSKEY_ID_MAX 1023 /* WebAuthn: a credential id */
#define WIRE_CLIENT_DATA_MAX ((size_t)8 * 1024)
#define WIRE_AUTH_DATA_MAX ((size_t)8 * 1024)
#define WIRE_ATTESTATION_MAX ((size_t)16 * 1024)
#define WIRE_PASSKEYS_MAX 16    /* of one person, removed ones not counted */
#define WIRE_PERSON_KEYS_MAX 64 /* in one reply; PERSON_INFO asks for the rest */
#define WIRE_USES_MAX 64
#define WIRE_LABEL_MAX \
    64 /* a person's own name for a passkey or key: no personal data is asked for */

/* Passkeys are for logging in or for signing, never for both: a login page could harvest one gesture. */
enum wire_passkey_purpose { WIRE_PASSKEY_LOGIN = 1, WIRE_PASSKEY_SIGN = 2 };
enum wire_passkey_state {
    WIRE_PASSKEY_ACTIVE = 1,
    WIRE_PASSKEY_WAITS = 2, /* for the gesture of an existing one, or, at level 3, for an officer */
    WIRE_PASSKEY_REMOVED = 3,
};
enum wire_person_state {
    WIRE_PERSON_ENROLLING = 1, /* approved, no signing passkey yet */
    WIRE_PERSON_ACTIVE = 2,
    WIRE_PERSON_LOCKED = 3,
    WIRE_PERSON_LEFT = 4,
};

/* INTENT_OPEN: keep this intent, of this person's keys, and make a challenge for it. */
struct wire_intent_open {
    sg_bytes intent; /* 1: encoded; operation PRESENT, KEY_PROOF, REGISTER or REMOVE */
    sg_bytes person; /* 2 */
};
void wire_intent_open_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_intent_open *msg);
SG_CHECKED sg_result wire_intent_open_parse(sg_bytes body, struct wire_intent_open *ret);
struct wire_intent_open_reply {
    sg_bytes intent_id; /* 1: 32 */
    sg_bytes nonce;     /* 2: 32, the signer's: challenge = wire_challenge(intent_id, nonce) */
    int64_t expires_at; /* 3: of challenge and intent, the earlier */
    sg_bytes passkeys[WIRE_PASSKEYS_MAX]; /* 4: credential ids that may answer */
    size_t n_passkeys;
};
void wire_intent_open_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_intent_open_reply *msg);
SG_CHECKED sg_result wire_intent_open_reply_parse(
    sg_bytes body, struct wire_intent_open_reply *ret);

/*
 * SIGN: the first brings the assertion; later ones, before the intent expires, go without and refer to that consent. Each DTBS/R is spent once. For
 * REGISTER and REMOVE nothing is signed: `which` is 1 and the reply has no signature.
 */
struct wire_sign {
    sg_bytes intent_id;               /* 1: 32 */
    uint64_t which;                   /* 2: bit i: DTBS/R i */
    sg_bytes messages[WIRE_DTBS_MAX]; /* 3: of the MESSAGE DTBS/R among them, in order */
    size_t n_messages;
    sg_bytes passkey;            /* 4: credential id; 4 to 7 all or none */
    sg_bytes client_data;        /* 5: clientDataJSON as the browser gave it */
    sg_bytes authenticator_data; /* 6 */
    sg_bytes assertion;          /* 7: the signature as the authenticator gave it (DER for ECDSA) */
};
void wire_sign_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_sign *msg);
SG_CHECKED sg_result wire_sign_parse(sg_bytes body, struct wire_sign *ret);
struct wire_sign_reply {
    sg_bytes signatures
        [WIRE_DTBS_MAX]; /* 1: JWS form, in the order of the bits; none for REGISTER, REMOVE */
    size_t n_signatures;
    uint64_t consent_seq; /* 2 */
    uint64_t outcome_seq; /* 3 */
    int64_t signed_at;    /* 4 */
};
void wire_sign_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_sign_reply *msg);
SG_CHECKED sg_result wire_sign_reply_parse(sg_bytes body, struct wire_sign_reply *ret);

/* INTENT_CANCEL: the person said no, or nobody waits any more. Reply: wire_noted (the record; 0 when only counted). */
enum wire_cancel { WIRE_CANCEL_REFUSED = 1, WIRE_CANCEL_DROPPED = 2 };
struct wire_intent_cancel {
    sg_bytes intent_id; /* 1: 32 */
    uint64_t reason;    /* 2: enum wire_cancel */
};
void wire_intent_cancel_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_intent_cancel *msg);
SG_CHECKED sg_result wire_intent_cancel_parse(sg_bytes body, struct wire_intent_cancel *ret);

/*
 * ENROL_OPEN: begin a registration. With link and code: of an enrolment that two operators approved, one passkey of each purpose. With `person`: a
 * further passkey, which then waits for a gesture of an existing signing one (an intent REGISTER).
 */
struct wire_enrol_open {
    sg_bytes link;    /* 1: optional 32 */
    sg_str code;      /* 2: optional, with 1 */
    sg_bytes person;  /* 3: optional 16, instead of 1 and 2 */
    uint64_t purpose; /* 4: enum wire_passkey_purpose */
};
void wire_enrol_open_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_enrol_open *msg);
SG_CHECKED sg_result wire_enrol_open_parse(sg_bytes body, struct wire_enrol_open *ret);
struct wire_enrol_open_reply {
    sg_bytes session;   /* 1: 16, names this registration; single use */
    sg_bytes person;    /* 2 */
    sg_bytes challenge; /* 3: 32 */
    sg_bytes
        user_handle; /* 4: 32; differs by purpose, so that one authenticator can hold both passkeys */
    uint64_t level;                       /* 5: 3: attestation is wanted */
    int64_t expires_at;                   /* 6 */
    sg_bytes passkeys[WIRE_PASSKEYS_MAX]; /* 7: credential ids to exclude: those of this purpose */
    size_t n_passkeys;
    uint64_t
        missing; /* 8: sum of the purposes this enrolment has no passkey for yet, this one included; 0: a further passkey */
};
void wire_enrol_open_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_enrol_open_reply *msg);
SG_CHECKED sg_result wire_enrol_open_reply_parse(sg_bytes body, struct wire_enrol_open_reply *ret);

/* ENROL_FINISH: what navigator.credentials.create() gave. */
struct wire_enrol_finish {
    sg_bytes session;     /* 1 */
    sg_bytes client_data; /* 2 */
    sg_bytes attestation; /* 3: attestation object */
    sg_str label;         /* 4: optional */
};
void wire_enrol_finish_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_enrol_finish *msg);
SG_CHECKED sg_result wire_enrol_finish_parse(sg_bytes body, struct wire_enrol_finish *ret);
struct wire_enrol_finish_reply {
    sg_bytes person;  /* 1 */
    sg_bytes passkey; /* 2: credential id */
    sg_bytes
        thumbprint; /* 3: RFC 7638, of its public key: `key` of a REGISTER intent; its first bytes are the fingerprint people compare */
    uint64_t alg;   /* 4 */
    uint64_t state; /* 5: enum wire_passkey_state */
    bool attested;  /* 6: by a root the signer was configured with */
    uint64_t seq;   /* 7: ledger sequence of its event; 0 while it waits for a gesture */
    sg_bytes digest; /* 8: optional: DTBS/R of the REGISTER intent it waits for */
};
void wire_enrol_finish_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_enrol_finish_reply *msg);
SG_CHECKED sg_result wire_enrol_finish_reply_parse(
    sg_bytes body, struct wire_enrol_finish_reply *ret);

/* KEY_MAKE: a holder key for this person, wrapped, as many as the enrolment allows (KEY-2, KEY-8). Repeating `unique` gives the same key. */
struct wire_key_make {
    sg_bytes person; /* 1 */
    uint64_t alg;    /* 2 */
    uint64_t level;  /* 3: 2 or 3, at most the person's */
    sg_bytes unique; /* 4: 16 random bytes */
};
void wire_key_make_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_key_make *msg);
SG_CHECKED sg_result wire_key_make_parse(sg_bytes body, struct wire_key_make *ret);
struct wire_key_make_reply {
    sg_bytes key;   /* 1 */
    uint64_t alg;   /* 2 */
    sg_bytes spki;  /* 3 */
    uint64_t level; /* 4 */
    uint64_t seq;   /* 5 */
};
void wire_key_make_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_key_make_reply *msg);
SG_CHECKED sg_result wire_key_make_reply_parse(sg_bytes body, struct wire_key_make_reply *ret);

/* PERSON_INFO: by exactly one of person, passkey, key and next. */
struct wire_person_info {
    sg_bytes person;  /* 1: optional */
    sg_bytes passkey; /* 2: optional credential id */
    sg_bytes key;     /* 3: optional thumbprint of a holder key */
    sg_bytes after;   /* 4: optional: keys after this thumbprint */
    sg_bytes
        next; /* 5: optional 16, operators only: the first person after this id; zeros: the very first */
};
void wire_person_info_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_person_info *msg);
SG_CHECKED sg_result wire_person_info_parse(sg_bytes body, struct wire_person_info *ret);
struct wire_passkey {
    sg_bytes id;          /* 1: credential id */
    sg_bytes thumbprint;  /* 2 */
    uint64_t purpose;     /* 3 */
    uint64_t state;       /* 4 */
    uint64_t alg;         /* 5 */
    sg_bytes spki;        /* 6 */
    bool backup_eligible; /* 7: may be synced */
    bool attested;        /* 8 */
    sg_bytes aaguid;      /* 9: 16 */
    uint64_t sign_count;  /* 10 */
    sg_str label;         /* 11: may be empty */
    int64_t created_at;   /* 12 */
};
struct wire_holder_key {
    sg_bytes key;       /* 1 */
    uint64_t alg;       /* 2 */
    sg_bytes spki;      /* 3 */
    uint64_t level;     /* 4 */
    uint64_t state;     /* 5: enum wire_key_state */
    int64_t created_at; /* 6 */
};
struct wire_person_info_reply {
    sg_bytes person;                                 /* 1 */
    uint64_t state;                                  /* 2: enum wire_person_state */
    uint64_t level;                                  /* 3 */
    uint64_t keys_max;                               /* 4 */
    struct wire_passkey passkeys[WIRE_PASSKEYS_MAX]; /* 5: not removed ones */
    size_t n_passkeys;
    struct wire_holder_key keys[WIRE_PERSON_KEYS_MAX]; /* 6: in thumbprint order */
    size_t n_keys;
    bool more; /* 7: there are further keys */
};
void wire_person_info_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_person_info_reply *msg);
SG_CHECKED sg_result wire_person_info_reply_parse(
    sg_bytes body, struct wire_person_info_reply *ret);

/* USES_READ: every use of a person's keys, newest first (the activity page). */
struct wire_uses_read {
    sg_bytes person; /* 1 */
    uint64_t before; /* 2: ledger sequence; 0: from the newest */
    uint64_t n;      /* 3: 1..64 */
};
void wire_uses_read_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_uses_read *msg);
SG_CHECKED sg_result wire_uses_read_parse(sg_bytes body, struct wire_uses_read *ret);
struct wire_use {
    uint64_t seq;       /* 1: of the CONSENT */
    int64_t at_ms;      /* 2 */
    uint64_t operation; /* 3 */
    sg_bytes key;       /* 4: thumbprint */
    sg_bytes passkey;   /* 5: thumbprint of the passkey that allowed it */
    sg_bytes intent_id; /* 6 */
    uint64_t outcome;   /* 7: enum wire_outcome_kind; 0: none yet */
    sg_str format;      /* 8: of the intent */
    sg_str type;        /* 9 */
    uint64_t n;         /* 10: DTBS/R signed */
};
struct wire_uses_reply {
    struct wire_use uses[WIRE_USES_MAX]; /* 1 */
    size_t n_uses;
};
void wire_uses_reply_encode(
    struct sg_buf *buf, uint64_t request_id, const struct wire_uses_reply *msg);
SG_CHECKED sg_result wire_uses_reply_parse(sg_bytes body, struct wire_uses_reply *ret);

#endif
