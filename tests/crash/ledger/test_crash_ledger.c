/*
 * The ledger through kills and power cuts (req: SIG-5, EV-1). A child works and tells what it was promised; it is killed at a named point or at any
 * moment, or the power is cut; then the parent opens what is left and looks whether each promise was kept.
 */
#include "../../unit/ledger/ledger_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "cut.h"

enum promise { DURABLE = 1, PUBLISHED = 2, ANCHORED = 3 };
struct told {
    uint64_t what; /* enum promise */
    uint64_t size;
    struct tlog_hash root; /* ANCHORED */
};

#define RUNS_MAX 16
static int tell_fd;
static int rounds = 40;

static void
tell(uint64_t what, uint64_t size, const struct tlog_hash *root)
{
    struct told t = { .what = what, .size = size };
    if (root != NULL) {
        t.root = *root;
    }
    if (write(tell_fd, &t, sizeof(t)) != (ssize_t)sizeof(t)) {
        _exit(3);
    }
}

/* The body of consent `seq` in this run, always the same: a sequence used twice would show. */
static sg_bytes
body_of(uint64_t run, uint64_t seq, uint8_t ret[200])
{
    for (uint8_t i = 0; i < 6; i++) {
        uint64_t words[3] = { run, seq, i };
        sg_sha256(SG_BYTES(words), ret + (size_t)32 * i);
    }
    return sg_bytes_of(ret, 100 + seq % 92);
}

static void
name_of(uint64_t run, uint64_t seq, uint8_t ret[32])
{
    uint64_t words[3] = { run, seq, 99 };
    sg_sha256(SG_BYTES(words), ret);
}

static sg_result
anchor_told(void *context, const struct ledger_anchor *anchor)
{
    (void)context;
    tell(ANCHORED, anchor->size, &anchor->root);
    return SG_DONE;
}

#define MUST(call)            \
    do {                      \
        if (!sg_ok((call))) { \
            _exit(4);         \
        }                     \
    } while (0)

static void
outcome(struct fixture *f, struct ledger *ledger, uint64_t consent)
{
    uint8_t hash[32];
    uint64_t seq;
    sg_bytes body;
    sg_sha256(sg_bytes_of(&consent, sizeof(consent)), hash);
    struct wire_outcome *out = SG_NEW(f->arena, struct wire_outcome);
    if (out == NULL) {
        _exit(5);
    }
    out->consent_seq = consent;
    out->kind = WIRE_OUT_SIGNED;
    out->signature_hashes[0] = SG_BYTES(hash);
    out->n_signature_hashes = 1;
    out->at_ms = FIXTURE_T0;
    MUST(wire_outcome_encode(f->arena, out, &body));
    MUST(ledger_append_outcome(ledger, FIXTURE_T0, body, consent, out->signature_hashes, 1, &seq));
}

/* Consents, durable; then outcomes of most, durable. As the signer's committer does it. */
static void
work_once(struct fixture *f, struct ledger *ledger, uint64_t run, unsigned n)
{
    uint64_t seqs[32];
    uint8_t body[200];
    uint8_t name[32];
    MUST(ledger_begin(ledger));
    for (unsigned i = 0; i < n; i++) {
        uint64_t seq = ledger_size(ledger);
        name_of(run, seq, name);
        MUST(ledger_claim_once(ledger, name, FIXTURE_T0 / 1000 + 1000));
        MUST(
            ledger_append(ledger, WIRE_REC_CONSENT, FIXTURE_T0, body_of(run, seq, body), &seqs[i]));
    }
    MUST(ledger_commit(ledger));
    tell(DURABLE, ledger_durable_size(ledger), NULL);
    MUST(ledger_begin(ledger));
    for (unsigned i = 0; i + (n % 3 == 0 ? 1 : 0) < n; i++) {
        outcome(f, ledger, seqs[i]);
    }
    MUST(ledger_commit(ledger));
    tell(DURABLE, ledger_durable_size(ledger), NULL);
}

static void
work(struct fixture *f, const struct ledger_anchor *anchor, uint64_t run)
{
    struct ledger *ledger;
    struct ledger_report report;
    struct ledger_publisher *p;
    struct ledger_publish_calls calls = { f, fixture_sign, anchor_told, NULL, 0 };
    MUST(ledger_open(&f->place, &ledger));
    MUST(ledger_reconcile(ledger, &f->key, anchor, FIXTURE_T0, false, &report));
    MUST(ledger_publisher_new(ledger, &f->key, &calls, &p));
    for (int i = 0; i < rounds; i++) {
        work_once(f, ledger, run, (unsigned)(run * 7 + (uint64_t)i * 5) % 20 + 1);
        if (i % 3 == 2) {
            MUST(ledger_publish_once(p, (int64_t)i * 30000));
            tell(PUBLISHED, ledger_published_size(p), NULL);
        }
    }
}

/* ---- what the parent knows and looks at ---------------------------------------------------------- */

struct known {
    uint64_t runs[RUNS_MAX]; /* which run wrote records from starts[i] on */
    uint64_t starts[RUNS_MAX];
    size_t n_runs;
    uint64_t durable;
    uint64_t published;
    struct ledger_anchor anchor;
    bool anchored;
};

static void
listen_to(struct known *k, int fd)
{
    struct told t;
    while (read(fd, &t, sizeof(t)) == (ssize_t)sizeof(t)) {
        if (t.what == DURABLE) {
            k->durable = t.size;
        } else if (t.what == PUBLISHED) {
            k->published = t.size;
        } else {
            k->anchor = (struct ledger_anchor){ t.size, t.root };
            k->anchored = true;
        }
    }
}

static uint64_t
run_at(const struct known *k, uint64_t seq)
{
    uint64_t run = 0;
    for (size_t i = 0; i < k->n_runs; i++) {
        run = k->starts[i] <= seq ? k->runs[i] : run;
    }
    return run;
}

/* Every consent is the one that was written at its place, claimed its name, and has an outcome. */
static void
look_at_records(struct fixture *f, struct ledger *ledger, const struct known *k, uint64_t size)
{
    struct ledger_reader *reader;
    struct sg_arena *arena = sg_arena_new(0, (size_t)4 * 1024 * 1024);
    assert_ok(ledger_reader_open(&f->place, &reader));
    assert_ok(ledger_begin(ledger));
    for (uint64_t seq = 1; seq < size; seq++) {
        struct ledger_record r;
        uint8_t body[200];
        uint8_t name[32];
        sg_arena_reset(arena);
        assert_ok(ledger_read(reader, arena, seq, &r));
        if (r.type == WIRE_REC_CONSENT) {
            assert_true(sg_bytes_equal(r.body, body_of(run_at(k, seq), seq, body)));
            assert_true(r.outcome_seq > seq);
            name_of(run_at(k, seq), seq, name);
            assert_refused(ledger_claim_once(ledger, name, FIXTURE_T0), REPLAY);
        } else {
            assert_int_equal(r.type, WIRE_REC_OUTCOME);
        }
    }
    ledger_rollback(ledger);
    sg_arena_free(&arena);
    ledger_reader_close(&reader);
}

/* The promises, then that the ledger goes on. */
static void
look(struct fixture *f, struct known *k)
{
    struct ledger *ledger;
    struct ledger_report report = { 0 };
    assert_ok(ledger_open(&f->place, &ledger));
    sg_result r = ledger_reconcile(
        ledger, &f->key, k->anchored ? &k->anchor : NULL, FIXTURE_T0, false, &report);
    if (!sg_ok(r)) {
        print_error("%s\n", ledger_fault_text(report.fault));
    }
    assert_ok(r);
    assert_true(report.size - report.n_unknown >= k->durable);
    look_at_records(f, ledger, k, report.size);
    if (k->published > 0) {
        struct tlog_checkpoint before = fixture_checkpoint(f, "log/checkpoint");
        struct tlog_hash root = fixture_tiles_root(f, before.size);
        assert_true(before.size >= k->published);
        assert_memory_equal(root.b, before.root.b, TLOG_HASH_LEN);
    }

    struct ledger_publisher *p = fixture_publisher(f, ledger);
    assert_ok(ledger_publish_once(p, 1));
    struct tlog_checkpoint cp = fixture_checkpoint(f, "log/checkpoint");
    struct tlog_hash root = fixture_tiles_root(f, cp.size);
    assert_true(cp.size == report.size);
    assert_memory_equal(root.b, cp.root.b, TLOG_HASH_LEN);
    k->durable = report.size;
    k->published = report.size;
    k->anchor = (struct ledger_anchor){ cp.size, cp.root };
    k->anchored = true;
    ledger_publisher_free(&p);
    ledger_close(&ledger);
}

/* ---- children ------------------------------------------------------------------------------------ */

struct end {
    const char *point;  /* killed at this point ... */
    unsigned after;     /* ... when it was passed so often */
    unsigned moment_us; /* or killed by the parent then */
    uint64_t cut_seed;  /* or cut */
    uint64_t cut_after;
};

static const char *kill_name;
static unsigned kill_after;

static void
kill_here(const char *name)
{
    if (strcmp(name, kill_name) == 0 && kill_after-- == 0) {
        raise(SIGKILL);
    }
}

_Noreturn static void
child(struct fixture *f, const struct known *k, const struct end *end, uint64_t run)
{
    if (end->point != NULL) {
        kill_name = end->point;
        kill_after = end->after;
        ledger_point_hook = kill_here;
    }
    if (end->cut_seed != 0) {
        f->place.files = cut_files();
        cut_begin(end->cut_seed, end->cut_after);
    }
    work(f, k->anchored ? &k->anchor : NULL, run);
    if (end->cut_seed != 0) {
        cut_now();
    }
    _exit(0);
}

/* Returns false when the child came to its end before the kill. */
static bool
crash(struct fixture *f, struct known *k, const struct end *end, uint64_t run)
{
    int fds[2];
    int status;
    assert_int_equal(pipe(fds), 0);
    assert_true(k->n_runs < RUNS_MAX);
    k->starts[k->n_runs] = k->durable == 0 ? 1 : k->durable;
    k->runs[k->n_runs++] = run;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[0]);
        tell_fd = fds[1];
        child(f, k, end, run);
    }
    close(fds[1]);
    if (end->moment_us > 0) {
        struct timespec t = { 0, (long)end->moment_us * 1000 };
        nanosleep(&t, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
    }
    listen_to(k, fds[0]);
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static struct fixture *
fresh(void **state)
{
    fixture_teardown(state);
    fixture_setup(state);
    return *state;
}

static void
test_killed_at_each_named_point(void **state)
{
    struct fixture *f = *state;
    static const unsigned passes[] = { 0, 1, 7 };
    for (size_t i = 0; ledger_points[i] != NULL; i++) {
        bool any = false;
        for (size_t j = 0; j < sizeof(passes) / sizeof(passes[0]); j++) {
            struct known k = { .n_runs = 0 };
            struct end end = { .point = ledger_points[i], .after = passes[j] };
            any = crash(f, &k, &end, 1) || any;
            look(f, &k);
            f = fresh(state);
        }
        if (!any) {
            print_error("the point %s was never passed\n", ledger_points[i]);
            fail();
        }
    }
}

static void
test_killed_at_any_moment_again_and_again(void **state)
{
    struct fixture *f = *state;
    struct known k = { .n_runs = 0 };
    unsigned seed = 12345;
    for (uint64_t run = 1; run <= 60; run++) {
        seed = seed * 1103515245 + 12345;
        struct end end = { .moment_us = 500 + (seed >> 8) % 30000 };
        if (k.n_runs == RUNS_MAX) { /* the table of runs is full: a new ledger */
            f = fresh(state);
            k = (struct known){ .n_runs = 0 };
        }
        crash(f, &k, &end, run);
        look(f, &k);
    }
}

static uint64_t
env_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void
test_power_cuts_three_in_a_row(void **state)
{
    struct fixture *f = *state;
    uint64_t first = env_number("SEALGATE_CUT_SEED", 1);
    uint64_t count = env_number("SEALGATE_CUT_COUNT", 150);
    rounds = 12;
    for (uint64_t seed = first; seed < first + count; seed++) {
        struct known k = { .n_runs = 0 };
        for (uint64_t run = 1; run <= 3; run++) {
            uint64_t mixed = seed * 2654435761u + run * 40503;
            struct end end = { .cut_seed = seed * 3 + run, .cut_after = mixed % 500 };
            crash(f, &k, &end, run);
            look(f, &k);
        }
        f = fresh(state);
    }
    rounds = 40;
}

/* The test of the test: when syncs lie, promises are broken, and this shim must show it. */
static void
test_syncs_that_lie_are_found_out(void **state)
{
    struct fixture *f = *state;
    unsigned broken = 0;
    rounds = 12;
    cut_sync_lies = 1;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct known k = { .n_runs = 0 };
        struct ledger *ledger;
        struct ledger_report report = { 0 };
        struct end end = { .cut_seed = seed, .cut_after = 900 };
        crash(f, &k, &end, 1);
        sg_result opened = ledger_open(&f->place, &ledger);
        if (sg_ok(opened)) {
            opened = ledger_reconcile(
                ledger, &f->key, k.anchored ? &k.anchor : NULL, FIXTURE_T0, false, &report);
            ledger_close(&ledger);
        }
        broken += !sg_ok(opened) || report.size - report.n_unknown < k.durable ? 1 : 0;
        f = fresh(state);
    }
    cut_sync_lies = 0;
    rounds = 40;
    assert_true(broken > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    /* what a sync means is simulated here, or is the page cache's affair: no need to wait for a disk */
    if (access("/dev/shm", W_OK) == 0) {
        (void)setenv("TMPDIR", "/dev/shm", 0);
    }
    cut_vfs_register(); /* before the ledger's own VFS takes the default as its base */
    const struct CMUnitTest tests[] = {
        TEST(test_killed_at_each_named_point),
        TEST(test_killed_at_any_moment_again_and_again),
        TEST(test_power_cuts_three_in_a_row),
        TEST(test_syncs_that_lie_are_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
