/* What the gateway asks of the courier beside status: one request to the outside (FETCH), one delivery (DELIVER). docs/wire. req: PRO-3, NET-3 */
#ifndef PEER_OUT_H
#define PEER_OUT_H

#include "peer.h"
#include "wire_out.h"

/* Beyond the longest time that the courier may be told to take (out_timeout_ms), so that it is the courier who gives up. */
#define PEER_OUT_TIMEOUT_MS 22000

/*
 * Encode into `arena` (which must live until `done`) and ask the courier; as peer_ask. When it does not fit, `done` gets the code at once.
 * The reply's body is a wire_fetch_reply or wire_deliver_reply; a refusal comes as its code (docs/wire says which).
 */
void peer_fetch(struct peer *courier, struct sg_arena *arena, const struct wire_fetch *msg,
    peer_done done, void *context);
void peer_deliver(struct peer *courier, struct sg_arena *arena, const struct wire_deliver *msg,
    peer_done done, void *context);

/*
 * The same, waiting: for a thread that has nothing else to do, never in a call-back. `ret` borrows from `arena`.
 * SG_E_PEER_DOWN, and the courier's refusals.
 */
SG_CHECKED sg_result peer_fetch_wait(struct peer *courier, struct sg_arena *arena,
    const struct wire_fetch *msg, struct wire_fetch_reply *ret);
SG_CHECKED sg_result peer_deliver_wait(struct peer *courier, struct sg_arena *arena,
    const struct wire_deliver *msg, struct wire_deliver_reply *ret);

#endif
