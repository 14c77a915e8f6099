/* JWS headers of the forms that are JWTs. */
#ifndef FLOW_JOSE_H
#define FLOW_JOSE_H

#include "jwk.h"
#include "peer_registry.h"

/*
 * base64url of {"alg", "typ", "cty"?, "kid", "x5c"?}. kid: as given, or, when empty, the key's thumbprint; cty empty: left out; x5c when the key has
 * certificates, so that whoever trusts their root needs no other look-up.
 */
SG_CHECKED sg_result flow_jose_header(struct sg_arena *arena, const struct peer_key *key,
    const struct jose_alg *alg, const char *typ, sg_str cty, sg_str kid, sg_str *ret);

#endif
