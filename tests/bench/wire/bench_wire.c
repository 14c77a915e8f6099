/*
 * What the wire costs per credential: nanoseconds to encode and parse each message of the hot path.
 * build/dev/bench/bench_wire [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wire_record.h"

#define HASH SG_BYTES(hash)
static const uint8_t hash[32] = { 1, 2, 3 };
static const uint8_t id[16] = { 4, 5, 6 };
static const uint8_t signature[64] = { 7, 8, 9 };
static const uint8_t spki[91] = { 10 };

static void
must(sg_result r)
{
    if (!sg_ok(r)) {
        fprintf(stderr, "%s\n", sg_code_row(r.code)->name);
        exit(1);
    }
}

static sg_bytes
intent_make(struct sg_arena *arena)
{
    struct wire_intent in; /* as a caller does: only what counts is set */
    in.operation = WIRE_OP_SEAL_CREDENTIAL;
    in.key = HASH;
    in.alg = 1;
    in.dtbs[0] = (struct wire_dtbs){ WIRE_PREHASH, HASH };
    in.n_dtbs = 1;
    in.text_hash = in.audience = in.nonce = SG_NO_BYTES;
    in.subject = HASH;
    in.n_refs = 0;
    in.assigned[0] = (struct wire_ref){ 1, SG_LIT("http://localhost:8080/status/1"), 12345 };
    in.n_assigned = 1;
    in.requester = SG_LIT("demo-client");
    in.configuration = SG_LIT("employee_badge_sd_jwt");
    in.format = SG_LIT("dc+sd-jwt");
    in.type = SG_LIT("http://localhost:8080/credentials/employee_badge");
    in.created_at = 1800000000;
    in.expires_at = 1800000060;
    in.unique = SG_BYTES(id);
    in.n_more_keys = 0;
    in.key_of = SG_NO_BYTES;
    sg_bytes out;
    must(wire_intent_encode(arena, &in, &out));
    return out;
}

/* Everything that gateway and signer do to one SEAL and its answer. */
static size_t
seal_there_and_back(struct sg_arena *arena)
{
    struct wire_seal seal = { .mandate = SG_BYTES(id) };
    struct wire_frame frame;
    struct wire_seal got;
    struct wire_intent intent;
    sg_bytes packet;
    seal.intent = intent_make(arena);
    struct sg_buf buf = sg_buf_new(arena, 768, WIRE_FRAME_MAX);
    wire_seal_encode(&buf, 1, &seal);
    must(sg_buf_end(&buf, &packet));
    must(wire_frame_parse(packet, &frame));
    must(wire_seal_parse(frame.body, &got));
    must(wire_intent_parse(got.intent, &intent));
    struct wire_seal_reply reply;
    struct wire_seal_reply got_reply;
    reply.signatures[0] = SG_BYTES(signature);
    reply.n_signatures = 1;
    reply.consent_seq = 1000;
    reply.outcome_seq = 1001;
    reply.signed_at = 1800000000;
    struct sg_buf back = sg_buf_new(arena, 128, WIRE_FRAME_MAX);
    wire_seal_reply_encode(&back, 1, &reply);
    must(sg_buf_end(&back, &packet));
    must(wire_frame_parse(packet, &frame));
    must(wire_seal_reply_parse(frame.body, &got_reply));
    return got_reply.signatures[0].n + intent.n_assigned;
}

static size_t
status_there_and_back(struct sg_arena *arena)
{
    struct wire_status_ask ask;
    struct wire_status_ask got;
    struct wire_frame frame;
    sg_bytes packet;
    ask.refs[0] = (struct wire_ref){ 1, SG_LIT("http://localhost:8080/status/keys"), 3 };
    ask.n_refs = 1;
    ask.not_before = 0;
    ask.plus_ms = 0;
    struct sg_buf buf = sg_buf_new(arena, 128, WIRE_FRAME_MAX);
    wire_status_ask_encode(&buf, 1, &ask);
    must(sg_buf_end(&buf, &packet));
    must(wire_frame_parse(packet, &frame));
    must(wire_status_ask_parse(frame.body, &got));
    return got.n_refs;
}

static size_t
records(struct sg_arena *arena)
{
    struct wire_consent c;
    struct wire_outcome o;
    sg_bytes consent;
    sg_bytes outcome;
    c.intent = intent_make(arena);
    c.activation = WIRE_ACT_MANDATE;
    c.mandate_id = SG_BYTES(id);
    c.mandate_seq = 12;
    c.mandate_used = 345;
    c.instruction = c.instruction_signature = SG_NO_BYTES;
    c.client_key = HASH;
    c.seen[0].ref = (struct wire_ref){ 1, SG_LIT("http://localhost:8080/status/keys"), 3 };
    c.seen[0].verdict = (struct wire_status_verdict){ 1, 0, HASH, 1800000000000, 1800000060000, 0 };
    c.n_seen = 1;
    c.certificate = HASH;
    c.level = 1;
    c.at_ms = 1800000000123;
    c.key_seq = 4;
    c.software = SG_LIT("0.1.0");
    c.spki = SG_BYTES(spki);
    c.gesture = (struct wire_gesture){ .counter_fault = false };
    c.which = c.first_seq = 0;
    c.n_more_spki = 0;
    c.closed = SG_NO_BYTES;
    o.consent_seq = 1000;
    o.kind = WIRE_OUT_SIGNED;
    o.signature_hashes[0] = HASH;
    o.n_signature_hashes = 1;
    o.code = 0;
    o.at_ms = 1800000000456;
    must(wire_consent_encode(arena, &c, &consent));
    must(wire_outcome_encode(arena, &o, &outcome));
    return consent.n + outcome.n;
}

static void
run(const char *what, size_t (*fn)(struct sg_arena *), long rounds)
{
    struct sg_arena *arena = sg_arena_new(0, 1 << 20);
    struct timespec from;
    struct timespec to;
    size_t sum = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (long i = 0; i < rounds; i++) {
        sum += fn(arena);
        sg_arena_reset(arena);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    printf("%-58s %8.0f ns  (check %zu)\n", what, ns / (double)rounds, sum / (size_t)rounds);
    sg_arena_free(&arena);
}

int
main(int argc, char **argv)
{
    long rounds = argc > 1 ? atol(argv[1]) : 200000;
    if (rounds < 1) {
        return 2;
    }
    run("intent + SEAL + SEAL reply, encode and parse", seal_there_and_back, rounds);
    run("STATUS_ASK, encode and parse", status_there_and_back, rounds);
    run("intent + CONSENT + OUTCOME, encode", records, rounds);
    return 0;
}
