/* HTTP as a client, by libcurl: no redirects, bounded answers, deadlines. */
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

#include "cli_file.h"

#define CLI_HTTP_BODY_MAX ((size_t)8 * 1024 * 1024)
#define CLI_HTTP_HEADERS 8

struct cli_http;

struct cli_http_request {
    const char *method;
    const char *url;
    const char *headers[CLI_HTTP_HEADERS]; /* "Name: value"; ends with NULL */
    sg_str body;                           /* p NULL: none */
};

struct cli_http_answer {
    unsigned status;
    sg_str body;
    sg_str dpop_nonce;   /* empty when absent */
    int64_t retry_after; /* seconds; 0 when absent */
};

/* Requests to the installation's own origin accept the root of conf/courier.ini's `own_ca`, if that file is there; all others the system's. */
SG_CHECKED sg_result cli_http_open(const struct cli *cli, struct cli_http **ret);
void cli_http_close(struct cli_http **http);

/* Any status is an answer. SG_E_PEER_DOWN (cli_http_why says what), SG_E_TOO_LARGE. */
SG_CHECKED sg_result cli_http_send(struct cli_http *http, struct sg_arena *arena,
    const struct cli_http_request *request, struct cli_http_answer *ret);
/* libcurl's sentence about the last failure. */
const char *cli_http_why(const struct cli_http *http);

/* GET of one URL, for tools that need no authentication. Prints; CLI_DONE with a 200 answer, else CLI_FAILED. */
int cli_http_get(const struct cli *cli, const char *url, const char *accept, sg_str *ret);

#endif
