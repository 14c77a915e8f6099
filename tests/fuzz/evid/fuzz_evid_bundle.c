/* Evidence bundles from strangers: what parses is verified (it must not hold under a key of nobody) and written again. */
#include <stdlib.h>

#include "evid_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    struct evid_bundle bundle;
    struct evid_report report;
    struct tlog_vkey nobody = { .name = SG_LIT("nobody.test"), .id = { 0 }, .key = { 0 } };
    sg_str text;
    struct sg_why why = { 0 };
    if (sg_ok(evid_bundle_parse(arena, sg_str_of((const char *)data, size), &why, &bundle))) {
        if (!sg_ok(evid_verify(arena, &bundle, NULL, &nobody, &report)) || report.held) {
            abort();
        }
        if (sg_ok(evid_bundle_write(arena, &bundle, &text)) &&
            !sg_ok(evid_bundle_parse(arena, text, &why, &bundle))) {
            abort();
        }
    }
    sg_arena_free(&arena);
    return 0;
}
