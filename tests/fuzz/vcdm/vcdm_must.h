/* Shared by the fuzz targets of this folder. */
#ifndef VCDM_MUST_H
#define VCDM_MUST_H

#include <stdlib.h>

#include "sg_arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ARENA_MAX ((size_t)256 * 1024 * 1024)

#define MUST(condition)     \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

#endif
