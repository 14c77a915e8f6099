/* Hashes over public bytes, and HMAC. No allocation, no state outside the caller's struct. */
#ifndef SG_HASH_H
#define SG_HASH_H

#include "sg_bytes.h"

#define SG_SHA256_LEN 32
#define SG_SHA384_LEN 48
#define SG_SHA512_LEN 64
#define SG_HASH_MAX 64

enum sg_hash_alg { SG_SHA256 = 1, SG_SHA384 = 2, SG_SHA512 = 3 };

/* 32, 48 or 64. */
size_t sg_hash_len(enum sg_hash_alg alg);

/* One shot; writes sg_hash_len(alg) bytes. */
void sg_hash(enum sg_hash_alg alg, sg_bytes in, uint8_t *ret);
/*
 * The same for a buffer that has SG_HASH_ROOM bytes behind its n: the padding is written there and nothing is copied, which for
 * short texts is much of the work. What stood in the room is lost.
 */
#define SG_HASH_ROOM ((size_t)128)
void sg_hash_in_place(enum sg_hash_alg alg, uint8_t *in, size_t n, uint8_t *ret);
void sg_sha256(sg_bytes in, uint8_t ret[SG_SHA256_LEN]);

/* SHA-256 over a list of parts, as if joined. */
void sg_sha256_parts(const sg_bytes *parts, size_t n_parts, uint8_t ret[SG_SHA256_LEN]);

/*
 * Domain separation: SHA-256(tag || 00 || parts...). Every commitment, identifier and operator signature of
 * ours uses a tag of the form "sealgate/<what>/v1", so that no hash can be shown as another.
 */
void sg_tagged_hash(
    const char *tag, const sg_bytes *parts, size_t n_parts, uint8_t ret[SG_SHA256_LEN]);

/* HMAC-SHA-256 (RFC 2104). */
void sg_hmac_sha256(sg_bytes key, sg_bytes in, uint8_t ret[SG_SHA256_LEN]);

#endif
