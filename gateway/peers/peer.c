/* Asking: a question is a row in a table and a place in the send list; both end with its call-back. */
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "peer_inner.h"

struct call {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t there;
    struct sg_arena *arena;
    struct wire_frame reply;
    sg_result result;
    bool finished;
};

int64_t
peer_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

sg_result
peer_open(const struct peer_settings *settings, struct peer **ret)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    SG_REQUIRE(peer != NULL, NO_MEMORY);
    peer->settings = *settings;
    peer->fd = settings->fd;
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->sent, NULL);
    /* a random start: replies to a process before us, on a socket that outlived it, meet no question of ours */
    uint64_t start = 0;
    peer->hello_arena = sg_arena_new(2048, 8192);
    if (getrandom(&start, sizeof(start), 0) != (ssize_t)sizeof(start) ||
        peer->hello_arena == NULL) {
        sg_arena_free(&peer->hello_arena);
        free(peer);
        SG_FAIL(NO_MEMORY);
    }
    atomic_store(&peer->next_id, start);
    *ret = peer;
    return SG_DONE;
}

sg_result
peer_start(struct peer *peer, unsigned timeout_ms)
{
    struct timeval tick = { 0, PEER_TICK_MS * 1000 };
    SG_REQUIRE(setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick)) == 0, PEER_DOWN);
    SG_REQUIRE(pthread_create(&peer->reader, NULL, peer_reader, peer) == 0, INTERNAL);
    peer->started = true;
    return peer_hello_first(peer, timeout_ms);
}

void
peer_close(struct peer **slot)
{
    struct peer *peer = *slot;
    if (peer == NULL) {
        return;
    }
    *slot = NULL;
    atomic_store(&peer->closing, true);
    shutdown(peer->fd, SHUT_RDWR);
    if (peer->started) {
        pthread_join(peer->reader, NULL);
    }
    close(peer->fd);
    while (peer->free_list != NULL) {
        struct question *question = peer->free_list;
        peer->free_list = question->next;
        free(question);
    }
    sg_arena_free(&peer->hello_arena);
    pthread_mutex_destroy(&peer->lock);
    pthread_cond_destroy(&peer->sent);
    free(peer);
}

uint64_t
peer_next_id(struct peer *peer)
{
    return atomic_fetch_add_explicit(&peer->next_id, 1, memory_order_relaxed);
}

struct question *
peer_find(struct peer *peer, uint64_t id)
{
    struct question *question = peer->buckets[id % PEER_BUCKETS];
    while (question != NULL && question->id != id) {
        question = question->next;
    }
    return question;
}

struct question *
peer_remove(struct peer *peer, uint64_t id)
{
    struct question **slot = &peer->buckets[id % PEER_BUCKETS];
    while (*slot != NULL && (*slot)->id != id) {
        slot = &(*slot)->next;
    }
    struct question *question = *slot;
    if (question != NULL) {
        *slot = question->next;
        peer->outstanding--;
    }
    return question;
}

void
peer_recycle(struct peer *peer, struct question *question)
{
    question->next = peer->free_list;
    peer->free_list = question;
}

static struct question *
from_free_list(struct peer *peer)
{
    struct question *question = peer->free_list;
    if (question != NULL) {
        peer->free_list = question->next;
        return question;
    }
    return malloc(sizeof(*question));
}

/* Into table and send list. Lock held. False: the peer is gone, or no memory. */
static bool
enlist(struct peer *peer, const struct question *ask)
{
    struct question *question = peer->dead ? NULL : from_free_list(peer);
    if (question == NULL) {
        return false;
    }
    *question = *ask;
    struct question **bucket = &peer->buckets[ask->id % PEER_BUCKETS];
    question->next = *bucket;
    *bucket = question;
    peer->outstanding++;
    if (peer->first_send == NULL) {
        peer->first_send = question;
    } else {
        peer->last_send->next_send = question;
    }
    peer->last_send = question;
    return true;
}

void
peer_ask(struct peer *peer, uint64_t id, sg_bytes frame, unsigned timeout_ms, peer_done done,
    void *context)
{
    if (frame.n < WIRE_HEADER_LEN || frame.n > WIRE_FRAME_MAX) {
        done(context, SG_ERROR(TOO_LARGE), NULL);
        return;
    }
    struct question ask = { .id = id,
        .frame = frame,
        .type = frame.p[1],
        .deadline_us = peer_now_us() + (int64_t)timeout_ms * 1000,
        .done = done,
        .context = context };
    pthread_mutex_lock(&peer->lock);
    bool taken = enlist(peer, &ask);
    bool flush = taken && !peer->sending && !peer->blocked;
    if (flush) {
        peer->sending = true;
    }
    pthread_mutex_unlock(&peer->lock);
    if (flush) {
        peer_flush(peer);
    }
    if (!taken) {
        done(context, SG_ERROR(PEER_DOWN), NULL);
    }
}

void
peer_seal(struct peer *peer, struct sg_arena *arena, const struct wire_seal *msg,
    unsigned timeout_ms, peer_done done, void *context)
{
    uint64_t id = peer_next_id(peer);
    struct sg_buf buf = sg_buf_new(arena, 1024, WIRE_FRAME_MAX);
    wire_seal_encode(&buf, id, msg);
    sg_bytes frame;
    sg_result encoded = sg_buf_end(&buf, &frame);
    if (!sg_ok(encoded)) {
        done(context, encoded, NULL);
        return;
    }
    peer_ask(peer, id, frame, timeout_ms, done, context);
}

static void
call_done(void *context, sg_result result, const struct wire_frame *reply)
{
    struct call *call = context;
    pthread_mutex_lock(&call->lock);
    call->result = result;
    if (sg_ok(result)) {
        call->reply = *reply;
        call->result = sg_arena_bytes(call->arena, reply->body, &call->reply.body);
    }
    call->finished = true;
    pthread_cond_signal(&call->there); /* under the lock: the call ends when its asker goes on */
    pthread_mutex_unlock(&call->lock);
}

sg_result
peer_call(struct peer *peer, uint64_t id, sg_bytes frame, struct sg_arena *arena,
    unsigned timeout_ms, struct wire_frame *ret)
{
    SG_REQUIRE(!peer_is_reader(), INTERNAL);
    struct call call = { .arena = arena, .result = SG_DONE };
    pthread_mutex_init(&call.lock, NULL);
    pthread_cond_init(&call.there, NULL);
    peer_ask(peer, id, frame, timeout_ms, call_done, &call);
    pthread_mutex_lock(&call.lock);
    while (!call.finished) {
        pthread_cond_wait(&call.there, &call.lock);
    }
    pthread_mutex_unlock(&call.lock);
    pthread_cond_destroy(&call.there);
    pthread_mutex_destroy(&call.lock);
    SG_TRY(call.result);
    *ret = call.reply;
    return SG_DONE;
}

void
peer_state_get(struct peer *peer, struct peer_state *ret)
{
    pthread_mutex_lock(&peer->lock);
    *ret = peer->state;
    ret->outstanding = peer->outstanding;
    ret->alive = !peer->dead && ret->asked_us != 0 && peer_now_us() - ret->asked_us < PEER_ALIVE_US;
    ret->ready = ret->ready && ret->alive;
    pthread_mutex_unlock(&peer->lock);
}
