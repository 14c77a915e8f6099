/* contexts/index.json: pinned by digest, or the gateway does not start (req: FMT-3; docs/contexts.md). */
#include "flow_contexts.h"
#include "sg_hash.h"
#include "support.h"

#define BASE "https://issuer.example"
#define CONTEXT "{\"@context\":{\"@protected\":true,\"x\":\"${BASE}/x#\"}}"

static void
put(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static sg_str
digest_of(void **state, const char *text)
{
    uint8_t hash[SG_SHA256_LEN];
    sg_str hex;
    sg_sha256(sg_str_bytes(sg_cstr(text)), hash);
    assert_ok(sg_hex_encode(*state, SG_BYTES(hash), &hex));
    return hex;
}

static sg_result
read_folder(void **state, const char *folder, struct sg_why *why, sg_str *ret_file,
    struct flow_contexts *ret)
{
    *why = (struct sg_why){ 0 };
    return flow_contexts_read(*state, folder, SG_LIT(BASE), why, ret_file, ret);
}

static void
test_a_pinned_context_is_there(void **state)
{
    const char *folder = support_mkdir(*state);
    struct flow_contexts contexts;
    struct sg_why why;
    sg_str file, index;
    put(folder, "x.json", CONTEXT);
    assert_ok(sg_arena_printf(*state, &index,
        "{\"${BASE}/contexts/x\":{\"file\":\"x.json\",\"sha256\":\"%.*s\"}}",
        SG_PRINT(digest_of(state, CONTEXT))));
    put(folder, "index.json", index.p);
    assert_ok(read_folder(state, folder, &why, &file, &contexts));
    assert_int_equal(contexts.n, 1);
    assert_str_is(contexts.added[0].url, BASE "/contexts/x");
    assert_str_is(sg_bytes_str(contexts.added[0].json),
        "{\"@context\":{\"@protected\":true,\"x\":\"" BASE "/x#\"}}");
    assert_true(jsonld_contexts_has(contexts.set, SG_LIT(BASE "/contexts/x")));
    assert_true(jsonld_contexts_has(contexts.set, SG_LIT("https://www.w3.org/ns/credentials/v2")));
    flow_contexts_done(&contexts);
    support_rmdir(folder);
}

static void
test_without_an_index_the_built_in_ones_are_there(void **state)
{
    struct flow_contexts contexts;
    struct sg_why why;
    sg_str file;
    assert_ok(read_folder(state, "/nonexistent", &why, &file, &contexts));
    assert_int_equal(contexts.n, 0);
    assert_true(jsonld_contexts_has(contexts.set, SG_LIT("https://www.w3.org/ns/credentials/v2")));
    flow_contexts_done(&contexts);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void
test_mistakes_stop_the_start_and_name_the_file(void **state)
{
    static const struct {
        const char *index, *file, *what;
    } mistakes[] = {
        { "{", "index.json", "not a JSON object of files" },
        { "[]", "index.json", "not a JSON object of files" },
        { "{\"u:x\":7}", "index.json", "an entry is {\"file\": name, \"sha256\": hex}" },
        { "{\"u:x\":{\"file\":\"x.json\"}}", "index.json",
            "an entry is {\"file\": name, \"sha256\": hex}" },
        { "{\"u:x\":{\"file\":\"../x.json\",\"sha256\":\"" ZEROS "\"}}", "index.json",
            "an entry is {\"file\": name, \"sha256\": hex}" },
        { "{\"u:x\":{\"file\":\"none.json\",\"sha256\":\"" ZEROS "\"}}", "none.json",
            "cannot be read" },
        { "{\"u:x\":{\"file\":\"x.json\",\"sha256\":\"" ZEROS "\"}}", "x.json",
            "sha256: the file has another" },
        { "{\"u:x\":{\"file\":\"x.json\",\"sha256\":\"zz\"}}", "x.json", "sha256: 64 hex digits" },
    };
    const char *folder = support_mkdir(*state);
    put(folder, "x.json", CONTEXT);
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct flow_contexts contexts;
        struct sg_why why;
        sg_str file;
        put(folder, "index.json", mistakes[i].index);
        assert_refused(read_folder(state, folder, &why, &file, &contexts), CONFIGURATION);
        assert_str_is(file, mistakes[i].file);
        assert_string_equal(why.what, mistakes[i].what);
    }
    support_rmdir(folder);
}

/* A built-in context cannot be replaced, and a file that is no context is none with the right digest either. */
static void
test_what_json_ld_refuses(void **state)
{
    static const struct {
        const char *url, *text;
    } cases[] = { { "https://www.w3.org/ns/credentials/v2", CONTEXT }, { "u:x", "[1]" },
        { "u:x", "{\"@context\":7}" } };
    const char *folder = support_mkdir(*state);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct flow_contexts contexts;
        struct sg_why why;
        sg_str file, index;
        put(folder, "x.json", cases[i].text);
        assert_ok(
            sg_arena_printf(*state, &index, "{\"%s\":{\"file\":\"x.json\",\"sha256\":\"%.*s\"}}",
                cases[i].url, SG_PRINT(digest_of(state, cases[i].text))));
        put(folder, "index.json", index.p);
        assert_refused(read_folder(state, folder, &why, &file, &contexts), CONFIGURATION);
    }
    support_rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pinned_context_is_there),
        cmocka_unit_test(test_without_an_index_the_built_in_ones_are_there),
        cmocka_unit_test(test_mistakes_stop_the_start_and_name_the_file),
        cmocka_unit_test(test_what_json_ld_refuses),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
