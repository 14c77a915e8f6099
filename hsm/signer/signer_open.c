/*
 * INTENT_OPEN and INTENT_CANCEL: what persons are being asked about. The table is bounded in number and bytes, with a share per person and per
 * requester, so that nobody keeps the others from being asked; and it is in memory alone, so that a restart revives no approval. req: AU-4, SIG-1
 */
#include <sodium.h>
#include <stdlib.h>

#include "signer.h"
#include "signer_person.h"

#define OPEN_MAX 4096
#define OPEN_PER_PERSON 32
#define OPEN_PER_REQUESTER (OPEN_MAX / 2)
#define OPEN_BYTES_MAX ((size_t)16 * 1024 * 1024) /* of encoded intents */
#define BUCKETS 1024                              /* by the first bits of an id, which is a hash */
#define SWEEP_EVERY_MS 1000

/* `opened` goes first: the gates see no more of it. */
struct signer_open {
    struct gate_opened opened;
    struct signer_open *next;
    unsigned uses;                    /* requests under way */
    uint8_t requester[SG_SHA256_LEN]; /* hash of its name: equal names, equal length */
};

struct signer_opens {
    struct signer_open *buckets[BUCKETS];
    size_t n;
    size_t bytes;
    int64_t sweep_at_ms;
};

static struct signer_open **
bucket_of(struct signer_opens *opens, const uint8_t *intent_id)
{
    return &opens->buckets[(intent_id[0] << 8 | intent_id[1]) % BUCKETS];
}

struct gate_opened *
signer_opened(struct signer *s, sg_bytes intent_id)
{
    if (s->opens == NULL || intent_id.n != WIRE_INTENT_ID_LEN) {
        return NULL;
    }
    for (struct signer_open *o = *bucket_of(s->opens, intent_id.p); o != NULL; o = o->next) {
        if (memcmp(o->opened.intent_id, intent_id.p, intent_id.n) == 0) {
            return &o->opened;
        }
    }
    return NULL;
}

static struct signer_open *
row_of(struct gate_opened *opened)
{
    return (struct signer_open *)(void *)opened; /* its first member */
}

static void
row_free(struct signer_opens *opens, struct signer_open *row)
{
    opens->n--;
    opens->bytes -= row->opened.intent.n;
    free((void *)(uintptr_t)
             row->opened.intent.p); /* malloc's own memory, seen through a const view */
    sodium_memzero(row, sizeof(*row));
    free(row);
}

static bool
is_over(const struct signer *s, const struct gate_opened *o)
{
    bool consented = o->first_seq != 0;
    int64_t until = consented ? o->intent_until : o->gesture_until;
    int64_t boot = consented ? o->intent_boot_ms : o->gesture_boot_ms;
    return o->dropped || s->env.now.utc_ms / 1000 >= until || s->env.now.boot_ms >= boot;
}

/* Nothing of it is left to be asked for. It stays while there is room, so that who repeats it hears that it is spent. */
static bool
is_finished(const struct gate_opened *o)
{
    return o->first_seq != 0 && o->spent == o->all;
}

/* Take out what is over, and with `finished` what is spent; who is still being worked on goes when that is done. */
static void
sweep_also(struct signer *s, bool finished)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct signer_open **at = &s->opens->buckets[i];
        while (*at != NULL) {
            struct signer_open *row = *at;
            if (row->uses == 0 &&
                (is_over(s, &row->opened) || (finished && is_finished(&row->opened)))) {
                *at = row->next;
                row_free(s->opens, row);
            } else {
                at = &row->next;
            }
        }
    }
}

static void
sweep(struct signer *s)
{
    sweep_also(s, false);
}

void
signer_opened_use(struct gate_opened *opened)
{
    row_of(opened)->uses++;
}

void
signer_opened_leave(struct signer *s, struct gate_opened *opened)
{
    row_of(opened)->uses--;
    if (opened->dropped) {
        sweep(s);
    }
}

void
signer_opens_tick(struct signer *s)
{
    if (s->opens != NULL && s->opens->n > 0 && s->env.now.boot_ms >= s->opens->sweep_at_ms) {
        s->opens->sweep_at_ms = s->env.now.boot_ms + SWEEP_EVERY_MS;
        sweep(s);
    }
}

void
signer_opens_free(struct signer *s)
{
    for (size_t i = 0; s->opens != NULL && i < BUCKETS; i++) {
        while (s->opens->buckets[i] != NULL) {
            struct signer_open *row = s->opens->buckets[i];
            s->opens->buckets[i] = row->next;
            row_free(s->opens, row);
        }
    }
    free(s->opens);
    s->opens = NULL;
}

void
signer_open_drop_person(struct signer *s, sg_bytes person)
{
    for (size_t i = 0; s->opens != NULL && i < BUCKETS; i++) {
        for (struct signer_open *row = s->opens->buckets[i]; row != NULL; row = row->next) {
            if (row->opened.first_seq == 0 &&
                sg_bytes_equal(SG_BYTES(row->opened.person), person)) {
                row->opened.dropped = true;
            }
        }
    }
    if (s->opens != NULL) {
        sweep(s);
    }
}

/* ---- INTENT_OPEN ---------------------------------------------------------------------------------------------- */

static sg_result
count_room(const struct signer *s, sg_bytes person, const uint8_t *requester, size_t bytes)
{
    size_t persons = 0;
    size_t requesters = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (const struct signer_open *row = s->opens->buckets[i]; row != NULL; row = row->next) {
            persons += sg_bytes_equal(SG_BYTES(row->opened.person), person) ? 1 : 0;
            requesters += memcmp(row->requester, requester, SG_SHA256_LEN) == 0 ? 1 : 0;
        }
    }
    SG_REQUIRE(s->opens->n < OPEN_MAX && s->opens->bytes + bytes <= OPEN_BYTES_MAX, TOO_MANY);
    SG_REQUIRE(persons < OPEN_PER_PERSON && requesters < OPEN_PER_REQUESTER, TOO_MANY);
    return SG_DONE;
}

/* Room for one more of this size, this person's, this requester's. What is over does not count, and what is spent makes room. */
static sg_result
check_room(struct signer *s, sg_bytes person, const uint8_t *requester, size_t bytes)
{
    sweep(s);
    sg_result r = count_room(s, person, requester, bytes);
    if (sg_ok(r)) {
        return r;
    }
    sweep_also(s, true);
    return count_room(s, person, requester, bytes);
}

/* When the gesture must be here, and when all of it is over: by UTC as the intent says, and by the time since boot, which nobody sets. */
static void
set_times(const struct signer *s, const struct wire_intent *intent, struct gate_opened *o)
{
    int64_t now = s->env.now.utc_ms / 1000;
    int64_t life = now + s->env.limits.gesture_life_s;
    o->intent_until = intent->expires_at;
    o->gesture_until = life < intent->expires_at ? life : intent->expires_at;
    o->intent_boot_ms = s->env.now.boot_ms + (o->intent_until - now) * 1000;
    o->gesture_boot_ms = s->env.now.boot_ms + (o->gesture_until - now) * 1000;
}

static sg_result
keep(struct signer *s, const struct wire_intent_open *msg, const struct wire_intent *intent,
    struct gate_opened **ret)
{
    uint8_t id[WIRE_INTENT_ID_LEN];
    uint8_t requester[SG_SHA256_LEN];
    if (s->opens == NULL) {
        s->opens = calloc(1, sizeof(*s->opens));
        SG_REQUIRE(s->opens != NULL, NO_MEMORY);
    }
    wire_intent_id(msg->intent, id);
    sg_sha256(sg_str_bytes(intent->requester), requester);
    SG_REQUIRE(signer_opened(s, SG_BYTES(id)) == NULL, CONFLICT); /* one intent, one nonce */
    SG_TRY(check_room(s, msg->person, requester, msg->intent.n));
    struct signer_open *row = calloc(1, sizeof(*row));
    uint8_t *copy = malloc(msg->intent.n);
    if (row == NULL || copy == NULL) {
        free(row);
        free(copy);
        SG_FAIL(NO_MEMORY);
    }
    memcpy(copy, msg->intent.p, msg->intent.n);
    memcpy(row->requester, requester, sizeof(requester));
    memcpy(row->opened.intent_id, id, sizeof(id));
    memcpy(row->opened.person, msg->person.p, sizeof(row->opened.person));
    row->opened.intent = sg_bytes_of(copy, msg->intent.n);
    row->opened.all = UINT64_MAX >> (WIRE_DTBS_MAX - intent->n_dtbs);
    randombytes_buf(row->opened.nonce, sizeof(row->opened.nonce));
    set_times(s, intent, &row->opened);
    row->next = *bucket_of(s->opens, id);
    *bucket_of(s->opens, id) = row;
    s->opens->n++;
    s->opens->bytes += msg->intent.n;
    *ret = &row->opened;
    return SG_DONE;
}

/* Whose gesture could count: for level 3 only what does not sync and is attested (SIG-8). */
static sg_result
list_passkeys(struct signer *s, const struct gate_gesture *g, struct wire_intent_open_reply *ret)
{
    struct reg_passkey *all = SG_NEW_ARRAY(s->scratch, WIRE_PASSKEYS_MAX, struct reg_passkey);
    size_t n = 0;
    SG_REQUIRE(all != NULL, NO_MEMORY);
    SG_TRY(
        reg_passkeys_of(s->registry, s->scratch, SG_BYTES(g->person), WIRE_PASSKEY_SIGN, all, &n));
    for (size_t i = 0; i < n; i++) {
        bool fits = g->level < 3 || (all[i].attested && !all[i].backup_eligible);
        if (all[i].state == WIRE_PASSKEY_ACTIVE && fits) {
            ret->passkeys[ret->n_passkeys++] = all[i].id;
        }
    }
    SG_REQUIRE(ret->n_passkeys > 0, POLICY); /* nobody could ever answer */
    return SG_DONE;
}

static sg_result
open_checked(struct signer *s, const struct wire_intent_open *msg, struct gate_case *c,
    struct wire_intent_open_reply *ret)
{
    struct gate_opened *opened = NULL;
    memcpy(c->gesture->person, msg->person.p, sizeof(c->gesture->person));
    SG_TRY(gate_gesture_open(&s->env, c));
    SG_TRY(list_passkeys(s, c->gesture, ret));
    SG_TRY(keep(s, msg, &c->intent, &opened));
    ret->intent_id = SG_BYTES(opened->intent_id);
    ret->nonce = SG_BYTES(opened->nonce);
    ret->expires_at = opened->gesture_until;
    return SG_DONE;
}

static sg_result
intent_open(struct signer *s, const struct wire_frame *frame, struct wire_intent_open_reply *ret)
{
    struct wire_intent_open msg;
    struct gate_case *c = SG_NEW(s->scratch, struct gate_case);
    struct gate_gesture *g = SG_NEW(s->scratch, struct gate_gesture);
    SG_REQUIRE(c != NULL && g != NULL, NO_MEMORY);
    SG_TRY(wire_intent_open_parse(frame->body, &msg));
    SG_TRY(signer_ready(s));
    SG_REQUIRE(s->env.rp.n_origins > 0, UNSUPPORTED); /* no persons in these settings */
    SG_TRY(wire_intent_parse(msg.intent, &c->intent));
    c->arena = s->scratch;
    c->gesture = g;
    sg_result r = open_checked(s, &msg, c, ret);
    gate_gesture_release(s->registry, c);
    return r;
}

void
signer_on_intent_open(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    struct wire_intent_open_reply reply = { .n_passkeys = 0 };
    sg_result r = intent_open(s, frame, &reply);
    if (!sg_ok(r)) {
        signer_log(SIGNER_WARN, "refused", "id=%016llx code=%s gate=intent-open",
            (unsigned long long)frame->request_id, sg_code_row(r.code)->name);
        signer_refuse(s, peer, frame->request_id, r);
        return;
    }
    struct sg_buf buf = sg_buf_new(s->scratch, 512, WIRE_FRAME_MAX);
    wire_intent_open_reply_encode(&buf, frame->request_id, &reply);
    signer_peer_put(peer, &buf);
}

/* ---- INTENT_CANCEL -------------------------------------------------------------------------------------------- */

sg_result
signer_person_note(
    struct signer *s, const struct wire_person_event *event, struct signer_note **ret)
{
    sg_bytes body;
    *ret = NULL;
    if (!signer_budget_take(&s->person_budget, s->env.now.boot_ms)) {
        return SG_DONE; /* counted */
    }
    SG_TRY(wire_person_event_encode(s->scratch, event, &body));
    *ret = signer_note_new(WIRE_REC_PERSON_EVENT, body);
    SG_REQUIRE(*ret != NULL, NO_MEMORY);
    signer_note_put(s, *ret);
    return SG_DONE;
}

/* That a person said no is worth a line; that nobody waits any more is not. */
static sg_result
refused_by_person(struct signer *s, const struct gate_opened *opened, struct signer_note **ret)
{
    const struct wire_person_event event = { .event = SG_LIT("intent-refused"),
        .person = SG_BYTES(opened->person),
        .intent_id = SG_BYTES(opened->intent_id),
        .at_ms = s->env.now.utc_ms };
    return signer_person_note(s, &event, ret);
}

static sg_result
intent_cancel(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    struct wire_intent_cancel msg;
    struct signer_note *note = NULL;
    SG_TRY(wire_intent_cancel_parse(frame->body, &msg));
    SG_REQUIRE(s->phase == SIGNER_SERVES, NOT_READY);
    struct gate_opened *opened = signer_opened(s, msg.intent_id);
    SG_REQUIRE(opened != NULL && !opened->dropped, NOT_FOUND);
    if (msg.reason == WIRE_CANCEL_REFUSED && opened->first_seq == 0) {
        SG_TRY(refused_by_person(s, opened, &note));
    }
    opened->dropped = true;
    sweep(s);
    if (note != NULL) {
        signer_note_answer_to(note, peer, frame);
        return SG_DONE;
    }
    struct wire_noted counted = { 0 };
    struct sg_buf buf = sg_buf_new(s->scratch, 32, WIRE_FRAME_MAX);
    wire_noted_encode(&buf, frame->type, frame->request_id, &counted);
    signer_peer_put(peer, &buf);
    return SG_DONE;
}

void
signer_on_intent_cancel(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    sg_result r = intent_cancel(s, peer, frame);
    if (!sg_ok(r)) {
        signer_refuse(s, peer, frame->request_id, r);
    }
}
