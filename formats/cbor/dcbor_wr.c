#include "dcbor_head.h"

#define HEAD_MAX 9

/* Write the shortest head to out; returns its length. */
static size_t
head_to(uint8_t *out, enum dcbor_major major, uint64_t value)
{
    uint8_t top = (uint8_t)(major << 5);
    if (value < 24) {
        out[0] = (uint8_t)(top | value);
        return 1;
    }
    unsigned power = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
    size_t width = (size_t)1 << power;
    out[0] = (uint8_t)(top | (24 + power));
    for (size_t i = width; i > 0; i--) {
        out[i] = (uint8_t)value;
        value >>= 8;
    }
    return 1 + width;
}

static void
put_head(struct sg_buf *buf, enum dcbor_major major, uint64_t value)
{
    uint8_t head[HEAD_MAX];
    size_t n = head_to(head, major, value);
    sg_buf_put(buf, sg_bytes_of(head, n));
}

static void
put_string(struct sg_buf *buf, enum dcbor_major major, sg_bytes value)
{
    put_head(buf, major, value.n);
    sg_buf_put(buf, value);
}

/* Key and head in one append. */
static void
put_key_head(struct sg_buf *buf, uint64_t key, enum dcbor_major major, uint64_t value)
{
    uint8_t heads[2 * HEAD_MAX];
    size_t n = head_to(heads, DCBOR_UINT, key);
    n += head_to(heads + n, major, value);
    sg_buf_put(buf, sg_bytes_of(heads, n));
}

void
dcbor_wr_map(struct sg_buf *buf, uint64_t entries)
{
    put_head(buf, DCBOR_MAP, entries);
}

void
dcbor_wr_array(struct sg_buf *buf, uint64_t entries)
{
    put_head(buf, DCBOR_ARRAY, entries);
}

void
dcbor_wr_uint(struct sg_buf *buf, uint64_t value)
{
    put_head(buf, DCBOR_UINT, value);
}

void
dcbor_wr_nint(struct sg_buf *buf, uint64_t minus_one_minus_value)
{
    put_head(buf, DCBOR_NINT, minus_one_minus_value);
}

void
dcbor_wr_bool(struct sg_buf *buf, bool value)
{
    put_head(buf, DCBOR_SIMPLE, value ? 21 : 20);
}

void
dcbor_wr_bytes(struct sg_buf *buf, sg_bytes value)
{
    put_string(buf, DCBOR_BYTES, value);
}

void
dcbor_wr_text(struct sg_buf *buf, sg_str value)
{
    put_string(buf, DCBOR_TEXT, sg_str_bytes(value));
}

void
dcbor_wr_tag(struct sg_buf *buf, uint64_t tag)
{
    put_head(buf, DCBOR_TAG, tag);
}

void
dcbor_wr_key_uint(struct sg_buf *buf, uint64_t key, uint64_t value)
{
    put_key_head(buf, key, DCBOR_UINT, value);
}

void
dcbor_wr_key_bool(struct sg_buf *buf, uint64_t key, bool value)
{
    put_key_head(buf, key, DCBOR_SIMPLE, value ? 21 : 20);
}

void
dcbor_wr_key_bytes(struct sg_buf *buf, uint64_t key, sg_bytes value)
{
    put_key_head(buf, key, DCBOR_BYTES, value.n);
    sg_buf_put(buf, value);
}

void
dcbor_wr_key_text(struct sg_buf *buf, uint64_t key, sg_str value)
{
    put_key_head(buf, key, DCBOR_TEXT, value.n);
    sg_buf_put(buf, sg_str_bytes(value));
}
