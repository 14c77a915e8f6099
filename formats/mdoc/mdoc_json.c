/* CBOR values shown as JSON: for people and policies. Nothing is signed or compared in this form. */
#include <math.h>
#include <stdio.h>

#include "jcs.h"
#include "mdoc_int.h"

#define SAFE_INTEGER ((int64_t)1 << 53)
#define MAP_MAX 64 /* entries whose keys dcbor_scan has compared */

static sg_result write(struct sjson_wr *wr, const struct dcbor_item *item);

static sg_result
write_integer(struct sjson_wr *wr, const struct dcbor_item *item)
{
    int64_t v;
    SG_REQUIRE(sg_ok(dcbor_item_int(item, &v)), UNSUPPORTED);
    SG_REQUIRE(v >= -SAFE_INTEGER && v <= SAFE_INTEGER, UNSUPPORTED);
    sjson_wr_int(wr, v);
    return SG_DONE;
}

static sg_result
write_float(struct sjson_wr *wr, const struct dcbor_item *item)
{
    double v;
    char text[JCS_NUMBER_MAX];
    size_t n;
    SG_TRY(dcbor_item_double(item, &v));
    SG_REQUIRE(isfinite(v), UNSUPPORTED);
    SG_TRY(jcs_number(v, text, &n));
    sjson_wr_raw(wr, sg_str_of(text, n));
    return SG_DONE;
}

static sg_result
write_simple(struct sjson_wr *wr, const struct dcbor_item *item)
{
    bool v;
    if (dcbor_item_is_null(item)) {
        sjson_wr_null(wr);
        return SG_DONE;
    }
    SG_REQUIRE(sg_ok(dcbor_item_bool(item, &v)), UNSUPPORTED);
    sjson_wr_bool(wr, v);
    return SG_DONE;
}

static sg_result
write_array(struct sjson_wr *wr, const struct dcbor_item *item)
{
    struct dcbor_item element;
    struct dcbor_walk walk = dcbor_item_walk(item);
    sjson_wr_array(wr);
    while (dcbor_item_next(&walk, &element)) {
        SG_TRY(write(wr, &element));
    }
    sjson_wr_array_end(wr);
    return SG_DONE;
}

/* All keys are texts or all are integers: 1 and "1" would become one name. */
static sg_result
write_key(struct sjson_wr *wr, const struct dcbor_item *key, bool texts)
{
    int64_t v;
    char text[24];
    SG_REQUIRE((key->kind == DCBOR_KIND_TEXT) == texts, UNSUPPORTED);
    if (texts) {
        sjson_wr_name(wr, sg_bytes_str(key->content));
        return SG_DONE;
    }
    SG_REQUIRE(sg_ok(dcbor_item_int(key, &v)), UNSUPPORTED);
    int n = snprintf(text, sizeof(text), "%lld", (long long)v);
    SG_REQUIRE(n > 0 && (size_t)n < sizeof(text), INTERNAL);
    sjson_wr_name(wr, sg_str_of(text, (size_t)n));
    return SG_DONE;
}

static sg_result
write_map(struct sjson_wr *wr, const struct dcbor_item *item)
{
    struct dcbor_item key;
    struct dcbor_item value;
    bool first = true;
    bool texts = true;
    SG_REQUIRE(item->value <= MAP_MAX, UNSUPPORTED);
    struct dcbor_walk walk = dcbor_item_walk(item);
    sjson_wr_object(wr);
    while (dcbor_item_pair(&walk, &key, &value)) {
        texts = first ? key.kind == DCBOR_KIND_TEXT : texts;
        first = false;
        SG_TRY(write_key(wr, &key, texts));
        SG_TRY(write(wr, &value));
    }
    sjson_wr_object_end(wr);
    return SG_DONE;
}

/* Tag 24 stays one value: flattening it would hide where the signed bytes end. */
static sg_result
write_tag(struct sjson_wr *wr, const struct dcbor_item *item)
{
    struct dcbor_item inner;
    SG_TRY(dcbor_item_tagged(item, item->value, &inner));
    return write(wr, &inner);
}

/* As deep as dcbor_item_open allowed. */
static sg_result
write(struct sjson_wr *wr, const struct dcbor_item *item)
{
    switch (item->kind) {
    case DCBOR_KIND_UINT:
    case DCBOR_KIND_NINT:
        return write_integer(wr, item);
    case DCBOR_KIND_BYTES:
        sjson_wr_b64url(wr, item->content);
        return SG_DONE;
    case DCBOR_KIND_TEXT:
        sjson_wr_text(wr, sg_bytes_str(item->content));
        return SG_DONE;
    case DCBOR_KIND_ARRAY:
        return write_array(wr, item);
    case DCBOR_KIND_MAP:
        return write_map(wr, item);
    case DCBOR_KIND_TAG:
        return write_tag(wr, item);
    case DCBOR_KIND_SIMPLE:
        return write_simple(wr, item);
    case DCBOR_KIND_FLOAT:
        return write_float(wr, item);
    case DCBOR_KIND_NONE:
        break;
    }
    SG_FAIL(INTERNAL);
}

sg_result
mdoc_value_json(struct sg_arena *arena, sg_bytes cbor, sg_str *ret)
{
    struct dcbor_item item;
    SG_TRY(mdoc_open(cbor, &item));
    struct sg_buf buf = sg_buf_new(arena, cbor.n * 2 + 16, 8 * MDOC_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    SG_TRY(write(&wr, &item));
    return sg_buf_end_str(&buf, ret);
}

sg_result
mdoc_shown(struct sg_arena *arena, sg_bytes cbor, sg_str *ret)
{
    sg_result r = mdoc_value_json(arena, cbor, ret);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r)) {
        *ret = SG_NO_STR; /* the CBOR is there */
    }
    return SG_DONE;
}
