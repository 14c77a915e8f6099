/* First line: the header of a request object, the rest its claims; a signature of zeros. Claims alone are tried as values, too. */
#include "fuzz_try.h"

#include "sg_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)8 * 1024 * 1024);
    const uint8_t zeros[64] = { 0 };
    sg_str in = sg_str_of((const char *)data, size);
    size_t line = sg_str_index(in, '\n', 0);
    sg_str claims = sg_str_slice(in, line + 1, size);
    sg_str input;
    struct oid4vp_carrier object = { .kind = OID4VP_BY_OBJECT };
    struct oid4vp_carrier values = { .kind = OID4VP_BY_VALUE };
    if (sg_ok(jws_signing_input(arena, sg_str_slice(in, 0, line), sg_str_bytes(claims), &input)) &&
        sg_ok(jws_attach(arena, input, SG_BYTES(zeros), &object.object))) {
        fuzz_verify(arena, &object);
    }
    if (sg_ok(sjson_parse_object(arena, claims, NULL, &values.parameters))) {
        fuzz_verify(arena, &values);
    }
    sg_arena_free(&arena);
    return 0;
}
