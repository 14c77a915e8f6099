/* Keys, certificates and signed status lists for tests, made with OpenSSL and not with the code under test. */
#ifndef STATUS_SUPPORT_H
#define STATUS_SUPPORT_H

#include <openssl/evp.h>

#include "support.h"
#include "tsl_token.h"

struct status_key {
    EVP_PKEY *pkey;
    struct jwk jwk;
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    sg_str thumbprint_text; /* base64url */
    sg_str jwk_json;
};
/* A new P-256 key. */
void status_key_new(struct sg_arena *arena, struct status_key *ret);
void status_key_done(struct status_key *key);

struct status_cert {
    const char *cn;
    const char *issuer_cn;
    bool ca;
    long from_s; /* offsets from the real time */
    long to_s;
};
/* A certificate (DER) of `subject`, signed by `issuer`. */
sg_bytes status_cert(struct sg_arena *arena, const struct status_key *subject,
    const struct status_key *issuer, const struct status_cert *form);
/* The same with subject alternative names, as OpenSSL writes them: "DNS:a.example,URI:https://a.example"; NULL: none. */
sg_bytes status_cert_named(struct sg_arena *arena, const struct status_key *subject,
    const struct status_key *issuer, const struct status_cert *form, const char *san);
sg_str status_pem(struct sg_arena *arena, sg_bytes der);

/* ES256 over any bytes, r || s. */
void status_sign(const struct status_key *key, sg_bytes input, uint8_t ret[64]);
/* Compact JWS over any header and payload (ES256). */
sg_str status_jws(
    struct sg_arena *arena, const struct status_key *key, sg_str header, sg_bytes payload);
/* Header {"alg","typ","jwk"}. */
sg_str status_header_jwk(struct sg_arena *arena, const struct status_key *key, const char *typ);
/* {"sub","iat","exp","ttl","status_list"} over the raw list. */
sg_bytes status_claims(struct sg_arena *arena, sg_str sub, int64_t iat, int64_t exp, int64_t ttl,
    unsigned bits, sg_bytes raw);

#endif
