/* What the table in cli_main.c points to: each file of commands has its rows' functions and options here. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli.h"

int cmd_init(struct cli *cli);
int cmd_run(struct cli *cli);
int cmd_stop(struct cli *cli);
int cmd_status(struct cli *cli);
int cmd_issue(struct cli *cli);
int cmd_offer(struct cli *cli);
int cmd_status_set(struct cli *cli);
int cmd_verify(struct cli *cli);
int cmd_evidence_get(struct cli *cli);
int cmd_evidence_verify(struct cli *cli);
int cmd_keys_list(struct cli *cli);
int cmd_keys_generate(struct cli *cli);
int cmd_keys_install_cert(struct cli *cli);
int cmd_keys_state(struct cli *cli);
int cmd_keys_status_ref(struct cli *cli);
int cmd_approve(struct cli *cli);
int cmd_halt(struct cli *cli);
int cmd_resume(struct cli *cli);
int cmd_client_key(struct cli *cli);
int cmd_client_add(struct cli *cli);
int cmd_client_remove(struct cli *cli);
int cmd_client_list(struct cli *cli);
int cmd_mandate_set(struct cli *cli);
int cmd_mandate_list(struct cli *cli);
int cmd_person_enrol(struct cli *cli);
int cmd_person_list(struct cli *cli);
int cmd_person_show(struct cli *cli);
int cmd_person_state(struct cli *cli);
int cmd_person_passkey(struct cli *cli);
int cmd_ledger_verify(struct cli *cli);
int cmd_doctor(struct cli *cli);

#endif
