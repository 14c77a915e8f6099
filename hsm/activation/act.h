/*
 * The ways to be allowed (ARCHITECTURE "The gates of a signature", levels): level 1 by mandate, level 2 by mandate and instruction. Passkeys and
 * quorums are not here yet, so keys of level 3 cannot be used. Nothing here changes anything: counters move in the consent transaction.
 */
#ifndef ACT_H
#define ACT_H

#include "registry.h"

/*
 * Does the mandate cover this intent now: its client is the requester and active, its key, operation and configuration are the intent's, its
 * time has come and is not over, and its window has room for all DTBS/R. req: AU-8, SIG-4
 * SG_E_MANDATE for all of these alike.
 */
SG_CHECKED sg_result act_mandate(struct registry *registry, const struct reg_mandate *mandate,
    const struct wire_intent *intent, int64_t now, const struct reg_client **ret_client);

/*
 * Verify an instruction: signed by the client's registered key, for this client, key and configuration, not expired. req: SIG-8
 * `ret` borrows from `encoded`. SG_E_INSTRUCTION for all failures alike.
 */
SG_CHECKED sg_result act_instruction(struct sg_arena *arena, const struct reg_client *client,
    const struct wire_intent *intent, sg_bytes encoded, sg_bytes signature, int64_t now,
    struct wire_instruction *ret);

/* A status order, signed by the registered key of an active client. SG_E_SIGNATURE, SG_E_CLIENT. req: STA-2 */
SG_CHECKED sg_result act_status_order(struct registry *registry, struct sg_arena *arena,
    sg_bytes encoded, sg_bytes signature, struct wire_status_order *ret);

#endif
