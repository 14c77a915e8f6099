#include "dcbor_item.h"

#include <math.h>

#include "dcbor_head.h"

#define SIMPLE_FALSE 20
#define SIMPLE_TRUE 21
#define SIMPLE_NULL 22

static enum dcbor_kind
kind_of(const struct dcbor_head *head)
{
    static const enum dcbor_kind kinds[] = { [DCBOR_UINT] = DCBOR_KIND_UINT,
        [DCBOR_NINT] = DCBOR_KIND_NINT,
        [DCBOR_BYTES] = DCBOR_KIND_BYTES,
        [DCBOR_TEXT] = DCBOR_KIND_TEXT,
        [DCBOR_ARRAY] = DCBOR_KIND_ARRAY,
        [DCBOR_MAP] = DCBOR_KIND_MAP,
        [DCBOR_TAG] = DCBOR_KIND_TAG,
        [DCBOR_SIMPLE] = DCBOR_KIND_SIMPLE };
    return head->major == DCBOR_SIMPLE && head->info >= 25 ? DCBOR_KIND_FLOAT : kinds[head->major];
}

static uint64_t
children_of(const struct dcbor_head *head)
{
    switch (head->major) {
    case DCBOR_ARRAY:
        return head->value;
    case DCBOR_MAP:
        return head->value * 2; /* a count is at most the input's length: dcbor_scan */
    case DCBOR_TAG:
        return 1;
    default:
        return 0;
    }
}

/* Length of the item in front, or 0: the bytes end inside, or an indefinite length. Heads one after the other, no recursion. */
static size_t
item_len(sg_bytes in)
{
    size_t at = 0;
    uint64_t open = 1;
    while (open != 0) {
        struct dcbor_head head;
        if (!dcbor_head_read(in.p + at, in.n - at, &head) || head.info == DCBOR_INDEFINITE) {
            return 0;
        }
        at += head.len;
        bool string = head.major == DCBOR_BYTES || head.major == DCBOR_TEXT;
        bool counted = head.major == DCBOR_ARRAY || head.major == DCBOR_MAP;
        if ((string || counted) && head.value > in.n - at) {
            return 0;
        }
        at += string ? (size_t)head.value : 0;
        open = open - 1 + children_of(&head);
    }
    return at;
}

static bool
item_read(sg_bytes in, struct dcbor_item *ret)
{
    struct dcbor_head head;
    size_t n = in.n == 0 ? 0 : item_len(in);
    if (n == 0 || !dcbor_head_read(in.p, in.n, &head)) {
        return false;
    }
    ret->kind = kind_of(&head);
    ret->value = head.value;
    ret->raw = sg_bytes_slice(in, 0, n);
    ret->content = sg_bytes_slice(ret->raw, head.len, n);
    if (ret->kind == DCBOR_KIND_UINT || ret->kind == DCBOR_KIND_NINT ||
        ret->kind >= DCBOR_KIND_SIMPLE) {
        ret->content = SG_NO_BYTES;
    }
    return true;
}

sg_result
dcbor_item_open(sg_bytes in, unsigned max_depth, size_t max_items, struct dcbor_item *ret)
{
    size_t n;
    struct dcbor_item item;
    SG_TRY(dcbor_scan(in, DCBOR_WELL_FORMED, max_depth, max_items, &n));
    SG_REQUIRE(n == in.n && item_read(in, &item) && item.raw.n == in.n, MALFORMED);
    *ret = item;
    return SG_DONE;
}

struct dcbor_walk
dcbor_item_walk(const struct dcbor_item *item)
{
    bool inside = item->kind == DCBOR_KIND_ARRAY || item->kind == DCBOR_KIND_MAP ||
                  item->kind == DCBOR_KIND_TAG;
    return (struct dcbor_walk){ inside ? item->content : SG_NO_BYTES };
}

bool
dcbor_item_next(struct dcbor_walk *walk, struct dcbor_item *ret)
{
    if (!item_read(walk->rest, ret)) {
        return false;
    }
    walk->rest = sg_bytes_slice(walk->rest, ret->raw.n, walk->rest.n);
    return true;
}

bool
dcbor_item_pair(struct dcbor_walk *walk, struct dcbor_item *ret_key, struct dcbor_item *ret_value)
{
    return dcbor_item_next(walk, ret_key) && dcbor_item_next(walk, ret_value);
}

bool
dcbor_item_equal(const struct dcbor_item *a, const struct dcbor_item *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case DCBOR_KIND_UINT:
    case DCBOR_KIND_NINT:
        return a->value == b->value;
    case DCBOR_KIND_BYTES:
    case DCBOR_KIND_TEXT:
        return sg_bytes_equal(a->content, b->content);
    case DCBOR_KIND_NONE:
    case DCBOR_KIND_ARRAY:
    case DCBOR_KIND_MAP:
    case DCBOR_KIND_TAG:
    case DCBOR_KIND_SIMPLE:
    case DCBOR_KIND_FLOAT:
        break;
    }
    return sg_bytes_equal(a->raw, b->raw);
}

static sg_result
find(const struct dcbor_item *map, const struct dcbor_item *key, struct dcbor_item *ret)
{
    struct dcbor_item found = { .kind = DCBOR_KIND_NONE };
    struct dcbor_item k;
    struct dcbor_item v;
    struct dcbor_walk walk = { map->kind == DCBOR_KIND_MAP ? map->content : SG_NO_BYTES };
    while (dcbor_item_pair(&walk, &k, &v)) {
        if (dcbor_item_equal(&k, key)) {
            SG_REQUIRE(found.kind == DCBOR_KIND_NONE, DUPLICATE);
            found = v;
        }
    }
    *ret = found;
    return SG_DONE;
}

sg_result
dcbor_item_find(const struct dcbor_item *map, int64_t key, struct dcbor_item *ret)
{
    struct dcbor_item want = { .kind = key < 0 ? DCBOR_KIND_NINT : DCBOR_KIND_UINT,
        .value = key < 0 ? (uint64_t)(-1 - key) : (uint64_t)key };
    return find(map, &want, ret);
}

sg_result
dcbor_item_find_str(const struct dcbor_item *map, sg_str key, struct dcbor_item *ret)
{
    struct dcbor_item want = { .kind = DCBOR_KIND_TEXT, .content = sg_str_bytes(key) };
    return find(map, &want, ret);
}

sg_result
dcbor_item_find_text(const struct dcbor_item *map, const char *key, struct dcbor_item *ret)
{
    return dcbor_item_find_str(map, sg_cstr(key), ret);
}

sg_result
dcbor_item_want(const struct dcbor_item *item, enum dcbor_kind kind)
{
    SG_REQUIRE(item->kind != DCBOR_KIND_NONE, MISSING);
    SG_REQUIRE(item->kind == kind, TYPE);
    return SG_DONE;
}

sg_result
dcbor_item_int(const struct dcbor_item *item, int64_t *ret)
{
    SG_REQUIRE(item->kind != DCBOR_KIND_NONE, MISSING);
    SG_REQUIRE(item->kind == DCBOR_KIND_UINT || item->kind == DCBOR_KIND_NINT, TYPE);
    SG_REQUIRE(item->value <= INT64_MAX, NUMBER);
    *ret = item->kind == DCBOR_KIND_UINT ? (int64_t)item->value : -1 - (int64_t)item->value;
    return SG_DONE;
}

sg_result
dcbor_item_uint(const struct dcbor_item *item, uint64_t max, uint64_t *ret)
{
    SG_TRY(dcbor_item_want(item, DCBOR_KIND_UINT));
    SG_REQUIRE(item->value <= max, NUMBER);
    *ret = item->value;
    return SG_DONE;
}

sg_result
dcbor_item_bytes(const struct dcbor_item *item, sg_bytes *ret)
{
    SG_TRY(dcbor_item_want(item, DCBOR_KIND_BYTES));
    *ret = item->content;
    return SG_DONE;
}

sg_result
dcbor_item_text(const struct dcbor_item *item, sg_str *ret)
{
    SG_TRY(dcbor_item_want(item, DCBOR_KIND_TEXT));
    *ret = sg_bytes_str(item->content);
    return SG_DONE;
}

sg_result
dcbor_item_bool(const struct dcbor_item *item, bool *ret)
{
    SG_TRY(dcbor_item_want(item, DCBOR_KIND_SIMPLE));
    SG_REQUIRE(item->value == SIMPLE_FALSE || item->value == SIMPLE_TRUE, TYPE);
    *ret = item->value == SIMPLE_TRUE;
    return SG_DONE;
}

/* RFC 8949 appendix D */
static double
half(uint64_t bits)
{
    int exp = (int)(bits >> 10 & 0x1f);
    double man = (double)(bits & 0x3ff);
    double v = exp == 0    ? ldexp(man, -24)
               : exp != 31 ? ldexp(man + 1024, exp - 25)
               : man == 0  ? (double)INFINITY
                           : (double)NAN;
    return (bits & 0x8000) != 0 ? -v : v;
}

sg_result
dcbor_item_double(const struct dcbor_item *item, double *ret)
{
    SG_TRY(dcbor_item_want(item, DCBOR_KIND_FLOAT));
    uint32_t single_bits = (uint32_t)item->value;
    float single;
    switch (item->raw.n) {
    case 3:
        *ret = half(item->value);
        return SG_DONE;
    case 5:
        memcpy(&single, &single_bits, sizeof(single));
        *ret = (double)single;
        return SG_DONE;
    default:
        memcpy(ret, &item->value, sizeof(*ret));
        return SG_DONE;
    }
}

sg_result
dcbor_item_tagged(const struct dcbor_item *item, uint64_t number, struct dcbor_item *ret)
{
    SG_TRY(dcbor_item_want(item, DCBOR_KIND_TAG));
    SG_REQUIRE(item->value == number, TYPE);
    struct dcbor_walk walk = dcbor_item_walk(item);
    SG_REQUIRE(dcbor_item_next(&walk, ret), MALFORMED);
    return SG_DONE;
}

bool
dcbor_item_is_null(const struct dcbor_item *item)
{
    return item->kind == DCBOR_KIND_SIMPLE && item->value == SIMPLE_NULL;
}

bool
dcbor_item_is_text(const struct dcbor_item *item, const char *text)
{
    return item->kind == DCBOR_KIND_TEXT && sg_str_is(sg_bytes_str(item->content), text);
}

/* ---- writing ----------------------------------------------------------------------------------------- */

void
dcbor_wr_int(struct sg_buf *buf, int64_t value)
{
    if (value < 0) {
        dcbor_wr_nint(buf, (uint64_t)(-1 - value));
    } else {
        dcbor_wr_uint(buf, (uint64_t)value);
    }
}

void
dcbor_wr_null(struct sg_buf *buf)
{
    sg_buf_put_byte(buf, DCBOR_SIMPLE << 5 | SIMPLE_NULL);
}

static void
put_float(struct sg_buf *buf, uint8_t info, uint64_t bits, unsigned width)
{
    uint8_t out[9] = { (uint8_t)(DCBOR_SIMPLE << 5 | info) };
    for (unsigned i = width; i > 0; i--) {
        out[i] = (uint8_t)bits;
        bits >>= 8;
    }
    sg_buf_put(buf, sg_bytes_of(out, 1 + width));
}

/* The half that is exactly this number, if there is one. */
static bool
half_bits(double value, uint16_t *ret)
{
    uint16_t sign = signbit(value) ? 0x8000 : 0;
    double a = fabs(value);
    if (a == 0) {
        *ret = sign;
        return true;
    }
    if (!(a <= 65504)) {
        return false;
    }
    int exp;
    double man = frexp(a, &exp) * 2; /* a = man * 2^(exp - 1), 1 <= man < 2 */
    int biased = exp - 1 + 15;
    double units = biased >= 1 ? ldexp(man, 10) : ldexp(a, 24); /* normal, subnormal */
    if (units != floor(units) || units < 1) {
        return false;
    }
    uint16_t bits = biased >= 1 ? (uint16_t)((unsigned)biased << 10 | ((unsigned)units - 1024))
                                : (uint16_t)units;
    *ret = sign | bits;
    return true;
}

void
dcbor_wr_double(struct sg_buf *buf, double value)
{
    uint16_t small;
    uint32_t single_bits;
    uint64_t bits;
    if (isnan(value) || isinf(value)) {
        /* RFC 8949 4.2.2: one NaN */
        put_float(buf, 25, isnan(value) ? 0x7e00 : value > 0 ? 0x7c00 : 0xfc00, 2);
        return;
    }
    if (half_bits(value, &small)) {
        put_float(buf, 25, small, 2);
        return;
    }
    if (fabs(value) <= (double)3.40282346638528859812e38F) {
        float single = (float)value;
        if ((double)single == value) {
            memcpy(&single_bits, &single, sizeof(single_bits));
            put_float(buf, 26, single_bits, 4);
            return;
        }
    }
    memcpy(&bits, &value, sizeof(bits));
    put_float(buf, 27, bits, 8);
}
