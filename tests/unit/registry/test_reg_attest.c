/* Who made an authenticator: packed attestation, its leaf, the path to a root. spec: WebAuthn Level 3, 8.2, 8.2.1. req: AU-3 SIG-8 */
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "authenticator.h"
#include "reg_attest.h"
#include "support.h"

static struct sg_arena *arena;
static const uint8_t message[] = "authenticator data and a hash";
static const uint8_t aaguid[16] = { 0xa5, 1 };

struct maker {
    struct authenticator_root root;
    EVP_PKEY *leaf_key;
    struct reg_roots *roots;
};

static int64_t
now(void)
{
    return (int64_t)time(NULL);
}

static struct maker
new_maker(void)
{
    struct maker m = { .leaf_key = EVP_EC_gen("P-256"), .roots = reg_roots_new() };
    authenticator_root_make(&m.root);
    assert_non_null(m.roots);
    return m;
}

static void
forget(struct maker *m)
{
    authenticator_root_forget(&m->root);
    EVP_PKEY_free(m->leaf_key);
    reg_roots_free(&m->roots);
    assert_null(m->roots);
}

static struct webauthn_attestation
statement_of(EVP_PKEY *key, sg_bytes leaf)
{
    struct webauthn_attestation a = { .format = WEBAUTHN_FMT_PACKED,
        .alg = WEBAUTHN_ES256,
        .signature = authenticator_sign(arena, key, SG_BYTES(message)) };
    a.auth_data.aaguid = SG_BYTES(aaguid);
    a.x5c[0] = leaf;
    a.n_x5c = 1;
    return a;
}

static struct webauthn_attestation
usual(struct maker *m, enum authenticator_leaf leaf)
{
    return statement_of(
        m->leaf_key, authenticator_leaf_make(arena, &m->root, m->leaf_key, aaguid, leaf));
}

static sg_bytes
der_of(const X509 *certificate)
{
    uint8_t *out = sg_arena_alloc(arena, (size_t)i2d_X509(certificate, NULL));
    uint8_t *p = out;
    int n = i2d_X509(certificate, &p);
    return sg_bytes_of(out, (size_t)n);
}

static void
add_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(e);
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
}

/* A certificate for `key` by `issuer`; NULL: by itself. `constraints`, `usage`: as openssl's configuration writes them; NULL: none. It lives from `from` to `until`. */
static X509 *
limited(EVP_PKEY *key, const char *name, const struct authenticator_root *issuer,
    const char *constraints, const char *usage, long from, long until)
{
    X509 *x = X509_new();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 9);
    X509_gmtime_adj(X509_getm_notBefore(x), from);
    X509_gmtime_adj(X509_getm_notAfter(x), until);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(
        x, issuer == NULL ? X509_get_subject_name(x) : X509_get_subject_name(issuer->certificate));
    if (constraints != NULL) {
        add_extension(x, NID_basic_constraints, constraints);
    }
    if (usage != NULL) {
        add_extension(x, NID_key_usage, usage);
    }
    assert_true(X509_sign(x, issuer == NULL ? key : issuer->key, EVP_sha256()) > 0);
    return x;
}

static X509 *
authority(EVP_PKEY *key, const char *name, const struct authenticator_root *issuer, bool ca)
{
    return limited(
        key, name, issuer, ca ? "critical,CA:TRUE" : "critical,CA:FALSE", NULL, -3600, 3600);
}

static void
test_a_leaf_under_a_root_is_attested(void **state)
{
    (void)state;
    bool attested = false;
    struct maker m = new_maker();
    struct webauthn_attestation a = usual(&m, AUTHENTICATOR_LEAF_GOOD);
    assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
    assert_false(attested); /* no root is known */
    assert_ok(reg_attest_packed(NULL, &a, SG_BYTES(message), now(), &attested));
    assert_false(attested);
    assert_ok(reg_roots_add(m.roots, authenticator_root_der(arena, &m.root)));
    assert_int_equal(reg_roots_n(m.roots), 1);
    assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
    assert_true(attested);
    a = usual(&m, AUTHENTICATOR_LEAF_NO_AAGUID);
    assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
    assert_true(attested);
    /* the root's own time counts too: ten days */
    assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now() + 86400 * 11, &attested));
    assert_false(attested);
    a = usual(&m, AUTHENTICATOR_LEAF_EXPIRED);
    assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
    assert_false(attested);
    forget(&m);
}

static void
test_a_leaf_that_breaks_the_profile_is_refused(void **state)
{
    (void)state;
    static const enum authenticator_leaf bad[] = { AUTHENTICATOR_LEAF_OTHER_AAGUID,
        AUTHENTICATOR_LEAF_CA, AUTHENTICATOR_LEAF_UNIT };
    struct maker m = new_maker();
    assert_ok(reg_roots_add(m.roots, authenticator_root_der(arena, &m.root)));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bool attested = true;
        struct webauthn_attestation a = usual(&m, bad[i]);
        assert_refused(
            reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested), MALFORMED);
        assert_false(attested);
    }
    forget(&m);
}

static void
test_a_statement_that_somebody_else_signed_is_refused(void **state)
{
    (void)state;
    bool attested = true;
    struct maker m = new_maker();
    assert_ok(reg_roots_add(m.roots, authenticator_root_der(arena, &m.root)));
    struct webauthn_attestation a = usual(&m, AUTHENTICATOR_LEAF_GOOD);
    a.signature = authenticator_sign(arena, m.root.key, SG_BYTES(message));
    assert_refused(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested), SIGNATURE);
    a = usual(&m, AUTHENTICATOR_LEAF_GOOD);
    sg_bytes other = sg_bytes_of(message, sizeof(message) - 1);
    assert_refused(reg_attest_packed(m.roots, &a, other, now(), &attested), SIGNATURE);
    a.alg = WEBAUTHN_ES384; /* not the leaf's */
    assert_refused(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested), SIGNATURE);
    a.alg = -257; /* nothing we know: not looked at, not attested */
    assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
    assert_false(attested);
    forget(&m);
}

static void
test_a_root_of_the_same_name_does_not_help(void **state)
{
    (void)state;
    bool attested = true;
    struct maker m = new_maker();
    struct maker twin = new_maker();
    assert_ok(reg_roots_add(m.roots, authenticator_root_der(arena, &twin.root)));
    struct webauthn_attestation a = usual(&m, AUTHENTICATOR_LEAF_GOOD);
    assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
    assert_false(attested);
    forget(&m);
    forget(&twin);
}

static void
test_a_path_may_lead_over_another_authority_but_not_over_a_leaf(void **state)
{
    (void)state;
    struct maker m = new_maker();
    assert_ok(reg_roots_add(m.roots, authenticator_root_der(arena, &m.root)));
    for (int ca = 1; ca >= 0; ca--) {
        bool attested = ca == 0;
        struct authenticator_root between = { EVP_EC_gen("P-256"), NULL };
        between.certificate = authority(between.key, "between", &m.root, ca == 1);
        struct webauthn_attestation a = statement_of(m.leaf_key,
            authenticator_leaf_make(arena, &between, m.leaf_key, aaguid, AUTHENTICATOR_LEAF_GOOD));
        assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
        assert_false(attested); /* it is not given */
        a.x5c[1] = der_of(between.certificate);
        a.n_x5c = 2;
        assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
        assert_int_equal(attested, ca);
        a.x5c[1] = authenticator_root_der(arena, &m.root); /* not its issuer */
        assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
        assert_false(attested);
        authenticator_root_forget(&between);
    }
    forget(&m);
}

/* One authority between root and leaf, with this to say of itself: attested? */
static bool
attested_over(struct maker *m, const char *constraints, const char *usage, long from, long until)
{
    bool attested = false;
    struct authenticator_root between = { EVP_EC_gen("P-256"), NULL };
    between.certificate =
        limited(between.key, "between", &m->root, constraints, usage, from, until);
    struct webauthn_attestation a = statement_of(m->leaf_key,
        authenticator_leaf_make(arena, &between, m->leaf_key, aaguid, AUTHENTICATOR_LEAF_GOOD));
    a.x5c[1] = der_of(between.certificate);
    a.n_x5c = 2;
    assert_ok(reg_attest_packed(m->roots, &a, SG_BYTES(message), now(), &attested));
    authenticator_root_forget(&between);
    return attested;
}

/* spec: RFC 5280 6.1.4 (k), (n) and 6.1.3 (a) (2) */
static void
test_an_authority_between_keeps_its_limits(void **state)
{
    (void)state;
    static const char good[] = "critical,CA:TRUE";
    struct maker m = new_maker();
    assert_ok(reg_roots_add(m.roots, authenticator_root_der(arena, &m.root)));
    assert_true(attested_over(&m, good, "critical,keyCertSign", -3600, 3600));
    assert_true(attested_over(&m, good, "keyCertSign,cRLSign", -3600, 3600));
    assert_true(attested_over(&m, good, NULL, -3600, 3600));
    assert_true(
        attested_over(&m, "CA:TRUE,pathlen:0", NULL, -3600, 3600)); /* the leaf is not counted */
    assert_true(attested_over(&m, "CA:TRUE,pathlen:300", NULL, -3600, 3600));
    assert_false(attested_over(&m, good, "critical,digitalSignature", -3600, 3600));
    assert_false(attested_over(&m, good, "cRLSign", -3600, 3600));
    assert_false(attested_over(&m, NULL, "critical,keyCertSign", -3600, 3600));
    assert_false(attested_over(&m, "CA:FALSE", "critical,keyCertSign", -3600, 3600));
    assert_false(attested_over(&m, good, NULL, -7200, -3600)); /* over */
    assert_false(attested_over(&m, good, NULL, 3600, 7200));   /* not yet */
    forget(&m);
}

/* root <- outer (pathlen) <- inner <- leaf: attested? `own`: inner names itself as its issuer, as outer does of its new key. */
static bool
attested_over_two(struct maker *m, const char *outer_constraints, bool self_issued)
{
    bool attested = false;
    struct authenticator_root outer = { EVP_EC_gen("P-256"), NULL };
    struct authenticator_root inner = { EVP_EC_gen("P-256"), NULL };
    outer.certificate = limited(outer.key, "outer", &m->root, outer_constraints, NULL, -3600, 3600);
    inner.certificate = authority(inner.key, self_issued ? "outer" : "inner", &outer, true);
    struct webauthn_attestation a = statement_of(m->leaf_key,
        authenticator_leaf_make(arena, &inner, m->leaf_key, aaguid, AUTHENTICATOR_LEAF_GOOD));
    a.x5c[1] = der_of(inner.certificate);
    a.x5c[2] = der_of(outer.certificate);
    a.n_x5c = 3;
    assert_ok(reg_attest_packed(m->roots, &a, SG_BYTES(message), now(), &attested));
    authenticator_root_forget(&outer);
    authenticator_root_forget(&inner);
    return attested;
}

/* spec: RFC 5280 6.1.4 (l), (m) */
static void
test_a_path_is_no_longer_than_its_authorities_allow(void **state)
{
    (void)state;
    struct maker m = new_maker();
    assert_ok(reg_roots_add(m.roots, authenticator_root_der(arena, &m.root)));
    assert_true(attested_over_two(&m, "critical,CA:TRUE", false));
    assert_true(attested_over_two(&m, "critical,CA:TRUE,pathlen:1", false));
    assert_false(attested_over_two(&m, "critical,CA:TRUE,pathlen:0", false));
    assert_true(
        attested_over_two(&m, "critical,CA:TRUE,pathlen:0", true)); /* self-issued: not counted */
    forget(&m);
}

static void
test_a_root_keeps_its_limits(void **state)
{
    (void)state;
    struct maker m = new_maker();
    struct authenticator_root own = { EVP_EC_gen("P-256"), NULL };
    own.certificate =
        limited(own.key, "own", NULL, "critical,CA:TRUE,pathlen:0", "keyCertSign", -3600, 3600);
    assert_ok(reg_roots_add(m.roots, der_of(own.certificate)));
    authenticator_root_forget(&m.root);
    m.root = own;
    assert_false(attested_over(&m, "critical,CA:TRUE", NULL, -3600, 3600));
    struct webauthn_attestation a = usual(&m, AUTHENTICATOR_LEAF_GOOD);
    bool attested = false;
    assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
    assert_true(attested);
    X509 *x =
        limited(own.key, "own", NULL, "critical,CA:TRUE", "critical,digitalSignature", -3600, 3600);
    assert_refused(reg_roots_add(m.roots, der_of(x)), MALFORMED);
    X509_free(x);
    x = authority(own.key, "own", NULL, true);
    add_extension(x, NID_name_constraints, "critical,permitted;DNS:example.com");
    assert_true(X509_sign(x, own.key, EVP_sha256()) > 0);
    assert_refused(reg_roots_add(m.roots, der_of(x)), UNSUPPORTED);
    X509_free(x);
    assert_int_equal(reg_roots_n(m.roots), 1);
    forget(&m);
}

static void
test_roots_of_rsa_and_in_pem(void **state)
{
    (void)state;
    bool attested = false;
    struct maker m = new_maker();
    struct authenticator_root rsa = { EVP_RSA_gen(2048), NULL };
    rsa.certificate = authority(rsa.key, "rsa", NULL, true);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    assert_int_equal(PEM_write_bio_X509(bio, m.root.certificate), 1);
    assert_int_equal(PEM_write_bio_X509(bio, rsa.certificate), 1);
    long n = BIO_get_mem_data(bio, &text);
    assert_ok(reg_roots_add(m.roots, sg_bytes_of(text, (size_t)n)));
    assert_int_equal(reg_roots_n(m.roots), 2);
    struct webauthn_attestation a = statement_of(m.leaf_key,
        authenticator_leaf_make(arena, &rsa, m.leaf_key, aaguid, AUTHENTICATOR_LEAF_GOOD));
    assert_ok(reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested));
    assert_true(attested);
    text[n / 4] ^= 1; /* in the first certificate's base64 */
    struct reg_roots *roots = reg_roots_new();
    assert_false(
        sg_ok(reg_roots_add(roots, sg_bytes_of(text, (size_t)n))) && reg_roots_n(roots) == 0);
    reg_roots_free(&roots);
    BIO_free(bio);
    authenticator_root_forget(&rsa);
    forget(&m);
}

static void
test_what_is_no_authority_is_no_root(void **state)
{
    (void)state;
    struct maker m = new_maker();
    X509 *leaf = authority(m.leaf_key, "leaf", NULL, false);
    assert_refused(reg_roots_add(m.roots, der_of(leaf)), MALFORMED);
    EVP_PKEY *small = EVP_RSA_gen(1024);
    X509 *weak = authority(small, "weak", NULL, true);
    assert_refused(reg_roots_add(m.roots, der_of(weak)), KEY_INVALID);
    assert_refused(reg_roots_add(m.roots, SG_BYTES(message)), MALFORMED);
    assert_refused(reg_roots_add(m.roots, SG_NO_BYTES), MALFORMED);
    assert_int_equal(reg_roots_n(m.roots), 0);
    X509_free(leaf);
    X509_free(weak);
    EVP_PKEY_free(small);
    forget(&m);
}

static void
test_a_certificate_cut_short_or_changed_is_never_attested(void **state)
{
    (void)state;
    struct maker m = new_maker();
    assert_ok(reg_roots_add(m.roots, authenticator_root_der(arena, &m.root)));
    struct webauthn_attestation a = usual(&m, AUTHENTICATOR_LEAF_GOOD);
    sg_bytes whole = a.x5c[0];
    uint8_t *copy = sg_arena_alloc(arena, whole.n);
    for (size_t n = 0; n < whole.n; n++) {
        bool attested = true;
        a.x5c[0] = sg_bytes_of(whole.p, n);
        sg_result r = reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested);
        assert_false(sg_ok(r) || attested);
        memcpy(copy, whole.p, whole.n);
        copy[n] ^= 0x20;
        a.x5c[0] = sg_bytes_of(copy, whole.n);
        attested = true;
        r = reg_attest_packed(m.roots, &a, SG_BYTES(message), now(), &attested);
        assert_false(sg_ok(r) && attested);
    }
    forget(&m);
}

static int
setup(void **state)
{
    (void)state;
    arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    return arena == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
    (void)state;
    sg_arena_free(&arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_leaf_under_a_root_is_attested),
        cmocka_unit_test(test_a_leaf_that_breaks_the_profile_is_refused),
        cmocka_unit_test(test_a_statement_that_somebody_else_signed_is_refused),
        cmocka_unit_test(test_a_root_of_the_same_name_does_not_help),
        cmocka_unit_test(test_a_path_may_lead_over_another_authority_but_not_over_a_leaf),
        cmocka_unit_test(test_an_authority_between_keeps_its_limits),
        cmocka_unit_test(test_a_path_is_no_longer_than_its_authorities_allow),
        cmocka_unit_test(test_a_root_keeps_its_limits),
        cmocka_unit_test(test_roots_of_rsa_and_in_pem),
        cmocka_unit_test(test_what_is_no_authority_is_no_root),
        cmocka_unit_test(test_a_certificate_cut_short_or_changed_is_never_attested),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
