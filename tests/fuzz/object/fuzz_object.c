/* Any signed object of a stranger: refused, or what comes out lies within what went in or the arena, and its shape is what evidence relies on. */
#include <stdlib.h>

#include "object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every signature in it: as many as there is room for, each of the right length and readable. */
static void
take_all(struct sg_arena *arena, sg_bytes in)
{
    struct object_signed *s = SG_NEW_ARRAY(arena, OBJECT_SIGNATURES_MAX, struct object_signed);
    size_t n = 0;
    volatile uint8_t sum = 0;
    if (s == NULL || !sg_ok(object_take_all(arena, in, s, &n))) {
        return;
    }
    if (n == 0 || n > OBJECT_SIGNATURES_MAX) {
        abort();
    }
    for (size_t i = 0; i < n; i++) {
        if (s[i].object.signature.n == 0 || s[i].object.n_refs > OBJECT_REFS_MAX) {
            abort();
        }
        sum = (uint8_t)(sum + s[i].object.signature.p[s[i].object.signature.n - 1]);
        for (size_t k = 0; k < s[i].audience.n; k++) {
            sum = (uint8_t)(sum + (uint8_t)s[i].audience.p[k]);
        }
        for (size_t k = 0; k < s[i].nonce.n; k++) {
            sum = (uint8_t)(sum + (uint8_t)s[i].nonce.p[k]);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)32 << 20);
    }
    sg_arena_reset(arena);
    take_all(arena, sg_bytes_of(data, size));
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
