/* Tile paths: what parses is the one name of its tile. */
#include <stdlib.h>

#include "tlog_tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sg_str path = sg_str_of((const char *)data, size);
    int level;
    uint64_t n;
    unsigned width;
    if (!sg_ok(tlog_tile_parse(path, &level, &n, &width))) {
        return 0;
    }
    char again[TLOG_TILE_PATH_MAX];
    sg_result made = level < 0 ? tlog_entries_path(n, width, again)
                               : tlog_tile_path((unsigned)level, n, width, again);
    if (!sg_ok(made) || !sg_str_is(path, again)) {
        abort();
    }
    return 0;
}
