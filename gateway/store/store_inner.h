/* Inside gateway/store: the writer and the pool of readers. */
#ifndef STORE_INNER_H
#define STORE_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "sg_buf.h"
#include "sg_hash.h"
#include "store_db.h"
#include "store_holder.h"

#define STORE_READERS 4
#define STORE_GROUP_MAX 512 /* units of one commit: bounds how long the first of them waits */

/*
 * So many rows are a batch of index entries: enough to share pages. With the batch that is on its way, up to some 800 rows are behind the
 * indexes, few enough to be read through in a millisecond or two.
 */
#define STORE_FRESH_MAX 512
#define STORE_FRESH_ROOM (2 * STORE_FRESH_MAX)
struct store_fresh {
    int64_t signature, offer;
    uint64_t seq;
};
/* An index entry: eight bytes of a hash, and the row. */
struct store_entry {
    int64_t h;
    uint64_t seq;
};

/* A piece of work for the writer thread. Several units share one transaction; a failing one leaves nothing behind. */
struct store_unit {
    struct store *store;
    sg_result (*run)(struct store_db *db, struct store_unit *unit);
    bool several; /* more than one statement changes something: needs a savepoint of its own */
    sg_result result;
    store_done done; /* writer thread, after the commit */
    void *context;
    struct store_unit *next;
};

/* store_mover.c. `due`: something was committed since the last move began. */
struct store_mover {
    struct store_db db; /* the thread's once it runs */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards due, closing */
    pthread_cond_t wake;
    bool due, closing;
    unsigned rest_ms; /* between two moves; before it is started, tests may change it */
    _Atomic uint64_t moves, failures;
};

struct store {
    struct store_mover mover;
    struct store_db writer; /* the writer thread's once it runs */
    uint64_t scrubbed_us;   /* the writer thread's: when it last tried to cut the write-ahead log */
    uint64_t scrub_failing_us; /* since when that fails, or the last patient try; 0: it does not */
    pthread_t thread;
    bool started;
    /* the writer's: issuances, and those whose index entries are still to come (store_index.c) */
    uint64_t last_seq, indexed;
    uint64_t settled_seq; /* last_seq of the commit before */
    bool resume;          /* a transaction was lost: where counting goes on is still to be read */
    struct store_fresh fresh[STORE_FRESH_ROOM];
    size_t n_fresh;
    /* the batch that is entering the indexes: n entries of each, sorted, of which `fed` are in */
    struct store_entry feed[2][STORE_FRESH_ROOM];
    size_t n_feed, fed;
    uint64_t feed_upto; /* indexed when all are in */

    pthread_mutex_t lock; /* guards first, last, closing, sleeping */
    pthread_cond_t more;
    struct store_unit *first, *last;
    bool closing, sleeping;
    size_t last_group; /* the writer's: units of the group before */

    pthread_mutex_t readers_lock; /* guards free_readers, n_free */
    pthread_cond_t reader_free;
    struct store_db readers[STORE_READERS];
    struct store_db *free_readers[STORE_READERS];
    size_t n_free;

    _Atomic uint64_t commits, changes, failures, commit_us_sum, commit_us_max;
    _Atomic bool healthy;

    bool vault; /* the key is there; both are set before the threads start */
    uint8_t vault_key[32];
};

/* store_writer.c */
SG_CHECKED sg_result store_writer_start(struct store *store);
void store_writer_stop(struct store *store);
/* Never blocks on the database. When the writer is not there `done` runs at once. */
void store_submit(struct store *store, struct store_unit *unit);
/* Submit and wait. Not in a `done`. */
SG_CHECKED sg_result store_wait(struct store *store, struct store_unit *unit);

/* store_mover.c. Stop before its connection closes; not started, it does nothing. */
void store_mover_init(struct store_mover *mover);
SG_CHECKED sg_result store_mover_start(struct store_mover *mover);
void store_mover_stop(struct store_mover *mover);
/* After a commit. Never waits for a move. */
void store_mover_tell(struct store_mover *mover);

/* store.c: a reading connection, waiting for one if all are in use; given back by the cleanup. */
struct store_reader {
    struct store *store;
    struct store_db *db;
};
struct store_reader store_reader_take(struct store *store);
void store_reader_give(struct store_reader *reader);
#define STORE_READER(name, store) \
    SG_CLEANUP(store_reader_give) \
    struct store_reader name = store_reader_take(store)

/* store_index.c */
int64_t store_index_hash(sg_bytes hash);
int64_t store_index_offer(sg_str offer_id);
void store_index_add(struct store *store, uint64_t seq,
    const uint8_t signature_hash[STORE_HASH_LEN], sg_str offer_id);
/* At the end of a transaction of the writer's. */
SG_CHECKED sg_result store_index_settle(struct store *store);
/* Where counting goes on: at start, and after a transaction that was lost. */
SG_CHECKED sg_result store_index_resume(struct store *store);

/* store_lists.c: what a single entry needs to know of its list. SG_E_NOT_FOUND. */
struct store_list_head {
    uint64_t bits, size;
    int64_t id;
};
SG_CHECKED sg_result store_list_head_get(
    struct store_db *db, sg_str name, uint64_t *ret_reserved, struct store_list_head *ret);
/* One entry as it is; changed when `set` is not NULL. The caller has looked at size and bits. */
SG_CHECKED sg_result store_list_entry(struct store_db *db, const struct store_list_head *head,
    uint64_t idx, const uint64_t *set, uint64_t *ret);

/* store_tokens.c: also part of redeeming an offer */
SG_CHECKED sg_result store_token_insert(struct store_db *db, const struct store_token *token);
SG_CHECKED sg_result store_token_delete(struct store_db *db, sg_str offer_id);

/* ---- store_vault.c: sealing ----------------------------------------------------------------------- */

#define STORE_KEY_LEN 32
/* A person's key; wiped when it goes out of scope. */
struct store_person_key {
    uint8_t key[STORE_KEY_LEN];
};
void store_person_key_wipe(struct store_person_key *key);
#define STORE_PERSON_KEY(name)        \
    SG_CLEANUP(store_person_key_wipe) \
    struct store_person_key name = { { 0 } }

/* Where a sealed value stands; authenticated with it. */
struct store_place {
    const char *table;
    const uint8_t *person;
    sg_bytes row; /* empty: the person's only one */
};
/* SG_E_NO_MEMORY, SG_E_TOO_LARGE. */
SG_CHECKED sg_result store_seal(struct sg_arena *arena, const struct store_person_key *key,
    const struct store_place *place, sg_bytes plain, sg_bytes *ret);
/* SG_E_STORE_DOWN: changed, moved, or of another key. */
SG_CHECKED sg_result store_unseal(struct sg_arena *arena, const struct store_person_key *key,
    const struct store_place *place, sg_bytes sealed, sg_bytes *ret);
/* A new key for a person, sealed under the store's. SG_E_STORE_DOWN without a vault. */
SG_CHECKED sg_result store_person_key_make(
    struct store *store, const uint8_t *person, struct sg_arena *arena, sg_bytes *ret_wrapped);
/* Of an open account. SG_E_NOT_FOUND. */
SG_CHECKED sg_result store_person_key_get(
    struct store *store, const uint8_t *person, struct store_person_key *ret);
/* The same from a row's column. */
SG_CHECKED sg_result store_person_key_open(
    struct store *store, const uint8_t *person, sg_bytes wrapped, struct store_person_key *ret);
/* What is looked up but tells of a person: keyed with the store's key. SG_E_STORE_DOWN without a vault. */
SG_CHECKED sg_result store_vault_hash(struct store *store, const char *tag, const sg_bytes *parts,
    size_t n, uint8_t ret[STORE_HASH_LEN]);

/* Two-byte and four-byte lengths before each part: what a sealed value holds. */
void store_put_part(struct sg_buf *buf, sg_bytes part);
SG_CHECKED sg_result store_take_part(sg_bytes *in, sg_bytes *ret);

/* store_sessions.c: everything that lets somebody act for a person ends, but for one session (NULL: none stays). Inside a unit. */
SG_CHECKED sg_result store_access_end(
    struct store_db *db, const uint8_t *person, const uint8_t *but);

#endif
