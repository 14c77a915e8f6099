/* Packed lists: the limit holds, and what comes out packs and unpacks to itself. */
#include <stdlib.h>

#include "tsl_bits.h"

#define LIMIT ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sg_bytes out;
    sg_bytes packed;
    sg_bytes again;
    struct sg_arena *arena = sg_arena_new(0, (size_t)8 * 1024 * 1024);
    if (arena == NULL) {
        return 0;
    }
    if (sg_ok(tsl_inflate(arena, sg_bytes_of(data, size), LIMIT, &out))) {
        if (out.n > LIMIT || !sg_ok(tsl_deflate(arena, out, &packed)) ||
            !sg_ok(tsl_inflate(arena, packed, LIMIT, &again)) || !sg_bytes_equal(out, again)) {
            abort();
        }
    }
    sg_arena_free(&arena);
    return 0;
}
