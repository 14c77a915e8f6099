#include "tlog_tile.h"

#include <stdio.h>

#include "sg_text.h"

#define LEVEL_MAX 63
#define ENTRIES_LEVEL (-1)
#define LEVEL_BITS 8 /* one level of tiles is eight of the tree */

/* C2SP tlog-tiles: N in groups of three digits, all but the last with an x. */
static sg_result
tile_path(int level, uint64_t n, unsigned width, char ret[TLOG_TILE_PATH_MAX])
{
    SG_REQUIRE(level <= LEVEL_MAX && width >= 1 && width <= TLOG_TILE_WIDTH, VALUE);
    char groups[40];
    size_t at = sizeof(groups) - 1;
    groups[at] = '\0';
    bool last = true;
    do {
        unsigned group = (unsigned)(n % 1000);
        n /= 1000;
        groups[--at] = (char)('0' + group % 10);
        groups[--at] = (char)('0' + group / 10 % 10);
        groups[--at] = (char)('0' + group / 100 % 10);
        if (!last) {
            groups[--at] = 'x';
        }
        groups[--at] = '/';
        last = false;
    } while (n != 0);
    char level_text[12] = "entries";
    if (level != ENTRIES_LEVEL) {
        snprintf(level_text, sizeof(level_text), "%d", level);
    }
    char suffix[12] = "";
    if (width != TLOG_TILE_WIDTH) {
        snprintf(suffix, sizeof(suffix), ".p/%u", width);
    }
    snprintf(ret, TLOG_TILE_PATH_MAX, "tile/%s%s%s", level_text, groups + at, suffix);
    return SG_DONE;
}

sg_result
tlog_tile_path(unsigned level, uint64_t n, unsigned width, char ret[TLOG_TILE_PATH_MAX])
{
    SG_REQUIRE(level <= LEVEL_MAX, VALUE);
    return tile_path((int)level, n, width, ret);
}

sg_result
tlog_entries_path(uint64_t n, unsigned width, char ret[TLOG_TILE_PATH_MAX])
{
    return tile_path(ENTRIES_LEVEL, n, width, ret);
}

/* Up to the next slash, which is skipped. */
static sg_str
next_part(sg_str *rest)
{
    size_t end = sg_str_index(*rest, '/', 0);
    sg_str part = sg_str_slice(*rest, 0, end);
    *rest = sg_str_slice(*rest, end + 1, rest->n);
    return part;
}

/* Three digits, after an x unless it is the last group. */
static bool
group_add(sg_str part, uint64_t *n)
{
    if (part.n != 3) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < 3; i++) {
        if (part.p[i] < '0' || part.p[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(part.p[i] - '0');
    }
    uint64_t thousand;
    return !__builtin_mul_overflow(*n, 1000, &thousand) &&
           !__builtin_add_overflow(thousand, value, n);
}

sg_result
tlog_tile_parse(sg_str path, int *ret_level, uint64_t *ret_n, unsigned *ret_width)
{
    SG_REQUIRE(path.n < TLOG_TILE_PATH_MAX, NOT_FOUND);
    sg_str rest = path;
    SG_REQUIRE(sg_str_is(next_part(&rest), "tile"), NOT_FOUND);
    sg_str level_text = next_part(&rest);
    int level = ENTRIES_LEVEL;
    if (!sg_str_is(level_text, "entries")) {
        uint64_t value;
        SG_REQUIRE(sg_ok(sg_u64_parse(level_text, &value)) && value <= LEVEL_MAX, NOT_FOUND);
        level = (int)value;
    }
    uint64_t n = 0;
    sg_str part = next_part(&rest);
    while (part.n != 0 && part.p[0] == 'x') {
        SG_REQUIRE(group_add(sg_str_slice(part, 1, part.n), &n), NOT_FOUND);
        part = next_part(&rest);
    }
    uint64_t width = TLOG_TILE_WIDTH;
    if (part.n == 5 && part.p[3] == '.' && part.p[4] == 'p') {
        SG_REQUIRE(sg_ok(sg_u64_parse(rest, &width)) && width < TLOG_TILE_WIDTH, NOT_FOUND);
        part.n = 3;
    } else {
        SG_REQUIRE(rest.n == 0, NOT_FOUND);
    }
    SG_REQUIRE(width >= 1 && group_add(part, &n), NOT_FOUND);

    /* one name per tile: leading empty groups, lone slashes at the end and the like stop here */
    char canonical[TLOG_TILE_PATH_MAX];
    SG_TRY(tile_path(level, n, (unsigned)width, canonical));
    SG_REQUIRE(sg_str_is(path, canonical), NOT_FOUND);
    *ret_level = level;
    *ret_n = n;
    *ret_width = (unsigned)width;
    return SG_DONE;
}

unsigned
tlog_tile_width(uint64_t size, unsigned level, uint64_t n)
{
    if (level > 63 / LEVEL_BITS) {
        return 0;
    }
    uint64_t count = size >> (level * LEVEL_BITS);
    uint64_t full = count / TLOG_TILE_WIDTH;
    if (n < full) {
        return TLOG_TILE_WIDTH;
    }
    return n == full ? (unsigned)(count % TLOG_TILE_WIDTH) : 0;
}

sg_result
tlog_tiles_node(void *tiles, unsigned level, uint64_t index, struct tlog_hash *ret)
{
    const struct tlog_tiles *from = tiles;
    unsigned tile_level = level / LEVEL_BITS;
    unsigned inner = level % LEVEL_BITS; /* 2^inner hashes of the tile make the node */
    SG_REQUIRE(level < 64, VALUE);
    unsigned per_tile = TLOG_TILE_WIDTH >> inner;
    uint64_t n = index / per_tile;
    unsigned first = (unsigned)(index % per_tile) << inner;
    unsigned count = 1u << inner;
    unsigned width = tlog_tile_width(from->size, tile_level, n);
    SG_REQUIRE(first + count <= width, VALUE);

    struct tlog_hash hashes[TLOG_TILE_WIDTH];
    SG_TRY(from->read(from->context, tile_level, n, width, hashes));
    struct tlog_hash *row = hashes + first;
    for (; count > 1; count /= 2) {
        for (unsigned i = 0; i < count / 2; i++) {
            row[i] = tlog_node_hash(row[2 * i], row[2 * i + 1]);
        }
    }
    *ret = row[0];
    return SG_DONE;
}
