/* formats/base: arena, buffer, hashes, results. SHA and HMAC values: FIPS 180-4 examples, RFC 4231 case 2. */
#include "support.h"

#include <stdalign.h>

#include "sg_hash.h"
#include "sg_secret.h"

static void
test_arena_refuses_beyond_its_limit(void **state)
{
    (void)state;
    struct sg_arena *a = sg_arena_new(1024, 4096);
    assert_non_null(sg_arena_alloc(a, 1000));
    assert_null(sg_arena_alloc(a, 4000));
    assert_non_null(sg_arena_alloc(a, 2000));
    assert_null(sg_arena_alloc(a, SIZE_MAX));
    assert_null(sg_arena_array(a, SIZE_MAX / 2, 3));
    sg_arena_free(&a);
    assert_null(a);
}

/* Looks where nobody may: under AddressSanitizer what is not handed out is out of bounds. */
__attribute__((no_sanitize_address)) static bool
peek_zero(const volatile uint8_t *p, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++) {
        any |= p[i];
    }
    return any == 0;
}

static void
test_arena_memory_is_wiped_by_reset(void **state)
{
    (void)state;
    struct sg_arena *a = sg_arena_new(1024, 4096);
    uint8_t *p = sg_arena_alloc(a, 100);
    memset(p, 0xAA, 100);
    assert_false(peek_zero(p, 100));
    sg_arena_reset(a);
    assert_true(peek_zero(p, 100)); /* the first chunk stays mapped: wiped, not only forgotten */
    sg_arena_free(&a);
}

/* Memory wiped by a reset is not cleared again when handed out: whatever order of long and short uses came before, it must be zero. */
static void
test_arena_hands_out_zeroes_after_uses_of_any_length(void **state)
{
    static const size_t uses[] = { 16, 900, 48, 320, 1, 1008, 0, 1024, 17, 1024 };
    (void)state;
    struct sg_arena *a = sg_arena_new(1024, 1024);
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        uint8_t *p = sg_arena_alloc(a, uses[i]);
        assert_non_null(p);
        assert_true(peek_zero(p, uses[i]));
        memset(p, 0xAA, uses[i]);
        sg_arena_reset(a);
    }
    sg_arena_free(&a);
}

/* Blocks of odd sizes, filled to their last byte, over resets and several chunks: each is zeroed, aligned, and nobody else's. */
static void
test_arena_blocks_are_zeroed_aligned_and_apart(void **state)
{
    enum { BLOCKS = 40, ROUNDS = 3000 };
    uint32_t dice = 12345;
    uint64_t seen[2] = { 0, 0 }; /* rounds that stayed in the first chunk, that did not */
    (void)state;
    struct sg_arena *a = sg_arena_new(512, 16384);
    for (size_t round = 0; round < ROUNDS; round++) {
        uint8_t *blocks[BLOCKS];
        size_t lens[BLOCKS];
        size_t n = 0;
        while (n < BLOCKS) {
            dice = dice * 1664525u + 1013904223u;
            lens[n] = (dice >> 16) % (dice >> 31 == 0 ? 20 : 700);
            blocks[n] = sg_arena_alloc(a, lens[n]);
            if (blocks[n] == NULL || (dice >> 20) % 16 == 0) {
                break;
            }
            assert_int_equal((uintptr_t)blocks[n] % alignof(max_align_t), 0);
            assert_true(peek_zero(blocks[n], lens[n]));
            memset(blocks[n], (int)n + 1, lens[n]);
            n++;
        }
        for (size_t i = 0; i < n; i++) {
            for (size_t b = 0; b < lens[i]; b++) {
                assert_int_equal(blocks[i][b], i + 1);
            }
        }
        seen[sg_arena_used(a) > 512]++;
        sg_arena_reset(a);
        assert_int_equal(sg_arena_used(a), 0);
    }
    assert_true(seen[0] > 100 && seen[1] > 100);
    sg_arena_free(&a);
}

/* A buffer that outgrows its block leaves the old one behind; that one is wiped too, and the next buffer begins with zeroes. */
static void
test_arena_wipes_what_a_growing_buffer_left(void **state)
{
    (void)state;
    struct sg_arena *a = sg_arena_new(4096, 4096);
    struct sg_buf buf = sg_buf_new(a, 32, 2048);
    const uint8_t *first = buf.p;
    for (size_t i = 0; i < 1000; i++) {
        sg_buf_put_byte(&buf, 0xAA);
    }
    assert_ptr_not_equal(buf.p, first);
    const uint8_t *last = buf.p;
    sg_arena_reset(a);
    assert_true(peek_zero(first, 32));
    assert_true(peek_zero(last, 1000));
    buf = sg_buf_new(a, 3000, 4000);
    assert_true(peek_zero(buf.p, 3000));
    sg_arena_free(&a);
}

static void
test_buf_failure_sticks(void **state)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 5);
    sg_bytes out;
    sg_buf_put_cstr(&buf, "abc");
    sg_buf_put_cstr(&buf, "def");
    sg_buf_put_cstr(&buf, "g");
    assert_refused(sg_buf_end(&buf, &out), TOO_LARGE);
    assert_int_equal(buf.n, 3);
}

static void
test_hash_published_values(void **state)
{
    uint8_t h[64];
    sg_sha256(sg_str_bytes(SG_LIT("abc")), h);
    assert_memory_equal(h,
        support_hex(*state, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").p,
        32);
    sg_hash(SG_SHA384, sg_str_bytes(SG_LIT("abc")), h);
    assert_memory_equal(h,
        support_hex(*state, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed808607"
                            "2ba1e7cc2358baeca134c825a7")
            .p,
        48);
    sg_hash(SG_SHA512, sg_str_bytes(SG_LIT("abc")), h);
    assert_memory_equal(h,
        support_hex(*state, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a219299"
                            "2a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
            .p,
        64);
    sg_hmac_sha256(
        sg_str_bytes(SG_LIT("Jefe")), sg_str_bytes(SG_LIT("what do ya want for nothing?")), h);
    assert_memory_equal(h,
        support_hex(*state, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843").p,
        32);
}

static void
test_hash_in_place_is_the_hash(void **state)
{
    (void)state;
    for (int alg = SG_SHA256; alg <= SG_SHA512; alg++) {
        for (size_t n = 0; n < 300; n++) {
            uint8_t text[300 + SG_HASH_ROOM + 1];
            uint8_t want[SG_HASH_MAX];
            uint8_t got[SG_HASH_MAX];
            for (size_t i = 0; i < sizeof(text); i++) {
                text[i] = (uint8_t)(i * 7 + n);
            }
            uint8_t after = text[n + SG_HASH_ROOM];
            sg_hash((enum sg_hash_alg)alg, sg_bytes_of(text, n), want);
            sg_hash_in_place((enum sg_hash_alg)alg, text, n, got);
            assert_memory_equal(got, want, sg_hash_len((enum sg_hash_alg)alg));
            assert_int_equal(text[n + SG_HASH_ROOM], after);
        }
    }
}

static void
test_error_rows_are_unique_and_safe_to_show(void **state)
{
    (void)state;
    size_t n;
    const struct sg_code_row *rows = sg_code_rows(&n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(rows[i].code, rows[j].code);
        }
        /* OpenID4VCI 1.0 section 8.3.1.2: error_description without quote and backslash */
        assert_null(strpbrk(rows[i].sentence, "\"\\"));
        assert_int_equal(sg_result_of((uint64_t)rows[i].code).code, rows[i].code);
    }
    assert_int_equal(sg_result_of(9999).code, SG_E_INTERNAL);
}

static void
test_secret_equal_compares_content_and_length(void **state)
{
    (void)state;
    assert_true(sg_secret_equal(sg_str_bytes(SG_LIT("abc")), sg_str_bytes(SG_LIT("abc"))));
    assert_false(sg_secret_equal(sg_str_bytes(SG_LIT("abc")), sg_str_bytes(SG_LIT("abd"))));
    assert_false(sg_secret_equal(sg_str_bytes(SG_LIT("abc")), sg_str_bytes(SG_LIT("ab"))));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_refuses_beyond_its_limit),
        cmocka_unit_test(test_arena_memory_is_wiped_by_reset),
        cmocka_unit_test(test_arena_hands_out_zeroes_after_uses_of_any_length),
        cmocka_unit_test(test_arena_blocks_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_arena_wipes_what_a_growing_buffer_left),
        cmocka_unit_test(test_buf_failure_sticks),
        cmocka_unit_test(test_hash_published_values),
        cmocka_unit_test(test_hash_in_place_is_the_hash),
        cmocka_unit_test(test_error_rows_are_unique_and_safe_to_show),
        cmocka_unit_test(test_secret_equal_compares_content_and_length),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
