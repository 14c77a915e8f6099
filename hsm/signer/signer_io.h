/* Sockets of the signer: drained many packets at a time, written many at a time, never blocking the engine. */
#ifndef SIGNER_IO_H
#define SIGNER_IO_H

#include "wire_frame.h"

enum signer_role { SIGNER_GATEWAY = 1, SIGNER_COURIER, SIGNER_OPS };

#define SIGNER_OPS_MAX 8
#define SIGNER_DRAIN 32
#define SIGNER_OUT_MAX \
    16384 /* answers waiting for a peer that does not read; more end the connection */

struct signer_out {
    struct signer_out *next;
    size_t n;
    uint8_t p[];
};

struct signer_peer {
    enum signer_role role;
    int fd; /* -1: none */
    struct signer_out *head;
    struct signer_out **tail;
    size_t n_out;
    bool blocked; /* the socket was full; wait for EPOLLOUT */
    bool broken;  /* broke a rule, or is gone */
    bool greeted;
};

void signer_peer_init(struct signer_peer *peer, enum signer_role role, int fd);
void signer_peer_close(struct signer_peer *peer);

/* Queue a finished frame (copied). A frame that failed or a full queue marks the peer broken. */
void signer_peer_put(struct signer_peer *peer, const struct sg_buf *frame);
/* Write what is queued; marks blocked or broken. */
void signer_peer_flush(struct signer_peer *peer);

/* Packets of one drain; views live until the next. */
struct signer_packets {
    sg_bytes packets[SIGNER_DRAIN];
    size_t n;
    bool end; /* the peer is gone */
};
SG_CHECKED sg_result signer_io_init(void);
void signer_peer_drain(struct signer_peer *peer, struct signer_packets *ret);

#endif
