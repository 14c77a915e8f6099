/* An operator's file about a verifier: taken whole or refused, never half. */
#include <stdlib.h>

#include "flow_verifiers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)32 << 20);
    struct verifiers all;
    struct sg_why why = { 0 };
    if (arena != NULL && sg_ok(verifiers_new(arena, &all))) {
        sg_result r = verifier_parse(arena, sg_str_of((const char *)data, size), &why, &all);
        size_t n = all.n_words + all.n_attesters + all.n_types;
        if (sg_ok(r) ? n != 1 : n != 0 || all.n_clients != 0 || all.n_any_uri != 0) {
            abort();
        }
        if (!sg_ok(r) && r.code != SG_E_CONFIGURATION && r.code != SG_E_NO_MEMORY) {
            abort();
        }
    }
    sg_arena_free(&arena);
    return 0;
}
