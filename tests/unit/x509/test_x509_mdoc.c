/*
 * formats/x509: the document signer profile of mdocs, one broken rule at a time. A certificate is made from a list of extensions in openssl's text
 * form; the good list comes first, each case changes one thing. req: FMT-2
 */
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "support.h"
#include "x509_mdoc.h"

#define NOW 1800000000
#define DAY 86400

struct spec {
    int days;
    int version;
    const char *subject_c;
    const char *subject_st;
    const char *subject_cn;
    const char *issuer_c;
    const char *issuer_st;
    const char *extensions[10][2]; /* short name, value in openssl's text form; NULL ends */
};

static const struct spec good_ds = { 400, X509_VERSION_3, "UT", NULL, "ds", "UT", NULL,
    { { "keyUsage", "critical,digitalSignature" },
        { "extendedKeyUsage", "critical,1.0.18013.5.1.2" }, { "subjectKeyIdentifier", "hash" },
        { "authorityKeyIdentifier", "keyid:always" }, { "issuerAltName", "email:a@example.org" },
        { "crlDistributionPoints", "URI:https://example.org/crl" } } };
static const struct spec good_iaca = { 3650, X509_VERSION_3, "UT", NULL, "iaca", "UT", NULL,
    { { "basicConstraints", "critical,CA:TRUE,pathlen:0" },
        { "keyUsage", "critical,keyCertSign,cRLSign" }, { "subjectKeyIdentifier", "hash" } } };

static EVP_PKEY *ca_key;
static EVP_PKEY *ds_key;

static void
put_name(X509_NAME *name, const char *c, const char *st, const char *cn)
{
    if (c != NULL) {
        X509_NAME_add_entry_by_txt(
            name, "C", V_ASN1_PRINTABLESTRING, (const uint8_t *)c, -1, -1, 0);
    }
    if (st != NULL) {
        X509_NAME_add_entry_by_txt(name, "ST", MBSTRING_UTF8, (const uint8_t *)st, -1, -1, 0);
    }
    if (cn != NULL) {
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)cn, -1, -1, 0);
    }
}

/* Self-issued when `issuer` is NULL. */
static X509 *
make(const struct spec *spec, EVP_PKEY *key, X509 *issuer)
{
    X509 *cert = X509_new();
    X509V3_CTX ctx;
    assert_non_null(cert);
    X509_set_version(cert, spec->version);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 4711);
    ASN1_TIME_set(X509_getm_notBefore(cert), NOW - DAY);
    ASN1_TIME_set(X509_getm_notAfter(cert), NOW - DAY + (time_t)spec->days * DAY);
    put_name(X509_get_subject_name(cert), spec->subject_c, spec->subject_st, spec->subject_cn);
    if (issuer == NULL) {
        X509_set_issuer_name(cert, X509_get_subject_name(cert));
    } else {
        put_name(X509_get_issuer_name(cert), spec->issuer_c, spec->issuer_st, "iaca");
    }
    X509_set_pubkey(cert, key);
    X509V3_set_ctx(&ctx, issuer == NULL ? cert : issuer, cert, NULL, NULL, 0);
    for (size_t i = 0; spec->extensions[i][0] != NULL; i++) {
        X509_EXTENSION *e =
            X509V3_EXT_conf(NULL, &ctx, spec->extensions[i][0], spec->extensions[i][1]);
        if (e == NULL) {
            fail_msg("%s=%s", spec->extensions[i][0], spec->extensions[i][1]);
        }
        X509_add_ext(cert, e, -1);
        X509_EXTENSION_free(e);
    }
    assert_true(X509_sign(cert, ca_key, EVP_sha256()) > 0);
    return cert;
}

static sg_bytes
der_of(struct sg_arena *arena, X509 *cert)
{
    uint8_t *der = NULL;
    sg_bytes ret;
    int n = i2d_X509(cert, &der);
    assert_true(n > 0);
    assert_ok(sg_arena_bytes(arena, sg_bytes_of(der, (size_t)n), &ret));
    OPENSSL_free(der);
    return ret;
}

static void
check(struct sg_arena *arena, const struct spec *ds_spec, const struct spec *iaca_spec,
    enum sg_code code, const char *what)
{
    struct x509_mdoc_ds ds;
    struct sg_why why = { 0 };
    X509 *root = make(iaca_spec, ca_key, NULL);
    X509 *leaf = make(ds_spec, ds_key, root);
    sg_bytes root_der = der_of(arena, root);
    sg_bytes leaf_der = der_of(arena, leaf);
    X509_free(root);
    X509_free(leaf);
    sg_result r = x509_mdoc_verify(arena, &leaf_der, 1, &root_der, 1, NOW, &why, &ds);
    support_assert_code(r, code, what == NULL ? "good" : what, __FILE__, __LINE__);
    if (what != NULL) {
        assert_non_null(why.what);
        assert_string_equal(why.what, what);
    }
}

/* One extension of the good list with another value (NULL: left out), or one more. */
static struct spec
with(const struct spec *base, const char *name, const char *value)
{
    struct spec out = *base;
    size_t n = 0;
    bool found = false;
    for (size_t i = 0; base->extensions[i][0] != NULL; i++) {
        bool here = strcmp(base->extensions[i][0], name) == 0;
        found = found || here;
        if (!here || value != NULL) {
            out.extensions[n][0] = base->extensions[i][0];
            out.extensions[n++][1] = here ? value : base->extensions[i][1];
        }
    }
    if (!found) {
        out.extensions[n][0] = name;
        out.extensions[n++][1] = value;
    }
    out.extensions[n][0] = NULL;
    return out;
}

static void
test_the_good_pair_verifies(void **state)
{
    check(*state, &good_ds, &good_iaca, SG_OK, NULL);
    struct spec state_of_both = good_ds;
    struct spec iaca = good_iaca;
    state_of_both.subject_st = state_of_both.issuer_st = iaca.subject_st = "UT-1";
    iaca.issuer_st = "UT-1";
    check(*state, &state_of_both, &iaca, SG_OK, NULL);
    struct spec loose = with(&good_ds, "issuerAltName", "URI:https://example.org");
    check(*state, &loose, &good_iaca, SG_OK, NULL);
    loose = with(&good_ds, "basicConstraints", "CA:FALSE");
    check(*state, &loose, &good_iaca, SG_OK, NULL);
    loose = with(&good_ds, "subjectAltName", "DNS:example.org"); /* not critical: tolerated */
    check(*state, &loose, &good_iaca, SG_OK, NULL);
}

static void
test_one_extension_of_the_signer_broken(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *what;
    } cases[] = {
        { "keyUsage", "digitalSignature",
            "document signer: key usage is not critical digitalSignature alone" },
        { "keyUsage", "critical,digitalSignature,nonRepudiation",
            "document signer: key usage is not critical digitalSignature alone" },
        { "keyUsage", NULL, "document signer: key usage is not critical digitalSignature alone" },
        { "extendedKeyUsage", "1.0.18013.5.1.2",
            "document signer: extended key usage is not critical 1.0.18013.5.1.2 alone" },
        { "extendedKeyUsage", "critical,1.0.18013.5.1.6",
            "document signer: extended key usage is not critical 1.0.18013.5.1.2 alone" },
        { "extendedKeyUsage", "critical,1.0.18013.5.1.2,serverAuth",
            "document signer: extended key usage is not critical 1.0.18013.5.1.2 alone" },
        { "extendedKeyUsage", NULL,
            "document signer: extended key usage is not critical 1.0.18013.5.1.2 alone" },
        { "subjectKeyIdentifier", NULL, "document signer: no SKI" },
        { "authorityKeyIdentifier", NULL, "document signer: no AKI" },
        { "issuerAltName", NULL,
            "document signer: no issuerAltName with an e-mail address or a URI" },
        { "issuerAltName", "DNS:example.org",
            "document signer: no issuerAltName with an e-mail address or a URI" },
        { "crlDistributionPoints", NULL, "document signer: no proper CRL distribution point" },
        { "basicConstraints", "CA:TRUE", "document signer: is a CA" },
        { "subjectAltName", "critical,DNS:example.org",
            "document signer: another critical extension" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct spec spec = with(&good_ds, cases[i].name, cases[i].value);
        check(*state, &spec, &good_iaca, SG_E_ISSUER, cases[i].what);
    }
}

static void
test_other_rules_of_the_signer(void **state)
{
    struct spec spec = good_ds;
    spec.days = 458;
    check(*state, &spec, &good_iaca, SG_E_ISSUER, "document signer: valid for more than 457 days");
    spec = good_ds;
    spec.days = 457;
    check(*state, &spec, &good_iaca, SG_OK, NULL);
    spec = good_ds;
    spec.subject_cn = NULL;
    check(*state, &spec, &good_iaca, SG_E_ISSUER, "document signer: subject without CN");
    spec = good_ds;
    spec.subject_c = NULL;
    check(*state, &spec, &good_iaca, SG_E_ISSUER,
        "document signer: subject without a country of two letters");
    spec = good_ds;
    spec.subject_c = "JP";
    check(
        *state, &spec, &good_iaca, SG_E_ISSUER, "document signer: C of subject and issuer differ");
    spec = good_ds;
    struct spec iaca = good_iaca;
    spec.subject_st = "UT-2";
    spec.issuer_st = iaca.subject_st = "UT-1";
    check(*state, &spec, &iaca, SG_E_ISSUER, "document signer: ST of subject and issuer differ");
}

static void
test_the_issuing_certificate(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *what;
    } cases[] = {
        { "basicConstraints", "critical,CA:TRUE",
            "IACA: basic constraints are not critical, CA, pathLen 0" },
        { "basicConstraints", "critical,CA:TRUE,pathlen:1",
            "IACA: basic constraints are not critical, CA, pathLen 0" },
        { "basicConstraints", "CA:TRUE,pathlen:0",
            "IACA: basic constraints are not critical, CA, pathLen 0" },
        { "keyUsage", "critical,keyCertSign",
            "IACA: key usage is not critical keyCertSign and cRLSign alone" },
        { "keyUsage", "critical,keyCertSign,cRLSign,digitalSignature",
            "IACA: key usage is not critical keyCertSign and cRLSign alone" },
        { "keyUsage", "keyCertSign,cRLSign",
            "IACA: key usage is not critical keyCertSign and cRLSign alone" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct spec spec = with(&good_iaca, cases[i].name, cases[i].value);
        check(*state, &good_ds, &spec, SG_E_ISSUER, cases[i].what);
    }
    struct spec spec = good_iaca;
    spec.days = 7400;
    check(*state, &good_ds, &spec, SG_E_ISSUER, "IACA: valid for more than 20 years");
}

/* The same name and the same key under another key identifier: not the certificate that the signer names. */
static void
test_the_key_identifiers_must_meet(void **state)
{
    struct x509_mdoc_ds ds;
    struct sg_why why = { 0 };
    struct spec spec = with(&good_iaca, "subjectKeyIdentifier", "0102030405");
    X509 *root = make(&good_iaca, ca_key, NULL);
    X509 *other = make(&spec, ca_key, NULL);
    X509 *leaf = make(&good_ds, ds_key, root);
    sg_bytes leaf_der = der_of(*state, leaf);
    sg_bytes other_der = der_of(*state, other);
    X509_free(root);
    X509_free(other);
    X509_free(leaf);
    assert_refused(x509_mdoc_verify(*state, &leaf_der, 1, &other_der, 1, NOW, &why, &ds), ISSUER);
    assert_string_equal(why.what, "x5chain: no valid path to a trusted certificate");
}

/* What a verifier names in trusted_authorities of type aki (OpenID4VP 6.1.1.1): the bytes, without DER around them. */
static void
test_the_authority_key_identifier(void **state)
{
    struct spec spec = with(&good_iaca, "subjectKeyIdentifier", "0102030405");
    X509 *root = make(&spec, ca_key, NULL);
    X509 *leaf = make(&good_ds, ds_key, root);
    sg_bytes leaf_der = der_of(*state, leaf);
    sg_bytes root_der = der_of(*state, root);
    sg_bytes id;
    X509_free(root);
    X509_free(leaf);
    assert_ok(x509_authority_key_id(*state, leaf_der, &id));
    assert_true(sg_bytes_equal(id, support_hex(*state, "0102030405")));
    assert_ok(x509_authority_key_id(*state, root_der, &id));
    assert_int_equal(id.n, 0);
    assert_refused(x509_authority_key_id(*state, SG_NO_BYTES, &id), MALFORMED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_good_pair_verifies),
        cmocka_unit_test(test_one_extension_of_the_signer_broken),
        cmocka_unit_test(test_other_rules_of_the_signer),
        cmocka_unit_test(test_the_issuing_certificate),
        cmocka_unit_test(test_the_key_identifiers_must_meet),
        cmocka_unit_test(test_the_authority_key_identifier),
    };
    ca_key = EVP_EC_gen("P-256");
    ds_key = EVP_EC_gen("P-256");
    int failed = cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(ds_key);
    return failed;
}
