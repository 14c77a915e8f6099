#include "evid_map.h"

#define CAP_FIRST 256

/* Keys are hashes: their own first bytes spread them. */
static struct evid_slot *
slot_of(const struct evid_map *map, const uint8_t key[32])
{
    uint64_t word;
    memcpy(&word, key, sizeof(word));
    size_t at = (size_t)word & (map->cap - 1);
    while (map->slots[at].value != 0 && memcmp(map->slots[at].key, key, 32) != 0) {
        at = (at + 1) & (map->cap - 1);
    }
    return &map->slots[at];
}

uint64_t *
evid_map_find(const struct evid_map *map, const uint8_t key[32])
{
    if (map->n == 0) {
        return NULL;
    }
    struct evid_slot *slot = slot_of(map, key);
    return slot->value == 0 ? NULL : &slot->value;
}

static sg_result
grow(struct evid_map *map)
{
    struct evid_map bigger = { .arena = map->arena,
        .cap = map->cap == 0 ? CAP_FIRST : map->cap * 2 };
    bigger.slots = SG_NEW_ARRAY(map->arena, bigger.cap, struct evid_slot);
    SG_REQUIRE(bigger.slots != NULL, NO_MEMORY);
    for (size_t i = 0; i < map->cap; i++) {
        if (map->slots[i].value != 0) {
            *slot_of(&bigger, map->slots[i].key) = map->slots[i];
        }
    }
    map->slots = bigger.slots;
    map->cap = bigger.cap;
    return SG_DONE;
}

sg_result
evid_map_put(struct evid_map *map, const uint8_t key[32], uint64_t value)
{
    if (map->n * 2 >= map->cap) {
        SG_TRY(grow(map));
    }
    struct evid_slot *slot = slot_of(map, key);
    memcpy(slot->key, key, 32);
    slot->value = value;
    map->n++;
    return SG_DONE;
}
