/*
 * The signer's ops.sock: operators change what may be signed (KEY-8, AU-8). One question at a time.
 */
#ifndef CLI_OPS_H
#define CLI_OPS_H

#include "cli_key.h"
#include "wire_ops.h"

struct cli_ops;

/* Connect to DIR/run/ops.sock and say HELLO. SG_E_PEER_DOWN, SG_E_ENVIRONMENT. */
SG_CHECKED sg_result cli_ops_open(
    struct sg_arena *arena, const char *dir, const char *environment, struct cli_ops **ret);
void cli_ops_close(struct cli_ops **ops);

/* The frame is begun with this id; then asked. The answer's body lives until the next question. A refusal is its code. */
uint64_t cli_ops_next_id(struct cli_ops *ops);
SG_CHECKED sg_result cli_ops_ask(
    struct cli_ops *ops, uint8_t type, uint64_t id, const struct sg_buf *frame, sg_bytes *ret_body);

/* Fills unique and times of the operation, signs and proposes. */
SG_CHECKED sg_result cli_ops_propose(struct cli_ops *ops, struct wire_operation_msg *op,
    const struct cli_key *operator_, struct wire_operation_reply *ret);
SG_CHECKED sg_result cli_ops_approve(struct cli_ops *ops, sg_bytes operation_id,
    const struct cli_key *operator_, struct wire_operation_reply *ret);
SG_CHECKED sg_result cli_ops_halt(
    struct cli_ops *ops, sg_bytes key, const struct cli_key *operator_, uint64_t *ret_seq);

/* A key's entry; empty `key`: the first behind `after` (32 bytes). SG_E_NOT_FOUND at the end. */
SG_CHECKED sg_result cli_ops_key(
    struct cli_ops *ops, sg_bytes key, sg_bytes after, struct wire_key_info_reply *ret);
/* The newest key with this label that is not destroyed. Copies into the arena. SG_E_NOT_FOUND. */
SG_CHECKED sg_result cli_ops_key_by_label(
    struct cli_ops *ops, sg_str label, struct wire_key_info_reply *ret);
/* A client's entry; empty `client`: the first behind `after`. SG_E_NOT_FOUND at the end. */
SG_CHECKED sg_result cli_ops_client(
    struct cli_ops *ops, sg_str client, sg_str after, struct wire_client_info_reply *ret);

#endif
