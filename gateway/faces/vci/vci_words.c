#include "vci_words.h"

/*
 * Wallets fetch a new nonce on invalid_nonce and give up on credential_request_denied, so what may pass by itself (a status that could not be
 * read, a halt, a token that is away) is 503 and never "denied".
 */
static const struct face_word credential_rows[] = {
    { SG_E_PROOF, 400, "invalid_proof" },
    { SG_E_ATTESTATION, 400, "invalid_proof" },
    { SG_E_KEY_INVALID, 400, "invalid_proof" },
    { SG_E_KEY_PRIVATE, 400, "invalid_proof" },
    { SG_E_ALGORITHM, 400, "invalid_proof" },
    { SG_E_NONCE, 400, "invalid_nonce" },
    { SG_E_CONFIGURATION, 400, "unknown_credential_configuration" },
    { SG_E_NOT_FOUND, 400, "unknown_credential_identifier" },
    { SG_E_UNSUPPORTED, 400, "invalid_encryption_parameters" },
    { SG_E_CLAIMS, 400, "credential_request_denied" },
    { SG_E_TYPE_METADATA, 400, "credential_request_denied" },
    /* what the issuer's own configuration or claims cannot become: nothing in the wallet's request is wrong */
    { SG_E_SCHEMA, 400, "credential_request_denied" },
    { SG_E_VCDM, 400, "credential_request_denied" },
    { SG_E_JSONLD, 400, "credential_request_denied" },
    { SG_E_DATA_LOSS, 400, "credential_request_denied" },
    { SG_E_CONTEXT, 400, "credential_request_denied" },
    { SG_E_WORK, 400, "credential_request_denied" },
    { SG_E_MDOC, 400, "credential_request_denied" },
    { SG_E_SCOPE, 403, "insufficient_scope" },
    { SG_E_HALTED, 503, "temporarily_unavailable" },
    { SG_E_STATUS_UNKNOWN, 503, "temporarily_unavailable" },
    { SG_E_TOO_LARGE, 413, "invalid_credential_request" },
    { SG_E_TOO_MANY, 429, "temporarily_unavailable" },
    { SG_E_FULL, 503, "temporarily_unavailable" },
};
static const unsigned credential_status[] = {
    [SG_CLASS_NONE] = 200,
    [SG_CLASS_INPUT] = 400,
    [SG_CLASS_AUTHN] = 401,
    [SG_CLASS_ACTIVATION] = 400,
    [SG_CLASS_POLICY] = 400,
    [SG_CLASS_STATUS] = 400,
    [SG_CLASS_STATE] = 400,
    [SG_CLASS_LIMIT] = 503,
    [SG_CLASS_UPSTREAM] = 503,
    [SG_CLASS_INTERNAL] = 500,
};
const struct face_words vci_credential_words = {
    .rows = credential_rows,
    .n = sizeof(credential_rows) / sizeof(credential_rows[0]),
    .by_class = { [SG_CLASS_NONE] = "server_error",
        [SG_CLASS_INPUT] = "invalid_credential_request",
        [SG_CLASS_AUTHN] = "invalid_token",
        [SG_CLASS_ACTIVATION] = "credential_request_denied",
        [SG_CLASS_POLICY] = "credential_request_denied",
        [SG_CLASS_STATUS] = "credential_request_denied",
        [SG_CLASS_STATE] = "invalid_credential_request",
        [SG_CLASS_LIMIT] = "temporarily_unavailable",
        [SG_CLASS_UPSTREAM] = "temporarily_unavailable",
        [SG_CLASS_INTERNAL] = "server_error" },
    .status_by_class = credential_status,
};

static const struct face_word token_rows[] = {
    { SG_E_GRANT, 400, "invalid_grant" },
    { SG_E_CLIENT, 401, "invalid_client" },
    { SG_E_DPOP, 400, "invalid_dpop_proof" },
    { SG_E_DPOP_NONCE, 400, "use_dpop_nonce" }, /* 400 here, 401 at a resource (RFC 9449 8, 9) */
    { SG_E_UNSUPPORTED, 400, "unsupported_grant_type" },
    { SG_E_CONFIGURATION, 400, "invalid_authorization_details" },
    { SG_E_SCOPE, 400, "invalid_scope" },
    { SG_E_TOO_LARGE, 413, "invalid_request" },
    { SG_E_TOO_MANY, 429, "temporarily_unavailable" },
    { SG_E_FULL, 503, "temporarily_unavailable" },
};
static const unsigned token_status[] = {
    [SG_CLASS_NONE] = 200,
    [SG_CLASS_INPUT] = 400,
    [SG_CLASS_AUTHN] = 401,
    [SG_CLASS_ACTIVATION] = 400,
    [SG_CLASS_POLICY] = 400,
    [SG_CLASS_STATUS] = 400,
    [SG_CLASS_STATE] = 400,
    [SG_CLASS_LIMIT] = 503,
    [SG_CLASS_UPSTREAM] = 503,
    [SG_CLASS_INTERNAL] = 500,
};
const struct face_words vci_token_words = {
    .rows = token_rows,
    .n = sizeof(token_rows) / sizeof(token_rows[0]),
    .by_class = { [SG_CLASS_NONE] = "server_error",
        [SG_CLASS_INPUT] = "invalid_request",
        [SG_CLASS_AUTHN] = "invalid_client",
        [SG_CLASS_ACTIVATION] = "invalid_grant",
        [SG_CLASS_POLICY] = "unauthorized_client",
        [SG_CLASS_STATUS] = "invalid_grant",
        [SG_CLASS_STATE] = "invalid_grant",
        [SG_CLASS_LIMIT] = "temporarily_unavailable",
        [SG_CLASS_UPSTREAM] = "temporarily_unavailable",
        [SG_CLASS_INTERNAL] = "server_error" },
    .status_by_class = token_status,
};
