/* Inside gateway/store: the writer and the pool of readers. */
#ifndef STORE_INNER_H
#define STORE_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "sg_hash.h"
#include "store_db.h"

#define STORE_READERS 4
#define STORE_GROUP_MAX 512 /* units of one commit: bounds how long the first of them waits */

/* So many rows wait for their index entries: enough to share pages, few enough to be read through in a millisecond. */
#define STORE_FRESH_MAX 512
#define STORE_FRESH_ROOM (2 * STORE_FRESH_MAX)
struct store_fresh {
    int64_t signature, offer;
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

struct store {
    struct store_db writer; /* the writer thread's once it runs */
    uint64_t scrubbed_us;   /* the writer thread's: when the write-ahead log was last cut */
    pthread_t thread;
    bool started;
    /* the writer's: issuances, and those whose index entries are still to come (store_index.c) */
    uint64_t last_seq, indexed;
    struct store_fresh fresh[STORE_FRESH_ROOM];
    size_t n_fresh;

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
};

/* store_writer.c */
SG_CHECKED sg_result store_writer_start(struct store *store);
void store_writer_stop(struct store *store);
/* Never blocks on the database. When the writer is not there `done` runs at once. */
void store_submit(struct store *store, struct store_unit *unit);
/* Submit and wait. Not in a `done`. */
SG_CHECKED sg_result store_wait(struct store *store, struct store_unit *unit);

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

#endif
