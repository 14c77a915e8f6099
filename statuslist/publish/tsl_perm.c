#include "tsl_alloc.h"

/*
 * SipHash-2-4 (Aumasson, Bernstein) of one 64-bit word as round function: a keyed PRF that needs no library object and some 15 ns.
 * Ten rounds: with halves of a few bits, four rounds of a perfect function would still show structure.
 */
#define ROUNDS 10

static uint64_t
rotl(uint64_t x, unsigned b)
{
    return (x << b) | (x >> (64 - b));
}

static void
sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

/* SipHash-2-4 of the eight bytes of `word` (little-endian): the second block is the length, 8 << 56. */
static uint64_t
sip_word(uint64_t k0, uint64_t k1, uint64_t word)
{
    const uint64_t blocks[2] = { word, (uint64_t)8 << 56 };
    uint64_t v[4] = { k0 ^ 0x736f6d6570736575U, k1 ^ 0x646f72616e646f6dU, k0 ^ 0x6c7967656e657261U,
        k1 ^ 0x7465646279746573U };
    for (size_t i = 0; i < 2; i++) {
        v[3] ^= blocks[i];
        sip_round(v);
        sip_round(v);
        v[0] ^= blocks[i];
    }
    v[2] ^= 0xff;
    for (size_t i = 0; i < 4; i++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t
le64(const uint8_t *p)
{
    uint64_t x = 0;
    for (unsigned i = 0; i < 8; i++) {
        x |= (uint64_t)p[i] << (8 * i);
    }
    return x;
}

sg_result
tsl_perm_init(struct tsl_perm *perm, const uint8_t key[TSL_PERM_KEY_LEN], uint64_t size)
{
    SG_REQUIRE(size > 0 && size <= TSL_PERM_SIZE_MAX, VALUE);
    struct tsl_perm p = { .k0 = le64(key), .k1 = le64(key + 8), .size = size, .half_bits = 1 };
    while (((uint64_t)1 << (2 * p.half_bits)) < size) {
        p.half_bits++;
    }
    *perm = p;
    return SG_DONE;
}

/* One pass through the network: a permutation of [0, 2^(2 half_bits)). */
static uint64_t
network(const struct tsl_perm *perm, uint64_t x)
{
    uint64_t mask = ((uint64_t)1 << perm->half_bits) - 1;
    uint64_t left = x >> perm->half_bits;
    uint64_t right = x & mask;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        uint64_t f = sip_word(perm->k0, perm->k1, round << 56 | right);
        uint64_t next = left ^ (f & mask);
        left = right;
        right = next;
    }
    return left << perm->half_bits | right;
}

uint64_t
tsl_perm_at(const struct tsl_perm *perm, uint64_t n)
{
    /* Cycle walking stays a permutation of [0, size); the network's range is below four times size, so few steps. */
    uint64_t x = network(perm, n);
    while (x >= perm->size) {
        x = network(perm, x);
    }
    return x;
}
