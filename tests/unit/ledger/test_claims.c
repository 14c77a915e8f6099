/* hsm/ledger: the ring of claimed names against a plain list, while it grows, wraps, loses its oldest and its newest. */
#include "support.h"

#include "ledger_claims.h"

#define NAMES 20000

static void
name_of(uint64_t id, uint8_t name[32])
{
    memset(name, 0, 32);
    memcpy(name + 24, &id, sizeof(id)); /* names alike in all but the last bytes are told apart */
}

static void
add(struct ledger_claims *claims, uint64_t id)
{
    uint8_t name[32];
    name_of(id, name);
    assert_false(ledger_claims_has(claims, name));
    assert_ok(ledger_claims_add(claims, name, (int64_t)id * 10, id));
}

/* Those from first to before end are there, and nobody else. */
static void
assert_members(const struct ledger_claims *claims, uint64_t first, uint64_t end)
{
    uint8_t name[32];
    for (uint64_t id = first > 50 ? first - 50 : 0; id < end + 50; id++) {
        name_of(id, name);
        assert_int_equal(ledger_claims_has(claims, name), id >= first && id < end);
    }
    assert_int_equal(claims->n, end - first);
    const struct ledger_claim *oldest = ledger_claims_first(claims);
    if (first == end) {
        assert_null(oldest);
    } else {
        assert_int_equal(oldest->id, first);
        assert_int_equal(oldest->expires_at, first * 10);
    }
}

static void
test_claims_agree_with_a_plain_list(void **state)
{
    (void)state;
    struct ledger_claims claims = { 0 };
    uint64_t first = 0;
    uint64_t end = 0;
    uint32_t dice = 2463534242u;
    assert_members(&claims, 0, 0);
    for (size_t step = 0; end < NAMES; step++) {
        dice = dice * 1664525u + 1013904223u;
        unsigned kind = (dice >> 16) % 8;
        /* grows to some thousands, shrinks to nothing, and so on */
        bool fall = step / 3000 % 2 == 1;
        if (first < end && (kind == 0 || (fall && kind < 6))) {
            ledger_claims_drop_first(&claims);
            first++;
        } else if (first < end && kind == 1) {
            ledger_claims_drop_last(&claims); /* a rollback: the same name may come again */
            end--;
        } else {
            add(&claims, end++);
        }
        if (step % 500 == 0) {
            assert_members(&claims, first, end);
        }
    }
    assert_members(&claims, first, end);
    assert_true(claims.cap > 1536); /* it grew more than once */
    while (first < end) {
        ledger_claims_drop_first(&claims);
        first++;
    }
    assert_members(&claims, first, end);
    for (size_t i = 0; i < claims.n_slots; i++) {
        assert_int_equal(claims.index[i], 0);
    }
    ledger_claims_done(&claims);
    assert_members(&claims, 0, 0);
}

/* At the rate of a busy signer (20 s and a bit of 3,500 a second) the ring and its index are below 55 bytes a claim. */
static void
test_claims_are_small(void **state)
{
    (void)state;
    struct ledger_claims claims = { 0 };
    for (uint64_t id = 0; id < 75000; id++) {
        add(&claims, id);
    }
    size_t bytes = claims.cap * sizeof(claims.ring[0]) + claims.n_slots * sizeof(claims.index[0]);
    assert_true(bytes < (size_t)75000 * 55);
    ledger_claims_done(&claims);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims_agree_with_a_plain_list),
        cmocka_unit_test(test_claims_are_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
