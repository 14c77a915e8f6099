/* The cache is bounded in entries and bytes, and nothing that somebody waits for leaves it (req: NET-3). */
#include "courier_list.h"
#include "support.h"

static sg_str
uri(unsigned i)
{
    static char text[64];
    int n = snprintf(text, sizeof(text), "https://issuer.example/lists/%u", i);
    return sg_str_of(text, (size_t)n);
}

static void
test_oldest_goes_first(void **state)
{
    (void)state;
    struct courier_lists *lists = courier_lists_new(1000000);
    assert_non_null(lists);
    for (unsigned i = 0; i < COURIER_LISTS_MAX; i++) {
        assert_non_null(courier_lists_add(lists, uri(i)));
    }
    assert_non_null(courier_lists_find(lists, uri(0))); /* used again */
    assert_non_null(courier_lists_add(lists, uri(1000)));
    assert_non_null(courier_lists_find(lists, uri(0)));
    assert_null(courier_lists_find(lists, uri(1)));
    assert_non_null(courier_lists_find(lists, uri(2)));
    assert_non_null(courier_lists_find(lists, uri(1000)));
    courier_lists_free(&lists);
}

static void
test_waited_for_stays(void **state)
{
    (void)state;
    struct courier_lists *lists = courier_lists_new(1000000);
    for (unsigned i = 0; i < COURIER_LISTS_MAX; i++) {
        struct courier_list *list = courier_lists_add(lists, uri(i));
        assert_non_null(list);
        list->waiting = i % 2;
        list->under_way = i % 2 == 0;
    }
    assert_null(courier_lists_add(lists, uri(1000)));
    courier_lists_find(lists, uri(7))->waiting = 0;
    assert_non_null(courier_lists_add(lists, uri(1000)));
    assert_null(courier_lists_find(lists, uri(7)));
    courier_lists_free(&lists);
}

static void
test_bytes_are_bounded(void **state)
{
    (void)state;
    static const uint8_t raw[600] = { 1 };
    struct courier_lists *lists = courier_lists_new(1000);
    struct courier_list *a = courier_lists_add(lists, uri(1));
    struct courier_list *b = courier_lists_add(lists, uri(2));
    assert_ok(courier_list_fill(lists, a, sg_bytes_of(raw, 600)));
    assert_ok(courier_list_fill(lists, a, sg_bytes_of(raw, 500))); /* in its own place */
    assert_ok(courier_list_fill(lists, b, sg_bytes_of(raw, 500)));
    assert_int_equal(lists->bytes, 1000);
    assert_ok(courier_list_fill(lists, b, sg_bytes_of(raw, 501))); /* a goes */
    assert_int_equal(lists->bytes, 501);
    assert_null(courier_lists_find(lists, uri(1)));
    a = courier_lists_add(lists, uri(1));
    b->waiting = 1;
    assert_refused(courier_list_fill(lists, a, sg_bytes_of(raw, 500)), FULL);
    assert_int_equal(b->raw_len, 501);
    assert_refused(courier_list_fill(lists, a, sg_bytes_of(raw, 1001)), FULL);
    courier_lists_free(&lists);
    courier_lists_free(&lists); /* NULL is accepted */
}

static void
test_equal_hash_is_not_equal_name(void **state)
{
    (void)state;
    struct courier_lists *lists = courier_lists_new(1000);
    struct courier_list *a = courier_lists_add(lists, uri(1));
    struct courier_list *b = courier_lists_add(lists, uri(2));
    a->hash = b->hash;
    assert_ptr_equal(courier_lists_find(lists, uri(2)), b);
    courier_lists_free(&lists);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oldest_goes_first),
        cmocka_unit_test(test_waited_for_stays),
        cmocka_unit_test(test_bytes_are_bounded),
        cmocka_unit_test(test_equal_hash_is_not_equal_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
