/* Are the terms of a document defined by its contexts? (VCDM 2.0 5.2; Data Integrity 2.4.3.) By JSON-LD expansion. req: FMT-3, FMT-4 */
#ifndef VCDM_TERMS_H
#define VCDM_TERMS_H

#include "jsonld.h"
#include "vcdm.h"

enum vcdm_terms {
    /* nothing is dropped: safe expansion with a null base; @vocab counts as a definition */
    VCDM_TERMS_DEFINED,
    /* and the document's own members have a term definition, not only @vocab */
    VCDM_TERMS_TOP_LEVEL,
    /* and so has everything else, types included: for production (VCDM 2.0 B.2: @vocab is for development) */
    VCDM_TERMS_ALL,
};
#define VCDM_MEMBERS_MAX 64 /* of a document checked for its own members: each costs an expansion */

/*
 * The registered claims of JWT that an envelope adds beside the document (iss, sub, aud, exp, nbf, iat, jti, cnf, nonce) are no terms and are
 * passed over when `claims_too`. SG_E_DATA_LOSS (why->what: "term" with its position, or what expansion says), SG_E_CONTEXT, SG_E_JSONLD,
 * SG_E_WORK, SG_E_TOO_LARGE, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result vcdm_check_terms(struct sg_arena *arena, const struct sjson *document,
    const struct jsonld_contexts *contexts, enum vcdm_terms terms, bool claims_too,
    struct sg_why *why);

/*
 * A vcdm_resource_fn that knows the published digests of the built-in contexts. `arg` is a struct vcdm_published, which lends its room to one
 * answer at a time.
 */
struct vcdm_published {
    uint8_t sha256[SG_HASH_MAX];
    uint8_t sha384[SG_HASH_MAX];
};
SG_CHECKED sg_result vcdm_published_contexts(void *arg, sg_str url, struct vcdm_resource *ret);

/*
 * Has the document, or anything in it, a context of its own instead of naming one? Where RDF is signed such a context can be changed later together with the
 * names that it defines, and the signature stays good (VCDM 2.0 B.5).
 */
bool vcdm_has_inline_context(const struct sjson *document);

#endif
