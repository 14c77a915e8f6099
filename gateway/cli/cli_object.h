/* Whom the person trusts, and when. Shared by `verify` and `evidence verify`. */
#ifndef CLI_OBJECT_H
#define CLI_OBJECT_H

#include "cli_file.h"
#include "x509_chain.h"

#define CLI_ANCHORS_MAX 64

/* --trust files, or DIR/trust/root.pem. Prints; CLI_DONE or CLI_FAILED. */
int cli_anchors(const struct cli *cli, sg_bytes ret[CLI_ANCHORS_MAX], size_t *ret_n);
/* --at: UTC seconds or 2026-11-20T23:00:00Z; absent: now. Prints; CLI_DONE or CLI_USAGE. */
int cli_at(const struct cli *cli, int64_t *ret);

#endif
