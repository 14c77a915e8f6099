#include "admin_inner.h"

#define JSON "application/json"

const struct http_route admin_routes[] = {
    { HTTP_GET, "/", admin_start, 0, "", 0, "start_page", "What this is and what can be tried",
        "pages" },
    { HTTP_GET, "/style.css", admin_style, 0, "", HTTP_PRIVATE, "style", "Style sheet of the pages",
        "pages" },
    { HTTP_GET, "/openapi.json", admin_openapi, 0, "", HTTP_CORS, "openapi", "This description",
        "pages" },
    { HTTP_POST, "/v1/offers", admin_offer_make, 262144, JSON, 0, "admin_offer_make",
        "Make a credential offer", "management" },
    { HTTP_DELETE, "/v1/offers/{id}", admin_offer_drop, 0, "", 0, "admin_offer_drop",
        "Take back a credential offer", "management" },
    { HTTP_POST, "/v1/credentials", admin_credential, 262144, JSON, 0, "admin_credential",
        "Issue a credential directly", "management" },
    { HTTP_POST, "/v1/status", admin_status_order, 16384, JSON, 0, "admin_status_order",
        "Change a published status by a signed order", "management" },
    { HTTP_GET, "/v1/status", admin_status_get, 0, "", 0, "admin_status_get",
        "Read one entry of a status list (query: list, idx)", "management" },
    { HTTP_GET, "/v1/keys", admin_keys, 0, "", 0, "admin_keys", "Keys of the signer",
        "management" },
    { HTTP_GET, "/v1/configurations", admin_configurations, 0, "", 0, "admin_configurations",
        "Credential configurations", "management" },
    { HTTP_GET, "/v1/client", admin_client, 0, "", 0, "admin_client",
        "The calling client and its mandates", "management" },
};
const size_t n_admin_routes = sizeof(admin_routes) / sizeof(admin_routes[0]);
