/* Route rows of this face, for serve. */
#ifndef VCI_FACE_H
#define VCI_FACE_H

#include "face.h"

extern const struct http_route vci_routes[];
extern const size_t n_vci_routes;

/* The document about our own keys that we serve as `url` (did:web of BASE, BASE/issuer), for verifying without asking ourselves. SG_E_NOT_FOUND. */
SG_CHECKED sg_result vci_own_document(struct http_request *req, sg_str url, sg_str *ret);

#endif
