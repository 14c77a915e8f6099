#include "signer_io.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Packets land here; pages that no packet reached are never touched, so the size is address space, not memory. */
static uint8_t *landing;
#define SLOT (WIRE_FRAME_MAX + 4096)

sg_result
signer_io_init(void)
{
    void *p = mmap(NULL, SLOT * SIGNER_DRAIN, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    SG_REQUIRE(p != MAP_FAILED, NO_MEMORY);
    landing = p;
    return SG_DONE;
}

void
signer_peer_init(struct signer_peer *peer, enum signer_role role, int fd)
{
    *peer = (struct signer_peer){ .role = role, .fd = fd };
    peer->tail = &peer->head;
    if (fd >= 0) {
        int size = 1 << 20;
        /* a larger buffer saves rounds; without it things work too */
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
}

void
signer_peer_close(struct signer_peer *peer)
{
    while (peer->head != NULL) {
        struct signer_out *out = peer->head;
        peer->head = out->next;
        free(out);
    }
    if (peer->fd >= 0) {
        close(peer->fd);
    }
    signer_peer_init(peer, peer->role, -1);
}

void
signer_peer_put(struct signer_peer *peer, const struct sg_buf *frame)
{
    sg_bytes bytes;
    if (peer->fd < 0 || peer->broken) {
        return; /* whoever asked is gone */
    }
    if (!sg_ok(sg_buf_end(frame, &bytes)) || peer->n_out == SIGNER_OUT_MAX) {
        peer->broken = true;
        return;
    }
    struct signer_out *out = malloc(sizeof(*out) + bytes.n);
    if (out == NULL) {
        peer->broken = true;
        return;
    }
    out->next = NULL;
    out->n = bytes.n;
    memcpy(out->p, bytes.p, bytes.n);
    *peer->tail = out;
    peer->tail = &out->next;
    peer->n_out++;
}

static void
drop_sent(struct signer_peer *peer, size_t n)
{
    for (; n > 0; n--) {
        struct signer_out *out = peer->head;
        peer->head = out->next;
        peer->n_out--;
        free(out);
    }
    if (peer->head == NULL) {
        peer->tail = &peer->head;
    }
}

void
signer_peer_flush(struct signer_peer *peer)
{
    while (peer->head != NULL && peer->fd >= 0 && !peer->broken) {
        struct mmsghdr msgs[SIGNER_DRAIN];
        struct iovec parts[SIGNER_DRAIN];
        unsigned n = 0;
        for (struct signer_out *out = peer->head; out != NULL && n < SIGNER_DRAIN;
             out = out->next) {
            parts[n] = (struct iovec){ out->p, out->n };
            msgs[n] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &parts[n], .msg_iovlen = 1 } };
            n++;
        }
        int sent = sendmmsg(peer->fd, msgs, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            peer->blocked = errno == EAGAIN || errno == ENOBUFS;
            peer->broken = !peer->blocked;
            return;
        }
        drop_sent(peer, (size_t)sent);
    }
    peer->blocked = false;
}

void
signer_peer_drain(struct signer_peer *peer, struct signer_packets *ret)
{
    struct mmsghdr msgs[SIGNER_DRAIN];
    struct iovec parts[SIGNER_DRAIN];
    ret->n = 0;
    ret->end = false;
    for (size_t i = 0; i < SIGNER_DRAIN; i++) {
        /* one byte of room too much shows a packet above the limit */
        parts[i] = (struct iovec){ landing + i * SLOT, WIRE_FRAME_MAX + 1 };
        msgs[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &parts[i], .msg_iovlen = 1 } };
    }
    int got = recvmmsg(peer->fd, msgs, SIGNER_DRAIN, MSG_DONTWAIT, NULL);
    if (got < 0) {
        ret->end = errno != EAGAIN && errno != EINTR;
        return;
    }
    for (int i = 0; i < got; i++) {
        if (msgs[i].msg_len == 0) { /* end of a SEQPACKET stream; our peers send no empty packets */
            ret->end = true;
            return;
        }
        ret->packets[ret->n++] = sg_bytes_of(parts[i].iov_base, msgs[i].msg_len);
    }
}
