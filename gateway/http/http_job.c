/* Requests come from a pool, so that a busy server does not allocate: arenas keep their first chunk. */
#include <stdlib.h>
#include <time.h>

#include "http_inner.h"
#include "sg_secret.h"

int64_t
http_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* A bijective mixer (splitmix64): ids do not repeat and do not look like a count. */
static uint64_t
mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static struct http_job *
from_pool(struct http_server *server)
{
    pthread_mutex_lock(&server->pool_lock);
    struct http_job *job = server->pool;
    if (job != NULL) {
        server->pool = job->next;
        server->n_pool--;
    }
    pthread_mutex_unlock(&server->pool_lock);
    return job;
}

struct http_job *
http_job_new(struct http_server *server)
{
    struct http_job *job = from_pool(server);
    struct sg_arena *arena = job != NULL ? job->pub.arena : NULL;
    if (job == NULL) {
        job = malloc(sizeof(*job));
        arena = sg_arena_new(HTTP_ARENA_FIRST, server->settings.arena_max);
        if (job == NULL || arena == NULL) {
            sg_arena_free(&arena);
            free(job);
            return NULL;
        }
    }
    *job = (struct http_job){ .server = server };
    job->pub.arena = arena;
    job->pub.app = server->settings.app;
    job->pub.received_us = http_now_us();
    job->pub.deadline_us =
        job->pub.received_us + (int64_t)server->settings.request_timeout_s * 1000000;
    uint64_t id = mix(atomic_fetch_add_explicit(&server->next_id, 1, memory_order_relaxed));
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < HTTP_ID_LEN; i++) {
        job->pub.id[i] = hex[(id >> (4 * i)) & 15];
    }
    return job;
}

static void
drop_body(struct http_job *job)
{
    if (job->body == NULL) {
        return;
    }
    atomic_fetch_sub_explicit(&job->server->body_bytes, job->body_room, memory_order_relaxed);
    sg_wipe(job->body, job->pub.body.n); /* claims, codes */
    free(job->body);
    job->body = NULL;
}

void
http_job_free(struct http_job *job)
{
    struct http_server *server = job->server;
    drop_body(job);
    sg_arena_reset(job->pub.arena);
    pthread_mutex_lock(&server->pool_lock);
    bool keep = server->n_pool < HTTP_POOL_MAX;
    if (keep) {
        job->next = server->pool;
        server->pool = job;
        server->n_pool++;
    }
    pthread_mutex_unlock(&server->pool_lock);
    if (!keep) {
        sg_arena_free(&job->pub.arena);
        free(job);
    }
}

void
http_pool_done(struct http_server *server)
{
    while (server->pool != NULL) {
        struct http_job *job = server->pool;
        server->pool = job->next;
        sg_arena_free(&job->pub.arena);
        free(job);
    }
    server->n_pool = 0;
}

/* Room grows with what has arrived, never with what was announced. */
static sg_result
grow_body(struct http_job *job, size_t want)
{
    size_t room = job->body_room == 0 ? HTTP_BODY_FIRST : job->body_room;
    while (room < want) {
        room *= 2;
    }
    size_t more = room - job->body_room;
    size_t before = atomic_fetch_add_explicit(&job->server->body_bytes, more, memory_order_relaxed);
    uint8_t *p = before + more > HTTP_BODIES_MAX ? NULL : malloc(room);
    if (p == NULL) {
        atomic_fetch_sub_explicit(&job->server->body_bytes, more, memory_order_relaxed);
        SG_FAIL(FULL);
    }
    if (job->pub.body.n > 0) {
        memcpy(p, job->body, job->pub.body.n);
        sg_wipe(job->body, job->pub.body.n);
    }
    free(job->body);
    job->body = p;
    job->body_room = room;
    return SG_DONE;
}

sg_result
http_job_body(struct http_job *job, const char *p, size_t n)
{
    size_t have = job->pub.body.n;
    SG_REQUIRE(n <= job->pub.route->max_body - have, TOO_LARGE);
    if (n > job->body_room - have) {
        SG_TRY(grow_body(job, have + n));
    }
    memcpy(job->body + have, p, n);
    job->pub.body = sg_bytes_of(job->body, have + n);
    return SG_DONE;
}
