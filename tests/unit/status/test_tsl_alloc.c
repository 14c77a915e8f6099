/* Index allocation: random, O(1), never twice, also with many threads and after a crash (req: STA-1). */
#include <pthread.h>

#include "support.h"
#include "tsl_alloc.h"

static const uint8_t KEY[TSL_PERM_KEY_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    16 };

static void
test_permutation_hits_everything_once(void **state)
{
    (void)state;
    static const uint64_t sizes[] = { 1, 2, 3, 5, 16, 17, 1000, 4096, 65537 };
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct tsl_perm perm;
        assert_ok(tsl_perm_init(&perm, KEY, sizes[s]));
        uint8_t *seen = calloc(1, sizes[s]);
        assert_non_null(seen);
        for (uint64_t n = 0; n < sizes[s]; n++) {
            uint64_t x = tsl_perm_at(&perm, n);
            assert_true(x < sizes[s]);
            assert_int_equal(seen[x], 0);
            seen[x] = 1;
        }
        free(seen);
    }
}

static void
test_order_depends_on_the_key_and_looks_random(void **state)
{
    (void)state;
    uint8_t other[TSL_PERM_KEY_LEN];
    memcpy(other, KEY, sizeof(other));
    other[15] ^= 1;
    struct tsl_perm a;
    struct tsl_perm b;
    uint64_t size = (uint64_t)1 << 20;
    assert_ok(tsl_perm_init(&a, KEY, size));
    assert_ok(tsl_perm_init(&b, other, size));
    unsigned same = 0;
    unsigned rising = 0;
    unsigned buckets[16] = { 0 };
    for (uint64_t n = 0; n < 16000; n++) {
        same += tsl_perm_at(&a, n) == tsl_perm_at(&b, n);
        rising += tsl_perm_at(&a, n) < tsl_perm_at(&a, n + 1);
        buckets[tsl_perm_at(&a, n) >> 16]++;
    }
    assert_true(same < 5);
    assert_in_range(rising, 7700, 8300); /* half of 16000; sigma is about 37 */
    for (size_t i = 0; i < 16; i++) {
        assert_in_range(buckets[i], 820, 1180); /* 1000 each; six sigma is about 184 */
    }
}

static void
test_size_is_bounded(void **state)
{
    (void)state;
    struct tsl_perm perm;
    struct tsl_alloc *alloc = NULL;
    assert_refused(tsl_perm_init(&perm, KEY, 0), VALUE);
    assert_refused(tsl_perm_init(&perm, KEY, TSL_PERM_SIZE_MAX + 1), VALUE);
    assert_refused(tsl_alloc_new(KEY, 10, 11, &alloc), VALUE);
    assert_null(alloc);
}

static void
test_nothing_without_a_durable_reservation(void **state)
{
    (void)state;
    struct tsl_alloc *alloc = NULL;
    uint64_t idx = 0;
    assert_ok(tsl_alloc_new(KEY, 10, 0, &alloc));
    assert_refused(tsl_alloc_take(alloc, &idx), PENDING);
    assert_int_equal(tsl_alloc_want(alloc, 4), 4);
    tsl_alloc_grant(alloc, 4);
    assert_int_equal(tsl_alloc_ready(alloc), 4);
    for (int i = 0; i < 4; i++) {
        assert_ok(tsl_alloc_take(alloc, &idx));
    }
    assert_refused(tsl_alloc_take(alloc, &idx), PENDING);
    tsl_alloc_grant(alloc, 2); /* lower: changes nothing */
    assert_refused(tsl_alloc_take(alloc, &idx), PENDING);
    assert_int_equal(tsl_alloc_want(alloc, 100), 10);
    tsl_alloc_grant(alloc, 100);
    for (int i = 0; i < 6; i++) {
        assert_ok(tsl_alloc_take(alloc, &idx));
    }
    assert_refused(tsl_alloc_take(alloc, &idx), FULL);
    assert_int_equal(tsl_alloc_want(alloc, 100), 10);
    tsl_alloc_free(&alloc);
    assert_null(alloc);
}

static void
test_crash_loses_indexes_but_gives_none_twice(void **state)
{
    (void)state;
    enum { SIZE = 1000 };
    uint8_t seen[SIZE] = { 0 };
    uint64_t durable = 0;
    unsigned given = 0;
    /* 30 lives of a process, each takes a part of its block and dies */
    for (unsigned life = 0; life < 30; life++) {
        struct tsl_alloc *alloc = NULL;
        assert_ok(tsl_alloc_new(KEY, SIZE, durable, &alloc));
        durable = tsl_alloc_want(alloc, 37); /* written to the store, then: */
        tsl_alloc_grant(alloc, durable);
        for (unsigned i = 0; i < life % 37; i++) {
            uint64_t idx = 0;
            if (!sg_ok(tsl_alloc_take(alloc, &idx))) {
                break;
            }
            assert_int_equal(seen[idx], 0);
            seen[idx] = 1;
            given++;
        }
        tsl_alloc_free(&alloc);
    }
    assert_true(given > 300);
}

/* ---- many threads ---- */

enum { THREADS = 8, SHARED_SIZE = 200000, BLOCK = 64 };

struct shared {
    struct tsl_alloc *alloc;
    pthread_mutex_t store; /* stands for the store's transaction */
    uint64_t durable;
    uint8_t seen
        [SHARED_SIZE]; /* each thread writes only what it was given: a double is a race tsan sees, too */
};

static void *
taker(void *arg)
{
    struct shared *s = arg;
    uint64_t count = 0;
    for (;;) {
        uint64_t idx = 0;
        sg_result r = tsl_alloc_take(s->alloc, &idx);
        if (r.code == SG_E_FULL) {
            return (void *)(uintptr_t)count;
        }
        if (r.code == SG_E_PENDING) {
            (void)pthread_mutex_lock(&s->store);
            uint64_t want = tsl_alloc_want(s->alloc, BLOCK);
            if (want > s->durable) {
                s->durable = want;
            }
            tsl_alloc_grant(s->alloc, s->durable);
            (void)pthread_mutex_unlock(&s->store);
            continue;
        }
        s->seen[idx]++;
        count++;
    }
}

static void
test_threads_never_share_an_index(void **state)
{
    (void)state;
    struct shared *s = calloc(1, sizeof(*s));
    pthread_t threads[THREADS];
    uint64_t total = 0;
    assert_non_null(s);
    assert_int_equal(pthread_mutex_init(&s->store, NULL), 0);
    assert_ok(tsl_alloc_new(KEY, SHARED_SIZE, 0, &s->alloc));
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, taker, s), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *count = NULL;
        assert_int_equal(pthread_join(threads[i], &count), 0);
        total += (uintptr_t)count;
    }
    assert_int_equal(total, SHARED_SIZE);
    for (size_t i = 0; i < SHARED_SIZE; i++) {
        assert_int_equal(s->seen[i], 1);
    }
    tsl_alloc_free(&s->alloc);
    (void)pthread_mutex_destroy(&s->store);
    free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permutation_hits_everything_once),
        cmocka_unit_test(test_order_depends_on_the_key_and_looks_random),
        cmocka_unit_test(test_size_is_bounded),
        cmocka_unit_test(test_nothing_without_a_durable_reservation),
        cmocka_unit_test(test_crash_loses_indexes_but_gives_none_twice),
        cmocka_unit_test(test_threads_never_share_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
