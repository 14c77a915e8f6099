/*
 * The low-level SHA functions are used on purpose: through EVP in OpenSSL 3.0 each digest costs a context
 * allocation and provider dispatch, several times the hash of a 200-byte disclosure, and an SD-JWT is mostly
 * short hashes. They are deprecated, not removed; this file is the only one that would change.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sg_hash.h"

#include <openssl/sha.h>

#include "sg_secret.h"

#define HMAC_BLOCK 64

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "sha256_in_place() counts on it");

size_t
sg_hash_len(enum sg_hash_alg alg)
{
    switch (alg) {
    case SG_SHA384:
        return SG_SHA384_LEN;
    case SG_SHA512:
        return SG_SHA512_LEN;
    case SG_SHA256:
        break;
    }
    return SG_SHA256_LEN;
}

static void
sha384_512(enum sg_hash_alg alg, sg_bytes in, uint8_t *ret)
{
    SHA512_CTX ctx;
    if (alg == SG_SHA384) {
        SHA384_Init(&ctx);
        SHA384_Update(&ctx, in.p, in.n);
        SHA384_Final(ret, &ctx);
    } else {
        SHA512_Init(&ctx);
        SHA512_Update(&ctx, in.p, in.n);
        SHA512_Final(ret, &ctx);
    }
    sg_wipe(&ctx, sizeof(ctx));
}

void
sg_hash(enum sg_hash_alg alg, sg_bytes in, uint8_t *ret)
{
    if (alg == SG_SHA256) {
        sg_sha256(in, ret);
    } else {
        sha384_512(alg, in, ret);
    }
}

/* FIPS 180-4 5.1.1 by hand: whole blocks go straight to the compression, and the context never holds any of the text. */
static void
sha256_in_place(uint8_t *in, size_t n, uint8_t *ret)
{
    size_t padded = (n + 9 + 63) / 64 * 64;
    uint64_t bits = __builtin_bswap64((uint64_t)n * 8);
    SHA256_CTX ctx;
    in[n] = 0x80;
    memset(in + n + 1, 0, 64); /* what is past `padded` is room as well */
    memcpy(in + padded - 8, &bits, 8);
    SHA256_Init(&ctx);
    SHA256_Update(&ctx, in, padded);
    for (size_t i = 0; i < 8; i++) {
        uint32_t word = __builtin_bswap32(ctx.h[i]);
        memcpy(ret + 4 * i, &word, 4);
    }
}

void
sg_hash_in_place(enum sg_hash_alg alg, uint8_t *in, size_t n, uint8_t *ret)
{
    if (alg == SG_SHA256) {
        sha256_in_place(in, n, ret);
    } else {
        sha384_512(alg, sg_bytes_of(in, n), ret);
    }
}

void
sg_sha256(sg_bytes in, uint8_t ret[SG_SHA256_LEN])
{
    sg_sha256_parts(&in, 1, ret);
}

static void
update_parts(SHA256_CTX *ctx, const sg_bytes *parts, size_t n_parts)
{
    for (size_t i = 0; i < n_parts; i++) {
        if (parts[i].n != 0) {
            SHA256_Update(ctx, parts[i].p, parts[i].n);
        }
    }
}

void
sg_sha256_parts(const sg_bytes *parts, size_t n_parts, uint8_t ret[SG_SHA256_LEN])
{
    SHA256_CTX ctx;
    SHA256_Init(&ctx);
    update_parts(&ctx, parts, n_parts);
    SHA256_Final(ret, &ctx);
    sg_wipe(&ctx, sizeof(ctx));
}

void
sg_tagged_hash(const char *tag, const sg_bytes *parts, size_t n_parts, uint8_t ret[SG_SHA256_LEN])
{
    SHA256_CTX ctx;
    SHA256_Init(&ctx);
    SHA256_Update(&ctx, tag, strlen(tag) + 1); /* the NUL ends the tag */
    update_parts(&ctx, parts, n_parts);
    SHA256_Final(ret, &ctx);
    sg_wipe(&ctx, sizeof(ctx));
}

void
sg_hmac_sha256(sg_bytes key, sg_bytes in, uint8_t ret[SG_SHA256_LEN])
{
    uint8_t block[HMAC_BLOCK] = { 0 };
    uint8_t inner[SG_SHA256_LEN];
    if (key.n > HMAC_BLOCK) {
        sg_sha256(key, block);
    } else if (key.n != 0) {
        memcpy(block, key.p, key.n);
    }
    for (size_t i = 0; i < HMAC_BLOCK; i++) {
        block[i] ^= 0x36;
    }
    sg_bytes first[2] = { SG_BYTES(block), in };
    sg_sha256_parts(first, 2, inner);
    for (size_t i = 0; i < HMAC_BLOCK; i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    sg_bytes second[2] = { SG_BYTES(block), SG_BYTES(inner) };
    sg_sha256_parts(second, 2, ret);
    sg_wipe(block, sizeof(block));
    sg_wipe(inner, sizeof(inner));
}
