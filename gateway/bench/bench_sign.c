#include "bench_sign.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "jwk.h"
#include "wire_person.h"

#define ANSWER_S 20
#define LIFE_S 120
#define SLOT_BITS 8
_Static_assert(BENCH_SIGN_CLIENTS_MAX == 1 << SLOT_BITS, "a request id names its slot");

/* One presentation under way. */
struct slot {
    struct sg_arena *arena;
    const struct bench_holder *holder;
    uint8_t digest[SG_SHA256_LEN];
    bool signing;   /* SIGN is out, otherwise INTENT_OPEN */
    double sent_us; /* of the last request */
    double open_us; /* how long INTENT_OPEN took */
    size_t number;
};

struct run {
    struct bench_sign *bench;
    struct slot slots[BENCH_SIGN_CLIENTS_MAX];
    size_t begun;
    size_t done;
    double *total;
    double *open;
    double *sign;
    uint8_t packet[WIRE_FRAME_MAX];
};

static double
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int64_t
utc_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec;
}

static sg_result
random_bytes(struct sg_arena *arena, size_t n, sg_bytes *ret)
{
    uint8_t *bytes = sg_arena_alloc(arena, n);
    SG_REQUIRE(bytes != NULL, NO_MEMORY);
    SG_REQUIRE(RAND_bytes(bytes, (int)n) == 1, INTERNAL);
    *ret = sg_bytes_of(bytes, n);
    return SG_DONE;
}

static sg_result
send_frame(struct run *r, struct slot *slot, const struct sg_buf *buf)
{
    sg_bytes out;
    SG_TRY(sg_buf_end(buf, &out));
    slot->sent_us = now_us();
    SG_REQUIRE(send(r->bench->fd, out.p, out.n, MSG_NOSIGNAL) == (ssize_t)out.n, PEER_DOWN);
    return SG_DONE;
}

/* A presentation of one credential to one verifier, as a gateway would ask for it; what is committed to is random. */
static sg_result
make_intent(struct slot *slot, sg_bytes *ret)
{
    int64_t now = utc_s();
    struct wire_intent *intent = SG_NEW(slot->arena, struct wire_intent);
    SG_REQUIRE(intent != NULL, NO_MEMORY);
    intent->operation = WIRE_OP_PRESENT;
    intent->key = SG_BYTES(slot->holder->key);
    intent->alg = JOSE_ES256;
    intent->n_dtbs = 1;
    intent->requester = SG_LIT("bench");
    intent->format = SG_LIT("dc+sd-jwt");
    intent->created_at = now;
    intent->expires_at = now + LIFE_S;
    SG_REQUIRE(RAND_bytes(slot->digest, sizeof(slot->digest)) == 1, INTERNAL);
    intent->dtbs[0] = (struct wire_dtbs){ WIRE_PREHASH, SG_BYTES(slot->digest) };
    SG_TRY(random_bytes(slot->arena, 32, &intent->text_hash));
    SG_TRY(random_bytes(slot->arena, 32, &intent->audience));
    SG_TRY(random_bytes(slot->arena, 32, &intent->nonce));
    SG_TRY(random_bytes(slot->arena, 16, &intent->unique));
    return wire_intent_encode(slot->arena, intent, ret);
}

static uint64_t
id_of(const struct run *r, const struct slot *slot)
{
    return (uint64_t)slot->number << (SLOT_BITS + 1) | (slot->signing ? 1u << SLOT_BITS : 0) |
           (uint64_t)(slot - r->slots);
}

static sg_result
open_next(struct run *r, struct slot *slot)
{
    struct bench_sign *b = r->bench;
    struct wire_intent_open msg;
    uint8_t person[BENCH_PERSON_LEN];
    sg_arena_reset(slot->arena);
    slot->number = r->begun++;
    slot->signing = false;
    slot->holder = &b->holders[b->next++ % b->n_holders];
    bench_person_id(b->persons, slot->holder->person, person);
    SG_TRY(make_intent(slot, &msg.intent));
    msg.person = SG_BYTES(person);
    struct sg_buf buf = sg_buf_new(slot->arena, 1024, WIRE_FRAME_MAX);
    wire_intent_open_encode(&buf, id_of(r, slot), &msg);
    return send_frame(r, slot, &buf);
}

static sg_result
approve(struct run *r, struct slot *slot, const struct wire_frame *frame)
{
    struct wire_intent_open_reply *opened = SG_NEW(slot->arena, struct wire_intent_open_reply);
    struct wire_sign *msg = SG_NEW(slot->arena, struct wire_sign);
    struct bench_gesture gesture;
    uint8_t challenge[SG_SHA256_LEN];
    SG_REQUIRE(opened != NULL && msg != NULL, NO_MEMORY);
    SG_REQUIRE(frame->type == WIRE_INTENT_OPEN + WIRE_REPLY, TYPE);
    SG_TRY(wire_intent_open_reply_parse(frame->body, opened));
    wire_challenge(opened->intent_id.p, opened->nonce.p, challenge);
    SG_TRY(bench_gesture_make(
        slot->arena, r->bench->persons, slot->holder->person, SG_BYTES(challenge), &gesture));
    msg->intent_id = opened->intent_id;
    msg->which = 1;
    msg->passkey = gesture.credential;
    msg->client_data = gesture.client_data;
    msg->authenticator_data = gesture.authenticator_data;
    msg->assertion = gesture.signature;
    slot->signing = true;
    struct sg_buf buf = sg_buf_new(slot->arena, 2048, WIRE_FRAME_MAX);
    wire_sign_encode(&buf, id_of(r, slot), msg);
    return send_frame(r, slot, &buf);
}

static sg_result
verify(struct slot *slot, const struct wire_frame *frame)
{
    struct wire_sign_reply *reply = SG_NEW(slot->arena, struct wire_sign_reply);
    struct jwk jwk;
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = NULL;
    SG_REQUIRE(reply != NULL, NO_MEMORY);
    SG_REQUIRE(frame->type == WIRE_SIGN + WIRE_REPLY, TYPE);
    SG_TRY(wire_sign_reply_parse(frame->body, reply));
    SG_REQUIRE(reply->n_signatures == 1, SIGNATURE);
    SG_TRY(jwk_from_spki(slot->arena, SG_BYTES(slot->holder->spki), &jwk));
    SG_TRY(jwk_key_new(&jwk, &key));
    return jwk_verify_digest(
        key, jose_alg_by_id(JOSE_ES256), SG_BYTES(slot->digest), reply->signatures[0]);
}

static sg_result
refusal(const struct wire_frame *frame)
{
    struct wire_refused refused;
    SG_TRY(wire_refused_parse(frame->body, &refused));
    return sg_result_of(refused.code);
}

/* One reply: the next step of its presentation, or the first of a new one. */
static sg_result
step(struct run *r)
{
    struct wire_frame frame;
    ssize_t n = recv(r->bench->fd, r->packet, sizeof(r->packet), 0);
    double now = now_us();
    SG_REQUIRE(n > 0, PEER_DOWN);
    SG_TRY(wire_frame_parse(sg_bytes_of(r->packet, (size_t)n), &frame));
    size_t at = (size_t)(frame.request_id & (BENCH_SIGN_CLIENTS_MAX - 1));
    struct slot *slot = &r->slots[at];
    SG_REQUIRE(at < r->bench->clients && frame.request_id == id_of(r, slot), TYPE);
    if (frame.type == WIRE_REFUSED) {
        return refusal(&frame);
    }
    if (!slot->signing) {
        slot->open_us = now - slot->sent_us;
        return approve(r, slot, &frame);
    }
    r->open[r->done] = slot->open_us;
    r->sign[r->done] = now - slot->sent_us;
    r->total[r->done] = slot->open_us + now - slot->sent_us;
    r->done++;
    SG_TRY(verify(slot, &frame));
    return r->begun < r->bench->n ? open_next(r, slot) : SG_DONE;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double
quantile(double *values, size_t n, size_t percent)
{
    qsort(values, n, sizeof(values[0]), by_size);
    return values[n * percent / 100];
}

static sg_result
prepare(struct run *r)
{
    const struct timeval patience = { ANSWER_S, 0 };
    struct bench_sign *b = r->bench;
    SG_REQUIRE(
        b->n > 0 && b->n_holders > 0 && b->clients >= 1 && b->clients <= BENCH_SIGN_CLIENTS_MAX,
        VALUE);
    SG_REQUIRE(
        setsockopt(b->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0, PEER_DOWN);
    r->total = calloc(b->n, sizeof(*r->total));
    r->open = calloc(b->n, sizeof(*r->open));
    r->sign = calloc(b->n, sizeof(*r->sign));
    SG_REQUIRE(r->total != NULL && r->open != NULL && r->sign != NULL, NO_MEMORY);
    for (size_t i = 0; i < b->clients; i++) {
        r->slots[i].arena = sg_arena_new((size_t)32 * 1024, (size_t)256 * 1024);
        SG_REQUIRE(r->slots[i].arena != NULL, NO_MEMORY);
    }
    return SG_DONE;
}

static sg_result
run_all(struct run *r, struct bench_sign_report *ret)
{
    size_t n = r->bench->n;
    SG_TRY(prepare(r));
    double began = now_us();
    for (size_t i = 0; i < r->bench->clients && r->begun < n; i++) {
        SG_TRY(open_next(r, &r->slots[i]));
    }
    while (r->done < n) {
        SG_TRY(step(r));
    }
    ret->seconds = (now_us() - began) / 1e6;
    ret->p50_us = quantile(r->total, n, 50);
    ret->p99_us = quantile(r->total, n, 99);
    ret->open_p50_us = quantile(r->open, n, 50);
    ret->sign_p50_us = quantile(r->sign, n, 50);
    return SG_DONE;
}

sg_result
bench_sign_run(struct bench_sign *bench, struct bench_sign_report *ret)
{
    struct run *r = calloc(1, sizeof(*r));
    SG_REQUIRE(r != NULL, NO_MEMORY);
    r->bench = bench;
    sg_result result = run_all(r, ret);
    for (size_t i = 0; i < BENCH_SIGN_CLIENTS_MAX; i++) {
        sg_arena_free(&r->slots[i].arena);
    }
    free(r->total);
    free(r->open);
    free(r->sign);
    free(r);
    return result;
}
