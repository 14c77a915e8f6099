/* Signed checkpoints and verifier keys: first line a vkey, the rest a note. What opens is written again and opens the same. */
#include <stdlib.h>

#include "tlog_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, 1024 * 1024);
    sg_str in = sg_str_of((const char *)data, size);
    size_t line = sg_str_index(in, '\n', 0);
    struct tlog_vkey key;
    struct tlog_checkpoint cp;
    sg_str text;
    if (sg_ok(tlog_vkey_parse(arena, sg_str_slice(in, 0, line), &key))) {
        if (!sg_ok(tlog_vkey_format(arena, key.name, key.key, &text))) {
            abort();
        }
        if (sg_ok(tlog_checkpoint_open(arena, sg_str_slice(in, line + 1, size), &key, &cp)) &&
            !sg_ok(tlog_checkpoint_text(arena, &cp, &text))) {
            abort();
        }
    }
    sg_arena_free(&arena);
    return 0;
}
