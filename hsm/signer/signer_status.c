/*
 * Asking the courier: one question per key in flight, shared by all who wait; a kept verdict is refreshed before it is too old, so that under load nobody
 * waits. Nobody blocks: who waits is parked until the answer or the deadline. req: SIG-2
 */
#include <sodium.h>
#include <stdlib.h>

#include "signer.h"

#define ASKS_PER_CASE 3 /* answers that are too old on arrival are asked again, not for ever */

/* The one question about a key (gate_live.ask). */
struct signer_ask {
    uint64_t request_id;
    int64_t deadline_ms;
    int64_t asked_at_ms;
};

static sg_result
send_ask(
    struct signer *s, const struct wire_ref *refs, size_t n_refs, uint64_t request_id, bool exact)
{
    struct wire_status_ask *msg = SG_NEW(s->scratch, struct wire_status_ask);
    SG_REQUIRE(msg != NULL, NO_MEMORY);
    memcpy(msg->refs, refs, n_refs * sizeof(refs[0]));
    msg->n_refs = n_refs;
    msg->not_before = s->env.now.utc_ms / 1000; /* looked at within this second, or now */
    msg->plus_ms = exact ? (uint64_t)(s->env.now.utc_ms % 1000) : 0;
    struct sg_buf buf = sg_buf_new(s->scratch, 256, WIRE_FRAME_MAX);
    wire_status_ask_encode(&buf, request_id, msg);
    signer_peer_put(&s->courier, &buf);
    s->counters.asks++;
    return SG_DONE;
}

static uint64_t
next_ask(struct signer *s)
{
    s->next_ask += s->next_ask == 0 ? 1 : 0;
    return s->next_ask++;
}

static sg_result
ask_key(struct signer *s, struct reg_key *key)
{
    struct gate_live *live = gate_live_of(key);
    SG_REQUIRE(live != NULL, NO_MEMORY);
    struct signer_ask *ask = live->ask;
    if (ask == NULL) {
        ask = calloc(1, sizeof(*ask));
        SG_REQUIRE(ask != NULL, NO_MEMORY);
        live->ask = ask;
    }
    if (ask->request_id != 0 && s->env.now.boot_ms < ask->deadline_ms) {
        return SG_DONE; /* in flight already */
    }
    ask->request_id = next_ask(s);
    ask->asked_at_ms = s->env.now.boot_ms;
    ask->deadline_ms = s->env.now.boot_ms + (int64_t)s->conf->status_timeout_ms;
    return send_ask(s, &key->status, 1, ask->request_id, false);
}

/* The key has another reference now: what was said, and will be, about the old one is no word about it. */
void
signer_status_forget(struct signer *s, struct reg_key *key)
{
    struct gate_live *live = key->live;
    if (live == NULL) {
        return;
    }
    live->have = false;
    if (live->ask != NULL) {
        ((struct signer_ask *)live->ask)->request_id = 0;
        SG_IGNORE(ask_key(s, key)); /* for those who wait; who comes later will ask again */
    }
}

/*
 * Before it is too old, and only when a new answer can be newer: the question names whole seconds, so in the second of
 * the last look the courier would give the same answer again.
 */
void
signer_status_refresh(struct signer *s, struct reg_key *key)
{
    const struct gate_live *live = key->live;
    if (live == NULL || !live->have || key->purpose != WIRE_PURPOSE_SEAL) {
        return;
    }
    int64_t age = s->env.now.utc_ms - live->verdict.fetched_at_ms;
    if (age * 10 > s->env.limits.status_max_age_ms * 6 &&
        s->env.now.utc_ms / 1000 > live->verdict.fetched_at_ms / 1000) {
        SG_IGNORE(ask_key(s, key)); /* nobody waits for it yet; who does will ask again */
    }
}

void
signer_status_park(struct signer *s, struct signer_case *c)
{
    struct gate_asks asks = gate_status_asks(&s->env, &c->g);
    sg_result r = SG_DONE;
    c->waits_key = asks.key;
    if (asks.key) {
        c->asked++;
        r = c->asked > ASKS_PER_CASE ? SG_ERROR(STATUS_UNKNOWN) : ask_key(s, c->g.key);
    }
    if (sg_ok(r) && asks.refs && c->refs_ask == 0) {
        c->refs_ask = next_ask(s);
        if (c->g.gesture != NULL) {
            c->g.gesture->refs_since_ms = s->env.now.utc_ms; /* as the question says */
        }
        /* what was revoked while a person read is seen, be it a moment ago (SIG-2) */
        r = send_ask(s, c->g.intent.refs, c->g.intent.n_refs, c->refs_ask, c->g.gesture != NULL);
    }
    if (!sg_ok(r)) {
        signer_seal_refuse(s, c, r);
        return;
    }
    c->state = CASE_PARKED;
    signer_queue_put(&s->parked, c);
}

/* Look at the status gate again; it may have to wait on. */
static void
resume(struct signer *s, struct signer_case *c)
{
    sg_result r = gate_status(&s->env, &c->g, NULL);
    if (sg_ok(r)) {
        signer_seal_admit(s, c);
    } else if (r.code == SG_E_PENDING) {
        signer_status_park(s, c);
    } else {
        signer_seal_refuse(s, c, r);
    }
}

/* Take all parked cases out, give each to `each`; those it does not want are parked again as they were. */
typedef bool (*parked_case)(struct signer *s, struct signer_case *c, const void *context);
static void
walk_parked(struct signer *s, parked_case each, const void *context)
{
    struct signer_queue all = s->parked;
    s->parked = (struct signer_queue){ NULL, NULL, 0 };
    struct signer_case *c;
    while ((c = signer_queue_take(&all)) != NULL) {
        if (!each(s, c, context)) {
            signer_queue_put(&s->parked, c);
        }
    }
}

static bool
key_answered(struct signer *s, struct signer_case *c, const void *context)
{
    const struct reg_key *key = context;
    if (!c->waits_key || c->g.key != key) {
        return false;
    }
    const struct gate_live *live = key->live;
    if (live->verdict.verdict == WIRE_GOOD) {
        resume(s, c);
        return true;
    }
    sg_result r = gate_status_judge(&c->g); /* BAD or UNKNOWN, however old: no signature */
    signer_seal_refuse(s, c, sg_ok(r) ? SG_ERROR(STATUS_UNKNOWN) : r);
    return true;
}

static const struct wire_status_verdict unknown_verdict = { .verdict = WIRE_UNKNOWN,
    .code = SG_E_FETCH };

static void
take_key_verdict(struct signer *s, struct reg_key *key, const struct wire_status_verdict *v)
{
    if (!gate_verdict_sane(&s->env, v)) {
        signer_log(SIGNER_WARN, "courier-nonsense", "verdict=%llu", (unsigned long long)v->verdict);
        v = &unknown_verdict;
    }
    gate_live_keep(key->live, v);
    walk_parked(s, key_answered, key);
}

struct refs_answer {
    uint64_t request_id;
    const struct wire_status_ask_reply *reply; /* NULL: nothing usable */
    bool found;
};

static bool
refs_answered(struct signer *s, struct signer_case *c, const void *context)
{
    const struct refs_answer *answer = context;
    if (c->refs_ask != answer->request_id || c->g.refs_answered) {
        return false;
    }
    for (size_t i = 0; i < c->g.intent.n_refs; i++) {
        c->g.refs[i] = unknown_verdict;
        if (answer->reply != NULL && answer->reply->n_verdicts == c->g.intent.n_refs) {
            c->g.refs[i] = answer->reply->verdicts[i];
            if (!sg_ok(sg_arena_bytes(c->g.arena, c->g.refs[i].evidence, &c->g.refs[i].evidence))) {
                c->g.refs[i] = unknown_verdict;
            }
        }
    }
    c->g.refs_answered = true;
    resume(s, c);
    return true;
}

static struct reg_key *
key_of_ask(struct signer *s, uint64_t request_id)
{
    sg_bytes after = SG_NO_BYTES;
    for (;;) {
        struct reg_key *key = registry_key_after(s->registry, after);
        if (key == NULL) {
            return NULL;
        }
        const struct gate_live *live = key->live;
        const struct signer_ask *ask = live == NULL ? NULL : live->ask;
        if (ask != NULL && ask->request_id == request_id) {
            return key;
        }
        after = SG_BYTES(key->thumbprint);
    }
}

/* Anything but a well-formed answer of the right length is no answer: UNKNOWN to whoever waits. */
void
signer_status_answer(struct signer *s, const struct wire_frame *frame)
{
    struct wire_status_ask_reply *reply = SG_NEW(s->scratch, struct wire_status_ask_reply);
    bool good = reply != NULL && frame->type == WIRE_STATUS_ASK + WIRE_REPLY &&
                sg_ok(wire_status_ask_reply_parse(frame->body, reply));
    if (frame->request_id ==
        0) { /* marks "nothing asked" in keys and cases: no question has this number */
        return;
    }
    struct reg_key *key = key_of_ask(s, frame->request_id);
    if (key != NULL) {
        struct gate_live *live = key->live;
        ((struct signer_ask *)live->ask)->request_id = 0;
        good = good && reply->n_verdicts == 1;
        take_key_verdict(s, key, good ? &reply->verdicts[0] : &unknown_verdict);
        return;
    }
    struct refs_answer answer = { frame->request_id, good ? reply : NULL, false };
    walk_parked(s, refs_answered, &answer);
}

static bool
deadline_passed(struct signer *s, struct signer_case *c, const void *context)
{
    (void)context;
    if (s->env.now.boot_ms < c->deadline_ms) {
        return false;
    }
    c->g.gate = "status";
    signer_seal_refuse(s, c, SG_ERROR(STATUS_UNKNOWN));
    return true;
}

void
signer_status_tick(struct signer *s)
{
    if (s->parked.n > 0) {
        walk_parked(s, deadline_passed, NULL);
    }
}

static bool
halted(struct signer *s, struct signer_case *c, const void *context)
{
    (void)context;
    sg_result r = c->g.gesture != NULL ? gate_gesture_usable(&s->env, &c->g)
                                       : gate_key_usable(&s->env, c->g.key, c->g.intent.operation);
    if (sg_ok(r)) {
        return false;
    }
    c->g.gate = "key";
    signer_seal_refuse(s, c, r);
    return true;
}

void
signer_status_halted(struct signer *s)
{
    walk_parked(s, halted, NULL);
    struct signer_queue all = s->admitted;
    s->admitted = (struct signer_queue){ NULL, NULL, 0 };
    struct signer_case *c;
    while ((c = signer_queue_take(&all)) != NULL) {
        if (!halted(s, c, NULL)) {
            signer_queue_put(&s->admitted, c);
        }
    }
}
