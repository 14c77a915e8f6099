/* Two bytes: length of the authenticator data; then it, then client data, then (from the first 0x30 of the rest) nothing more: what is accepted keeps its promises. */
#include <stdlib.h>
#include <string.h>

#include "webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
    if (!good) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    size_t n = (size_t)data[0] << 8 | data[1];
    n = n > size - 2 ? size - 2 : n;
    sg_bytes auth = sg_bytes_of(data + 2, n);
    sg_bytes rest = sg_bytes_of(data + 2 + n, size - 2 - n);
    static const uint8_t challenge[32] = { 0x39, 0xc0, 0xe7, 0x52, 0x14, 0x17, 0xba, 0x54 };
    struct webauthn_auth_data parsed;
    for (int attested = 0; attested < 2; attested++) {
        if (sg_ok(webauthn_auth_data_parse(auth, attested == 1, &parsed))) {
            must(parsed.rp_id_hash.n == 32 &&
                 ((parsed.flags & WEBAUTHN_AT) != 0) == (attested == 1));
            must(!attested || (parsed.credential_id.n >= 1 && parsed.key.point_n >= 32));
        }
    }
    sg_str origin = SG_LIT("https://example.org");
    struct webauthn_assertion assertion = { auth, rest, rest };
    struct webauthn_expect expect = { .ceremony = WEBAUTHN_GET,
        .challenge = SG_BYTES(challenge),
        .rp_id_hash = sg_bytes_of(auth.p, auth.n < 32 ? 0 : 32),
        .origins = &origin,
        .n_origins = 1 };
    struct webauthn_stored stored = { WEBAUTHN_ES256, false, 0 };
    struct webauthn_verdict verdict;
    if (sg_ok(webauthn_assertion_check(&assertion, &expect, &stored, NULL, &verdict))) {
        must(verdict.raw_n == 64 && (verdict.auth_data.flags & WEBAUTHN_UV) != 0);
    }
    uint8_t raw[WEBAUTHN_RAW_SIG_MAX];
    for (size_t half = 32; half <= 48; half += 16) {
        if (sg_ok(webauthn_raw_signature(rest, half, raw))) {
            must(rest.n <= 2 * half + 8);
        }
    }
    return 0;
}
