/* A controlled identifier document: the method URL, the purpose and the document, on three lines. */
#include <stdlib.h>

#include "cid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    sg_str in = sg_str_of((const char *)data, size);
    size_t first = sg_str_index(in, '\n', 0);
    size_t second = sg_str_index(in, '\n', first < size ? first + 1 : size);
    sg_str url = sg_str_slice(in, 0, first);
    sg_str purpose = sg_str_slice(in, first + 1, second > first ? second - first - 1 : 0);
    const struct sjson *document;
    struct cid_method method;
    if (sg_ok(sjson_parse(arena, sg_str_slice(in, second + 1, size), NULL, &document)) &&
        sg_ok(cid_find(arena, document, url, purpose, NULL, &method))) {
        /* what was found carries the name that was asked for, and its controller is the name's document */
        if (!sg_str_equal(method.id, url) || method.controller.n >= url.n ||
            memcmp(method.controller.p, url.p, method.controller.n) != 0) {
            abort();
        }
    }
    return 0;
}
