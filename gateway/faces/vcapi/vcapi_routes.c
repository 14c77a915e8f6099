#include "vcapi_inner.h"

#define JSON "application/json,application/ld+json"
#define POST(path, handler, name, summary)                                           \
    {                                                                                \
        HTTP_POST, path, handler, VCAPI_OBJECT_MAX, JSON, 0, name, summary, "vc-api" \
    }

/* The same endpoint twice: the default instance, and one by its configuration. */
const struct http_route vcapi_routes[] = {
    POST("/vc-api/credentials/issue", vcapi_credentials_issue, "vcapi_issue",
        "Secure a credential (VCALM credentials/issue)"),
    POST("/vc-api/credentials/verify", vcapi_credentials_verify, "vcapi_verify",
        "Verify a credential of any format (VCALM credentials/verify)"),
    POST("/vc-api/credentials/derive", vcapi_credentials_derive, "vcapi_derive",
        "Disclose parts of a credential with a selective disclosure proof (VCALM "
        "credentials/derive)"),
    POST("/vc-api/credentials/status", vcapi_credentials_status, "vcapi_status",
        "Change the status of a credential by a signed order (VCALM credentials/status)"),
    POST("/vc-api/presentations", vcapi_presentations, "vcapi_present",
        "Secure a presentation (VCALM presentations)"),
    POST("/vc-api/presentations/verify", vcapi_presentations_verify, "vcapi_verify_presentation",
        "Verify a presentation and what it holds (VCALM presentations/verify)"),
    POST("/vc-api/challenges", vcapi_challenges, "vcapi_challenge",
        "A challenge for a presentation (VCALM challenges)"),
    POST("/vc-api/{configuration}/credentials/issue", vcapi_credentials_issue,
        "vcapi_instance_issue", "Secure a credential at one instance"),
    POST("/vc-api/{configuration}/credentials/verify", vcapi_credentials_verify,
        "vcapi_instance_verify", "Verify a credential at one instance"),
    POST("/vc-api/{configuration}/credentials/derive", vcapi_credentials_derive,
        "vcapi_instance_derive", "Disclose parts of a credential at one instance"),
    POST("/vc-api/{configuration}/credentials/status", vcapi_credentials_status,
        "vcapi_instance_status", "Change the status of a credential of one instance"),
    POST("/vc-api/{configuration}/presentations", vcapi_presentations, "vcapi_instance_present",
        "Secure a presentation at one instance"),
    POST("/vc-api/{configuration}/presentations/verify", vcapi_presentations_verify,
        "vcapi_instance_verify_presentation", "Verify a presentation at one instance"),
    POST("/vc-api/{configuration}/challenges", vcapi_challenges, "vcapi_instance_challenge",
        "A challenge for a presentation"),
};
const size_t n_vcapi_routes = sizeof(vcapi_routes) / sizeof(vcapi_routes[0]);
