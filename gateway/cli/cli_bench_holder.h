/* `sealgate bench --holder-keys N`. */
#ifndef CLI_BENCH_HOLDER_H
#define CLI_BENCH_HOLDER_H

#include "cli.h"

/* Fill DIR's database up to each number of keys (ascending, a test environment alone) and measure there. Nothing may run. */
int cli_bench_holder(struct cli *cli);

#endif
