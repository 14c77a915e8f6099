/* gateway/iaca: the demo's IACA and document signers, by our own profile check and by the openssl program. req: FMT-2 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "iaca.h"
#include "support.h"
#include "x509_mdoc.h"

#define NOW 1800000000 /* 2027-01-15 */
#define DAY 86400

static const struct iaca_names names = { .country = "UT",
    .state = "UT-01",
    .organization = "sealgate DEMO, of no value",
    .common_name = "sealgate DEMO IACA",
    .uri = "https://issuer.example/about,us",
    .crl_uri = "https://issuer.example/iaca.crl" };
static const uint8_t serial[IACA_SERIAL_LEN] = { 0xff, 1, 2, 3 };

static sg_bytes
a_public_key(struct sg_arena *arena)
{
    uint8_t *der = NULL;
    sg_bytes spki;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    int n = i2d_PUBKEY(key, &der);
    assert_true(n > 0);
    assert_ok(sg_arena_bytes(arena, sg_bytes_of(der, (size_t)n), &spki));
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    return spki;
}

static void
test_signer_fits_the_profile(void **state)
{
    SG_CLEANUP(iaca_free)
    struct iaca *iaca = NULL;
    sg_bytes root;
    sg_bytes signer;
    struct x509_mdoc_ds ds;
    struct sg_why why = { 0 };
    assert_ok(iaca_new(&names, NOW, serial, &iaca));
    assert_ok(iaca_certificate(*state, iaca, &root));
    assert_ok(iaca_issue(
        *state, iaca, a_public_key(*state), "DEMO signer", NOW, IACA_SIGNER_DAYS, serial, &signer));
    sg_result r = x509_mdoc_verify(*state, &signer, 1, &root, 1, NOW, &why, &ds);
    if (!sg_ok(r)) {
        fail_msg("%s", why.what);
    }
    assert_str_is(ds.country, "UT");
    assert_str_is(ds.state, "UT-01");
    assert_str_is(ds.crl_uri, "https://issuer.example/iaca.crl");
    assert_str_is(ds.leaf.subject_cn, "DEMO signer");
    assert_true(ds.leaf.not_before == NOW - 3600);
    assert_true(ds.leaf.not_after == NOW - 3600 + (int64_t)IACA_SIGNER_DAYS * DAY);
    assert_refused(x509_mdoc_verify(*state, &signer, 1, &root, 1, NOW - 7200, &why, &ds), NOT_YET);
    assert_refused(
        x509_mdoc_verify(*state, &signer, 1, &root, 1, NOW + 457 * DAY, &why, &ds), EXPIRED);
    sg_bytes chain[] = { signer, root };
    assert_refused(x509_mdoc_verify(*state, chain, 2, &root, 1, NOW, &why, &ds), ISSUER);
}

static void
test_bad_arguments_are_refused(void **state)
{
    SG_CLEANUP(iaca_free)
    struct iaca *iaca = NULL;
    struct iaca *other = NULL;
    sg_bytes der;
    struct iaca_names bad = names;
    bad.country = "Utopia";
    assert_refused(iaca_new(&bad, NOW, serial, &other), VALUE);
    bad = names;
    bad.crl_uri = "";
    assert_refused(iaca_new(&bad, NOW, serial, &other), VALUE);
    assert_ok(iaca_new(&names, NOW, serial, &iaca));
    sg_bytes spki = a_public_key(*state);
    assert_refused(iaca_issue(*state, iaca, spki, "x", NOW, 457, serial, &der), VALUE);
    assert_refused(iaca_issue(*state, iaca, spki, "x", NOW, 0, serial, &der), VALUE);
    assert_refused(iaca_issue(*state, iaca, spki, "", NOW, 1, serial, &der), VALUE);
    assert_refused(iaca_issue(*state, iaca, sg_bytes_slice(spki, 0, 20), "x", NOW, 1, serial, &der),
        KEY_INVALID);
    /* a signer that would outlive its root */
    assert_refused(
        iaca_issue(*state, iaca, spki, "x", NOW + (int64_t)3600 * DAY, 100, serial, &der),
        INTERNAL);
}

/* Its output, in the arena. */
static sg_str
run(struct sg_arena *arena, const char *command, int *ret_status)
{
    char line[1024];
    struct sg_buf buf = sg_buf_new(arena, 4096, 1 << 20);
    sg_str out;
    FILE *f = popen(command, "r"); /* NOLINT: a fixed command of the test */
    assert_non_null(f);
    while (fgets(line, sizeof(line), f) != NULL) {
        sg_buf_put_cstr(&buf, line);
    }
    *ret_status = pclose(f);
    assert_ok(sg_buf_end_str(&buf, &out));
    return out;
}

static void
assert_has(sg_str text, const char *part)
{
    if (memmem(text.p, text.n, part, strlen(part)) == NULL) {
        fail_msg("openssl does not say \"%s\"", part);
    }
}

static void
test_openssl_agrees(void **state)
{
    SG_CLEANUP(iaca_free)
    struct iaca *iaca = NULL;
    sg_str key_path;
    sg_str cert_path;
    sg_str leaf_path;
    sg_str command;
    sg_bytes signer;
    int status;
    run(*state, "openssl version 2>/dev/null", &status);
    if (status != 0) {
        print_message("SKIPPED: no openssl program\n");
        skip();
    }
    const char *folder = support_mkdir(*state);
    assert_ok(sg_arena_printf(*state, &key_path, "%s/iaca.key", folder));
    assert_ok(sg_arena_printf(*state, &cert_path, "%s/iaca.pem", folder));
    assert_ok(sg_arena_printf(*state, &leaf_path, "%s/ds.der", folder));
    struct iaca *fresh = NULL;
    assert_ok(iaca_new(&names, NOW, serial, &fresh));
    assert_ok(iaca_save(fresh, key_path.p, cert_path.p));
    iaca_free(&fresh);
    assert_ok(iaca_open(key_path.p, cert_path.p, &iaca));
    assert_ok(iaca_issue(
        *state, iaca, a_public_key(*state), "DEMO signer", NOW, IACA_SIGNER_DAYS, serial, &signer));
    FILE *f = fopen(leaf_path.p, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(signer.p, 1, signer.n, f), signer.n);
    fclose(f);
    assert_ok(sg_arena_printf(*state, &command,
        "openssl verify -x509_strict -attime %d -CAfile %s %s 2>&1", NOW, cert_path.p,
        leaf_path.p));
    assert_has(run(*state, command.p, &status), "OK");
    assert_int_equal(status, 0);
    assert_ok(sg_arena_printf(
        *state, &command, "openssl x509 -in %s -inform DER -noout -text", leaf_path.p));
    sg_str text = run(*state, command.p, &status);
    assert_has(text, "X509v3 Key Usage: critical\n                Digital Signature\n");
    assert_has(text, "X509v3 Extended Key Usage: critical\n                1.0.18013.5.1.2\n");
    assert_has(text,
        "X509v3 Issuer Alternative Name: \n                URI:https://issuer.example/about,us\n");
    assert_has(text, "URI:https://issuer.example/iaca.crl");
    assert_has(text, "X509v3 Authority Key Identifier");
    assert_has(text, "X509v3 Subject Key Identifier");
    assert_has(
        text, "Subject: C = UT, ST = UT-01, O = \"sealgate DEMO, of no value\", CN = DEMO signer");
    assert_ok(sg_arena_printf(*state, &command, "openssl x509 -in %s -noout -text", cert_path.p));
    text = run(*state, command.p, &status);
    assert_has(text, "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0\n");
    assert_has(text, "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n");
    support_rmdir(folder);
}

/* Empty, of the root, signed by it, and current. */
static void
test_the_revocation_list(void **state)
{
    SG_CLEANUP(iaca_free)
    struct iaca *iaca = NULL;
    sg_bytes root, der;
    assert_ok(iaca_new(&names, NOW, serial, &iaca));
    assert_ok(iaca_certificate(*state, iaca, &root));
    assert_ok(iaca_crl(*state, iaca, NOW, &der));
    const uint8_t *p = root.p;
    X509 *cert = d2i_X509(NULL, &p, (long)root.n);
    p = der.p;
    X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.n);
    assert_non_null(cert);
    assert_non_null(crl);
    assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(cert)), 1);
    assert_int_equal(X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(cert)), 0);
    assert_null(X509_CRL_get_REVOKED(crl));
    time_t at = NOW;
    assert_true(X509_cmp_time(X509_CRL_get0_lastUpdate(crl), &at) < 0);
    assert_true(X509_cmp_time(X509_CRL_get0_nextUpdate(crl), &at) > 0);
    X509_CRL_free(crl);
    X509_free(cert);
}

static void
test_missing_files(void **state)
{
    struct iaca *iaca = NULL;
    (void)state;
    assert_refused(iaca_open("/nonexistent/key", "/nonexistent/cert", &iaca), NOT_FOUND);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signer_fits_the_profile),
        cmocka_unit_test(test_bad_arguments_are_refused),
        cmocka_unit_test(test_openssl_agrees),
        cmocka_unit_test(test_the_revocation_list),
        cmocka_unit_test(test_missing_files),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
