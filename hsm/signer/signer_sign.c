/* SIGN: from packet to admission, what a durable consent leaves in memory, and the answer. req: SIG-1, SIG-3, SIG-5, AU-4 */
#include "signer.h"
#include "signer_person.h"

static sg_result
parse(struct signer *s, struct signer_case *c, sg_bytes body)
{
    struct gate_case *g = &c->g;
    sg_bytes copy;
    struct gate_gesture *gesture = SG_NEW(g->arena, struct gate_gesture);
    SG_REQUIRE(gesture != NULL, NO_MEMORY);
    SG_TRY(sg_arena_bytes(g->arena, body, &copy)); /* the landing place is used again */
    SG_TRY(wire_sign_parse(copy, &gesture->msg));
    SG_TRY(signer_ready(s));
    struct gate_opened *opened = signer_opened(s, gesture->msg.intent_id);
    SG_REQUIRE(opened != NULL, INTENT);
    /* a copy: workers read it, and the table is the engine's */
    SG_TRY(sg_arena_bytes(g->arena, opened->intent, &g->seal.intent));
    memcpy(gesture->person, opened->person, sizeof(gesture->person));
    gesture->first = gesture->msg.passkey.n > 0;
    memcpy(g->seal.messages, gesture->msg.messages,
        gesture->msg.n_messages * sizeof(gesture->msg.messages[0]));
    g->seal.n_messages = gesture->msg.n_messages;
    g->seal.mandate = SG_NO_BYTES;
    signer_opened_use(opened);
    gesture->opened = opened;
    g->gesture = gesture;
    return SG_DONE;
}

/* A counter that went back is worth a line in the person's own account, also where it refuses (level 3). */
static void
note_counter(struct signer *s, const struct signer_case *c)
{
    const struct gate_gesture *g = c->g.gesture;
    struct signer_note *note = NULL;
    if (g == NULL || c->g.activated || !g->act.counter_fault) {
        return;
    }
    const struct wire_person_event event = { .event = SG_LIT("counter-fault"),
        .person = SG_BYTES(g->person),
        .passkey = g->act.passkey.id,
        .level = g->level,
        .intent_id = SG_BYTES(c->g.intent_id),
        .at_ms = s->env.now.utc_ms };
    sg_result r = signer_person_note(s, &event, &note);
    if (!sg_ok(r)) {
        signer_log(SIGNER_ERROR, "event-not-recorded", "code=%s", sg_code_row(r.code)->name);
    }
}

void
signer_on_sign(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    struct signer_case *c = signer_case_take(s, frame->request_id);
    if (c == NULL) {
        s->counters.refused_early[SG_E_TOO_MANY]++;
        signer_refuse(s, peer, frame->request_id, SG_ERROR(TOO_MANY));
        return;
    }
    sg_result r = parse(s, c, frame->body);
    if (sg_ok(r)) {
        r = gate_run(&s->env, &c->g, GATE_EARLY, NULL);
    }
    if (sg_ok(r)) {
        signer_seal_admit(s, c);
    } else if (r.code == SG_E_PENDING) {
        signer_status_park(s, c);
    } else {
        note_counter(s, c);
        signer_seal_refuse(s, c, r);
    }
}

void
signer_sign_consented(struct signer *s, struct signer_case *c)
{
    struct gate_gesture *g = c->g.gesture;
    struct gate_opened *o = g->opened;
    o->spent |= g->msg.which;
    o->busy &= ~g->msg.which;
    g->reserved = false;
    if (g->first) {
        o->first_seq = c->g.consent_seq;
        memcpy(o->passkey, g->passkey, sizeof(o->passkey));
        memcpy(o->passkey_hash, g->passkey_hash, sizeof(o->passkey_hash));
    }
    if (c->g.intent.operation == WIRE_OP_REGISTER) {
        signer_enrol_applied(s, c->g.intent.key, c->g.intent.dtbs[0].digest);
    }
}

void
signer_sign_reply(struct signer *s, struct signer_case *c)
{
    struct gate_case *g = &c->g;
    struct wire_sign_reply *reply = SG_NEW(g->arena, struct wire_sign_reply);
    struct sg_buf buf = sg_buf_new(g->arena, 128 + g->n_sign * 100, WIRE_FRAME_MAX);
    if (reply == NULL) {
        signer_refuse(s, &s->gateway, c->request_id, SG_ERROR(NO_MEMORY));
        return;
    }
    for (size_t i = 0; i < g->n_sign; i++) {
        reply->signatures[reply->n_signatures++] =
            sg_bytes_of(g->signatures[i], g->signature_lens[i]);
    }
    reply->consent_seq = g->consent_seq;
    reply->outcome_seq = g->outcome_seq;
    reply->signed_at = g->signed_at_ms / 1000;
    wire_sign_reply_encode(&buf, c->request_id, reply);
    signer_peer_put(&s->gateway, &buf);
}

void
signer_sign_release(struct signer *s, struct signer_case *c)
{
    struct gate_opened *opened = c->g.gesture->opened;
    gate_gesture_release(s->registry, &c->g);
    c->g.gesture = NULL;
    signer_opened_leave(s, opened);
}
