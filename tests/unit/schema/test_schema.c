/* JSON Schema: what compiles, where a fault is told, what is bounded (req: FMT-5). The draft's own cases are tests/vectors/schema. */
#include <pthread.h>

#include "schema.h"
#include "support.h"

static struct sg_arena *arena;

static sg_result
compile_with(const char *json, const struct schema_settings *settings, struct schema **ret)
{
    return schema_compile(sg_cstr(json), settings, NULL, ret);
}

static struct schema *
schema_of(const char *json, bool formats)
{
    struct schema *schema = NULL;
    struct sg_why why = { 0 };
    struct schema_settings settings = { .formats = formats };
    sg_result r = schema_compile(sg_cstr(json), &settings, &why, &schema);
    if (!sg_ok(r)) {
        fail_msg("%s: %s at %s", json, sg_code_row(r.code)->name, why.what);
    }
    return schema;
}

static const struct sjson *
value_of(const char *json)
{
    const struct sjson *v = NULL;
    assert_ok(sjson_parse(arena, sg_cstr(json), NULL, &v));
    return v;
}

static void
test_faults_are_told_where_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        const char *value;
        const char *pointer;
        const char *keyword;
    } rows[] = {
        { "false", "1", "", "" },
        { "{\"type\":\"string\"}", "1", "", "type" },
        { "{\"required\":[\"a\"]}", "{}", "", "required" },
        { "{\"properties\":{\"a\":{\"items\":{\"minimum\":3}}}}", "{\"a\":[4,2]}", "/a/1",
            "minimum" },
        { "{\"properties\":{\"a/b\":{\"properties\":{\"c~d\":false}}}}", "{\"a/b\":{\"c~d\":1}}",
            "/a~1b/c~0d", "" },
        { "{\"additionalProperties\":false}", "{\"x\":1}", "/x", "additionalProperties" },
        { "{\"unevaluatedProperties\":false}", "{\"x\":1}", "/x", "unevaluatedProperties" },
        { "{\"unevaluatedItems\":false}", "[1]", "/0", "unevaluatedItems" },
        { "{\"propertyNames\":{\"maxLength\":1}}", "{\"xy\":1}", "/xy", "propertyNames" },
        /* inside branches nothing is final: the branching keyword is told */
        { "{\"anyOf\":[{\"type\":\"null\"},{\"properties\":{\"a\":false}}]}", "{\"a\":1}", "",
            "anyOf" },
        { "{\"oneOf\":[true,true]}", "1", "", "oneOf" },
        { "{\"not\":{\"type\":\"number\"}}", "1", "", "not" },
        { "{\"if\":{\"type\":\"object\"},\"then\":{\"required\":[\"a\"]}}", "{}", "", "required" },
        { "{\"contains\":{\"type\":\"null\"}}", "[1]", "", "contains" },
        { "{\"uniqueItems\":true}", "[1,1.0]", "", "uniqueItems" },
        { "{\"multipleOf\":0.1}", "0.25", "", "multipleOf" },
        { "{\"pattern\":\"^a\"}", "\"b\"", "", "pattern" },
        { "{\"allOf\":[{\"$ref\":\"#/$defs/n\"}],\"$defs\":{\"n\":{\"const\":2}}}", "1", "",
            "const" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct schema *schema SG_CLEANUP(schema_free)
        = schema_of(rows[i].schema, false);
        struct schema_fault fault;
        assert_refused(schema_check(schema, arena, value_of(rows[i].value), &fault), SCHEMA);
        assert_string_equal(fault.pointer, rows[i].pointer);
        assert_string_equal(fault.keyword, rows[i].keyword);
        assert_refused(schema_check(schema, arena, value_of(rows[i].value), NULL), SCHEMA);
    }
}

static void
test_long_pointers_are_cut(void **state)
{
    (void)state;
    struct schema *schema SG_CLEANUP(schema_free)
    = schema_of("{\"additionalProperties\":{\"additionalProperties\":false}}", false);
    struct schema_fault fault;
    struct sg_buf buf = sg_buf_new(arena, 4096, 8192);
    sg_str text;
    const struct sjson *v = NULL;
    sg_buf_put_cstr(&buf, "{\"");
    for (int i = 0; i < 1000; i++) {
        sg_buf_put_cstr(&buf, "/");
    }
    sg_buf_put_cstr(&buf, "\":{\"x\":1}}");
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_ok(sjson_parse(arena, text, NULL, &v));
    assert_refused(schema_check(schema, arena, v, &fault), SCHEMA);
    size_t n = strlen(fault.pointer);
    assert_true(n < SCHEMA_POINTER_MAX);
    assert_string_equal(fault.pointer + n - 3, "...");
}

static void
test_schemas_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        enum sg_code code;
        const char *keyword;
    } rows[] = {
        { "1", SG_E_VALUE, NULL },
        { "[]", SG_E_VALUE, NULL },
        { "{", SG_E_MALFORMED, NULL },
        { "{\"type\":\"any\"}", SG_E_VALUE, "type" },
        { "{\"type\":[]}", SG_E_VALUE, "type" },
        { "{\"type\":[\"null\",\"null\"]}", SG_E_VALUE, "type" },
        { "{\"minLength\":-1}", SG_E_VALUE, "minLength" },
        { "{\"minLength\":1.5}", SG_E_VALUE, "minLength" },
        { "{\"minLength\":\"1\"}", SG_E_VALUE, "minLength" },
        { "{\"multipleOf\":0}", SG_E_VALUE, "multipleOf" },
        { "{\"multipleOf\":-2}", SG_E_VALUE, "multipleOf" },
        { "{\"required\":[1]}", SG_E_VALUE, "required" },
        { "{\"properties\":[]}", SG_E_VALUE, "properties" },
        { "{\"properties\":{\"a\":1}}", SG_E_VALUE, "properties" },
        { "{\"allOf\":[]}", SG_E_VALUE, "allOf" },
        { "{\"allOf\":{}}", SG_E_VALUE, "allOf" },
        { "{\"pattern\":\"(\"}", SG_E_VALUE, "pattern" },
        { "{\"pattern\":\"(?=a)\"}", SG_E_UNSUPPORTED, "pattern" },
        { "{\"patternProperties\":{\"(a)\\\\1\":true}}", SG_E_UNSUPPORTED, "patternProperties" },
        { "{\"$ref\":\"#/nowhere\"}", SG_E_NOT_FOUND, "$ref" },
        { "{\"$ref\":\"#nowhere\"}", SG_E_NOT_FOUND, "$ref" },
        { "{\"$ref\":\"https://elsewhere.example/x\"}", SG_E_NOT_FOUND, "$ref" },
        { "{\"$ref\":\"#/a\",\"a\":7}", SG_E_VALUE, "$ref" },
        { "{\"$ref\":\"#/%zz\"}", SG_E_VALUE, "$ref" },
        { "{\"$ref\":\"#/~2\"}", SG_E_VALUE, "$ref" },
        { "{\"$dynamicRef\":\"#nowhere\"}", SG_E_NOT_FOUND, "$dynamicRef" },
        { "{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", SG_E_UNSUPPORTED,
            "$schema" },
        { "{\"$anchor\":\"1a\"}", SG_E_VALUE, "$anchor" },
        { "{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}", SG_E_DUPLICATE,
            NULL },
        { "{\"$defs\":{\"a\":{\"$id\":\"u:x\"},\"b\":{\"$id\":\"u:x\"}}}", SG_E_DUPLICATE, NULL },
        { "{\"$defs\":{\"a\":{\"$id\":\"u:x#y\"}}}", SG_E_VALUE, NULL },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct schema *schema = NULL;
        struct sg_why why = { 0 };
        struct schema_settings settings = { .formats = false };
        sg_result r = schema_compile(sg_cstr(rows[i].schema), &settings, &why, &schema);
        if (r.code != rows[i].code) {
            fail_msg("%s: %s", rows[i].schema, sg_ok(r) ? "OK" : sg_code_row(r.code)->name);
        }
        if (rows[i].keyword != NULL) {
            assert_string_equal(why.what, rows[i].keyword);
        }
        assert_null(schema);
    }
}

static void
test_documents_come_from_the_caller(void **state)
{
    (void)state;
    static const struct schema_document documents[] = {
        { SG_LIT("https://a.example/name"),
            SG_LIT("{\"type\":\"string\",\"$defs\":{\"n\":{\"$ref\":\"other\"}}}") },
        { SG_LIT("https://a.example/other"), SG_LIT("{\"type\":\"integer\"}") },
        { SG_LIT("https://a.example/broken"), SG_LIT("{") }, /* nobody refers to it: never read */
    };
    struct schema_settings settings = {
        .uri = SG_LIT("https://a.example/main"), .documents = documents, .n_documents = 3
    };
    struct schema *schema SG_CLEANUP(schema_free)
    = NULL;
    assert_ok(compile_with(
        "{\"properties\":{\"a\":{\"$ref\":\"name\"},\"b\":{\"$ref\":\"name#/$defs/n\"}}}",
        &settings, &schema));
    assert_ok(schema_check(schema, arena, value_of("{\"a\":\"x\",\"b\":1}"), NULL));
    assert_refused(schema_check(schema, arena, value_of("{\"a\":1}"), NULL), SCHEMA);
    assert_refused(schema_check(schema, arena, value_of("{\"b\":\"x\"}"), NULL), SCHEMA);
    struct schema *none = NULL;
    assert_refused(compile_with("{\"$ref\":\"broken\"}", &settings, &none), MALFORMED);
}

static void
test_formats_only_when_asked_for(void **state)
{
    (void)state;
    static const char json[] = "{\"format\":\"date\"}";
    struct schema *annotation SG_CLEANUP(schema_free)
    = schema_of(json, false);
    struct schema *assertion SG_CLEANUP(schema_free)
    = schema_of(json, true);
    assert_ok(schema_check(annotation, arena, value_of("\"2026-02-30\""), NULL));
    assert_refused(schema_check(assertion, arena, value_of("\"2026-02-30\""), NULL), SCHEMA);
    assert_ok(schema_check(assertion, arena, value_of("\"2026-02-28\""), NULL));
    assert_ok(schema_check(assertion, arena, value_of("20260230"), NULL)); /* not a string */
    struct schema *unknown SG_CLEANUP(schema_free)
    = schema_of("{\"format\":\"iri\"}", true);
    assert_ok(schema_check(unknown, arena, value_of("\"\\u0000\""), NULL));
}

static void
test_numbers_are_exact(void **state)
{
    (void)state;
    struct schema *schema SG_CLEANUP(schema_free)
    = schema_of("{\"maximum\":9007199254740992}", false);
    assert_ok(schema_check(schema, arena, value_of("9007199254740992"), NULL));
    assert_refused(schema_check(schema, arena, value_of("9007199254740993"), NULL), SCHEMA);
    assert_refused(
        schema_check(schema, arena, value_of("9007199254740992.00000000000001"), NULL), SCHEMA);
    struct schema *cents SG_CLEANUP(schema_free)
    = schema_of("{\"multipleOf\":0.01}", false);
    assert_ok(
        schema_check(cents, arena, value_of("4.35"), NULL)); /* no double times 100 gives 435 */
    assert_ok(schema_check(cents, arena, value_of("1e300"), NULL));
    assert_refused(schema_check(cents, arena, value_of("4.351"), NULL), SCHEMA);
    assert_refused(schema_check(cents, arena, value_of("1e-300"), NULL), SCHEMA);
    struct schema *integer SG_CLEANUP(schema_free)
    = schema_of("{\"type\":\"integer\"}", false);
    assert_ok(schema_check(integer, arena, value_of("1.50e1"), NULL));
    assert_refused(schema_check(integer, arena, value_of("1.5"), NULL), SCHEMA);
    struct schema *zero SG_CLEANUP(schema_free)
    = schema_of("{\"minimum\":0,\"maximum\":-0.0}", false);
    assert_ok(schema_check(zero, arena, value_of("-0"), NULL));
}

/* Each of these would run for ever, or for longer than anybody waits. */
static void
test_work_is_bounded(void **state)
{
    (void)state;
    static const char *const loops[] = {
        "{\"$ref\":\"#\"}",
        ("{\"allOf\":[{\"$ref\":\"#/$defs/a\"}],\"$defs\":{\"a\":{\"$ref\":\"#/$defs/"
         "b\"},\"b\":{\"$ref\":\"#/$defs/a\"}}}"),
        "{\"$dynamicAnchor\":\"x\",\"not\":{\"$dynamicRef\":\"#x\"}}",
        "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
    };
    for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
        struct schema *schema SG_CLEANUP(schema_free)
        = schema_of(loops[i], false);
        assert_refused(schema_check(schema, arena, value_of("1"), NULL), WORK);
    }
    /* 4^20 ways through, each without a loop */
    struct sg_buf buf = sg_buf_new(arena, 4096, 65536);
    sg_buf_put_cstr(&buf, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{\"d20\":false");
    for (unsigned i = 0; i < 20; i++) {
        sg_str row;
        assert_ok(sg_arena_printf(arena, &row,
            ",\"d%u\":{\"anyOf\":[{\"$ref\":\"#/$defs/d%u\"},{\"$ref\":\"#/$defs/"
            "d%u\"},{\"$ref\":\"#/$defs/d%u\"},{\"$ref\":\"#/$defs/d%u\"}]}",
            i, i + 1, i + 1, i + 1, i + 1));
        sg_buf_put_str(&buf, row);
    }
    sg_buf_put_cstr(&buf, "}}");
    sg_str text;
    const char *z = NULL;
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_ok(sg_arena_cstr(arena, text, &z));
    struct schema *wide SG_CLEANUP(schema_free)
    = schema_of(z, false);
    assert_refused(schema_check(wide, arena, value_of("1"), NULL), WORK);
    /* 50000 different items, compared each with each */
    struct sg_buf items = sg_buf_new(arena, 400000, 1000000);
    sg_buf_put_cstr(&items, "[0");
    for (uint64_t i = 1; i < 50000; i++) {
        sg_buf_put_cstr(&items, ",");
        sg_buf_put_u64(&items, i);
    }
    sg_buf_put_cstr(&items, "]");
    const struct sjson *many = NULL;
    assert_ok(sg_buf_end_str(&items, &text));
    assert_ok(sjson_parse(arena, text, NULL, &many));
    struct schema *unique SG_CLEANUP(schema_free)
    = schema_of("{\"uniqueItems\":true}", false);
    assert_refused(schema_check(unique, arena, many, NULL), WORK);
    /* the same many items one by one are nothing */
    struct schema *each SG_CLEANUP(schema_free)
    = schema_of("{\"items\":{\"type\":\"integer\"}}", false);
    assert_ok(schema_check(each, arena, many, NULL));
}

static void
test_size_is_bounded(void **state)
{
    (void)state;
    struct schema_settings settings = { .formats = false };
    struct schema *schema = NULL;
    char *text = sg_arena_alloc(arena, SCHEMA_TEXT_MAX + 1);
    assert_non_null(text);
    memset(text, ' ', SCHEMA_TEXT_MAX + 1);
    assert_refused(
        schema_compile(sg_str_of(text, SCHEMA_TEXT_MAX + 1), &settings, NULL, &schema), TOO_LARGE);
    struct sg_buf buf = sg_buf_new(arena, 400000, SCHEMA_TEXT_MAX);
    sg_buf_put_cstr(&buf, "{\"anyOf\":[true");
    for (size_t i = 0; i < SCHEMA_NODES_MAX; i++) {
        sg_buf_put_cstr(&buf, ",true");
    }
    sg_buf_put_cstr(&buf, "]}");
    sg_str many;
    assert_ok(sg_buf_end_str(&buf, &many));
    assert_refused(schema_compile(many, &settings, NULL, &schema), TOO_MANY);
    assert_null(schema);
    schema_free(&schema); /* NULL is accepted */
}

/* ---- one schema, many threads ---- */

static void *
check_some(void *context)
{
    const struct schema *schema = context;
    static const struct {
        const char *json;
        enum sg_code code;
    } rows[] = { { "{\"a\":\"aaa\",\"b\":[1,2]}", SG_OK }, { "{\"a\":\"b\"}", SG_E_SCHEMA },
        { "{\"c\":1}", SG_E_SCHEMA } };
    struct sg_arena *own = sg_arena_new(0, 1024 * 1024);
    bool good = own != NULL;
    for (unsigned i = 0; good && i < 300; i++) {
        const struct sjson *v = NULL;
        sg_arena_reset(own);
        good = sg_ok(sjson_parse(own, sg_cstr(rows[i % 3].json), NULL, &v)) &&
               schema_check(schema, own, v, NULL).code == rows[i % 3].code;
    }
    sg_arena_free(&own);
    return good ? NULL : context;
}

static void
test_threads_share_a_schema(void **state)
{
    (void)state;
    struct schema *schema SG_CLEANUP(schema_free)
    = schema_of("{\"properties\":{\"a\":{\"pattern\":\"^a+$\"},\"b\":{\"uniqueItems\":true}},"
                "\"unevaluatedProperties\":false}",
        false);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, check_some, schema), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

static int
setup(void **state)
{
    (void)state;
    arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    return arena == NULL;
}

static int
teardown(void **state)
{
    (void)state;
    sg_arena_free(&arena);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_faults_are_told_where_they_are),
        T(test_long_pointers_are_cut),
        T(test_schemas_that_are_none),
        T(test_documents_come_from_the_caller),
        T(test_formats_only_when_asked_for),
        T(test_numbers_are_exact),
        T(test_work_is_bounded),
        T(test_size_is_bounded),
        T(test_threads_share_a_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
