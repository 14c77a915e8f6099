/* One operation under dual control from the command line: who proposes, who approves, and what is said about it. */
#ifndef CLI_DECIDE_H
#define CLI_DECIDE_H

#include "cli_conf.h"
#include "cli_ops.h"

struct cli_desk {
    struct cli *cli;
    struct cli_run_conf run;
    struct conf_signer signer;
    struct cli_ops *ops;
    struct cli_key *operators[2]; /* proposer; approver or NULL */
};

/* Settings and ops.sock; operators' key files too when `signs`. Prints. Close in any case. */
int cli_desk_open(struct cli *cli, bool signs, struct cli_desk *desk);
void cli_desk_close(struct cli_desk *desk);

/*
 * Propose with the first --operator (in a demo: operators/operator1.json), approve with the second if one is named, and print: done with its ledger
 * sequence, or how another operator approves. `done`: what happened, for people.
 */
int cli_decide(struct cli_desk *desk, struct wire_operation_msg *op, const char *done);

/* A key by label, or by thumbprint (43 characters of base64url, or 64 hex digits); into the arena. Prints. */
int cli_key_named(struct cli_desk *desk, const char *name, struct wire_key_info_reply **ret);
/* The table's word for a number, and back (0: unknown). */
const char *cli_key_state_word(uint64_t state);
const char *cli_purpose_word(uint64_t purpose);
uint64_t cli_purpose_number(const char *word);

#endif
