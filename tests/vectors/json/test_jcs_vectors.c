/* RFC 8785: the published files, 10,000 numbers, and what must be refused (shared vectors, suite jcs). */
#include "jcs.h"
#include "support.h"

static void
test_published_documents_give_the_published_bytes(void **state)
{
    const char **names;
    const char *folder = support_vector_path(*state, "jcs/input");
    size_t n = support_list(*state, folder, ".json", &names);
    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++) {
        sg_str in;
        sg_str out;
        const struct sjson *v;
        assert_ok(sg_arena_printf(*state, &in, "%s/%s", folder, names[i]));
        assert_ok(sg_arena_printf(*state, &out, "%s/../output/%s", folder, names[i]));
        sg_bytes want = support_file(*state, out.p);
        sg_str got;
        assert_ok(sjson_parse(*state, sg_bytes_str(support_file(*state, in.p)), NULL, &v));
        assert_ok(jcs_encode(*state, v, &got));
        assert_int_equal(got.n, want.n);
        assert_memory_equal(got.p, want.p, want.n);
    }
}

static void
test_ten_thousand_numbers(void **state)
{
    const char *path = support_vector_path(*state, "jcs/es6-numbers-10000.txt");
    sg_str all = sg_bytes_str(support_file(*state, path));
    size_t lines = 0;
    for (size_t at = 0; at < all.n; lines++) {
        size_t end = sg_str_index(all, '\n', at);
        size_t comma = sg_str_index(all, ',', at);
        assert_true(comma < end);
        uint64_t bits = strtoull(all.p + at, NULL, 16);
        double value;
        memcpy(&value, &bits, 8);
        char text[JCS_NUMBER_MAX];
        size_t n;
        assert_ok(jcs_number(value, text, &n));
        assert_int_equal(n, end - comma - 1);
        assert_memory_equal(text, all.p + comma + 1, n);
        at = end + 1;
    }
    assert_int_equal(lines, 10000);
}

static void
test_unlawful_input_is_refused(void **state)
{
    const struct sjson *file;
    const char *path = support_vector_path(*state, "jcs/reject.json");
    assert_ok(sjson_parse(*state, sg_bytes_str(support_file(*state, path)), NULL, &file));
    const struct sjson *cases;
    assert_ok(sjson_member_array(file, "cases", &cases));
    assert_int_equal(cases->n, 7);
    for (const struct sjson *c = cases->first; c != NULL; c = c->next) {
        sg_str text;
        const struct sjson *v;
        if (!sg_ok(sjson_member_text(c, "json_text", &text))) {
            sg_str hex;
            sg_bytes raw;
            assert_ok(sjson_member_text(c, "hex", &hex));
            assert_ok(sg_hex_decode(*state, hex, &raw));
            text = sg_bytes_str(raw);
        }
        assert_false(sg_ok(sjson_parse(*state, text, NULL, &v)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_documents_give_the_published_bytes),
        cmocka_unit_test(test_ten_thousand_numbers),
        cmocka_unit_test(test_unlawful_input_is_refused),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
