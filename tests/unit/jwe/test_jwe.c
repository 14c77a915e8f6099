/*
 * Encrypted responses: the vector of OpenID4VP 8.3, and our own messages opened. The opener is the library and, for the key, the definition in RFC 7518 4.6.2 by hand; another
 * library opens them in tests/interop/openid4vp. req: PRO-3, NET-3
 */
#include "jwe.h"

#include <jose/jose.h>
#include <pthread.h>

#include "support.h"

#define X "YO4epjifD-KWeq1sL2tNmm36BhXnkJ0He-WqMYrp9Fk"
#define Y "Hekpm0zfK7C-YccH5iBjcIXgf6YdUvNUac_0At55Okk"
#define D "Et-3ce0omz8_TuZ96Df9lp0GAaaDoUnDe6X-CRO7Aww"
#define PUBLIC_JWK "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\"}"

/* OpenID4VP 1.0, 8.3: the response encrypted to this key. */
static const char vector[] = "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImtpZCI6ImFjIiwiZXBrIjp7I"
                             "mt0eSI6IkVDIiwieCI6Im5ubVZwbTN"
                             "WM2piaGNhZlFhUkJrU1ZOSGx3Wkh3dC05ck9wSnVmeVlJdWsiLCJ5IjoicjRmakRxd0p5"
                             "czlxVU9QLV9iM21SNVNaRy0tQ3dPMm"
                             "1pYzVWU05UWU45ZyIsImNydiI6IlAtMjU2In19..uAYcHRUSSn2X0WPX."
                             "yVzlGSYG4qbg0bq18JcUiDRw56yVnbKR8E7S7YlEtz"
                             "T00RqE3Pw5oTpUG3hdLN4taHZ9gC1kwak8JOnJgQ.1wR024_3-qtAlx1oFIUpQQ";

static json_t *
private_key(void)
{
    json_t *key =
        json_pack("{s:s,s:s,s:s,s:s,s:s}", "kty", "EC", "crv", "P-256", "x", X, "y", Y, "d", D);
    assert_non_null(key);
    return key;
}

/* The five parts as the library's JSON; the second must be empty. */
static json_t *
parts_of(sg_str compact)
{
    size_t at[5];
    for (size_t i = 0; i < 5; i++) {
        at[i] = sg_str_index(compact, '.', i == 0 ? 0 : at[i - 1] + 1);
    }
    assert_int_equal(at[4], compact.n);
    assert_int_equal(at[1], at[0] + 1);
    json_t *message = json_pack("{s:s%,s:s%,s:s%,s:s%}", "protected", compact.p, at[0], "iv",
        compact.p + at[1] + 1, at[2] - at[1] - 1, "ciphertext", compact.p + at[2] + 1,
        at[3] - at[2] - 1, "tag", compact.p + at[3] + 1, compact.n - at[3] - 1);
    assert_non_null(message);
    return message;
}

/* The plaintext, or the empty view when it does not open. */
static sg_str
opened(struct sg_arena *arena, sg_str compact, const json_t *key)
{
    size_t n = 0;
    sg_bytes copy = SG_NO_BYTES;
    json_t *message = parts_of(compact);
    void *plain = jose_jwe_dec(NULL, message, NULL, key, &n);
    if (plain != NULL) {
        assert_ok(sg_arena_bytes(arena, sg_bytes_of(plain, n), &copy));
    }
    free(plain);
    json_decref(message);
    return sg_bytes_str(copy);
}

static const struct sjson *
header_of(struct sg_arena *arena, sg_str compact)
{
    sg_bytes json;
    const struct sjson *header;
    assert_ok(
        sg_b64url_decode(arena, sg_str_slice(compact, 0, sg_str_index(compact, '.', 0)), &json));
    assert_ok(sjson_parse_object(arena, sg_bytes_str(json), NULL, &header));
    return header;
}

static struct oid4vp_encryption
to_key(struct sg_arena *arena, const char *jwk, enum oid4vp_enc enc)
{
    struct oid4vp_encryption to = { .kid = SG_LIT("k\" \\1"), .enc = enc };
    const struct sjson *json;
    assert_ok(sjson_parse(arena, sg_cstr(jwk), NULL, &json));
    assert_ok(jwk_parse(arena, json, &to.key));
    return to;
}

static void
test_the_vector_opens(void **state)
{
    json_t *key = private_key();
    sg_str plain = opened(*state, SG_LIT(vector), key);
    assert_str_is(plain, "{\n \"vp_token\": {\"example_credential_id\": [\"eyJhb...YMetA\"]}\n}");
    json_decref(key);
}

/* RFC 7518 4.6.2 by hand: SHA-256(00000001 || Z || len alg || len apu || len apv || bits). */
static void
test_the_content_key_of_the_vector(void **state)
{
    json_t *key = private_key();
    const struct sjson *epk = sjson_get(header_of(*state, SG_LIT(vector)), "epk");
    json_t *peer = json_loadb(epk->source.p, epk->source.n, 0, NULL);
    json_t *shared = jose_jwk_exc(NULL, key, peer);
    assert_non_null(shared);
    sg_bytes z;
    uint8_t hash[SG_SHA256_LEN];
    assert_ok(
        sg_b64url_decode(*state, sg_cstr(json_string_value(json_object_get(shared, "x"))), &z));
    const sg_bytes parts[] = { support_hex(*state, "00000001"), z, support_hex(*state, "00000007"),
        sg_str_bytes(SG_LIT("A128GCM")), support_hex(*state, "00000000"),
        support_hex(*state, "00000000"), support_hex(*state, "00000080") };
    sg_sha256_parts(parts, 7, hash);
    sg_bytes want = support_hex(*state, "9fe51af90496bca75a1d7a595ffc5a9c");
    assert_memory_equal(hash, want.p, want.n);
    json_decref(shared);
    json_decref(peer);
    json_decref(key);
}

static void
test_ours_open(void **state)
{
    static const enum oid4vp_enc encs[] = { OID4VP_A128GCM, OID4VP_A256GCM };
    json_t *key = private_key();
    for (size_t i = 0; i < 2; i++) {
        struct oid4vp_encryption to = to_key(*state, PUBLIC_JWK, encs[i]);
        sg_str a;
        sg_str b;
        const sg_bytes plain = sg_str_bytes(SG_LIT("{\"vp_token\":{}}"));
        assert_ok(jwe_encrypt(*state, &to, plain, &a));
        assert_ok(jwe_encrypt(*state, &to, plain, &b));
        assert_str_is(opened(*state, a, key), "{\"vp_token\":{}}");
        assert_str_is(opened(*state, b, key), "{\"vp_token\":{}}");
        const struct sjson *header = header_of(*state, a);
        assert_int_equal(header->n, 4); /* no apu, no apv, nothing else */
        assert_true(sjson_is_text(sjson_get(header, "alg"), "ECDH-ES"));
        assert_true(sjson_is_text(sjson_get(header, "enc"), oid4vp_enc_name(encs[i])));
        assert_true(sjson_is_text(sjson_get(header, "kid"), "k\" \\1"));
        const struct sjson *epk = sjson_get(header, "epk");
        assert_int_equal(epk->n, 4); /* kty, crv, x, y: the private part stays here */
        assert_false(sg_str_equal(sjson_get(epk, "x")->text,
            sjson_get(sjson_get(header_of(*state, b), "epk"), "x")->text)); /* fresh each time */
    }
    json_decref(key);
}

static void
test_p384(void **state)
{
    json_t *key = json_pack("{s:s,s:s}", "kty", "EC", "crv", "P-384");
    assert_true(jose_jwk_gen(NULL, key));
    sg_str jwk;
    sg_str compact;
    assert_ok(sg_arena_printf(*state, &jwk,
        "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"%s\",\"y\":\"%s\"}",
        json_string_value(json_object_get(key, "x")),
        json_string_value(json_object_get(key, "y"))));
    struct oid4vp_encryption to = to_key(*state, jwk.p, OID4VP_A256GCM);
    assert_ok(jwe_encrypt(*state, &to, sg_str_bytes(SG_LIT("a")), &compact));
    assert_str_is(opened(*state, compact, key), "a");
    json_decref(key);
}

static void
test_one_bit_changed_does_not_open(void **state)
{
    json_t *key = private_key();
    struct oid4vp_encryption to = to_key(*state, PUBLIC_JWK, OID4VP_A128GCM);
    sg_str compact;
    assert_ok(jwe_encrypt(*state, &to, sg_str_bytes(SG_LIT("plaintext")), &compact));
    size_t from = compact.n - 40; /* in the ciphertext or the tag, not the last of a group */
    for (size_t i = from; i < from + 16; i += 4) {
        char *changed = sg_arena_alloc(*state, compact.n);
        assert_non_null(changed);
        memcpy(changed, compact.p, compact.n);
        if (changed[i] == '.') {
            continue;
        }
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_int_equal(opened(*state, sg_str_of(changed, compact.n), key).n, 0);
    }
    json_decref(key);
}

static void
test_refusals(void **state)
{
    struct oid4vp_encryption to = to_key(*state, PUBLIC_JWK, OID4VP_A128GCM);
    sg_str compact;
    uint8_t *big = sg_arena_alloc(*state, JWE_PLAINTEXT_MAX + 1);
    assert_non_null(big);
    assert_refused(jwe_encrypt(*state, &to, SG_NO_BYTES, &compact), TOO_LARGE);
    assert_refused(
        jwe_encrypt(*state, &to, sg_bytes_of(big, JWE_PLAINTEXT_MAX + 1), &compact), TOO_LARGE);
    /* the library grows its output 16 bytes at a time, which the address sanitizer makes slow: not the whole maximum */
    assert_ok(jwe_encrypt(*state, &to, sg_bytes_of(big, (size_t)32 * 1024), &compact));
    to.key.y[31] ^= 1; /* off the curve */
    assert_refused(jwe_encrypt(*state, &to, sg_bytes_of(big, 1), &compact), KEY_INVALID);
    to.key.y[31] ^= 1;
    to.key.crv = JOSE_P521;
    assert_refused(jwe_encrypt(*state, &to, sg_bytes_of(big, 1), &compact), KEY_INVALID);
}

static void *
encrypt_many(void *bad)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)1024 * 1024);
    json_t *key = private_key();
    for (int i = 0; i < 50; i++) {
        struct oid4vp_encryption to = { .kid = SG_LIT("1"), .enc = OID4VP_A128GCM };
        const struct sjson *json;
        sg_str compact = SG_NO_STR;
        bool good = sg_ok(sjson_parse(arena, SG_LIT(PUBLIC_JWK), NULL, &json)) &&
                    sg_ok(jwk_parse(arena, json, &to.key)) &&
                    sg_ok(jwe_encrypt(arena, &to, sg_str_bytes(SG_LIT("abc")), &compact));
        if (!good || !sg_str_is(opened(arena, compact, key), "abc")) {
            *(bool *)bad = true;
        }
        sg_arena_reset(arena);
    }
    json_decref(key);
    sg_arena_free(&arena);
    return NULL;
}

static void
test_threads(void **state)
{
    pthread_t threads[4];
    bool bad[4] = { false };
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, encrypt_many, &bad[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_false(bad[i]);
    }
}

static void
test_start(void **state)
{
    (void)state;
    assert_ok(jwe_start());
    assert_ok(jwe_start());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_the_vector_opens),
        cmocka_unit_test(test_the_content_key_of_the_vector),
        cmocka_unit_test(test_ours_open),
        cmocka_unit_test(test_p384),
        cmocka_unit_test(test_one_bit_changed_does_not_open),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
