/* schemas/index.json: pinned by digest and fit for use, or the gateway does not start (req: FMT-5; docs/schema.md). */
#include "flow_schemas.h"
#include "sg_hash.h"
#include "sg_text.h"
#include "support.h"

#define BASE "https://issuer.example"

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

/* A folder with two files; the second is pinned as something that refers to the first. */
static sg_result
read_two(void **state, const char *first, const char *second, struct sg_why *why, sg_str *ret_file,
    struct flow_schemas *ret)
{
    const char *folder = support_mkdir(*state);
    uint8_t hash[SG_SHA256_LEN];
    sg_str index, one, two;
    sg_sha256(sg_str_bytes(sg_cstr(first)), hash);
    assert_ok(sg_hex_encode(*state, SG_BYTES(hash), &one));
    sg_sha256(sg_str_bytes(sg_cstr(second)), hash);
    assert_ok(sg_hex_encode(*state, SG_BYTES(hash), &two));
    assert_ok(sg_arena_printf(*state, &index,
        "{\"${BASE}/one\":{\"file\":\"one.json\",\"sha256\":\"%.*s\"},"
        "\"urn:two\":{\"file\":\"two.json\",\"sha256\":\"%.*s\"}}",
        SG_PRINT(one), SG_PRINT(two)));
    put(folder, "one.json", first);
    put(folder, "two.json", second);
    put(folder, "index.json", index.p);
    *why = (struct sg_why){ 0 };
    sg_result r = flow_schemas_read(*state, folder, SG_LIT(BASE), why, ret_file, ret);
    support_rmdir(folder);
    return r;
}

static void
test_schemas_and_credentials_are_read(void **state)
{
    struct flow_schemas schemas;
    struct sg_why why;
    sg_str file;
    assert_ok(read_two(state, "{\"type\":\"object\",\"$defs\":{\"a\":true}}",
        "{\"$ref\":\"${BASE}/one#/$defs/a\"}", &why, &file, &schemas));
    assert_int_equal(schemas.n, 2);
    assert_str_is(schemas.items[0].url, BASE "/one");
    assert_str_is(schemas.items[1].text, "{\"$ref\":\"" BASE "/one#/$defs/a\"}");
    assert_ok(
        read_two(state, "eyJhbGciOiJFUzI1NiJ9.e30.AA", "{\"@context\":[]}", &why, &file, &schemas));
    assert_int_equal(schemas.n, 2);
    assert_ok(flow_schemas_read(*state, "/nonexistent", SG_LIT(BASE), &why, &file, &schemas));
    assert_int_equal(schemas.n, 0);
}

static void
test_a_schema_that_is_no_use_stops_the_start(void **state)
{
    static const char *const bad[] = { "{", "{\"type\":7}", "{\"$ref\":\"urn:nowhere\"}",
        "{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}", "{\"pattern\":\"(\"}" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct flow_schemas schemas;
        struct sg_why why;
        sg_str file;
        assert_refused(read_two(state, "true", bad[i], &why, &file, &schemas), CONFIGURATION);
        assert_str_is(file, "two.json");
        assert_non_null(why.what);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schemas_and_credentials_are_read),
        cmocka_unit_test(test_a_schema_that_is_no_use_stops_the_start),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
