/* W3C Bitstring Status List: the Recommendation's list and examples, and the derived lists with bits set (req: STA-1, STA-3). */
#include "bsl.h"
#include "sg_hash.h"
#include "support.h"

#define FOLDER "bitstring-status-list"

static const struct sjson *
load(struct sg_arena *arena, const char *name)
{
    const struct sjson *v = NULL;
    sg_bytes file = support_file(arena, support_vector_path(arena, name));
    assert_ok(sjson_parse_object(arena, sg_bytes_str(file), NULL, &v));
    return v;
}

static sg_str
member(const struct sjson *v, const char *name)
{
    sg_str text;
    assert_ok(sjson_member_text(v, name, &text));
    return text;
}

static int64_t
number(const struct sjson *v, const char *name)
{
    int64_t n = 0;
    assert_ok(sjson_member_int(v, name, &n));
    return n;
}

static void
check_hash(const struct sjson *v, sg_bytes raw)
{
    uint8_t is[SG_SHA256_LEN], want[SG_SHA256_LEN];
    const struct sjson *hash = sjson_get(v, "uncompressed_sha256");
    if (hash == NULL || hash->type == SJSON_NULL) {
        return;
    }
    sg_sha256(raw, is);
    assert_ok(sg_hex_decode_to(hash->text, want, sizeof(want)));
    assert_memory_equal(is, want, sizeof(want));
}

/* The same statuses, put one by one, give the same bytes; packed again they come back. */
static void
check_built(struct sg_arena *arena, const struct sjson *v, const struct bsl_view *view)
{
    const struct sjson *set = NULL;
    uint8_t *raw = sg_arena_alloc(arena, view->raw.n);
    sg_str encoded;
    sg_bytes again;
    assert_non_null(raw);
    assert_ok(sjson_member_array(v, "set", &set));
    for (const struct sjson *s = set->first; s != NULL; s = s->next) {
        int64_t index = 0, value = 0;
        assert_ok(sjson_int(sjson_at(s, 0), &index));
        assert_ok(sjson_int(sjson_at(s, 1), &value));
        assert_ok(bsl_put(raw, view->raw.n, view->size, (uint64_t)index, (uint8_t)value));
    }
    assert_true(sg_bytes_equal(sg_bytes_of(raw, view->raw.n), view->raw));
    assert_ok(bsl_encode(arena, view->raw, &encoded));
    assert_ok(bsl_decode(arena, encoded, TSL_RAW_MAX, &again));
    assert_true(sg_bytes_equal(again, view->raw));
}

static void
run_case(struct sg_arena *arena, const struct sjson *v)
{
    sg_str expect = member(v, "expect");
    struct bsl_list list = { .encoded = member(v, "encodedList") };
    struct bsl_view view;
    unsigned size = (unsigned)number(v, "status_size");
    const struct sjson *queries = NULL;
    sg_result r = bsl_list_bits(arena, &list, size, TSL_RAW_MAX, &view);
    print_message("%.*s: %s\n", SG_PRINT(member(v, "id")), sg_ok(r) ? "unpacked" : "refused");
    if (sg_str_is(expect, "length-error")) {
        assert_int_equal(r.code, SG_E_MALFORMED);
        return;
    }
    if (sg_str_is(expect, "malformed")) {
        assert_int_equal(r.code, SG_E_ENCODING);
        return;
    }
    assert_ok(r);
    check_hash(v, view.raw);
    check_built(arena, v, &view);
    assert_ok(sjson_member_array(v, "queries", &queries));
    assert_true(queries->n > 0);
    for (const struct sjson *q = queries->first; q != NULL; q = q->next) {
        int64_t index = 0, want = 0;
        uint8_t value = 0;
        assert_ok(sjson_int(sjson_at(q, 0), &index));
        if (sg_str_is(expect, "range-error")) {
            assert_refused(bsl_get(&view, (uint64_t)index, &value), NOT_FOUND);
            continue;
        }
        assert_str_is(expect, "ok");
        assert_ok(sjson_int(sjson_at(q, 1), &want));
        assert_ok(bsl_get(&view, (uint64_t)index, &value));
        assert_int_equal(value, want);
    }
}

static void
test_derived(void **state)
{
    (void)state;
    struct sg_arena *arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    const struct sjson *cases = NULL;
    assert_ok(sjson_member_array(load(arena, FOLDER "/derived.json"), "cases", &cases));
    assert_true(cases->n >= 10);
    for (const struct sjson *c = cases->first; c != NULL; c = c->next) {
        run_case(arena, c);
    }
    sg_arena_free(&arena);
}

static void
test_list_of_the_recommendation(void **state)
{
    struct sg_arena *arena = *state;
    const struct sjson *v = load(arena, FOLDER "/spec-encoded-list.json");
    struct bsl_list list = { .encoded = member(v, "encodedList") };
    struct bsl_view view;
    assert_ok(bsl_list_bits(arena, &list, 1, TSL_RAW_MAX, &view));
    assert_int_equal(view.raw.n * 8, number(v, "uncompressed_bits"));
    check_hash(v, view.raw);
    check_built(arena, v, &view);
}

/* The Recommendation's documents: credentials are read by their entries, list credentials by their subject. */
static void
test_examples(void **state)
{
    struct sg_arena *arena = *state;
    struct bsl_entry entries[BSL_ENTRIES_MAX];
    struct bsl_list list;
    struct bsl_view view;
    size_t n = 0;
    assert_ok(bsl_entries_parse(load(arena, FOLDER "/spec-examples/01.json"), entries, &n));
    assert_int_equal(n, 2);
    assert_int_equal(entries[0].purpose, BSL_REVOCATION);
    assert_int_equal(entries[0].index, 94567);
    assert_int_equal(entries[1].purpose, BSL_SUSPENSION);
    assert_int_equal(entries[1].index, 23452);
    assert_ok(bsl_entries_parse(load(arena, FOLDER "/spec-examples/03.json"), entries, &n));
    assert_int_equal(n, 1);
    static const char *const lists[] = { FOLDER "/spec-examples/02.json",
        FOLDER "/spec-examples/04.json" };
    for (size_t i = 0; i < 2; i++) {
        uint8_t value = 1;
        assert_ok(bsl_list_parse(load(arena, lists[i]), &list));
        assert_true(sg_str_equal(list.id, entries[0].list));
        assert_int_equal(list.valid_from, 1617632860); /* 2021-04-05T14:27:40Z */
        assert_true(bsl_list_has_purpose(&list, entries[0].purpose_text));
        assert_ok(bsl_list_bits(arena, &list, entries[0].size, TSL_RAW_MAX, &view));
        assert_ok(bsl_get(&view, entries[0].index, &value));
        assert_int_equal(value, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derived),
        cmocka_unit_test_setup_teardown(
            test_list_of_the_recommendation, support_arena_setup, support_arena_teardown),
        cmocka_unit_test_setup_teardown(test_examples, support_arena_setup, support_arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
