/* What the gateway can be told. req: NET-1, NET-2 */
#include "conf_check.h"

#define ROW(kind, member) CONF_ROW(conf_gateway, kind, member)

static const struct conf_row rows[] = {
    { ROW(CONF_TEXT, environment), 1, 16, NULL, conf_is_environment,
        "test or production; stores, tokens and peers of the other are refused" },
    { ROW(CONF_TEXT, public_url), 8, 256, NULL, conf_is_base_url,
        "what wallets call: the issuer identifier, without a slash at the end" },
    { ROW(CONF_TEXT, tls_cert), 1, 180, "", conf_is_path,
        "PEM certificate chain; without it the gateway speaks plain HTTP, on loopback only" },
    { ROW(CONF_TEXT, tls_key), 1, 180, "", conf_is_path, "PEM private key of tls_cert" },
    { ROW(CONF_BOOL, behind_proxy), 0, 0, "no", NULL,
        "a proxy on this machine ends TLS; the listening socket is on loopback" },
    { ROW(CONF_UINT, workers), 0, 64, "0", NULL,
        "threads that run requests; 0: one per processor" },
    { ROW(CONF_UINT, queue_max), 1, 100000, "1024", NULL,
        "requests admitted and not answered yet; more get 503" },
    { ROW(CONF_UINT, connections_max), 16, 100000, "8192", NULL, "TCP connections at once" },
    { ROW(CONF_UINT, connections_per_address), 0, 100000, "0", NULL,
        "TCP connections of one client address; 0: no limit" },
    { ROW(CONF_UINT, idle_timeout_s), 1, 600, "30", NULL,
        "a connection on which nothing moves is closed after this time" },
    { ROW(CONF_UINT, request_timeout_s), 1, 120, "10", NULL,
        "a request that is not answered by then gets 503" },
    { ROW(CONF_UINT, connection_memory), 8192, 262144, "32768", NULL,
        "bytes for request line and headers of one connection (attestations exceed 8 kB)" },
    { ROW(CONF_TEXT, status_key), 1, 64, "status-es256", conf_is_label,
        "label of the key that signs status lists" },
    { ROW(CONF_UINT, offer_lifetime_s), 30, 604800, "600", NULL,
        "a pre-authorised code can be redeemed for this time" },
    { ROW(CONF_UINT, token_lifetime_s), 30, 86400, "900", NULL, "life of an access token" },
    { ROW(CONF_UINT, nonce_lifetime_s), 10, 3600, "300", NULL, "life of c_nonce and DPoP nonces" },
    { ROW(CONF_BOOL, dpop_nonce), 0, 0, "no", NULL,
        "every DPoP proof must carry a nonce that we gave (RFC 9449 section 8)" },
    { ROW(CONF_BOOL, bearer_tokens), 0, 0, "no", NULL,
        "a wallet without DPoP gets a bearer token, of five minutes at most" },
    { ROW(CONF_UINT, proof_age_s), 5, 3600, "300", NULL,
        "how far the iat of a proof may lie from our clock" },
    { ROW(CONF_UINT, tx_code_tries), 1, 20, "5", NULL,
        "wrong transaction codes before the offer is dead" },
    { ROW(CONF_UINT, batch_max), 1, 32, "20", NULL, "key proofs in one credential request" },
    { ROW(CONF_UINT, status_list_size), 1024, 16777216, "1048576", NULL,
        "entries of one status list" },
    { ROW(CONF_UINT, status_ttl_s), 1, 86400, "60", NULL,
        "how long a checker may use its copy of our lists" },
    { ROW(CONF_UINT, status_publish_s), 1, 3600, "2", NULL,
        "a changed status is published within this time" },
    { ROW(CONF_BOOL, claims_keep), 0, 0, "no", NULL,
        "keep claims until the offer expires instead of dropping them once issued" },
    { ROW(CONF_BOOL, access_log), 0, 0, "no", NULL,
        "a log line for every request; without it only for failures" },
    { ROW(CONF_TEXT, brand), 1, 120, "sealgate", NULL, "display name of the issuer" },
    { ROW(CONF_TEXT, verify_trust), 1, 180, "", conf_is_path,
        "PEM certificates whose issuers are believed when objects are verified" },
    { ROW(CONF_TEXT, vcapi_configuration), 1, 128, "", conf_is_label,
        "credential configuration behind /vc-api paths that name none" },
    { ROW(CONF_TEXT, vcapi_profile), 1, 16, "standard", conf_is_vcapi_profile,
        "standard, or w3c-suite: refused verification is status 400, and options of the suites" },
    { ROW(CONF_BOOL, vcapi_test_mode), 0, 0, "no", NULL,
        "VC-API requests without credentials are made as vcapi_test_client; never in production" },
    { ROW(CONF_TEXT, vcapi_test_client), 1, 64, "demo-client", conf_is_label,
        "the registered client whose mandates the test mode uses" },
};

static const char *
whole(const void *settings, const char **ret_name)
{
    const struct conf_gateway *s = settings;
    bool tls = s->tls_cert[0] != '\0';
    bool https = strncmp(s->public_url, "https://", 8) == 0;
    bool loopback = conf_loopback_url(s->public_url);
    *ret_name = "tls_key";
    if (tls != (s->tls_key[0] != '\0')) {
        return "tls_cert and tls_key belong together";
    }
    *ret_name = "public_url";
    if (!https && (!loopback || strcmp(s->environment, CONF_TEST) != 0)) {
        return "plain http is for localhost in the test environment alone (req: NET-1)";
    }
    *ret_name = "vcapi_test_mode";
    if (s->vcapi_test_mode && strcmp(s->environment, CONF_TEST) != 0) {
        return "is for the test environment alone (req: PRO-5)";
    }
    /* it takes a proof by anybody's key for the issuer's: the suites' vectors need that, and nobody else may have it */
    *ret_name = "vcapi_profile";
    if (strcmp(s->vcapi_profile, CONF_VCAPI_SUITE) == 0 && strcmp(s->environment, CONF_TEST) != 0) {
        return "w3c-suite is for the test environment alone (req: PRO-5)";
    }
    *ret_name = "public_url";
    if (tls && !https) {
        return "is http although tls_cert is given";
    }
    if (https && !tls && !s->behind_proxy) {
        return "is https, but there is neither tls_cert nor behind_proxy";
    }
    return NULL;
}

const struct conf_schema conf_gateway_schema = {
    "gateway",
    sizeof(struct conf_gateway),
    rows,
    sizeof(rows) / sizeof(rows[0]),
    whole,
};
