#include "sg_text.h"

static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/*
 * Value of a base64 character plus one; 0: not of the alphabet. A table, because where a text has letters, digits and capitals no processor can guess: with
 * comparisons a character cost eight times as much.
 */
#define LETTERS_AND_DIGITS                                                                         \
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,        \
    ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, \
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23,            \
    ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,            \
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37,            \
    ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44,            \
    ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51,            \
    ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58,            \
    ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62

static const uint8_t url_values[256] = { LETTERS_AND_DIGITS, ['-'] = 63, ['_'] = 64 };
static const uint8_t std_values[256] = { LETTERS_AND_DIGITS, ['+'] = 63, ['/'] = 64 };

size_t
sg_b64url_len(size_t n)
{
    return n / 3 * 4 + (n % 3 == 0 ? 0 : n % 3 + 1);
}

static size_t
encode_groups(sg_bytes in, const char *alphabet, char *out)
{
    size_t o = 0;
    size_t i = 0;
    for (; in.n - i >= 3; i += 3) {
        uint32_t v = (uint32_t)in.p[i] << 16 | (uint32_t)in.p[i + 1] << 8 | in.p[i + 2];
        out[o++] = alphabet[v >> 18];
        out[o++] = alphabet[v >> 12 & 63];
        out[o++] = alphabet[v >> 6 & 63];
        out[o++] = alphabet[v & 63];
    }
    if (in.n - i == 1) {
        out[o++] = alphabet[in.p[i] >> 2];
        out[o++] = alphabet[(in.p[i] & 3) << 4];
    } else if (in.n - i == 2) {
        out[o++] = alphabet[in.p[i] >> 2];
        out[o++] = alphabet[(in.p[i] & 3) << 4 | in.p[i + 1] >> 4];
        out[o++] = alphabet[(in.p[i + 1] & 15) << 2];
    }
    return o;
}

size_t
sg_b64url_to(sg_bytes in, char *out)
{
    return encode_groups(in, url_alphabet, out);
}

void
sg_b64url_put(struct sg_buf *buf, sg_bytes in)
{
    uint8_t *p = sg_buf_room(buf, sg_b64url_len(in.n));
    if (p != NULL) {
        encode_groups(in, url_alphabet, (char *)p);
    }
}

sg_result
sg_b64url_encode(struct sg_arena *arena, sg_bytes in, sg_str *ret)
{
    size_t n = sg_b64url_len(in.n);
    char *p = sg_arena_alloc(arena, n + 1);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    encode_groups(in, url_alphabet, p);
    *ret = (sg_str){ p, n };
    return SG_DONE;
}

/* Decode `n` unpadded characters to out, which has room for n*3/4 bytes. */
static sg_result
decode_groups(const char *text, size_t n, const uint8_t values[256], uint8_t *out)
{
    SG_REQUIRE(n % 4 != 1, ENCODING);
    const uint8_t *p = (const uint8_t *)text;
    uint32_t bad = 0; /* a character of no value sets bits beyond the sixth */
    size_t i = 0;
    for (; n - i >= 4; i += 4) {
        uint32_t a = values[p[i]] - 1U;
        uint32_t b = values[p[i + 1]] - 1U;
        uint32_t c = values[p[i + 2]] - 1U;
        uint32_t d = values[p[i + 3]] - 1U;
        bad |= a | b | c | d;
        *out++ = (uint8_t)(a << 2 | b >> 4);
        *out++ = (uint8_t)(b << 4 | c >> 2);
        *out++ = (uint8_t)(c << 6 | d);
    }
    /* Trailing bits that are not zero would give two texts for one value. */
    if (n - i >= 2) {
        uint32_t a = values[p[i]] - 1U;
        uint32_t b = values[p[i + 1]] - 1U;
        uint32_t c = n - i == 3 ? values[p[i + 2]] - 1U : 0;
        bad |= a | b | c;
        *out++ = (uint8_t)(a << 2 | b >> 4);
        if (n - i == 3) {
            *out = (uint8_t)(b << 4 | c >> 2);
            bad |= (c & 3) << 6;
        } else {
            bad |= (b & 15) << 6;
        }
    }
    SG_REQUIRE(bad < 64, ENCODING);
    return SG_DONE;
}

sg_result
sg_b64url_decode(struct sg_arena *arena, sg_str in, sg_bytes *ret)
{
    size_t n = in.n / 4 * 3 + (in.n % 4 == 0 ? 0 : in.n % 4 - 1);
    uint8_t *p = sg_arena_alloc(arena, n + 3);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    SG_TRY(decode_groups(in.p, in.n, url_values, p));
    *ret = (sg_bytes){ p, n };
    return SG_DONE;
}

sg_result
sg_b64url_decode_to(sg_str in, uint8_t *out, size_t n)
{
    SG_REQUIRE(in.n == sg_b64url_len(n), ENCODING);
    return decode_groups(in.p, in.n, url_values, out);
}

void
sg_b64_put(struct sg_buf *buf, sg_bytes in)
{
    size_t n = (in.n + 2) / 3 * 4;
    char *p = (char *)sg_buf_room(buf, n);
    if (p == NULL) {
        return;
    }
    for (size_t o = encode_groups(in, std_alphabet, p); o < n; o++) {
        p[o] = '=';
    }
}

sg_result
sg_b64_encode(struct sg_arena *arena, sg_bytes in, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, (in.n + 2) / 3 * 4 + 1, SIZE_MAX);
    sg_b64_put(&buf, in);
    return sg_buf_end_str(&buf, ret);
}

sg_result
sg_b64_decode(struct sg_arena *arena, sg_str in, sg_bytes *ret)
{
    SG_REQUIRE(in.n % 4 == 0, ENCODING);
    size_t n = in.n;
    for (int pad = 0; pad < 2 && n > 0 && in.p[n - 1] == '='; pad++) {
        n--;
    }
    size_t out_n = n / 4 * 3 + (n % 4 == 0 ? 0 : n % 4 - 1);
    SG_REQUIRE(n % 4 != 1 && (in.n == 0 || n > 0), ENCODING);
    uint8_t *p = sg_arena_alloc(arena, out_n + 3);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    SG_TRY(decode_groups(in.p, n, std_values, p));
    *ret = (sg_bytes){ p, out_n };
    return SG_DONE;
}

void
sg_hex_to(sg_bytes in, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < in.n; i++) {
        out[2 * i] = digits[in.p[i] >> 4];
        out[2 * i + 1] = digits[in.p[i] & 15];
    }
}

sg_result
sg_hex_encode(struct sg_arena *arena, sg_bytes in, sg_str *ret)
{
    size_t n;
    SG_REQUIRE(sg_size_mul(in.n, 2, &n), NO_MEMORY);
    char *p = sg_arena_alloc(arena, n + 1);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    sg_hex_to(in, p);
    *ret = (sg_str){ p, n };
    return SG_DONE;
}

static uint8_t
hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (uint8_t)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (uint8_t)(c - 'a' + 10);
    }
    return c >= 'A' && c <= 'F' ? (uint8_t)(c - 'A' + 10) : 255;
}

sg_result
sg_hex_decode_to(sg_str in, uint8_t *out, size_t n)
{
    SG_REQUIRE(in.n % 2 == 0 && in.n / 2 == n, ENCODING);
    for (size_t i = 0; i < n; i++) {
        uint8_t hi = hex_value(in.p[2 * i]);
        uint8_t lo = hex_value(in.p[2 * i + 1]);
        SG_REQUIRE(hi < 16 && lo < 16, ENCODING);
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return SG_DONE;
}

sg_result
sg_hex_decode(struct sg_arena *arena, sg_str in, sg_bytes *ret)
{
    uint8_t *p = sg_arena_alloc(arena, in.n / 2);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    SG_TRY(sg_hex_decode_to(in, p, in.n / 2));
    *ret = (sg_bytes){ p, in.n / 2 };
    return SG_DONE;
}

/* Length of the valid UTF-8 sequence at p (1..4), or 0. */
static size_t
utf8_sequence(const uint8_t *p, size_t n)
{
    if (p[0] < 0x80) {
        return 1;
    }
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        return n >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    }
    if ((p[0] & 0xF0) == 0xE0) {
        uint8_t low = p[0] == 0xE0 ? 0xA0 : 0x80;  /* no overlong forms */
        uint8_t high = p[0] == 0xED ? 0x9F : 0xBF; /* no surrogates */
        return n >= 3 && p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 ? 3 : 0;
    }
    if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        uint8_t low = p[0] == 0xF0 ? 0x90 : 0x80;
        uint8_t high = p[0] == 0xF4 ? 0x8F : 0xBF; /* nothing above U+10FFFF */
        bool ok =
            n >= 4 && p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80;
        return ok ? 4 : 0;
    }
    return 0;
}

bool
sg_utf8_valid(sg_str text)
{
    const uint8_t *p = (const uint8_t *)text.p;
    for (size_t i = 0; i < text.n;) {
        size_t step = utf8_sequence(p + i, text.n - i);
        if (step == 0) {
            return false;
        }
        i += step;
    }
    return true;
}

sg_result
sg_u64_parse(sg_str text, uint64_t *ret)
{
    SG_REQUIRE(text.n >= 1 && text.n <= 20, NUMBER);
    SG_REQUIRE(text.n == 1 || text.p[0] != '0', NUMBER);
    uint64_t v = 0;
    for (size_t i = 0; i < text.n; i++) {
        SG_REQUIRE(text.p[i] >= '0' && text.p[i] <= '9', NUMBER);
        SG_REQUIRE(!__builtin_mul_overflow(v, 10, &v), NUMBER);
        SG_REQUIRE(!__builtin_add_overflow(v, (uint64_t)(text.p[i] - '0'), &v), NUMBER);
    }
    *ret = v;
    return SG_DONE;
}
