#include "status_support.h"

#include <openssl/ecdsa.h>
#include <openssl/x509v3.h>

void
status_key_new(struct sg_arena *arena, struct status_key *ret)
{
    *ret = (struct status_key){ 0 };
    ret->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    assert_non_null(ret->pkey);
    uint8_t *spki = NULL;
    int n = i2d_PUBKEY(ret->pkey, &spki);
    assert_true(n > 0);
    sg_bytes kept;
    assert_ok(sg_arena_bytes(arena, sg_bytes_of(spki, (size_t)n), &kept));
    OPENSSL_free(spki);
    assert_ok(jwk_from_spki(arena, kept, &ret->jwk));
    assert_ok(jwk_thumbprint(arena, &ret->jwk, ret->thumbprint));
    assert_ok(sg_b64url_encode(arena, SG_BYTES(ret->thumbprint), &ret->thumbprint_text));
    struct sg_buf buf = sg_buf_new(arena, 256, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    jwk_write(&wr, &ret->jwk);
    assert_ok(sg_buf_end_str(&buf, &ret->jwk_json));
}

void
status_key_done(struct status_key *key)
{
    EVP_PKEY_free(key->pkey);
    key->pkey = NULL;
}

static void
add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(cert, e, -1), 1);
    X509_EXTENSION_free(e);
}

static void
set_name(X509_NAME *name, const char *cn)
{
    assert_int_equal(
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0),
        1);
}

sg_bytes
status_cert(struct sg_arena *arena, const struct status_key *subject,
    const struct status_key *issuer, const struct status_cert *form)
{
    return status_cert_named(arena, subject, issuer, form, NULL);
}

sg_bytes
status_cert_named(struct sg_arena *arena, const struct status_key *subject,
    const struct status_key *issuer, const struct status_cert *form, const char *san)
{
    static long serial = 1000;
    X509 *cert = X509_new();
    assert_non_null(cert);
    assert_int_equal(X509_set_version(cert, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), form->from_s));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), form->to_s));
    set_name(X509_get_subject_name(cert), form->cn);
    set_name(X509_get_issuer_name(cert), form->issuer_cn);
    assert_int_equal(X509_set_pubkey(cert, subject->pkey), 1);
    add_extension(cert, NID_basic_constraints, form->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(cert, NID_key_usage,
        form->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    if (san != NULL) {
        add_extension(cert, NID_subject_alt_name, san);
    }
    assert_true(X509_sign(cert, issuer->pkey, EVP_sha256()) > 0);
    uint8_t *der = NULL;
    int n = i2d_X509(cert, &der);
    assert_true(n > 0);
    sg_bytes kept;
    assert_ok(sg_arena_bytes(arena, sg_bytes_of(der, (size_t)n), &kept));
    OPENSSL_free(der);
    X509_free(cert);
    return kept;
}

sg_str
status_pem(struct sg_arena *arena, sg_bytes der)
{
    sg_str body;
    sg_str pem;
    assert_ok(sg_b64_encode(arena, der, &body));
    struct sg_buf buf = sg_buf_new(arena, 1024, 65536);
    sg_buf_put_cstr(&buf, "-----BEGIN CERTIFICATE-----\n");
    for (size_t i = 0; i < body.n; i += 64) {
        sg_buf_put_str(&buf, sg_str_slice(body, i, 64));
        sg_buf_put_cstr(&buf, "\n");
    }
    sg_buf_put_cstr(&buf, "-----END CERTIFICATE-----\n");
    assert_ok(sg_buf_end_str(&buf, &pem));
    return pem;
}

/* ECDSA in OpenSSL is DER; JWS wants r and s, 32 bytes each. */
void
status_sign(const struct status_key *key, sg_bytes input, uint8_t ret[64])
{
    uint8_t der[80];
    size_t n = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_non_null(ctx);
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->pkey), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &n, input.p, input.n), 1);
    EVP_MD_CTX_free(ctx);
    const uint8_t *at = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
    assert_non_null(sig);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + 32, 32), 32);
    ECDSA_SIG_free(sig);
}

sg_str
status_jws(struct sg_arena *arena, const struct status_key *key, sg_str header, sg_bytes payload)
{
    uint8_t signature[64];
    sg_str h;
    sg_str p;
    sg_str s;
    sg_str input;
    sg_str compact;
    assert_ok(sg_b64url_encode(arena, sg_str_bytes(header), &h));
    assert_ok(sg_b64url_encode(arena, payload, &p));
    struct sg_buf buf = sg_buf_new(arena, h.n + p.n + 2, (size_t)8 * 1024 * 1024);
    sg_buf_put_str(&buf, h);
    sg_buf_put_cstr(&buf, ".");
    sg_buf_put_str(&buf, p);
    assert_ok(sg_buf_end_str(&buf, &input));
    status_sign(key, sg_str_bytes(input), signature);
    assert_ok(sg_b64url_encode(arena, SG_BYTES(signature), &s));
    sg_buf_put_cstr(&buf, ".");
    sg_buf_put_str(&buf, s);
    assert_ok(sg_buf_end_str(&buf, &compact));
    return compact;
}

sg_str
status_header_jwk(struct sg_arena *arena, const struct status_key *key, const char *typ)
{
    sg_str header;
    assert_ok(sg_arena_printf(arena, &header, "{\"alg\":\"ES256\",\"typ\":\"%s\",\"jwk\":%.*s}",
        typ, SG_PRINT(key->jwk_json)));
    return header;
}

sg_bytes
status_claims(struct sg_arena *arena, sg_str sub, int64_t iat, int64_t exp, int64_t ttl,
    unsigned bits, sg_bytes raw)
{
    sg_bytes packed;
    sg_str lst;
    sg_str json;
    assert_ok(tsl_deflate(arena, raw, &packed));
    assert_ok(sg_b64url_encode(arena, packed, &lst));
    assert_ok(sg_arena_printf(arena, &json,
        "{\"sub\":\"%.*s\",\"iat\":%lld,\"exp\":%lld,\"ttl\":%lld,"
        "\"status_list\":{\"bits\":%u,\"lst\":\"%.*s\"}}",
        SG_PRINT(sub), (long long)iat, (long long)exp, (long long)ttl, bits, SG_PRINT(lst)));
    return sg_str_bytes(json);
}
