/* SEAL: from packet to admission, and its answers. */
#include <sodium.h>
#include <stdlib.h>

#include "signer.h"
#include "wire_closed.h"

#define CASE_ARENA_FIRST ((size_t)24 * 1024)
#define CASE_ARENA_MAX ((size_t)1024 * 1024)

void
signer_queue_put(struct signer_queue *queue, struct signer_case *c)
{
    c->next = NULL;
    if (queue->tail == NULL) {
        queue->head = c;
    } else {
        queue->tail->next = c;
    }
    queue->tail = c;
    queue->n++;
}

struct signer_case *
signer_queue_take(struct signer_queue *queue)
{
    struct signer_case *c = queue->head;
    if (c != NULL) {
        queue->head = c->next;
        queue->tail = c->next == NULL ? NULL : queue->tail;
        queue->n--;
        c->next = NULL;
    }
    return c;
}

sg_result
signer_cases_new(struct signer *s)
{
    s->n_cases = (size_t)s->conf->queue_max;
    s->cases = calloc(s->n_cases, sizeof(s->cases[0]));
    SG_REQUIRE(s->cases != NULL, NO_MEMORY);
    s->n_used = 0; /* the rest is not even touched: 12 kB each, and their arenas */
    return SG_DONE;
}

void
signer_cases_free(struct signer *s)
{
    for (size_t i = 0; i < s->n_used; i++) {
        sg_arena_free(&s->cases[i].g.arena);
    }
    free(s->cases);
    s->cases = NULL;
}

/* The case last given back comes first: its memory is warm, and few arenas exist under little load. */
void
signer_case_release(struct signer *s, struct signer_case *c)
{
    if (c->g.gesture != NULL) {
        signer_sign_release(s, c);
    }
    sg_arena_reset(c->g.arena);
    c->state = CASE_FREE;
    c->next = s->free.head;
    s->free.head = c;
    if (s->free.tail == NULL) {
        s->free.tail = c;
    }
    s->free.n++;
}

struct signer_case *
signer_case_take(struct signer *s, uint64_t request_id)
{
    struct signer_case *c = signer_queue_take(&s->free);
    if (c == NULL && s->n_used < s->n_cases) {
        c = &s->cases[s->n_used++];
    }
    if (c == NULL) {
        return NULL;
    }
    if (c->g.arena == NULL) {
        c->g.arena = sg_arena_new(CASE_ARENA_FIRST, CASE_ARENA_MAX);
    }
    if (c->g.arena == NULL) {
        signer_case_release(s, c);
        return NULL;
    }
    struct gate_case *g = &c->g;
    g->gesture = NULL;
    g->key = NULL;
    g->mandate = NULL;
    g->client = NULL;
    g->activated = false;
    g->refs_answered = false;
    g->seen = NULL;
    g->n_seen = 0;
    g->intent.n_refs = 0;
    g->signed_ = SG_DONE;
    g->why = (struct sg_why){ 0 };
    g->gate = "shape";
    c->request_id = request_id;
    c->asked = 0;
    c->refs_ask = 0;
    c->waits_key = false;
    c->deadline_ms = s->env.now.boot_ms + (int64_t)s->conf->status_timeout_ms;
    return c;
}

/* After a gesture whose it was is closed, as in its consents (EV-4). */
static sg_result
refusal_note(struct signer_case *c, struct wire_refusal *rec, struct signer_note **ret)
{
    const struct gate_gesture *g = c->g.gesture;
    struct ledger_closed closed = { .bytes = SG_NO_BYTES };
    sg_bytes body;
    if (g == NULL) {
        SG_TRY(wire_refusal_encode(c->g.arena, rec, &body));
    } else {
        rec->passkey_hash = SG_BYTES(g->passkey_hash);
        memcpy(closed.person, g->person, sizeof(closed.person));
        randombytes_buf(closed.salt, sizeof(closed.salt));
        SG_TRY(wire_refusal_close(c->g.arena, rec, closed.salt, &body, &closed.bytes));
    }
    struct signer_note *note = signer_note_new(WIRE_REC_REFUSAL, body);
    SG_REQUIRE(note != NULL, NO_MEMORY);
    sg_bytes bytes = closed.bytes;
    closed.bytes = SG_NO_BYTES;
    note->closed = closed;
    sg_result r = g == NULL ? SG_DONE : signer_note_close(note, bytes);
    if (!sg_ok(r)) {
        signer_note_free(note);
        return r;
    }
    *ret = note;
    return SG_DONE;
}

/*
 * A refusal after a valid activation is a record: misuse and outage stay visible. Earlier ones are counted. True: it is answered when the record is
 * durable.
 */
static bool
note_refusal(struct signer *s, struct signer_case *c, sg_result why)
{
    size_t at = (size_t)why.code < SIGNER_REFUSALS_PER_CODE ? (size_t)why.code : 0;
    if (!c->g.activated) {
        s->counters.refused_early[at]++;
        return false;
    }
    s->counters.refused_late[at]++;
    if (!signer_budget_take(&s->refusal_budget, s->env.now.boot_ms)) {
        return false; /* counted there; one record will say how many */
    }
    struct wire_refusal *rec = SG_NEW(c->g.arena, struct wire_refusal);
    if (rec == NULL) {
        return false;
    }
    rec->intent = c->g.seal.intent;
    rec->mandate_id = c->g.seal.mandate;
    rec->code = (uint64_t)why.code;
    rec->gate = sg_cstr(c->g.gate);
    for (size_t i = 0; i < c->g.n_seen; i++) {
        rec->seen[i] = c->g.seen[i];
    }
    rec->n_seen = c->g.n_seen;
    rec->at_ms = s->env.now.utc_ms;
    struct signer_note *note = NULL;
    if (!sg_ok(refusal_note(c, rec, &note))) {
        signer_log(SIGNER_ERROR, "refusal-not-recorded", "code=%s", sg_code_row(why.code)->name);
        return false;
    }
    note->peer = &s->gateway;
    note->request_id = c->request_id;
    note->refusal = why;
    signer_note_put(s, note);
    return true;
}

void
signer_seal_refuse(struct signer *s, struct signer_case *c, sg_result why)
{
    bool answered = note_refusal(s, c, why);
    signer_log(SIGNER_WARN, "refused", "id=%016llx code=%s gate=%s why=\"%s\"",
        (unsigned long long)c->request_id, sg_code_row(why.code)->name, c->g.gate,
        c->g.why.what == NULL ? "" : c->g.why.what);
    if (!answered) {
        signer_refuse(s, &s->gateway, c->request_id, why);
    }
    signer_case_release(s, c);
}

void
signer_seal_admit(struct signer *s, struct signer_case *c)
{
    c->state = CASE_ADMITTED;
    s->counters.admitted++;
    signer_queue_put(&s->admitted, c);
}

static sg_result
parse(struct signer *s, struct signer_case *c, sg_bytes body)
{
    sg_bytes copy;
    c->g.gate = "shape";
    SG_TRY(sg_arena_bytes(c->g.arena, body, &copy)); /* the landing place is used again */
    SG_TRY(wire_seal_parse(copy, &c->g.seal));
    return signer_ready(s);
}

void
signer_on_seal(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
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
        signer_status_refresh(s, c->g.key);
        signer_seal_admit(s, c);
    } else if (r.code == SG_E_PENDING) {
        signer_status_park(s, c);
    } else {
        signer_seal_refuse(s, c, r);
    }
}

/* After the transaction that holds the outcome is durable: the signatures leave, or the reason why not. */
void
signer_seal_reply(struct signer *s, struct signer_case *c)
{
    struct gate_case *g = &c->g;
    if (!sg_ok(g->released)) {
        signer_log(SIGNER_WARN, g->outcome == WIRE_OUT_WITHHELD ? "withheld" : "failed",
            "id=%016llx code=%s gate=%s consent=%llu", (unsigned long long)c->request_id,
            sg_code_row(g->released.code)->name, g->gate, (unsigned long long)g->consent_seq);
        signer_refuse(s, &s->gateway, c->request_id, g->released);
        signer_case_release(s, c);
        return;
    }
    s->counters.signed_ += g->n_sign;
    if (g->gesture != NULL) {
        signer_sign_reply(s, c);
        signer_case_release(s, c);
        return;
    }
    struct wire_seal_reply reply;
    reply.n_signatures = g->n_sign;
    for (size_t i = 0; i < reply.n_signatures; i++) {
        reply.signatures[i] = sg_bytes_of(g->signatures[i], g->signature_lens[i]);
    }
    reply.consent_seq = g->consent_seq;
    reply.outcome_seq = g->outcome_seq;
    reply.signed_at = g->signed_at_ms / 1000;
    struct sg_buf buf = sg_buf_new(g->arena, 128 + reply.n_signatures * 100, WIRE_FRAME_MAX);
    wire_seal_reply_encode(&buf, c->request_id, &reply);
    signer_peer_put(&s->gateway, &buf);
    signer_case_release(s, c);
}
