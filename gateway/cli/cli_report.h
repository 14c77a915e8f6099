/* A list of checks, each held, not held or not shown: what `verify`, `evidence verify` and `doctor` print. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli.h"

enum cli_held { CLI_HELD, CLI_NOT_HELD, CLI_NOT_SHOWN };

#define CLI_STEPS_MAX 512 /* a presentation of many credentials, each with its record */
struct cli_step {
    const char *name;
    enum cli_held held;
    sg_str detail;
};
struct cli_report {
    const struct cli *cli;
    struct cli_step steps[CLI_STEPS_MAX];
    size_t n;
    bool failed;
};

struct cli_report cli_report_new(const struct cli *cli);
void cli_step(struct cli_report *report, const char *name, enum cli_held held, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
/* Held when the result is fine, else not held with the code's sentence. Returns whether it held. */
bool cli_step_result(struct cli_report *report, const char *name, sg_result r);
/*
 * Lines, or one JSON object {"verdict", "steps":[...], ...} with the members of `more` (a JSON object, may be NULL) beside them.
 * CLI_DONE when nothing failed, else CLI_FAILED with one line on stderr.
 */
int cli_report_end(
    struct cli_report *report, const char *good, const char *bad, const struct sjson *more);

#endif
