/* hsm/ledger: publisher and reconciliation (req: EV-1, SIG-5; evidence-log checklist 3, 4, 10). */
#include "ledger_fixture.h"

#include <time.h>

#include "ledger_tree.h"

static struct ledger_report
reconcile(struct fixture *f, const struct ledger_anchor *anchor, bool accepted, sg_result *ret)
{
    struct ledger *ledger;
    struct ledger_report report = { 0 };
    assert_ok(ledger_open(&f->place, &ledger));
    *ret = ledger_reconcile(ledger, &f->key, anchor, FIXTURE_T0, accepted, &report);
    ledger_close(&ledger);
    return report;
}

static void
expect_fault(struct fixture *f, const struct ledger_anchor *anchor, enum ledger_fault fault)
{
    sg_result result;
    struct ledger_report report = reconcile(f, anchor, false, &result);
    assert_int_equal(report.fault, fault);
    assert_int_equal(result.code, fault == LEDGER_SOUND ? SG_OK : SG_E_CONFLICT);
    assert_true(strlen(ledger_fault_text(fault)) > 10);
}

static void
publish_to(struct fixture *f, size_t pairs)
{
    struct ledger *ledger = fixture_open(f);
    struct ledger_publisher *p = fixture_publisher(f, ledger);
    fixture_fill(f, ledger, pairs, 100);
    assert_ok(ledger_publish_once(p, 1));
    ledger_publisher_free(&p);
    ledger_close(&ledger);
}

static void
copy_file(struct fixture *f, const char *from, const char *to)
{
    sg_bytes content;
    assert_ok(ledger_files_get(f->arena, from, (size_t)64 * 1024 * 1024, &content));
    FILE *out = fopen(to, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(content.p, 1, content.n, out), content.n);
    fclose(out);
}

static void
test_tree_edge_has_the_root_of_its_leaves(void **state)
{
    (void)state;
    static struct ledger_tree tree;
    static struct tlog_hash leaves[1100];
    for (uint32_t n = 0; n < 1100; n++) {
        /* RFC 6962 by hand: fold of the complete subtrees, right to left */
        struct tlog_hash want = tlog_empty_root();
        bool any = false;
        for (unsigned bit = 0; bit < 11; bit++) {
            if ((n >> bit & 1) == 0) {
                continue;
            }
            size_t start = (n >> (bit + 1)) << (bit + 1);
            struct tlog_hash row[1024];
            size_t count = (size_t)1 << bit;
            memcpy(row, leaves + start, count * sizeof(row[0]));
            for (; count > 1; count /= 2) {
                for (size_t i = 0; i < count / 2; i++) {
                    row[i] = tlog_node_hash(row[2 * i], row[2 * i + 1]);
                }
            }
            want = any ? tlog_node_hash(row[0], want) : row[0];
            any = true;
        }
        struct tlog_hash got = ledger_tree_root(&tree);
        assert_memory_equal(got.b, want.b, 32);
        leaves[n] = tlog_leaf_hash(sg_bytes_of(&n, sizeof(n)));
        assert_ok(ledger_tree_push(&tree, leaves[n], NULL, NULL));
    }
}

static void
test_checkpoint_tiles_and_anchor_agree(void **state)
{
    struct fixture *f = *state;
    static const size_t steps[] = { 0, 1, 126, 1, 128, 300 }; /* sizes 1, 3, 255, 257, 513, 1113 */
    struct ledger *ledger = fixture_open(f);
    struct ledger_publisher *p = fixture_publisher(f, ledger);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        fixture_fill(f, ledger, steps[i], 50);
        assert_ok(ledger_publish_once(p, (int64_t)i * 100000));
        struct tlog_checkpoint cp = fixture_checkpoint(f, "log/checkpoint");
        struct tlog_hash root = fixture_tiles_root(f, cp.size);
        struct ledger_anchor now;
        assert_true(cp.size == ledger_size(ledger) && ledger_published_size(p) == cp.size);
        assert_memory_equal(root.b, cp.root.b, 32);
        assert_ok(ledger_anchor_now(&f->place, &now));
        assert_memory_equal(now.root.b, cp.root.b, 32);
        assert_true(f->anchor.size == cp.size);
        assert_memory_equal(f->anchor.root.b, cp.root.b, 32);
        struct tlog_checkpoint stored = fixture_checkpoint(f, "signer/checkpoint");
        assert_true(stored.size == cp.size);
    }
    assert_int_equal(access("log/tile/0/000", F_OK), 0);
    assert_int_equal(access("log/tile/0/000.p", F_OK), -1); /* the full one is there */
    assert_int_equal(access("log/tile/entries", F_OK), -1); /* entries are not published */
    ledger_publisher_free(&p);
    ledger_close(&ledger);
    expect_fault(f, &f->anchor, LEDGER_SOUND);
}

static void
test_no_new_entries_no_new_checkpoint(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_publisher *p = fixture_publisher(f, ledger);
    fixture_fill(f, ledger, 3, 3);
    assert_ok(ledger_publish_once(p, 1));
    assert_ok(ledger_publish_once(p, 100001));
    assert_int_equal(f->n_signed, 1);
    assert_int_equal(f->n_anchored, 1); /* and none for the same head */
    ledger_publisher_free(&p);
    p = fixture_publisher(f, ledger);
    ledger_publisher_free(&p);
    ledger_close(&ledger);
    ledger = fixture_open(f);
    p = fixture_publisher(f, ledger);
    assert_ok(ledger_publish_once(p, 1));
    assert_int_equal(f->n_signed, 1); /* nor after a restart */
    assert_true(ledger_published_size(p) == 7);
    ledger_publisher_free(&p);
    ledger_close(&ledger);
}

static void
test_anchor_is_renewed_at_most_once_a_minute(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_publisher *p = fixture_publisher(f, ledger);
    for (int64_t second = 0; second < 120; second++) {
        fixture_fill(f, ledger, 1, 1);
        assert_ok(ledger_publish_once(p, second * 1000));
    }
    assert_int_equal(f->n_anchored, 2);
    assert_int_equal(f->n_signed, 120);
    ledger_publisher_free(&p);
    ledger_close(&ledger);
}

static void
test_token_away_then_back(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_publisher *p = fixture_publisher(f, ledger);
    fixture_fill(f, ledger, 400, 100);
    f->refuse = true;
    assert_refused(ledger_publish_once(p, 1), TOKEN_DOWN);
    assert_int_equal(access("log/checkpoint", F_OK), -1);
    f->refuse = false;
    fixture_fill(f, ledger, 10, 10);
    assert_ok(ledger_publish_once(p, 2));
    struct tlog_checkpoint cp = fixture_checkpoint(f, "log/checkpoint");
    struct tlog_hash root = fixture_tiles_root(f, cp.size);
    assert_true(cp.size == 821);
    assert_memory_equal(root.b, cp.root.b, 32);
    ledger_publisher_free(&p);
    ledger_close(&ledger);
}

static int
failing_rename(void *context, const char *from, const char *to)
{
    unsigned *left = context;
    return (*left)-- == 0 ? -1 : rename(from, to);
}

static void
test_each_failing_rename_leaves_a_log_that_is_completed(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    unsigned left;
    struct ledger_files files = *ledger_files_posix();
    files.context = &left;
    files.rename = failing_rename;
    ledger_close(&ledger);
    f->place.files = &files;
    left = UINT32_MAX;
    ledger = fixture_open(f);
    struct ledger_publisher *p = fixture_publisher(f, ledger);
    fixture_fill(f, ledger, 150, 50);
    for (unsigned i = 0; i < 8; i++) {
        fixture_fill(f, ledger, 20, 20);
        left = i;
        bool failed = !sg_ok(ledger_publish_once(p, 1));
        assert_true(
            failed || i >= 3); /* a tile, the stored and the published checkpoint at least */
        left = UINT32_MAX;
        assert_ok(ledger_publish_once(p, 2));
        struct tlog_checkpoint cp = fixture_checkpoint(f, "log/checkpoint");
        struct tlog_hash root = fixture_tiles_root(f, cp.size);
        assert_true(cp.size == ledger_size(ledger));
        assert_memory_equal(root.b, cp.root.b, 32);
    }
    ledger_publisher_free(&p);
    ledger_close(&ledger);
}

static void
test_consent_without_outcome_becomes_unknown_first(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_reader *reader;
    struct ledger_record record;
    struct wire_outcome outcome;
    sg_result result;
    assert_ok(ledger_begin(ledger));
    uint64_t done = fixture_consent(ledger, FIXTURE_T0);
    uint64_t left = fixture_consent(ledger, FIXTURE_T0 + 7);
    fixture_outcome(f, ledger, done, FIXTURE_T0 + 8);
    assert_ok(ledger_commit(ledger));
    ledger_close(&ledger);
    struct ledger_report report = reconcile(f, NULL, false, &result);
    assert_ok(result);
    assert_true(report.n_unknown == 1 && report.size == 5);
    assert_ok(ledger_reader_open(&f->place, &reader));
    assert_ok(ledger_read(reader, f->arena, left, &record));
    assert_true(record.outcome_seq == 4);
    assert_ok(ledger_read(reader, f->arena, 4, &record));
    assert_ok(wire_outcome_parse(record.body, &outcome));
    assert_int_equal(outcome.kind, WIRE_OUT_UNKNOWN);
    assert_true(outcome.consent_seq == left && outcome.n_signature_hashes == 0);
    ledger_reader_close(&reader);
    report = reconcile(f, NULL, false, &result);
    assert_true(report.n_unknown == 0); /* once */
}

static void
test_older_database_is_refused_until_accepted(void **state)
{
    struct fixture *f = *state;
    sg_result result;
    publish_to(f, 20);
    copy_file(f, "signer/ledger.db", "old.db");
    struct ledger *ledger = fixture_open(f);
    assert_ok(ledger_db_exec(ledger_sql(ledger), "PRAGMA wal_checkpoint(TRUNCATE)"));
    ledger_close(&ledger);
    copy_file(f, "signer/ledger.db", "old.db"); /* 41 records */
    publish_to(f, 20);
    struct ledger_anchor newer = f->anchor;
    assert_true(newer.size == 81);
    ledger = fixture_open(f);
    assert_ok(ledger_db_exec(ledger_sql(ledger), "PRAGMA wal_checkpoint(TRUNCATE)"));
    ledger_close(&ledger);

    copy_file(f, "old.db", "signer/ledger.db");
    expect_fault(f, &newer, LEDGER_SHORTER_THAN_ANCHOR);
    expect_fault(f, NULL, LEDGER_SHORTER_THAN_CHECKPOINT);
    struct ledger_report report = reconcile(f, &newer, true, &result);
    assert_ok(result);
    assert_int_equal(report.fault, LEDGER_SHORTER_THAN_ANCHOR);
    expect_fault(f, &newer, LEDGER_SOUND); /* remembered */

    /* no checkpoint up to the largest size ever signed, then one, with all tiles of the new history */
    f->n_signed = 0;
    publish_to(f, 15); /* 71 records */
    assert_int_equal(f->n_signed, 0);
    publish_to(f, 10); /* 91 */
    assert_int_equal(f->n_signed, 1);
    struct tlog_checkpoint cp = fixture_checkpoint(f, "log/checkpoint");
    struct tlog_hash root = fixture_tiles_root(f, cp.size);
    assert_true(cp.size == 91);
    assert_memory_equal(root.b, cp.root.b, 32);
    expect_fault(f, &f->anchor, LEDGER_SOUND);
}

static void
test_other_history_of_the_same_length_is_refused(void **state)
{
    struct fixture *f = *state;
    publish_to(f, 20);
    struct ledger_anchor first = f->anchor;
    assert_int_equal(unlink("signer/ledger.db"), 0);
    (void)unlink("signer/ledger.db-wal");
    (void)unlink("signer/ledger.db-shm");
    copy_file(f, "signer/checkpoint", "kept");
    assert_int_equal(unlink("signer/checkpoint"), 0);
    assert_int_equal(rename("log", "log.old"), 0);
    assert_ok(ledger_create(&f->place, FIXTURE_T0, fixture_genesis(f)));
    publish_to(f, 25);
    expect_fault(f, &first, LEDGER_ANCHOR_DIFFERS);
    copy_file(f, "kept", "signer/checkpoint");
    expect_fault(f, NULL, LEDGER_CHECKPOINT_DIFFERS);
}

static void
test_checkpoint_files_that_are_gone_or_foreign(void **state)
{
    struct fixture *f = *state;
    publish_to(f, 20);
    struct ledger_anchor anchor = f->anchor;
    copy_file(f, "signer/checkpoint", "old");
    publish_to(f, 20);
    copy_file(f, "signer/checkpoint", "new");

    copy_file(f, "old", "signer/checkpoint");
    expect_fault(f, &anchor, LEDGER_PUBLISHED_AHEAD);
    assert_int_equal(unlink("signer/checkpoint"), 0);
    expect_fault(f, NULL, LEDGER_CHECKPOINT_MISSING);
    assert_int_equal(unlink("log/checkpoint"), 0);
    expect_fault(f, &anchor, LEDGER_CHECKPOINT_MISSING);
    copy_file(f, "new", "signer/checkpoint");
    fixture_key(f, 2);
    expect_fault(f, NULL, LEDGER_CHECKPOINT_FOREIGN);
    fixture_key(f, 1);
    expect_fault(f, &anchor, LEDGER_SOUND);
}

static void
test_lost_log_folder_is_written_again(void **state)
{
    struct fixture *f = *state;
    publish_to(f, 300);
    copy_file(f, "log/checkpoint", "kept");
    support_rmdir("log");
    f->n_signed = 0;
    publish_to(f, 0);
    assert_int_equal(f->n_signed, 0); /* the stored one is published again */
    struct tlog_checkpoint cp = fixture_checkpoint(f, "log/checkpoint");
    struct tlog_hash root = fixture_tiles_root(f, cp.size);
    assert_true(cp.size == 601);
    assert_memory_equal(root.b, cp.root.b, 32);
}

static void
test_changed_records_break_the_ledger(void **state)
{
    static const char *const changes[] = {
        "UPDATE record SET entry = CAST(substr(entry, 1, 30) AS BLOB) WHERE seq = 5",
        "UPDATE body SET body = x'00' WHERE seq = 5",
        "UPDATE record SET blind = zeroblob(32) WHERE seq = 5", "DELETE FROM record WHERE seq = 5",
        "UPDATE record SET seq = 999 WHERE seq = 5",
        "UPDATE record SET entry = (SELECT entry FROM record WHERE seq = 0) WHERE seq = 5",
        "DELETE FROM record"
    };
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    fixture_fill(f, ledger, 5, 5);
    assert_ok(ledger_db_exec(ledger_sql(ledger), "PRAGMA wal_checkpoint(TRUNCATE)"));
    ledger_close(&ledger);
    copy_file(f, "signer/ledger.db", "good.db");
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        sqlite3 *db;
        sg_result result;
        assert_ok(ledger_db_open("signer/ledger.db", LEDGER_DB_WRITE, NULL, &db));
        assert_ok(ledger_db_exec(db, changes[i]));
        assert_ok(ledger_db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)"));
        ledger_db_close(&db);
        expect_fault(f, NULL, LEDGER_BROKEN);
        struct ledger_report report = reconcile(f, NULL, true, &result);
        assert_int_equal(report.fault, LEDGER_BROKEN); /* nobody can accept that */
        assert_int_equal(result.code, SG_E_CONFLICT);
        copy_file(f, "good.db", "signer/ledger.db");
        (void)unlink("signer/ledger.db-wal");
        (void)unlink("signer/ledger.db-shm");
    }
    expect_fault(f, NULL, LEDGER_SOUND);
}

static void
test_erased_body_leaves_the_ledger_sound(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_reader *reader;
    struct ledger_record record;
    fixture_fill(f, ledger, 5, 5);
    assert_ok(ledger_db_exec(ledger_sql(ledger),
        "DELETE FROM body WHERE seq = 3; UPDATE record SET blind = NULL WHERE seq = 3"));
    ledger_close(&ledger);
    expect_fault(f, NULL, LEDGER_SOUND); /* req: EV-4 */
    assert_ok(ledger_reader_open(&f->place, &reader));
    assert_ok(ledger_read(reader, f->arena, 3, &record));
    assert_true(record.body.n == 0 && record.blind.n == 0 && record.entry.n > 32);
    ledger_reader_close(&reader);
}

static void
test_publisher_thread_follows_within_a_second(void **state)
{
    struct fixture *f = *state;
    struct ledger *ledger = fixture_open(f);
    struct ledger_publisher *p = fixture_publisher(f, ledger);
    assert_ok(ledger_publisher_start(p));
    for (unsigned i = 0; i < 20; i++) {
        fixture_fill(f, ledger, 50, 10);
    }
    uint64_t size = ledger_size(ledger);
    struct timespec step = { .tv_nsec = 10000000 };
    unsigned waited = 0;
    for (; ledger_published_size(p) < size && waited < 500; waited++) {
        nanosleep(&step, NULL);
    }
    assert_true(waited < 500); /* a loaded machine gets five seconds before this is a failure */
    fixture_fill(f, ledger, 1, 1);
    ledger_publisher_free(&p); /* publishes once more */
    struct tlog_checkpoint cp = fixture_checkpoint(f, "log/checkpoint");
    assert_true(cp.size == ledger_size(ledger) && f->anchor.size == cp.size);
    ledger_close(&ledger);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_edge_has_the_root_of_its_leaves),
        TEST(test_checkpoint_tiles_and_anchor_agree),
        TEST(test_no_new_entries_no_new_checkpoint),
        TEST(test_anchor_is_renewed_at_most_once_a_minute),
        TEST(test_token_away_then_back),
        TEST(test_each_failing_rename_leaves_a_log_that_is_completed),
        TEST(test_consent_without_outcome_becomes_unknown_first),
        TEST(test_older_database_is_refused_until_accepted),
        TEST(test_other_history_of_the_same_length_is_refused),
        TEST(test_checkpoint_files_that_are_gone_or_foreign),
        TEST(test_lost_log_folder_is_written_again),
        TEST(test_changed_records_break_the_ledger),
        TEST(test_erased_body_leaves_the_ledger_sound),
        TEST(test_publisher_thread_follows_within_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
