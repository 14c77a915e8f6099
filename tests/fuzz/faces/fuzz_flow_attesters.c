/* A file of an attester as an operator may mistype it: refused with a reason, or whole. */
#include <stdlib.h>

#include "flow_attesters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    static struct flow_attesters all;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    all.n = 0;
    struct sg_why why = { 0 };
    sg_result r = flow_attester_parse(arena, sg_str_of((const char *)data, size), &why, &all);
    if (!sg_ok(r)) {
        bool told = r.code == SG_E_NO_MEMORY || (r.code == SG_E_CONFIGURATION && why.what != NULL);
        if (!told || all.n != 0) {
            abort();
        }
        return 0;
    }
    const struct flow_attester *one = &all.items[0];
    if (all.n != 1 || one->name.n == 0 || (one->n_keys == 0 && one->n_roots == 0) ||
        (one->n_names > 0 && one->n_roots == 0)) {
        abort();
    }
    return 0;
}
