/* hsm/ledger: appending, claims, reading (req: SIG-5, EV-1, EV-2, EV-4). */
#include "ledger_fixture.h"

static void
test_genesis_is_record_zero(void **state)
{
    struct fixture *f = *state;
    struct ledger_reader *reader;
    struct ledger_record record;
    uint64_t size;
    assert_ok(ledger_reader_open(&f->place, &reader));
    assert_ok(ledger_head(reader, &size));
    assert_true(size == 1);
    assert_ok(ledger_read(reader, f->arena, 0, &record));
    assert_int_equal(record.type, WIRE_REC_GENESIS);
    assert_refused(ledger_read(reader, f->arena, 1, &record), NOT_FOUND);
    ledger_reader_close(&reader);
    assert_refused(ledger_create(&f->place, FIXTURE_T0, fixture_genesis(f)), CONFLICT);
}

static void
test_nothing_is_appended_before_reconciliation(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger;
    assert_ok(ledger_open(&f->place, &ledger));
    assert_refused(ledger_begin(ledger), NOT_READY);
    ledger_close(&ledger);
    f->place.database = "signer/none.db";
    assert_refused(ledger_open(&f->place, &ledger), NOT_FOUND);
}

static void
test_entry_commits_to_blind_and_body(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_reader *reader;
    struct ledger_record records[4];
    struct wire_entry entry;
    uint8_t hash[32];
    size_t n;
    assert_ok(ledger_begin(ledger));
    uint64_t consent = fixture_consent(ledger, FIXTURE_T0 + 5);
    uint64_t outcome = fixture_outcome(f, ledger, consent, FIXTURE_T0 + 6);
    assert_ok(ledger_commit(ledger));
    assert_true(consent == 1 && outcome == 2 && ledger_durable_size(ledger) == 3);

    assert_ok(ledger_reader_open(&f->place, &reader));
    assert_ok(ledger_read_range(reader, f->arena, 0, 4, SIZE_MAX, records, &n));
    assert_int_equal(n, 3);
    assert_true(records[1].outcome_seq == 2);
    assert_ok(wire_entry_parse(records[1].entry, &entry));
    wire_body_hash(records[1].blind, records[1].body, hash);
    assert_memory_equal(entry.body_hash.p, hash, 32);
    assert_true(entry.at_ms == FIXTURE_T0 + 5 && entry.type == WIRE_REC_CONSENT);
    assert_int_equal(records[1].blind.n, 32);
    assert_memory_not_equal(records[1].blind.p, records[2].blind.p, 32);
    assert_ok(ledger_read_range(reader, f->arena, 0, 4, 1, records, &n));
    assert_int_equal(n, 1); /* at least one, however large */
    ledger_reader_close(&reader);
    ledger_close(&ledger);
}

static void
test_time_of_an_entry_never_goes_back(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    assert_ok(ledger_begin(ledger));
    fixture_consent(ledger, FIXTURE_T0 + 1000);
    fixture_consent(ledger, FIXTURE_T0 - 1000);
    assert_true(ledger_last_at_ms(ledger) == FIXTURE_T0 + 1000);
    ledger_rollback(ledger);
    assert_true(ledger_last_at_ms(ledger) == FIXTURE_T0);
    ledger_close(&ledger);
}

static void
test_rollback_leaves_no_record_claim_or_number(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    uint8_t name[32] = { 7 };
    assert_ok(ledger_begin(ledger));
    uint64_t first = fixture_consent(ledger, FIXTURE_T0);
    assert_ok(ledger_claim_once(ledger, name, 100));
    assert_refused(ledger_claim_once(ledger, name, 100), REPLAY);
    ledger_rollback(ledger);
    assert_true(ledger_size(ledger) == 1);
    assert_ok(ledger_begin(ledger));
    assert_ok(ledger_claim_once(ledger, name, 100));
    assert_true(fixture_consent(ledger, FIXTURE_T0) == first);
    assert_ok(ledger_commit(ledger));
    ledger_close(&ledger);
}

/* STA-2: an order's name is remembered for ever, with what was ordered */
static void
test_an_order_is_recorded_once_and_remembered(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    static const uint8_t name[32] = { 1 }, lost[32] = { 2 }, hash[32] = { 3 }, other[32] = { 4 };
    assert_refused(ledger_order_known(ledger, name, hash), NOT_FOUND);
    assert_ok(ledger_begin(ledger));
    assert_ok(ledger_order_once(ledger, lost, hash));
    ledger_rollback(ledger);
    assert_ok(ledger_begin(ledger));
    assert_ok(ledger_order_once(ledger, name, hash));
    assert_refused(ledger_order_once(ledger, name, hash), REPLAY);
    assert_refused(ledger_order_once(ledger, name, other), CONFLICT);
    fixture_consent(ledger, FIXTURE_T0); /* the transaction is still good */
    assert_ok(ledger_commit(ledger));
    ledger_close(&ledger);
    ledger = fixture_open(f);
    assert_refused(ledger_order_known(ledger, name, hash), REPLAY);
    assert_refused(ledger_order_known(ledger, name, other), CONFLICT);
    assert_refused(ledger_order_known(ledger, lost, hash), NOT_FOUND);
    ledger_close(&ledger);
}

static void
test_claim_survives_a_restart_and_ends_when_forgotten(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    uint8_t name[32] = { 1 };
    uint8_t other[32] = { 2 };
    assert_ok(ledger_begin(ledger));
    assert_ok(ledger_claim_once(ledger, name, 100));
    assert_ok(ledger_claim_once(ledger, other, 300));
    assert_ok(ledger_commit(ledger));
    ledger_close(&ledger);
    ledger = fixture_open(f);
    assert_ok(ledger_begin(ledger));
    assert_refused(ledger_claim_once(ledger, name, 100), REPLAY);
    assert_ok(ledger_forget(ledger, 100)); /* good until the end of its last second */
    assert_refused(ledger_claim_once(ledger, name, 100), REPLAY);
    assert_ok(ledger_forget(ledger, 101));
    assert_refused(ledger_claim_once(ledger, other, 300), REPLAY);
    assert_ok(ledger_claim_once(ledger, name, 400));
    assert_ok(ledger_commit(ledger));
    ledger_close(&ledger);
}

static uint64_t
claims_kept(struct ledger *ledger)
{
    sqlite3_stmt *count = NULL;
    bool row;
    assert_ok(ledger_db_prepare(ledger_sql(ledger), "SELECT count(*) FROM claim", &count));
    assert_ok(ledger_step(count, &row));
    uint64_t n = ledger_column_uint(count, 0);
    ledger_stmt_free(&count);
    return n;
}

/* A proposal of some days must not keep every intent since from being forgotten: the table would fill, and signing end. */
static void
test_a_claim_of_days_does_not_keep_those_of_minutes(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    int64_t now = ledger_last_at_ms(ledger) / 1000;
    uint8_t days[32] = { 7 };
    assert_ok(ledger_begin(ledger));
    assert_ok(ledger_claim_once(ledger, days, now + 7 * 86400));
    for (uint8_t i = 1; i <= 100; i++) {
        uint8_t name[32] = { 0, i };
        assert_ok(ledger_claim_once(ledger, name, now + 60));
    }
    assert_ok(ledger_commit(ledger));
    for (int round = 0; round < 2; round++) { /* and after a restart */
        assert_ok(ledger_begin(ledger));
        assert_ok(ledger_forget(ledger, now + 61));
        assert_refused(ledger_claim_once(ledger, days, now + 7 * 86400), REPLAY);
        assert_ok(ledger_commit(ledger));
        assert_int_equal(claims_kept(ledger), 1);
        ledger_close(&ledger);
        ledger = fixture_open(f);
    }
    assert_ok(ledger_begin(ledger));
    uint8_t week[32] = { 8 };
    assert_ok(ledger_claim_once(ledger, week, now + 7 * 86400));
    ledger_rollback(ledger);
    assert_ok(ledger_begin(ledger));
    assert_ok(ledger_claim_once(ledger, week, now + 7 * 86400));
    assert_ok(ledger_forget(ledger, now + 8 * 86400));
    assert_ok(ledger_commit(ledger));
    assert_int_equal(claims_kept(ledger), 1);
    ledger_close(&ledger);
}

static void
test_many_claims_and_forgetting_agree_with_a_plain_list(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    for (uint32_t round = 0; round < 20; round++) {
        assert_ok(ledger_begin(ledger));
        for (uint32_t i = 0; i < 500; i++) {
            uint8_t name[32] = { 0 };
            uint32_t number = round * 500 + i;
            memcpy(name, &number, sizeof(number)); /* alike on purpose: runs in the index */
            assert_ok(ledger_claim_once(ledger, name, round));
        }
        if (round % 3 == 0) {
            ledger_rollback(ledger);
            continue;
        }
        assert_ok(ledger_forget(ledger, round - 4 > round ? 0 : round - 4));
        assert_ok(ledger_commit(ledger));
    }
    assert_ok(ledger_begin(ledger));
    for (uint32_t number = 0; number < 20 * 500; number++) {
        uint8_t name[32] = { 0 };
        uint32_t round = number / 500;
        bool there =
            round % 3 != 0 && round >= 15; /* the last forgetting was in round 19, before 15 */
        memcpy(name, &number, sizeof(number));
        if (there) {
            assert_refused(ledger_claim_once(ledger, name, 99), REPLAY);
        } else {
            assert_ok(ledger_claim_once(ledger, name, 99));
        }
    }
    ledger_rollback(ledger);
    ledger_close(&ledger);
}

static void
test_one_outcome_per_consent(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    uint64_t seq;
    assert_ok(ledger_begin(ledger));
    uint64_t consent = fixture_consent(ledger, FIXTURE_T0);
    fixture_outcome(f, ledger, consent, FIXTURE_T0);
    assert_refused(fixture_outcome_try(f, ledger, consent, FIXTURE_T0, &seq), REPLAY);
    assert_refused(fixture_outcome_try(f, ledger, 0, FIXTURE_T0, &seq), NOT_FOUND); /* GENESIS */
    assert_refused(fixture_outcome_try(f, ledger, 99, FIXTURE_T0, &seq), NOT_FOUND);
    assert_refused(
        ledger_append(ledger, WIRE_REC_OUTCOME, FIXTURE_T0, sg_bytes_of("x", 1), &seq), VALUE);
    assert_refused(
        ledger_append(ledger, WIRE_REC_GENESIS, FIXTURE_T0, sg_bytes_of("x", 1), &seq), VALUE);
    assert_ok(ledger_commit(ledger)); /* none of that harmed the rest */
    assert_true(ledger_size(ledger) == 3);
    ledger_close(&ledger);
}

static void
test_signature_is_found_by_its_hash(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_reader *reader;
    uint64_t consent;
    uint64_t outcome;
    fixture_fill(f, ledger, 50, 7);
    assert_ok(ledger_reader_open(&f->place, &reader));
    for (uint64_t i = 0; i < 50; i++) {
        uint64_t seq = 1 + 2 * i;
        uint8_t hash[32];
        sg_sha256(sg_bytes_of(&seq, sizeof(seq)), hash);
        assert_ok(ledger_find_signature(reader, hash, &consent, &outcome));
        assert_true(consent == seq && outcome == seq + 1);
        hash[31] ^= 1; /* the same place in the index, another signature */
        assert_refused(ledger_find_signature(reader, hash, &consent, &outcome), NOT_FOUND);
    }
    ledger_reader_close(&reader);
    ledger_close(&ledger);
}

static void
test_signatures_are_found_while_they_wait_and_when_they_are_sorted_in(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_reader *reader;
    static const size_t steps[] = { 10, 1000, 20, 900, 300 }; /* 1024 are sorted in at once */
    uint64_t n = 0;
    assert_ok(ledger_reader_open(&f->place, &reader));
    for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
        fixture_fill(f, ledger, steps[s], 100);
        assert_ok(ledger_begin(ledger)); /* one that goes back leaves nothing to find */
        fixture_outcome(f, ledger, fixture_consent(ledger, FIXTURE_T0), FIXTURE_T0);
        ledger_rollback(ledger);
        n += steps[s];
        for (uint64_t i = 0; i <= n; i++) {
            uint64_t seq = 1 + 2 * i;
            uint64_t consent;
            uint64_t outcome;
            uint8_t hash[32];
            sg_sha256(sg_bytes_of(&seq, sizeof(seq)), hash);
            sg_result r = ledger_find_signature(reader, hash, &consent, &outcome);
            assert_int_equal(r.code, i < n ? SG_OK : SG_E_NOT_FOUND);
            assert_true(i == n || (consent == seq && outcome == seq + 1));
        }
        ledger_close(&ledger); /* a restart forgets none */
        ledger = fixture_open(f);
    }
    ledger_reader_close(&reader);
    ledger_close(&ledger);
}

static void
test_two_signatures_that_share_63_bits_are_both_found(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_reader *reader;
    uint8_t hashes[3][32] = { { 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xF0 } };
    uint64_t consents[3];
    uint64_t seq;
    assert_ok(ledger_begin(ledger));
    for (uint8_t i = 0; i < 3; i++) {
        memcpy(hashes[i], hashes[0], 32);
        hashes[i][31] = i;
        consents[i] = fixture_consent(ledger, FIXTURE_T0);
        struct wire_outcome out = { .consent_seq = consents[i],
            .kind = WIRE_OUT_SIGNED,
            .signature_hashes = { SG_BYTES(hashes[i]) },
            .n_signature_hashes = 1,
            .at_ms = FIXTURE_T0 };
        sg_bytes body;
        assert_ok(wire_outcome_encode(f->arena, &out, &body));
        assert_ok(ledger_append_outcome(
            ledger, FIXTURE_T0, body, consents[i], out.signature_hashes, 1, &seq));
    }
    assert_ok(ledger_commit(ledger));
    assert_ok(ledger_reader_open(&f->place, &reader));
    for (size_t i = 0; i < 3; i++) {
        uint64_t consent;
        assert_ok(ledger_find_signature(reader, hashes[i], &consent, &seq));
        assert_true(consent == consents[i]);
    }
    ledger_reader_close(&reader);
    ledger_close(&ledger);
}

static void
test_readers_see_only_what_is_durable(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_reader *reader;
    uint64_t size;
    assert_ok(ledger_reader_open(&f->place, &reader));
    assert_ok(ledger_begin(ledger));
    fixture_consent(ledger, FIXTURE_T0);
    assert_ok(ledger_head(reader, &size));
    assert_true(size == 1 && ledger_durable_size(ledger) == 1);
    assert_ok(ledger_commit(ledger));
    assert_ok(ledger_head(reader, &size));
    assert_true(size == 2);
    ledger_reader_close(&reader);
    ledger_close(&ledger);
}

static void
test_registry_tables_change_with_the_records(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    sqlite3 *db = ledger_sql(ledger);
    sqlite3_stmt *count SG_CLEANUP(ledger_stmt_free)
    = NULL;
    bool row;
    assert_ok(
        ledger_db_exec(db, "CREATE TABLE mandate(id INTEGER PRIMARY KEY, used INTEGER) STRICT"));
    assert_ok(ledger_begin(ledger));
    assert_ok(ledger_db_exec(db, "INSERT INTO mandate VALUES(1, 1)"));
    fixture_consent(ledger, FIXTURE_T0);
    ledger_rollback(ledger);
    assert_ok(ledger_db_prepare(db, "SELECT count(*) FROM mandate", &count));
    assert_ok(ledger_step(count, &row));
    assert_true(row && ledger_column_int(count, 0) == 0);
    ledger_stmt_reset(&count);
    ledger_close(&ledger);
}

static void
test_names_stay_relative(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    assert_string_equal(sqlite3_db_filename(ledger_sql(ledger), "main"), "signer/ledger.db");
    ledger_close(&ledger);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_genesis_is_record_zero),
        TEST(test_nothing_is_appended_before_reconciliation),
        TEST(test_entry_commits_to_blind_and_body),
        TEST(test_time_of_an_entry_never_goes_back),
        TEST(test_rollback_leaves_no_record_claim_or_number),
        TEST(test_an_order_is_recorded_once_and_remembered),
        TEST(test_claim_survives_a_restart_and_ends_when_forgotten),
        TEST(test_a_claim_of_days_does_not_keep_those_of_minutes),
        TEST(test_many_claims_and_forgetting_agree_with_a_plain_list),
        TEST(test_one_outcome_per_consent),
        TEST(test_signature_is_found_by_its_hash),
        TEST(test_signatures_are_found_while_they_wait_and_when_they_are_sorted_in),
        TEST(test_two_signatures_that_share_63_bits_are_both_found),
        TEST(test_readers_see_only_what_is_durable),
        TEST(test_registry_tables_change_with_the_records),
        TEST(test_names_stay_relative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
