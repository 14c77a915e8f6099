/* formats/jsonld: options.plain_names, one name for one thing. req: FMT-3 (spec: VC Data Integrity 1.0, 4.6) */
#include "jsonld.h"
#include "support.h"

#define C "https://c.example/"
#define V2 "https://www.w3.org/ns/credentials/v2"

/* "spent" and "limit" are exchanged in the second; the third has words of its own for two things of the first, one of them in a scoped context; the fourth puts
 * things elsewhere; the fifth disagrees with the fourth about "yes". */
static const char *const documents[][2] = {
    { C "a", "{\"@context\":{\"id\":\"@id\",\"type\":\"@type\",\"limit\":\"urn:ex:limit\","
             "\"spent\":\"urn:ex:spent\",\"Card\":\"urn:ex:Card\",\"colour\":\"urn:ex:colour\","
             "\"plain\":\"urn:ex:plain\"}}" },
    { C "b", "{\"@context\":{\"limit\":\"urn:ex:spent\",\"spent\":\"urn:ex:limit\"}}" },
    { C "c", "{\"@context\":{\"Box\":{\"@id\":\"urn:ex:Box\",\"@context\":{\"color\":"
             "\"urn:ex:colour\"}},\"Pass\":\"urn:ex:Card\"}}" },
    { C "d", "{\"@context\":{\"inside\":\"@nest\",\"remark\":\"@index\",\"ex\":\"urn:ex:\","
             "\"by\":{\"@id\":\"urn:ex:by\",\"@container\":\"@index\"},\"word\":{\"@id\":"
             "\"urn:ex:word\",\"@type\":\"@vocab\"},\"yes\":\"urn:ex:true\",\"own\":"
             "\"urn:ex:own\"}}" },
    { C "e", "{\"@context\":{\"no\":\"urn:ex:true\",\"yes\":\"urn:ex:false\"}}" },
};
#define N_DOCUMENTS (sizeof(documents) / sizeof(documents[0]))

static struct jsonld_contexts *set;

static int
setup(void **state)
{
    struct sg_why why = { 0 };
    struct jsonld_document extra[N_DOCUMENTS];
    for (size_t i = 0; i < N_DOCUMENTS; i++) {
        extra[i] = (struct jsonld_document){ sg_cstr(documents[i][0]), sg_cstr(documents[i][1]) };
    }
    return support_arena_setup(state) != 0 ||
           !sg_ok(jsonld_contexts_new(extra, N_DOCUMENTS, &why, &set));
}

static int
teardown(void **state)
{
    jsonld_contexts_free(&set);
    return support_arena_teardown(state);
}

static sg_result
expand(void **state, const char *contexts, const char *members, bool plain, bool several)
{
    const struct jsonld_options options = {
        .contexts = set, .safe = true, .plain_names = plain, .known_contexts = several
    };
    const struct sjson *document;
    sg_str text, ret;
    assert_ok(sg_arena_printf(*state, &text, "{\"@context\":%s,%s}", contexts, members));
    assert_ok(sjson_parse(*state, text, NULL, &document));
    return jsonld_expand(*state, document, &options, NULL, &ret);
}

#define A "[\"" C "a\"]"
#define AD "[\"" C "a\",\"" C "d\"]"
#define AC "[\"" C "a\",\"" C "c\"]"

static const struct {
    const char *contexts;
    const char *members;
    bool plain;
} rows[] = {
    { A, "\"id\":\"urn:ex:s\",\"plain\":\"x\"", true },
    { AD, "\"id\":\"urn:ex:s\",\"own\":{\"@value\":\"x\",\"@language\":\"de\"}", true },
    { AD, "\"own\":{\"@value\":\"1\",\"@type\":\"urn:ex:t\"}", true },
    { AD, "\"own\":{\"@list\":[\"x\"]}", true },
    { A, "\"plain\":\"x\",\"urn:ex:unheard\":\"y\"", true }, /* no context has a name for it */
    { A, "\"limit\":\"5\"", false },                         /* b calls it otherwise */
    { "[\"" C "a\",\"" C "b\"]", "\"limit\":\"5\"", false },
    { A, "\"colour\":\"red\"", true }, /* color in c, and colour is nothing else anywhere */
    { A, "\"type\":\"Card\",\"plain\":\"x\"", true },
    { AC, "\"type\":\"Box\",\"color\":\"red\"", false }, /* but here it is both */
    { AC, "\"type\":\"Pass\",\"plain\":\"x\"", false },
    { A, "\"urn:ex:plain\":\"x\"", false }, /* its IRI */
    { AD, "\"ex:plain\":\"x\"", false },    /* and as compact IRI */
    { "[\"" C "d\"]", "\"ex:plain\":\"x\"", true },
    { AD, "\"word\":\"yes\"", false }, /* no, says e, and yes is another thing */
    { "[\"" V2 "\"]", "\"type\":\"VerifiableCredential\",\"validUntil\":\"2030-01-01T00:00:00Z\"",
        true },
    { "[\"" V2 "\"]",
        "\"type\":\"VerifiableCredential\",\"https://www.w3.org/2018/"
        "credentials#evidence\":{\"id\":\"urn:ex:e\"}",
        false },
    { AD, "\"https://www.w3.org/2018/credentials#evidence\":{\"id\":\"urn:ex:e\"}", false },
    { AD, "\"inside\":{\"plain\":\"x\"}", false },
    { AD, "\"plain\":\"x\",\"remark\":\"unsigned\"", false },
    { AD, "\"plain\":\"x\",\"@index\":\"unsigned\"", false },
    { AD, "\"by\":{\"unsigned\":\"x\"}", false },
    { A, "\"@id\":\"urn:ex:s\",\"plain\":\"x\"", false },
    { AD, "\"@type\":\"urn:ex:T\",\"plain\":\"x\"", false },
    { A, "\"plain\":{\"@set\":[\"x\"]}", false },
    { A, "\"plain\":\"x\",\"@included\":[{\"plain\":\"y\"}]", false },
    { A, "\"plain\":\"x\",\"@reverse\":{\"urn:ex:r\":{\"id\":\"urn:ex:o\"}}", false },
};

static void
test_one_name_for_one_thing(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result loose = expand(state, rows[i].contexts, rows[i].members, false, false);
        sg_result r = expand(state, rows[i].contexts, rows[i].members, true, false);
        if (!sg_ok(loose) || r.code != (rows[i].plain ? SG_OK : SG_E_CONTEXT)) {
            print_error("row %zu: %d, %d\n", i, loose.code, r.code);
        }
        assert_ok(loose); /* JSON-LD has nothing against any of them */
        assert_int_equal(r.code, rows[i].plain ? SG_OK : SG_E_CONTEXT);
    }
}

/* Who knows the contexts of the document may read its names, whatever others are called elsewhere; IRIs in their place he may not. */
static void
test_stated_contexts(void **state)
{
    assert_ok(expand(state, A, "\"limit\":\"5\",\"spent\":\"4\"", true, true));
    assert_ok(expand(state, AD, "\"word\":\"yes\"", true, true));
    assert_refused(expand(state, AD, "\"ex:limit\":\"5\"", true, true), CONTEXT);
    assert_refused(expand(state, AD, "\"plain\":\"x\",\"remark\":\"r\"", true, true), CONTEXT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_name_for_one_thing),
        cmocka_unit_test(test_stated_contexts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
