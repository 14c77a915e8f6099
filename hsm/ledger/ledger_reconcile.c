/*
 * Starting (crash rule, EV-1): is this the ledger that was left, and what was in flight? Every entry is read and hashed once; on the way the root is
 * compared at the sizes that the stored checkpoint and the token's anchor name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ledger_state.h"

const char *
ledger_fault_text(enum ledger_fault fault)
{
    static const char *const texts[LEDGER_FAULTS] = {
        [LEDGER_SOUND] = "the ledger is the one that was left",
        [LEDGER_BROKEN] = "records are missing in between or do not fit their bodies",
        [LEDGER_SHORTER_THAN_ANCHOR] = "the token's anchor knows more records than the ledger has",
        [LEDGER_ANCHOR_DIFFERS] = "the ledger differs from what the token's anchor says",
        [LEDGER_SHORTER_THAN_CHECKPOINT] = "a signed checkpoint has more records than the ledger",
        [LEDGER_CHECKPOINT_DIFFERS] = "the ledger differs from what a signed checkpoint says",
        [LEDGER_CHECKPOINT_FOREIGN] = "a checkpoint is not signed by this ledger's key",
        [LEDGER_CHECKPOINT_MISSING] = "the signed copy of the last checkpoint is gone",
        [LEDGER_PUBLISHED_AHEAD] = "the published checkpoint was not stored before",
    };
    return fault < LEDGER_FAULTS ? texts[fault] : "unknown fault";
}

/* ---- what the ledger is compared with ------------------------------------------------------------ */

enum { HEAD_ANCHOR, HEAD_STORED, HEAD_PUBLISHED, HEADS };

struct head {
    bool there;
    bool foreign;
    bool accepted; /* two operators gave this head up before */
    bool equal;    /* the scan passed its size with its root */
    uint64_t size;
    struct tlog_hash root;
    sg_bytes note;
};

static sg_result
read_checkpoint(
    struct ledger *ledger, const char *path, const struct tlog_vkey *log_key, struct head *ret)
{
    struct tlog_checkpoint cp;
    sg_result got = ledger_files_get(ledger->kept, path, TLOG_CHECKPOINT_MAX, &ret->note);
    if (got.code == SG_E_NOT_FOUND) {
        return SG_DONE;
    }
    SG_TRY(got);
    ret->there = true;
    sg_result opened = tlog_checkpoint_open(ledger->kept, sg_bytes_str(ret->note), log_key, &cp);
    if (!sg_ok(opened)) {
        SG_REQUIRE(opened.code != SG_E_NO_MEMORY, NO_MEMORY);
        ret->foreign = true;
        return SG_DONE;
    }
    ret->size = cp.size;
    ret->root = cp.root;
    return SG_DONE;
}

static sg_result
mark_accepted(struct ledger *ledger, struct head *head)
{
    sqlite3_stmt *find SG_CLEANUP(ledger_stmt_free)
    = NULL;
    SG_TRY(
        ledger_db_prepare(ledger->db, "SELECT 1 FROM accepted WHERE size = ? AND root = ?", &find));
    ledger_bind_uint(find, 1, head->size);
    ledger_bind_bytes(find, 2, SG_BYTES(head->root.b));
    return ledger_step(find, &head->accepted);
}

static sg_result
read_heads(struct ledger *ledger, const struct tlog_vkey *log_key,
    const struct ledger_anchor *anchor, struct head heads[HEADS])
{
    char published[LEDGER_PATH_MAX];
    (void)snprintf(published, sizeof(published), "%s/checkpoint", ledger->place.log);
    if (anchor != NULL) {
        heads[HEAD_ANCHOR] =
            (struct head){ .there = true, .size = anchor->size, .root = anchor->root };
    }
    SG_TRY(read_checkpoint(ledger, ledger->place.checkpoint, log_key, &heads[HEAD_STORED]));
    SG_TRY(read_checkpoint(ledger, published, log_key, &heads[HEAD_PUBLISHED]));
    for (size_t i = 0; i < HEADS; i++) {
        if (heads[i].there && !heads[i].foreign) {
            SG_TRY(mark_accepted(ledger, &heads[i]));
        }
    }
    return SG_DONE;
}

/* ---- reading all entries ------------------------------------------------------------------------- */

struct scan {
    struct ledger *ledger;
    struct head *heads;
    struct ledger_tree tree;
    struct ledger_resume *resume;
    uint64_t bodies_from;
    uint64_t checked;
    int64_t last_at_ms;
};

static void
pass_heads(struct scan *scan)
{
    for (size_t i = 0; i < HEADS; i++) {
        struct head *head = &scan->heads[i];
        if (head->there && !head->foreign && head->size == scan->tree.size) {
            struct tlog_hash root = ledger_tree_root(&scan->tree);
            head->equal = memcmp(root.b, head->root.b, TLOG_HASH_LEN) == 0;
        }
    }
    if (scan->resume->stored_size == scan->tree.size) {
        scan->resume->tree = scan->tree;
    }
}

/* False when the record cannot be one that this ledger wrote. */
static bool
entry_fits(struct scan *scan, uint64_t seq, sg_bytes encoded, sg_bytes blind, sg_bytes body)
{
    struct wire_entry entry;
    if (!sg_ok(wire_entry_parse(encoded, &entry)) || entry.at_ms < scan->last_at_ms ||
        (seq == 0) != (entry.type == WIRE_REC_GENESIS)) {
        return false;
    }
    scan->last_at_ms = entry.at_ms;
    if (body.n == 0) {
        return true; /* not asked for, or erased: the hash stands for it */
    }
    uint8_t hash[SG_SHA256_LEN];
    wire_body_hash(blind, body, hash);
    scan->checked++;
    return memcmp(hash, entry.body_hash.p, sizeof(hash)) == 0;
}

static const char SCAN_SQL[] =
    "SELECT r.seq, r.entry, r.blind, CASE WHEN r.seq >= ? THEN b.body END"
    " FROM record r LEFT JOIN body b ON b.seq = r.seq AND r.seq >= ? ORDER BY r.seq";

/* All records in order; `ret_sound` false when one is missing or wrong. */
static sg_result
scan_all(struct scan *scan, bool *ret_sound)
{
    sqlite3_stmt *all SG_CLEANUP(ledger_stmt_free)
    = NULL;
    bool row;
    SG_TRY(ledger_db_prepare(scan->ledger->db, SCAN_SQL, &all));
    ledger_bind_uint(all, 1, scan->bodies_from);
    ledger_bind_uint(all, 2, scan->bodies_from);
    *ret_sound = false;
    pass_heads(scan);
    for (uint64_t seq = 0;; seq++) {
        SG_TRY(ledger_step(all, &row));
        if (!row) {
            *ret_sound = seq == scan->ledger->size && seq > 0;
            return SG_DONE;
        }
        sg_bytes entry = ledger_column_bytes(all, 1);
        if (ledger_column_uint(all, 0) != seq ||
            !entry_fits(
                scan, seq, entry, ledger_column_bytes(all, 2), ledger_column_bytes(all, 3))) {
            return SG_DONE;
        }
        SG_TRY(ledger_tree_push(&scan->tree, tlog_leaf_hash(entry), NULL, NULL));
        pass_heads(scan);
    }
}

/* ---- verdict ------------------------------------------------------------------------------------- */

static bool
lost(const struct head *head)
{
    return head->there && !head->foreign && !head->accepted;
}

static enum ledger_fault
verdict(const struct head heads[HEADS], uint64_t size)
{
    const struct head *anchor = &heads[HEAD_ANCHOR];
    const struct head *stored = &heads[HEAD_STORED];
    const struct head *published = &heads[HEAD_PUBLISHED];
    bool anchor_says_more = anchor->there && anchor->size > 1 && !anchor->accepted;
    const struct {
        bool holds;
        enum ledger_fault fault;
    } rows[] = {
        { lost(anchor) && anchor->size > size, LEDGER_SHORTER_THAN_ANCHOR },
        { lost(anchor) && !anchor->equal, LEDGER_ANCHOR_DIFFERS },
        { lost(stored) && stored->size > size, LEDGER_SHORTER_THAN_CHECKPOINT },
        { lost(published) && published->size > size, LEDGER_SHORTER_THAN_CHECKPOINT },
        { lost(stored) && !stored->equal, LEDGER_CHECKPOINT_DIFFERS },
        { lost(published) && !published->equal, LEDGER_CHECKPOINT_DIFFERS },
        { stored->foreign || published->foreign, LEDGER_CHECKPOINT_FOREIGN },
        { !stored->there && lost(published), LEDGER_CHECKPOINT_MISSING },
        { !stored->there && anchor_says_more, LEDGER_CHECKPOINT_MISSING },
        { lost(published) && published->size > stored->size, LEDGER_PUBLISHED_AHEAD },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].holds) {
            return rows[i].fault;
        }
    }
    return LEDGER_SOUND;
}

/* Remember which heads were given up, so that the next start does not ask again. Inside the transaction of reconciliation. */
static sg_result
accept_heads(struct ledger *ledger, const struct head heads[HEADS])
{
    sqlite3_stmt *add SG_CLEANUP(ledger_stmt_free)
    = NULL;
    SG_TRY(ledger_db_prepare(ledger->db, "INSERT INTO accepted(size, root) VALUES(?, ?)", &add));
    for (size_t i = 0; i < HEADS; i++) {
        if (!lost(&heads[i])) {
            continue;
        }
        ledger_bind_uint(add, 1, heads[i].size);
        ledger_bind_bytes(add, 2, SG_BYTES(heads[i].root.b));
        SG_TRY(ledger_run(add));
        ledger_stmt_reset(&add);
    }
    return SG_DONE;
}

/*
 * The publisher goes on from the stored checkpoint if it is ours and the log has one too; otherwise all tiles are written again. Sizes that
 * were signed once are never signed again with another root.
 */
static void
plan_publisher(struct ledger_resume *resume, const struct head heads[HEADS])
{
    const struct head *stored = &heads[HEAD_STORED];
    const struct head *published = &heads[HEAD_PUBLISHED];
    for (size_t i = 0; i < HEADS; i++) {
        /* the first anchor is GENESIS alone, which no checkpoint has shown yet */
        bool signed_once = i != HEAD_ANCHOR || heads[i].size > 1;
        if (heads[i].there && signed_once && heads[i].size > resume->floor) {
            resume->floor = heads[i].size;
        }
    }
    bool usable = stored->there && !stored->foreign && stored->equal && published->there &&
                  !published->foreign && published->equal;
    if (!usable) {
        resume->tree = (struct ledger_tree){ 0 };
    }
    if (stored->there && stored->equal) {
        resume->stored_note = stored->note;
        resume->publish_stored =
            !published->there || !sg_bytes_equal(stored->note, published->note);
    }
}

/* ---- the crash rule ------------------------------------------------------------------------------ */

/* Consents that wait, oldest first, `max` at most. */
static sg_result
waiting(struct ledger *ledger, uint64_t *seqs, size_t max, size_t *ret_n)
{
    sqlite3_stmt *open SG_CLEANUP(ledger_stmt_free)
    = NULL;
    bool row;
    size_t n = 0;
    SG_TRY(ledger_db_prepare(ledger->db,
        "SELECT consent FROM outcome WHERE outcome < 0 ORDER BY consent LIMIT ?", &open));
    ledger_bind_uint(open, 1, max);
    for (;;) {
        SG_TRY(ledger_step(open, &row));
        if (!row) {
            *ret_n = n;
            return SG_DONE;
        }
        seqs[n++] = ledger_column_uint(open, 0);
    }
}

static sg_result
append_unknown(struct ledger *ledger, uint64_t consent_seq, int64_t now_ms)
{
    int64_t at_ms = now_ms < ledger->last_at_ms ? ledger->last_at_ms : now_ms;
    struct wire_outcome outcome = {
        .consent_seq = consent_seq, .kind = WIRE_OUT_UNKNOWN, .at_ms = at_ms
    };
    sg_bytes body;
    uint64_t seq;
    SG_TRY(wire_outcome_encode(ledger->arena, &outcome, &body));
    return ledger_append_outcome(ledger, at_ms, body, consent_seq, NULL, 0, &seq);
}

static sg_result
close_waiting(struct ledger *ledger, int64_t now_ms, uint64_t *ret_n)
{
    enum { AT_ONCE = 256 };
    uint64_t seqs[AT_ONCE];
    size_t n;
    *ret_n = 0;
    do {
        SG_TRY(waiting(ledger, seqs, AT_ONCE, &n));
        for (size_t i = 0; i < n; i++) {
            SG_TRY(append_unknown(ledger, seqs[i], now_ms));
        }
        *ret_n += n;
    } while (n == AT_ONCE);
    return SG_DONE;
}

static sg_result
reconcile_in_transaction(struct ledger *ledger, const struct head heads[HEADS], bool give_up,
    int64_t now_ms, uint64_t *ret_unknown)
{
    SG_TRY(close_waiting(ledger, now_ms, ret_unknown));
    return give_up ? accept_heads(ledger, heads) : SG_DONE;
}

static void
scan_free(struct scan **scan)
{
    free(*scan);
}

/* Read everything and judge. */
static sg_result
judge(struct ledger *ledger, struct head heads[HEADS], struct ledger_report *report)
{
    struct scan *scan SG_CLEANUP(scan_free)
    = calloc(1, sizeof(*scan));
    SG_REQUIRE(scan != NULL, NO_MEMORY);
    scan->ledger = ledger;
    scan->heads = heads;
    scan->resume = ledger->resume;
    scan->bodies_from = heads[HEAD_STORED].foreign ? 0 : heads[HEAD_STORED].size;
    ledger->resume->stored_size = scan->bodies_from;
    bool sound;
    SG_TRY(scan_all(scan, &sound));
    report->checked = scan->checked;
    report->size = ledger->size;
    report->checkpoint_size = heads[HEAD_STORED].size;
    report->anchor_size = heads[HEAD_ANCHOR].size;
    report->fault = sound ? verdict(heads, ledger->size) : LEDGER_BROKEN;
    return SG_DONE;
}

sg_result
ledger_reconcile(struct ledger *ledger, const struct tlog_vkey *log_key,
    const struct ledger_anchor *anchor, int64_t now_ms, bool accepted, struct ledger_report *ret)
{
    SG_REQUIRE(!ledger->ready && !ledger->open, INTERNAL);
    struct head heads[HEADS] = { 0 };
    struct ledger_report report = { 0 };
    ledger_point("reconcile-before");
    if (ledger->resume == NULL) {
        ledger->resume = calloc(1, sizeof(*ledger->resume));
        SG_REQUIRE(ledger->resume != NULL, NO_MEMORY);
    }
    *ledger->resume = (struct ledger_resume){ 0 };
    SG_TRY(read_heads(ledger, log_key, anchor, heads));
    SG_TRY(judge(ledger, heads, &report));
    bool go_on = report.fault == LEDGER_SOUND || (accepted && report.fault != LEDGER_BROKEN);
    if (!go_on) {
        *ret = report;
        SG_FAIL(CONFLICT);
    }
    plan_publisher(ledger->resume, heads);

    SG_TRY(ledger_begin_any(ledger));
    sg_result done = reconcile_in_transaction(
        ledger, heads, report.fault != LEDGER_SOUND, now_ms, &report.n_unknown);
    if (!sg_ok(done)) {
        ledger_rollback(ledger);
        return done;
    }
    SG_TRY(ledger_commit(ledger));
    ledger->ready = true;
    report.size = ledger->size;
    *ret = report;
    ledger_point("reconcile-after");
    return SG_DONE;
}
