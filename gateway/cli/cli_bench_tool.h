/* The signer's own program, run once for a measurement: as its own user it alone may open token and database. */
#ifndef CLI_BENCH_TOOL_H
#define CLI_BENCH_TOOL_H

#include "cli.h"

/*
 * `sealgate-signer --dir DIR` with these words (ends with NULL), `input` as its stdin (-1: ours), each line of its stdout given to `line`. Prints; CLI_DONE when
 * it ended well.
 */
int cli_bench_tool(const struct cli *cli, const char *const *words, int input,
    void (*line)(void *context, const char *text), void *context);

#endif
