/*
 * Moves the write-ahead log into the database, off the writer's way: in the writer, each move of two thousand pages held every answer of
 * that moment back by 10 to 40 ms, three times a second under load. The writer and the readers go on meanwhile. It cannot end a log that grows
 * all the time; the writer does, at 8,192 pages, which by then have nearly all been moved (store_schema.c). req: SIG-5
 */
#include <errno.h>
#include <time.h>

#include "store_inner.h"

#define REST_MS 1000 /* so that a page that changes often is moved once */

static void
wait_out(struct store_mover *mover)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += mover->rest_ms / 1000;
    until.tv_nsec += (long)(mover->rest_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!mover->closing &&
           pthread_cond_timedwait(&mover->wake, &mover->lock, &until) != ETIMEDOUT) {
        /* woken by a commit: it is among those that the next move takes */
    }
}

/* A failure leaves the log longer and nothing else: it is counted, and tried again after the next commit. */
static void
move(struct store_mover *mover)
{
    int pages = -1; /* stays so where SQLite did not look at the log at all */
    int code =
        sqlite3_wal_checkpoint_v2(mover->db.db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, NULL);
    bool busy = (code & 0xff) == SQLITE_BUSY; /* the writer cuts the log itself just now */
    bool good = busy || (code == SQLITE_OK && pages >= 0);
    atomic_fetch_add(good ? &mover->moves : &mover->failures, 1);
}

static void *
mover_main(void *argument)
{
    struct store_mover *mover = argument;
    pthread_setname_np(pthread_self(), "store-mover");
    pthread_mutex_lock(&mover->lock);
    while (!mover->closing) {
        if (!mover->due) {
            pthread_cond_wait(&mover->wake, &mover->lock);
            continue;
        }
        mover->due = false;
        pthread_mutex_unlock(&mover->lock);
        move(mover);
        pthread_mutex_lock(&mover->lock);
        wait_out(mover);
    }
    pthread_mutex_unlock(&mover->lock);
    return NULL;
}

void
store_mover_init(struct store_mover *mover)
{
    mover->rest_ms = REST_MS;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&mover->lock, NULL);
    pthread_cond_init(&mover->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

sg_result
store_mover_start(struct store_mover *mover)
{
    /* a connection that never read does not know that there is a log, and moves nothing */
    int code = sqlite3_exec(mover->db.db, "SELECT count(*) FROM meta", NULL, NULL, NULL);
    SG_REQUIRE(code == SQLITE_OK, STORE_DOWN);
    SG_REQUIRE(pthread_create(&mover->thread, NULL, mover_main, mover) == 0, INTERNAL);
    mover->started = true;
    return SG_DONE;
}

void
store_mover_stop(struct store_mover *mover)
{
    pthread_mutex_lock(&mover->lock);
    mover->closing = true;
    pthread_cond_signal(&mover->wake);
    pthread_mutex_unlock(&mover->lock);
    if (mover->started) {
        pthread_join(mover->thread, NULL);
        mover->started = false;
    }
}

void
store_mover_tell(struct store_mover *mover)
{
    pthread_mutex_lock(&mover->lock);
    bool wake = !mover->due;
    mover->due = true;
    if (wake) {
        pthread_cond_signal(&mover->wake);
    }
    pthread_mutex_unlock(&mover->lock);
}
