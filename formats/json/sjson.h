/*
 * Strict JSON (RFC 8259, I-JSON RFC 7493 where it is stricter): one pass over the bytes checks everything and
 * builds a read-only tree of views in the caller's arena.
 * Refused: duplicate names (after unescaping), invalid UTF-8, lone surrogates, a byte order mark, numbers outside
 * double range, anything after the value, more depth or more values than the limits allow.
 * jansson is not used for this: it has one malloc per node outside the arena (claims must be wiped), loses the
 * number's own text, and would need this scanner in front of it anyway. Tests use it as a second opinion.
 */
#ifndef SJSON_H
#define SJSON_H

#include "sg_buf.h"

#define SJSON_DEPTH_MAX 64      /* SD-JWT and metadata documents stay below 20 */
#define SJSON_VALUES_MAX 100000 /* values of one document */
#define SJSON_NUMBER_LEN \
    1024 /* characters of one number; the longest exact double needs 767 digits */

enum sjson_type {
    SJSON_NULL,
    SJSON_FALSE,
    SJSON_TRUE,
    SJSON_NUMBER,
    SJSON_STRING,
    SJSON_ARRAY,
    SJSON_OBJECT
};

/* One value. Read-only after parsing; children in document order. */
struct sjson {
    enum sjson_type type;
    sg_str name;   /* the member's name, unescaped; empty for array elements and the root */
    sg_str text;   /* STRING: unescaped UTF-8. NUMBER: its own text. Otherwise empty */
    sg_str source; /* the bytes of the value in the document, verbatim (SD-JWT keeps them) */
    size_t n;      /* children */
    const struct sjson *first; /* ARRAY, OBJECT */
    const struct sjson *next;  /* sibling */
    const struct sjson *const
        *sorted; /* objects of many members: by length and bytes of the name; else NULL */
};

/*
 * Parse a whole document. The tree lives in the arena and borrows from `in` where no unescaping was needed.
 * SG_E_MALFORMED, SG_E_DUPLICATE, SG_E_ENCODING, SG_E_NUMBER, SG_E_DEPTH, SG_E_TOO_LARGE, SG_E_NO_MEMORY;
 * `why` (optional) gets the byte offset.
 */
SG_CHECKED sg_result sjson_parse(
    struct sg_arena *arena, sg_str in, struct sg_why *why, const struct sjson **ret);
/* The same, and the root must be an object (SG_E_TYPE). */
SG_CHECKED sg_result sjson_parse_object(
    struct sg_arena *arena, sg_str in, struct sg_why *why, const struct sjson **ret);

/* Members and elements; NULL when absent or when `v` is NULL or of another type. */
const struct sjson *sjson_get(const struct sjson *v, const char *name);
const struct sjson *sjson_get_str(const struct sjson *v, sg_str name);
const struct sjson *sjson_at(const struct sjson *v, size_t index);

/* Typed access to a member: absent or of another type fails with SG_E_MISSING / SG_E_TYPE. */
SG_CHECKED sg_result sjson_member_text(const struct sjson *v, const char *name, sg_str *ret);
SG_CHECKED sg_result sjson_member_int(
    const struct sjson *v, const char *name, int64_t *ret); /* integer within 2^53; SG_E_NUMBER */
SG_CHECKED sg_result sjson_member_object(
    const struct sjson *v, const char *name, const struct sjson **ret);
SG_CHECKED sg_result sjson_member_array(
    const struct sjson *v, const char *name, const struct sjson **ret);
/* Optional: absent gives the default and succeeds; a wrong type still fails with SG_E_TYPE. */
SG_CHECKED sg_result sjson_member_bool(
    const struct sjson *v, const char *name, bool absent, bool *ret);

bool sjson_is_text(const struct sjson *v, const char *text); /* STRING equal to text */
SG_CHECKED sg_result sjson_int(const struct sjson *v, int64_t *ret);
SG_CHECKED sg_result sjson_double(const struct sjson *v, double *ret);
/* Deep equality as JSON values: member order ignored, numbers by value. */
bool sjson_equal(const struct sjson *a, const struct sjson *b);

/* ---- writing ------------------------------------------------------------------------------------- */

/* A streaming writer; commas and colons are its own work. Failure sticks in buf. Compact form. */
struct sjson_wr {
    struct sg_buf *buf;
    bool comma; /* a value stands before this place */
};
struct sjson_wr sjson_wr_new(struct sg_buf *buf);
void sjson_wr_object(struct sjson_wr *wr);
void sjson_wr_object_end(struct sjson_wr *wr);
void sjson_wr_array(struct sjson_wr *wr);
void sjson_wr_array_end(struct sjson_wr *wr);
void sjson_wr_name(struct sjson_wr *wr, sg_str name);
void sjson_wr_text(
    struct sjson_wr *wr, sg_str value); /* escapes what RFC 8259 demands, nothing else */
void sjson_wr_int(struct sjson_wr *wr, int64_t value);
void sjson_wr_bool(struct sjson_wr *wr, bool value);
void sjson_wr_null(struct sjson_wr *wr);
void sjson_wr_raw(struct sjson_wr *wr, sg_str json); /* already JSON */
void sjson_wr_value(
    struct sjson_wr *wr, const struct sjson *v); /* a parsed value, source bytes verbatim */
void sjson_wr_b64url(struct sjson_wr *wr, sg_bytes value); /* as a string */
/* name and value at once */
void sjson_wr_member_text(struct sjson_wr *wr, const char *name, sg_str value);
void sjson_wr_member_cstr(struct sjson_wr *wr, const char *name, const char *value);
void sjson_wr_member_int(struct sjson_wr *wr, const char *name, int64_t value);
void sjson_wr_member_bool(struct sjson_wr *wr, const char *name, bool value);
void sjson_wr_member_b64url(struct sjson_wr *wr, const char *name, sg_bytes value);
void sjson_wr_member_raw(struct sjson_wr *wr, const char *name, sg_str json);
void sjson_wr_member_value(struct sjson_wr *wr, const char *name, const struct sjson *v);

#endif
