/*
 * Verification on P-256 against libcrypto's own, and a point against libcrypto's decoding. Input: one byte of choices, 32 bytes d or a coordinate, 32 of digest, 64 of
 * signature, 32 of nonce. With bit 0 the signature is made with that nonce and then changed by the 64 bytes; without it they are the signature. Shorter inputs
 * are filled with zeros. With bit 2 the private key is three, and the same is asked of a table for it.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "ecdsa_p256.h"

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

enum { N = 32, INPUT = 1 + 5 * N };
enum choice { SIGN = 1, POINT = 2, TABLED = 4 };

#define TABLED_D 3

static EC_GROUP *tabled;

static void
make_table(void)
{
    const EC_GROUP *group = ecdsa_p256_group();
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *d = BN_new();
    tabled = EC_GROUP_dup(group);
    CHECK(point != NULL && d != NULL && tabled != NULL && BN_set_word(d, TABLED_D) == 1);
    CHECK(EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1);
    CHECK(EC_GROUP_set_generator(tabled, point, EC_GROUP_get0_order(group), BN_value_one()) == 1);
    CHECK(EC_GROUP_precompute_mult(tabled, NULL) == 1);
    EC_POINT_free(point);
    BN_free(d);
}

struct numbers {
    BN_CTX *ctx;
    BIGNUM *d;
    BIGNUM *e;
    BIGNUM *k;
    BIGNUM *r;
    BIGNUM *s;
};

static void
put(const BIGNUM *n, uint8_t *ret)
{
    CHECK(BN_bn2binpad(n, ret, N) == N);
}

/* FIPS 186-5 6.4.1 with the nonce of the input; false where it has none (k, r or s zero). */
static bool
sign(struct numbers *v, uint8_t ret[2 * N])
{
    const EC_GROUP *group = ecdsa_p256_group();
    const BIGNUM *order = EC_GROUP_get0_order(group);
    EC_POINT *at = EC_POINT_new(group);
    CHECK(at != NULL && BN_nnmod(v->k, v->k, order, v->ctx) == 1);
    bool good = !BN_is_zero(v->k);
    if (good) {
        CHECK(EC_POINT_mul(group, at, v->k, NULL, NULL, v->ctx) == 1);
        CHECK(EC_POINT_get_affine_coordinates(group, at, v->r, NULL, v->ctx) == 1);
        CHECK(BN_nnmod(v->r, v->r, order, v->ctx) == 1);
        CHECK(BN_mod_mul(v->s, v->r, v->d, order, v->ctx) == 1);
        CHECK(BN_mod_add(v->s, v->s, v->e, order, v->ctx) == 1);
        CHECK(BN_mod_inverse(v->k, v->k, order, v->ctx) != NULL);
        CHECK(BN_mod_mul(v->s, v->s, v->k, order, v->ctx) == 1);
        good = !BN_is_zero(v->r) && !BN_is_zero(v->s);
    }
    if (good) {
        put(v->r, ret);
        put(v->s, ret + N);
    }
    EC_POINT_free(at);
    return good;
}

static void
check_verification(const uint8_t in[INPUT], struct numbers *v, bool make)
{
    const EC_GROUP *group = ecdsa_p256_group();
    const uint8_t *digest = in + 1 + N;
    const uint8_t *given = in + 1 + 2 * N;
    uint8_t signature[2 * N];
    bool changed = !make;
    memcpy(signature, given, sizeof(signature));
    CHECK(BN_bin2bn(in + 1, N, v->d) != NULL && BN_bin2bn(digest, N, v->e) != NULL &&
          BN_bin2bn(in + 1 + 4 * N, N, v->k) != NULL);
    CHECK(BN_nnmod(v->d, v->d, EC_GROUP_get0_order(group), v->ctx) == 1);
    if ((in[0] & TABLED) != 0) {
        CHECK(BN_set_word(v->d, TABLED_D) == 1);
    }
    if (BN_is_zero(v->d)) {
        return;
    }
    if (make) {
        if (!sign(v, signature)) {
            return;
        }
        for (size_t i = 0; i < sizeof(signature); i++) {
            signature[i] ^= given[i];
            changed = changed || given[i] != 0;
        }
    }
    EC_KEY *ec = EC_KEY_new();
    EC_POINT *public = EC_POINT_new(group);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    CHECK(ec != NULL && public != NULL && sig != NULL && EC_KEY_set_group(ec, group) == 1);
    CHECK(EC_POINT_mul(group, public, v->d, NULL, NULL, v->ctx) == 1);
    CHECK(EC_KEY_set_public_key(ec, public) == 1);
    CHECK(
        ECDSA_SIG_set0(sig, BN_bin2bn(signature, N, NULL), BN_bin2bn(signature + N, N, NULL)) == 1);
    bool want = ECDSA_do_verify(digest, N, sig, ec) == 1;
    sg_result r = ecdsa_p256_verify(
        public, NULL, sg_bytes_of(digest, N), sg_bytes_of(signature, sizeof(signature)));
    CHECK(r.code == (want ? SG_OK : SG_E_SIGNATURE));
    if ((in[0] & TABLED) != 0) {
        r = ecdsa_p256_verify(
            public, tabled, sg_bytes_of(digest, N), sg_bytes_of(signature, sizeof(signature)));
        CHECK(r.code == (want ? SG_OK : SG_E_SIGNATURE));
    }
    CHECK(changed || want);
    ECDSA_SIG_free(sig);
    EC_POINT_free(public);
    EC_KEY_free(ec);
}

static void
check_point(const uint8_t in[INPUT])
{
    const EC_GROUP *group = ecdsa_p256_group();
    EC_POINT *ours = NULL;
    EC_POINT *theirs = EC_POINT_new(group);
    sg_bytes octets = sg_bytes_of(in + 1, ECDSA_P256_POINT_LEN);
    CHECK(theirs != NULL);
    /* 06 and 07, the hybrid form, are libcrypto's; ours refuses them */
    bool want = EC_POINT_oct2point(group, theirs, octets.p, octets.n, NULL) == 1 &&
                octets.p[0] == POINT_CONVERSION_UNCOMPRESSED;
    sg_result r = ecdsa_p256_point(octets, &ours);
    CHECK(r.code == (want ? SG_OK : SG_E_KEY_INVALID));
    CHECK(!want || EC_POINT_cmp(group, ours, theirs, NULL) == 0);
    EC_POINT_free(ours);
    EC_POINT_free(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t in[INPUT] = { 0 };
    memcpy(in, data, size < INPUT ? size : INPUT);
    CHECK(ecdsa_p256_group() != NULL);
    if (tabled == NULL) {
        make_table();
    }
    if ((in[0] & POINT) != 0) {
        check_point(in);
    } else {
        struct numbers v = { BN_CTX_new(), BN_new(), BN_new(), BN_new(), BN_new(), BN_new() };
        CHECK(v.ctx != NULL && v.s != NULL);
        check_verification(in, &v, (in[0] & SIGN) != 0);
        BN_free(v.d);
        BN_free(v.e);
        BN_free(v.k);
        BN_free(v.r);
        BN_free(v.s);
        BN_CTX_free(v.ctx);
    }
    ERR_clear_error();
    return 0;
}
