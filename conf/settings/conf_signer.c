/* What the signer can be told. Keys, clients, mandates and operators are not settings: they change with two approvals. */
#include "conf_check.h"

#define ROW(kind, member) CONF_ROW(conf_signer, kind, member)

static const struct conf_row rows[] = {
    { ROW(CONF_TEXT, environment), 1, 16, NULL, conf_is_environment,
        "test or production; ledgers, tokens and peers of the other are refused" },
    { ROW(CONF_TEXT, origin), 1, 128, NULL, conf_is_log_origin,
        "name of the ledger, part of every checkpoint; never changes" },
    { ROW(CONF_TEXT, module), 2, 180, NULL, conf_is_absolute_path, "PKCS#11 module" },
    { ROW(CONF_TEXT, token_label), 1, 32, NULL, NULL, "label of the token" },
    { ROW(CONF_TEXT, token_serial), 1, 16, "", NULL,
        "serial number of the token; without it the label must be unique" },
    { ROW(CONF_TEXT, pin_file), 1, 180, "signer/pin", conf_is_path,
        "file that holds the PIN; a credential descriptor's path works too" },
    { ROW(CONF_TEXT, softhsm_conf), 1, 180, "", conf_is_path,
        "SoftHSM's own configuration file; empty for other modules" },
    { ROW(CONF_TEXT, module_certification), 1, 180, "", NULL,
        "certification of the module as its operator states it, for the compliance report" },
    { ROW(CONF_BOOL, module_network), 0, 0, "no", NULL, "the module itself needs the network" },
    { ROW(CONF_UINT, sessions), 0, 64, "0", NULL,
        "PKCS#11 sessions, one thread each; 0: one per two processors" },
    { ROW(CONF_UINT, queue_max), 1, 100000, "1024", NULL, "requests waiting for a session" },
    { ROW(CONF_UINT, status_max_age_ms), 100, 3600000, "1000", NULL,
        "a verdict about a key is used at most this long" },
    { ROW(CONF_UINT, status_timeout_ms), 50, 60000, "3000", NULL,
        "without the courier's answer by then the status is unknown" },
    { ROW(CONF_UINT, seal_rate), 0, 1000000, "0", NULL,
        "signatures per second of one key; 0: no limit" },
    { ROW(CONF_UINT, wrapped_cache), 0, 1024, "32", NULL, "unwrapped keys kept per session" },
    { ROW(CONF_UINT, holder_cache), 1, 65536, "4096", NULL,
        "persons' keys kept decoded, still wrapped; what is not there is read from the database" },
    { ROW(CONF_UINT, intent_lifetime_s), 5, 3600, "300", NULL, "longest life of an intent" },
    { ROW(CONF_TEXT, rp_id), 1, 253, "", conf_is_rp_id,
        "WebAuthn RP ID of persons' passkeys: the public host name or a parent domain of it; never "
        "changes; empty: no persons" },
    { ROW(CONF_LIST, origins), 8, 256, "", conf_is_origin,
        "origins on whose pages passkeys answer, exactly as browsers write them; their host is "
        "rp_id or below it" },
    { ROW(CONF_UINT, gesture_life_s), 10, 600, "300", NULL,
        "an opened intent waits this long for its gesture" },
    { ROW(CONF_UINT, person_intent_s), 10, 3600, "600", NULL,
        "longest life of an intent that a person is asked about" },
    { ROW(CONF_TEXT, attestation_roots), 1, 180, "", conf_is_path,
        "folder of makers' root certificates (.pem, .der) for authenticators of level 3; read at "
        "start" },
    { ROW(CONF_UINT, recovery_wait_s), 0, 2592000, "86400", NULL,
        "a person who lost all passkeys gets new ones no sooner than this after the approval" },
    { ROW(CONF_UINT, proposal_days), 1, 7, "7", NULL,
        "an operation that no second operator approves within these days is void" },
    { ROW(CONF_UINT, publish_ms), 50, 60000, "500", NULL,
        "new records are in a signed checkpoint after this time" },
    { ROW(CONF_BOOL, demo), 0, 0, "no", NULL,
        "operators' keys may lie on this machine; everything says that it is a demonstration" },
};

#define RECOVERY_WAIT_MIN_S 3600

/* `host` is the RP ID, or a name below it. */
static bool
under_rp_id(const char *origin, const char *rp_id)
{
    const char *host = strstr(origin, "://") + 3; /* checked: it is an origin */
    size_t n = strcspn(host, ":/");
    size_t m = strlen(rp_id);
    return n >= m && memcmp(host + n - m, rp_id, m) == 0 && (n == m || host[n - m - 1] == '.');
}

/* What browsers compare, byte by byte; plain http only where they call it secure. req: AU-3 */
static const char *
origin_fault(const struct conf_signer *s, const char *origin)
{
    if (strpbrk(origin, "ABCDEFGHIJKLMNOPQRSTUVWXYZ[") != NULL) {
        return "is not in lower case, or an address instead of a name";
    }
    bool https = strncmp(origin, "https://", 8) == 0;
    if (!https && (!conf_loopback_url(origin) || strcmp(s->environment, CONF_PRODUCTION) == 0)) {
        return "plain http is for loopback in the test environment";
    }
    return under_rp_id(origin, s->rp_id) ? NULL : "its host is not rp_id or below it";
}

static const char *
persons_fault(const struct conf_signer *s)
{
    if ((s->rp_id[0] == '\0') != (s->origins.n == 0)) {
        return "rp_id and origins go together";
    }
    for (size_t i = 0; i < s->origins.n; i++) {
        const char *fault = origin_fault(s, s->origins.items[i]);
        if (fault != NULL) {
            return fault;
        }
    }
    return NULL;
}

static const char *
whole(const void *settings, const char **ret_name)
{
    const struct conf_signer *s = settings;
    *ret_name = "demo";
    if (s->demo && strcmp(s->environment, CONF_PRODUCTION) == 0) {
        return "a demonstration cannot be a production environment (req: NET-2)";
    }
    *ret_name = "recovery_wait_s";
    if (s->recovery_wait_s < RECOVERY_WAIT_MIN_S && strcmp(s->environment, CONF_PRODUCTION) == 0) {
        return "less than an hour is for the test environment";
    }
    *ret_name = "origins";
    return persons_fault(s);
}

const struct conf_schema conf_signer_schema = {
    "signer",
    sizeof(struct conf_signer),
    rows,
    sizeof(rows) / sizeof(rows[0]),
    whole,
};
