/* Attestation objects: what parses has a key and an identifier, and lies inside the input. */
#include <stdlib.h>

#include "webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct webauthn_attestation a;
    if (sg_ok(webauthn_attestation_parse(sg_bytes_of(data, size), &a))) {
        const uint8_t *end = data + size;
        bool inside = a.auth_data.credential_id.p >= data &&
                      a.auth_data.credential_id.p + a.auth_data.credential_id.n <= end;
        if (!inside || a.auth_data.key.point_n < 32 || a.n_x5c > WEBAUTHN_X5C_MAX) {
            abort();
        }
    }
    struct webauthn_key key;
    (void)sg_ok(webauthn_key_parse(sg_bytes_of(data, size), &key));
    return 0;
}
