/*
 * Reading strangers' CBOR (COSE, mdoc, CWT) without a tree and without copies: one item at a time, members in any order, text or
 * integer keys, tags. dcbor_item_open checks everything once (dcbor_scan); after it no getter can meet malformed bytes.
 * Definite lengths only: every profile we read asks for them (ISO/IEC 18013-5 and RFC 8949 4.2.1), a chunked string has no view, and
 * one form less is one disagreement between readers less. Heads need not be the shortest ones.
 */
#ifndef DCBOR_ITEM_H
#define DCBOR_ITEM_H

#include "dcbor.h"

enum dcbor_kind {
    DCBOR_KIND_NONE = 0, /* absent */
    DCBOR_KIND_UINT,
    DCBOR_KIND_NINT,
    DCBOR_KIND_BYTES,
    DCBOR_KIND_TEXT,
    DCBOR_KIND_ARRAY,
    DCBOR_KIND_MAP,
    DCBOR_KIND_TAG,
    DCBOR_KIND_SIMPLE, /* false 20, true 21, null 22, undefined 23 and the unassigned ones */
    DCBOR_KIND_FLOAT,
};

/* One item. Views borrow from the input. */
struct dcbor_item {
    enum dcbor_kind kind;
    uint64_t
        value; /* UINT: itself; NINT: -1 minus it; ARRAY, MAP: entries; TAG: number; SIMPLE: its number; FLOAT: bits */
    sg_bytes raw; /* the whole item, head included */
    sg_bytes
        content; /* BYTES, TEXT: the string; ARRAY, MAP, TAG: the items inside; empty otherwise */
};

/*
 * `in` must be exactly one well-formed item of definite lengths, within the limits of dcbor_scan. SG_E_MALFORMED (also trailing bytes and
 * indefinite lengths), SG_E_DEPTH, SG_E_TOO_LARGE, SG_E_DUPLICATE, SG_E_ENCODING. Equal keys are found among the first 64 of a map: whoever
 * reads a larger one compares keys itself, or takes members by dcbor_item_find*, which refuse a doubled one.
 */
SG_CHECKED sg_result dcbor_item_open(
    sg_bytes in, unsigned max_depth, size_t max_items, struct dcbor_item *ret);

/* Walks the elements of an array, or the keys and values of a map alternately. */
struct dcbor_walk {
    sg_bytes rest;
};
/* Nothing to walk when `item` is no array, map or tag. A tag is walked as an array of one. */
struct dcbor_walk dcbor_item_walk(const struct dcbor_item *item);
/* The next item, or false at the end. */
bool dcbor_item_next(struct dcbor_walk *walk, struct dcbor_item *ret);
/* The next key and value of a map, or false at the end. */
bool dcbor_item_pair(
    struct dcbor_walk *walk, struct dcbor_item *ret_key, struct dcbor_item *ret_value);

/* A member of a map by key. Absent, or `map` is no map: kind NONE. SG_E_DUPLICATE when the key is there twice. */
SG_CHECKED sg_result dcbor_item_find(
    const struct dcbor_item *map, int64_t key, struct dcbor_item *ret);
SG_CHECKED sg_result dcbor_item_find_text(
    const struct dcbor_item *map, const char *key, struct dcbor_item *ret);
SG_CHECKED sg_result dcbor_item_find_str(
    const struct dcbor_item *map, sg_str key, struct dcbor_item *ret);

/* Typed reads. SG_E_TYPE for another kind, SG_E_NUMBER outside the range. An absent item is SG_E_MISSING. */
SG_CHECKED sg_result dcbor_item_int(const struct dcbor_item *item, int64_t *ret);
SG_CHECKED sg_result dcbor_item_uint(const struct dcbor_item *item, uint64_t max, uint64_t *ret);
SG_CHECKED sg_result dcbor_item_bytes(const struct dcbor_item *item, sg_bytes *ret);
SG_CHECKED sg_result dcbor_item_text(const struct dcbor_item *item, sg_str *ret);
SG_CHECKED sg_result dcbor_item_bool(const struct dcbor_item *item, bool *ret);
/* A half, single or double float. */
SG_CHECKED sg_result dcbor_item_double(const struct dcbor_item *item, double *ret);
/* The item inside tag `number`. */
SG_CHECKED sg_result dcbor_item_tagged(
    const struct dcbor_item *item, uint64_t number, struct dcbor_item *ret);
/* Of this kind, or SG_E_TYPE; absent SG_E_MISSING. */
SG_CHECKED sg_result dcbor_item_want(const struct dcbor_item *item, enum dcbor_kind kind);
bool dcbor_item_is_null(const struct dcbor_item *item);
bool dcbor_item_is_text(const struct dcbor_item *item, const char *text);

/* Equal as map keys are: integers by value, strings by content, anything else by its bytes. */
bool dcbor_item_equal(const struct dcbor_item *a, const struct dcbor_item *b);

/* Writing: what dcbor.h leaves out. An integer of either sign; null; a double in its shortest form (RFC 8949 4.2.1). */
void dcbor_wr_int(struct sg_buf *buf, int64_t value);
void dcbor_wr_null(struct sg_buf *buf);
void dcbor_wr_double(struct sg_buf *buf, double value);

#endif
