/*
 * Issuances: the one commit of a credential request. Rows are copied into the unit, so that the request's arena is free to go. Where
 * they lie: store_schema.c.
 */
#include <stdlib.h>

#include "store_inner.h"

struct issuance_commit {
    struct store_unit unit; /* first */
    store_done done;
    void *context;
    size_t n;
    struct store_issuance rows[]; /* their texts and blobs lie behind them */
};
struct issuance_seq {
    struct store_unit unit;
    uint64_t seq;
};

/* The members of a row that point somewhere. */
static size_t
pointed(struct store_issuance *row, sg_bytes *ret[6])
{
    /* sg_str and sg_bytes have one shape; both are only copied here */
    ret[0] = (sg_bytes *)(void *)&row->offer_id;
    ret[1] = (sg_bytes *)(void *)&row->identifier;
    ret[2] = (sg_bytes *)(void *)&row->list;
    ret[3] = (sg_bytes *)(void *)&row->configuration;
    ret[4] = (sg_bytes *)(void *)&row->client;
    ret[5] = &row->openings;
    return 6;
}
_Static_assert(sizeof(sg_str) == sizeof(sg_bytes), "views have one shape");

static sg_result
copy_rows(const struct store_issuance *rows, size_t n, struct issuance_commit **ret)
{
    size_t texts = 0;
    for (size_t i = 0; i < n; i++) {
        const struct store_issuance *row = &rows[i];
        SG_REQUIRE(row->openings.n <= STORE_OPENINGS_MAX && row->offer_id.n <= STORE_TEXT_MAX &&
                       row->identifier.n <= STORE_TEXT_MAX && row->list.n <= STORE_TEXT_MAX &&
                       row->configuration.n <= STORE_TEXT_MAX && row->client.n <= STORE_TEXT_MAX,
            TOO_LARGE);
        texts += row->openings.n + row->offer_id.n + row->identifier.n + row->list.n +
                 row->configuration.n + row->client.n;
    }
    struct issuance_commit *work = malloc(sizeof(*work) + n * sizeof(rows[0]) + texts);
    SG_REQUIRE(work != NULL, NO_MEMORY);
    *work = (struct issuance_commit){ .n = n };
    memcpy(work->rows, rows, n * sizeof(rows[0]));
    uint8_t *at = (uint8_t *)(work->rows + n);
    for (size_t i = 0; i < n; i++) {
        sg_bytes *parts[6];
        size_t n_parts = pointed(&work->rows[i], parts);
        for (size_t k = 0; k < n_parts; k++) {
            if (parts[k]->n > 0) {
                memcpy(at, parts[k]->p, parts[k]->n);
                parts[k]->p = at;
                at += parts[k]->n;
            }
        }
    }
    *ret = work;
    return SG_DONE;
}

static sg_result
insert(struct store *store, const struct store_issuance *row)
{
    STORE_QUERY(query, &store->writer, SQL_ISSUANCE_PUT);
    store_bind_int(&query, (int64_t)++store->last_seq);
    store_bind_str(&query, row->offer_id);
    store_bind_bytes(&query, SG_BYTES(row->token_hash));
    store_bind_str(&query, row->identifier);
    store_bind_bytes(&query, SG_BYTES(row->holder));
    store_bind_str(&query, row->list);
    store_bind_int(&query, row->idx);
    store_bind_int(&query, (int64_t)row->state);
    store_bind_bytes(&query, SG_BYTES(row->signature_hash));
    store_bind_bytes(&query, row->openings);
    store_bind_int(&query, (int64_t)row->consent_seq);
    store_bind_int(&query, (int64_t)row->outcome_seq);
    store_bind_str(&query, row->configuration);
    store_bind_str(&query, row->client);
    store_bind_int(&query, row->signed_at);
    store_bind_int(&query, row->expires_at);
    SG_TRY(store_run(&query, NULL));
    store_index_add(store, store->last_seq, row->signature_hash, row->offer_id);
    return SG_DONE;
}

static sg_result
commit(struct store_db *db, struct store_unit *unit)
{
    (void)db;
    struct issuance_commit *work = (struct issuance_commit *)unit;
    for (size_t i = 0; i < work->n; i++) {
        SG_TRY(insert(unit->store, &work->rows[i]));
    }
    return SG_DONE;
}

static void
committed(void *context, sg_result result)
{
    struct issuance_commit *work = context;
    work->done(work->context, result);
    free(work);
}

void
store_issuance_commit(struct store *store, const struct store_issuance *rows, size_t n,
    store_done done, void *context)
{
    struct issuance_commit *work = NULL;
    sg_result copied = copy_rows(rows, n, &work);
    if (!sg_ok(copied)) {
        done(context, copied);
        return;
    }
    work->unit.run = commit;
    work->unit.several = n > 1;
    work->unit.done = committed;
    work->unit.context = work;
    work->done = done;
    work->context = context;
    store_submit(store, &work->unit);
}

sg_result
store_issuance_count(struct store *store, sg_str offer_id, sg_str identifier, uint64_t *ret)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_ISSUANCE_COUNT);
    store_bind_str(&query, offer_id);
    store_bind_str(&query, identifier);
    store_bind_int(&query, store_index_offer(offer_id));
    SG_TRY(store_step(&query));
    *ret = (uint64_t)store_column_int(&query, 0);
    return SG_DONE;
}

static sg_result
read_row(struct store_query *query, struct sg_arena *arena, struct store_issuance *ret)
{
    SG_TRY(store_step(query));
    struct store_issuance row = { .seq = (uint64_t)store_column_int(query, 0) };
    SG_TRY(store_column_str(query, 1, arena, &row.offer_id));
    SG_TRY(store_column_hash(query, 2, row.token_hash));
    SG_TRY(store_column_str(query, 3, arena, &row.identifier));
    SG_TRY(store_column_hash(query, 4, row.holder));
    SG_TRY(store_column_str(query, 5, arena, &row.list));
    row.idx = store_column_int(query, 6);
    row.state = (uint64_t)store_column_int(query, 7);
    SG_TRY(store_column_hash(query, 8, row.signature_hash));
    SG_TRY(store_column_bytes(query, 9, arena, &row.openings));
    row.consent_seq = (uint64_t)store_column_int(query, 10);
    row.outcome_seq = (uint64_t)store_column_int(query, 11);
    SG_TRY(store_column_str(query, 12, arena, &row.configuration));
    SG_TRY(store_column_str(query, 13, arena, &row.client));
    row.signed_at = store_column_int(query, 14);
    row.expires_at = store_column_int(query, 15);
    *ret = row;
    return SG_DONE;
}

sg_result
store_issuance_holder(struct store *store, sg_str offer_id, sg_str identifier,
    const uint8_t holder[STORE_HASH_LEN], struct sg_arena *arena, struct store_issuance *ret)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_ISSUANCE_HOLDER);
    store_bind_str(&query, offer_id);
    store_bind_str(&query, identifier);
    store_bind_bytes(&query, sg_bytes_of(holder, STORE_HASH_LEN));
    store_bind_int(&query, store_index_offer(offer_id));
    return read_row(&query, arena, ret);
}

sg_result
store_issuance_by_signature(struct store *store, const uint8_t signature_hash[STORE_HASH_LEN],
    struct sg_arena *arena, struct store_issuance *ret)
{
    sg_bytes hash = sg_bytes_of(signature_hash, STORE_HASH_LEN);
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_ISSUANCE_BY_SIGNATURE);
    store_bind_bytes(&query, hash);
    store_bind_int(&query, store_index_hash(hash));
    return read_row(&query, arena, ret);
}

static sg_result
supersede(struct store_db *db, struct store_unit *unit)
{
    STORE_QUERY(query, db, SQL_ISSUANCE_SUPERSEDE);
    store_bind_int(&query, (int64_t)((struct issuance_seq *)unit)->seq);
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, NOT_FOUND);
    return SG_DONE;
}

sg_result
store_issuance_supersede(struct store *store, uint64_t seq)
{
    struct issuance_seq work = { .unit.run = supersede, .seq = seq };
    return store_wait(store, &work.unit);
}
