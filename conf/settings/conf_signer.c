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
    { ROW(CONF_UINT, intent_lifetime_s), 5, 3600, "300", NULL, "longest life of an intent" },
    { ROW(CONF_UINT, proposal_days), 1, 7, "7", NULL,
        "an operation that no second operator approves within these days is void" },
    { ROW(CONF_UINT, publish_ms), 50, 60000, "500", NULL,
        "new records are in a signed checkpoint after this time" },
    { ROW(CONF_BOOL, demo), 0, 0, "no", NULL,
        "operators' keys may lie on this machine; everything says that it is a demonstration" },
};

static const char *
whole(const void *settings, const char **ret_name)
{
    const struct conf_signer *s = settings;
    *ret_name = "demo";
    if (s->demo && strcmp(s->environment, CONF_PRODUCTION) == 0) {
        return "a demonstration cannot be a production environment (req: NET-2)";
    }
    return NULL;
}

const struct conf_schema conf_signer_schema = {
    "signer",
    sizeof(struct conf_signer),
    rows,
    sizeof(rows) / sizeof(rows[0]),
    whole,
};
