#include "sjson_scan.h"

#include "sg_text.h"

#define ONES 0x0101010101010101ULL
#define HIGH 0x8080808080808080ULL

/* Non-zero if some byte of eight is not printable ASCII or is quote or backslash (exact for "none is"). */
static uint64_t
special_of_eight(uint64_t x)
{
    uint64_t quote = x ^ (ONES * '"');
    uint64_t slash = x ^ (ONES * '\\');
    uint64_t control = (x - ONES * 0x20) & ~x;
    return (x | control | ((quote - ONES) & ~quote) | ((slash - ONES) & ~slash)) & HIGH;
}

static bool
is_plain_ascii(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Length of the UTF-8 sequence that a lead byte announces; the check of its content follows. */
static size_t
announced(uint8_t lead)
{
    if (lead < 0xE0) {
        return 2;
    }
    return lead < 0xF0 ? 3 : 4;
}

static size_t
ascii_run(const uint8_t *p, size_t n)
{
    size_t i = 0;
    while (n - i >= 8) {
        uint64_t eight;
        memcpy(&eight, p + i, 8);
        if (special_of_eight(eight) != 0) {
            break;
        }
        i += 8;
    }
    while (i < n && is_plain_ascii(p[i])) {
        i++;
    }
    return i;
}

size_t
sjson_plain_run(const uint8_t *p, size_t n)
{
    size_t i = 0;
    for (;;) {
        i += ascii_run(p + i, n - i);
        if (i == n || p[i] < 0x80) {
            return i;
        }
        size_t len = announced(p[i]);
        if (len > n - i || !sg_utf8_valid(sg_str_of((const char *)p + i, len))) {
            return i;
        }
        i += len;
    }
}
