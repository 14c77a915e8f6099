/*
 * The public JSON Schema test suite (req: FMT-5), from Debian's package json-schema-test-suite or from the folder that
 * SEALGATE_SCHEMA_SUITE names (a checkout of the suite). A suite that has draft 2020-12 is run in it, with the optional parts that apply. The
 * package of Debian 12 ends at draft 7: of that, everything runs whose words mean the same in 2020-12, and what does not is listed
 * below with its reason. SEALGATE_SCHEMA_META: a folder with the meta-schema of 2020-12 (schema.json, meta/core.json ...), for cases that refer to it.
 */
#include <dirent.h>
#include <unistd.h>

#include "schema.h"
#include "support.h"

#define PACKAGE "/usr/share/json-schema-test-suite"
#define DOCUMENTS_MAX 256
#define META "https://json-schema.org/draft/2020-12/"

/* What is not run. group, test NULL: all of them. */
struct excluded {
    const char *file;
    const char *group;
    const char *reason;
};

#define ANNOTATION "this format is an annotation here (docs/schema.md)"
#define META_SCHEMA \
    "refers to a meta-schema, and no folder with it was given (SEALGATE_SCHEMA_META)"

static const struct excluded excluded_2020[] = {
    { "defs.json", "validate definition against metaschema", META_SCHEMA },
    { "ref.json", "remote ref, containing refs itself", META_SCHEMA },
    { "optional/cross-draft.json", NULL,
        "schemas of other drafts are refused, not read by their rules" },
    { "optional/dependencies-compatibility.json", NULL, "`dependencies` is no word of 2020-12" },
    { "optional/format/hostname.json", "validation of A-label (punycode) host names",
        "whether an A-label is valid takes the tables of IDNA" },
    { "optional/format/idn-email.json", NULL, ANNOTATION },
    { "optional/format/idn-hostname.json", NULL, ANNOTATION },
    { "optional/format/iri.json", NULL, ANNOTATION },
    { "optional/format/iri-reference.json", NULL, ANNOTATION },
    { "optional/format/uri-template.json", NULL, ANNOTATION },
};

static const struct excluded excluded_7[] = {
    { "additionalItems.json", NULL, "2020-12 has `items` beside `prefixItems` instead" },
    { "items.json", "an array of schemas for items", "2020-12 has `prefixItems` instead" },
    { "items.json", "items with boolean schemas", "2020-12 has `prefixItems` instead" },
    { "items.json", "items and subitems", "2020-12 has `prefixItems` instead" },
    { "ref.json", "relative pointer ref to array", "2020-12 has `prefixItems` instead" },
    { "dependencies.json", NULL, "2020-12 has dependentRequired and dependentSchemas instead" },
    { "ref.json", "ref overrides any sibling keywords", "in 2020-12 siblings of $ref count" },
    { "ref.json", "remote ref, containing refs itself", "refers to the meta-schema of draft 7" },
    { "definitions.json", NULL, "refers to the meta-schema of draft 7" },
    { "optional/content.json", NULL, "content is an annotation in 2020-12" },
    { "optional/zeroTerminatedFloats.json", NULL, "1.0 is an integer since draft 6" },
    { "optional/format/idn-email.json", NULL, ANNOTATION },
    { "optional/format/idn-hostname.json", NULL, ANNOTATION },
    { "optional/format/iri.json", NULL, ANNOTATION },
    { "optional/format/iri-reference.json", NULL, ANNOTATION },
    { "optional/format/uri-template.json", NULL, ANNOTATION },
};

static struct sg_arena *arena; /* documents */
static struct schema_document documents[DOCUMENTS_MAX];
static size_t n_documents;
static unsigned n_run, n_failed, n_left;
static bool has_meta;

/* a, b and c behind one another */
static const char *
join(const char *a, const char *b, const char *c)
{
    sg_str text;
    const char *z = NULL;
    assert_ok(sg_arena_printf(arena, &text, "%s%s%s", a, b, c));
    assert_ok(sg_arena_cstr(arena, text, &z));
    return z;
}

static void
add_document(const char *uri, const char *path)
{
    assert_true(n_documents < DOCUMENTS_MAX);
    documents[n_documents++] = (struct schema_document){ .uri = sg_cstr(uri),
        .json = sg_bytes_str(support_file(arena, path)) };
}

/* Every file below `folder`, as `uri` and its relative path. */
static void
add_documents(const char *folder, const char *uri)
{
    DIR *d = opendir(folder);
    for (struct dirent *e = d == NULL ? NULL : readdir(d); e != NULL; e = readdir(d)) {
        if (e->d_name[0] == '.' || strncmp(e->d_name, "draft", 5) == 0 ||
            strcmp(e->d_name, "v1") == 0) {
            continue;
        }
        const char *path = join(folder, "/", e->d_name);
        if (e->d_type == DT_DIR) {
            add_documents(path, join(uri, e->d_name, "/"));
        } else {
            add_document(join(uri, e->d_name, ""), path);
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
}

static const char *
reason_of(const struct excluded *rows, size_t n, const char *file, sg_str group)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].file, file) == 0 &&
            (rows[i].group == NULL || sg_str_is(group, rows[i].group)) &&
            !(has_meta && strcmp(rows[i].reason, META_SCHEMA) == 0)) {
            return rows[i].reason;
        }
    }
    return NULL;
}

static void
run_group(const char *file, const struct sjson *group, bool formats)
{
    sg_str what = SG_NO_STR;
    const struct sjson *tests = NULL;
    struct schema *schema SG_CLEANUP(schema_free)
    = NULL;
    struct sg_why why = { 0 };
    struct schema_settings settings = {
        .documents = documents, .n_documents = n_documents, .formats = formats
    };
    assert_ok(sjson_member_text(group, "description", &what));
    assert_ok(sjson_member_array(group, "tests", &tests));
    const struct sjson *source = sjson_get(group, "schema");
    assert_non_null(source);
    sg_result r = schema_compile(source->source, &settings, &why, &schema);
    if (!sg_ok(r)) {
        n_failed += (unsigned)tests->n;
        n_run += (unsigned)tests->n;
        print_error("%s: %.*s: does not compile: %s at %s\n", file, SG_PRINT(what),
            sg_code_row(r.code)->name, why.what == NULL ? "" : why.what);
        return;
    }
    for (const struct sjson *t = tests->first; t != NULL; t = t->next) {
        struct sg_arena *scratch = sg_arena_new(0, (size_t)64 * 1024 * 1024);
        struct schema_fault fault;
        sg_str name = SG_NO_STR;
        bool valid = false;
        assert_ok(sjson_member_text(t, "description", &name));
        assert_ok(sjson_member_bool(t, "valid", false, &valid));
        r = schema_check(schema, scratch, sjson_get(t, "data"), &fault);
        n_run++;
        if (r.code != (valid ? SG_OK : SG_E_SCHEMA)) {
            n_failed++;
            print_error("%s: %.*s: %.*s: %s, wanted %s (%s at \"%s\")\n", file, SG_PRINT(what),
                SG_PRINT(name), sg_ok(r) ? "valid" : sg_code_row(r.code)->name,
                valid ? "valid" : "invalid", fault.keyword, fault.pointer);
        }
        sg_arena_free(&scratch);
    }
}

static void
run_file(
    const char *folder, const char *file, const struct excluded *rows, size_t n_rows, bool formats)
{
    struct sg_arena *own = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    const struct sjson *groups = NULL;
    sg_bytes bytes = support_file(own, join(folder, "/", file));
    assert_ok(sjson_parse(own, sg_bytes_str(bytes), NULL, &groups));
    for (const struct sjson *g = groups->first; g != NULL; g = g->next) {
        sg_str what;
        assert_ok(sjson_member_text(g, "description", &what));
        const char *reason = reason_of(rows, n_rows, file, what);
        if (reason != NULL) {
            n_left += (unsigned)sjson_get(g, "tests")->n;
            print_message("not run: %s: %.*s: %s\n", file, SG_PRINT(what), reason);
        } else {
            /* this file asks about patterns by {format: regex}, outside of the folder of formats */
            bool regex = strcmp(file, "optional/ecmascript-regex.json") == 0;
            run_group(file, g, formats || regex);
        }
    }
    sg_arena_free(&own);
}

static void
run_folder(
    const char *folder, const char *below, const struct excluded *rows, size_t n_rows, bool formats)
{
    const char **names = NULL;
    size_t n = support_list(arena, join(folder, "/", below), ".json", &names);
    for (size_t i = 0; i < n; i++) {
        run_file(folder, below[0] == '\0' ? names[i] : join(below, "/", names[i]), rows, n_rows,
            formats);
    }
}

static void
test_suite(void **state)
{
    (void)state;
    const char *root = getenv("SEALGATE_SCHEMA_SUITE");
    const char *meta = getenv("SEALGATE_SCHEMA_META");
    root = root == NULL ? PACKAGE : root;
    const char *draft = join(root, "/", "tests/draft2020-12");
    DIR *d = opendir(draft);
    bool is_2020 = d != NULL;
    if (is_2020) {
        (void)closedir(d);
    } else {
        draft = join(root, "/", "tests/draft7");
    }
    const struct excluded *rows = is_2020 ? excluded_2020 : excluded_7;
    size_t n =
        is_2020 ? sizeof(excluded_2020) / sizeof(rows[0]) : sizeof(excluded_7) / sizeof(rows[0]);
    add_documents(join(root, "/", "remotes"), "http://localhost:1234/");
    if (is_2020) {
        add_documents(
            join(root, "/", "remotes/draft2020-12"), "http://localhost:1234/draft2020-12/");
    }
    has_meta = meta != NULL;
    if (has_meta) {
        add_document(SCHEMA_DIALECT, join(meta, "/", "schema.json"));
        static const char *const parts[] = { "core", "applicator", "unevaluated", "validation",
            "meta-data", "format-annotation", "content" };
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
            add_document(join(META "meta/", parts[i], ""),
                join(join(meta, "/meta/", ""), parts[i], ".json"));
        }
    }
    run_folder(draft, "", rows, n, false);
    run_folder(draft, "optional", rows, n, false);
    run_folder(draft, "optional/format", rows, n, true);
    print_message("%s: %u cases run, %u failed, %u not run\n", draft, n_run, n_failed, n_left);
    assert_true(n_run > 100);
    assert_int_equal(n_failed, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_suite) };
    const char *root = getenv("SEALGATE_SCHEMA_SUITE");
    if (access(root == NULL ? PACKAGE : root, R_OK) != 0) {
        print_message("SKIPPED: no JSON Schema test suite (Debian: json-schema-test-suite)\n");
        return SUPPORT_SKIP;
    }
    arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    int failed = arena == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
    sg_arena_free(&arena);
    return failed;
}
