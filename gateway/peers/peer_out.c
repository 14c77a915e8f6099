#include "peer_out.h"

static struct sg_buf
room(struct sg_arena *arena, size_t n)
{
    return sg_buf_new(arena, 512 + n, WIRE_FRAME_MAX);
}

static sg_result
fetch_frame(struct sg_arena *arena, uint64_t id, const struct wire_fetch *msg, sg_bytes *ret)
{
    struct sg_buf buf = room(arena, msg->url.n + msg->form.n);
    wire_fetch_encode(&buf, id, msg);
    return sg_buf_end(&buf, ret);
}

static sg_result
deliver_frame(struct sg_arena *arena, uint64_t id, const struct wire_deliver *msg, sg_bytes *ret)
{
    struct sg_buf buf = room(arena, msg->url.n + msg->form.n);
    wire_deliver_encode(&buf, id, msg);
    return sg_buf_end(&buf, ret);
}

static void
ask(struct peer *courier, uint64_t id, sg_result encoded, sg_bytes frame, peer_done done,
    void *context)
{
    if (!sg_ok(encoded)) {
        done(context, encoded, NULL);
        return;
    }
    peer_ask(courier, id, frame, PEER_OUT_TIMEOUT_MS, done, context);
}

void
peer_fetch(struct peer *courier, struct sg_arena *arena, const struct wire_fetch *msg,
    peer_done done, void *context)
{
    uint64_t id = peer_next_id(courier);
    sg_bytes frame = SG_NO_BYTES;
    sg_result encoded = fetch_frame(arena, id, msg, &frame);
    ask(courier, id, encoded, frame, done, context);
}

void
peer_deliver(struct peer *courier, struct sg_arena *arena, const struct wire_deliver *msg,
    peer_done done, void *context)
{
    uint64_t id = peer_next_id(courier);
    sg_bytes frame = SG_NO_BYTES;
    sg_result encoded = deliver_frame(arena, id, msg, &frame);
    ask(courier, id, encoded, frame, done, context);
}

sg_result
peer_fetch_wait(struct peer *courier, struct sg_arena *arena, const struct wire_fetch *msg,
    struct wire_fetch_reply *ret)
{
    uint64_t id = peer_next_id(courier);
    sg_bytes frame = SG_NO_BYTES;
    struct wire_frame reply;
    SG_TRY(fetch_frame(arena, id, msg, &frame));
    SG_TRY(peer_call(courier, id, frame, arena, PEER_OUT_TIMEOUT_MS, &reply));
    return wire_fetch_reply_parse(reply.body, ret);
}

sg_result
peer_deliver_wait(struct peer *courier, struct sg_arena *arena, const struct wire_deliver *msg,
    struct wire_deliver_reply *ret)
{
    uint64_t id = peer_next_id(courier);
    sg_bytes frame = SG_NO_BYTES;
    struct wire_frame reply;
    SG_TRY(deliver_frame(arena, id, msg, &frame));
    SG_TRY(peer_call(courier, id, frame, arena, PEER_OUT_TIMEOUT_MS, &reply));
    return wire_deliver_reply_parse(reply.body, ret);
}
