/* JWS compact serialisation (RFC 7515) and JWT reading. Building stops at the signing input: the signer signs. */
#ifndef JWS_H
#define JWS_H

#include "jwk.h"

#define JWS_MAX ((size_t)1024 * 1024)

/* A compact JWS taken apart. Views borrow from the input or live in the arena. Nothing is verified yet. */
struct jws {
    sg_str compact;
    sg_str signing_input; /* header.payload, as it came */
    const struct sjson *header;
    sg_bytes payload;
    sg_bytes signature;
    const struct jose_alg *alg;
    sg_str typ; /* without "application/" prefix handling: as it stands; empty if absent */
    sg_str kid;
};

/*
 * Parse. `none`, MAC and unknown algorithms: SG_E_ALGORITHM. `crit` with anything we do not know (we know nothing): SG_E_UNSUPPORTED.
 * `b64`:false: SG_E_UNSUPPORTED. Otherwise SG_E_MALFORMED, SG_E_ENCODING, SG_E_DUPLICATE ...
 */
SG_CHECKED sg_result jws_parse(struct sg_arena *arena, sg_str compact, struct jws *ret);

/* Verify with this key; the key's own "alg"/"use" were honoured by jwk_parse. SG_E_SIGNATURE, SG_E_ALGORITHM. */
SG_CHECKED sg_result jws_verify(const struct jws *jws, const struct jwk_key *key);

/* The payload as a JSON object (a JWT claims set). */
SG_CHECKED sg_result jws_claims(
    struct sg_arena *arena, const struct jws *jws, const struct sjson **ret);

/* base64url(header) . base64url(payload): what is signed. */
SG_CHECKED sg_result jws_signing_input(
    struct sg_arena *arena, sg_str header_json, sg_bytes payload, sg_str *ret);
/* signing_input . base64url(signature) */
SG_CHECKED sg_result jws_attach(
    struct sg_arena *arena, sg_str signing_input, sg_bytes signature, sg_str *ret);

/* A NumericDate that must be there, in whole seconds: a fraction (RFC 7519 2) is cut off. SG_E_MISSING, SG_E_TYPE, SG_E_NUMBER. */
SG_CHECKED sg_result jwt_date(const struct sjson *claims, const char *name, int64_t *ret);

/* `exp`, `nbf`, `iat` against now with a tolerance in seconds. Absent members pass. SG_E_EXPIRED, SG_E_NOT_YET, SG_E_TYPE. */
SG_CHECKED sg_result jwt_check_times(const struct sjson *claims, int64_t now, int64_t leeway_s);

#endif
