/*
 * The management API as a system client (AU-8): private_key_jwt at the token endpoint, then DPoP-bound requests. gateway/faces/admin/API.md.
 */
#ifndef CLI_API_H
#define CLI_API_H

#include "cli_http.h"
#include "cli_key.h"

struct cli_api {
    const struct cli *cli;
    const char *base;
    struct cli_http *http;
    struct cli_key *client; /* the registered key; its name is the client id */
    struct cli_key *dpop;   /* made for this run */
    sg_str token;           /* empty until the first call */
    sg_str nonce;           /* the server's last DPoP nonce */
};

/* Finds BASE and the client's key. Prints; CLI_DONE, CLI_FAILED, CLI_USAGE. Close in any case. */
int cli_api_open(const struct cli *cli, struct cli_api *api);
void cli_api_close(struct cli_api *api);

/*
 * One request; signs in first when need be, and repeats once when the server wants its nonce. `body` with p NULL: none. Prints what the
 * server refused. CLI_DONE with a 2xx answer.
 */
int cli_api_call(struct cli_api *api, const char *method, const char *path, sg_str body,
    const struct sjson **ret);

#endif
