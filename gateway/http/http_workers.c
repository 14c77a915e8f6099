/*
 * Workers: threads that run handlers. A request wakes one worker only if one sleeps; a busy worker finds what came meanwhile without
 * any system call.
 */
#include <stdlib.h>

#include "http_inner.h"

struct worker {
    struct http_server *server;
    unsigned index;
};

static struct http_job *
take(struct http_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && !queue->closing) {
        queue->sleeping++;
        pthread_cond_wait(&queue->more, &queue->lock);
        queue->sleeping--;
    }
    struct http_job *job = queue->first;
    if (job != NULL) {
        queue->first = job->next;
        queue->n--;
    }
    pthread_mutex_unlock(&queue->lock);
    return job;
}

static void
run(struct http_job *job, void *worker)
{
    job->pub.worker = worker;
    if (!job->started && http_now_us() > job->pub.deadline_us) {
        struct http_reply late = http_refusal(503, SG_E_TOO_MANY);
        http_answer(&job->pub, &late);
        return;
    }
    job->started = true;
    job->step(&job->pub); /* the job may be gone after this */
}

static void *
worker_main(void *argument)
{
    struct worker self = *(struct worker *)argument;
    free(argument);
    struct http_server *server = self.server;
    pthread_setname_np(pthread_self(), "worker");
    void *context = server->settings.worker_open == NULL
                        ? NULL
                        : server->settings.worker_open(server->settings.app, self.index);
    for (struct http_job *job; (job = take(&server->queue)) != NULL;) {
        run(job, context);
    }
    if (server->settings.worker_close != NULL) {
        server->settings.worker_close(server->settings.app, context);
    }
    return NULL;
}

void
http_queue_put(struct http_server *server, struct http_job *first, struct http_job *last, size_t n)
{
    struct http_queue *queue = &server->queue;
    last->next = NULL;
    pthread_mutex_lock(&queue->lock);
    if (queue->first == NULL) {
        queue->first = first;
    } else {
        queue->last->next = first;
    }
    queue->last = last;
    queue->n += n;
    unsigned wake = queue->sleeping < n ? queue->sleeping : (unsigned)n;
    pthread_mutex_unlock(&queue->lock);
    for (; wake > 0; wake--) {
        pthread_cond_signal(&queue->more);
    }
}

sg_result
http_workers_start(struct http_server *server)
{
    server->workers = calloc(server->settings.workers, sizeof(server->workers[0]));
    SG_REQUIRE(server->workers != NULL, NO_MEMORY);
    for (unsigned i = 0; i < server->settings.workers; i++) {
        struct worker *worker = malloc(sizeof(*worker));
        SG_REQUIRE(worker != NULL, NO_MEMORY);
        *worker = (struct worker){ server, i };
        if (pthread_create(&server->workers[i], NULL, worker_main, worker) != 0) {
            free(worker);
            SG_FAIL(INTERNAL);
        }
        server->n_workers++;
    }
    return SG_DONE;
}

void
http_workers_stop(struct http_server *server)
{
    pthread_mutex_lock(&server->queue.lock);
    server->queue.closing = true;
    pthread_cond_broadcast(&server->queue.more);
    pthread_mutex_unlock(&server->queue.lock);
    for (unsigned i = 0; i < server->n_workers; i++) {
        pthread_join(server->workers[i], NULL);
    }
    free(server->workers);
    server->workers = NULL;
    server->n_workers = 0;
}

void
http_continue(struct http_request *req, http_step step)
{
    struct http_batch one = { 0 };
    http_batch_add(&one, req, step);
    http_batch_run(&one);
}

void
http_batch_add(struct http_batch *batch, struct http_request *req, http_step step)
{
    struct http_job *job = (struct http_job *)req;
    job->step = step;
    job->next = NULL;
    if (batch->first == NULL) {
        batch->first = req;
    } else {
        ((struct http_job *)batch->last)->next = job;
    }
    batch->last = req;
}

void
http_batch_run(struct http_batch *batch)
{
    if (batch->first == NULL) {
        return;
    }
    struct http_job *first = (struct http_job *)batch->first;
    size_t n = 0;
    for (struct http_job *job = first; job != NULL; job = job->next) {
        n++;
    }
    http_queue_put(first->server, first, (struct http_job *)batch->last, n);
    *batch = (struct http_batch){ 0 };
}
