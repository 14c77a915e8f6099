/*
 * Intent: what somebody is asked to agree to, in one encoding, so that it can be hashed, signed over and kept.
 * ARCHITECTURE "Intent", docs/wire "Intent". Deterministic CBOR map; numbers below are its keys.
 */
#ifndef WIRE_INTENT_H
#define WIRE_INTENT_H

#include "sg_hash.h"
#include "wire_frame.h"

#define WIRE_INTENT_MAX ((size_t)32 * 1024)
#define WIRE_INSTRUCTION_MAX 1024
#define WIRE_INSTRUCTION_USES_MAX 10000
#define WIRE_STATUS_ORDER_MAX 2048
#define WIRE_DTBS_MAX 64
#define WIRE_REFS_MAX 64
#define WIRE_DIGEST_MAX 64
#define WIRE_MORE_KEYS_MAX (WIRE_DTBS_MAX - 1)

enum wire_operation {
    WIRE_OP_SEAL_CREDENTIAL = 1,
    WIRE_OP_PRESENT = 2,
    WIRE_OP_KEY_PROOF = 3,
    WIRE_OP_REGISTER = 4, /* a further passkey: nothing is signed with a key of ours */
    WIRE_OP_STATUS_LIST = 5,
    WIRE_OP_METADATA = 6,
    WIRE_OP_REMOVE = 7, /* take a passkey out of use: likewise */
};
enum wire_dtbs_kind { WIRE_PREHASH = 1, WIRE_MESSAGE_KIND = 2 };

/* One DTBS/R. PREHASH: digest of the signing input by the algorithm's hash. MESSAGE: SHA-512 of the message (EdDSA). */
struct wire_dtbs {
    uint64_t kind; /* 1 in an array [kind, digest] */
    sg_bytes digest;
};
/*
 * [type, uri, idx]. 1: Token Status List, as JWT or CWT. 2 to 5: an entry of a Bitstring Status List with this purpose; its size is what the list
 * itself says (`statusSize`, one bit without). A purpose of somebody's own making has no number: nobody here can ask about it.
 */
enum wire_ref_type {
    WIRE_REF_TOKEN_STATUS_LIST = 1,
    WIRE_REF_BITSTRING_REVOCATION = 2,
    WIRE_REF_BITSTRING_SUSPENSION = 3,
    WIRE_REF_BITSTRING_REFRESH = 4,
    WIRE_REF_BITSTRING_MESSAGE = 5,
};
struct wire_ref {
    uint64_t type;
    sg_str uri;
    uint64_t idx;
};

/* [key, alg] */
struct wire_more_key {
    sg_bytes key;
    uint64_t alg;
};

struct wire_intent {
    uint64_t operation;                   /* 1: enum wire_operation */
    sg_bytes key;                         /* 2: thumbprint of the key that shall sign */
    uint64_t alg;                         /* 3: enum jose_alg_id */
    struct wire_dtbs dtbs[WIRE_DTBS_MAX]; /* 4: 1..64 */
    size_t n_dtbs;
    sg_bytes text_hash; /* 5: optional, 32 bytes: SHA-256 of the text shown */
    sg_bytes audience;  /* 6: optional salted commitment, 32 bytes */
    sg_bytes nonce;     /* 7: optional salted commitment, 32 bytes */
    sg_bytes subject;   /* 8: optional salted commitment, 32 bytes */
    struct wire_ref refs
        [WIRE_REFS_MAX]; /* 9: references that must be GOOD before signing (credentials presented) */
    size_t n_refs;
    struct wire_ref assigned
        [WIRE_REFS_MAX]; /* 10: references that the new credentials carry: recorded, not asked */
    size_t n_assigned;
    sg_str requester;     /* 11: client id, or "gateway" for its own lists */
    sg_str configuration; /* 12: credential configuration id; "" for lists */
    sg_str format;        /* 13: "dc+sd-jwt", "statuslist+jwt" */
    sg_str type;          /* 14: vct, doctype ...; at most WIRE_URI_MAX */
    int64_t created_at;   /* 15: UTC seconds */
    int64_t expires_at;   /* 16 */
    sg_bytes unique;      /* 17: 16 random bytes: two intents never have one id */
    /*
     * One gesture may be for several keys of one person (a response with several credentials, a batch of key proofs). Without `key_of` every
     * DTBS/R is for `key`; with it byte i says for DTBS/R i: 0 `key`, n the nth of `more_keys`. Only persons' intents have them; each is used.
     */
    struct wire_more_key more_keys[WIRE_MORE_KEYS_MAX]; /* 18 */
    size_t n_more_keys;
    sg_bytes key_of; /* 19: n_dtbs bytes, or empty */
};
/* The intent's bytes alone (no frame). SG_E_TOO_LARGE. */
SG_CHECKED sg_result wire_intent_encode(
    struct sg_arena *arena, const struct wire_intent *intent, sg_bytes *ret);
/* Form only; limits are checked here, meaning at the gates. SG_E_MALFORMED. */
SG_CHECKED sg_result wire_intent_parse(sg_bytes in, struct wire_intent *ret);
/* Key and algorithm of DTBS/R `i` (below n_dtbs) of a parsed intent. */
struct wire_more_key wire_intent_key_of(const struct wire_intent *intent, size_t i);
/* SHA-256("sealgate/intent/v1" 00 bytes) */
void wire_intent_id(sg_bytes intent, uint8_t ret[WIRE_INTENT_ID_LEN]);
/* SHA-256("sealgate/dtbs/v1" 00 kind alg digest), kind and alg one byte each. Recomputable by anyone holding the object. */
void wire_dtbs_id(uint64_t kind, uint64_t alg, sg_bytes digest, uint8_t ret[SG_SHA256_LEN]);
/* SHA-256("sealgate/commit/<field>/v1" 00 salt32 value): audience, nonce, subject. */
void wire_commitment(
    const char *field, const uint8_t salt[32], sg_bytes value, uint8_t ret[SG_SHA256_LEN]);
/*
 * What a person's passkey signs over: SHA-256("sealgate/challenge/v1" 00 intent_id nonce32), the nonce being the signer's own, made when the intent
 * was opened (AU-4; WebAuthn 13.5.3 asks for a random challenge, which a digest of the document alone is not).
 */
void wire_challenge(const uint8_t intent_id[WIRE_INTENT_ID_LEN], const uint8_t nonce[32],
    uint8_t ret[SG_SHA256_LEN]);
/*
 * The digest a REGISTER intent carries: SHA-256("sealgate/register/v1" 00 SHA-256(client data) SHA-256(attestation object)); of a REMOVE intent:
 * SHA-256("sealgate/remove/v1" 00 credential id). Their `key` is the RFC 7638 thumbprint of the passkey's own public key.
 */
void wire_register_digest(
    sg_bytes client_data, sg_bytes attestation_object, uint8_t ret[SG_SHA256_LEN]);
void wire_remove_digest(sg_bytes credential_id, uint8_t ret[SG_SHA256_LEN]);
/* SHA-256("sealgate/signature/v1" 00 signature): the look-up key of evidence (EV-2). */
void wire_signature_hash(sg_bytes signature, uint8_t ret[SG_SHA256_LEN]);

/*
 * An instruction: a system client's own signature for one or several uses of a key (ARCHITECTURE "Instruction", level 2 and up).
 * Signed: JWS-form signature of the client's registered key over SHA-input "sealgate/instruction/v1" 00 bytes.
 */
struct wire_instruction {
    sg_bytes id;          /* 1: 16 bytes */
    sg_str client;        /* 2 */
    sg_bytes key;         /* 3: thumbprint */
    sg_str configuration; /* 4 */
    sg_bytes claims_hash; /* 5: SHA-256(salt32 || JCS claims) */
    uint64_t count;       /* 6: uses allowed, 1..10000 */
    int64_t expires_at;   /* 7 */
};
SG_CHECKED sg_result wire_instruction_encode(
    struct sg_arena *arena, const struct wire_instruction *in, sg_bytes *ret);
SG_CHECKED sg_result wire_instruction_parse(sg_bytes in, struct wire_instruction *ret);

/* A signed order to change a published status (STA-2); signature as above with "sealgate/status-order/v1". */
struct wire_status_order {
    sg_bytes id;        /* 1: 16 random bytes, single use */
    sg_str list;        /* 2: uri of the list */
    uint64_t idx;       /* 3 */
    uint64_t value;     /* 4: 0 valid, 1 invalid, 2 suspended */
    sg_str orderer;     /* 5: client id */
    int64_t ordered_at; /* 6 */
};
SG_CHECKED sg_result wire_status_order_encode(
    struct sg_arena *arena, const struct wire_status_order *in, sg_bytes *ret);
SG_CHECKED sg_result wire_status_order_parse(sg_bytes in, struct wire_status_order *ret);

/* What is put before the bytes when an instruction, a status order or an operation is signed: tag || 00 || bytes. */
SG_CHECKED sg_result wire_signed_bytes(
    struct sg_arena *arena, const char *tag, sg_bytes bytes, sg_bytes *ret);
#define WIRE_TAG_INSTRUCTION "sealgate/instruction/v1"
#define WIRE_TAG_STATUS_ORDER "sealgate/status-order/v1"
#define WIRE_TAG_OPERATION "sealgate/operation/v1"
#define WIRE_TAG_APPROVAL "sealgate/approval/v1"

#endif
