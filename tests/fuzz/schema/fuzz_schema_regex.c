/* A pattern and a text, separated by a NUL: never more steps than instructions times code points, and room for no more than was asked. */
#include <stdlib.h>

#include "schema_regex.h"
#include "sg_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sg_str whole = sg_str_of((const char *)data, size);
    size_t cut = sg_str_index(whole, '\0', 0);
    sg_str pattern = sg_str_slice(whole, 0, cut);
    sg_str text = sg_str_slice(whole, cut + 1, size);
    const struct regex *regex = NULL;
    struct sg_arena *arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    if (arena == NULL) {
        return 0;
    }
    if (sg_utf8_valid(pattern) && sg_utf8_valid(text) &&
        sg_ok(regex_compile(arena, pattern, &regex))) {
        size_t n = regex_size(regex);
        uint64_t work = 2 * n * ((uint64_t)text.n + 1) + n + 1;
        bool is = false;
        uint32_t *room = malloc(
            REGEX_ROOM(n) * sizeof(uint32_t)); /* of this size exactly: the sanitizer sees more */
        if (room == NULL || !sg_ok(regex_search(regex, text, room, &work, &is))) {
            abort();
        }
        free(room);
    }
    sg_arena_free(&arena);
    return 0;
}
