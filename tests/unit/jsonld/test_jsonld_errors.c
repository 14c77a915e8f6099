/*
 * formats/jsonld: each error the specification names (JSON-LD API 9.4) and expansion or RDF can meet, with a document that meets it.
 * The published suite has some of these; here are all. req: FMT-3
 */
#include "jsonld.h"
#include "support.h"

#define U "https://c.example/"

static const struct jsonld_document set[] = {
    { SG_LIT(U "good"), SG_LIT("{\"@context\":{\"p\":\"urn:p\",\"q\":\"urn:q\"}}") },
    { SG_LIT(U "bare"), SG_LIT("{\"p\":\"urn:p\"}") },
    { SG_LIT(U "array"), SG_LIT("{\"@context\":[{\"p\":\"urn:p\"}]}") },
    { SG_LIT(U "imports"), SG_LIT("{\"@context\":{\"@import\":\"good\"}}") },
    { SG_LIT(U "itself"), SG_LIT("{\"@context\":\"itself\"}") },
    { SG_LIT(U "scoped"),
        SG_LIT("{\"@context\":{\"p\":{\"@id\":\"urn:p\",\"@context\":\"scoped\"}}}") },
};

static struct jsonld_contexts *contexts;

static int
setup(void **state)
{
    return support_arena_setup(state) != 0 ||
           !sg_ok(jsonld_contexts_bare(set, sizeof(set) / sizeof(set[0]), NULL, &contexts));
}

static int
teardown(void **state)
{
    jsonld_contexts_free(&contexts);
    return support_arena_teardown(state);
}

struct row {
    const char *error; /* NULL: none */
    const char *json;
};

/* documents with this context */
static const struct row in_contexts[] = {
    { NULL, "\"" U "good\"" },
    { NULL, "{\"@import\":\"" U "good\",\"p\":\"urn:other\"}" },
    { NULL, "[]" },
    { NULL, "[null,{}]" },
    { NULL, "\"" U "scoped\"" }, /* a scoped context may name the context it stands in */
    { "loading remote context failed", "\"" U "absent\"" },
    { "loading remote context failed", "\"relative\"" },
    { "invalid remote context", "\"" U "bare\"" },
    { "context overflow", "\"" U "itself\"" },
    { "invalid local context", "1" },
    { "invalid local context", "[[{}]]" },
    { "invalid local context", "true" },
    { "invalid @version value", "{\"@version\":1.0}" },
    { "invalid @version value", "{\"@version\":\"1.1\"}" },
    { "invalid @import value", "{\"@import\":{}}" },
    { "loading remote context failed", "{\"@import\":\"" U "absent\"}" },
    { "invalid remote context", "{\"@import\":\"" U "array\"}" },
    { "invalid remote context", "{\"@import\":\"" U "bare\"}" },
    { "invalid context entry", "{\"@import\":\"" U "imports\"}" },
    { "invalid base IRI", "{\"@base\":1}" },
    { "invalid base IRI", "{\"@base\":\"relative\"}" },
    { "invalid vocab mapping", "{\"@vocab\":true}" },
    { "invalid vocab mapping", "{\"@vocab\":\"@id\"}" },
    { "invalid default language", "{\"@language\":1}" },
    { "invalid base direction", "{\"@direction\":\"up\"}" },
    { "invalid @propagate value", "{\"@propagate\":\"yes\"}" },
    { "invalid @protected value", "{\"@protected\":1}" },
    { "invalid @protected value", "{\"t\":{\"@id\":\"urn:t\",\"@protected\":1}}" },
    { "cyclic IRI mapping", "{\"a\":\"b:x\",\"b\":\"a:x\"}" },
    { "cyclic IRI mapping", "{\"t\":{\"@id\":\"t:x\"}}" },
    { "invalid term definition", "{\"\":\"urn:t\"}" },
    { "invalid term definition", "{\"t\":1}" },
    { "invalid term definition", "{\"t\":{\"@id\":\"urn:t\",\"other\":1}}" },
    { "invalid term definition", "{\"t\":{\"@id\":\"urn:t\",\"@index\":\"urn:i\"}}" },
    { "invalid term definition",
        "{\"t\":{\"@id\":\"urn:t\",\"@container\":\"@index\",\"@index\":\"@id\"}}" },
    { "invalid term definition", "{\"a:t\":{\"@id\":\"urn:t\",\"@prefix\":true},\"a\":\"urn:\"}" },
    { "invalid term definition", "{\"t\":{\"@id\":\"@type\",\"@prefix\":true}}" },
    { "keyword redefinition", "{\"@id\":\"urn:t\"}" },
    { "keyword redefinition", "{\"@type\":{\"@container\":\"@list\"}}" },
    { "keyword redefinition", "{\"@type\":{}}" },
    { "invalid type mapping", "{\"t\":{\"@id\":\"urn:t\",\"@type\":1}}" },
    { "invalid type mapping", "{\"t\":{\"@id\":\"urn:t\",\"@type\":\"_:b\"}}" },
    { "invalid type mapping", "{\"t\":{\"@id\":\"urn:t\",\"@type\":\"@set\"}}" },
    { "invalid type mapping",
        "{\"t\":{\"@id\":\"urn:t\",\"@container\":\"@type\",\"@type\":\"urn:d\"}}" },
    { "invalid reverse property", "{\"t\":{\"@reverse\":\"urn:t\",\"@id\":\"urn:t\"}}" },
    { "invalid reverse property", "{\"t\":{\"@reverse\":\"urn:t\",\"@container\":\"@list\"}}" },
    { "invalid IRI mapping", "{\"t\":{\"@reverse\":1}}" },
    { "invalid IRI mapping", "{\"t\":{\"@reverse\":\"relative\"}}" },
    { "invalid IRI mapping", "{\"t\":{\"@id\":1}}" },
    { "invalid IRI mapping", "{\"t\":\"relative\"}" },
    { "invalid IRI mapping", "{\"t\":{}}" },
    { "invalid IRI mapping", "{\"a:t\":\"urn:other\",\"a\":\"urn:a:\"}" },
    { "invalid keyword alias", "{\"t\":\"@context\"}" },
    { "invalid container mapping", "{\"t\":{\"@id\":\"urn:t\",\"@container\":\"@value\"}}" },
    { "invalid container mapping",
        "{\"t\":{\"@id\":\"urn:t\",\"@container\":[\"@list\",\"@set\"]}}" },
    { "invalid container mapping", "{\"t\":{\"@id\":\"urn:t\",\"@container\":[]}}" },
    { "invalid language mapping", "{\"t\":{\"@id\":\"urn:t\",\"@language\":1}}" },
    { "invalid base direction", "{\"t\":{\"@id\":\"urn:t\",\"@direction\":\"up\"}}" },
    { "invalid @nest value", "{\"t\":{\"@id\":\"urn:t\",\"@nest\":1}}" },
    { "invalid @nest value", "{\"t\":{\"@id\":\"urn:t\",\"@nest\":\"@id\"}}" },
    { "invalid @prefix value", "{\"t\":{\"@id\":\"urn:t\",\"@prefix\":1}}" },
    { "invalid scoped context", "{\"t\":{\"@id\":\"urn:t\",\"@context\":{\"x\":1}}}" },
    { "protected term redefinition",
        "[{\"t\":{\"@id\":\"urn:t\",\"@protected\":true}},{\"t\":\"urn:u\"}]" },
    { NULL, "[{\"t\":{\"@id\":\"urn:t\",\"@protected\":true}},{\"t\":\"urn:t\"}]" },
    { "invalid context nullification", "[{\"t\":{\"@id\":\"urn:t\",\"@protected\":true}},null]" },
};

/* whole documents */
static const struct row documents[] = {
    { "colliding keywords", "{\"@context\":{\"id\":\"@id\"},\"id\":\"urn:a\",\"@id\":\"urn:b\"}" },
    { "invalid @id value", "{\"@id\":1}" },
    { "invalid type value", "{\"@type\":1}" },
    { "invalid type value", "{\"@type\":[{}]}" },
    { "invalid @included value", "{\"@included\":\"x\"}" },
    { "invalid @included value", "{\"@included\":{\"@value\":1}}" },
    { "invalid value object value", "{\"urn:p\":{\"@value\":{}}}" },
    { "invalid value object", "{\"urn:p\":{\"@value\":1,\"@id\":\"urn:a\"}}" },
    { "invalid value object",
        "{\"urn:p\":{\"@value\":\"x\",\"@type\":\"urn:t\",\"@language\":\"de\"}}" },
    { "invalid typed value", "{\"urn:p\":{\"@value\":1,\"@type\":\"relative\"}}" },
    { "invalid typed value", "{\"urn:p\":{\"@value\":1,\"@type\":[\"urn:t\"]}}" },
    { "invalid language-tagged string", "{\"urn:p\":{\"@value\":\"x\",\"@language\":1}}" },
    { "invalid language-tagged value", "{\"urn:p\":{\"@value\":1,\"@language\":\"de\"}}" },
    { "invalid base direction", "{\"urn:p\":{\"@value\":\"x\",\"@direction\":\"up\"}}" },
    { "invalid @index value", "{\"urn:p\":{\"@index\":1}}" },
    { "invalid @reverse value", "{\"@reverse\":1}" },
    { "invalid reverse property map", "{\"@reverse\":{\"@id\":\"urn:a\"}}" },
    { "invalid reverse property value", "{\"@reverse\":{\"urn:p\":1}}" },
    { "invalid reverse property value",
        "{\"@context\":{\"r\":{\"@reverse\":\"urn:r\"}},\"r\":{\"@list\":[]}}" },
    { "invalid language map value", "{\"@context\":{\"l\":{\"@id\":\"urn:l\",\"@container\":\"@"
                                    "language\"}},\"l\":{\"de\":1}}" },
    { "invalid set or list object", "{\"urn:p\":{\"@list\":[],\"@id\":\"urn:a\"}}" },
    { "invalid @nest value", "{\"@context\":{\"n\":\"@nest\"},\"n\":1}" },
    { "invalid @nest value", "{\"@context\":{\"n\":\"@nest\"},\"n\":{\"@value\":1}}" },
    { "conflicting indexes",
        "[{\"@id\":\"urn:a\",\"@index\":\"x\"},{\"@id\":\"urn:a\",\"@index\":\"y\"}]" },
    { NULL, "[{\"@id\":\"urn:a\",\"@index\":\"x\"},{\"@id\":\"urn:a\",\"@index\":\"x\"}]" },
};

static size_t
wrong(struct sg_arena *arena, const char *error, const char *text)
{
    const struct sjson *document;
    struct rdf_dataset dataset;
    struct sg_why why = { 0 };
    struct jsonld_options options = { .contexts = contexts };
    assert_ok(sjson_parse(arena, sg_cstr(text), NULL, &document));
    sg_result r = jsonld_to_rdf(arena, document, &options, &why, &dataset);
    if (error == NULL ? sg_ok(r) : !sg_ok(r) && why.what != NULL && strcmp(why.what, error) == 0) {
        return 0;
    }
    print_error("%s\n  want %s, got %s %s\n", text, error == NULL ? "success" : error,
        sg_ok(r) ? "success" : sg_code_row(r.code)->name, why.what == NULL ? "" : why.what);
    return 1;
}

static void
test_errors_of_contexts(void **state)
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof(in_contexts) / sizeof(in_contexts[0]); i++) {
        sg_str text;
        assert_ok(
            sg_arena_printf(*state, &text, "{\"@context\":%s,\"urn:x\":1}", in_contexts[i].json));
        n += wrong(*state, in_contexts[i].error, text.p);
    }
    assert_int_equal(n, 0);
}

static void
test_errors_of_documents(void **state)
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        n += wrong(*state, documents[i].error, documents[i].json);
    }
    assert_int_equal(n, 0);
}

/* What 1.1 brought is refused, or left out, when the caller asks for 1.0. */
static void
test_processing_mode_1_0(void **state)
{
    static const struct row rows[] = {
        { "processing mode conflict", "{\"@version\":1.1}" },
        { "invalid context entry", "{\"@import\":\"" U "good\"}" },
        { "invalid context entry", "{\"@propagate\":true}" },
        { "invalid context entry", "{\"@direction\":\"ltr\"}" },
        { "invalid term definition", "{\"t\":{\"@id\":\"urn:t\",\"@protected\":true}}" },
        { "invalid term definition", "{\"t\":{\"@id\":\"urn:t\",\"@context\":{}}}" },
        { "invalid term definition", "{\"t\":{\"@id\":\"urn:t\",\"@nest\":\"@nest\"}}" },
        { "invalid term definition", "{\"t\":{\"@id\":\"urn:t\",\"@prefix\":true}}" },
        { "invalid type mapping", "{\"t\":{\"@id\":\"urn:t\",\"@type\":\"@json\"}}" },
        { "invalid container mapping", "{\"t\":{\"@id\":\"urn:t\",\"@container\":\"@graph\"}}" },
        { "invalid container mapping", "{\"t\":{\"@id\":\"urn:t\",\"@container\":[\"@set\"]}}" },
        { "keyword redefinition", "{\"@type\":{\"@container\":\"@set\"}}" },
        { "invalid vocab mapping", "{\"@vocab\":\"relative\"}" },
        { NULL, "{\"t\":{\"@id\":\"urn:t\",\"@container\":\"@set\"}}" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sjson *document;
        struct rdf_dataset dataset;
        struct sg_why why = { 0 };
        struct jsonld_options options = { .contexts = contexts, .mode_1_0 = true };
        sg_str text;
        assert_ok(sg_arena_printf(*state, &text, "{\"@context\":%s,\"urn:x\":1}", rows[i].json));
        assert_ok(sjson_parse(*state, text, NULL, &document));
        sg_result r = jsonld_to_rdf(*state, document, &options, &why, &dataset);
        support_assert_code(
            r, rows[i].error == NULL ? SG_OK : SG_E_JSONLD, text.p, __FILE__, __LINE__);
        if (rows[i].error != NULL) {
            assert_string_equal(why.what, rows[i].error);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_of_contexts),
        cmocka_unit_test(test_errors_of_documents),
        cmocka_unit_test(test_processing_mode_1_0),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
