/*
 * Prepared keys. This is the hottest code of the gateway (two or three of these operations per credential). P-256 is formats/ecdsa's. For the other
 * curves the low-level EC interface is used on purpose: with OpenSSL 3.0 on the test machine EVP_PKEY_fromdata costs 14 us and
 * EVP_PKEY_verify more than ECDSA_do_verify, while an EC_KEY with a ready group costs 1.4 us. Ed25519 is
 * libsodium's: 37 us against 68, and it refuses small-order keys and unreduced scalars. The EC functions are deprecated, not
 * removed. Measure again: tests/bench/jose.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "ecdsa_p256.h"
#include "jwk_rsa.h"

struct jwk_key {
    enum jose_kty kty;
    enum jose_crv crv;
    const struct jose_alg *alg; /* the only one allowed, or NULL */
    EC_POINT *p256;
    EC_KEY *ec; /* the other curves */
    EVP_PKEY *rsa;
    uint8_t ed25519[crypto_sign_PUBLICKEYBYTES];
};

/* ---- groups ------------------------------------------------------------------------------------------ */

/*
 * Constants, made once: building a named group costs 8 us. The only process-wide state in formats/; nothing writes to it
 * after pthread_once, and EC_KEY_set_group copies it.
 */
static EC_GROUP *groups[JOSE_P521 + 1];
static pthread_once_t groups_once = PTHREAD_ONCE_INIT;

static void
make_groups(void)
{
    groups[JOSE_P384] = EC_GROUP_new_by_curve_name(NID_secp384r1);
    groups[JOSE_P521] = EC_GROUP_new_by_curve_name(NID_secp521r1);
}

static const EC_GROUP *
group_of(enum jose_crv crv)
{
    if (crv == JOSE_P256) {
        return ecdsa_p256_group();
    }
    pthread_once(&groups_once, make_groups);
    return groups[crv];
}

/* ---- making ------------------------------------------------------------------------------------------ */

static sg_result
ec_new(const struct jwk *jwk, struct jwk_key *key)
{
    uint8_t point[1 + 2 * JWK_COORD_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
    size_t n = jwk->coord_len;
    const EC_GROUP *group = group_of(jwk->crv);
    SG_REQUIRE(group != NULL, NO_MEMORY);
    SG_REQUIRE(n == (size_t)(EC_GROUP_get_degree(group) + 7) / 8, KEY_INVALID);
    memcpy(point + 1, jwk->x, n);
    memcpy(point + 1 + n, jwk->y, n);
    if (jwk->crv == JOSE_P256) {
        return ecdsa_p256_point(sg_bytes_of(point, 1 + 2 * n), &key->p256);
    }
    EC_KEY *ec = EC_KEY_new();
    SG_REQUIRE(ec != NULL, NO_MEMORY);
    if (EC_KEY_set_group(ec, group) != 1) {
        EC_KEY_free(ec);
        SG_FAIL(NO_MEMORY);
    }
    /*
     * Refuses coordinates of p or more and points that are not on the curve. The NIST curves have cofactor 1, so
     * every point on them but infinity, which has no uncompressed form, is in the right group.
     */
    if (EC_KEY_oct2key(ec, point, 1 + 2 * n, NULL) != 1) {
        EC_KEY_free(ec);
        ERR_clear_error();
        SG_FAIL(KEY_INVALID);
    }
    key->ec = ec;
    return SG_DONE;
}

static void
point_free(EC_POINT **point)
{
    EC_POINT_free(*point);
}

sg_result
jwk_from_compressed(enum jose_crv crv, sg_bytes point, struct jwk *ret)
{
    const EC_GROUP *group =
        crv == JOSE_P256 || crv == JOSE_P384 || crv == JOSE_P521 ? group_of(crv) : NULL;
    SG_REQUIRE(group != NULL, ALGORITHM);
    size_t n = (size_t)(EC_GROUP_get_degree(group) + 7) / 8;
    SG_REQUIRE(point.n == 1 + n && (point.p[0] == 2 || point.p[0] == 3), KEY_INVALID);
    SG_CLEANUP(point_free)
    EC_POINT *decoded = EC_POINT_new(group);
    SG_REQUIRE(decoded != NULL, NO_MEMORY);
    uint8_t out[1 + 2 * JWK_COORD_MAX];
    /* Refuses an x of p or more, and an x without a y. */
    if (EC_POINT_oct2point(group, decoded, point.p, point.n, NULL) != 1 ||
        EC_POINT_point2oct(group, decoded, POINT_CONVERSION_UNCOMPRESSED, out, 1 + 2 * n, NULL) !=
            1 + 2 * n) {
        ERR_clear_error();
        SG_FAIL(KEY_INVALID);
    }
    *ret = (struct jwk){ .kty = JOSE_KTY_EC, .crv = crv, .coord_len = n };
    memcpy(ret->x, out + 1, n);
    memcpy(ret->y, out + 1 + n, n);
    return SG_DONE;
}

/* y = 1, -1 and 0 with their unreduced forms: the points of order 1, 2, 4 have no business as a key. */
static sg_result
ed25519_check(const uint8_t key[crypto_sign_PUBLICKEYBYTES])
{
    SG_REQUIRE(crypto_core_ed25519_is_valid_point(key) == 1, KEY_INVALID);
    return SG_DONE;
}

static sg_result
prepare(const struct jwk *jwk, struct jwk_key *key)
{
    switch (jwk->kty) {
    case JOSE_KTY_EC:
        SG_REQUIRE(
            jwk->crv == JOSE_P256 || jwk->crv == JOSE_P384 || jwk->crv == JOSE_P521, KEY_INVALID);
        return ec_new(jwk, key);
    case JOSE_KTY_OKP:
        SG_REQUIRE(jwk->crv == JOSE_ED25519 && jwk->coord_len == sizeof(key->ed25519), KEY_INVALID);
        memcpy(key->ed25519, jwk->x, sizeof(key->ed25519));
        return ed25519_check(key->ed25519);
    case JOSE_KTY_RSA:
        return jwk_rsa_new(jwk, &key->rsa);
    }
    SG_FAIL(KEY_INVALID);
}

sg_result
jwk_key_new(const struct jwk *jwk, struct jwk_key **ret)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = calloc(1, sizeof(*key));
    SG_REQUIRE(key != NULL, NO_MEMORY);
    key->kty = jwk->kty;
    key->crv = jwk->crv;
    key->alg = jwk->alg;
    SG_TRY(prepare(jwk, key));
    *ret = key;
    key = NULL; /* taken */
    return SG_DONE;
}

void
jwk_key_free(struct jwk_key **key)
{
    if (*key == NULL) {
        return;
    }
    EC_POINT_free((*key)->p256);
    EC_KEY_free((*key)->ec);
    EVP_PKEY_free((*key)->rsa);
    free(*key);
    *key = NULL;
}

/* ---- verifying --------------------------------------------------------------------------------------- */

static void
ecdsa_sig_free(ECDSA_SIG **sig)
{
    ECDSA_SIG_free(*sig);
}

/* IEEE P1363: two halves of exactly the curve's length (RFC 7518 3.4). ECDSA_do_verify refuses 0 and the order and more. */
static sg_result
ecdsa_verify(
    const struct jwk_key *key, const struct jose_alg *alg, sg_bytes digest, sg_bytes signature)
{
    SG_REQUIRE(signature.n == alg->sig_len && digest.n == sg_hash_len(alg->hash), SIGNATURE);
    if (key->p256 != NULL) {
        return ecdsa_p256_verify(key->p256, NULL, digest, signature);
    }
    int half = (int)(signature.n / 2);
    SG_CLEANUP(ecdsa_sig_free)
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature.p, half, NULL);
    BIGNUM *s = BN_bin2bn(signature.p + half, half, NULL);
    if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        SG_FAIL(NO_MEMORY);
    }
    int ok = ECDSA_do_verify(digest.p, (int)digest.n, sig, key->ec);
    if (ok != 1) {
        ERR_clear_error();
        SG_FAIL(SIGNATURE);
    }
    return SG_DONE;
}

static sg_result
check_fit(const struct jwk_key *key, const struct jose_alg *alg)
{
    SG_REQUIRE(alg != NULL && alg->kty == key->kty && alg->crv == key->crv, ALGORITHM);
    SG_REQUIRE(key->alg == NULL || key->alg == alg, ALGORITHM); /* RFC 7517 4.4 */
    return SG_DONE;
}

sg_result
jwk_verify_digest(
    const struct jwk_key *key, const struct jose_alg *alg, sg_bytes digest, sg_bytes signature)
{
    SG_TRY(check_fit(key, alg));
    SG_REQUIRE(key->kty == JOSE_KTY_EC, ALGORITHM);
    return ecdsa_verify(key, alg, digest, signature);
}

sg_result
jwk_verify(
    const struct jwk_key *key, const struct jose_alg *alg, sg_bytes message, sg_bytes signature)
{
    SG_TRY(check_fit(key, alg));
    if (key->kty == JOSE_KTY_OKP) {
        SG_REQUIRE(signature.n == crypto_sign_BYTES, SIGNATURE);
        int bad = crypto_sign_verify_detached(signature.p, message.p, message.n, key->ed25519);
        SG_REQUIRE(bad == 0, SIGNATURE);
        return SG_DONE;
    }
    uint8_t digest[SG_HASH_MAX];
    sg_hash(alg->hash, message, digest);
    sg_bytes view = sg_bytes_of(digest, sg_hash_len(alg->hash));
    return key->kty == JOSE_KTY_EC ? ecdsa_verify(key, alg, view, signature)
                                   : jwk_rsa_verify(key->rsa, alg, view, signature);
}
