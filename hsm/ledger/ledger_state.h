/* What the files of hsm/ledger share: the writer's state. Owned by the committer thread but for `durable`. */
#ifndef LEDGER_STATE_H
#define LEDGER_STATE_H

#include <stdatomic.h>

#include "ledger.h"
#include "ledger_claims.h"
#include "ledger_tree.h"

#define LEDGER_BLINDS 64        /* random bytes are fetched for so many records at once */
#define LEDGER_SIGNATURE_RUN 16 /* neighbours looked at when two signatures share 63 bits */

/* Where the publisher goes on: found by reconciliation. */
struct ledger_resume {
    struct ledger_tree
        tree; /* at the last stored checkpoint, or empty when the log is to be written anew */
    uint64_t stored_size; /* of the stored checkpoint, 0 if none */
    uint64_t floor;       /* no checkpoint up to this size is signed */
    sg_bytes stored_note; /* to be published again when the published one is older; in the arena */
    bool publish_stored;
};

/*
 * Signatures are found by hash, so their places on disk are random: a page each. They are kept here until there are enough to be sorted
 * in with few pages; till then a reader finds them by reading the last records.
 */
#define LEDGER_LATE_MAX 1024
struct ledger_late {
    uint64_t hash; /* first 63 bits */
    uint64_t outcome;
};

enum ledger_statement {
    ST_BEGIN,
    ST_COMMIT,
    ST_ROLLBACK,
    ST_RECORD,
    ST_BODY,
    ST_CLOSED,
    ST_ERASE,
    ST_WAIT,
    ST_OUTCOME,
    ST_SIGNATURE,
    ST_INDEXED,
    ST_CLAIM,
    ST_FORGET,
    ST_ORDERED,
    ST_ORDER,
    ST_COUNT
};

struct ledger {
    struct ledger_place place;
    sqlite3 *db;
    sqlite3_stmt *statements[ST_COUNT];
    struct sg_arena *arena; /* entries of the open transaction */
    struct sg_arena *kept;  /* names of the place, the stored note */
    struct ledger_claims claims;
    struct ledger_claims
        slow;    /* those that live long: they must not keep the others from being forgotten */
    bool ready;  /* reconciled */
    bool open;   /* a transaction is */
    bool failed; /* something in it went wrong: it can only be rolled back */
    uint64_t size;
    int64_t last_at_ms;
    uint64_t next_claim;
    uint64_t begun_size; /* what a rollback goes back to */
    int64_t begun_last_at_ms;
    uint64_t begun_next_claim;
    size_t begun_claims; /* claims made since */
    size_t begun_slow;
    int wal_pages;
    bool erasing; /* the open transaction takes closed parts away */
    bool erased;  /* one did, perhaps before a kill: their pages are to go from the WAL too */
    int64_t scrub_at_ms;
    uint8_t blinds[LEDGER_BLINDS][WIRE_BLIND_LEN];
    size_t n_blinds; /* not used yet */
    struct ledger_resume *resume;
    struct ledger_late *late; /* not in the table `signature` yet */
    size_t n_late;
    size_t cap_late;
    bool late_sorted_in; /* by the open transaction: forgotten when it is durable */
    _Atomic uint64_t durable;
};

/* Copies of the names, defaults filled in. */
SG_CHECKED sg_result ledger_place_copy(
    struct sg_arena *arena, const struct ledger_place *from, struct ledger_place *ret);

/* First 63 bits of a signature hash. */
uint64_t ledger_hash63(const uint8_t hash[SG_SHA256_LEN]);

/* Begin without asking whether the ledger is ready: for GENESIS and for reconciliation. */
SG_CHECKED sg_result ledger_begin_any(struct ledger *ledger);

/* Append of any type: what ledger_append and ledger_append_outcome stand on. */
SG_CHECKED sg_result ledger_put_record(struct ledger *ledger, enum wire_record_type type,
    int64_t at_ms, sg_bytes body, uint64_t *ret_seq);

#endif
