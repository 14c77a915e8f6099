#include "sg_buf.h"

#include "sg_secret.h"

#define FIRST_CAP ((size_t)256)

struct sg_buf
sg_buf_new(struct sg_arena *arena, size_t hint, size_t max)
{
    struct sg_buf buf = { .arena = arena, .max = max };
    if (hint > max) {
        hint = max;
    }
    if (hint > 0) {
        buf.p = sg_arena_alloc(arena, hint);
        buf.cap = buf.p == NULL ? 0 : hint;
        buf.failed = buf.p == NULL ? SG_E_NO_MEMORY : SG_OK;
    }
    return buf;
}

void
sg_buf_fail(struct sg_buf *buf, enum sg_code code)
{
    if (buf->failed == SG_OK) {
        buf->failed = code;
    }
}

static bool
grow(struct sg_buf *buf, size_t need)
{
    size_t cap = buf->cap < FIRST_CAP ? FIRST_CAP : buf->cap * 2;
    if (cap < need) {
        cap = need;
    }
    if (cap > buf->max) {
        cap = buf->max;
    }
    uint8_t *p = sg_arena_alloc(buf->arena, cap);
    if (p == NULL) {
        sg_buf_fail(buf, SG_E_NO_MEMORY);
        return false;
    }
    if (buf->n != 0) {
        memcpy(p, buf->p, buf->n);
    }
    buf->p = p;
    buf->cap = cap;
    return true;
}

uint8_t *
sg_buf_room(struct sg_buf *buf, size_t n)
{
    size_t need;
    if (buf->failed != SG_OK) {
        return NULL;
    }
    if (!sg_size_add(buf->n, n, &need) || need > buf->max) {
        sg_buf_fail(buf, SG_E_TOO_LARGE);
        return NULL;
    }
    if ((need > buf->cap || buf->p == NULL) && !grow(buf, need)) {
        return NULL;
    }
    uint8_t *p = buf->p + buf->n;
    buf->n = need;
    return p;
}

void
sg_buf_put(struct sg_buf *buf, sg_bytes bytes)
{
    uint8_t *p = sg_buf_room(buf, bytes.n);
    if (p != NULL && bytes.n != 0) {
        memcpy(p, bytes.p, bytes.n);
    }
}

void
sg_buf_put_str(struct sg_buf *buf, sg_str text)
{
    sg_buf_put(buf, sg_str_bytes(text));
}

void
sg_buf_put_cstr(struct sg_buf *buf, const char *text)
{
    sg_buf_put(buf, sg_str_bytes(sg_cstr(text)));
}

void
sg_buf_put_byte(struct sg_buf *buf, uint8_t byte)
{
    sg_buf_put(buf, sg_bytes_of(&byte, 1));
}

void
sg_buf_put_u64(struct sg_buf *buf, uint64_t decimal)
{
    char digits[20];
    size_t i = sizeof(digits);
    do {
        digits[--i] = (char)('0' + decimal % 10);
        decimal /= 10;
    } while (decimal != 0);
    sg_buf_put(buf, sg_bytes_of(digits + i, sizeof(digits) - i));
}

sg_result
sg_buf_end(const struct sg_buf *buf, sg_bytes *ret)
{
    if (buf->failed != SG_OK) {
        return (sg_result){ buf->failed };
    }
    *ret = (sg_bytes){ buf->p, buf->n };
    return SG_DONE;
}

sg_result
sg_buf_end_str(const struct sg_buf *buf, sg_str *ret)
{
    sg_bytes bytes;
    SG_TRY(sg_buf_end(buf, &bytes));
    *ret = sg_bytes_str(bytes);
    return SG_DONE;
}
