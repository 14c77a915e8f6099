/*
 * The W3C JSON-LD 1.1 API test suite, expand and toRdf (shared vectors, suite json-ld-api): every case of the two manifests but those that
 * are of JSON-LD 1.0 alone (option specVersion), whose rules 1.1 changed: 6 of expand, 7 of toRdf.
 * req: FMT-3
 */
#include "jsonld.h"
#include "support.h"

#define BASE "https://w3c.github.io/json-ld-api/tests/"

struct suite {
    struct sg_arena *arena;   /* of the manifest and the documents */
    struct sg_arena *scratch; /* of one case */
    const char *name;
    struct jsonld_contexts *contexts;
    size_t passed;
    size_t skipped; /* JSON-LD 1.0 only */
    size_t failed;
};

static sg_str
suite_file(struct sg_arena *arena, sg_str file)
{
    sg_str relative;
    assert_ok(sg_arena_printf(arena, &relative, "json-ld-api/%.*s", SG_PRINT(file)));
    return sg_bytes_str(support_file(arena, support_vector_path(arena, relative.p)));
}

/* Every document of the suite's folder, by its URL: a context may be any of them. */
static void
load_documents(struct suite *s)
{
    const char **names;
    sg_str folder;
    assert_ok(sg_arena_printf(s->arena, &folder, "json-ld-api/%s", s->name));
    size_t n = support_list(s->arena, support_vector_path(s->arena, folder.p), ".jsonld", &names);
    struct jsonld_document *documents = SG_NEW_ARRAY(s->arena, n, struct jsonld_document);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        sg_str file;
        const struct sjson *unused;
        assert_ok(sg_arena_printf(s->arena, &file, "%s/%s", s->name, names[i]));
        assert_ok(sg_arena_printf(s->arena, &documents[kept].url, BASE "%s", file.p));
        documents[kept].json = suite_file(s->arena, file);
        if (sg_ok(sjson_parse(s->arena, documents[kept].json, NULL, &unused))) {
            kept++;
        }
    }
    struct sg_why why = { 0 };
    assert_ok(jsonld_contexts_bare(documents, kept, &why, &s->contexts));
}

/* ---- comparing ----------------------------------------------------------------------------------------- */

static bool same_value(const struct sjson *a, const struct sjson *b, bool ordered);

static bool
same_array(const struct sjson *a, const struct sjson *b, bool ordered)
{
    bool used[256] = { 0 };
    assert_true(b->n <= sizeof(used));
    const struct sjson *twin = b->first;
    for (const struct sjson *x = a->first; x != NULL; x = x->next) {
        if (ordered) {
            if (!same_value(x, twin, false)) {
                return false;
            }
            twin = twin->next;
            continue;
        }
        size_t i = 0;
        const struct sjson *y = b->first;
        while (y != NULL && (used[i] || !same_value(x, y, false))) {
            y = y->next;
            i++;
        }
        if (y == NULL) {
            return false;
        }
        used[i] = true;
    }
    return true;
}

/* Order matters only inside "@list", and in the value of a JSON literal. */
static bool
same_value(const struct sjson *a, const struct sjson *b, bool ordered)
{
    if (a->type != b->type || a->n != b->n) {
        return false;
    }
    if (a->type == SJSON_ARRAY) {
        return same_array(a, b, ordered);
    }
    if (a->type != SJSON_OBJECT) {
        return sjson_equal(a, b);
    }
    if (sjson_is_text(sjson_get(a, "@type"), "@json")) {
        return sjson_equal(a, b);
    }
    for (const struct sjson *x = a->first; x != NULL; x = x->next) {
        const struct sjson *y = sjson_get_str(b, x->name);
        if (y == NULL || !same_value(x, y, sg_str_is(x->name, "@list"))) {
            return false;
        }
    }
    return true;
}

static bool
check_expanded(struct suite *s, const struct sjson *c, sg_str got)
{
    const struct sjson *want_v;
    const struct sjson *got_v;
    sg_str file;
    assert_ok(sjson_member_text(c, "expect", &file));
    assert_ok(sjson_parse(s->scratch, suite_file(s->scratch, file), NULL, &want_v));
    assert_ok(sjson_parse(s->scratch, got, NULL, &got_v));
    if (same_value(want_v, got_v, false)) {
        return true;
    }
    print_error("  got  %.*s\n  want %.*s\n", SG_PRINT(got), SG_PRINT(want_v->source));
    return false;
}

/* Isomorphic datasets have the same canonical form (RDFC-1.0). */
static bool
check_rdf(struct suite *s, const struct sjson *c, const struct rdf_dataset *got)
{
    struct rdf_dataset want;
    struct rdf_canonical want_c;
    struct rdf_canonical got_c;
    sg_str file;
    struct sg_why why = { 0 };
    assert_ok(sjson_member_text(c, "expect", &file));
    sg_result r = rdf_nquads_parse(s->scratch, suite_file(s->scratch, file), &why, &want);
    if (!sg_ok(r)) {
        print_error("  the expected quads do not parse: %s at %llu\n", why.what,
            (unsigned long long)why.at);
        return false;
    }
    assert_ok(rdfc_canonicalize(s->scratch, &want, SG_SHA256, NULL, &want_c));
    assert_ok(rdfc_canonicalize(s->scratch, got, SG_SHA256, NULL, &got_c));
    if (sg_str_equal(want_c.nquads, got_c.nquads)) {
        return true;
    }
    print_error("got\n%.*swant\n%.*s", SG_PRINT(got_c.nquads), SG_PRINT(want_c.nquads));
    return false;
}

/* ---- one case ------------------------------------------------------------------------------------------ */

static bool
is_type(const struct sjson *c, const char *type)
{
    const struct sjson *types = sjson_get(c, "@type");
    for (size_t i = 0; types != NULL && i < types->n; i++) {
        if (sjson_is_text(sjson_at(types, i), type)) {
            return true;
        }
    }
    return false;
}

static struct jsonld_options
read_options(struct suite *s, const struct sjson *c)
{
    const struct sjson *option = sjson_get(c, "option");
    struct jsonld_options o = { .contexts = s->contexts };
    sg_str text;
    bool yes = false;
    assert_ok(sjson_member_text(c, "input", &text));
    assert_ok(sg_arena_printf(s->scratch, &o.base, BASE "%.*s", SG_PRINT(text)));
    if (option == NULL) {
        return o;
    }
    if (sg_ok(sjson_member_text(option, "base", &text))) {
        o.base = text;
    }
    o.mode_1_0 = sjson_is_text(sjson_get(option, "processingMode"), "json-ld-1.0");
    if (sjson_is_text(sjson_get(option, "rdfDirection"), "i18n-datatype")) {
        o.direction = JSONLD_I18N_DATATYPE;
    } else if (sjson_is_text(sjson_get(option, "rdfDirection"), "compound-literal")) {
        o.direction = JSONLD_COMPOUND_LITERAL;
    }
    assert_ok(sjson_member_bool(option, "produceGeneralizedRdf", false, &yes));
    o.generalized = yes;
    if (sg_ok(sjson_member_text(option, "expandContext", &text))) {
        assert_ok(sjson_parse(s->scratch, suite_file(s->scratch, text), NULL, &o.expand_context));
    }
    return o;
}

static bool
run_case(struct suite *s, const struct sjson *c)
{
    bool rdf = is_type(c, "jld:ToRDFTest");
    struct sg_why why = { 0 };
    struct rdf_dataset dataset = { 0 };
    const struct sjson *document;
    sg_str file;
    sg_str error;
    sg_str text = SG_NO_STR;
    assert_ok(sjson_member_text(c, "input", &file));
    sg_result r = sjson_parse(s->scratch, suite_file(s->scratch, file), &why, &document);
    struct jsonld_options options = read_options(s, c);
    if (sg_ok(r)) {
        r = rdf ? jsonld_to_rdf(s->scratch, document, &options, &why, &dataset)
                : jsonld_expand(s->scratch, document, &options, &why, &text);
    }
    if (sg_ok(sjson_member_text(c, "expectErrorCode", &error))) {
        bool named = !sg_ok(r) && why.what != NULL && sg_str_is(error, why.what);
        if (!named) {
            print_error("  want error %.*s, got %s %s\n", SG_PRINT(error),
                sg_code_row(r.code)->name, sg_ok(r) ? "(success)" : why.what);
        }
        return named;
    }
    if (!sg_ok(r)) {
        print_error("  %s %s\n", sg_code_row(r.code)->name, why.what);
        return false;
    }
    if (is_type(c, "jld:PositiveSyntaxTest")) {
        return true;
    }
    return rdf ? check_rdf(s, c, &dataset) : check_expanded(s, c, text);
}

static void
run_suite(const char *name, size_t n_cases, size_t n_old)
{
    struct suite s = { .name = name };
    sg_str file;
    const struct sjson *manifest;
    const struct sjson *sequence;
    s.arena = sg_arena_new(0, (size_t)256 << 20);
    s.scratch = sg_arena_new(0, (size_t)64 << 20);
    load_documents(&s);
    assert_ok(sg_arena_printf(s.arena, &file, "%s-manifest.jsonld", name));
    assert_ok(sjson_parse(s.arena, suite_file(s.arena, file), NULL, &manifest));
    assert_ok(sjson_member_array(manifest, "sequence", &sequence));
    assert_int_equal(sequence->n, n_cases);
    for (const struct sjson *c = sequence->first; c != NULL; c = c->next) {
        const struct sjson *version = sjson_get(sjson_get(c, "option"), "specVersion");
        sg_str id;
        bool out = sjson_is_text(version, "json-ld-1.0");
        sg_arena_reset(s.scratch);
        assert_ok(sjson_member_text(c, "@id", &id));
        assert_ok(sg_arena_printf(s.scratch, &id, "%s%.*s", name, SG_PRINT(id)));
        if (out) {
            s.skipped++;
        } else if (run_case(&s, c)) {
            s.passed++;
        } else {
            print_error("FAILED %.*s\n", SG_PRINT(id));
            s.failed++;
        }
    }
    print_message(
        "%s: %zu passed, %zu failed, %zu of JSON-LD 1.0\n", name, s.passed, s.failed, s.skipped);
    jsonld_contexts_free(&s.contexts);
    sg_arena_free(&s.scratch);
    sg_arena_free(&s.arena);
    assert_int_equal(s.failed, 0);
    assert_int_equal(s.skipped, n_old);
}

static void
test_expand(void **state)
{
    (void)state;
    run_suite("expand", 261, 6);
}

static void
test_to_rdf(void **state)
{
    (void)state;
    run_suite("toRdf", 324, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expand),
        cmocka_unit_test(test_to_rdf),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
