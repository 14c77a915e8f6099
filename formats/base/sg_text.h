/*
 * Text forms of bytes: base64url without padding (RFC 4648 5, as JOSE uses it), standard base64 with
 * padding (x5c, signed notes, SRI), lower-case hex; and UTF-8 checking.
 * Decoders are strict: no white space, no foreign alphabet, no non-zero trailing bits, exact padding.
 */
#ifndef SG_TEXT_H
#define SG_TEXT_H

#include "sg_buf.h"

/* Encoded length without a NUL. */
size_t sg_b64url_len(size_t n);

/* Write sg_b64url_len(in.n) characters to out; no NUL. Returns that length. */
size_t sg_b64url_to(sg_bytes in, char *out);

/* Append / make in the arena. */
void sg_b64url_put(struct sg_buf *buf, sg_bytes in);
sg_result sg_b64url_encode(struct sg_arena *arena, sg_bytes in, sg_str *ret) SG_CHECKED;
/* Fails with SG_E_ENCODING. */
sg_result sg_b64url_decode(struct sg_arena *arena, sg_str in, sg_bytes *ret) SG_CHECKED;
/* Decode exactly `n` bytes to out; SG_E_ENCODING for anything else. */
sg_result sg_b64url_decode_to(sg_str in, uint8_t *out, size_t n) SG_CHECKED;

void sg_b64_put(struct sg_buf *buf, sg_bytes in);
sg_result sg_b64_encode(struct sg_arena *arena, sg_bytes in, sg_str *ret) SG_CHECKED;
sg_result sg_b64_decode(struct sg_arena *arena, sg_str in, sg_bytes *ret) SG_CHECKED;

/* 2*n characters, no NUL. */
void sg_hex_to(sg_bytes in, char *out);
sg_result sg_hex_encode(struct sg_arena *arena, sg_bytes in, sg_str *ret) SG_CHECKED;
/* Either case of digits is read. */
sg_result sg_hex_decode(struct sg_arena *arena, sg_str in, sg_bytes *ret) SG_CHECKED;
sg_result sg_hex_decode_to(sg_str in, uint8_t *out, size_t n) SG_CHECKED;

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool sg_utf8_valid(sg_str text);

/* A decimal number without sign, leading zeros or blanks. SG_E_NUMBER. */
sg_result sg_u64_parse(sg_str text, uint64_t *ret) SG_CHECKED;

#endif
