/*
 * The cost floor: CPU time of every public-key operation that one credential request cannot do without, measured in this run on this
 * machine with the very functions the gateway uses: decoding the holder's proof key, verifying the proof, verifying the DPoP proof,
 * verifying the seal after signing. The fifth part, one C_Sign on the same token, comes from the signer's program, which alone may open it.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include "sg_result.h"

struct bench_floor {
    double key_decode_us;
    double proof_verify_us;
    double dpop_verify_us;
    double c_sign_us; /* filled by the caller from `sealgate-signer --measure-sign` */
    double seal_verify_us;
};

/* ES256 throughout. CPU time of this thread, best of five rounds. */
SG_CHECKED sg_result bench_floor_measure(struct bench_floor *ret);
double bench_floor_sum(const struct bench_floor *floor);

#endif
