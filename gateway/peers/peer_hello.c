/* HELLO: who is there, in which environment (NET-2), and would they serve now; asked again every second. */
#include <stdio.h>

#include "peer_inner.h"

static sg_result
hello_frame(struct peer *peer, struct sg_arena *arena, uint64_t id, sg_bytes *ret)
{
    struct wire_hello hello = {
        .role = sg_cstr(peer->settings.role),
        .environment = sg_cstr(peer->settings.environment),
        .software = SG_LIT("sealgate " SEALGATE_VERSION),
    };
    struct sg_buf buf = sg_buf_new(arena, 256, 1024);
    wire_hello_encode(&buf, id, &hello);
    return sg_buf_end(&buf, ret);
}

static sg_result
take_hello(struct peer *peer, const struct wire_frame *reply)
{
    struct wire_hello_reply hello;
    SG_TRY(wire_hello_reply_parse(reply->body, &hello));
    SG_REQUIRE(sg_str_is(hello.environment, peer->settings.environment), ENVIRONMENT);
    sg_result why = sg_result_of(hello.code);
    pthread_mutex_lock(&peer->lock);
    struct peer_state *state = &peer->state;
    state->ready = hello.ready;
    state->code = why.code;
    state->asked_us = peer_now_us();
    snprintf(state->origin, sizeof(state->origin), "%.*s", SG_PRINT(hello.origin));
    snprintf(state->software, sizeof(state->software), "%.*s", SG_PRINT(hello.software));
    pthread_mutex_unlock(&peer->lock);
    return SG_DONE;
}

/* Reader thread. Without an answer the state grows old by itself. */
static void
hello_done(void *context, sg_result result, const struct wire_frame *reply)
{
    struct peer *peer = context;
    if (sg_ok(result)) {
        SG_IGNORE(take_hello(peer, reply)); /* an answer that cannot be read is none */
    }
    pthread_mutex_lock(&peer->lock);
    peer->hello_pending = false;
    pthread_mutex_unlock(&peer->lock);
}

void
peer_hello_tick(struct peer *peer, int64_t now_us)
{
    pthread_mutex_lock(&peer->lock);
    bool due = !peer->hello_pending && peer->hello_next_us != 0 && now_us >= peer->hello_next_us;
    if (due) {
        peer->hello_pending = true;
        peer->hello_next_us = now_us + PEER_HELLO_US;
    }
    pthread_mutex_unlock(&peer->lock);
    if (!due) {
        return;
    }
    sg_arena_reset(peer->hello_arena);
    uint64_t id = peer_next_id(peer);
    sg_bytes frame = SG_NO_BYTES;
    SG_IGNORE(
        hello_frame(peer, peer->hello_arena, id, &frame)); /* empty: told as too large below */
    peer_ask(peer, id, frame, PEER_HELLO_TIMEOUT_MS, hello_done, peer);
}

sg_result
peer_hello_first(struct peer *peer, unsigned timeout_ms)
{
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(2048, 16384);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    uint64_t id = peer_next_id(peer);
    sg_bytes frame;
    struct wire_frame reply;
    SG_TRY(hello_frame(peer, arena, id, &frame));
    SG_TRY(peer_call(peer, id, frame, arena, timeout_ms, &reply));
    SG_TRY(take_hello(peer, &reply));
    pthread_mutex_lock(&peer->lock);
    peer->hello_next_us = peer_now_us() + PEER_HELLO_US;
    pthread_mutex_unlock(&peer->lock);
    return SG_DONE;
}
