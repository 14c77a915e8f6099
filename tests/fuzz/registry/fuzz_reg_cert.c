/* What the signer reads of a certificate: views stay inside the input, times are in order of magnitude. */
#include <stdlib.h>

#include "reg_cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reg_cert cert;
    if (sg_ok(reg_cert_parse(sg_bytes_of(data, size), &cert)) &&
        (cert.spki.p < data || cert.spki.p + cert.spki.n > data + size || cert.spki.n < 2)) {
        abort();
    }
    return 0;
}
