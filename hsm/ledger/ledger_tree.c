#include "ledger_tree.h"

/* RFC 6962 over a row: nodes of one height, of which the last may stand for fewer leaves. */
static struct tlog_hash
row_root(const struct tlog_hash *row, size_t n)
{
    if (n == 1) {
        return row[0];
    }
    size_t k = (size_t)1 << (63 - __builtin_clzll((unsigned long long)n - 1));
    return tlog_node_hash(row_root(row, k), row_root(row + k, n - k));
}

sg_result
ledger_tree_push(
    struct ledger_tree *tree, struct tlog_hash leaf, ledger_tile_fn full, void *context)
{
    struct tlog_hash h = leaf;
    for (unsigned i = 0; i < LEDGER_TREE_LEVELS; i++) {
        struct ledger_level *level = &tree->levels[i];
        level->hashes[level->count++] = h;
        if (level->count < TLOG_TILE_WIDTH) {
            tree->size++;
            return SG_DONE;
        }
        if (full != NULL) {
            SG_TRY(full(context, i, level->full, level->hashes));
        }
        h = row_root(level->hashes, TLOG_TILE_WIDTH);
        level->full++;
        level->count = 0;
    }
    SG_FAIL(FULL);
}

/*
 * From below: the partial row of each level, closed by what is right of it. A block of leaves is split where its row of whole tiles is
 * split, because a tile stands for a power of two of leaves and only the last node of the row may be lower.
 */
struct tlog_hash
ledger_tree_root(const struct ledger_tree *tree)
{
    struct tlog_hash row[TLOG_TILE_WIDTH];
    struct tlog_hash below = tlog_empty_root();
    bool any = false;
    for (unsigned i = 0; i < LEDGER_TREE_LEVELS; i++) {
        const struct ledger_level *level = &tree->levels[i];
        size_t n = level->count;
        memcpy(row, level->hashes, n * sizeof(row[0]));
        if (any) {
            row[n++] = below; /* count is below 256 here, so there is room */
        }
        if (n > 0) {
            below = row_root(row, n);
            any = true;
        }
    }
    return below;
}
