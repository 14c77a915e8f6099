/*
 * Whole documents of a system client (VC-API, req: PRO-5): a credential or presentation that is secured as it stands, by a configuration that says which
 * key, suite and issuer. Members of a template's entry:
 *   documents        text  "none" (default): only claims are issued. "claims": a credential whose contexts, type and subject are what the configuration would
 *                          have built from claims that it accepts, and which holds from now for no longer than validity_s; its id is the client's to choose, outside
 *                          of the names of what is ours. "any": every credential that is no status list, whose issuer
 *                          is this one and that keeps the rules of the data model (VCDM 2.0, or 1.1) and defines its terms. "presentations": presentations
 *                          whose holder is this issuer
 *   existing_proofs  text  "refuse" (default), "add": the new proof stands beside those that came (a proof set), "chain": it covers them (previousProof)
 */
#ifndef FLOW_DOCUMENT_H
#define FLOW_DOCUMENT_H

#include "flow_form.h"
#include "flow_vcdm.h"

#define FLOW_DOCUMENT_POINTERS_MAX 64
#define FLOW_DOCUMENT_DOMAINS_MAX 16

struct flow_document {
    const struct sjson *json; /* an object: what the client sent */
    bool presentation;
    bool
        suite; /* profile w3c-suite: digests of related resources as drafts of VCDM 2.0 had them are taken as well */
    bool has_mandatory; /* ecdsa-sd-2023: these pointers instead of the configuration's */
    const sg_str *mandatory;
    size_t n_mandatory;
    sg_str challenge; /* presentations; may be empty */
    sg_str domain;
};

/*
 * Before anything is taken for it: does the configuration secure such documents, and does this one keep the rules? SG_E_UNSUPPORTED, SG_E_VCDM, SG_E_ISSUER,
 * SG_E_CLAIMS, SG_E_CONFLICT (proofs that may not be there), SG_E_DATA_LOSS ...; `why` says what.
 */
SG_CHECKED sg_result flow_document_check(struct sg_arena *arena, const struct flow_make *make,
    const struct flow_vcdm *vcdm, const struct flow_issuer *issuer, struct sg_why *why);
/* The text that is secured: the client's members verbatim, and credentialStatus beside them when make->ref is there. SG_E_TOO_LARGE. */
SG_CHECKED sg_result flow_document_text(
    struct sg_arena *arena, const struct flow_make *make, sg_str *ret);
/* What the intent says it is: the document's most specific type, as the configuration's own stands last; config->type when that is too long for a record. */
sg_str flow_document_type(const struct flow_document *document, const struct flow_config *config);
/* ids of the proofs that a new one shall cover: config->existing is FLOW_PROOFS_CHAIN. SG_E_MISSING: one has no id. */
SG_CHECKED sg_result flow_document_previous(
    struct sg_arena *arena, const struct sjson *document, const sg_str **ret, size_t *ret_n);

#endif
