#include "cli_ca.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY = 86400, ROOT_DAYS = 3650, LEAF_DAYS = 730, SERIAL_LEN = 16 };

struct cli_ca {
    EVP_PKEY *key;
    X509 *cert;
};

void
cli_ca_free(struct cli_ca **ca)
{
    if (*ca != NULL) {
        EVP_PKEY_free((*ca)->key);
        X509_free((*ca)->cert);
        free(*ca);
        *ca = NULL;
    }
}

static void
x509_free(X509 **cert)
{
    X509_free(*cert);
}

static bool
add_name(X509_NAME *name, const char *field, const char *value)
{
    return X509_NAME_add_entry_by_txt(
               name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1;
}

static bool
set_names(X509 *cert, const char *common_name)
{
    X509_NAME *name = X509_get_subject_name(cert);
    return add_name(name, "C", "JP") && add_name(name, "O", "sealgate DEMO, of no value") &&
           add_name(name, "CN", common_name);
}

/* RFC 5280 4.1.2.2: positive, at most 20 octets, unpredictable. */
static bool
set_serial(X509 *cert)
{
    uint8_t bytes[SERIAL_LEN];
    cli_random(bytes, sizeof(bytes));
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
    BIGNUM *bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool good = bn != NULL && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL;
    BN_free(bn);
    return good;
}

static bool
set_validity(X509 *cert, int days)
{
    time_t now = (time_t)cli_now();
    /* an hour back, for verifiers whose clock is behind */
    return ASN1_TIME_set(X509_getm_notBefore(cert), now - 3600) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(cert), now + (time_t)days * DAY) != NULL;
}

static bool
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool good = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

static bool
add_uri_and_host(X509 *cert, const char *url)
{
    const char *host = strstr(url, "://");
    host = host == NULL ? url : host + 3;
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *uri = GENERAL_NAME_new();
    GENERAL_NAME *dns = GENERAL_NAME_new();
    ASN1_IA5STRING *uri_text = ASN1_IA5STRING_new();
    ASN1_IA5STRING *dns_text = ASN1_IA5STRING_new();
    bool good = names != NULL && uri != NULL && dns != NULL && uri_text != NULL &&
                dns_text != NULL && ASN1_STRING_set(uri_text, url, -1) == 1 &&
                ASN1_STRING_set(dns_text, host, (int)strcspn(host, ":/")) == 1;
    if (good) {
        GENERAL_NAME_set0_value(uri, GEN_URI, uri_text);
        GENERAL_NAME_set0_value(dns, GEN_DNS, dns_text);
        good = sk_GENERAL_NAME_push(names, uri) > 0 && sk_GENERAL_NAME_push(names, dns) > 0 &&
               X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1;
    }
    sk_GENERAL_NAME_pop_free(
        names, GENERAL_NAME_free); /* on failure a little leaks: the program ends */
    return good;
}

static bool
fill_root(X509 *cert, EVP_PKEY *key)
{
    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
           set_validity(cert, ROOT_DAYS) && set_names(cert, "sealgate DEMO root") &&
           X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1 &&
           X509_set_pubkey(cert, key) == 1 &&
           add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(cert, cert, NID_subject_key_identifier, "hash") &&
           X509_sign(cert, key, EVP_sha256()) > 0;
}

static sg_result
save(const struct cli_ca *ca, const char *key_path, const char *cert_path)
{
    int fd = open(key_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    FILE *f = fdopen(fd, "w");
    bool good = f != NULL && PEM_write_PKCS8PrivateKey(f, ca->key, NULL, NULL, 0, NULL, NULL) == 1;
    good = f != NULL && fclose(f) == 0 && good;
    f = fopen(cert_path, "we");
    good = good && f != NULL && PEM_write_X509(f, ca->cert) == 1;
    good = f != NULL && fclose(f) == 0 && good;
    SG_REQUIRE(good && chmod(cert_path, 0644) == 0, STORE_DOWN);
    return SG_DONE;
}

sg_result
cli_ca_new(const char *key_path, const char *cert_path, struct cli_ca **ret)
{
    SG_CLEANUP(cli_ca_free)
    struct cli_ca *ca = calloc(1, sizeof(*ca));
    SG_REQUIRE(ca != NULL, NO_MEMORY);
    ca->key = EVP_EC_gen("P-256");
    ca->cert = X509_new();
    SG_REQUIRE(ca->key != NULL && ca->cert != NULL && fill_root(ca->cert, ca->key), INTERNAL);
    SG_TRY(save(ca, key_path, cert_path));
    *ret = ca;
    ca = NULL; /* taken */
    return SG_DONE;
}

sg_result
cli_ca_open(const char *key_path, const char *cert_path, struct cli_ca **ret)
{
    SG_CLEANUP(cli_ca_free)
    struct cli_ca *ca = calloc(1, sizeof(*ca));
    SG_REQUIRE(ca != NULL, NO_MEMORY);
    FILE *f = fopen(key_path, "re");
    SG_REQUIRE(f != NULL, NOT_FOUND);
    ca->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    f = fopen(cert_path, "re");
    SG_REQUIRE(f != NULL, NOT_FOUND);
    ca->cert = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    ERR_clear_error();
    bool pair =
        ca->key != NULL && ca->cert != NULL && X509_check_private_key(ca->cert, ca->key) == 1;
    SG_REQUIRE(pair, KEY_INVALID);
    *ret = ca;
    ca = NULL; /* taken */
    return SG_DONE;
}

sg_result
cli_ca_issue(struct sg_arena *arena, struct cli_ca *ca, sg_bytes spki, const char *common_name,
    const char *url, sg_bytes *ret)
{
    const uint8_t *p = spki.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.n);
    ERR_clear_error();
    SG_REQUIRE(key != NULL, KEY_INVALID);
    SG_CLEANUP(x509_free)
    X509 *cert = X509_new();
    bool good = cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
                set_validity(cert, LEAF_DAYS) && set_names(cert, common_name) &&
                X509_set_issuer_name(cert, X509_get_subject_name(ca->cert)) == 1 &&
                X509_set_pubkey(cert, key) == 1 &&
                add_extension(cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
                add_extension(cert, ca->cert, NID_key_usage, "critical,digitalSignature") &&
                add_extension(cert, ca->cert, NID_subject_key_identifier, "hash") &&
                add_extension(cert, ca->cert, NID_authority_key_identifier, "keyid:always") &&
                add_uri_and_host(cert, url) && X509_sign(cert, ca->key, EVP_sha256()) > 0;
    EVP_PKEY_free(key);
    SG_REQUIRE(good, INTERNAL);
    uint8_t *der = NULL;
    int n = i2d_X509(cert, &der);
    SG_REQUIRE(n > 0, INTERNAL);
    sg_result r = sg_arena_bytes(arena, sg_bytes_of(der, (size_t)n), ret);
    OPENSSL_free(der);
    return r;
}
