/*
 * W3C VC-API (now "VCALM" 1.0, editor's draft of 20 August 2026): issuing, verifying and presenting for system clients. req: PRO-5
 * An instance is a credential configuration: BASE/vc-api/<configuration>/credentials/issue. docs/operations says how to open it.
 */
#ifndef VCAPI_FACE_H
#define VCAPI_FACE_H

#include "http.h"

extern const struct http_route vcapi_routes[];
extern const size_t n_vcapi_routes;

/* Our own lists are in this process: what the board says is the newest there is. False: the list is not ours. */
struct flow;
struct verify_ref;
bool vcapi_status_here(struct flow *flow, const struct verify_ref *ref, uint64_t *ret);

#endif
