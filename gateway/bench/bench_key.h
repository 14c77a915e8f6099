/*
 * Keys of make-believe wallets: P-256, in this program's own memory, for load and for nothing else. Makes the JWTs that OpenID4VCI and
 * DPoP want (OpenID4VCI 1.0 App. F.1, RFC 9449 section 4.2).
 */
#ifndef BENCH_KEY_H
#define BENCH_KEY_H

#include "jwk.h"

struct bench_key;

/* A fresh key / one from a private JWK (the demo client's). Heap. SG_E_NO_MEMORY, SG_E_KEY_INVALID. */
SG_CHECKED sg_result bench_key_new(struct bench_key **ret);
SG_CHECKED sg_result bench_key_read(
    struct sg_arena *arena, sg_str private_jwk, struct bench_key **ret);
void bench_key_free(struct bench_key **key);

/* Public JWK text {"crv":..,"kty":..,"x":..,"y":..}; lives as long as the key. */
sg_str bench_key_jwk(const struct bench_key *key);

/* A compact JWS over these JSON texts. */
SG_CHECKED sg_result bench_key_jws(struct sg_arena *arena, const struct bench_key *key,
    sg_str header, sg_str payload, sg_str *ret);

/* dpop+jwt for method and uri; `token` empty: without ath; `nonce` empty: without. */
SG_CHECKED sg_result bench_key_dpop(struct sg_arena *arena, const struct bench_key *key,
    const char *method, sg_str uri, sg_str token, int64_t iat, sg_str *ret);
/* openid4vci-proof+jwt */
SG_CHECKED sg_result bench_key_proof(struct sg_arena *arena, const struct bench_key *key,
    sg_str issuer, sg_str c_nonce, int64_t iat, sg_str *ret);
/* client assertion of RFC 7523 */
SG_CHECKED sg_result bench_key_assertion(struct sg_arena *arena, const struct bench_key *key,
    sg_str client, sg_str issuer, int64_t iat, sg_str *ret);

#endif
