#include "courier_peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
    uint8_t type;
    enum courier_duty gateway;
    enum courier_duty signer;
} permissions[] = {
    { WIRE_HELLO, COURIER_HELLO, COURIER_HELLO },
    { WIRE_STATUS_ASK, COURIER_ASK, COURIER_ASK },
    { WIRE_FETCH, COURIER_FETCH, COURIER_FORBIDDEN },
    { WIRE_DELIVER, COURIER_DELIVER, COURIER_FORBIDDEN },
    { WIRE_STAMP, COURIER_FORBIDDEN, COURIER_UNSUPPORTED },
};

enum courier_duty
courier_duty_of(enum courier_role role, uint8_t type)
{
    for (size_t i = 0; i < sizeof(permissions) / sizeof(permissions[0]); i++) {
        if (permissions[i].type == type) {
            return role == COURIER_GATEWAY ? permissions[i].gateway : permissions[i].signer;
        }
    }
    return COURIER_FORBIDDEN;
}

const char *
courier_role_name(enum courier_role role)
{
    return role == COURIER_GATEWAY ? "gateway" : "signer";
}

struct courier_packet {
    struct courier_packet *next;
    size_t n;
    uint8_t bytes[];
};

/* True when the kernel took it; false: not now. */
static sg_result
send_now(int fd, sg_bytes packet, bool *ret_sent)
{
    ssize_t n = 0;
    do {
        n = send(fd, packet.p, packet.n, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    bool later = n < 0 && (errno == EAGAIN || errno == ENOBUFS);
    SG_REQUIRE(n >= 0 || later, PEER_DOWN);
    *ret_sent = n >= 0;
    return SG_DONE;
}

sg_result
courier_peer_send(struct courier_peer *peer, sg_bytes packet)
{
    bool sent = false;
    if (peer->first == NULL) {
        SG_TRY(send_now(peer->fd, packet, &sent));
    }
    if (sent) {
        return SG_DONE;
    }
    SG_REQUIRE(peer->n_waiting < COURIER_QUEUE_MAX, PEER_DOWN);
    struct courier_packet *p = malloc(sizeof(*p) + packet.n);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    p->next = NULL;
    p->n = packet.n;
    memcpy(p->bytes, packet.p, packet.n);
    if (peer->first == NULL) {
        peer->first = p;
    } else {
        peer->last->next = p;
    }
    peer->last = p;
    peer->n_waiting++;
    return SG_DONE;
}

static void
drop_first(struct courier_peer *peer)
{
    struct courier_packet *p = peer->first;
    peer->first = p->next;
    peer->n_waiting--;
    free(p);
}

sg_result
courier_peer_flush(struct courier_peer *peer)
{
    while (peer->first != NULL) {
        bool sent = false;
        SG_TRY(send_now(peer->fd, sg_bytes_of(peer->first->bytes, peer->first->n), &sent));
        if (!sent) {
            break;
        }
        drop_first(peer);
    }
    return SG_DONE;
}

sg_result
courier_peer_receive(struct courier_peer *peer, uint8_t *room, size_t room_len, sg_bytes *ret)
{
    ssize_t n = 0;
    do {
        n = recv(peer->fd, room, room_len, MSG_DONTWAIT | MSG_TRUNC);
    } while (n < 0 && errno == EINTR);
    SG_REQUIRE(n >= 0 || errno != EAGAIN, PENDING);
    SG_REQUIRE(n > 0, PEER_DOWN);
    SG_REQUIRE((size_t)n <= room_len, TOO_LARGE);
    *ret = sg_bytes_of(room, (size_t)n);
    return SG_DONE;
}

void
courier_peer_close(struct courier_peer *peer)
{
    while (peer->first != NULL) {
        drop_first(peer);
    }
    if (peer->fd >= 0) {
        (void)close(peer->fd);
        peer->fd = -1;
    }
}
