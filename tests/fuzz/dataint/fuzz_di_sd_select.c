/*
 * JSON Pointers and a document to select from: pointers on lines of their own, an empty line, JSON. What is selected is JSON again, and
 * selecting all of it gives the same.
 */
#include <stdlib.h>

#include "di_sd.h"

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

#define LINES_MAX 64

static void
check(struct sg_arena *arena, const struct sjson *selection, const struct sjson *document)
{
    static const sg_str root[] = { { "", 0 } };
    struct sg_buf buf = sg_buf_new(arena, 1024, (size_t)4 << 20);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *read, *again;
    sg_str text;
    di_sd_write(&wr, selection);
    CHECK(sg_ok(sg_buf_end_str(&buf, &text)));
    CHECK(sg_ok(sjson_parse(arena, text, NULL, &read)));
    CHECK(sjson_equal(read, selection) && read->type == document->type && read->n <= document->n);
    CHECK(sg_ok(di_sd_select(arena, read, root, 1, NULL, NULL, &again)));
    CHECK(sjson_equal(read, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)64 << 20);
    }
    sg_arena_reset(arena);
    sg_str in = sg_str_of((const char *)data, size);
    sg_str pointers[LINES_MAX];
    size_t n = 0;
    size_t at = 0;
    for (; n < LINES_MAX && at < size && in.p[at] != '\n';) {
        size_t end = sg_str_index(in, '\n', at);
        pointers[n++] = sg_str_slice(in, at, end - at);
        at = end + 1;
    }
    const struct sjson *document, *selection;
    struct di_sd_names *names;
    sg_str json = sg_str_slice(in, at, size);
    CHECK(sg_ok(di_sd_names_new(arena, &names)));
    if (sg_ok(sjson_parse_object(arena, json, NULL, &document)) &&
        sg_ok(di_sd_select(arena, document, pointers, n, names, NULL, &selection)) &&
        selection != NULL) {
        check(arena, selection, document);
        /* one name for the document and its selection */
        CHECK(sg_str_equal(
            di_sd_name(names, document, SG_NO_STR), di_sd_name(names, selection, SG_NO_STR)));
    }
    return 0;
}
