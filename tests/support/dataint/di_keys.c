#define OPENSSL_SUPPRESS_DEPRECATED
#include "di_keys.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <sodium.h>

#include "support.h"

static EC_KEY *
ec_key(enum jose_crv crv, const uint8_t *secret, size_t n)
{
    EC_KEY *key = EC_KEY_new_by_curve_name(crv == JOSE_P384 ? NID_secp384r1 : NID_X9_62_prime256v1);
    BIGNUM *d = BN_bin2bn(secret, (int)n, NULL);
    EC_POINT *q = EC_POINT_new(EC_KEY_get0_group(key));
    assert_int_equal(EC_POINT_mul(EC_KEY_get0_group(key), q, d, NULL, NULL, NULL), 1);
    assert_int_equal(EC_KEY_set_private_key(key, d), 1);
    assert_int_equal(EC_KEY_set_public_key(key, q), 1);
    EC_POINT_free(q);
    BN_clear_free(d);
    return key;
}

static void
ec_public(struct di_test_key *key)
{
    uint8_t point[1 + 2 * 48];
    size_t n = key->secret_len;
    EC_KEY *ec = ec_key(key->crv, key->secret, n);
    assert_int_equal(EC_POINT_point2oct(EC_KEY_get0_group(ec), EC_KEY_get0_public_key(ec),
                         POINT_CONVERSION_UNCOMPRESSED, point, sizeof(point), NULL),
        1 + 2 * n);
    EC_KEY_free(ec);
    memcpy(key->jwk.x, point + 1, n);
    memcpy(key->jwk.y, point + 1 + n, n);
}

struct di_test_key
di_test_key_of(struct sg_arena *arena, enum jose_crv crv, const char *word)
{
    struct di_test_key key = { .crv = crv, .secret_len = crv == JOSE_P384 ? 48 : 32 };
    uint8_t hash[SG_SHA384_LEN];
    sg_hash(SG_SHA384, sg_str_bytes(sg_cstr(word)), hash);
    memcpy(key.secret, hash, key.secret_len);
    key.secret[0] &= 0x7f; /* below every order */
    key.jwk.crv = crv;
    key.jwk.coord_len = key.secret_len;
    if (crv == JOSE_ED25519) {
        uint8_t secret[crypto_sign_SECRETKEYBYTES];
        key.jwk.kty = JOSE_KTY_OKP;
        assert_int_equal(crypto_sign_seed_keypair(key.jwk.x, secret, key.secret), 0);
    } else {
        key.jwk.kty = JOSE_KTY_EC;
        ec_public(&key);
    }
    assert_ok(did_key_of(arena, &key.jwk, &key.did));
    assert_ok(did_method_of(arena, key.did, &key.method));
    return key;
}

sg_bytes
di_test_sign(struct sg_arena *arena, const struct di_test_key *key, sg_bytes message)
{
    uint8_t *out = sg_arena_alloc(arena, 96);
    assert_non_null(out);
    if (key->crv == JOSE_ED25519) {
        uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
        uint8_t secret[crypto_sign_SECRETKEYBYTES];
        assert_int_equal(crypto_sign_seed_keypair(public_key, secret, key->secret), 0);
        assert_int_equal(crypto_sign_detached(out, NULL, message.p, message.n, secret), 0);
        return sg_bytes_of(out, 64);
    }
    enum sg_hash_alg alg = key->crv == JOSE_P384 ? SG_SHA384 : SG_SHA256;
    uint8_t digest[SG_HASH_MAX];
    sg_hash(alg, message, digest);
    EC_KEY *ec = ec_key(key->crv, key->secret, key->secret_len);
    ECDSA_SIG *sig = ECDSA_do_sign(digest, (int)sg_hash_len(alg), ec);
    assert_non_null(sig);
    int half = (int)key->secret_len;
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, half), half);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, half), half);
    ECDSA_SIG_free(sig);
    EC_KEY_free(ec);
    return sg_bytes_of(out, 2 * key->secret_len);
}
