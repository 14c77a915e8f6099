/* The scanner: never past the end; what is deterministic is well-formed, and of the same length. */
#include <stdlib.h>

#include "dcbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sg_bytes in = { data, size };
    size_t loose = 0;
    size_t strict = 0;
    sg_result a = dcbor_scan(in, DCBOR_WELL_FORMED, 16, 10000, &loose);
    sg_result b = dcbor_scan(in, DCBOR_DETERMINISTIC, 16, 10000, &strict);
    if (sg_ok(a) && loose > size) {
        abort();
    }
    if (sg_ok(b) && (!sg_ok(a) || strict != loose)) {
        abort();
    }
    return 0;
}
