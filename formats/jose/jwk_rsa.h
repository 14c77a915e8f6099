/* Inside formats/jose: RSA keys by way of libcrypto. */
#ifndef JWK_RSA_H
#define JWK_RSA_H

#include <openssl/evp.h>

#include "jwk.h"

/* 2048 to 4096 bits, odd modulus, odd exponent of 3 or more and at most 64 bits. SG_E_KEY_INVALID. */
SG_CHECKED sg_result jwk_rsa_check(const struct jwk *jwk);

/* SG_E_KEY_INVALID. The caller frees. */
SG_CHECKED sg_result jwk_rsa_new(const struct jwk *jwk, EVP_PKEY **ret);

/* PS256 or RS256 over a digest. SG_E_SIGNATURE. */
SG_CHECKED sg_result jwk_rsa_verify(
    EVP_PKEY *pkey, const struct jose_alg *alg, sg_bytes digest, sg_bytes signature);

/* For SG_CLEANUP. */
void jwk_pkey_free(EVP_PKEY **pkey);

#endif
