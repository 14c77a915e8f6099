/*
 * The layout of a message or record as a table, from which both directions, the limits, the refusals and the
 * tables of docs/wire follow. For the files of this folder and for the test that compares the document.
 */
#ifndef WIRE_SHAPE_H
#define WIRE_SHAPE_H

#include "wire_record.h"

enum wire_kind {
    WIRE_F_UINT,    /* uint64_t, min..max */
    WIRE_F_TIME,    /* int64_t, never negative */
    WIRE_F_BOOL,    /* bool */
    WIRE_F_BYTES,   /* sg_bytes, min..max bytes */
    WIRE_F_TEXT,    /* sg_str, min..max bytes of UTF-8 */
    WIRE_F_SHAPE,   /* a struct with a layout of its own */
    WIRE_F_VERSION, /* a constant; no member */
};

struct wire_shape;
struct wire_field {
    const char *name; /* the struct's member */
    uint64_t min;
    uint64_t max;
    const struct wire_shape *sub; /* SHAPE */
    uint32_t offset;
    uint32_t n_offset; /* of the count, for arrays */
    uint16_t n_min;    /* arrays: how many */
    uint16_t n_max;    /* 0: not an array */
    uint8_t key;
    uint8_t kind;  /* enum wire_kind */
    bool optional; /* absent when empty or zero, and then never present: one value, one encoding */
};
struct wire_shape {
    const char *name;
    const struct wire_field *fields;
    size_t n;
    size_t size;    /* of the struct */
    bool as_array;  /* positions instead of keys */
    size_t present; /* the field that tells whether an optional struct is there */
};

/* Encode `from` as a map (or array); fails the buffer with TOO_LARGE or VALUE when a limit is broken. */
void wire_write(struct sg_buf *buf, const struct wire_shape *shape, const void *from);
/* Read the open container to its end. Failure sticks in `rd`. */
void wire_read(struct dcbor_rd *rd, const struct wire_shape *shape, void *ret);
/* Frame and body. */
void wire_put(struct sg_buf *buf, uint8_t type, uint64_t request_id, const struct wire_shape *shape,
    const void *msg);
/* A body alone that is all of `in`. SG_E_MALFORMED. */
SG_CHECKED sg_result wire_get(const struct wire_shape *shape, sg_bytes in, void *ret);
/* The body alone, in the arena. */
SG_CHECKED sg_result wire_alone(struct sg_arena *arena, const struct wire_shape *shape,
    const void *msg, size_t hint, size_t max, sg_bytes *ret);

/* All layouts, for the document's test. */
const struct wire_shape *const *wire_shapes_frame(size_t *ret_n);
const struct wire_shape *const *wire_shapes_intent(size_t *ret_n);
const struct wire_shape *const *wire_shapes_sign(size_t *ret_n);
const struct wire_shape *const *wire_shapes_seal(size_t *ret_n);
const struct wire_shape *const *wire_shapes_ops(size_t *ret_n);
const struct wire_shape *const *wire_shapes_status(size_t *ret_n);
const struct wire_shape *const *wire_shapes_record(size_t *ret_n);
const struct wire_shape *const *wire_shapes_person(size_t *ret_n);
const struct wire_shape *const *wire_shapes_out(size_t *ret_n);

/* Layouts used in more than one file. */
extern const struct wire_shape wire_shape_ref;
extern const struct wire_shape wire_shape_mandate;
extern const struct wire_shape wire_shape_record_read_reply;
extern const struct wire_shape wire_shape_status_verdict;
extern const struct wire_shape wire_shape_gesture;
extern const struct wire_shape wire_shape_closed;

/* The member's offset, refused by the compiler unless it has this type. */
#define WIRE_OFFSET(T, member, type)                                                            \
    (uint32_t)(                                                                                 \
        offsetof(struct T, member) +                                                            \
        0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((struct T *)0)->member), type) \
                            ? 1                                                                 \
                            : -1]))
#define WIRE_ROW(T, k, member, kind_, type, lo, hi, opt)                                           \
    {                                                                                              \
        .name = #member, .key = (k), .kind = (kind_), .optional = (opt), .min = (lo), .max = (hi), \
        .offset = WIRE_OFFSET(T, member, type)                                                     \
    }
#define WIRE_ROWS(T, k, member, kind_, type, lo, hi, lo_n, hi_n, opt)                              \
    {                                                                                              \
        .name = #member, .key = (k), .kind = (kind_), .optional = (opt), .min = (lo), .max = (hi), \
        .n_min = (lo_n), .n_max = (hi_n), .offset = WIRE_OFFSET(T, member, type[hi_n]),            \
        .n_offset = WIRE_OFFSET(T, n_##member, size_t)                                             \
    }
/* One row per member: struct, key, member, limits. OPT_: may be absent. */
#define UINT(T, k, m, lo, hi) WIRE_ROW(T, k, m, WIRE_F_UINT, uint64_t, lo, hi, false)
#define OPT_UINT(T, k, m, lo, hi) WIRE_ROW(T, k, m, WIRE_F_UINT, uint64_t, lo, hi, true)
#define TIME(T, k, m) WIRE_ROW(T, k, m, WIRE_F_TIME, int64_t, 0, INT64_MAX, false)
#define BOOL(T, k, m) WIRE_ROW(T, k, m, WIRE_F_BOOL, bool, 0, 1, false)
#define OPT_BOOL(T, k, m) WIRE_ROW(T, k, m, WIRE_F_BOOL, bool, 1, 1, true)
#define BYTES(T, k, m, lo, hi) WIRE_ROW(T, k, m, WIRE_F_BYTES, sg_bytes, lo, hi, false)
#define OPT_BYTES(T, k, m, lo, hi) WIRE_ROW(T, k, m, WIRE_F_BYTES, sg_bytes, lo, hi, true)
#define TEXT(T, k, m, lo, hi) WIRE_ROW(T, k, m, WIRE_F_TEXT, sg_str, lo, hi, false)
#define OPT_TEXT(T, k, m, lo, hi) WIRE_ROW(T, k, m, WIRE_F_TEXT, sg_str, lo, hi, true)
#define BYTES_LIST(T, k, m, lo, hi, lo_n, hi_n) \
    WIRE_ROWS(T, k, m, WIRE_F_BYTES, sg_bytes, lo, hi, lo_n, hi_n, (lo_n) == 0)
#define TEXT_LIST(T, k, m, lo, hi, lo_n, hi_n) \
    WIRE_ROWS(T, k, m, WIRE_F_TEXT, sg_str, lo, hi, lo_n, hi_n, (lo_n) == 0)
#define VERSION_OF(number)                                                   \
    {                                                                        \
        .name = "version", .key = 1, .kind = WIRE_F_VERSION, .max = (number) \
    }
#define VERSION() VERSION_OF(WIRE_RECORD_VERSION)
/* Structs: the row is completed with .sub */
#define SHAPE(T, k, m, type, shape, opt)                                                  \
    {                                                                                     \
        .name = #m, .key = (k), .kind = WIRE_F_SHAPE, .optional = (opt), .sub = &(shape), \
        .offset = WIRE_OFFSET(T, m, struct type)                                          \
    }
#define SHAPE_LIST(T, k, m, type, shape, lo_n, hi_n)                                            \
    {                                                                                           \
        .name = #m, .key = (k), .kind = WIRE_F_SHAPE, .optional = (lo_n) == 0, .sub = &(shape), \
        .n_min = (lo_n), .n_max = (hi_n), .offset = WIRE_OFFSET(T, m, struct type[hi_n]),       \
        .n_offset = WIRE_OFFSET(T, n_##m, size_t)                                               \
    }
#define WIRE_SHAPE_OF(label, T, rows)                                             \
    {                                                                             \
        .name = (label), .fields = (rows), .n = sizeof(rows) / sizeof((rows)[0]), \
        .size = sizeof(struct T)                                                  \
    }
#define WIRE_SHAPE_ARRAY(label, T, rows, there)                                   \
    {                                                                             \
        .name = (label), .fields = (rows), .n = sizeof(rows) / sizeof((rows)[0]), \
        .size = sizeof(struct T), .as_array = true, .present = (there)            \
    }

/* Both public functions of a message in a frame of this type; of a body that stands alone. */
#define WIRE_MESSAGE(name, type)                                                \
    void wire_##name##_encode(                                                  \
        struct sg_buf *buf, uint64_t request_id, const struct wire_##name *msg) \
    {                                                                           \
        wire_put(buf, (type), request_id, &wire_shape_##name, msg);             \
    }                                                                           \
    sg_result wire_##name##_parse(sg_bytes body, struct wire_##name *ret)       \
    {                                                                           \
        return wire_get(&wire_shape_##name, body, ret);                         \
    }
#define WIRE_ALONE(name, type, hint, limit)                                                       \
    sg_result wire_##name##_encode(struct sg_arena *arena, const struct type *msg, sg_bytes *ret) \
    {                                                                                             \
        return wire_alone(arena, &wire_shape_##name, msg, (hint), (limit), ret);                  \
    }                                                                                             \
    sg_result wire_##name##_parse(sg_bytes in, struct type *ret)                                  \
    {                                                                                             \
        SG_REQUIRE(in.n <= (limit), MALFORMED);                                                   \
        return wire_get(&wire_shape_##name, in, ret);                                             \
    }

#endif
