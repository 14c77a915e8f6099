#include "softkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>

#include "sg_text.h"

struct softkey {
    EVP_PKEY *pkey;
    const struct jose_alg *alg;
    int coord;
};

static const struct {
    enum jose_crv crv;
    enum jose_alg_id alg;
    const char *group; /* NULL: Ed25519 */
} curves[] = {
    { JOSE_P256, JOSE_ES256, "P-256" },
    { JOSE_P384, JOSE_ES384, "P-384" },
    { JOSE_P521, JOSE_ES512, "P-521" },
    { JOSE_ED25519, JOSE_EDDSA, NULL },
};
enum { N_CURVES = sizeof(curves) / sizeof(curves[0]) };

void
softkey_free(struct softkey **key)
{
    if (*key != NULL) {
        EVP_PKEY_free((*key)->pkey);
        free(*key);
        *key = NULL;
    }
}

const struct jose_alg *
softkey_alg(const struct softkey *key)
{
    return key->alg;
}

/* The members that a public JWK may have. */
static sg_result
public_part(struct sg_arena *arena, const struct sjson *json, struct jwk *ret)
{
    static const char *const members[] = { "kty", "crv", "x", "y", "kid" };
    struct sg_buf buf = sg_buf_new(arena, 256, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *parsed;
    sg_str text;
    sjson_wr_object(&wr);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct sjson *m = sjson_get(json, members[i]);
        if (m != NULL) {
            sjson_wr_member_value(&wr, members[i], m);
        }
    }
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &text));
    SG_TRY(sjson_parse_object(arena, text, NULL, &parsed));
    return jwk_parse(arena, parsed, ret);
}

static EVP_PKEY *
ec_key(const struct jwk *jwk, const char *group, sg_bytes secret)
{
    uint8_t point[1 + 2 * JWK_COORD_MAX] = { 4 }; /* uncompressed */
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *d = BN_bin2bn(secret.p, (int)secret.n, NULL);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    size_t n = jwk->coord_len;
    memcpy(point + 1, jwk->x, n);
    memcpy(point + 1 + n, jwk->y, n);
    OSSL_PARAM *params = NULL;
    if (build != NULL && d != NULL && ctx != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1) {
        params = OSSL_PARAM_BLD_to_param(build);
    }
    if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1) {
        (void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params);
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    BN_clear_free(d);
    return pkey;
}

sg_result
softkey_new(
    struct sg_arena *arena, const struct sjson *json, struct jwk *ret_public, struct softkey **ret)
{
    struct softkey key = { .pkey = NULL };
    sg_bytes secret;
    sg_str d;
    SG_TRY(public_part(arena, json, ret_public));
    SG_TRY(sjson_member_text(json, "d", &d));
    SG_TRY(sg_b64url_decode(arena, d, &secret));
    SG_REQUIRE(secret.n == ret_public->coord_len, KEY_INVALID);
    for (size_t i = 0; i < N_CURVES && key.pkey == NULL; i++) {
        if (curves[i].crv == ret_public->crv) {
            key.alg = jose_alg_by_id(curves[i].alg);
            key.coord = (int)ret_public->coord_len;
            key.pkey = curves[i].group != NULL ? ec_key(ret_public, curves[i].group, secret)
                                               : EVP_PKEY_new_raw_private_key(
                                                     EVP_PKEY_ED25519, NULL, secret.p, secret.n);
        }
    }
    SG_REQUIRE(key.pkey != NULL, KEY_INVALID);
    struct softkey *out = malloc(sizeof(*out));
    if (out == NULL) {
        EVP_PKEY_free(key.pkey);
        SG_FAIL(NO_MEMORY);
    }
    *out = key;
    *ret = out;
    return SG_DONE;
}

/* Two numbers of fixed width instead of DER. */
static bool
raw_signature(const uint8_t *der, size_t n, int coord, uint8_t *out)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool ok = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, coord) == coord &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + coord, coord) == coord;
    ECDSA_SIG_free(sig);
    return ok;
}

sg_result
softkey_sign(struct sg_arena *arena, const struct softkey *key, sg_bytes message, sg_bytes *ret)
{
    static const EVP_MD *(*const hashes[])(
        void) = { [SG_SHA256] = EVP_sha256, [SG_SHA384] = EVP_sha384, [SG_SHA512] = EVP_sha512 };
    uint8_t made[256];
    size_t n = sizeof(made);
    bool ec = key->alg->kty == JOSE_KTY_EC;
    uint8_t *out = sg_arena_alloc(arena, key->alg->sig_len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok =
        out != NULL && ctx != NULL &&
        EVP_DigestSignInit(ctx, NULL, ec ? hashes[key->alg->hash]() : NULL, NULL, key->pkey) == 1 &&
        EVP_DigestSign(ctx, made, &n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    SG_REQUIRE(ok, INTERNAL);
    if (ec) {
        SG_REQUIRE(raw_signature(made, n, key->coord, out), INTERNAL);
    } else {
        SG_REQUIRE(n == key->alg->sig_len, INTERNAL);
        memcpy(out, made, n);
    }
    *ret = sg_bytes_of(out, key->alg->sig_len);
    return SG_DONE;
}
