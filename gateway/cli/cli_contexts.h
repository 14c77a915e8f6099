/* The contexts that a state directory adds to those built in (contexts/index.json; docs/operations.md). */
#ifndef CLI_CONTEXTS_H
#define CLI_CONTEXTS_H

#include "cli.h"
#include "jsonld.h"

/* None where the directory has no index. Each file must have the digest that the index pins. Prints; CLI_DONE or CLI_FAILED. */
int cli_contexts_read(
    const struct cli *cli, struct jsonld_document *ret, size_t max, size_t *ret_n);

#endif
