/*
 * Life of a record: the committer appends it inside a transaction (entry and blind in one table, body beside it, so that the tree can be read
 * without the bodies); the commit is synced; the publisher reads the entry and extends the tree.
 *
 * Tables grow at their end only, except `signature`: sequences and claim numbers ascend, and a page is written once per batch.
 */
#include <sodium.h>
#include <stdlib.h>

#include "ledger_state.h"
#include "vfs.h"

#define ARENA_MAX ((size_t)64 * 1024 * 1024)
#define KEPT_MAX ((size_t)256 * 1024)
#define SCRUB_EVERY_MS 100
#define WAL_PAGES_MAX \
    8192 /* 32 MiB: from here on the writer itself moves what the publisher left */

/* Names of recorded orders, for ever: who asks again later, after a crash of its own, must hear that it is there. Made where it is missing. */
#define LEDGER_ORDERED                                                                             \
    "CREATE TABLE IF NOT EXISTS ordered(name BLOB PRIMARY KEY, hash BLOB NOT NULL) WITHOUT ROWID," \
    " STRICT;"

/*
 * Closed parts, apart from the bodies so that they can go alone. A person's are found through the index; without a person (records of seals) there are none. Made
 * where it is missing.
 */
#define LEDGER_CLOSED                                                                  \
    "CREATE TABLE IF NOT EXISTS closed(seq INTEGER PRIMARY KEY, person BLOB NOT NULL," \
    " salt BLOB NOT NULL, closed BLOB NOT NULL) STRICT;"                               \
    "CREATE INDEX IF NOT EXISTS closed_person ON closed(person);"

static const char SCHEMA[] =
    "CREATE TABLE record(seq INTEGER PRIMARY KEY, entry BLOB NOT NULL, blind BLOB) STRICT;"
    "CREATE TABLE body(seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"
    /* a consent that waits holds its own sequence, negated: the outcome's then takes the same room */
    "CREATE TABLE outcome(consent INTEGER PRIMARY KEY, outcome INTEGER NOT NULL) STRICT;"
    /* first 63 bits of the signature hash; the OUTCOME record has all of it */
    "CREATE TABLE signature(hash INTEGER PRIMARY KEY, outcome INTEGER NOT NULL) STRICT;"
    /* outcomes before this sequence are in `signature` */
    "CREATE TABLE indexed(upto INTEGER NOT NULL) STRICT; INSERT INTO indexed VALUES(0);"
    "CREATE TABLE claim(id INTEGER PRIMARY KEY, name BLOB NOT NULL, expires_at INTEGER NOT NULL)"
    " STRICT;" LEDGER_ORDERED LEDGER_CLOSED
    /* heads of a checkpoint or anchor that two operators accepted as lost */
    "CREATE TABLE accepted(size INTEGER NOT NULL, root BLOB NOT NULL) STRICT;"
    "PRAGMA user_version=1;";

static const char *const SQL[ST_COUNT] = {
    [ST_BEGIN] = "BEGIN IMMEDIATE",
    [ST_COMMIT] = "COMMIT",
    [ST_ROLLBACK] = "ROLLBACK",
    [ST_RECORD] = "INSERT INTO record(seq, entry, blind) VALUES(?, ?, ?)",
    [ST_BODY] = "INSERT INTO body(seq, body) VALUES(?, ?)",
    [ST_CLOSED] = "INSERT INTO closed(seq, person, salt, closed) VALUES(?, ?, ?, ?)",
    [ST_ERASE] = "DELETE FROM closed WHERE person = ?",
    [ST_WAIT] = "INSERT INTO outcome(consent, outcome) VALUES(?, ?)",
    [ST_OUTCOME] = "UPDATE outcome SET outcome = ?2 WHERE consent = ?1 AND outcome < 0",
    [ST_SIGNATURE] = "INSERT OR IGNORE INTO signature(hash, outcome) VALUES(?, ?)",
    [ST_INDEXED] = "UPDATE indexed SET upto = ?",
    [ST_CLAIM] = "INSERT INTO claim(id, name, expires_at) VALUES(?, ?, ?)",
    [ST_FORGET] = "DELETE FROM claim WHERE id <= ? AND expires_at < ?",
    [ST_ORDERED] = "SELECT hash FROM ordered WHERE name = ?",
    [ST_ORDER] = "INSERT INTO ordered(name, hash) VALUES(?, ?)",
};

/* ---- opening ------------------------------------------------------------------------------------- */

static sg_result
name_copy(struct sg_arena *arena, const char *from, const char **ret)
{
    SG_REQUIRE(from != NULL && strlen(from) < LEDGER_PATH_MAX / 2, VALUE);
    return sg_arena_cstr(arena, sg_cstr(from), ret);
}

sg_result
ledger_place_copy(struct sg_arena *arena, const struct ledger_place *from, struct ledger_place *ret)
{
    struct ledger_place place = *from;
    SG_TRY(name_copy(arena, from->database, &place.database));
    SG_TRY(name_copy(arena, from->checkpoint, &place.checkpoint));
    SG_TRY(name_copy(arena, from->log, &place.log));
    SG_TRY(name_copy(arena, from->vfs == NULL ? VFS_NAME : from->vfs, &place.vfs));
    if (place.files == NULL) {
        place.files = ledger_files_posix();
    }
    *ret = place;
    return SG_DONE;
}

/* The commit tells how long the WAL has become. */
static int
count_wal(void *context, sqlite3 *db, const char *name, int pages)
{
    struct ledger *ledger = context;
    (void)db;
    (void)name;
    ledger->wal_pages = pages;
    return SQLITE_OK;
}

static sg_result
prepare_all(struct ledger *ledger)
{
    for (size_t i = 0; i < ST_COUNT; i++) {
        SG_TRY(ledger_db_prepare(ledger->db, SQL[i], &ledger->statements[i]));
    }
    (void)sqlite3_wal_hook(ledger->db, count_wal, ledger);
    return SG_DONE;
}

static sg_result
insert_pair(struct ledger *ledger, enum ledger_statement which, uint64_t key, int64_t value)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = ledger->statements[which];
    ledger_bind_uint(use, 1, key);
    ledger_bind_int(use, 2, value);
    return ledger_run(use);
}

/* ---- signatures by hash -------------------------------------------------------------------------- */

uint64_t
ledger_hash63(const uint8_t hash[SG_SHA256_LEN])
{
    uint64_t first = 0;
    for (size_t i = 0; i < 8; i++) {
        first = first << 8 | hash[i];
    }
    return first & (uint64_t)INT64_MAX;
}

static sg_result
late_add(struct ledger *ledger, uint64_t hash, uint64_t outcome)
{
    if (ledger->n_late == ledger->cap_late) {
        size_t cap = ledger->cap_late == 0 ? (size_t)2 * LEDGER_LATE_MAX : ledger->cap_late * 2;
        struct ledger_late *late = realloc(ledger->late, cap * sizeof(*late));
        SG_REQUIRE(late != NULL, NO_MEMORY);
        ledger->late = late;
        ledger->cap_late = cap;
    }
    ledger->late[ledger->n_late++] = (struct ledger_late){ hash, outcome };
    return SG_DONE;
}

/* Those of a transaction that went back. */
static void
late_drop(struct ledger *ledger, uint64_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < ledger->n_late; i++) {
        if (ledger->late[i].outcome < size) {
            ledger->late[kept++] = ledger->late[i];
        }
    }
    ledger->n_late = kept;
    ledger->late_sorted_in = false;
}

static int
by_hash(const void *a, const void *b)
{
    uint64_t x = ((const struct ledger_late *)a)->hash;
    uint64_t y = ((const struct ledger_late *)b)->hash;
    return (x > y) - (x < y);
}

/* Two hashes that share 63 bits take neighbouring places; readers look at the record for the rest. */
static sg_result
index_signature(struct ledger *ledger, const struct ledger_late *late)
{
    for (uint64_t i = 0; i < LEDGER_SIGNATURE_RUN; i++) {
        SG_TRY(insert_pair(
            ledger, ST_SIGNATURE, (late->hash + i) & (uint64_t)INT64_MAX, (int64_t)late->outcome));
        if (sqlite3_changes(ledger->db) == 1) {
            return SG_DONE;
        }
    }
    SG_FAIL(FULL); /* 2^-63 per neighbour: somebody found a way to choose hashes */
}

/* Inside the transaction that is about to be committed. */
static sg_result
late_sort_in(struct ledger *ledger)
{
    qsort(ledger->late, ledger->n_late, sizeof(*ledger->late), by_hash);
    for (size_t i = 0; i < ledger->n_late; i++) {
        SG_TRY(index_signature(ledger, &ledger->late[i]));
    }
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = ledger->statements[ST_INDEXED];
    ledger_bind_uint(use, 1, ledger->size);
    SG_TRY(ledger_run(use));
    ledger->late_sorted_in = true;
    return SG_DONE;
}

static sg_result
late_load_one(struct ledger *ledger, uint64_t seq, sg_bytes encoded, sg_bytes body)
{
    struct wire_entry entry;
    struct wire_outcome *outcome = SG_NEW(ledger->arena, struct wire_outcome);
    SG_REQUIRE(outcome != NULL, NO_MEMORY);
    if (sg_ok(wire_entry_parse(encoded, &entry)) && entry.type == WIRE_REC_OUTCOME &&
        sg_ok(wire_outcome_parse(body, outcome))) {
        for (size_t i = 0; i < outcome->n_signature_hashes; i++) {
            SG_TRY(late_add(ledger, ledger_hash63(outcome->signature_hashes[i].p), seq));
        }
    }
    sg_arena_reset(ledger->arena);
    return SG_DONE;
}

/* What was late when the process ended is so again. */
static sg_result
load_late(struct ledger *ledger)
{
    sqlite3_stmt *all SG_CLEANUP(ledger_stmt_free)
    = NULL;
    bool row;
    SG_TRY(ledger_db_prepare(ledger->db,
        "SELECT r.seq, r.entry, b.body FROM record r JOIN body b ON b.seq = r.seq"
        " WHERE r.seq >= (SELECT upto FROM indexed) ORDER BY r.seq",
        &all));
    for (;;) {
        SG_TRY(ledger_step(all, &row));
        if (!row) {
            return SG_DONE;
        }
        SG_TRY(late_load_one(ledger, ledger_column_uint(all, 0), ledger_column_bytes(all, 1),
            ledger_column_bytes(all, 2)));
    }
}

/* ---- opening, the rest ----------------------------------------------------------------------------- */

/* Number and time of the last record. The rows are read through by reconciliation. */
static sg_result
load_head(struct ledger *ledger)
{
    sqlite3_stmt *last SG_CLEANUP(ledger_stmt_free)
    = NULL;
    bool row;
    SG_TRY(ledger_db_prepare(
        ledger->db, "SELECT seq, entry FROM record ORDER BY seq DESC LIMIT 1", &last));
    SG_TRY(ledger_step(last, &row));
    if (row) {
        struct wire_entry entry;
        SG_TRY(wire_entry_parse(ledger_column_bytes(last, 1), &entry));
        ledger->size = ledger_column_uint(last, 0) + 1;
        ledger->last_at_ms = entry.at_ms;
    }
    atomic_store(&ledger->durable, ledger->size);
    return SG_DONE;
}

#define SLOW_FROM_S 3600

/* Intents live for minutes, operations for days. */
static bool
lives_long(const struct ledger *ledger, int64_t expires_at)
{
    return expires_at > ledger->last_at_ms / 1000 + SLOW_FROM_S;
}

static sg_result
load_claims(struct ledger *ledger)
{
    sqlite3_stmt *all SG_CLEANUP(ledger_stmt_free)
    = NULL;
    bool row;
    ledger->next_claim = 1;
    SG_TRY(
        ledger_db_prepare(ledger->db, "SELECT id, name, expires_at FROM claim ORDER BY id", &all));
    for (;;) {
        SG_TRY(ledger_step(all, &row));
        if (!row) {
            return SG_DONE;
        }
        sg_bytes name = ledger_column_bytes(all, 1);
        SG_REQUIRE(name.n == 32, STORE_DOWN);
        uint64_t id = ledger_column_uint(all, 0);
        int64_t expires_at = ledger_column_int(all, 2);
        struct ledger_claims *ring =
            lives_long(ledger, expires_at) ? &ledger->slow : &ledger->claims;
        SG_TRY(ledger_claims_add(ring, name.p, expires_at, id));
        ledger->next_claim = id + 1;
    }
}

static sg_result
open_mode(const struct ledger_place *place, enum ledger_db_mode mode, struct ledger **ret)
{
    SG_REQUIRE(sodium_init() >= 0, INTERNAL);
    struct ledger *ledger SG_CLEANUP(ledger_close)
    = calloc(1, sizeof(*ledger));
    SG_REQUIRE(ledger != NULL, NO_MEMORY);
    ledger->arena = sg_arena_new((size_t)64 * 1024, ARENA_MAX);
    ledger->kept = sg_arena_new(0, KEPT_MAX);
    SG_REQUIRE(ledger->arena != NULL && ledger->kept != NULL, NO_MEMORY);
    SG_TRY(ledger_place_copy(ledger->kept, place, &ledger->place));
    SG_TRY(ledger_db_open(ledger->place.database, mode, ledger->place.vfs, &ledger->db));
    if (mode == LEDGER_DB_CREATE) {
        SG_TRY(ledger_db_exec(ledger->db, SCHEMA));
    } else if (mode == LEDGER_DB_WRITE) {
        SG_TRY(ledger_db_exec(ledger->db, LEDGER_ORDERED LEDGER_CLOSED));
        ledger->erased = true; /* for all that is known */
    }
    SG_TRY(prepare_all(ledger));
    SG_TRY(load_head(ledger));
    SG_TRY(load_claims(ledger));
    SG_TRY(load_late(ledger));
    *ret = ledger;
    ledger = NULL;
    return SG_DONE;
}

/* The folder of the database, synced: a new database file is lost in a power cut otherwise. */
static sg_result
sync_parent(const struct ledger_place *place)
{
    char folder[LEDGER_PATH_MAX] = ".";
    const char *slash = strrchr(place->database, '/');
    if (slash != NULL) {
        size_t n = (size_t)(slash - place->database);
        memcpy(folder, place->database, n);
        folder[n] = '\0';
    }
    SG_REQUIRE(place->files->sync_folder(place->files->context, folder) == 0, STORE_DOWN);
    return SG_DONE;
}

sg_result
ledger_create(const struct ledger_place *place, int64_t at_ms, sg_bytes genesis)
{
    struct wire_genesis parsed;
    struct ledger *ledger SG_CLEANUP(ledger_close)
    = NULL;
    uint64_t seq;
    SG_TRY(wire_genesis_parse(genesis, &parsed));
    SG_TRY(open_mode(place, LEDGER_DB_CREATE, &ledger));
    SG_TRY(ledger_begin_any(ledger));
    SG_TRY(ledger_put_record(ledger, WIRE_REC_GENESIS, at_ms, genesis, &seq));
    SG_TRY(ledger_commit(ledger));
    const struct ledger_files *files = ledger->place.files;
    SG_REQUIRE(files->make_folder(files->context, ledger->place.log) >= 0, STORE_DOWN);
    return sync_parent(&ledger->place);
}

sg_result
ledger_open(const struct ledger_place *place, struct ledger **ret)
{
    return open_mode(place, LEDGER_DB_WRITE, ret);
}

void
ledger_close(struct ledger **ledger)
{
    struct ledger *l = *ledger;
    *ledger = NULL;
    if (l == NULL) {
        return;
    }
    ledger_rollback(l);
    for (size_t i = 0; i < ST_COUNT; i++) {
        ledger_stmt_free(&l->statements[i]);
    }
    ledger_db_close(&l->db);
    ledger_claims_done(&l->claims);
    ledger_claims_done(&l->slow);
    sodium_memzero(l->blinds, sizeof(l->blinds));
    free(l->resume);
    free(l->late);
    sg_arena_free(&l->arena);
    sg_arena_free(&l->kept);
    free(l);
}

sqlite3 *
ledger_sql(struct ledger *ledger)
{
    return ledger->db;
}

/* ---- transactions -------------------------------------------------------------------------------- */

static sg_result
run(struct ledger *ledger, enum ledger_statement which)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = ledger->statements[which];
    return ledger_run(use);
}

sg_result
ledger_begin_any(struct ledger *ledger)
{
    SG_REQUIRE(!ledger->open, INTERNAL);
    SG_TRY(run(ledger, ST_BEGIN));
    ledger->open = true;
    ledger->failed = false;
    ledger->begun_size = ledger->size;
    ledger->begun_last_at_ms = ledger->last_at_ms;
    ledger->begun_next_claim = ledger->next_claim;
    ledger->begun_claims = 0;
    ledger->begun_slow = 0;
    return SG_DONE;
}

sg_result
ledger_begin(struct ledger *ledger)
{
    SG_REQUIRE(ledger->ready, NOT_READY);
    return ledger_begin_any(ledger);
}

void
ledger_rollback(struct ledger *ledger)
{
    if (!ledger->open) {
        return;
    }
    /* SQLite may have rolled back by itself (disk full): then there is nothing left to roll back */
    if (sqlite3_get_autocommit(ledger->db) == 0) {
        SG_IGNORE(run(ledger, ST_ROLLBACK));
    }
    ledger->open = false;
    ledger->erasing = false;
    ledger->size = ledger->begun_size;
    ledger->last_at_ms = ledger->begun_last_at_ms;
    ledger->next_claim = ledger->begun_next_claim;
    for (; ledger->begun_claims > 0; ledger->begun_claims--) {
        ledger_claims_drop_last(&ledger->claims);
    }
    for (; ledger->begun_slow > 0; ledger->begun_slow--) {
        ledger_claims_drop_last(&ledger->slow);
    }
    late_drop(ledger, ledger->size);
    sg_arena_reset(ledger->arena);
}

/*
 * The publisher's checkpoints cannot end a WAL that grows all the time; here, between two transactions, there is a moment without
 * a writer. Most pages were moved already.
 */
static void
bound_wal(struct ledger *ledger)
{
    if (ledger->wal_pages < WAL_PAGES_MAX) {
        return;
    }
    ledger->wal_pages = 0;
    /* a failure leaves the WAL longer and nothing else: it is tried again */
    (void)sqlite3_wal_checkpoint_v2(ledger->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* With no busy handler: a reader or the publisher in the way costs nobody a wait, and the next call tries again. */
void
ledger_scrub(struct ledger *ledger, int64_t now_ms)
{
    if (!ledger->erased || ledger->open || now_ms < ledger->scrub_at_ms) {
        return;
    }
    ledger->scrub_at_ms = now_ms + SCRUB_EVERY_MS;
    (void)sqlite3_busy_timeout(ledger->db, 0);
    ledger->erased = sqlite3_wal_checkpoint_v2(
                         ledger->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK;
    (void)sqlite3_busy_timeout(ledger->db, LEDGER_DB_BUSY_MS);
}

static sg_result
commit(struct ledger *ledger)
{
    SG_REQUIRE(!ledger->failed, STORE_DOWN);
    if (ledger->n_late >= LEDGER_LATE_MAX) {
        SG_TRY(late_sort_in(ledger));
    }
    return run(ledger, ST_COMMIT);
}

sg_result
ledger_commit(struct ledger *ledger)
{
    SG_REQUIRE(ledger->open, INTERNAL);
    ledger_point("commit-before");
    sg_result done = commit(ledger);
    if (!sg_ok(done)) {
        ledger_rollback(ledger);
        return done;
    }
    ledger->open = false;
    if (ledger->late_sorted_in) {
        ledger->n_late = 0;
        ledger->late_sorted_in = false;
    }
    atomic_store_explicit(&ledger->durable, ledger->size, memory_order_release);
    ledger_point("commit-after");
    sg_arena_reset(ledger->arena);
    bound_wal(ledger);
    ledger->erased = ledger->erased || ledger->erasing;
    ledger->erasing = false;
    return SG_DONE;
}

/* ---- appending ----------------------------------------------------------------------------------- */

static const uint8_t *
next_blind(struct ledger *ledger)
{
    if (ledger->n_blinds == 0) {
        randombytes_buf(ledger->blinds, sizeof(ledger->blinds));
        ledger->n_blinds = LEDGER_BLINDS;
    }
    return ledger->blinds[--ledger->n_blinds];
}

static sg_result
insert_bytes(
    struct ledger *ledger, enum ledger_statement which, uint64_t seq, sg_bytes a, sg_bytes b)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = ledger->statements[which];
    ledger_bind_uint(use, 1, seq);
    ledger_bind_bytes(use, 2, a);
    if (b.p != NULL) {
        ledger_bind_bytes(use, 3, b);
    }
    return ledger_run(use);
}

static sg_result
write_record(
    struct ledger *ledger, enum wire_record_type type, int64_t at_ms, sg_bytes body, uint64_t seq)
{
    uint8_t hash[SG_SHA256_LEN];
    sg_bytes blind = sg_bytes_of(next_blind(ledger), WIRE_BLIND_LEN);
    sg_bytes encoded;
    wire_body_hash(blind, body, hash);
    struct wire_entry entry = { .type = type, .at_ms = at_ms, .body_hash = SG_BYTES(hash) };
    SG_TRY(wire_entry_encode(ledger->arena, &entry, &encoded));
    SG_TRY(insert_bytes(ledger, ST_RECORD, seq, encoded, blind));
    SG_TRY(insert_bytes(ledger, ST_BODY, seq, body, SG_NO_BYTES));
    if (type == WIRE_REC_CONSENT) {
        SG_TRY(insert_pair(ledger, ST_WAIT, seq, -(int64_t)seq));
    }
    return SG_DONE;
}

/* A half-written record would leave a hole: after a failure the transaction can only go back. */
static sg_result
sticky(struct ledger *ledger, sg_result result)
{
    if (!sg_ok(result)) {
        ledger->failed = true;
    }
    return result;
}

sg_result
ledger_put_record(struct ledger *ledger, enum wire_record_type type, int64_t at_ms, sg_bytes body,
    uint64_t *ret_seq)
{
    SG_REQUIRE(ledger->open && !ledger->failed, INTERNAL);
    SG_REQUIRE(body.n > 0 && body.n <= WIRE_BODY_MAX, TOO_LARGE);
    ledger_point("append-before");
    int64_t at = at_ms < ledger->last_at_ms ? ledger->last_at_ms : at_ms;
    SG_TRY(sticky(ledger, write_record(ledger, type, at, body, ledger->size)));
    ledger->last_at_ms = at;
    *ret_seq = ledger->size++;
    ledger_point("append-after");
    return SG_DONE;
}

sg_result
ledger_append(struct ledger *ledger, enum wire_record_type type, int64_t at_ms, sg_bytes body,
    uint64_t *ret_seq)
{
    SG_REQUIRE(type != WIRE_REC_OUTCOME && type != WIRE_REC_GENESIS, VALUE);
    return ledger_put_record(ledger, type, at_ms, body, ret_seq);
}

static sg_result
insert_closed(struct ledger *ledger, uint64_t seq, const struct ledger_closed *closed)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = ledger->statements[ST_CLOSED];
    ledger_bind_uint(use, 1, seq);
    ledger_bind_bytes(use, 2, SG_BYTES(closed->person));
    ledger_bind_bytes(use, 3, SG_BYTES(closed->salt));
    ledger_bind_bytes(use, 4, closed->bytes);
    return ledger_run(use);
}

sg_result
ledger_append_closed(struct ledger *ledger, enum wire_record_type type, int64_t at_ms,
    sg_bytes body, const struct ledger_closed *closed, uint64_t *ret_seq)
{
    SG_REQUIRE(closed->bytes.n > 0 && closed->bytes.n <= WIRE_CLOSED_MAX, TOO_LARGE);
    SG_TRY(ledger_append(ledger, type, at_ms, body, ret_seq));
    return sticky(ledger, insert_closed(ledger, *ret_seq, closed));
}

sg_result
ledger_erase_closed(struct ledger *ledger, const uint8_t person[WIRE_ID_LEN])
{
    SG_REQUIRE(ledger->open && !ledger->failed, INTERNAL);
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = ledger->statements[ST_ERASE];
    ledger_bind_bytes(use, 1, sg_bytes_of(person, WIRE_ID_LEN));
    ledger->erasing = true;
    return sticky(ledger, ledger_run(use));
}

static sg_result
outcome_rest(struct ledger *ledger, uint64_t outcome, const sg_bytes *hashes, size_t n_hashes)
{
    for (size_t i = 0; i < n_hashes; i++) {
        SG_TRY(late_add(ledger, ledger_hash63(hashes[i].p), outcome));
    }
    return SG_DONE;
}

/* Neither a missing consent nor a second outcome harms the transaction. */
static sg_result
take_waiting(struct ledger *ledger, uint64_t consent_seq)
{
    SG_TRY(sticky(ledger, insert_pair(ledger, ST_OUTCOME, consent_seq, (int64_t)ledger->size)));
    if (sqlite3_changes(ledger->db) == 1) {
        return SG_DONE;
    }
    sqlite3_stmt *any SG_CLEANUP(ledger_stmt_free)
    = NULL;
    bool row;
    SG_TRY(ledger_db_prepare(ledger->db, "SELECT 1 FROM outcome WHERE consent = ?", &any));
    ledger_bind_uint(any, 1, consent_seq);
    SG_TRY(ledger_step(any, &row));
    SG_REQUIRE(row, NOT_FOUND);
    SG_FAIL(REPLAY);
}

sg_result
ledger_append_outcome(struct ledger *ledger, int64_t at_ms, sg_bytes body, uint64_t consent_seq,
    const sg_bytes *hashes, size_t n_hashes, uint64_t *ret_seq)
{
    SG_REQUIRE(ledger->open && !ledger->failed, INTERNAL);
    for (size_t i = 0; i < n_hashes; i++) {
        SG_REQUIRE(hashes[i].n == SG_SHA256_LEN, VALUE);
    }
    SG_TRY(take_waiting(ledger, consent_seq));
    uint64_t seq;
    SG_TRY(sticky(ledger, ledger_put_record(ledger, WIRE_REC_OUTCOME, at_ms, body, &seq)));
    SG_TRY(sticky(ledger, outcome_rest(ledger, seq, hashes, n_hashes)));
    *ret_seq = seq;
    return SG_DONE;
}

/* ---- claims -------------------------------------------------------------------------------------- */

static sg_result
insert_claim(struct ledger *ledger, const uint8_t name[32], int64_t expires_at)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = ledger->statements[ST_CLAIM];
    ledger_bind_uint(use, 1, ledger->next_claim);
    ledger_bind_bytes(use, 2, sg_bytes_of(name, 32));
    ledger_bind_int(use, 3, expires_at);
    return ledger_run(use);
}

sg_result
ledger_claim_once(struct ledger *ledger, const uint8_t name[32], int64_t expires_at)
{
    SG_REQUIRE(ledger->open && !ledger->failed, INTERNAL);
    SG_REQUIRE(!ledger_claims_has(&ledger->claims, name), REPLAY);
    SG_REQUIRE(!ledger_claims_has(&ledger->slow, name), REPLAY);
    SG_TRY(sticky(ledger, insert_claim(ledger, name, expires_at)));
    bool slow = lives_long(ledger, expires_at);
    struct ledger_claims *ring = slow ? &ledger->slow : &ledger->claims;
    SG_TRY(sticky(ledger, ledger_claims_add(ring, name, expires_at, ledger->next_claim)));
    ledger->next_claim++;
    *(slow ? &ledger->begun_slow : &ledger->begun_claims) += 1;
    return SG_DONE;
}

static uint64_t
forget_from(struct ledger *ledger, struct ledger_claims *ring, int64_t now)
{
    uint64_t last = 0;
    const struct ledger_claim *claim = ledger_claims_first(ring);
    while (claim != NULL && claim->expires_at < now && claim->id < ledger->begun_next_claim) {
        last = claim->id;
        ledger_claims_drop_first(ring);
        claim = ledger_claims_first(ring);
    }
    return last;
}

/*
 * From the oldest on, up to the first that still lives; never the claims of this transaction, so that a rollback finds them. Should the
 * deletion be rolled back, rows stay that memory forgot: they are expired and only wait for the next start.
 */
sg_result
ledger_forget(struct ledger *ledger, int64_t now)
{
    SG_REQUIRE(ledger->open && !ledger->failed, INTERNAL);
    uint64_t fast = forget_from(ledger, &ledger->claims, now);
    uint64_t slow = forget_from(ledger, &ledger->slow, now);
    uint64_t last = fast > slow ? fast : slow;
    if (last == 0) {
        return SG_DONE;
    }
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = ledger->statements[ST_FORGET];
    ledger_bind_uint(use, 1, last);
    ledger_bind_int(use, 2, now);
    return sticky(ledger, ledger_run(use));
}

sg_result
ledger_order_known(struct ledger *ledger, const uint8_t name[32], const uint8_t hash[32])
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = ledger->statements[ST_ORDERED];
    bool row;
    ledger_bind_bytes(use, 1, sg_bytes_of(name, 32));
    SG_TRY(ledger_step(use, &row));
    SG_REQUIRE(row, NOT_FOUND);
    return sg_bytes_equal(ledger_column_bytes(use, 0), sg_bytes_of(hash, 32)) ? SG_ERROR(REPLAY)
                                                                              : SG_ERROR(CONFLICT);
}

static sg_result
insert_order(struct ledger *ledger, const uint8_t name[32], const uint8_t hash[32])
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = ledger->statements[ST_ORDER];
    ledger_bind_bytes(use, 1, sg_bytes_of(name, 32));
    ledger_bind_bytes(use, 2, sg_bytes_of(hash, 32));
    return ledger_run(use);
}

sg_result
ledger_order_once(struct ledger *ledger, const uint8_t name[32], const uint8_t hash[32])
{
    SG_REQUIRE(ledger->open && !ledger->failed, INTERNAL);
    sg_result known = ledger_order_known(ledger, name, hash);
    if (known.code != SG_E_NOT_FOUND) {
        return known;
    }
    return sticky(ledger, insert_order(ledger, name, hash));
}

uint64_t
ledger_size(const struct ledger *ledger)
{
    return ledger->size;
}

uint64_t
ledger_durable_size(const struct ledger *ledger)
{
    return atomic_load_explicit(&ledger->durable, memory_order_acquire);
}

int64_t
ledger_last_at_ms(const struct ledger *ledger)
{
    return ledger->last_at_ms;
}
