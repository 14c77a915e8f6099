#include "ledger_claims.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CAP_FIRST 1024

static size_t
slot_of(const struct ledger_claims *claims, const uint8_t name[32])
{
    uint64_t word;
    memcpy(&word, name, sizeof(word));
    return (size_t)((word * claims->key) >> 32) & (2 * claims->cap - 1);
}

static size_t
next_slot(const struct ledger_claims *claims, size_t slot)
{
    return (slot + 1) & (2 * claims->cap - 1);
}

/* The slot that holds the name, or the free one where it would go. */
static size_t
find(const struct ledger_claims *claims, const uint8_t name[32])
{
    size_t slot = slot_of(claims, name);
    while (claims->index[slot] != 0 &&
           memcmp(claims->ring[claims->index[slot] - 1].name, name, 32) != 0) {
        slot = next_slot(claims, slot);
    }
    return slot;
}

static void
put(struct ledger_claims *claims, const struct ledger_claim *claim)
{
    size_t at = (claims->first + claims->n) & (claims->cap - 1);
    claims->ring[at] = *claim;
    claims->index[find(claims, claim->name)] = (uint32_t)at + 1;
    claims->n++;
}

/* Linear probing without tombstones: later members of the run move up. */
static void
unindex(struct ledger_claims *claims, size_t hole)
{
    claims->index[hole] = 0;
    for (size_t slot = next_slot(claims, hole); claims->index[slot] != 0;
         slot = next_slot(claims, slot)) {
        size_t home = slot_of(claims, claims->ring[claims->index[slot] - 1].name);
        size_t mask = 2 * claims->cap - 1;
        if (((slot - home) & mask) >= ((slot - hole) & mask)) {
            claims->index[hole] = claims->index[slot];
            claims->index[slot] = 0;
            hole = slot;
        }
    }
}

static sg_result
grow(struct ledger_claims *claims)
{
    struct ledger_claims bigger = { .cap = claims->cap == 0 ? CAP_FIRST : claims->cap * 2,
        .key = claims->key };
    SG_REQUIRE(bigger.cap <= LEDGER_CLAIMS_MAX, FULL);
    if (bigger.key == 0) {
        randombytes_buf(&bigger.key, sizeof(bigger.key));
        bigger.key |= 1;
    }
    bigger.ring = calloc(bigger.cap, sizeof(*bigger.ring));
    bigger.index = calloc(2 * bigger.cap, sizeof(*bigger.index));
    if (bigger.ring == NULL || bigger.index == NULL) {
        ledger_claims_done(&bigger);
        SG_FAIL(NO_MEMORY);
    }
    for (size_t i = 0; i < claims->n; i++) {
        put(&bigger, &claims->ring[(claims->first + i) & (claims->cap - 1)]);
    }
    ledger_claims_done(claims);
    *claims = bigger;
    return SG_DONE;
}

void
ledger_claims_done(struct ledger_claims *claims)
{
    free(claims->ring);
    free(claims->index);
    *claims = (struct ledger_claims){ .key = claims->key };
}

bool
ledger_claims_has(const struct ledger_claims *claims, const uint8_t name[32])
{
    return claims->n > 0 && claims->index[find(claims, name)] != 0;
}

sg_result
ledger_claims_add(
    struct ledger_claims *claims, const uint8_t name[32], int64_t expires_at, uint64_t id)
{
    if (claims->n == claims->cap) {
        SG_TRY(grow(claims));
    }
    struct ledger_claim claim = { .expires_at = expires_at, .id = id };
    memcpy(claim.name, name, sizeof(claim.name));
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
    unindex(claims, find(claims, claims->ring[claims->first].name));
    claims->first = (claims->first + 1) & (claims->cap - 1);
    claims->n--;
}

void
ledger_claims_drop_last(struct ledger_claims *claims)
{
    size_t at = (claims->first + claims->n - 1) & (claims->cap - 1);
    unindex(claims, find(claims, claims->ring[at].name));
    claims->n--;
}
