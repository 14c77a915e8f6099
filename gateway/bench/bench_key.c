/* The low-level EC functions are used so that making 50,000 proofs before a run takes a second, not a minute. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "bench_key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>

#include "jws.h"
#include "sg_secret.h"
#include "sg_text.h"

#define LEN 32

struct bench_key {
    EC_KEY *ec;
    char jwk[256];
    size_t n_jwk;
};

void
bench_key_free(struct bench_key **key)
{
    if (key == NULL || *key == NULL) {
        return;
    }
    EC_KEY_free((*key)->ec);
    free(*key);
    *key = NULL;
}

static bool
write_jwk(struct bench_key *key)
{
    uint8_t point[1 + 2 * LEN];
    const EC_GROUP *group = EC_KEY_get0_group(key->ec);
    const EC_POINT *pub = EC_KEY_get0_public_key(key->ec);
    if (EC_POINT_point2oct(group, pub, POINT_CONVERSION_UNCOMPRESSED, point, sizeof(point), NULL) !=
        sizeof(point)) {
        return false;
    }
    char x[64] = "";
    char y[64] = "";
    sg_b64url_to(sg_bytes_of(point + 1, LEN), x);
    sg_b64url_to(sg_bytes_of(point + 1 + LEN, LEN), y);
    int n = snprintf(key->jwk, sizeof(key->jwk),
        "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
    key->n_jwk = (size_t)n;
    return n > 0 && (size_t)n < sizeof(key->jwk);
}

static sg_result
finish(struct bench_key *key, bool good, struct bench_key **ret)
{
    if (!good || !write_jwk(key)) {
        bench_key_free(&key);
        SG_FAIL(KEY_INVALID);
    }
    *ret = key;
    return SG_DONE;
}

static struct bench_key *
empty_key(void)
{
    struct bench_key *key = calloc(1, sizeof(*key));
    if (key != NULL) {
        key->ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    }
    if (key != NULL && key->ec == NULL) {
        bench_key_free(&key);
    }
    return key;
}

sg_result
bench_key_new(struct bench_key **ret)
{
    struct bench_key *key = empty_key();
    SG_REQUIRE(key != NULL, NO_MEMORY);
    return finish(key, EC_KEY_generate_key(key->ec) == 1, ret);
}

sg_result
bench_key_read(struct sg_arena *arena, sg_str private_jwk, struct bench_key **ret)
{
    const struct sjson *json;
    sg_str text;
    uint8_t d[LEN];
    uint8_t x[LEN];
    uint8_t y[LEN];
    SG_TRY(sjson_parse_object(arena, private_jwk, NULL, &json));
    SG_TRY(sjson_member_text(json, "d", &text));
    SG_TRY(sg_b64url_decode_to(text, d, LEN));
    SG_TRY(sjson_member_text(json, "x", &text));
    SG_TRY(sg_b64url_decode_to(text, x, LEN));
    SG_TRY(sjson_member_text(json, "y", &text));
    SG_TRY(sg_b64url_decode_to(text, y, LEN));
    struct bench_key *key = empty_key();
    SG_REQUIRE(key != NULL, NO_MEMORY);
    BIGNUM *bd = BN_bin2bn(d, LEN, NULL);
    BIGNUM *bx = BN_bin2bn(x, LEN, NULL);
    BIGNUM *by = BN_bin2bn(y, LEN, NULL);
    bool good = bd != NULL && bx != NULL && by != NULL &&
                EC_KEY_set_public_key_affine_coordinates(key->ec, bx, by) == 1 &&
                EC_KEY_set_private_key(key->ec, bd) == 1 && EC_KEY_check_key(key->ec) == 1;
    BN_clear_free(bd);
    BN_free(bx);
    BN_free(by);
    sg_wipe(d, sizeof(d));
    return finish(key, good, ret);
}

sg_str
bench_key_jwk(const struct bench_key *key)
{
    return sg_str_of(key->jwk, key->n_jwk);
}

sg_result
bench_key_jws(
    struct sg_arena *arena, const struct bench_key *key, sg_str header, sg_str payload, sg_str *ret)
{
    sg_str input;
    uint8_t digest[SG_SHA256_LEN];
    uint8_t signature[2 * LEN];
    SG_TRY(jws_signing_input(arena, header, sg_str_bytes(payload), &input));
    sg_sha256(sg_str_bytes(input), digest);
    ECDSA_SIG *sig = ECDSA_do_sign(digest, sizeof(digest), key->ec);
    SG_REQUIRE(sig != NULL, INTERNAL);
    bool good = BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, LEN) == LEN &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + LEN, LEN) == LEN;
    ECDSA_SIG_free(sig);
    SG_REQUIRE(good, INTERNAL);
    return jws_attach(arena, input, SG_BYTES(signature), ret);
}

static sg_result
random_id(char out[23])
{
    uint8_t bytes[16];
    SG_REQUIRE(RAND_bytes(bytes, sizeof(bytes)) == 1, INTERNAL);
    out[sg_b64url_to(SG_BYTES(bytes), out)] = '\0';
    return SG_DONE;
}

sg_result
bench_key_dpop(struct sg_arena *arena, const struct bench_key *key, const char *method, sg_str uri,
    sg_str token, int64_t iat, sg_str *ret)
{
    sg_str header;
    sg_str payload;
    char jti[23];
    char ath[64] = "";
    SG_TRY(random_id(jti));
    if (token.n != 0) {
        uint8_t hash[SG_SHA256_LEN];
        char text[44] = "";
        sg_sha256(sg_str_bytes(token), hash);
        sg_b64url_to(SG_BYTES(hash), text);
        snprintf(ath, sizeof(ath), ",\"ath\":\"%s\"", text);
    }
    SG_TRY(sg_arena_printf(
        arena, &header, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s}", key->jwk));
    SG_TRY(sg_arena_printf(arena, &payload,
        "{\"jti\":\"%s\",\"htm\":\"%s\",\"htu\":\"%.*s\",\"iat\":%lld%s}", jti, method,
        SG_PRINT(uri), (long long)iat, ath));
    return bench_key_jws(arena, key, header, payload, ret);
}

sg_result
bench_key_proof(struct sg_arena *arena, const struct bench_key *key, sg_str issuer, sg_str c_nonce,
    int64_t iat, sg_str *ret)
{
    sg_str header;
    sg_str payload;
    SG_TRY(sg_arena_printf(arena, &header,
        "{\"typ\":\"openid4vci-proof+jwt\",\"alg\":\"ES256\",\"jwk\":%s}", key->jwk));
    SG_TRY(sg_arena_printf(arena, &payload, "{\"aud\":\"%.*s\",\"iat\":%lld,\"nonce\":\"%.*s\"}",
        SG_PRINT(issuer), (long long)iat, SG_PRINT(c_nonce)));
    return bench_key_jws(arena, key, header, payload, ret);
}

sg_result
bench_key_assertion(struct sg_arena *arena, const struct bench_key *key, sg_str client,
    sg_str issuer, int64_t iat, sg_str *ret)
{
    sg_str payload;
    char jti[23];
    SG_TRY(random_id(jti));
    SG_TRY(sg_arena_printf(arena, &payload,
        "{\"iss\":\"%.*s\",\"sub\":\"%.*s\",\"aud\":\"%.*s\",\"iat\":%lld,\"exp\":%lld,\"jti\":\"%"
        "s\"}",
        SG_PRINT(client), SG_PRINT(client), SG_PRINT(issuer), (long long)iat, (long long)iat + 60,
        jti));
    return bench_key_jws(arena, key, SG_LIT("{\"typ\":\"JWT\",\"alg\":\"ES256\"}"), payload, ret);
}
