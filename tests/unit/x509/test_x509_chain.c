/* formats/x509 with certificates made here: root, intermediate, leaf. */
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "support.h"
#include "x509_chain.h"

enum { NOW = 1763675000, DAY = 86400 };

struct made {
    EVP_PKEY *key;
    X509 *cert;
    sg_bytes der;
};

struct recipe {
    const char *name;
    const char *basic;
    const char *usage;
    const char *alternative; /* NULL: none */
    int64_t from;
    int64_t until;
};

static void
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(ext);
    assert_int_equal(X509_add_ext(cert, ext, -1), 1);
    X509_EXTENSION_free(ext);
}

static struct made
make(void **state, const struct recipe *r, const struct made *issuer)
{
    struct made m = { .key = EVP_EC_gen("P-256"), .cert = X509_new() };
    const struct made *by = issuer == NULL ? &m : issuer;
    assert_non_null(m.key);
    X509_set_version(m.cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(m.cert), 1);
    ASN1_TIME_set(X509_getm_notBefore(m.cert), (time_t)r->from);
    ASN1_TIME_set(X509_getm_notAfter(m.cert), (time_t)r->until);
    X509_NAME *name = X509_get_subject_name(m.cert);
    X509_NAME_add_entry_by_txt(
        name, "CN", MBSTRING_UTF8, (const unsigned char *)r->name, -1, -1, 0);
    X509_set_issuer_name(m.cert, X509_get_subject_name(by->cert));
    X509_set_pubkey(m.cert, m.key);
    add_extension(m.cert, by->cert, NID_basic_constraints, r->basic);
    if (r->usage != NULL) {
        add_extension(m.cert, by->cert, NID_key_usage, r->usage);
    }
    if (r->alternative != NULL) {
        add_extension(m.cert, by->cert, NID_subject_alt_name, r->alternative);
    }
    assert_true(X509_sign(m.cert, by->key, EVP_sha256()) > 0);
    uint8_t *der = NULL;
    int n = i2d_X509(m.cert, &der);
    assert_ok(sg_arena_bytes(*state, sg_bytes_of(der, (size_t)n), &m.der));
    OPENSSL_free(der);
    return m;
}

static void
unmake(struct made *m)
{
    EVP_PKEY_free(m->key);
    X509_free(m->cert);
}

#define MADE           \
    SG_CLEANUP(unmake) \
    struct made

static const struct recipe root_recipe = { "Root", "critical,CA:TRUE", "critical,keyCertSign", NULL,
    NOW - DAY, NOW + 300 * DAY };
static const struct recipe middle_recipe = { "Middle", "critical,CA:TRUE,pathlen:0",
    "critical,keyCertSign", NULL, NOW - DAY, NOW + 200 * DAY };
static const struct recipe leaf_recipe = { "Le\xC3\xA4"
                                           "f",
    "CA:FALSE", "critical,digitalSignature",
    "URI:https://issuer.example,DNS:issuer.example,URI:did:web:x", NOW - DAY, NOW + 100 * DAY };

static void
test_chain_over_an_intermediate(void **state)
{
    MADE root = make(state, &root_recipe, NULL);
    MADE middle = make(state, &middle_recipe, &root);
    MADE leaf = make(state, &leaf_recipe, &middle);
    const sg_bytes chain[] = { leaf.der, middle.der };
    struct x509_leaf got;
    assert_ok(x509_chain_verify(*state, chain, 2, &root.der, 1, NOW, &got));
    assert_str_is(got.subject_cn, "Le\xC3\xA4"
                                  "f");
    assert_int_equal(got.n_san_uris, 2);
    assert_str_is(got.san_uris[0], "https://issuer.example");
    assert_str_is(got.san_uris[1], "did:web:x");
    assert_int_equal(got.n_san_dns, 1);
    assert_str_is(got.san_dns[0], "issuer.example");
    assert_int_equal(got.not_before, NOW - DAY);
    assert_int_equal(got.not_after, NOW + 100 * DAY);
    assert_int_equal(got.key.crv, JOSE_P256);
    /* without the intermediate there is no path; with it as the anchor there is */
    assert_refused(x509_chain_verify(*state, chain, 1, &root.der, 1, NOW, &got), ISSUER);
    assert_ok(x509_chain_verify(*state, chain, 1, &middle.der, 1, NOW, &got));
}

static void
test_validity_at_the_given_time(void **state)
{
    MADE root = make(state, &root_recipe, NULL);
    MADE leaf = make(state, &leaf_recipe, &root);
    struct x509_leaf got;
    assert_ok(x509_chain_verify(*state, &leaf.der, 1, &root.der, 1, NOW + 99 * DAY, &got));
    assert_refused(
        x509_chain_verify(*state, &leaf.der, 1, &root.der, 1, NOW + 101 * DAY, &got), EXPIRED);
    assert_refused(
        x509_chain_verify(*state, &leaf.der, 1, &root.der, 1, NOW - 2 * DAY, &got), NOT_YET);
}

static void
test_strangers_are_not_trusted(void **state)
{
    MADE root = make(state, &root_recipe, NULL);
    MADE twin = make(state, &root_recipe, NULL); /* the same name, another key */
    MADE leaf = make(state, &leaf_recipe, &root);
    MADE fake = make(state, &leaf_recipe, &leaf); /* issued by a leaf */
    const sg_bytes chain[] = { fake.der, leaf.der };
    struct x509_leaf got;
    assert_refused(x509_chain_verify(*state, &leaf.der, 1, &twin.der, 1, NOW, &got), ISSUER);
    assert_refused(x509_chain_verify(*state, &leaf.der, 1, NULL, 0, NOW, &got), ISSUER);
    assert_refused(x509_chain_verify(*state, chain, 2, &root.der, 1, NOW, &got), ISSUER);
}

static void
test_key_usage_must_allow_signatures(void **state)
{
    struct recipe r = leaf_recipe;
    MADE root = make(state, &root_recipe, NULL);
    struct x509_leaf got;
    r.usage = "critical,keyAgreement";
    MADE wrong = make(state, &r, &root);
    assert_refused(x509_chain_verify(*state, &wrong.der, 1, &root.der, 1, NOW, &got), ISSUER);
    r.usage = NULL;
    MADE open = make(state, &r, &root);
    assert_ok(x509_chain_verify(*state, &open.der, 1, &root.der, 1, NOW, &got));
}

static void
test_changed_bytes_are_refused(void **state)
{
    MADE root = make(state, &root_recipe, NULL);
    MADE leaf = make(state, &leaf_recipe, &root);
    struct x509_leaf got;
    uint8_t copy[2048];
    memcpy(copy, leaf.der.p, leaf.der.n);
    copy[leaf.der.n - 1] ^= 1; /* in the signature */
    sg_bytes bad = sg_bytes_of(copy, leaf.der.n);
    assert_false(sg_ok(x509_chain_verify(*state, &bad, 1, &root.der, 1, NOW, &got)));
    copy[leaf.der.n - 1] ^= 1;
    copy[leaf.der.n] = 0; /* trailing byte */
    bad = sg_bytes_of(copy, leaf.der.n + 1);
    assert_refused(x509_leaf_parse(*state, bad, &got), MALFORMED);
    assert_refused(x509_leaf_parse(*state, SG_NO_BYTES, &got), MALFORMED);
    assert_refused(x509_chain_verify(*state, &leaf.der, 0, &root.der, 1, NOW, &got), MALFORMED);
}

static void
test_name_with_nul_is_refused(void **state)
{
    MADE root = make(state, &root_recipe, NULL);
    MADE leaf = make(state, &leaf_recipe, &root);
    struct x509_leaf got;
    uint8_t copy[2048];
    memcpy(copy, leaf.der.p, leaf.der.n);
    uint8_t *name = memmem(copy, leaf.der.n, "Le\xC3\xA4", 4);
    assert_non_null(name);
    name[1] = '\0';
    assert_refused(x509_leaf_parse(*state, sg_bytes_of(copy, leaf.der.n), &got), MALFORMED);
}

static void
test_x5c_and_pem(void **state)
{
    MADE root = make(state, &root_recipe, NULL);
    sg_str b64;
    sg_str json;
    const struct sjson *x5c;
    sg_bytes got[X509_CHAIN_MAX];
    size_t n;
    assert_ok(sg_b64_encode(*state, root.der, &b64));
    assert_ok(sg_arena_printf(*state, &json, "[\"%.*s\",\"%.*s\"]", SG_PRINT(b64), SG_PRINT(b64)));
    assert_ok(sjson_parse(*state, json, NULL, &x5c));
    assert_ok(x509_from_x5c(*state, x5c, got, &n));
    assert_int_equal(n, 2);
    assert_true(sg_bytes_equal(got[1], root.der));
    static const char *const bad[] = { "[]", "{}", "[1]", "[1,2,3,4,5,6,7,8,9]" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_ok(sjson_parse(*state, sg_cstr(bad[i]), NULL, &x5c));
        assert_refused(x509_from_x5c(*state, x5c, got, &n), MALFORMED);
    }
    assert_ok(sjson_parse(*state, SG_LIT("[\"AA-_\"]"), NULL, &x5c));
    assert_refused(x509_from_x5c(*state, x5c, got, &n), ENCODING);

    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    PEM_write_bio_PrivateKey(bio, root.key, NULL, NULL, 0, NULL, NULL); /* skipped */
    PEM_write_bio_X509(bio, root.cert);
    PEM_write_bio_X509(bio, root.cert);
    size_t len = (size_t)BIO_get_mem_data(bio, &text);
    assert_ok(x509_from_pem(*state, sg_str_of(text, len), got, 2, &n));
    assert_int_equal(n, 2);
    assert_true(sg_bytes_equal(got[0], root.der));
    assert_refused(x509_from_pem(*state, sg_str_of(text, len), got, 1, &n), TOO_MANY);
    assert_refused(x509_from_pem(*state, sg_str_of(text, len - 40), got, 2, &n), MALFORMED);
    assert_refused(x509_from_pem(*state, SG_LIT("nothing"), got, 2, &n), MALFORMED);
    BIO_free(bio);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_over_an_intermediate),
        cmocka_unit_test(test_validity_at_the_given_time),
        cmocka_unit_test(test_strangers_are_not_trusted),
        cmocka_unit_test(test_key_usage_must_allow_signatures),
        cmocka_unit_test(test_changed_bytes_are_refused),
        cmocka_unit_test(test_name_with_nul_is_refused),
        cmocka_unit_test(test_x5c_and_pem),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
