/* formats/jsonld: the set of contexts, shared by threads. req: FMT-3 */
#include <pthread.h>

#include "jsonld_int.h"
#include "support.h"

#define V2 "https://www.w3.org/ns/credentials/v2"
#define OWN "https://example.org/contexts/own"

static const char credential[] =
    "{\"@context\":[\"" V2 "\",\"" OWN
    "\"],\"id\":\"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33\","
    "\"type\":[\"VerifiableCredential\",\"Membership\"],\"issuer\":\"https://vc.example/issuers/"
    "5678\","
    "\"validFrom\":\"2023-01-01T00:00:00Z\",\"credentialSubject\":{\"id\":\"did:example:abc\","
    "\"level\":3}}";
static const struct jsonld_document own[] = {
    { SG_LIT(OWN),
        SG_LIT("{\"@context\":{\"@protected\":true,\"Membership\":\"urn:own:Membership\","
               "\"level\":\"urn:own:level\"}}") },
};

static struct jsonld_contexts *contexts;

static int
setup(void **state)
{
    struct sg_why why = { 0 };
    return support_arena_setup(state) != 0 || !sg_ok(jsonld_contexts_new(own, 1, &why, &contexts));
}

static int
teardown(void **state)
{
    jsonld_contexts_free(&contexts);
    jsonld_contexts_free(&contexts); /* NULL is accepted */
    return support_arena_teardown(state);
}

static sg_result
to_quads(struct sg_arena *arena, const char *text, struct sg_why *why, struct rdf_dataset *ret)
{
    const struct sjson *document;
    struct jsonld_options options = { .contexts = contexts, .safe = true };
    SG_TRY(sjson_parse(arena, sg_cstr(text), why, &document));
    return jsonld_to_rdf(arena, document, &options, why, ret);
}

static void
test_built_in_and_configured_contexts_are_there(void **state)
{
    (void)state;
    assert_true(jsonld_contexts_has(contexts, SG_LIT(V2)));
    assert_true(
        jsonld_contexts_has(contexts, SG_LIT("https://w3id.org/security/data-integrity/v2")));
    assert_true(jsonld_contexts_has(contexts, SG_LIT(OWN)));
    assert_false(jsonld_contexts_has(contexts, SG_LIT("https://example.org/contexts/other")));
}

/* Six quads: two types, issuer, validFrom, credentialSubject, and the level of the subject. */
static void
test_a_credential_becomes_its_quads(void **state)
{
    struct rdf_dataset dataset;
    struct sg_why why = { 0 };
    assert_ok(to_quads(*state, credential, &why, &dataset));
    assert_int_equal(dataset.n, 6);
    bool level = false;
    for (size_t i = 0; i < dataset.n; i++) {
        level = level || (sg_str_is(dataset.quads[i].s.value, "did:example:abc") &&
                             sg_str_is(dataset.quads[i].p.value, "urn:own:level") &&
                             sg_str_is(dataset.quads[i].o.value, "3"));
    }
    assert_true(level);
}

static void
test_an_unknown_context_is_refused(void **state)
{
    struct rdf_dataset dataset;
    struct sg_why why = { 0 };
    assert_refused(
        to_quads(*state, "{\"@context\":\"https://example.org/contexts/other\"}", &why, &dataset),
        CONTEXT);
    assert_string_equal(why.what, "loading remote context failed");
}

static void
test_a_protected_term_cannot_be_redefined(void **state)
{
    struct rdf_dataset dataset;
    struct sg_why why = { 0 };
    assert_refused(to_quads(*state,
                       "{\"@context\":[\"" V2
                       "\",{\"VerifiableCredential\":\"urn:ex:other\"}],\"id\":\"urn:ex:s\"}",
                       &why, &dataset),
        JSONLD);
    assert_string_equal(why.what, "protected term redefinition");
}

static void
test_what_cannot_be_a_set_is_refused(void **state)
{
    (void)state;
    static const struct jsonld_document pinned[] = { { SG_LIT(V2), SG_LIT("{\"@context\":{}}") } };
    static const struct jsonld_document twice[] = { { SG_LIT(OWN), SG_LIT("{\"@context\":{}}") },
        { SG_LIT(OWN), SG_LIT("{\"@context\":{}}") } };
    static const struct jsonld_document empty[] = { { SG_LIT(OWN), SG_LIT("{}") } };
    static const struct jsonld_document broken[] = { { SG_LIT(OWN), SG_LIT("{") } };
    struct jsonld_contexts *other = NULL;
    struct sg_why why = { 0 };
    assert_refused(jsonld_contexts_new(pinned, 1, &why, &other), CONFLICT);
    assert_refused(jsonld_contexts_new(twice, 2, &why, &other), CONFLICT);
    assert_refused(jsonld_contexts_new(empty, 1, &why, &other), MALFORMED);
    assert_refused(jsonld_contexts_new(broken, 1, &why, &other), MALFORMED);
    assert_null(other);
}

/* The set keeps its own copy of what it was given. */
static void
test_the_set_outlives_what_it_was_made_from(void **state)
{
    char url[] = OWN;
    char json[] = "{\"@context\":{\"p\":\"urn:own:p\"}}";
    struct jsonld_document document = { sg_str_of(url, sizeof(url) - 1),
        sg_str_of(json, sizeof(json) - 1) };
    struct jsonld_contexts *other;
    struct rdf_dataset dataset;
    const struct sjson *v;
    assert_ok(jsonld_contexts_bare(&document, 1, NULL, &other));
    memset(url, 'x', sizeof(url));
    memset(json, 'x', sizeof(json));
    struct jsonld_options options = { .contexts = other, .safe = true };
    assert_ok(sjson_parse(*state, SG_LIT("{\"@context\":\"" OWN "\",\"p\":1}"), NULL, &v));
    assert_ok(jsonld_to_rdf(*state, v, &options, NULL, &dataset));
    assert_str_is(dataset.quads[0].p.value, "urn:own:p");
    jsonld_contexts_free(&other);
}

/* What was processed when the set was made must give what a request would have made itself. */
static void
test_prepared_contexts_give_what_unprepared_ones_give(void **state)
{
    size_t n;
    const struct jsonld_builtin *rows = jsonld_builtins(&n);
    struct jsonld_document *documents = SG_NEW_ARRAY(*state, n + 1, struct jsonld_document);
    struct jsonld_contexts *bare;
    struct rdf_dataset a;
    struct rdf_dataset b;
    const struct sjson *v;
    for (size_t i = 0; i < n; i++) {
        documents[i].url = sg_cstr(rows[i].url);
        documents[i].json = sg_bytes_str(sg_bytes_of(rows[i].bytes, rows[i].n));
    }
    documents[n] = own[0];
    assert_ok(jsonld_contexts_bare(documents, n + 1, NULL, &bare));
    assert_int_equal(bare->memo.n, 0);
    assert_true(contexts->memo.n > n);
    struct jsonld_options options = { .contexts = bare, .safe = true };
    assert_ok(sjson_parse(*state, sg_cstr(credential), NULL, &v));
    assert_ok(jsonld_to_rdf(*state, v, &options, NULL, &a));
    assert_ok(to_quads(*state, credential, NULL, &b));
    assert_int_equal(a.n, b.n);
    for (size_t i = 0; i < a.n; i++) {
        assert_true(sg_str_equal(a.quads[i].s.value, b.quads[i].s.value));
        assert_true(sg_str_equal(a.quads[i].p.value, b.quads[i].p.value));
        assert_true(sg_str_equal(a.quads[i].o.value, b.quads[i].o.value));
        assert_true(sg_str_equal(a.quads[i].o.datatype, b.quads[i].o.datatype));
    }
    jsonld_contexts_free(&bare);
}

static void *
many_times(void *unused)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)16 << 20);
    (void)unused;
    bool good = arena != NULL;
    for (size_t i = 0; i < 200 && good; i++) {
        struct rdf_dataset dataset;
        sg_arena_reset(arena);
        good = sg_ok(to_quads(arena, credential, NULL, &dataset)) && dataset.n == 6;
    }
    sg_arena_free(&arena);
    return good ? &contexts : NULL;
}

static void
test_threads_share_one_set(void **state)
{
    pthread_t threads[4];
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, many_times, NULL), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *good = NULL;
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
    }
}

static void
test_digests_of_published_bytes(void **state)
{
    uint8_t digest[SG_HASH_MAX];
    (void)state;
    /* printed in VCDM 2.0, B.1 */
    assert_ok(jsonld_contexts_digest(SG_LIT(V2), SG_SHA256, digest));
    sg_bytes want =
        support_hex(*state, "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734");
    assert_memory_equal(digest, want.p, want.n);
    assert_refused(jsonld_contexts_digest(SG_LIT(OWN), SG_SHA256, digest), NOT_FOUND);
    assert_refused(jsonld_contexts_digest(SG_LIT(V2), SG_SHA512, digest), ALGORITHM);
}

/* jsonld.js takes an inline {"@context": {...}} for what is inside; the Recommendation refuses it, and so do we until told otherwise. */
static void
test_an_inline_context_in_a_context(void **state)
{
    static const char text[] =
        "{\"@context\":{\"@context\":{\"a\":\"urn:own:a\"}},\"@id\":\"urn:s\",\"a\":\"x\"}";
    static const char deep[] = "{\"@context\":{\"@context\":{\"@context\":{\"a\":\"urn:own:a\"}}},"
                               "\"@id\":\"urn:s\",\"a\":\"x\"}";
    static const char more[] = "{\"@context\":{\"@context\":{\"a\":\"urn:own:a\"},\"b\":\"urn:b\"},"
                               "\"@id\":\"urn:s\",\"a\":\"x\"}";
    SG_CLEANUP(jsonld_contexts_free)
    struct jsonld_contexts *set = NULL;
    struct sg_why why = { 0 };
    struct rdf_dataset quads;
    const struct sjson *document;
    assert_ok(jsonld_contexts_new(NULL, 0, &why, &set));
    struct jsonld_options options = { .contexts = set, .safe = true };
    assert_ok(sjson_parse(*state, sg_cstr(text), NULL, &document));
    assert_refused(jsonld_to_rdf(*state, document, &options, &why, &quads), JSONLD);
    assert_string_equal(why.what, "keyword redefinition");
    jsonld_contexts_nested(set);
    assert_ok(jsonld_to_rdf(*state, document, &options, NULL, &quads));
    assert_int_equal(quads.n, 1);
    assert_str_is(quads.quads[0].p.value, "urn:own:a");
    assert_ok(sjson_parse(*state, sg_cstr(deep), NULL, &document));
    assert_ok(jsonld_to_rdf(*state, document, &options, NULL, &quads));
    assert_ok(sjson_parse(*state, sg_cstr(more), NULL, &document));
    assert_refused(jsonld_to_rdf(*state, document, &options, NULL, &quads), JSONLD);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in_and_configured_contexts_are_there),
        cmocka_unit_test(test_a_credential_becomes_its_quads),
        cmocka_unit_test(test_an_unknown_context_is_refused),
        cmocka_unit_test(test_a_protected_term_cannot_be_redefined),
        cmocka_unit_test(test_what_cannot_be_a_set_is_refused),
        cmocka_unit_test(test_the_set_outlives_what_it_was_made_from),
        cmocka_unit_test(test_prepared_contexts_give_what_unprepared_ones_give),
        cmocka_unit_test(test_threads_share_one_set),
        cmocka_unit_test(test_an_inline_context_in_a_context),
        cmocka_unit_test(test_digests_of_published_bytes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
