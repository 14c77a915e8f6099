/* C2SP tlog-tiles: names and widths of tiles. */
#ifndef TLOG_TILE_H
#define TLOG_TILE_H

#include "tlog_tree.h"

#define TLOG_TILE_WIDTH 256
#define TLOG_TILE_PATH_MAX 96
#define TLOG_TILE_BYTES (TLOG_TILE_WIDTH * TLOG_HASH_LEN)

/* "tile/0/x001/067.p/112" style path for level L, tile N, width 1..256 (256: full, no suffix). `entries` instead of a level for bundles. */
SG_CHECKED sg_result tlog_tile_path(
    unsigned level, uint64_t n, unsigned width, char ret[TLOG_TILE_PATH_MAX]);
SG_CHECKED sg_result tlog_entries_path(uint64_t n, unsigned width, char ret[TLOG_TILE_PATH_MAX]);
/* Parse the part after "/log/". SG_E_NOT_FOUND for anything that is not a canonical tile path. `ret_level` is -1 for entries. */
SG_CHECKED sg_result tlog_tile_parse(
    sg_str path, int *ret_level, uint64_t *ret_n, unsigned *ret_width);
/* Width of tile n at `level` in a tree of `size` leaves: 0 (absent), 1..256. */
unsigned tlog_tile_width(uint64_t size, unsigned level, uint64_t n);

/*
 * A tree of `size` leaves kept in tiles, as a source of nodes for tlog_root, tlog_inclusion and tlog_consistency: pass tlog_tiles_node with
 * a pointer to this. `read` gets at least `width` hashes of a tile; where the partial tile is gone it reads the full one, whose
 * first hashes are the same.
 */
struct tlog_tiles {
    uint64_t size;
    sg_result (*read)(void *context, unsigned level, uint64_t n, unsigned width,
        struct tlog_hash ret[TLOG_TILE_WIDTH]);
    void *context;
};
SG_CHECKED sg_result tlog_tiles_node(
    void *tiles, unsigned level, uint64_t index, struct tlog_hash *ret);

#endif
