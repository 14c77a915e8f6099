/* formats/tlog: Merkle tree. Expected values: the Certificate Transparency reference tree, and RFC 6962's own recursion as an oracle. */
#include "support.h"

#include "tlog_tree.h"

#define N_MAX 131

struct leaves {
    struct tlog_hash h[N_MAX];
};

/* RFC 6962 2.1, literally. */
static struct tlog_hash
mth(const struct tlog_hash *h, size_t n)
{
    if (n == 0) {
        return tlog_empty_root();
    }
    if (n == 1) {
        return h[0];
    }
    size_t k = 1;
    while (k * 2 < n) {
        k *= 2;
    }
    return tlog_node_hash(mth(h, k), mth(h + k, n - k));
}

/* PATH of RFC 6962 2.1.1, literally. */
static size_t
path(const struct tlog_hash *h, size_t m, size_t n, struct tlog_hash *ret)
{
    if (n == 1) {
        return 0;
    }
    size_t k = 1;
    while (k * 2 < n) {
        k *= 2;
    }
    size_t count;
    if (m < k) {
        count = path(h, m, k, ret);
        ret[count] = mth(h + k, n - k);
    } else {
        count = path(h + k, m - k, n - k, ret);
        ret[count] = mth(h, k);
    }
    return count + 1;
}

static sg_result
node(void *context, unsigned level, uint64_t index, struct tlog_hash *ret)
{
    const struct leaves *leaves = context;
    size_t width = (size_t)1 << level;
    assert_true((index + 1) * width <= N_MAX); /* a builder asks for complete subtrees alone */
    *ret = mth(leaves->h + index * width, width);
    return SG_DONE;
}

static struct leaves all;

static void
make_leaves(void)
{
    for (uint8_t i = 0; i < N_MAX; i++) {
        all.h[i] = tlog_leaf_hash(sg_bytes_of(&i, 1));
    }
}

static void
test_root_of_every_size_is_rfc6962(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 130; n++) {
        struct tlog_hash want = mth(all.h, n);
        struct tlog_hash got;
        assert_ok(tlog_root(n, node, &all, &got));
        assert_memory_equal(got.b, want.b, TLOG_HASH_LEN);
    }
}

static void
test_inclusion_of_every_leaf_in_every_size_up_to_130(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 130; n++) {
        struct tlog_hash root = mth(all.h, n);
        for (size_t m = 0; m < n; m++) {
            struct tlog_hash want[TLOG_PATH_MAX];
            struct tlog_hash got[TLOG_PATH_MAX];
            size_t n_want = path(all.h, m, n, want);
            size_t n_got;
            assert_ok(tlog_inclusion(m, n, node, &all, got, &n_got));
            assert_int_equal(n_got, n_want);
            assert_memory_equal(got, want, n_got * TLOG_HASH_LEN);
            assert_ok(tlog_inclusion_verify(m, n, all.h[m], got, n_got, &root));
            assert_refused(tlog_inclusion_verify(m, n, all.h[m + 1], got, n_got, &root), SIGNATURE);
            assert_refused(tlog_inclusion_verify(n, n, all.h[m], got, n_got, &root), SIGNATURE);
        }
    }
}

static void
test_consistency_of_every_pair_up_to_130(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 130; n++) {
        struct tlog_hash newer = mth(all.h, n);
        for (size_t m = 1; m <= n; m++) {
            struct tlog_hash older = mth(all.h, m);
            struct tlog_hash proof[TLOG_PATH_MAX];
            size_t count;
            assert_ok(tlog_consistency(m, n, node, &all, proof, &count));
            assert_ok(tlog_consistency_verify(m, n, &older, &newer, proof, count));
            struct tlog_hash wrong = newer;
            wrong.b[31] ^= 1;
            assert_refused(tlog_consistency_verify(m, n, &older, &wrong, proof, count), SIGNATURE);
            wrong = older;
            wrong.b[0] ^= 0x80;
            assert_refused(tlog_consistency_verify(m, n, &wrong, &newer, proof, count), SIGNATURE);
        }
    }
}

static void
test_truncated_extended_and_swapped_proofs_are_refused(void **state)
{
    (void)state;
    struct tlog_hash proof[TLOG_PATH_MAX + 1];
    size_t n;
    struct tlog_hash root = mth(all.h, 100);
    struct tlog_hash older = mth(all.h, 45);
    assert_ok(tlog_inclusion(77, 100, node, &all, proof, &n));
    assert_refused(tlog_inclusion_verify(77, 100, all.h[77], proof, n - 1, &root), SIGNATURE);
    proof[n] = root;
    assert_refused(tlog_inclusion_verify(77, 100, all.h[77], proof, n + 1, &root), SIGNATURE);
    assert_refused(tlog_inclusion_verify(76, 100, all.h[77], proof, n, &root), SIGNATURE);
    proof[n] = proof[0];
    proof[0] = proof[1];
    proof[1] = proof[n];
    assert_refused(tlog_inclusion_verify(77, 100, all.h[77], proof, n, &root), SIGNATURE);

    assert_ok(tlog_consistency(45, 100, node, &all, proof, &n));
    assert_refused(tlog_consistency_verify(45, 100, &older, &root, proof, n - 1), SIGNATURE);
    assert_refused(tlog_consistency_verify(45, 100, &older, &root, proof, 0), SIGNATURE);
    assert_refused(tlog_consistency_verify(46, 100, &older, &root, proof, n), SIGNATURE);
    assert_refused(tlog_consistency_verify(100, 45, &older, &root, proof, n), SIGNATURE);
    proof[n] = root;
    assert_refused(tlog_consistency_verify(45, 100, &older, &root, proof, n + 1), SIGNATURE);
    /* right root, wrong length: a root put as its own proof */
    assert_refused(tlog_inclusion_verify(0, 100, root, NULL, 0, &root), SIGNATURE);
}

static void
test_size_zero_and_sizes_beyond_the_limit(void **state)
{
    (void)state;
    struct tlog_hash empty = tlog_empty_root();
    struct tlog_hash proof[TLOG_PATH_MAX];
    size_t n;
    assert_refused(tlog_inclusion(0, 0, node, &all, proof, &n), VALUE);
    assert_refused(tlog_inclusion_verify(0, 0, all.h[0], NULL, 0, &empty), SIGNATURE);
    assert_ok(tlog_consistency_verify(0, 0, &empty, &empty, NULL, 0));
    assert_refused(tlog_consistency_verify(0, 1, &empty, &all.h[0], NULL, 0), SIGNATURE);
    assert_refused(tlog_root(UINT64_MAX, node, &all, proof), VALUE);
    assert_refused(tlog_inclusion_verify(5, UINT64_MAX, all.h[5], proof, 0, &empty), SIGNATURE);
}

/* Every node asked for is this one, so sizes that no test could build have a tree. */
static sg_result
same_node(void *context, unsigned level, uint64_t index, struct tlog_hash *ret)
{
    struct tlog_hash h = *(struct tlog_hash *)context;
    (void)index;
    for (unsigned i = 0; i < level; i++) {
        h = tlog_node_hash(h, h);
    }
    *ret = h;
    return SG_DONE;
}

static void
test_tree_of_two_to_the_63_leaves(void **state)
{
    (void)state;
    const uint64_t size = (uint64_t)1 << 63;
    struct tlog_hash root;
    struct tlog_hash less;
    struct tlog_hash proof[TLOG_PATH_MAX];
    size_t n;
    assert_ok(tlog_root(size, same_node, &all.h[0], &root));
    assert_ok(tlog_inclusion(size - 1, size, same_node, &all.h[0], proof, &n));
    assert_int_equal(n, 63);
    assert_ok(tlog_inclusion_verify(size - 1, size, all.h[0], proof, n, &root));
    assert_ok(tlog_root(size - 1, same_node, &all.h[0], &less));
    assert_ok(tlog_consistency(size - 1, size, same_node, &all.h[0], proof, &n));
    assert_true(n <= TLOG_PATH_MAX);
    assert_ok(tlog_consistency_verify(size - 1, size, &less, &root, proof, n));
}

static void
test_leaf_and_node_prefixes_differ(void **state)
{
    /* the two-leaf root of the reference tree, by hand: SHA-256(01 || H(00) || H(00 00)) */
    const char *want = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    struct tlog_hash a = tlog_leaf_hash(SG_NO_BYTES);
    struct tlog_hash b = tlog_leaf_hash(sg_bytes_of("\0", 1));
    struct tlog_hash root = tlog_node_hash(a, b);
    assert_memory_equal(root.b, support_hex(*state, want).p, TLOG_HASH_LEN);
    uint8_t joined[64];
    memcpy(joined, a.b, 32);
    memcpy(joined + 32, b.b, 32);
    struct tlog_hash second = tlog_leaf_hash(SG_BYTES(joined));
    assert_memory_not_equal(second.b, root.b, TLOG_HASH_LEN); /* no second preimage */
}

int
main(void)
{
    make_leaves();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root_of_every_size_is_rfc6962),
        cmocka_unit_test(test_inclusion_of_every_leaf_in_every_size_up_to_130),
        cmocka_unit_test(test_consistency_of_every_pair_up_to_130),
        cmocka_unit_test(test_truncated_extended_and_swapped_proofs_are_refused),
        cmocka_unit_test(test_size_zero_and_sizes_beyond_the_limit),
        cmocka_unit_test(test_tree_of_two_to_the_63_leaves),
        cmocka_unit_test(test_leaf_and_node_prefixes_differ),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
