/*
 * Arena: the memory of one request, given back and wiped as a whole (claims are personal data).
 * Not for several threads at once. Formats allocate only from the arena they are given.
 */
#ifndef SG_ARENA_H
#define SG_ARENA_H

#include "sg_bytes.h"
#include "sg_result.h"

struct sg_arena;

/*
 * A new arena that hands out at most `max` bytes (its chunks included). NULL when out of memory.
 * The first chunk is `first` bytes (0: a default of 16 KiB) and is kept by sg_arena_reset.
 */
struct sg_arena *sg_arena_new(size_t first, size_t max);

/* Wipe everything handed out and start again; keeps the first chunk. NULL is accepted. */
void sg_arena_reset(struct sg_arena *arena);

/* Wipe and free. Sets the caller's pointer to NULL; NULL is accepted. */
void sg_arena_free(struct sg_arena **arena);

/* n bytes aligned for any object, zeroed; NULL beyond the limit or out of memory. n may be 0. */
void *sg_arena_alloc(struct sg_arena *arena, size_t n) SG_CHECKED;

/* An array of `count` objects of `size`; NULL also on overflow. */
void *sg_arena_array(struct sg_arena *arena, size_t count, size_t size) SG_CHECKED;

/* Copies that live as long as the arena. SG_E_NO_MEMORY. sg_arena_cstr adds a NUL. */
sg_result sg_arena_bytes(struct sg_arena *arena, sg_bytes from, sg_bytes *ret) SG_CHECKED;
sg_result sg_arena_str(struct sg_arena *arena, sg_str from, sg_str *ret) SG_CHECKED;
sg_result sg_arena_cstr(struct sg_arena *arena, sg_str from, const char **ret) SG_CHECKED;

/* Formatted text in the arena, NUL-terminated past its end. SG_E_NO_MEMORY. */
sg_result sg_arena_printf(struct sg_arena *arena, sg_str *ret, const char *format, ...)
    __attribute__((format(printf, 3, 4))) SG_CHECKED;

/* Bytes handed out since the last reset. */
size_t sg_arena_used(const struct sg_arena *arena);

#define SG_NEW(arena, type) ((type *)sg_arena_alloc((arena), sizeof(type)))
#define SG_NEW_ARRAY(arena, count, type) ((type *)sg_arena_array((arena), (count), sizeof(type)))

#endif
