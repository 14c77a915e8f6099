/*
 * The ways to be allowed (ARCHITECTURE "The gates of a signature", levels): level 1 by mandate, level 2 by mandate and instruction; persons'
 * keys by the gesture of a passkey, of levels 2 and 3. Quorums are not here yet, so seal keys of level 3 cannot be used. Nothing here changes anything: counters move in the consent transaction.
 */
#ifndef ACT_H
#define ACT_H

#include "reg_person.h"

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

/* ---- passkeys ------------------------------------------------------------------------------------------------ */

#define ACT_ORIGINS_MAX 64

/* The relying party that passkeys answer to; no origins: there are no persons. req: AU-3 */
struct act_rp {
    sg_str id;
    uint8_t id_hash[SG_SHA256_LEN];
    sg_str origins[ACT_ORIGINS_MAX];
    size_t n_origins;
};

/* What a gesture is held against. */
struct act_passkey_in {
    sg_bytes person;        /* 16: whose keys are to be used */
    sg_bytes challenge;     /* 32: wire_challenge of intent and nonce */
    uint64_t level;         /* highest of those keys */
    sg_bytes credential_id; /* the rest as the browser gave it */
    sg_bytes client_data;
    sg_bytes authenticator_data;
    sg_bytes assertion;
};
struct act_passkey {
    struct reg_passkey passkey; /* as registered; views in the arena */
    uint32_t sign_count;        /* what the authenticator says now */
    bool counter_fault;         /* went back, or stood still: refused, and told in the account */
    sg_str origin;              /* ours that the client data names */
};
/*
 * Did this person's signing passkey answer our challenge, user verified, on one of our pages? It must be ACTIVE, of purpose SIGN, this person's; the
 * signature verifies with the registered key; level 3 wants a passkey that is attested and does not sync, and a counter that moved on. req: AU-3, AU-4, SIG-8
 * SG_E_ACTIVATION for all of these alike; `why` names it for operators, and ret->counter_fault tells a failure for the counter alone (then ret->passkey
 * is set too). Otherwise only what the database and memory say: SG_E_STORE_DOWN, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result act_passkey(struct registry *registry, struct sg_arena *arena,
    const struct act_rp *rp, const struct act_passkey_in *in, struct sg_why *why,
    struct act_passkey *ret);
/*
 * The same passkey once more, in the consent transaction: still registered as it was, still ACTIVE, and its counter as another request may have left it
 * meanwhile (`was->counter_fault` is set anew).
 */
SG_CHECKED sg_result act_passkey_still(
    struct registry *registry, struct sg_arena *arena, uint64_t level, struct act_passkey *was);
/* For a later SIGN of an intent that this passkey approved: not taken out of use since. SG_E_ACTIVATION. */
SG_CHECKED sg_result act_passkey_in_use(
    struct registry *registry, struct sg_arena *arena, sg_bytes person, sg_bytes thumbprint);

#endif
