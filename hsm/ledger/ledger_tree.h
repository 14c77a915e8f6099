/* The right edge of a growing tree, tile by tile: enough to extend it, to know its root and to write its partial tiles. */
#ifndef LEDGER_TREE_H
#define LEDGER_TREE_H

#include "tlog_tile.h"

#define LEDGER_TREE_LEVELS 8 /* 256^8 leaves */

struct ledger_level {
    uint64_t full;  /* full tiles left of the partial one */
    unsigned count; /* hashes in the partial tile, below 256 */
    struct tlog_hash hashes[TLOG_TILE_WIDTH];
};
struct ledger_tree {
    uint64_t size;
    struct ledger_level levels[LEDGER_TREE_LEVELS];
};

/* Called with each tile that became full, before anything above it changes. */
typedef sg_result (*ledger_tile_fn)(
    void *context, unsigned level, uint64_t n, const struct tlog_hash *hashes);

/* Append a leaf. `full` may be NULL. After a refusal of `full` the tree is of no use any more. */
SG_CHECKED sg_result ledger_tree_push(
    struct ledger_tree *tree, struct tlog_hash leaf, ledger_tile_fn full, void *context);
struct tlog_hash ledger_tree_root(const struct ledger_tree *tree);

#endif
