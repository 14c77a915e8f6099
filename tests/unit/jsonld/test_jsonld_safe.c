/* formats/jsonld: what safe mode refuses, beside what it lets through. req: FMT-3 (spec: VC Data Integrity 1.0, 2.4.3) */
#include "jsonld.h"
#include "support.h"

static struct jsonld_contexts *none;

static int
setup(void **state)
{
    struct sg_why why = { 0 };
    return support_arena_setup(state) != 0 || !sg_ok(jsonld_contexts_bare(NULL, 0, &why, &none));
}

static int
teardown(void **state)
{
    jsonld_contexts_free(&none);
    return support_arena_teardown(state);
}

static const struct sjson *
parsed(void **state, const char *text)
{
    const struct sjson *v = NULL;
    assert_ok(sjson_parse(*state, sg_cstr(text), NULL, &v));
    return v;
}

struct row {
    const char *kind; /* what is refused; NULL: nothing */
    const char *
        document; /* after a "@context" with @vocab-less terms p (any), i (@id), g and gi (graphs), o (@list), v (@vocab), T (a type), l (@language map) */
};

#define CONTEXT                                                                                   \
    "{\"@context\":{\"p\":\"urn:ex:p\",\"q\":\"urn:ex:q\",\"i\":{\"@id\":\"urn:ex:i\", "          \
    "\"@type\":\"@id\"},\"T\":\"urn:ex:T\",\"l\":{\"@id\":\"urn:ex:l\",\"@container\":"           \
    "\"@language\"},\"v\":{\"@id\":\"urn:ex:v\",\"@type\":\"@vocab\"},"                           \
    "\"g\":{\"@id\":\"urn:ex:g\",\"@container\":\"@graph\"},"                                     \
    "\"gi\":{\"@id\":\"urn:ex:gi\",\"@container\":[\"@graph\",\"@id\"]},\"o\":{\"@id\":\"urn:ex:" \
    "o\",\"@container\":\"@list\"},\"gone\":null}"

static const struct row rows[] = {
    { NULL, ",\"@id\":\"urn:ex:s\",\"@type\":\"T\",\"p\":\"v\",\"i\":\"urn:ex:o\"}" },
    { NULL, ",\"p\":null,\"q\":\"v\"}" },
    { NULL, ",\"p\":[]}" },
    { NULL, ",\"p\":{\"@id\":\"_:b\"}}" },
    { NULL, ",\"l\":{\"de\":\"x\",\"@none\":\"y\"}}" },
    { "invalid property", ",\"p\":\"v\",\"unknown\":1}" },
    { "invalid property", ",\"p\":{\"unknown\":null}}" },
    { "invalid property", ",\"gone\":\"v\"}" },
    { "relative @type reference", ",\"@type\":\"Unknown\",\"p\":\"v\"}" },
    { "relative @id reference", ",\"@id\":\"relative\",\"p\":\"v\"}" },
    { "relative @id reference", ",\"i\":\"relative\"}" },
    { "relative @id reference", ",\"p\":{\"@id\":\"relative\"}}" },
    { "relative @id reference", ",\"@graph\":[{\"p\":1}],\"@id\":\"g\"}" },
    { "reserved term", ",\"@unheard\":1,\"p\":1}" },
    { "reserved term", ",\"@type\":\"@unheard\",\"p\":1}" },
    { "reserved term", ",\"p\":{\"@id\":\"@unheard\",\"q\":1}}" },
    { "null @id value", ",\"v\":\"gone\"}" },
    { "null @value value", ",\"p\":{\"@value\":null}}" },
    { "object with only @language", ",\"p\":{\"@language\":\"de\"}}" },
    { "free-floating scalar", ",\"@graph\":[\"v\"]}" },
    { "object with only @value", ",\"@graph\":[{\"@value\":\"v\"}]}" },
    { "object with only @list", ",\"@graph\":[{\"@list\":[1]}]}" },
    { "object with only @id", ",\"@graph\":[{\"@id\":\"urn:ex:s\"}]}" },
    { "empty object", ",\"@graph\":[{}]}" },
    { NULL, ",\"g\":{\"p\":1}}" },
    { "object with only @id", ",\"g\":{\"@id\":\"urn:ex:s\"}}" },
    { "object with only @value", ",\"g\":\"v\"}" },
    { "empty object", ",\"g\":{}}" },
    { "object with only @id", ",\"gi\":{\"urn:ex:g\":{\"@id\":\"urn:ex:s\"}}}" },
    { "array within @list", ",\"p\":{\"@list\":[[1],2]}}" },
    { NULL, ",\"o\":[[1],2]}" },
    { NULL, ",\"o\":{\"@list\":[[1],2]}}" },
    { "invalid @language value", ",\"p\":{\"@value\":\"v\",\"@language\":\"a b\"}}" },
    { "invalid @language value", ",\"l\":{\"not_a_tag\":\"v\"}}" },
    { "rdfDirection not set", ",\"p\":{\"@value\":\"v\",\"@direction\":\"rtl\"}}" },
    { "blank node predicate", ",\"_:p\":\"v\"}" },
    { "relative predicate reference", ",\"urn:ex:has space\":\"v\"}" },
    { "language type without a language",
        ",\"p\":{\"@value\":\"v\",\"@type\":\"" RDF_LANG_STRING "\"}}" },
    { "relative type reference", ",\"p\":{\"@value\":\"v\",\"@type\":\"urn:ex:<\"}}" },
};

static void
test_each_kind_of_loss_is_refused_when_safe_and_only_then(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str text;
        struct rdf_dataset dataset;
        struct sg_why why = { 0 };
        struct jsonld_options options = { .contexts = none, .safe = true };
        assert_ok(sg_arena_printf(*state, &text, "%s%s", CONTEXT, rows[i].document));
        const struct sjson *document = parsed(state, text.p);
        sg_result r = jsonld_to_rdf(*state, document, &options, &why, &dataset);
        if (rows[i].kind == NULL) {
            support_assert_code(r, SG_OK, text.p, __FILE__, __LINE__);
        } else {
            support_assert_code(r, SG_E_DATA_LOSS, text.p, __FILE__, __LINE__);
            assert_string_equal(why.what, rows[i].kind);
        }
        options.safe = false;
        why = (struct sg_why){ 0 };
        assert_ok(jsonld_to_rdf(*state, document, &options, &why, &dataset));
    }
}

static void
test_reserved_words_in_a_context_are_refused_when_safe(void **state)
{
    static const struct row contexts[] = {
        { "reserved term", "{\"@context\":{\"@odd\":\"urn:ex:p\"},\"urn:ex:q\":1}" },
        { "reserved @id value", "{\"@context\":{\"p\":\"@odd\"},\"urn:ex:q\":1}" },
        { "reserved @reverse value",
            "{\"@context\":{\"p\":{\"@reverse\":\"@odd\"}},\"urn:ex:q\":1}" },
        { "invalid @language value", "{\"@context\":{\"@language\":\"x y\"},\"urn:ex:q\":1}" },
    };
    for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
        struct rdf_dataset dataset;
        struct sg_why why = { 0 };
        struct jsonld_options options = { .contexts = none, .safe = true };
        const struct sjson *document = parsed(state, contexts[i].document);
        assert_refused(jsonld_to_rdf(*state, document, &options, &why, &dataset), DATA_LOSS);
        assert_string_equal(why.what, contexts[i].kind);
        options.safe = false;
        assert_ok(jsonld_to_rdf(*state, document, &options, &why, &dataset));
        assert_int_equal(dataset.n, 1);
    }
}

static void
test_relative_references_resolve_when_there_is_a_base(void **state)
{
    struct rdf_dataset dataset;
    struct sg_why why = { 0 };
    struct jsonld_options options = {
        .contexts = none, .safe = true, .base = SG_LIT("http://a.example/b/c?d#e")
    };
    const struct sjson *document =
        parsed(state, "{\"@id\":\"../x\",\"urn:ex:p\":{\"@id\":\"#f\"}}");
    assert_ok(jsonld_to_rdf(*state, document, &options, &why, &dataset));
    assert_int_equal(dataset.n, 1);
    assert_str_is(dataset.quads[0].s.value, "http://a.example/x");
    assert_str_is(dataset.quads[0].o.value, "http://a.example/b/c?d#f");
}

/* A document whose subject has no well-formed name is dropped, what its nodes say of themselves is not. */
static void
test_nodes_below_a_dropped_triple_remain(void **state)
{
    struct rdf_dataset dataset;
    struct sg_why why = { 0 };
    struct jsonld_options options = { .contexts = none };
    const struct sjson *document = parsed(state, "{\"@id\":\"relative\",\"urn:ex:p\":[{\"@list\":[{"
                                                 "\"@id\":\"urn:ex:s\",\"urn:ex:q\":1}]},2]}");
    assert_ok(jsonld_to_rdf(*state, document, &options, &why, &dataset));
    assert_int_equal(dataset.n, 1);
    assert_str_is(dataset.quads[0].s.value, "urn:ex:s");
}

static void
test_language_tags_come_out_in_lower_case(void **state)
{
    struct rdf_dataset dataset;
    struct sg_why why = { 0 };
    struct jsonld_options options = { .contexts = none, .safe = true };
    const struct sjson *document =
        parsed(state, "{\"urn:ex:p\":{\"@value\":\"v\",\"@language\":\"de-AT\"}}");
    assert_ok(jsonld_to_rdf(*state, document, &options, &why, &dataset));
    assert_str_is(dataset.quads[0].o.language, "de-at");
    assert_str_is(dataset.quads[0].o.datatype, RDF_LANG_STRING);
}

/* A map below a type-scoped property leaves that scope (5.1.2, step 7), a list object too: its items are not typed. */
static void
test_a_list_object_leaves_the_scope_of_a_type(void **state)
{
    struct rdf_dataset dataset;
    struct jsonld_options options = { .contexts = none, .safe = true };
    const struct sjson *document =
        parsed(state, "{\"@context\":{\"T\":{\"@id\":\"urn:ex:T\",\"@context\":{\"p\":{\"@id\":"
                      "\"urn:ex:p\",\"@type\":"
                      "\"urn:ex:d\"}}}},\"@type\":\"T\",\"p\":[\"a\",{\"@list\":[\"b\"]}]}");
    assert_ok(jsonld_to_rdf(*state, document, &options, NULL, &dataset));
    for (size_t i = 0; i < dataset.n; i++) {
        const struct rdf_term *o = &dataset.quads[i].o;
        if (o->kind == RDF_LITERAL) {
            assert_str_is(o->datatype, sg_str_is(o->value, "a") ? "urn:ex:d" : RDF_XSD_STRING);
        }
    }
    assert_int_equal(dataset.n, 5); /* type, p a, p list, first b, rest nil */
}

/* "@propagate" of the first definition of an array counts, and @nest is the active property of what stands below it. */
static void
test_propagate_in_an_array_and_list_below_nest(void **state)
{
    struct rdf_dataset dataset;
    struct sg_why why = { 0 };
    struct jsonld_options options = { .contexts = none };
    const struct sjson *document =
        parsed(state, "{\"@context\":[{\"@propagate\":false,\"p\":\"urn:p\"},{\"q\":\"urn:q\"}],"
                      "\"q\":{\"p\":1,\"urn:r\":1}}");
    assert_ok(jsonld_to_rdf(*state, document, &options, &why, &dataset));
    assert_int_equal(dataset.n, 2); /* q and r; p is not defined in there */
    document = parsed(state, "{\"@context\":{\"n\":\"@nest\"},\"urn:p\":1,\"n\":{\"@list\":[1]}}");
    assert_refused(jsonld_to_rdf(*state, document, &options, &why, &dataset), JSONLD);
    assert_string_equal(why.what, "invalid set or list object");
}

/* The index of an id map or type map belongs to a node; a value would swallow it. */
static void
test_values_in_id_and_type_maps_are_refused(void **state)
{
#define MAP(container) \
    "{\"@context\":{\"m\":{\"@id\":\"urn:m\",\"@container\":\"" container "\"}},\"m\":"
    static const char *const documents[] = {
        MAP("@id") "{\"urn:a\":1}}",
        MAP("@id") "{\"urn:a\":{\"@list\":[]}}}",
        MAP("@type") "{\"urn:a\":1}}",
    };
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        struct rdf_dataset dataset;
        struct sg_why why = { 0 };
        struct jsonld_options options = { .contexts = none };
        assert_refused(
            jsonld_to_rdf(*state, parsed(state, documents[i]), &options, &why, &dataset), JSONLD);
        assert_string_equal(why.what, "invalid value object");
    }
}

/* 5.1.2, step 11: keys in order, each expanded in the context that the types before it have made. */
static void
test_a_type_may_bring_the_alias_under_which_the_next_one_stands(void **state)
{
    struct rdf_dataset dataset;
    struct jsonld_options options = { .contexts = none, .safe = true };
    const struct sjson *document =
        parsed(state, "{\"@context\":{\"A\":{\"@id\":\"urn:A\",\"@context\":{\"type\":\"@type\"}},"
                      "\"B\":{\"@id\":\"urn:B\","
                      "\"@context\":{\"x\":\"urn:x\"}}},\"x\":1,\"type\":\"B\",\"@type\":\"A\"}");
    assert_ok(jsonld_to_rdf(*state, document, &options, NULL, &dataset));
    assert_int_equal(dataset.n, 3); /* both types and x */
}

/* Values by hand from XML Schema 1.1 part 2 (canonical forms) and JSON-LD API 8.6. */
static void
test_numbers_have_their_canonical_forms(void **state)
{
    static const struct {
        const char *json;
        const char *lexical;
        const char *datatype;
    } numbers[] = {
        { "5", "5", "integer" },
        { "-5", "-5", "integer" },
        { "-0", "0", "integer" },
        { "5.0", "5", "integer" },
        { "1e3", "1000", "integer" },
        { "123456789012345680000", "123456789012345683968", "integer" },
        { "5.3", "5.3E0", "double" },
        { "0.1", "1.0E-1", "double" },
        { "-0.5", "-5.0E-1", "double" },
        { "1e21", "1.0E21", "double" },
        { "-1e21", "-1.0E21", "double" },
        { "1.5e-7", "1.5E-7", "double" },
        { "1e100", "1.0E100", "double" },
        { "0.30000000000000004", "3.0E-1", "double" },
        { "true", "true", "boolean" },
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct rdf_dataset dataset;
        struct jsonld_options options = { .contexts = none, .safe = true };
        sg_str text;
        sg_str datatype;
        assert_ok(sg_arena_printf(*state, &text, "{\"urn:ex:p\":%s}", numbers[i].json));
        assert_ok(sg_arena_printf(
            *state, &datatype, "http://www.w3.org/2001/XMLSchema#%s", numbers[i].datatype));
        assert_ok(jsonld_to_rdf(*state, parsed(state, text.p), &options, NULL, &dataset));
        assert_int_equal(dataset.n, 1);
        assert_str_is(dataset.quads[0].o.value, numbers[i].lexical);
        assert_str_is(dataset.quads[0].o.datatype, datatype.p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_of_loss_is_refused_when_safe_and_only_then),
        cmocka_unit_test(test_reserved_words_in_a_context_are_refused_when_safe),
        cmocka_unit_test(test_relative_references_resolve_when_there_is_a_base),
        cmocka_unit_test(test_nodes_below_a_dropped_triple_remain),
        cmocka_unit_test(test_language_tags_come_out_in_lower_case),
        cmocka_unit_test(test_a_list_object_leaves_the_scope_of_a_type),
        cmocka_unit_test(test_a_type_may_bring_the_alias_under_which_the_next_one_stands),
        cmocka_unit_test(test_values_in_id_and_type_maps_are_refused),
        cmocka_unit_test(test_propagate_in_an_array_and_list_below_nest),
        cmocka_unit_test(test_numbers_have_their_canonical_forms),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
