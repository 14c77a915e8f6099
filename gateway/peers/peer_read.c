/* Reading: one thread takes all packets that are there and calls back. req: NET-3 (a peer that talks nonsense is hung up on) */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "peer_inner.h"
#include "point.h"

struct inbox {
    struct mmsghdr packets[PEER_RECEIVE];
    struct iovec parts[PEER_RECEIVE];
    uint8_t *bytes; /* PEER_RECEIVE frames */
};

static _Thread_local bool is_reader;

bool
peer_is_reader(void)
{
    return is_reader;
}

static void
finish(
    struct peer *peer, struct question *question, sg_result result, const struct wire_frame *reply)
{
    peer_done done = question->done;
    void *context = question->context;
    pthread_mutex_lock(&peer->lock);
    peer_recycle(peer, question);
    pthread_mutex_unlock(&peer->lock);
    done(context, result, reply);
}

/* Result that a reply stands for; the type must be the question's. */
static sg_result
judge(const struct question *question, const struct wire_frame *frame)
{
    if (frame->type == WIRE_REFUSED) {
        struct wire_refused refused;
        SG_REQUIRE(sg_ok(wire_refused_parse(frame->body, &refused)), PEER_DOWN);
        sg_result code = sg_result_of(refused.code);
        SG_REQUIRE(!sg_ok(code), PEER_DOWN);
        return code;
    }
    SG_REQUIRE(frame->type == question->type + WIRE_REPLY, PEER_DOWN);
    return SG_DONE;
}

/* False: the peer does not speak our language. */
static bool
one_packet(struct peer *peer, sg_bytes packet)
{
    struct wire_frame frame;
    if (!sg_ok(wire_frame_parse(packet, &frame))) {
        return false;
    }
    pthread_mutex_lock(&peer->lock);
    struct question *question = peer_find(peer, frame.request_id);
    /* the sender still reads the asker's frame; its call never blocks, so this is short */
    while (question != NULL && question->state == QUESTION_BEING_SENT) {
        peer->awaited = true;
        pthread_cond_wait(&peer->sent, &peer->lock);
        question = peer_find(peer, frame.request_id);
    }
    bool ours = question != NULL && question->state != QUESTION_WAITS;
    if (ours) {
        (void)peer_remove(peer, frame.request_id);
    }
    pthread_mutex_unlock(&peer->lock);
    if (ours) {
        point(question->type == WIRE_SEAL ? "seal-answered" : "");
        sg_result result = judge(question, &frame);
        finish(peer, question, result, sg_ok(result) ? &frame : NULL);
    }
    return true; /* unknown ids: an answer that came too late */
}

static int
receive(int fd, struct inbox *inbox)
{
    for (unsigned i = 0; i < PEER_RECEIVE; i++) {
        inbox->parts[i] = (struct iovec){ inbox->bytes + i * WIRE_FRAME_MAX, WIRE_FRAME_MAX };
        inbox->packets[i] = (struct mmsghdr){ 0 };
        inbox->packets[i].msg_hdr.msg_iov = &inbox->parts[i];
        inbox->packets[i].msg_hdr.msg_iovlen = 1;
    }
    int n = recvmmsg(fd, inbox->packets, PEER_RECEIVE, MSG_WAITFORONE, NULL);
    bool again = n < 0 && (errno == EAGAIN || errno == EINTR);
    return again ? 0 : (n < 0 ? -1 : n);
}

/* False at the end of the stream (an empty packet), or for a packet that is none. */
static bool
take_batch(struct peer *peer, struct inbox *inbox, int n)
{
    bool fine = true;
    for (int i = 0; i < n && fine; i++) {
        size_t len = inbox->packets[i].msg_len;
        bool cut = (inbox->packets[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        fine = len > 0 && !cut && one_packet(peer, sg_bytes_of(inbox->parts[i].iov_base, len));
    }
    if (n > 0 && peer->settings.batch_end != NULL) {
        peer->settings.batch_end(peer->settings.context);
    }
    return fine;
}

/* Take out one question that is due (or any, when `all`). Lock held. */
static struct question *
take_due(struct peer *peer, size_t *bucket, int64_t now, bool all)
{
    for (; *bucket < PEER_BUCKETS; (*bucket)++) {
        for (struct question *q = peer->buckets[*bucket]; q != NULL; q = q->next) {
            /* one that is being sent is still read by the sender: next time */
            if ((q->deadline_us <= now || all) && q->state != QUESTION_BEING_SENT) {
                return peer_remove(peer, q->id);
            }
        }
    }
    return NULL;
}

static void
unlink_send(struct peer *peer, const struct question *gone)
{
    struct question *before = NULL;
    for (struct question *q = peer->first_send; q != NULL; before = q, q = q->next_send) {
        if (q != gone) {
            continue;
        }
        if (before == NULL) {
            peer->first_send = q->next_send;
        } else {
            before->next_send = q->next_send;
        }
        if (peer->last_send == q) {
            peer->last_send = before;
        }
        return;
    }
}

static void
expire(struct peer *peer, int64_t now, bool all)
{
    for (size_t bucket = 0;;) {
        pthread_mutex_lock(&peer->lock);
        struct question *question = take_due(peer, &bucket, now, all);
        if (question != NULL && question->state == QUESTION_WAITS) {
            unlink_send(peer, question);
        }
        pthread_mutex_unlock(&peer->lock);
        if (question == NULL) {
            return;
        }
        finish(peer, question, SG_ERROR(PEER_DOWN), NULL);
    }
}

static void
flush_blocked(struct peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    bool flush = peer->blocked && !peer->sending;
    if (flush) {
        peer->blocked = false;
        peer->sending = true;
    }
    pthread_mutex_unlock(&peer->lock);
    if (flush) {
        peer_flush(peer);
    }
}

/* Nobody can ask any more; who asked is told. A sender may be at work: its questions are told once it has stopped. */
static void
end(struct peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    peer->dead = true;
    pthread_mutex_unlock(&peer->lock);
    for (uint64_t left = 1; left > 0;) {
        expire(peer, 0, true);
        pthread_mutex_lock(&peer->lock);
        left = peer->outstanding;
        pthread_mutex_unlock(&peer->lock);
    }
    if (peer->settings.batch_end != NULL) {
        peer->settings.batch_end(peer->settings.context);
    }
    if (!atomic_load(&peer->closing) && peer->settings.lost != NULL) {
        peer->settings.lost(peer->settings.context);
    }
}

void *
peer_reader(void *argument)
{
    struct peer *peer = argument;
    is_reader = true;
    pthread_setname_np(pthread_self(), peer->settings.name);
    struct inbox inbox = { .bytes = malloc(PEER_RECEIVE * WIRE_FRAME_MAX) };
    int64_t tick = 0;
    bool fine = inbox.bytes != NULL;
    while (fine) {
        int n = receive(peer->fd, &inbox);
        fine = n >= 0 && take_batch(peer, &inbox, n);
        flush_blocked(peer);
        int64_t now = peer_now_us();
        if (fine && now - tick >= PEER_TICK_MS * 1000) {
            tick = now;
            expire(peer, now, false);
            peer_hello_tick(peer, now);
        }
    }
    end(peer);
    free(inbox.bytes);
    return NULL;
}
