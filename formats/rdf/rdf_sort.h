/* Sorting of byte strings and a stack of short-lived memory. Not for other folders. */
#ifndef RDF_SORT_H
#define RDF_SORT_H

#include "sg_arena.h"

/* Up to so many lines need no spare room. */
#define RDF_SORT_FEW ((size_t)8)

struct rdf_line {
    const uint8_t *p;
    uint32_t n;
    uint32_t id; /* decides between equal strings */
    /* the sort's own: bytes shared with the line before, and the eight that follow them */
    uint32_t same;
    uint64_t next;
};

/*
 * By bytes, which for UTF-8 is by code point; `spare` has room for n (NULL up to RDF_SORT_FEW). Merges that remember what two lines share: n log n
 * steps and each byte of a shared beginning looked at once, whatever the order was.
 */
void rdf_sort(struct rdf_line *lines, struct rdf_line *spare, size_t n);

/*
 * Memory given back in the reverse order, so that a search that calls itself a hundred thousand times
 * needs what its deepest path needs. Its blocks come from the arena and are used again. Not zeroed.
 */
struct rdf_block {
    struct rdf_block *next; /* made earlier, free now */
    size_t cap;
    uint8_t data[] __attribute__((aligned(16)));
};
struct rdf_stack {
    struct sg_arena *arena;
    struct rdf_block *top;
    size_t used; /* of the top block */
};
struct rdf_mark {
    struct rdf_block *top;
    size_t used;
};
SG_CHECKED sg_result rdf_stack_new(struct sg_arena *arena, size_t first, struct rdf_stack *ret);

/* What the top block has no room for: on another one. */
void *rdf_stack_grow(struct rdf_stack *stack, size_t padded) SG_CHECKED;

/* n bytes aligned for pointers, or NULL. */
SG_CHECKED static inline void *
rdf_stack_take(struct rdf_stack *stack, size_t n)
{
    if (n > SIZE_MAX / 2) {
        return NULL;
    }
    size_t padded = (n + 15) & ~(size_t)15;
    if (stack->top->cap - stack->used < padded) {
        return rdf_stack_grow(stack, padded);
    }
    void *p = stack->top->data + stack->used;
    stack->used += padded;
    return p;
}

SG_CHECKED static inline void *
rdf_stack_array(struct rdf_stack *stack, size_t count, size_t size)
{
    size_t n;
    return sg_size_mul(count, size, &n) ? rdf_stack_take(stack, n) : NULL;
}

static inline struct rdf_mark
rdf_stack_mark(const struct rdf_stack *stack)
{
    return (struct rdf_mark){ stack->top, stack->used };
}

static inline void
rdf_stack_release(struct rdf_stack *stack, struct rdf_mark mark)
{
    stack->top = mark.top;
    stack->used = mark.used;
}

#endif
