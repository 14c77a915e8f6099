/* What the courier can be told. */
#include "conf_check.h"

#define ROW(kind, member) CONF_ROW(conf_courier, kind, member)

static const struct conf_row rows[] = {
    { ROW(CONF_TEXT, environment), 1, 16, NULL, conf_is_environment,
        "test or production; peers of the other are refused" },
    { ROW(CONF_TEXT, public_origin), 8, 256, NULL, conf_is_origin,
        "origin of our own lists: exactly this one may resolve to a private address" },
    { ROW(CONF_TEXT, own_ca), 1, 180, "", conf_is_path,
        "PEM file with the roots that the TLS certificate of public_origin chains to (for that "
        "origin, and for this machine with allow_loopback, and no other); without it the "
        "system's" },
    { ROW(CONF_LIST, anchors), 1, 180, "", conf_is_path,
        "PEM file with roots under which status lists may be signed; may be repeated" },
    { ROW(CONF_LIST, keys), 1, 180, "", NULL,
        "prefix of list URIs and the thumbprint or did:key of their key, separated by a bar; may "
        "be repeated" },
    { ROW(CONF_LIST, allow_hosts), 1, 180, "", NULL,
        "a host that may be asked; without any, all public addresses" },
    { ROW(CONF_LIST, openid_origins), 8, 180, "", conf_is_origin,
        "origin of an external OpenID provider, of its token endpoint and of its keys; may be "
        "repeated" },
    { ROW(CONF_LIST, openid_private), 8, 180, "", conf_is_origin,
        "one of openid_origins that may resolve to a private address (RFC 1918, RFC 4193, RFC "
        "6598), by https; may be repeated" },
    { ROW(CONF_TEXT, openid_ca), 1, 180, "", conf_is_path,
        "PEM file with the roots that the TLS certificates of openid_private chain to (for those "
        "origins and no other); without it the system's" },
    { ROW(CONF_BOOL, allow_loopback), 0, 0, "no", NULL,
        "verifiers, OpenID providers and did:web hosts on this machine may be asked, by http too; "
        "test environment alone" },
    { ROW(CONF_UINT, fetch_timeout_ms), 50, 60000, "3000", NULL,
        "time for one fetch of a status list" },
    { ROW(CONF_UINT, out_timeout_ms), 50, 20000, "5000", NULL,
        "time for one request object, DID document, provider's answer or delivery" },
    { ROW(CONF_UINT, list_max), 1024, 67108864, "8388608", NULL, "bytes of one list token" },
    { ROW(CONF_UINT, inflated_max), 1024, 268435456, "33554432", NULL,
        "bytes of one list unpacked" },
    { ROW(CONF_UINT, cache_max), 65536, 1073741824, "33554432", NULL, "bytes of tokens in memory" },
    { ROW(CONF_UINT, evidence_days), 1, 40000, "3653", NULL,
        "days for which a token that a verdict named is kept" },
};

/* Nothing reaches a private address by being asked for: an operator named the place twice. req: NET-3 */
static const char *
private_fault(const struct conf_courier *s, const char **ret_name)
{
    *ret_name = "openid_private";
    for (size_t i = 0; i < s->openid_private.n; i++) {
        const char *origin = s->openid_private.items[i];
        size_t k = 0;
        while (k < s->openid_origins.n && strcmp(s->openid_origins.items[k], origin) != 0) {
            k++;
        }
        if (k == s->openid_origins.n) {
            return "is none of openid_origins, word for word";
        }
        if (strncmp(origin, "https://", 8) != 0) {
            return "plain http is for localhost in the test environment alone (req: NET-1)";
        }
    }
    *ret_name = "openid_ca";
    return s->openid_ca[0] != '\0' && s->openid_private.n == 0 ? "is for openid_private alone"
                                                               : NULL;
}

static const char *
whole(const void *settings, const char **ret_name)
{
    const struct conf_courier *s = settings;
    *ret_name = "public_origin";
    bool https = strncmp(s->public_origin, "https://", 8) == 0;
    bool test = strcmp(s->environment, CONF_TEST) == 0;
    if (!https && (!test || !conf_loopback_url(s->public_origin))) {
        return "plain http is for localhost in the test environment alone (req: NET-1)";
    }
    *ret_name = "allow_loopback";
    if (s->allow_loopback && !test) {
        return "is for the test environment alone (req: NET-2, NET-3)";
    }
    *ret_name = "openid_origins";
    for (size_t i = 0; i < s->openid_origins.n; i++) {
        const char *origin = s->openid_origins.items[i];
        bool here = s->allow_loopback && conf_loopback_url(origin);
        if (strncmp(origin, "https://", 8) != 0 && !here) {
            return "plain http is for localhost in the test environment alone (req: NET-1)";
        }
    }
    return private_fault(s, ret_name);
}

const struct conf_schema conf_courier_schema = {
    "courier",
    sizeof(struct conf_courier),
    rows,
    sizeof(rows) / sizeof(rows[0]),
    whole,
};
