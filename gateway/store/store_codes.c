/* Authorization codes of wallets: used once; a second use ends what the first one got (RFC 6749 4.1.2). req: AU-6 */
#include "sg_text.h"
#include "store_inner.h"

struct code_work {
    struct store_unit unit; /* first */
    const struct store_code *code;
    const uint8_t *hash;
    int64_t now;
    struct sg_arena *arena;
    struct store_code found;
    char family[STORE_FAMILY_LEN];
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

static sg_result
read_code(struct store_db *db, struct code_work *work, bool *ret_used)
{
    STORE_QUERY(query, db, SQL_CODE_GET);
    store_bind_bytes(&query, sg_bytes_of(work->hash, STORE_HASH_LEN));
    sg_result r = store_step(&query);
    SG_REQUIRE(r.code != SG_E_NOT_FOUND, GRANT);
    SG_TRY(r);
    struct store_code *code = &work->found;
    memcpy(code->hash, work->hash, STORE_HASH_LEN);
    SG_TRY(store_column_exact(&query, 0, code->person, sizeof(code->person)));
    SG_TRY(store_column_str(&query, 1, work->arena, &code->client));
    SG_TRY(store_column_str(&query, 2, work->arena, &code->redirect_uri));
    SG_TRY(store_column_hash(&query, 3, code->challenge));
    SG_TRY(store_column_bytes(&query, 4, work->arena, &code->jkt));
    *ret_used = store_column_int(&query, 5) != 0;
    code->expires_at = store_column_int(&query, 6);
    return SG_DONE;
}

static sg_result
take(struct store_db *db, struct store_unit *unit)
{
    struct code_work *work = work_of(unit);
    bool used = false;
    SG_TRY(read_code(db, work, &used));
    if (used) {
        work->replayed =
            true; /* told by store_code_take: a failing unit would undo the revocation */
        return store_token_delete(db, sg_str_of(work->family, sizeof(work->family)));
    }
    SG_REQUIRE(work->found.expires_at > work->now, GRANT);
    STORE_QUERY(query, db, SQL_CODE_USED);
    store_bind_bytes(&query, sg_bytes_of(work->hash, STORE_HASH_LEN));
    return store_run(&query, NULL);
}

sg_result
store_code_take(struct store *store, const uint8_t hash[STORE_HASH_LEN], int64_t now,
    struct sg_arena *arena, struct store_code *ret, char ret_family[STORE_FAMILY_LEN])
{
    struct code_work work = {
        .unit.run = take, .unit.several = true, .hash = hash, .now = now, .arena = arena
    };
    work.family[0] = 'h';
    sg_hex_to(sg_bytes_of(hash, (STORE_FAMILY_LEN - 1) / 2), work.family + 1);
    SG_TRY(store_wait(store, &work.unit));
    memcpy(ret_family, work.family, STORE_FAMILY_LEN);
    SG_REQUIRE(!work.replayed, REPLAY);
    *ret = work.found;
    return SG_DONE;
}
