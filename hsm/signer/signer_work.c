/*
 * Signing: the engine signs small batches with its own session, which saves two hand-overs; larger ones are shared with workers, one PKCS#11
 * session each. Shared between threads, under `lock`: the two queues below and `stop`. No lock is held across C_Sign.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "point.h"
#include "signer.h"

#define SHARE_FROM 6 /* signatures in a batch from which handing over costs less than waiting */

struct signer_work {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct signer_queue todo; /* lock */
    struct signer_queue done; /* lock */
    bool stop;                /* lock */
    pthread_t *threads;
    size_t n_threads;
    struct p11 *p11;
    size_t unwrapped_max;
    int wake_fd;
};

static void
sign_one(struct signer_case *c, struct p11_session *session)
{
    c->g.signed_ = gate_run(NULL, &c->g, GATE_WORK, session);
}

static struct signer_case *
next_todo(struct signer_work *work)
{
    pthread_mutex_lock(&work->lock);
    while (work->todo.n == 0 && !work->stop) {
        pthread_cond_wait(&work->more, &work->lock);
    }
    struct signer_case *c = signer_queue_take(&work->todo);
    pthread_mutex_unlock(&work->lock);
    return c;
}

static void
hand_back(struct signer_work *work, struct signer_case *c)
{
    pthread_mutex_lock(&work->lock);
    bool first = work->done.n == 0;
    signer_queue_put(&work->done, c);
    pthread_mutex_unlock(&work->lock);
    if (first) { /* one wake-up for all that follow until it is heard */
        uint64_t one = 1;
        while (write(work->wake_fd, &one, sizeof(one)) < 0) {
        }
    }
}

static void *
run(void *arg)
{
    struct signer_work *work = arg;
    struct p11_session *session = NULL;
    sg_result opened = p11_session_open(work->p11, work->unwrapped_max, &session);
    for (struct signer_case *c; (c = next_todo(work)) != NULL;) {
        if (sg_ok(opened)) {
            sign_one(c, session);
        } else {
            c->g.signed_ = opened;
        }
        hand_back(work, c);
    }
    p11_session_close(&session);
    return NULL;
}

sg_result
signer_work_start(struct signer *s, size_t n_workers)
{
    struct signer_work *work = calloc(1, sizeof(*work));
    SG_REQUIRE(work != NULL, NO_MEMORY);
    s->work = work;
    pthread_mutex_init(&work->lock, NULL);
    pthread_cond_init(&work->more, NULL);
    work->p11 = s->p11;
    work->unwrapped_max = s->conf->wrapped_cache > 0 ? (size_t)s->conf->wrapped_cache : 1;
    work->wake_fd = s->wake_fd;
    work->threads = calloc(n_workers + 1, sizeof(work->threads[0]));
    SG_REQUIRE(work->threads != NULL, NO_MEMORY);
    for (size_t i = 0; i < n_workers; i++) {
        SG_REQUIRE(pthread_create(&work->threads[i], NULL, run, work) == 0, NO_MEMORY);
        work->n_threads++;
    }
    return SG_DONE;
}

void
signer_work_stop(struct signer *s)
{
    struct signer_work *work = s->work;
    if (work == NULL) {
        return;
    }
    pthread_mutex_lock(&work->lock);
    work->stop = true;
    pthread_cond_broadcast(&work->more);
    pthread_mutex_unlock(&work->lock);
    for (size_t i = 0; i < work->n_threads; i++) {
        pthread_join(work->threads[i], NULL);
    }
    pthread_cond_destroy(&work->more);
    pthread_mutex_destroy(&work->lock);
    free(work->threads);
    free(work);
    s->work = NULL;
}

/* Each worker gets an equal share; the engine keeps one too. */
static void
hand_over(struct signer *s)
{
    struct signer_work *work = s->work;
    size_t share = s->to_sign.n * work->n_threads / (work->n_threads + 1);
    pthread_mutex_lock(&work->lock);
    for (size_t i = 0; i < share; i++) {
        signer_queue_put(&work->todo, signer_queue_take(&s->to_sign));
    }
    pthread_cond_broadcast(&work->more);
    pthread_mutex_unlock(&work->lock);
    s->n_signing += share;
}

void
signer_work_sign(struct signer *s)
{
    if (s->to_sign.n >= SHARE_FROM && s->work->n_threads > 0) {
        hand_over(s);
    }
    for (struct signer_case *c; (c = signer_queue_take(&s->to_sign)) != NULL;) {
        sign_one(c, s->session);
        point("signed");
        c->state = CASE_SIGNED;
        signer_queue_put(&s->signed_, c);
    }
}

void
signer_work_collect(struct signer *s)
{
    if (s->n_signing == 0) {
        return;
    }
    pthread_mutex_lock(&s->work->lock);
    struct signer_queue done = s->work->done;
    s->work->done = (struct signer_queue){ NULL, NULL, 0 };
    pthread_mutex_unlock(&s->work->lock);
    for (struct signer_case *c; (c = signer_queue_take(&done)) != NULL;) {
        s->n_signing--;
        c->state = CASE_SIGNED;
        signer_queue_put(&s->signed_, c);
    }
}
