/*
 * The two indexes of issuances, fed late. Entries gather in memory until they are a batch, which is sorted, so that neighbours share a
 * page, and enters in slices: at a hundred thousand rows nearly each entry has a page of its own, and a whole batch in one commit would hold its
 * answers back by 20 ms and more. `progress` says up to which seq they are in. Look-ups use the indexes and read the few rows behind them
 * (store_sql.c); after a crash the entries come back from those rows, and those of a slice that was in already are met again.
 */
#include <stdlib.h>

#include "store_inner.h"

#define SLICE_MIN \
    32 /* entries of each index that a commit takes along, and twice as many as it brought rows */

int64_t
store_index_hash(sg_bytes hash)
{
    int64_t h;
    memcpy(&h, hash.p,
        sizeof(h)); /* of a hash: any eight bytes do; equal ones are told apart by the row */
    return h;
}

int64_t
store_index_offer(sg_str offer_id)
{
    uint8_t hash[SG_SHA256_LEN];
    sg_sha256(sg_str_bytes(offer_id), hash);
    return store_index_hash(SG_BYTES(hash));
}

void
store_index_add(struct store *store, uint64_t seq, const uint8_t signature_hash[STORE_HASH_LEN],
    sg_str offer_id)
{
    if (store->n_fresh < STORE_FRESH_ROOM) {
        store->fresh[store->n_fresh] = (struct store_fresh){
            .signature = store_index_hash(sg_bytes_of(signature_hash, STORE_HASH_LEN)),
            .offer = store_index_offer(offer_id),
            .seq = seq,
        };
    }
    store->n_fresh++; /* beyond the room: counted, so that they are read back from their rows */
}

static int
by_hash(const void *a, const void *b)
{
    const struct store_entry *x = a;
    const struct store_entry *y = b;
    if (x->h != y->h) {
        return x->h < y->h ? -1 : 1;
    }
    return x->seq < y->seq ? -1 : x->seq > y->seq ? 1 : 0;
}

/* The next n entries of one index. */
static sg_result
insert_slice(struct store *store, enum store_sql sql, const struct store_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        STORE_QUERY(query, &store->writer, sql);
        store_bind_int(&query, entries[i].h);
        store_bind_int(&query, (int64_t)entries[i].seq);
        SG_TRY(store_run(&query, NULL));
    }
    return SG_DONE;
}

/* Take the next rows behind `after` into store->fresh; ret_last is the last one taken. */
static sg_result
read_back(struct store *store, uint64_t after, uint64_t *ret_last)
{
    store->n_fresh = 0;
    STORE_QUERY(query, &store->writer, SQL_TAIL);
    store_bind_int(&query, (int64_t)after);
    sg_result r = store_step(&query);
    for (; sg_ok(r) && store->n_fresh < STORE_FRESH_ROOM; r = store_step(&query)) {
        uint8_t hash[STORE_HASH_LEN];
        SG_TRY(store_column_hash(&query, 1, hash));
        const char *id = (const char *)sqlite3_column_text(query.statement, 2);
        *ret_last = (uint64_t)store_column_int(&query, 0);
        store_index_add(store, *ret_last, hash, sg_cstr(id));
    }
    return sg_ok(r) || r.code == SG_E_NOT_FOUND ? SG_DONE : r;
}

static sg_result
set_progress(struct store_db *db, uint64_t seq)
{
    STORE_QUERY(query, db, SQL_PROGRESS_SET);
    store_bind_int(&query, (int64_t)seq);
    return store_run(&query, NULL);
}

/* What gathered becomes the batch that enters. Only when no other one does. */
static void
begin_batch(struct store *store, uint64_t upto)
{
    size_t n = store->n_fresh;
    for (size_t i = 0; i < n; i++) {
        store->feed[0][i] = (struct store_entry){ store->fresh[i].signature, store->fresh[i].seq };
        store->feed[1][i] = (struct store_entry){ store->fresh[i].offer, store->fresh[i].seq };
    }
    qsort(store->feed[0], n, sizeof(store->feed[0][0]), by_hash);
    qsort(store->feed[1], n, sizeof(store->feed[1][0]), by_hash);
    store->n_feed = n;
    store->fed = 0;
    store->feed_upto = upto;
    store->n_fresh = 0;
}

static sg_result
feed_some(struct store *store, size_t most)
{
    size_t left = store->n_feed - store->fed;
    size_t n = left < most ? left : most;
    if (n == 0) {
        return SG_DONE;
    }
    SG_TRY(insert_slice(store, SQL_SIGNATURE_PUT, store->feed[0] + store->fed, n));
    SG_TRY(insert_slice(store, SQL_OFFER_SEQ_PUT, store->feed[1] + store->fed, n));
    store->fed += n;
    if (store->fed < store->n_feed) {
        return SG_DONE;
    }
    store->n_feed = 0;
    store->fed = 0;
    store->indexed = store->feed_upto;
    return set_progress(&store->writer, store->indexed);
}

/* One group brought more than there is room for: all that is not in yet comes from the rows, in pieces. */
static sg_result
feed_all(struct store *store)
{
    store->n_feed = 0;
    store->fed = 0;
    while (store->indexed < store->last_seq) {
        uint64_t last = store->last_seq;
        SG_TRY(read_back(store, store->indexed, &last));
        if (store->n_fresh == 0) { /* the last ones were undone: numbers without a row */
            store->indexed = last;
            return set_progress(&store->writer, last);
        }
        begin_batch(store, last);
        SG_TRY(feed_some(store, STORE_FRESH_ROOM));
    }
    store->n_fresh = 0;
    return SG_DONE;
}

sg_result
store_index_settle(struct store *store)
{
    if (store->n_fresh > STORE_FRESH_ROOM) {
        store->settled_seq = store->last_seq;
        return feed_all(store);
    }
    size_t rows = (size_t)(store->last_seq - store->settled_seq);
    store->settled_seq = store->last_seq;
    SG_TRY(feed_some(store, 2 * rows > SLICE_MIN ? 2 * rows : SLICE_MIN));
    if (store->n_feed == 0 && store->n_fresh >= STORE_FRESH_MAX) {
        begin_batch(store, store->last_seq);
    }
    return SG_DONE;
}

sg_result
store_index_resume(struct store *store)
{
    /* first of all: nothing that a lost transaction put in may count as in, even when we get no further */
    store->resume = true;
    store->n_feed = 0;
    store->fed = 0;
    store->n_fresh = 0;
    STORE_QUERY(query, &store->writer, SQL_PROGRESS_GET);
    SG_TRY(store_step(&query));
    store->indexed = (uint64_t)store_column_int(&query, 0);
    uint64_t rows = (uint64_t)store_column_int(&query, 1);
    store->last_seq = rows > store->indexed ? rows : store->indexed; /* no number twice */
    store->settled_seq = store->last_seq;
    uint64_t last;
    SG_TRY(read_back(store, store->indexed, &last));
    if (store->n_fresh == STORE_FRESH_ROOM) {
        store->n_fresh++; /* there may be more: from the rows next time */
    }
    store->resume = false;
    return SG_DONE;
}
