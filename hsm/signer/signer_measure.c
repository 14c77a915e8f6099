/*
 * --measure-sign N: what one C_Sign on this token costs, for the cost floor of `sealgate bench`, for each algorithm that it has. Throw-away resident keys are
 * made, used and destroyed; no registered key signs anything here, and the ledger is not opened.
 */
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#include "signer.h"

#define ROUNDS 5

static double
cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* What the key signs: a digest of its length, or 64 bytes (what Data Integrity gives to Ed25519). */
static sg_bytes
something(const struct p11_key_ref *ref, uint8_t bytes[SG_HASH_MAX])
{
    const struct key_alg_row *row = key_public_alg(ref->public);
    randombytes_buf(bytes, SG_HASH_MAX);
    return sg_bytes_of(bytes, row->prehash ? sg_hash_len(row->hash) : SG_HASH_MAX);
}

/* CPU time of one p11_key_sign (which verifies what it made), best of some rounds. */
static sg_result
time_sign(struct signer *s, const struct p11_key_ref *ref, unsigned n, double *ret)
{
    uint8_t bytes[SG_HASH_MAX];
    sg_bytes digest = something(ref, bytes);
    uint8_t signature[KEY_SIG_MAX];
    size_t len;
    double best = 1e12;
    for (int round = 0; round < ROUNDS; round++) {
        double began = cpu_us();
        for (unsigned i = 0; i < n; i++) {
            SG_TRY(p11_key_sign(s->session, ref, digest, signature, &len));
        }
        double each = (cpu_us() - began) / n;
        best = each < best ? each : best;
    }
    *ret = best;
    return SG_DONE;
}

/* The verification that p11_key_sign does as well, to be taken off again. */
static sg_result
time_verify(struct signer *s, const struct p11_key_ref *ref, unsigned n, double *ret)
{
    uint8_t bytes[SG_HASH_MAX];
    sg_bytes digest = something(ref, bytes);
    uint8_t signature[KEY_SIG_MAX];
    size_t len;
    double best = 1e12;
    SG_TRY(p11_key_sign(s->session, ref, digest, signature, &len));
    for (int round = 0; round < ROUNDS; round++) {
        double began = cpu_us();
        for (unsigned i = 0; i < n; i++) {
            SG_TRY(key_public_verify(ref->public, digest, sg_bytes_of(signature, len)));
        }
        double each = (cpu_us() - began) / n;
        best = each < best ? each : best;
    }
    *ret = best;
    return SG_DONE;
}

/* `cold`: the key is unwrapped for every signature. */
static sg_result
measure_key(struct signer *s, enum key_alg alg, bool resident, unsigned n)
{
    struct p11_key_params params = {
        .alg = alg, .resident = resident, .label = SG_LIT("throw-away measure")
    };
    struct p11_key_made made;
    struct key_public *public SG_CLEANUP(key_public_free)
    = NULL;
    double both = 0;
    double verify = 0;
    SG_TRY(p11_key_generate(s->session, s->scratch, &params, &made));
    sg_result r = key_public_new(made.spki, &public);
    struct p11_key_ref ref = { .public = public, .wrapped = made.wrapped };
    if (sg_ok(r) && resident) {
        r = time_sign(s, &ref, n, &both);
    }
    for (unsigned i = 0; sg_ok(r) && !resident && i < n; i++) {
        uint8_t digest[SG_SHA256_LEN] = { 1 };
        uint8_t signature[KEY_SIG_MAX];
        size_t len;
        double began = cpu_us();
        r = p11_key_sign(s->session, &ref, SG_BYTES(digest), signature, &len);
        if (sg_ok(r)) {
            r = p11_key_destroy(s->session, &ref); /* forget the unwrapped copy */
        }
        both += (cpu_us() - began) / n;
    }
    if (sg_ok(r)) {
        r = time_verify(s, &ref, n, &verify);
    }
    if (resident || !sg_ok(r)) {
        SG_IGNORE(p11_key_destroy(s->session, &ref)); /* a stray is found at the next start */
    }
    SG_TRY(r);
    printf("%s %s %.2f\n", resident ? "c_sign_us" : "unwrap_sign_us", key_public_alg(public)->name,
        both - verify);
    return SG_DONE;
}

static sg_result
measure(struct signer *s, const struct signer_args *args, struct sg_why *why)
{
    struct conf_signer *conf = NULL;
    SG_TRY(signer_settings(args, s->arena, &conf));
    s->conf = conf;
    SG_TRY(signer_become_user(args));
    SG_TRY(signer_token_open(s, why));
    SG_TRY(measure_key(s, KEY_ES256, true, args->measure));
    /* a token without an algorithm has no line for it */
    SG_IGNORE(measure_key(s, KEY_ES384, true, args->measure / 8 + 1));
    SG_IGNORE(measure_key(s, KEY_EDDSA, true, args->measure));
    return measure_key(s, KEY_ES256, false, args->measure / 10 + 1);
}

int
signer_measure(const struct signer_args *args)
{
    static struct signer s;
    struct sg_why why = { 0 };
    s.arena = sg_arena_new(0, (size_t)1024 * 1024);
    s.scratch = sg_arena_new(0, (size_t)1024 * 1024);
    sg_result r =
        s.arena == NULL || s.scratch == NULL ? SG_ERROR(NO_MEMORY) : measure(&s, args, &why);
    if (!sg_ok(r)) {
        fprintf(stderr, "sealgate-signer: cannot measure: %s (%s)\n",
            why.what == NULL ? "-" : why.what, sg_code_row(r.code)->name);
    }
    p11_session_close(&s.session);
    p11_close(&s.p11);
    sg_arena_free(&s.scratch);
    sg_arena_free(&s.arena);
    return sg_ok(r) ? 0 : 1;
}
