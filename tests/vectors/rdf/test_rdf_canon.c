/*
 * W3C rdf-canon (shared vectors): every entry of the manifest, none left out. req: FMT-3
 * Evaluation: the canonical form byte for byte. Map: the issued identifiers. Negative: SG_E_WORK.
 */
#include "rdf.h"
#include "sjson.h"
#include "support.h"

static sg_bytes
suite_file(struct sg_arena *arena, sg_str name)
{
    sg_str path;
    assert_ok(sg_arena_printf(arena, &path, "rdf-canon/%.*s", SG_PRINT(name)));
    return support_file(arena, support_vector_path(arena, path.p));
}

static sg_str
member(const struct sjson *entry, const char *name)
{
    sg_str text = SG_NO_STR;
    if (sjson_get(entry, name) != NULL) {
        assert_ok(sjson_member_text(entry, name, &text));
    }
    return text;
}

static bool
map_agrees(const struct rdf_canonical *c, const struct sjson *want)
{
    if (want->n != c->n_labels) {
        return false;
    }
    for (size_t i = 0; i < c->n_labels; i++) {
        const struct sjson *to = sjson_get_str(want, c->labels[i].from);
        if (to == NULL || !sg_str_equal(to->text, c->labels[i].to)) {
            return false;
        }
    }
    return true;
}

static bool
passes(struct sg_arena *arena, const struct sjson *entry, sg_str type)
{
    struct rdf_dataset d;
    struct rdf_canonical c;
    enum sg_hash_alg alg =
        sg_str_is(member(entry, "hashAlgorithm"), "SHA384") ? SG_SHA384 : SG_SHA256;
    assert_ok(rdf_nquads_parse(
        arena, sg_bytes_str(suite_file(arena, member(entry, "action"))), NULL, &d));
    sg_result r = rdfc_canonicalize(arena, &d, alg, NULL, &c);
    if (sg_str_is(type, "rdfc:RDFC10NegativeEvalTest")) {
        return r.code == SG_E_WORK;
    }
    if (!sg_ok(r)) {
        return false;
    }
    sg_str want = sg_bytes_str(suite_file(arena, member(entry, "result")));
    if (sg_str_is(type, "rdfc:RDFC10EvalTest")) {
        return sg_str_equal(want, c.nquads);
    }
    const struct sjson *map;
    assert_true(sg_str_is(type, "rdfc:RDFC10MapTest"));
    assert_ok(sjson_parse(arena, want, NULL, &map));
    return map_agrees(&c, map);
}

static void
test_manifest(void **state)
{
    const struct sjson *manifest;
    const struct sjson *entries;
    sg_str text = sg_bytes_str(suite_file(*state, SG_LIT("manifest.jsonld")));
    assert_ok(sjson_parse(*state, text, NULL, &manifest));
    assert_ok(sjson_member_array(manifest, "entries", &entries));
    assert_int_equal(entries->n, 64);
    size_t wrong = 0;
    for (const struct sjson *e = entries->first; e != NULL; e = e->next) {
        struct sg_arena *arena = sg_arena_new(0, (size_t)256 << 20);
        if (!passes(arena, e, member(e, "type"))) {
            print_error("%.*s\n", SG_PRINT(member(e, "id")));
            wrong++;
        }
        sg_arena_free(&arena);
    }
    assert_int_equal(wrong, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manifest),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
