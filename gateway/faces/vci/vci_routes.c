#include "vci_inner.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

const struct http_route vci_routes[] = {
    { HTTP_GET, "/.well-known/openid-credential-issuer", vci_issuer_metadata, 0, "", HTTP_CORS,
        "vci_issuer_metadata", "Credential issuer metadata (OpenID4VCI 1.0, 12.2)", "vci" },
    { HTTP_GET, "/.well-known/oauth-authorization-server", vci_server_metadata, 0, "", HTTP_CORS,
        "vci_server_metadata", "Authorization server metadata (RFC 8414)", "vci" },
    { HTTP_GET, "/.well-known/jwt-vc-issuer", vci_jwt_vc_issuer, 0, "", HTTP_CORS,
        "vci_jwt_vc_issuer", "JWT VC issuer metadata (SD-JWT VC, 4)", "vci" },
    { HTTP_GET, "/.well-known/jwks.json", vci_jwks, 0, "", HTTP_CORS, "vci_jwks",
        "Public keys of the issuer (RFC 7517)", "vci" },
    { HTTP_GET, "/.well-known/did.json", vci_did, 0, "", HTTP_CORS, "vci_did",
        "DID document of the issuer (did:web)", "vci" },
    { HTTP_GET, "/credentials/{name}", vci_type_metadata, 0, "", HTTP_CORS, "vci_type_metadata",
        "Type metadata of a credential (SD-JWT VC, 5)", "vci" },
    { HTTP_POST, "/oid4vci/token", vci_token, 32768, FORM, HTTP_CORS, "vci_token",
        "Access token for a pre-authorised code or a system client", "vci" },
    { HTTP_POST, "/oid4vci/nonce", vci_nonce, 1024, FORM "," JSON, HTTP_CORS, "vci_nonce",
        "Fresh c_nonce for key proofs", "vci" },
    { HTTP_POST, "/oid4vci/credential", vci_credential, 262144, JSON, HTTP_CORS, "vci_credential",
        "Issue one credential per key proof", "vci" },
    { HTTP_GET, "/oid4vci/offers/{id}", vci_offer, 0, "", HTTP_CORS, "vci_offer",
        "A credential offer by reference", "vci" },
    { HTTP_GET, "/status/{list}", vci_status, 0, "", HTTP_CORS, "vci_status",
        "Status list token (JWT or CWT)", "vci" },
    { HTTP_GET, "/status/{list}/{purpose}", vci_status_credential, 0, "", HTTP_CORS,
        "vci_status_credential",
        "Bitstring status list credential: revocation, suspension or message", "vci" },
    { HTTP_POST, "/oid4vci/deferred_credential", vci_deferred, 16384, JSON,
        HTTP_CORS | HTTP_PRIVATE, "vci_deferred", "Deferred issuance: not offered", "vci" },
    { HTTP_POST, "/oid4vci/notification", vci_notification, 16384, JSON, HTTP_CORS | HTTP_PRIVATE,
        "vci_notification", "Notifications: not offered", "vci" },
    { HTTP_POST, "/oid4vci/par", vci_authorize, 16384, FORM, HTTP_CORS | HTTP_PRIVATE, "vci_par",
        "Authorization code flow: not offered", "vci" },
    { HTTP_GET, "/oid4vci/authorize", vci_authorize, 0, "", HTTP_PRIVATE, "vci_authorize",
        "Authorization code flow: not offered", "vci" },
};
const size_t n_vci_routes = sizeof(vci_routes) / sizeof(vci_routes[0]);
