#include "wire_shape.h"

static const void *
at(const void *base, uint32_t offset)
{
    return (const uint8_t *)base + offset;
}

static void *
at_mut(void *base, uint32_t offset)
{
    return (uint8_t *)base + offset;
}

/* Bytes from one element of an array to the next. */
static size_t
stride(const struct wire_field *f)
{
    return f->kind == WIRE_F_SHAPE ? f->sub->size : sizeof(sg_bytes);
}
_Static_assert(sizeof(sg_bytes) == sizeof(sg_str), "arrays hold byte strings, texts or structs");

static bool
present(const struct wire_field *f, const void *base)
{
    if (f->n_max != 0) {
        return *(const size_t *)at(base, f->n_offset) != 0;
    }
    switch ((enum wire_kind)f->kind) {
    case WIRE_F_UINT:
        return *(const uint64_t *)at(base, f->offset) != 0;
    case WIRE_F_TIME:
        return *(const int64_t *)at(base, f->offset) != 0;
    case WIRE_F_BOOL:
        return *(const bool *)at(base, f->offset);
    case WIRE_F_BYTES:
        return ((const sg_bytes *)at(base, f->offset))->n != 0;
    case WIRE_F_TEXT:
        return ((const sg_str *)at(base, f->offset))->n != 0;
    case WIRE_F_SHAPE:
        return present(&f->sub->fields[f->sub->present], at(base, f->offset));
    case WIRE_F_VERSION:
        return true;
    }
    return false;
}

/* An optional value that is there has something in it, or it would have two encodings. */
static uint64_t
least(const struct wire_field *f)
{
    return f->optional && f->n_max == 0 && f->min == 0 ? 1 : f->min;
}

/* ---- writing ------------------------------------------------------------------------------------- */

/* What the other end would refuse is not sent. */
static bool
within(struct sg_buf *buf, uint64_t v, uint64_t min, uint64_t max)
{
    if (v >= min && v <= max) {
        return true;
    }
    sg_buf_fail(buf, v > max ? SG_E_TOO_LARGE : SG_E_VALUE);
    return false;
}

static void
write_string(struct sg_buf *buf, const struct wire_field *f, const void *value)
{
    if (f->kind == WIRE_F_BYTES) {
        sg_bytes v = *(const sg_bytes *)value;
        if (within(buf, v.n, least(f), f->max)) {
            dcbor_wr_bytes(buf, v);
        }
        return;
    }
    sg_str v = *(const sg_str *)value;
    if (within(buf, v.n, least(f), f->max)) {
        dcbor_wr_text(buf, v);
    }
}

static void
write_one(struct sg_buf *buf, const struct wire_field *f, const void *value)
{
    switch ((enum wire_kind)f->kind) {
    case WIRE_F_UINT:
        if (within(buf, *(const uint64_t *)value, least(f), f->max)) {
            dcbor_wr_uint(buf, *(const uint64_t *)value);
        }
        break;
    case WIRE_F_TIME: /* a negative time is beyond the maximum as an unsigned number */
        if (within(buf, (uint64_t) * (const int64_t *)value, f->min, f->max)) {
            dcbor_wr_uint(buf, (uint64_t) * (const int64_t *)value);
        }
        break;
    case WIRE_F_BOOL:
        dcbor_wr_bool(buf, *(const bool *)value);
        break;
    case WIRE_F_BYTES:
    case WIRE_F_TEXT:
        write_string(buf, f, value);
        break;
    case WIRE_F_SHAPE:
        wire_write(buf, f->sub, value);
        break;
    case WIRE_F_VERSION:
        dcbor_wr_uint(buf, f->max);
        break;
    }
}

static void
write_list(struct sg_buf *buf, const struct wire_field *f, const void *base)
{
    size_t n = *(const size_t *)at(base, f->n_offset);
    const uint8_t *value = at(base, f->offset);
    if (!within(buf, n, f->n_min, f->n_max)) {
        return;
    }
    dcbor_wr_array(buf, n);
    for (size_t i = 0; i < n; i++) {
        write_one(buf, f, value + i * stride(f));
    }
}

static void
write_head(struct sg_buf *buf, const struct wire_shape *shape, const void *from)
{
    if (shape->as_array) {
        dcbor_wr_array(buf, shape->n);
        return;
    }
    uint64_t entries = 0;
    for (size_t i = 0; i < shape->n; i++) {
        const struct wire_field *f = &shape->fields[i];
        entries += !f->optional || present(f, from);
    }
    dcbor_wr_map(buf, entries);
}

void
wire_write(struct sg_buf *buf, const struct wire_shape *shape, const void *from)
{
    write_head(buf, shape, from);
    for (size_t i = 0; i < shape->n && buf->failed == SG_OK; i++) {
        const struct wire_field *f = &shape->fields[i];
        if (f->optional && !present(f, from)) {
            continue;
        }
        if (!shape->as_array) {
            dcbor_wr_uint(buf, f->key);
        }
        if (f->n_max != 0) {
            write_list(buf, f, from);
        } else {
            write_one(buf, f, at(from, f->offset));
        }
    }
}

void
wire_put(struct sg_buf *buf, uint8_t type, uint64_t request_id, const struct wire_shape *shape,
    const void *msg)
{
    wire_frame_begin(buf, type, request_id);
    wire_write(buf, shape, msg);
}

sg_result
wire_alone(struct sg_arena *arena, const struct wire_shape *shape, const void *msg, size_t hint,
    size_t max, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, hint, max);
    wire_write(&buf, shape, msg);
    return sg_buf_end(&buf, ret);
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* Where the next value stands: under a key of a map, or next in an array. */
struct place {
    struct dcbor_rd *rd;
    uint64_t key;
    bool keyed;
};

static uint64_t
read_uint(const struct place *p, uint64_t min, uint64_t max)
{
    uint64_t v = p->keyed ? dcbor_rd_uint(p->rd, p->key, max) : dcbor_rd_next_uint(p->rd, max);
    if (v < min) {
        dcbor_rd_fail(p->rd, SG_E_MALFORMED);
    }
    return v;
}

static void
read_shape(const struct place *p, const struct wire_shape *shape, void *ret)
{
    struct dcbor_rd in;
    if (shape->as_array) {
        in = p->keyed ? dcbor_rd_member_array(p->rd, p->key, shape->n)
                      : dcbor_rd_next_array(p->rd, shape->n);
    } else {
        in = p->keyed ? dcbor_rd_member_map(p->rd, p->key, shape->n)
                      : dcbor_rd_next_map(p->rd, shape->n);
    }
    wire_read(&in, shape, ret);
    dcbor_rd_close(&in);
}

static void
read_one(const struct place *p, const struct wire_field *f, void *ret)
{
    size_t min = (size_t)least(f);
    size_t max = (size_t)f->max;
    switch ((enum wire_kind)f->kind) {
    case WIRE_F_UINT:
        *(uint64_t *)ret = read_uint(p, min, f->max);
        break;
    case WIRE_F_TIME:
        *(int64_t *)ret = (int64_t)read_uint(p, min, f->max);
        break;
    case WIRE_F_BOOL: /* no message has an array of booleans */
        *(bool *)ret = dcbor_rd_bool(p->rd, p->key);
        if (f->optional && !*(bool *)ret) {
            dcbor_rd_fail(p->rd, SG_E_MALFORMED);
        }
        break;
    case WIRE_F_BYTES:
        *(sg_bytes *)ret = p->keyed ? dcbor_rd_bytes(p->rd, p->key, min, max)
                                    : dcbor_rd_next_bytes(p->rd, min, max);
        break;
    case WIRE_F_TEXT:
        *(sg_str *)ret =
            p->keyed ? dcbor_rd_text(p->rd, p->key, min, max) : dcbor_rd_next_text(p->rd, min, max);
        break;
    case WIRE_F_SHAPE:
        read_shape(p, f->sub, ret);
        break;
    case WIRE_F_VERSION:
        (void)read_uint(p, max, max);
        break;
    }
}

static void
read_list(const struct place *p, const struct wire_field *f, void *base)
{
    struct dcbor_rd list = dcbor_rd_member_array(p->rd, p->key, f->n_max);
    struct place each = { .rd = &list };
    size_t n = (size_t)dcbor_rd_left(&list);
    uint8_t *value = at_mut(base, f->offset);
    if (n < f->n_min || n == 0) {
        dcbor_rd_fail(&list, SG_E_MALFORMED);
    }
    for (size_t i = 0; i < n && list.failed == SG_OK; i++) {
        read_one(&each, f, value + i * stride(f));
    }
    *(size_t *)at_mut(base, f->n_offset) = list.failed == SG_OK ? n : 0;
    dcbor_rd_close(&list);
}

/* What an absent member leaves: empty, zero, none. Entries of an empty array stay indeterminate. */
static void
clear(const struct wire_field *f, void *base)
{
    void *value = at_mut(base, f->offset);
    if (f->n_max != 0) {
        *(size_t *)at_mut(base, f->n_offset) = 0;
        return;
    }
    switch ((enum wire_kind)f->kind) {
    case WIRE_F_UINT:
    case WIRE_F_TIME:
        memset(value, 0, sizeof(uint64_t));
        break;
    case WIRE_F_BOOL:
        *(bool *)value = false;
        break;
    case WIRE_F_BYTES:
    case WIRE_F_TEXT:
        memset(value, 0, sizeof(sg_bytes));
        break;
    case WIRE_F_SHAPE:
        memset(value, 0, f->sub->size);
        break;
    case WIRE_F_VERSION:
        break;
    }
}

void
wire_read(struct dcbor_rd *rd, const struct wire_shape *shape, void *ret)
{
    for (size_t i = 0; i < shape->n; i++) {
        const struct wire_field *f = &shape->fields[i];
        struct place p = { .rd = rd, .key = f->key, .keyed = !shape->as_array };
        if (f->optional && !dcbor_rd_has(rd, f->key)) {
            clear(f, ret);
        } else if (f->n_max != 0) {
            read_list(&p, f, ret);
        } else {
            read_one(&p, f, at_mut(ret, f->offset));
        }
    }
}

sg_result
wire_get(const struct wire_shape *shape, sg_bytes in, void *ret)
{
    struct dcbor_rd rd = dcbor_rd_map(in);
    wire_read(&rd, shape, ret);
    return dcbor_rd_end(&rd);
}
