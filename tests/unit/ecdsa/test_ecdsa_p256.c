/*
 * formats/ecdsa: every answer compared with libcrypto's ECDSA_do_verify, with and without a table, at random and where the arithmetic has corners.
 * Wycheproof's P-256 cases run through jwk_verify and key_public_verify (tests/vectors). req: SIG-7
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ecdsa_p256.h"

#include <openssl/ecdsa.h>
#include <openssl/rand.h>

#include "support.h"

enum { N = 32 };

struct key {
    EC_KEY *ec;
    EC_POINT *point; /* decoded by the code under test */
    EC_GROUP *tabled;
    BIGNUM *d;
};

static const BIGNUM *
order(void)
{
    return EC_GROUP_get0_order(ecdsa_p256_group());
}

/* The key d*G, or with `point` that point and no private half. */
static struct key
key_new(const BIGNUM *d, const EC_POINT *point)
{
    const EC_GROUP *group = ecdsa_p256_group();
    struct key key = { .ec = EC_KEY_new(), .tabled = EC_GROUP_dup(group) };
    EC_POINT *public = EC_POINT_new(group);
    uint8_t octets[ECDSA_P256_POINT_LEN];
    assert_true(key.ec != NULL && key.tabled != NULL && public != NULL);
    assert_int_equal(EC_KEY_set_group(key.ec, group), 1);
    if (d != NULL) {
        key.d = BN_dup(d);
        assert_int_equal(EC_POINT_mul(group, public, d, NULL, NULL, NULL), 1);
        assert_int_equal(EC_KEY_set_private_key(key.ec, d), 1);
    } else {
        assert_int_equal(EC_POINT_copy(public, point), 1);
    }
    assert_int_equal(EC_KEY_set_public_key(key.ec, public), 1);
    assert_int_equal(EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, octets,
                         sizeof(octets), NULL),
        sizeof(octets));
    assert_ok(ecdsa_p256_point(SG_BYTES(octets), &key.point));
    assert_int_equal(EC_POINT_cmp(group, public, key.point, NULL), 0);
    assert_int_equal(EC_GROUP_set_generator(key.tabled, key.point, order(), BN_value_one()), 1);
    assert_int_equal(EC_GROUP_precompute_mult(key.tabled, NULL), 1);
    EC_POINT_free(public);
    return key;
}

static void
key_free(struct key *key)
{
    EC_KEY_free(key->ec);
    EC_POINT_free(key->point);
    EC_GROUP_free(key->tabled);
    BN_free(key->d);
}

/* What libcrypto says, after both ways of ours said the same. */
static bool
agreed(const struct key *key, const uint8_t digest[N], const uint8_t signature[2 * N])
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    assert_int_equal(
        ECDSA_SIG_set0(sig, BN_bin2bn(signature, N, NULL), BN_bin2bn(signature + N, N, NULL)), 1);
    bool good = ECDSA_do_verify(digest, N, sig, key->ec) == 1;
    ECDSA_SIG_free(sig);
    for (int tabled = 0; tabled < 2; tabled++) {
        sg_result r = ecdsa_p256_verify(key->point, tabled != 0 ? key->tabled : NULL,
            sg_bytes_of(digest, N), sg_bytes_of(signature, 2 * N));
        assert_int_equal(r.code, good ? SG_OK : SG_E_SIGNATURE);
    }
    return good;
}

static void
put(const BIGNUM *n, uint8_t *ret)
{
    assert_int_equal(BN_bn2binpad(n, ret, N), N);
}

static void
sign(const struct key *key, const uint8_t digest[N], uint8_t ret[2 * N])
{
    ECDSA_SIG *sig = ECDSA_do_sign(digest, N, key->ec);
    assert_non_null(sig);
    put(ECDSA_SIG_get0_r(sig), ret);
    put(ECDSA_SIG_get0_s(sig), ret + N);
    ECDSA_SIG_free(sig);
}

static struct key
random_key(void)
{
    BIGNUM *d = BN_new();
    assert_int_equal(BN_priv_rand_range(d, order()), 1);
    struct key key = key_new(d, NULL);
    BN_free(d);
    return key;
}

static void
test_random_signatures_and_changed_bits(void **state)
{
    (void)state;
    for (int k = 0; k < 8; k++) {
        struct key key = random_key();
        for (int i = 0; i < 40; i++) {
            uint8_t digest[N];
            uint8_t signature[2 * N];
            uint8_t bit[2];
            assert_int_equal(RAND_bytes(digest, N), 1);
            sign(&key, digest, signature);
            assert_true(agreed(&key, digest, signature));
            assert_int_equal(RAND_bytes(bit, sizeof(bit)), 1);
            signature[bit[0] % sizeof(signature)] ^= (uint8_t)(1U << (bit[1] % 8));
            assert_false(agreed(&key, digest, signature));
            signature[bit[0] % sizeof(signature)] ^= (uint8_t)(1U << (bit[1] % 8));
            digest[bit[0] % N] ^= (uint8_t)(1U << (bit[1] % 8));
            assert_false(agreed(&key, digest, signature));
        }
        key_free(&key);
    }
}

/* r, s and the digest each from a list of corners: nothing of that verifies by accident, and nobody crashes. */
static void
test_corner_numbers(void **state)
{
    (void)state;
    enum { CORNERS = 12 };
    uint8_t corner[CORNERS][N] = { { 0 } };
    BIGNUM *n = BN_dup(order());
    BIGNUM *p = BN_new();
    assert_int_equal(EC_GROUP_get_curve(ecdsa_p256_group(), p, NULL, NULL, NULL), 1);
    corner[1][N - 1] = 1;
    corner[2][N - 1] = 2;
    put(n, corner[3]);
    assert_int_equal(BN_sub_word(n, 1), 1);
    put(n, corner[4]);
    assert_int_equal(BN_add_word(n, 2), 1);
    put(n, corner[5]);
    put(p, corner[6]);
    assert_int_equal(BN_sub_word(p, 1), 1);
    put(p, corner[7]);
    memset(corner[8], 0xFF, N);
    corner[9][0] = 0x80;
    corner[10][N - 8] = 1; /* one limb and a bit */
    corner[11][N - 9] = 1;
    struct key key = random_key();
    for (size_t r = 0; r < CORNERS; r++) {
        for (size_t s = 0; s < CORNERS; s++) {
            for (size_t e = 0; e < CORNERS; e++) {
                uint8_t signature[2 * N];
                memcpy(signature, corner[r], N);
                memcpy(signature + N, corner[s], N);
                (void)agreed(&key, corner[e], signature);
            }
        }
    }
    key_free(&key);
    BN_free(n);
    BN_free(p);
}

/* A digest of zero, of the order and of all ones: u1 is zero, zero after reduction, reduced. */
static void
test_digests_at_and_above_the_order(void **state)
{
    (void)state;
    uint8_t digest[N] = { 0 };
    uint8_t signature[2 * N];
    struct key key = random_key();
    sign(&key, digest, signature);
    assert_true(agreed(&key, digest, signature));
    put(order(), digest);
    assert_true(agreed(&key, digest, signature)); /* the same modulo the order */
    memset(digest, 0xFF, N);
    assert_false(agreed(&key, digest, signature));
    sign(&key, digest, signature);
    assert_true(agreed(&key, digest, signature));
    key_free(&key);
}

/* u1*G = u2*Q = t*G, and x(2t*G) = r: s = r*d/t, e = r*d. The sum that verifies is a doubling. */
static void
holds_by_doubling(const struct key *key, BN_CTX *ctx)
{
    const EC_GROUP *group = ecdsa_p256_group();
    BIGNUM *t = BN_new();
    BIGNUM *r = BN_new();
    BIGNUM *e = BN_new();
    EC_POINT *at = EC_POINT_new(group);
    uint8_t digest[N];
    uint8_t signature[2 * N];
    assert_int_equal(BN_rand_range(t, order()), 1);
    assert_int_equal(EC_POINT_mul(group, at, t, NULL, NULL, ctx), 1);
    assert_int_equal(EC_POINT_dbl(group, at, at, ctx), 1);
    assert_int_equal(EC_POINT_get_affine_coordinates(group, at, r, NULL, ctx), 1);
    assert_int_equal(BN_nnmod(r, r, order(), ctx), 1);
    assert_int_equal(BN_mod_mul(e, r, key->d, order(), ctx), 1);
    put(r, signature);
    put(e, digest);
    assert_non_null(BN_mod_inverse(t, t, order(), ctx));
    assert_int_equal(BN_mod_mul(t, t, e, order(), ctx), 1);
    put(t, signature + N);
    assert_true(agreed(key, digest, signature));
    BN_free(t);
    BN_free(r);
    BN_free(e);
    EC_POINT_free(at);
}

/* Small and opposite keys, s small and large, so that both sums meet in one point, in opposite points, or one is the generator. */
static void
test_sums_that_meet(void **state)
{
    (void)state;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *r = BN_new();
    BIGNUM *e = BN_new();
    BIGNUM *d = BN_new();
    for (unsigned private = 1; private <= 3; private ++) {
        for (int opposite = 0; opposite < 2; opposite++) {
            assert_int_equal(BN_set_word(d, private), 1);
            if (opposite) {
                assert_int_equal(BN_sub(d, order(), d), 1);
            }
            struct key key = key_new(d, NULL);
            for (int sign_of_e = 0; sign_of_e < 2; sign_of_e++) {
                uint8_t digest[N];
                uint8_t signature[2 * N] = { 0 };
                assert_int_equal(BN_rand_range(r, order()), 1);
                /* e = r*d: u1*G = u2*Q, a doubling; e = -r*d: the sum is infinity */
                assert_int_equal(BN_mod_mul(e, r, d, order(), ctx), 1);
                if (sign_of_e != 0) {
                    assert_int_equal(BN_sub(e, order(), e), 1);
                }
                put(r, signature);
                put(e, digest);
                signature[2 * N - 1] = 1;
                assert_false(agreed(&key, digest, signature));
                memset(signature + N, 0x5A, N);
                assert_false(agreed(&key, digest, signature));
            }
            uint8_t digest[N];
            uint8_t signature[2 * N];
            assert_int_equal(RAND_bytes(digest, N), 1);
            sign(&key, digest, signature);
            assert_true(agreed(&key, digest, signature));
            holds_by_doubling(&key, ctx);
            key_free(&key);
        }
    }
    BN_free(r);
    BN_free(e);
    BN_free(d);
    BN_CTX_free(ctx);
}

/*
 * x(R) at or above the order: chosen first, the key made to fit, since nobody finds one by chance (one in 2^32 x 2^96). With the smallest such x on the
 * curve the signature holds for r = x - n, and for no neighbour.
 */
static void
test_x_above_the_order(void **state)
{
    (void)state;
    const EC_GROUP *group = ecdsa_p256_group();
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *x = BN_dup(order());
    BIGNUM *r = BN_new();
    BIGNUM *s = BN_new();
    BIGNUM *e = BN_new();
    BIGNUM *w = BN_new();
    EC_POINT *at = EC_POINT_new(group);
    EC_POINT *q = EC_POINT_new(group);
    int found = 0;
    for (int tries = 0; found < 6 && tries < 60; tries++) {
        assert_int_equal(BN_add_word(x, 1), 1);
        if (EC_POINT_set_compressed_coordinates(group, at, x, tries % 2, ctx) != 1) {
            continue;
        }
        found++;
        /* Q = r^-1 (s R - e G) */
        assert_int_equal(BN_sub(r, x, order()), 1);
        assert_int_equal(BN_rand_range(s, order()), 1);
        assert_int_equal(BN_rand_range(e, order()), 1);
        assert_non_null(BN_mod_inverse(w, r, order(), ctx));
        BIGNUM *minus = BN_new();
        assert_int_equal(BN_mod_mul(minus, e, w, order(), ctx), 1);
        assert_int_equal(BN_sub(minus, order(), minus), 1);
        assert_int_equal(BN_mod_mul(w, s, w, order(), ctx), 1);
        assert_int_equal(EC_POINT_mul(group, q, minus, at, w, ctx), 1);
        struct key key = key_new(NULL, q);
        uint8_t digest[N];
        uint8_t signature[2 * N];
        put(e, digest);
        put(r, signature);
        put(s, signature + N);
        assert_true(agreed(&key, digest, signature));
        put(x, signature); /* not reduced */
        assert_false(agreed(&key, digest, signature));
        assert_int_equal(BN_add_word(r, 1), 1);
        put(r, signature);
        assert_false(agreed(&key, digest, signature));
        key_free(&key);
        BN_free(minus);
    }
    assert_int_equal(found, 6);
    BN_free(x);
    BN_free(r);
    BN_free(s);
    BN_free(e);
    BN_free(w);
    EC_POINT_free(at);
    EC_POINT_free(q);
    BN_CTX_free(ctx);
}

static void
test_lengths(void **state)
{
    (void)state;
    uint8_t digest[N + 1] = { 1 };
    uint8_t signature[2 * N + 1];
    struct key key = random_key();
    sign(&key, digest, signature);
    assert_true(agreed(&key, digest, signature));
    for (size_t n = 0; n <= sizeof(signature); n++) {
        sg_result r =
            ecdsa_p256_verify(key.point, NULL, sg_bytes_of(digest, N), sg_bytes_of(signature, n));
        assert_int_equal(r.code, n == 2 * N ? SG_OK : SG_E_SIGNATURE);
    }
    for (size_t n = 0; n <= sizeof(digest); n++) {
        sg_result r = ecdsa_p256_verify(
            key.point, key.tabled, sg_bytes_of(digest, n), sg_bytes_of(signature, 2 * N));
        assert_int_equal(r.code, n == N ? SG_OK : SG_E_SIGNATURE);
    }
    key_free(&key);
}

static void
test_points_that_are_none(void **state)
{
    uint8_t octets[ECDSA_P256_POINT_LEN + 1];
    EC_POINT *point = NULL;
    const EC_GROUP *group = ecdsa_p256_group();
    (void)state;
    assert_int_equal(EC_POINT_point2oct(group, EC_GROUP_get0_generator(group),
                         POINT_CONVERSION_UNCOMPRESSED, octets, ECDSA_P256_POINT_LEN, NULL),
        ECDSA_P256_POINT_LEN);
    for (size_t n = 0; n <= sizeof(octets); n++) {
        if (n != ECDSA_P256_POINT_LEN) {
            assert_refused(ecdsa_p256_point(sg_bytes_of(octets, n), &point), KEY_INVALID);
        }
    }
    sg_bytes view = sg_bytes_of(octets, ECDSA_P256_POINT_LEN);
    for (unsigned form = 0; form < 256; form++) {
        octets[0] = (uint8_t)form;
        if (form == 4) {
            assert_ok(ecdsa_p256_point(view, &point));
            EC_POINT_free(point);
            point = NULL;
        } else {
            assert_refused(ecdsa_p256_point(view, &point), KEY_INVALID);
        }
    }
    octets[0] = 4;
    octets[64] ^= 1; /* off the curve */
    assert_refused(ecdsa_p256_point(view, &point), KEY_INVALID);
    memset(octets + 1, 0xFF, 64); /* above the prime */
    assert_refused(ecdsa_p256_point(view, &point), KEY_INVALID);
    memset(octets + 1, 0, 64);
    assert_refused(ecdsa_p256_point(view, &point), KEY_INVALID);
    assert_null(point);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_signatures_and_changed_bits),
        cmocka_unit_test(test_corner_numbers),
        cmocka_unit_test(test_digests_at_and_above_the_order),
        cmocka_unit_test(test_sums_that_meet),
        cmocka_unit_test(test_x_above_the_order),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_points_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
