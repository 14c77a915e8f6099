/* Parts of `sealgate evidence`. */
#ifndef CLI_EVIDENCE_H
#define CLI_EVIDENCE_H

#include "cli.h"

/*
 * Put what is closed in the records of a bundle into it, from the signer's ops.sock: for the auditor and the operator of this installation (root or the signer's user). The
 * records must be this ledger's. What was erased stays away. Prints; an exit code.
 */
int cli_evidence_open(struct cli *cli, sg_str *bundle);

#endif
