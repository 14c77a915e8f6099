/* A person's gesture, checked again by whoever has the record: no registry, no trust in who wrote it. Internal to formats/evid. req: AU-4, EV-2 */
#ifndef EVID_GESTURE_H
#define EVID_GESTURE_H

#include "evid_check.h"
#include "webauthn.h"

/* NULL: it holds. Otherwise what does not, in static words. */
struct evid_gesture {
    const char *
        challenge; /* the client data names this intent under the signer's nonce, and the recorded origin */
    const char *authenticator; /* for the recorded RP ID, person present and verified */
    const char *signature;     /* the passkey's */
    unsigned flags;            /* enum webauthn_flag */
    uint32_t sign_count;
};
/* `intent_id`: of the bytes in the record. SG_E_NO_MEMORY alone fails. */
SG_CHECKED sg_result evid_gesture_check(struct sg_arena *arena, const struct wire_gesture *gesture,
    const uint8_t intent_id[WIRE_INTENT_ID_LEN], struct evid_gesture *ret);

/* Does the consent hold a gesture itself? False of one whose closed part is not opened. */
static inline bool
evid_has_gesture(const struct wire_consent *consent)
{
    return consent->gesture.nonce.n > 0;
}
/* Is what would tell something not to be seen? */
static inline bool
evid_is_closed(const struct wire_consent *consent)
{
    return consent->closed.n > 0 && !consent->opened;
}

/* PRESENT and KEY_PROOF sign with a person's keys; REGISTER and REMOVE change passkeys. */
static inline bool
evid_persons_operation(uint64_t operation)
{
    return operation == WIRE_OP_PRESENT || operation == WIRE_OP_KEY_PROOF ||
           operation == WIRE_OP_REGISTER || operation == WIRE_OP_REMOVE;
}
static inline bool
evid_signs(uint64_t operation)
{
    return operation != WIRE_OP_REGISTER && operation != WIRE_OP_REMOVE;
}

/* Where signature of DTBS/R `i` stands in the outcome: signatures are for the bits of `which`, in order; without it for all. */
static inline size_t
evid_place_of(uint64_t which, size_t i)
{
    return which == 0 ? i : (size_t)__builtin_popcountll(which & ((UINT64_C(1) << i) - 1));
}

/* Public key of DTBS/R `i`: the consent's, or one of its further ones. Empty when the consent has none for it. */
sg_bytes evid_spki_of(
    const struct wire_consent *consent, const struct wire_intent *intent, size_t i);

#endif
