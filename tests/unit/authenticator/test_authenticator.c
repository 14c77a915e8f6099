/* The tests' own authenticator against our relying party: a good answer passes, and each lie is noticed. req: AU-3, AU-4 */
#include <openssl/x509v3.h>

#include "authenticator.h"
#include "key_public.h"
#include "sg_hash.h"
#include "support.h"
#include "webauthn.h"

static const uint8_t challenge[32] = { 1, 2, 3 };
static struct authenticator_passkey passkey;

static struct authenticator_ask
good_ask(void)
{
    return (struct authenticator_ask){
        .rp_id = "localhost", .origin = "http://localhost:8080", .challenge = SG_BYTES(challenge)
    };
}

static sg_result
check(struct sg_arena *arena, const struct authenticator_ask *ask)
{
    static uint8_t rp[SG_SHA256_LEN];
    const sg_str origins[] = { SG_LIT("http://localhost:8080") };
    struct authenticator_assertion got = authenticator_get(arena, &passkey, ask);
    struct webauthn_assertion in = { got.authenticator_data, got.client_data, got.signature };
    struct webauthn_stored stored = { (enum webauthn_alg)passkey.alg, passkey.backup_eligible, 0 };
    struct webauthn_verdict verdict;
    struct key_public *public = NULL;
    struct sg_why why = { 0 };
    sg_sha256(sg_str_bytes(SG_LIT("localhost")), rp);
    struct webauthn_expect expect = { WEBAUTHN_GET, SG_BYTES(challenge), SG_BYTES(rp), origins, 1,
        false };
    SG_TRY(webauthn_assertion_check(&in, &expect, &stored, &why, &verdict));
    struct sg_buf buf = sg_buf_new(arena, 128, 65536);
    sg_bytes message;
    sg_buf_put(&buf, in.authenticator_data);
    sg_buf_put(&buf, SG_BYTES(verdict.message_tail));
    assert_ok(sg_buf_end(&buf, &message));
    assert_ok(key_public_new(sg_bytes_of(passkey.spki, passkey.spki_len), &public));
    sg_result r =
        key_public_verify_message(public, message, sg_bytes_of(verdict.raw, verdict.raw_n));
    key_public_free(&public);
    return r;
}

static void
test_assertions(void **state)
{
    static const enum authenticator_alg algs[] = { AUTHENTICATOR_ES256, AUTHENTICATOR_EDDSA };
    for (size_t i = 0; i < 2; i++) {
        authenticator_make(&passkey, algs[i]);
        struct authenticator_ask ask = good_ask();
        assert_ok(check(*state, &ask));
        ask.members = ",\"new\":1";
        assert_ok(check(*state, &ask));
        struct authenticator_ask bad[9];
        for (size_t j = 0; j < 9; j++) {
            bad[j] = good_ask();
        }
        bad[0].type = "webauthn.create";
        bad[1].challenge = sg_bytes_of(challenge, 31);
        bad[2].origin = "http://localhost:8081";
        bad[3].cross_origin = true;
        bad[4].rp_id = "localhost2";
        bad[5].flags_off = AUTHENTICATOR_UV;
        bad[6].flags_off = AUTHENTICATOR_UP;
        bad[7].flags_on = AUTHENTICATOR_BE;
        bad[8].behind = SG_BYTES(challenge);
        for (size_t j = 0; j < 9; j++) {
            assert_refused(check(*state, &bad[j]), ACTIVATION);
        }
        struct authenticator_passkey other;
        authenticator_make(&other, algs[i]);
        ask = good_ask();
        ask.signer = other.key;
        assert_refused(check(*state, &ask), SIGNATURE);
        authenticator_forget(&other);
        authenticator_forget(&passkey);
    }
}

static void
test_the_counter_moves_with_each_assertion(void **state)
{
    authenticator_make(&passkey, AUTHENTICATOR_ES256);
    struct authenticator_ask ask = good_ask();
    static const uint8_t counts[][4] = { { 0, 0, 0, 0 }, { 0, 0, 0, 8 }, { 0, 0, 0, 9 },
        { 0, 0, 0, 3 } };
    assert_memory_equal(
        authenticator_get(*state, &passkey, &ask).authenticator_data.p + 33, counts[0], 4);
    passkey.sign_count = 7;
    assert_memory_equal(
        authenticator_get(*state, &passkey, &ask).authenticator_data.p + 33, counts[1], 4);
    assert_memory_equal(
        authenticator_get(*state, &passkey, &ask).authenticator_data.p + 33, counts[2], 4);
    ask.counter_set = true;
    ask.counter = 3;
    assert_memory_equal(
        authenticator_get(*state, &passkey, &ask).authenticator_data.p + 33, counts[3], 4);
    assert_int_equal(passkey.sign_count, 9);
    authenticator_forget(&passkey);
}

static void
test_registrations(void **state)
{
    uint8_t rp[SG_SHA256_LEN];
    const sg_str origins[] = { SG_LIT("http://localhost:8080") };
    struct authenticator_root root;
    struct webauthn_attestation got;
    struct sg_why why = { 0 };
    authenticator_root_make(&root);
    sg_sha256(sg_str_bytes(SG_LIT("localhost")), rp);
    struct webauthn_expect expect = { WEBAUTHN_CREATE, SG_BYTES(challenge), SG_BYTES(rp), origins,
        1, false };
    for (int alg = AUTHENTICATOR_ES256; alg >= AUTHENTICATOR_EDDSA; alg--) {
        authenticator_make(&passkey, (enum authenticator_alg)alg);
        for (int statement = AUTHENTICATOR_NONE; statement <= AUTHENTICATOR_CERTIFIED;
             statement++) {
            struct authenticator_create create = { .ask = good_ask(),
                .statement = (enum authenticator_statement)statement,
                .root = &root };
            struct authenticator_registration made =
                authenticator_register(*state, &passkey, &create);
            assert_ok(webauthn_registration_check(
                made.client_data, made.attestation, &expect, &why, &got));
            assert_true(sg_bytes_equal(got.auth_data.credential_id, SG_BYTES(passkey.id)));
            assert_int_equal(got.format,
                statement == AUTHENTICATOR_NONE ? WEBAUTHN_FMT_NONE : WEBAUTHN_FMT_PACKED);
            assert_int_equal(got.n_x5c, statement == AUTHENTICATOR_CERTIFIED ? 1 : 0);
            create.ask.flags_off = AUTHENTICATOR_UV;
            made = authenticator_register(*state, &passkey, &create);
            assert_refused(webauthn_registration_check(
                               made.client_data, made.attestation, &expect, &why, &got),
                ACTIVATION);
        }
        authenticator_forget(&passkey);
    }
    authenticator_root_forget(&root);
}

/* The leaf is what 8.2.1 wants, by the library's own reading. */
static void
test_a_leaf_verifies_under_its_root(void **state)
{
    struct authenticator_root root;
    authenticator_root_make(&root);
    authenticator_make(&passkey, AUTHENTICATOR_ES256);
    sg_bytes der = authenticator_leaf_make(
        *state, &root, passkey.key, passkey.aaguid, AUTHENTICATOR_LEAF_GOOD);
    const uint8_t *p = der.p;
    X509 *leaf = d2i_X509(NULL, &p, (long)der.n);
    assert_non_null(leaf);
    assert_int_equal(X509_verify(leaf, root.key), 1);
    assert_int_equal(X509_get_version(leaf), X509_VERSION_3);
    assert_int_equal(X509_check_ca(leaf), 0);
    X509_free(leaf);
    authenticator_forget(&passkey);
    authenticator_root_forget(&root);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_assertions, support_arena_setup, support_arena_teardown),
        cmocka_unit_test_setup_teardown(test_the_counter_moves_with_each_assertion,
            support_arena_setup, support_arena_teardown),
        cmocka_unit_test_setup_teardown(
            test_registrations, support_arena_setup, support_arena_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_leaf_verifies_under_its_root, support_arena_setup, support_arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
