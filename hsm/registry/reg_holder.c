/* Rows of holder keys. req: KEY-2, KEY-6 */
#include "reg_people.h"

sg_result
reg_holder_known(struct registry *registry, sg_bytes thumbprint, bool *ret)
{
    REG_STMT(registry_people(registry), REG_SQL_HOLDER_GET);
    ledger_bind_bytes(stmt, 1, thumbprint);
    return ledger_step(stmt, ret);
}

static sg_result
count(struct registry *registry, sg_bytes person, int64_t more)
{
    REG_STMT(registry_people(registry), REG_SQL_PERSON_KEYS);
    ledger_bind_bytes(stmt, 1, person);
    ledger_bind_int(stmt, 2, more);
    return ledger_run(stmt);
}

sg_result
reg_holder_insert(struct registry *registry, const struct reg_new_holder *key, uint64_t seq)
{
    REG_STMT(registry_people(registry), REG_SQL_HOLDER_INSERT);
    ledger_bind_bytes(stmt, 1, key->thumbprint);
    ledger_bind_bytes(stmt, 2, key->person);
    ledger_bind_bytes(stmt, 3, key->unique);
    ledger_bind_uint(stmt, 4, key->level);
    ledger_bind_bytes(stmt, 5, key->spki);
    ledger_bind_bytes(stmt, 6, key->wrapped);
    ledger_bind_uint(stmt, 7, (uint64_t)key->state);
    ledger_bind_uint(stmt, 8, seq);
    ledger_bind_int(stmt, 9, key->created_at);
    SG_TRY(ledger_run(stmt));
    return count(registry, key->person, 1);
}

sg_result
reg_holder_of_unique(
    struct registry *registry, sg_bytes person, sg_bytes unique, uint8_t ret[REG_THUMBPRINT_LEN])
{
    bool row = false;
    REG_STMT(registry_people(registry), REG_SQL_HOLDER_UNIQUE);
    ledger_bind_bytes(stmt, 1, person);
    ledger_bind_bytes(stmt, 2, unique);
    SG_TRY(ledger_step(stmt, &row));
    SG_REQUIRE(row, NOT_FOUND);
    sg_bytes thumbprint = ledger_column_bytes(stmt, 0);
    SG_REQUIRE(thumbprint.n == REG_THUMBPRINT_LEN, INTERNAL);
    memcpy(ret, thumbprint.p, thumbprint.n);
    return SG_DONE;
}

/* The algorithm is read off the one encoding each has; what stands in the row is checked when it is used. */
static uint64_t
alg_of(sg_bytes spki)
{
    for (uint64_t alg = KEY_ES256; alg <= KEY_EDDSA; alg++) {
        const struct key_alg_row *row = key_alg_row(alg);
        if (row != NULL && spki.n == row->spki_prefix.n + row->point_len &&
            memcmp(spki.p, row->spki_prefix.p, row->spki_prefix.n) == 0) {
            return alg;
        }
    }
    return KEY_ALG_NONE;
}

sg_result
reg_holders_of(struct registry *registry, struct sg_arena *arena, sg_bytes person, sg_bytes after,
    struct wire_holder_key *ret, size_t max, size_t *ret_n)
{
    size_t n = 0;
    REG_STMT(registry_people(registry), REG_SQL_HOLDERS_OF);
    ledger_bind_bytes(stmt, 1, person);
    ledger_bind_bytes(stmt, 2, after.n == 0 ? sg_bytes_of("", 0) : after);
    ledger_bind_uint(stmt, 3, max);
    while (n < max) {
        bool row = false;
        SG_TRY(ledger_step(stmt, &row));
        if (!row) {
            break;
        }
        struct wire_holder_key *key = &ret[n++];
        SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(stmt, 0), &key->key));
        SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(stmt, 3), &key->spki));
        key->alg = alg_of(key->spki);
        key->level = ledger_column_uint(stmt, 2);
        key->state = ledger_column_uint(stmt, 5);
        key->created_at = ledger_column_int(stmt, 7);
    }
    *ret_n = n;
    return SG_DONE;
}

static sg_result
destroyed(struct registry *registry, sg_bytes thumbprint, uint64_t seq)
{
    bool row = false;
    uint8_t person[REG_PERSON_LEN];
    {
        REG_STMT(registry_people(registry), REG_SQL_HOLDER_DESTROYED);
        ledger_bind_bytes(stmt, 1, thumbprint);
        ledger_bind_uint(stmt, 2, seq);
        SG_TRY(ledger_step(stmt, &row));
        SG_REQUIRE(row, NOT_FOUND);
        sg_bytes whose = ledger_column_bytes(stmt, 0);
        SG_REQUIRE(whose.n == sizeof(person), INTERNAL);
        memcpy(person, whose.p, whose.n);
        SG_TRY(ledger_run(stmt)); /* RETURNING gives its row before the change is done */
    }
    return count(registry, SG_BYTES(person), -1);
}

sg_result
reg_holder_set(
    struct registry *registry, sg_bytes thumbprint, enum wire_key_state state, uint64_t seq)
{
    if (state == WIRE_KEY_DESTROYED) {
        return destroyed(registry, thumbprint, seq);
    }
    bool there = false;
    SG_TRY(reg_holder_known(registry, thumbprint, &there));
    SG_REQUIRE(there, NOT_FOUND);
    REG_STMT(registry_people(registry), REG_SQL_HOLDER_STATE);
    ledger_bind_bytes(stmt, 1, thumbprint);
    ledger_bind_uint(stmt, 2, (uint64_t)state);
    ledger_bind_uint(stmt, 3, seq);
    return ledger_run(stmt);
}
