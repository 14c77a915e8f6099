/* PROPOSE, APPROVE, HALT. One person proposes, another approves; the record and the change are one transaction. req: KEY-8, OPS-2 */
#include "point.h"
#include "signer_people.h"

#define DAY_S 86400
#define HALT_SPAN_S 300

static int64_t
now_s(const struct signer *s)
{
    return s->env.now.utc_ms / 1000;
}

sg_result
signer_event_append(struct signer *s, const struct signer_event *event, const char *word,
    sg_bytes key, sg_bytes attributes, uint64_t *ret_seq)
{
    struct wire_policy_event rec = { .operation = event->operation,
        .proposer = event->proposer,
        .proposer_signature = event->proposer_signature,
        .approver = event->approver,
        .approver_signature = event->approver_signature,
        .event = sg_cstr(word),
        .key = key,
        .attributes = attributes,
        .at_ms = s->env.now.utc_ms };
    sg_bytes body;
    SG_TRY(wire_policy_event_encode(s->scratch, &rec, &body));
    enum wire_record_type type = event->rule != NULL ? event->rule->record : WIRE_REC_POLICY_EVENT;
    return ledger_append(s->ledger, type, s->env.now.utc_ms, body, ret_seq);
}

/* An operation's random bytes are used once, whatever became of it. */
static sg_result
claim_unique(struct signer *s, const struct wire_operation_msg *op)
{
    uint8_t name[SG_SHA256_LEN];
    sg_tagged_hash("sealgate/operation-unique/v1", &op->unique, 1, name);
    return ledger_claim_once(s->ledger, name, op->expires_at);
}

/* ---- applying ------------------------------------------------------------------------------------------------ */

sg_result
signer_event_take(
    struct signer *s, const struct signer_event *event, sg_bytes key, uint64_t *ret_seq)
{
    if (event->approver.n > 0) {
        SG_TRY(reg_proposal_drop(s->registry, sg_bytes_of(event->operation_id, SG_SHA256_LEN)));
    } else {
        SG_TRY(claim_unique(s, event->op));
    }
    return signer_event_append(s, event, event->rule->event, key, SG_NO_BYTES, ret_seq);
}

static sg_result
apply_rows(struct signer *s, const struct signer_event *event, uint64_t *ret_seq)
{
    SG_TRY(signer_event_take(s, event, event->op->key, ret_seq));
    return reg_apply(s->registry, s->scratch, event->op, *ret_seq, now_s(s));
}

static sg_result
apply(struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret)
{
    SG_TRY(ledger_begin(s->ledger));
    sg_result r = apply_rows(s, event, &ret->seq);
    if (!sg_ok(r)) {
        ledger_rollback(s->ledger);
        return r;
    }
    SG_TRY(ledger_commit(s->ledger));
    r = reg_refresh(s->registry, event->op);
    if (!sg_ok(r)) {
        signer_fatal("the registry cannot be read again", r);
    }
    return SG_DONE;
}

static bool
about_a_person(uint64_t kind)
{
    return kind == WIRE_OPN_PERSON_ENROL || kind == WIRE_OPN_PERSON_STATE ||
           kind == WIRE_OPN_PASSKEY_STATE;
}

static sg_result
execute(struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret)
{
    if (event->op->kind == WIRE_OPN_KEY_GENERATE) {
        SG_TRY(signer_keys_generate(s, event, ret));
    } else if (event->op->kind == WIRE_OPN_KEY_STATE && event->op->state == WIRE_KEY_DESTROYED) {
        SG_TRY(signer_keys_destroy(s, event, ret));
    } else if (about_a_person(event->op->kind)) {
        SG_TRY(signer_person_decide(s, event, ret));
    } else {
        SG_TRY(apply(s, event, ret));
    }
    if (event->op->kind == WIRE_OPN_LEDGER_ACCEPT) {
        signer_clock_accept(s);
    }
    if (event->op->kind == WIRE_OPN_KEY_STATUS) {
        signer_status_forget(s, registry_key(s->registry, event->op->key));
    }
    if (event->op->kind == WIRE_OPN_KEY_STATE) {
        p11_forget_unwrapped(s->p11); /* a key that stops is not kept ready in any session */
    }
    signer_status_halted(s); /* whoever waits under a key that has stopped is refused now */
    ret->applied = true;
    signer_log(SIGNER_INFO, "operation", "what=%s seq=%llu proposer=%.*s approver=%.*s",
        event->rule->event, (unsigned long long)ret->seq, SG_PRINT(event->proposer),
        SG_PRINT(event->approver));
    return SG_DONE;
}

/* ---- a ledger that was not accepted has no place for proposals: one waits in memory ------------------------ */

static sg_result
hold_proposal(struct signer *s, const struct reg_proposal *proposal)
{
    sg_arena_reset(s->held_arena);
    s->held = SG_NEW(s->held_arena, struct reg_proposal);
    SG_REQUIRE(s->held != NULL, NO_MEMORY);
    *s->held = *proposal;
    SG_TRY(sg_arena_bytes(s->held_arena, proposal->operation, &s->held->operation));
    SG_TRY(sg_arena_str(s->held_arena, proposal->proposer, &s->held->proposer));
    return sg_arena_bytes(s->held_arena, proposal->signature, &s->held->signature);
}

static sg_result
accept_held(struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret)
{
    s->held = NULL;
    SG_TRY(signer_reconcile(s, true));
    SG_REQUIRE(s->phase == SIGNER_SERVES, CONFLICT);
    SG_TRY(ledger_begin(s->ledger));
    sg_result r = claim_unique(s, event->op);
    if (sg_ok(r)) {
        r = signer_event_append(s, event, event->rule->event, SG_NO_BYTES, SG_NO_BYTES, &ret->seq);
    }
    if (!sg_ok(r)) {
        signer_fatal("an accepted ledger cannot be written", r);
    }
    SG_TRY(ledger_commit(s->ledger));
    ret->applied = true;
    signer_log(SIGNER_WARN, "ledger-accepted", "seq=%llu", (unsigned long long)ret->seq);
    return SG_DONE;
}

/* ---- PROPOSE ------------------------------------------------------------------------------------------------- */

static sg_result
store_proposal(struct signer *s, const struct signer_event *event, int64_t expires_at)
{
    uint64_t seq;
    struct reg_proposal proposal = { .operation = event->operation,
        .proposer = event->proposer,
        .signature = event->proposer_signature,
        .expires_at = expires_at };
    memcpy(proposal.id, event->operation_id, sizeof(proposal.id));
    if (s->phase == SIGNER_HELD) {
        return hold_proposal(s, &proposal);
    }
    SG_TRY(ledger_begin(s->ledger));
    sg_result r = claim_unique(s, event->op);
    if (sg_ok(r)) {
        r = reg_proposal_put(s->registry, &proposal, now_s(s));
    }
    if (sg_ok(r)) {
        r = signer_event_append(s, event, "proposed", event->op->key, SG_NO_BYTES, &seq);
    }
    if (!sg_ok(r)) {
        ledger_rollback(s->ledger);
        return r;
    }
    return ledger_commit(s->ledger);
}

/*
 * A held ledger is an older one, which may not know the acceptance that was spent after it: so one that was signed before this hold is a replay,
 * whatever its end.
 */
static sg_result
phase_allows(const struct signer *s, const struct wire_operation_msg *op)
{
    SG_REQUIRE(s->phase == SIGNER_SERVES ||
                   (s->phase == SIGNER_HELD && op->kind == WIRE_OPN_LEDGER_ACCEPT),
        NOT_READY);
    SG_REQUIRE(s->phase != SIGNER_HELD || op->proposed_at >= s->held_since_s, EXPIRED);
    return SG_DONE;
}

static sg_result
propose(struct signer *s, const struct wire_frame *frame, struct wire_operation_reply *ret,
    uint8_t id[SG_SHA256_LEN])
{
    struct wire_propose msg;
    struct wire_operation_msg *op = SG_NEW(s->scratch, struct wire_operation_msg);
    const struct reg_operator *proposer = NULL;
    SG_REQUIRE(op != NULL, NO_MEMORY);
    SG_TRY(wire_propose_parse(frame->body, &msg));
    SG_TRY(wire_operation_parse(msg.operation, op));
    wire_operation_id(msg.operation, id);
    const struct reg_rule *rule = reg_rule_of(op);
    SG_REQUIRE(rule != NULL, VALUE);
    SG_TRY(phase_allows(s, op));
    SG_TRY(reg_operator_signed(s->registry, s->scratch, msg.operator_, rule->roles,
        WIRE_TAG_OPERATION, msg.operation, msg.signature, &proposer));
    SG_TRY(reg_op_check(s->registry, op, now_s(s), (int64_t)s->conf->proposal_days * DAY_S));
    struct signer_event event = { .op = op,
        .operation = msg.operation,
        .operation_id = id,
        .rule = rule,
        .proposer = msg.operator_,
        .proposer_signature = msg.signature };
    if (!rule->dual) {
        return execute(s, &event, ret);
    }
    return store_proposal(s, &event, op->expires_at);
}

static void
answer(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame, sg_result r,
    struct wire_operation_reply *reply, const uint8_t id[SG_SHA256_LEN])
{
    if (!sg_ok(r)) {
        signer_log(SIGNER_WARN, "refused", "id=%016llx code=%s gate=operation",
            (unsigned long long)frame->request_id, sg_code_row(r.code)->name);
        signer_refuse(s, peer, frame->request_id, r);
        return;
    }
    reply->operation_id = sg_bytes_of(id, SG_SHA256_LEN);
    struct sg_buf buf = sg_buf_new(s->scratch, 512, WIRE_FRAME_MAX);
    wire_operation_reply_encode(&buf, frame->type, frame->request_id, reply);
    signer_peer_put(peer, &buf);
}

void
signer_on_propose(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    struct wire_operation_reply reply = { 0 };
    uint8_t id[SG_SHA256_LEN] = { 0 };
    answer(s, peer, frame, propose(s, frame, &reply, id), &reply, id);
}

/* ---- APPROVE ------------------------------------------------------------------------------------------------- */

static sg_result
find_proposal(struct signer *s, sg_bytes id, struct reg_proposal *ret)
{
    if (s->phase == SIGNER_HELD) {
        SG_REQUIRE(s->held != NULL && sg_bytes_equal(SG_BYTES(s->held->id), id), NOT_FOUND);
        *ret = *s->held;
        return SG_DONE;
    }
    return reg_proposal_get(s->registry, s->scratch, id, ret);
}

static sg_result
approve(struct signer *s, const struct signer_peer *peer, const struct wire_frame *frame,
    struct wire_operation_reply *ret, uint8_t id[SG_SHA256_LEN])
{
    struct wire_approve msg;
    struct reg_proposal proposal;
    const struct reg_operator *approver = NULL;
    const struct reg_operator *proposer = NULL;
    struct wire_operation_msg *op = SG_NEW(s->scratch, struct wire_operation_msg);
    SG_REQUIRE(op != NULL, NO_MEMORY);
    SG_TRY(wire_approve_parse(frame->body, &msg));
    SG_REQUIRE(s->phase == SIGNER_SERVES || s->phase == SIGNER_HELD, NOT_READY);
    SG_TRY(find_proposal(s, msg.operation_id, &proposal));
    memcpy(id, proposal.id, SG_SHA256_LEN);
    SG_TRY(wire_operation_parse(proposal.operation, op));
    const struct reg_rule *rule = reg_rule_of(op);
    SG_REQUIRE(rule != NULL, INTERNAL);
    SG_TRY(phase_allows(s, op));
    /* the answer holds link and code, which the gateway must not have before the person does */
    SG_REQUIRE(op->kind != WIRE_OPN_PERSON_ENROL || peer->role == SIGNER_OPS, POLICY);
    SG_TRY(reg_operator_signed(s->registry, s->scratch, msg.operator_, rule->roles,
        WIRE_TAG_APPROVAL, msg.operation_id, msg.signature, &approver));
    /* the proposer's right is one of today: dismissed, given other roles or another key since, it has no say any more */
    SG_TRY(reg_operator_signed(s->registry, s->scratch, proposal.proposer, rule->roles,
        WIRE_TAG_OPERATION, proposal.operation, proposal.signature, &proposer));
    SG_TRY(reg_op_second(s->registry, &proposal, approver));
    SG_TRY(reg_op_check(s->registry, op, now_s(s), (int64_t)s->conf->proposal_days * DAY_S));
    struct signer_event event = { .op = op,
        .operation = proposal.operation,
        .operation_id = id,
        .rule = rule,
        .proposer = proposal.proposer,
        .proposer_signature = proposal.signature,
        .approver = msg.operator_,
        .approver_signature = msg.signature };
    if (s->phase == SIGNER_HELD) {
        return accept_held(s, &event, ret);
    }
    return execute(s, &event, ret);
}

void
signer_on_approve(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    struct wire_operation_reply reply = { 0 };
    uint8_t id[SG_SHA256_LEN] = { 0 };
    answer(s, peer, frame, approve(s, peer, frame, &reply, id), &reply, id);
}

/* ---- HALT ---------------------------------------------------------------------------------------------------- */

#define HALT_ROLES (WIRE_ROLE_KEY_CUSTODIAN | WIRE_ROLE_REGISTRATION | WIRE_ROLE_ADMINISTRATOR)

static sg_result
write_halt(struct signer *s, const struct wire_halt *msg, sg_bytes signed_,
    const uint8_t name[SG_SHA256_LEN], uint64_t *ret_seq)
{
    struct signer_event event = {
        .operation = signed_, .proposer = msg->operator_, .proposer_signature = msg->signature
    };
    SG_TRY(ledger_claim_once(s->ledger, name, msg->at + 2 * HALT_SPAN_S));
    SG_TRY(signer_event_append(s, &event, "halted", msg->key, SG_NO_BYTES, ret_seq));
    return reg_halt_put(s->registry, msg->key, s->env.now.utc_ms, *ret_seq);
}

static sg_result
halted_key_known(struct signer *s, sg_bytes key)
{
    bool holder = false;
    if (key.n > 0 && registry_key(s->registry, key) == NULL) {
        SG_TRY(reg_holder_known(s->registry, key, &holder));
        SG_REQUIRE(holder, NOT_FOUND);
    }
    return SG_DONE;
}

static sg_result
halt(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    struct wire_halt msg;
    sg_bytes signed_;
    const struct reg_operator *who = NULL;
    struct signer_halt_wait wait = { .peer = peer, .request_id = frame->request_id };
    SG_TRY(wire_halt_parse(frame->body, &msg));
    SG_REQUIRE(s->phase == SIGNER_SERVES, NOT_READY);
    SG_REQUIRE(s->n_halts < SIGNER_HALTS_MAX, TOO_MANY);
    SG_TRY(wire_halt_signed_bytes(s->scratch, &msg, &signed_));
    SG_TRY(reg_operator_signed(
        s->registry, s->scratch, msg.operator_, HALT_ROLES, NULL, signed_, msg.signature, &who));
    SG_REQUIRE(msg.at > now_s(s) - HALT_SPAN_S && msg.at < now_s(s) + HALT_SPAN_S, EXPIRED);
    SG_TRY(halted_key_known(s, msg.key));
    sg_bytes parts[] = { signed_, sg_str_bytes(msg.operator_) };
    sg_tagged_hash("sealgate/halt/v1", parts, 2, wait.operation_id);
    SG_TRY(ledger_begin(s->ledger));
    sg_result r = write_halt(s, &msg, signed_, wait.operation_id, &wait.reply.seq);
    if (!sg_ok(r)) {
        ledger_rollback(s->ledger);
        return r;
    }
    SG_TRY(ledger_commit(s->ledger));
    point("halt-durable");
    r = registry_refresh_halts(
        s->registry); /* a new epoch: what was consented to before is withheld */
    if (!sg_ok(r)) {
        signer_fatal("halts cannot be read again", r);
    }
    p11_forget_unwrapped(s->p11);
    signer_status_halted(s);
    wait.epoch = registry_halt_epoch(s->registry);
    wait.reply.applied = true;
    s->halts[s->n_halts++] = wait;
    signer_log(SIGNER_WARN, "halted", "scope=%s operator=%.*s seq=%llu",
        msg.key.n == 0 ? "all" : "key", SG_PRINT(msg.operator_),
        (unsigned long long)wait.reply.seq);
    return SG_DONE;
}

void
signer_on_halt(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    sg_result r = halt(s, peer, frame);
    if (!sg_ok(r)) {
        struct wire_operation_reply none = { 0 };
        answer(s, peer, frame, r, &none, NULL);
    }
}

/* A halt is answered when everything that was in flight before it has been released or dropped, durably. */
void
signer_halts_settle(struct signer *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n_halts; i++) {
        struct signer_halt_wait *wait = &s->halts[i];
        if (signer_in_flight_before(s, wait->epoch)) {
            s->halts[kept++] = *wait;
            continue;
        }
        if (wait->peer != NULL) {
            wait->reply.operation_id = SG_BYTES(wait->operation_id);
            struct sg_buf buf = sg_buf_new(s->scratch, 128, WIRE_FRAME_MAX);
            wire_operation_reply_encode(&buf, WIRE_HALT, wait->request_id, &wait->reply);
            signer_peer_put(wait->peer, &buf);
        }
    }
    s->n_halts = kept;
}
