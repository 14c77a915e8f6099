/*
 * SubjectPublicKeyInfo. Curve keys are a fixed prefix and the point, so prefix and length are the whole check (named curve,
 * uncompressed, nothing else: RFC 5480 2.2, RFC 8410 4). RSA goes through libcrypto.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "jwk.h"
#include "jwk_rsa.h"

struct prefix {
    enum jose_kty kty;
    enum jose_crv crv;
    size_t coord_len;
    size_t n;
    uint8_t bytes[27];
};

/* SEQUENCE { SEQUENCE { id-ecPublicKey, curve }, BIT STRING { 04 x y } } and the like for Ed25519. */
static const struct prefix prefixes[] = {
    { JOSE_KTY_EC, JOSE_P256, 32, 27,
        { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
            0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 } },
    { JOSE_KTY_EC, JOSE_P384, 48, 24,
        { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05,
            0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04 } },
    { JOSE_KTY_EC, JOSE_P521, 66, 26,
        { 0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x05, 0x2b, 0x81, 0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00, 0x04 } },
    { JOSE_KTY_OKP, JOSE_ED25519, 32, 12,
        { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 } },
};

static const struct prefix *
prefix_of(enum jose_crv crv)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (prefixes[i].crv == crv) {
            return &prefixes[i];
        }
    }
    return NULL;
}

static size_t
point_len(const struct prefix *prefix)
{
    return prefix->kty == JOSE_KTY_EC ? 2 * prefix->coord_len : prefix->coord_len;
}

static sg_result
rsa_spki(struct sg_arena *arena, const struct jwk *jwk, sg_bytes *ret)
{
    SG_CLEANUP(jwk_pkey_free)
    EVP_PKEY *pkey = NULL;
    uint8_t *der = NULL;
    SG_TRY(jwk_rsa_new(jwk, &pkey));
    int n = i2d_PUBKEY(pkey, &der);
    SG_REQUIRE(n > 0, KEY_INVALID);
    sg_result r = sg_arena_bytes(arena, sg_bytes_of(der, (size_t)n), ret);
    OPENSSL_free(der);
    return r;
}

sg_result
jwk_spki(struct sg_arena *arena, const struct jwk *jwk, sg_bytes *ret)
{
    if (jwk->kty == JOSE_KTY_RSA) {
        return rsa_spki(arena, jwk, ret);
    }
    const struct prefix *prefix = prefix_of(jwk->crv);
    SG_REQUIRE(prefix != NULL, ALGORITHM);
    struct sg_buf buf = sg_buf_new(arena, prefix->n + point_len(prefix), JWK_SPKI_MAX);
    sg_buf_put(&buf, sg_bytes_of(prefix->bytes, prefix->n));
    sg_buf_put(&buf, sg_bytes_of(jwk->x, prefix->coord_len));
    if (prefix->kty == JOSE_KTY_EC) {
        sg_buf_put(&buf, sg_bytes_of(jwk->y, prefix->coord_len));
    }
    return sg_buf_end(&buf, ret);
}

static sg_result
rsa_number(struct sg_arena *arena, const EVP_PKEY *pkey, const char *name, sg_bytes *ret)
{
    BIGNUM *bn = NULL;
    SG_REQUIRE(EVP_PKEY_get_bn_param(pkey, name, &bn) == 1, KEY_INVALID);
    size_t n = (size_t)BN_num_bytes(bn);
    uint8_t *p = sg_arena_alloc(arena, n);
    if (p != NULL) {
        BN_bn2bin(bn, p);
    }
    BN_free(bn);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    *ret = sg_bytes_of(p, n);
    return SG_DONE;
}

static sg_result
rsa_from_spki(struct sg_arena *arena, sg_bytes spki, struct jwk *ret)
{
    const uint8_t *p = spki.p;
    SG_CLEANUP(jwk_pkey_free)
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)spki.n);
    ERR_clear_error();
    SG_REQUIRE(pkey != NULL && p == spki.p + spki.n, KEY_INVALID);
    SG_REQUIRE(EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA, ALGORITHM);
    struct jwk jwk = { .kty = JOSE_KTY_RSA };
    SG_TRY(rsa_number(arena, pkey, OSSL_PKEY_PARAM_RSA_N, &jwk.rsa_n));
    SG_TRY(rsa_number(arena, pkey, OSSL_PKEY_PARAM_RSA_E, &jwk.rsa_e));
    SG_TRY(jwk_rsa_check(&jwk));
    *ret = jwk;
    return SG_DONE;
}

sg_result
jwk_from_spki(struct sg_arena *arena, sg_bytes spki, struct jwk *ret)
{
    SG_REQUIRE(spki.n > 0 && spki.n <= JWK_SPKI_MAX, KEY_INVALID);
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        const struct prefix *f = &prefixes[i];
        if (spki.n != f->n + point_len(f) || memcmp(spki.p, f->bytes, f->n) != 0) {
            continue;
        }
        struct jwk jwk = { .kty = f->kty, .crv = f->crv, .coord_len = f->coord_len };
        memcpy(jwk.x, spki.p + f->n, f->coord_len);
        if (f->kty == JOSE_KTY_EC) {
            memcpy(jwk.y, spki.p + f->n + f->coord_len, f->coord_len);
        }
        *ret = jwk;
        return SG_DONE;
    }
    return rsa_from_spki(arena, spki, ret);
}
