/* Private JWKs that sign in software: EC on P-256, P-384 and P-521, and Ed25519. For tests only; the product signs in a token. */
#ifndef SOFTKEY_H
#define SOFTKEY_H

#include "jwk.h"

struct softkey;
/* `json` is a private JWK. `ret_public` gets its public part, with kid but without alg. SG_E_KEY_INVALID, SG_E_ALGORITHM, and as jwk_parse. */
SG_CHECKED sg_result softkey_new(
    struct sg_arena *arena, const struct sjson *json, struct jwk *ret_public, struct softkey **ret);
void softkey_free(struct softkey **key); /* NULL accepted */
/* ES256, ES384, ES512 or EdDSA, as the curve says: also those that our signer may not produce. */
const struct jose_alg *softkey_alg(const struct softkey *key);
/* r || s, or the 64 bytes of Ed25519. SG_E_INTERNAL. */
SG_CHECKED sg_result softkey_sign(
    struct sg_arena *arena, const struct softkey *key, sg_bytes message, sg_bytes *ret);

#endif
