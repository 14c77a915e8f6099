/*
 * Shared vectors "merkle": inclusion, consistency, reference-tree. The subtree files follow the newer Merkle tree certificate
 * work and are not needed for RFC 9162.
 */
#include "support.h"

#include "sjson.h"
#include "tlog_tree.h"

static const struct sjson *
document(struct sg_arena *arena, const char *name)
{
    const struct sjson *doc;
    sg_bytes file = support_file(arena, support_vector_path(arena, name));
    assert_ok(sjson_parse(arena, sg_bytes_str(file), NULL, &doc));
    return doc;
}

/* False when the text is no hash: such a case can only want an error. */
static bool
hash_b64(struct sg_arena *arena, sg_str text, struct tlog_hash *ret)
{
    sg_bytes raw;
    if (!sg_ok(sg_b64_decode(arena, text, &raw)) || raw.n != TLOG_HASH_LEN) {
        return false;
    }
    memcpy(ret->b, raw.p, TLOG_HASH_LEN);
    return true;
}

static bool
member_hash(struct sg_arena *arena, const struct sjson *v, const char *name, struct tlog_hash *ret)
{
    sg_str text;
    assert_ok(sjson_member_text(v, name, &text));
    return hash_b64(arena, text, ret);
}

/*
 * Roots of the consistency probes are opaque to upstream ("don't care 2" stands for one): here they are 32 bytes by type, so shorter ones
 * are filled up with zeros, which keeps equal ones equal.
 */
static bool
member_root(struct sg_arena *arena, const struct sjson *v, const char *name, struct tlog_hash *ret)
{
    sg_str text;
    sg_bytes raw;
    assert_ok(sjson_member_text(v, name, &text));
    if (!sg_ok(sg_b64_decode(arena, text, &raw)) || raw.n > TLOG_HASH_LEN) {
        return false;
    }
    memset(ret->b, 0, TLOG_HASH_LEN);
    memcpy(ret->b, raw.p, raw.n);
    return true;
}

static uint64_t
member_u64(const struct sjson *v, const char *name)
{
    uint64_t value;
    const struct sjson *m = sjson_get(v, name);
    assert_non_null(m);
    assert_ok(sg_u64_parse(m->text, &value));
    return value;
}

static bool
member_path(struct sg_arena *arena, const struct sjson *v, struct tlog_hash *path, size_t *ret_n)
{
    const struct sjson *list = sjson_get(v, "proof");
    size_t n = 0;
    for (const struct sjson *e = list == NULL ? NULL : list->first; e != NULL; e = e->next) {
        assert_true(n < TLOG_PATH_MAX);
        if (!hash_b64(arena, e->text, &path[n])) {
            return false;
        }
        n++;
    }
    *ret_n = n;
    return true;
}

static void
expect(const struct sjson *c, bool held)
{
    sg_str id;
    bool want_error;
    assert_ok(sjson_member_text(c, "id", &id));
    assert_ok(sjson_member_bool(c, "wantErr", false, &want_error));
    if (held == want_error) {
        print_error("%.*s: %s\n", SG_PRINT(id), held ? "accepted" : "refused");
        fail();
    }
}

static void
test_inclusion_probes(void **state)
{
    const struct sjson *doc = document(*state, "merkle/inclusion.json");
    size_t count = 0;
    for (const struct sjson *c = sjson_get(doc, "cases")->first; c != NULL; c = c->next, count++) {
        struct tlog_hash path[TLOG_PATH_MAX];
        struct tlog_hash root;
        struct tlog_hash leaf;
        size_t n;
        bool held = member_hash(*state, c, "root", &root) &&
                    member_hash(*state, c, "leafHash", &leaf) && member_path(*state, c, path, &n) &&
                    sg_ok(tlog_inclusion_verify(
                        member_u64(c, "leafIdx"), member_u64(c, "treeSize"), leaf, path, n, &root));
        expect(c, held);
    }
    assert_true(count > 0);
}

static void
test_consistency_probes(void **state)
{
    const struct sjson *doc = document(*state, "merkle/consistency.json");
    size_t count = 0;
    for (const struct sjson *c = sjson_get(doc, "cases")->first; c != NULL; c = c->next, count++) {
        struct tlog_hash path[TLOG_PATH_MAX];
        struct tlog_hash root1;
        struct tlog_hash root2;
        size_t n;
        bool held = member_root(*state, c, "root1", &root1) &&
                    member_root(*state, c, "root2", &root2) && member_path(*state, c, path, &n) &&
                    sg_ok(tlog_consistency_verify(
                        member_u64(c, "size1"), member_u64(c, "size2"), &root1, &root2, path, n));
        expect(c, held);
    }
    assert_true(count > 0);
}

struct reference {
    struct tlog_hash leaves[16];
    size_t n;
};

static sg_result
reference_node(void *context, unsigned level, uint64_t index, struct tlog_hash *ret)
{
    const struct reference *ref = context;
    if (level == 0) {
        assert_true(index < ref->n);
        *ret = ref->leaves[index];
        return SG_DONE;
    }
    struct tlog_hash l;
    struct tlog_hash r;
    SG_TRY(reference_node(context, level - 1, 2 * index, &l));
    SG_TRY(reference_node(context, level - 1, 2 * index + 1, &r));
    *ret = tlog_node_hash(l, r);
    return SG_DONE;
}

static void
expect_path(const struct sjson *list, const struct tlog_hash *path, size_t n)
{
    size_t i = 0;
    assert_non_null(list);
    assert_int_equal(list->n, n);
    for (const struct sjson *e = list->first; e != NULL; e = e->next, i++) {
        struct tlog_hash want;
        assert_ok(sg_hex_decode_to(e->text, want.b, TLOG_HASH_LEN));
        assert_memory_equal(path[i].b, want.b, TLOG_HASH_LEN);
    }
}

static void
test_reference_tree(void **state)
{
    const struct sjson *doc = document(*state, "merkle/reference-tree.json");
    struct reference ref = { .n = 0 };
    struct tlog_hash path[TLOG_PATH_MAX];
    size_t n;
    for (const struct sjson *e = sjson_get(doc, "leaf_inputs_hex")->first; e != NULL; e = e->next) {
        sg_bytes raw;
        assert_ok(sg_hex_decode(*state, e->text, &raw));
        ref.leaves[ref.n++] = tlog_leaf_hash(raw);
    }
    expect_path(sjson_get(doc, "leaf_hashes_hex"), ref.leaves, ref.n);
    struct tlog_hash roots[16];
    for (size_t size = 0; size <= ref.n; size++) {
        assert_ok(tlog_root(size, reference_node, &ref, &roots[size]));
    }
    expect_path(sjson_get(doc, "roots_by_size_hex"), roots, ref.n + 1);
    for (const struct sjson *c = sjson_get(doc, "inclusion")->first; c != NULL; c = c->next) {
        uint64_t index = member_u64(c, "leaf_index");
        uint64_t size = member_u64(c, "tree_size");
        assert_ok(tlog_inclusion(index, size, reference_node, &ref, path, &n));
        expect_path(sjson_get(c, "path_hex"), path, n);
        assert_ok(tlog_inclusion_verify(index, size, ref.leaves[index], path, n, &roots[size]));
    }
    for (const struct sjson *c = sjson_get(doc, "consistency")->first; c != NULL; c = c->next) {
        uint64_t a = member_u64(c, "size1");
        uint64_t b = member_u64(c, "size2");
        assert_ok(tlog_consistency(a, b, reference_node, &ref, path, &n));
        expect_path(sjson_get(c, "proof_hex"), path, n);
        assert_ok(tlog_consistency_verify(a, b, &roots[a], &roots[b], path, n));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inclusion_probes),
        cmocka_unit_test(test_consistency_probes),
        cmocka_unit_test(test_reference_tree),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
