#include "admin_schemas.h"

#include <stddef.h>
#include <string.h>

#define JSON "application/json"
#define TEXT "{\"type\":\"string\"}"
#define INT "{\"type\":\"integer\"}"
#define OBJ(required, properties) \
    "{\"type\":\"object\",\"required\":[" required "],\"properties\":{" properties "}}"
#define LIST(of) "{\"type\":\"array\",\"items\":" of "}"

#define ANY "{\"type\":\"object\"}"
#define BOOL "{\"type\":\"boolean\"}"
#define FLAGS \
    "\"returnResults\":" BOOL ",\"returnProblemDetails\":" BOOL ",\"returnCredential\":" BOOL
#define OPTIONS(properties)                                                                       \
    "\"options\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" properties \
    "}}"
/* A signed object: JSON, or the text of a compact serialisation. */
#define SIGNED "{\"type\":[\"object\",\"string\"]}"
#define VERIFIED                                                               \
    OBJ("\"verified\"", "\"verified\":" BOOL ",\"problemDetails\":" LIST(      \
                            ANY) ",\"results\":" ANY ",\"credential\":" SIGNED \
                                 ",\"verifiablePresentation\":" SIGNED)
#define VC_ISSUE                                             \
    OBJ("\"credential\"", "\"credential\":" ANY "," OPTIONS( \
                              "\"credentialId\":" TEXT ",\"mandatoryPointers\":" LIST(TEXT)))
#define VC_ISSUED OBJ("\"verifiableCredential\"", "\"verifiableCredential\":" ANY)
#define VC_VERIFY \
    OBJ("\"verifiableCredential\"", "\"verifiableCredential\":" SIGNED "," OPTIONS(FLAGS))
#define VC_DERIVE                               \
    OBJ("\"verifiableCredential\",\"options\"", \
        "\"verifiableCredential\":" ANY "," OPTIONS("\"selectivePointers\":" LIST(TEXT)))
#define VC_STATUS                                                                   \
    OBJ("\"credentialId\",\"credentialStatus\",\"status\",\"order\",\"signature\"", \
        "\"credentialId\":" TEXT ",\"credentialStatus\":" ANY ",\"status\":" BOOL   \
        ",\"indexAllocator\":" TEXT ",\"order\":" TEXT ",\"signature\":" TEXT)
#define VP_PROVE            \
    OBJ("\"presentation\"", \
        "\"presentation\":" ANY "," OPTIONS("\"challenge\":" TEXT ",\"domain\":" TEXT))
#define VP_PROVED OBJ("\"verifiablePresentation\"", "\"verifiablePresentation\":" ANY)
#define VP_VERIFY                                                                            \
    OBJ("", "\"verifiablePresentation\":" SIGNED ",\"presentation\":" SIGNED "," OPTIONS(    \
                "\"challenge\":" TEXT                                                        \
                ",\"domain\":{\"type\":[\"string\",\"array\"]},\"returnPresentation\":" BOOL \
                ",\"returnResults\":" BOOL ",\"returnProblemDetails\":" BOOL))
#define CHALLENGE OBJ("\"challenge\"", "\"challenge\":" TEXT)
/* One member: a proof type of the configuration (OpenID4VCI 1.0, 8.2). */
#define PROOFS                                                                                    \
    "{\"type\":\"object\",\"minProperties\":1,\"maxProperties\":1,\"properties\":{"               \
    "\"jwt\":" LIST(TEXT) ",\"di_vp\":" LIST(ANY) ",\"attestation\":{\"type\":\"array\","         \
                                                  "\"minItems\":1,\"maxItems\":1,\"items\":" TEXT \
                                                  "}}}"
/* OpenID4VP and key proofs with keys kept here (docs/presentations.md). */
#define SELECTION "{\"type\":\"object\",\"additionalProperties\":" LIST(TEXT) "}"
#define QUESTION                                                                              \
    OBJ("\"id\",\"state\",\"template\",\"language\"",                                         \
        "\"id\":" TEXT ",\"state\":" TEXT ",\"template\":" TEXT ",\"language\":" TEXT         \
        ",\"consent_url\":" TEXT ",\"expires_at\":" INT ",\"party\":" ANY ",\"intent\":" TEXT \
        ",\"openings\":" ANY ",\"nonce\":" TEXT ",\"text\":" TEXT ",\"publicKey\":" ANY       \
        ",\"candidates\":" LIST(ANY) ",\"selection\":" SELECTION ",\"vp_token\":" ANY         \
                                     ",\"response\":" TEXT ",\"verifier_state\":" TEXT        \
                                     ",\"redirect_uri\":" TEXT ",\"proofs\":" ANY             \
                                     ",\"key_attestation\":" TEXT ",\"evidence\":" LIST(TEXT))
#define ASKS_PRESENTATION                                                                  \
    OBJ("\"request\"",                                                                     \
        "\"request\":" SIGNED ",\"credentials\":" LIST(OBJ("\"value\"",                    \
            "\"format\":" TEXT ",\"value\":" SIGNED)) ",\"delivery\":{\"enum\":[\"post\"," \
                                                      "\"return\"]},\"language\":" LANGUAGE)
#define LANGUAGE "{\"enum\":[\"en\",\"ja\"]}"
#define ASKS_PROOFS                                                                      \
    OBJ("\"issuer\",\"keys\"",                                                           \
        "\"issuer\":" TEXT ",\"nonce\":" TEXT ",\"client_id\":" TEXT                     \
        ",\"keys\":" LIST(TEXT) ",\"binding_method\":" TEXT ",\"key_attestation\":" BOOL \
                                ",\"language\":" LANGUAGE)
#define APPROVES OBJ("\"credential\"", "\"credential\":" ANY ",\"selection\":" SELECTION)
#define SELECTS OBJ("", "\"selection\":" SELECTION ",\"language\":" LANGUAGE)

/* Accounts of persons. */
#define GIVEN OBJ("\"credential\"", "\"credential\":" ANY ",\"person\":" TEXT)
#define PROMPT OBJ("\"publicKey\"", "\"publicKey\":" ANY)
#define PURPOSE "{\"enum\":[\"sign\",\"login\"]}"
#define REGISTERS                                                                \
    OBJ("\"session\",\"credential\"", "\"session\":" TEXT ",\"credential\":" ANY \
                                      ",\"label\":{\"type\":\"string\",\"maxLength\":64}")
#define REGISTERED                                                                       \
    OBJ("\"id\",\"fingerprint\",\"state\"",                                              \
        "\"id\":" TEXT ",\"fingerprint\":" TEXT ",\"state\":{\"enum\":[\"active\","      \
        "\"waits\"]},\"attested\":" BOOL ",\"missing\":" LIST(PURPOSE) ",\"text\":" TEXT \
                                                                       ",\"publicKey\":" ANY)
#define SESSION                                                                   \
    OBJ("\"person\"", "\"person\":" TEXT ",\"csrf\":" TEXT ",\"expires_in\":" INT \
                      ",\"method\":" TEXT ",\"client\":" TEXT ",\"expires_at\":" INT)
#define CONFIRM                                                                              \
    OBJ("\"text\",\"intent\",\"nonce\",\"publicKey\"",                                       \
        "\"template\":" TEXT ",\"language\":" LANGUAGE ",\"text\":" TEXT ",\"intent\":" TEXT \
        ",\"openings\":" ANY ",\"nonce\":" TEXT ",\"expires_at\":" INT ",\"publicKey\":" ANY)
#define CONFIRMED OBJ("\"state\"", "\"state\":" TEXT ",\"seq\":" INT)
#define HOLDER_KEY                   \
    OBJ("\"key\",\"alg\",\"level\"", \
        "\"key\":" TEXT ",\"alg\":" TEXT ",\"level\":" INT ",\"jwk\":" ANY)
#define KEPT                                                                            \
    OBJ("\"id\",\"format\",\"key\"",                                                    \
        "\"id\":" TEXT ",\"format\":" TEXT ",\"configuration\":" TEXT ",\"name\":" TEXT \
        ",\"type\":" TEXT ",\"issuer\":" TEXT ",\"key\":" TEXT ",\"added_at\":" INT     \
        ",\"credential\":" SIGNED)
#define PROFILE OBJ("", "\"display_name\":" TEXT ",\"email\":" TEXT)
#define AWAY OBJ("\"redirect_uri\"", "\"redirect_uri\":" TEXT)
#define NOTHING OBJ("", "")

/* One endpoint: the default instance, and one by its configuration. */
#define TWICE(name, request, status, response)                  \
    { "vcapi_" name, request, status, JSON, response },         \
    {                                                           \
        "vcapi_instance_" name, request, status, JSON, response \
    }

static const struct admin_schema schemas[] = {
    TWICE("issue", VC_ISSUE, "201", VC_ISSUED),
    TWICE("verify", VC_VERIFY, "200", VERIFIED),
    TWICE("derive", VC_DERIVE, "201", VC_ISSUED),
    TWICE("status", VC_STATUS, "200", ANY),
    TWICE("present", VP_PROVE, "201", VP_PROVED),
    TWICE("verify_presentation", VP_VERIFY, "200", VERIFIED),
    TWICE("challenge", NULL, "200", CHALLENGE),
    { "vp_start", ASKS_PRESENTATION, "201", JSON, QUESTION },
    { "vp_get", NULL, "200", JSON, QUESTION },
    { "vp_select", SELECTS, "200", JSON, QUESTION },
    { "vp_approve", APPROVES, "200", JSON, QUESTION },
    { "vp_refuse", NULL, "200", JSON, QUESTION },
    { "vp_proofs", ASKS_PROOFS, "201", JSON, QUESTION },
    { "vp_proofs_get", NULL, "200", JSON, QUESTION },
    { "vp_proofs_approve", APPROVES, "200", JSON, QUESTION },
    { "vp_proofs_refuse", NULL, "200", JSON, QUESTION },
    { "vp_metadata", NULL, "200", JSON, ANY },
    { "account_login_options", OBJ("", "\"person\":" TEXT), "200", JSON, PROMPT },
    { "account_login", GIVEN, "200", JSON, SESSION },
    { "account_logout", OBJ("", "\"everywhere\":" BOOL), "200", JSON, NOTHING },
    { "account_outside_login", NULL, "303", JSON, NULL },
    { "account_outside_back", NULL, "303", JSON, NULL },
    { "account_identities", NULL, "200", JSON, OBJ("\"identities\"", "\"identities\":" LIST(ANY)) },
    { "account_identity_link", NOTHING, "200", JSON, AWAY },
    { "account_identity_unlink",
        OBJ("\"issuer\",\"subject\"", "\"issuer\":" TEXT ",\"subject\":" TEXT), "200", JSON,
        NOTHING },
    { "account_session", NULL, "200", JSON, SESSION },
    { "account_enrol_open",
        OBJ("\"link\",\"code\",\"purpose\"",
            "\"link\":" TEXT ",\"code\":" TEXT ",\"purpose\":" PURPOSE),
        "200", JSON,
        OBJ("\"session\",\"publicKey\"", "\"session\":" TEXT ",\"publicKey\":" ANY
                                         ",\"expires_at\":" INT ",\"missing\":" LIST(PURPOSE)) },
    { "account_enrol_finish", REGISTERS, "200", JSON, REGISTERED },
    { "account_passkeys", NULL, "200", JSON,
        OBJ("\"passkeys\"",
            "\"person\":" TEXT ",\"state\":" TEXT ",\"level\":" INT ",\"passkeys\":" LIST(ANY)) },
    { "account_passkey_options", OBJ("\"purpose\"", "\"purpose\":" PURPOSE), "200", JSON,
        OBJ("\"session\",\"publicKey\"",
            "\"session\":" TEXT ",\"publicKey\":" ANY ",\"expires_at\":" INT) },
    { "account_passkey_make", REGISTERS, "201", JSON, REGISTERED },
    { "account_passkey_approve", GIVEN, "200", JSON, CONFIRMED },
    { "account_passkey_remove", NOTHING, "200", JSON, CONFIRM },
    { "account_passkey_remove_approve", GIVEN, "200", JSON, CONFIRMED },
    { "account_keys", NULL, "200", JSON,
        OBJ("\"keys\"", "\"keys\":" LIST(HOLDER_KEY) ",\"keys_max\":" INT ",\"next\":" TEXT) },
    { "account_key_make", OBJ("", "\"alg\":" TEXT ",\"level\":" INT ",\"unique\":" TEXT), "201",
        JSON, HOLDER_KEY },
    { "account_activity", NULL, "200", JSON,
        OBJ("\"uses\"", "\"uses\":" LIST(ANY) ",\"next\":" INT) },
    { "account_agreed", NULL, "200", JSON,
        OBJ("\"seq\",\"text\"", "\"seq\":" INT ",\"template\":" TEXT ",\"language\":" LANGUAGE
                                ",\"text\":" TEXT ",\"openings\":" ANY) },
    { "account_evidence", NULL, "200", JSON, "{\"type\":\"object\"}" },
    { "account_credentials", NULL, "200", JSON,
        OBJ("\"credentials\"", "\"credentials\":" LIST(KEPT)) },
    { "account_credential_add",
        OBJ("\"credential\"",
            "\"credential\":" SIGNED ",\"format\":" TEXT ",\"configuration\":" TEXT),
        "201", JSON, KEPT },
    { "account_credential", NULL, "200", JSON, KEPT },
    { "account_credential_remove", NULL, "200", JSON, NOTHING },
    { "account_profile", NULL, "200", JSON, PROFILE },
    { "account_profile_set", PROFILE, "200", JSON, PROFILE },
    { "account_erase", NOTHING, "200", JSON, NOTHING },
    { "account_authorize_answer",
        OBJ("\"client_id\",\"redirect_uri\",\"decision\"",
            "\"client_id\":" TEXT ",\"redirect_uri\":" TEXT
            ",\"decision\":{\"enum\":[\"allow\",\"refuse\"]}"),
        "200", JSON, AWAY },
    { "admin_offer_make",
        OBJ("\"configuration\",\"claims\"",
            "\"configuration\":" TEXT
            ",\"claims\":{\"type\":\"object\"},\"count\":{\"type\":\"integer\","
            "\"minimum\":1,\"maximum\":10000},\"tx_code\":{\"oneOf\":[{\"type\":\"boolean\"},{"
            "\"type\":"
            "\"object\"}]},\"expires_in\":{\"type\":\"integer\",\"minimum\":10,\"maximum\":86400},"
            "\"instruction\":" TEXT ",\"instruction_signature\":" TEXT ",\"claims_salt\":" TEXT),
        "201", JSON,
        OBJ("\"id\",\"credential_offer\",\"uri\",\"expires_at\"",
            "\"id\":" TEXT ",\"credential_offer\":{\"type\":\"object\"},\"uri\":" TEXT
            ",\"uri_by_reference\":" TEXT ",\"credential_offer_uri\":" TEXT ",\"tx_code\":" TEXT
            ",\"expires_at\":" INT) },
    { "admin_offer_drop", NULL, "204", JSON, NULL },
    { "admin_credential",
        OBJ("\"configuration\",\"claims\"",
            "\"configuration\":" TEXT
            ",\"claims\":{\"type\":\"object\"},\"holder_jwk\":{\"type\":\"object\"},"
            "\"instruction\":" TEXT ",\"instruction_signature\":" TEXT ",\"claims_salt\":" TEXT),
        "200", JSON,
        OBJ("\"format\",\"credential\",\"evidence\"",
            "\"format\":" TEXT ",\"credential\":" TEXT ",\"evidence\":" LIST(
                TEXT) ",\"status\":" OBJ("\"uri\",\"idx\"", "\"uri\":" TEXT ",\"idx\":" INT)) },
    { "admin_status_order",
        OBJ("\"order\",\"signature\"", "\"order\":" TEXT ",\"signature\":" TEXT ",\"list\":" TEXT
                                       ",\"idx\":" INT ",\"value\":" INT),
        "200", JSON,
        OBJ("\"list\",\"idx\",\"value\"",
            "\"list\":" TEXT ",\"idx\":" INT ",\"value\":" INT ",\"seq\":" INT) },
    { "admin_status_get", NULL, "200", JSON,
        OBJ("\"list\",\"idx\",\"value\"", "\"list\":" TEXT ",\"idx\":" INT ",\"value\":" INT) },
    { "admin_keys", NULL, "200", JSON, OBJ("\"keys\"", "\"keys\":" LIST("{\"type\":\"object\"}")) },
    { "admin_configurations", NULL, "200", JSON,
        OBJ("\"configurations\"", "\"configurations\":" LIST("{\"type\":\"object\"}")) },
    { "admin_client", NULL, "200", JSON,
        OBJ("\"client\",\"mandates\"",
            "\"client\":" TEXT ",\"mandates\":" LIST("{\"type\":\"object\"}")) },
    { "vci_token",
        OBJ("\"grant_type\"",
            "\"grant_type\":" TEXT ",\"pre-authorized_code\":" TEXT ",\"tx_code\":" TEXT
            ",\"client_assertion\":" TEXT ",\"client_assertion_type\":" TEXT
            ",\"authorization_details\":" TEXT),
        "200", JSON,
        OBJ("\"access_token\",\"token_type\",\"expires_in\"",
            "\"access_token\":" TEXT ",\"token_type\":" TEXT ",\"expires_in\":" INT) },
    { "vci_nonce", NULL, "200", JSON, OBJ("\"c_nonce\"", "\"c_nonce\":" TEXT) },
    { "vci_credential",
        OBJ("\"proofs\"", "\"credential_configuration_id\":" TEXT ",\"credential_identifier\":" TEXT
                          ",\"proofs\":" PROOFS),
        "200", JSON,
        OBJ("\"credentials\"",
            "\"credentials\":" LIST(OBJ("\"credential\"", "\"credential\":" SIGNED))) },
    { "vci_offer", NULL, "200", JSON, "{\"type\":\"object\"}" },
    { "vci_status", NULL, "200", "application/statuslist+jwt", TEXT },
    { "vci_status_credential", NULL, "200", "application/vc+jwt", TEXT },
    { "evid_lookup", OBJ("", "\"object\":" TEXT ",\"signature_hash\":" TEXT), "200", JSON,
        "{\"type\":\"object\"}" },
    { "evid_get", NULL, "200", JSON, "{\"type\":\"object\"}" },
};

const struct admin_schema *
admin_schema_find(const char *route)
{
    for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        if (strcmp(schemas[i].route, route) == 0) {
            return &schemas[i];
        }
    }
    return NULL;
}

const char *const *
admin_query_of(const char *route)
{
    static const char *const entry[] = { "list", "idx", NULL };
    static const char *const uses[] = { "before", "n", NULL };
    static const char *const keys[] = { "after", NULL };
    static const char *const back[] = { "code", "state", "iss", "error", NULL };
    static const char *const wish[] = { "response_type", "client_id", "redirect_uri", "scope",
        "state", "code_challenge", "code_challenge_method", "dpop_jkt", NULL };
    static const char *const none[] = { NULL };
    static const struct {
        const char *route;
        const char *const *names;
    } rows[] = { { "admin_status_get", entry }, { "account_activity", uses },
        { "account_keys", keys }, { "account_outside_back", back }, { "account_authorize", wish } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(route, rows[i].route) == 0) {
            return rows[i].names;
        }
    }
    return none;
}
