/*
 * One transaction and one sync for all that waits: outcomes of what was signed, consents of what was admitted, refusals and notes. After it the signatures
 * leave, and what was consented to is signed. req: SIG-5
 */
#include <stdlib.h>
#include <time.h>

#include "point.h"
#include "signer.h"

/* The clock may go back 2 s: what was forgotten must not be good again then. */
#define FORGET_AFTER_S 10
/* Often and little: a minute's worth of intents, deleted at once, held up every signature for as long as it took. */
#define FORGET_EVERY_MS 1000
#define FORGET_INSTRUCTIONS_EVERY_MS 60000

/* Failures that are not about one request: the transaction cannot stand. */
static bool
is_ours(sg_result r)
{
    enum sg_class class_ = sg_code_row(r.code)->class_;
    return !sg_ok(r) && (class_ == SG_CLASS_UPSTREAM || class_ == SG_CLASS_INTERNAL);
}

void
signer_note_put(struct signer *s, struct signer_note *note)
{
    note->next = NULL;
    *s->notes_end = note;
    s->notes_end = &note->next;
}

void
signer_note_free(struct signer_note *note)
{
    /* malloc's own memory, seen through a const view */
    free((void *)(uintptr_t)note->body.p);
    free((void *)(uintptr_t)note->closed.bytes.p);
    free(note);
}

/* A person leaves once, and every closed part with that: what was still to be written then is written without it. req: EV-4 */
static sg_result
has_left(struct signer *s, const uint8_t person[REG_PERSON_LEN], bool *ret)
{
    struct reg_person found;
    sg_result r = reg_person_get(s->registry, sg_bytes_of(person, REG_PERSON_LEN), &found);
    *ret = r.code == SG_E_NOT_FOUND || (sg_ok(r) && found.state == WIRE_PERSON_LEFT);
    return r.code == SG_E_NOT_FOUND ? SG_DONE : r;
}

static sg_result
write_note(struct signer *s, struct signer_note *note)
{
    note->result = SG_DONE;
    if (note->once) {
        sg_result first = ledger_order_once(s->ledger, note->name, note->hash);
        if (first.code == SG_E_REPLAY || first.code == SG_E_CONFLICT) {
            note->result = first;
            return SG_DONE;
        }
        SG_TRY(first);
    }
    int64_t at_ms = s->env.now.utc_ms;
    bool left = false;
    if (note->closed.bytes.n > 0) {
        SG_TRY(has_left(s, note->closed.person, &left));
    }
    if (note->closed.bytes.n > 0 && !left) {
        return ledger_append_closed(
            s->ledger, note->type, at_ms, note->body, &note->closed, &note->seq);
    }
    return ledger_append(s->ledger, note->type, at_ms, note->body, &note->seq);
}

static void
answer_note(struct signer *s, const struct signer_note *note)
{
    if (note->peer == NULL) {
        return;
    }
    if (!sg_ok(note->refusal)) {
        signer_refuse(s, note->peer, note->request_id, note->refusal);
        return;
    }
    if (!sg_ok(note->result)) {
        signer_refuse(s, note->peer, note->request_id, note->result);
        return;
    }
    struct wire_noted msg = { note->seq };
    struct sg_buf buf = sg_buf_new(s->scratch, 32, WIRE_FRAME_MAX);
    wire_noted_encode(&buf, note->request_type, note->request_id, &msg);
    signer_peer_put(note->peer, &buf);
}

/* Consents. Who is refused here keeps its place in `refused`, and is answered after the transaction. */
static sg_result
write_consents(struct signer *s, struct signer_queue *consented, struct signer_queue *refused)
{
    for (struct signer_case *c; (c = signer_queue_take(&s->admitted)) != NULL;) {
        c->refused = gate_run(&s->env, &c->g, GATE_LATE, NULL);
        if (is_ours(c->refused)) {
            sg_result r = c->refused;
            signer_queue_put(refused, c);
            return r;
        }
        signer_queue_put(sg_ok(c->refused) ? consented : refused, c);
    }
    return SG_DONE;
}

/* Intents and instructions that expired. */
static sg_result
forget(struct signer *s)
{
    int64_t over = s->env.now.utc_ms / 1000 - FORGET_AFTER_S;
    if (s->env.now.boot_ms > s->forget_at_ms) {
        s->forget_at_ms = s->env.now.boot_ms + FORGET_EVERY_MS;
        SG_TRY(ledger_forget(s->ledger, over));
    }
    if (s->env.now.boot_ms > s->forget_instructions_at_ms) {
        s->forget_instructions_at_ms = s->env.now.boot_ms + FORGET_INSTRUCTIONS_EVERY_MS;
        SG_TRY(registry_instructions_forget(s->registry, over));
    }
    return SG_DONE;
}

static sg_result
write_all(struct signer *s, struct signer_queue *consented, struct signer_queue *refused)
{
    for (struct signer_case *c = s->signed_.head; c != NULL; c = c->next) {
        SG_TRY(gate_run(&s->env, &c->g, GATE_RELEASE, NULL));
    }
    SG_TRY(write_consents(s, consented, refused));
    for (struct signer_note *note = s->notes; note != NULL; note = note->next) {
        SG_TRY(write_note(s, note));
    }
    SG_TRY(forget(s));
    SG_TRY(registry_counters_write(s->registry));
    point("consent-open");
    return SG_DONE;
}

static void
give_up(
    struct signer *s, sg_result why, struct signer_queue *consented, struct signer_queue *refused)
{
    signer_log(SIGNER_ERROR, "ledger", "code=%s what=\"nothing of this batch is recorded\"",
        sg_code_row(why.code)->name);
    registry_counters_rolled_back(s->registry);
    /*
     * Signatures exist whose outcome is not durable; they never leave. Their consents are durable, and the next start gives them the outcome
     * `unknown`: so the process ends here, and the ledger is read again.
     */
    if (s->signed_.n > 0) {
        signer_fatal("outcomes cannot be recorded", why);
    }
    struct signer_queue *both[] = { consented, refused };
    for (size_t i = 0; i < 2; i++) {
        for (struct signer_case *c; (c = signer_queue_take(both[i])) != NULL;) {
            c->g.activated = false; /* no record can be written now */
            signer_seal_refuse(s, c, why);
        }
    }
    for (struct signer_case *c; (c = signer_queue_take(&s->admitted)) != NULL;) {
        c->g.activated = false;
        signer_seal_refuse(s, c, why);
    }
    while (s->notes != NULL) {
        struct signer_note *note = s->notes;
        s->notes = note->next;
        note->result = why;
        answer_note(s, note);
        signer_note_free(note);
    }
    s->notes_end = &s->notes;
}

static void
answer_all(struct signer *s, struct signer_queue *consented, struct signer_queue *refused)
{
    struct signer_note *notes =
        s->notes; /* refusals below make new ones, for the next transaction */
    s->notes = NULL;
    s->notes_end = &s->notes;
    for (struct signer_case *c; (c = signer_queue_take(&s->signed_)) != NULL;) {
        signer_seal_reply(s, c);
    }
    for (struct signer_case *c; (c = signer_queue_take(refused)) != NULL;) {
        signer_seal_refuse(s, c, c->refused);
    }
    for (struct signer_case *c; (c = signer_queue_take(consented)) != NULL;) {
        c->state = CASE_SIGNING;
        if (c->g.gesture != NULL) {
            signer_sign_consented(s, c);
        }
        signer_queue_put(&s->to_sign, c);
    }
    while (notes != NULL) {
        struct signer_note *note = notes;
        notes = note->next;
        answer_note(s, note);
        signer_note_free(note);
    }
}

static bool
any_order(const struct signer_note *note)
{
    while (note != NULL && !note->once) {
        note = note->next;
    }
    return note != NULL;
}

void
signer_commit(struct signer *s)
{
    s->last_group = s->admitted.n > s->signed_.n ? s->admitted.n : s->signed_.n;
    if (s->admitted.n == 0 && s->signed_.n == 0 && s->notes == NULL) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &s->last_commit);
    struct signer_queue consented = { NULL, NULL, 0 };
    struct signer_queue refused = { NULL, NULL, 0 };
    bool outcomes = s->signed_.n > 0;
    bool consents = s->admitted.n > 0;
    bool orders = any_order(s->notes);
    sg_result r = ledger_begin(s->ledger);
    if (sg_ok(r)) {
        r = write_all(s, &consented, &refused);
        if (sg_ok(r)) {
            point(outcomes ? "outcome-open" : "");
            r = ledger_commit(s->ledger);
        } else {
            ledger_rollback(s->ledger);
        }
    }
    if (!sg_ok(r)) {
        give_up(s, r, &consented, &refused);
        return;
    }
    registry_counters_committed(s->registry);
    s->counters.transactions++;
    point(consents ? "consent-durable" : "");
    point(outcomes ? "outcome-durable" : "");
    point(orders ? "order-durable" : "");
    answer_all(s, &consented, &refused);
}

bool
signer_in_flight_before(const struct signer *s, uint64_t epoch)
{
    for (size_t i = 0; i < s->n_used; i++) {
        enum signer_case_state state = s->cases[i].state;
        if ((state == CASE_SIGNING || state == CASE_SIGNED) && s->cases[i].g.halt_epoch < epoch) {
            return true;
        }
    }
    return false;
}
