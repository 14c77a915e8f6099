/*
 * Index allocation for our own lists (STA-1; spec: draft-ietf-oauth-status-list 13.2, 13.3: random, never the same twice).
 * The n-th allocation of a list is the n-th value of a keyed permutation of [0, size): pseudorandom to everybody without the key,
 * different from all others by construction, O(1), without a table of free indexes. What must be durable is one counter per list:
 * how far n was ever reserved. The store raises it ahead in blocks; after a crash counting goes on at the reserved value, so an index
 * is lost at worst, never given twice.
 *
 *   row in the store: {list, size, key (TSL_PERM_KEY_LEN random bytes, secret), reserved}
 *   start:  tsl_alloc_new(key, size, reserved)
 *   take:   tsl_alloc_take -> idx; SG_E_PENDING: reserve durably up to tsl_alloc_want(), then tsl_alloc_grant(), take again;
 *           SG_E_FULL: the list is used up, begin another
 */
#ifndef TSL_ALLOC_H
#define TSL_ALLOC_H

#include "sg_bytes.h"
#include "sg_result.h"

#define TSL_PERM_KEY_LEN 16
#define TSL_PERM_SIZE_MAX ((uint64_t)1 << 40)

/* A keyed permutation of [0, size): balanced Feistel network over SipHash-2-4, cycle-walking for sizes that are no power of four. */
struct tsl_perm {
    uint64_t k0, k1;
    uint64_t size;
    unsigned half_bits;
};
/* size 1..TSL_PERM_SIZE_MAX, else SG_E_VALUE. */
SG_CHECKED sg_result tsl_perm_init(
    struct tsl_perm *perm, const uint8_t key[TSL_PERM_KEY_LEN], uint64_t size);
/* The image of n; n must be below size. Distinct n give distinct results below size. */
uint64_t tsl_perm_at(const struct tsl_perm *perm, uint64_t n);

/* One per list and process; the functions below may be called by any thread at any time. */
struct tsl_alloc;
/* Counting goes on at `reserved`: whatever the last process had reserved and not used is lost. SG_E_VALUE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result tsl_alloc_new(
    const uint8_t key[TSL_PERM_KEY_LEN], uint64_t size, uint64_t reserved, struct tsl_alloc **ret);
void tsl_alloc_free(struct tsl_alloc **alloc); /* wipes the key; NULL accepted */

/* An index that nobody had. No lock, no system call. SG_E_PENDING: nothing reserved is left; SG_E_FULL: nothing at all is left. */
SG_CHECKED sg_result tsl_alloc_take(struct tsl_alloc *alloc, uint64_t *ret);

/* What to write durably as the new `reserved` so that `block` more can be taken: never more than size. Ask early, below a low mark. */
uint64_t tsl_alloc_want(const struct tsl_alloc *alloc, uint64_t block);
/* `reserved` is durable now. Lower values than before change nothing; values above size count as size. */
void tsl_alloc_grant(struct tsl_alloc *alloc, uint64_t reserved);
/* Indexes that can be taken without the store. */
uint64_t tsl_alloc_ready(const struct tsl_alloc *alloc);

#endif
