/* A signer and a courier of the test's own behind real sockets, a real store, and a holder with one Ed25519 key: what flow_questions sees of the world. */
#ifndef QUESTIONS_RIG_H
#define QUESTIONS_RIG_H

#include <pthread.h>
#include <stdatomic.h>

#include "flow_internal.h"
#include "flow_present.h"
#include "show_rig.h"
#include "store_holder.h"
#include "wire_out.h"
#include "wire_person.h"

#define RIG_VERIFIER "https://verifier.example/response"
#define RIG_BASE "https://sealgate.example"

struct other {
    int fd;
    pthread_t thread;
};
struct rig {
    struct sg_arena *arena; /* the test's thread */
    struct show_rig show;
    int64_t now;
    const char *folder;
    char store_path[256], key_path[256];
    struct store *store;
    struct flow flow; /* contexts and configurations alone */
    struct peer *signer, *courier;
    struct other signer_end, courier_end;
    struct flow_questions *questions;
    uint8_t person[16];

    /* what the two do and saw; the lock guards all below */
    pthread_mutex_t lock;
    pthread_cond_t told;
    struct sg_arena *seen;  /* theirs */
    enum sg_code open_code; /* INTENT_OPEN is refused with this */
    enum sg_code sign_code; /* SIGN likewise */
    uint64_t key_state;
    uint64_t person_state;
    uint64_t verdict; /* of every status */
    uint64_t status_value;
    uint64_t deliver_status;
    const char *deliver_body;
    unsigned n_open, n_sign, n_cancel, n_refused_cancel, n_deliver, n_status;
    sg_bytes intent; /* the last one opened */
    sg_str form;     /* the last one delivered */
    sg_str url;
    uint64_t seq;
    uint8_t signature[64];

    /* the last answer of a call */
    bool answered;
    sg_result result;
    enum flow_question_state state;
    char id[FLOW_QUESTION_ID_LEN + 1];
    sg_str text, openings, vp_token, redirect_uri;
    sg_bytes question_intent, nonce, challenge;
    size_t n_queries, n_evidence, n_proofs, n_candidates;
    const char *reason;
    sg_str proof;
    char evidence[65];
    uint64_t consent_seq;
    size_t n_passkeys;
};

extern struct rig rig;

int rig_setup(void **state);
int rig_teardown(void **state);
void rig_open(const struct flow_questions_settings *change);

/* An ordinary request of the verifier, with this DCQL (single quotes for double) and these parameters (each with a comma in front). */
sg_str rig_request(const char *dcql, const char *more);
#define RIG_QUERY                                                                     \
    "{'credentials':[{'id':'a','format':'dc+sd-jwt','meta':{'vct_values':['" SHOW_VCT \
    "']},'claims':[{'path':['given_name']}]}]}"
/* Puts a credential into the holder's store. */
void rig_hold(sg_str format, sg_str value);

/* Calls, and waits for the answer. */
sg_result rig_start(sg_str request, bool deliver);
sg_result rig_approve(void);
sg_result rig_refuse(void);
sg_result rig_get(void);
sg_result rig_select(const struct flow_choice *choices, size_t n, enum consent_language language);
sg_result rig_prove(const struct flow_prove_in *in);
/* Waits until a counter has reached this. */
void rig_wait(const unsigned *counter, unsigned n);

void rig_done(void *context, sg_result r, const struct flow_question *question);
sg_result rig_wait_answer(void);

#endif
