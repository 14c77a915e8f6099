/*
 * P-256 is formats/ecdsa's, with a table for keys that sign all day (key_public_warm). P-384: libcrypto's low-level ECDSA on purpose although 3.0 calls it
 * deprecated: it takes 2 us less than EVP_PKEY_verify. Ed25519: libsodium 38 us against 66 us, and it refuses small-order points and non-canonical values.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "key_public.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "ecdsa_p256.h"
#include "sg_text.h"

struct key_public {
    const struct key_alg_row *row;
    uint8_t spki[KEY_SPKI_MAX];
    size_t spki_len;
    uint8_t thumbprint[KEY_THUMBPRINT_LEN];
    EC_POINT *p256;
    EC_GROUP
    *tabled; /* warm: the curve with this key's point as generator, and its table; or NULL */
    EC_KEY *p384;
};

static void
ecdsa_sig_free(ECDSA_SIG **sig)
{
    ECDSA_SIG_free(*sig);
}

/* Made once and never freed: a group by name costs 12 us, a copy of a ready one 1 us. Read only after pthread_once; EC_KEY_set_group copies. */
static EC_GROUP *p384_group;
static pthread_once_t p384_once = PTHREAD_ONCE_INIT;

static void
make_p384(void)
{
    p384_group = EC_GROUP_new_by_curve_name(NID_secp384r1);
}

/*
 * Decode, and refuse what is not a point of the curve's group: coordinates below the field's prime and on the curve are what EC_KEY_oct2key checks; the
 * identity has no encoding that begins with 04; and the curve has cofactor one, so that every other point has the group's order. EC_KEY_check_key would
 * multiply by the order to find that out again: 45 us, as much as a verification.
 */
static sg_result
prepare_p384(struct key_public *key)
{
    sg_bytes octets = key_public_point(key);
    SG_REQUIRE(octets.p[0] == 0x04, KEY_INVALID);
    pthread_once(&p384_once, make_p384);
    key->p384 = EC_KEY_new();
    SG_REQUIRE(p384_group != NULL && key->p384 != NULL, NO_MEMORY);
    SG_REQUIRE(EC_KEY_set_group(key->p384, p384_group) == 1, NO_MEMORY);
    if (EC_KEY_oct2key(key->p384, octets.p, octets.n, NULL) != 1) {
        ERR_clear_error();
        SG_FAIL(KEY_INVALID);
    }
    return SG_DONE;
}

/* RFC 8032 decoding, and no point of small order: such a key accepts signatures of anything. */
static sg_result
prepare_ed25519(struct key_public *key)
{
    SG_REQUIRE(crypto_core_ed25519_is_valid_point(key_public_point(key).p) == 1, KEY_INVALID);
    return SG_DONE;
}

static sg_result
prepare_point(struct key_public *key)
{
    switch (key->row->alg) {
    case KEY_ES256:
        return ecdsa_p256_point(key_public_point(key), &key->p256);
    case KEY_ES384:
        return prepare_p384(key);
    case KEY_EDDSA:
        return prepare_ed25519(key);
    case KEY_ALG_NONE:
        break;
    }
    SG_FAIL(ALGORITHM);
}

static char *
put_text(char *to, const char *text)
{
    size_t n = strlen(text);
    memcpy(to, text, n);
    return to + n;
}

/* RFC 7638 3.2: required members only, in lexicographic order, no white space. */
static void
make_thumbprint(struct key_public *key)
{
    char json[256]; /* longest: P-384, 2 x 64 characters and 40 around them */
    sg_bytes point = key_public_point(key);
    bool has_y = point.n > key->row->coord_len;
    sg_bytes x = sg_bytes_slice(point, has_y ? 1 : 0, key->row->coord_len);
    char *p = put_text(json, "{\"crv\":\"");
    p = put_text(p, key->row->crv);
    p = put_text(p, "\",\"kty\":\"");
    p = put_text(p, key->row->kty);
    p = put_text(p, "\",\"x\":\"");
    p += sg_b64url_to(x, p);
    if (has_y) {
        p = put_text(p, "\",\"y\":\"");
        p += sg_b64url_to(sg_bytes_slice(point, 1 + key->row->coord_len, key->row->coord_len), p);
    }
    p = put_text(p, "\"}");
    sg_sha256(sg_bytes_of(json, (size_t)(p - json)), key->thumbprint);
}

static sg_result
prepare(const struct key_alg_row *row, sg_bytes point, struct key_public **ret)
{
    SG_CLEANUP(key_public_free)
    struct key_public *key = calloc(1, sizeof(*key));
    SG_REQUIRE(key != NULL, NO_MEMORY);
    key->row = row;
    key->spki_len = row->spki_prefix.n + row->point_len;
    memcpy(key->spki, row->spki_prefix.p, row->spki_prefix.n);
    memcpy(key->spki + row->spki_prefix.n, point.p, row->point_len);
    SG_TRY(prepare_point(key));
    make_thumbprint(key);
    *ret = key;
    key = NULL;
    return SG_DONE;
}

sg_result
key_public_of_point(enum key_alg alg, sg_bytes point, struct key_public **ret)
{
    const struct key_alg_row *row = key_alg_row((uint64_t)alg);
    SG_REQUIRE(row != NULL, ALGORITHM);
    SG_REQUIRE(point.n == row->point_len, KEY_INVALID);
    return prepare(row, point, ret);
}

sg_result
key_public_new(sg_bytes spki, struct key_public **ret)
{
    for (uint64_t alg = KEY_ES256; alg <= KEY_EDDSA; alg++) {
        const struct key_alg_row *row = key_alg_row(alg);
        if (sg_bytes_equal(sg_bytes_slice(spki, 0, row->spki_prefix.n), row->spki_prefix)) {
            return key_public_of_point(
                row->alg, sg_bytes_slice(spki, row->spki_prefix.n, spki.n), ret);
        }
    }
    SG_FAIL(ALGORITHM);
}

void
key_public_free(struct key_public **key)
{
    if (*key != NULL) {
        EC_POINT_free((*key)->p256);
        EC_GROUP_free((*key)->tabled);
        EC_KEY_free((*key)->p384);
        free(*key);
        *key = NULL;
    }
}

const struct key_alg_row *
key_public_alg(const struct key_public *key)
{
    return key->row;
}

sg_bytes
key_public_spki(const struct key_public *key)
{
    return sg_bytes_of(key->spki, key->spki_len);
}

sg_bytes
key_public_point(const struct key_public *key)
{
    return sg_bytes_of(key->spki + key->row->spki_prefix.n, key->row->point_len);
}

const uint8_t *
key_public_thumbprint(const struct key_public *key)
{
    return key->thumbprint;
}

sg_result
key_public_warm(struct key_public *key)
{
    SG_REQUIRE(key->row->alg == KEY_ES256, UNSUPPORTED);
    if (key->tabled != NULL) {
        return SG_DONE;
    }
    const EC_GROUP *group = ecdsa_p256_group();
    EC_GROUP *tabled = EC_GROUP_dup(group);
    SG_REQUIRE(tabled != NULL, NO_MEMORY);
    if (EC_GROUP_set_generator(tabled, key->p256, EC_GROUP_get0_order(group), BN_value_one()) !=
            1 ||
        EC_GROUP_precompute_mult(tabled, NULL) != 1) {
        EC_GROUP_free(tabled);
        SG_FAIL(NO_MEMORY);
    }
    key->tabled = tabled;
    return SG_DONE;
}

static sg_result
verify_ecdsa(const struct key_public *key, sg_bytes digest, sg_bytes signature)
{
    if (key->p256 != NULL) {
        return ecdsa_p256_verify(key->p256, key->tabled, digest, signature);
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
    if (ECDSA_do_verify(digest.p, (int)digest.n, sig, key->p384) != 1) {
        ERR_clear_error();
        SG_FAIL(SIGNATURE);
    }
    return SG_DONE;
}

sg_result
key_public_verify(const struct key_public *key, sg_bytes dtbsr, sg_bytes signature)
{
    SG_REQUIRE(signature.n == key->row->sig_len, SIGNATURE);
    if (key->row->prehash) {
        SG_REQUIRE(dtbsr.n == sg_hash_len(key->row->hash), DIGEST);
        return verify_ecdsa(key, dtbsr, signature);
    }
    static const uint8_t nothing[1];
    SG_REQUIRE(crypto_sign_verify_detached(signature.p, dtbsr.n == 0 ? nothing : dtbsr.p, dtbsr.n,
                   key_public_point(key).p) == 0,
        SIGNATURE);
    return SG_DONE;
}

sg_result
key_public_verify_message(const struct key_public *key, sg_bytes message, sg_bytes signature)
{
    if (!key->row->prehash) {
        return key_public_verify(key, message, signature);
    }
    uint8_t digest[SG_HASH_MAX];
    sg_hash(key->row->hash, message, digest);
    return key_public_verify(key, sg_bytes_of(digest, sg_hash_len(key->row->hash)), signature);
}
