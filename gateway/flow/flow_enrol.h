/*
 * Persons as the signer knows them: enrolment, passkeys, holder keys, and what their keys were used for (req: AU-2, AU-3, KEY-2, EV-5). A change to
 * somebody's passkeys is an intent of its own (REGISTER, REMOVE): opened here, shown as text, and allowed by a gesture of a signing passkey that
 * the signer checks (AU-4).
 *
 * Each call asks the signer and returns at once; `done` runs exactly once, on the peer's reader thread or, when nothing could be sent, on the caller's. It must
 * not block. What it is given lies in the arena of the call, which nobody else uses until then. Refusals of the signer come as their codes.
 */
#ifndef FLOW_ENROL_H
#define FLOW_ENROL_H

#include "consent.h"
#include "wire_person.h"

struct flow_persons;
struct store;
struct peer;

struct flow_persons_settings {
    sg_str base; /* public URL: named in texts */
    unsigned signer_timeout_ms;
};
/* `base` is copied, the rest borrowed. SG_E_NO_MEMORY. */
SG_CHECKED sg_result flow_persons_new(const struct flow_persons_settings *settings,
    struct store *store, struct peer *signer, struct flow_persons **ret);
/* No call may be in flight. NULL accepted. */
void flow_persons_free(struct flow_persons **persons);

#define FLOW_PERSON_LEN 16

typedef void (*flow_info_fn)(
    void *context, sg_result result, const struct wire_person_info_reply *info);
/* By exactly one of person, passkey and key. SG_E_NOT_FOUND. */
void flow_person_info(struct flow_persons *persons, struct sg_arena *arena,
    const struct wire_person_info *by, flow_info_fn done, void *context);

/*
 * May this person be here? Blocks for one round trip, at most once a second for each. SG_E_KEY_STATE: an operator locked the person, it has left, or the signer
 * does not know it; SG_E_PEER_DOWN and the like: nobody can say, so nobody is let in.
 */
SG_CHECKED sg_result flow_person_alive(
    struct flow_persons *persons, struct sg_arena *arena, const uint8_t person[FLOW_PERSON_LEN]);
/* The question alone, uncached (flow_watch.c). Somebody unknown counts as having left. */
SG_CHECKED sg_result flow_state_ask(struct peer *signer, struct sg_arena *arena,
    unsigned timeout_ms, const uint8_t person[FLOW_PERSON_LEN], enum wire_person_state *ret);

typedef void (*flow_enrol_open_fn)(
    void *context, sg_result result, const struct wire_enrol_open_reply *opened);
/* SG_E_ACTIVATION (link or code), SG_E_NOT_YET (recovery waits), SG_E_CONFLICT (there is one of this purpose), SG_E_TOO_MANY. */
void flow_enrol_open(struct flow_persons *persons, struct sg_arena *arena,
    const struct wire_enrol_open *in, flow_enrol_open_fn done, void *context);

/* What a signing passkey is asked to allow: a REGISTER or REMOVE intent that the signer has opened. */
struct flow_confirm {
    enum consent_template template;
    enum consent_language language;
    sg_bytes intent; /* CBOR */
    sg_str openings; /* canonical JSON */
    sg_str text;
    sg_bytes nonce;     /* 32 */
    sg_bytes challenge; /* 32: wire_challenge */
    const sg_bytes *passkeys;
    size_t n_passkeys;
    int64_t expires_at;
};
struct flow_enrolled {
    struct wire_enrol_finish_reply made;
    const struct flow_confirm *confirm; /* NULL: no gesture is needed */
};
typedef void (*flow_enrolled_fn)(
    void *context, sg_result result, const struct flow_enrolled *enrolled);
/* A passkey that waits for a gesture has its intent opened at once. `in->label` stands in the text. SG_E_ACTIVATION (an unknown session too), SG_E_CONFLICT, SG_E_POLICY, SG_E_FULL. */
void flow_enrol_finish(struct flow_persons *persons, struct sg_arena *arena,
    const struct wire_enrol_finish *in, enum consent_language language, int64_t now,
    flow_enrolled_fn done, void *context);

typedef void (*flow_confirm_fn)(
    void *context, sg_result result, const struct flow_confirm *confirm);
/* SG_E_NOT_FOUND: not this person's; SG_E_POLICY: the last signing passkey, which only its successor may follow. */
void flow_remove_open(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], sg_bytes passkey, enum consent_language language,
    int64_t now, flow_confirm_fn done, void *context);

/* navigator.credentials.get()'s answer to the confirmation. */
struct flow_gesture {
    sg_bytes passkey;
    sg_bytes client_data;
    sg_bytes authenticator_data;
    sg_bytes signature;
};
/* Which intent it was, and where its consent stands in the ledger: for flow_confirm_keep. */
struct flow_confirmed {
    uint8_t intent_id[WIRE_INTENT_ID_LEN];
    uint64_t consent_seq;
};
typedef void (*flow_confirmed_fn)(
    void *context, sg_result result, const struct flow_confirmed *confirmed);
/*
 * The gesture for an intent that was opened about `passkey` (its credential id). Several may be open about the same one; the challenge that the gesture answers
 * says which. The signer decides. Afterwards flow_confirm_keep. SG_E_NOT_FOUND: nothing is open; SG_E_ACTIVATION: the gesture is for none of them; what SIGN refuses.
 */
void flow_confirm(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], sg_bytes passkey, enum consent_template template,
    const struct flow_gesture *gesture, int64_t now, flow_confirmed_fn done, void *context);
/* Text and openings of what was confirmed go into the person's store: of that intent and no other. Blocks. Best effort: the ledger has the record. */
void flow_confirm_keep(struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN],
    const struct flow_confirmed *confirmed);

typedef void (*flow_key_fn)(void *context, sg_result result, const struct wire_key_make_reply *key);
/* A holder key; without `unique` always a new one. SG_E_ALGORITHM, SG_E_POLICY (level), SG_E_FULL or SG_E_TOO_MANY (as many as were approved). */
void flow_key_make(struct flow_persons *persons, struct sg_arena *arena,
    const struct wire_key_make *in, flow_key_fn done, void *context);

typedef void (*flow_uses_fn)(void *context, sg_result result, const struct wire_uses_reply *uses);
/* Newest first, before ledger sequence `before` (0: from the newest). */
void flow_uses(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], uint64_t before, uint64_t n, flow_uses_fn done,
    void *context);

/*
 * A login, for the ledger (EVENT_NOTE "login"), without waiting. `evidence`: hash of what an outside provider said, or empty. Failures are summed: one record a
 * minute at most, told with the next login of anybody. Body: {1: person, 2: method, 3: evidence} or {4: failures, 5: since, UTC seconds}.
 */
void flow_login_note(struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN],
    uint64_t method, sg_bytes evidence, int64_t now);
void flow_login_failed(struct flow_persons *persons, int64_t now);

#endif
