/* `sealgate bench --gestures --holder-keys N`. */
#ifndef CLI_BENCH_SIGN_H
#define CLI_BENCH_SIGN_H

#include "cli.h"

/*
 * Fill DIR's database up to each number of keys (ascending, a test environment alone) with persons whose passkeys are this program's, start courier and signer,
 * and present with random keys and with one. Nothing may run.
 */
int cli_bench_sign(struct cli *cli);

#endif
