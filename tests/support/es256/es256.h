/* A throw-away P-256 key that signs: for tests that need both ends of a signature. */
#ifndef ES256_H
#define ES256_H

#include "jws.h"

struct es256;
/* A new key; the test fails when there is none. */
struct es256 *es256_new(void);
void es256_free(struct es256 **key);
/* Its public JWK as JSON, in the arena. */
sg_str es256_jwk(struct sg_arena *arena, const struct es256 *key);
/* r||s over SHA-256 of the message. */
void es256_sign(const struct es256 *key, sg_bytes message, uint8_t ret[64]);
/* A compact JWS over the payload with {"alg":"ES256","typ":typ}. */
sg_str es256_jws(
    struct sg_arena *arena, const struct es256 *key, const char *typ, sg_bytes payload);

#endif
