/* Path validation by libcrypto (RFC 5280 6), with time and trust as arguments. */
#include "x509_chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "sg_text.h"
#include "x509_object.h"

#define ANCHORS_MAX 256
#define AUTH_LEVEL 2 /* 112 bits: RSA 2048, no SHA-1 */

static void
store_free(X509_STORE **store)
{
    X509_STORE_free(*store);
}

static void
store_ctx_free(X509_STORE_CTX **ctx)
{
    X509_STORE_CTX_free(*ctx);
}

static sg_result
fill_store(X509_STORE *store, const sg_bytes *anchors, size_t n)
{
    SG_REQUIRE(n <= ANCHORS_MAX, TOO_MANY);
    for (size_t i = 0; i < n; i++) {
        SG_CLEANUP(x509_free)
        X509 *cert = NULL;
        SG_TRY(x509_decode(anchors[i], &cert));
        SG_REQUIRE(X509_STORE_add_cert(store, cert) == 1, NO_MEMORY); /* counts its own reference */
    }
    return SG_DONE;
}

static sg_result
fill_stack(STACK_OF(X509) * stack, const sg_bytes *chain, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        X509 *cert;
        SG_TRY(x509_decode(chain[i], &cert));
        if (sk_X509_push(stack, cert) <= 0) {
            X509_free(cert);
            SG_FAIL(NO_MEMORY);
        }
    }
    return SG_DONE;
}

static sg_result
refusal_of(int error)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        SG_FAIL(EXPIRED);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        SG_FAIL(NOT_YET);
    case X509_V_ERR_OUT_OF_MEM:
        SG_FAIL(NO_MEMORY);
    default:
        SG_FAIL(ISSUER);
    }
}

/* The anchors are trusted whatever they are: an issuing CA, or a pinned leaf, need no root behind them. */
static sg_result
validate(X509_STORE *store, STACK_OF(X509) * chain, int64_t at, STACK_OF(X509) * *ret)
{
    SG_CLEANUP(store_ctx_free)
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    SG_REQUIRE(ctx != NULL, NO_MEMORY);
    SG_REQUIRE(X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) == 1, NO_MEMORY);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)at);
    X509_VERIFY_PARAM_set_depth(param, X509_CHAIN_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
    SG_REQUIRE(X509_VERIFY_PARAM_set_flags(
                   param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CHECK_SS_SIGNATURE) == 1,
        INTERNAL);
    int ok = X509_verify_cert(ctx);
    ERR_clear_error();
    if (ok != 1) {
        return refusal_of(X509_STORE_CTX_get_error(ctx));
    }
    *ret = X509_STORE_CTX_get1_chain(ctx);
    SG_REQUIRE(*ret != NULL, NO_MEMORY);
    return SG_DONE;
}

sg_result
x509_path(const sg_bytes *chain, size_t n, const sg_bytes *anchors, size_t n_anchors, int64_t at,
    STACK_OF(X509) * *ret)
{
    SG_REQUIRE(n >= 1 && n <= X509_CHAIN_MAX, MALFORMED);
    SG_CLEANUP(store_free)
    X509_STORE *store = X509_STORE_new();
    SG_CLEANUP(x509_stack_free)
    STACK_OF(X509) *stack = sk_X509_new_null();
    SG_REQUIRE(store != NULL && stack != NULL, NO_MEMORY);
    SG_TRY(fill_store(store, anchors, n_anchors));
    SG_TRY(fill_stack(stack, chain, n));
    return validate(store, stack, at, ret);
}

sg_result
x509_chain_verify(struct sg_arena *arena, const sg_bytes *chain, size_t n, const sg_bytes *anchors,
    size_t n_anchors, int64_t at, struct x509_leaf *ret)
{
    SG_CLEANUP(x509_stack_free)
    STACK_OF(X509) *path = NULL;
    SG_TRY(x509_path(chain, n, anchors, n_anchors, at, &path));
    X509 *leaf = sk_X509_value(path, 0);
    /* without the extension every use is allowed (RFC 5280 4.2.1.3): UINT32_MAX then */
    SG_REQUIRE((X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) != 0, ISSUER);
    return x509_leaf_of(arena, leaf, chain[0], ret);
}

sg_result
x509_from_x5c(
    struct sg_arena *arena, const struct sjson *x5c, sg_bytes ret[X509_CHAIN_MAX], size_t *ret_n)
{
    SG_REQUIRE(x5c != NULL && x5c->type == SJSON_ARRAY, MALFORMED);
    SG_REQUIRE(x5c->n >= 1 && x5c->n <= X509_CHAIN_MAX, MALFORMED);
    size_t n = 0;
    for (const struct sjson *e = x5c->first; e != NULL; e = e->next) {
        SG_REQUIRE(e->type == SJSON_STRING, MALFORMED);
        SG_TRY(sg_b64_decode(arena, e->text, &ret[n]));
        n++;
    }
    *ret_n = n;
    return SG_DONE;
}

static void
bio_free(BIO **bio)
{
    BIO_free(*bio);
}

sg_result
x509_from_pem(struct sg_arena *arena, sg_str pem, sg_bytes *ret, size_t max, size_t *ret_n)
{
    SG_REQUIRE(pem.n > 0 && pem.n <= INT32_MAX, MALFORMED);
    SG_CLEANUP(bio_free)
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    SG_REQUIRE(bio != NULL, NO_MEMORY);
    size_t n = 0;
    char *name;
    char *header;
    unsigned char *data;
    long len;
    sg_result r = SG_DONE;
    while (sg_ok(r) && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        if (strcmp(name, PEM_STRING_X509) == 0) {
            r = n < max ? sg_arena_bytes(arena, sg_bytes_of(data, (size_t)len), &ret[n])
                        : SG_ERROR(TOO_MANY);
            n++;
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    /* the end is "no further start line"; anything else was a broken block */
    int reason = ERR_GET_REASON(ERR_peek_last_error());
    ERR_clear_error();
    SG_TRY(r);
    SG_REQUIRE(reason == PEM_R_NO_START_LINE && n > 0, MALFORMED);
    *ret_n = n;
    return SG_DONE;
}

sg_result
x509_authority_key_id(struct sg_arena *arena, sg_bytes der, sg_bytes *ret)
{
    SG_CLEANUP(x509_free)
    X509 *cert = NULL;
    SG_TRY(x509_decode(der, &cert));
    const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(cert);
    if (id == NULL) {
        *ret = SG_NO_BYTES;
        return SG_DONE;
    }
    return sg_arena_bytes(
        arena, sg_bytes_of(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id)), ret);
}
