/* `sealgate bench`: this installation, measured, beside the cost floor. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "cli.h"

extern const struct cli_option cli_bench_options[];
extern const char cli_bench_text[];
int cli_bench_run(struct cli *cli);

#endif
