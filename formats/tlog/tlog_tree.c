#include "tlog_tree.h"

#define SIZE_MAX_LEAVES ((uint64_t)1 << 63) /* keeps every proof within TLOG_PATH_MAX */

struct tlog_hash
tlog_leaf_hash(sg_bytes entry)
{
    static const uint8_t prefix[1] = { 0 };
    const sg_bytes parts[] = { SG_BYTES(prefix), entry };
    struct tlog_hash h;
    sg_sha256_parts(parts, 2, h.b);
    return h;
}

struct tlog_hash
tlog_node_hash(struct tlog_hash left, struct tlog_hash right)
{
    static const uint8_t prefix[1] = { 1 };
    const sg_bytes parts[] = { SG_BYTES(prefix), SG_BYTES(left.b), SG_BYTES(right.b) };
    struct tlog_hash h;
    sg_sha256_parts(parts, 3, h.b);
    return h;
}

struct tlog_hash
tlog_empty_root(void)
{
    struct tlog_hash h;
    sg_sha256(SG_NO_BYTES, h.b);
    return h;
}

/* Largest power of two below n, for n > 1: where RFC 6962 splits. */
static uint64_t
split(uint64_t n)
{
    return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

/*
 * MTH of the leaves [start, start + n), where start is a multiple of every power of two up to n, as it is for all ranges that
 * splitting gives. Such a range is a row of complete subtrees, large ones first.
 */
static sg_result
range_hash(uint64_t start, uint64_t n, tlog_node_fn node, void *context, struct tlog_hash *ret)
{
    struct tlog_hash row[64];
    size_t count = 0;
    for (unsigned level = 64; level-- > 0;) {
        if ((n >> level & 1) == 0) {
            continue;
        }
        SG_TRY(node(context, level, start >> level, &row[count]));
        count++;
        start += (uint64_t)1 << level;
    }
    SG_REQUIRE(count > 0, VALUE);
    struct tlog_hash h = row[--count];
    while (count > 0) {
        h = tlog_node_hash(row[--count], h);
    }
    *ret = h;
    return SG_DONE;
}

static void
reverse(struct tlog_hash *path, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct tlog_hash keep = path[i];
        path[i] = path[n - 1 - i];
        path[n - 1 - i] = keep;
    }
}

sg_result
tlog_root(uint64_t size, tlog_node_fn node, void *context, struct tlog_hash *ret)
{
    SG_REQUIRE(size <= SIZE_MAX_LEAVES, VALUE);
    if (size == 0) {
        *ret = tlog_empty_root();
        return SG_DONE;
    }
    return range_hash(0, size, node, context, ret);
}

sg_result
tlog_inclusion(uint64_t index, uint64_t size, tlog_node_fn node, void *context,
    struct tlog_hash ret[TLOG_PATH_MAX], size_t *ret_n)
{
    SG_REQUIRE(size <= SIZE_MAX_LEAVES && index < size, VALUE);
    uint64_t start = 0;
    size_t count = 0;
    while (size > 1) { /* PATH, from the root down */
        uint64_t k = split(size);
        if (index < k) {
            SG_TRY(range_hash(start + k, size - k, node, context, &ret[count]));
            size = k;
        } else {
            SG_TRY(range_hash(start, k, node, context, &ret[count]));
            start += k;
            index -= k;
            size -= k;
        }
        count++;
    }
    reverse(ret, count);
    *ret_n = count;
    return SG_DONE;
}

sg_result
tlog_consistency(uint64_t first, uint64_t second, tlog_node_fn node, void *context,
    struct tlog_hash ret[TLOG_PATH_MAX], size_t *ret_n)
{
    SG_REQUIRE(second <= SIZE_MAX_LEAVES && first <= second, VALUE);
    uint64_t start = 0;
    bool whole = true; /* the old root itself is this subtree, and the verifier has it */
    size_t count = 0;
    if (first == 0) {
        *ret_n = 0;
        return SG_DONE;
    }
    while (first != second) { /* SUBPROOF, from the root down */
        uint64_t k = split(second);
        if (first <= k) {
            SG_TRY(range_hash(start + k, second - k, node, context, &ret[count]));
            second = k;
        } else {
            SG_TRY(range_hash(start, k, node, context, &ret[count]));
            start += k;
            first -= k;
            second -= k;
            whole = false;
        }
        count++;
    }
    if (!whole) {
        SG_TRY(range_hash(start, second, node, context, &ret[count]));
        count++;
    }
    reverse(ret, count);
    *ret_n = count;
    return SG_DONE;
}

static bool
equal(const struct tlog_hash *a, const struct tlog_hash *b)
{
    return memcmp(a->b, b->b, TLOG_HASH_LEN) == 0;
}

/* Where the two-counter walk of RFC 9162 2.1.3.2 and 2.1.4.2 stands. */
struct walk {
    uint64_t fn;
    uint64_t sn;
};

/* Is the next hash of the path the left sibling? Then both counters leave the levels at which the node is a last, lone one. */
static bool
walk_left(struct walk *w)
{
    if ((w->fn & 1) == 0 && w->fn != w->sn) {
        return false;
    }
    while ((w->fn & 1) == 0 && w->fn != 0) {
        w->fn >>= 1;
        w->sn >>= 1;
    }
    return true;
}

static void
walk_up(struct walk *w)
{
    w->fn >>= 1;
    w->sn >>= 1;
}

sg_result
tlog_inclusion_verify(uint64_t index, uint64_t size, struct tlog_hash leaf,
    const struct tlog_hash *path, size_t n, const struct tlog_hash *root)
{
    SG_REQUIRE(size <= SIZE_MAX_LEAVES && index < size, SIGNATURE);
    struct walk w = { index, size - 1 };
    struct tlog_hash r = leaf;
    for (size_t i = 0; i < n; i++) {
        SG_REQUIRE(w.sn != 0, SIGNATURE);
        r = walk_left(&w) ? tlog_node_hash(path[i], r) : tlog_node_hash(r, path[i]);
        walk_up(&w);
    }
    SG_REQUIRE(w.sn == 0 && equal(&r, root), SIGNATURE);
    return SG_DONE;
}

sg_result
tlog_consistency_verify(uint64_t first, uint64_t second, const struct tlog_hash *first_root,
    const struct tlog_hash *second_root, const struct tlog_hash *path, size_t n)
{
    SG_REQUIRE(second <= SIZE_MAX_LEAVES && first <= second, SIGNATURE);
    if (first == second) {
        SG_REQUIRE(n == 0 && equal(first_root, second_root), SIGNATURE);
        return SG_DONE;
    }
    SG_REQUIRE(first != 0, SIGNATURE); /* anything extends nothing: such a proof says nothing */
    bool complete = (first & (first - 1)) == 0;
    SG_REQUIRE(complete || n > 0, SIGNATURE);
    struct walk w = { first - 1, second - 1 };
    while ((w.fn & 1) != 0) {
        walk_up(&w);
    }
    struct tlog_hash fr = complete ? *first_root : path[0];
    struct tlog_hash sr = fr;
    for (size_t i = complete ? 0 : 1; i < n; i++) {
        SG_REQUIRE(w.sn != 0, SIGNATURE);
        if (walk_left(&w)) {
            fr = tlog_node_hash(path[i], fr);
            sr = tlog_node_hash(path[i], sr);
        } else {
            sr = tlog_node_hash(sr, path[i]);
        }
        walk_up(&w);
    }
    SG_REQUIRE(w.sn == 0 && equal(&fr, first_root) && equal(&sr, second_root), SIGNATURE);
    return SG_DONE;
}
