/*
 * The table of questions, their threads and the queue of steps.
 *
 * Shared, under `lock`: the list of questions and of each its `busy`, `gone`, `over_at`, `expires_at`, `next`; the queue. Everything else of a
 * question belongs to whoever has it: the call that made it busy, then the step that runs for that call. Nothing slow happens under the lock.
 */
#include "flow_question_int.h"

#include <stdlib.h>
#include <time.h>

#define SETTINGS_ARENA_MAX ((size_t)16 * 1024 * 1024)
#define SWEEP_EVERY_S 1

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
            question_unlink(all, q);
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

void
question_expire(struct question *q, int64_t now)
{
    if (q->round != NULL && q->round->opened) {
        question_drop_intent(q->all, q->round->intent_id);
    }
    q->now = now;
    question_over(q, q->state, SG_ERROR(EXPIRED));
    question_forget(q);
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
    bool due = !all->sweeping && (now >= all->swept_at + SWEEP_EVERY_S || now < all->swept_at);
    all->swept_at = due ? now : all->swept_at;
    all->sweeping = all->sweeping || due;
    pthread_mutex_unlock(&all->lock);
    return due;
}

static void
sweep_ends(struct flow_questions *all)
{
    pthread_mutex_lock(&all->lock);
    all->sweeping = false;
    pthread_mutex_unlock(&all->lock);
}

static void
sweep_over(struct flow_questions *all, int64_t now)
{
    for (;;) {
        bool expired = false;
        pthread_mutex_lock(&all->lock);
        struct question *q = sweep_one(all, now, &expired);
        pthread_mutex_unlock(&all->lock);
        if (q == NULL) {
            return;
        }
        if (expired) {
            question_expire(q, now);
        } else {
            question_free(q);
        }
    }
}

static void
sweep(struct flow_questions *all)
{
    int64_t now = utc_now();
    if (sweep_due(all, now)) {
        sweep_over(all, now);
        questions_watch(all, now);
        sweep_ends(all);
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
    SG_REQUIRE(all->arena != NULL, NO_MEMORY);
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
    pthread_cond_destroy(&all->wake);
    pthread_cond_destroy(&all->settled);
    pthread_mutex_destroy(&all->lock);
    free(all);
}
