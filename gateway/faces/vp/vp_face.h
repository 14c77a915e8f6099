/*
 * The holder's side over HTTP: presentations for verifiers (OpenID4VP 1.0) and key proofs for issuers (OpenID4VCI 1.0), for wallets with a holder's access token and for our
 * own pages. docs/presentations.md. req: PRO-3, AU-4
 */
#ifndef VP_FACE_H
#define VP_FACE_H

#include "http.h"

extern const struct http_route vp_routes[];
extern const size_t n_vp_routes;

#endif
