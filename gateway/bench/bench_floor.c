#include "bench_floor.h"

#include <time.h>

#include "bench_key.h"
#include "jws.h"

#define ROUNDS 5
#define PER_ROUND 400

static double
cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* One signed thing to verify, the way it comes in. */
struct sample {
    struct jwk jwk;
    struct jws jws;
};

static sg_result
make_sample(struct sg_arena *arena, struct sample *ret)
{
    struct bench_key *key = NULL;
    sg_str compact;
    const struct sjson *json;
    SG_TRY(bench_key_new(&key));
    sg_result r = bench_key_proof(
        arena, key, SG_LIT("http://localhost"), SG_LIT("nonce"), 1700000000, &compact);
    if (sg_ok(r)) {
        r = jws_parse(arena, compact, &ret->jws);
    }
    if (sg_ok(r)) {
        r = sjson_parse(arena, bench_key_jwk(key), NULL, &json);
    }
    if (sg_ok(r)) {
        /* the key object goes away: the parsed JWK must not borrow from it */
        sg_str copy;
        r = sg_arena_str(arena, bench_key_jwk(key), &copy);
        r = sg_ok(r) ? sjson_parse(arena, copy, NULL, &json) : r;
        r = sg_ok(r) ? jwk_parse(arena, json, &ret->jwk) : r;
    }
    bench_key_free(&key);
    return r;
}

static sg_result
time_decode(const struct sample *s, double *ret)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double began = cpu_us();
        for (int i = 0; i < PER_ROUND; i++) {
            struct jwk_key *key = NULL;
            SG_TRY(jwk_key_new(&s->jwk, &key));
            jwk_key_free(&key);
        }
        double each = (cpu_us() - began) / PER_ROUND;
        best = each < best ? each : best;
    }
    *ret = best;
    return SG_DONE;
}

static sg_result
time_verify(const struct sample *s, double *ret)
{
    struct jwk_key *key = NULL;
    SG_TRY(jwk_key_new(&s->jwk, &key));
    double best = 1e9;
    sg_result r = SG_DONE;
    for (int round = 0; round < ROUNDS && sg_ok(r); round++) {
        double began = cpu_us();
        for (int i = 0; i < PER_ROUND && sg_ok(r); i++) {
            r = jws_verify(&s->jws, key);
        }
        double each = (cpu_us() - began) / PER_ROUND;
        best = each < best ? each : best;
    }
    jwk_key_free(&key);
    *ret = best;
    return r;
}

sg_result
bench_floor_measure(struct bench_floor *ret)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)1024 * 1024);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct sample sample;
    struct bench_floor floor = { 0 };
    sg_result r = make_sample(arena, &sample);
    r = sg_ok(r) ? time_decode(&sample, &floor.key_decode_us) : r;
    r = sg_ok(r) ? time_verify(&sample, &floor.proof_verify_us) : r;
    r = sg_ok(r) ? time_verify(&sample, &floor.dpop_verify_us) : r;
    r = sg_ok(r) ? time_verify(&sample, &floor.seal_verify_us) : r;
    sg_arena_free(&arena);
    if (sg_ok(r)) {
        floor.c_sign_us = ret->c_sign_us;
        *ret = floor;
    }
    return r;
}

double
bench_floor_sum(const struct bench_floor *f)
{
    return f->key_decode_us + f->proof_verify_us + f->dpop_verify_us + f->c_sign_us +
           f->seal_verify_us;
}
