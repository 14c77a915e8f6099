/* formats/cose: COSE_Key both ways. req: FMT-2 */
#include "cose.h"
#include "es256.h"
#include "support.h"

/* ISO/IEC 18013-5 Annex D, the static device key */
#define X "96313d6c63e24e3372742bfdb1a33ba2c897dcd68ab8c753e4fbd48dca6b7f9a"
#define Y "1fb3269edd418857de1b39a4e4a44b92fa484caa722c228288f01d0c03a2c3d6"

static void
refused_as(void **state, const char *hex, enum sg_code code)
{
    struct jwk jwk;
    support_assert_code(
        cose_key_parse(support_hex(*state, hex), &jwk), code, hex, __FILE__, __LINE__);
}

static void
test_p256_both_ways(void **state)
{
    sg_bytes in = support_hex(*state, "a401022001215820" X "225820" Y);
    struct jwk jwk;
    struct sg_buf buf = sg_buf_new(*state, 0, 200);
    sg_bytes out;
    assert_ok(cose_key_parse(in, &jwk));
    assert_true(jwk.kty == JOSE_KTY_EC && jwk.crv == JOSE_P256 && jwk.coord_len == 32);
    cose_key_put(&buf, &jwk);
    assert_ok(sg_buf_end(&buf, &out));
    assert_true(sg_bytes_equal(in, out));
}

/* The Y above is even, so the sign bit is false; the other y is on the curve and another key. */
static void
test_compressed_points_are_read(void **state)
{
    struct jwk jwk;
    assert_ok(cose_key_parse(support_hex(*state, "a401022001215820" X "22f4"), &jwk));
    assert_memory_equal(jwk.y, support_hex(*state, Y).p, 32);
    assert_ok(cose_key_parse(support_hex(*state, "a401022001215820" X "22f5"), &jwk));
    assert_memory_not_equal(jwk.y, support_hex(*state, Y).p, 32);
    /* x = 2^256 - 1 is no coordinate */
    refused_as(state,
        "a401022001215820ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff22f4",
        SG_E_KEY_INVALID);
}

static void
test_ed25519(void **state)
{
    sg_bytes in = support_hex(*state, "a301012006215820" X);
    struct jwk jwk;
    struct sg_buf buf = sg_buf_new(*state, 0, 200);
    sg_bytes out;
    assert_ok(cose_key_parse(in, &jwk));
    assert_true(jwk.kty == JOSE_KTY_OKP && jwk.crv == JOSE_ED25519);
    cose_key_put(&buf, &jwk);
    assert_ok(sg_buf_end(&buf, &out));
    assert_true(sg_bytes_equal(in, out));
    refused_as(state, "a401012006215820" X "225820" Y, SG_E_KEY_INVALID); /* a y */
}

static void
test_refusals(void **state)
{
    refused_as(state, "a501022001215820" X "225820" Y "235820" X, SG_E_KEY_PRIVATE); /* d */
    refused_as(state, "a2010420420102", SG_E_KEY_PRIVATE);                           /* symmetric */
    refused_as(state,
        "a3010220012158"
        "20" X,
        SG_E_KEY_INVALID); /* no y */
    refused_as(state,
        "a4010220012158"
        "20" X "224101",
        SG_E_KEY_INVALID); /* a short y */
    refused_as(state,
        "a4010220012141"
        "01"
        "225820" Y,
        SG_E_KEY_INVALID); /* a short x */
    refused_as(state,
        "a4010220022158"
        "20" X "225820" Y,
        SG_E_KEY_INVALID); /* P-384, 32 bytes */
    refused_as(state,
        "a4010120012158"
        "20" X "225820" Y,
        SG_E_ALGORITHM); /* OKP on P-256 */
    refused_as(state,
        "a4010220082158"
        "20" X "225820" Y,
        SG_E_ALGORITHM); /* secp256k1 */
    refused_as(state,
        "a4010320012158"
        "20" X "225820" Y,
        SG_E_ALGORITHM); /* RSA */
    refused_as(state,
        "a320012158"
        "20" X "225820" Y,
        SG_E_KEY_INVALID); /* no kty */
    refused_as(state,
        "a301022158"
        "20" X "225820" Y,
        SG_E_KEY_INVALID); /* no crv */
    refused_as(state,
        "a5010220012158"
        "20" X "225820" Y "0102",
        SG_E_DUPLICATE);
    refused_as(state, "83010203", SG_E_MALFORMED);
    refused_as(state, "", SG_E_MALFORMED);
}

static void
test_alg_ops_and_kid(void **state)
{
    struct jwk jwk;
    assert_ok(cose_key_parse(support_hex(*state, "a6010202426b310326200121582"
                                                 "0" X "225820" Y),
        &jwk));
    assert_int_equal(jwk.alg->id, JOSE_ES256);
    assert_str_is(jwk.kid, "k1");
    assert_ok(cose_key_parse(support_hex(*state, "a5010202"
                                                 "41ff"
                                                 "20012158"
                                                 "20" X "225820" Y),
        &jwk));
    assert_int_equal(jwk.kid.n, 0); /* not text */
    refused_as(state,
        "a50102032720012158"
        "20" X "225820" Y,
        SG_E_KEY_INVALID); /* EdDSA, P-256 */
    refused_as(state,
        "a5010203186320012158"
        "20" X "225820" Y,
        SG_E_ALGORITHM); /* alg 99 */
    refused_as(state,
        "a5010204810220012158"
        "20" X "225820" Y,
        SG_OK); /* verify */
    refused_as(state,
        "a5010204810120012158"
        "20" X "225820" Y,
        SG_E_KEY_INVALID); /* sign only */
}

static void
test_rsa_cannot_be_written(void **state)
{
    struct jwk jwk = { .kty = JOSE_KTY_RSA };
    struct sg_buf buf = sg_buf_new(*state, 0, 200);
    sg_bytes out;
    cose_key_put(&buf, &jwk);
    assert_refused(sg_buf_end(&buf, &out), ALGORITHM);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p256_both_ways),
        cmocka_unit_test(test_compressed_points_are_read),
        cmocka_unit_test(test_ed25519),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_alg_ops_and_kid),
        cmocka_unit_test(test_rsa_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
