/*
 * Fills any message from its layout, so that every message and every limit of every member is tried without
 * naming them one by one. Bytes and texts are as short or as long as allowed; values come from `seed`.
 */
#ifndef WIRE_FILL_H
#define WIRE_FILL_H

#include "support.h"

#include "wire_shape.h"

enum fill { FILL_LEAST, FILL_MOST, FILL_SOME };

static inline uint64_t
fill_next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static inline uint64_t
fill_pick(uint64_t min, uint64_t max, enum fill how, uint64_t *seed)
{
    uint64_t some =
        max - min == UINT64_MAX ? fill_next(seed) : min + fill_next(seed) % (max - min + 1);
    return how == FILL_LEAST ? min : how == FILL_MOST ? max : some;
}

static inline void fill_shape(struct sg_arena *arena, const struct wire_shape *shape, enum fill how,
    uint64_t *seed, void *base);

static inline void
fill_one(
    struct sg_arena *arena, const struct wire_field *f, enum fill how, uint64_t *seed, void *value)
{
    uint64_t cap = f->max > 300 && how == FILL_SOME && f->kind >= WIRE_F_BYTES ? 300 : f->max;
    uint64_t v = fill_pick(f->min, cap < f->min ? f->min : cap, how, seed);
    uint8_t *p;
    switch ((enum wire_kind)f->kind) {
    case WIRE_F_UINT:
    case WIRE_F_TIME:
        memcpy(value, &v, sizeof(v));
        break;
    case WIRE_F_BOOL:
        *(bool *)value = f->min == 1 || how == FILL_MOST;
        break;
    case WIRE_F_BYTES:
    case WIRE_F_TEXT:
        p = sg_arena_alloc(arena, (size_t)v);
        assert_non_null(p);
        for (size_t i = 0; i < v; i++) {
            p[i] = (uint8_t)('a' + fill_next(seed) % 26);
        }
        *(sg_bytes *)value = sg_bytes_of(p, (size_t)v);
        break;
    case WIRE_F_SHAPE:
        fill_shape(arena, f->sub, how, seed, value);
        break;
    case WIRE_F_VERSION:
        break;
    }
}

static inline void
fill_shape(struct sg_arena *arena, const struct wire_shape *shape, enum fill how, uint64_t *seed,
    void *base)
{
    memset(base, 0, shape->size);
    for (size_t i = 0; i < shape->n; i++) {
        const struct wire_field *f = &shape->fields[i];
        uint8_t *at = (uint8_t *)base + f->offset;
        bool skip = how == FILL_LEAST || (how == FILL_SOME && fill_next(seed) % 4 == 0);
        if (f->optional && skip) {
            continue;
        }
        if (f->n_max == 0) {
            fill_one(arena, f, how, seed, at);
            continue;
        }
        size_t most = how == FILL_SOME && f->n_max > 4 ? 4 : f->n_max;
        size_t n = (size_t)fill_pick(f->n_min == 0 ? 1 : f->n_min, most, how, seed);
        size_t stride = f->kind == WIRE_F_SHAPE ? f->sub->size : sizeof(sg_bytes);
        *(size_t *)((uint8_t *)base + f->n_offset) = n;
        for (size_t j = 0; j < n; j++) {
            fill_one(arena, f, how, seed, at + j * stride);
        }
    }
}

typedef const struct wire_shape *const *(*fill_family)(size_t *ret_n);
static const struct {
    const char *name;
    fill_family shapes;
} fill_families[] = {
    { "frame", wire_shapes_frame },
    { "intent", wire_shapes_intent },
    { "seal", wire_shapes_seal },
    { "sign", wire_shapes_sign },
    { "ops", wire_shapes_ops },
    { "status", wire_shapes_status },
    { "record", wire_shapes_record },
    { "person", wire_shapes_person },
    { "out", wire_shapes_out },
};

#endif
