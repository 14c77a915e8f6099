/* One socket to gateway or signer: who may send what, and replies that wait until the other side takes them. */
#ifndef COURIER_PEER_H
#define COURIER_PEER_H

#include "wire_frame.h"

#define COURIER_QUEUE_MAX 2048 /* replies waiting; a peer that takes none is dead or hostile */

enum courier_role { COURIER_GATEWAY = 1, COURIER_SIGNER = 2 };

/* What becomes of a request. */
enum courier_duty {
    COURIER_FORBIDDEN = 0, /* ends the connection */
    COURIER_HELLO,
    COURIER_ASK,
    COURIER_FETCH,
    COURIER_DELIVER,
    COURIER_UNSUPPORTED, /* REFUSED: known to the protocol, not to this version */
};
/* The permission table (ARCHITECTURE, out.sock): closed by default. */
enum courier_duty courier_duty_of(enum courier_role role, uint8_t type);

struct courier_packet;
struct courier_peer {
    int fd;
    enum courier_role role;
    struct courier_packet *first, *last; /* replies waiting */
    size_t n_waiting;
};

const char *courier_role_name(enum courier_role role);

/* Send now or later; copies. SG_E_PEER_DOWN (gone, or too many waiting), SG_E_NO_MEMORY. */
SG_CHECKED sg_result courier_peer_send(struct courier_peer *peer, sg_bytes packet);
/* Send what waits, as far as the socket takes it. SG_E_PEER_DOWN. */
SG_CHECKED sg_result courier_peer_flush(struct courier_peer *peer);
/* The next packet into `room`. SG_E_PENDING: nothing there; SG_E_PEER_DOWN: end of file; SG_E_TOO_LARGE. */
SG_CHECKED sg_result courier_peer_receive(
    struct courier_peer *peer, uint8_t *room, size_t room_len, sg_bytes *ret);
/* Frees what waits; closes the socket. */
void courier_peer_close(struct courier_peer *peer);

#endif
