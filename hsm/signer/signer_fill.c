/*
 * --make-holder-keys N: wrapped holder keys of make-believe persons, for measuring at scale (issue: a million). Each is made in the token and is as good as
 * any; but no ledger record names it, only one NOTED_EVENT says how many there are. Test environments alone, and only while nothing runs. With --persons
 * they have signing passkeys of whoever fills, who can then make their gestures (`sealgate bench --gestures`); nobody else's person gets one. req: NET-2
 */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "p11_key.h"
#include "signer_people.h"

#define BATCH 1000 /* keys of one thread between two transactions */
#define THREADS_MAX 16
#define KEYS_EACH 10     /* of one make-believe person */
#define TRUNCATE_EVERY 5 /* transactions between two times that the WAL is emptied */

/* One row of --persons. */
struct lent {
    uint8_t person[REG_PERSON_LEN];
    uint8_t credential[32];
    uint8_t spki[91];
};
_Static_assert(sizeof(struct lent) == 139, "bytes only: read as it is");

struct maker {
    pthread_t thread;
    struct p11 *p11;
    struct sg_arena *arena;
    struct p11_key_made *made;
    size_t want;
    size_t n;
    bool bare;
    sg_result result;
};

struct fill {
    struct signer *s;
    struct maker makers[THREADS_MAX];
    size_t n_makers;
    uint64_t made;
    uint64_t total;
    uint64_t seq;     /* of the NOTED_EVENT */
    uint64_t counter; /* of ids: they ascend, so that rows of one person lie together */
    bool persons;
    uint8_t person[REG_PERSON_LEN];
};

/* A session belongs to the thread that opened it. */
static void *
make(void *arg)
{
    struct maker *m = arg;
    struct p11_session *session = NULL;
    const struct p11_key_params params = { KEY_ES256, false, SG_NO_STR };
    m->result = p11_session_open(m->p11, 1, &session);
    for (m->n = 0; sg_ok(m->result) && m->n < m->want; m->n++) {
        m->result = m->bare ? p11_key_generate_bare(session, m->arena, KEY_ES256, &m->made[m->n])
                            : p11_key_generate(session, m->arena, &params, &m->made[m->n]);
        if (!sg_ok(m->result)) {
            break;
        }
    }
    p11_session_close(&session);
    return NULL;
}

static sg_result
make_all(struct fill *f, bool bare)
{
    sg_result r = SG_DONE;
    uint64_t left = f->total - f->made;
    size_t started = 0;
    for (size_t i = 0; i < f->n_makers && left > 0; i++) {
        struct maker *m = &f->makers[i];
        sg_arena_reset(m->arena);
        m->made = SG_NEW_ARRAY(m->arena, BATCH, struct p11_key_made);
        m->want = left < BATCH ? (size_t)left : BATCH;
        m->n = 0;
        m->bare = bare;
        m->p11 = f->s->p11;
        if (m->made == NULL || pthread_create(&m->thread, NULL, make, m) != 0) {
            r = SG_ERROR(NO_MEMORY);
            break;
        }
        left -= m->want;
        started++;
    }
    for (size_t i = 0; i < started; i++) {
        pthread_join(f->makers[i].thread, NULL);
        r = sg_ok(r) ? f->makers[i].result : r;
    }
    for (size_t i = started; i < f->n_makers; i++) {
        f->makers[i].n = 0;
    }
    return r;
}

static void
next_id(struct fill *f, uint8_t ret[WIRE_ID_LEN])
{
    uint64_t n = ++f->counter;
    randombytes_buf(ret, WIRE_ID_LEN);
    for (size_t i = 0; i < 8; i++) {
        ret[i] = (uint8_t)(n >> (56 - 8 * i));
    }
}

static sg_result
put_passkey(struct fill *f, const struct lent *lent)
{
    struct key_public *public SG_CLEANUP(key_public_free)
    = NULL;
    SG_TRY(key_public_new(SG_BYTES(lent->spki), &public));
    struct reg_passkey row = { .id = SG_BYTES(lent->credential),
        .purpose = WIRE_PASSKEY_SIGN,
        .state = WIRE_PASSKEY_ACTIVE,
        .alg = key_public_alg(public)->alg,
        .spki = key_public_spki(public),
        .seq = f->seq,
        .created_at = f->s->env.now.utc_ms / 1000 };
    memcpy(row.person, lent->person, sizeof(row.person));
    memcpy(row.thumbprint, key_public_thumbprint(public), sizeof(row.thumbprint));
    return reg_passkey_insert(f->s->registry, &row);
}

/* The next one of stdin who is not there yet. SG_E_MISSING: no more rows. */
static sg_result
next_lent(struct lent *ret)
{
    size_t n = fread(ret, 1, sizeof(*ret), stdin);
    SG_REQUIRE(n == sizeof(*ret), MISSING);
    return SG_DONE;
}

static sg_result
lend(struct fill *f, struct lent *ret)
{
    struct reg_person there;
    for (;;) {
        SG_TRY(next_lent(ret));
        sg_result r = reg_person_get(f->s->registry, SG_BYTES(ret->person), &there);
        if (r.code == SG_E_NOT_FOUND) {
            return SG_DONE;
        }
        SG_TRY(r);
    }
}

static sg_result
next_person(struct fill *f)
{
    struct reg_person person = {
        .state = WIRE_PERSON_ACTIVE, .level = 2, .keys_max = KEYS_EACH, .seq = f->seq
    };
    struct lent lent;
    next_id(f, person.id);
    if (f->persons) {
        SG_TRY(lend(f, &lent));
        memcpy(person.id, lent.person, sizeof(person.id));
    }
    memcpy(f->person, person.id, sizeof(person.id));
    SG_TRY(reg_person_put(f->s->registry, &person));
    return f->persons ? put_passkey(f, &lent) : SG_DONE;
}

static sg_result
write_note(struct fill *f)
{
    struct wire_noted_event rec = { .kind = SG_LIT("test-holder-keys"),
        .body = sg_bytes_of("", 0),
        .signature = SG_NO_BYTES,
        .at_ms = f->s->env.now.utc_ms,
        .count = f->total };
    sg_bytes body;
    SG_TRY(wire_noted_event_encode(f->s->scratch, &rec, &body));
    return ledger_append(f->s->ledger, WIRE_REC_NOTED_EVENT, f->s->env.now.utc_ms, body, &f->seq);
}

static sg_result
write_batch(struct signer *s, void *context)
{
    struct fill *f = context;
    uint64_t done = f->made;
    if (done == 0) {
        SG_TRY(write_note(f));
    }
    for (size_t t = 0; t < f->n_makers; t++) {
        for (size_t i = 0; i < f->makers[t].n; i++, done++) {
            const struct p11_key_made *made = &f->makers[t].made[i];
            uint8_t unique[WIRE_ID_LEN];
            if (done % KEYS_EACH == 0) {
                SG_TRY(next_person(f));
            }
            next_id(f, unique);
            struct reg_new_holder row = { .thumbprint = SG_BYTES(made->thumbprint),
                .person = SG_BYTES(f->person),
                .unique = SG_BYTES(unique),
                .level = 2,
                .spki = made->spki,
                .wrapped = made->wrapped,
                .state = WIRE_KEY_ACTIVE,
                .created_at = s->env.now.utc_ms / 1000 };
            SG_TRY(reg_holder_insert(s->registry, &row, f->seq));
        }
    }
    f->made = done;
    return SG_DONE;
}

static double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static sg_result
run(struct fill *f, bool bare)
{
    double began = seconds();
    uint64_t counted = 0;
    sqlite3 *db = ledger_sql(f->s->ledger);
    SG_TRY(ledger_db_exec(db, "PRAGMA cache_size=-131072"));
    for (unsigned round = 1; f->made < f->total; round++) {
        SG_TRY(make_all(f, bare));
        f->s->env.now = signer_now();
        SG_TRY(signer_transaction(f->s, write_batch, f));
        sg_arena_reset(f->s->scratch);
        if (round % TRUNCATE_EVERY == 0 || f->made == f->total) {
            SG_TRY(ledger_db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)"));
        }
        if (f->made - counted >= 20000 || f->made == f->total) {
            counted = f->made;
            fprintf(stderr, "made %llu of %llu, %.0f per second\n", (unsigned long long)f->made,
                (unsigned long long)f->total, (double)f->made / (seconds() - began));
        }
    }
    if (f->made > 0) {
        printf("made %llu\nper_second %.0f\n", (unsigned long long)f->made,
            (double)f->made / (seconds() - began));
    }
    return SG_DONE;
}

static sg_result
count_keys(struct fill *f)
{
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_free)
    = NULL;
    bool row = false;
    SG_TRY(
        ledger_db_prepare(ledger_sql(f->s->ledger), "SELECT count(*) FROM reg_holder_keys", &stmt));
    SG_TRY(ledger_step(stmt, &row));
    uint64_t there = row ? ledger_column_uint(stmt, 0) : 0;
    f->total = f->total > there ? f->total - there : 0;
    return SG_DONE;
}

static sg_result
prepare(struct fill *f, const struct signer_args *args, struct sg_why *why)
{
    struct signer *s = f->s;
    SG_TRY(signer_tool_open(s, args, why));
    long n = s->conf->sessions > 0 ? (long)s->conf->sessions : sysconf(_SC_NPROCESSORS_ONLN);
    f->n_makers = n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (size_t)n;
    for (size_t i = 0; i < f->n_makers; i++) {
        f->makers[i].arena = sg_arena_new((size_t)2 * 1024 * 1024, (size_t)16 * 1024 * 1024);
        SG_REQUIRE(f->makers[i].arena != NULL, NO_MEMORY);
    }
    SG_TRY(count_keys(f));
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    /* ids of a later filling come behind those of an earlier one */
    f->counter = (uint64_t)t.tv_sec << 24;
    return SG_DONE;
}

int
signer_fill(const struct signer_args *args)
{
    static struct signer s;
    static struct fill f;
    struct sg_why why = { 0 };
    f.s = &s;
    f.total = args->fill;
    f.persons = args->persons;
    sg_result r = prepare(&f, args, &why);
    if (sg_ok(r)) {
        r = run(&f, args->bare);
    }
    if (!sg_ok(r)) {
        fprintf(stderr, "sealgate-signer: cannot make holder keys: %s (%s)\n",
            why.what == NULL ? "-" : why.what, sg_code_row(r.code)->name);
    }
    for (size_t i = 0; i < f.n_makers; i++) {
        sg_arena_free(&f.makers[i].arena);
    }
    signer_tool_close(&s);
    return sg_ok(r) ? 0 : 1;
}
