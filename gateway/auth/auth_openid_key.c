#include "auth_openid_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>

#include "sg_secret.h"
#include "sg_text.h"

#define LEN 32
#define KID_MAX 128

struct auth_client_private {
    EVP_PKEY *key;
    size_t n_kid;
    char kid[KID_MAX];
};

static sg_result
coordinates(const struct sjson *json, uint8_t d[LEN], uint8_t point[1 + 2 * LEN])
{
    sg_str text;
    SG_REQUIRE(sjson_is_text(sjson_get(json, "kty"), "EC") &&
                   sjson_is_text(sjson_get(json, "crv"), "P-256"),
        KEY_INVALID);
    SG_TRY(sjson_member_text(json, "d", &text));
    SG_TRY(sg_b64url_decode_to(text, d, LEN));
    point[0] = 4;
    SG_TRY(sjson_member_text(json, "x", &text));
    SG_TRY(sg_b64url_decode_to(text, point + 1, LEN));
    SG_TRY(sjson_member_text(json, "y", &text));
    return sg_b64url_decode_to(text, point + 1 + LEN, LEN);
}

static EVP_PKEY *
key_make(const uint8_t d[LEN], const uint8_t point[1 + 2 * LEN])
{
    EVP_PKEY *key = NULL;
    BIGNUM *number = BN_bin2bn(d, LEN, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (number != NULL && build != NULL && make != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(
            build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + (size_t)2 * LEN) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1 &&
        (params = OSSL_PARAM_BLD_to_param(build)) != NULL && EVP_PKEY_fromdata_init(make) == 1 &&
        EVP_PKEY_fromdata(make, &key, EVP_PKEY_KEYPAIR, params) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX *check = key == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (key != NULL && (check == NULL || EVP_PKEY_check(check) != 1)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_CTX_free(make);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_clear_free(number);
    return key;
}

sg_result
auth_client_private_new(sg_str jwk, struct auth_client_private **ret)
{
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(4096, 65536);
    const struct sjson *json;
    uint8_t d[LEN], point[1 + 2 * LEN];
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    sg_result r = sjson_parse_object(arena, jwk, NULL, &json);
    SG_REQUIRE(sg_ok(r) && sg_ok(coordinates(json, d, point)), KEY_INVALID);
    struct auth_client_private *key = calloc(1, sizeof(*key));
    EVP_PKEY *made = key_make(d, point);
    sg_wipe(d, sizeof(d));
    if (key == NULL || made == NULL) {
        free(key);
        EVP_PKEY_free(made);
        SG_FAIL(KEY_INVALID);
    }
    key->key = made;
    const struct sjson *kid = sjson_get(json, "kid");
    if (kid != NULL && kid->type == SJSON_STRING && kid->text.n < sizeof(key->kid)) {
        memcpy(key->kid, kid->text.p, kid->text.n);
        key->n_kid = kid->text.n;
    }
    *ret = key;
    return SG_DONE;
}

void
auth_client_private_free(struct auth_client_private **key)
{
    if (key != NULL && *key != NULL) {
        EVP_PKEY_free((*key)->key);
        free(*key);
        *key = NULL;
    }
}

/* r || s of a DER signature by our own key. */
static bool
raw_of(const uint8_t *der, size_t n, uint8_t ret[2 * LEN])
{
    const unsigned char *p = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &p, (long)n);
    bool good = signature != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(signature), ret, LEN) == LEN &&
                BN_bn2binpad(ECDSA_SIG_get0_s(signature), ret + LEN, LEN) == LEN;
    ECDSA_SIG_free(signature);
    return good;
}

sg_result
auth_client_private_sign(
    const struct auth_client_private *key, struct sg_arena *arena, sg_str payload, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 128, 512);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str header, input;
    uint8_t der[128], raw[2 * LEN];
    size_t n = sizeof(der);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "alg", "ES256");
    if (key->n_kid > 0) {
        sjson_wr_member_text(&wr, "kid", sg_str_of(key->kid, key->n_kid));
    }
    sjson_wr_member_cstr(&wr, "typ", "JWT");
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &header));
    SG_TRY(jws_signing_input(arena, header, sg_str_bytes(payload), &input));
    EVP_MD_CTX *sign = EVP_MD_CTX_new();
    bool good = sign != NULL &&
                EVP_DigestSignInit_ex(sign, NULL, "SHA256", NULL, NULL, key->key, NULL) == 1 &&
                EVP_DigestSign(sign, der, &n, (const uint8_t *)input.p, input.n) == 1 &&
                raw_of(der, n, raw);
    EVP_MD_CTX_free(sign);
    SG_REQUIRE(good, INTERNAL);
    return jws_attach(arena, input, SG_BYTES(raw), ret);
}
