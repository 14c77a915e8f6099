/* formats/evid: replay of a ledger, rule by rule (req: EV-1, SIG-5, SIG-8, AU-8, KEY-8). */
#include "evid_fixture.h"

static struct evid_ledger_result
replay(struct made *m, sg_str checkpoint, struct evid_ledger **ret)
{
    struct evid_ledger *l;
    struct evid_ledger_result result;
    assert_ok(evid_ledger_new(m->arena, &l));
    if (checkpoint.n > 0) {
        assert_ok(evid_ledger_expect(l, checkpoint, &m->vkey));
    }
    for (size_t i = 0; i < m->n; i++) {
        assert_ok(evid_ledger_feed(l, &m->records[i]));
    }
    assert_ok(evid_ledger_end(l, &result));
    if (ret != NULL) {
        *ret = l;
    }
    return result;
}

/* Exactly this rule, at least once, and no other. */
static void
expect_rule(struct sg_arena *arena, struct wrong w, const char *rule)
{
    struct made *m = make_ledger(arena, &w);
    struct evid_ledger_result r = replay(m, SG_NO_STR, NULL);
    bool found = false;
    for (size_t i = 0; i < r.n_findings; i++) {
        if (strcmp(r.findings[i].rule, rule) == 0) {
            found = true;
        } else {
            print_error(
                "unexpected %s: %.*s\n", r.findings[i].rule, SG_PRINT(r.findings[i].detail));
            fail();
        }
    }
    if (!found) {
        print_error("rule %s did not notice\n", rule);
        fail();
    }
}

static void
test_lawful_ledger_has_no_finding(void **state)
{
    const struct wrong none = { .twice = false };
    struct made *m = make_ledger(*state, &none);
    for (uint64_t size = 1; size <= m->n; size++) {
        struct evid_ledger_result r = replay(m, made_checkpoint(m, size), NULL);
        for (size_t i = 0; i < r.n_findings; i++) {
            print_error("%s: %.*s\n", r.findings[i].rule, SG_PRINT(r.findings[i].detail));
        }
        assert_int_equal(r.n_findings_all, 0);
        assert_true(r.n_records == m->n && r.n_consents_open == 0);
        assert_str_is(r.origin, ORIGIN);
        assert_memory_equal(r.log_key, m->log.public, 32);
    }
}

static void
test_each_wrong_thing_is_noticed_by_its_rule(void **state)
{
    static const struct {
        struct wrong wrong;
        const char *rule;
    } rows[] = {
        { { .same_person = true }, "dual-control" },
        { { .proposer_forged = true }, "operator-signature" },
        { { .approver_missing = true }, "operator" },
        { { .not_activated = true }, "key-state" },
        { { .suspended = true }, "key-state" },
        { { .halted = true }, "halt" },
        { { .mandate_full = true }, "mandate-count" },
        { { .mandate_miscounted = true }, "mandate-count" },
        { { .status_bad = true }, "status" },
        { { .status_old = true }, "status" },
        { { .instruction_forged = true }, "instruction" },
        { { .other_configuration = true }, "instruction" },
        { { .two_outcomes = true }, "outcome-once" },
        { { .order_forged = true }, "order-signature" },
        { { .intent_expired = true }, "intent-time" },
        { { .wrong_spki = true }, "consent-key" },
        { { .key_seq = true }, "key-state" },
        { { .time_back = true }, "time-order" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_rule(*state, rows[i].wrong, rows[i].rule);
    }
}

static bool
has(const struct evid_ledger_result *r, const char *rule)
{
    for (size_t i = 0; i < r->n_findings; i++) {
        if (strcmp(r->findings[i].rule, rule) == 0) {
            return true;
        }
    }
    return false;
}

static void
test_repeats_are_noticed(void **state)
{
    const struct wrong twice = { .twice = true };
    const struct wrong replayed = { .replayed_operation = true };
    struct evid_ledger_result r = replay(make_ledger(*state, &twice), SG_NO_STR, NULL);
    assert_true(has(&r, "intent-once") && has(&r, "mandate-count") && has(&r, "instruction-count"));
    r = replay(make_ledger(*state, &replayed), SG_NO_STR, NULL);
    assert_true(has(&r, "operation-once"));
}

static void
test_consent_without_outcome_is_counted_not_blamed(void **state)
{
    const struct wrong open = { .no_outcome = true };
    struct evid_ledger_result r = replay(make_ledger(*state, &open), SG_NO_STR, NULL);
    assert_true(r.n_findings_all == 0 && r.n_consents_open == 1);
}

static void
test_changed_bytes_are_noticed(void **state)
{
    const struct wrong none = { .twice = false };
    for (size_t i = 0; i < 9; i++) {
        struct made *m = make_ledger(*state, &none);
        sg_str checkpoint = made_checkpoint(m, m->n);
        sg_bytes body;
        assert_ok(sg_arena_bytes(*state, m->records[i].body, &body));
        ((uint8_t *)(uintptr_t)body.p)[body.n - 1] ^= 1;
        m->records[i].body = body;
        struct evid_ledger_result r = replay(m, checkpoint, NULL);
        assert_true(has(&r, "body-hash"));

        m = make_ledger(*state, &none);
        sg_bytes entry;
        assert_ok(sg_arena_bytes(*state, m->records[i].entry, &entry));
        ((uint8_t *)(uintptr_t)entry.p)[entry.n - 1] ^= 1;
        m->records[i].entry = entry;
        r = replay(m, checkpoint, NULL);
        assert_true(has(&r, "checkpoint-root"));
    }
}

static void
test_lost_records_are_noticed(void **state)
{
    const struct wrong none = { .twice = false };
    struct made *m = make_ledger(*state, &none);
    sg_str checkpoint = made_checkpoint(m, m->n);
    struct evid_ledger *l;
    m->n--;
    struct evid_ledger_result r = replay(m, checkpoint, NULL);
    assert_true(has(&r, "checkpoint-size"));
    assert_ok(evid_ledger_new(*state, &l));
    assert_ok(evid_ledger_feed(l, &m->records[0]));
    assert_refused(evid_ledger_feed(l, &m->records[2]), CONFLICT);
    evid_ledger_done(l);
    assert_ok(evid_ledger_new(*state, &l));
    struct tlog_vkey other = m->vkey;
    other.key[0] ^= 1;
    assert_refused(evid_ledger_expect(l, checkpoint, &other), SIGNATURE);
    evid_ledger_done(l);
}

static void
test_erased_bodies_leave_the_rest_to_be_checked(void **state)
{
    const struct wrong none = { .twice = false };
    struct made *m = make_ledger(*state, &none);
    m->records[m->consent_seq].body = SG_NO_BYTES;
    m->records[m->consent_seq].blind = SG_NO_BYTES;
    struct evid_ledger_result r = replay(m, made_checkpoint(m, m->n), NULL);
    assert_int_equal(r.n_findings_all, 0); /* req: EV-4 */
    assert_true(r.n_erased == 1);
}

struct want {
    uint64_t idx[4];
    uint64_t value[4];
    size_t n;
};

static sg_result
take_status(void *context, sg_str uri, uint64_t idx, uint64_t value)
{
    struct want *w = context;
    assert_str_is(uri, URI);
    assert_true(w->n < 4);
    w->idx[w->n] = idx;
    w->value[w->n++] = value;
    return SG_DONE;
}

static void
test_lists_are_the_last_orders_by_place(void **state)
{
    const struct wrong none = { .twice = false };
    const struct wrong forged = { .order_forged = true };
    struct evid_ledger *l;
    struct want w = { 0 };
    replay(make_ledger(*state, &none), SG_NO_STR, &l);
    assert_ok(evid_ledger_lists(l, take_status, &w));
    assert_true(w.n == 3 && w.idx[0] == 0 && w.value[0] == 0); /* the list itself, by a consent */
    assert_true(w.idx[1] == 3 && w.value[1] == 2 && w.idx[2] == 7 && w.value[2] == 0);
    w.n = 0;
    replay(make_ledger(*state, &forged), SG_NO_STR, &l);
    assert_ok(evid_ledger_lists(l, take_status, &w));
    /* unsigned orders change nothing; the list is compared all the same: somebody may have changed it without any order */
    assert_true(w.n == 1 && w.idx[0] == 0 && w.value[0] == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lawful_ledger_has_no_finding),
        cmocka_unit_test(test_each_wrong_thing_is_noticed_by_its_rule),
        cmocka_unit_test(test_repeats_are_noticed),
        cmocka_unit_test(test_consent_without_outcome_is_counted_not_blamed),
        cmocka_unit_test(test_changed_bytes_are_noticed),
        cmocka_unit_test(test_lost_records_are_noticed),
        cmocka_unit_test(test_erased_bodies_leave_the_rest_to_be_checked),
        cmocka_unit_test(test_lists_are_the_last_orders_by_place),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
