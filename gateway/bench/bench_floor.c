/* ECDSA_do_verify is deprecated in OpenSSL 3.0, and still what costs least there. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "bench_floor.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>

#include "bench_key.h"
#include "jws.h"

#define ROUNDS 5
#define PER_ROUND 400

static double
cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* One signed thing to verify, the way it comes in. */
struct sample {
    struct jwk jwk;
    struct jws jws;
};

static sg_result
make_sample(struct sg_arena *arena, struct sample *ret)
{
    struct bench_key *key = NULL;
    sg_str compact;
    const struct sjson *json;
    SG_TRY(bench_key_new(&key));
    sg_result r = bench_key_proof(
        arena, key, SG_LIT("http://localhost"), SG_LIT("nonce"), 1700000000, &compact);
    if (sg_ok(r)) {
        r = jws_parse(arena, compact, &ret->jws);
    }
    if (sg_ok(r)) {
        r = sjson_parse(arena, bench_key_jwk(key), NULL, &json);
    }
    if (sg_ok(r)) {
        /* the key object goes away: the parsed JWK must not borrow from it */
        sg_str copy;
        r = sg_arena_str(arena, bench_key_jwk(key), &copy);
        r = sg_ok(r) ? sjson_parse(arena, copy, NULL, &json) : r;
        r = sg_ok(r) ? jwk_parse(arena, json, &ret->jwk) : r;
    }
    bench_key_free(&key);
    return r;
}

static sg_result
time_decode(const struct sample *s, double *ret)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double began = cpu_us();
        for (int i = 0; i < PER_ROUND; i++) {
            struct jwk_key *key = NULL;
            SG_TRY(jwk_key_new(&s->jwk, &key));
            jwk_key_free(&key);
        }
        double each = (cpu_us() - began) / PER_ROUND;
        best = each < best ? each : best;
    }
    *ret = best;
    return SG_DONE;
}

static void
ec_key_free(EC_KEY **key)
{
    EC_KEY_free(*key);
}

static void
sig_free(ECDSA_SIG **sig)
{
    ECDSA_SIG_free(*sig);
}

/*
 * A hash and ECDSA_do_verify, the quickest way to verify that libcrypto itself has. On purpose not formats/ecdsa, which puts libcrypto's parts together in a quicker
 * way: a floor made of our own code would sink with everything we make better, and say nothing to somebody who compares.
 */
static sg_result
time_p256(size_t n_message, double *ret)
{
    SG_CLEANUP(ec_key_free)
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    uint8_t message[2048] = { 1 };
    uint8_t digest[SG_SHA256_LEN];
    SG_REQUIRE(n_message <= sizeof(message), TOO_LARGE);
    SG_REQUIRE(key != NULL && EC_KEY_generate_key(key) == 1, NO_MEMORY);
    sg_bytes view = sg_bytes_of(message, n_message);
    sg_sha256(view, digest);
    SG_CLEANUP(sig_free)
    ECDSA_SIG *sig = ECDSA_do_sign(digest, (int)sizeof(digest), key);
    SG_REQUIRE(sig != NULL, INTERNAL);
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double began = cpu_us();
        for (int i = 0; i < PER_ROUND; i++) {
            sg_sha256(view, digest);
            SG_REQUIRE(ECDSA_do_verify(digest, (int)sizeof(digest), sig, key) == 1, SIGNATURE);
        }
        double each = (cpu_us() - began) / PER_ROUND;
        best = each < best ? each : best;
    }
    *ret = best;
    return SG_DONE;
}

/* The gateway's own way, for who wants to know what the ratio would be beside it. */
static sg_result
time_own(const struct sample *s, double *ret)
{
    struct jwk_key *key = NULL;
    SG_TRY(jwk_key_new(&s->jwk, &key));
    double best = 1e9;
    sg_result r = SG_DONE;
    for (int round = 0; round < ROUNDS && sg_ok(r); round++) {
        double began = cpu_us();
        for (int i = 0; i < PER_ROUND && sg_ok(r); i++) {
            r = jws_verify(&s->jws, key);
        }
        double each = (cpu_us() - began) / PER_ROUND;
        best = each < best ? each : best;
    }
    jwk_key_free(&key);
    *ret = best;
    return r;
}

sg_result
bench_floor_measure(struct bench_floor *ret)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)1024 * 1024);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct sample sample;
    struct bench_floor floor = { 0 };
    sg_result r = make_sample(arena, &sample);
    r = sg_ok(r) ? time_decode(&sample, &floor.key_decode_us) : r;
    r = sg_ok(r) ? time_p256(sample.jws.signing_input.n, &floor.proof_verify_us) : r;
    r = sg_ok(r) ? time_p256(sample.jws.signing_input.n, &floor.dpop_verify_us) : r;
    r = sg_ok(r) ? time_own(&sample, &floor.own_us) : r;
    sg_arena_free(&arena);
    if (sg_ok(r)) {
        ret->own_us = floor.own_us;
        ret->key_decode_us = floor.key_decode_us;
        ret->proof_verify_us = floor.proof_verify_us;
        ret->dpop_verify_us = floor.dpop_verify_us;
    }
    return r;
}

/* ---- the seal's half ------------------------------------------------------------------------------------- */

static void
pkey_free(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void
md_free(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static EVP_PKEY *
make_key(const struct jose_alg *alg)
{
    switch (alg->id) {
    case JOSE_ES256:
        return EVP_EC_gen("P-256");
    case JOSE_ES384:
        return EVP_EC_gen("P-384");
    case JOSE_EDDSA:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case JOSE_ALG_NONE:
    case JOSE_ES512:
    case JOSE_PS256:
    case JOSE_RS256:
        return NULL;
    }
    return NULL;
}

/* DER to r||s; a Ed25519 signature as it is. */
static bool
raw_signature(const struct jose_alg *alg, const uint8_t *in, size_t n, uint8_t *ret)
{
    if (alg->id == JOSE_EDDSA) {
        memcpy(ret, in, n);
        return n == alg->sig_len;
    }
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &in, (long)n);
    int half = (int)alg->sig_len / 2;
    bool good = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, half) == half &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + half, half) == half;
    ECDSA_SIG_free(sig);
    return good;
}

struct sealed {
    struct jwk_key *key;
    uint8_t signature[96];
};

static sg_result
make_sealed(
    struct sg_arena *arena, const struct jose_alg *alg, sg_bytes message, struct sealed *ret)
{
    SG_CLEANUP(pkey_free)
    EVP_PKEY *pkey = make_key(alg);
    SG_CLEANUP(md_free)
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    SG_REQUIRE(pkey != NULL, ALGORITHM);
    uint8_t der[256];
    uint8_t spki[JWK_SPKI_MAX];
    uint8_t *p = spki;
    size_t n = sizeof(der);
    const EVP_MD *md = alg->id == JOSE_ES256   ? EVP_sha256()
                       : alg->id == JOSE_ES384 ? EVP_sha384()
                                               : NULL;
    int spki_n = i2d_PUBKEY(pkey, NULL);
    SG_REQUIRE(
        spki_n > 0 && (size_t)spki_n <= sizeof(spki) && i2d_PUBKEY(pkey, &p) == spki_n, INTERNAL);
    SG_REQUIRE(context != NULL && EVP_DigestSignInit(context, NULL, md, NULL, pkey) == 1 &&
                   EVP_DigestSign(context, der, &n, message.p, message.n) == 1,
        INTERNAL);
    SG_REQUIRE(raw_signature(alg, der, n, ret->signature), INTERNAL);
    struct jwk jwk;
    SG_TRY(jwk_from_spki(arena, sg_bytes_of(spki, (size_t)spki_n), &jwk));
    return jwk_key_new(&jwk, &ret->key);
}

sg_result
bench_floor_verify(const struct jose_alg *alg, double *ret_us)
{
    static const uint8_t message[64] = { 1 };
    if (alg->id == JOSE_ES256) {
        return time_p256(sizeof(message), ret_us);
    }
    struct sg_arena *arena = sg_arena_new(0, (size_t)64 * 1024);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct sealed sealed = { .key = NULL };
    double best = 1e9;
    sg_result r = make_sealed(arena, alg, SG_BYTES(message), &sealed);
    for (int round = 0; round < ROUNDS && sg_ok(r); round++) {
        double began = cpu_us();
        for (int i = 0; i < PER_ROUND && sg_ok(r); i++) {
            r = jwk_verify(
                sealed.key, alg, SG_BYTES(message), sg_bytes_of(sealed.signature, alg->sig_len));
        }
        double each = (cpu_us() - began) / PER_ROUND;
        best = each < best ? each : best;
    }
    jwk_key_free(&sealed.key);
    sg_arena_free(&arena);
    *ret_us = best;
    return r;
}

sg_result
bench_floor_hash(size_t n, double *ret_us)
{
    SG_REQUIRE(n <= (size_t)1024 * 1024, TOO_LARGE);
    uint8_t *bytes = calloc(1, n + 1);
    SG_REQUIRE(bytes != NULL, NO_MEMORY);
    uint8_t hash[32];
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double began = cpu_us();
        for (int i = 0; i < PER_ROUND; i++) {
            sg_sha256(sg_bytes_of(bytes, n), hash);
            bytes[0] ^= hash[0];
        }
        double each = (cpu_us() - began) / PER_ROUND;
        best = each < best ? each : best;
    }
    free(bytes);
    *ret_us = best;
    return SG_DONE;
}

sg_result
bench_floor_local(size_t n, double *ret_us)
{
    static const uint8_t message[100] = { 1 };
    double best = 1e9;
    for (int round = 0; round < ROUNDS * 4; round++) {
        double began = cpu_us();
        SG_CLEANUP(pkey_free)
        EVP_PKEY *key = EVP_EC_gen("P-256");
        SG_CLEANUP(md_free)
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        SG_REQUIRE(key != NULL && context != NULL, NO_MEMORY);
        for (size_t i = 0; i < n; i++) {
            uint8_t der[96];
            size_t len = sizeof(der);
            SG_REQUIRE(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                           EVP_DigestSign(context, der, &len, message, sizeof(message)) == 1,
                INTERNAL);
            EVP_MD_CTX_reset(context);
        }
        double took = cpu_us() - began;
        best = took < best ? took : best;
    }
    *ret_us = best;
    return SG_DONE;
}

double
bench_floor_sum(const struct bench_floor *f)
{
    return f->key_decode_us + f->proof_verify_us + f->dpop_verify_us + f->c_sign_us +
           f->seal_verify_us + f->hash_us + f->local_us;
}
