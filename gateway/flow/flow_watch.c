/*
 * What operators end in the signer is over here as well, and soon: whoever was locked or has left loses sessions, codes, tokens and open questions, and a
 * question whose key was stopped ends. The signer refuses anyway; this is about what the gateway shows and keeps (req: AU-6, AU-7, KEY-6).
 *
 * Once a second: every open question, and the next WATCH_PERSONS persons who have a session or a token, in a round. Faces ask for themselves as well
 * (flow_person_alive), so that the round only bounds what nobody looks at. When the signer does not answer, nothing is ended and the round goes on later.
 */
#include "flow_enrol.h"
#include "flow_question_int.h"

#define WATCH_TIMEOUT_MS 2000
#define WATCH_ARENA_MAX ((size_t)4 * 1024 * 1024)

/* An open question: whose it is, and what would sign. */
struct watched {
    struct watched *next;
    char id[FLOW_QUESTION_ID_LEN];
    uint8_t person[STORE_PERSON_LEN];
    uint8_t (*keys)[WIRE_THUMBPRINT_LEN];
    size_t n_keys;
};

/* One round; arenas of its own. */
struct watch {
    struct flow_questions *all;
    struct sg_arena *arena; /* the list */
    struct sg_arena *call;  /* one answer after the other */
    struct watched *first;
    int64_t now;
};

/* ---- asking the signer ------------------------------------------------------------------------------------------- */

sg_result
flow_state_ask(struct peer *signer, struct sg_arena *arena, unsigned timeout_ms,
    const uint8_t person[16], enum wire_person_state *ret)
{
    static const uint8_t last[WIRE_THUMBPRINT_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    /* keys after the last there can be: none is listed */
    const struct wire_person_info ask = { .person = sg_bytes_of(person, 16),
        .after = SG_BYTES(last) };
    struct wire_person_info_reply *reply = SG_NEW(arena, struct wire_person_info_reply);
    struct wire_frame frame;
    sg_bytes bytes;
    SG_REQUIRE(reply != NULL, NO_MEMORY);
    uint64_t id = peer_next_id(signer);
    struct sg_buf buf = sg_buf_new(arena, 256, WIRE_FRAME_MAX);
    wire_person_info_encode(&buf, id, &ask);
    SG_TRY(sg_buf_end(&buf, &bytes));
    sg_result r = peer_call(signer, id, bytes, arena, timeout_ms, &frame);
    if (r.code == SG_E_NOT_FOUND) { /* a signer that does not know it has nothing to let it do */
        *ret = WIRE_PERSON_LEFT;
        return SG_DONE;
    }
    SG_TRY(r);
    SG_TRY(wire_person_info_reply_parse(frame.body, reply));
    SG_REQUIRE(sg_bytes_equal(reply->person, sg_bytes_of(person, 16)), INTERNAL);
    *ret = (enum wire_person_state)reply->state;
    return SG_DONE;
}

static sg_result
key_active(struct watch *w, const uint8_t key[WIRE_THUMBPRINT_LEN], bool *ret)
{
    const struct wire_key_info ask = { .key = sg_bytes_of(key, WIRE_THUMBPRINT_LEN) };
    struct wire_key_info_reply reply;
    struct wire_frame frame;
    sg_bytes bytes;
    uint64_t id = peer_next_id(w->all->signer);
    struct sg_buf buf = sg_buf_new(w->call, 256, WIRE_FRAME_MAX);
    wire_key_info_encode(&buf, id, &ask);
    SG_TRY(sg_buf_end(&buf, &bytes));
    sg_result r = peer_call(w->all->signer, id, bytes, w->call, WATCH_TIMEOUT_MS, &frame);
    *ret = false;
    if (r.code == SG_E_NOT_FOUND || r.code == SG_E_KEY_STATE) {
        return SG_DONE;
    }
    SG_TRY(r);
    SG_TRY(wire_key_info_reply_parse(frame.body, &reply));
    *ret = reply.state == WIRE_KEY_ACTIVE;
    return SG_DONE;
}

static bool
is_out(enum wire_person_state state)
{
    return state == WIRE_PERSON_LOCKED || state == WIRE_PERSON_LEFT;
}

/* ---- questions ----------------------------------------------------------------------------------------------------- */

/* Lock held; `q` is nobody's at the moment, so that its round may be read. */
static sg_result
note_question(struct watch *w, const struct question *q)
{
    const struct round *round = q->round;
    struct watched *one = SG_NEW(w->arena, struct watched);
    SG_REQUIRE(one != NULL, NO_MEMORY);
    memcpy(one->id, q->id, sizeof(one->id));
    memcpy(one->person, q->person, sizeof(one->person));
    one->keys = sg_arena_array(
        w->arena, round == NULL ? 1 : round->n + 1, sizeof(uint8_t[WIRE_THUMBPRINT_LEN]));
    SG_REQUIRE(one->keys != NULL, NO_MEMORY);
    for (size_t i = 0; round != NULL && i < round->n; i++) {
        const struct question_key *key = round->parts[i].key;
        if (round->parts[i].to_sign && key != NULL) {
            memcpy(one->keys[one->n_keys++], key->thumbprint, WIRE_THUMBPRINT_LEN);
        }
    }
    one->next = w->first;
    w->first = one;
    return SG_DONE;
}

static sg_result
note_questions(struct watch *w)
{
    struct flow_questions *all = w->all;
    sg_result r = SG_DONE;
    pthread_mutex_lock(&all->lock);
    for (const struct question *q = all->first_question; q != NULL && sg_ok(r); q = q->next) {
        if (!q->busy && q->over_at == 0) { /* one that is busy is asking the signer itself */
            r = note_question(w, q);
        }
    }
    pthread_mutex_unlock(&all->lock);
    return r;
}

static sg_result
still_good(struct watch *w, const struct watched *one, bool *ret)
{
    enum wire_person_state state;
    sg_arena_reset(w->call);
    *ret = false;
    SG_TRY(flow_state_ask(w->all->signer, w->call, WATCH_TIMEOUT_MS, one->person, &state));
    bool good = state == WIRE_PERSON_ACTIVE;
    for (size_t i = 0; i < one->n_keys && good; i++) {
        sg_arena_reset(w->call);
        SG_TRY(key_active(w, one->keys[i], &good));
    }
    *ret = good;
    return SG_DONE;
}

/* Open questions for which `fits`, one after the other. */
static void
end_questions(struct flow_questions *all, int64_t now,
    bool (*fits)(const struct question *q, const void *context), const void *context)
{
    for (;;) {
        pthread_mutex_lock(&all->lock);
        struct question *q = all->first_question;
        while (q != NULL && (q->busy || q->over_at != 0 || !fits(q, context))) {
            q = q->next;
        }
        if (q != NULL) {
            q->busy = q->answering = true; /* whoever asks now waits until it is over */
        }
        pthread_mutex_unlock(&all->lock);
        if (q == NULL) {
            return;
        }
        question_expire(q, now);
    }
}

static bool
is_named(const struct question *q, const void *id)
{
    return memcmp(q->id, id, sizeof(q->id)) == 0;
}

static bool
is_of(const struct question *q, const void *person)
{
    return memcmp(q->person, person, sizeof(q->person)) == 0;
}

void
flow_questions_end(struct flow_questions *all, const uint8_t person[16], int64_t now)
{
    end_questions(all, now, is_of, person);
}

static sg_result
watch_questions(struct watch *w)
{
    SG_TRY(note_questions(w));
    for (const struct watched *one = w->first; one != NULL; one = one->next) {
        bool good = false;
        sg_result r = still_good(w, one, &good);
        if (r.code == SG_E_PEER_DOWN || r.code == SG_E_NO_MEMORY) {
            return r; /* it would be the same with the next */
        }
        if (sg_ok(r) &&
            !good) { /* one that cannot be asked about is asked about in the next round */
            end_questions(w->all, w->now, is_named, one->id);
        }
    }
    return SG_DONE;
}

/* ---- who is in ------------------------------------------------------------------------------------------------------ */

static sg_result
watch_persons(struct watch *w)
{
    struct flow_questions *all = w->all;
    uint8_t persons[WATCH_PERSONS][STORE_PERSON_LEN];
    size_t n = 0;
    SG_TRY(store_persons_after(all->store, all->watched, persons, WATCH_PERSONS, &n));
    for (size_t i = 0; i < n; i++) {
        enum wire_person_state state;
        sg_arena_reset(w->call);
        SG_TRY(flow_state_ask(all->signer, w->call, WATCH_TIMEOUT_MS, persons[i], &state));
        if (is_out(state)) {
            SG_TRY(store_session_end_all(all->store, persons[i], NULL));
            end_questions(all, w->now, is_of, persons[i]);
        }
        memcpy(all->watched, persons[i], sizeof(all->watched));
    }
    if (n < WATCH_PERSONS) { /* from the first again */
        memset(all->watched, 0, sizeof(all->watched));
    }
    return SG_DONE;
}

void
questions_watch(struct flow_questions *all, int64_t now)
{
    struct watch w = { .all = all,
        .arena = sg_arena_new(0, WATCH_ARENA_MAX),
        .call = sg_arena_new(0, WATCH_ARENA_MAX),
        .now = now };
    if (w.arena != NULL && w.call != NULL) {
        SG_IGNORE(watch_questions(&w)); /* no answer, no memory: the next round is a second away */
        SG_IGNORE(watch_persons(&w));   /* whatever the questions are like */
    }
    sg_arena_free(&w.arena);
    sg_arena_free(&w.call);
}
