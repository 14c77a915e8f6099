/*
 * ECDSA on P-256 with digests of 32 bytes (FIPS 186-5; ES256 of RFC 7518 3.4), verification only: the one public-key operation that
 * every request needs two or three times. Everything here is public, so nothing runs in constant time.
 */
#ifndef ECDSA_P256_H
#define ECDSA_P256_H

#include <openssl/ec.h>

#include "sg_bytes.h"
#include "sg_result.h"

#define ECDSA_P256_POINT_LEN 65 /* 04||x||y, SEC 1 2.3.3 */
#define ECDSA_P256_SIGNATURE_LEN 64
#define ECDSA_P256_DIGEST_LEN 32

/* The curve, made once and never freed: read only, for any thread. NULL when there was no memory. */
const EC_GROUP *ecdsa_p256_group(void);

/*
 * Decode a public point; EC_POINT_free frees it. SG_E_KEY_INVALID: another length or form, a coordinate of p or more, or a point that is not on the
 * curve; SG_E_NO_MEMORY. The curve has cofactor one, and the identity no form of this length: any other point is in the group (SP 800-186).
 */
SG_CHECKED sg_result ecdsa_p256_point(sg_bytes octets, EC_POINT **ret);

/*
 * FIPS 186-5 6.4.2. `tabled`: NULL, or a copy of the group whose generator is `point` and that has a table for it (EC_GROUP_precompute_mult), which
 * halves the time. `signature`: r||s. Immutable arguments: any number of threads at once.
 * SG_E_SIGNATURE: it does not hold, r or s is zero or not below the order, or a length is another; SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result ecdsa_p256_verify(
    const EC_POINT *point, const EC_GROUP *tabled, sg_bytes digest, sg_bytes signature);

#endif
