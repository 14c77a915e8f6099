#include "ledger_claims.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CAP_FIRST 1024

struct mark {
    uint64_t word[2];
};

static struct mark
mark_of(const struct ledger_claims *claims, const uint8_t name[32])
{
    struct mark mark;
    _Static_assert(sizeof(mark) == crypto_shorthash_siphashx24_BYTES, "two words");
    _Static_assert(sizeof(claims->key) == crypto_shorthash_siphashx24_KEYBYTES, "its key");
    crypto_shorthash_siphashx24((uint8_t *)&mark, name, 32, claims->key);
    return mark;
}

static size_t
next_slot(const struct ledger_claims *claims, size_t slot)
{
    return (slot + 1) & (claims->n_slots - 1);
}

/* The slot that holds the mark, or the free one where it would go. */
static size_t
find(const struct ledger_claims *claims, const uint64_t mark[2])
{
    size_t slot = (size_t)mark[0] & (claims->n_slots - 1);
    while (claims->index[slot] != 0) {
        const uint64_t *there = claims->ring[claims->index[slot] - 1].mark;
        if (there[0] == mark[0] && there[1] == mark[1]) {
            break;
        }
        slot = next_slot(claims, slot);
    }
    return slot;
}

/* Position of the i-th of the ring, 0 the oldest; i <= cap. */
static size_t
position(const struct ledger_claims *claims, size_t i)
{
    size_t at = claims->first + i;
    return at < claims->cap ? at : at - claims->cap;
}

static void
put(struct ledger_claims *claims, const struct ledger_claim *claim)
{
    size_t at = position(claims, claims->n);
    claims->ring[at] = *claim;
    claims->index[find(claims, claim->mark)] = (uint32_t)at + 1;
    claims->n++;
}

/* Linear probing without tombstones: later members of the run move up. */
static void
unindex(struct ledger_claims *claims, size_t hole)
{
    claims->index[hole] = 0;
    for (size_t slot = next_slot(claims, hole); claims->index[slot] != 0;
         slot = next_slot(claims, slot)) {
        size_t mask = claims->n_slots - 1;
        size_t home = (size_t)claims->ring[claims->index[slot] - 1].mark[0] & mask;
        if (((slot - home) & mask) >= ((slot - hole) & mask)) {
            claims->index[hole] = claims->index[slot];
            claims->index[slot] = 0;
            hole = slot;
        }
    }
}

/* By half: at most a third of the memory is room for more. */
static sg_result
grow(struct ledger_claims *claims)
{
    SG_REQUIRE(claims->cap < LEDGER_CLAIMS_MAX, FULL);
    struct ledger_claims bigger = *claims;
    bigger.cap = claims->cap == 0 ? CAP_FIRST : claims->cap + claims->cap / 2;
    bigger.cap = bigger.cap < LEDGER_CLAIMS_MAX ? bigger.cap : LEDGER_CLAIMS_MAX;
    bigger.n_slots = claims->cap == 0 ? CAP_FIRST : claims->n_slots;
    while (bigger.n_slots < bigger.cap + bigger.cap / 2) {
        bigger.n_slots *= 2;
    }
    bigger.first = 0;
    bigger.n = 0;
    bigger.ring = calloc(bigger.cap, sizeof(*bigger.ring));
    bigger.index = calloc(bigger.n_slots, sizeof(*bigger.index));
    if (bigger.ring == NULL || bigger.index == NULL) {
        free(bigger.ring);
        free(bigger.index);
        SG_FAIL(NO_MEMORY);
    }
    for (size_t i = 0; i < claims->n; i++) {
        put(&bigger, &claims->ring[position(claims, i)]);
    }
    free(claims->ring);
    free(claims->index);
    *claims = bigger;
    return SG_DONE;
}

void
ledger_claims_done(struct ledger_claims *claims)
{
    free(claims->ring);
    free(claims->index);
    *claims = (struct ledger_claims){ 0 };
}

bool
ledger_claims_has(const struct ledger_claims *claims, const uint8_t name[32])
{
    if (claims->n == 0) {
        return false;
    }
    struct mark mark = mark_of(claims, name);
    return claims->index[find(claims, mark.word)] != 0;
}

sg_result
ledger_claims_add(
    struct ledger_claims *claims, const uint8_t name[32], int64_t expires_at, uint64_t id)
{
    if (!claims->keyed) {
        randombytes_buf(claims->key, sizeof(claims->key));
        claims->keyed = true;
    }
    if (claims->n == claims->cap) {
        SG_TRY(grow(claims));
    }
    struct mark mark = mark_of(claims, name);
    struct ledger_claim claim = {
        .mark = { mark.word[0], mark.word[1] }, .expires_at = expires_at, .id = id
    };
    put(claims, &claim);
    return SG_DONE;
}

const struct ledger_claim *
ledger_claims_first(const struct ledger_claims *claims)
{
    return claims->n == 0 ? NULL : &claims->ring[claims->first];
}

void
ledger_claims_drop_first(struct ledger_claims *claims)
{
    unindex(claims, find(claims, claims->ring[claims->first].mark));
    claims->first = position(claims, 1);
    claims->n--;
}

void
ledger_claims_drop_last(struct ledger_claims *claims)
{
    unindex(claims, find(claims, claims->ring[position(claims, claims->n - 1)].mark));
    claims->n--;
}
