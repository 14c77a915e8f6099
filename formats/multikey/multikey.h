/*
 * Multibase, multihash and Multikey (W3C Controlled Identifiers v1.0, 2.2.2, 2.4, 2.5). req: FMT-3
 * Only what Data Integrity uses: base58btc "z" and base64url without padding "u"; SHA-2; Ed25519, P-256, P-384 and P-521 public keys.
 * Every function is pure; results live in the caller's arena or array.
 */
#ifndef MULTIKEY_H
#define MULTIKEY_H

#include "jwk.h"

/*
 * base58btc costs the square of its length. Keys are 69 characters, P-384 signatures 132: longer text is refused before any
 * arithmetic, which bounds a decoding to some 16 thousand steps.
 */
#define MULTIBASE_BASE58_MAX ((size_t)192)
#define MULTIBASE_BASE58_BYTES_MAX ((size_t)140)

/* Text of base58btc without the "z"; `cap` bytes of room. SG_E_ENCODING (alphabet), SG_E_TOO_LARGE. An empty text is no bytes. */
SG_CHECKED sg_result base58_decode_to(sg_str in, uint8_t *out, size_t cap, size_t *ret_n);
/* SG_E_TOO_LARGE beyond MULTIBASE_BASE58_BYTES_MAX. */
SG_CHECKED sg_result base58_encode(struct sg_arena *arena, sg_bytes in, sg_str *ret);

enum multibase { MULTIBASE_BASE58BTC = 'z', MULTIBASE_BASE64URL = 'u' };

/*
 * With the letter in front. base64url is strict (no padding, no loose bits). SG_E_ENCODING also for another or no letter,
 * SG_E_TOO_LARGE, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result multibase_decode(struct sg_arena *arena, sg_str in, sg_bytes *ret);
SG_CHECKED sg_result multibase_encode(
    struct sg_arena *arena, enum multibase base, sg_bytes in, sg_str *ret);

/* Multihash: 12 20 SHA-256, 20 30 SHA-384. SG_E_ALGORITHM for another code, SG_E_ENCODING for a wrong length. */
#define MULTIHASH_MAX (2 + SG_SHA384_LEN)
SG_CHECKED sg_result multihash_parse(sg_bytes in, enum sg_hash_alg *ret_alg, sg_bytes *ret_digest);
/* `alg` SHA-256 or SHA-384. Returns the number of bytes written. */
size_t multihash_of(enum sg_hash_alg alg, sg_bytes in, uint8_t out[MULTIHASH_MAX]);

/* Multikey bytes: two bytes of multicodec prefix and the raw or compressed public key. */
#define MULTIKEY_ED25519_LEN ((size_t)34)
#define MULTIKEY_P256_LEN ((size_t)35)
#define MULTIKEY_P384_LEN ((size_t)51)
#define MULTIKEY_P521_LEN ((size_t)69)
#define MULTIKEY_MAX MULTIKEY_P521_LEN

/*
 * Exactly one of the four kinds at its exact length; points are decompressed, so what comes back is on its curve. A secret key's
 * prefix is SG_E_KEY_PRIVATE, another prefix SG_E_ALGORITHM, a wrong length or no point SG_E_KEY_INVALID. `ret` has no alg, kid, use.
 */
SG_CHECKED sg_result multikey_parse(sg_bytes in, struct jwk *ret);
/* The value of publicKeyMultibase: must be base58btc (CID 2.2.2). As multikey_parse, and SG_E_ENCODING, SG_E_TOO_LARGE. */
SG_CHECKED sg_result multikey_decode(sg_str text, struct jwk *ret);
/* SG_E_ALGORITHM for keys that have no Multikey (RSA). */
SG_CHECKED sg_result multikey_write(
    const struct jwk *key, uint8_t out[MULTIKEY_MAX], size_t *ret_n);
SG_CHECKED sg_result multikey_encode(struct sg_arena *arena, const struct jwk *key, sg_str *ret);

#endif
