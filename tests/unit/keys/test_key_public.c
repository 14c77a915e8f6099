/* hsm/keys: public halves. Expected values: RFC 8037 A.3, RFC 9449 (the key of its examples), RFC 8032, hand-made faults. */
#include "key_public.h"
#include "support.h"

#define ED_POINT "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define ED_SPKI "302a300506032b6570032100" ED_POINT
#define P256_PREFIX "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
#define P256_G                                                         \
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" \
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

static void
assert_thumbprint(const struct key_public *key, const char *b64url)
{
    char text[64] = { 0 };
    sg_b64url_to(sg_bytes_of(key_public_thumbprint(key), KEY_THUMBPRINT_LEN), text);
    assert_string_equal(text, b64url);
}

static void
test_thumbprint_ed25519_rfc8037(void **state)
{
    struct key_public *key = NULL;
    assert_ok(key_public_new(support_hex(*state, ED_SPKI), &key));
    assert_thumbprint(key, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    key_public_free(&key);
}

static void
test_thumbprint_p256_rfc9449(void **state)
{
    uint8_t point[65] = { 0x04 };
    struct key_public *key = NULL;
    (void)state;
    assert_ok(
        sg_b64url_decode_to(SG_LIT("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"), point + 1, 32));
    assert_ok(
        sg_b64url_decode_to(SG_LIT("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"), point + 33, 32));
    assert_ok(key_public_of_point(KEY_ES256, SG_BYTES(point), &key));
    assert_thumbprint(key, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    key_public_free(&key);
}

static void
test_spki_has_one_form_only(void **state)
{
    static const struct {
        const char *hex;
        enum sg_code code;
    } bad[] = {
        { "", SG_E_ALGORITHM }, { "3059", SG_E_ALGORITHM },
        { P256_PREFIX P256_G "00", SG_E_KEY_INVALID }, /* something left over */
        { P256_PREFIX "6b17d1f2", SG_E_KEY_INVALID },  /* too short */
        { ED_SPKI "00", SG_E_KEY_INVALID },
        { "302a300506032b656e032100" ED_POINT, SG_E_ALGORITHM },   /* X25519 */
        { "3039301306072a8648ce3d020106082a8648ce3d03010703220003" /* compressed */
          "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
            SG_E_ALGORITHM },
        { "3059301306072a8648ce3d020106082a8648ce3d03010703420006" /* hybrid point */
            P256_G,
            SG_E_KEY_INVALID },
        { "3056301006072a8648ce3d020106052b8104000a03420004" P256_G, SG_E_ALGORITHM }, /* k1 */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct key_public *key = NULL;
        sg_result r = key_public_new(support_hex(*state, bad[i].hex), &key);
        assert_int_equal(r.code, bad[i].code);
        assert_null(key);
    }
}

static void
test_points_that_are_none_are_refused(void **state)
{
    static const struct {
        enum key_alg alg;
        const char *hex;
    } bad[] = {
        /* y turned by one bit; x not below p; zeros */
        { KEY_ES256, "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                     "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f4" },
        { KEY_ES256, "04ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
                     "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5" },
        { KEY_ES256, "040000000000000000000000000000000000000000000000000000000000000000"
                     "0000000000000000000000000000000000000000000000000000000000000000" },
        /* Ed25519: small order (identity, order 8), not canonical, not on the curve */
        { KEY_EDDSA, "0100000000000000000000000000000000000000000000000000000000000000" },
        { KEY_EDDSA, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a" },
        { KEY_EDDSA, "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
        { KEY_EDDSA, "0200000000000000000000000000000000000000000000000000000000000000" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct key_public *key = NULL;
        assert_refused(
            key_public_of_point(bad[i].alg, support_hex(*state, bad[i].hex), &key), KEY_INVALID);
        assert_null(key);
    }
}

static void
test_digest_and_signature_lengths_are_exact(void **state)
{
    struct key_public *key = NULL;
    static const uint8_t zeros[96];
    assert_ok(key_public_new(support_hex(*state, P256_PREFIX P256_G), &key));
    for (size_t n = 0; n <= 96; n++) {
        sg_result r = key_public_verify(key, sg_bytes_of(zeros, n), sg_bytes_of(zeros, 64));
        assert_int_equal(r.code, n == 32 ? SG_E_SIGNATURE : SG_E_DIGEST);
        assert_refused(
            key_public_verify(key, sg_bytes_of(zeros, 32), sg_bytes_of(zeros, n)), SIGNATURE);
    }
    key_public_free(&key);
}

/* An empty message is a message (RFC 8032 7.1, test 1). */
static void
test_ed25519_signs_the_empty_message(void **state)
{
    struct key_public *key = NULL;
    sg_bytes sig =
        support_hex(*state, "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    assert_ok(key_public_new(support_hex(*state, ED_SPKI), &key));
    assert_ok(key_public_verify(key, SG_NO_BYTES, sig));
    assert_refused(key_public_verify(key, sg_str_bytes(SG_LIT("x")), sig), SIGNATURE);
    assert_refused(key_public_warm(key), UNSUPPORTED);
    key_public_free(&key);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thumbprint_ed25519_rfc8037),
        cmocka_unit_test(test_thumbprint_p256_rfc9449),
        cmocka_unit_test(test_spki_has_one_form_only),
        cmocka_unit_test(test_points_that_are_none_are_refused),
        cmocka_unit_test(test_digest_and_signature_lengths_are_exact),
        cmocka_unit_test(test_ed25519_signs_the_empty_message),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
