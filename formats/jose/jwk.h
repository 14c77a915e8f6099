/*
 * Public keys: JWK (RFC 7517, 7518, 8037), RFC 7638 thumbprints, SubjectPublicKeyInfo, and prepared keys that verify.
 */
#ifndef JWK_H
#define JWK_H

#include "jose_alg.h"
#include "sjson.h"

#define JWK_COORD_MAX 66
#define JWK_THUMBPRINT_LEN 32
#define JWK_SPKI_MAX 700 /* RSA 4096 is 550 */

/* A public key by value. EC: x, y big-endian of coord_len; Ed25519: x only; RSA: n, e borrowed views. */
struct jwk {
    enum jose_kty kty;
    enum jose_crv crv;
    size_t coord_len;
    uint8_t x[JWK_COORD_MAX];
    uint8_t y[JWK_COORD_MAX];
    sg_bytes rsa_n;
    sg_bytes rsa_e;
    const struct jose_alg *alg; /* member "alg", or NULL */
    sg_str kid;                 /* borrowed; empty if absent */
    sg_str use;                 /* borrowed; empty if absent */
};

/*
 * Parse a JWK that must be public. SG_E_KEY_PRIVATE if any private or symmetric member is there ("d", "p", "k" ...),
 * SG_E_KEY_INVALID (curve, length of coordinates, padding), SG_E_ALGORITHM (unknown kty or crv). `use` other than "sig",
 * `key_ops` without "verify", or an `alg` that does not fit the key is SG_E_KEY_INVALID. Whether the point is on the curve is found by
 * jwk_key_new.
 */
SG_CHECKED sg_result jwk_parse(struct sg_arena *arena, const struct sjson *json, struct jwk *ret);

/* RFC 7638 over the required members. */
SG_CHECKED sg_result jwk_thumbprint(
    struct sg_arena *arena, const struct jwk *jwk, uint8_t ret[JWK_THUMBPRINT_LEN]);

/* Write the public JWK as an object (kty, crv, x, y ...; kid, alg, use when set). */
void jwk_write(struct sjson_wr *wr, const struct jwk *jwk);

/* The algorithm a key without "alg" is used with: P-256 ES256, P-384 ES384, Ed25519 EdDSA; NULL otherwise. */
const struct jose_alg *jwk_default_alg(const struct jwk *jwk);

/* DER SubjectPublicKeyInfo, both ways. SG_E_KEY_INVALID, SG_E_ALGORITHM. */
SG_CHECKED sg_result jwk_spki(struct sg_arena *arena, const struct jwk *jwk, sg_bytes *ret);
SG_CHECKED sg_result jwk_from_spki(struct sg_arena *arena, sg_bytes spki, struct jwk *ret);

/*
 * The EC key of a compressed point (SEC 1, 2.3.4): 02 or 03 and the x coordinate, which is on its curve afterwards. kty, crv and coordinates
 * are set, nothing else. SG_E_KEY_INVALID (form, length, no such point), SG_E_ALGORITHM (no EC curve), SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result jwk_from_compressed(enum jose_crv crv, sg_bytes point, struct jwk *ret);

/*
 * A key ready to verify (decoded, on the curve, not the identity, in the right subgroup). Heap; free with jwk_key_free.
 * May be shared by threads once made.
 */
struct jwk_key;
SG_CHECKED sg_result jwk_key_new(const struct jwk *jwk, struct jwk_key **ret);
void jwk_key_free(struct jwk_key **key); /* NULL accepted; cleanup-attribute friendly */

/*
 * Verify a JWS-form signature (r||s, 64 bytes Ed25519, RSA block) over `message`. Exactly alg->sig_len bytes; the key must fit
 * the algorithm. SG_E_SIGNATURE, SG_E_ALGORITHM.
 */
SG_CHECKED sg_result jwk_verify(
    const struct jwk_key *key, const struct jose_alg *alg, sg_bytes message, sg_bytes signature);
/* The same over a digest already made (ECDSA only); the signer verifies what it signed with this. */
SG_CHECKED sg_result jwk_verify_digest(
    const struct jwk_key *key, const struct jose_alg *alg, sg_bytes digest, sg_bytes signature);

#endif
