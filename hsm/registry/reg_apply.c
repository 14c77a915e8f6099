/* The rows of each operation. */
#include "reg_apply.h"
#include "reg_person.h"

#define PREPARE(db, sql)                            \
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_free) \
    = NULL;                                         \
    SG_TRY(ledger_db_prepare((db), (sql), &stmt))

/* ---- keys ---------------------------------------------------------------------------------------------------- */

sg_result
reg_key_insert(struct registry *reg, const struct reg_new_key *key, uint64_t seq)
{
    PREPARE(registry_db(reg),
        "INSERT INTO reg_keys(thumbprint,alg,purpose,level,resident,label,spki,wrapped,state,"
        "state_seq,chain,ref_uri,ref_idx,created_at,destroying)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,NULL,'',0,?11,0)");
    ledger_bind_bytes(stmt, 1, key->thumbprint);
    ledger_bind_uint(stmt, 2, key->alg);
    ledger_bind_uint(stmt, 3, key->purpose);
    ledger_bind_uint(stmt, 4, key->level);
    ledger_bind_int(stmt, 5, key->resident);
    ledger_bind_text(stmt, 6, key->label);
    ledger_bind_bytes(stmt, 7, key->spki);
    ledger_bind_bytes(stmt, 8, key->wrapped);
    ledger_bind_uint(stmt, 9, (uint64_t)key->state);
    ledger_bind_uint(stmt, 10, seq);
    ledger_bind_int(stmt, 11, key->created_at);
    return ledger_run(stmt);
}

static sg_result
key_state(struct registry *reg, sg_bytes key, uint64_t state, uint64_t seq)
{
    if (registry_key(reg, key) == NULL) {
        return reg_holder_set(reg, key, (enum wire_key_state)state, seq);
    }
    PREPARE(registry_db(reg), "UPDATE reg_keys SET state=?2, state_seq=?3 WHERE thumbprint=?1");
    ledger_bind_bytes(stmt, 1, key);
    ledger_bind_uint(stmt, 2, state);
    ledger_bind_uint(stmt, 3, seq);
    return ledger_run(stmt);
}

sg_result
reg_destroying(struct registry *reg, sg_bytes thumbprint)
{
    PREPARE(registry_db(reg), "UPDATE reg_keys SET destroying=1 WHERE thumbprint=?1");
    ledger_bind_bytes(stmt, 1, thumbprint);
    return ledger_run(stmt);
}

sg_result
reg_destroyed(struct registry *reg, sg_bytes thumbprint, uint64_t seq)
{
    PREPARE(registry_db(reg),
        "UPDATE reg_keys SET state=?2, state_seq=?3, destroying=0, wrapped=NULL"
        " WHERE thumbprint=?1");
    ledger_bind_bytes(stmt, 1, thumbprint);
    ledger_bind_uint(stmt, 2, WIRE_KEY_DESTROYED);
    ledger_bind_uint(stmt, 3, seq);
    return ledger_run(stmt);
}

static sg_result
key_chain(struct registry *reg, struct sg_arena *arena, const struct wire_operation_msg *op)
{
    struct sg_buf buf = sg_buf_new(arena, 2048, WIRE_CERTS_MAX * (WIRE_CERT_MAX + 8));
    dcbor_wr_array(&buf, op->n_chain);
    for (size_t i = 0; i < op->n_chain; i++) {
        dcbor_wr_bytes(&buf, op->chain[i]);
    }
    sg_bytes chain;
    SG_TRY(sg_buf_end(&buf, &chain));
    PREPARE(registry_db(reg), "UPDATE reg_keys SET chain=?2 WHERE thumbprint=?1");
    ledger_bind_bytes(stmt, 1, op->key);
    ledger_bind_bytes(stmt, 2, chain);
    return ledger_run(stmt);
}

static sg_result
key_status(struct registry *reg, const struct wire_operation_msg *op)
{
    PREPARE(registry_db(reg), "UPDATE reg_keys SET ref_uri=?2, ref_idx=?3 WHERE thumbprint=?1");
    ledger_bind_bytes(stmt, 1, op->key);
    ledger_bind_text(stmt, 2, op->ref.uri);
    ledger_bind_uint(stmt, 3, op->ref.idx);
    return ledger_run(stmt);
}

static sg_result
making(struct registry *reg, const char *sql, sg_bytes id, int64_t at_ms)
{
    PREPARE(registry_db(reg), sql);
    ledger_bind_bytes(stmt, 1, id);
    if (sqlite3_bind_parameter_count(stmt) > 1) {
        ledger_bind_int(stmt, 2, at_ms);
    }
    return ledger_run(stmt);
}

sg_result
reg_making_begin(struct registry *reg, sg_bytes operation_id, int64_t at_ms)
{
    return making(reg, "INSERT INTO reg_making(id,at_ms) VALUES(?1,?2)", operation_id, at_ms);
}

sg_result
reg_making_end(struct registry *reg, sg_bytes operation_id)
{
    return making(reg, "DELETE FROM reg_making WHERE id=?1", operation_id, 0);
}

sg_result
reg_making_any(struct registry *reg, bool *ret)
{
    PREPARE(registry_db(reg), "SELECT 1 FROM reg_making LIMIT 1");
    return ledger_step(stmt, ret);
}

sg_result
reg_making_clear(struct registry *reg)
{
    return ledger_db_exec(registry_db(reg), "DELETE FROM reg_making");
}

/* ---- clients, mandates, operators, halts ----------------------------------------------------------------- */

static sg_result
client_set(struct registry *reg, const struct wire_operation_msg *op, uint64_t seq)
{
    PREPARE(registry_db(reg),
        "INSERT OR REPLACE INTO reg_clients(id,spki,active,seq) VALUES(?1,?2,?3,?4)");
    ledger_bind_text(stmt, 1, op->name);
    ledger_bind_bytes(stmt, 2, op->spki);
    ledger_bind_int(stmt, 3, op->active);
    ledger_bind_uint(stmt, 4, seq);
    return ledger_run(stmt);
}

/* A changed mandate goes on counting where it was: setting it again must not be a way to more. */
static sg_result
mandate_set(
    struct registry *reg, struct sg_arena *arena, const struct wire_operation_msg *op, uint64_t seq)
{
    struct sg_buf buf = sg_buf_new(arena, 512, 8192);
    wire_mandate_put(&buf, &op->mandate);
    sg_bytes body;
    SG_TRY(sg_buf_end(&buf, &body));
    const struct reg_mandate *before = registry_mandate(reg, op->mandate.id);
    bool same_window = before != NULL && before->mandate.window_s == op->mandate.window_s;
    PREPARE(registry_db(reg), "INSERT OR REPLACE INTO reg_mandates(id,mandate,seq,time_window,used)"
                              " VALUES(?1,?2,?3,?4,?5)");
    ledger_bind_bytes(stmt, 1, op->mandate.id);
    ledger_bind_bytes(stmt, 2, body);
    ledger_bind_uint(stmt, 3, seq);
    ledger_bind_uint(stmt, 4, same_window ? before->window : 0);
    ledger_bind_uint(stmt, 5, same_window ? before->used : 0);
    return ledger_run(stmt);
}

sg_result
reg_operator_insert(struct registry *reg, const struct wire_operation_msg *op)
{
    PREPARE(registry_db(reg), "INSERT OR REPLACE INTO reg_operators(name,person,roles,spki,active)"
                              " VALUES(?1,?2,?3,?4,?5)");
    ledger_bind_text(stmt, 1, op->name);
    ledger_bind_text(stmt, 2, op->person);
    ledger_bind_uint(stmt, 3, op->roles);
    ledger_bind_bytes(stmt, 4, op->spki);
    ledger_bind_int(stmt, 5, op->active);
    return ledger_run(stmt);
}

/* The scope of a halt of everything is the empty value, not NULL. */
static sg_bytes
scope_of(sg_bytes key)
{
    return key.n == 0 ? sg_bytes_of("", 0) : key;
}

sg_result
reg_halt_put(struct registry *reg, sg_bytes key, int64_t at_ms, uint64_t seq)
{
    PREPARE(registry_db(reg), "INSERT OR REPLACE INTO reg_halts(scope,at_ms,seq) VALUES(?1,?2,?3)");
    ledger_bind_bytes(stmt, 1, scope_of(key));
    ledger_bind_int(stmt, 2, at_ms);
    ledger_bind_uint(stmt, 3, seq);
    return ledger_run(stmt);
}

/* Without a key every halt ends, those of single keys too. */
sg_result
reg_halt_drop(struct registry *reg, sg_bytes key)
{
    if (key.n == 0) {
        return ledger_db_exec(registry_db(reg), "DELETE FROM reg_halts");
    }
    PREPARE(registry_db(reg), "DELETE FROM reg_halts WHERE scope=?1");
    ledger_bind_bytes(stmt, 1, key);
    return ledger_run(stmt);
}

/* ---- proposals ----------------------------------------------------------------------------------------------- */

static sg_result
proposals_forget(struct registry *reg, int64_t now)
{
    PREPARE(registry_db(reg), "DELETE FROM reg_proposals WHERE expires_at<=?1");
    ledger_bind_int(stmt, 1, now);
    return ledger_run(stmt);
}

static sg_result
proposals_count(struct registry *reg, sg_str proposer, uint64_t *ret, uint64_t *ret_own)
{
    bool row = false;
    PREPARE(registry_db(reg),
        "SELECT count(*), count(*) FILTER (WHERE proposer=?1) FROM reg_proposals");
    ledger_bind_text(stmt, 1, proposer);
    SG_TRY(ledger_step(stmt, &row));
    *ret = row ? ledger_column_uint(stmt, 0) : 0;
    *ret_own = row ? ledger_column_uint(stmt, 1) : 0;
    return SG_DONE;
}

sg_result
reg_proposal_put(struct registry *reg, const struct reg_proposal *proposal, int64_t now)
{
    uint64_t n = 0;
    uint64_t own = 0;
    SG_TRY(proposals_forget(reg, now));
    SG_TRY(proposals_count(reg, proposal->proposer, &n, &own));
    SG_REQUIRE(n < REG_PROPOSALS_MAX && own < REG_PROPOSALS_EACH, TOO_MANY);
    PREPARE(registry_db(reg),
        "INSERT INTO reg_proposals(id,operation,proposer,signature,expires_at)"
        " VALUES(?1,?2,?3,?4,?5)");
    ledger_bind_bytes(stmt, 1, SG_BYTES(proposal->id));
    ledger_bind_bytes(stmt, 2, proposal->operation);
    ledger_bind_text(stmt, 3, proposal->proposer);
    ledger_bind_bytes(stmt, 4, proposal->signature);
    ledger_bind_int(stmt, 5, proposal->expires_at);
    return ledger_run(stmt);
}

sg_result
reg_proposal_get(
    struct registry *reg, struct sg_arena *arena, sg_bytes id, struct reg_proposal *ret)
{
    bool row = false;
    PREPARE(registry_db(reg),
        "SELECT operation,proposer,signature,expires_at FROM reg_proposals WHERE id=?1");
    SG_REQUIRE(id.n == SG_SHA256_LEN, NOT_FOUND);
    ledger_bind_bytes(stmt, 1, id);
    SG_TRY(ledger_step(stmt, &row));
    SG_REQUIRE(row, NOT_FOUND);
    memcpy(ret->id, id.p, id.n);
    SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(stmt, 0), &ret->operation));
    SG_TRY(sg_arena_str(arena, ledger_column_text(stmt, 1), &ret->proposer));
    SG_TRY(sg_arena_bytes(arena, ledger_column_bytes(stmt, 2), &ret->signature));
    ret->expires_at = ledger_column_int(stmt, 3);
    return SG_DONE;
}

sg_result
reg_proposal_drop(struct registry *reg, sg_bytes id)
{
    PREPARE(registry_db(reg), "DELETE FROM reg_proposals WHERE id=?1");
    ledger_bind_bytes(stmt, 1, id);
    return ledger_run(stmt);
}

/* ---- all of them --------------------------------------------------------------------------------------------- */

sg_result
reg_apply(struct registry *reg, struct sg_arena *arena, const struct wire_operation_msg *op,
    uint64_t seq, int64_t now)
{
    (void)now;
    switch ((enum wire_op_kind)op->kind) {
    case WIRE_OPN_KEY_STATE:
        if (op->state == WIRE_KEY_DESTROYED) {
            return reg_destroyed(reg, op->key, seq);
        }
        return key_state(reg, op->key, op->state, seq);
    case WIRE_OPN_KEY_CERTIFY:
        return key_chain(reg, arena, op);
    case WIRE_OPN_KEY_STATUS:
        return key_status(reg, op);
    case WIRE_OPN_CLIENT_SET:
        return client_set(reg, op, seq);
    case WIRE_OPN_MANDATE_SET:
        return mandate_set(reg, arena, op, seq);
    case WIRE_OPN_OPERATOR_SET:
        return reg_operator_insert(reg, op);
    case WIRE_OPN_RESUME:
        return reg_halt_drop(reg, op->key);
    case WIRE_OPN_LEDGER_ACCEPT:
        return SG_DONE;
    case WIRE_OPN_KEY_GENERATE:
    case WIRE_OPN_PERSON_ENROL: /* reg_person.h */
    case WIRE_OPN_PERSON_STATE:
    case WIRE_OPN_PASSKEY_STATE:
        break;
    }
    SG_FAIL(INTERNAL);
}

sg_result
reg_refresh(struct registry *reg, const struct wire_operation_msg *op)
{
    switch ((enum wire_op_kind)op->kind) {
    case WIRE_OPN_KEY_STATE:
    case WIRE_OPN_KEY_CERTIFY:
    case WIRE_OPN_KEY_STATUS:
        return registry_refresh_key(reg, op->key);
    case WIRE_OPN_CLIENT_SET:
        return registry_refresh_client(reg, op->name);
    case WIRE_OPN_MANDATE_SET:
        return registry_refresh_mandate(reg, op->mandate.id);
    case WIRE_OPN_OPERATOR_SET:
        return registry_refresh_operator(reg, op->name);
    case WIRE_OPN_RESUME:
        return registry_refresh_halts(reg);
    case WIRE_OPN_LEDGER_ACCEPT:
    case WIRE_OPN_KEY_GENERATE:
    case WIRE_OPN_PERSON_ENROL:
    case WIRE_OPN_PERSON_STATE:
    case WIRE_OPN_PASSKEY_STATE:
        return SG_DONE;
    }
    SG_FAIL(INTERNAL);
}
