/*
 * The cost floor: CPU time of every public-key operation that one credential request cannot do without, measured in this run on this
 * machine: decoding the holder's proof key, verifying the proof, verifying the DPoP proof, verifying the seal after signing. Verifications
 * on P-256 are libcrypto's own (ECDSA_do_verify), the others those that the gateway uses. The fifth part, one C_Sign on the same token, comes
 * from the signer's program, which alone may open it.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include "jose_alg.h"

struct bench_floor {
    double key_decode_us;
    double proof_verify_us;
    double dpop_verify_us;
    double c_sign_us; /* filled by the caller from `sealgate-signer --measure-sign` */
    double seal_verify_us;
    double hash_us;  /* SHA-256 over the bytes of one credential */
    double local_us; /* ecdsa-sd-2023: the proof-scoped key and its signatures; else 0 */
    double
        own_us; /* apart, in no sum: one verification on P-256 as the gateway does it (formats/ecdsa) */
};

/* The wallet's half, ES256: decode, proof, DPoP. CPU time of this thread, best of five rounds. The rest stays as it is. */
SG_CHECKED sg_result bench_floor_measure(struct bench_floor *ret);
/* One verification with a fresh key of this algorithm (ES256, ES384, EdDSA). SG_E_ALGORITHM. */
SG_CHECKED sg_result bench_floor_verify(const struct jose_alg *alg, double *ret_us);
/* SHA-256 over n bytes (at most 1 MiB). */
SG_CHECKED sg_result bench_floor_hash(size_t n, double *ret_us);
/* A P-256 key made here and `n` signatures with it, without verification. */
SG_CHECKED sg_result bench_floor_local(size_t n, double *ret_us);
double bench_floor_sum(const struct bench_floor *floor);

#endif
