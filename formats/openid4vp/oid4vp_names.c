/* The words of the protocol. */
#include "oid4vp_int.h"

const char *
oid4vp_error_word(enum oid4vp_error error)
{
    static const char *const words[OID4VP_ERRORS] = {
        [OID4VP_INVALID_REQUEST] = "invalid_request",
        [OID4VP_INVALID_SCOPE] = "invalid_scope",
        [OID4VP_INVALID_CLIENT] = "invalid_client",
        [OID4VP_UNSUPPORTED_RESPONSE_TYPE] = "unsupported_response_type",
        [OID4VP_ACCESS_DENIED] = "access_denied",
        [OID4VP_VP_FORMATS_NOT_SUPPORTED] = "vp_formats_not_supported",
        [OID4VP_INVALID_REQUEST_URI_METHOD] = "invalid_request_uri_method",
        [OID4VP_INVALID_TRANSACTION_DATA] = "invalid_transaction_data",
        [OID4VP_WALLET_UNAVAILABLE] = "wallet_unavailable",
        [OID4VP_SERVER_ERROR] = "server_error",
    };
    return (unsigned)error < OID4VP_ERRORS ? words[error] : words[OID4VP_SERVER_ERROR];
}

static const char *const prefixes[OID4VP_PREFIXES] = {
    [OID4VP_PRE_REGISTERED] = "pre-registered",
    [OID4VP_REDIRECT_URI] = "redirect_uri",
    [OID4VP_X509_SAN_DNS] = "x509_san_dns",
    [OID4VP_X509_HASH] = "x509_hash",
    [OID4VP_VERIFIER_ATTESTATION] = "verifier_attestation",
    [OID4VP_DECENTRALIZED_IDENTIFIER] = "decentralized_identifier",
    [OID4VP_OPENID_FEDERATION] = "openid_federation",
    [OID4VP_ORIGIN] = "origin",
    [OID4VP_UNKNOWN_PREFIX] = "unknown",
};

const char *
oid4vp_prefix_name(enum oid4vp_prefix prefix)
{
    return (unsigned)prefix < OID4VP_PREFIXES ? prefixes[prefix] : prefixes[OID4VP_UNKNOWN_PREFIX];
}

/* 5.9.2: the first colon ends the prefix; DIDs and URLs have more. */
enum oid4vp_prefix
oid4vp_prefix_of(sg_str client_id, sg_str *ret_rest)
{
    size_t colon = sg_str_index(client_id, ':', 0);
    if (colon == client_id.n) {
        *ret_rest = client_id;
        return OID4VP_PRE_REGISTERED;
    }
    *ret_rest = sg_str_slice(client_id, colon + 1, client_id.n);
    sg_str prefix = sg_str_slice(client_id, 0, colon);
    for (int p = OID4VP_REDIRECT_URI; p < OID4VP_UNKNOWN_PREFIX; p++) {
        if (sg_str_is(prefix, prefixes[p])) {
            return (enum oid4vp_prefix)p;
        }
    }
    return OID4VP_UNKNOWN_PREFIX;
}

const char *
oid4vp_enc_name(enum oid4vp_enc enc)
{
    return enc == OID4VP_A256GCM ? "A256GCM" : "A128GCM";
}

/* Names of the IANA registry "Named Information Hash Algorithm", as SD-JWT uses them. */
const char *
oid4vp_hash_name(enum sg_hash_alg alg)
{
    switch (alg) {
    case SG_SHA384:
        return "sha-384";
    case SG_SHA512:
        return "sha-512";
    case SG_SHA256:
        break;
    }
    return "sha-256";
}

sg_result
vp_refuse(struct oid4vp_failure *failure, const char *what, sg_result r)
{
    sg_why_note(&failure->why, what, 0, 0);
    return r;
}
