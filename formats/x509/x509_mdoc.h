/*
 * The certificate profile of mdoc document signers (ISO/IEC 18013-5 Annex B.1.4, B.1.2 for the IACA root), as far as readers in the field enforce it.
 */
#ifndef X509_MDOC_H
#define X509_MDOC_H

#include "x509_chain.h"

#define X509_MDOC_DS_DAYS 457    /* longest validity of a document signer */
#define X509_MDOC_IACA_DAYS 7307 /* 20 years with their leap days, and two days for time zones */

struct x509_mdoc_ds {
    struct x509_leaf leaf;
    sg_str country; /* subject C */
    sg_str state;   /* subject ST; empty if absent */
    sg_str crl_uri; /* of the first distribution point; empty when that is no URI */
};
/*
 * A document signer by itself: version 3, at most 457 days, no CA, key usage critical and digitalSignature alone, extended key usage
 * critical and 1.0.18013.5.1.2 alone, AKI and SKI, issuerAltName, CRL distribution points with full names and without reasons or cRLIssuer, subject with CN and
 * one C of two letters, issuer with the same C, a serial that is positive and of at most 20 bytes, no other critical extension.
 * Not self-signed. `why` names the rule. SG_E_ISSUER, SG_E_MALFORMED, and what x509_leaf_parse says of its key.
 */
SG_CHECKED sg_result x509_mdoc_ds_parse(
    struct sg_arena *arena, sg_bytes der, struct sg_why *why, struct x509_mdoc_ds *ret);
/*
 * chain[0..n) (leaf first, without the root) to one of the anchors at `at`, by x509_chain_verify's rules and the profile: the leaf as above; the issuing
 * certificate a CA with pathLen 0 and critical keyCertSign and cRLSign alone, its C (and ST, if both have one) those of the leaf, its SKI the
 * leaf's AKI, at most 20 years. An anchor that is the leaf itself is trusted as it is, with the leaf's own rules. A chain member that is self-signed is refused.
 */
SG_CHECKED sg_result x509_mdoc_verify(struct sg_arena *arena, const sg_bytes *chain, size_t n,
    const sg_bytes *anchors, size_t n_anchors, int64_t at, struct sg_why *why,
    struct x509_mdoc_ds *ret);
/* What is sent along: no self-signed certificate behind the leaf. SG_E_ISSUER, SG_E_MALFORMED. */
SG_CHECKED sg_result x509_mdoc_chain_check(const sg_bytes *chain, size_t n, struct sg_why *why);

#endif
