/* A growing map from 32 bytes to a number, in an arena. Internal to formats/evid. */
#ifndef EVID_MAP_H
#define EVID_MAP_H

#include "sg_arena.h"

struct evid_slot {
    uint8_t key[32];
    uint64_t value; /* 0: free */
};
struct evid_map {
    struct sg_arena *arena;
    struct evid_slot *slots;
    size_t cap; /* power of two */
    size_t n;
};

/* Where the value of `key` stands, NULL if there is none. Valid until the next put. */
uint64_t *evid_map_find(const struct evid_map *map, const uint8_t key[32]);
/* The key must not be there; the value is never 0, here or when changed later. SG_E_NO_MEMORY. */
SG_CHECKED sg_result evid_map_put(struct evid_map *map, const uint8_t key[32], uint64_t value);

#endif
