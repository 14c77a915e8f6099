/* Hash maps in the arena: names to terms, IRIs to properties; and the memory of processed contexts. */
#include "jsonld_int.h"

#define WALK_FREE 16 /* steps along a cluster that cost nothing */

static uint64_t
mix(uint64_t h)
{
    h ^= h >> 32;
    h *= UINT64_C(0xD6E8FEB86659FD93);
    h ^= h >> 29;
    return h;
}

uint64_t
jsonld_hash(sg_str key)
{
    uint64_t h = UINT64_C(0x9E3779B97F4A7C15) ^ key.n;
    size_t i = 0;
    for (; i + 8 <= key.n; i += 8) {
        uint64_t word;
        memcpy(&word, key.p + i, 8);
        h = mix(h ^ word);
    }
    uint64_t tail = 0;
    if (key.n >= 8 && i < key.n) {
        memcpy(&tail, key.p + key.n - 8, 8); /* the rest, and some of it again */
    } else {
        for (; i < key.n; i++) {
            tail = tail << 8 | (uint8_t)key.p[i];
        }
    }
    h = mix(mix(h ^ tail));
    return h == 0 ? 1 : h;
}

/* Where the key is, or the empty slot where it belongs. There is always an empty slot. */
static struct jsonld_slot *
walk(struct jsonld_run *run, const struct jsonld_map *map, sg_str key, uint64_t hash)
{
    size_t mask = map->cap - 1;
    size_t steps = 0;
    size_t i = (size_t)hash & mask;
    while (map->slots[i].hash != 0 &&
           !(map->slots[i].hash == hash && sg_str_equal(map->slots[i].key, key))) {
        i = (i + 1) & mask;
        steps++;
    }
    if (steps > WALK_FREE) {
        run->work += steps / WALK_FREE;
    }
    return &map->slots[i];
}

struct jsonld_slot *
jsonld_map_find(struct jsonld_run *run, const struct jsonld_map *map, sg_str key, uint64_t hash)
{
    if (map->n == 0) {
        return NULL;
    }
    struct jsonld_slot *slot = walk(run, map, key, hash);
    return slot->hash == 0 ? NULL : slot;
}

static sg_result
grow(struct jsonld_run *run, struct jsonld_map *map, size_t cap)
{
    struct jsonld_map bigger = { .cap = cap, .n = map->n };
    bigger.slots = SG_NEW_ARRAY(run->arena, cap, struct jsonld_slot);
    SG_REQUIRE(bigger.slots != NULL, NO_MEMORY);
    for (size_t i = 0; i < map->cap; i++) {
        const struct jsonld_slot *old = &map->slots[i];
        if (old->hash != 0) {
            *walk(run, &bigger, old->key, old->hash) = *old;
        }
    }
    *map = bigger;
    return SG_DONE;
}

sg_result
jsonld_map_reserve(struct jsonld_run *run, struct jsonld_map *map, size_t n)
{
    size_t cap = map->cap == 0 ? 8 : map->cap;
    while (cap - cap / 4 < n) {
        SG_REQUIRE(sg_size_mul(cap, 2, &cap), NO_MEMORY);
    }
    return cap == map->cap ? SG_DONE : grow(run, map, cap);
}

sg_result
jsonld_map_slot(struct jsonld_run *run, struct jsonld_map *map, sg_str key, uint64_t hash,
    struct jsonld_slot **ret)
{
    SG_TRY(jsonld_map_reserve(run, map, map->n + 1));
    struct jsonld_slot *slot = walk(run, map, key, hash);
    if (slot->hash == 0) {
        *slot = (struct jsonld_slot){ .key = key, .hash = hash };
        map->n++;
    }
    *ret = slot;
    return SG_DONE;
}

/* ---- processed contexts ------------------------------------------------------------------------------ */

static size_t
memo_place(const struct jsonld_memo *memo, const struct jsonld_memo_key *key)
{
    uint64_t h =
        mix((uint64_t)(uintptr_t)key->active * 31 + (uint64_t)(uintptr_t)key->local * 7 + key->how);
    size_t i = (size_t)h & (memo->cap - 1);
    while (memo->slots[i].result != NULL &&
           !(memo->slots[i].key.active == key->active && memo->slots[i].key.local == key->local &&
               memo->slots[i].key.how == key->how)) {
        i = (i + 1) & (memo->cap - 1);
    }
    return i;
}

const struct jsonld_ctx *
jsonld_memo_find(const struct jsonld_memo *memo, const struct jsonld_memo_key *key)
{
    return memo->n == 0 ? NULL : memo->slots[memo_place(memo, key)].result;
}

sg_result
jsonld_memo_put(struct sg_arena *arena, struct jsonld_memo *memo, const struct jsonld_memo_key *key,
    const struct jsonld_ctx *result)
{
    if (memo->n >= memo->cap / 2) {
        struct jsonld_memo bigger = { .cap = memo->cap == 0 ? 16 : memo->cap * 2, .n = memo->n };
        bigger.slots = SG_NEW_ARRAY(arena, bigger.cap, struct jsonld_memo_slot);
        SG_REQUIRE(bigger.slots != NULL, NO_MEMORY);
        for (size_t i = 0; i < memo->cap; i++) {
            if (memo->slots[i].result != NULL) {
                bigger.slots[memo_place(&bigger, &memo->slots[i].key)] = memo->slots[i];
            }
        }
        *memo = bigger;
    }
    size_t at = memo_place(memo, key);
    memo->n += memo->slots[at].result == NULL ? 1 : 0;
    memo->slots[at] = (struct jsonld_memo_slot){ .key = *key, .result = result };
    return SG_DONE;
}
