/*
 * Persons for the rig: their rows are put into the stopped signer's registry, so that a test has any state it wants (locked, synced passkey, level 3); their keys
 * were made in the token. What enrolment itself does is tested where it is built.
 */
#ifndef RIG_PERSON_H
#define RIG_PERSON_H

#include "authenticator.h"
#include "signer_rig.h"
#include "wire_person.h"

#define RIG_RP "localhost"
#define RIG_ORIGIN "http://localhost:8080"
#define RIG_PERSON_SETTINGS "rp_id = " RIG_RP "\norigins = " RIG_ORIGIN "\n"
#define RIG_MAKER_SETTINGS "attestation_roots = makers\n"
#define RIG_KEYS_MAX 8

struct rig_key {
    uint64_t alg;
    uint8_t key[32];
    struct key_public *public;
};

struct rig_person {
    uint8_t id[16];
    /* wanted: set before rig_persons_put */
    uint64_t level;                         /* of the person and of each key; 0: 2 */
    uint64_t state;                         /* enum wire_person_state; 0: ACTIVE */
    bool attested;                          /* the signing passkeys */
    uint32_t stored_count;                  /* counter the registry has of `sign` */
    const struct authenticator_root *maker; /* rig_person_enrol, level 3 */
    /* made by the caller before, or else here: ES256, does not sync */
    struct authenticator_passkey sign;
    struct authenticator_passkey second; /* a second signing one */
    struct authenticator_passkey login;
    size_t n_keys; /* keys of `algs`; 0 in algs: ES256 */
    struct rig_key keys[RIG_KEYS_MAX];
};

/* The signer must run; it is stopped and started again. */
void rig_persons_put(struct rig *rig, struct rig_person *persons, size_t n);
void rig_person_forget(struct rig_person *person);

/* An intent of one or more of this person's keys (bits of `keys`, lowest is the intent's own), one DTBS/R each, that could be approved. */
struct wire_intent rig_present(struct rig *rig, const struct rig_person *person, unsigned keys);

/* An intent that takes this passkey of theirs out of use. */
struct wire_intent rig_remove(
    struct rig *rig, const struct rig_person *person, const struct authenticator_passkey *passkey);

/*
 * The whole way instead, as people go it: two operators approve, link and code open the registration of a login and a signing passkey (`second` stays without
 * key), and the keys are made in the token. Level 2 unless `level` is 3: then the signing passkey has a counter and is attested by `maker`, and the two
 * confirm it. ECDSA keys alone with SoftHSM.
 */
void rig_person_enrol(struct rig *rig, struct rig_person *person);
/* A maker of authenticators: its root lies in the folder that RIG_MAKER_SETTINGS names. After rig_create, before rig_start. */
void rig_maker(struct rig *rig, struct authenticator_root *maker);
/* Register a further passkey for this person (ENROL_OPEN and ENROL_FINISH): it waits for the gesture over the intent that rig_register makes. */
sg_result rig_enrol_further(struct rig *rig, const struct rig_person *person,
    struct authenticator_passkey *passkey, uint64_t purpose, struct wire_enrol_finish_reply *ret);
struct wire_intent rig_register(
    struct rig *rig, const struct rig_person *person, const struct wire_enrol_finish_reply *waits);

sg_result rig_open(struct rig *rig, const struct rig_person *person,
    const struct wire_intent *intent, struct wire_intent_open_reply *ret);
sg_result rig_open_bytes(
    struct rig *rig, sg_bytes person, sg_bytes intent, struct wire_intent_open_reply *ret);
/* What a good browser is asked after that answer; the challenge lies in the rig's arena. */
struct authenticator_ask rig_ask_of(struct rig *rig, const struct wire_intent_open_reply *opened);
/* A first SIGN with that gesture, for these DTBS/R. */
struct wire_sign rig_sign_of(struct rig *rig, struct authenticator_passkey *passkey,
    const struct wire_intent_open_reply *opened, const struct authenticator_ask *ask,
    uint64_t which);
void rig_sign_send(struct rig *rig, const struct wire_sign *sign, uint64_t id);
sg_result rig_sign_receive(struct rig *rig, uint64_t *ret_id, struct wire_sign_reply *ret);
sg_result rig_sign(struct rig *rig, const struct wire_sign *sign, struct wire_sign_reply *ret);
sg_result rig_cancel(struct rig *rig, sg_bytes intent_id, uint64_t reason, uint64_t *ret_seq);
/* Open, gesture, SIGN of everything, signatures verified. */
sg_result rig_approve_all(struct rig *rig, struct rig_person *person, struct wire_intent *intent,
    struct wire_sign_reply *ret);
/* Each signature of `which` verifies under its key. */
void rig_verify_signatures(const struct rig_person *person, const struct wire_intent *intent,
    uint64_t which, const struct wire_sign_reply *reply);
/* USES_READ: newest first; in the rig's arena. */
const struct wire_uses_reply *rig_uses(
    struct rig *rig, const struct rig_person *person, uint64_t before, uint64_t n);
/* The record with this sequence, its body, its closed part: as an auditor on ops.sock reads it. */
struct wire_record_read_reply rig_record(struct rig *rig, uint64_t seq);
/* As the gateway does, saying whose it is; `person` NULL: not saying so. */
struct wire_record_read_reply rig_record_for(
    struct rig *rig, uint64_t seq, const struct rig_person *person);
/* A consent, opened. In the rig's arena. */
struct wire_consent *rig_consent(struct rig *rig, uint64_t seq);

#endif
