/* formats/tlog: tile names and widths (C2SP tlog-tiles, evidence-log checklist 4), nodes from tiles. */
#include "support.h"

#include "tlog_tile.h"

static void
test_names_of_the_specification(void **state)
{
    (void)state;
    static const struct {
        unsigned level;
        uint64_t n;
        unsigned width;
        const char *path;
    } rows[] = {
        { 0, 5, 256, "tile/0/005" },
        { 0, 1000, 256, "tile/0/x001/000" },
        { 1, 1234067, 256, "tile/1/x001/x234/067" },
        { 0, 1234067, 112, "tile/0/x001/x234/067.p/112" },
        { 63, 0, 1, "tile/63/000.p/1" },
        { 2, UINT64_MAX, 255, "tile/2/x018/x446/x744/x073/x709/x551/615.p/255" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[TLOG_TILE_PATH_MAX];
        int level;
        uint64_t n;
        unsigned width;
        assert_ok(tlog_tile_path(rows[i].level, rows[i].n, rows[i].width, path));
        assert_string_equal(path, rows[i].path);
        assert_ok(tlog_tile_parse(sg_cstr(path), &level, &n, &width));
        assert_int_equal(level, (int)rows[i].level);
        assert_true(n == rows[i].n);
        assert_int_equal(width, rows[i].width);
    }
    char path[TLOG_TILE_PATH_MAX];
    int level;
    uint64_t n;
    unsigned width;
    assert_ok(tlog_entries_path(273, 112, path));
    assert_string_equal(path, "tile/entries/273.p/112");
    assert_ok(tlog_tile_parse(sg_cstr(path), &level, &n, &width));
    assert_int_equal(level, -1);
    assert_refused(tlog_tile_path(64, 0, 256, path), VALUE);
    assert_refused(tlog_tile_path(0, 0, 0, path), VALUE);
    assert_refused(tlog_tile_path(0, 0, 257, path), VALUE);
}

static void
test_names_that_are_not_canonical_do_not_exist(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "tile", "tile/", "tile/0", "tile/0/", "tile/0/5",
        "tile/0/0005", "tile/00/005", "tile/64/005", "tile/-1/005", "tile/0/x000/005",
        "tile/0/x001", "tile/0/001/005", "tile/0/005/", "tile/0/005.p", "tile/0/005.p/",
        "tile/0/005.p/0", "tile/0/005.p/256", "tile/0/005.p/007", "tile/0/005.p/12/",
        "tile/0/x01/000", "tile/0/../005", "tile/0/005.P/1", "tiles/0/005", "/tile/0/005",
        "tile//005", "tile/entries", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/00a",
        "tile/0/+05", "tile/entries/005.p/1 " };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int level;
        uint64_t n;
        unsigned width;
        assert_refused(tlog_tile_parse(sg_cstr(bad[i]), &level, &n, &width), NOT_FOUND);
    }
    int level;
    uint64_t n;
    unsigned width;
    assert_refused(tlog_tile_parse(sg_str_of("tile/0/00\0", 10), &level, &n, &width), NOT_FOUND);
}

static void
test_widths_at_the_borders(void **state)
{
    (void)state;
    /* size 70000: 273 full + 112 at level 0; 1 full + 17 at level 1; 1 at level 2 */
    assert_int_equal(tlog_tile_width(70000, 0, 272), 256);
    assert_int_equal(tlog_tile_width(70000, 0, 273), 112);
    assert_int_equal(tlog_tile_width(70000, 0, 274), 0);
    assert_int_equal(tlog_tile_width(70000, 1, 0), 256);
    assert_int_equal(tlog_tile_width(70000, 1, 1), 17);
    assert_int_equal(tlog_tile_width(70000, 2, 0), 1);
    assert_int_equal(tlog_tile_width(70000, 3, 0), 0);
    static const struct {
        uint64_t size;
        unsigned level;
        unsigned width;
    } rows[] = { { 0, 0, 0 }, { 255, 0, 255 }, { 256, 0, 256 }, { 255, 1, 0 }, { 256, 1, 1 },
        { 257, 1, 1 }, { 65535, 1, 255 }, { 65536, 1, 256 }, { 65535, 2, 0 }, { 65536, 2, 1 },
        { UINT64_MAX, 7, 255 }, { UINT64_MAX, 8, 0 }, { UINT64_MAX, 63, 0 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(tlog_tile_width(rows[i].size, rows[i].level, 0), rows[i].width);
    }
    assert_int_equal(tlog_tile_width(257, 0, 1), 1);
}

/* A tree of one repeated leaf: tile (L, n) holds the same hash everywhere. */
static struct tlog_hash
repeated(unsigned level)
{
    struct tlog_hash h = tlog_leaf_hash(SG_NO_BYTES);
    for (unsigned i = 0; i < level; i++) {
        h = tlog_node_hash(h, h);
    }
    return h;
}

static sg_result
read_tile(void *context, unsigned level, uint64_t n, unsigned width,
    struct tlog_hash ret[TLOG_TILE_WIDTH])
{
    uint64_t size = *(uint64_t *)context;
    assert_int_equal(width, tlog_tile_width(size, level, n));
    for (unsigned i = 0; i < width; i++) {
        ret[i] = repeated(level * 8);
    }
    return SG_DONE;
}

static sg_result
plain_node(void *context, unsigned level, uint64_t index, struct tlog_hash *ret)
{
    (void)context;
    (void)index;
    *ret = repeated(level);
    return SG_DONE;
}

static void
test_roots_and_proofs_from_tiles(void **state)
{
    (void)state;
    static const uint64_t sizes[] = { 1, 2, 255, 256, 257, 65535, 65536, 65537, 70000, 16777217 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t size = sizes[i];
        struct tlog_tiles tiles = { .size = size, .read = read_tile, .context = &size };
        struct tlog_hash want;
        struct tlog_hash got;
        struct tlog_hash proof[TLOG_PATH_MAX];
        size_t n;
        assert_ok(tlog_root(size, plain_node, NULL, &want));
        assert_ok(tlog_root(size, tlog_tiles_node, &tiles, &got));
        assert_memory_equal(want.b, got.b, TLOG_HASH_LEN);
        assert_ok(tlog_inclusion(size / 2, size, tlog_tiles_node, &tiles, proof, &n));
        assert_ok(tlog_inclusion_verify(size / 2, size, repeated(0), proof, n, &got));
        assert_refused(tlog_tiles_node(&tiles, 0, size, &got), VALUE);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_the_specification),
        cmocka_unit_test(test_names_that_are_not_canonical_do_not_exist),
        cmocka_unit_test(test_widths_at_the_borders),
        cmocka_unit_test(test_roots_and_proofs_from_tiles),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
