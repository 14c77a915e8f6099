/* The low-level EC functions are used so that a hundred thousand passkeys take seconds, and no key object per gesture is built and thrown away. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "bench_gesture.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <stdlib.h>
#include <string.h>

#include "sg_hash.h"
#include "sg_secret.h"
#include "sg_text.h"

#define FLAGS 0x05 /* UP, UV: WebAuthn 6.1 */

/* SubjectPublicKeyInfo of a P-256 key before its point (RFC 5480, 2). */
static const uint8_t spki_prefix[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42,
    0x00 };
_Static_assert(sizeof(spki_prefix) + 65 == BENCH_SPKI_LEN, "04 || x || y");

struct bench_persons {
    uint8_t seed[BENCH_SEED_LEN];
    sg_str origin;
    uint8_t rp_id_hash[SG_SHA256_LEN];
    EC_GROUP *group;
};

sg_result
bench_persons_new(
    const uint8_t seed[BENCH_SEED_LEN], sg_str rp_id, sg_str origin, struct bench_persons **ret)
{
    struct bench_persons *p = calloc(1, sizeof(*p));
    SG_REQUIRE(p != NULL, NO_MEMORY);
    p->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    if (p->group == NULL) {
        bench_persons_free(&p);
        SG_FAIL(NO_MEMORY);
    }
    memcpy(p->seed, seed, BENCH_SEED_LEN);
    p->origin = origin;
    sg_sha256(sg_str_bytes(rp_id), p->rp_id_hash);
    *ret = p;
    return SG_DONE;
}

void
bench_persons_free(struct bench_persons **persons)
{
    struct bench_persons *p = *persons;
    if (p == NULL) {
        return;
    }
    EC_GROUP_free(p->group);
    sg_wipe(p->seed, sizeof(p->seed));
    free(p);
    *persons = NULL;
}

static void
put_be64(uint8_t *out, uint64_t n)
{
    for (size_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(n >> (56 - 8 * i));
    }
}

/* SHA-256(tag byte || seed || number): one stream each for id, credential id and private key. */
static void
derive(const struct bench_persons *p, char tag, uint64_t number, uint8_t ret[SG_SHA256_LEN])
{
    uint8_t in[1 + BENCH_SEED_LEN + 8];
    in[0] = (uint8_t)tag;
    memcpy(in + 1, p->seed, BENCH_SEED_LEN);
    put_be64(in + 1 + BENCH_SEED_LEN, number);
    sg_sha256(SG_BYTES(in), ret);
    sg_wipe(in, sizeof(in));
}

void
bench_person_id(const struct bench_persons *persons, uint64_t number, uint8_t ret[BENCH_PERSON_LEN])
{
    uint8_t hash[SG_SHA256_LEN];
    derive(persons, 'i', number, hash);
    put_be64(ret, number);
    memcpy(ret + 8, hash, BENCH_PERSON_LEN - 8);
}

static void
bn_free(BIGNUM **n)
{
    BN_clear_free(*n);
}

static void
ec_free(EC_KEY **key)
{
    EC_KEY_free(*key);
}

static void
point_free(EC_POINT **point)
{
    EC_POINT_free(*point);
}

/* A hash modulo the group's order; that it is not quite uniform matters to nobody here. */
static sg_result
private_key(const struct bench_persons *p, uint64_t number, BIGNUM **ret)
{
    uint8_t hash[SG_SHA256_LEN];
    derive(p, 'k', number, hash);
    BIGNUM *d = BN_bin2bn(hash, sizeof(hash), NULL);
    sg_wipe(hash, sizeof(hash));
    bool good = d != NULL && (BN_cmp(d, EC_GROUP_get0_order(p->group)) < 0 ||
                                 BN_sub(d, d, EC_GROUP_get0_order(p->group)) == 1);
    if (!good || BN_is_zero(d)) {
        BN_clear_free(d);
        SG_FAIL(INTERNAL);
    }
    *ret = d;
    return SG_DONE;
}

sg_result
bench_person_row(
    const struct bench_persons *persons, uint64_t number, uint8_t ret[BENCH_PERSON_ROW])
{
    SG_CLEANUP(bn_free)
    BIGNUM *d = NULL;
    SG_CLEANUP(point_free)
    EC_POINT *point = EC_POINT_new(persons->group);
    SG_REQUIRE(point != NULL, NO_MEMORY);
    SG_TRY(private_key(persons, number, &d));
    uint8_t *spki = ret + BENCH_PERSON_LEN + BENCH_CREDENTIAL_LEN;
    bench_person_id(persons, number, ret);
    derive(persons, 'c', number, ret + BENCH_PERSON_LEN);
    memcpy(spki, spki_prefix, sizeof(spki_prefix));
    SG_REQUIRE(EC_POINT_mul(persons->group, point, d, NULL, NULL, NULL) == 1 &&
                   EC_POINT_point2oct(persons->group, point, POINT_CONVERSION_UNCOMPRESSED,
                       spki + sizeof(spki_prefix), 65, NULL) == 65,
        INTERNAL);
    return SG_DONE;
}

sg_result
bench_person_number(const struct bench_persons *persons, sg_bytes person, uint64_t *ret)
{
    uint8_t id[BENCH_PERSON_LEN];
    uint64_t number = 0;
    SG_REQUIRE(person.n == BENCH_PERSON_LEN, NOT_FOUND);
    for (size_t i = 0; i < 8; i++) {
        number = number << 8 | person.p[i];
    }
    bench_person_id(persons, number, id);
    SG_REQUIRE(memcmp(id, person.p, sizeof(id)) == 0, NOT_FOUND);
    *ret = number;
    return SG_DONE;
}

static sg_result
sign(struct sg_arena *arena, const struct bench_persons *p, uint64_t number,
    const uint8_t digest[SG_SHA256_LEN], sg_bytes *ret)
{
    SG_CLEANUP(bn_free)
    BIGNUM *d = NULL;
    SG_CLEANUP(ec_free)
    EC_KEY *key = EC_KEY_new();
    uint8_t der[80];
    unsigned n = sizeof(der);
    SG_REQUIRE(key != NULL, NO_MEMORY);
    SG_TRY(private_key(p, number, &d));
    SG_REQUIRE(EC_KEY_set_group(key, p->group) == 1 && EC_KEY_set_private_key(key, d) == 1 &&
                   ECDSA_sign(0, digest, SG_SHA256_LEN, der, &n, key) == 1,
        INTERNAL);
    return sg_arena_bytes(arena, sg_bytes_of(der, n), ret);
}

sg_result
bench_gesture_make(struct sg_arena *arena, const struct bench_persons *persons, uint64_t number,
    sg_bytes challenge, struct bench_gesture *ret)
{
    /* RP ID hash, flags, counter; then the hash of the client data: what is signed (6.3.3) */
    enum { DATA_LEN = SG_SHA256_LEN + 1 + 4 };
    uint8_t credential[SG_SHA256_LEN];
    uint8_t digest[SG_SHA256_LEN];
    char text[64];
    sg_str client;
    SG_REQUIRE(challenge.n == SG_SHA256_LEN, VALUE);
    size_t n = sg_b64url_to(challenge, text);
    SG_TRY(sg_arena_printf(arena, &client,
        "{\"type\":\"webauthn.get\",\"challenge\":\"%.*s\",\"origin\":\"%.*s\",\"crossOrigin\":"
        "false}",
        (int)n, text, SG_PRINT(persons->origin)));
    uint8_t *message = sg_arena_alloc(arena, DATA_LEN + SG_SHA256_LEN);
    SG_REQUIRE(message != NULL, NO_MEMORY);
    memset(message, 0, DATA_LEN);
    memcpy(message, persons->rp_id_hash, SG_SHA256_LEN);
    message[SG_SHA256_LEN] = FLAGS;
    sg_sha256(sg_str_bytes(client), message + DATA_LEN);
    sg_sha256(sg_bytes_of(message, DATA_LEN + SG_SHA256_LEN), digest);
    derive(persons, 'c', number, credential);
    SG_TRY(sg_arena_bytes(arena, SG_BYTES(credential), &ret->credential));
    ret->client_data = sg_str_bytes(client);
    ret->authenticator_data = sg_bytes_of(message, DATA_LEN);
    return sign(arena, persons, number, digest, &ret->signature);
}
