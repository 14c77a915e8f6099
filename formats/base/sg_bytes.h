/*
 * Views: borrowed, not NUL-terminated, never freed. sg_str promises valid UTF-8 where its maker says so.
 */
#ifndef SG_BYTES_H
#define SG_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *p;
    size_t n;
} sg_bytes;

typedef struct {
    const char *p;
    size_t n;
} sg_str;

#define SG_BYTES(array) ((sg_bytes){ (const uint8_t *)(array), sizeof(array) })
#define SG_LIT(text) ((sg_str){ (text), sizeof(text) - 1 })
#define SG_NO_BYTES ((sg_bytes){ NULL, 0 })
#define SG_NO_STR ((sg_str){ NULL, 0 })
/* For printf("%.*s"). Only for text that is known to be short. */
#define SG_PRINT(s) (int)(s).n, (s).p

static inline sg_bytes
sg_bytes_of(const void *p, size_t n)
{
    return (sg_bytes){ (const uint8_t *)p, n };
}

static inline sg_str
sg_str_of(const char *p, size_t n)
{
    return (sg_str){ p, n };
}

/* View of a C string; NULL gives the empty view. */
static inline sg_str
sg_cstr(const char *s)
{
    return (sg_str){ s, s == NULL ? 0 : strlen(s) };
}

static inline sg_bytes
sg_str_bytes(sg_str s)
{
    return (sg_bytes){ (const uint8_t *)s.p, s.n };
}

static inline sg_str
sg_bytes_str(sg_bytes b)
{
    return (sg_str){ (const char *)b.p, b.n };
}

/* Equality of public values. Secrets and tokens: sg_secret_equal. */
static inline bool
sg_bytes_equal(sg_bytes a, sg_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
sg_str_equal(sg_str a, sg_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
sg_str_is(sg_str a, const char *literal)
{
    return sg_str_equal(a, sg_cstr(literal));
}

static inline bool
sg_str_starts(sg_str a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

/* Sub-view; ranges beyond the end are cut. */
static inline sg_bytes
sg_bytes_slice(sg_bytes b, size_t from, size_t n)
{
    if (from > b.n) {
        from = b.n;
    }
    if (n > b.n - from) {
        n = b.n - from;
    }
    return (sg_bytes){ b.p == NULL ? NULL : b.p + from, n };
}

/* Position of the first `c` at or after `from`, or s.n. */
static inline size_t
sg_str_index(sg_str s, char c, size_t from)
{
    if (from >= s.n) {
        return s.n;
    }
    const char *hit = memchr(s.p + from, c, s.n - from);
    return hit == NULL ? s.n : (size_t)(hit - s.p);
}

static inline sg_str
sg_str_slice(sg_str s, size_t from, size_t n)
{
    return sg_bytes_str(sg_bytes_slice(sg_str_bytes(s), from, n));
}

/* Checked sums of sizes: false on overflow, `ret` untouched. */
static inline bool
sg_size_add(size_t a, size_t b, size_t *ret)
{
    return !__builtin_add_overflow(a, b, ret);
}

static inline bool
sg_size_mul(size_t a, size_t b, size_t *ret)
{
    return !__builtin_mul_overflow(a, b, ret);
}

#endif
