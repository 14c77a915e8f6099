/* Inside gateway/auth: our own key at an OpenID provider (private_key_jwt, RFC 7523). */
#ifndef AUTH_OPENID_KEY_H
#define AUTH_OPENID_KEY_H

#include "jws.h"

struct auth_client_private;
/* A private P-256 JWK. SG_E_KEY_INVALID, SG_E_NO_MEMORY. */
SG_CHECKED sg_result auth_client_private_new(sg_str jwk, struct auth_client_private **ret);
void auth_client_private_free(struct auth_client_private **key); /* NULL accepted */
/* A compact JWS, ES256, with the JWK's kid if it has one. */
SG_CHECKED sg_result auth_client_private_sign(
    const struct auth_client_private *key, struct sg_arena *arena, sg_str payload, sg_str *ret);

#endif
