#include "p11_priv.h"

/* DER of the curve's object identifier. Ed25519: RFC 8410; some tokens answer with the curveName string. */
static const uint8_t oid_p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t oid_p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t oid_ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
static const uint8_t name_ed25519[] = { 0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5',
    '5', '1', '9' };

static const struct p11_mech rows[] = {
    { KEY_ES256, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, CKK_EC, 256, { oid_p256, sizeof(oid_p256) },
        { NULL, 0 } },
    { KEY_ES384, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, CKK_EC, 384, { oid_p384, sizeof(oid_p384) },
        { NULL, 0 } },
    { KEY_EDDSA, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA, CKK_EC_EDWARDS, 256,
        { oid_ed25519, sizeof(oid_ed25519) }, { name_ed25519, sizeof(name_ed25519) } },
};

const struct p11_mech *
p11_mech(enum key_alg alg)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].alg == alg) {
            return &rows[i];
        }
    }
    return NULL;
}
