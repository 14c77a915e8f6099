/*
 * --measure-holder N: what a signature with a holder key costs the signer, found in the database, decoded, unwrapped in the token, signed, verified: with
 * random keys (cold: each is read and unwrapped anew) and with one (hot). Nothing is recorded; the ledger's part does not depend on how many keys there
 * are. The database's own cache is the signer's (8 MB); the system's may hold the whole file. And what memory is left behind, the module's part apart. req: KEY-2
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "p11_key.h"
#include "signer_people.h"

#define ROUNDS 3

struct sample {
    double wall; /* us */
    double cpu;
};

static double
now_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
rss_mb(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%*s %ld", &pages) != 1) {
        pages = 0;
    }
    if (f != NULL) {
        fclose(f);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

struct bench {
    struct signer *s;
    uint64_t keys;
    sqlite3_stmt *pick;
    uint8_t (*picked)
        [REG_THUMBPRINT_LEN]; /* before anything is timed: picking reads the row, and its page would be warm */
    struct sample *samples;
    unsigned n;
};

/* Rows were never taken away, so their numbers are 1 to `keys`. A row of somebody who has passkeys is passed over: nothing is signed here that they did not agree to. */
static sg_result
try_pick(struct bench *b, uint8_t ret[REG_THUMBPRINT_LEN], bool *ret_found)
{
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_reset)
    = b->pick;
    uint64_t random;
    bool row = false;
    randombytes_buf(&random, sizeof(random));
    ledger_bind_uint(stmt, 1, 1 + random % b->keys);
    SG_TRY(ledger_step(stmt, &row));
    *ret_found = row;
    if (!row) {
        return SG_DONE;
    }
    sg_bytes thumbprint = ledger_column_bytes(stmt, 0);
    SG_REQUIRE(thumbprint.n == REG_THUMBPRINT_LEN, INTERNAL);
    memcpy(ret, thumbprint.p, thumbprint.n);
    return SG_DONE;
}

static sg_result
pick(struct bench *b, uint8_t ret[REG_THUMBPRINT_LEN])
{
    bool found = false;
    for (unsigned tries = 0; !found; tries++) {
        SG_REQUIRE(tries < 1000, NOT_FOUND);
        SG_TRY(try_pick(b, ret, &found));
    }
    return SG_DONE;
}

static sg_result
pick_all(struct bench *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        SG_TRY(pick(b, b->picked[i]));
    }
    return SG_DONE;
}

static sg_result
sign(struct bench *b, sg_bytes thumbprint)
{
    uint8_t digest[SG_SHA256_LEN];
    uint8_t signature[KEY_SIG_MAX];
    size_t len;
    sg_result why;
    randombytes_buf(digest, sizeof(digest));
    struct reg_key *key = reg_holder_hold(b->s->registry, thumbprint, &why);
    SG_TRY(why);
    SG_REQUIRE(key != NULL, NOT_FOUND);
    struct p11_key_ref ref = { key->public, key->wrapped };
    sg_result r = p11_key_sign(b->s->session, &ref, SG_BYTES(digest), signature, &len);
    reg_holder_release(b->s->registry, &key);
    return r;
}

static int
by_wall(const void *a, const void *b)
{
    double x = ((const struct sample *)a)->wall;
    double y = ((const struct sample *)b)->wall;
    return x < y ? -1 : x > y;
}

static int
by_cpu(const void *a, const void *b)
{
    double x = ((const struct sample *)a)->cpu;
    double y = ((const struct sample *)b)->cpu;
    return x < y ? -1 : x > y;
}

struct figures {
    double wall_p50, wall_p99, cpu_p50, cpu_p99;
};

static void
keep_best(double *best, double value)
{
    *best = *best == 0 || value < *best ? value : *best;
}

/* One round; the best of the rounds so far stays in `best`. */
static sg_result
round_of(struct bench *b, bool cold, struct figures *best)
{
    SG_TRY(pick_all(b));
    sg_bytes one = SG_BYTES(b->picked[0]);
    SG_TRY(sign(b, one)); /* a hot key is hot from the first on */
    for (unsigned i = 0; i < b->n; i++) {
        if (cold) {
            one = SG_BYTES(b->picked[i]);
            p11_forget_unwrapped(b->s->p11);
            SG_TRY(registry_refresh_key(b->s->registry, one));
            p11_session_tidy(b->s->session);
        }
        double wall = now_us(CLOCK_MONOTONIC);
        double cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
        SG_TRY(sign(b, one));
        b->samples[i].cpu = now_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
        b->samples[i].wall = now_us(CLOCK_MONOTONIC) - wall;
    }
    qsort(b->samples, b->n, sizeof(b->samples[0]), by_wall);
    keep_best(&best->wall_p50, b->samples[b->n / 2].wall);
    keep_best(&best->wall_p99, b->samples[b->n * 99 / 100].wall);
    qsort(b->samples, b->n, sizeof(b->samples[0]), by_cpu);
    keep_best(&best->cpu_p50, b->samples[b->n / 2].cpu);
    keep_best(&best->cpu_p99, b->samples[b->n * 99 / 100].cpu);
    return SG_DONE;
}

static sg_result
time_signing(struct bench *b, bool cold)
{
    struct figures best = { 0, 0, 0, 0 };
    for (unsigned i = 0; i < ROUNDS; i++) {
        SG_TRY(round_of(b, cold, &best));
    }
    const char *word = cold ? "cold" : "hot";
    printf("%s_p50_us %.1f\n%s_p99_us %.1f\n%s_cpu_p50_us %.1f\n%s_cpu_p99_us %.1f\n", word,
        best.wall_p50, word, best.wall_p99, word, best.cpu_p50, word, best.cpu_p99);
    return SG_DONE;
}

/* Found and decoded, without the token: what is left of the growth is the module's. */
static sg_result
hold_many(struct bench *b)
{
    SG_TRY(pick_all(b));
    for (unsigned i = 0; i < b->n; i++) {
        sg_result why;
        struct reg_key *key = reg_holder_hold(b->s->registry, SG_BYTES(b->picked[i]), &why);
        SG_TRY(why);
        reg_holder_release(b->s->registry, &key);
    }
    return SG_DONE;
}

static sg_result
measure(struct bench *b)
{
    struct signer *s = b->s;
    SG_TRY(ledger_db_prepare(ledger_sql(s->ledger),
        "SELECT thumbprint FROM reg_holder_keys h WHERE n=?1 AND state=2 AND NOT EXISTS"
        " (SELECT 1 FROM reg_passkeys p WHERE p.person=h.person)",
        &b->pick));
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_free)
    = NULL;
    bool row = false;
    SG_TRY(ledger_db_prepare(ledger_sql(s->ledger), "SELECT max(n) FROM reg_holder_keys", &stmt));
    SG_TRY(ledger_step(stmt, &row));
    b->keys = row ? ledger_column_uint(stmt, 0) : 0;
    ledger_stmt_reset(&stmt);
    SG_REQUIRE(b->keys > 0, MISSING);
    b->samples = calloc(b->n, sizeof(b->samples[0]));
    b->picked = calloc(b->n, sizeof(b->picked[0]));
    SG_REQUIRE(b->samples != NULL && b->picked != NULL, NO_MEMORY);
    memset(b->picked, 1, b->n * sizeof(b->picked[0]));
    memset(b->samples, 1, b->n * sizeof(b->samples[0])); /* there before memory is looked at */
    printf("holder_keys %llu\nsignatures %u\nrss_start_mb %.1f\n", (unsigned long long)b->keys,
        b->n, rss_mb());
    SG_TRY(hold_many(b));
    printf("rss_keys_held_mb %.1f\n", rss_mb());
    fflush(stdout);
    SG_TRY(time_signing(b, true));
    printf("rss_cold_mb %.1f\n", rss_mb());
    SG_TRY(time_signing(b, false));
    printf("rss_hot_mb %.1f\n", rss_mb());
    return SG_DONE;
}

int
signer_measure_holder(const struct signer_args *args)
{
    static struct signer s;
    struct bench b = { .s = &s, .n = args->measure_holder };
    struct sg_why why = { 0 };
    sg_result r = signer_tool_open(&s, args, &why);
    if (sg_ok(r)) {
        r = measure(&b);
    }
    if (!sg_ok(r)) {
        fprintf(stderr, "sealgate-signer: cannot measure: %s (%s)\n",
            why.what == NULL ? "-" : why.what, sg_code_row(r.code)->name);
    }
    ledger_stmt_free(&b.pick);
    free(b.samples);
    free(b.picked);
    signer_tool_close(&s);
    return sg_ok(r) ? 0 : 1;
}
