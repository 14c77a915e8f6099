/*
 * A buffer that grows in an arena up to a stated maximum. Failure sticks: after the first failed append
 * nothing more is written, and sg_buf_end tells. So a writer is a list of appends and one check.
 */
#ifndef SG_BUF_H
#define SG_BUF_H

#include "sg_arena.h"

struct sg_buf {
    struct sg_arena *arena;
    uint8_t *p;
    size_t n;
    size_t cap;
    size_t max;
    enum sg_code failed; /* SG_OK, TOO_LARGE or NO_MEMORY */
};

/* `hint` bytes are reserved at once; `max` bounds the content. Never fails by itself: see sg_buf_end. */
struct sg_buf sg_buf_new(struct sg_arena *arena, size_t hint, size_t max);

void sg_buf_put(struct sg_buf *buf, sg_bytes bytes);
void sg_buf_put_str(struct sg_buf *buf, sg_str text);
void sg_buf_put_cstr(struct sg_buf *buf, const char *text);
void sg_buf_put_byte(struct sg_buf *buf, uint8_t byte);
void sg_buf_put_u64(struct sg_buf *buf, uint64_t decimal);

/* n writable bytes at the end, or NULL once failed. */
uint8_t *sg_buf_room(struct sg_buf *buf, size_t n) SG_CHECKED;

/* Mark as failed from outside (a value that cannot be written). First failure wins. */
void sg_buf_fail(struct sg_buf *buf, enum sg_code code);

/* The content, or the first failure. The view lives as long as the arena and until the next append. */
sg_result sg_buf_end(const struct sg_buf *buf, sg_bytes *ret) SG_CHECKED;
sg_result sg_buf_end_str(const struct sg_buf *buf, sg_str *ret) SG_CHECKED;

#endif
