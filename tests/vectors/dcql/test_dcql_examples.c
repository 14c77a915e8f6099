/* The query examples of OpenID4VP 1.0 (Appendix D): each parses; the ones with a story are evaluated as the text tells it. req: PRO-3 */
#include "dcql.h"
#include "support.h"

static const struct sjson *
parse(struct sg_arena *arena, const char *text)
{
    const struct sjson *v;
    assert_ok(sjson_parse(arena, sg_cstr(text), NULL, &v));
    return v;
}

static struct dcql_query
query_of(struct sg_arena *arena, const char *name)
{
    sg_str relative;
    const struct sjson *v;
    struct dcql_query query;
    struct sg_why why = { 0 };
    assert_ok(sg_arena_printf(arena, &relative, "openid4vp/examples/query_lang/%s", name));
    sg_bytes content = support_file(arena, support_vector_path(arena, relative.p));
    assert_ok(sjson_parse(arena, sg_bytes_str(content), NULL, &v));
    assert_ok(dcql_parse(arena, v, &why, &query));
    return query;
}

static void
test_every_example_parses(void **state)
{
    const char **names;
    size_t n = support_list(
        *state, support_vector_path(*state, "openid4vp/examples/query_lang"), ".json", &names);
    assert_true(n >= 5);
    for (size_t i = 0; i < n; i++) {
        struct dcql_query query = query_of(*state, names[i]);
        print_message("%s: %zu credentials, %zu sets\n", names[i], query.n, query.n_sets);
    }
}

/* A postal code of 90210 as a number is not "90210". */
static void
test_value_matching(void **state)
{
    struct dcql_query query = query_of(*state, "value_matching_simple.json");
    struct dcql_match match;
    struct dcql_credential c = {
        .format = query.credentials[0].format, .bound = true, .usable = true
    };
    const struct sjson *vct = sjson_get(query.credentials[0].meta, "vct_values");
    c.type = vct->first->text;
    static const struct {
        const char *claims;
        bool matches;
    } rows[] = {
        { "{\"family_name\":\"Doe\",\"given_name\":\"J\",\"address\":{\"street_address\":\"s\","
          "\"locality\":\"l\"},\"postal_code\":\"90210\"}",
            true },
        { "{\"family_name\":\"Doe\",\"given_name\":\"J\",\"address\":{\"street_address\":\"s\","
          "\"locality\":\"l\"},\"postal_code\":90210}",
            false },
        { "{\"family_name\":\"Doe\",\"given_name\":\"J\",\"address\":{\"street_address\":\"s\","
          "\"locality\":\"l\"},\"postal_code\":\"90212\"}",
            false },
        { "{\"family_name\":\"Roe\",\"given_name\":\"J\",\"address\":{\"street_address\":\"s\","
          "\"locality\":\"l\"},\"postal_code\":\"90210\"}",
            false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        c.claims = parse(*state, rows[i].claims);
        assert_ok(dcql_match(*state, &query.credentials[0], &c, &match));
        assert_int_equal(match.matches, rows[i].matches);
    }
}

/* The order of the file decides: without `c` the second set, and `d` is not disclosed. */
static void
test_claims_alternatives(void **state)
{
    struct dcql_query query = query_of(*state, "claims_alternatives.json");
    const struct dcql_credential_query *q = &query.credentials[0];
    struct dcql_match match;
    assert_int_equal(q->n_claim_sets, 2);
    struct dcql_credential c = { .format = q->format,
        .type = sjson_get(q->meta, "vct_values")->first->text,
        .bound = true,
        .usable = true };
    c.claims = parse(*state,
        "{\"family_name\":\"d\",\"postal_code\":\"p\",\"region\":\"r\",\"date_of_birth\":\"b\"}");
    assert_ok(dcql_match(*state, q, &c, &match));
    assert_true(match.matches);
    assert_int_equal(match.claim_set, 1);
    c.claims = parse(*state, "{\"family_name\":\"d\",\"locality\":\"l\",\"region\":\"r\",\"postal_"
                             "code\":\"p\",\"date_of_birth\":\"b\"}");
    assert_ok(dcql_match(*state, q, &c, &match));
    assert_int_equal(match.claim_set, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_example_parses),
        cmocka_unit_test(test_value_matching),
        cmocka_unit_test(test_claims_alternatives),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
