/*
 * The public half of a key, ready to verify. Used after every signature, and for the signatures of clients and operators.
 * No JSON, no ASN.1 parser: SubjectPublicKeyInfo of our three algorithms has one DER form each, compared byte by byte.
 */
#ifndef KEY_PUBLIC_H
#define KEY_PUBLIC_H

#include "key_alg.h"
#include "sg_result.h"

#define KEY_THUMBPRINT_LEN 32

struct key_public;

/*
 * Prepare a key from DER SubjectPublicKeyInfo: decoded, on the curve, not the identity, uncompressed, nothing left over. Heap.
 * Immutable once made: any number of threads may verify with it at once.
 * SG_E_ALGORITHM (no algorithm of ours), SG_E_KEY_INVALID (not a point), SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result key_public_new(sg_bytes spki, struct key_public **ret);

/* The same from the bare point: 04||x||y, or 32 bytes for Ed25519. */
SG_CHECKED sg_result key_public_of_point(enum key_alg alg, sg_bytes point, struct key_public **ret);

/* NULL accepted; leaves NULL. */
void key_public_free(struct key_public **key);

/*
 * Spend 150 KB and some 17 ms on a table for this key's point, so that each verification costs half (ES256 only: SG_E_UNSUPPORTED
 * otherwise). For keys that sign all day. Before the key is shared with other threads.
 */
SG_CHECKED sg_result key_public_warm(struct key_public *key);

const struct key_alg_row *key_public_alg(const struct key_public *key);
sg_bytes key_public_spki(const struct key_public *key);  /* DER; lives as long as the key */
sg_bytes key_public_point(const struct key_public *key); /* lives as long as the key */
/* RFC 7638, SHA-256; KEY_THUMBPRINT_LEN bytes that live as long as the key. */
const uint8_t *key_public_thumbprint(const struct key_public *key);

/*
 * Verify a JWS-form signature over DTBS/R: the digest for ECDSA (exactly the length of the algorithm's hash), the message for EdDSA.
 * SG_E_SIGNATURE if it does not hold or has another length, SG_E_DIGEST for a digest of another length, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result key_public_verify(
    const struct key_public *key, sg_bytes dtbsr, sg_bytes signature);

/* The same over a message, hashed here when the algorithm signs digests. */
SG_CHECKED sg_result key_public_verify_message(
    const struct key_public *key, sg_bytes message, sg_bytes signature);

#endif
