/* N-Quads: what the grammar allows and what it does not, and the canonical form of terms. req: FMT-3 */
#include "rdf.h"
#include "rdf_term.h"
#include "support.h"

#define S "<http://e.example/s> "
#define P "<http://e.example/p> "

static sg_result
parse(void **state, const char *text, struct rdf_dataset *ret)
{
    /* exactly as many bytes as there are: the sanitizer sees one too many */
    size_t n = strlen(text);
    char *copy = malloc(n == 0 ? 1 : n);
    assert_non_null(copy);
    memcpy(copy, text, n);
    struct sg_why why = { 0 };
    sg_result r = rdf_nquads_parse(*state, sg_str_of(copy, n), &why, ret);
    free(copy);
    assert_true(why.at <= n);
    assert_int_equal(sg_ok(r), why.what == NULL);
    return r;
}

static sg_str
written(void **state, const struct rdf_quad *q)
{
    sg_str out;
    struct sg_buf buf = sg_buf_new(*state, 0, 4096);
    rdf_nquads_put(&buf, q);
    assert_ok(sg_buf_end_str(&buf, &out));
    return out;
}

static void
test_terms_are_read_as_the_grammar_has_them(void **state)
{
    struct rdf_dataset d;
    assert_ok(parse(state,
        "# a comment\r\n\n"
        "_:a.b <http://e.example/p> \"x\\u00e9\\t\"@en-GB <http://e.example/g> . # more\n"
        "  <urn:s>\t<urn:p>\"1\"^^<http://www.w3.org/2001/XMLSchema#integer>_:g.\r"
        "<urn:\\u00E9><urn:p>_:0.",
        &d));
    assert_int_equal(d.n, 3);
    const struct rdf_quad *q = d.quads;
    assert_int_equal(q[0].s.kind, RDF_BLANK);
    assert_str_is(q[0].s.value, "a.b");
    assert_int_equal(q[0].p.kind, RDF_IRI);
    assert_str_is(q[0].p.value, "http://e.example/p");
    assert_int_equal(q[0].o.kind, RDF_LITERAL);
    assert_str_is(q[0].o.value, "x\xc3\xa9\t");
    assert_str_is(q[0].o.language, "en-GB");
    assert_str_is(q[0].o.datatype, RDF_LANG_STRING);
    assert_int_equal(q[0].g.kind, RDF_IRI);
    assert_str_is(q[1].o.datatype, "http://www.w3.org/2001/XMLSchema#integer");
    assert_int_equal(q[1].g.kind, RDF_BLANK);
    assert_str_is(q[1].g.value, "g");
    assert_str_is(q[2].s.value, "urn:\xc3\xa9");
    assert_str_is(q[2].o.value, "0");
    assert_int_equal(q[2].g.kind, RDF_NONE);
}

static void
test_an_empty_document_is_an_empty_dataset(void **state)
{
    static const char *const empty[] = { "", "\n", " \t", "# nothing", "\r\n\r\n# x\n" };
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        struct rdf_dataset d;
        assert_ok(parse(state, empty[i], &d));
        assert_int_equal(d.n, 0);
    }
}

static void
test_every_label_of_the_grammar(void **state)
{
    static const char *const labels[] = { "a", "0", "_", ":", "a-b", "a..b", "\xc3\xa9",
        "a\xc2\xb7", "\xf0\x90\x80\x80", "a\xe2\x80\xbf" };
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        struct rdf_dataset d;
        sg_str text;
        assert_ok(sg_arena_printf(*state, &text, "_:%s " P "_:%s.", labels[i], labels[i]));
        assert_ok(parse(state, text.p, &d));
        assert_str_is(d.quads[0].s.value, labels[i]);
        assert_str_is(d.quads[0].o.value, labels[i]);
    }
}

static void
test_what_the_grammar_excludes_is_refused(void **state)
{
    static const char *const bad[] = {
        S P ".",                          /* no object */
        S P "<urn:o>",                    /* no full stop */
        S P "<urn:o> . .",                /* one too many */
        S P "<urn:o> . " S P "<urn:o> .", /* two on one line */
        S P "<urn:o> <urn:g> <urn:h> .",  /* five terms */
        S "_:p <urn:o> .",                /* blank predicate */
        S "\"p\" <urn:o> .",              /* literal predicate */
        "\"s\" " P "<urn:o> .",           /* literal subject */
        S P "<urn:o> \"g\" .",            /* literal graph name */
        S P "<o> .",                      /* relative IRI */
        S P "<> .",                       /* empty IRI */
        S P "<1a:b> .",                   /* scheme begins with a digit */
        S P "<urn:o o> .",                /* space in an IRI */
        S P "<urn:o\\u0020o> .",          /* the same, escaped */
        S P "<urn:o\\u003Eo> .",          /* escaped '>' */
        S P "<urn:o\\no> .",              /* ECHAR in an IRI */
        S P "<urn:{o}> .",                /* braces */
        S P "<urn:o .",                   /* unclosed */
        S P "<urn:o\n> .",                /* line end in an IRI */
        S P "\"o .",                      /* unclosed literal */
        S P "\"o\n\" .",                  /* line end in a literal */
        S P "'o' .",                      /* Turtle's quotes */
        S P "\"\"\"o\"\"\" .",            /* Turtle's long quotes */
        S P "\"\\a\" .",                  /* unknown escape */
        S P "\"\\u12\" .",                /* too few digits */
        S P "\"\\u12g4\" .",              /* no digit */
        S P "\"o\"@ .",                   /* empty tag */
        S P "\"o\"@1a .",                 /* first subtag has digits */
        S P "\"o\"@en- .",                /* empty subtag */
        S P "\"o\"@en--ltr .",            /* RDF 1.2 base direction */
        S P "\"o\"^<urn:t> .",            /* one caret */
        S P "\"o\"^^_:t .",               /* datatype is no IRI */
        S P "\"o\"^^urn:t .",             /* nor bare */
        S P "\"o\"^^<" RDF_LANG_STRING "> .",
        S P "_: .",      /* empty label */
        S P "_:.a .",    /* dot first */
        S P "_:-a .",    /* hyphen first */
        S P "_ :a .",    /* broken "_:" */
        S P "1 .",       /* Turtle's numbers */
        S "a <urn:o> .", /* Turtle's "a" */
        "@prefix a: <urn:a> .",
        S P "<urn:o> , <urn:p> .",
        "(",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rdf_dataset d;
        assert_refused(parse(state, bad[i], &d), MALFORMED);
    }
}

static void
test_bad_text_is_refused(void **state)
{
    static const char *const bad[] = { S P "\"\xff\" .", S P "\"\\uD800\" .",
        S P "\"\\U00110000\" .", S P "<urn:\\uDFFF> .", S P "\"\xed\xa0\x80\" ." };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rdf_dataset d;
        assert_refused(parse(state, bad[i], &d), ENCODING);
    }
}

static void
test_equal_quads_count_once(void **state)
{
    struct rdf_dataset d;
    assert_ok(parse(state,
        S P "\"x\" .\n" S P "\"x\"^^<" RDF_XSD_STRING "> .\n" S P "\"x\"@en .\n" S P
            "\"x\"@EN .\n" S P "\"\\u0078\" .\n" S P "<urn:x> .\n" S P "\"urn:x\" .\n" S P
            "\"x\" <urn:g> .\n" S P "\"x\" _:g .\n",
        &d));
    assert_int_equal(d.n, 7);
}

/* RDFC-1.0 5, canonical form of literals: the expected text is the specification's list. */
static void
test_canonical_escapes(void **state)
{
    static const char raw[] = "\x00\x01\x07\b\t\n\x0b\f\r\x0e\x1f !\"\\\x7e\x7f'\xc2\x80\xc3\xa9"
                              "\xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf\xef\xbe\xbf\xf0\x9f\xbf\xbf";
    struct rdf_quad q = { .s = { .kind = RDF_BLANK, .value = SG_LIT("s") },
        .p = { .kind = RDF_IRI, .value = SG_LIT("urn:p") },
        .o = { .kind = RDF_LITERAL, .value = SG_LIT(raw), .datatype = SG_LIT(RDF_XSD_STRING) },
        .g = { .kind = RDF_IRI, .value = SG_LIT("urn:g") } };
    assert_str_is(written(state, &q),
        "_:s <urn:p> \"\\u0000\\u0001\\u0007\\b\\t\\n\\u000B\\f\\r\\u000E\\u001F "
        "!\\\"\\\\~\\u007F'"
        "\xc2\x80\xc3\xa9\xef\xbf\xbd\\uFFFE\\uFFFF\xef\xbe\xbf\xf0\x9f\xbf\xbf\" <urn:g> .\n");
    q.o.value = SG_LIT("5");
    q.o.datatype = SG_LIT("urn:t");
    q.g = (struct rdf_term){ 0 };
    assert_str_is(written(state, &q), "_:s <urn:p> \"5\"^^<urn:t> .\n");
    q.o.datatype = SG_LIT(RDF_LANG_STRING);
    q.o.language = SG_LIT("de-AT");
    assert_str_is(written(state, &q), "_:s <urn:p> \"5\"@de-AT .\n");
}

static void
test_what_is_written_reads_back(void **state)
{
    struct rdf_dataset d;
    struct rdf_dataset again;
    assert_ok(parse(state, "_:s <urn:p> \"a\\u0000\\\"\\\\\\u007f\\n'\" _:g .", &d));
    sg_str text = written(state, &d.quads[0]);
    assert_ok(rdf_nquads_parse(*state, text, NULL, &again));
    assert_int_equal(again.n, 1);
    assert_true(rdf_quad_equal(&d.quads[0], &again.quads[0]));
}

static void
test_labels_aimed_at_one_slot_end_in_work(void **state)
{
    struct rdf_table t;
    sg_str labels[2] = { SG_LIT("a"), SG_LIT("b") };
    uint32_t number;
    assert_ok(rdf_table_new(*state, 2, &t));
    assert_ok(rdf_table_label(&t, labels, labels[0], 0, &number));
    assert_ok(rdf_table_label(&t, labels, labels[0], 1, &number));
    assert_int_equal(number, 0);
    t.budget = 0;
    assert_refused(rdf_table_label(&t, labels, labels[0], 1, &number), WORK);
}

static void
test_little_memory_is_a_refusal(void **state)
{
    (void)state;
    struct sg_arena *small = sg_arena_new(64, 512);
    struct rdf_dataset d;
    sg_result r = rdf_nquads_parse(small, SG_LIT(S P "<urn:o> .\n" S P "<urn:q> .\n"), NULL, &d);
    assert_int_equal(r.code, SG_E_NO_MEMORY);
    sg_arena_free(&small);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms_are_read_as_the_grammar_has_them),
        cmocka_unit_test(test_an_empty_document_is_an_empty_dataset),
        cmocka_unit_test(test_every_label_of_the_grammar),
        cmocka_unit_test(test_what_the_grammar_excludes_is_refused),
        cmocka_unit_test(test_bad_text_is_refused),
        cmocka_unit_test(test_equal_quads_count_once),
        cmocka_unit_test(test_canonical_escapes),
        cmocka_unit_test(test_what_is_written_reads_back),
        cmocka_unit_test(test_labels_aimed_at_one_slot_end_in_work),
        cmocka_unit_test(test_little_memory_is_a_refusal),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
