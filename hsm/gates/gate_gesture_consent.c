/*
 * consent for a person's SIGN, inside the transaction: everything is read again, intent and challenge are spent, the record is written, the authenticator's
 * counter moves on, and what the intent brings about is done. All of it is durable together or not at all. req: SIG-5, AU-4
 */
#include <sodium.h>
#include <string.h>

#include "gate.h"
#include "point.h"
#include "wire_closed.h"

static sg_result
look_again(struct gate_env *env, struct gate_case *c)
{
    struct gate_gesture *g = c->gesture;
    const struct gate_opened *o = g->opened;
    int64_t until = g->first ? o->gesture_until : o->intent_until;
    int64_t boot = g->first ? o->gesture_boot_ms : o->intent_boot_ms;
    SG_REQUIRE(!env->clock_bad, CLOCK);
    SG_REQUIRE(!o->dropped, INTENT);
    SG_REQUIRE(env->now.utc_ms / 1000 < until && env->now.boot_ms < boot, INTENT_EXPIRED);
    SG_REQUIRE(g->first == (o->first_seq == 0), INTENT_SPENT);
    SG_TRY(gate_gesture_usable(env, c));
    if (g->first) {
        SG_TRY(act_passkey_still(env->registry, c->arena, g->level, &g->act));
    } else {
        SG_TRY(
            act_passkey_in_use(env->registry, c->arena, SG_BYTES(g->person), SG_BYTES(g->passkey)));
    }
    return gate_gesture_signs(c->intent.operation) ? SG_DONE
                                                   : env->effect.check(env->effect.context, c);
}

static void
fill_gesture(const struct gate_env *env, const struct gate_case *c, struct wire_gesture *ret)
{
    const struct gate_gesture *g = c->gesture;
    const struct reg_passkey *passkey = &g->act.passkey;
    ret->nonce = SG_BYTES(g->opened->nonce);
    ret->spki = passkey->spki;
    ret->passkey_hash = SG_BYTES(g->passkey_hash);
    ret->passkey_seq = passkey->seq;
    ret->client_data = g->msg.client_data;
    ret->authenticator_data = g->msg.authenticator_data;
    ret->assertion = g->msg.assertion;
    ret->origin = g->act.origin;
    ret->rp_id = env->rp.id;
    ret->counter_fault = g->act.counter_fault;
}

/* The keys' public parts, so that the bundle stands alone; of an intent that signs nothing the passkey's it is about. */
static void
fill_keys(const struct gate_case *c, struct wire_consent *rec)
{
    const struct gate_gesture *g = c->gesture;
    if (g->n_keys == 0) {
        rec->spki = g->subject.spki;
        rec->key_seq = g->subject.seq;
        return;
    }
    rec->spki = key_public_spki(g->keys[0]->public);
    rec->key_seq = g->keys[0]->state_seq;
    if (g->keys[0]->n_chain > 0) {
        rec->certificate = SG_BYTES(g->keys[0]->leaf_hash);
    }
    for (size_t i = 1; i < g->n_keys; i++) {
        rec->more_spki[rec->n_more_spki++] = key_public_spki(g->keys[i]->public);
    }
}

/* Passkey, assertion and who asked are beside the record, under a salt that no other record has. req: EV-2 EV-4 */
static sg_result
record_body(
    struct gate_env *env, struct gate_case *c, sg_bytes *ret, struct ledger_closed *ret_closed)
{
    const struct gate_gesture *g = c->gesture;
    struct wire_consent *rec = SG_NEW(c->arena, struct wire_consent);
    SG_REQUIRE(rec != NULL, NO_MEMORY);
    rec->intent = c->seal.intent;
    rec->activation = WIRE_ACT_PASSKEY;
    memcpy(rec->seen, c->seen, c->n_seen * sizeof(c->seen[0]));
    rec->n_seen = c->n_seen;
    rec->level = g->level;
    rec->at_ms = env->now.utc_ms;
    rec->software = env->software;
    rec->which = g->msg.which;
    fill_keys(c, rec);
    if (g->first) {
        fill_gesture(env, c, &rec->gesture);
    } else {
        rec->first_seq = g->opened->first_seq;
    }
    memcpy(ret_closed->person, g->person, sizeof(ret_closed->person));
    randombytes_buf(ret_closed->salt, sizeof(ret_closed->salt));
    return wire_consent_close(c->arena, rec, ret_closed->salt, ret, &ret_closed->bytes);
}

/* Intent and challenge, durably and once, whatever this process remembers: a second time is a replay (AU-4). */
static sg_result
claim(struct gate_env *env, struct gate_case *c)
{
    const struct gate_opened *o = c->gesture->opened;
    uint8_t challenge[SG_SHA256_LEN];
    if (!c->gesture->first) {
        return SG_DONE;
    }
    wire_challenge(o->intent_id, o->nonce, challenge);
    sg_result claimed = ledger_claim_once(env->ledger, c->intent_id, o->intent_until);
    SG_REQUIRE(claimed.code != SG_E_REPLAY, INTENT_SPENT);
    SG_TRY(claimed);
    claimed = ledger_claim_once(env->ledger, challenge, o->intent_until);
    SG_REQUIRE(claimed.code != SG_E_REPLAY, INTENT_SPENT);
    return claimed;
}

/* The counter only grows: what did not move it has been refused. */
static sg_result
count(struct gate_env *env, struct gate_case *c)
{
    const struct gate_gesture *g = c->gesture;
    return !g->first || g->act.sign_count == 0
               ? SG_DONE
               : reg_passkey_counted(env->registry, g->act.passkey.id, g->act.sign_count);
}

static sg_result
take_room(struct gate_case *c)
{
    struct gate_gesture *g = c->gesture;
    c->signatures = sg_arena_array(c->arena, g->n_index, KEY_SIG_MAX);
    SG_REQUIRE(c->signatures != NULL, NO_MEMORY);
    for (size_t i = 0; i < g->n_keys; i++) {
        g->refs[i] = (struct p11_key_ref){ g->keys[i]->public, g->keys[i]->wrapped };
    }
    return SG_DONE;
}

/* What goes with the record. */
static sg_result
follow(struct gate_env *env, struct gate_case *c)
{
    const struct gate_gesture *g = c->gesture;
    SG_TRY(count(env, c));
    SG_TRY(reg_use_note(env->registry, SG_BYTES(g->person), c->consent_seq, SG_BYTES(g->passkey)));
    return gate_gesture_signs(c->intent.operation) ? SG_DONE
                                                   : env->effect.apply(env->effect.context, c);
}

/*
 * Behind the claim nothing fails for a reason of the request's alone: what is claimed is spent, and a record that stands must have an outcome. So whatever it is, the
 * transaction goes back with it.
 */
static sg_result
ours(sg_result r)
{
    enum sg_class class_ = sg_code_row(r.code)->class_;
    bool stays = sg_ok(r) || class_ == SG_CLASS_UPSTREAM || class_ == SG_CLASS_INTERNAL;
    return stays ? r : SG_ERROR(INTERNAL);
}

sg_result
gate_gesture_consent(struct gate_env *env, struct gate_case *c)
{
    sg_bytes body;
    struct ledger_closed closed;
    SG_TRY(look_again(env, c));
    SG_TRY(take_room(c));
    SG_TRY(record_body(
        env, c, &body, &closed)); /* a record that is too long must not spend anything */
    SG_TRY(claim(env, c));
    point("gesture-claimed");
    SG_TRY(ours(ledger_append_closed(
        env->ledger, WIRE_REC_CONSENT, env->now.utc_ms, body, &closed, &c->consent_seq)));
    point("gesture-recorded");
    SG_TRY(ours(follow(env, c)));
    point("gesture-counted");
    c->halt_epoch = registry_halt_epoch(env->registry);
    return SG_DONE;
}
