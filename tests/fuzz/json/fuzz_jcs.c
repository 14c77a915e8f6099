/* Canonical bytes: equal as a value, and a fixed point. */
#include <stdlib.h>

#include "jcs.h"

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)64 << 20);
    }
    sg_arena_reset(arena);
    const struct sjson *v;
    const struct sjson *again;
    sg_str first;
    sg_str second;
    if (!sg_ok(sjson_parse(arena, sg_str_of((const char *)data, size), NULL, &v))) {
        return 0;
    }
    if (!sg_ok(jcs_encode(arena, v, &first))) {
        return 0;
    }
    CHECK(sg_ok(sjson_parse(arena, first, NULL, &again)) && sjson_equal(v, again));
    CHECK(sg_ok(jcs_encode(arena, again, &second)) && sg_str_equal(first, second));
    return 0;
}
