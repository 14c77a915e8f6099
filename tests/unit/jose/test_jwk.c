/* formats/jose: keys. req: KEY-9 */
#include <sodium.h>

#include "jwk.h"
#include "support.h"

/* RFC 7515 A.3, the public half */
#define P256_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define P256_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define P256 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\""
#define ED25519_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" /* RFC 8037 A.2 */
#define ED25519 "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED25519_X "\""

static sg_result
parse(void **state, const char *text, struct jwk *ret)
{
    const struct sjson *json;
    assert_ok(sjson_parse(*state, sg_cstr(text), NULL, &json));
    return jwk_parse(*state, json, ret);
}

static void
test_lawful_keys_with_their_purpose(void **state)
{
    struct jwk jwk;
    assert_ok(parse(state,
        "{" P256 ",\"alg\":\"ES256\",\"use\":\"sig\",\"kid\":\"k\",\"key_ops\":[\"verify\"]}",
        &jwk));
    assert_int_equal(jwk.alg->id, JOSE_ES256);
    assert_str_is(jwk.kid, "k");
    assert_ok(parse(state, "{" ED25519 ",\"x5u\":1,\"unknown\":{}}", &jwk));
    assert_int_equal(jwk_default_alg(&jwk)->id, JOSE_EDDSA);
}

static void
test_each_refusal_of_a_key(void **state)
{
    static const struct {
        const char *text;
        enum sg_code code;
    } rows[] = {
        { "[]", SG_E_KEY_INVALID },
        { "{}", SG_E_KEY_INVALID },
        { "{\"kty\":\"oct\"}", SG_E_ALGORITHM },
        { "{\"kty\":\"oct\",\"k\":\"AAAA\"}", SG_E_KEY_PRIVATE },
        { "{" P256 ",\"d\":\"AAAA\"}", SG_E_KEY_PRIVATE },
        { "{" P256 ",\"d\":null}", SG_E_KEY_PRIVATE },
        { "{" P256 ",\"use\":\"enc\"}", SG_E_KEY_INVALID },
        { "{" P256 ",\"key_ops\":[\"sign\"]}", SG_E_KEY_INVALID },
        { "{" P256 ",\"key_ops\":\"verify\"}", SG_E_KEY_INVALID },
        { "{" P256 ",\"alg\":\"ES384\"}", SG_E_KEY_INVALID },
        { "{" P256 ",\"alg\":\"none\"}", SG_E_KEY_INVALID },
        { "{" P256 ",\"kid\":7}", SG_E_KEY_INVALID },
        { "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"\",\"y\":\"\"}", SG_E_ALGORITHM },
        { "{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" ED25519_X "\"}", SG_E_KEY_INVALID },
        { "{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" P256_X "\"}", SG_E_KEY_INVALID },
        { "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED25519_X "\"}", SG_E_ALGORITHM },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\"}", SG_E_KEY_INVALID },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"" P256_Y "\"}",
            SG_E_KEY_INVALID },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "=\",\"y\":\"" P256_Y "\"}",
            SG_E_KEY_INVALID },
        { "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", SG_E_KEY_INVALID },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jwk jwk;
        sg_result r = parse(state, rows[i].text, &jwk);
        support_assert_code(r, rows[i].code, rows[i].text, __FILE__, __LINE__);
    }
}

static void
test_point_off_the_curve_makes_no_key(void **state)
{
    struct jwk jwk;
    struct jwk_key *key = NULL;
    assert_ok(parse(state, "{" P256 "}", &jwk));
    jwk.y[31] ^= 1;
    assert_refused(jwk_key_new(&jwk, &key), KEY_INVALID);
    memset(jwk.x, 0, sizeof(jwk.x));
    memset(jwk.y, 0, sizeof(jwk.y)); /* no form of infinity either */
    assert_refused(jwk_key_new(&jwk, &key), KEY_INVALID);
    memset(jwk.x, 0xff, 32); /* beyond the field */
    assert_refused(jwk_key_new(&jwk, &key), KEY_INVALID);
}

static void
test_small_order_ed25519_makes_no_key(void **state)
{
    static const char *const points[] = {
        "0100000000000000000000000000000000000000000000000000000000000000", /* identity */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* order 2 */
        "0000000000000000000000000000000000000000000000000000000000000000", /* order 4 */
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", /* order 8 */
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* identity, unreduced */
    };
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        struct jwk jwk = { .kty = JOSE_KTY_OKP, .crv = JOSE_ED25519, .coord_len = 32 };
        struct jwk_key *key = NULL;
        memcpy(jwk.x, support_hex(*state, points[i]).p, 32);
        assert_refused(jwk_key_new(&jwk, &key), KEY_INVALID);
    }
}

static void
test_written_key_reads_back(void **state)
{
    static const char *const keys[] = {
        "{" P256 ",\"kid\":\"a\\\"b\",\"alg\":\"ES256\",\"use\":\"sig\"}", "{" ED25519 "}"
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct jwk jwk;
        const struct sjson *want;
        const struct sjson *got;
        struct sg_buf buf = sg_buf_new(*state, 0, 4096);
        struct sjson_wr wr = sjson_wr_new(&buf);
        sg_str text;
        assert_ok(parse(state, keys[i], &jwk));
        jwk_write(&wr, &jwk);
        assert_ok(sg_buf_end_str(&buf, &text));
        assert_ok(sjson_parse(*state, sg_cstr(keys[i]), NULL, &want));
        assert_ok(sjson_parse(*state, text, NULL, &got));
        assert_true(sjson_equal(want, got));
    }
}

static void
test_spki_is_strict(void **state)
{
    struct jwk jwk;
    sg_bytes der;
    assert_ok(parse(state, "{" P256 "}", &jwk));
    assert_ok(jwk_spki(*state, &jwk, &der));
    assert_int_equal(der.n, 91);
    struct jwk back;
    assert_ok(jwk_from_spki(*state, der, &back));
    assert_memory_equal(back.x, jwk.x, 32);
    assert_refused(jwk_from_spki(*state, sg_bytes_slice(der, 0, 90), &back), KEY_INVALID);
    assert_refused(jwk_from_spki(*state, SG_NO_BYTES, &back), KEY_INVALID);
}

static void
test_key_verifies_only_what_it_is_for(void **state)
{
    struct jwk jwk = { .kty = JOSE_KTY_OKP, .crv = JOSE_ED25519, .coord_len = 32 };
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t sig[crypto_sign_BYTES];
    const uint8_t seed[crypto_sign_SEEDBYTES] = { 7 };
    (void)state;
    crypto_sign_seed_keypair(jwk.x, secret, seed);
    crypto_sign_detached(sig, NULL, (const uint8_t *)"hello", 5, secret);
    sg_bytes message = sg_bytes_of("hello", 5);
    assert_ok(jwk_key_new(&jwk, &key));
    const struct jose_alg *eddsa = jose_alg_by_id(JOSE_EDDSA);
    assert_ok(jwk_verify(key, eddsa, message, SG_BYTES(sig)));
    assert_refused(jwk_verify(key, eddsa, message, sg_bytes_of(sig, 63)), SIGNATURE);
    assert_refused(jwk_verify(key, eddsa, sg_bytes_of("hellp", 5), SG_BYTES(sig)), SIGNATURE);
    assert_refused(jwk_verify(key, jose_alg_by_id(JOSE_ES256), message, SG_BYTES(sig)), ALGORITHM);
    assert_refused(jwk_verify(key, NULL, message, SG_BYTES(sig)), ALGORITHM);
    assert_refused(jwk_verify_digest(key, eddsa, message, SG_BYTES(sig)), ALGORITHM);
}

static void
test_algorithm_table_is_whole(void **state)
{
    (void)state;
    size_t n;
    const struct jose_alg *algs = jose_algs(&n);
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(jose_alg_by_id(algs[i].id), &algs[i]);
        assert_ptr_equal(jose_alg_by_name(sg_cstr(algs[i].name)), &algs[i]);
        assert_ptr_equal(jose_alg_by_cose(algs[i].cose), &algs[i]);
    }
    static const char *const unknown[] = { "none", "HS256", "", "es256", "RS1" };
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_null(jose_alg_by_name(sg_cstr(unknown[i])));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lawful_keys_with_their_purpose),
        cmocka_unit_test(test_each_refusal_of_a_key),
        cmocka_unit_test(test_point_off_the_curve_makes_no_key),
        cmocka_unit_test(test_small_order_ed25519_makes_no_key),
        cmocka_unit_test(test_written_key_reads_back),
        cmocka_unit_test(test_spki_is_strict),
        cmocka_unit_test(test_key_verifies_only_what_it_is_for),
        cmocka_unit_test(test_algorithm_table_is_whole),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
