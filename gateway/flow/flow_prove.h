/*
 * For wallets whose keys live here (req: PRO-1): OpenID4VCI key proofs, with which a wallet fetches credentials for such a key from any issuer
 * (OpenID4VCI 1.0 App. F), and attestations by this service that keys live here (App. D).
 *
 *   flow_prove_build (once per key) -> one intent KEY_PROOF, up to 64 DTBS/R -> (signer) -> flow_prove_attach
 */
#ifndef FLOW_PROVE_H
#define FLOW_PROVE_H

#include "flow.h"
#include "jwk.h"

#define FLOW_PROVE_MAX 64 /* = WIRE_DTBS_MAX: proofs of one gesture */

/* How the header names the key: as the issuer's cryptographic_binding_methods_supported asks. */
enum flow_prove_by { FLOW_PROVE_BY_JWK, FLOW_PROVE_BY_DID_JWK, FLOW_PROVE_BY_DID_KEY };
/* "jwk", "did:jwk", "did:key"; SG_E_UNSUPPORTED. */
SG_CHECKED sg_result flow_prove_by_name(sg_str name, enum flow_prove_by *ret);

struct flow_prove {
    const struct jwk *key;
    const struct jose_alg *alg;
    enum flow_prove_by by;
    sg_str audience;        /* the Credential Issuer Identifier */
    sg_str nonce;           /* c_nonce; empty: the issuer has no nonce endpoint */
    sg_str client_id;       /* `iss`; empty: anonymous, and `iss` stays away (F.1) */
    sg_str key_attestation; /* empty: none. One that names the key: SG_E_KEY_INVALID otherwise */
    int64_t now;            /* `iat`, UTC seconds */
};
struct flow_proving {
    const struct jose_alg *alg;
    struct jwk key;
    sg_str signing_input;
    sg_bytes message; /* exactly what the key signs; see struct flow_showing */
};
/* SG_E_VALUE (an audience that is empty or no http(s) URL, a nonce or client that is too long), SG_E_ALGORITHM (not the key's), SG_E_KEY_INVALID. */
SG_CHECKED sg_result flow_prove_build(struct sg_arena *arena, const struct flow_prove *prove,
    struct sg_why *why, struct flow_proving *ret);
/* The proof JWT. The signature is verified first: SG_E_SIGNATURE. */
SG_CHECKED sg_result flow_prove_attach(
    struct sg_arena *arena, const struct flow_proving *proving, sg_bytes signature, sg_str *ret);

#define FLOW_ATTEST_LIFE_S 3600
struct flow_attest_in {
    const struct jwk *keys; /* holder keys that the signer says it has; each once */
    size_t n;               /* 1..FLOW_PROVE_MAX */
    sg_str nonce;           /* c_nonce of the issuer; empty: none */
    int64_t now;
};
typedef void (*flow_attested_fn)(void *context, sg_result result, sg_str key_attestation);
/*
 * A key attestation JWT, signed by the service's own METADATA key (flow_settings.attestation_key) through SEAL under the mandate of client "gateway". Says what is so
 * and no more: `key_storage` and `user_authentication` are what the operator has configured, and are left out where nothing is configured.
 * SG_E_UNSUPPORTED: no such key is configured; SG_E_KEY_USE, SG_E_KEY_STATE, SG_E_MANDATE, SG_E_VALUE, SG_E_DUPLICATE, and what the signer refuses. All through `done`,
 * exactly once, on any thread. Everything given lives until then.
 */
void flow_attest(struct flow *flow, struct sg_arena *arena, const struct flow_attest_in *in,
    struct sg_why *why, flow_attested_fn done, void *context);

#endif
