/* COSE_Sign1, COSE_Mac0 and COSE_Key: never past the end; a key that is read is written and read back as the same key. */
#include <stdlib.h>

#include "cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
key_again(struct sg_arena *arena, const struct jwk *key)
{
    struct sg_buf buf = sg_buf_new(arena, 0, 1024);
    struct jwk again;
    sg_bytes out;
    cose_key_put(&buf, key);
    if (!sg_ok(sg_buf_end(&buf, &out)) || !sg_ok(cose_key_parse(out, &again)) ||
        memcmp(key->x, again.x, sizeof(key->x)) != 0 ||
        memcmp(key->y, again.y, sizeof(key->y)) != 0) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[32];
    struct sg_arena *arena = sg_arena_new(0, 1 << 22);
    sg_bytes in = { data, size };
    struct cose_sign1 object;
    struct jwk key;
    sg_bytes bytes;
    if (arena == NULL) {
        return 0;
    }
    if (sg_ok(cose_sign1_parse(in, &object))) {
        SG_IGNORE(cose_to_be_signed(arena, object.protected_bstr, in, object.payload, &bytes));
    }
    if (sg_ok(cose_mac0_parse(in, &object)) &&
        sg_ok(cose_mac0_verify(arena, &object, SG_BYTES(secret), SG_NO_BYTES, SG_NO_BYTES)) &&
        object.signature.n != 32) {
        abort();
    }
    if (sg_ok(cose_key_parse(in, &key))) {
        key_again(arena, &key);
    }
    sg_arena_free(&arena);
    return 0;
}
