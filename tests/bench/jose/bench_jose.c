/*
 * CPU time of what one request asks of formats/json and formats/jose. Run: build/dev/bench/bench_jose
 * Prints the median of 21 batches and the spread (fastest to slowest), in microseconds per operation.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "jws.h"
#include "sg_text.h"

enum { BATCHES = 21, PER_BATCH = 500 };

struct bench {
    struct sg_arena *arena;
    struct jwk p256;
    struct jwk ed25519;
    struct jwk_key *p256_key;
    struct jwk_key *ed25519_key;
    uint8_t digest[SG_SHA256_LEN];
    uint8_t ecdsa[64];
    uint8_t eddsa[64];
    sg_str jwk_json;
    sg_str proof; /* compact */
    sg_str body;
    struct jws jws;
};

static void
need(bool ok)
{
    if (!ok) {
        fprintf(stderr, "the bench itself is broken\n");
        exit(1);
    }
}

static double
cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void
measure(const char *name, struct bench *b, void (*one)(struct bench *))
{
    double t[BATCHES];
    for (int i = 0; i < BATCHES; i++) {
        double start = cpu_us();
        for (int k = 0; k < PER_BATCH; k++) {
            one(b);
        }
        t[i] = (cpu_us() - start) / PER_BATCH;
    }
    qsort(t, BATCHES, sizeof(t[0]), by_value);
    printf("%-34s %8.2f us  (%.2f to %.2f)\n", name, t[BATCHES / 2], t[0], t[BATCHES - 1]);
}

static void
one_key_p256(struct bench *b)
{
    struct jwk_key *key = NULL;
    need(sg_ok(jwk_key_new(&b->p256, &key)));
    jwk_key_free(&key);
}

static void
one_key_ed25519(struct bench *b)
{
    struct jwk_key *key = NULL;
    need(sg_ok(jwk_key_new(&b->ed25519, &key)));
    jwk_key_free(&key);
}

static void
one_verify_p256(struct bench *b)
{
    need(sg_ok(jwk_verify_digest(
        b->p256_key, jose_alg_by_id(JOSE_ES256), SG_BYTES(b->digest), SG_BYTES(b->ecdsa))));
}

static void
one_verify_ed25519(struct bench *b)
{
    need(sg_ok(jwk_verify(
        b->ed25519_key, jose_alg_by_id(JOSE_EDDSA), SG_BYTES(b->digest), SG_BYTES(b->eddsa))));
}

static void
one_jws_parse(struct bench *b)
{
    struct jws jws;
    sg_arena_reset(b->arena);
    need(sg_ok(jws_parse(b->arena, b->proof, &jws)));
}

static void
one_jwk_parse_and_thumbprint(struct bench *b)
{
    struct jwk jwk;
    const struct sjson *json;
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    sg_arena_reset(b->arena);
    need(sg_ok(sjson_parse(b->arena, b->jwk_json, NULL, &json)));
    need(sg_ok(jwk_parse(b->arena, json, &jwk)));
    need(sg_ok(jwk_thumbprint(b->arena, &jwk, thumbprint)));
}

static void
one_body(struct bench *b)
{
    const struct sjson *json;
    sg_arena_reset(b->arena);
    need(sg_ok(sjson_parse(b->arena, b->body, NULL, &json)));
}

static void
setup_keys(struct bench *b)
{
    const uint8_t seed[crypto_sign_SEEDBYTES] = { 1 };
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t point[65];
    const BIGNUM *r;
    const BIGNUM *s;
    EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    need(ec != NULL && EC_KEY_generate_key(ec) == 1);
    need(EC_POINT_point2oct(EC_KEY_get0_group(ec), EC_KEY_get0_public_key(ec),
             POINT_CONVERSION_UNCOMPRESSED, point, sizeof(point), NULL) == sizeof(point));
    ECDSA_SIG *sig = ECDSA_do_sign(b->digest, sizeof(b->digest), ec);
    need(sig != NULL);
    ECDSA_SIG_get0(sig, &r, &s);
    need(BN_bn2binpad(r, b->ecdsa, 32) == 32 && BN_bn2binpad(s, b->ecdsa + 32, 32) == 32);
    ECDSA_SIG_free(sig);
    EC_KEY_free(ec);
    b->p256 = (struct jwk){ .kty = JOSE_KTY_EC, .crv = JOSE_P256, .coord_len = 32 };
    memcpy(b->p256.x, point + 1, 32);
    memcpy(b->p256.y, point + 33, 32);
    b->ed25519 = (struct jwk){ .kty = JOSE_KTY_OKP, .crv = JOSE_ED25519, .coord_len = 32 };
    need(crypto_sign_seed_keypair(b->ed25519.x, secret, seed) == 0);
    need(crypto_sign_detached(b->eddsa, NULL, b->digest, sizeof(b->digest), secret) == 0);
    need(sg_ok(jwk_key_new(&b->p256, &b->p256_key)));
    need(sg_ok(jwk_key_new(&b->ed25519, &b->ed25519_key)));
}

/* A key proof as wallets send it, and a credential request around two such texts (about 1.5 kB). */
static void
setup_texts(struct bench *b, struct sg_arena *texts)
{
    struct sg_buf buf = sg_buf_new(texts, 0, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str header;
    jwk_write(&wr, &b->p256);
    need(sg_ok(sg_buf_end_str(&buf, &b->jwk_json)));
    need(sg_ok(sg_arena_printf(texts, &header,
        "{\"alg\":\"ES256\",\"typ\":\"openid4vci-proof+jwt\",\"jwk\":%.*s}",
        SG_PRINT(b->jwk_json))));
    sg_str claims =
        SG_LIT("{\"iss\":\"wallet\",\"aud\":\"http://localhost:8080\",\"iat\":1763675000,"
               "\"nonce\":\"0123456789abcdef0123456789abcdef0123456789abcdef\"}");
    sg_str input;
    need(sg_ok(jws_signing_input(texts, header, sg_str_bytes(claims), &input)));
    need(sg_ok(jws_attach(texts, input, SG_BYTES(b->ecdsa), &b->proof)));
    need(sg_ok(sg_arena_printf(texts, &b->body,
        "{\"credential_configuration_id\":\"employee_badge_sd_jwt\",\"proofs\":{\"jwt\":[\"%.*s\","
        "\"%.*s\"]},"
        "\"more\":{\"a\":[1,2,3],\"b\":true}}",
        SG_PRINT(b->proof), SG_PRINT(b->proof))));
}

int
main(void)
{
    struct bench b = { .arena = sg_arena_new(0, (size_t)1 << 20) };
    struct sg_arena *texts = sg_arena_new(0, (size_t)1 << 20);
    need(b.arena != NULL && texts != NULL && sodium_init() >= 0);
    setup_keys(&b);
    setup_texts(&b, texts);
    measure("jwk_key_new P-256", &b, one_key_p256);
    measure("jwk_key_new Ed25519", &b, one_key_ed25519);
    measure("jwk_verify_digest ES256", &b, one_verify_p256);
    measure("jwk_verify EdDSA", &b, one_verify_ed25519);
    measure("jws_parse (key proof)", &b, one_jws_parse);
    measure("sjson + jwk_parse + thumbprint", &b, one_jwk_parse_and_thumbprint);
    measure("sjson_parse (credential request)", &b, one_body);
    printf("proof %zu bytes, request %zu bytes\n", b.proof.n, b.body.n);
    jwk_key_free(&b.p256_key);
    jwk_key_free(&b.ed25519_key);
    sg_arena_free(&b.arena);
    sg_arena_free(&texts);
    return 0;
}
