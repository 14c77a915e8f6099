/*
 * outcome: inside the transaction, the result is recorded; only when that is durable does the signature leave. A halt since the consent, or a
 * key that is no longer active, keeps it back: WITHHELD. req: SIG-5, OPS-2
 */
#include "gate.h"

/* What became of it, and the code that goes with it. */
static sg_result
settle(struct gate_env *env, struct gate_case *c)
{
    if (!sg_ok(c->signed_)) {
        c->outcome = WIRE_OUT_FAILED;
        return c->signed_;
    }
    if (c->gesture != NULL && !gate_gesture_signs(c->intent.operation)) {
        c->outcome =
            WIRE_OUT_SIGNED; /* it came about with the consent; there is nothing to hold back */
        return SG_DONE;
    }
    sg_result usable = c->gesture != NULL ? gate_gesture_usable(env, c)
                                          : gate_key_usable(env, c->key, c->intent.operation);
    if (c->halt_epoch != registry_halt_epoch(env->registry) && sg_ok(usable)) {
        usable = SG_ERROR(HALTED); /* halted and resumed in between */
    }
    c->outcome = sg_ok(usable) ? WIRE_OUT_SIGNED : WIRE_OUT_WITHHELD;
    return usable;
}

sg_result
gate_outcome(struct gate_env *env, struct gate_case *c, struct p11_session *session)
{
    (void)session;
    c->released = settle(env, c);
    struct wire_outcome *rec = SG_NEW(c->arena, struct wire_outcome);
    uint8_t(*hashes)[SG_SHA256_LEN] = sg_arena_array(c->arena, c->n_sign + 1, SG_SHA256_LEN);
    SG_REQUIRE(rec != NULL && hashes != NULL, NO_MEMORY);
    rec->consent_seq = c->consent_seq;
    rec->kind = (uint64_t)c->outcome;
    rec->code = (uint64_t)c->released.code;
    rec->at_ms = env->now.utc_ms;
    if (c->outcome == WIRE_OUT_SIGNED) {
        for (size_t i = 0; i < c->n_sign; i++) {
            wire_signature_hash(sg_bytes_of(c->signatures[i], c->signature_lens[i]), hashes[i]);
            rec->signature_hashes[i] = SG_BYTES(hashes[i]);
        }
        rec->n_signature_hashes = c->n_sign;
    }
    sg_bytes body;
    SG_TRY(wire_outcome_encode(c->arena, rec, &body));
    SG_TRY(ledger_append_outcome(env->ledger, env->now.utc_ms, body, c->consent_seq,
        rec->signature_hashes, rec->n_signature_hashes, &c->outcome_seq));
    c->signed_at_ms = env->now.utc_ms;
    return SG_DONE;
}
