/* Certificates of a maker of authenticators (WebAuthn 8.2.1). */
#include <openssl/asn1.h>
#include <openssl/x509v3.h>

#include "authenticator.h"
#include "support.h"

#define DAY (24L * 3600)
#define AAGUID_OID "1.3.6.1.4.1.45724.1.1.4"

static void
add_name(X509_NAME *name, const char *unit, const char *common)
{
    const char *const parts[][2] = { { "C", "JP" }, { "O", "sealgate tests" }, { "OU", unit },
        { "CN", common } };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        assert_int_equal(X509_NAME_add_entry_by_txt(name, parts[i][0], MBSTRING_ASC,
                             (const unsigned char *)parts[i][1], -1, -1, 0),
            1);
    }
}

static void
add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* An OCTET STRING in the extension's own OCTET STRING. */
static void
add_aaguid(X509 *certificate, const uint8_t aaguid[16])
{
    uint8_t inner[18] = { 0x04, 16 };
    memcpy(inner + 2, aaguid, 16);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *oid = OBJ_txt2obj(AAGUID_OID, 1);
    assert_int_equal(ASN1_OCTET_STRING_set(value, inner, sizeof(inner)), 1);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OBJECT_free(oid);
    ASN1_OCTET_STRING_free(value);
}

static X509 *
blank(EVP_PKEY *key, long serial, long from, long until)
{
    X509 *certificate = X509_new();
    assert_non_null(certificate);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), from));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), until));
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    return certificate;
}

static sg_bytes
der_of(struct sg_arena *arena, const X509 *certificate)
{
    int n = i2d_X509(certificate, NULL);
    assert_true(n > 0);
    uint8_t *out = sg_arena_alloc(arena, (size_t)n);
    assert_non_null(out);
    uint8_t *p = out;
    assert_int_equal(i2d_X509(certificate, &p), n);
    return sg_bytes_of(out, (size_t)n);
}

void
authenticator_root_make(struct authenticator_root *root)
{
    root->key = EVP_EC_gen("P-256");
    assert_non_null(root->key);
    root->certificate = blank(root->key, 1, -DAY, 10 * DAY);
    X509_NAME *name = X509_get_subject_name(root->certificate);
    add_name(name, "Roots", "Test authenticator root");
    assert_int_equal(X509_set_issuer_name(root->certificate, name), 1);
    add_extension(root->certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(root->certificate, NID_key_usage, "critical,keyCertSign");
    assert_true(X509_sign(root->certificate, root->key, EVP_sha256()) > 0);
}

void
authenticator_root_forget(struct authenticator_root *root)
{
    EVP_PKEY_free(root->key);
    X509_free(root->certificate);
    *root = (struct authenticator_root){ NULL, NULL };
}

sg_bytes
authenticator_root_der(struct sg_arena *arena, const struct authenticator_root *root)
{
    return der_of(arena, root->certificate);
}

sg_bytes
authenticator_leaf_make(struct sg_arena *arena, const struct authenticator_root *root,
    EVP_PKEY *key, const uint8_t aaguid[16], enum authenticator_leaf leaf)
{
    uint8_t other[16] = { 0x5a };
    long until = leaf == AUTHENTICATOR_LEAF_EXPIRED ? -3600 : 5 * DAY;
    X509 *certificate = blank(key, 2, -DAY, until);
    add_name(X509_get_subject_name(certificate),
        leaf == AUTHENTICATOR_LEAF_UNIT ? "Something Else" : "Authenticator Attestation",
        "Test authenticator");
    assert_int_equal(
        X509_set_issuer_name(certificate, X509_get_subject_name(root->certificate)), 1);
    add_extension(certificate, NID_basic_constraints,
        leaf == AUTHENTICATOR_LEAF_CA ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (leaf != AUTHENTICATOR_LEAF_NO_AAGUID) {
        add_aaguid(certificate, leaf == AUTHENTICATOR_LEAF_OTHER_AAGUID ? other : aaguid);
    }
    assert_true(X509_sign(certificate, root->key, EVP_sha256()) > 0);
    sg_bytes out = der_of(arena, certificate);
    X509_free(certificate);
    return out;
}
