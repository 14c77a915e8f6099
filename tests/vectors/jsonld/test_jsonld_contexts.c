/*
 * The contexts built in are those that are published: same JSON as the copies of the shared folder (contexts/), which hold the
 * published bytes; and our table of digests is of those bytes. req: FMT-3
 */
#include "jsonld_int.h"
#include "sg_hash.h"
#include "support.h"

static const struct sjson *
load(struct sg_arena *arena, const char *path)
{
    const struct sjson *v;
    assert_ok(sjson_parse(arena, sg_bytes_str(support_file(arena, path)), NULL, &v));
    return v;
}

static const struct sjson *
shared_index(struct sg_arena *arena)
{
    const struct sjson *contexts;
    const struct sjson *index = load(arena, support_vector_path(arena, "../contexts/index.json"));
    assert_ok(sjson_member_object(index, "contexts", &contexts));
    return contexts;
}

static sg_bytes
shared_file(struct sg_arena *arena, const struct sjson *entry)
{
    sg_str file;
    sg_str path;
    assert_ok(sjson_member_text(entry, "file", &file));
    assert_ok(sg_arena_printf(arena, &path, "../contexts/%.*s", SG_PRINT(file)));
    return support_file(arena, support_vector_path(arena, path.p));
}

/*
 * odrl: the shared copy is not W3C's own file but one kept by another project; it lacks "Request" and has "Invitation" instead.
 * All other terms are equal.
 */
static bool
equal_odrl(const struct sjson *built_in, const struct sjson *shared)
{
    const struct sjson *a = sjson_get(built_in, "@context");
    const struct sjson *b = sjson_get(shared, "@context");
    bool equal = a->n == b->n;
    for (const struct sjson *m = a->first; m != NULL; m = m->next) {
        equal =
            equal && (sg_str_is(m->name, "Request") || sjson_equal(m, sjson_get_str(b, m->name)));
    }
    return equal;
}

static void
test_built_in_documents_equal_the_published_ones(void **state)
{
    size_t n;
    const struct jsonld_builtin *rows = jsonld_builtins(&n);
    const struct sjson *index = shared_index(*state);
    assert_int_equal(n, 20);
    for (size_t i = 0; i < n; i++) {
        const struct sjson *entry = sjson_get(index, rows[i].url);
        const struct sjson *built_in;
        const struct sjson *shared;
        assert_non_null(entry);
        assert_ok(sjson_parse(
            *state, sg_bytes_str(sg_bytes_of(rows[i].bytes, rows[i].n)), NULL, &built_in));
        assert_ok(sjson_parse(*state, sg_bytes_str(shared_file(*state, entry)), NULL, &shared));
        bool equal = strcmp(rows[i].url, "https://www.w3.org/ns/odrl.jsonld") == 0
                         ? equal_odrl(built_in, shared)
                         : sjson_equal(built_in, shared);
        if (!equal) {
            print_error("%s differs\n", rows[i].url);
        }
        assert_true(equal);
    }
}

/* Nothing is forgotten: what is not built in is named in conf/contexts/contexts.json, with its reason. */
static void
test_every_known_context_is_built_in_or_named(void **state)
{
    const struct sjson *missing;
    struct jsonld_contexts *contexts;
    const struct sjson *table = load(*state, "conf/contexts/contexts.json");
    size_t named = 0;
    assert_ok(sjson_member_array(table, "not_built_in", &missing));
    assert_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts));
    for (const struct sjson *e = shared_index(*state)->first; e != NULL; e = e->next) {
        bool listed = false;
        for (const struct sjson *m = missing->first; m != NULL; m = m->next) {
            sg_str url;
            sg_str reason;
            assert_ok(sjson_member_text(m, "url", &url));
            assert_ok(sjson_member_text(m, "reason", &reason));
            listed = listed || sg_str_equal(url, e->name);
        }
        assert_true(listed != jsonld_contexts_has(contexts, e->name));
        named += listed;
    }
    assert_int_equal(named, missing->n);
    jsonld_contexts_free(&contexts);
}

/* docs/contexts.md, "Add one by configuration": the rest, all at once, and a credential is still called what it was (options.plain_names). */
static void
test_what_is_not_built_in_can_be_added(void **state)
{
    static const char text[] =
        "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",\"https://w3id.org/vdl/v2\"],"
        "\"id\":\"urn:c\",\"type\":[\"VerifiableCredential\"],\"issuer\":\"did:example:i\","
        "\"validUntil\":\"2030-01-01T00:00:00Z\",\"name\":\"n\","
        "\"credentialSubject\":{\"id\":\"urn:s\",\"type\":\"LicensedDriver\"}}";
    struct jsonld_document extra[8];
    struct jsonld_contexts *contexts, *built_in;
    const struct sjson *document;
    sg_str expanded;
    size_t n = 0;
    assert_ok(jsonld_contexts_new(NULL, 0, NULL, &built_in));
    for (const struct sjson *e = shared_index(*state)->first; e != NULL; e = e->next) {
        if (!jsonld_contexts_has(built_in, e->name)) {
            assert_true(n < sizeof(extra) / sizeof(extra[0]));
            extra[n++] = (struct jsonld_document){ e->name, sg_bytes_str(shared_file(*state, e)) };
        }
    }
    assert_int_equal(n, 5);
    assert_ok(jsonld_contexts_new(extra, n, NULL, &contexts));
    assert_ok(sjson_parse(*state, sg_cstr(text), NULL, &document));
    struct jsonld_options options = { .contexts = contexts, .safe = true, .plain_names = true };
    assert_ok(jsonld_expand(*state, document, &options, NULL, &expanded));
    options.contexts = built_in;
    assert_refused(jsonld_expand(*state, document, &options, NULL, &expanded), CONTEXT);
    jsonld_contexts_free(&contexts);
    jsonld_contexts_free(&built_in);
}

static void
test_digests_are_of_the_published_bytes(void **state)
{
    size_t found = 0;
    for (const struct sjson *e = shared_index(*state)->first; e != NULL; e = e->next) {
        static const enum sg_hash_alg algs[] = { SG_SHA256, SG_SHA384 };
        for (size_t i = 0; i < 2; i++) {
            uint8_t ours[SG_HASH_MAX];
            uint8_t theirs[SG_HASH_MAX];
            if (sg_ok(jsonld_contexts_digest(e->name, algs[i], ours))) {
                sg_hash(algs[i], shared_file(*state, e), theirs);
                assert_memory_equal(ours, theirs, sg_hash_len(algs[i]));
                found++;
            }
        }
    }
    assert_int_equal(found, 2 * 19);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in_documents_equal_the_published_ones),
        cmocka_unit_test(test_every_known_context_is_built_in_or_named),
        cmocka_unit_test(test_what_is_not_built_in_can_be_added),
        cmocka_unit_test(test_digests_are_of_the_published_bytes),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
