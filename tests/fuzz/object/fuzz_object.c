/* Any signed object of a stranger: refused, or what comes out lies within what went in or the arena, and its shape is what evidence relies on. */
#include <stdlib.h>

#include "object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)32 << 20);
    }
    sg_arena_reset(arena);
    struct object object;
    sg_result r = object_take(arena, sg_bytes_of(data, size), &object);
    if (!sg_ok(r)) {
        bool known = r.code == SG_E_MALFORMED || r.code == SG_E_ENCODING ||
                     r.code == SG_E_TOO_LARGE || r.code == SG_E_TOO_MANY ||
                     r.code == SG_E_NO_MEMORY;
        if (!known) {
            abort();
        }
        return 0;
    }
    if (object.kind == 0 || object.signature.n == 0 || object.n_refs > OBJECT_REFS_MAX ||
        (object.message.n == 0) != (object.kind == OBJECT_DATA_INTEGRITY)) {
        abort();
    }
    volatile uint8_t sum = 0; /* every byte can be read */
    for (size_t i = 0; i < object.signature.n; i++) {
        sum = (uint8_t)(sum + object.signature.p[i]);
    }
    for (size_t i = 0; i < object.message.n; i++) {
        sum = (uint8_t)(sum + object.message.p[i]);
    }
    for (size_t i = 0; i < object.n_refs; i++) {
        for (size_t k = 0; k < object.refs[i].uri.n; k++) {
            sum = (uint8_t)(sum + (uint8_t)object.refs[i].uri.p[k]);
        }
    }
    return 0;
}
