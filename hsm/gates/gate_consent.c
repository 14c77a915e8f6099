/*
 * consent: inside the transaction, what may have changed since the early look is read again and counted, the intent is spent, and the record
 * is written. It counts only once the transaction is durable: nobody signs before. req: SIG-5
 */
#include "gate.h"

static sg_result
look_again(struct gate_env *env, struct gate_case *c)
{
    const struct reg_client *client = NULL;
    int64_t now = env->now.utc_ms / 1000;
    SG_REQUIRE(!env->clock_bad, CLOCK);
    SG_REQUIRE(c->intent.expires_at > now, INTENT_EXPIRED);
    SG_TRY(gate_key_usable(env, c->key, c->intent.operation));
    SG_TRY(gate_status_still(c));
    SG_TRY(act_mandate(env->registry, c->mandate, &c->intent, now, &client));
    /* registered anew since: the key that signed the instruction may be the one that was lost */
    SG_REQUIRE(c->instruction.id.p == NULL || client->seq == c->client_seq, INSTRUCTION);
    return SG_DONE;
}

/* The claim comes first of what changes: a repeated intent must not use up anything. */
static sg_result
spend(struct gate_env *env, struct gate_case *c, uint64_t *ret_used)
{
    int64_t now = env->now.utc_ms / 1000;
    sg_result claimed = ledger_claim_once(env->ledger, c->intent_id, c->intent.expires_at);
    SG_REQUIRE(claimed.code != SG_E_REPLAY, INTENT_SPENT);
    SG_TRY(claimed);
    if (c->instruction.id.p != NULL) {
        SG_TRY(registry_instruction_use(env->registry, c->instruction.id, c->instruction.client,
            c->instruction.count, c->intent.n_dtbs, c->instruction.expires_at));
    }
    return registry_mandate_use(env->registry, c->mandate, c->intent.n_dtbs, now, ret_used);
}

static sg_result
record(struct gate_env *env, struct gate_case *c, uint64_t used)
{
    struct wire_consent *rec = SG_NEW(c->arena, struct wire_consent);
    SG_REQUIRE(rec != NULL, NO_MEMORY);
    rec->intent = c->seal.intent;
    rec->activation = c->instruction.id.p != NULL ? WIRE_ACT_INSTRUCTION : WIRE_ACT_MANDATE;
    rec->mandate_id = c->seal.mandate;
    rec->mandate_seq = c->mandate->seq;
    rec->mandate_used = used;
    rec->instruction = c->seal.instruction;
    rec->instruction_signature = c->seal.instruction_signature;
    if (c->client->public != NULL) {
        rec->client_key = sg_bytes_of(key_public_thumbprint(c->client->public), KEY_THUMBPRINT_LEN);
    }
    memcpy(rec->seen, c->seen, c->n_seen * sizeof(c->seen[0]));
    rec->n_seen = c->n_seen;
    if (c->key->n_chain > 0) {
        rec->certificate = SG_BYTES(c->key->leaf_hash);
    }
    rec->level = c->key->level;
    rec->at_ms = env->now.utc_ms;
    rec->key_seq = c->key->state_seq;
    rec->software = env->software;
    rec->spki = key_public_spki(c->key->public);
    sg_bytes body;
    SG_TRY(wire_consent_encode(c->arena, rec, &body));
    return ledger_append(env->ledger, WIRE_REC_CONSENT, env->now.utc_ms, body, &c->consent_seq);
}

sg_result
gate_consent(struct gate_env *env, struct gate_case *c, struct p11_session *session)
{
    (void)session;
    if (c->gesture != NULL) {
        return gate_gesture_consent(env, c);
    }
    uint64_t used = 0;
    SG_TRY(look_again(env, c));
    c->signatures = sg_arena_array(c->arena, c->intent.n_dtbs, KEY_SIG_MAX);
    SG_REQUIRE(c->signatures != NULL, NO_MEMORY);
    SG_TRY(spend(env, c, &used));
    SG_TRY(record(env, c, used));
    c->halt_epoch = registry_halt_epoch(env->registry);
    c->key_ref.public = c->key->public;
    c->key_ref.wrapped = c->key->wrapped;
    return SG_DONE;
}
