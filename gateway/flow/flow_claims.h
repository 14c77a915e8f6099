/* Rules for claims, read from a configuration (gateway/flow only). */
#ifndef FLOW_CLAIMS_H
#define FLOW_CLAIMS_H

#include "flow_config.h"

/* An object of {name: rule}. Unknown members of a rule are errors. SG_E_CONFIGURATION. */
SG_CHECKED sg_result flow_claim_rules_parse(struct sg_arena *arena, const struct sjson *json,
    unsigned depth, struct sg_why *why, const struct flow_claim_rule **ret, size_t *ret_n);

#endif
