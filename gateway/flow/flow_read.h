/* Small readers of configuration members, for flow_config.c and the forms. Every refusal names the member at fault. */
#ifndef FLOW_READ_H
#define FLOW_READ_H

#include "flow_config.h"

/* Notes `what` (static text) and fails with SG_E_CONFIGURATION. */
SG_CHECKED sg_result flow_bad(struct sg_why *why, const char *what);

/* A whole number within bounds; absent: `absent`, unless that is below `low`. */
SG_CHECKED sg_result flow_read_int(const struct sjson *json, struct sg_why *why, const char *name,
    int64_t low, int64_t high, int64_t absent, int64_t *ret);
/* A text of 1..max bytes that must be there. */
SG_CHECKED sg_result flow_read_text(
    const struct sjson *json, struct sg_why *why, const char *name, size_t max, sg_str *ret);
/* "sha-256" (also when absent), "sha-384", "sha-512" */
SG_CHECKED sg_result flow_read_hash(
    const struct sjson *v, struct sg_why *why, enum sg_hash_alg *ret);
/* One claims path pointer (OpenID4VCI App. C): begins with a name. `what` names the member. */
SG_CHECKED sg_result flow_read_path(struct sg_arena *arena, const struct sjson *json,
    struct sg_why *why, const char *what, struct sdjwt_path *ret);
/* An array of them; absent: none. */
SG_CHECKED sg_result flow_read_paths(struct sg_arena *arena, const struct sjson *json,
    struct sg_why *why, const char *what, const struct sdjwt_path **ret, size_t *ret_n);
/* Small letters, digits, _ and -, at most 48. */
bool flow_plain_name(sg_str s);
/* 1..8 JOSE algorithms that we can verify. */
SG_CHECKED sg_result flow_read_algs(const struct sjson *array, struct sg_why *why, const char *what,
    const struct jose_alg *ret[8], size_t *ret_n);

/*
 * Every "${BASE}" replaced by the public URL. It has no character that JSON escapes (checked by the settings), so text stands for text. SG_E_TOO_LARGE.
 */
SG_CHECKED sg_result flow_base_expand(
    struct sg_arena *arena, sg_str text, sg_str base, sg_str *ret);

/* Does a claims path of names lead to a rule? A slip of the pen would leave the claim out of every credential. */
bool flow_has_rule(const struct flow_config *config, const struct sjson *path);
/* Is there a value under this path, in at least one branch? */
bool flow_path_exists(const struct sjson *v, const struct sdjwt_step *steps, size_t n);
/* The claim at a path of names; NULL when it is not there. */
const struct sjson *flow_claim_at(const struct sjson *claims, const struct sdjwt_path *path);

/* The value of the claim at a path of names, NULL when it is not there: what a format has of it. */
typedef const struct sjson *(*flow_value_fn)(void *context, const sg_str *path, size_t n);
/* The claims object that these values make under the configuration's rules, canonical (RFC 8785). SG_E_TOO_LARGE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result flow_claims_back(struct sg_arena *arena, const struct flow_config *config,
    flow_value_fn value, void *context, sg_str *ret);

#endif
