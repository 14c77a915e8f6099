/*
 * The first byte chooses a layout of the family, the rest is its body. What is accepted must be the one
 * encoding of its value: written again it is the same bytes, and the strict scanner agrees that it is deterministic.
 * Seeds: SEALGATE_CORPUS=tests/fuzz/wire/corpus build/dev/tests/unit_test_wire_shapes
 */
#ifndef WIRE_FUZZ_H
#define WIRE_FUZZ_H

#include <stdlib.h>

#include "wire_shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline int
wire_fuzz_one(const struct wire_shape *const *shapes, size_t n, const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct wire_shape *shape = shapes[data[0] % n];
    sg_bytes in = { data + 1, size - 1 };
    struct dcbor_rd rd = shape->as_array ? dcbor_rd_array(in) : dcbor_rd_map(in);
    void *msg = malloc(shape->size);
    if (msg == NULL) {
        return 0;
    }
    wire_read(&rd, shape, msg);
    if (sg_ok(dcbor_rd_end(&rd))) {
        struct sg_arena *arena = sg_arena_new(0, 4 * size + 65536);
        sg_bytes again = SG_NO_BYTES;
        size_t len = 0;
        if (!sg_ok(wire_alone(arena, shape, msg, 0, size, &again)) || !sg_bytes_equal(in, again) ||
            !sg_ok(dcbor_scan(in, DCBOR_DETERMINISTIC, 8, size, &len)) || len != in.n) {
            abort();
        }
        sg_arena_free(&arena);
    }
    free(msg);
    return 0;
}

#define WIRE_FUZZ(family)                                                  \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)           \
    {                                                                      \
        size_t n;                                                          \
        const struct wire_shape *const *shapes = wire_shapes_##family(&n); \
        return wire_fuzz_one(shapes, n, data, size);                       \
    }

#endif
