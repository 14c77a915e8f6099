/* Keys that sign, made from a word: the same word gives the same key. For tests that make Data Integrity proofs. */
#ifndef DI_KEYS_H
#define DI_KEYS_H

#include "did.h"

struct di_test_key {
    enum jose_crv crv;
    uint8_t secret[48];
    size_t secret_len;
    struct jwk jwk;
    sg_str did;    /* did:key */
    sg_str method; /* its verification method */
};
/* Texts live in the arena. The test fails when the key cannot be made. */
struct di_test_key di_test_key_of(struct sg_arena *arena, enum jose_crv crv, const char *word);
/* r || s, or the 64 bytes of Ed25519, over the message. */
sg_bytes di_test_sign(struct sg_arena *arena, const struct di_test_key *key, sg_bytes message);

#endif
