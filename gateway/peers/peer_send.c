/*
 * Sending. Whoever asks while nobody sends becomes the sender and takes along what others have put there meanwhile, so that under load
 * one system call carries many questions. The socket is never waited for: when it is full the reader tries again.
 */
#include <errno.h>
#include <sys/socket.h>

#include "peer_inner.h"

struct parcel {
    uint64_t ids[PEER_SEND];
    struct iovec parts[PEER_SEND];
    struct mmsghdr packets[PEER_SEND];
    unsigned n;
};

/* Take what waits. Lock held. */
static void
pack(struct peer *peer, struct parcel *parcel)
{
    parcel->n = 0;
    while (peer->first_send != NULL && parcel->n < PEER_SEND) {
        struct question *question = peer->first_send;
        peer->first_send = question->next_send;
        question->next_send = NULL;
        question->state = QUESTION_BEING_SENT;
        parcel->ids[parcel->n] = question->id;
        parcel->parts[parcel->n] =
            (struct iovec){ (void *)(uintptr_t)question->frame.p, question->frame.n };
        parcel->packets[parcel->n] = (struct mmsghdr){ 0 };
        parcel->packets[parcel->n].msg_hdr.msg_iov = &parcel->parts[parcel->n];
        parcel->packets[parcel->n].msg_hdr.msg_iovlen = 1;
        parcel->n++;
    }
}

/*
 * What was sent waits for its answer (which may have come already: then the id is unknown by now); the rest goes back to the head of
 * the list. Lock held.
 */
static void
unpack(struct peer *peer, const struct parcel *parcel, unsigned sent)
{
    for (unsigned i = 0; i < sent; i++) {
        struct question *question = peer_find(peer, parcel->ids[i]);
        if (question != NULL) {
            question->state = QUESTION_SENT;
        }
    }
    for (unsigned i = parcel->n; i-- > sent;) {
        struct question *question = peer_find(peer, parcel->ids[i]);
        if (question == NULL) {
            continue;
        }
        question->state = QUESTION_WAITS;
        question->next_send = peer->first_send;
        if (peer->first_send == NULL) {
            peer->last_send = question;
        }
        peer->first_send = question;
    }
    if (peer->awaited) {
        peer->awaited = false;
        pthread_cond_signal(&peer->sent);
    }
}

static int
hand_over(int fd, struct parcel *parcel)
{
    int n;
    do {
        n = sendmmsg(fd, parcel->packets, parcel->n, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n;
}

void
peer_flush(struct peer *peer)
{
    struct parcel parcel;
    pthread_mutex_lock(&peer->lock);
    for (;;) {
        pack(peer, &parcel);
        if (parcel.n == 0) {
            break;
        }
        pthread_mutex_unlock(&peer->lock);
        int sent = hand_over(peer->fd, &parcel);
        bool full = sent < 0 && (errno == EAGAIN || errno == ENOBUFS);
        bool gone = sent < 0 && !full;
        pthread_mutex_lock(&peer->lock);
        unpack(peer, &parcel, sent < 0 ? 0 : (unsigned)sent);
        if (full || gone) {
            peer->blocked = true; /* gone: the reader sees the end and tells everybody */
            break;
        }
    }
    peer->sending = false;
    pthread_mutex_unlock(&peer->lock);
}
