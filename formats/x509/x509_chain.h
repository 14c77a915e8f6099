/* Certificate chains as they come in `x5c` (RFC 7515 4.1.6) and PEM: parsing, path validation, the leaf's key and names. */
#ifndef X509_CHAIN_H
#define X509_CHAIN_H

#include "jwk.h"

#define X509_CHAIN_MAX 8          /* certificates */
#define X509_CERT_MAX (16 * 1024) /* bytes of one DER certificate */

struct x509_leaf {
    struct jwk key;
    uint8_t sha256[SG_SHA256_LEN]; /* of the DER */
    sg_str subject_cn;             /* may be empty */
    sg_str san_uris[8];
    size_t n_san_uris;
    sg_str san_dns[8];
    size_t n_san_dns;
    int64_t not_before;
    int64_t not_after;
};

/* The leaf alone, unverified. At most eight names of a kind. SG_E_MALFORMED, SG_E_KEY_INVALID, SG_E_ALGORITHM (its key). */
SG_CHECKED sg_result x509_leaf_parse(struct sg_arena *arena, sg_bytes der, struct x509_leaf *ret);

/*
 * Validate chain[0..n) (leaf first, DER, root not needed) to one of the anchors (DER) at time `at`: path, signatures, basic constraints,
 * key usage digitalSignature (if the extension is there), validity, 112 bits of strength. Anchors are trusted as they are, roots or not.
 * SG_E_ISSUER, SG_E_EXPIRED, SG_E_NOT_YET, SG_E_MALFORMED.
 */
SG_CHECKED sg_result x509_chain_verify(struct sg_arena *arena, const sg_bytes *chain, size_t n,
    const sg_bytes *anchors, size_t n_anchors, int64_t at, struct x509_leaf *ret);

/* The keyIdentifier of a certificate's AuthorityKeyIdentifier extension (RFC 5280 4.2.1.1); empty when it has none. A copy. SG_E_MALFORMED, SG_E_NO_MEMORY. */
SG_CHECKED sg_result x509_authority_key_id(struct sg_arena *arena, sg_bytes der, sg_bytes *ret);

/* `x5c` header member (array of standard base64 strings) to DER views. SG_E_MALFORMED, SG_E_ENCODING. */
SG_CHECKED sg_result x509_from_x5c(
    struct sg_arena *arena, const struct sjson *x5c, sg_bytes ret[X509_CHAIN_MAX], size_t *ret_n);
/* All CERTIFICATE blocks of a PEM text to DER; other blocks are skipped. SG_E_MALFORMED (none there, or broken), SG_E_TOO_MANY. */
SG_CHECKED sg_result x509_from_pem(
    struct sg_arena *arena, sg_str pem, sg_bytes *ret, size_t max, size_t *ret_n);

#endif
