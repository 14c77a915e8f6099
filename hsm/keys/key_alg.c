#include "key_alg.h"

/* SubjectPublicKeyInfo up to the point: RFC 5480 named curves with uncompressed points; RFC 8410. */
static const uint8_t spki_p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42,
    0x00 };
static const uint8_t spki_p384[] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00 };
static const uint8_t spki_ed25519[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03,
    0x21, 0x00 };

static const struct key_alg_row rows[] = {
    { KEY_ES256, "ES256", "EC", "P-256", SG_SHA256, true, 32, 65, 64,
        { spki_p256, sizeof(spki_p256) } },
    { KEY_ES384, "ES384", "EC", "P-384", SG_SHA384, true, 48, 97, 96,
        { spki_p384, sizeof(spki_p384) } },
    { KEY_EDDSA, "EdDSA", "OKP", "Ed25519", SG_SHA512, false, 32, 32, 64,
        { spki_ed25519, sizeof(spki_ed25519) } },
};

const struct key_alg_row *
key_alg_row(uint64_t alg)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((uint64_t)rows[i].alg == alg) {
            return &rows[i];
        }
    }
    return NULL;
}
