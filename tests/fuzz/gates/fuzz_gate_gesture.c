/*
 * The shape gate for a person's SIGN: two bytes of length, that many bytes of a SIGN body, the rest an intent. Whatever comes, bits are taken when it passes, given back
 * when it is over, and never more than were asked for. req: SIG-1
 */
#include <stdlib.h>

#include "gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_passed(const struct gate_case *c, uint64_t before)
{
    const struct gate_gesture *g = c->gesture;
    uint64_t which = 0;
    size_t messages = 0;
    for (size_t i = 0; i < g->n_index; i++) {
        if (g->index[i] >= c->intent.n_dtbs || (i > 0 && g->index[i] <= g->index[i - 1])) {
            abort();
        }
        which |= UINT64_C(1) << g->index[i];
        messages += c->intent.dtbs[g->index[i]].kind == WIRE_MESSAGE_KIND ? 1 : 0;
    }
    if (which != g->msg.which || which == 0 || (which & before) != 0 || !g->reserved ||
        messages != g->msg.n_messages || g->opened->busy != (before | which)) {
        abort();
    }
}

static void
one(struct sg_arena *arena, sg_bytes body, sg_bytes intent)
{
    struct gate_case *c = SG_NEW(arena, struct gate_case);
    struct gate_gesture *g = SG_NEW(arena, struct gate_gesture);
    struct gate_env *env = SG_NEW(arena, struct gate_env);
    struct gate_opened opened = { .gesture_until = 2,
        .intent_until = 2,
        .gesture_boot_ms = 2,
        .intent_boot_ms = 2,
        .busy = body.n % 5 == 0 ? 1 : 0 };
    if (c == NULL || g == NULL || env == NULL || !sg_ok(wire_sign_parse(body, &g->msg))) {
        return;
    }
    uint64_t before = opened.busy;
    g->first = g->msg.passkey.n > 0;
    opened.first_seq = g->first ? 0 : 1;
    g->opened = &opened;
    c->arena = arena;
    c->gesture = g;
    c->seal.intent = intent;
    if (sg_ok(gate_gesture_shape(env, c))) {
        check_passed(c, before);
    }
    gate_gesture_release(NULL, c);
    if (opened.busy != before) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    size_t n = (size_t)data[0] << 8 | data[1];
    n = n < size - 2 ? n : size - 2;
    struct sg_arena *arena = sg_arena_new((size_t)64 * 1024, (size_t)1024 * 1024);
    one(arena, sg_bytes_of(data + 2, n), sg_bytes_of(data + 2 + n, size - 2 - n));
    sg_arena_free(&arena);
    return 0;
}
