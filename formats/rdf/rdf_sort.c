#include "rdf_sort.h"

#define RUN RDF_SORT_FEW /* up to so many lines the plain way is shorter */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "shared() and next_of() count on it");

/* Bytes that a and b share, of which `from` are known. */
static uint32_t
shared(const struct rdf_line *a, const struct rdf_line *b, uint32_t from)
{
    uint32_t n = a->n < b->n ? a->n : b->n;
    uint32_t i = from;
    for (; n - i >= 8; i += 8) {
        uint64_t x;
        uint64_t y;
        memcpy(&x, a->p + i, 8);
        memcpy(&y, b->p + i, 8);
        if (x != y) {
            return i + (uint32_t)__builtin_ctzll(x ^ y) /
                           8; /* little-endian: the first byte is lowest */
        }
    }
    while (i < n && a->p[i] == b->p[i]) {
        i++;
    }
    return i;
}

/* Is a after b? Their first `same` bytes are equal, the next, if both have one, is not. */
static bool
after(const struct rdf_line *a, const struct rdf_line *b, uint32_t same)
{
    if (same < a->n && same < b->n) {
        return a->p[same] > b->p[same];
    }
    return a->n != b->n ? a->n > b->n : a->id > b->id;
}

/* Eight bytes from `same` on, first byte highest; 00 past the end. */
static uint64_t
next_of(const struct rdf_line *line, uint32_t same)
{
    uint64_t word = 0;
    if (line->n - same >= 8) {
        memcpy(&word, line->p + same, 8);
        return __builtin_bswap64(word);
    }
    for (uint32_t i = same; i < line->n; i++) {
        word |= (uint64_t)line->p[i] << (56 - 8 * (i - same));
    }
    return word;
}
/* Is a after b? Both have their first eight bytes in `next`. */
static bool
after_whole(const struct rdf_line *a, const struct rdf_line *b)
{
    if (a->next != b->next) {
        return a->next > b->next;
    }
    return after(a, b, shared(a, b, 0));
}

static void
sort_few(struct rdf_line *lines, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct rdf_line x = lines[i];
        size_t at = i;
        for (; at > 0 && after_whole(&lines[at - 1], &x); at--) {
            lines[at] = lines[at - 1];
        }
        lines[at] = x;
    }
}

/* What merge() needs to know of sorted lines. */
static void
note_shared(struct rdf_line *lines, size_t n)
{
    for (size_t i = n - 1; i > 0; i--) {
        uint32_t same = lines[i].next != lines[i - 1].next
                            ? (uint32_t)__builtin_clzll(lines[i].next ^ lines[i - 1].next) / 8
                            : shared(&lines[i - 1], &lines[i], 0);
        lines[i].same = same;
        lines[i].next = next_of(&lines[i], same);
    }
    lines[0].same = 0;
}

/* Both share `a->same` bytes with the line last written. Is a after b? The later one learns what it shares with the other. */
static bool
later(struct rdf_line *a, struct rdf_line *b)
{
    uint32_t same = a->same;
    bool swap;
    if (a->next != b->next) {
        same += (uint32_t)__builtin_clzll(a->next ^ b->next) / 8;
        swap = a->next > b->next;
    } else {
        same = shared(a, b, same);
        swap = after(a, b, same);
    }
    struct rdf_line *loser = swap ? a : b;
    loser->same = same;
    loser->next = next_of(loser, same);
    return swap;
}

/*
 * `same` of the two candidates is what they share with the line last written: the one that shares more comes first, and
 * only when both share as much are bytes compared, from there on.
 */
static void
merge(struct rdf_line *from, size_t middle, size_t n, struct rdf_line *to)
{
    struct rdf_line *a = from;
    struct rdf_line *b = from + middle;
    const struct rdf_line *a_end = b;
    const struct rdf_line *b_end = from + n;
    while (a < a_end && b < b_end) {
        if (a->same > b->same) {
            *to++ = *a++;
        } else if (b->same > a->same) {
            *to++ = *b++;
        } else if (later(a, b)) {
            *to++ = *b++;
        } else {
            *to++ = *a++;
        }
    }
    memcpy(to, a, (size_t)(a_end - a) * sizeof(*a));
    memcpy(to + (a_end - a), b, (size_t)(b_end - b) * sizeof(*b));
}

void
rdf_sort(struct rdf_line *lines, struct rdf_line *spare, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        lines[i].next = next_of(&lines[i], 0);
    }
    if (n <= RUN) {
        sort_few(lines, n);
        return;
    }
    for (size_t i = 0; i < n; i += RUN) {
        size_t run = n - i < RUN ? n - i : RUN;
        sort_few(lines + i, run);
        note_shared(lines + i, run);
    }
    struct rdf_line *from = lines;
    struct rdf_line *to = spare;
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t i = 0; i < n; i += 2 * width) {
            size_t all = n - i < 2 * width ? n - i : 2 * width;
            merge(from + i, all < width ? all : width, all, to + i);
        }
        struct rdf_line *swap = from;
        from = to;
        to = swap;
    }
    if (from != lines) {
        memcpy(lines, from, n * sizeof(*lines));
    }
}

static struct rdf_block *
block_new(struct sg_arena *arena, size_t cap)
{
    size_t n;
    if (!sg_size_add(cap, sizeof(struct rdf_block), &n)) {
        return NULL;
    }
    struct rdf_block *b = sg_arena_alloc(arena, n);
    if (b != NULL) {
        b->cap = cap;
    }
    return b;
}

sg_result
rdf_stack_new(struct sg_arena *arena, size_t first, struct rdf_stack *ret)
{
    struct rdf_block *b = block_new(arena, first);
    SG_REQUIRE(b != NULL, NO_MEMORY);
    *ret = (struct rdf_stack){ arena, b, 0 };
    return SG_DONE;
}

void *
rdf_stack_grow(struct rdf_stack *s, size_t padded)
{
    if (s->top->next == NULL || s->top->next->cap < padded) {
        size_t cap = s->top->cap * 2 > padded ? s->top->cap * 2 : padded;
        struct rdf_block *fresh = block_new(s->arena, cap);
        if (fresh == NULL) {
            return NULL;
        }
        fresh->next = s->top->next;
        s->top->next = fresh;
    }
    s->top = s->top->next;
    s->used = padded;
    return s->top->data;
}
