/* The first bytes of any CBOR item (RFC 8949 3): shared by the scanner and the cursor reader, for nobody else. */
#ifndef DCBOR_HEAD_H
#define DCBOR_HEAD_H

#include "dcbor.h"

enum dcbor_major {
    DCBOR_UINT = 0,
    DCBOR_NINT = 1,
    DCBOR_BYTES = 2,
    DCBOR_TEXT = 3,
    DCBOR_ARRAY = 4,
    DCBOR_MAP = 5,
    DCBOR_TAG = 6,
    DCBOR_SIMPLE = 7,
};
#define DCBOR_INDEFINITE 31 /* additional information: indefinite length, or the break of one */

struct dcbor_head {
    uint8_t major;
    uint8_t info;   /* additional information, 0..31 */
    uint8_t len;    /* bytes of the head: 1, 2, 3, 5 or 9 */
    bool shortest;  /* the argument could not be written in fewer bytes */
    uint64_t value; /* the argument; the bits of a float */
};

/* False when the bytes end inside the head or the additional information is reserved (28..30). */
static inline bool
dcbor_head_read(const uint8_t *p, size_t n, struct dcbor_head *ret)
{
    if (n == 0) {
        return false;
    }
    ret->major = (uint8_t)(p[0] >> 5);
    ret->info = p[0] & 0x1f;
    ret->len = 1;
    ret->shortest = true;
    ret->value = ret->info;
    if (ret->info < 24 || ret->info == DCBOR_INDEFINITE) {
        return true;
    }
    if (ret->info > 27) {
        return false;
    }
    uint8_t width = (uint8_t)(1U << (ret->info - 24));
    if (n < (size_t)1 + width) {
        return false;
    }
    uint64_t v = 0;
    for (uint8_t i = 1; i <= width; i++) {
        v = v << 8 | p[i];
    }
    static const uint64_t least[4] = { 24, 0x100, 0x10000, 0x100000000 };
    ret->len = (uint8_t)(1 + width);
    ret->value = v;
    ret->shortest = v >= least[ret->info - 24];
    return true;
}

#endif
