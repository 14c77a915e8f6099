#include "p11_cache.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct p11_cache_row {
    uint8_t key[P11_CACHE_KEY_LEN];
    unsigned long handle;
    uint32_t next;  /* in the bucket, or among the unused */
    uint32_t newer; /* in order of use */
    uint32_t older;
};

/* Thumbprints are hashes already: four bytes of one spread evenly. */
static uint32_t *
bucket_of(struct p11_cache *cache, const uint8_t *key)
{
    uint32_t h;
    memcpy(&h, key, sizeof(h));
    return &cache->buckets[h & cache->mask];
}

static void
unlink_use(struct p11_cache *cache, uint32_t i)
{
    struct p11_cache_row *row = &cache->rows[i];
    *(row->newer == NONE ? &cache->newest : &cache->rows[row->newer].older) = row->older;
    *(row->older == NONE ? &cache->oldest : &cache->rows[row->older].newer) = row->newer;
}

static void
link_newest(struct p11_cache *cache, uint32_t i)
{
    struct p11_cache_row *row = &cache->rows[i];
    row->newer = NONE;
    row->older = cache->newest;
    *(row->older == NONE ? &cache->oldest : &cache->rows[row->older].newer) = i;
    cache->newest = i;
}

static unsigned long
remove_row(struct p11_cache *cache, uint32_t i)
{
    struct p11_cache_row *row = &cache->rows[i];
    uint32_t *link = bucket_of(cache, row->key);
    while (*link != i) {
        link = &cache->rows[*link].next;
    }
    *link = row->next;
    unlink_use(cache, i);
    row->next = cache->unused;
    cache->unused = i;
    cache->n--;
    return row->handle;
}

void
p11_cache_clear(struct p11_cache *cache)
{
    for (uint32_t i = 0; i <= cache->mask; i++) {
        cache->buckets[i] = NONE;
    }
    for (uint32_t i = 0; i < cache->cap; i++) {
        cache->rows[i].next = i + 1 < cache->cap ? i + 1 : NONE;
    }
    cache->unused = 0;
    cache->newest = NONE;
    cache->oldest = NONE;
    cache->n = 0;
}

sg_result
p11_cache_init(struct p11_cache *cache, size_t cap)
{
    uint32_t buckets = 16;
    while (buckets < cap) {
        buckets *= 2;
    }
    *cache = (struct p11_cache){ .cap = (uint32_t)cap, .mask = buckets - 1 };
    cache->rows = calloc(cap, sizeof(*cache->rows));
    cache->buckets = calloc(buckets, sizeof(*cache->buckets));
    if (cache->rows == NULL || cache->buckets == NULL) {
        p11_cache_done(cache);
        SG_FAIL(NO_MEMORY);
    }
    p11_cache_clear(cache);
    return SG_DONE;
}

void
p11_cache_done(struct p11_cache *cache)
{
    free(cache->rows);
    free(cache->buckets);
    *cache = (struct p11_cache){ 0 };
}

static uint32_t
find_row(struct p11_cache *cache, const uint8_t *key)
{
    uint32_t i = *bucket_of(cache, key);
    while (i != NONE && memcmp(cache->rows[i].key, key, P11_CACHE_KEY_LEN) != 0) {
        i = cache->rows[i].next;
    }
    return i;
}

unsigned long
p11_cache_find(struct p11_cache *cache, const uint8_t key[P11_CACHE_KEY_LEN])
{
    uint32_t i = find_row(cache, key);
    if (i == NONE) {
        return P11_NO_HANDLE;
    }
    if (i != cache->newest) {
        unlink_use(cache, i);
        link_newest(cache, i);
    }
    return cache->rows[i].handle;
}

unsigned long
p11_cache_make_room(struct p11_cache *cache)
{
    return cache->n < cache->cap ? P11_NO_HANDLE : remove_row(cache, cache->oldest);
}

void
p11_cache_put(struct p11_cache *cache, const uint8_t key[P11_CACHE_KEY_LEN], unsigned long handle)
{
    uint32_t i = cache->unused;
    struct p11_cache_row *row = &cache->rows[i];
    uint32_t *link = bucket_of(cache, key);
    cache->unused = row->next;
    memcpy(row->key, key, P11_CACHE_KEY_LEN);
    row->handle = handle;
    row->next = *link;
    *link = i;
    link_newest(cache, i);
    cache->n++;
}

unsigned long
p11_cache_remove(struct p11_cache *cache, const uint8_t key[P11_CACHE_KEY_LEN])
{
    uint32_t i = find_row(cache, key);
    return i == NONE ? P11_NO_HANDLE : remove_row(cache, i);
}

unsigned long
p11_cache_pop(struct p11_cache *cache)
{
    return cache->n == 0 ? P11_NO_HANDLE : remove_row(cache, cache->oldest);
}
