/*
 * Operations on the registry: who may, what must hold, and the rows they change. req: KEY-8, AU-1, AU-8
 * What touches the token (generating, destroying) is done by the signer between these calls.
 */
#ifndef REG_APPLY_H
#define REG_APPLY_H

#include "registry.h"

/* One row per kind of operation (and per target state of KEY_STATE). */
struct reg_rule {
    uint64_t kind;
    uint64_t state; /* KEY_STATE: the state asked for; 0: any */
    uint64_t roles; /* proposer and approver need one of these */
    bool dual;      /* needs a second person */
    enum wire_record_type record;
    const char *event; /* word of the record */
};
const struct reg_rule *reg_rules(size_t *ret_n);
/* NULL: no such operation. */
const struct reg_rule *reg_rule_of(const struct wire_operation_msg *op);

/* May a key of this purpose sign for this operation? Seals, lists and metadata never share a key. */
bool reg_purpose_fits(enum wire_key_purpose purpose, uint64_t operation);

#define REG_AHEAD_S 300 /* an operator's clock may be ahead of ours by this much */

/*
 * May this operation be done now? Times (not expired, life of at most `max_life_s`), members of its kind, what it names exists, the state
 * machine allows it, two administrators remain. Asked when proposed and again when applied.
 * SG_E_EXPIRED, SG_E_VALUE, SG_E_NOT_FOUND, SG_E_CONFLICT, SG_E_KEY_STATE, SG_E_DESTROYED, SG_E_KEY_INVALID, SG_E_KEY_USE, SG_E_UNSUPPORTED, SG_E_ALGORITHM,
 * SG_E_MALFORMED, SG_E_POLICY.
 */
SG_CHECKED sg_result reg_op_check(struct registry *registry, const struct wire_operation_msg *op,
    int64_t now, int64_t max_life_s);

/*
 * The operator signed these bytes under `tag`, is active, and has one of the roles. SG_E_OPERATOR for all of these alike,
 * SG_E_POLICY when only the role is missing.
 */
SG_CHECKED sg_result reg_operator_signed(struct registry *registry, struct sg_arena *arena,
    sg_str name, uint64_t roles, const char *tag, sg_bytes bytes, sg_bytes signature,
    const struct reg_operator **ret);

/* The second person of a proposal: not the proposer, not another key of the same person. SG_E_DUAL_CONTROL. */
SG_CHECKED sg_result reg_op_second(struct registry *registry, const struct reg_proposal *proposal,
    const struct reg_operator *approver);

/* Proposals that wait. Inside a transaction. SG_E_TOO_MANY, SG_E_CONFLICT (waits already). */
SG_CHECKED sg_result reg_proposal_put(
    struct registry *registry, const struct reg_proposal *proposal, int64_t now);
/* SG_E_NOT_FOUND; copies to the arena. */
SG_CHECKED sg_result reg_proposal_get(
    struct registry *registry, struct sg_arena *arena, sg_bytes id, struct reg_proposal *ret);
SG_CHECKED sg_result reg_proposal_drop(struct registry *registry, sg_bytes id);

/* The rows of an operation, inside the transaction that appended its event as `seq`. Not for KEY_GENERATE. */
SG_CHECKED sg_result reg_apply(struct registry *registry, struct sg_arena *arena,
    const struct wire_operation_msg *op, uint64_t seq, int64_t now);
/* After the commit: memory follows. */
SG_CHECKED sg_result reg_refresh(struct registry *registry, const struct wire_operation_msg *op);

/* A key that exists in the token, or wrapped. */
struct reg_new_key {
    sg_bytes thumbprint;
    uint64_t alg;
    uint64_t purpose;
    uint64_t level;
    bool resident;
    sg_str label;
    sg_bytes spki;
    sg_bytes wrapped;
    enum wire_key_state state;
    int64_t created_at;
};
SG_CHECKED sg_result reg_key_insert(
    struct registry *registry, const struct reg_new_key *key, uint64_t seq);
/* Half-made, made: between these two a crash may leave a stray key in the token. */
SG_CHECKED sg_result reg_making_begin(
    struct registry *registry, sg_bytes operation_id, int64_t at_ms);
SG_CHECKED sg_result reg_making_end(struct registry *registry, sg_bytes operation_id);
SG_CHECKED sg_result reg_making_any(struct registry *registry, bool *ret);
SG_CHECKED sg_result reg_making_clear(struct registry *registry);
/* Destroying begins before the token is asked; ends with state DESTROYED and the wrapped bytes erased. */
SG_CHECKED sg_result reg_destroying(struct registry *registry, sg_bytes thumbprint);
SG_CHECKED sg_result reg_destroyed(struct registry *registry, sg_bytes thumbprint, uint64_t seq);

SG_CHECKED sg_result reg_operator_insert(
    struct registry *registry, const struct wire_operation_msg *op);

/* A halt, and its end. `key` empty: everything. */
SG_CHECKED sg_result reg_halt_put(
    struct registry *registry, sg_bytes key, int64_t at_ms, uint64_t seq);
SG_CHECKED sg_result reg_halt_drop(struct registry *registry, sg_bytes key);

#endif
