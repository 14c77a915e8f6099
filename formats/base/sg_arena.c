#include "sg_arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sg_secret.h"

/*
 * Under AddressSanitizer memory that is not handed out must not be touched: neither past an object's end, nor after a reset. Both would
 * also break what `clean` promises.
 */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define HIDE(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define HIDE(p, n) ((void)(p), (void)(n))
#define SHOW(p, n) ((void)(p), (void)(n))
#endif

#define DEFAULT_FIRST ((size_t)16 * 1024)
#define ALIGN alignof(max_align_t)

struct chunk {
    struct chunk *next;
    size_t cap;
    size_t used;
    size_t clean; /* data[used .. clean) is zero; what lies beyond both was never handed out */
    alignas(max_align_t) uint8_t data[];
};

struct sg_arena {
    struct chunk *first; /* kept over resets */
    struct chunk *last;
    size_t max;
    size_t total; /* capacity of all chunks */
    size_t used;
};

static struct chunk *
chunk_new(size_t cap)
{
    size_t n;
    if (!sg_size_add(cap, sizeof(struct chunk), &n)) {
        return NULL;
    }
    struct chunk *c = malloc(n);
    if (c == NULL) {
        return NULL;
    }
    c->next = NULL;
    c->cap = cap;
    c->used = 0;
    c->clean = 0;
    HIDE(c->data, cap);
    return c;
}

/* Wipe what was handed out. It is zero from now on, which spares the next use a second pass over it. */
static void
chunk_wipe(struct chunk *c)
{
    SHOW(c->data, c->used);
    sg_wipe(c->data, c->used);
    HIDE(c->data, c->used);
    if (c->used > c->clean) {
        c->clean = c->used;
    }
    c->used = 0;
}

/* The next `padded` bytes of a chunk that has them, zeroed; `n` of them are for use. What malloc gave is cleared when it is first handed out. */
static void *
chunk_take(struct chunk *c, size_t padded, size_t n)
{
    uint8_t *p = c->data + c->used;
    size_t known = c->clean > c->used ? c->clean - c->used : 0;
    SHOW(p, padded);
    if (known < padded) {
        memset(p + known, 0, padded - known);
    }
    HIDE(p + n, padded - n);
    c->used += padded;
    return p;
}

struct sg_arena *
sg_arena_new(size_t first, size_t max)
{
    if (first == 0) {
        first = DEFAULT_FIRST;
    }
    if (max < first) {
        first = max;
    }
    struct sg_arena *a = calloc(1, sizeof(*a));
    if (a == NULL) {
        return NULL;
    }
    a->first = chunk_new(first);
    if (a->first == NULL) {
        free(a);
        return NULL;
    }
    a->last = a->first;
    a->max = max;
    a->total = first;
    return a;
}

void
sg_arena_reset(struct sg_arena *a)
{
    if (a == NULL) {
        return;
    }
    struct chunk *c = a->first->next;
    while (c != NULL) {
        struct chunk *next = c->next;
        chunk_wipe(c);
        free(c);
        c = next;
    }
    chunk_wipe(a->first);
    a->first->next = NULL;
    a->last = a->first;
    a->total = a->first->cap;
    a->used = 0;
}

void
sg_arena_free(struct sg_arena **arena)
{
    if (arena == NULL || *arena == NULL) {
        return;
    }
    sg_arena_reset(*arena);
    free((*arena)->first);
    free(*arena);
    *arena = NULL;
}

static struct chunk *
chunk_for(struct sg_arena *a, size_t n)
{
    struct chunk *c = a->last;
    if (c->cap - c->used >= n) {
        return c;
    }
    /* Doubling keeps the number of chunks small; one large request gets a chunk of its own size. */
    size_t cap = c->cap * 2 > n ? c->cap * 2 : n;
    if (cap > a->max - a->total) {
        cap = a->max - a->total;
    }
    if (cap < n) {
        return NULL;
    }
    struct chunk *fresh = chunk_new(cap);
    if (fresh == NULL) {
        return NULL;
    }
    c->next = fresh;
    a->last = fresh;
    a->total += cap;
    return fresh;
}

void *
sg_arena_alloc(struct sg_arena *a, size_t n)
{
    size_t padded;
    if (!sg_size_add(n == 0 ? 1 : n, ALIGN - 1, &padded)) {
        return NULL;
    }
    padded &= ~(size_t)(ALIGN - 1);
    struct chunk *c = chunk_for(a, padded);
    if (c == NULL) {
        return NULL;
    }
    a->used += padded;
    return chunk_take(c, padded, n);
}

void *
sg_arena_array(struct sg_arena *a, size_t count, size_t size)
{
    size_t n;
    if (!sg_size_mul(count, size, &n)) {
        return NULL;
    }
    return sg_arena_alloc(a, n);
}

sg_result
sg_arena_bytes(struct sg_arena *a, sg_bytes from, sg_bytes *ret)
{
    uint8_t *p = sg_arena_alloc(a, from.n);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    if (from.n != 0) {
        memcpy(p, from.p, from.n);
    }
    *ret = (sg_bytes){ p, from.n };
    return SG_DONE;
}

sg_result
sg_arena_cstr(struct sg_arena *a, sg_str from, const char **ret)
{
    size_t n;
    SG_REQUIRE(sg_size_add(from.n, 1, &n), NO_MEMORY);
    char *p = sg_arena_alloc(a, n);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    if (from.n != 0) {
        memcpy(p, from.p, from.n);
    }
    *ret = p;
    return SG_DONE;
}

sg_result
sg_arena_str(struct sg_arena *a, sg_str from, sg_str *ret)
{
    const char *p;
    SG_TRY(sg_arena_cstr(a, from, &p));
    *ret = (sg_str){ p, from.n };
    return SG_DONE;
}

sg_result
sg_arena_printf(struct sg_arena *a, sg_str *ret, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    SG_REQUIRE(n >= 0, INTERNAL);
    char *p = sg_arena_alloc(a, (size_t)n + 1);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    va_start(args, format);
    int m = vsnprintf(p, (size_t)n + 1, format, args);
    va_end(args);
    SG_REQUIRE(m == n, INTERNAL);
    *ret = (sg_str){ p, (size_t)n };
    return SG_DONE;
}

size_t
sg_arena_used(const struct sg_arena *a)
{
    return a->used;
}
