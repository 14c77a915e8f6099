#include <sodium.h>
#include <stdlib.h>

#include "ledger_state.h"

enum { RD_RANGE, RD_SIGNATURE, RD_LATE, RD_HEAD, RD_COUNT };

struct ledger_reader {
    sqlite3 *db;
    sqlite3_stmt *statements[RD_COUNT];
};

static const char RANGE_SQL[] =
    "SELECT r.seq, r.entry, r.blind, b.body, o.outcome, c.salt, c.closed, c.person FROM record r"
    " LEFT JOIN body b ON b.seq = r.seq LEFT JOIN outcome o ON o.consent = r.seq"
    " LEFT JOIN closed c ON c.seq = r.seq"
    " WHERE r.seq >= ? ORDER BY r.seq LIMIT ?";
static const char SIGNATURE_SQL[] =
    "SELECT s.outcome, b.body FROM signature s JOIN body b ON b.seq = s.outcome"
    " WHERE s.hash BETWEEN ? AND ? ORDER BY s.hash";
static const char LATE_SQL[] =
    "SELECT seq, body FROM body WHERE seq >= (SELECT upto FROM indexed) ORDER BY seq";
static const char *const SQL[RD_COUNT] = {
    [RD_RANGE] = RANGE_SQL,
    [RD_SIGNATURE] = SIGNATURE_SQL,
    [RD_LATE] = LATE_SQL,
    [RD_HEAD] = "SELECT coalesce(max(seq) + 1, 0) FROM record",
};

sg_result
ledger_reader_open(const struct ledger_place *place, struct ledger_reader **ret)
{
    struct ledger_reader *reader SG_CLEANUP(ledger_reader_close)
    = calloc(1, sizeof(*reader));
    SG_REQUIRE(reader != NULL, NO_MEMORY);
    SG_TRY(ledger_db_open(place->database, LEDGER_DB_READ, place->vfs, &reader->db));
    for (size_t i = 0; i < RD_COUNT; i++) {
        SG_TRY(ledger_db_prepare(reader->db, SQL[i], &reader->statements[i]));
    }
    *ret = reader;
    reader = NULL;
    return SG_DONE;
}

void
ledger_reader_close(struct ledger_reader **reader)
{
    struct ledger_reader *r = *reader;
    *reader = NULL;
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < RD_COUNT; i++) {
        ledger_stmt_free(&r->statements[i]);
    }
    ledger_db_close(&r->db);
    free(r);
}

static sg_result
copy_row(sqlite3_stmt *row, struct sg_arena *arena, struct ledger_record *ret)
{
    struct wire_entry entry;
    struct ledger_record record = { .seq = ledger_column_uint(row, 0) };
    SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(row, 1), &record.entry));
    SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(row, 2), &record.blind));
    SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(row, 3), &record.body));
    record.outcome_seq = ledger_column_uint(row, 4); /* negative while it waits: 0 */
    SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(row, 5), &record.salt));
    SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(row, 6), &record.closed));
    SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(row, 7), &record.person));
    SG_REQUIRE(sg_ok(wire_entry_parse(record.entry, &entry)), STORE_DOWN);
    record.type = entry.type;
    *ret = record;
    return SG_DONE;
}

sg_result
ledger_read_range(struct ledger_reader *reader, struct sg_arena *arena, uint64_t from, size_t n,
    size_t max_bytes, struct ledger_record *ret, size_t *ret_n)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = reader->statements[RD_RANGE];
    ledger_bind_uint(use, 1, from);
    ledger_bind_uint(use, 2, n);
    size_t count = 0;
    size_t bytes = 0;
    bool row = false;
    for (; count < n; count++) {
        SG_TRY(ledger_step(use, &row));
        if (!row) {
            break;
        }
        bytes += ledger_column_bytes(use, 1).n + ledger_column_bytes(use, 2).n +
                 ledger_column_bytes(use, 3).n + ledger_column_bytes(use, 6).n;
        if (count > 0 && bytes > max_bytes) {
            break;
        }
        SG_TRY(copy_row(use, arena, &ret[count]));
    }
    *ret_n = count;
    return SG_DONE;
}

sg_result
ledger_read(
    struct ledger_reader *reader, struct sg_arena *arena, uint64_t seq, struct ledger_record *ret)
{
    size_t n;
    struct ledger_record record;
    SG_TRY(ledger_read_range(reader, arena, seq, 1, SIZE_MAX, &record, &n));
    SG_REQUIRE(n == 1 && record.seq == seq, NOT_FOUND);
    *ret = record;
    return SG_DONE;
}

/* Does this OUTCOME name the hash? */
static bool
names(const struct wire_outcome *outcome, const uint8_t hash[SG_SHA256_LEN])
{
    for (size_t i = 0; i < outcome->n_signature_hashes; i++) {
        if (memcmp(outcome->signature_hashes[i].p, hash, SG_SHA256_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/* The next row whose outcome names the hash; bodies of other types do not parse as one. SG_E_NOT_FOUND at the end. */
static sg_result
find_among(sqlite3_stmt *rows, const uint8_t hash[SG_SHA256_LEN], uint64_t *ret_consent,
    uint64_t *ret_outcome)
{
    for (;;) {
        bool row;
        struct wire_outcome outcome;
        SG_TRY(ledger_step(rows, &row));
        SG_REQUIRE(row, NOT_FOUND);
        if (sg_ok(wire_outcome_parse(ledger_column_bytes(rows, 1), &outcome)) &&
            names(&outcome, hash)) {
            *ret_consent = outcome.consent_seq;
            *ret_outcome = ledger_column_uint(rows, 0);
            return SG_DONE;
        }
    }
}

static sg_result
find_indexed(struct ledger_reader *reader, const uint8_t hash[SG_SHA256_LEN], uint64_t *ret_consent,
    uint64_t *ret_outcome)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = reader->statements[RD_SIGNATURE];
    uint64_t first = ledger_hash63(hash);
    uint64_t last = first + LEDGER_SIGNATURE_RUN - 1;
    ledger_bind_uint(use, 1, first);
    ledger_bind_uint(use, 2, last > INT64_MAX ? INT64_MAX : last);
    return find_among(use, hash, ret_consent, ret_outcome);
}

/* At most some thousand records: those that wait to be sorted in. */
static sg_result
find_late(struct ledger_reader *reader, const uint8_t hash[SG_SHA256_LEN], uint64_t *ret_consent,
    uint64_t *ret_outcome)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = reader->statements[RD_LATE];
    return find_among(use, hash, ret_consent, ret_outcome);
}

/*
 * Newest first is not tried: most questions are about older ones. Between the two looks some may be sorted in; so the index is asked once
 * more when the late ones did not have it.
 */
sg_result
ledger_find_signature(struct ledger_reader *reader, const uint8_t signature_hash[SG_SHA256_LEN],
    uint64_t *ret_consent, uint64_t *ret_outcome)
{
    sg_result r = find_indexed(reader, signature_hash, ret_consent, ret_outcome);
    if (r.code != SG_E_NOT_FOUND) {
        return r;
    }
    r = find_late(reader, signature_hash, ret_consent, ret_outcome);
    if (r.code != SG_E_NOT_FOUND) {
        return r;
    }
    return find_indexed(reader, signature_hash, ret_consent, ret_outcome);
}

sg_result
ledger_head(struct ledger_reader *reader, uint64_t *ret_size)
{
    sqlite3_stmt *use SG_CLEANUP(ledger_stmt_reset)
    = reader->statements[RD_HEAD];
    bool row;
    SG_TRY(ledger_step(use, &row));
    SG_REQUIRE(row, STORE_DOWN);
    *ret_size = ledger_column_uint(use, 0);
    return SG_DONE;
}

static void
tree_free(struct ledger_tree **tree)
{
    free(*tree);
}

sg_result
ledger_anchor_now(const struct ledger_place *place, struct ledger_anchor *ret)
{
    sqlite3 *db SG_CLEANUP(ledger_db_close)
    = NULL;
    sqlite3_stmt *all SG_CLEANUP(ledger_stmt_free)
    = NULL;
    struct ledger_tree *tree SG_CLEANUP(tree_free)
    = calloc(1, sizeof(*tree));
    SG_REQUIRE(tree != NULL, NO_MEMORY);
    SG_TRY(ledger_db_open(place->database, LEDGER_DB_READ, place->vfs, &db));
    SG_TRY(ledger_db_prepare(db, "SELECT entry FROM record ORDER BY seq", &all));
    for (;;) {
        bool row;
        SG_TRY(ledger_step(all, &row));
        if (!row) {
            break;
        }
        SG_TRY(ledger_tree_push(tree, tlog_leaf_hash(ledger_column_bytes(all, 0)), NULL, NULL));
    }
    *ret = (struct ledger_anchor){ .size = tree->size, .root = ledger_tree_root(tree) };
    return SG_DONE;
}
