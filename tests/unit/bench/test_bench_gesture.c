/* The bench's make-believe persons: a gesture of theirs is one that a relying party takes, and only the seed's owner can make it. req: AU-3 */
#include "bench_gesture.h"

#include "jwk.h"
#include "support.h"
#include "webauthn.h"

static const uint8_t seed[BENCH_SEED_LEN] = { 7 };
static const uint8_t other_seed[BENCH_SEED_LEN] = { 8 };
static const uint8_t challenge[32] = { 1, 2, 3 };
#define ORIGIN SG_LIT("http://localhost:8080")

static struct bench_persons *
persons_of(const uint8_t *of)
{
    struct bench_persons *persons = NULL;
    assert_ok(bench_persons_new(of, SG_LIT("localhost"), ORIGIN, &persons));
    return persons;
}

/* As WebAuthn 7.2 says, under the key in this person's row. */
static sg_result
check(struct sg_arena *arena, const struct bench_gesture *gesture, const uint8_t *row)
{
    uint8_t rp[SG_SHA256_LEN];
    const sg_str origins[] = { ORIGIN };
    struct webauthn_assertion in = { gesture->authenticator_data, gesture->client_data,
        gesture->signature };
    struct webauthn_stored stored = { WEBAUTHN_ES256, false, 0 };
    struct webauthn_verdict verdict;
    struct sg_why why = { 0 };
    struct jwk jwk;
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = NULL;
    sg_sha256(sg_str_bytes(SG_LIT("localhost")), rp);
    struct webauthn_expect expect = { WEBAUTHN_GET, SG_BYTES(challenge), SG_BYTES(rp), origins, 1,
        false };
    SG_TRY(webauthn_assertion_check(&in, &expect, &stored, &why, &verdict));
    struct sg_buf buf = sg_buf_new(arena, 128, 65536);
    sg_bytes message;
    sg_buf_put(&buf, in.authenticator_data);
    sg_buf_put(&buf, SG_BYTES(verdict.message_tail));
    SG_TRY(sg_buf_end(&buf, &message));
    SG_TRY(jwk_from_spki(
        arena, sg_bytes_of(row + BENCH_PERSON_LEN + BENCH_CREDENTIAL_LEN, BENCH_SPKI_LEN), &jwk));
    SG_TRY(jwk_key_new(&jwk, &key));
    return jwk_verify(
        key, jose_alg_by_id(JOSE_ES256), message, sg_bytes_of(verdict.raw, verdict.raw_n));
}

static void
test_a_gesture_counts_for_its_person_alone(void **state)
{
    struct bench_persons *persons = persons_of(seed);
    for (uint64_t number = 0; number < 200; number++) {
        uint8_t row[BENCH_PERSON_ROW];
        uint8_t next[BENCH_PERSON_ROW];
        struct bench_gesture gesture;
        assert_ok(bench_person_row(persons, number, row));
        assert_ok(bench_person_row(persons, number + 1, next));
        assert_ok(bench_gesture_make(*state, persons, number, SG_BYTES(challenge), &gesture));
        assert_memory_equal(gesture.credential.p, row + BENCH_PERSON_LEN, BENCH_CREDENTIAL_LEN);
        assert_ok(check(*state, &gesture, row));
        assert_refused(check(*state, &gesture, next), SIGNATURE);
        assert_true(memcmp(row, next, BENCH_PERSON_LEN) < 0); /* ids ascend */
        sg_arena_reset(*state);
    }
    bench_persons_free(&persons);
}

static void
test_persons_belong_to_their_seed(void **state)
{
    (void)state;
    struct bench_persons *persons = persons_of(seed);
    struct bench_persons *others = persons_of(other_seed);
    static const uint64_t numbers[] = { 0, 1, 99999, UINT64_C(1) << 40 };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uint8_t id[BENCH_PERSON_LEN];
        uint64_t number = 1;
        bench_person_id(persons, numbers[i], id);
        assert_ok(bench_person_number(persons, SG_BYTES(id), &number));
        assert_int_equal(number, numbers[i]);
        assert_refused(bench_person_number(others, SG_BYTES(id), &number), NOT_FOUND);
        id[15] ^= 1;
        assert_refused(bench_person_number(persons, SG_BYTES(id), &number), NOT_FOUND);
        assert_refused(bench_person_number(persons, sg_bytes_of(id, 15), &number), NOT_FOUND);
    }
    bench_persons_free(&others);
    bench_persons_free(&persons);
}

static void
test_a_challenge_of_another_length_is_refused(void **state)
{
    struct bench_persons *persons = persons_of(seed);
    struct bench_gesture gesture;
    assert_refused(
        bench_gesture_make(*state, persons, 1, sg_bytes_of(challenge, 31), &gesture), VALUE);
    bench_persons_free(&persons);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_gesture_counts_for_its_person_alone,
            support_arena_setup, support_arena_teardown),
        cmocka_unit_test_setup_teardown(
            test_persons_belong_to_their_seed, support_arena_setup, support_arena_teardown),
        cmocka_unit_test_setup_teardown(test_a_challenge_of_another_length_is_refused,
            support_arena_setup, support_arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
