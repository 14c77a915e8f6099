/*
 * Certificates of authenticators' makers: first byte how many the rest is cut into; as a statement's path, and as a root file. A statement nobody signed is never
 * attested, whatever the certificates are.
 */
#include <stdlib.h>

#include "reg_attest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
as_path(const uint8_t *data, size_t size)
{
    static const uint8_t aaguid[16] = { 0xa5 };
    static const uint8_t signature[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
    struct webauthn_attestation a = { .format = WEBAUTHN_FMT_PACKED,
        .alg = WEBAUTHN_ES256,
        .signature = SG_BYTES(signature),
        .n_x5c = 1 + data[0] % WEBAUTHN_X5C_MAX };
    size_t each = (size - 1) / a.n_x5c;
    bool attested = true;
    a.auth_data.aaguid = SG_BYTES(aaguid);
    for (size_t i = 0; i < a.n_x5c; i++) {
        a.x5c[i] = sg_bytes_of(data + 1 + i * each, each);
    }
    sg_result r = reg_attest_packed(NULL, &a, SG_BYTES(aaguid), 1700000000, &attested);
    if (sg_ok(r) && attested) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    as_path(data, size);
    struct reg_roots *roots = reg_roots_new();
    if (roots != NULL) {
        SG_IGNORE(reg_roots_add(roots, sg_bytes_of(data + 1, size - 1))); /* either is good */
    }
    reg_roots_free(&roots);
    return 0;
}
