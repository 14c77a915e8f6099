/* RDFC-1.0: identifiers, both hashes, independence of labels and order, and graphs made to cost. req: FMT-3 */
#include "rdf.h"
#include "support.h"

#define P " <http://e.example/p> "

static struct rdf_canonical
canonical(void **state, enum sg_hash_alg alg, const char *text)
{
    struct rdf_dataset d;
    struct rdf_canonical c;
    assert_ok(rdf_nquads_parse(*state, sg_cstr(text), NULL, &d));
    assert_ok(rdfc_canonicalize(*state, &d, alg, NULL, &c));
    return c;
}

static sg_str
label_of(const struct rdf_canonical *c, const char *from)
{
    for (size_t i = 0; i < c->n_labels; i++) {
        if (sg_str_is(c->labels[i].from, from)) {
            return c->labels[i].to;
        }
    }
    return SG_NO_STR;
}

/*
 * First-degree hashes of `_:a <http://e.example/p> "N" .\n`, from sha256sum and sha384sum, first bytes:
 *   "1": 0c39e064 and aa65da2f
 *   "2": 53a442d2 and b6b45071
 *   "3": d5ed61e0 and 815aa08a
 */
static void
test_numbers_follow_the_first_degree_hashes(void **state)
{
    static const char text[] = "_:one" P "\"1\" .\n_:two" P "\"2\" .\n_:three" P "\"3\" .\n";
    struct rdf_canonical c = canonical(state, SG_SHA256, text);
    assert_int_equal(c.n_labels, 3);
    assert_str_is(label_of(&c, "one"), "c14n0");
    assert_str_is(label_of(&c, "two"), "c14n1");
    assert_str_is(label_of(&c, "three"), "c14n2");
    c = canonical(state, SG_SHA384, text);
    assert_str_is(label_of(&c, "one"), "c14n1");
    assert_str_is(label_of(&c, "two"), "c14n2");
    assert_str_is(label_of(&c, "three"), "c14n0");
}

static void
test_lines_are_sorted_by_code_point(void **state)
{
    struct rdf_canonical c = canonical(state, SG_SHA256,
        "<urn:b>" P "<urn:o> .\n<urn:a>" P "\"\xf0\x9f\x98\x80\" .\n"
        "<urn:a>" P "\"\xef\xbf\xbd\" .\n<urn:a>" P "<urn:o> .\n<urn:a>" P "<urn:o> .\n");
    assert_str_is(c.nquads, "<urn:a>" P "\"\xef\xbf\xbd\" .\n<urn:a>" P "\"\xf0\x9f\x98\x80\" .\n"
                            "<urn:a>" P "<urn:o> .\n<urn:b>" P "<urn:o> .\n");
    assert_int_equal(c.n, 4);
    assert_str_is(c.lines[3], "<urn:b>" P "<urn:o> .\n");
    assert_int_equal(c.n_labels, 0);
}

static void
test_the_empty_dataset(void **state)
{
    struct rdf_canonical c = canonical(state, SG_SHA256, "");
    assert_int_equal(c.nquads.n, 0);
    assert_int_equal(c.n, 0);
    assert_int_equal(c.n_labels, 0);
}

/* A dataset of both easy and alike blank nodes, lines and labels changed: one canonical form. */
static void
test_labels_and_order_do_not_matter(void **state)
{
    static const char *const alike[] = {
        "_:a" P "_:b .\n_:b" P "_:c .\n_:c" P "_:a .\n_:a" P "_:h .\n_:b" P "_:h .\n_:c" P
        "_:h _:c .\n"
        "_:x" P "_:y .\n_:y" P "_:x .\n_:v" P "_:w .\n_:w" P "_:v .\n_:h" P "\"h\" <urn:g> .\n",
        "_:w" P "_:v .\n_:2" P "_:7 .\n_:7" P "\"h\" <urn:g> .\n_:q" P "_:r .\n_:3" P "_:1 .\n"
        "_:v" P "_:w .\n_:3" P "_:7 _:3 .\n_:r" P "_:q .\n_:1" P "_:2 .\n_:1" P "_:7 .\n_:2" P
        "_:3 .\n",
    };
    for (int alg = SG_SHA256; alg <= SG_SHA384; alg++) {
        struct rdf_canonical a = canonical(state, (enum sg_hash_alg)alg, alike[0]);
        struct rdf_canonical b = canonical(state, (enum sg_hash_alg)alg, alike[1]);
        assert_int_equal(a.n, 11);
        assert_int_equal(a.nquads.n, b.nquads.n);
        assert_memory_equal(a.nquads.p, b.nquads.p, a.nquads.n);
        assert_true(sg_str_equal(label_of(&a, "h"), label_of(&b, "7")));
        struct rdf_canonical again = canonical(state, (enum sg_hash_alg)alg, a.nquads.p);
        assert_memory_equal(a.nquads.p, again.nquads.p, a.nquads.n);
    }
}

/*
 * Quads of few and of many lines for a node: predicates that begin alike, several values of one, escapes, names in the object and
 * the graph. Whatever order they come in, one sorted result.
 */
static void
test_quads_of_a_node_come_in_any_order(void **state)
{
    static const char *const quads[] = { "_:s" P "_:o .\n", "_:s <http://e.example/> \"1\" .\n",
        "_:s <http://e.example/p1> \"1\" .\n", "_:o" P "_:s .\n", "_:s" P "\"1\" .\n",
        "_:s" P "\"12345678901234567\" .\n", "_:s" P "\"1\"@en .\n", "<urn:x>" P "_:s .\n",
        "_:s" P "\"a\\\"b\\u0000\" _:g .\n", "_:s" P "\"1\"^^<urn:t> .\n",
        "_:s" P "\"1\" <urn:g> .\n", "_:s" P "\"1\" _:g .\n", "_:s" P "_:p .\n",
        "_:s <http://e.example/p1> _:p .\n" };
    enum { N = sizeof(quads) / sizeof(quads[0]) };
    for (size_t n = 2; n <= N; n++) {
        sg_str want = SG_NO_STR;
        for (size_t turn = 0; turn < 2 * n; turn++) {
            struct sg_buf text = sg_buf_new(*state, 0, 1 << 16);
            for (size_t i = 0; i < n; i++) {
                size_t at = (i + turn) % n;
                sg_buf_put_cstr(&text, quads[turn < n ? at : n - 1 - at]);
            }
            sg_buf_put_byte(&text, '\0');
            struct rdf_canonical c = canonical(state, SG_SHA256, (const char *)text.p);
            assert_int_equal(c.n, n);
            want = turn == 0 ? c.nquads : want;
            assert_true(sg_str_equal(c.nquads, want));
            for (size_t i = 1; i < n; i++) {
                size_t shorter = c.lines[i].n < c.lines[i - 1].n ? c.lines[i].n : c.lines[i - 1].n;
                assert_true(memcmp(c.lines[i - 1].p, c.lines[i].p, shorter) < 0);
            }
        }
    }
}

/* A quad that holds one blank node twice is one quad of it; equal quads are one. */
static void
test_repetitions_count_once(void **state)
{
    struct rdf_dataset once;
    struct rdf_canonical want;
    struct rdf_canonical got;
    assert_ok(rdf_nquads_parse(
        *state, SG_LIT("_:a" P "_:a _:a .\n_:b" P "\"1\" .\n_:b" P "\"1\" _:a .\n"), NULL, &once));
    assert_ok(rdfc_canonicalize(*state, &once, SG_SHA256, NULL, &want));
    struct rdf_quad twice[6];
    for (size_t i = 0; i < 6; i++) {
        twice[i] = once.quads[i % 3];
    }
    struct rdf_dataset d = { twice, 6 };
    assert_ok(rdfc_canonicalize(*state, &d, SG_SHA256, NULL, &got));
    assert_int_equal(got.n, 3);
    assert_true(sg_str_equal(want.nquads, got.nquads));
}

/* `n` nodes, each pointing at each other one. */
static struct rdf_dataset
clique(void **state, unsigned n)
{
    struct sg_buf buf = sg_buf_new(*state, 0, (size_t)1 << 20);
    struct rdf_dataset d;
    sg_str text;
    for (unsigned i = 0; i < n * n; i++) {
        sg_str line;
        assert_ok(sg_arena_printf(*state, &line, "_:e%u" P "_:e%u .\n", i / n, i % n));
        sg_buf_put_str(&buf, line);
    }
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_ok(rdf_nquads_parse(*state, text, NULL, &d));
    return d;
}

/* Copies of a chain of `n` blank nodes, each link alike; a ring when `closed`. */
static struct rdf_dataset
chains(void **state, unsigned copies, unsigned n, bool closed)
{
    struct sg_buf buf = sg_buf_new(*state, 0, (size_t)16 << 20);
    struct rdf_dataset d;
    sg_str text;
    for (unsigned c = 0; c < copies; c++) {
        for (unsigned i = 0; i < n; i++) {
            sg_str line;
            unsigned next = closed ? (i + 1) % n : i + 1;
            assert_ok(sg_arena_printf(*state, &line, "_:c%ui%u" P "_:c%ui%u .\n", c, i, c, next));
            sg_buf_put_str(&buf, line);
        }
    }
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_ok(rdf_nquads_parse(*state, text, NULL, &d));
    return d;
}

static void
test_poison_ends_in_work(void **state)
{
    struct rdf_canonical c;
    struct rdf_dataset d = clique(state, 10);
    assert_refused(rdfc_canonicalize(*state, &d, SG_SHA256, NULL, &c), WORK);
    d = clique(state, 40);
    assert_refused(rdfc_canonicalize(*state, &d, SG_SHA384, NULL, &c), WORK);
    d = chains(state, 2, 5000, false); /* deeper than the search goes */
    assert_refused(rdfc_canonicalize(*state, &d, SG_SHA256, NULL, &c), WORK);
    d = chains(state, 1, 2000, true); /* four million calls */
    assert_refused(rdfc_canonicalize(*state, &d, SG_SHA256, NULL, &c), WORK);
}

static void
test_each_limit_stops_the_search(void **state)
{
    static const struct rdf_limits none[] = { { .deep_calls = 3 }, { .permutations = 3 },
        { .steps = 3 } };
    struct rdf_dataset d = chains(state, 1, 8, true);
    struct rdf_canonical c;
    assert_ok(rdfc_canonicalize(*state, &d, SG_SHA256, NULL, &c));
    assert_int_equal(c.n, 8);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_refused(rdfc_canonicalize(*state, &d, SG_SHA256, &none[i], &c), WORK);
    }
}

/* What people do write: many equal members of a list, small rings and cliques. */
static void
test_ordinary_alikeness_is_within_the_limits(void **state)
{
    struct rdf_canonical c;
    struct rdf_dataset d = chains(state, 1, 200, true);
    assert_ok(rdfc_canonicalize(*state, &d, SG_SHA256, NULL, &c));
    assert_int_equal(c.n_labels, 200);
    d = chains(state, 1000, 1, false);
    assert_ok(rdfc_canonicalize(*state, &d, SG_SHA256, NULL, &c));
    assert_int_equal(c.n_labels, 2000);
    d = clique(state, 5);
    assert_ok(rdfc_canonicalize(*state, &d, SG_SHA256, NULL, &c));
    assert_int_equal(c.n_labels, 5);
}

static void
test_terms_that_would_break_a_line_are_refused(void **state)
{
    const struct rdf_term iri = { .kind = RDF_IRI, .value = SG_LIT("urn:x") };
    const struct rdf_term literal = { .kind = RDF_LITERAL,
        .value = SG_LIT("x"),
        .datatype = SG_LIT(RDF_LANG_STRING),
        .language = SG_LIT("en> .\n") };
    const struct rdf_term broken = { .kind = RDF_IRI, .value = SG_LIT("urn:x> <urn:y") };
    const struct rdf_term relative = { .kind = RDF_IRI, .value = SG_LIT("x") };
    const struct rdf_term blank = { .kind = RDF_BLANK, .value = SG_LIT("x") };
    const struct rdf_term none = { 0 };
    const struct rdf_term tagged = { .kind = RDF_LITERAL,
        .value = SG_LIT("x"),
        .datatype = SG_LIT(RDF_XSD_STRING),
        .language = SG_LIT("en") };
    const struct rdf_quad bad[] = {
        { iri, iri, literal, none },
        { broken, iri, iri, none },
        { iri, broken, iri, none },
        { iri, iri, broken, none },
        { iri, iri, iri, broken },
        { relative, iri, iri, none },
        { iri, blank, iri, none },
        { iri, iri, none, none },
        { none, iri, iri, none },
        { iri, iri, iri, tagged },
        { tagged, iri, iri, none },
        { iri, iri, tagged, none },
    };
    struct rdf_canonical c;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rdf_dataset d = { &bad[i], 1 };
        assert_refused(rdfc_canonicalize(*state, &d, SG_SHA256, NULL, &c), VALUE);
    }
    const struct rdf_quad good = { iri, iri, iri, blank };
    struct rdf_dataset d = { &good, 1 };
    assert_ok(rdfc_canonicalize(*state, &d, SG_SHA256, NULL, &c));
    assert_str_is(c.nquads, "<urn:x> <urn:x> <urn:x> _:c14n0 .\n");
    assert_refused(rdfc_canonicalize(*state, &d, SG_SHA512, NULL, &c), ALGORITHM);
}

static void
test_little_memory_is_a_refusal(void **state)
{
    struct rdf_dataset d = chains(state, 1, 8, true);
    bool done = false;
    for (size_t max = 1024; !done; max += 512) {
        struct sg_arena *small = sg_arena_new(512, max);
        struct rdf_canonical c;
        sg_result r = rdfc_canonicalize(small, &d, SG_SHA256, NULL, &c);
        done = sg_ok(r);
        assert_true(done || r.code == SG_E_NO_MEMORY);
        sg_arena_free(&small);
        assert_true(max < (size_t)1 << 20);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_follow_the_first_degree_hashes),
        cmocka_unit_test(test_lines_are_sorted_by_code_point),
        cmocka_unit_test(test_the_empty_dataset),
        cmocka_unit_test(test_labels_and_order_do_not_matter),
        cmocka_unit_test(test_quads_of_a_node_come_in_any_order),
        cmocka_unit_test(test_repetitions_count_once),
        cmocka_unit_test(test_poison_ends_in_work),
        cmocka_unit_test(test_each_limit_stops_the_search),
        cmocka_unit_test(test_ordinary_alikeness_is_within_the_limits),
        cmocka_unit_test(test_terms_that_would_break_a_line_are_refused),
        cmocka_unit_test(test_little_memory_is_a_refusal),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
