#include "es256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "support.h"

#define COORD 32

struct es256 {
    EVP_PKEY *pkey;
};

struct es256 *
es256_new(void)
{
    struct es256 *key = calloc(1, sizeof(*key));
    assert_non_null(key);
    key->pkey = EVP_EC_gen("P-256");
    assert_non_null(key->pkey);
    return key;
}

void
es256_free(struct es256 **key)
{
    if (*key != NULL) {
        EVP_PKEY_free((*key)->pkey);
        free(*key);
        *key = NULL;
    }
}

static void
put_coordinate(struct sjson_wr *wr, const struct es256 *key, const char *member, const char *param)
{
    BIGNUM *v = NULL;
    uint8_t bytes[COORD];
    assert_int_equal(EVP_PKEY_get_bn_param(key->pkey, param, &v), 1);
    assert_int_equal(BN_bn2binpad(v, bytes, COORD), COORD);
    BN_free(v);
    sjson_wr_member_b64url(wr, member, SG_BYTES(bytes));
}

sg_str
es256_jwk(struct sg_arena *arena, const struct es256 *key)
{
    struct sg_buf buf = sg_buf_new(arena, 256, 1024);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str out;
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "kty", "EC");
    sjson_wr_member_cstr(&wr, "crv", "P-256");
    put_coordinate(&wr, key, "x", OSSL_PKEY_PARAM_EC_PUB_X);
    put_coordinate(&wr, key, "y", OSSL_PKEY_PARAM_EC_PUB_Y);
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &out));
    return out;
}

static void
sign(const struct es256 *key, sg_str input, uint8_t out[2 * COORD])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t der[128];
    size_t n = sizeof(der);
    const uint8_t *p = der;
    assert_non_null(ctx);
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->pkey), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &n, (const unsigned char *)input.p, input.n), 1);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
    assert_non_null(sig);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, COORD), COORD);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + COORD, COORD), COORD);
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(ctx);
}

void
es256_sign(const struct es256 *key, sg_bytes message, uint8_t ret[64])
{
    sign(key, sg_bytes_str(message), ret);
}

sg_str
es256_jws(struct sg_arena *arena, const struct es256 *key, const char *typ, sg_bytes payload)
{
    sg_str header;
    sg_str input;
    sg_str jws;
    uint8_t signature[2 * COORD];
    assert_ok(sg_arena_printf(arena, &header, "{\"alg\":\"ES256\",\"typ\":\"%s\"}", typ));
    assert_ok(jws_signing_input(arena, header, payload, &input));
    sign(key, input, signature);
    assert_ok(jws_attach(arena, input, SG_BYTES(signature), &jws));
    return jws;
}
