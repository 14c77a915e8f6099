/*
 * Make-believe persons for measuring, and their authenticator in software: a person's id, credential id and passkey follow from one seed and a number, so that a
 * hundred thousand of them need no store. For test environments and for nothing else: whoever has the seed is all of them.
 */
#ifndef BENCH_GESTURE_H
#define BENCH_GESTURE_H

#include "sg_arena.h"
#include "sg_result.h"

#define BENCH_SEED_LEN 32
#define BENCH_PERSON_LEN 16
#define BENCH_CREDENTIAL_LEN 32
#define BENCH_SPKI_LEN 91
/* What `sealgate-signer --make-holder-keys --persons` reads of each: person, credential id, SubjectPublicKeyInfo. */
#define BENCH_PERSON_ROW (BENCH_PERSON_LEN + BENCH_CREDENTIAL_LEN + BENCH_SPKI_LEN)

struct bench_persons;

/* `rp_id` and `origin` are borrowed. Heap. SG_E_NO_MEMORY. */
SG_CHECKED sg_result bench_persons_new(
    const uint8_t seed[BENCH_SEED_LEN], sg_str rp_id, sg_str origin, struct bench_persons **ret);
void bench_persons_free(struct bench_persons **persons); /* NULL accepted; wipes the seed */

/* Ids ascend with the number. SG_E_INTERNAL when libcrypto refuses. */
SG_CHECKED sg_result bench_person_row(
    const struct bench_persons *persons, uint64_t number, uint8_t ret[BENCH_PERSON_ROW]);
/* This person's id. */
void bench_person_id(
    const struct bench_persons *persons, uint64_t number, uint8_t ret[BENCH_PERSON_LEN]);
/* The number of this person. SG_E_NOT_FOUND: not one of this seed's. */
SG_CHECKED sg_result bench_person_number(
    const struct bench_persons *persons, sg_bytes person, uint64_t *ret);

/* An assertion of WebAuthn (7.2): user present and verified, no counter, a passkey that does not sync. */
struct bench_gesture {
    sg_bytes credential;
    sg_bytes client_data;
    sg_bytes authenticator_data;
    sg_bytes signature; /* DER */
};
/* `challenge`: 32 bytes. Everything in the arena. */
SG_CHECKED sg_result bench_gesture_make(struct sg_arena *arena, const struct bench_persons *persons,
    uint64_t number, sg_bytes challenge, struct bench_gesture *ret);

#endif
