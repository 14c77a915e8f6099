/*
 * COSE_Sign1 and COSE_Mac0 (RFC 9052), COSE_Key (RFC 9053), x5chain (RFC 9360). Building stops at the bytes to be signed: the signer signs.
 * The algorithm table is jose_alg.h. No allocation but from the arena; views borrow from the input.
 */
#ifndef COSE_H
#define COSE_H

#include "dcbor_item.h"
#include "jwk.h"

#define COSE_X5CHAIN_MAX 8
#define COSE_MAX ((size_t)1024 * 1024)
#define COSE_DEPTH_MAX 16
#define COSE_ITEMS_MAX 2000 /* of the object itself; what byte strings hold counts separately */
#define COSE_HEADERS_MAX 32 /* entries of one header map */
#define COSE_TAG_SIGN1 18
#define COSE_TAG_MAC0 17
#define COSE_ALG_HMAC256 5 /* HMAC 256/256, RFC 9053 3.1 */

enum cose_label {
    COSE_ALG = 1,
    COSE_CRIT = 2,
    COSE_CONTENT_TYPE = 3,
    COSE_KID = 4,
    COSE_CWT_CLAIMS = 15,
    COSE_TYP = 16,
    COSE_X5CHAIN = 33,
    COSE_X5T = 34,
};

/*
 * The row of a COSE algorithm number; NULL when unknown, and for RS256, which is for certificates only. The fully specified numbers of RFC 9864
 * give the row that they narrow (ESP256 -9 ES256, ESP384 -51, ESP512 -52, Ed25519 -19 EdDSA): our rows name their curve. So an entry of
 * OpenID4VP's issuerauth_alg_values or deviceauth_alg_values (B.2.2) fits a key exactly when it gives the key's row.
 */
const struct jose_alg *cose_alg(int64_t number);

/* A COSE_Sign1 or COSE_Mac0 taken apart. Nothing is verified yet. */
struct cose_sign1 {
    sg_bytes protected_bstr; /* content of the protected byte string, as it came */
    sg_bytes unprotected;    /* the unprotected map's bytes */
    sg_bytes payload;        /* empty and detached = true when nil */
    bool detached;
    sg_bytes signature;
    bool tagged; /* tag 18 (or 17) stood in front */
    /* From the protected header, by cose_alg; NULL for a MAC. */
    const struct jose_alg *alg;
    int64_t alg_id;      /* as it came; 0 when it is a text */
    sg_str content_type; /* label 3, protected alone, as text; empty if absent or a number */
    sg_str typ;          /* label 16, protected alone, as text; empty if absent or a number */
    sg_bytes kid;        /* label 4, protected first, then unprotected */
    sg_bytes x5chain[COSE_X5CHAIN_MAX]; /* leaf first; from either header, never from both */
    size_t n_x5chain;
    sg_bytes cwt_claims; /* label 15, protected alone: the map's bytes; empty if absent */
};
/*
 * Strict: exactly one well-formed item of definite lengths (dcbor_item.h), no duplicate labels within or across the headers, `crit` with
 * anything unknown refused (SG_E_UNSUPPORTED), alg in the protected header and only there. The tag may be left out; another tag is
 * SG_E_MALFORMED. x5chain as RFC 9360 2 says: one bstr, or an array of two and more. SG_E_MALFORMED, SG_E_TYPE, SG_E_NUMBER, SG_E_DUPLICATE,
 * SG_E_ENCODING, SG_E_DEPTH, SG_E_TOO_LARGE, SG_E_ALGORITHM when alg is absent. No signature is verified.
 */
SG_CHECKED sg_result cose_sign1_parse(sg_bytes in, struct cose_sign1 *ret);
SG_CHECKED sg_result cose_mac0_parse(sg_bytes in, struct cose_sign1 *ret);

/*
 * Sig_structure / MAC_structure (RFC 9052 4.4, 6.3): the bytes that are signed. `payload` is the payload, attached or detached. An empty
 * protected map sent as A0 stands there as the empty string.
 */
SG_CHECKED sg_result cose_to_be_signed(struct sg_arena *arena, sg_bytes protected_bstr,
    sg_bytes external_aad, sg_bytes payload, sg_bytes *ret);
SG_CHECKED sg_result cose_to_be_maced(struct sg_arena *arena, sg_bytes protected_bstr,
    sg_bytes external_aad, sg_bytes payload, sg_bytes *ret);
/*
 * `detached_payload` must be given for a detached payload (its pointer not NULL: SG_E_MISSING) and not for an attached one (SG_E_VALUE).
 * SG_E_SIGNATURE, SG_E_ALGORITHM (unknown, or not the key's).
 */
SG_CHECKED sg_result cose_sign1_verify(struct sg_arena *arena, const struct cose_sign1 *sign1,
    const struct jwk_key *key, sg_bytes external_aad, sg_bytes detached_payload);
/* HMAC 256/256 only, compared in constant time; the key has 32 bytes or more (SG_E_KEY_INVALID). The same refusals. */
SG_CHECKED sg_result cose_mac0_verify(struct sg_arena *arena, const struct cose_sign1 *mac0,
    sg_bytes key, sg_bytes external_aad, sg_bytes detached_payload);

/* What stands in the headers of an object we build. Empty members are left out. */
struct cose_headers {
    const struct jose_alg *alg; /* protected */
    sg_str content_type;        /* protected */
    sg_str typ;                 /* protected */
    sg_bytes kid;               /* protected */
    sg_bytes cwt_claims;        /* protected: an encoded map */
    const sg_bytes *x5chain;    /* leaf first: bstr for one, array for more */
    size_t n_x5chain;
    bool x5chain_protected; /* ETSI profile; ISO 18013-5: unprotected */
};
/* The content of the protected byte string, deterministic. SG_E_ALGORITHM without an algorithm. */
SG_CHECKED sg_result cose_protected(
    struct sg_arena *arena, const struct cose_headers *headers, sg_bytes *ret);
/*
 * The array of four; tag 18 in front when `tagged`. `protected_bstr` is cose_protected's. A payload whose pointer is NULL is detached: nil
 * stands in its place.
 */
SG_CHECKED sg_result cose_sign1_encode(struct sg_arena *arena, const struct cose_headers *headers,
    sg_bytes protected_bstr, sg_bytes payload, sg_bytes signature, bool tagged, sg_bytes *ret);

/*
 * COSE_Key both ways. Private members and symmetric keys are SG_E_KEY_PRIVATE; point compression (y as a bool) is read. `key_ops` without
 * "verify" and an `alg` that does not fit are SG_E_KEY_INVALID. The point itself is checked by jwk_key_new. RSA is not read (SG_E_ALGORITHM).
 * `ret->kid` borrows from `in`, and stays empty unless it is text.
 */
SG_CHECKED sg_result cose_key_parse(sg_bytes in, struct jwk *ret);
/* {1: kty, -1: crv, -2: x, -3: y}: nothing else, in the order of RFC 9679 3, so its SHA-256 is the COSE Key Thumbprint. RSA fails the buffer. */
void cose_key_put(struct sg_buf *buf, const struct jwk *key);

#endif
