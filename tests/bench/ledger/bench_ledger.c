/*
 * What a record costs: transactions of N consents and N outcomes, with the publisher's thread beside them. Prints CPU per record of the
 * committing thread, of the publisher, and the time of a commit. Usage: bench_ledger [FOLDER [PAIRS [BATCH]]]
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger_publish.h"

#define BODY_LEN 900 /* a consent under a mandate with an instruction */
#define T0 INT64_C(1800000000000)

static uint8_t secret[64];

static void
must(sg_result result, const char *what)
{
    if (!sg_ok(result)) {
        fprintf(stderr, "%s: %s\n", what, sg_code_row(result.code)->name);
        exit(1);
    }
}

static sg_result
sign(void *context, sg_bytes text, uint8_t ret[TLOG_SIG_LEN])
{
    (void)context;
    crypto_sign_detached(ret, NULL, text.p, text.n, secret);
    return SG_DONE;
}

static sg_result
anchor(void *context, const struct ledger_anchor *head)
{
    (void)context;
    (void)head;
    return SG_DONE;
}

static double
clock_us(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void
batch(struct ledger *ledger, struct sg_arena *arena, unsigned n, uint64_t *counter)
{
    static uint8_t body[BODY_LEN];
    uint64_t seqs[1024];
    must(ledger_begin(ledger), "begin");
    for (unsigned i = 0; i < n; i++) {
        uint8_t name[32];
        randombytes_buf(name, sizeof(name));
        memcpy(body, name, sizeof(name));
        must(ledger_claim_once(ledger, name, T0 / 1000 + 300), "claim");
        must(ledger_append(ledger, WIRE_REC_CONSENT, T0, SG_BYTES(body), &seqs[i]), "append");
    }
    for (unsigned i = 0; i < n; i++) {
        uint8_t hash[32];
        uint64_t seq;
        sg_bytes encoded;
        randombytes_buf(hash, sizeof(hash));
        struct wire_outcome outcome = {
            .consent_seq = seqs[i], .kind = WIRE_OUT_SIGNED, .n_signature_hashes = 1, .at_ms = T0
        };
        outcome.signature_hashes[0] = SG_BYTES(hash);
        must(wire_outcome_encode(arena, &outcome, &encoded), "encode");
        must(ledger_append_outcome(ledger, T0, encoded, seqs[i], outcome.signature_hashes, 1, &seq),
            "outcome");
    }
    *counter += 2 * n;
    must(ledger_commit(ledger), "commit");
    sg_arena_reset(arena);
}

static void
make(const struct ledger_place *place, struct tlog_vkey *key, struct sg_arena *arena)
{
    uint8_t seed[32] = { 1 };
    uint8_t public[32];
    sg_str vkey;
    sg_bytes body;
    crypto_sign_seed_keypair(public, secret, seed);
    must(tlog_vkey_format(arena, SG_LIT("sealgate.bench/ledger"), public, &vkey), "vkey");
    must(tlog_vkey_parse(arena, vkey, key), "vkey");
    struct wire_genesis genesis = { .origin = key->name,
        .log_key = SG_BYTES(public),
        .environment = SG_LIT("test"),
        .operators = sg_bytes_of("\x80", 1),
        .at_ms = T0 };
    must(wire_genesis_encode(arena, &genesis, &body), "genesis");
    must(ledger_create(place, T0, body), "create");
}

int
main(int argc, char **argv)
{
    const char *parent = argc > 1 ? argv[1] : "/tmp";
    unsigned pairs = argc > 2 ? (unsigned)atoi(argv[2]) : 100000;
    unsigned n = argc > 3 ? (unsigned)atoi(argv[3]) : 32;
    char folder[512];
    snprintf(folder, sizeof(folder), "%s/bench-ledger-XXXXXX", parent);
    if (n == 0 || n > 1024 || mkdtemp(folder) == NULL || chdir(folder) != 0 ||
        mkdir("signer", 0700) != 0) {
        perror(folder);
        return 1;
    }
    struct ledger_place place = {
        .database = "signer/ledger.db", .checkpoint = "signer/checkpoint", .log = "log"
    };
    struct sg_arena *arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    struct sg_arena *kept = sg_arena_new(0, (size_t)1024 * 1024);
    struct tlog_vkey key;
    struct ledger *ledger;
    struct ledger_report report;
    struct ledger_publisher *publisher;
    struct ledger_publish_calls calls = { .sign = sign, .anchor = anchor };
    make(&place, &key, kept);
    must(ledger_open(&place, &ledger), "open");
    must(ledger_reconcile(ledger, &key, NULL, T0, false, &report), "reconcile");
    must(ledger_publisher_new(ledger, &key, &calls, &publisher), "publisher");
    must(ledger_publisher_start(publisher), "start");

    double *took = calloc(pairs / n + 1, sizeof(*took));
    size_t commits = 0;
    uint64_t records = 0;
    double wall = clock_us(CLOCK_MONOTONIC);
    double own = clock_us(CLOCK_THREAD_CPUTIME_ID);
    double all = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    while (records < 2 * (uint64_t)pairs && commits < pairs / n + 1) {
        double at = clock_us(CLOCK_MONOTONIC);
        batch(ledger, arena, n, &records);
        took[commits++] = clock_us(CLOCK_MONOTONIC) - at;
    }
    wall = clock_us(CLOCK_MONOTONIC) - wall;
    own = clock_us(CLOCK_THREAD_CPUTIME_ID) - own;
    all = clock_us(CLOCK_PROCESS_CPUTIME_ID) - all;
    ledger_publisher_free(&publisher);
    ledger_close(&ledger);
    qsort(took, commits, sizeof(*took), by_value);
    double r = (double)records;
    printf("%llu records in transactions of %u: committer %.2f us CPU per record (system calls "
           "included), "
           "publisher %.2f, wall %.2f us\n",
        (unsigned long long)records, 2 * n, own / r, (all - own) / r, wall / r);
    printf("transaction p50 %.2f ms, p99 %.2f ms, worst %.2f ms\n", took[commits / 2] / 1e3,
        took[commits * 99 / 100] / 1e3, took[commits - 1] / 1e3);

    double again = clock_us(CLOCK_MONOTONIC);
    must(ledger_open(&place, &ledger), "open");
    must(ledger_reconcile(ledger, &key, NULL, T0, false, &report), "reconcile");
    printf("start with %llu records: %.0f ms\n", (unsigned long long)report.size,
        (clock_us(CLOCK_MONOTONIC) - again) / 1e3);
    ledger_close(&ledger);
    free(took);
    sg_arena_free(&arena);
    sg_arena_free(&kept);
    char command[600];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command) == 0 ? 0 : 1;
}
