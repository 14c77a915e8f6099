#include "jwk_rsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

/* RFC 7518 3.3 demands 2048 bits; JWK_SPKI_MAX and the cost of verifying bound it above. */
#define RSA_N_MIN 256
#define RSA_N_MAX 512
#define RSA_E_MAX 8

void
jwk_pkey_free(EVP_PKEY **pkey)
{
    EVP_PKEY_free(*pkey);
    *pkey = NULL;
}

static void
ctx_free(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

static void
bn_free(BIGNUM **bn)
{
    BN_free(*bn);
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

sg_result
jwk_rsa_check(const struct jwk *jwk)
{
    sg_bytes n = jwk->rsa_n;
    sg_bytes e = jwk->rsa_e;
    SG_REQUIRE(n.n >= RSA_N_MIN && n.n <= RSA_N_MAX && e.n >= 1 && e.n <= RSA_E_MAX, KEY_INVALID);
    SG_REQUIRE(n.p[0] != 0 && e.p[0] != 0, KEY_INVALID);
    SG_REQUIRE(n.n > RSA_N_MIN || n.p[0] >= 0x80, KEY_INVALID);
    SG_REQUIRE(n.p[n.n - 1] % 2 == 1 && e.p[e.n - 1] % 2 == 1, KEY_INVALID);
    SG_REQUIRE(e.n > 1 || e.p[0] >= 3, KEY_INVALID);
    return SG_DONE;
}

sg_result
jwk_rsa_new(const struct jwk *jwk, EVP_PKEY **ret)
{
    SG_TRY(jwk_rsa_check(jwk));
    SG_CLEANUP(bn_free)
    BIGNUM *n = BN_bin2bn(jwk->rsa_n.p, (int)jwk->rsa_n.n, NULL);
    SG_CLEANUP(bn_free)
    BIGNUM *e = BN_bin2bn(jwk->rsa_e.p, (int)jwk->rsa_e.n, NULL);
    SG_CLEANUP(bld_free)
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    SG_REQUIRE(n != NULL && e != NULL && bld != NULL, NO_MEMORY);
    SG_REQUIRE(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1, NO_MEMORY);
    SG_REQUIRE(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1, NO_MEMORY);
    SG_CLEANUP(params_free)
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    SG_CLEANUP(ctx_free)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    SG_REQUIRE(params != NULL && ctx != NULL, NO_MEMORY);
    EVP_PKEY *pkey = NULL;
    bool made = EVP_PKEY_fromdata_init(ctx) == 1 &&
                EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1;
    ERR_clear_error();
    SG_REQUIRE(made, KEY_INVALID);
    *ret = pkey;
    return SG_DONE;
}

static bool
set_padding(EVP_PKEY_CTX *ctx, const struct jose_alg *alg)
{
    if (EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1) {
        return false;
    }
    if (alg->id == JOSE_RS256) {
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    }
    /* RFC 7518 3.5: MGF1 with the same hash, salt as long as the hash */
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, SG_SHA256_LEN) == 1;
}

sg_result
jwk_rsa_verify(EVP_PKEY *pkey, const struct jose_alg *alg, sg_bytes digest, sg_bytes signature)
{
    SG_CLEANUP(ctx_free)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    SG_REQUIRE(ctx != NULL, NO_MEMORY);
    SG_REQUIRE(EVP_PKEY_verify_init(ctx) == 1 && set_padding(ctx, alg), INTERNAL);
    SG_REQUIRE(signature.n == (size_t)EVP_PKEY_get_size(pkey), SIGNATURE);
    int ok = EVP_PKEY_verify(ctx, signature.p, signature.n, digest.p, digest.n);
    ERR_clear_error();
    SG_REQUIRE(ok == 1, SIGNATURE);
    return SG_DONE;
}
