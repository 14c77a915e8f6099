#include "cli_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>

#include "jws.h"
#include "sg_secret.h"
#include "sg_text.h"

enum { LEN = 32 };

struct cli_key {
    EVP_PKEY *pkey;
    struct jwk jwk;
    sg_str name;
};

void
cli_key_free(struct cli_key **key)
{
    if (*key != NULL) {
        EVP_PKEY_free((*key)->pkey);
        free(*key);
        *key = NULL;
    }
}

sg_str
cli_key_name(const struct cli_key *key)
{
    return key->name;
}

void
cli_key_rename(struct cli_key *key, sg_str name)
{
    key->name = name;
}

const struct jwk *
cli_key_public(const struct cli_key *key)
{
    return &key->jwk;
}

static sg_result
public_of(const EVP_PKEY *pkey, struct jwk *ret)
{
    uint8_t point[1 + 2 * LEN];
    size_t n = 0;
    struct jwk jwk = { .kty = JOSE_KTY_EC, .crv = JOSE_P256, .coord_len = LEN };
    SG_REQUIRE(EVP_PKEY_get_octet_string_param(
                   pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &n) == 1,
        KEY_INVALID);
    SG_REQUIRE(n == sizeof(point) && point[0] == 4, KEY_INVALID);
    memcpy(jwk.x, point + 1, LEN);
    memcpy(jwk.y, point + 1 + LEN, LEN);
    *ret = jwk;
    return SG_DONE;
}

static sg_result
finish(struct sg_arena *arena, EVP_PKEY *pkey, sg_str name, struct cli_key **ret)
{
    struct cli_key *key = calloc(1, sizeof(*key));
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        SG_FAIL(NO_MEMORY);
    }
    key->pkey = pkey;
    sg_result r = public_of(pkey, &key->jwk);
    if (sg_ok(r)) {
        r = sg_arena_str(arena, name, &key->name);
    }
    if (!sg_ok(r)) {
        cli_key_free(&key);
        return r;
    }
    *ret = key;
    return SG_DONE;
}

sg_result
cli_key_new(struct sg_arena *arena, sg_str name, struct cli_key **ret)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    SG_REQUIRE(pkey != NULL, INTERNAL);
    return finish(arena, pkey, name, ret);
}

static void
bld_free(OSSL_PARAM_BLD **bld)
{
    OSSL_PARAM_BLD_free(*bld);
}

static void
params_free(OSSL_PARAM **params)
{
    OSSL_PARAM_free(*params);
}

static void
ctx_free(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

static void
bn_free(BIGNUM **bn)
{
    BN_clear_free(*bn);
}

/* d, x and y must belong together: EVP_PKEY_check multiplies. */
static sg_result
private_key(const uint8_t d[LEN], const uint8_t point[1 + 2 * LEN], EVP_PKEY **ret)
{
    SG_CLEANUP(bn_free)
    BIGNUM *secret = BN_bin2bn(d, LEN, NULL);
    SG_CLEANUP(bld_free)
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    SG_REQUIRE(secret != NULL && bld != NULL, NO_MEMORY);
    bool built =
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * LEN) == 1 &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1;
    SG_REQUIRE(built, NO_MEMORY);
    SG_CLEANUP(params_free)
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    SG_CLEANUP(ctx_free)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    SG_REQUIRE(params != NULL && ctx != NULL, NO_MEMORY);
    EVP_PKEY *pkey = NULL;
    bool made = EVP_PKEY_fromdata_init(ctx) == 1 &&
                EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) == 1;
    ERR_clear_error();
    SG_REQUIRE(made, KEY_INVALID);
    SG_CLEANUP(ctx_free)
    EVP_PKEY_CTX *check = EVP_PKEY_CTX_new(pkey, NULL);
    if (check == NULL || EVP_PKEY_check(check) != 1) {
        EVP_PKEY_free(pkey);
        ERR_clear_error();
        SG_FAIL(KEY_INVALID);
    }
    *ret = pkey;
    return SG_DONE;
}

static sg_result
member_bytes(const struct sjson *json, const char *name, uint8_t out[LEN])
{
    sg_str text;
    SG_TRY(sjson_member_text(json, name, &text));
    return sg_b64url_decode_to(text, out, LEN);
}

sg_result
cli_key_read(struct sg_arena *arena, const char *path, struct cli_key **ret)
{
    const struct sjson *json;
    sg_str name;
    uint8_t d[LEN];
    uint8_t point[1 + 2 * LEN] = { 4 };
    EVP_PKEY *pkey = NULL;
    SG_TRY(cli_read_json(arena, path, &json));
    SG_REQUIRE(sjson_is_text(sjson_get(json, "crv"), "P-256"), KEY_INVALID);
    bool whole = sg_ok(sjson_member_text(json, "kid", &name)) &&
                 sg_ok(member_bytes(json, "d", d)) && sg_ok(member_bytes(json, "x", point + 1)) &&
                 sg_ok(member_bytes(json, "y", point + 1 + LEN));
    SG_REQUIRE(whole, KEY_INVALID);
    sg_result r = private_key(d, point, &pkey);
    sg_wipe(d, sizeof(d));
    SG_TRY(r);
    return finish(arena, pkey, name, ret);
}

sg_result
cli_key_write(struct sg_arena *arena, const struct cli_key *key, const char *path, const char *note)
{
    uint8_t d[LEN];
    BIGNUM *secret = NULL;
    SG_REQUIRE(EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1, INTERNAL);
    bool fits = BN_bn2binpad(secret, d, LEN) == LEN;
    BN_clear_free(secret);
    SG_REQUIRE(fits, INTERNAL);
    struct sg_buf buf = sg_buf_new(arena, 0, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_bytes text;
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "kty", "EC");
    sjson_wr_member_cstr(&wr, "crv", "P-256");
    sjson_wr_member_cstr(&wr, "alg", "ES256");
    sjson_wr_member_text(&wr, "kid", key->name);
    sjson_wr_member_b64url(&wr, "x", sg_bytes_of(key->jwk.x, LEN));
    sjson_wr_member_b64url(&wr, "y", sg_bytes_of(key->jwk.y, LEN));
    sjson_wr_member_b64url(&wr, "d", SG_BYTES(d));
    sjson_wr_member_cstr(&wr, "note", note);
    sjson_wr_object_end(&wr);
    sg_buf_put_byte(&buf, '\n');
    sg_wipe(d, sizeof(d));
    SG_TRY(sg_buf_end(&buf, &text));
    return cli_write(path, text, 0600);
}

/* r || s from the DER that libcrypto gives. */
static sg_result
to_p1363(const uint8_t *der, size_t n, uint8_t ret[CLI_SIG_LEN])
{
    const BIGNUM *r;
    const BIGNUM *s;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
    SG_REQUIRE(sig != NULL, INTERNAL);
    ECDSA_SIG_get0(sig, &r, &s);
    bool fits = BN_bn2binpad(r, ret, LEN) == LEN && BN_bn2binpad(s, ret + LEN, LEN) == LEN;
    ECDSA_SIG_free(sig);
    SG_REQUIRE(fits, INTERNAL);
    return SG_DONE;
}

static void
md_ctx_free(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}

sg_result
cli_key_sign(const struct cli_key *key, sg_bytes message, uint8_t ret[CLI_SIG_LEN])
{
    uint8_t der[80];
    size_t n = sizeof(der);
    SG_CLEANUP(md_ctx_free)
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    SG_REQUIRE(ctx != NULL, NO_MEMORY);
    SG_REQUIRE(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->pkey) == 1, INTERNAL);
    SG_REQUIRE(EVP_DigestSign(ctx, der, &n, message.p, message.n) == 1, INTERNAL);
    return to_p1363(der, n, ret);
}

sg_result
cli_key_jws(
    struct sg_arena *arena, const struct cli_key *key, sg_str header, sg_str payload, sg_str *ret)
{
    sg_str input;
    uint8_t signature[CLI_SIG_LEN];
    SG_TRY(jws_signing_input(arena, header, sg_str_bytes(payload), &input));
    SG_TRY(cli_key_sign(key, sg_str_bytes(input), signature));
    return jws_attach(arena, input, SG_BYTES(signature), ret);
}

sg_result
cli_public_read(struct sg_arena *arena, const char *path, struct jwk *ret)
{
    const struct sjson *json;
    SG_TRY(cli_read_json(arena, path, &json));
    sg_result r = jwk_parse(arena, json, ret);
    if (r.code != SG_E_KEY_PRIVATE) {
        return r;
    }
    struct cli_key *key = NULL; /* a key file of ours: its public half is what is wanted */
    SG_TRY(cli_key_read(arena, path, &key));
    *ret = key->jwk;
    cli_key_free(&key);
    return SG_DONE;
}
