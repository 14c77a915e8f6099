/* Authorization codes of wallets: used once; a second use ends what the first one got (RFC 6749 4.1.2). req: AU-6 */
#include "sg_text.h"
#include "store_inner.h"

struct code_work {
    struct store_unit unit; /* first */
    const struct store_code *code;
    const uint8_t *hash;
    int64_t now;
    const struct store_token *token;
    bool replayed;
};

static struct code_work *
work_of(struct store_unit *unit)
{
    return (struct code_work *)unit;
}

static sg_result
put(struct store_db *db, struct store_unit *unit)
{
    const struct store_code *code = work_of(unit)->code;
    STORE_QUERY(query, db, SQL_CODE_PUT);
    store_bind_bytes(&query, SG_BYTES(code->hash));
    store_bind_bytes(&query, SG_BYTES(code->person));
    store_bind_str(&query, code->client);
    store_bind_str(&query, code->redirect_uri);
    store_bind_bytes(&query, SG_BYTES(code->challenge));
    store_bind_bytes(&query, code->jkt);
    store_bind_int(&query, code->expires_at);
    store_bind_int(&query, (int64_t)code->scopes);
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, NOT_FOUND); /* no such account */
    return SG_DONE;
}

sg_result
store_code_put(struct store *store, const struct store_code *code)
{
    SG_REQUIRE(code->client.n <= STORE_TEXT_MAX && code->redirect_uri.n <= STORE_TEXT_MAX &&
                   (code->jkt.n == 0 || code->jkt.n == STORE_HASH_LEN),
        VALUE);
    struct code_work work = { .unit.run = put, .code = code };
    return store_wait(store, &work.unit);
}

void
store_code_family(const uint8_t hash[STORE_HASH_LEN], char ret[STORE_FAMILY_LEN])
{
    ret[0] = 'h';
    sg_hex_to(sg_bytes_of(hash, (STORE_FAMILY_LEN - 1) / 2), ret + 1);
}

sg_result
store_code_get(struct store *store, const uint8_t hash[STORE_HASH_LEN], struct sg_arena *arena,
    struct store_code *ret, bool *ret_used)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_CODE_GET);
    store_bind_bytes(&query, sg_bytes_of(hash, STORE_HASH_LEN));
    sg_result r = store_step(&query);
    SG_REQUIRE(r.code != SG_E_NOT_FOUND, GRANT);
    SG_TRY(r);
    struct store_code code = { .expires_at = store_column_int(&query, 6),
        .scopes = (uint64_t)store_column_int(&query, 7) };
    memcpy(code.hash, hash, STORE_HASH_LEN);
    SG_TRY(store_column_exact(&query, 0, code.person, sizeof(code.person)));
    SG_TRY(store_column_str(&query, 1, arena, &code.client));
    SG_TRY(store_column_str(&query, 2, arena, &code.redirect_uri));
    SG_TRY(store_column_hash(&query, 3, code.challenge));
    SG_TRY(store_column_bytes(&query, 4, arena, &code.jkt));
    *ret_used = store_column_int(&query, 5) != 0;
    *ret = code;
    return SG_DONE;
}

/* Used already? SG_E_GRANT: unknown, or its time is over. */
static sg_result
code_state(struct store_db *db, const struct code_work *work, bool *ret_used)
{
    STORE_QUERY(query, db, SQL_CODE_GET);
    store_bind_bytes(&query, sg_bytes_of(work->hash, STORE_HASH_LEN));
    sg_result r = store_step(&query);
    SG_REQUIRE(r.code != SG_E_NOT_FOUND, GRANT);
    SG_TRY(r);
    *ret_used = store_column_int(&query, 5) != 0;
    SG_REQUIRE(*ret_used || store_column_int(&query, 6) > work->now, GRANT);
    return SG_DONE;
}

static sg_result
spend(struct store_db *db, struct store_unit *unit)
{
    struct code_work *work = work_of(unit);
    bool used = false;
    SG_TRY(code_state(db, work, &used));
    if (used) {
        char family[STORE_FAMILY_LEN];
        store_code_family(work->hash, family);
        work->replayed = true; /* told by store_code_spend: a failing unit would undo this */
        return store_token_delete(db, sg_str_of(family, sizeof(family)));
    }
    {
        STORE_QUERY(query, db, SQL_CODE_USED);
        store_bind_bytes(&query, sg_bytes_of(work->hash, STORE_HASH_LEN));
        SG_TRY(store_run(&query, NULL));
    }
    return work->token == NULL ? SG_DONE : store_token_insert(db, work->token);
}

sg_result
store_code_spend(struct store *store, const uint8_t hash[STORE_HASH_LEN], int64_t now,
    const struct store_token *token)
{
    struct code_work work = {
        .unit.run = spend, .unit.several = true, .hash = hash, .now = now, .token = token
    };
    SG_TRY(store_wait(store, &work.unit));
    SG_REQUIRE(!work.replayed, REPLAY);
    return SG_DONE;
}
