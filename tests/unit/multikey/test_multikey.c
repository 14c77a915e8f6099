/* base58btc, multibase, multihash, Multikey: values of the specifications, and every refusal. req: FMT-3 */
#include "multikey.h"
#include "support.h"

static sg_bytes
base58(struct sg_arena *arena, const char *text)
{
    uint8_t *out = sg_arena_alloc(arena, 200);
    size_t n = 0;
    assert_non_null(out);
    assert_ok(base58_decode_to(sg_cstr(text), out, 200, &n));
    return sg_bytes_of(out, n);
}

/* draft-msporny-base58-03, section 5 */
static void
test_base58_draft_vectors(void **state)
{
    sg_str text;
    assert_ok(base58_encode(*state, sg_str_bytes(SG_LIT("Hello World!")), &text));
    assert_str_is(text, "2NEpo7TZRRrLZSi2U");
    assert_ok(base58_encode(
        *state, sg_str_bytes(SG_LIT("The quick brown fox jumps over the lazy dog.")), &text));
    assert_str_is(text, "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z");
    assert_ok(base58_encode(*state, support_hex(*state, "0000287fb4cd"), &text));
    assert_str_is(text, "11233QC4");
    assert_true(sg_bytes_equal(base58(*state, "11233QC4"), support_hex(*state, "0000287fb4cd")));
    assert_int_equal(base58(*state, "").n, 0);
    assert_ok(base58_encode(*state, SG_NO_BYTES, &text));
    assert_int_equal(text.n, 0);
}

/* Every length, with and without zeros in front, comes back. */
static void
test_base58_round_trip(void **state)
{
    for (size_t n = 0; n <= MULTIBASE_BASE58_BYTES_MAX; n++) {
        for (size_t zeros = 0; zeros <= n; zeros += 1 + n / 3) {
            uint8_t bytes[MULTIBASE_BASE58_BYTES_MAX] = { 0 };
            uint8_t back[MULTIBASE_BASE58_MAX];
            size_t n_back = 0;
            sg_str text;
            for (size_t i = zeros; i < n; i++) {
                bytes[i] = (uint8_t)(255 - i * 7);
            }
            assert_ok(base58_encode(*state, sg_bytes_of(bytes, n), &text));
            assert_true(text.n <= MULTIBASE_BASE58_MAX);
            assert_ok(base58_decode_to(text, back, sizeof(back), &n_back));
            assert_int_equal(n_back, n);
            assert_memory_equal(back, bytes, n);
        }
    }
}

static void
test_base58_refuses_foreign_letters(void **state)
{
    (void)state;
    uint8_t out[16];
    size_t n;
    static const char *const bad[] = { "0", "O", "I", "l", "+", "a b", "a\n", "\xc3\xa9" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(base58_decode_to(sg_cstr(bad[i]), out, sizeof(out), &n), ENCODING);
    }
}

static void
test_base58_is_bounded(void **state)
{
    char text[MULTIBASE_BASE58_MAX + 1];
    uint8_t out[MULTIBASE_BASE58_MAX + 1];
    size_t n = 0;
    memset(text, 'z', sizeof(text));
    assert_ok(base58_decode_to(sg_str_of(text, sizeof(text) - 1), out, sizeof(out), &n));
    assert_refused(
        base58_decode_to(sg_str_of(text, sizeof(text)), out, sizeof(out), &n), TOO_LARGE);
    assert_refused(base58_decode_to(SG_LIT("zzzz"), out, 2, &n), TOO_LARGE);
    memset(text, '1', sizeof(text));
    assert_ok(base58_decode_to(sg_str_of(text, sizeof(text) - 1), out, sizeof(out), &n));
    assert_int_equal(n, MULTIBASE_BASE58_MAX);
    sg_str long_text;
    memset(out, 0xff, sizeof(out));
    assert_refused(base58_encode(*state, sg_bytes_of(out, 141), &long_text), TOO_LARGE);
}

static void
test_multibase_letters(void **state)
{
    sg_bytes bytes;
    sg_str text;
    assert_ok(multibase_decode(*state, SG_LIT("uAQI"), &bytes));
    assert_true(sg_bytes_equal(bytes, support_hex(*state, "0102")));
    assert_ok(multibase_decode(*state, SG_LIT("z5T"), &bytes)); /* 258 = 4 * 58 + 26 */
    assert_true(sg_bytes_equal(bytes, support_hex(*state, "0102")));
    assert_ok(multibase_encode(*state, MULTIBASE_BASE64URL, bytes, &text));
    assert_str_is(text, "uAQI");
    assert_ok(multibase_encode(*state, MULTIBASE_BASE58BTC, bytes, &text));
    assert_str_is(text, "z5T");
    static const char *const bad[] = { "", "AQI", "mAQI", "UAQI", "Z5T", "uAQI=", "uAQJ", "uA",
        "u A" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(multibase_decode(*state, sg_cstr(bad[i]), &bytes), ENCODING);
    }
}

static void
test_multihash(void **state)
{
    uint8_t out[MULTIHASH_MAX];
    uint8_t want[SG_SHA384_LEN];
    enum sg_hash_alg alg;
    sg_bytes digest;
    assert_int_equal(multihash_of(SG_SHA256, sg_str_bytes(SG_LIT("abc")), out), 34);
    assert_memory_equal(out, "\x12\x20\xba\x78\x16\xbf", 6); /* FIPS 180-4 example */
    assert_ok(multihash_parse(sg_bytes_of(out, 34), &alg, &digest));
    assert_int_equal(alg, SG_SHA256);
    assert_int_equal(digest.n, 32);
    assert_int_equal(multihash_of(SG_SHA384, sg_str_bytes(SG_LIT("abc")), out), 50);
    assert_ok(multihash_parse(sg_bytes_of(out, 50), &alg, &digest));
    sg_hash(SG_SHA384, sg_str_bytes(SG_LIT("abc")), want);
    assert_memory_equal(digest.p, want, sizeof(want));
    assert_refused(multihash_parse(sg_bytes_of(out, 49), &alg, &digest), ENCODING);
    assert_refused(multihash_parse(sg_bytes_of(out, 1), &alg, &digest), ENCODING);
    out[1] = 0x20;
    assert_refused(multihash_parse(sg_bytes_of(out, 50), &alg, &digest), ENCODING);
    out[0] = 0x13; /* SHA-512 */
    assert_refused(multihash_parse(sg_bytes_of(out, 50), &alg, &digest), ALGORITHM);
    (void)state;
}

/* CID 2.2.2, example of a Multikey */
#define P256_KEY "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"

static sg_bytes
key_bytes(struct sg_arena *arena, const char *multikey)
{
    sg_bytes bytes;
    assert_ok(multibase_decode(arena, sg_cstr(multikey), &bytes));
    return bytes;
}

static void
test_multikey_needs_its_exact_length(void **state)
{
    struct jwk key;
    sg_bytes good = key_bytes(*state, P256_KEY);
    assert_int_equal(good.n, MULTIKEY_P256_LEN);
    assert_ok(multikey_parse(good, &key));
    assert_int_equal(key.crv, JOSE_P256);
    for (size_t n = 0; n < good.n; n++) {
        assert_refused(multikey_parse(sg_bytes_slice(good, 0, n), &key), KEY_INVALID);
    }
    uint8_t longer[MULTIKEY_P256_LEN + 1] = { 0 };
    memcpy(longer, good.p, good.n);
    assert_refused(multikey_parse(SG_BYTES(longer), &key), KEY_INVALID);
}

static void
test_multikey_point_must_be_compressed_and_on_the_curve(void **state)
{
    struct jwk key;
    uint8_t bytes[MULTIKEY_P256_LEN];
    memcpy(bytes, key_bytes(*state, P256_KEY).p, sizeof(bytes));
    for (unsigned form = 0; form < 256; form++) {
        bytes[2] = (uint8_t)form;
        if (form == 2 || form == 3) {
            assert_ok(multikey_parse(SG_BYTES(bytes), &key));
        } else {
            assert_refused(multikey_parse(SG_BYTES(bytes), &key), KEY_INVALID);
        }
    }
    bytes[2] = 2;
    memset(bytes + 3, 0xff, 32); /* x beyond p */
    assert_refused(multikey_parse(SG_BYTES(bytes), &key), KEY_INVALID);
    memset(bytes + 3, 0, 32);
    bytes[34] = 1; /* x = 1: 1 - 3 + b is not a square mod p, as half of all x */
    sg_result one = multikey_parse(SG_BYTES(bytes), &key);
    unsigned refused = one.code == SG_E_KEY_INVALID;
    for (unsigned x = 2; x < 34; x++) {
        bytes[34] = (uint8_t)x;
        refused += multikey_parse(SG_BYTES(bytes), &key).code == SG_E_KEY_INVALID;
    }
    assert_in_range(refused, 5, 28);
}

static void
test_multikey_refuses_secrets_and_strangers(void **state)
{
    struct jwk key;
    uint8_t bytes[34] = { 0x80, 0x26 };
    static const uint8_t secrets[][2] = { { 0x80, 0x26 }, { 0x86, 0x26 }, { 0x87, 0x26 },
        { 0x88, 0x26 } };
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        memcpy(bytes, secrets[i], 2);
        assert_refused(multikey_parse(SG_BYTES(bytes), &key), KEY_PRIVATE);
    }
    bytes[0] = 0xe7; /* secp256k1 */
    bytes[1] = 0x01;
    assert_refused(multikey_parse(SG_BYTES(bytes), &key), ALGORITHM);
    bytes[0] = 0xed;
    assert_ok(multikey_parse(SG_BYTES(bytes), &key)); /* 32 zeros: form only; jwk_key_new judges */
    sg_str base64url;
    assert_ok(multibase_encode(*state, MULTIBASE_BASE64URL, SG_BYTES(bytes), &base64url));
    assert_refused(multikey_decode(base64url, &key), ENCODING); /* CID 2.2.2: "z" */
    assert_refused(multikey_decode(SG_NO_STR, &key), ENCODING);
}

static void
test_multikey_writes_what_it_reads(void **state)
{
    struct jwk key;
    sg_str text;
    assert_ok(multikey_decode(SG_LIT(P256_KEY), &key));
    assert_ok(multikey_encode(*state, &key, &text));
    assert_str_is(text, P256_KEY);
    key.kty = JOSE_KTY_RSA;
    key.crv = JOSE_CRV_NONE;
    assert_refused(multikey_encode(*state, &key, &text), ALGORITHM);
}

#define T(name) cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_base58_draft_vectors),
        T(test_base58_round_trip),
        T(test_base58_refuses_foreign_letters),
        T(test_base58_is_bounded),
        T(test_multibase_letters),
        T(test_multihash),
        T(test_multikey_needs_its_exact_length),
        T(test_multikey_point_must_be_compressed_and_on_the_curve),
        T(test_multikey_refuses_secrets_and_strangers),
        T(test_multikey_writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
