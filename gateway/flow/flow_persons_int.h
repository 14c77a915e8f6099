/* What the files of flow_enrol share. Not for others. */
#ifndef FLOW_PERSONS_INT_H
#define FLOW_PERSONS_INT_H

#include <pthread.h>

#include "flow_enrol.h"
#include "peer.h"
#include "store_holder.h"

/*
 * Confirmations that wait for their gesture: what the store keeps of them once it is there. In memory, as the signer's own side of them is; the signer ends them
 * within minutes. Bounded: one person has a few, and all have no more than this.
 */
#define FLOW_CONFIRMS_MAX 256
#define FLOW_CONFIRMS_EACH 4
struct flow_confirm_row {
    bool used;
    uint8_t person[FLOW_PERSON_LEN];
    uint8_t passkey[SG_SHA256_LEN]; /* hash of its credential id */
    enum consent_template template;
    enum consent_language language;
    uint8_t intent_id[WIRE_INTENT_ID_LEN]; /* names the row */
    uint8_t challenge[SG_SHA256_LEN];      /* what a gesture for it answers */
    int64_t expires_at;
    char *text; /* heap; with openings behind it */
    size_t text_n, openings_n;
};

/* What each registration was begun for: texts say it, and nobody else does once the passkey is made. More than the signer keeps. */
#define FLOW_SESSIONS_MAX 512
struct flow_session_row {
    uint8_t session[WIRE_ID_LEN];
    uint64_t purpose; /* 0: free */
};

/* What the signer said of a person a moment ago; whoever comes to the same place pushes out. */
#define FLOW_ALIVE_MAX 1024
struct flow_alive_row {
    uint8_t person[FLOW_PERSON_LEN];
    enum wire_person_state state;
    int64_t until_ms; /* CLOCK_MONOTONIC; 0: free */
};

struct flow_persons {
    sg_str base;
    unsigned timeout_ms;
    struct store *store;
    struct peer *signer;
    pthread_mutex_t lock; /* guards all below */
    struct flow_session_row sessions[FLOW_SESSIONS_MAX];
    size_t next_session;
    struct flow_confirm_row confirms[FLOW_CONFIRMS_MAX];
    struct flow_alive_row alive[FLOW_ALIVE_MAX];
    uint64_t failures;
    int64_t failures_since, failures_told;
};

/* One question on its way; `parse` reads the copied reply and calls the asker's function. */
struct flow_ask {
    struct flow_persons *persons;
    struct sg_arena *arena;
    void (*parse)(struct flow_ask *ask, sg_result result, sg_bytes body);
    void (*done)(void); /* the asker's, by its own type */
    void *context;
    void *more; /* of the step */
};
struct flow_ask *flow_ask_new(struct flow_persons *persons, struct sg_arena *arena,
    void (*parse)(struct flow_ask *, sg_result, sg_bytes), void (*done)(void), void *context);
/* The frame in `buf` carries `id`. */
void flow_ask_send(struct flow_ask *ask, uint64_t id, const struct sg_buf *buf);

/* flow_confirm.c: open an intent about this passkey, then `opened`. */
struct flow_confirm_in {
    enum consent_template template;
    enum consent_language language;
    uint8_t person[FLOW_PERSON_LEN];
    sg_bytes passkey;    /* credential id */
    sg_bytes thumbprint; /* 32 */
    uint64_t alg;
    sg_bytes digest; /* 32 */
    sg_str label;
    bool for_login;
    int64_t now;
};
void flow_confirm_open(struct flow_persons *persons, struct sg_arena *arena,
    const struct flow_confirm_in *in, flow_confirm_fn done, void *context);
void flow_confirms_clear(struct flow_persons *persons);

#endif
