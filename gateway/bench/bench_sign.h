/*
 * The signer's socket, pressed from the gateway's end: INTENT_OPEN, a make-believe person's gesture, SIGN, and the signature verified here once more. Nothing is left
 * out on the signer's side: gates, consent and outcome durable, verification after signing. docs/wire. req: KEY-2, SIG-1
 */
#ifndef BENCH_SIGN_H
#define BENCH_SIGN_H

#include <sys/types.h>

#include "bench_gesture.h"

#define BENCH_SIGN_CLIENTS_MAX 256

/* A key to sign with. */
struct bench_holder {
    uint8_t key[32]; /* thumbprint */
    uint8_t spki[BENCH_SPKI_LEN];
    uint64_t person; /* number */
};

struct bench_sign {
    int fd; /* SOCK_SEQPACKET, connected to a signer that serves */
    const struct bench_persons *persons;
    const struct bench_holder *holders; /* in this order, again from the first after the last */
    size_t n_holders;
    size_t next;      /* the next one; moves on, so that the next call goes on from there */
    size_t n;         /* presentations of one call */
    unsigned clients; /* waiting at once, 1..BENCH_SIGN_CLIENTS_MAX */
};

struct bench_sign_report {
    double seconds;
    /* per presentation, microseconds: from INTENT_OPEN sent to its reply, and from SIGN sent to its reply; the gesture is not in it */
    double p50_us;
    double p99_us;
    double open_p50_us;
    double sign_p50_us;
};

/* All `n`, or the first refusal's code. SG_E_PEER_DOWN: no answer for 20 s; SG_E_SIGNATURE: one did not verify. */
SG_CHECKED sg_result bench_sign_run(struct bench_sign *bench, struct bench_sign_report *ret);

#endif
