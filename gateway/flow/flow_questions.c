/*
 * The table of questions, their threads and the queue of steps.
 *
 * Shared, under `lock`: the list of questions and of each its `busy`, `gone`, `over_at`, `expires_at`, `next`; the queue; the nonces used. Everything else of a
 * question belongs to whoever has it: the call that made it busy, then the step that runs for that call. Nothing slow happens under the lock.
 */
#include "flow_question_int.h"

#include <sodium.h>
#include <stdlib.h>
#include <time.h>

#include "sg_secret.h"
#include "sg_text.h"

#define SETTINGS_ARENA_MAX ((size_t)16 * 1024 * 1024)
#define KEPT_MAX ((size_t)64 * 1024)
#define USED_MAX 8192
#define USED_S 86400 /* how long a nonce is remembered: longer than any verifier waits */
#define SWEEP_EVERY_S 1
/* Bytes held by questions: of all, of a person; of one that is being worked on, before it can be weighed. */
#define WEIGHT_MAX ((size_t)128 * 1024 * 1024)
#define WEIGHT_PERSON_MAX ((size_t)32 * 1024 * 1024)
#define WEIGHT_UNKNOWN ((size_t)1024 * 1024)
#define NAME_EACH 1024 /* ended questions that are remembered, beside the open ones */

struct flow_questions_settings
flow_questions_settings_default(void)
{
    return (struct flow_questions_settings){
        .life_s = 300,
        .max = 256,
        .max_person = 8,
        .signer_timeout_ms = 15000,
        .courier_timeout_ms = 25000,
    };
}

const char *
flow_question_state_name(enum flow_question_state state)
{
    static const char *const names[] = { "", "open", "nothing", "delivered", "returned", "refused",
        "failed" };
    return (size_t)state < sizeof(names) / sizeof(names[0]) ? names[state] : "";
}

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

static void
question_free(struct question *q)
{
    round_free(&q->round);
    round_free(&q->drafted);
    sg_arena_free(&q->arena);
    sg_wipe(q, sizeof(*q));
    free(q);
}

/* Lock held. */
static void
unlink_question(struct flow_questions *all, struct question *q)
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
        unlink_question(all, oldest);
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
static void
forget(struct question *q)
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
        forget(q);
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
    unlink_question(all, q);
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

/* Lock held. */
static struct used_nonce *
used_find(struct flow_questions *all, const uint8_t claim[32])
{
    for (size_t i = 0; i < USED_MAX; i++) {
        if (all->used[i].until != 0 && memcmp(all->used[i].claim, claim, 32) == 0) {
            return &all->used[i];
        }
    }
    return NULL;
}

static struct used_nonce *
used_free(struct flow_questions *all, int64_t now)
{
    for (size_t i = 0; i < USED_MAX; i++) {
        if (all->used[i].until <= now) {
            return &all->used[i];
        }
    }
    return NULL;
}

sg_result
question_claim(struct question *q)
{
    struct flow_questions *all = q->all;
    pthread_mutex_lock(&all->lock);
    struct used_nonce *used = used_find(all, q->claim);
    bool replay = used != NULL && used->until > q->now;
    struct used_nonce *place = replay ? NULL : used != NULL ? used : used_free(all, q->now);
    if (place != NULL) {
        memcpy(place->claim, q->claim, sizeof(place->claim));
        place->until = q->now + USED_S;
        q->claimed = true;
    }
    pthread_mutex_unlock(&all->lock);
    SG_REQUIRE(!replay, REPLAY);
    SG_REQUIRE(place != NULL, FULL); /* forgetting one would let it be answered twice */
    return SG_DONE;
}

void
question_unclaim(struct question *q)
{
    if (!q->claimed) {
        return;
    }
    pthread_mutex_lock(&q->all->lock);
    struct used_nonce *used = used_find(q->all, q->claim);
    if (used != NULL) {
        used->until = 0;
    }
    pthread_mutex_unlock(&q->all->lock);
    q->claimed = false;
}

bool
question_is_used(struct question *q)
{
    pthread_mutex_lock(&q->all->lock);
    struct used_nonce *used = used_find(q->all, q->claim);
    bool replay = used != NULL && used->until > q->now;
    pthread_mutex_unlock(&q->all->lock);
    return replay;
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

void
question_run(struct question *q, question_step step)
{
    struct flow_questions *all = q->all;
    q->step = step;
    q->next_work = NULL;
    pthread_mutex_lock(&all->lock);
    *all->last = q;
    all->last = &q->next_work;
    pthread_cond_signal(&all->wake);
    pthread_mutex_unlock(&all->lock);
}

static void
answered(void *context, sg_result r, const struct wire_frame *reply)
{
    struct question *q = context;
    q->body = SG_NO_BYTES;
    q->answer = r;
    if (sg_ok(r)) {
        q->answer = sg_arena_bytes(q->arena, reply->body, &q->body);
    }
    question_run(q, q->after);
}

void
question_ask(struct question *q, struct peer *peer, uint64_t id, const struct sg_buf *frame,
    unsigned timeout_ms, question_step step)
{
    sg_bytes bytes;
    sg_result r = sg_buf_end(frame, &bytes);
    q->after = step;
    if (!sg_ok(r)) {
        answered(q, r, NULL);
        return;
    }
    peer_ask(peer, id, bytes, timeout_ms, answered, q);
}

void
question_deliver(struct question *q, sg_str uri, sg_str form, question_step step)
{
    uint64_t id = peer_next_id(q->all->courier);
    struct sg_buf buf = sg_buf_new(q->arena, 512, WIRE_FRAME_MAX);
    struct wire_deliver deliver = { .url = uri, .form = sg_str_bytes(form) };
    wire_deliver_encode(&buf, id, &deliver);
    question_ask(q, q->all->courier, id, &buf, q->all->settings.courier_timeout_ms, step);
}

/* ---- threads ------------------------------------------------------------------------------------------------------ */

static int64_t
utc_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec;
}

/* Lock held. One question that is over since long, or expired just now; taken: busy, or out of the table. */
static struct question *
sweep_one(struct flow_questions *all, int64_t now, bool *ret_expired)
{
    for (struct question *q = all->first_question; q != NULL; q = q->next) {
        if (q->busy) {
            continue;
        }
        if (q->over_at != 0 && now - q->over_at >= QUESTION_KEPT_S) {
            unlink_question(all, q);
            *ret_expired = false;
            return q;
        }
        if (q->over_at == 0 && now >= q->expires_at) {
            q->busy = q->answering = true; /* whoever asks now waits until it is over */
            *ret_expired = true;
            return q;
        }
    }
    return NULL;
}

static void
expire(struct question *q, int64_t now)
{
    if (q->round != NULL && q->round->opened) {
        question_drop_intent(q->all, q->round->intent_id);
    }
    q->now = now;
    question_over(q, q->state, SG_ERROR(EXPIRED));
    forget(q);
    pthread_mutex_lock(&q->all->lock);
    q->busy = q->answering = false;
    pthread_cond_broadcast(&q->all->settled);
    pthread_mutex_unlock(&q->all->lock);
}

/* Once a second, also while steps never cease. */
static bool
sweep_due(struct flow_questions *all, int64_t now)
{
    pthread_mutex_lock(&all->lock);
    bool due = now >= all->swept_at + SWEEP_EVERY_S || now < all->swept_at;
    all->swept_at = due ? now : all->swept_at;
    pthread_mutex_unlock(&all->lock);
    return due;
}

static void
sweep(struct flow_questions *all)
{
    int64_t now = utc_now();
    if (!sweep_due(all, now)) {
        return;
    }
    for (;;) {
        bool expired = false;
        pthread_mutex_lock(&all->lock);
        struct question *q = sweep_one(all, now, &expired);
        pthread_mutex_unlock(&all->lock);
        if (q == NULL) {
            return;
        }
        if (expired) {
            expire(q, now);
        } else {
            question_free(q);
        }
    }
}

/* Lock held. */
static bool
any_busy(const struct flow_questions *all)
{
    const struct question *q = all->first_question;
    while (q != NULL && !q->busy) {
        q = q->next;
    }
    return q != NULL;
}

/* The next step's question, or NULL when it is time to sweep or to stop. */
static struct question *
wait_work(struct flow_questions *all, bool *ret_stop)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SWEEP_EVERY_S;
    pthread_mutex_lock(&all->lock);
    int waited = 0;
    while (all->first == NULL && waited == 0 && (!all->stop || any_busy(all))) {
        waited = pthread_cond_timedwait(&all->wake, &all->lock, &until);
    }
    struct question *q = all->first;
    if (q != NULL) {
        all->first = q->next_work;
        if (all->first == NULL) {
            all->last = &all->first;
        }
    }
    *ret_stop = all->stop && q == NULL && !any_busy(all);
    pthread_mutex_unlock(&all->lock);
    return q;
}

static void *
work(void *context)
{
    struct flow_questions *all = context;
    for (bool stop = false; !stop;) {
        struct question *q = wait_work(all, &stop);
        if (q != NULL) {
            q->step(q);
        }
        if (!stop) {
            sweep(all);
        }
    }
    return NULL;
}

/* ---- opening and closing --------------------------------------------------------------------------------------------- */

static sg_result
copy_settings(struct flow_questions *all, const struct flow_questions_settings *from)
{
    const char *folder;
    all->settings = *from;
    SG_TRY(sg_arena_str(all->arena, from->base, &all->settings.base));
    SG_TRY(sg_arena_str(all->arena, from->rp_id, &all->settings.rp_id));
    SG_TRY(sg_arena_cstr(
        all->arena, from->verifiers == NULL ? SG_LIT("") : sg_cstr(from->verifiers), &folder));
    all->settings.verifiers = folder;
    all->loopback = sg_str_starts(from->base, "http://");
    return oid4vp_wallet_metadata(all->arena, all->settings.base, &all->wallet_metadata);
}

static sg_result
open_parts(struct flow_questions *all, const struct flow_questions_settings *settings,
    struct sg_why *why, char ret_file[FLOW_FILE_MAX])
{
    all->arena = sg_arena_new(0, SETTINGS_ARENA_MAX);
    all->used = calloc(USED_MAX, sizeof(*all->used));
    SG_REQUIRE(all->arena != NULL && all->used != NULL, NO_MEMORY);
    SG_REQUIRE(settings->life_s > 0 && settings->max > 0 && settings->max_person > 0, VALUE);
    SG_TRY(copy_settings(all, settings));
    sg_str file = SG_NO_STR;
    sg_result r = verifiers_read(
        all->arena, all->settings.verifiers, all->settings.base, why, &file, &all->verifiers);
    if (!sg_ok(r) && file.n > 0 && file.n < FLOW_FILE_MAX) {
        memcpy(ret_file, file.p, file.n);
        ret_file[file.n] = '\0';
    }
    return r;
}

sg_result
flow_questions_open(const struct flow_questions_settings *settings, struct flow *flow,
    struct store *store, struct peer *signer, struct peer *courier, struct sg_why *why,
    char ret_file[FLOW_FILE_MAX], struct flow_questions **ret)
{
    ret_file[0] = '\0';
    struct flow_questions *all = calloc(1, sizeof(*all));
    SG_REQUIRE(all != NULL, NO_MEMORY);
    all->flow = flow;
    all->store = store;
    all->signer = signer;
    all->courier = courier;
    all->last = &all->first;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&all->wake, &attr);
    pthread_condattr_destroy(&attr);
    pthread_cond_init(&all->settled, NULL);
    pthread_mutex_init(&all->lock, NULL);
    sg_result r = open_parts(all, settings, why, ret_file);
    if (!sg_ok(r)) {
        flow_questions_close(&all);
        return r;
    }
    *ret = all;
    return SG_DONE;
}

sg_result
flow_questions_start(struct flow_questions *all)
{
    for (size_t i = 0; i < QUESTION_THREADS; i++) {
        SG_REQUIRE(pthread_create(&all->threads[i], NULL, work, all) == 0, NO_MEMORY);
        all->started++;
    }
    return SG_DONE;
}

void
flow_questions_close(struct flow_questions **at)
{
    struct flow_questions *all = *at;
    if (all == NULL) {
        return;
    }
    *at = NULL;
    pthread_mutex_lock(&all->lock);
    all->stop = true;
    pthread_cond_broadcast(&all->wake);
    pthread_mutex_unlock(&all->lock);
    for (size_t i = 0; i < all->started; i++) {
        pthread_join(all->threads[i], NULL);
    }
    while (all->first_question != NULL) {
        struct question *q = all->first_question;
        all->first_question = q->next;
        question_free(q);
    }
    sg_arena_free(&all->arena);
    free(all->used);
    pthread_cond_destroy(&all->wake);
    pthread_cond_destroy(&all->settled);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

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
