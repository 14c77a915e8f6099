/* spec: ISO/IEC 18013-5 Annex B.1.2 (IACA root), B.1.4 (document signer). req: FMT-2 */
#include "iaca.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DAY = 86400, HOUR = 3600 };
#define EKU_DOCUMENT_SIGNER "critical,1.0.18013.5.1.2"

struct iaca {
    EVP_PKEY *key;
    X509 *cert;
};

void
iaca_free(struct iaca **iaca)
{
    if (*iaca != NULL) {
        EVP_PKEY_free((*iaca)->key);
        X509_free((*iaca)->cert);
        free(*iaca);
        *iaca = NULL;
    }
}

static void
x509_free(X509 **cert)
{
    X509_free(*cert);
}

static void
pkey_free(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void
names_free(GENERAL_NAMES **names)
{
    sk_GENERAL_NAME_pop_free(*names, GENERAL_NAME_free);
}

static void
points_free(CRL_DIST_POINTS **points)
{
    sk_DIST_POINT_pop_free(*points, DIST_POINT_free);
}

/* ---- names and extensions ------------------------------------------------------------------------------------- */

/* C must be a PrintableString (X.520), which readers check. */
static bool
add_name(X509_NAME *name, const char *field, const char *value)
{
    int type = strcmp(field, "C") == 0 ? V_ASN1_PRINTABLESTRING : MBSTRING_UTF8;
    return value == NULL || X509_NAME_add_entry_by_txt(
                                name, field, type, (const unsigned char *)value, -1, -1, 0) == 1;
}

static bool
set_serial(X509 *cert, const uint8_t serial[IACA_SERIAL_LEN])
{
    uint8_t bytes[IACA_SERIAL_LEN];
    memcpy(bytes, serial, sizeof(bytes));
    bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40);
    BIGNUM *bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool good = bn != NULL && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL;
    BN_free(bn);
    return good;
}

/* From an hour before now, for verifiers whose clock is behind, `days` days in all. */
static bool
set_validity(X509 *cert, int64_t now, int days)
{
    time_t from = (time_t)(now - HOUR);
    return ASN1_TIME_set(X509_getm_notBefore(cert), from) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(cert), from + (time_t)days * DAY) != NULL;
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

/* Built from parts: in the text form a comma of the URI would end it. */
static GENERAL_NAMES *
uri_names(const char *uri)
{
    SG_CLEANUP(names_free)
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    if (names == NULL || name == NULL || text == NULL || ASN1_STRING_set(text, uri, -1) != 1) {
        GENERAL_NAME_free(name);
        ASN1_IA5STRING_free(text);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, GEN_URI, text);
    if (sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
        return NULL;
    }
    GENERAL_NAMES *ret = names;
    names = NULL; /* taken */
    return ret;
}

static bool
add_issuer_alt_name(X509 *cert, const char *uri)
{
    SG_CLEANUP(names_free)
    GENERAL_NAMES *names = uri_names(uri);
    return names != NULL && X509_add1_ext_i2d(cert, NID_issuer_alt_name, names, 0, 0) == 1;
}

static bool
add_crl_point(X509 *cert, const char *uri)
{
    SG_CLEANUP(points_free)
    CRL_DIST_POINTS *points = sk_DIST_POINT_new_null();
    DIST_POINT *point = DIST_POINT_new();
    DIST_POINT_NAME *name = DIST_POINT_NAME_new();
    GENERAL_NAMES *full = uri_names(uri);
    if (points == NULL || point == NULL || name == NULL || full == NULL) {
        DIST_POINT_free(point);
        DIST_POINT_NAME_free(name);
        names_free(&full);
        return false;
    }
    name->type = 0;
    name->name.fullname = full;
    point->distpoint = name;
    if (sk_DIST_POINT_push(points, point) <= 0) {
        DIST_POINT_free(point);
        return false;
    }
    return X509_add1_ext_i2d(cert, NID_crl_distribution_points, points, 0, 0) == 1;
}

/* The same extension as the root has. */
static bool
copy_extension(X509 *cert, const X509 *from, int nid)
{
    int at = X509_get_ext_by_NID(from, nid, -1);
    return at >= 0 && X509_add_ext(cert, X509_get_ext(from, at), -1) == 1;
}

/* The root's C, ST and O with another CN. */
static bool
set_signer_name(X509 *cert, const X509 *root, const char *common_name)
{
    static const int nids[] = { NID_countryName, NID_stateOrProvinceName, NID_organizationName };
    X509_NAME *to = X509_get_subject_name(cert);
    const X509_NAME *from = X509_get_subject_name(root);
    for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
        int at = X509_NAME_get_index_by_NID(from, nids[i], -1);
        if (at >= 0 && X509_NAME_add_entry(to, X509_NAME_get_entry(from, at), -1, 0) != 1) {
            return false;
        }
    }
    return add_name(to, "CN", common_name);
}

/* ---- the root ---------------------------------------------------------------------------------------------------- */

static bool
is_country(const char *text)
{
    return text != NULL && strlen(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' &&
           text[1] >= 'A' && text[1] <= 'Z';
}

static bool
is_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool
fill_root(X509 *cert, EVP_PKEY *key, const struct iaca_names *names, int64_t now,
    const uint8_t serial[IACA_SERIAL_LEN])
{
    X509_NAME *name = X509_get_subject_name(cert);
    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert, serial) &&
           set_validity(cert, now, IACA_ROOT_DAYS) && add_name(name, "C", names->country) &&
           add_name(name, "ST", names->state) && add_name(name, "O", names->organization) &&
           add_name(name, "CN", names->common_name) && X509_set_issuer_name(cert, name) == 1 &&
           X509_set_pubkey(cert, key) == 1 &&
           add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(cert, cert, NID_subject_key_identifier, "hash") &&
           add_issuer_alt_name(cert, names->uri) && add_crl_point(cert, names->crl_uri) &&
           X509_sign(cert, key, EVP_sha256()) > 0;
}

sg_result
iaca_new(const struct iaca_names *names, int64_t now, const uint8_t serial[IACA_SERIAL_LEN],
    struct iaca **ret)
{
    SG_REQUIRE(is_country(names->country) && is_text(names->common_name) && is_text(names->uri) &&
                   is_text(names->crl_uri),
        VALUE);
    SG_CLEANUP(iaca_free)
    struct iaca *iaca = calloc(1, sizeof(*iaca));
    SG_REQUIRE(iaca != NULL, NO_MEMORY);
    iaca->key = EVP_EC_gen("P-256");
    iaca->cert = X509_new();
    bool good = iaca->key != NULL && iaca->cert != NULL &&
                fill_root(iaca->cert, iaca->key, names, now, serial);
    ERR_clear_error();
    SG_REQUIRE(good, INTERNAL);
    *ret = iaca;
    iaca = NULL; /* taken */
    return SG_DONE;
}

sg_result
iaca_save(const struct iaca *iaca, const char *key_path, const char *cert_path)
{
    int fd = open(key_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    FILE *f = fdopen(fd, "w");
    bool good =
        f != NULL && PEM_write_PKCS8PrivateKey(f, iaca->key, NULL, NULL, 0, NULL, NULL) == 1;
    good = f != NULL && fclose(f) == 0 && good;
    f = fopen(cert_path, "we");
    good = good && f != NULL && PEM_write_X509(f, iaca->cert) == 1;
    good = f != NULL && fclose(f) == 0 && good;
    SG_REQUIRE(good && chmod(cert_path, 0644) == 0, STORE_DOWN);
    return SG_DONE;
}

sg_result
iaca_open(const char *key_path, const char *cert_path, struct iaca **ret)
{
    SG_CLEANUP(iaca_free)
    struct iaca *iaca = calloc(1, sizeof(*iaca));
    SG_REQUIRE(iaca != NULL, NO_MEMORY);
    FILE *f = fopen(key_path, "re");
    SG_REQUIRE(f != NULL, NOT_FOUND);
    iaca->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    f = fopen(cert_path, "re");
    SG_REQUIRE(f != NULL, NOT_FOUND);
    iaca->cert = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    bool pair = iaca->key != NULL && iaca->cert != NULL &&
                X509_check_private_key(iaca->cert, iaca->key) == 1;
    ERR_clear_error();
    SG_REQUIRE(pair, KEY_INVALID);
    *ret = iaca;
    iaca = NULL; /* taken */
    return SG_DONE;
}

static sg_result
der_of(struct sg_arena *arena, const X509 *cert, sg_bytes *ret)
{
    uint8_t *der = NULL;
    int n = i2d_X509(cert, &der);
    SG_REQUIRE(n > 0, INTERNAL);
    sg_result r = sg_arena_bytes(arena, sg_bytes_of(der, (size_t)n), ret);
    OPENSSL_free(der);
    return r;
}

sg_result
iaca_certificate(struct sg_arena *arena, const struct iaca *iaca, sg_bytes *ret)
{
    return der_of(arena, iaca->cert, ret);
}

/* ---- document signers ---------------------------------------------------------------------------------------------- */

static bool
fill_signer(X509 *cert, EVP_PKEY *key, const struct iaca *iaca, const char *common_name,
    int64_t now, int days, const uint8_t serial[IACA_SERIAL_LEN])
{
    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert, serial) &&
           set_validity(cert, now, days) && set_signer_name(cert, iaca->cert, common_name) &&
           X509_set_issuer_name(cert, X509_get_subject_name(iaca->cert)) == 1 &&
           X509_set_pubkey(cert, key) == 1 &&
           add_extension(cert, iaca->cert, NID_key_usage, "critical,digitalSignature") &&
           add_extension(cert, iaca->cert, NID_ext_key_usage, EKU_DOCUMENT_SIGNER) &&
           add_extension(cert, iaca->cert, NID_subject_key_identifier, "hash") &&
           add_extension(cert, iaca->cert, NID_authority_key_identifier, "keyid:always") &&
           copy_extension(cert, iaca->cert, NID_issuer_alt_name) &&
           copy_extension(cert, iaca->cert, NID_crl_distribution_points) &&
           ASN1_TIME_compare(X509_get0_notAfter(cert), X509_get0_notAfter(iaca->cert)) <= 0 &&
           X509_sign(cert, iaca->key, EVP_sha256()) > 0;
}

sg_result
iaca_issue(struct sg_arena *arena, const struct iaca *iaca, sg_bytes spki, const char *common_name,
    int64_t now, int days, const uint8_t serial[IACA_SERIAL_LEN], sg_bytes *ret)
{
    const uint8_t *p = spki.p;
    SG_REQUIRE(days >= 1 && days <= IACA_SIGNER_DAYS && is_text(common_name), VALUE);
    SG_CLEANUP(pkey_free)
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.n);
    ERR_clear_error();
    SG_REQUIRE(key != NULL && p == spki.p + spki.n, KEY_INVALID);
    SG_CLEANUP(x509_free)
    X509 *cert = X509_new();
    bool good = cert != NULL && fill_signer(cert, key, iaca, common_name, now, days, serial);
    ERR_clear_error();
    SG_REQUIRE(good, INTERNAL);
    return der_of(arena, cert, ret);
}

/* ---- the revocation list --------------------------------------------------------------------------------------------- */

static void
crl_free(X509_CRL **crl)
{
    X509_CRL_free(*crl);
}

static bool
add_crl_extensions(X509_CRL *crl, const struct iaca *iaca)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, iaca->cert, NULL, NULL, crl, 0);
    X509_EXTENSION *authority =
        X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    bool good = authority != NULL && number != NULL && ASN1_INTEGER_set(number, 1) == 1 &&
                X509_CRL_add_ext(crl, authority, -1) == 1 &&
                X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;
    X509_EXTENSION_free(authority);
    ASN1_INTEGER_free(number);
    return good;
}

static bool
fill_crl(X509_CRL *crl, const struct iaca *iaca, int64_t now)
{
    ASN1_TIME *last = ASN1_TIME_set(NULL, (time_t)now - 3600);
    ASN1_TIME *next = ASN1_TIME_set(NULL, (time_t)now + (time_t)IACA_CRL_DAYS * 86400);
    bool good =
        last != NULL && next != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(iaca->cert)) == 1 &&
        X509_CRL_set1_lastUpdate(crl, last) == 1 && X509_CRL_set1_nextUpdate(crl, next) == 1 &&
        add_crl_extensions(crl, iaca) && X509_CRL_sign(crl, iaca->key, EVP_sha256()) > 0;
    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    return good;
}

sg_result
iaca_crl(struct sg_arena *arena, const struct iaca *iaca, int64_t now, sg_bytes *ret)
{
    SG_CLEANUP(crl_free)
    X509_CRL *crl = X509_CRL_new();
    bool good = crl != NULL && fill_crl(crl, iaca, now);
    ERR_clear_error();
    SG_REQUIRE(good, INTERNAL);
    uint8_t *der = NULL;
    int n = i2d_X509_CRL(crl, &der);
    SG_REQUIRE(n > 0, INTERNAL);
    sg_result r = sg_arena_bytes(arena, sg_bytes_of(der, (size_t)n), ret);
    OPENSSL_free(der);
    return r;
}
