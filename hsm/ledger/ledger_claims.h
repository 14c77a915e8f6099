/*
 * Names that were claimed, in the order of their claims, with an index by hash. All unexpired ones are in memory: a claim then costs one
 * appended row and no random page of an index on disk.
 */
#ifndef LEDGER_CLAIMS_H
#define LEDGER_CLAIMS_H

#include "sg_result.h"

#define LEDGER_CLAIMS_MAX \
    ((size_t)1 << 22) /* 160 MiB: far beyond what intents of some minutes reach */

/*
 * The name is kept as a keyed hash of 128 bits: equal names always meet, others do so once in 10^32, and whoever chooses names chooses neither
 * slots nor collisions. The row in the ledger has the name itself.
 */
struct ledger_claim {
    uint64_t mark[2];
    int64_t expires_at;
    uint64_t id; /* row */
};

struct ledger_claims {
    struct ledger_claim *ring; /* cap entries; [first, first + n) modulo cap */
    uint32_t *index;           /* n_slots: position in the ring + 1, 0 free */
    size_t cap;                /* grows by half; 0 before the first */
    size_t n_slots;            /* power of two, at least 1.5 * cap */
    size_t first;
    size_t n;
    bool keyed;
    uint8_t key[16]; /* random */
};

void ledger_claims_done(struct ledger_claims *claims);
bool ledger_claims_has(const struct ledger_claims *claims, const uint8_t name[32]);
/* The name must not be there. SG_E_FULL, SG_E_NO_MEMORY. */
SG_CHECKED sg_result ledger_claims_add(
    struct ledger_claims *claims, const uint8_t name[32], int64_t expires_at, uint64_t id);
/* Oldest and newest; NULL when empty. */
const struct ledger_claim *ledger_claims_first(const struct ledger_claims *claims);
void ledger_claims_drop_first(struct ledger_claims *claims);
void ledger_claims_drop_last(struct ledger_claims *claims);

#endif
