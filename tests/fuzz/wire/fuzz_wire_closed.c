/*
 * A consent's body and a closed part, cut at the length that the first two bytes say, under a commitment that fits: what opens was closed by nobody else than our own code
 * would have closed it. Closed again it is the same two halves. req: EV-2 EV-4
 */
#include <stdlib.h>

#include "wire_closed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t salt[32] = { 1 };

static void
again(struct sg_arena *arena, const struct wire_consent *opened, sg_bytes closed)
{
    sg_bytes body;
    sg_bytes half;
    sg_bytes shown;
    if (!sg_ok(wire_consent_close(arena, opened, salt, &body, &half))) {
        abort();
    }
    struct wire_consent *back = calloc(1, sizeof(*back));
    if (back == NULL || !sg_ok(wire_consent_parse(body, back))) {
        abort();
    }
    shown = back->shown;
    if (!sg_bytes_equal(half, closed) || !sg_bytes_equal(shown, opened->shown) ||
        !sg_bytes_equal(back->closed, opened->closed)) {
        abort();
    }
    free(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    size_t cut = (size_t)data[0] << 8 | data[1];
    sg_bytes rest = sg_bytes_of(data + 2, size - 2);
    sg_bytes body = sg_bytes_slice(rest, 0, cut);
    sg_bytes closed = sg_bytes_slice(rest, body.n, rest.n - body.n);
    struct sg_arena *arena = sg_arena_new(0, (size_t)8 * 1024 * 1024);
    struct wire_consent *rec = calloc(1, sizeof(*rec));
    uint8_t hash[32];
    if (rec != NULL && arena != NULL && sg_ok(wire_consent_parse(body, rec)) && rec->closed.n > 0) {
        wire_commitment(WIRE_CLOSED_FIELD, salt, closed, hash);
        rec->closed = SG_BYTES(hash);
        if (sg_ok(wire_consent_open(arena, SG_BYTES(salt), closed, rec))) {
            again(arena, rec, closed);
        }
    }
    free(rec);
    sg_arena_free(&arena);
    return 0;
}
