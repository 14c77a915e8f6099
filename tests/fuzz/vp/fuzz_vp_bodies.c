/* Every body of /vp: what is taken obeys the limits that flow relies on. */
#include <stdlib.h>

#include "vp_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
    if (!good) {
        abort();
    }
}

static void
try_selection(const struct vp_selection *s)
{
    size_t all = 0;
    must(s->n <= VP_QUERIES_MAX);
    for (size_t i = 0; i < s->n; i++) {
        must(s->choices[i].n > 0);
        all += s->choices[i].n;
    }
    must(all <= VP_CHOICES_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    static struct vp_start_req start;
    static struct vp_proofs_req proofs;
    struct vp_selection selection;
    struct vp_approve_req approve;
    sg_bytes in = sg_bytes_of(data, size);
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    if (sg_ok(vp_start_parse(arena, in, &start))) {
        must(start.request.n > 0 && start.n_held <= VP_HELD_MAX);
        must(start.held_given || start.n_held == 0);
        for (size_t i = 0; i < start.n_held; i++) {
            must(start.held[i].credential.n > 0);
        }
    }
    if (sg_ok(vp_select_parse(arena, in, &selection))) {
        must(selection.n > 0 || selection.language != 0);
        try_selection(&selection);
    }
    if (sg_ok(vp_approve_parse(arena, in, &approve))) {
        must(approve.assertion.passkey.n > 0 && approve.assertion.passkey.n <= 1023);
        must(approve.assertion.client_data.n <= 8192 && approve.assertion.signature.n <= 512);
        try_selection(&approve.selection);
    }
    if (sg_ok(vp_proofs_parse(arena, in, &proofs))) {
        must(proofs.n_keys >= 1 && proofs.n_keys <= FLOW_PROVE_MAX);
        for (size_t i = 0; i < proofs.n_keys; i++) {
            must(proofs.keys[i].n == 32);
        }
    }
    return 0;
}
