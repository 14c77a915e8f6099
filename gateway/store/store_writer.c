/*
 * One thread writes. It takes everything that waits, runs it in one transaction, and the sync of that commit serves all; meanwhile
 * the next group gathers. Nobody is told before the commit has returned. req: SIG-5 (nothing is answered before it is durable)
 */
#include <time.h>

#include "point.h"
#include "store_inner.h"

/*
 * A sync costs about 200 us of CPU whatever it carries. When the last group had company, others are on their way: waiting this long
 * lets them share. A lonely change never waits.
 */
#define GATHER_FROM 3
#define GATHER_NS 2000000

/*
 * Dropped claims are off the disk within this time, and some tries if readers or the mover are in the way; each cut costs two syncs. A short wait lets
 * readers drain; who has been in the way all the time is waited for somewhat longer, but rarely: an answer waits as long (somebody may copy the database).
 */
#define SCRUB_EVERY_US UINT64_C(5000000)
#define SCRUB_AGAIN_US UINT64_C(200000)
#define SCRUB_WAIT_MS 50
#define SCRUB_PATIENT_EVERY_US UINT64_C(10000000)
#define SCRUB_PATIENT_MS 500

struct waiter {
    pthread_mutex_t lock; /* guards finished */
    pthread_cond_t done;
    bool finished;
    sg_result result;
};

static _Thread_local bool is_writer;

static uint64_t
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static sg_result
simple(struct store_db *db, enum store_sql sql)
{
    STORE_QUERY(query, db, sql);
    return store_run(&query, NULL);
}

static sg_result
run_unit(struct store_db *db, struct store_unit *unit)
{
    if (!unit->several) {
        return unit->run(db, unit); /* one statement undoes itself when it fails */
    }
    SG_TRY(simple(db, SQL_SAVE));
    sg_result result = unit->run(db, unit);
    if (!sg_ok(result)) {
        SG_TRY(simple(db, SQL_UNDO));
    }
    SG_TRY(simple(db, SQL_KEEP));
    return result;
}

/* False when the transaction as a whole is lost. */
static bool
run_group(struct store *store, struct store_unit *first, uint64_t *ret_n)
{
    struct store_db *db = &store->writer;
    bool alive = !store->resume || sg_ok(store_index_resume(store));
    alive = alive && sg_ok(simple(db, SQL_BEGIN));
    for (struct store_unit *unit = first; unit != NULL; unit = unit->next) {
        unit->result = alive ? run_unit(db, unit) : SG_ERROR(STORE_DOWN);
        /* a full disk or an i/o error may have rolled back everything already */
        alive = alive && sqlite3_get_autocommit(db->db) == 0;
        (*ret_n)++;
    }
    alive = alive && sg_ok(store_index_settle(store));
    point("store-open");
    if (alive && sg_ok(simple(db, SQL_COMMIT))) {
        point("store-durable");
        return true;
    }
    SG_IGNORE(simple(db, SQL_ROLLBACK));  /* there may be nothing left to roll back */
    SG_IGNORE(store_index_resume(store)); /* if it fails too, the next group begins with it */
    return false;
}

static void
finish_group(struct store *store, struct store_unit *first)
{
    uint64_t start = now_us();
    uint64_t n = 0;
    bool kept = run_group(store, first, &n);
    uint64_t took = now_us() - start;
    atomic_store(&store->healthy, kept);
    atomic_fetch_add(kept ? &store->commits : &store->failures, 1);
    atomic_fetch_add(&store->changes, n);
    atomic_fetch_add(&store->commit_us_sum, took);
    if (took > atomic_load(&store->commit_us_max)) {
        atomic_store(&store->commit_us_max, took); /* this thread alone writes it */
    }
    while (first != NULL) {
        struct store_unit *unit = first;
        first = unit->next; /* the unit may be gone after its call-back */
        unit->done(unit->context, kept ? unit->result : SG_ERROR(STORE_DOWN));
    }
}

static bool
scrub_due(const struct store *store)
{
    uint64_t rest = store->scrub_failing_us != 0 ? SCRUB_AGAIN_US : SCRUB_EVERY_US;
    return store->writer.dropped && now_us() - store->scrubbed_us >= rest;
}

/*
 * secure_delete overwrites a dropped body in the database, but the write-ahead log keeps the page as it was until its room is used
 * again, which on a quiet gateway is never. So the log is copied and cut. A reader or the mover in the way: again soon. req: SIG-6
 */
static void
scrub(struct store *store)
{
    uint64_t now = now_us();
    bool patient =
        store->scrub_failing_us != 0 && now - store->scrub_failing_us >= SCRUB_PATIENT_EVERY_US;
    (void)sqlite3_busy_timeout(store->writer.db, patient ? SCRUB_PATIENT_MS : SCRUB_WAIT_MS);
    int code =
        sqlite3_wal_checkpoint_v2(store->writer.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_busy_timeout(store->writer.db, STORE_BUSY_MS);
    store->writer.dropped = code != SQLITE_OK;
    store->scrubbed_us = now_us();
    if (code == SQLITE_OK) {
        store->scrub_failing_us = 0;
    } else if (store->scrub_failing_us == 0 || patient) {
        store->scrub_failing_us = now;
    }
}

/* Until there is work, or a scrub is due. Lock held. */
static void
sleep_locked(struct store *store)
{
    store->sleeping = true;
    if (!store->writer.dropped) {
        pthread_cond_wait(&store->more, &store->lock);
    } else {
        struct timespec until;
        clock_gettime(
            CLOCK_REALTIME, &until); /* the condition's clock; a step of it only shifts a scrub */
        until.tv_nsec += (long)SCRUB_AGAIN_US * 1000;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_nsec -= 1000000000L;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&store->more, &store->lock, &until);
    }
    store->sleeping = false;
}

/* All that waits, at most a group; NULL when there is nothing. */
static struct store_unit *
take_group(struct store *store, bool *ret_closing)
{
    pthread_mutex_lock(&store->lock);
    while (store->first == NULL && !store->closing && !scrub_due(store)) {
        sleep_locked(store);
    }
    if (store->last_group >= GATHER_FROM && !store->closing) {
        pthread_mutex_unlock(&store->lock);
        nanosleep(&(struct timespec){ 0, GATHER_NS }, NULL);
        pthread_mutex_lock(&store->lock);
    }
    *ret_closing = store->closing;
    struct store_unit *group = store->first;
    struct store_unit *last = group;
    size_t n = group == NULL ? 0 : 1;
    for (; last != NULL && last->next != NULL && n < STORE_GROUP_MAX; n++) {
        last = last->next;
    }
    store->last_group = n;
    if (last != NULL) {
        store->first = last->next;
        last->next = NULL;
    }
    pthread_mutex_unlock(&store->lock);
    return group;
}

static void *
writer_main(void *argument)
{
    struct store *store = argument;
    is_writer = true;
    pthread_setname_np(pthread_self(), "store");
    bool wrote = false; /* since the mover was told */
    for (bool closing = false;;) {
        struct store_unit *group = take_group(store, &closing);
        if (group != NULL) {
            finish_group(store, group);
            wrote = true;
        } else if (closing) {
            return NULL; /* closing the last connection cuts the log as well */
        }
        if (scrub_due(store)) {
            scrub(store);
            wrote = wrote && store->writer.dropped; /* cut: there is nothing to move */
        }
        if (wrote && store->scrub_failing_us == 0) { /* it would be in the way */
            store_mover_tell(&store->mover);
            wrote = false;
        }
    }
}

sg_result
store_writer_start(struct store *store)
{
    SG_REQUIRE(pthread_create(&store->thread, NULL, writer_main, store) == 0, INTERNAL);
    pthread_mutex_lock(&store->lock);
    store->started = true;
    pthread_mutex_unlock(&store->lock);
    return SG_DONE;
}

void
store_writer_stop(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    bool started = store->started;
    store->started = false;
    store->closing = true;
    pthread_cond_signal(&store->more);
    pthread_mutex_unlock(&store->lock);
    if (started) {
        pthread_join(store->thread, NULL);
    }
}

void
store_submit(struct store *store, struct store_unit *unit)
{
    unit->next = NULL;
    unit->store = store;
    pthread_mutex_lock(&store->lock);
    bool taken = store->started && !store->closing;
    if (taken) {
        if (store->first == NULL) {
            store->first = unit;
        } else {
            store->last->next = unit;
        }
        store->last = unit;
    }
    bool wake = taken && store->sleeping;
    pthread_mutex_unlock(&store->lock);
    if (wake) {
        pthread_cond_signal(&store->more);
    }
    if (!taken) {
        unit->done(unit->context, SG_ERROR(STORE_DOWN));
    }
}

static void
wake(void *context, sg_result result)
{
    struct waiter *waiter = context;
    pthread_mutex_lock(&waiter->lock);
    waiter->result = result;
    waiter->finished = true;
    pthread_cond_signal(
        &waiter->done); /* under the lock: the waiter's memory ends when it may return */
    pthread_mutex_unlock(&waiter->lock);
}

sg_result
store_wait(struct store *store, struct store_unit *unit)
{
    /* a call-back that waits for its own thread would wait for ever: a mistake, and it must show as one */
    SG_REQUIRE(!is_writer, INTERNAL);
    struct waiter waiter = { .finished = false, .result = SG_DONE };
    pthread_mutex_init(&waiter.lock, NULL);
    pthread_cond_init(&waiter.done, NULL);
    unit->done = wake;
    unit->context = &waiter;
    store_submit(store, unit);
    pthread_mutex_lock(&waiter.lock);
    while (!waiter.finished) {
        pthread_cond_wait(&waiter.done, &waiter.lock);
    }
    pthread_mutex_unlock(&waiter.lock);
    pthread_cond_destroy(&waiter.done);
    pthread_mutex_destroy(&waiter.lock);
    return waiter.result;
}
