/*
 * formats/ecdsa without memory: a good signature is never called bad, a bad one never good, and libcrypto's error queue stays empty.
 * A program of its own, because libcrypto takes its allocator once. req: SIG-7
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "ecdsa_p256.h"
#include "support.h"

enum { N = 32 };

static long left = -1; /* allocations until they fail; -1: they do not */
static bool for_good;

static bool
fails(void)
{
    if (left < 0) {
        return false;
    }
    if (left == 0) {
        left = for_good ? 0 : -1;
        return true;
    }
    left--;
    return false;
}

static void *
allocate(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : malloc(n);
}

static void *
allocate_again(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : realloc(p, n);
}

static void
release(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

static void
each_allocation_fails(const EC_POINT *point, const EC_GROUP *tabled, const uint8_t digest[N],
    const uint8_t signature[2 * N], enum sg_code want)
{
    size_t refused = 0;
    for (long i = 0;; i++) {
        left = i;
        sg_result r =
            ecdsa_p256_verify(point, tabled, sg_bytes_of(digest, N), sg_bytes_of(signature, 2 * N));
        bool reached = for_good ? left == 0 : left < 0;
        left = -1;
        assert_int_equal(ERR_peek_error(), 0);
        if (!reached) {
            assert_int_equal(r.code, want);
            break;
        }
        assert_true(r.code == SG_E_NO_MEMORY || r.code == want); /* libcrypto gets over some */
        refused += r.code == SG_E_NO_MEMORY;
    }
    assert_true(refused >= 5);
}

static void
test_without_memory_nothing_is_good_or_bad(void **state)
{
    (void)state;
    const EC_GROUP *group = ecdsa_p256_group();
    EC_KEY *key = EC_KEY_new();
    uint8_t digest[N] = { 1, 2, 3 };
    uint8_t signature[2 * N];
    assert_true(key != NULL && group != NULL && EC_KEY_set_group(key, group) == 1 &&
                EC_KEY_generate_key(key) == 1);
    const EC_POINT *point = EC_KEY_get0_public_key(key);
    EC_GROUP *tabled = EC_GROUP_dup(group);
    assert_int_equal(
        EC_GROUP_set_generator(tabled, point, EC_GROUP_get0_order(group), BN_value_one()), 1);
    assert_int_equal(EC_GROUP_precompute_mult(tabled, NULL), 1);
    ECDSA_SIG *sig = ECDSA_do_sign(digest, N, key);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, N), N);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + N, N), N);
    for (int i = 0; i < 8; i++) {
        for_good = (i & 1) != 0;
        digest[0] = (i & 2) != 0 ? 2 : 1;
        each_allocation_fails(point, (i & 4) != 0 ? tabled : NULL, digest, signature,
            (i & 2) != 0 ? SG_E_SIGNATURE : SG_OK);
    }
    ECDSA_SIG_free(sig);
    EC_GROUP_free(tabled);
    EC_KEY_free(key);
}

static void
test_a_point_without_memory(void **state)
{
    (void)state;
    uint8_t octets[ECDSA_P256_POINT_LEN];
    const EC_GROUP *group = ecdsa_p256_group();
    assert_int_equal(EC_POINT_point2oct(group, EC_GROUP_get0_generator(group),
                         POINT_CONVERSION_UNCOMPRESSED, octets, sizeof(octets), NULL),
        sizeof(octets));
    for_good = false;
    for (long i = 0;; i++) {
        EC_POINT *point = NULL;
        left = i;
        sg_result r = ecdsa_p256_point(SG_BYTES(octets), &point);
        bool reached = left < 0;
        left = -1;
        assert_int_equal(ERR_peek_error(), 0);
        assert_true(r.code == SG_E_NO_MEMORY || sg_ok(r));
        assert_true(sg_ok(r) == (point != NULL));
        EC_POINT_free(point);
        if (!reached) {
            assert_ok(r);
            assert_true(i > 0);
            break;
        }
    }
}

int
main(void)
{
    if (CRYPTO_set_mem_functions(allocate, allocate_again, release) != 1) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory_nothing_is_good_or_bad),
        cmocka_unit_test(test_a_point_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
