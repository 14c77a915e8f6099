/*
 * The three things the signer must know of a certificate: its public key, its beginning and its end. A strict walk over DER, no X.509 library
 * (chains and profiles are checked by formats/x509 in the process that installs them). spec: RFC 5280 4.1
 */
#ifndef REG_CERT_H
#define REG_CERT_H

#include "sg_bytes.h"
#include "sg_result.h"

struct reg_cert {
    sg_bytes spki; /* borrowed from the certificate */
    int64_t not_before;
    int64_t not_after;
};
/* SG_E_MALFORMED. */
SG_CHECKED sg_result reg_cert_parse(sg_bytes der, struct reg_cert *ret);

#endif
