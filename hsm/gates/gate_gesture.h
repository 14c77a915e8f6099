/*
 * What a person's signature has that a seal does not: an intent opened beforehand, a gesture, several keys held for the length of the request, parts
 * of the intent spent one by one. req: AU-4, SIG-1, SIG-3, SIG-8
 */
#ifndef GATE_GESTURE_H
#define GATE_GESTURE_H

#include "act.h"
#include "p11_key.h"

struct gate_env;
struct gate_case;

/*
 * An intent as INTENT_OPEN left it. It lies in the signer's memory alone: a restart keeps none, so that neither an old ledger nor a crash revives an
 * approval. Within one life the bits below make each DTBS/R single; over lives the claims of intent and challenge do, which are durable with the consent.
 */
struct gate_opened {
    sg_bytes intent; /* encoded */
    uint8_t intent_id[WIRE_INTENT_ID_LEN];
    uint8_t nonce[32];
    uint8_t person[WIRE_ID_LEN];
    int64_t gesture_until;   /* UTC seconds: the first SIGN comes before */
    int64_t intent_until;    /* and all others */
    int64_t gesture_boot_ms; /* the same by boot time, which nobody sets */
    int64_t intent_boot_ms;
    uint64_t all;                        /* a bit for each DTBS/R */
    uint64_t spent;                      /* DTBS/R with a durable consent */
    uint64_t busy;                       /* asked for by a request that is under way */
    uint64_t first_seq;                  /* of the consent that holds the gesture; 0: none yet */
    uint8_t passkey[KEY_THUMBPRINT_LEN]; /* that approved */
    uint8_t passkey_hash[SG_SHA256_LEN]; /* of its credential id */
    bool dropped;                        /* cancelled, or its person is gone: no further consent */
};

/* Beside struct gate_case, in its arena. */
struct gate_gesture {
    struct wire_sign msg;
    struct gate_opened *opened; /* NULL while it is being opened */
    uint8_t person[WIRE_ID_LEN];
    bool first;                   /* this SIGN brings the gesture */
    bool reserved;                /* its bits are in opened->busy */
    uint8_t index[WIRE_DTBS_MAX]; /* DTBS/R to sign, in the order of the bits */
    size_t n_index;
    struct reg_key *keys[WIRE_DTBS_MAX]; /* the intent's key and its further ones: held */
    size_t n_keys;                       /* 0 for REGISTER and REMOVE */
    uint64_t level;                      /* highest of the keys; without keys the person's */
    struct act_passkey act;              /* first */
    uint8_t passkey[KEY_THUMBPRINT_LEN]; /* that approved: now, or in the first SIGN */
    uint8_t passkey_hash[SG_SHA256_LEN]; /* of its credential id */
    struct reg_passkey
        subject; /* REMOVE: the passkey that shall go; REGISTER: id, alg, spki and purpose of the new one */
    int64_t refs_since_ms; /* the courier was asked not to answer with anything older */
    struct p11_key_ref refs[WIRE_DTBS_MAX]; /* per key, for the worker */
};

/* What an intent brings about that signs nothing (REGISTER, REMOVE): the signer's, since it knows of enrolments. */
struct gate_effect {
    void *context;
    /* Could it be done now? Fills c->gesture->subject (views in c->arena). Asked early and again in the transaction. SG_E_NOT_FOUND, SG_E_CONFLICT, SG_E_DIGEST. */
    sg_result (*check)(void *context, struct gate_case *c);
    /* Inside the consent transaction, behind the record. After a check fails for reasons of upstream or memory alone. */
    sg_result (*apply)(void *context, struct gate_case *c);
};

/* PRESENT and KEY_PROOF: signed with holder keys. The other intents of persons sign nothing. */
bool gate_gesture_signs(uint64_t operation);

/*
 * INTENT_OPEN: c->intent is a person's intent that could be approved now: operation, times, text hash, form of every DTBS/R; the person is active, every key is
 * theirs and usable. Holds the keys (gate_gesture_release). The intent's codes, SG_E_POLICY for the person, SG_E_NOT_FOUND for a key that
 * is not this person's.
 */
SG_CHECKED sg_result gate_gesture_open(struct gate_env *env, struct gate_case *c);
/* Give keys and bits back; NULL gesture accepted. */
void gate_gesture_release(struct registry *registry, struct gate_case *c);
/* May these keys be used now, without counting: person, halts, states. Also asked by the signer when a halt begins. */
SG_CHECKED sg_result gate_gesture_usable(struct gate_env *env, const struct gate_case *c);

/* The gates' halves for persons. */
SG_CHECKED sg_result gate_gesture_shape(struct gate_env *env, struct gate_case *c);
SG_CHECKED sg_result gate_gesture_keys(struct gate_env *env, struct gate_case *c);
SG_CHECKED sg_result gate_gesture_activation(struct gate_env *env, struct gate_case *c);
SG_CHECKED sg_result gate_gesture_consent(struct gate_env *env, struct gate_case *c);

#endif
