/* Accounts, passkeys and the list of uses. req: AU-2, AU-3 */
#include "reg_people.h"

/* ---- persons --------------------------------------------------------------------------------------------------- */

static sg_result
read_person(sqlite3_stmt *stmt, struct reg_person *ret)
{
    bool row = false;
    SG_TRY(ledger_step(stmt, &row));
    SG_REQUIRE(row, NOT_FOUND);
    sg_bytes id = ledger_column_bytes(stmt, 0);
    SG_REQUIRE(id.n == REG_PERSON_LEN, INTERNAL);
    *ret = (struct reg_person){ .state = (enum wire_person_state)ledger_column_uint(stmt, 1),
        .level = ledger_column_uint(stmt, 2),
        .keys_max = ledger_column_uint(stmt, 3),
        .keys = ledger_column_uint(stmt, 4),
        .seq = ledger_column_uint(stmt, 5) };
    memcpy(ret->id, id.p, id.n);
    return SG_DONE;
}

sg_result
reg_person_get(struct registry *registry, sg_bytes person, struct reg_person *ret)
{
    REG_STMT(registry_people(registry), REG_SQL_PERSON_GET);
    ledger_bind_bytes(stmt, 1, person);
    return read_person(stmt, ret);
}

sg_result
reg_person_after(struct registry *registry, sg_bytes after, struct reg_person *ret)
{
    REG_STMT(registry_people(registry), REG_SQL_PERSON_NEXT);
    ledger_bind_bytes(stmt, 1, after.n == 0 ? sg_bytes_of("", 0) : after);
    return read_person(stmt, ret);
}

sg_result
reg_person_put(struct registry *registry, const struct reg_person *person)
{
    REG_STMT(registry_people(registry), REG_SQL_PERSON_PUT);
    ledger_bind_bytes(stmt, 1, SG_BYTES(person->id));
    ledger_bind_uint(stmt, 2, (uint64_t)person->state);
    ledger_bind_uint(stmt, 3, person->level);
    ledger_bind_uint(stmt, 4, person->keys_max);
    ledger_bind_uint(stmt, 5, person->seq);
    return ledger_run(stmt);
}

sg_result
reg_person_set(
    struct registry *registry, sg_bytes person, enum wire_person_state state, uint64_t seq)
{
    REG_STMT(registry_people(registry), REG_SQL_PERSON_STATE);
    ledger_bind_bytes(stmt, 1, person);
    ledger_bind_uint(stmt, 2, (uint64_t)state);
    ledger_bind_uint(stmt, 3, seq);
    return ledger_run(stmt);
}

/* ---- passkeys -------------------------------------------------------------------------------------------------- */

static sg_result
read_passkey(sqlite3_stmt *stmt, struct sg_arena *arena, struct reg_passkey *ret)
{
    struct key_public *public = NULL;
    sg_bytes person = ledger_column_bytes(stmt, 1);
    sg_bytes thumbprint = ledger_column_bytes(stmt, 2);
    sg_bytes aaguid = ledger_column_bytes(stmt, 8);
    struct reg_passkey row = { .purpose = (enum wire_passkey_purpose)ledger_column_uint(stmt, 3),
        .state = (enum wire_passkey_state)ledger_column_uint(stmt, 4),
        .backup_eligible = ledger_column_int(stmt, 6) != 0,
        .attested = ledger_column_int(stmt, 7) != 0,
        .sign_count = (uint32_t)ledger_column_uint(stmt, 9),
        .seq = ledger_column_uint(stmt, 10),
        .created_at = ledger_column_int(stmt, 12) };
    SG_REQUIRE(person.n == sizeof(row.person) && thumbprint.n == sizeof(row.thumbprint) &&
                   aaguid.n == sizeof(row.aaguid),
        INTERNAL);
    memcpy(row.person, person.p, person.n);
    memcpy(row.thumbprint, thumbprint.p, thumbprint.n);
    memcpy(row.aaguid, aaguid.p, aaguid.n);
    SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(stmt, 0), &row.id));
    SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(stmt, 5), &row.spki));
    SG_TRY(sg_arena_str(arena, ledger_column_text(stmt, 11), &row.label));
    /* a row somebody altered must not speak for a person. req: KEY-4 */
    SG_TRY(key_public_new(row.spki, &public));
    row.alg = key_public_alg(public)->alg;
    bool same = memcmp(key_public_thumbprint(public), row.thumbprint, REG_THUMBPRINT_LEN) == 0;
    key_public_free(&public);
    SG_REQUIRE(same, KEY_INVALID);
    *ret = row;
    return SG_DONE;
}

static sg_result
one_passkey(sqlite3_stmt *stmt, struct sg_arena *arena, struct reg_passkey *ret)
{
    bool row = false;
    SG_TRY(ledger_step(stmt, &row));
    SG_REQUIRE(row, NOT_FOUND);
    return read_passkey(stmt, arena, ret);
}

sg_result
reg_passkey_get(struct registry *registry, struct sg_arena *arena, sg_bytes credential_id,
    struct reg_passkey *ret)
{
    REG_STMT(registry_people(registry), REG_SQL_PASSKEY_GET);
    ledger_bind_bytes(stmt, 1, credential_id);
    return one_passkey(stmt, arena, ret);
}

sg_result
reg_passkey_by_thumbprint(
    struct registry *registry, struct sg_arena *arena, sg_bytes thumbprint, struct reg_passkey *ret)
{
    REG_STMT(registry_people(registry), REG_SQL_PASSKEY_BY_THUMBPRINT);
    ledger_bind_bytes(stmt, 1, thumbprint);
    return one_passkey(stmt, arena, ret);
}

sg_result
reg_passkey_state(
    struct registry *registry, sg_bytes person, sg_bytes thumbprint, enum wire_passkey_state *ret)
{
    bool row = false;
    REG_STMT(registry_people(registry), REG_SQL_PASSKEY_STATE);
    ledger_bind_bytes(stmt, 1, thumbprint);
    ledger_bind_bytes(stmt, 2, person);
    SG_TRY(ledger_step(stmt, &row));
    SG_REQUIRE(row, NOT_FOUND);
    *ret = (enum wire_passkey_state)ledger_column_uint(stmt, 0);
    return SG_DONE;
}

sg_result
reg_passkeys_active(
    struct registry *registry, sg_bytes person, enum wire_passkey_purpose purpose, uint64_t *ret)
{
    bool row = false;
    REG_STMT(registry_people(registry), REG_SQL_PASSKEYS_ACTIVE);
    ledger_bind_bytes(stmt, 1, person);
    ledger_bind_uint(stmt, 2, (uint64_t)purpose);
    SG_TRY(ledger_step(stmt, &row));
    *ret = row ? ledger_column_uint(stmt, 0) : 0;
    return SG_DONE;
}

sg_result
reg_passkeys_ever(struct registry *registry, sg_bytes person, bool *ret)
{
    REG_STMT(registry_people(registry), REG_SQL_PASSKEYS_EVER);
    ledger_bind_bytes(stmt, 1, person);
    return ledger_step(stmt, ret);
}

sg_result
reg_passkeys_of(struct registry *registry, struct sg_arena *arena, sg_bytes person,
    uint64_t purpose, struct reg_passkey ret[WIRE_PASSKEYS_MAX], size_t *ret_n)
{
    size_t n = 0;
    REG_STMT(registry_people(registry), REG_SQL_PASSKEYS_OF);
    ledger_bind_bytes(stmt, 1, person);
    ledger_bind_uint(stmt, 2, purpose);
    for (;;) {
        bool row = false;
        SG_TRY(ledger_step(stmt, &row));
        if (!row) {
            *ret_n = n;
            return SG_DONE;
        }
        SG_REQUIRE(n < WIRE_PASSKEYS_MAX, INTERNAL);
        SG_TRY(read_passkey(stmt, arena, &ret[n++]));
    }
}

sg_result
reg_passkey_known(struct registry *registry, sg_bytes credential_id, sg_bytes thumbprint, bool *ret)
{
    REG_STMT(registry_people(registry), REG_SQL_PASSKEY_KNOWN);
    ledger_bind_bytes(stmt, 1, credential_id);
    ledger_bind_bytes(stmt, 2, thumbprint);
    return ledger_step(stmt, ret);
}

sg_result
reg_passkey_counted(struct registry *registry, sg_bytes credential_id, uint32_t sign_count)
{
    REG_STMT(registry_people(registry), REG_SQL_PASSKEY_COUNTED);
    ledger_bind_bytes(stmt, 1, credential_id);
    ledger_bind_uint(stmt, 2, sign_count);
    return ledger_run(stmt);
}

sg_result
reg_passkey_insert(struct registry *registry, const struct reg_passkey *passkey)
{
    REG_STMT(registry_people(registry), REG_SQL_PASSKEY_INSERT);
    ledger_bind_bytes(stmt, 1, passkey->id);
    ledger_bind_bytes(stmt, 2, SG_BYTES(passkey->person));
    ledger_bind_bytes(stmt, 3, SG_BYTES(passkey->thumbprint));
    ledger_bind_uint(stmt, 4, (uint64_t)passkey->purpose);
    ledger_bind_uint(stmt, 5, (uint64_t)passkey->state);
    ledger_bind_uint(stmt, 6, (uint64_t)passkey->alg);
    ledger_bind_bytes(stmt, 7, passkey->spki);
    ledger_bind_int(stmt, 8, passkey->backup_eligible);
    ledger_bind_int(stmt, 9, passkey->attested);
    ledger_bind_bytes(stmt, 10, SG_BYTES(passkey->aaguid));
    ledger_bind_uint(stmt, 11, passkey->sign_count);
    ledger_bind_uint(stmt, 12, passkey->seq);
    ledger_bind_text(stmt, 13, passkey->label.n == 0 ? SG_LIT("") : passkey->label);
    ledger_bind_int(stmt, 14, passkey->created_at);
    return ledger_run(stmt);
}

sg_result
reg_passkey_set(
    struct registry *registry, sg_bytes credential_id, enum wire_passkey_state state, uint64_t seq)
{
    REG_STMT(registry_people(registry), REG_SQL_PASSKEY_SET);
    ledger_bind_bytes(stmt, 1, credential_id);
    ledger_bind_uint(stmt, 2, (uint64_t)state);
    ledger_bind_uint(stmt, 3, seq);
    return ledger_run(stmt);
}

sg_result
reg_passkeys_remove(struct registry *registry, sg_bytes person, uint64_t seq)
{
    REG_STMT(registry_people(registry), REG_SQL_PASSKEYS_REMOVE);
    ledger_bind_bytes(stmt, 1, person);
    ledger_bind_uint(stmt, 2, seq);
    return ledger_run(stmt);
}

/* ---- uses ------------------------------------------------------------------------------------------------------ */

sg_result
reg_use_note(struct registry *registry, sg_bytes person, uint64_t seq, sg_bytes passkey_thumbprint)
{
    REG_STMT(registry_people(registry), REG_SQL_USE_NOTE);
    ledger_bind_bytes(stmt, 1, person);
    ledger_bind_uint(stmt, 2, seq);
    ledger_bind_bytes(stmt, 3, passkey_thumbprint);
    return ledger_run(stmt);
}

sg_result
reg_uses_of(struct registry *registry, sg_bytes person, uint64_t before, size_t max,
    struct reg_use *ret, size_t *ret_n)
{
    size_t n = 0;
    REG_STMT(registry_people(registry), REG_SQL_USES_OF);
    ledger_bind_bytes(stmt, 1, person);
    ledger_bind_uint(stmt, 2, before == 0 ? INT64_MAX : before);
    ledger_bind_uint(stmt, 3, max);
    while (n < max) {
        bool row = false;
        SG_TRY(ledger_step(stmt, &row));
        if (!row) {
            break;
        }
        sg_bytes passkey = ledger_column_bytes(stmt, 1);
        SG_REQUIRE(passkey.n == REG_THUMBPRINT_LEN, INTERNAL);
        ret[n].seq = ledger_column_uint(stmt, 0);
        memcpy(ret[n++].passkey, passkey.p, passkey.n);
    }
    *ret_n = n;
    return SG_DONE;
}
