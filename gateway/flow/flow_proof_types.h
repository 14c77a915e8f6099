/* proof_types_supported of a configuration (OpenID4VCI 1.0, 12.2.4 and Appendix F): what proofs of a holder's key are taken. */
#ifndef FLOW_PROOF_TYPES_H
#define FLOW_PROOF_TYPES_H

#include "flow_config.h"

/* "jwt", "attestation", "di_vp"; NULL for none of them. */
const char *flow_proof_name(enum flow_proof_kind kind);
SG_CHECKED sg_result flow_proof_kind_of(sg_str name, enum flow_proof_kind *ret); /* SG_E_PROOF */

/*
 * The member's value into config->proofs; config->binding is set already. Views borrow from `types`. SG_E_CONFIGURATION with `why`: an unknown type, one that does
 * not go with the binding methods, algorithms we do not verify, key_attestations_required in another form than 12.2.4.
 */
SG_CHECKED sg_result flow_proof_types_read(struct sg_arena *arena, const struct sjson *types,
    struct sg_why *why, struct flow_config *config);

/* Does any proof type of the configuration need an attester? */
bool flow_needs_attester(const struct flow_config *config);

#endif
