/* What the command needs of the settings: DIR/conf/run.ini, which is the command's own, and the processes' files. */
#ifndef CLI_CONF_H
#define CLI_CONF_H

#include "cli_file.h"
#include "conf.h"

struct cli_run_conf {
    const char *listen; /* "127.0.0.1:8080", "[::1]:8080" */
    bool demo;
};
extern const struct conf_schema cli_run_schema;

/* Each prints what is wrong with the file and returns CLI_DONE or CLI_FAILED. */
int cli_conf_run(const struct cli *cli, struct cli_run_conf *ret);
/* NULL, or what is wrong with HOST:PORT as words behind it. */
const char *cli_listen_fault(const char *text);
int cli_conf_gateway(const struct cli *cli, struct conf_gateway *ret);
int cli_conf_signer(const struct cli *cli, struct conf_signer *ret);
int cli_conf_courier(const struct cli *cli, struct conf_courier *ret);

/* --url, or what gateway.ini says; without a slash at the end. Prints and returns CLI_FAILED when there is neither. */
int cli_base_url(const struct cli *cli, const char **ret);

#endif
