#include "flow_statement.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define HALF 32
#define DER_MAX 80

struct flow_statement {
    EVP_PKEY *key;
    EVP_MD_CTX *ctx;
    uint8_t public_key[33];
};

void
flow_statement_free(struct flow_statement **statement)
{
    if (*statement != NULL) {
        EVP_MD_CTX_free((*statement)->ctx);
        EVP_PKEY_free((*statement)->key); /* clears the private number */
        free(*statement);
        *statement = NULL;
    }
}

sg_result
flow_statement_new(struct flow_statement **ret)
{
    struct flow_statement *made SG_CLEANUP(flow_statement_free)
    = calloc(1, sizeof(*made));
    size_t n = 0;
    SG_REQUIRE(made != NULL, NO_MEMORY);
    made->key = EVP_EC_gen("P-256");
    made->ctx = EVP_MD_CTX_new();
    bool good = made->key != NULL && made->ctx != NULL &&
                EVP_PKEY_set_utf8_string_param(made->key, "point-format", "compressed") == 1 &&
                EVP_PKEY_get_octet_string_param(
                    made->key, "pub", made->public_key, sizeof(made->public_key), &n) == 1 &&
                n == sizeof(made->public_key);
    ERR_clear_error();
    SG_REQUIRE(good, INTERNAL);
    *ret = made;
    made = NULL; /* taken */
    return SG_DONE;
}

/* SEQUENCE of two INTEGERs to r || s. */
static bool
to_halves(const uint8_t *der, size_t n, uint8_t ret[2 * HALF])
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool good = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, HALF) == HALF &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + HALF, HALF) == HALF;
    ECDSA_SIG_free(sig);
    return good;
}

static sg_result
sign(void *context, sg_bytes message, uint8_t ret[64])
{
    struct flow_statement *statement = context;
    uint8_t der[DER_MAX];
    size_t n = sizeof(der);
    bool good = EVP_MD_CTX_reset(statement->ctx) == 1 &&
                EVP_DigestSignInit(statement->ctx, NULL, EVP_sha256(), NULL, statement->key) == 1 &&
                EVP_DigestSign(statement->ctx, der, &n, message.p, message.n) == 1 &&
                to_halves(der, n, ret);
    ERR_clear_error();
    SG_REQUIRE(good, INTERNAL);
    return SG_DONE;
}

struct di_statement_signer
flow_statement_signer(struct flow_statement *statement)
{
    struct di_statement_signer signer = { .sign = sign, .context = statement };
    memcpy(signer.public_key, statement->public_key, sizeof(signer.public_key));
    return signer;
}
