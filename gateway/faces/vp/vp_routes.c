#include "vp_inner.h"

#define JSON "application/json"

const struct http_route vp_routes[] = {
    { HTTP_POST, "/vp/presentations", vp_start, 1024 * 1024, JSON, HTTP_CORS, "vp_start",
        "Ask a person to present credentials to a verifier (OpenID4VP 1.0)", "holder" },
    { HTTP_GET, "/vp/presentations/{id}", vp_get, 0, "", HTTP_CORS, "vp_get",
        "A presentation as it stands: text, intent, challenge, candidates, or its result",
        "holder" },
    { HTTP_POST, "/vp/presentations/{id}/selection", vp_select, 16384, JSON, HTTP_CORS, "vp_select",
        "Other credentials, or another language: another text and challenge", "holder" },
    { HTTP_POST, "/vp/presentations/{id}/approve", vp_approve, 65536, JSON, HTTP_CORS, "vp_approve",
        "The passkey's answer: sign and deliver or give back", "holder" },
    { HTTP_POST, "/vp/presentations/{id}/refuse", vp_refusal, 1024, JSON, HTTP_CORS, "vp_refuse",
        "The person says no", "holder" },
    { HTTP_POST, "/vp/proofs", vp_proofs, 65536, JSON, HTTP_CORS, "vp_proofs",
        "Ask a person for key proofs (OpenID4VCI 1.0, Appendix F) with keys kept here", "holder" },
    { HTTP_GET, "/vp/proofs/{id}", vp_get, 0, "", HTTP_CORS, "vp_proofs_get",
        "Key proofs as they stand", "holder" },
    { HTTP_POST, "/vp/proofs/{id}/approve", vp_approve, 65536, JSON, HTTP_CORS, "vp_proofs_approve",
        "The passkey's answer: the proofs", "holder" },
    { HTTP_POST, "/vp/proofs/{id}/refuse", vp_refusal, 1024, JSON, HTTP_CORS, "vp_proofs_refuse",
        "The person says no", "holder" },
    { HTTP_GET, "/vp/metadata", vp_metadata, 0, "", HTTP_CORS, "vp_metadata",
        "What verifiers may ask of this holder (OpenID4VP 1.0, 10)", "holder" },
};
const size_t n_vp_routes = sizeof(vp_routes) / sizeof(vp_routes[0]);
