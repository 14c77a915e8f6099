#include "wire_fuzz.h"

/* Also the ten bytes before each body: what is accepted is written again the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_frame frame;
    size_t n;
    const struct wire_shape *const *shapes = wire_shapes_frame(&n);
    if (sg_ok(wire_frame_parse((sg_bytes){ data, size }, &frame))) {
        struct sg_arena *arena = sg_arena_new(0, 65536);
        struct sg_buf buf = sg_buf_new(arena, 0, WIRE_FRAME_MAX);
        wire_frame_begin(&buf, frame.type, frame.request_id);
        if (buf.n != WIRE_HEADER_LEN || memcmp(buf.p, data, buf.n) != 0 ||
            frame.body.n != size - WIRE_HEADER_LEN || wire_type_name(frame.type) == NULL) {
            abort();
        }
        sg_arena_free(&arena);
    }
    return wire_fuzz_one(shapes, n, data, size);
}
