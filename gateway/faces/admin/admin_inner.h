/* Handlers of the management API and the pages for people. */
#ifndef ADMIN_INNER_H
#define ADMIN_INNER_H

#include "admin_face.h"

void admin_offer_make(struct http_request *req);
void admin_offer_drop(struct http_request *req);
void admin_credential(struct http_request *req);
void admin_status_order(struct http_request *req);
void admin_status_get(struct http_request *req);
void admin_keys(struct http_request *req);
void admin_configurations(struct http_request *req);
void admin_client(struct http_request *req);
void admin_openapi(struct http_request *req);
void admin_start(struct http_request *req);
void admin_style(struct http_request *req);

/* One credential of an offer or of a direct request; unknown members are errors: SG_E_VALUE. Fuzzed. */
SG_CHECKED sg_result admin_credential_parse(
    struct sg_arena *arena, const struct sjson *json, struct flow_offer_credential *ret);
/* The body of POST /v1/offers. `credentials` has FLOW_OFFER_CREDENTIALS_MAX places. Fuzzed. */
SG_CHECKED sg_result admin_offer_parse(struct sg_arena *arena, sg_bytes body,
    struct flow_offer_credential *credentials, struct flow_offer_in *ret);

#endif
