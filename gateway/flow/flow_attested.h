/*
 * Key attestations that wallets bring (OpenID4VCI 1.0, Appendix D.1): a JWT in which somebody whom the operator believes (flow_attesters.h) says where holders' keys are
 * kept. What this service attests of keys of its own is flow_attest (flow_prove.h).
 */
#ifndef FLOW_ATTESTED_H
#define FLOW_ATTESTED_H

#include "flow.h"
#include "flow_attesters.h"
#include "flow_form.h"
#include "tsl_token.h"

#define FLOW_ATTESTATION_MAX ((size_t)32 * 1024) /* bytes of one; 32 keys and a chain are 20 KiB */
#define FLOW_ATTESTED_MAX 64                     /* keys of one */

struct flow_attested {
    sg_str jwt; /* as it came */
    const struct flow_attester *by;
    const struct flow_holder *keys; /* on their curves, each once; key.kid as it stood there */
    size_t n_keys;
    bool has_status;
    struct tsl_ref status; /* not asked for yet */
};

struct flow_attested_expect {
    const struct flow_attesters *attesters;
    const struct flow_proof_type *type; /* algorithms, and what must be said */
    bool with_proof;                    /* stands in a jwt proof: exp is needed (D.1) */
    flow_nonce_fn nonce_check;
    void *nonce_context;
    int64_t now;
};

/*
 * Typed, signed by an attester's pinned key or under its roots (HAIP 1.0, 4.5.1: no anchor in x5c), with a nonce of ours, within its times, of keys that can be bound, and
 * saying what the proof type asks for. A `status` that is not a status_list cannot be checked: refused. Views borrow from `jwt`, the rest lives in the arena.
 * SG_E_ATTESTATION, SG_E_NONCE, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result flow_attested_verify(struct sg_arena *arena, sg_str jwt,
    const struct flow_attested_expect *expect, struct flow_attested *ret);

/* The key with this thumbprint; NULL when it is not attested. */
const struct flow_holder *flow_attested_key(
    const struct flow_attested *attested, const uint8_t thumbprint[JWK_THUMBPRINT_LEN]);
/* The one key with this `kid`; NULL when there is none, or more than one. */
const struct flow_holder *flow_attested_kid(const struct flow_attested *attested, sg_str kid);

#endif
