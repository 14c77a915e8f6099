/* Inputs as lines: a fuzzer changes JSON text far more usefully than base64url and hashes of it. */
#ifndef SDJWT_LINES_H
#define SDJWT_LINES_H

#include <stdlib.h>

#include "sdjwt_vc.h"
#include "sg_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES_MAX 20
#define FUZZ_ARENA_MAX ((size_t)256 * 1024 * 1024)

static inline size_t
split_lines(const uint8_t *data, size_t size, sg_str lines[LINES_MAX])
{
    sg_str all = { (const char *)data, size };
    size_t n = 0;
    for (size_t at = 0; at <= size && n < LINES_MAX;) {
        size_t end = sg_str_index(all, '\n', at);
        lines[n++] = sg_str_slice(all, at, end - at);
        at = end + 1;
    }
    return n;
}

#define MUST(condition)     \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

#endif
