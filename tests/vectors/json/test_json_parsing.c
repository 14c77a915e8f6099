/*
 * JSONTestSuite (shared vectors, suite json-parsing). The suite's y_ cases are accepted but for duplicate names and lone
 * surrogates, which the suite's README wants refused on signing paths; n_ cases are refused.
 */
#include "sjson.h"
#include "support.h"

/* y_ files of the suite that hold what we refuse on purpose. */
static bool
refused_on_purpose(sg_str file)
{
    return sg_str_is(file, "test_parsing/y_object_duplicated_key.json") ||
           sg_str_is(file, "test_parsing/y_object_duplicated_key_and_value.json");
}

static sg_result
parse_file(struct sg_arena *arena, sg_str file)
{
    sg_str relative;
    assert_ok(sg_arena_printf(arena, &relative, "json-parsing/%.*s", SG_PRINT(file)));
    sg_bytes content = support_file(arena, support_vector_path(arena, relative.p));
    /* exactly as many bytes as there are: the sanitizer sees one too many */
    char *copy = malloc(content.n == 0 ? 1 : content.n);
    assert_non_null(copy);
    memcpy(copy, content.p, content.n);
    const struct sjson *v;
    sg_result r = sjson_parse(arena, sg_str_of(copy, content.n), NULL, &v);
    free(copy);
    return r;
}

static void
test_suite(void **state)
{
    const struct sjson *index;
    const struct sjson *cases;
    const char *path = support_vector_path(*state, "json-parsing/cases.json");
    assert_ok(sjson_parse(*state, sg_bytes_str(support_file(*state, path)), NULL, &index));
    assert_ok(sjson_member_array(index, "cases", &cases));
    assert_int_equal(cases->n, 232);
    size_t wrong = 0;
    for (const struct sjson *c = cases->first; c != NULL; c = c->next) {
        sg_str file;
        sg_str expect;
        assert_ok(sjson_member_text(c, "file", &file));
        assert_ok(sjson_member_text(c, "expect", &expect));
        bool accepted = sg_ok(parse_file(*state, file));
        assert_int_equal(accepted, sg_ok(parse_file(*state, file))); /* the same on every run */
        bool want = sg_str_is(expect, "accept") && !refused_on_purpose(file);
        if (!sg_str_is(expect, "either") && accepted != want) {
            print_error("%.*s: %s\n", SG_PRINT(file), accepted ? "accepted" : "refused");
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
