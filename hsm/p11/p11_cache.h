/*
 * Handles of keys by thumbprint, bounded, least used out first. One per session, hence no lock. What leaves the cache is handed to the
 * caller, who knows whether it must be destroyed. Private to hsm/p11.
 */
#ifndef P11_CACHE_H
#define P11_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sg_result.h"

#define P11_CACHE_KEY_LEN 32
#define P11_NO_HANDLE 0UL /* CK_INVALID_HANDLE */

struct p11_cache_row;
struct p11_cache {
    struct p11_cache_row *rows;
    uint32_t *buckets;
    uint32_t cap;
    uint32_t n;
    uint32_t mask;
    uint32_t newest;
    uint32_t oldest;
    uint32_t unused; /* rows given back, chained by next */
};

/* cap 1..65536. SG_E_NO_MEMORY. */
SG_CHECKED sg_result p11_cache_init(struct p11_cache *cache, size_t cap);
void p11_cache_done(struct p11_cache *cache);

/* The handle, now the most recently used; P11_NO_HANDLE when absent. */
unsigned long p11_cache_find(struct p11_cache *cache, const uint8_t key[P11_CACHE_KEY_LEN]);

/* Room for one more: the handle that had to leave, or P11_NO_HANDLE. Before p11_cache_put. */
unsigned long p11_cache_make_room(struct p11_cache *cache);
/* Put an absent key; there must be room. */
void p11_cache_put(
    struct p11_cache *cache, const uint8_t key[P11_CACHE_KEY_LEN], unsigned long handle);

/* Remove one; its handle, or P11_NO_HANDLE. */
unsigned long p11_cache_remove(struct p11_cache *cache, const uint8_t key[P11_CACHE_KEY_LEN]);
/* Remove the oldest; P11_NO_HANDLE when empty. */
unsigned long p11_cache_pop(struct p11_cache *cache);
/* Forget all at once. */
void p11_cache_clear(struct p11_cache *cache);

#endif
