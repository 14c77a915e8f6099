#include "rdf_sort.h"

#define RUN ((size_t)8) /* sorted by insertion before merging starts */
#define ALIGN ((size_t)16)

static bool
after(const struct rdf_line *a, const struct rdf_line *b)
{
    int order = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
    if (order != 0) {
        return order > 0;
    }
    return a->n != b->n ? a->n > b->n : a->id > b->id;
}

static void
sort_run(struct rdf_line *lines, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct rdf_line x = lines[i];
        size_t at = i;
        for (; at > 0 && after(&lines[at - 1], &x); at--) {
            lines[at] = lines[at - 1];
        }
        lines[at] = x;
    }
}

static void
merge(const struct rdf_line *from, size_t middle, size_t n, struct rdf_line *to)
{
    size_t a = 0;
    size_t b = middle;
    for (size_t i = 0; i < n; i++) {
        bool left = b == n || (a < middle && !after(&from[a], &from[b]));
        to[i] = from[left ? a++ : b++];
    }
}

void
rdf_sort(struct rdf_line *lines, struct rdf_line *spare, size_t n)
{
    for (size_t i = 0; i < n; i += RUN) {
        sort_run(lines + i, n - i < RUN ? n - i : RUN);
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

struct rdf_block {
    struct rdf_block *next; /* made earlier, free now */
    size_t cap;
    uint8_t *data;
};

static struct rdf_block *
block_new(struct sg_arena *arena, size_t cap)
{
    struct rdf_block *b = SG_NEW(arena, struct rdf_block);
    if (b == NULL) {
        return NULL;
    }
    b->cap = cap;
    b->data = sg_arena_alloc(arena, cap);
    return b->data == NULL ? NULL : b;
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
rdf_stack_take(struct rdf_stack *s, size_t n)
{
    size_t padded;
    if (!sg_size_add(n, ALIGN - 1, &padded)) {
        return NULL;
    }
    padded &= ~(ALIGN - 1);
    if (s->top->cap - s->used < padded) {
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
        s->used = 0;
    }
    void *p = s->top->data + s->used;
    s->used += padded;
    return p;
}

void *
rdf_stack_array(struct rdf_stack *s, size_t count, size_t size)
{
    size_t n;
    return sg_size_mul(count, size, &n) ? rdf_stack_take(s, n) : NULL;
}

struct rdf_mark
rdf_stack_mark(const struct rdf_stack *s)
{
    return (struct rdf_mark){ s->top, s->used };
}

void
rdf_stack_release(struct rdf_stack *s, struct rdf_mark mark)
{
    s->top = mark.top;
    s->used = mark.used;
}
