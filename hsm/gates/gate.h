/*
 * The gates of a signature, in order; first refusal wins (ARCHITECTURE). One array; a test pins it. req: SIG-1, SIG-2, SIG-4, SIG-5, SIG-8
 *
 * EARLY gates look only; LATE gates run inside the ledger's transaction and change things; WORK runs on the thread that owns a session. EARLY and LATE belong to
 * the thread that owns registry and ledger.
 */
#ifndef GATE_H
#define GATE_H

#include "gate_gesture.h"
#include "ledger.h"
#include "p11_key.h"
#include "reg_apply.h"

struct gate_now {
    int64_t utc_ms;
    int64_t boot_ms; /* CLOCK_BOOTTIME: rates and waiting */
};

struct gate_limits {
    int64_t status_max_age_ms;
    int64_t intent_lifetime_s;
    int64_t gesture_life_s;  /* between INTENT_OPEN and the gesture */
    int64_t person_intent_s; /* of an intent for a person */
    uint64_t seal_rate;      /* signatures per second of one key; 0: no limit */
};

/* What the gates keep with a key (reg_key.live), allocated at first use. */
struct gate_live {
    bool have; /* a verdict about the key's own reference */
    struct wire_status_verdict verdict;
    uint8_t evidence[SG_SHA256_LEN]; /* verdict.evidence points here */
    int64_t rate_second;
    uint64_t rate_used;
    void *ask; /* the signer's: the one question in flight */
};

struct gate_env {
    struct registry *registry;
    struct ledger *ledger;
    struct gate_limits limits;
    struct gate_now now;
    bool clock_bad; /* distrusted: no consent, whoever was admitted before */
    sg_str software;
    struct act_rp rp;
    struct gate_effect effect; /* of intents that sign nothing */
};

/*
 * One request for signatures, from packet to reply. All views point into `arena` or the registry. A person's SIGN has `gesture`, and of `seal` the intent and
 * the messages alone; a SEAL has none and pays for it with a look at a pointer.
 */
struct gate_case {
    struct sg_arena *arena;
    struct gate_gesture *gesture;
    struct wire_seal seal;
    struct wire_intent intent;
    uint8_t intent_id[WIRE_INTENT_ID_LEN];
    struct reg_key *key;
    struct reg_mandate *mandate;
    const struct reg_client *client;
    uint64_t client_seq; /* of the registration whose key the instruction was checked with */
    struct wire_instruction instruction; /* id without pointer: none */
    bool activated;                      /* refusals from here on are recorded */

    /* verdicts on the intent's own references, from the courier; for this case alone */
    bool refs_answered;
    struct wire_status_verdict refs[WIRE_REFS_MAX];
    struct wire_seen *seen; /* what the status gate saw */
    size_t n_seen;

    uint64_t consent_seq;
    uint64_t halt_epoch; /* when the consent was recorded */

    struct p11_key_ref key_ref; /* for the worker, which must not read the registry */
    size_t n_sign;              /* signatures to make: one per DTBS/R, or per one of `which` */
    uint8_t (*signatures)[KEY_SIG_MAX];
    uint8_t signature_lens[WIRE_DTBS_MAX];
    sg_result signed_;
    int64_t signed_at_ms;

    enum wire_outcome_kind outcome;
    sg_result released; /* SG_OK: the signatures may leave once the transaction is durable */
    uint64_t outcome_seq;
    const char *gate;  /* where it stands, or was refused */
    struct sg_why why; /* a gesture's refusal, for operators */
};

enum gate_stage { GATE_EARLY = 1, GATE_LATE, GATE_WORK, GATE_RELEASE };

struct gate {
    const char *name;
    enum gate_stage stage;
    sg_result (*pass)(struct gate_env *env, struct gate_case *c, struct p11_session *session);
};
const struct gate *gates(size_t *ret_n);

/* Run the gates of a stage in order. `env` is NULL for WORK, `session` for the rest. The first refusal; c->gate names where. */
SG_CHECKED sg_result gate_run(
    struct gate_env *env, struct gate_case *c, enum gate_stage stage, struct p11_session *session);

/* The gates, each in its file. */
sg_result gate_shape(struct gate_env *env, struct gate_case *c, struct p11_session *session);
sg_result gate_key(struct gate_env *env, struct gate_case *c, struct p11_session *session);
sg_result gate_activation(struct gate_env *env, struct gate_case *c, struct p11_session *session);
/* SG_E_PENDING: the courier has to be asked (gate_status_asks says what for), then come again. */
sg_result gate_status(struct gate_env *env, struct gate_case *c, struct p11_session *session);
sg_result gate_consent(struct gate_env *env, struct gate_case *c, struct p11_session *session);
sg_result gate_sign(struct gate_env *env, struct gate_case *c, struct p11_session *session);
sg_result gate_outcome(struct gate_env *env, struct gate_case *c, struct p11_session *session);

/* ---- pieces that the signer uses too ------------------------------------------------------------------------- */

/* The key's state and halts, without counting: early, and again in the transaction. */
SG_CHECKED sg_result gate_key_usable(
    struct gate_env *env, const struct reg_key *key, uint64_t operation);
/* NULL when out of memory. */
struct gate_live *gate_live_of(struct reg_key *key);
void gate_live_free(struct reg_key *key);

/* Judge by the key's kept verdict whatever its age: for an answer that is not GOOD. Notes what was seen. */
SG_CHECKED sg_result gate_status_judge(struct gate_case *c);

/* For the transaction: what was seen is still about the key's reference of now, and nobody has said BAD since. */
SG_CHECKED sg_result gate_status_still(const struct gate_case *c);

/* Must the courier be asked about the key's own reference, about the intent's? */
struct gate_asks {
    bool key;
    bool refs;
};
struct gate_asks gate_status_asks(struct gate_env *env, struct gate_case *c);
/* Is a kept verdict still to be used? */
bool gate_verdict_fresh(const struct gate_env *env, const struct wire_status_verdict *verdict);
/* A verdict from the courier that can be believed in form: known value, hash of 32 bytes, not from the future. */
bool gate_verdict_sane(const struct gate_env *env, const struct wire_status_verdict *verdict);
void gate_live_keep(struct gate_live *live, const struct wire_status_verdict *verdict);

/*
 * The wall clock against boot time, whose difference was `offset_ms` when it was trusted: more than 2 s back or 5 min ahead is no clock to
 * judge expiry by. And at start against the last record.
 */
enum gate_clock { GATE_CLOCK_GOOD, GATE_CLOCK_BACK, GATE_CLOCK_AHEAD };
enum gate_clock gate_clock_look(struct gate_now now, int64_t offset_ms);
/*
 * The same, and against the highest time seen (in and out): a clock set ahead within the 5 min and back again would revive what expired
 * and was forgotten in between.
 */
enum gate_clock gate_clock_step(struct gate_now now, int64_t offset_ms, int64_t *high_ms);
bool gate_clock_before(struct gate_now now, int64_t last_record_ms);

#endif
