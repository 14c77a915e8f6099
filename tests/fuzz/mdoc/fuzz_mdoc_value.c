/* First line: a type. Rest: a JSON value. What is encoded is one item of deterministic heads, and can be shown as JSON again. */
#include <stdlib.h>

#include "mdoc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
encode(struct sg_arena *arena, sg_str type_text, sg_str value_text)
{
    const struct sjson *json;
    const struct sjson *value;
    struct mdoc_type type;
    struct dcbor_item item;
    sg_bytes cbor;
    sg_str shown;
    struct sg_buf buf = sg_buf_new(arena, 64, 1 << 20);
    if (!sg_ok(sjson_parse(arena, type_text, NULL, &json)) ||
        !sg_ok(mdoc_type_parse(arena, json, NULL, &type)) ||
        !sg_ok(sjson_parse(arena, value_text, NULL, &value)) ||
        !sg_ok(mdoc_value_put(&buf, arena, &type, value, NULL)) ||
        !sg_ok(sg_buf_end(&buf, &cbor))) {
        return;
    }
    if (cbor.n < 100000 && !sg_ok(dcbor_item_open(cbor, MDOC_DEPTH_MAX, 1 << 20, &item))) {
        abort();
    }
    SG_IGNORE(mdoc_value_json(arena, cbor, &shown)); /* too many members, too many items */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, 1 << 25);
    sg_str in = { (const char *)data, size };
    size_t line = sg_str_index(in, '\n', 0);
    sg_str shown;
    if (arena == NULL) {
        return 0;
    }
    SG_IGNORE(mdoc_value_json(arena, sg_str_bytes(in), &shown)); /* any CBOR */
    encode(arena, sg_str_slice(in, 0, line), sg_str_slice(in, line + 1, size));
    sg_arena_free(&arena);
    return 0;
}
