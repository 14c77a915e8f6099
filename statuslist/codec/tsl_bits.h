/*
 * The status list itself: entries of 1, 2, 4 or 8 bits in a byte array, index 0 in the least significant bits of byte 0
 * (spec: draft-ietf-oauth-status-list section 4; the opposite of W3C Bitstring Status List), and its ZLIB form.
 */
#ifndef TSL_BITS_H
#define TSL_BITS_H

#include "sg_arena.h"

/* Section 7.1. Any other value is application specific or reserved: never "valid" to us. */
enum tsl_value { TSL_VALID = 0, TSL_INVALID = 1, TSL_SUSPENDED = 2 };

/* 4 MiB raw: 2^24 entries of 2 bits. Bounds what a stranger's list may inflate to (NET-3). */
#define TSL_RAW_MAX ((size_t)4 * 1024 * 1024)

/* A list, borrowed. `bits` is 1, 2, 4 or 8. */
struct tsl_view {
    unsigned bits;
    sg_bytes raw;
};

bool tsl_bits_ok(uint64_t bits);

/* Bytes of a list with this many entries, whole bytes (section 13.4). SG_E_VALUE (bits, 0 entries), SG_E_TOO_LARGE (TSL_RAW_MAX). */
SG_CHECKED sg_result tsl_raw_len(unsigned bits, uint64_t entries, size_t *ret);

/* Number of entries that the bytes hold. */
uint64_t tsl_entries(const struct tsl_view *view);

/* Entry `idx`. SG_E_NOT_FOUND when out of bounds: the caller must then make no statement (section 8.3). */
SG_CHECKED sg_result tsl_get(const struct tsl_view *view, uint64_t idx, uint8_t *ret);

/* Change entry `idx`. SG_E_NOT_FOUND out of bounds, SG_E_VALUE when `value` needs more bits than an entry has. */
SG_CHECKED sg_result tsl_put(
    uint8_t *raw, size_t raw_len, unsigned bits, uint64_t idx, uint8_t value);

/* DEFLATE in ZLIB format (RFC 1950), level 9, into the arena (with zlib's own state: about 300 KiB). SG_E_NO_MEMORY. */
SG_CHECKED sg_result tsl_deflate(struct sg_arena *arena, sg_bytes raw, sg_bytes *ret);

/*
 * The way back. The size is counted with a small window first and only then allocated, exactly; a stream that gives more than `max`
 * bytes stops there (zip bombs). DEFLATE itself cannot grow more than 1032-fold, which an honest empty list comes close to, so there is
 * no smaller ratio to insist on.
 * SG_E_TOO_LARGE, SG_E_ENCODING (not ZLIB, cut short, wrong checksum, preset dictionary, bytes after the end), SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result tsl_inflate(struct sg_arena *arena, sg_bytes in, size_t max, sg_bytes *ret);

/*
 * The same pair in GZIP format (RFC 1952), for Bitstring Status Lists and content coding. tsl_gzip writes no name and no time, so the same
 * bytes give the same output; tsl_gunzip takes one member and nothing behind it.
 */
SG_CHECKED sg_result tsl_gzip(struct sg_arena *arena, sg_bytes raw, sg_bytes *ret);
SG_CHECKED sg_result tsl_gunzip(struct sg_arena *arena, sg_bytes in, size_t max, sg_bytes *ret);

#endif
