/*
 * Clients of signer and courier: pipelined questions over one SOCK_SEQPACKET each. No thread waits for an answer: the call-back runs in
 * the peer's reader thread when the reply is there, when the time is over, or when the peer is gone. Frames: formats/wire.
 */
#ifndef PEER_H
#define PEER_H

#include "wire_sign.h"
#include "wire_status.h"

struct peer;

/*
 * Called exactly once per question, in the reader thread (or, when the packet could not be sent, in the asking thread before peer_ask
 * returns). `reply` is only there when `result` is SG_OK, and only during the call. A REFUSED answer comes as its code.
 * SG_E_PEER_DOWN: no answer in time, or the peer is gone. Must not block: no peer_call, no sync store verb inside.
 */
typedef void (*peer_done)(void *context, sg_result result, const struct wire_frame *reply);

struct peer_settings {
    int fd;           /* connected socket, taken over */
    const char *role; /* who we are: "gateway" */
    const char *environment;
    const char *name;            /* who they are, for logs: "signer" */
    void (*lost)(void *context); /* the peer hung up; called once, in the reader thread */
    void *context;
    void (*batch_end)(
        void *context); /* after each drained batch of replies; may be NULL. For http_batch_run */
};
/* SG_E_NO_MEMORY. Threads start in peer_start, so that the sandbox stands before the first byte. */
SG_CHECKED sg_result peer_open(const struct peer_settings *settings, struct peer **ret);
/* Starts the reader and says HELLO. SG_E_PEER_DOWN, SG_E_ENVIRONMENT (NET-2). */
SG_CHECKED sg_result peer_start(struct peer *peer, unsigned timeout_ms);
/* Outstanding questions are called back with SG_E_PEER_DOWN. NULL accepted. */
void peer_close(struct peer **peer);

/* An id for the frame that the caller is about to encode. */
uint64_t peer_next_id(struct peer *peer);
/*
 * Send a whole frame that carries `id` (peer_next_id). The frame is borrowed until `done` is called. Sends of several threads are
 * coalesced.
 */
void peer_ask(struct peer *peer, uint64_t id, sg_bytes frame, unsigned timeout_ms, peer_done done,
    void *context);

/* Encodes into `arena` and asks; when it does not fit, `done` gets the code. The reply's body is a wire_seal_reply. */
void peer_seal(struct peer *peer, struct sg_arena *arena, const struct wire_seal *msg,
    unsigned timeout_ms, peer_done done, void *context);

/* Ask and wait: for start-up and rare things, never in a call-back. The reply's body is copied into `arena`. */
SG_CHECKED sg_result peer_call(struct peer *peer, uint64_t id, sg_bytes frame,
    struct sg_arena *arena, unsigned timeout_ms, struct wire_frame *ret);

/* Would they serve now? From the last HELLO, asked again every second while `peer_start`ed. */
struct peer_state {
    bool alive;
    bool ready;
    enum sg_code code; /* why not ready */
    int64_t asked_us;  /* CLOCK_MONOTONIC of the last answer */
    uint64_t outstanding;
    char origin[256]; /* ledger origin, signer only */
    char software[64];
};
void peer_state_get(struct peer *peer, struct peer_state *ret);

#endif
