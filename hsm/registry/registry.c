#include "registry.h"

#include <stdlib.h>

#include "reg_cert.h"
#include "reg_people.h"
#include "reg_rows.h"

/* Rows are few and live as long as the process; what an update replaces is left in the arena. */
#define REGISTRY_MAX ((size_t)256 * 1024 * 1024)

static const char schema[] =
    "CREATE TABLE reg_keys(thumbprint BLOB PRIMARY KEY, alg INTEGER NOT NULL, purpose INTEGER NOT "
    "NULL,"
    " level INTEGER NOT NULL, resident INTEGER NOT NULL, label TEXT NOT NULL, spki BLOB NOT NULL,"
    " wrapped BLOB, state INTEGER NOT NULL, state_seq INTEGER NOT NULL, chain BLOB, ref_uri TEXT "
    "NOT NULL,"
    " ref_idx INTEGER NOT NULL, created_at INTEGER NOT NULL, destroying INTEGER NOT NULL) WITHOUT "
    "ROWID;"
    "CREATE TABLE reg_clients(id TEXT PRIMARY KEY, spki BLOB, active INTEGER NOT NULL,"
    " seq INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE reg_mandates(id BLOB PRIMARY KEY, mandate BLOB NOT NULL, seq INTEGER NOT NULL,"
    " time_window INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE reg_operators(name TEXT PRIMARY KEY, person TEXT NOT NULL, roles INTEGER NOT "
    "NULL,"
    " spki BLOB NOT NULL, active INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE reg_proposals(id BLOB PRIMARY KEY, operation BLOB NOT NULL, proposer TEXT NOT "
    "NULL,"
    " signature BLOB NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE reg_halts(scope BLOB PRIMARY KEY, at_ms INTEGER NOT NULL, seq INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE reg_instructions(id BLOB PRIMARY KEY, used INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE reg_making(id BLOB PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE reg_values(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;";

struct registry {
    sqlite3 *db;
    struct sg_arena *arena;
    struct reg_rows keys;
    struct reg_rows clients;
    struct reg_rows mandates;
    struct reg_rows operators;
    struct reg_people *people;
    bool halted;
    uint64_t halt_epoch;
    sqlite3_stmt *counter_write;
    sqlite3_stmt *instruction_use;
    size_t n_tabled; /* keys with a table (table_if_busy) */
};

/* ---- names of rows, for the sorted arrays -------------------------------------------------------------------- */

static sg_bytes
key_name(const void *row)
{
    return sg_bytes_of(((const struct reg_key *)row)->thumbprint, REG_THUMBPRINT_LEN);
}
static sg_bytes
client_name(const void *row)
{
    return sg_str_bytes(((const struct reg_client *)row)->id);
}
static sg_bytes
mandate_name(const void *row)
{
    return ((const struct reg_mandate *)row)->mandate.id;
}
static sg_bytes
operator_name(const void *row)
{
    return sg_str_bytes(((const struct reg_operator *)row)->name);
}

/* ---- reading rows -------------------------------------------------------------------------------------------- */

static sg_result
read_chain(struct registry *reg, sg_bytes stored, struct reg_key *key)
{
    key->n_chain = 0;
    key->not_after = 0;
    if (stored.n == 0) {
        return SG_DONE;
    }
    sg_bytes copy;
    SG_TRY(sg_arena_bytes(reg->arena, stored, &copy));
    struct dcbor_rd rd = dcbor_rd_array(copy);
    uint64_t n = dcbor_rd_left(&rd);
    SG_REQUIRE(n <= WIRE_CERTS_MAX, INTERNAL);
    for (uint64_t i = 0; i < n; i++) {
        key->chain[i] = dcbor_rd_next_bytes(&rd, 1, WIRE_CERT_MAX);
    }
    SG_TRY(dcbor_rd_end(&rd));
    key->n_chain = (size_t)n;
    if (n > 0) {
        struct reg_cert leaf;
        SG_TRY(reg_cert_parse(key->chain[0], &leaf));
        key->not_after = leaf.not_after;
        sg_sha256(key->chain[0], key->leaf_hash);
    }
    return SG_DONE;
}

#define KEY_COLUMNS                                                                               \
    "thumbprint,purpose,level,resident,label,spki,wrapped,state,state_seq,chain,ref_uri,ref_idx," \
    "created_at,destroying"

/*
 * Every signature is verified before it leaves. With a table for the key's point that costs 21 us instead of 44, so the few keys that
 * sign all day get one. Bounded: a table takes 150 KB, and 17 ms when it is made. Without one things only cost more.
 */
#define TABLED_MAX 32

static void
table_if_busy(struct registry *reg, struct reg_key *key)
{
    bool busy = key->purpose == WIRE_PURPOSE_SEAL || key->purpose == WIRE_PURPOSE_STATUS_LIST;
    if (busy && key->resident && key->state != WIRE_KEY_DESTROYED && reg->n_tabled < TABLED_MAX &&
        sg_ok(key_public_warm(key->public))) {
        reg->n_tabled++;
    }
}

static sg_result
read_key(struct registry *reg, sqlite3_stmt *stmt)
{
    sg_bytes name = ledger_column_bytes(stmt, 0);
    struct reg_key *key = reg_rows_find(&reg->keys, name);
    bool fresh = key == NULL; /* nobody else has it yet: the table must come before */
    if (fresh) {
        SG_REQUIRE(reg->keys.n < REG_KEYS_MAX && name.n == REG_THUMBPRINT_LEN, FULL);
        key = SG_NEW(reg->arena, struct reg_key);
        SG_REQUIRE(key != NULL, NO_MEMORY);
        memcpy(key->thumbprint, name.p, name.n);
        SG_TRY(key_public_new(ledger_column_bytes(stmt, 5), &key->public));
        /* a row somebody altered must not sign under another key's name. req: KEY-4 */
        if (memcmp(key_public_thumbprint(key->public), key->thumbprint, REG_THUMBPRINT_LEN) != 0) {
            key_public_free(&key->public);
            SG_FAIL(KEY_INVALID);
        }
        SG_TRY(reg_rows_add(&reg->keys, key));
    }
    key->purpose = (enum wire_key_purpose)ledger_column_uint(stmt, 1);
    key->level = ledger_column_uint(stmt, 2);
    key->resident = ledger_column_int(stmt, 3) != 0;
    SG_TRY(sg_arena_str(reg->arena, ledger_column_text(stmt, 4), &key->label));
    SG_TRY(sg_arena_bytes(reg->arena, ledger_column_bytes(stmt, 6), &key->wrapped));
    key->state = (enum wire_key_state)ledger_column_uint(stmt, 7);
    key->state_seq = ledger_column_uint(stmt, 8);
    SG_TRY(read_chain(reg, ledger_column_bytes(stmt, 9), key));
    SG_TRY(sg_arena_str(reg->arena, ledger_column_text(stmt, 10), &key->status.uri));
    key->status.type = key->status.uri.n > 0 ? WIRE_REF_TOKEN_STATUS_LIST : 0;
    key->status.idx = ledger_column_uint(stmt, 11);
    key->created_at = ledger_column_int(stmt, 12);
    key->destroying = ledger_column_int(stmt, 13) != 0;
    if (fresh) {
        table_if_busy(reg, key);
    }
    return SG_DONE;
}

static sg_result
read_client(struct registry *reg, sqlite3_stmt *stmt)
{
    sg_str id = ledger_column_text(stmt, 0);
    struct reg_client *client = reg_rows_find(&reg->clients, sg_str_bytes(id));
    if (client == NULL) {
        SG_REQUIRE(reg->clients.n < REG_CLIENTS_MAX, FULL);
        client = SG_NEW(reg->arena, struct reg_client);
        SG_REQUIRE(client != NULL, NO_MEMORY);
        SG_TRY(sg_arena_str(reg->arena, id, &client->id));
        SG_TRY(reg_rows_add(&reg->clients, client));
    }
    sg_bytes spki = ledger_column_bytes(stmt, 1);
    key_public_free(&client->public);
    if (spki.n > 0) {
        SG_TRY(key_public_new(spki, &client->public));
    }
    client->active = ledger_column_int(stmt, 2) != 0;
    client->seq = ledger_column_uint(stmt, 3);
    return SG_DONE;
}

static sg_result
read_mandate(struct registry *reg, sqlite3_stmt *stmt)
{
    sg_bytes id = ledger_column_bytes(stmt, 0);
    sg_bytes stored;
    SG_TRY(sg_arena_bytes(reg->arena, ledger_column_bytes(stmt, 1), &stored));
    struct wire_mandate parsed = { 0 };
    struct dcbor_rd rd = dcbor_rd_map(stored);
    wire_mandate_read(&rd, &parsed);
    SG_TRY(dcbor_rd_end(&rd));
    SG_REQUIRE(sg_bytes_equal(parsed.id, id), INTERNAL);
    struct reg_mandate *mandate = reg_rows_find(&reg->mandates, id);
    if (mandate == NULL) {
        SG_REQUIRE(reg->mandates.n < REG_MANDATES_MAX, FULL);
        mandate = SG_NEW(reg->arena, struct reg_mandate);
        SG_REQUIRE(mandate != NULL, NO_MEMORY);
        mandate->mandate = parsed;
        SG_TRY(reg_rows_add(&reg->mandates, mandate));
    }
    mandate->mandate = parsed;
    mandate->seq = ledger_column_uint(stmt, 2);
    mandate->window = mandate->kept_window = ledger_column_uint(stmt, 3);
    mandate->used = mandate->kept_used = ledger_column_uint(stmt, 4);
    mandate->touched = false;
    return SG_DONE;
}

static sg_result
read_operator(struct registry *reg, sqlite3_stmt *stmt)
{
    sg_str name = ledger_column_text(stmt, 0);
    struct reg_operator *operator_ = reg_rows_find(&reg->operators, sg_str_bytes(name));
    if (operator_ == NULL) {
        SG_REQUIRE(reg->operators.n < REG_OPERATORS_MAX, FULL);
        operator_ = SG_NEW(reg->arena, struct reg_operator);
        SG_REQUIRE(operator_ != NULL, NO_MEMORY);
        SG_TRY(sg_arena_str(reg->arena, name, &operator_->name));
        SG_TRY(reg_rows_add(&reg->operators, operator_));
    }
    SG_TRY(sg_arena_str(reg->arena, ledger_column_text(stmt, 1), &operator_->person));
    operator_->roles = ledger_column_uint(stmt, 2);
    key_public_free(&operator_->public);
    SG_TRY(key_public_new(ledger_column_bytes(stmt, 3), &operator_->public));
    operator_->active = ledger_column_int(stmt, 4) != 0;
    return SG_DONE;
}

typedef sg_result (*read_row)(struct registry *reg, sqlite3_stmt *stmt);

/* All rows of a statement; `name` is bound to its one parameter unless it is without pointer. */
static sg_result
read_rows(struct registry *reg, const char *sql, sg_bytes name, bool text, read_row read)
{
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_free)
    = NULL;
    SG_TRY(ledger_db_prepare(reg->db, sql, &stmt));
    if (name.p != NULL && text) {
        ledger_bind_text(stmt, 1, sg_bytes_str(name));
    } else if (name.p != NULL) {
        ledger_bind_bytes(stmt, 1, name);
    }
    for (;;) {
        bool row = false;
        SG_TRY(ledger_step(stmt, &row));
        if (!row) {
            return SG_DONE;
        }
        SG_TRY(read(reg, stmt));
    }
}

static sg_result
read_halt(struct registry *reg, sqlite3_stmt *stmt)
{
    sg_bytes scope = ledger_column_bytes(stmt, 0);
    if (scope.n == 0) {
        reg->halted = true;
        return SG_DONE;
    }
    struct reg_key *key = reg_rows_find(&reg->keys, scope);
    if (key != NULL) {
        key->halted = true;
    } else {
        reg_people_halt(reg->people, scope);
    }
    return SG_DONE;
}

#define CLIENT_SQL "SELECT id,spki,active,seq FROM reg_clients"
#define MANDATE_SQL "SELECT id,mandate,seq,time_window,used FROM reg_mandates"
#define OPERATOR_SQL "SELECT name,person,roles,spki,active FROM reg_operators"
#define KEY_SQL "SELECT " KEY_COLUMNS " FROM reg_keys"

sg_result
registry_refresh_key(struct registry *reg, sg_bytes thumbprint)
{
    SG_TRY(reg_holder_refresh(reg->people, thumbprint));
    return read_rows(reg, KEY_SQL " WHERE thumbprint=?1", thumbprint, false, read_key);
}

sg_result
registry_refresh_client(struct registry *reg, sg_str id)
{
    return read_rows(reg, CLIENT_SQL " WHERE id=?1", sg_str_bytes(id), true, read_client);
}

sg_result
registry_refresh_mandate(struct registry *reg, sg_bytes id)
{
    return read_rows(reg, MANDATE_SQL " WHERE id=?1", id, false, read_mandate);
}

sg_result
registry_refresh_operator(struct registry *reg, sg_str name)
{
    return read_rows(reg, OPERATOR_SQL " WHERE name=?1", sg_str_bytes(name), true, read_operator);
}

sg_result
registry_refresh_halts(struct registry *reg)
{
    reg->halted = false;
    for (size_t i = 0; i < reg->keys.n; i++) {
        ((struct reg_key *)reg->keys.rows[i])->halted = false;
    }
    reg_people_halts_clear(reg->people);
    reg->halt_epoch++;
    return read_rows(reg, "SELECT scope FROM reg_halts", SG_NO_BYTES, false, read_halt);
}

/* ---- opening ------------------------------------------------------------------------------------------------- */

sg_result
registry_create(sqlite3 *db)
{
    return ledger_db_exec(db, schema);
}

static sg_result
load_all(struct registry *reg)
{
    SG_TRY(reg_people_new(reg->db, &reg->people));
    SG_TRY(read_rows(reg, KEY_SQL, SG_NO_BYTES, false, read_key));
    SG_TRY(read_rows(reg, CLIENT_SQL, SG_NO_BYTES, true, read_client));
    SG_TRY(read_rows(reg, MANDATE_SQL, SG_NO_BYTES, false, read_mandate));
    SG_TRY(read_rows(reg, OPERATOR_SQL, SG_NO_BYTES, true, read_operator));
    SG_TRY(registry_refresh_halts(reg));
    SG_TRY(ledger_db_prepare(reg->db, "UPDATE reg_mandates SET time_window=?2, used=?3 WHERE id=?1",
        &reg->counter_write));
    return ledger_db_prepare(reg->db,
        "INSERT INTO reg_instructions(id,used,expires_at) VALUES(?1,?2,?3)"
        " ON CONFLICT(id) DO UPDATE SET used=used+?2 WHERE used+?2<=?4 RETURNING used",
        &reg->instruction_use);
}

sg_result
registry_load(sqlite3 *db, struct registry **ret)
{
    struct registry *reg = calloc(1, sizeof(*reg));
    SG_REQUIRE(reg != NULL, NO_MEMORY);
    reg->db = db;
    reg->arena = sg_arena_new(64 * 1024, REGISTRY_MAX);
    reg->keys.name = key_name;
    reg->clients.name = client_name;
    reg->mandates.name = mandate_name;
    reg->operators.name = operator_name;
    sg_result r = reg->arena == NULL ? SG_ERROR(NO_MEMORY) : load_all(reg);
    if (!sg_ok(r)) {
        registry_free(&reg);
        return r;
    }
    *ret = reg;
    return SG_DONE;
}

void
registry_free(struct registry **registry)
{
    struct registry *reg = *registry;
    if (reg == NULL) {
        return;
    }
    for (size_t i = 0; i < reg->keys.n; i++) {
        key_public_free(&((struct reg_key *)reg->keys.rows[i])->public);
    }
    for (size_t i = 0; i < reg->clients.n; i++) {
        key_public_free(&((struct reg_client *)reg->clients.rows[i])->public);
    }
    for (size_t i = 0; i < reg->operators.n; i++) {
        key_public_free(&((struct reg_operator *)reg->operators.rows[i])->public);
    }
    ledger_stmt_free(&reg->counter_write);
    ledger_stmt_free(&reg->instruction_use);
    reg_people_free(&reg->people);
    reg_rows_done(&reg->keys);
    reg_rows_done(&reg->clients);
    reg_rows_done(&reg->mandates);
    reg_rows_done(&reg->operators);
    sg_arena_free(&reg->arena);
    free(reg);
    *registry = NULL;
}

/* ---- looking up ---------------------------------------------------------------------------------------------- */

struct reg_key *
registry_key(struct registry *reg, sg_bytes thumbprint)
{
    return reg_rows_find(&reg->keys, thumbprint);
}

struct reg_key *
registry_key_labelled(struct registry *reg, sg_str label)
{
    for (size_t i = 0; i < reg->keys.n; i++) {
        struct reg_key *key = reg->keys.rows[i];
        if (key->state != WIRE_KEY_DESTROYED && sg_str_equal(key->label, label)) {
            return key;
        }
    }
    return NULL;
}

struct reg_key *
registry_key_after(struct registry *reg, sg_bytes after)
{
    return reg_rows_after(&reg->keys, after);
}

struct reg_client *
registry_client(struct registry *reg, sg_str id)
{
    return reg_rows_find(&reg->clients, sg_str_bytes(id));
}

struct reg_client *
registry_client_after(struct registry *reg, sg_str after)
{
    return reg_rows_after(&reg->clients, sg_str_bytes(after));
}

struct reg_mandate *
registry_mandate(struct registry *reg, sg_bytes id)
{
    return reg_rows_find(&reg->mandates, id);
}

size_t
registry_mandates(struct registry *reg, struct reg_mandate *const **ret)
{
    *ret = (struct reg_mandate *const *)reg->mandates.rows;
    return reg->mandates.n;
}

struct reg_operator *
registry_operator(struct registry *reg, sg_str name)
{
    return reg_rows_find(&reg->operators, sg_str_bytes(name));
}

size_t
registry_operators(struct registry *reg, struct reg_operator *const **ret)
{
    *ret = (struct reg_operator *const *)reg->operators.rows;
    return reg->operators.n;
}

bool
registry_halted(const struct registry *reg, const struct reg_key *key)
{
    return reg->halted || (key != NULL && key->halted);
}

uint64_t
registry_halt_epoch(const struct registry *reg)
{
    return reg->halt_epoch;
}

struct reg_people *
registry_people(struct registry *reg)
{
    return reg->people;
}

sqlite3 *
registry_db(struct registry *reg)
{
    return reg->db;
}

/* ---- counters ------------------------------------------------------------------------------------------------ */

static uint64_t
window_of(const struct reg_mandate *mandate, int64_t now)
{
    return wire_mandate_window(&mandate->mandate, mandate->window, now);
}

uint64_t
registry_mandate_left(const struct reg_mandate *mandate, int64_t now)
{
    uint64_t used = window_of(mandate, now) == mandate->window ? mandate->used : 0;
    return used >= mandate->mandate.count ? 0 : mandate->mandate.count - used;
}

sg_result
registry_mandate_use(
    struct registry *reg, struct reg_mandate *mandate, uint64_t n, int64_t now, uint64_t *ret_used)
{
    (void)reg;
    SG_REQUIRE(registry_mandate_left(mandate, now) >= n, MANDATE);
    uint64_t window = window_of(mandate, now);
    if (window != mandate->window) {
        mandate->window = window;
        mandate->used = 0;
    }
    mandate->used += n;
    mandate->touched = true;
    *ret_used = mandate->used;
    return SG_DONE;
}

static sg_result
counter_write(struct registry *reg, const struct reg_mandate *mandate)
{
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_reset)
    = reg->counter_write;
    ledger_bind_bytes(stmt, 1, mandate->mandate.id);
    ledger_bind_uint(stmt, 2, mandate->window);
    ledger_bind_uint(stmt, 3, mandate->used);
    return ledger_run(stmt);
}

sg_result
registry_counters_write(struct registry *reg)
{
    for (size_t i = 0; i < reg->mandates.n; i++) {
        const struct reg_mandate *mandate = reg->mandates.rows[i];
        if (mandate->touched) {
            SG_TRY(counter_write(reg, mandate));
        }
    }
    return SG_DONE;
}

void
registry_counters_committed(struct registry *reg)
{
    for (size_t i = 0; i < reg->mandates.n; i++) {
        struct reg_mandate *mandate = reg->mandates.rows[i];
        mandate->kept_window = mandate->window;
        mandate->kept_used = mandate->used;
        mandate->touched = false;
    }
}

void
registry_counters_rolled_back(struct registry *reg)
{
    for (size_t i = 0; i < reg->mandates.n; i++) {
        struct reg_mandate *mandate = reg->mandates.rows[i];
        mandate->window = mandate->kept_window;
        mandate->used = mandate->kept_used;
        mandate->touched = false;
    }
}

/* Clients choose ids; two of them must not meet. */
static void
instruction_name(sg_bytes id, sg_str client, uint8_t ret[SG_SHA256_LEN])
{
    sg_bytes parts[] = { id, sg_str_bytes(client) };
    sg_tagged_hash("sealgate/instruction-use/v1", parts, 2, ret);
}

sg_result
registry_instruction_use(struct registry *reg, sg_bytes id, sg_str client, uint64_t count,
    uint64_t n, int64_t expires_at)
{
    SG_REQUIRE(n <= count, INSTRUCTION);
    uint8_t name[SG_SHA256_LEN];
    instruction_name(id, client, name);
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_reset)
    = reg->instruction_use;
    ledger_bind_bytes(stmt, 1, SG_BYTES(name));
    ledger_bind_uint(stmt, 2, n);
    ledger_bind_int(stmt, 3, expires_at);
    ledger_bind_uint(stmt, 4, count);
    bool row = false;
    SG_TRY(ledger_step(stmt, &row));
    SG_REQUIRE(row, INSTRUCTION); /* the upsert changed nothing: used up */
    return SG_DONE;
}

sg_result
registry_instructions_forget(struct registry *reg, int64_t now)
{
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_free)
    = NULL;
    SG_TRY(ledger_db_prepare(reg->db, "DELETE FROM reg_instructions WHERE expires_at<?1", &stmt));
    ledger_bind_int(stmt, 1, now);
    return ledger_run(stmt);
}

/* ---- small values -------------------------------------------------------------------------------------------- */

sg_result
registry_value_get(struct registry *reg, const char *name, int64_t *ret)
{
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_free)
    = NULL;
    SG_TRY(ledger_db_prepare(reg->db, "SELECT value FROM reg_values WHERE name=?1", &stmt));
    ledger_bind_text(stmt, 1, sg_cstr(name));
    bool row = false;
    SG_TRY(ledger_step(stmt, &row));
    *ret = row ? ledger_column_int(stmt, 0) : 0;
    return SG_DONE;
}

sg_result
registry_value_set(struct registry *reg, const char *name, int64_t value)
{
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_free)
    = NULL;
    SG_TRY(ledger_db_prepare(
        reg->db, "INSERT OR REPLACE INTO reg_values(name,value) VALUES(?1,?2)", &stmt));
    ledger_bind_text(stmt, 1, sg_cstr(name));
    ledger_bind_int(stmt, 2, value);
    return ledger_run(stmt);
}
