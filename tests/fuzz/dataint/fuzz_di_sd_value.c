/* Proof values of ecdsa-sd-2023: what is read is written back as the same text. */
#include <stdlib.h>

#include "di_sd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is the bytes behind the multibase letter: CBOR is where the fuzzer should spend its time. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    struct di_sd_value value;
    sg_str text, again;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    sg_bytes in = sg_bytes_of(data, size);
    if (sg_ok(multibase_encode(arena, MULTIBASE_BASE64URL, in, &text)) &&
        sg_ok(di_sd_decode(arena, text, &value))) {
        if (!sg_ok(di_sd_encode(arena, &value, &again)) || !sg_str_equal(text, again)) {
            abort();
        }
    }
    return 0;
}
