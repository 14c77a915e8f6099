/* What approving an enrolment tells: shared by `person enrol` and `approve`. */
#ifndef CLI_PERSON_H
#define CLI_PERSON_H

#include "cli_ops.h"

/* BASE/enrol/{64 hex digits of the link's secret}. SG_E_CONFIGURATION: no public URL (said already). */
SG_CHECKED sg_result cli_enrol_link(struct cli *cli, sg_bytes secret, sg_str *ret);
/* The link alone on stdout, the code on stderr. */
int cli_print_enrolment(struct cli *cli, const struct wire_operation_reply *reply);

#endif
