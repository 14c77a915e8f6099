/*
 * COSE_Sign1 and COSE_Mac0 (RFC 9052), COSE_Key (RFC 9053), x5chain (RFC 9360). Building stops at the bytes to be signed: the signer signs.
 * The algorithm table is jose_alg.h. No allocation but from the arena; views borrow from the input.
 */
#ifndef COSE_H
#define COSE_H

#include "dcbor.h"
#include "jwk.h"

#define COSE_X5CHAIN_MAX 8
#define COSE_MAX ((size_t)1024 * 1024)

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

/* A COSE_Sign1 or COSE_Mac0 taken apart. Nothing is verified yet. */
struct cose_sign1 {
    sg_bytes protected_bstr; /* content of the protected byte string, as it came */
    sg_bytes unprotected;    /* the unprotected map's bytes */
    sg_bytes payload;        /* empty and detached = true when nil */
    bool detached;
    sg_bytes signature;
    bool tagged;             /* tag 18 (or 17) stood in front */
    const struct jose_alg *alg; /* from the protected header; NULL when unknown to the table (alg_id tells) or for a MAC */
    int64_t alg_id;
    sg_str content_type; /* label 3 as text; empty if absent or a number */
    sg_str typ;          /* label 16 as text; empty if absent or a number */
    sg_bytes kid;        /* label 4, protected first, then unprotected */
    sg_bytes x5chain[COSE_X5CHAIN_MAX]; /* leaf first; from either header, never from both */
    size_t n_x5chain;
    sg_bytes cwt_claims; /* label 15: the map's bytes; empty if absent */
};
/*
 * Strict: well-formed, definite or indefinite as CBOR allows, no duplicate labels within or across the headers, `crit` with
 * anything unknown refused (SG_E_UNSUPPORTED), alg in the protected header only. SG_E_MALFORMED, SG_E_DUPLICATE, SG_E_ALGORITHM when absent.
 * `in` must be exactly one item.
 */
SG_CHECKED sg_result cose_sign1_parse(sg_bytes in, struct cose_sign1 *ret);
SG_CHECKED sg_result cose_mac0_parse(sg_bytes in, struct cose_sign1 *ret);

/* Sig_structure / MAC_structure: the bytes that are signed. `payload` replaces a detached one (empty: use the attached one). */
SG_CHECKED sg_result cose_to_be_signed(struct sg_arena *arena, sg_bytes protected_bstr,
    sg_bytes external_aad, sg_bytes payload, sg_bytes *ret);
SG_CHECKED sg_result cose_to_be_maced(struct sg_arena *arena, sg_bytes protected_bstr,
    sg_bytes external_aad, sg_bytes payload, sg_bytes *ret);
/* SG_E_SIGNATURE, SG_E_ALGORITHM. */
SG_CHECKED sg_result cose_sign1_verify(struct sg_arena *arena, const struct cose_sign1 *sign1,
    const struct jwk_key *key, sg_bytes external_aad, sg_bytes detached_payload);

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
SG_CHECKED sg_result cose_protected(
    struct sg_arena *arena, const struct cose_headers *headers, sg_bytes *ret);
/* The array of four; tag 18 in front when `tagged`. */
SG_CHECKED sg_result cose_sign1_encode(struct sg_arena *arena, const struct cose_headers *headers,
    sg_bytes protected_bstr, sg_bytes payload, sg_bytes signature, bool tagged, sg_bytes *ret);

/* COSE_Key both ways. Private members are SG_E_KEY_PRIVATE; point compression (y as a bool) is read. SG_E_KEY_INVALID, SG_E_ALGORITHM. */
SG_CHECKED sg_result cose_key_parse(struct sg_arena *arena, sg_bytes in, struct jwk *ret);
void cose_key_put(struct sg_buf *buf, const struct jwk *key);

#endif
