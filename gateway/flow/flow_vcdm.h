/*
 * Documents of the W3C Verifiable Credentials Data Model 2.0, for every form that secures one (req: FMT-3, FMT-4, FMT-5). Members of a template's
 * entry that they share:
 *   @context    array  the first is https://www.w3.org/ns/credentials/v2
 *   type        array  VerifiableCredential and at least one more; the last one stands for the type in records
 *   issuer      text   "did:web" (default), "did:key", "url" (BASE/issuer)
 *   holder      text   how credentialSubject.id names a holder who came with a bare key: "did:key" (default), "did:jwk"; a holder who came with a
 *                      DID keeps it; "none": the subject has no id
 *   subject     object credentialSubject: an array is a claims path (["address","country"]) whose value stands here, an object is an object, anything
 *                      else stands as it is. A member whose claim is absent is left out, an object of such members too. Absent: the claims as they are
 *   document    object further members of the document, as they stand ("name", "credentialSchema", "termsOfUse" ...)
 */
#ifndef FLOW_VCDM_H
#define FLOW_VCDM_H

#include "flow_form.h"
#include "flow_issuer.h"
#include "vcdm.h"

#define FLOW_VCDM_MEMBERS "@context", "type", "issuer", "holder", "subject", "document"
#define FLOW_DOCUMENT_MAX ((size_t)256 * 1024)

enum flow_holder_form { FLOW_HOLDER_DID_KEY, FLOW_HOLDER_DID_JWK, FLOW_HOLDER_NONE };

struct flow_vcdm {
    const struct sjson *context;
    const struct sjson *type;
    enum flow_issuer_form issuer;
    enum flow_holder_form holder;
    const struct sjson *subject; /* NULL: the claims as they are */
    const struct sjson *more;    /* NULL: none */
};

/* Sets config->type. SG_E_CONFIGURATION. */
SG_CHECKED sg_result flow_vcdm_read(
    const struct flow_source *source, struct flow_config *config, struct flow_vcdm *ret);
/* credential_definition, as in the format profiles of OpenID4VCI App. A.1. */
void flow_vcdm_describe(struct sjson_wr *wr, const struct flow_vcdm *vcdm);
/* Where a claim stands in the document: ["credentialSubject", ...]. */
bool flow_vcdm_has_path(const struct flow_vcdm *vcdm, const struct sjson *path);
void flow_vcdm_write_path(
    struct sjson_wr *wr, const struct flow_vcdm *vcdm, const struct sjson *path);

/* The document without a proof, as compact JSON. SG_E_CLAIMS (nothing to say about the subject), SG_E_TOO_LARGE. */
SG_CHECKED sg_result flow_vcdm_build(struct sg_arena *arena, const struct flow_make *make,
    const struct flow_vcdm *vcdm, const struct flow_issuer *issuer, sg_str *ret);
/* The claims back from a document; canonical. SG_E_CLAIMS when the mapping does not lead back. */
SG_CHECKED sg_result flow_vcdm_claims(struct sg_arena *arena, const struct flow_config *config,
    const struct flow_vcdm *vcdm, const struct sjson *document, sg_str *ret);

/* "2026-05-01T12:00:00Z"; `ret` has room for 21. Years 1970..9999. SG_E_VALUE. */
#define FLOW_TIME_LEN 20
SG_CHECKED sg_result flow_time_text(int64_t at, char ret[FLOW_TIME_LEN + 1]);

#endif
