/*
 * Inside the files of questions (flow_questions.c, flow_present*.c, flow_proofs.c). A question is worked on by one step at a time: a step runs on a thread of the
 * table, does what can be done without waiting, and hands over to a peer, whose call-back queues the next step. So nothing in a question needs a lock
 * but what the table itself looks at.
 */
#ifndef FLOW_QUESTION_INT_H
#define FLOW_QUESTION_INT_H

#include <pthread.h>

#include "flow_internal.h"
#include "flow_present.h"
#include "flow_show.h"
#include "flow_verifiers.h"
#include "store_holder.h"
#include "wire_out.h"
#include "wire_person.h"

#define QUESTION_THREADS 2
#define QUESTION_ARENA_MAX ((size_t)24 * 1024 * 1024)
#define ROUND_ARENA_MAX ((size_t)16 * 1024 * 1024)
#define QUESTION_KEYS_MAX 1024     /* of one person that are looked at */
#define QUESTION_HELD_MAX 512      /* = STORE_HELD_MAX */
#define QUESTION_CANDIDATES_MAX 64 /* of one credential query */
#define QUESTION_ROUNDS_MAX 32     /* selections of one question */
#define QUESTION_TRIES_MAX 8       /* gestures that the signer refused */
#define QUESTION_KEPT_S 600        /* how long the end of a question is known */
#define NONCE_LEN 43               /* base64url of 32 bytes */

struct question;
typedef void (*question_step)(struct question *q);

/* A key of the person's. */
struct question_key {
    uint8_t thumbprint[WIRE_THUMBPRINT_LEN];
    const struct jose_alg *alg;
    struct jwk key;
    bool active;
};

/* A credential that the person has. */
struct holding {
    sg_str id;
    struct flow_held held;
    const struct question_key *key; /* NULL: bound to none of ours */
    sg_str name;                    /* display name, in the question's language */
    const char *reason;             /* why it counts as absent; NULL: usable */
    bool wanted; /* some query would take it, were it usable: its status is asked */
    bool verdicts_good;
};

/* A credential as the answer to one query. */
struct candidate {
    struct holding *holding;
    struct dcql_match match;
    const char *reason; /* NULL: can be shown */
    bool selected;
    const struct flow_show_line *lines;
    size_t n_lines;
};
struct query_plan {
    struct candidate *candidates;
    size_t n;
};

/* One presentation or proof of a round. */
struct part {
    size_t query;                /* PRESENT */
    struct candidate *candidate; /* PRESENT */
    struct flow_showing showing; /* PRESENT */
    struct flow_proving proving; /* KEY_PROOF */
    const struct question_key *key;
    sg_bytes message;
    const struct jose_alg *alg;
    bool to_sign;
};

/* What was built and opened: lives until another selection takes its place. */
struct round {
    struct sg_arena *arena;
    struct part *parts;
    size_t n;
    size_t n_sign;
    struct consent_openings openings;
    sg_bytes intent;
    uint8_t intent_id[WIRE_INTENT_ID_LEN];
    sg_str openings_json;
    sg_str text;
    uint8_t nonce[32];
    uint8_t challenge[32];
    sg_bytes *passkeys;
    size_t n_passkeys;
    int64_t expires_at;
    bool opened;
};

struct question {
    struct flow_questions *all;
    struct question *next;      /* of the table; its lock guards this, busy, over_at, expires_at */
    struct question *next_work; /* of the queue */
    question_step step;         /* what the queue runs */
    bool busy;
    bool forgotten;  /* over, and only remembered */
    bool answering;  /* busy, and only with telling the result or with its end */
    bool gone;       /* out of the table: freed when the call ends */
    int64_t over_at; /* 0: it is open; otherwise when it ended */
    int64_t expires_at;
    size_t weight; /* bytes it held when it was last answered; the lock guards it */
    char id[FLOW_QUESTION_ID_LEN];
    uint8_t person[STORE_PERSON_LEN];
    enum flow_question_state state;
    enum sg_code end; /* of a question that expired or failed: what later calls are told */
    enum consent_template template;
    enum consent_language language;
    sg_str requester;
    int64_t now;
    struct sg_arena *arena;
    struct round *round;   /* what is open */
    struct round *drafted; /* on its way to the signer */
    unsigned rounds, tries;
    struct sg_why why;
    struct sg_why *why_out; /* of the call under way; NULL */

    flow_question_fn done; /* of the call under way */
    void *context;

    /* the last answer of a peer */
    sg_result answer;
    sg_bytes body;
    question_step after;

    /* PRESENT: the request */
    bool deliver;
    sg_str request_text;
    struct oid4vp_carrier carrier;
    struct oid4vp_request request;
    struct oid4vp_failure failure;
    struct oid4vp_trust trust;
    char wallet_nonce[NONCE_LEN];
    bool nonce_sent;
    bool verified;
    uint8_t claim[32]; /* of (client_id, nonce) */
    bool claimed;
    struct consent_party party;
    const struct verifier_words *words; /* what an operator wrote of this verifier; NULL */

    /* the person */
    const struct question_key **keys;
    size_t n_keys;
    bool person_active;
    unsigned pages;          /* of keys, asked for so far */
    question_step keys_read; /* goes on when all keys are there */
    uint8_t after_key[WIRE_THUMBPRINT_LEN];

    /* credentials */
    bool held_given;
    const struct flow_held_in *given;
    size_t n_given;
    struct holding *holdings;
    size_t n_holdings;
    size_t asked; /* holdings whose status is known */
    size_t asking;
    struct query_plan *plans; /* one per credential query */
    struct dcql_plan dcql;

    /* KEY_PROOF */
    struct flow_prove_in prove;
    sg_str attestation;

    /* the end */
    sg_str vp_token, response, redirect_uri;
    sg_str *proofs;
    sg_str *evidence;
    size_t n_evidence;
    uint64_t consent_seq;
    sg_result result; /* what the call is told after the last step */
};

struct flow_questions {
    struct flow_questions_settings settings;
    struct flow *flow;
    struct store *store;
    struct peer *signer;
    struct peer *courier;
    struct sg_arena *arena; /* verifiers, texts */
    struct verifiers verifiers;
    bool loopback;
    sg_str wallet_metadata;

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t wake;
    pthread_cond_t settled; /* a question is no longer answering */
    struct question *first_question;
    size_t n_open;
    size_t n_all;
    struct question *first, **last; /* steps that wait */
    bool stop;
    size_t started; /* threads */
    pthread_t threads[QUESTION_THREADS];
    int64_t swept_at;
    bool sweeping; /* one thread at a time */
    uint8_t
        watched[STORE_PERSON_LEN]; /* the sweeping thread's: up to here persons were looked at */
};

/* ---- flow_question_life.c ---------------------------------------------------------------------------- */

/* Wiped and freed: it is in no list and no queue. */
void question_free(struct question *q);
/* Lock held. Out of the table. */
void question_unlink(struct flow_questions *all, struct question *q);
/* What it showed goes; its state, its evidence and the way back stay. */
void question_forget(struct question *q);

/* A new question, busy with this call, in the table. SG_E_TOO_MANY (of this person), SG_E_FULL, SG_E_NO_MEMORY. */
SG_CHECKED sg_result question_new(struct flow_questions *all, const uint8_t person[16], int64_t now,
    flow_question_fn done, void *context, struct question **ret);
/* The person's question, now busy with this call. SG_E_NOT_FOUND, SG_E_PENDING, SG_E_EXPIRED. */
SG_CHECKED sg_result question_take(struct flow_questions *all, const uint8_t person[16], sg_str id,
    int64_t now, flow_question_fn done, void *context, struct question **ret);
/* Out of the table's hands: busy and answering, and by nobody taken. Its time is over: the intent is dropped, what it showed is wiped (flow_questions.c). */
void question_expire(struct question *q, int64_t now);
/* Queue a step (flow_questions.c, as the next two). */
void question_run(struct question *q, question_step step);
/* Ask a peer: `frame` holds the encoded message with this id; `step` runs when the answer is there: q->answer, q->body. */
void question_ask(struct question *q, struct peer *peer, uint64_t id, const struct sg_buf *frame,
    unsigned timeout_ms, question_step step);
/* The call under way has its answer. The question stays as it is, unless it is over: then what it held is wiped. */
void question_answer(struct question *q, sg_result r);
/* The call failed and the question with it: it is taken out of the table. Never of a question that is open. */
void question_fail(struct question *q, sg_result r);
/* From now on it is over, in this state; memory goes when the call has been answered. */
void question_over(struct question *q, enum flow_question_state state, sg_result end);
/* Note why for the operator; first cause wins. */
sg_result question_why(struct question *q, sg_result r, const char *what);
/* Tell the signer that nobody waits for an intent any more; nobody waits for its answer either. */
void question_drop_intent(struct flow_questions *all, const uint8_t intent_id[32]);
void round_free(struct round **round);
SG_CHECKED sg_result round_new(struct round **ret);

/* One presentation per nonce of a verifier, durably. SG_E_REPLAY, SG_E_STORE_DOWN. Blocks on the store. */
SG_CHECKED sg_result question_claim(struct question *q);
void question_unclaim(struct question *q);
/* SG_E_REPLAY when it was claimed before. */
SG_CHECKED sg_result question_unused(struct question *q);

/* flow_watch.c: one round; blocks on signer and store. */
#define WATCH_PERSONS 64
void questions_watch(struct flow_questions *all, int64_t now);

/* ---- steps of others ---------------------------------------------------------------------------------- */

/* flow_question_keys.c: reads all keys of the person, then runs `step`; q->answer says how it went. */
void question_keys_read(struct question *q, question_step step);
const struct question_key *question_key_find(
    const struct question *q, const uint8_t thumbprint[WIRE_THUMBPRINT_LEN]);

/* flow_present_plan.c: credentials, their status, the default selection; ends in question_open or an answer. */
void present_plan(struct question *q);
/* A lawful choice by the person's wallet or page. SG_E_NOT_FOUND, SG_E_POLICY, SG_E_DUPLICATE. */
SG_CHECKED sg_result present_choose(
    struct question *q, const struct flow_choice *choices, size_t n);
/* Is this what was opened? */
bool present_chosen(const struct question *q, const struct flow_choice *choices, size_t n);
/* The selection is again what is open. */
void present_reselect(struct question *q);
/* This candidate shown for this query, without transactions. */
struct flow_show present_show(struct question *q, size_t query, const struct candidate *c);
/* Adds the transactions that this query may carry and that are not `taken` (by index; NULL: none is). */
SG_CHECKED sg_result present_transactions(struct question *q, size_t query, const bool *taken,
    struct sg_arena *arena, struct flow_show *to);
/* flow_present_build.c: does `whole` begin with `part`? "All entries" covers each of them. */
bool present_begins_with(const struct dcql_path *whole, const struct dcql_path *part);
/* flow_present_view.c: `ret` gets what a presentation has beyond other questions. */
SG_CHECKED sg_result present_view(
    struct question *q, struct sg_arena *arena, struct flow_question *ret);

/* flow_question_open.c: q->drafted has its parts; intent, text, INTENT_OPEN, answer. */
void question_open(struct question *q);
/* flow_present_build.c: the parts of a selection into a fresh q->drafted. */
SG_CHECKED sg_result present_build(struct question *q);

/* POST a form to a verifier, once; `step` has the answer. */
void question_deliver(struct question *q, sg_str uri, sg_str form, question_step step);

/* flow_proofs.c: the signatures of all parts, in order. */
SG_CHECKED sg_result proofs_attach(struct question *q, const struct wire_sign_reply *reply);

/* What depends on the language: names of the verifier and of the credentials. */
void present_know_party(struct question *q);
void present_names(struct question *q);

#endif
