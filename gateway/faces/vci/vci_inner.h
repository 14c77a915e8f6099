/* Handlers of this face, one file each. */
#ifndef VCI_INNER_H
#define VCI_INNER_H

#include "vci_face.h"
#include "vci_words.h"

#define VCI_PRE_AUTHORIZED "urn:ietf:params:oauth:grant-type:pre-authorized_code"

void vci_issuer_metadata(struct http_request *req);
void vci_server_metadata(struct http_request *req);
void vci_jwt_vc_issuer(struct http_request *req);
void vci_jwks(struct http_request *req);
void vci_did(struct http_request *req);
void vci_issuer(struct http_request *req);
void vci_crl(struct http_request *req);
void vci_context(struct http_request *req);
void vci_type_metadata(struct http_request *req);
void vci_token(struct http_request *req);
void vci_nonce(struct http_request *req);
void vci_credential(struct http_request *req);
void vci_offer(struct http_request *req);
void vci_status(struct http_request *req);
void vci_status_credential(struct http_request *req);
void vci_deferred(struct http_request *req);
void vci_notification(struct http_request *req);
void vci_authorize(struct http_request *req);

/* What a credential request asks, form only. */
struct vci_credential_req {
    bool by_identifier;
    sg_str name;
    enum flow_proof_kind proof_kind;
    const sg_str *proofs; /* texts of JWTs, or JSON of presentations */
    size_t n_proofs;
};
/* OpenID4VCI 1.0, 8.2. SG_E_PROOF (proofs), SG_E_UNSUPPORTED (encryption), SG_E_MISSING, SG_E_VALUE, sjson's. Fuzzed. */
SG_CHECKED sg_result vci_credential_parse(
    struct sg_arena *arena, sg_bytes body, struct vci_credential_req *ret);

/*
 * authorization_details of a token request (RFC 9396): which of the offered credentials are wanted. `wanted` has a place per item.
 * SG_E_CONFIGURATION for anything wrong. Fuzzed.
 */
SG_CHECKED sg_result vci_details_parse(struct sg_arena *arena, sg_str json, sg_str issuer,
    const struct flow_grant_item *items, size_t n, bool *wanted);

#endif
