/* Folders, settings and demo files of a new state directory. */
#ifndef CLI_INIT_FILES_H
#define CLI_INIT_FILES_H

#include "cli_key.h"

#define CLI_SEAL_LABEL "seal-es256"
#define CLI_STATUS_LABEL "status-es256"
#define CLI_ATTESTATION_LABEL "attest-es256"
#define CLI_DEMO_CLIENT "demo-client"
#define CLI_DEMO_NOTE "DEMO key: it lies on the disk of a demonstration and is worth nothing"

struct cli_plan {
    const char *listen;
    const char *base;
    const char *environment; /* "test", "production" */
    const char *origin;      /* of the ledger */
    const char *module;      /* PKCS#11 */
    const char *token_label;
    const char *certification;
    bool demo;
};

/* Each prints what went wrong; CLI_DONE or CLI_FAILED. */
int cli_init_folders(const struct cli *cli);
int cli_init_settings(const struct cli *cli, const struct cli_plan *plan);
/* Adds to courier.ini which key alone signs our own lists: another leaf of the same root may not. */
int cli_init_pin_lists(
    const struct cli *cli, const struct cli_plan *plan, sg_bytes status_thumbprint);
/* The demo's credential configurations, from conf/demo as built into this program. */
int cli_init_configurations(const struct cli *cli);
/* run.ini is written last: a directory without it is not whole. */
int cli_init_done(const struct cli *cli, const struct cli_plan *plan);
/* SoftHSM's module, where Debian and others put it; NULL. */
const char *cli_find_softhsm(void);

#endif
