#include "cli_conf.h"

#include <stdio.h>

#include "conf_check.h"
#include "sg_text.h"

const char *
cli_listen_fault(const char *text)
{
    uint64_t port;
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] == '\0') {
        return "is not HOST:PORT";
    }
    if (!sg_ok(sg_u64_parse(sg_cstr(colon + 1), &port)) || port < 1 || port > 65535) {
        return "has no port between 1 and 65535";
    }
    return NULL;
}

static const struct conf_row rows[] = {
    { CONF_ROW(cli_run_conf, CONF_TEXT, listen), 3, 100, "127.0.0.1:8080", cli_listen_fault,
        "address and port of the HTTP listening socket, which `sealgate run` keeps open over "
        "restarts" },
    { CONF_ROW(cli_run_conf, CONF_BOOL, demo), 0, 0, "no", NULL,
        "a demonstration: operators' keys lie in this folder; said everywhere" },
};

const struct conf_schema cli_run_schema = {
    "run",
    sizeof(struct cli_run_conf),
    rows,
    sizeof(rows) / sizeof(rows[0]),
    NULL,
};

static int
load(const struct cli *cli, const struct conf_schema *schema, void *ret)
{
    sg_str path;
    struct conf_fault fault = { 0 };
    sg_result r = sg_arena_printf(cli->arena, &path, "%s/conf/%s.ini", cli->dir, schema->process);
    if (!sg_ok(r)) {
        return cli_refused(cli, "settings", r);
    }
    r = conf_load(schema, path.p, cli->arena, ret, &fault);
    if (r.code == SG_E_NOT_FOUND) {
        return cli_fail(
            cli, "%s is not there: make it with `sealgate init`, or name another --dir", path.p);
    }
    if (!sg_ok(r)) {
        conf_fault_print(stderr, path.p, &fault);
        return CLI_FAILED;
    }
    return CLI_DONE;
}

int
cli_conf_run(const struct cli *cli, struct cli_run_conf *ret)
{
    return load(cli, &cli_run_schema, ret);
}

int
cli_conf_gateway(const struct cli *cli, struct conf_gateway *ret)
{
    return load(cli, &conf_gateway_schema, ret);
}

int
cli_conf_signer(const struct cli *cli, struct conf_signer *ret)
{
    return load(cli, &conf_signer_schema, ret);
}

int
cli_conf_courier(const struct cli *cli, struct conf_courier *ret)
{
    return load(cli, &conf_courier_schema, ret);
}

int
cli_base_url(const struct cli *cli, const char **ret)
{
    struct conf_gateway gateway;
    const char *url = cli_value(cli, "--url");
    if (url == NULL) {
        int bad = cli_conf_gateway(cli, &gateway);
        if (bad != CLI_DONE) {
            return bad;
        }
        url = gateway.public_url;
    }
    const char *wrong = conf_is_base_url(url);
    if (wrong != NULL) {
        return cli_usage(cli, "--url: %s %s", url, wrong);
    }
    *ret = url;
    return CLI_DONE;
}
