/*
 * The ledger (SIG-5, EV-1, EV-4): records appended in transactions, durable when ledger_commit returns. ARCHITECTURE "Ledger", docs/evidence.
 * A struct ledger belongs to the signer's committer thread. Others read through a struct ledger_reader of their own.
 *
 * The sequence number of a record is the index of its leaf in the tree; GENESIS is 0. An entry (what the leaf hashes) is
 * {version, type, time, SHA-256(blind || body)}; the blind is 32 random bytes. An entry's time never precedes the one before it.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include "ledger_db.h"
#include "ledger_files.h"
#include "tlog_note.h"
#include "wire_record.h"

struct ledger;

struct ledger_place {
    const char *database;             /* "signer/ledger.db" */
    const char *checkpoint;           /* "signer/checkpoint": last signed, private */
    const char *log;                  /* "log": folder of tiles and the published checkpoint */
    const char *vfs;                  /* NULL: ours (conf/vfs) */
    const struct ledger_files *files; /* NULL: POSIX */
};

/* A head of the ledger as the token keeps it. */
struct ledger_anchor {
    uint64_t size;
    struct tlog_hash root;
};

/*
 * Make the database with GENESIS (an encoded wire_genesis) as record 0, and the folder of the log. The log is not published yet:
 * that needs the log key. SG_E_CONFLICT when there is a database. Leaves a synced folder behind.
 */
SG_CHECKED sg_result ledger_create(
    const struct ledger_place *place, int64_t at_ms, sg_bytes genesis);

/*
 * Size and root of all records, read through: what a caller puts into the token as the first anchor after ledger_create.
 */
SG_CHECKED sg_result ledger_anchor_now(const struct ledger_place *place, struct ledger_anchor *ret);

/* Open for writing. Nothing may be appended before ledger_reconcile. SG_E_NOT_FOUND, SG_E_STORE_DOWN. */
SG_CHECKED sg_result ledger_open(const struct ledger_place *place, struct ledger **ret);
void ledger_close(struct ledger **ledger); /* rolls back what is open; NULL accepted */

/* The connection, for the registry's tables: same thread, same transaction. */
sqlite3 *ledger_sql(struct ledger *ledger);

/* ---- starting ------------------------------------------------------------------------------------ */

/* Why a ledger is not the one that was left. First that applies, worst first. */
enum ledger_fault {
    LEDGER_SOUND = 0,
    LEDGER_BROKEN, /* records missing in between, or an entry that does not parse or fit its body */
    LEDGER_SHORTER_THAN_ANCHOR, /* the token saw more records: an older database was put back */
    LEDGER_ANCHOR_DIFFERS,      /* same place, other root */
    LEDGER_SHORTER_THAN_CHECKPOINT,
    LEDGER_CHECKPOINT_DIFFERS,
    LEDGER_CHECKPOINT_FOREIGN, /* the stored or the published checkpoint does not verify under the log key or has another origin */
    LEDGER_CHECKPOINT_MISSING, /* one was published, or the anchor says so, and the signed copy is gone */
    LEDGER_PUBLISHED_AHEAD, /* the published checkpoint is not one that we stored before */
    LEDGER_FAULTS,
};
const char *ledger_fault_text(enum ledger_fault fault);

struct ledger_report {
    enum ledger_fault fault;
    uint64_t size;            /* records, those of reconciliation included */
    uint64_t checked;         /* leaves whose bodies and hashes were read again */
    uint64_t checkpoint_size; /* 0: none */
    uint64_t anchor_size;
    uint64_t n_unknown; /* consents that got the outcome `unknown` now */
};

/*
 * Compare the records with the signed checkpoint and with the token's anchor (NULL: the token has none), then give each CONSENT without
 * OUTCOME the outcome `unknown`, in one transaction, before anything else (crash rule; nothing is signed again). Every entry is read again and
 * hashed; bodies are hashed too from the last checkpoint on (`ledger verify` does all of them).
 * SG_E_CONFLICT with report->fault when the ledger is not the one that was left: nothing was changed; `accepted` (two operators' LEDGER_ACCEPT)
 * then lets everything pass but LEDGER_BROKEN, and is remembered for the heads it was about. After that no checkpoint is signed up to the largest size ever signed.
 */
SG_CHECKED sg_result ledger_reconcile(struct ledger *ledger, const struct tlog_vkey *log_key,
    const struct ledger_anchor *anchor, int64_t now_ms, bool accepted, struct ledger_report *ret);

/* ---- appending ----------------------------------------------------------------------------------- */

/* One transaction holds any number of records. SG_E_NOT_READY before reconciliation, SG_E_STORE_DOWN. */
SG_CHECKED sg_result ledger_begin(struct ledger *ledger);
/* Append; `body` is an encoded record of wire_record.h. SG_E_VALUE for OUTCOME, which goes the other way. */
SG_CHECKED sg_result ledger_append(struct ledger *ledger, enum wire_record_type type, int64_t at_ms,
    sg_bytes body, uint64_t *ret_seq);
/*
 * What stands beside a record and not in it: bytes that the body commits to under `salt` (wire_closed.h), and whose they are. Part of the same transaction, erased
 * without the record (EV-4).
 */
struct ledger_closed {
    uint8_t person[WIRE_ID_LEN];
    uint8_t salt[WIRE_BLIND_LEN];
    sg_bytes bytes;
};
/* Likewise, with its closed part. */
SG_CHECKED sg_result ledger_append_closed(struct ledger *ledger, enum wire_record_type type,
    int64_t at_ms, sg_bytes body, const struct ledger_closed *closed, uint64_t *ret_seq);
/*
 * Inside a transaction: all closed parts of a person, overwritten in the file (secure_delete); entries and bodies stay as they are. The
 * write-ahead log has their pages until ledger_scrub has cut it.
 */
SG_CHECKED sg_result ledger_erase_closed(struct ledger *ledger, const uint8_t person[WIRE_ID_LEN]);
/*
 * Outside of transactions, now and then: after an erasure, move the write-ahead log into the file and cut it, so that what was erased is in
 * neither. Nothing to do is the usual case. Never waits for a reader; what is in the way is met again, at most ten times a second. The first call
 * after opening does it too: a kill may have come between.
 */
void ledger_scrub(struct ledger *ledger, int64_t now_ms);
/*
 * Append an OUTCOME and index its signatures. Once per consent: SG_E_REPLAY; SG_E_NOT_FOUND when `consent_seq` is not a consent that
 * waits. hashes: wire_signature_hash of each, none unless SIGNED.
 */
SG_CHECKED sg_result ledger_append_outcome(struct ledger *ledger, int64_t at_ms, sg_bytes body,
    uint64_t consent_seq, const sg_bytes *hashes, size_t n_hashes, uint64_t *ret_seq);
/*
 * Claim a 32-byte name (intent id, instruction use ...) until `expires_at` (UTC seconds). SG_E_REPLAY if it was claimed before, in this
 * transaction too; the transaction stays usable. A claim lives as long as its transaction's outcome says and, at least, until
 * it expires by the clock given to ledger_forget: callers refuse expired intents themselves, first.
 */
SG_CHECKED sg_result ledger_claim_once(
    struct ledger *ledger, const uint8_t name[32], int64_t expires_at);
/* Drop claims that expired before `now`; cheap, call it now and then inside a transaction. */
SG_CHECKED sg_result ledger_forget(struct ledger *ledger, int64_t now);
/*
 * Remember an order's 32-byte name and the hash of its bytes, for ever: who could not hear the answer may ask again any time later.
 * SG_E_REPLAY: recorded before, in this transaction too, with these bytes. SG_E_CONFLICT: with others. The transaction stays usable.
 */
SG_CHECKED sg_result ledger_order_once(
    struct ledger *ledger, const uint8_t name[32], const uint8_t hash[32]);
/* Only look, inside a transaction or not: SG_E_NOT_FOUND, SG_E_REPLAY, SG_E_CONFLICT as above; never SG_OK. */
SG_CHECKED sg_result ledger_order_known(
    struct ledger *ledger, const uint8_t name[32], const uint8_t hash[32]);
/* Durable when it returns SG_OK. After any failure nothing of the transaction is there, and it is over. */
SG_CHECKED sg_result ledger_commit(struct ledger *ledger);
void ledger_rollback(struct ledger *ledger);

/* Number of records, those of the open transaction included. */
uint64_t ledger_size(const struct ledger *ledger);
/* Durable records. Any thread. */
uint64_t ledger_durable_size(const struct ledger *ledger);
/* Time of the last entry. */
int64_t ledger_last_at_ms(const struct ledger *ledger);

/* ---- reading ------------------------------------------------------------------------------------- */

/* A read connection, one thread at a time. Sees what is durable. */
struct ledger_reader;
SG_CHECKED sg_result ledger_reader_open(
    const struct ledger_place *place, struct ledger_reader **ret);
void ledger_reader_close(struct ledger_reader **reader);

struct ledger_record {
    uint64_t seq;
    uint64_t type; /* enum wire_record_type */
    sg_bytes entry;
    sg_bytes blind;       /* empty when erased */
    sg_bytes body;        /* empty when erased */
    uint64_t outcome_seq; /* CONSENT: its outcome; 0 if none yet */
    sg_bytes salt;        /* of the closed part; empty when there is none, or it was erased */
    sg_bytes closed;
    sg_bytes person; /* whose closed part it is */
};
/* A record, copied to the arena. SG_E_NOT_FOUND. */
SG_CHECKED sg_result ledger_read(
    struct ledger_reader *reader, struct sg_arena *arena, uint64_t seq, struct ledger_record *ret);
/* Records from..from+n in order, at most `n` and `max_bytes` of entries, blinds, bodies and closed parts (at least one record). */
SG_CHECKED sg_result ledger_read_range(struct ledger_reader *reader, struct sg_arena *arena,
    uint64_t from, size_t n, size_t max_bytes, struct ledger_record *ret, size_t *ret_n);
/* Who signed this (EV-2). SG_E_NOT_FOUND. */
SG_CHECKED sg_result ledger_find_signature(struct ledger_reader *reader,
    const uint8_t signature_hash[SG_SHA256_LEN], uint64_t *ret_consent, uint64_t *ret_outcome);
/* Number of durable records. */
SG_CHECKED sg_result ledger_head(struct ledger_reader *reader, uint64_t *ret_size);

#endif
