/*
 * WebAuthn Level 3, the relying party's half, without a JSON parser and without a key library: gateway and signer read the same bytes the same
 * way (req: AU-3, AU-4). What is checked here is everything but the signature itself: the result holds the message and the signature in raw
 * form for whoever holds the registered key. No allocation; views borrow from the input.
 */
#ifndef WEBAUTHN_H
#define WEBAUTHN_H

#include "dcbor_item.h"

#define WEBAUTHN_CREDENTIAL_ID_MAX 1023
#define WEBAUTHN_CLIENT_DATA_MAX ((size_t)8192)
#define WEBAUTHN_AUTH_DATA_MAX ((size_t)8192)
#define WEBAUTHN_POINT_MAX 97 /* 04 || x || y of P-384 */
#define WEBAUTHN_RAW_SIG_MAX 96
#define WEBAUTHN_X5C_MAX 4

/* COSE algorithms that our signer verifies; -257 (RS256) and others are SG_E_ALGORITHM. */
enum webauthn_alg { WEBAUTHN_ES256 = -7, WEBAUTHN_EDDSA = -8, WEBAUTHN_ES384 = -35 };

enum webauthn_flag {
    WEBAUTHN_UP = 0x01, /* user present */
    WEBAUTHN_UV = 0x04, /* user verified */
    WEBAUTHN_BE = 0x08, /* backup eligible: the passkey may be synced */
    WEBAUTHN_BS = 0x10, /* backed up */
    WEBAUTHN_AT = 0x40,
    WEBAUTHN_ED = 0x80,
};

/* A credential public key: the bare point (04||x||y, or 32 bytes for Ed25519). Whether it lies on the curve is the key library's to say. */
struct webauthn_key {
    enum webauthn_alg alg;
    uint8_t point[WEBAUTHN_POINT_MAX];
    size_t point_n;
};

/* Authenticator data (6.1). */
struct webauthn_auth_data {
    sg_bytes rp_id_hash; /* 32 */
    unsigned flags;      /* enum webauthn_flag */
    uint32_t sign_count;
    /* with AT */
    sg_bytes aaguid; /* 16 */
    sg_bytes credential_id;
    sg_bytes cose_key; /* its bytes, to be kept */
    struct webauthn_key key;
    sg_bytes extensions; /* with ED: the CBOR map's bytes */
};
/*
 * `attested`: AT must be set (registration) or clear (assertion). BS without BE, reserved flags, trailing bytes, an extension part that is not one map, a
 * credential id of 0 or over 1023 bytes: SG_E_MALFORMED. The key: exactly the members of its type, uncompressed (SG_E_KEY_INVALID), SG_E_ALGORITHM.
 */
SG_CHECKED sg_result webauthn_auth_data_parse(
    sg_bytes in, bool attested, struct webauthn_auth_data *ret);

/* A COSE_Key in the CTAP2 canonical form, alone. Errors as above. */
SG_CHECKED sg_result webauthn_key_parse(sg_bytes in, struct webauthn_key *ret);

enum webauthn_ceremony { WEBAUTHN_CREATE, WEBAUTHN_GET };
/*
 * Limited verification (5.8.1.2): type, challenge, origin and `crossOrigin` false, as a prefix, followed by a brace that closes or a comma. `origin` is
 * compared exactly. SG_E_CHALLENGE, SG_E_TYPE or SG_E_DOMAIN for the member at fault, SG_E_MALFORMED otherwise.
 */
SG_CHECKED sg_result webauthn_client_data_check(
    sg_bytes client_data, enum webauthn_ceremony ceremony, sg_bytes challenge, sg_str origin);

/* An ECDSA signature from DER (strict: minimal lengths and integers, nothing behind) to r||s of 2*half bytes. SG_E_SIGNATURE. */
SG_CHECKED sg_result webauthn_raw_signature(
    sg_bytes der, size_t half, uint8_t ret[WEBAUTHN_RAW_SIG_MAX]);

/* ---- assertion (7.2) ------------------------------------------------------------------------------ */

struct webauthn_assertion {
    sg_bytes authenticator_data;
    sg_bytes client_data;
    sg_bytes signature; /* as the authenticator gave it: DER for ECDSA */
};
/* What it is held against. */
struct webauthn_expect {
    enum webauthn_ceremony ceremony;
    sg_bytes challenge;    /* 16 or more bytes, made by us */
    sg_bytes rp_id_hash;   /* 32 */
    const sg_str *origins; /* exact; any one of them */
    size_t n_origins;
    bool uv_optional; /* never set where a signature is activated */
};
/* What was stored about the passkey. */
struct webauthn_stored {
    enum webauthn_alg alg;
    bool backup_eligible;
    uint32_t sign_count;
};
struct webauthn_verdict {
    uint8_t message_tail
        [32]; /* SHA-256(clientDataJSON): the signature is over authenticator_data || this */
    uint8_t raw[WEBAUTHN_RAW_SIG_MAX];
    size_t raw_n;
    struct webauthn_auth_data auth_data;
    bool counter_went_back; /* a clone, perhaps: refuse at level 3, flag at level 2 */
};
/*
 * Steps 3 to 9 of the checklist in the order of 7.2, without the signature: client data, RP ID, user present and verified, backup flags against the
 * stored ones, form. SG_E_ACTIVATION for each of them alike, so that nobody learns which; `why` names it for operators.
 */
SG_CHECKED sg_result webauthn_assertion_check(const struct webauthn_assertion *assertion,
    const struct webauthn_expect *expect, const struct webauthn_stored *stored, struct sg_why *why,
    struct webauthn_verdict *ret);

/* ---- registration (7.1) --------------------------------------------------------------------------- */

enum webauthn_format {
    WEBAUTHN_FMT_OTHER, /* tpm, android-key, apple, fido-u2f, compound ...: the statement is not looked at */
    WEBAUTHN_FMT_NONE,
    WEBAUTHN_FMT_PACKED,
};
struct webauthn_attestation {
    struct webauthn_auth_data auth_data;
    sg_bytes auth_data_bytes;
    enum webauthn_format format;
    sg_str format_name;
    /* packed */
    int64_t alg;
    sg_bytes signature;
    sg_bytes x5c[WEBAUTHN_X5C_MAX]; /* leaf first; none: self attestation */
    size_t n_x5c;
};
/*
 * The attestation object: {fmt, attStmt, authData}, nothing else and nothing behind. `none` must have an empty statement; `packed` {alg, sig, x5c?}, and self
 * attestation must use the credential's own algorithm. SG_E_MALFORMED, SG_E_KEY_INVALID, SG_E_ALGORITHM, SG_E_TOO_MANY (certificates).
 */
SG_CHECKED sg_result webauthn_attestation_parse(sg_bytes in, struct webauthn_attestation *ret);
/*
 * A registration: client data of `webauthn.create`, then the object, RP ID, user present and verified. The signature of a packed statement is the caller's
 * to verify, over auth_data_bytes || SHA-256(client data). One code, SG_E_ACTIVATION, as above.
 */
SG_CHECKED sg_result webauthn_registration_check(sg_bytes client_data, sg_bytes attestation_object,
    const struct webauthn_expect *expect, struct sg_why *why, struct webauthn_attestation *ret);
/* id-fido-gen-ce-aaguid (8.2.1) is compared by whoever reads the certificate; this is its value: an OCTET STRING of 16 bytes. SG_E_MALFORMED. */
SG_CHECKED sg_result webauthn_aaguid_extension(sg_bytes der, sg_bytes *ret);

#endif
