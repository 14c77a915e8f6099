/*
 * Between the two halves of what the signer does for persons: opened intents and gestures (signer_open.c, signer_sign.c) and enrolment, passkeys and
 * keys (signer_enrol.c, signer_person.c). One thread, the engine's. req: AU-2, AU-3, AU-4
 */
#ifndef SIGNER_PERSON_H
#define SIGNER_PERSON_H

#include "reg_person.h"

struct signer;

/* ---- signer_enrol.c, for intents REGISTER ------------------------------------------------------------------- */

/* A registration that was verified (ENROL_FINISH) and waits for the gesture of an existing signing passkey. */
struct signer_pending {
    sg_bytes id; /* credential id */
    enum key_alg alg;
    sg_bytes spki;
    enum wire_passkey_purpose purpose;
};
/*
 * The one whose passkey has this thumbprint, registered for `person`, with this DTBS/R digest (wire_register_digest), not yet expired at env.now. Views live in
 * the arena. Asked at INTENT_OPEN, at SIGN, and again in the consent transaction just before signer_enrol_apply, which then fails for reasons of
 * upstream or of memory alone: so a credential id or thumbprint that somebody has by now is refused here, and so is a person who has WIRE_PASSKEYS_MAX of them.
 * SG_E_NOT_FOUND for all of these alike.
 */
SG_CHECKED sg_result signer_enrol_pending(struct signer *s, struct sg_arena *arena, sg_bytes person,
    sg_bytes thumbprint, sg_bytes digest, struct signer_pending *ret);
/*
 * Inside the consent transaction: the passkey becomes one of this person's, ACTIVE, or, where an officer has to confirm it, WAITS; its PERSON_EVENT is appended with
 * `consent_seq` and the intent's id. Changes nothing in memory.
 */
SG_CHECKED sg_result signer_enrol_apply(struct signer *s, struct sg_arena *arena, sg_bytes person,
    sg_bytes thumbprint, sg_bytes digest, const uint8_t intent_id[WIRE_INTENT_ID_LEN],
    uint64_t consent_seq);
/* After that transaction is durable: it waits no more. Not called when the transaction did not stand. */
void signer_enrol_applied(struct signer *s, sg_bytes thumbprint, sg_bytes digest);

/* ---- signer_open.c, for enrolment and operators ------------------------------------------------------------- */

/*
 * A person was locked, has left, or a passkey of theirs was taken out of use: intents opened for them and not yet consented to are dropped. Who does not call
 * it is safe too, since everything is read again in the consent transaction; it only makes room sooner.
 */
void signer_open_drop_person(struct signer *s, sg_bytes person);

#endif
