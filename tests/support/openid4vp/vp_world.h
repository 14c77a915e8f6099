/* A verifier with keys, certificates and an attester, and a wallet that trusts them: requests of every kind with any part replaced. */
#ifndef VP_WORLD_H
#define VP_WORLD_H

#include "oid4vp.h"
#include "status_support.h"

#define VP_HOST "verifier.example"
#define VP_URI "https://verifier.example/response"
#define VP_NONCE "n-0S6_WzA2Mj.abc~1"

struct vp_world {
    struct sg_arena *arena;
    struct status_key ca, leaf, attester, other;
    sg_bytes ca_der, leaf_der;
    sg_str x5c;  /* JSON array of the leaf */
    sg_str hash; /* base64url of the leaf's SHA-256 */
    struct jwk leaf_jwk, attester_jwk;
    sg_str uris[2];
    struct oid4vp_client clients[2]; /* "registered" signs; "plain" does not */
    struct oid4vp_attester attesters[1];
    struct oid4vp_trust trust;
    struct oid4vp_expect expect;
    struct oid4vp_carrier carrier; /* of the last request */
    struct oid4vp_failure failure;
    struct oid4vp_request request;
};
/* `now` of the wallet is the real time, since certificates are made for it. */
void vp_world_open(struct sg_arena *arena, struct vp_world *ret);
void vp_world_close(struct vp_world *world);

/* A parameter as JSON; NULL leaves it out. Single quotes stand for double ones. */
struct vp_change {
    const char *name;
    const char *json;
};
/* The text with quotes of JSON, and $X5C, $LEAF (a JWK), $CA, $HASH, $NOW+n, $NOW-n filled in. */
sg_str vp_fill(struct vp_world *world, const char *text);
/* An ordinary request of this client with the changes (ended by a NULL name; NULL: none), as a JSON object. */
sg_str vp_parameters(
    struct vp_world *world, const char *client_id, const struct vp_change *changes);
/* As a request object. `header` NULL: {"alg":"ES256","typ":"oauth-authz-req+jwt","x5c":$X5C}. */
sg_str vp_object(
    struct vp_world *world, const struct status_key *key, const char *header, sg_str parameters);

/* Verify what came, with the world's trust and expectations. */
sg_result vp_try_text(struct vp_world *world, sg_str text);
/* By value, and as a bare request object signed by the leaf. */
sg_result vp_try_value(
    struct vp_world *world, const char *client_id, const struct vp_change *changes);
sg_result vp_try_signed(struct vp_world *world, const char *client_id, const char *header,
    const struct vp_change *changes);

#endif
