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

/* One certificate, nothing behind it, at most X509_CERT_MAX bytes. SG_E_MALFORMED. The caller frees. */
SG_CHECKED sg_result x509_decode(sg_bytes der, X509 **ret);

/* What x509_leaf_parse gives, of a decoded certificate. */
SG_CHECKED sg_result x509_leaf_of(
    struct sg_arena *arena, X509 *cert, sg_bytes der, struct x509_leaf *ret);

#endif
