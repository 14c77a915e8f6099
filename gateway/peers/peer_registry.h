/*
 * What the signer's registry says about keys and system clients, cached in the gateway. The signer decides in the end: a stale entry
 * here costs a refusal there, never a signature.
 */
#ifndef PEER_REGISTRY_H
#define PEER_REGISTRY_H

#include "peer.h"

#define PEER_KEY_TTL_MS 2000
#define PEER_CLIENT_TTL_MS 1000
#define PEER_CLIENTS_MAX 4096

struct peer_registry;

/* Immutable; lives as long as the registry. A changed key is a new object: compare pointers to see whether what was derived is stale. */
struct peer_key {
    sg_str label;
    uint8_t thumbprint[WIRE_THUMBPRINT_LEN];
    uint64_t alg; /* enum jose_alg_id */
    sg_bytes spki;
    uint64_t state, purpose, level;
    sg_bytes chain[WIRE_CERTS_MAX]; /* leaf first */
    size_t n_chain;
    struct wire_ref status; /* uri empty: none */
};

/* Immutable, as above. */
struct peer_client {
    sg_str client;
    uint64_t alg;
    sg_bytes spki;
    bool active;
    const struct wire_mandate *mandates;
    size_t n_mandates;
};

SG_CHECKED sg_result peer_registry_new(struct peer *signer, struct peer_registry **ret);
void peer_registry_free(struct peer_registry **registry);

/* Read all keys now (start-up). Afterwards entries renew themselves in the background when asked for beyond their ttl. SG_E_PEER_DOWN. */
SG_CHECKED sg_result peer_registry_load(struct peer_registry *registry);

/* The newest key with this label that is not destroyed; preferring ACTIVE. Never blocks. SG_E_NOT_FOUND. */
SG_CHECKED sg_result peer_key_find(
    struct peer_registry *registry, sg_str label, const struct peer_key **ret);
SG_CHECKED sg_result peer_key_by_thumbprint(struct peer_registry *registry,
    const uint8_t thumbprint[WIRE_THUMBPRINT_LEN], const struct peer_key **ret);
/* All keys that are known, for JWKS. Returns their number; at most `max` are written. */
size_t peer_keys(struct peer_registry *registry, const struct peer_key **ret, size_t max);

/*
 * A system client. Blocks for one round trip when it was never asked for (SG_E_NOT_FOUND is cached too); a known but old entry is
 * returned and renewed in the background. SG_E_NOT_FOUND, SG_E_PEER_DOWN.
 */
SG_CHECKED sg_result peer_client_get(
    struct peer_registry *registry, sg_str client, const struct peer_client **ret);

/*
 * The client's mandate that covers key, operation (enum wire_operation) and configuration at `now`; the signer counts and decides.
 * SG_E_MANDATE if there is none.
 */
SG_CHECKED sg_result peer_mandate_find(const struct peer_client *client, sg_bytes key,
    uint64_t operation, sg_str configuration, int64_t now, const struct wire_mandate **ret);

#endif
