/* What a person hands over: a URL, JSON, a request object; what parses as values is verified as well. */
#include "fuzz_try.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)8 * 1024 * 1024);
    struct oid4vp_carrier carrier;
    struct oid4vp_failure failure;
    sg_str in = sg_str_of((const char *)data, size);
    if (sg_ok(oid4vp_carrier_parse(arena, in, false, &failure, &carrier))) {
        must(carrier.kind != OID4VP_BY_REFERENCE || sg_str_starts(carrier.request_uri, "https://"));
        must(carrier.kind != OID4VP_BY_OBJECT || carrier.object.n > 0);
        if (carrier.kind == OID4VP_BY_REFERENCE) {
            must(!sg_ok(oid4vp_carrier_fetched(&carrier, 302,
                SG_LIT("application/oauth-authz-req+jwt"), sg_str_bytes(in), &failure)));
            must(carrier.kind == OID4VP_BY_REFERENCE);
        }
        fuzz_verify(arena, &carrier);
    } else {
        must(!failure.reply);
    }
    sg_str uri;
    SG_IGNORE(oid4vp_answer_parse(arena, 200, SG_LIT("application/json"), sg_str_bytes(in), &uri));
    sg_arena_free(&arena);
    return 0;
}
