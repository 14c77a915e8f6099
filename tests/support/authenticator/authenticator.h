/*
 * A software authenticator and its browser, for tests (WebAuthn Level 3, 5.8.1, 6.1, 6.3.2, 6.3.3, 6.5, 8.2, 8.7). It answers as a good one does, or with one part
 * changed: type, challenge, origin, crossOrigin, RP ID, flags, counter, the signing key. Everything returned lies in the arena given; failures of the
 * library below end the test. req: AU-3, AU-4
 */
#ifndef AUTHENTICATOR_H
#define AUTHENTICATOR_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "sg_arena.h"

enum authenticator_alg { AUTHENTICATOR_ES256 = -7, AUTHENTICATOR_EDDSA = -8 };

enum authenticator_flag {
    AUTHENTICATOR_UP = 0x01,
    AUTHENTICATOR_UV = 0x04,
    AUTHENTICATOR_BE = 0x08,
    AUTHENTICATOR_BS = 0x10,
    AUTHENTICATOR_AT = 0x40,
    AUTHENTICATOR_ED = 0x80,
};

#define AUTHENTICATOR_ID_LEN 32

struct authenticator_passkey {
    enum authenticator_alg alg;
    EVP_PKEY *key;
    uint8_t id[AUTHENTICATOR_ID_LEN]; /* credential id */
    uint8_t aaguid[16];
    uint8_t spki[128];
    size_t spki_len;
    uint32_t
        sign_count; /* 0: an authenticator without counter; otherwise grows by one with each assertion */
    bool backup_eligible; /* BE and BS in every answer: it syncs */
};
/* A new one: random id, AAGUID of 16 bytes 0xa5, no counter, does not sync. */
void authenticator_make(struct authenticator_passkey *passkey, enum authenticator_alg alg);
void authenticator_forget(struct authenticator_passkey *passkey); /* frees the key */

/* A maker's root: X.509 v3, P-256, valid from yesterday for ten days. */
struct authenticator_root {
    EVP_PKEY *key;
    X509 *certificate;
};
void authenticator_root_make(struct authenticator_root *root);
void authenticator_root_forget(struct authenticator_root *root);
sg_bytes authenticator_root_der(struct sg_arena *arena, const struct authenticator_root *root);

/*
 * What the page asks, and what shall be wrong with the answer. A zeroed struct with `rp_id`, `origin` and `challenge` gives a good one: user present
 * and verified.
 */
struct authenticator_ask {
    const char *rp_id;
    const char *origin;
    sg_bytes challenge;
    const char *type;    /* NULL: webauthn.create, webauthn.get */
    bool cross_origin;   /* crossOrigin true */
    const char *members; /* text after the value of crossOrigin, before the brace: ",\"new\":1" */
    unsigned flags_off;  /* taken out of what a good answer has, then */
    unsigned flags_on;   /* put in */
    bool counter_set;    /* sign_count is not the passkey's next, and the passkey keeps its own */
    uint32_t counter;
    EVP_PKEY *signer; /* another key signs */
    sg_bytes behind;  /* bytes after the authenticator data: what ED announces, or too much */
};

struct authenticator_assertion {
    sg_bytes client_data;
    sg_bytes authenticator_data;
    sg_bytes signature; /* DER for ECDSA, 64 bytes for Ed25519 */
};
struct authenticator_assertion authenticator_get(struct sg_arena *arena,
    struct authenticator_passkey *passkey, const struct authenticator_ask *ask);

enum authenticator_statement {
    AUTHENTICATOR_NONE, /* fmt none */
    AUTHENTICATOR_SELF, /* packed, signed by the passkey itself */
    AUTHENTICATOR_CERTIFIED, /* packed with x5c: a leaf under the root, with the AAGUID in its extension */
};
/* What may be wrong with a leaf (8.2.1). */
enum authenticator_leaf {
    AUTHENTICATOR_LEAF_GOOD,
    AUTHENTICATOR_LEAF_OTHER_AAGUID,
    AUTHENTICATOR_LEAF_NO_AAGUID, /* the extension may be absent */
    AUTHENTICATOR_LEAF_CA,        /* basicConstraints CA true */
    AUTHENTICATOR_LEAF_UNIT,      /* OU is not "Authenticator Attestation" */
    AUTHENTICATOR_LEAF_EXPIRED,
};
struct authenticator_create {
    struct authenticator_ask ask;
    enum authenticator_statement statement;
    const struct authenticator_root *root; /* CERTIFIED */
    enum authenticator_leaf leaf;
    sg_bytes id; /* instead of the passkey's own credential id; any length */
};
struct authenticator_registration {
    sg_bytes client_data;
    sg_bytes attestation; /* attestation object */
};
struct authenticator_registration authenticator_register(struct sg_arena *arena,
    struct authenticator_passkey *passkey, const struct authenticator_create *create);

/* Between the two files: sign with a key, in the form that authenticators use. */
sg_bytes authenticator_sign(struct sg_arena *arena, EVP_PKEY *key, sg_bytes message);
/* A leaf for `key` under the root, DER. */
sg_bytes authenticator_leaf_make(struct sg_arena *arena, const struct authenticator_root *root,
    EVP_PKEY *key, const uint8_t aaguid[16], enum authenticator_leaf leaf);

#endif
