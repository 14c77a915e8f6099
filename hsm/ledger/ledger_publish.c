/*
 * Life of a checkpoint: entries that became durable are hashed into the tree's right edge; full tiles, then partial ones, are written; the root is
 * signed; the signed text is stored in the signer's folder; then it is published. Tiles are the same bytes whenever they are written, so
 * after any failure the publisher starts again from what is stored.
 */
#include "ledger_publish.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ledger_state.h"

#define ARENA_MAX ((size_t)1024 * 1024)
#define AT_ONCE 4096     /* entries read per statement, so that the read transaction stays short */
#define WAL_MOVE_MS 1000 /* how often the WAL is moved into the database */

struct ledger_publisher {
    struct ledger_place place;
    struct tlog_vkey key;
    struct ledger_publish_calls calls;
    struct sg_arena *kept;  /* names */
    struct sg_arena *arena; /* one publication */
    sqlite3 *db;
    sqlite3_stmt *entries;
    sqlite3_stmt *head;
    struct ledger_tree tree;
    struct ledger_tree begun;             /* at the last stored checkpoint: where to go back to */
    unsigned partial[LEDGER_TREE_LEVELS]; /* width written of the partial tile */
    uint64_t begun_full[LEDGER_TREE_LEVELS]; /* number of that tile */
    uint64_t floor;
    /* a checkpoint that is stored while the published copy is older; n 0 if there is none */
    uint8_t stored[TLOG_CHECKPOINT_MAX];
    size_t stored_n;
    uint64_t stored_size;
    int64_t anchored_at_ms;
    bool anchored_ever;
    uint64_t anchored_size;
    int64_t wal_moved_at_ms;
    struct tlog_hash published_root;

    _Atomic uint64_t published;
    /* Guarded by `lock`: stop. The thread has all the rest. */
    pthread_t thread;
    bool running;
    bool failing;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
};

/* ---- tiles --------------------------------------------------------------------------------------- */

static sg_result
put_tile(struct ledger_publisher *p, unsigned level, uint64_t n, unsigned width,
    const struct tlog_hash *hashes)
{
    char tile[TLOG_TILE_PATH_MAX];
    char path[LEDGER_PATH_MAX];
    SG_TRY(tlog_tile_path(level, n, width, tile));
    (void)snprintf(path, sizeof(path), "%s/%s", p->place.log, tile);
    SG_TRY(ledger_files_put(
        p->place.files, p->place.log, path, sg_bytes_of(hashes->b, (size_t)width * TLOG_HASH_LEN)));
    ledger_point("tile-after");
    return SG_DONE;
}

/*
 * The full tile is there, so its partial ones may go (tlog-tiles, "Partial Tiles"). Nothing depends on it: what cannot be removed stays.
 */
static void
remove_partials(struct ledger_publisher *p, unsigned level, uint64_t n)
{
    char tile[TLOG_TILE_PATH_MAX];
    char folder[LEDGER_PATH_MAX];
    char path[LEDGER_PATH_MAX * 2];
    if (!sg_ok(tlog_tile_path(level, n, TLOG_TILE_WIDTH, tile))) {
        return;
    }
    (void)snprintf(folder, sizeof(folder), "%s/%s.p", p->place.log, tile);
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return;
    }
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] != '.') {
            (void)snprintf(path, sizeof(path), "%s/%.16s", folder, e->d_name);
            (void)p->place.files->remove(p->place.files->context, path);
        }
    }
    (void)closedir(dir);
    (void)p->place.files->remove(p->place.files->context, folder);
}

static sg_result
full_tile(void *context, unsigned level, uint64_t n, const struct tlog_hash *hashes)
{
    struct ledger_publisher *p = context;
    SG_TRY(put_tile(p, level, n, TLOG_TILE_WIDTH, hashes));
    remove_partials(p, level, n);
    return SG_DONE;
}

static sg_result
put_partials(struct ledger_publisher *p)
{
    for (unsigned i = 0; i < LEDGER_TREE_LEVELS; i++) {
        const struct ledger_level *level = &p->tree.levels[i];
        bool same = p->partial[i] == level->count && p->begun_full[i] == level->full;
        if (level->count == 0 || same) {
            continue;
        }
        SG_TRY(put_tile(p, i, level->full, level->count, level->hashes));
        p->partial[i] = level->count;
        p->begun_full[i] = level->full;
    }
    return SG_DONE;
}

/* ---- the tree ------------------------------------------------------------------------------------ */

static sg_result
read_head(struct ledger_publisher *p, uint64_t *ret)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = p->head;
    bool row;
    SG_TRY(ledger_step(use, &row));
    SG_REQUIRE(row, STORE_DOWN);
    *ret = ledger_column_uint(use, 0);
    return SG_DONE;
}

/* Up to AT_ONCE entries from the tree's size on, in one read. */
static sg_result
extend_some(struct ledger_publisher *p, uint64_t to)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = p->entries;
    uint64_t end = to - p->tree.size > AT_ONCE ? p->tree.size + AT_ONCE : to;
    ledger_bind_uint(use, 1, p->tree.size);
    ledger_bind_uint(use, 2, end);
    while (p->tree.size < end) {
        bool row;
        SG_TRY(ledger_step(use, &row));
        SG_REQUIRE(row && ledger_column_uint(use, 0) == p->tree.size, STORE_DOWN);
        struct tlog_hash leaf = tlog_leaf_hash(ledger_column_bytes(use, 1));
        SG_TRY(ledger_tree_push(&p->tree, leaf, full_tile, p));
    }
    return SG_DONE;
}

static sg_result
extend(struct ledger_publisher *p, uint64_t to)
{
    ledger_point("tiles-before");
    while (p->tree.size < to) {
        SG_TRY(extend_some(p, to));
    }
    SG_TRY(put_partials(p));
    ledger_point("tiles-after");
    return SG_DONE;
}

/* ---- checkpoints --------------------------------------------------------------------------------- */

static sg_result
put_stored(struct ledger_publisher *p, sg_bytes note)
{
    return ledger_files_put(p->place.files, ".", p->place.checkpoint, note);
}

static sg_result
put_published(struct ledger_publisher *p, sg_bytes note)
{
    char path[LEDGER_PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/checkpoint", p->place.log);
    SG_TRY(ledger_files_put(p->place.files, p->place.log, path, note));
    ledger_point("checkpoint-published");
    return SG_DONE;
}

static sg_result
sign_checkpoint(struct ledger_publisher *p, sg_str *ret)
{
    struct tlog_checkpoint cp = {
        .origin = p->key.name, .size = p->tree.size, .root = ledger_tree_root(&p->tree)
    };
    struct tlog_checkpoint again;
    uint8_t sig[TLOG_SIG_LEN];
    sg_str text;
    sg_str note;
    SG_TRY(tlog_checkpoint_text(p->arena, &cp, &text));
    SG_TRY(p->calls.sign(p->calls.context, sg_str_bytes(text), sig));
    SG_TRY(tlog_note_attach(p->arena, text, &p->key, sig, &note));
    /* what the token gave must hold under the key that everybody knows */
    SG_TRY(tlog_checkpoint_open(p->arena, note, &p->key, &again));
    ledger_point("checkpoint-signed");
    *ret = note;
    return SG_DONE;
}

static void
mark_stored(struct ledger_publisher *p, sg_bytes note, uint64_t size)
{
    memcpy(p->stored, note.p, note.n);
    p->stored_n = note.n;
    p->stored_size = size;
}

static void
mark_published(struct ledger_publisher *p)
{
    p->stored_n = 0;
    p->begun = p->tree;
    p->published_root = ledger_tree_root(&p->tree);
    atomic_store_explicit(&p->published, p->tree.size, memory_order_release);
}

static sg_result
publish_new(struct ledger_publisher *p, uint64_t size)
{
    sg_str note;
    SG_TRY(extend(p, size));
    SG_TRY(sign_checkpoint(p, &note));
    SG_TRY(put_stored(p, sg_str_bytes(note)));
    ledger_point("checkpoint-stored");
    /* from here on this size has its one root, published or not */
    p->floor = p->tree.size;
    mark_stored(p, sg_str_bytes(note), p->tree.size);
    SG_TRY(put_published(p, sg_str_bytes(note)));
    mark_published(p);
    return SG_DONE;
}

/* A crash or a failure came between storing and publishing. Tiles are there, or are written anew from the first leaf. */
static sg_result
publish_stored(struct ledger_publisher *p)
{
    SG_TRY(extend(p, p->stored_size));
    SG_TRY(put_published(p, sg_bytes_of(p->stored, p->stored_n)));
    mark_published(p);
    return SG_DONE;
}

static sg_result
renew_anchor(struct ledger_publisher *p, int64_t now_ms, bool last)
{
    uint64_t size = atomic_load(&p->published);
    bool due = !p->anchored_ever || now_ms - p->anchored_at_ms >= LEDGER_ANCHOR_INTERVAL_MS || last;
    if (size == 0 || size == p->anchored_size || !due) {
        return SG_DONE;
    }
    struct ledger_anchor anchor = { .size = size, .root = p->published_root };
    p->anchored_at_ms = now_ms; /* a token that refuses is not asked more often than that */
    p->anchored_ever = true;
    ledger_point("anchor-before");
    SG_TRY(p->calls.anchor(p->calls.context, &anchor));
    p->anchored_size = size;
    ledger_point("anchor-after");
    return SG_DONE;
}

/* Off the committer's way; readers and the writer go on meanwhile. */
static void
move_wal(struct ledger_publisher *p, int64_t now_ms)
{
    if (now_ms - p->wal_moved_at_ms < WAL_MOVE_MS) {
        return;
    }
    p->wal_moved_at_ms = now_ms;
    /* a failure leaves the WAL longer and nothing else: it is tried again */
    (void)sqlite3_wal_checkpoint_v2(p->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static sg_result
publish(struct ledger_publisher *p)
{
    uint64_t head;
    if (p->stored_n > 0) {
        SG_TRY(publish_stored(p));
    }
    SG_TRY(read_head(p, &head));
    if (head <= p->floor || head <= atomic_load(&p->published)) {
        return SG_DONE; /* no new entries, no new checkpoint */
    }
    return publish_new(p, head);
}

sg_result
ledger_publish_once(struct ledger_publisher *p, int64_t now_ms)
{
    sg_arena_reset(p->arena);
    sg_result done = publish(p);
    if (!sg_ok(done)) {
        p->tree = p->begun; /* tiles written meanwhile are written again, the same bytes */
        memset(p->partial, 0, sizeof(p->partial));
        return done;
    }
    move_wal(p, now_ms);
    return renew_anchor(p, now_ms, false);
}

/* ---- the thread ---------------------------------------------------------------------------------- */

static int64_t
steady_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Told once when publishing begins to fail and once when it works again. */
static void
tell(struct ledger_publisher *p, sg_result result)
{
    bool failing = !sg_ok(result);
    if ((failing || p->failing) && p->calls.report != NULL) {
        p->calls.report(p->calls.context, result);
    }
    p->failing = failing;
}

static void
wait_step(struct ledger_publisher *p)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    unsigned wait_ms = p->calls.interval_ms > 0 ? p->calls.interval_ms : LEDGER_PUBLISH_INTERVAL_MS;
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!p->stop && pthread_cond_timedwait(&p->wake, &p->lock, &until) == 0) {
    }
}

static void *
run_publisher(void *argument)
{
    struct ledger_publisher *p = argument;
    (void)pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        (void)pthread_mutex_unlock(&p->lock);
        tell(p, ledger_publish_once(p, steady_ms()));
        (void)pthread_mutex_lock(&p->lock);
        wait_step(p);
    }
    (void)pthread_mutex_unlock(&p->lock);
    sg_result last = ledger_publish_once(p, steady_ms());
    tell(p, sg_ok(last) ? renew_anchor(p, steady_ms(), true) : last);
    return NULL;
}

sg_result
ledger_publisher_start(struct ledger_publisher *p)
{
    SG_REQUIRE(!p->running, INTERNAL);
    SG_REQUIRE(pthread_create(&p->thread, NULL, run_publisher, p) == 0, INTERNAL);
    p->running = true;
    return SG_DONE;
}

void
ledger_publisher_free(struct ledger_publisher **publisher)
{
    struct ledger_publisher *p = *publisher;
    *publisher = NULL;
    if (p == NULL) {
        return;
    }
    if (p->running) {
        (void)pthread_mutex_lock(&p->lock);
        p->stop = true;
        (void)pthread_cond_signal(&p->wake);
        (void)pthread_mutex_unlock(&p->lock);
        (void)pthread_join(p->thread, NULL);
    }
    ledger_stmt_free(&p->entries);
    ledger_stmt_free(&p->head);
    ledger_db_close(&p->db);
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_cond_destroy(&p->wake);
    sg_arena_free(&p->arena);
    sg_arena_free(&p->kept);
    free(p);
}

/* ---- making -------------------------------------------------------------------------------------- */

static void
init_wake(struct ledger_publisher *p)
{
    pthread_condattr_t steady;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_condattr_init(&steady);
    (void)pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&p->wake, &steady);
    (void)pthread_condattr_destroy(&steady);
}

static void
take_resume(struct ledger_publisher *p, const struct ledger *ledger)
{
    const struct ledger_resume *resume = ledger->resume;
    p->tree = resume->tree;
    p->begun = resume->tree;
    p->floor = resume->floor;
    p->published_root = ledger_tree_root(&p->tree);
    atomic_store(&p->published, resume->tree.size);
    if (resume->publish_stored) {
        mark_stored(p, resume->stored_note, resume->stored_size);
    }
}

sg_result
ledger_publisher_new(const struct ledger *ledger, const struct tlog_vkey *log_key,
    const struct ledger_publish_calls *calls, struct ledger_publisher **ret)
{
    SG_REQUIRE(ledger->ready, NOT_READY);
    struct ledger_publisher *p SG_CLEANUP(ledger_publisher_free)
    = calloc(1, sizeof(*p));
    SG_REQUIRE(p != NULL, NO_MEMORY);
    init_wake(p);
    p->calls = *calls;
    p->key = *log_key;
    p->kept = sg_arena_new(0, ARENA_MAX);
    p->arena = sg_arena_new(0, ARENA_MAX);
    SG_REQUIRE(p->kept != NULL && p->arena != NULL, NO_MEMORY);
    SG_TRY(sg_arena_str(p->kept, log_key->name, &p->key.name));
    SG_TRY(ledger_place_copy(p->kept, &ledger->place, &p->place));
    take_resume(p, ledger);
    SG_REQUIRE(p->place.files->make_folder(p->place.files->context, p->place.log) >= 0, STORE_DOWN);
    SG_TRY(ledger_db_open(p->place.database, LEDGER_DB_READ, p->place.vfs, &p->db));
    SG_TRY(ledger_db_prepare(p->db,
        "SELECT seq, entry FROM record WHERE seq >= ? AND seq < ? ORDER BY seq", &p->entries));
    SG_TRY(ledger_db_prepare(p->db, "SELECT coalesce(max(seq) + 1, 0) FROM record", &p->head));
    *ret = p;
    p = NULL;
    return SG_DONE;
}

uint64_t
ledger_published_size(const struct ledger_publisher *p)
{
    return atomic_load_explicit(&p->published, memory_order_acquire);
}
