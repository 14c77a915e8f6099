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
    { ROW(CONF_TEXT, attestation_key), 1, 64, "", conf_is_label,
        "label of the METADATA key that signs key attestations for wallets; empty: there are "
        "none" },
    { ROW(CONF_TEXT, attestation_storage), 1, 256, "", NULL,
        "key_storage in key attestations, blanks between: only what the token was evaluated for" },
    { ROW(CONF_TEXT, attestation_authentication), 1, 256, "", NULL,
        "user_authentication in key attestations, likewise" },
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
    { ROW(CONF_BOOL, verify_schema_required), 0, 0, "no", NULL,
        "a credential whose credentialSchema is not at hand (folder schemas) does not verify; "
        "otherwise it is a warning" },
    { ROW(CONF_TEXT, verifier_trust), 1, 180, "", conf_is_path,
        "PEM certificates whose issuers are believed when they name a verifier (x509_san_dns, "
        "x509_hash)" },
    { ROW(CONF_UINT, consent_lifetime_s), 30, 3600, "300", NULL,
        "a person may answer a question for this time; the signer's person_intent_s "
        "bounds it" },
    { ROW(CONF_BOOL, gestures_shown), 0, 0, "no", NULL,
        "evidence of a presentation shows the person's gesture: verifiers can check it and can "
        "recognise the passkey" },
    { ROW(CONF_TEXT, vcapi_configuration), 1, 128, "", conf_is_label,
        "credential configuration behind /vc-api paths that name none" },
    { ROW(CONF_TEXT, vcapi_profile), 1, 16, "standard", conf_is_vcapi_profile,
        "standard, or w3c-suite: refused verification is status 400, and options of the suites" },
    { ROW(CONF_BOOL, vcapi_test_mode), 0, 0, "no", NULL,
        "VC-API requests without credentials are made as vcapi_test_client; never in production" },
    { ROW(CONF_TEXT, vcapi_test_client), 1, 64, "demo-client", conf_is_label,
        "the registered client whose mandates the test mode uses" },
    { ROW(CONF_TEXT, rp_id), 1, 253, "", conf_is_rp_id,
        "WebAuthn RP ID of persons' login passkeys; without it the host of public_url; never "
        "changes, and the signer's is the same" },
    { ROW(CONF_LIST, origins), 8, 256, "", conf_is_origin,
        "origins of our own pages, exactly as browsers write them; without it that of public_url" },
    { ROW(CONF_UINT, session_idle_s), 1, 7200, "900", NULL,
        "a person's session that is not used for this long is over" },
    { ROW(CONF_UINT, session_lifetime_s), 1, 86400, "7200", NULL,
        "a person's session ends this long after its login, used or not" },
    { ROW(CONF_UINT, session_recent_s), 1, 3600, "300", NULL,
        "what protects the account (links to other identities, erasure) wants a login not older "
        "than this" },
    { ROW(CONF_UINT, holder_token_lifetime_s), 30, 3600, "600", NULL,
        "life of an access token with which a wallet acts for a person" },
    { ROW(CONF_UINT, login_tries), 3, 100, "10", NULL,
        "wrong logins before an account is locked for a while" },
    { ROW(CONF_UINT, login_lock_s), 1, 86400, "900", NULL, "how long it stays locked" },
    { ROW(CONF_UINT, logins_per_minute), 1, 100000, "60", NULL,
        "logins and enrolments that one address may begin in a minute" },
    { ROW(CONF_UINT, login_failures_per_minute), 1, 1000000, "600", NULL,
        "wrong logins of everybody together in a minute; more get 429" },
    { ROW(CONF_UINT, enrolment_failures_per_minute), 1, 100000000, "60000", NULL,
        "wrong enrolment links and codes of everybody together in a minute, beside the limits of "
        "each address and link: what spares the signer, so high that strangers do not reach it" },
    { ROW(CONF_LIST, wallets), 3, 1024, "", conf_is_wallet,
        "a wallet that may ask persons for access, client id|redirect URI|name; the same client "
        "may have several" },
    { ROW(CONF_TEXT, openid_issuer), 8, 256, "", conf_is_base_url,
        "issuer of the OpenID provider through which linked persons may log in; the courier must "
        "know its origin" },
    { ROW(CONF_TEXT, openid_client_id), 1, 128, "", NULL, "our client id there" },
    { ROW(CONF_TEXT, openid_name), 1, 80, "", NULL, "what the login page calls it" },
    { ROW(CONF_TEXT, openid_secret_file), 1, 180, "", conf_is_path,
        "file with our client secret (client_secret_post)" },
    { ROW(CONF_TEXT, openid_key_file), 1, 180, "", conf_is_path,
        "file with our private JWK (private_key_jwt, ES256)" },
    { ROW(CONF_LIST, openid_acr), 1, 256, "", NULL,
        "an authentication context that is enough; with any given, one of them must be said" },
    { ROW(CONF_LIST, openid_amr), 1, 64, "", NULL,
        "an authentication method that must have been used" },
};

/* `host` is the RP ID, or a name below it; in lower case, as browsers write it. */
static const char *
origin_fault(const struct conf_gateway *s, const char *origin)
{
    if (strpbrk(origin, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL) {
        return "is not in lower case";
    }
    bool https = strncmp(origin, "https://", 8) == 0;
    if (!https && (!conf_loopback_url(origin) || strcmp(s->environment, CONF_TEST) != 0)) {
        return "plain http is for localhost in the test environment alone (req: NET-1)";
    }
    const char *host = strstr(origin, "://") + 3; /* checked: it is an origin */
    size_t n = strcspn(host, ":/");
    size_t m = strlen(s->rp_id);
    bool under = m == 0 || (n >= m && memcmp(host + n - m, s->rp_id, m) == 0 &&
                               (n == m || host[n - m - 1] == '.'));
    return under ? NULL : "its host is not rp_id or below it";
}

static const char *
persons_fault(const struct conf_gateway *s, const char **ret_name)
{
    *ret_name = "origins";
    for (size_t i = 0; i < s->origins.n; i++) {
        const char *fault = origin_fault(s, s->origins.items[i]);
        if (fault != NULL) {
            return fault;
        }
    }
    *ret_name = "session_idle_s";
    if (s->session_idle_s > s->session_lifetime_s) {
        return "is longer than session_lifetime_s";
    }
    *ret_name = "openid_issuer";
    bool provider = s->openid_issuer[0] != '\0';
    bool secret = s->openid_secret_file[0] != '\0';
    bool key = s->openid_key_file[0] != '\0';
    if (provider && (s->openid_client_id[0] == '\0' || secret == key)) {
        return "needs openid_client_id and one of openid_secret_file and openid_key_file";
    }
    if (provider && strncmp(s->openid_issuer, "https://", 8) != 0 &&
        strcmp(s->environment, CONF_TEST) != 0) {
        return "plain http is for localhost in the test environment alone (req: NET-1)";
    }
    return NULL;
}

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
    return persons_fault(s, ret_name);
}

const struct conf_schema conf_gateway_schema = {
    "gateway",
    sizeof(struct conf_gateway),
    rows,
    sizeof(rows) / sizeof(rows[0]),
    whole,
};
