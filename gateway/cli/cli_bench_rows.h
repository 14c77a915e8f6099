/* What the bench measures: one row per credential configuration that the gateway offers. */
#ifndef CLI_BENCH_ROWS_H
#define CLI_BENCH_ROWS_H

#include "cli_file.h"
#include "jose_alg.h"

#define CLI_BENCH_ROWS_MAX 64

struct cli_bench_row {
    const char *configuration;
    const char *format;
    const char *suite; /* ldp_vc: the cryptosuite; otherwise the format again */
};

/*
 * Rows of the gateway's own metadata: with `configuration` that one, with `format` all of that format ("all": every one), with neither `fallback`.
 * Prints; CLI_DONE with at least one row.
 */
int cli_bench_rows(const struct cli *cli, const char *base, const char *configuration,
    const char *format, const char *fallback, struct cli_bench_row ret[CLI_BENCH_ROWS_MAX],
    size_t *ret_n);

/* What one credential, as it came in an answer, says about its cost: the seal's algorithm, bytes hashed at least, and signatures of a proof-scoped key. */
struct cli_bench_cost {
    const struct jose_alg *alg;
    size_t bytes;
    size_t local_signatures;
};
SG_CHECKED sg_result cli_bench_cost_of(struct sg_arena *arena, const struct cli_bench_row *row,
    const struct sjson *credential, struct cli_bench_cost *ret);

#endif
