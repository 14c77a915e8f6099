/* What jsonld.js refuses in safe mode for the sake of its parts alone, found by tests/interop/jsonld.test.mjs. req: FMT-3 */
#include "jsonld.h"
#include "support.h"

static const struct {
    const char *kind;
    const char *document;
    size_t n; /* quads when not safe */
} rows[] = {
    { "relative @vocab reference", "{\"@context\":{\"@vocab\":\"\"},\"urn:p\":1}", 1 },
    { "relative @vocab reference", "{\"@context\":{\"@vocab\":\"rel/\"},\"urn:p\":1}", 1 },
    { "array within @list", "{\"urn:p\":{\"@list\":[[1]]}}", 3 },
    { "array within @list", "{\"urn:p\":{\"@list\":[{\"@set\":[1]}]}}", 3 },
    { "array within @list", "{\"urn:p\":{\"@list\":{\"@set\":[[1]]}}}", 3 },
    { NULL, "{\"urn:p\":{\"@list\":{\"@set\":[1]}}}", 3 },
    { NULL, "{\"urn:p\":{\"@list\":[{\"@list\":[1]},{\"urn:q\":[[1]]}]}}", 8 },
    { NULL, "{\"@context\":{\"@base\":\"urn:b:\",\"@vocab\":\"urn:v:\"},\"p\":1}", 1 },
};

static void
test_safe_mode_refuses_them(void **state)
{
    struct jsonld_contexts *none = NULL;
    assert_ok(jsonld_contexts_bare(NULL, 0, NULL, &none));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sjson *document;
        struct rdf_dataset dataset;
        struct sg_why why = { 0 };
        struct jsonld_options options = { .contexts = none, .safe = true };
        assert_ok(sjson_parse(*state, sg_cstr(rows[i].document), NULL, &document));
        sg_result r = jsonld_to_rdf(*state, document, &options, &why, &dataset);
        if (rows[i].kind == NULL) {
            support_assert_code(r, SG_OK, rows[i].document, __FILE__, __LINE__);
        } else {
            support_assert_code(r, SG_E_DATA_LOSS, rows[i].document, __FILE__, __LINE__);
            assert_string_equal(why.what, rows[i].kind);
        }
        options.safe = false;
        assert_ok(jsonld_to_rdf(*state, document, &options, &why, &dataset));
        assert_int_equal(dataset.n, rows[i].n);
    }
    jsonld_contexts_free(&none);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_safe_mode_refuses_them),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
