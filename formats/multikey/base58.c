/*
 * base58btc (CID 2.4.1). Five digits are 58^5 < 2^32, so both ways work on 32-bit limbs, five characters or four bytes at a
 * time: a signature of P-256 costs some three hundred multiplications.
 */
#include "multikey.h"

#define DIGITS_PER_LIMB 5
#define LIMB_58 656356768u /* 58^5 */
#define LIMBS_MAX ((MULTIBASE_BASE58_MAX + DIGITS_PER_LIMB - 1) / DIGITS_PER_LIMB)

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* 0 .. 57, or -1 */
static int
digit_of(char c)
{
    if (c >= '1' && c <= '9') {
        return c - '1';
    }
    if (c >= 'A' && c <= 'Z' && c != 'I' && c != 'O') {
        return 9 + (c - 'A') - (c > 'I') - (c > 'O');
    }
    if (c >= 'a' && c <= 'z' && c != 'l') {
        return 33 + (c - 'a') - (c > 'l');
    }
    return -1;
}

/* number = number * factor + carry; limbs little-endian */
static void
limbs_step(uint32_t *limbs, size_t *n, uint32_t factor, uint32_t carry)
{
    uint64_t rest = carry;
    for (size_t i = 0; i < *n; i++) {
        rest += (uint64_t)limbs[i] * factor;
        limbs[i] = (uint32_t)rest;
        rest >>= 32;
    }
    if (rest != 0) {
        limbs[(*n)++] = (uint32_t)rest;
    }
}

static sg_result
limbs_of_text(sg_str in, uint32_t *limbs, size_t *n)
{
    for (size_t at = 0; at < in.n;) {
        uint32_t value = 0;
        uint32_t factor = 1;
        for (unsigned k = 0; k < DIGITS_PER_LIMB && at < in.n; k++, at++) {
            int digit = digit_of(in.p[at]);
            SG_REQUIRE(digit >= 0, ENCODING);
            value = value * 58 + (uint32_t)digit;
            factor *= 58;
        }
        limbs_step(limbs, n, factor, value);
    }
    return SG_DONE;
}

sg_result
base58_decode_to(sg_str in, uint8_t *out, size_t cap, size_t *ret_n)
{
    SG_REQUIRE(in.n <= MULTIBASE_BASE58_MAX, TOO_LARGE);
    uint32_t limbs[LIMBS_MAX + 1] = { 0 };
    size_t n_limbs = 0;
    SG_TRY(limbs_of_text(in, limbs, &n_limbs));

    size_t zeros = 0;
    while (zeros < in.n && in.p[zeros] == '1') {
        zeros++;
    }
    size_t n_value = n_limbs * 4;
    while (n_value > 0 && (limbs[(n_value - 1) / 4] >> (8 * ((n_value - 1) % 4)) & 0xff) == 0) {
        n_value--;
    }
    SG_REQUIRE(zeros + n_value <= cap, TOO_LARGE);
    for (size_t i = 0; i < zeros; i++) {
        out[i] = 0;
    }
    for (size_t i = 0; i < n_value; i++) {
        size_t at = n_value - 1 - i;
        out[zeros + i] = (uint8_t)(limbs[at / 4] >> (8 * (at % 4)));
    }
    *ret_n = zeros + n_value;
    return SG_DONE;
}

/* Limbs of base 58^5, little-endian. */
static size_t
limbs58_of_bytes(sg_bytes in, uint32_t *limbs)
{
    size_t n = 0;
    for (size_t at = 0; at < in.n;) {
        uint64_t rest = 0;
        unsigned bits = 0;
        for (; bits < 32 && at < in.n; bits += 8, at++) {
            rest = rest << 8 | in.p[at];
        }
        for (size_t i = 0; i < n; i++) {
            rest += (uint64_t)limbs[i] << bits;
            limbs[i] = (uint32_t)(rest % LIMB_58);
            rest /= LIMB_58;
        }
        for (; rest != 0; rest /= LIMB_58) {
            limbs[n++] = (uint32_t)(rest % LIMB_58);
        }
    }
    return n;
}

sg_result
base58_encode(struct sg_arena *arena, sg_bytes in, sg_str *ret)
{
    SG_REQUIRE(in.n <= MULTIBASE_BASE58_BYTES_MAX, TOO_LARGE);
    uint32_t limbs[LIMBS_MAX + 2] = { 0 };
    size_t n_limbs = limbs58_of_bytes(in, limbs);
    size_t zeros = 0;
    while (zeros < in.n && in.p[zeros] == 0) {
        zeros++;
    }
    char *out = SG_NEW_ARRAY(arena, zeros + n_limbs * DIGITS_PER_LIMB + 1, char);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    /* Written from the end, so that the digits of zero in front of the first limb fall away. */
    size_t end = zeros + n_limbs * DIGITS_PER_LIMB;
    size_t at = end;
    for (size_t i = 0; i < n_limbs; i++) {
        uint32_t value = limbs[i];
        for (unsigned k = 0; k < DIGITS_PER_LIMB && (i + 1 < n_limbs || value != 0); k++) {
            out[--at] = alphabet[value % 58];
            value /= 58;
        }
    }
    for (size_t i = 0; i < zeros; i++) {
        out[--at] = '1';
    }
    *ret = sg_str_of(out + at, end - at);
    return SG_DONE;
}
