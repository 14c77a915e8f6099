/* Inside formats/x509: libcrypto objects that free themselves. */
#ifndef X509_OBJECT_H
#define X509_OBJECT_H

#include <openssl/x509.h>

#include "x509_chain.h"

static inline void
x509_free(X509 **cert)
{
    X509_free(*cert);
}

static inline void
x509_stack_free(STACK_OF(X509) * *stack)
{
    sk_X509_pop_free(*stack, X509_free);
}

/* The path that x509_chain_verify finds, leaf first, anchor last; the caller frees. Its refusals, without the leaf's key usage. */
SG_CHECKED sg_result x509_path(const sg_bytes *chain, size_t n, const sg_bytes *anchors,
    size_t n_anchors, int64_t at, STACK_OF(X509) * *ret);

/* One certificate, nothing behind it, at most X509_CERT_MAX bytes. SG_E_MALFORMED. The caller frees. */
SG_CHECKED sg_result x509_decode(sg_bytes der, X509 **ret);

/* What x509_leaf_parse gives, of a decoded certificate. */
SG_CHECKED sg_result x509_leaf_of(
    struct sg_arena *arena, X509 *cert, sg_bytes der, struct x509_leaf *ret);

#endif
