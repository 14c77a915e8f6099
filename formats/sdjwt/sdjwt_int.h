/* Shared by the files of this folder, for nobody else. */
#ifndef SDJWT_INT_H
#define SDJWT_INT_H

#include "sdjwt.h"

#define SDJWT_DIGEST_TEXT_MAX 86 /* base64url of 64 bytes */

/* "_sd", "_sd_alg" and "..." are not claims at any depth (RFC 9901 4.1; a nested _sd_alg is refused, section 5.1 of the checklist). */
bool sdjwt_reserved(sg_str name);

/* Disclosures by digest. */
struct sdjwt_index {
    const struct sdjwt *sd;
    const struct sdjwt_disclosure **by_digest;
    bool *used; /* by position in sd->disclosures */
};
/* SG_E_DUPLICATE: the same disclosure twice. */
SG_CHECKED sg_result sdjwt_index_make(
    struct sg_arena *arena, const struct sdjwt *sd, struct sdjwt_index *ret);
/* The disclosure with this digest text, or NULL. */
const struct sdjwt_disclosure *sdjwt_index_find(const struct sdjwt_index *index, sg_str digest);

/* Is `v` the placeholder of an array element, {"...": "digest"}? */
const struct sjson *sdjwt_placeholder(const struct sjson *v);

#endif
