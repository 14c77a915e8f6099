/* The life of one question: made, taken by a call, answered, over, remembered, gone; and the nonces that were used. */
#include "flow_question_int.h"

#include <sodium.h>
#include <stdlib.h>

#include "sg_secret.h"
#include "sg_text.h"

#define KEPT_MAX ((size_t)64 * 1024)
#define NAME_EACH 1024 /* ended questions that are remembered, beside the open ones */
#define USED_S 86400   /* how long a nonce is remembered: longer than any verifier waits */
/* Bytes held by questions: of all, of a person; of one that is being worked on, before it can be weighed. */
#define WEIGHT_MAX ((size_t)128 * 1024 * 1024)
#define WEIGHT_PERSON_MAX ((size_t)32 * 1024 * 1024)
#define WEIGHT_UNKNOWN ((size_t)1024 * 1024)

/* ---- rounds ------------------------------------------------------------------------------------------- */

sg_result
round_new(struct round **ret)
{
    struct sg_arena *arena = sg_arena_new(0, ROUND_ARENA_MAX);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct round *round = SG_NEW(arena, struct round);
    if (round == NULL) {
        sg_arena_free(&arena);
        SG_FAIL(NO_MEMORY);
    }
    round->arena = arena;
    *ret = round;
    return SG_DONE;
}

void
round_free(struct round **round)
{
    if (*round != NULL) {
        struct sg_arena *arena = (*round)->arena;
        *round = NULL;
        sg_arena_free(&arena); /* wiped: it has claims */
    }
}

/* ---- dropping an intent --------------------------------------------------------------------------------- */

/* Nobody waits for the answer: what it needs lives by itself. */
struct drop {
    struct sg_arena *arena;
};

static void
dropped(void *context, sg_result r, const struct wire_frame *reply)
{
    struct sg_arena *arena = context;
    (void)r; /* the intent ends by itself when its time is over */
    (void)reply;
    sg_arena_free(&arena);
}

void
question_drop_intent(struct flow_questions *all, const uint8_t intent_id[32])
{
    struct sg_arena *arena = sg_arena_new(1024, 4096);
    if (arena == NULL) {
        return;
    }
    uint64_t id = peer_next_id(all->signer);
    struct sg_buf buf = sg_buf_new(arena, 128, 512);
    struct wire_intent_cancel cancel = { .intent_id = sg_bytes_of(intent_id, WIRE_INTENT_ID_LEN),
        .reason = WIRE_CANCEL_DROPPED };
    wire_intent_cancel_encode(&buf, id, &cancel);
    sg_bytes frame;
    if (!sg_ok(sg_buf_end(&buf, &frame))) {
        sg_arena_free(&arena);
        return;
    }
    peer_ask(all->signer, id, frame, all->settings.signer_timeout_ms, dropped, arena);
}

/* ---- life of a question ------------------------------------------------------------------------------------ */

void
question_free(struct question *q)
{
    round_free(&q->round);
    round_free(&q->drafted);
    sg_arena_free(&q->arena);
    sg_wipe(q, sizeof(*q));
    free(q);
}

/* Lock held. */
void
question_unlink(struct flow_questions *all, struct question *q)
{
    struct question **at = &all->first_question;
    while (*at != NULL && *at != q) {
        at = &(*at)->next;
    }
    if (*at == q) {
        *at = q->next;
        all->n_all--;
        q->gone = true;
    }
}

/* Lock held. The oldest ended question that nobody looks at makes room. */
static struct question *
evict(struct flow_questions *all)
{
    struct question *oldest = NULL;
    for (struct question *q = all->first_question; q != NULL; q = q->next) {
        if (q->over_at != 0 && !q->busy && (oldest == NULL || q->over_at < oldest->over_at)) {
            oldest = q;
        }
    }
    if (oldest != NULL) {
        question_unlink(all, oldest);
    }
    return oldest;
}

/* Lock held. Questions are counted, and what they hold is weighed: a person with large credentials has fewer of them. */
static sg_result
room_for(struct flow_questions *all, const uint8_t person[16])
{
    size_t open = 0, own = 0, weight = 0, own_weight = 0;
    SG_REQUIRE(!all->stop, NOT_READY);
    for (const struct question *q = all->first_question; q != NULL; q = q->next) {
        bool counts = q->over_at == 0;
        bool theirs = counts && memcmp(q->person, person, STORE_PERSON_LEN) == 0;
        size_t heavy = counts && q->weight == 0 ? WEIGHT_UNKNOWN : q->weight;
        open += counts;
        own += theirs;
        weight += heavy;
        own_weight += theirs ? heavy : 0;
    }
    SG_REQUIRE(own < all->settings.max_person && own_weight < WEIGHT_PERSON_MAX, TOO_MANY);
    SG_REQUIRE(open < all->settings.max && weight < WEIGHT_MAX, FULL);
    return SG_DONE;
}

sg_result
question_new(struct flow_questions *all, const uint8_t person[16], int64_t now,
    flow_question_fn done, void *context, struct question **ret)
{
    struct question *q = calloc(1, sizeof(*q));
    SG_REQUIRE(q != NULL, NO_MEMORY);
    uint8_t id[FLOW_QUESTION_ID_LEN / 2];
    randombytes_buf(id, sizeof(id));
    sg_hex_to(SG_BYTES(id), q->id);
    memcpy(q->person, person, STORE_PERSON_LEN);
    q->all = all;
    q->busy = true;
    q->now = now;
    q->expires_at = now + all->settings.life_s;
    q->done = done;
    q->context = context;
    q->result = SG_DONE;
    q->arena = sg_arena_new(0, QUESTION_ARENA_MAX);
    struct question *evicted = NULL;
    pthread_mutex_lock(&all->lock);
    sg_result r = q->arena == NULL ? SG_ERROR(NO_MEMORY) : room_for(all, person);
    if (sg_ok(r)) {
        evicted = all->n_all >= all->settings.max + NAME_EACH ? evict(all) : NULL;
        q->next = all->first_question;
        all->first_question = q;
        all->n_all++;
    }
    pthread_mutex_unlock(&all->lock);
    if (evicted != NULL) {
        question_free(evicted);
    }
    if (!sg_ok(r)) {
        question_free(q);
        return r;
    }
    *ret = q;
    return SG_DONE;
}

/* Lock held. */
static sg_result
find(struct flow_questions *all, const uint8_t person[16], sg_str id, int64_t now,
    struct question **ret)
{
    struct question *q = all->first_question;
    SG_REQUIRE(!all->stop, NOT_READY);
    SG_REQUIRE(id.n == FLOW_QUESTION_ID_LEN, NOT_FOUND);
    while (q != NULL && !sg_secret_equal(sg_bytes_of(q->id, sizeof(q->id)), sg_str_bytes(id))) {
        q = q->next;
    }
    /* another person's is as if it were not there */
    SG_REQUIRE(q != NULL && memcmp(q->person, person, STORE_PERSON_LEN) == 0, NOT_FOUND);
    *ret = q;
    SG_REQUIRE(!q->busy, PENDING);
    bool late = q->over_at == 0 && now >= q->expires_at;
    SG_REQUIRE(!late && q->end != SG_E_EXPIRED, EXPIRED);
    return SG_DONE;
}

sg_result
question_take(struct flow_questions *all, const uint8_t person[16], sg_str id, int64_t now,
    flow_question_fn done, void *context, struct question **ret)
{
    struct question *q = NULL;
    pthread_mutex_lock(&all->lock);
    sg_result r;
    while (r = find(all, person, id, now, &q), r.code == SG_E_PENDING && q->answering) {
        pthread_cond_wait(&all->settled, &all->lock);
    }
    if (sg_ok(r)) {
        q->busy = true;
    }
    pthread_mutex_unlock(&all->lock);
    SG_TRY(r);
    q->done = done;
    q->context = context;
    q->now = now;
    q->result = SG_DONE;
    *ret = q;
    return SG_DONE;
}

void
question_over(struct question *q, enum flow_question_state state, sg_result end)
{
    q->state = state;
    q->end = end.code;
    pthread_mutex_lock(&q->all->lock);
    q->over_at = q->now;
    pthread_mutex_unlock(&q->all->lock);
}

/* Where the browser goes next and under which names the evidence is found: told again to a page that is loaded once more. */
static void
remember(struct question *to, const struct question *from)
{
    to->arena = sg_arena_new(256, KEPT_MAX);
    to->evidence = to->arena == NULL ? NULL : SG_NEW_ARRAY(to->arena, from->n_evidence, sg_str);
    if (to->evidence == NULL) {
        return; /* a page without links */
    }
    for (size_t i = 0; from->evidence != NULL && i < from->n_evidence; i++) {
        SG_IGNORE(sg_arena_str(to->arena, from->evidence[i], &to->evidence[i]));
        to->n_evidence++;
    }
    if (!sg_ok(sg_arena_str(to->arena, from->redirect_uri, &to->redirect_uri))) {
        to->redirect_uri = SG_NO_STR;
    }
}

/* What an ended question is remembered by: its state, the evidence, the way back. Everything that says what was shown goes (req: SIG-6). */
void
question_forget(struct question *q)
{
    struct flow_questions *all = q->all;
    struct round *round = q->round;
    struct round *drafted = q->drafted;
    struct sg_arena *arena = q->arena;
    pthread_mutex_lock(&all->lock); /* it is still in the list, which others walk and change */
    struct question kept = { .all = q->all,
        .next = q->next,
        .over_at = q->over_at,
        .expires_at = q->expires_at,
        .busy = q->busy,
        .answering = q->answering,
        .gone = q->gone,
        .forgotten = true,
        .state = q->state,
        .end = q->end,
        .template = q->template,
        .language = q->language,
        .consent_seq = q->consent_seq,
        .result = SG_DONE };
    memcpy(kept.id, q->id, sizeof(kept.id));
    memcpy(kept.person, q->person, sizeof(kept.person));
    remember(&kept, q);
    sg_wipe(q, sizeof(*q));
    *q = kept;
    pthread_mutex_unlock(&all->lock);
    round_free(&round);
    round_free(&drafted);
    sg_arena_free(&arena);
}

static sg_result
view_of(struct question *q, struct sg_arena *arena, struct flow_question *ret)
{
    *ret = (struct flow_question){
        .id = sg_str_of(q->id, sizeof(q->id)),
        .state = q->state,
        .template = q->template,
        .language = q->language,
        .party = q->party,
        .expires_at = q->expires_at,
        .rp_id = q->all->settings.rp_id,
        .vp_token = q->vp_token,
        .response = q->response,
        .redirect_uri = q->redirect_uri,
        .proofs = q->proofs,
        .n_proofs = q->proofs == NULL ? 0 : q->n_evidence,
        .key_attestation = q->attestation,
        .evidence = q->evidence,
        .n_evidence = q->evidence == NULL ? 0 : q->n_evidence,
        .consent_seq = q->consent_seq,
    };
    const struct round *round = q->round;
    if (q->state == FLOW_QUESTION_OPEN && round != NULL) {
        ret->intent = round->intent;
        ret->openings = round->openings_json;
        ret->text = round->text;
        ret->nonce = SG_BYTES(round->nonce);
        ret->challenge = SG_BYTES(round->challenge);
        ret->passkeys = round->passkeys;
        ret->n_passkeys = round->n_passkeys;
    }
    if (q->template == CONSENT_PRESENT && q->request.client_id.n > 0) {
        ret->state_parameter = q->request.state;
        return present_view(q, arena, ret);
    }
    return SG_DONE;
}

static size_t
round_weight(const struct round *round)
{
    return round == NULL ? 0 : sg_arena_used(round->arena);
}

void
question_answer(struct question *q, sg_result r)
{
    struct flow_questions *all = q->all;
    struct flow_question view;
    struct sg_arena *arena = sg_arena_new(0, ROUND_ARENA_MAX);
    sg_result made = arena == NULL ? SG_ERROR(NO_MEMORY) : view_of(q, arena, &view);
    if (q->why_out != NULL) {
        *q->why_out = q->why;
        q->why_out = NULL;
    }
    flow_question_fn done = q->done;
    void *context = q->context;
    q->done = NULL;
    pthread_mutex_lock(&all->lock);
    q->answering =
        true; /* who is told may come back before this call has ended: that is no second call */
    pthread_mutex_unlock(&all->lock);
    done(context, sg_ok(made) ? r : made, sg_ok(made) ? &view : NULL);
    sg_arena_free(&arena);
    if (q->over_at != 0 && !q->forgotten) {
        question_forget(q);
    }
    size_t weight = q->arena == NULL ? 0 : sg_arena_used(q->arena);
    weight += round_weight(q->round) + round_weight(q->drafted);
    pthread_mutex_lock(&all->lock);
    q->weight = weight;
    q->busy = q->answering = false;
    bool gone = q->gone;
    pthread_cond_broadcast(&all->settled);
    if (all->stop) {
        pthread_cond_broadcast(&all->wake);
    }
    pthread_mutex_unlock(&all->lock);
    if (gone) {
        question_free(q);
    }
}

void
question_fail(struct question *q, sg_result r)
{
    struct flow_questions *all = q->all;
    flow_question_fn done = q->done;
    void *context = q->context;
    if (q->why_out != NULL) {
        *q->why_out = q->why;
    }
    pthread_mutex_lock(&all->lock);
    question_unlink(all, q);
    pthread_mutex_unlock(&all->lock);
    question_free(q); /* first: whoever is told may ask again at once */
    done(context, r, NULL);
}

sg_result
question_why(struct question *q, sg_result r, const char *what)
{
    if (!sg_ok(r)) {
        sg_why_note(&q->why, what, 0, 0);
    }
    return r;
}

/* ---- nonces -------------------------------------------------------------------------------------------------- */

/* In the store: a restart does not make a nonce new (OpenID4VP 1.0, 14: one presentation per request). */
sg_result
question_claim(struct question *q)
{
    SG_TRY(store_once_take(q->all->store, q->claim, q->now, q->now + USED_S));
    q->claimed = true;
    return SG_DONE;
}

void
question_unclaim(struct question *q)
{
    if (q->claimed) {
        /* if it cannot be given back it stays used: the verifier has to ask again */
        SG_IGNORE(store_once_give(q->all->store, q->claim));
        q->claimed = false;
    }
}

sg_result
question_unused(struct question *q)
{
    bool taken = false;
    SG_TRY(store_once_find(q->all->store, q->claim, q->now, &taken));
    SG_REQUIRE(!taken, REPLAY);
    return SG_DONE;
}

/* ---- a look -------------------------------------------------------------------------------------------------- */

void
flow_question_get(struct flow_questions *questions, const uint8_t person[16], sg_str id,
    int64_t now, flow_question_fn done, void *context)
{
    struct question *q;
    sg_result r = question_take(questions, person, id, now, done, context, &q);
    if (!sg_ok(r)) {
        done(context, r, NULL);
        return;
    }
    question_answer(q, SG_DONE);
}
