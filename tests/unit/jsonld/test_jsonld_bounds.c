/*
 * formats/jsonld: documents made to be slow or deep end in a refusal, and their harmless small brothers do not. No clocks here: the
 * work counter stands for time. req: FMT-3
 */
#include "jsonld_int.h"
#include "support.h"

#define ARENA ((size_t)256 << 20)

static struct jsonld_contexts *contexts;

static int
setup(void **state)
{
    struct sg_why why = { 0 };
    *state = sg_arena_new(0, ARENA);
    return *state == NULL || !sg_ok(jsonld_contexts_new(NULL, 0, &why, &contexts));
}

static int
teardown(void **state)
{
    struct sg_arena *arena = *state;
    jsonld_contexts_free(&contexts);
    sg_arena_free(&arena);
    return 0;
}

static sg_result
run(struct sg_arena *arena, const struct sg_buf *buf)
{
    const struct sjson *document;
    struct rdf_dataset dataset;
    struct jsonld_options options = { .contexts = contexts };
    sg_str text;
    assert_ok(sg_buf_end_str(buf, &text));
    assert_ok(sjson_parse(arena, text, NULL, &document));
    return jsonld_to_rdf(arena, document, &options, NULL, &dataset);
}

static struct sg_buf
buffer(void **state)
{
    sg_arena_reset(*state);
    return sg_buf_new(*state, 0, (size_t)32 << 20);
}

static void
put_many(struct sg_buf *buf, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sg_buf_put_cstr(buf, i == 0 ? "" : ",");
        sg_buf_put_cstr(buf, text);
    }
}

/* ---- contexts repeated --------------------------------------------------------------------------------- */

static void
test_one_known_context_named_thirty_thousand_times_costs_little(void **state)
{
    struct sg_buf buf = buffer(state);
    sg_buf_put_cstr(&buf, "{\"@context\":[");
    put_many(&buf, "\"https://www.w3.org/ns/credentials/v2\"", 30000);
    sg_buf_put_cstr(&buf, "],\"name\":\"x\"}");
    assert_ok(run(*state, &buf));
}

static void
test_the_same_context_in_every_node_costs_little(void **state)
{
    struct sg_buf buf = buffer(state);
    sg_buf_put_cstr(&buf, "{\"@graph\":[");
    put_many(&buf,
        "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",\"https://w3id.org/security/"
        "data-integrity/v2\"],"
        "\"name\":\"x\"}",
        5000);
    sg_buf_put_cstr(&buf, "]}");
    assert_ok(run(*state, &buf));
}

/* Two contexts that undo one another: nothing is remembered, every round is work. */
static void
put_quarrel(struct sg_buf *buf, size_t n)
{
    sg_buf_put_cstr(
        buf, "{\"@context\":{\"@vocab\":\"urn:ex:\",\"a\":{\"@id\":\"urn:ex:a\",\"@context\":{");
    for (size_t i = 0; i < 200; i++) {
        sg_buf_put_cstr(buf, i == 0 ? "\"t" : ",\"t");
        sg_buf_put_u64(buf, i);
        sg_buf_put_cstr(buf, "\":\"urn:one:x\"");
    }
    sg_buf_put_cstr(buf, "}}},\"@graph\":[");
    for (size_t i = 0; i < n; i++) {
        sg_buf_put_cstr(buf, i == 0 ? "" : ",");
        sg_buf_put_cstr(buf, "{\"@context\":{\"k\":\"urn:ex:k\"},\"a\":{\"k\":1}}");
    }
    sg_buf_put_cstr(buf, "]}");
}

static void
test_scoped_contexts_upon_ever_new_contexts_are_bounded(void **state)
{
    struct sg_buf buf = buffer(state);
    put_quarrel(&buf, 20);
    assert_ok(run(*state, &buf));
    buf = buffer(state);
    put_quarrel(&buf, 5000);
    assert_refused(run(*state, &buf), WORK);
}

/* A context within the term of a context, and so on; each level is checked by all levels above it. */
static void
put_nested(struct sg_buf *buf, size_t depth, size_t wide)
{
    if (depth == 0) {
        sg_buf_put_cstr(buf, "{}");
        return;
    }
    sg_buf_put_cstr(buf, "{");
    for (size_t i = 0; i < wide; i++) {
        sg_buf_put_cstr(buf, i == 0 ? "\"p" : ",\"p");
        sg_buf_put_u64(buf, i);
        sg_buf_put_cstr(buf, "\":{\"@id\":\"urn:ex:p\",\"@context\":");
        put_nested(buf, depth - 1, wide);
        sg_buf_put_cstr(buf, "}");
    }
    sg_buf_put_cstr(buf, "}");
}

static void
put_nested_use(struct sg_buf *buf, size_t depth)
{
    for (size_t i = 0; i < depth; i++) {
        sg_buf_put_cstr(buf, ",\"p0\":{\"urn:ex:q\":1");
    }
    for (size_t i = 0; i < depth; i++) {
        sg_buf_put_cstr(buf, "}");
    }
}

static void
test_contexts_within_contexts(void **state)
{
    struct sg_buf buf = buffer(state);
    sg_buf_put_cstr(&buf, "{\"@context\":");
    put_nested(&buf, 11, 2);
    sg_buf_put_cstr(&buf, ",\"urn:ex:q\":1");
    put_nested_use(&buf, 11);
    sg_buf_put_cstr(&buf, "}");
    assert_ok(run(*state, &buf));
    buf = buffer(state);
    sg_buf_put_cstr(&buf, "{\"@context\":");
    put_nested(&buf, 30, 1);
    sg_buf_put_cstr(&buf, ",\"urn:ex:q\":1");
    put_nested_use(&buf, 30);
    sg_buf_put_cstr(&buf, "}");
    assert_ok(run(*state, &buf));
}

/* ---- terms --------------------------------------------------------------------------------------------- */

/* t0 is a name within t1, which is a name within t2 ... */
static void
put_chain(struct sg_buf *buf, size_t n, bool circle)
{
    sg_buf_put_cstr(buf, "{\"@context\":{");
    for (size_t i = 0; i < n; i++) {
        sg_buf_put_cstr(buf, "\"t");
        sg_buf_put_u64(buf, i);
        sg_buf_put_cstr(buf, "\":\"t");
        sg_buf_put_u64(buf, i + 1);
        sg_buf_put_cstr(buf, ":x\",");
    }
    sg_buf_put_cstr(buf, "\"t");
    sg_buf_put_u64(buf, n);
    sg_buf_put_cstr(buf, circle ? "\":\"t0:x\"}}" : "\":\"urn:ex:\"}}");
}

static void
test_chains_of_terms_are_short_and_circles_refused(void **state)
{
    struct sg_buf buf = buffer(state);
    put_chain(&buf, 40, false);
    assert_ok(run(*state, &buf));
    buf = buffer(state);
    put_chain(&buf, 5000, false);
    assert_refused(run(*state, &buf), DEPTH);
    buf = buffer(state);
    put_chain(&buf, 10, true);
    assert_refused(run(*state, &buf), JSONLD);
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

static void
put_long(struct sg_buf *buf, size_t n)
{
    sg_buf_put_cstr(buf, "urn:");
    for (size_t i = 0; i < n; i++) {
        sg_buf_put_cstr(buf, "x");
    }
}

static void
test_a_short_name_for_a_long_iri_is_paid_for_by_length(void **state)
{
    static const struct {
        const char *before;
        const char *after;
        const char *each;
    } rows[] = {
        { "{\"@context\":{\"T\":\"", "\"},\"@graph\":[", "{\"@type\":\"T\"}" },
        { "{\"@context\":{\"p\":\"", "\"},\"@graph\":[", "{\"p\":1}" },
        { "{\"@context\":{\"@vocab\":\"", "\"},\"@graph\":[", "{\"p\":1}" },
        { "{\"@context\":{\"@base\":\"", "\"},\"@graph\":[", "{\"@id\":\"#x\",\"urn:p\":1}" },
        { "{\"@context\":{\"p\":{\"@id\":\"urn:p\",\"@type\":\"", "\"}},\"@graph\":[",
            "{\"p\":1}" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_buf buf = buffer(state);
        sg_buf_put_cstr(&buf, rows[i].before);
        put_long(&buf, 200);
        sg_buf_put_cstr(&buf, rows[i].after);
        put_many(&buf, rows[i].each, 20000);
        sg_buf_put_cstr(&buf, "]}");
        assert_ok(run(*state, &buf));
        buf = buffer(state);
        sg_buf_put_cstr(&buf, rows[i].before);
        put_long(&buf, 100000);
        sg_buf_put_cstr(&buf, rows[i].after);
        put_many(&buf, rows[i].each, 20000);
        sg_buf_put_cstr(&buf, "]}");
        sg_result r = run(*state, &buf);
        assert_true(r.code == SG_E_WORK || r.code == SG_E_NO_MEMORY);
    }
}

static void
test_one_long_subject_of_many_quads_is_paid_for_by_length(void **state)
{
    struct sg_buf buf = buffer(state);
    sg_buf_put_cstr(&buf, "{\"@id\":\"");
    put_long(&buf, 100000);
    sg_buf_put_cstr(&buf, "\",\"urn:p\":[");
    for (size_t i = 0; i < 20000; i++) {
        sg_buf_put_cstr(&buf, i == 0 ? "" : ",");
        sg_buf_put_u64(&buf, i);
    }
    sg_buf_put_cstr(&buf, "]}");
    assert_refused(run(*state, &buf), WORK);
}

/* ---- values -------------------------------------------------------------------------------------------- */

static void
test_many_plain_values_are_fine(void **state)
{
    struct sg_buf buf = buffer(state);
    sg_buf_put_cstr(&buf, "{\"@id\":\"urn:s\",\"urn:p\":[");
    for (size_t i = 0; i < 90000; i++) {
        sg_buf_put_cstr(&buf, i == 0 ? "" : ",");
        sg_buf_put_u64(&buf, i);
    }
    sg_buf_put_cstr(&buf, "]}");
    assert_ok(run(*state, &buf));
}

static void
test_many_properties_of_one_node_are_found_again(void **state)
{
    struct sg_buf buf = buffer(state);
    sg_buf_put_cstr(&buf, "{\"@id\":\"urn:s\"");
    for (size_t i = 0; i < 40000; i++) {
        sg_buf_put_cstr(&buf, ",\"urn:p:");
        sg_buf_put_u64(&buf, i);
        sg_buf_put_cstr(&buf, "\":1");
    }
    sg_buf_put_cstr(&buf, "}");
    assert_ok(run(*state, &buf));
}

/* ---- names chosen to collide --------------------------------------------------------------------------- */

static uint64_t
mix(uint64_t h) /* as in jsonld_map.c: whoever reads the source can do this */
{
    h ^= h >> 32;
    h *= UINT64_C(0xD6E8FEB86659FD93);
    h ^= h >> 29;
    return h;
}

static bool
printable(uint64_t word)
{
    for (size_t i = 0; i < 8; i++) {
        uint8_t c = (uint8_t)(word >> 8 * i);
        if (c < '#' || c > 'z' || c == '\\') {
            return false;
        }
    }
    return true;
}

/* Names of 24 characters with one hash: the third word undoes what the second did. */
static void
put_collisions(struct sg_buf *buf, size_t n)
{
    const char head[9] = "urn:ex:p";
    uint64_t first;
    uint64_t goal = 0;
    memcpy(&first, head, 8);
    uint64_t h1 = mix((UINT64_C(0x9E3779B97F4A7C15) ^ 24) ^ first);
    uint64_t hash = 0;
    size_t found = 0;
    for (uint64_t i = 0; found < n; i++) {
        uint64_t second = 0;
        for (size_t k = 0; k < 8; k++) {
            second = second << 8 | ('A' + (i >> 4 * k) % 16);
        }
        uint64_t h2 = mix(h1 ^ second);
        goal = goal == 0 ? h2 ^ UINT64_C(0x4141414141414141) : goal;
        uint64_t third = h2 ^ goal;
        if (!printable(third)) {
            continue;
        }
        char name[25] = { 0 };
        memcpy(name, head, 8);
        memcpy(name + 8, &second, 8);
        memcpy(name + 16, &third, 8);
        hash = hash == 0 ? jsonld_hash(sg_str_of(name, 24)) : hash;
        assert_true(hash == jsonld_hash(sg_str_of(name, 24)));
        sg_buf_put_cstr(buf, found++ == 0 ? "\"" : ",\"");
        sg_buf_put_cstr(buf, name);
        sg_buf_put_cstr(buf, "\":1");
    }
}

static void
test_names_with_one_hash_are_bounded(void **state)
{
    struct sg_buf buf = buffer(state);
    sg_buf_put_cstr(&buf, "{");
    put_collisions(&buf, 500);
    sg_buf_put_cstr(&buf, "}");
    assert_ok(run(*state, &buf));
    buf = buffer(state);
    sg_buf_put_cstr(&buf, "{");
    put_collisions(&buf, 6000);
    sg_buf_put_cstr(&buf, "}");
    assert_refused(run(*state, &buf), WORK);
}

static void
test_many_types_with_scoped_contexts_are_bounded(void **state)
{
    struct sg_buf buf = buffer(state);
    sg_buf_put_cstr(&buf, "{\"@context\":{\"@vocab\":\"urn:ex:\"");
    for (size_t i = 0; i < 4000; i++) {
        sg_buf_put_cstr(&buf, ",\"T");
        sg_buf_put_u64(&buf, i);
        sg_buf_put_cstr(&buf, "\":{\"@context\":{\"p\":\"urn:ex:p");
        sg_buf_put_u64(&buf, i);
        sg_buf_put_cstr(&buf, "\"}}");
    }
    sg_buf_put_cstr(&buf, "},\"@type\":[");
    for (size_t i = 4000; i-- > 0;) {
        sg_buf_put_cstr(&buf, "\"T");
        sg_buf_put_u64(&buf, i);
        sg_buf_put_cstr(&buf, i == 0 ? "\"" : "\",");
    }
    sg_buf_put_cstr(&buf, "],\"p\":1}");
    assert_refused(run(*state, &buf), WORK);
}

static void
test_a_small_arena_is_an_error_and_not_a_crash(void **state)
{
    (void)state;
    static const char text[] =
        "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",{\"@vocab\":\"urn:ex:\"}],"
        "\"type\":\"VerifiableCredential\",\"issuer\":\"urn:ex:i\",\"credentialSubject\":{\"a\":[1,"
        "{\"b\":\"c\"}]}}";
    size_t good = 0;
    size_t bad = 0;
    for (size_t max = 512; max < 40000; max += 256) {
        struct sg_arena *arena = sg_arena_new(256, max);
        struct rdf_dataset dataset;
        const struct sjson *document;
        struct jsonld_options options = { .contexts = contexts, .safe = true };
        sg_result r = sjson_parse(arena, sg_cstr(text), NULL, &document);
        if (sg_ok(r)) {
            r = jsonld_to_rdf(arena, document, &options, NULL, &dataset);
        }
        assert_true(sg_ok(r) || r.code == SG_E_NO_MEMORY);
        *(sg_ok(r) ? &good : &bad) += 1;
        sg_arena_free(&arena);
    }
    assert_true(good > 0 && bad > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_known_context_named_thirty_thousand_times_costs_little),
        cmocka_unit_test(test_the_same_context_in_every_node_costs_little),
        cmocka_unit_test(test_scoped_contexts_upon_ever_new_contexts_are_bounded),
        cmocka_unit_test(test_contexts_within_contexts),
        cmocka_unit_test(test_chains_of_terms_are_short_and_circles_refused),
        cmocka_unit_test(test_a_short_name_for_a_long_iri_is_paid_for_by_length),
        cmocka_unit_test(test_one_long_subject_of_many_quads_is_paid_for_by_length),
        cmocka_unit_test(test_many_plain_values_are_fine),
        cmocka_unit_test(test_many_properties_of_one_node_are_found_again),
        cmocka_unit_test(test_names_with_one_hash_are_bounded),
        cmocka_unit_test(test_many_types_with_scoped_contexts_are_bounded),
        cmocka_unit_test(test_a_small_arena_is_an_error_and_not_a_crash),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
