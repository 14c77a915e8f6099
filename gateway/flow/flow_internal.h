/* What the files of gateway/flow share. Not for others. */
#ifndef FLOW_INTERNAL_H
#define FLOW_INTERNAL_H

#include "flow.h"
#include "flow_attesters.h"
#include "flow_contexts.h"
#include "flow_form.h"
#include "flow_schemas.h"

#include <pthread.h>
#include <stdatomic.h>

#include "peer.h"
#include "peer_registry.h"
#include "store.h"
#include "tsl_alloc.h"
#include "tsl_board.h"

#define FLOW_LISTS_MAX 512
#define FLOW_KEYS_LIST "keys"         /* status of the seal keys themselves */
#define FLOW_GATEWAY_CLIENT "gateway" /* requester of list signatures */
#define FLOW_SALT_LEN 32
/* Kept openings: SUBJECT salt32 value32; CLAIMS salt32 (the value is what the holder has). */
#define FLOW_OPENING_SUBJECT 1
#define FLOW_OPENING_CLAIMS 2
/* Longer than a request may take, and not much: the signer remembers each intent until it expires, in memory too. */
#define FLOW_INTENT_LIFE_S 20
/* Longer than the courier takes for one list (fetch_timeout_ms, 3000 unless set), and well within a request. */
#define FLOW_COURIER_TIMEOUT_MS 5000

/* ---- background work -------------------------------------------------------------------------------- */

/* Something for the flow's own thread, which may block on the store. The struct belongs to the one who queues it. */
struct flow_task {
    struct flow_task *next;
    void (*run)(struct flow_task *task);
    struct flow *flow;
};
/* Any thread, also call-backs. */
void flow_later(struct flow *flow, struct flow_task *task);

/* ---- lists -------------------------------------------------------------------------------------------- */

struct flow_list_draft; /* a version on its way to the signer (flow_list_sign.c) */
struct flow_token;      /* a signed version, counted */
/* One holder more (NULL stays NULL), one less. Hold under the list's lock. */
const struct flow_list_token *flow_token_hold(struct flow_token *token);
void flow_token_drop(struct flow_token *token);
void flow_list_signed_run(struct flow_task *task);

struct flow_list {
    struct flow *flow;
    char name[FLOW_LIST_NAME_MAX + 1];
    char group[FLOW_LIST_NAME_MAX + 1]; /* "employee" for "employee" and "employee.2" */
    struct tsl_board *board;
    struct tsl_alloc *alloc;
    atomic_bool refilling;
    struct flow_task refill;
    /* signing, the background thread's alone */
    bool signing;
    int64_t retry_ms; /* CLOCK_MONOTONIC */
    unsigned failures;
    struct sg_arena *arena;
    struct flow_list_draft *draft; /* in `arena` */
    uint64_t version;
    int64_t iat;
    sg_result result;
    struct flow_task signed_task;
    /* served */
    pthread_mutex_t lock; /* guards token */
    struct flow_token *token;
};

/* An index for a new credential; begins another list of the group when one is full. May block on the store once per block. */
SG_CHECKED sg_result flow_list_take(
    struct flow *flow, sg_str group, const struct flow_list **ret, uint64_t *ret_idx);
struct flow_list *flow_list_by_uri(struct flow *flow, sg_str uri);
struct flow_list *flow_list_by_name(struct flow *flow, sg_str name);
SG_CHECKED sg_result flow_lists_open(struct flow *flow);
void flow_lists_close(struct flow *flow);
/* One round of the background thread: sign what is due. */
bool flow_lists_busy(
    struct flow *flow); /* background thread: is a signature of a list under way? */
void flow_lists_round(struct flow *flow, int64_t now, int64_t now_ms);

/* ---- orders ------------------------------------------------------------------------------------------- */

struct flow_change; /* an order on its way */
/* Background thread: send what waits in the store and is not under way: at start, and when an answer stayed away. */
void flow_orders_round(struct flow *flow, int64_t now, int64_t now_ms);
bool flow_orders_busy(struct flow *flow);

/* ---- the flow ------------------------------------------------------------------------------------------ */

struct flow {
    struct flow_settings settings;
    struct sg_arena *arena; /* configurations and texts */
    struct flow_configs configs;
    struct flow_contexts contexts;
    struct flow_attesters attesters;
    struct flow_schemas schemas;
    struct store *store;
    struct peer *signer;
    struct peer_registry *registry;
    _Atomic(struct flow_head *) heads[FLOW_CONFIGS_MAX]; /* one per configuration */
    _Atomic(struct flow_head *) retired;
    pthread_mutex_t lists_lock; /* guards growth of lists: making, reserving, beginning another */
    struct flow_list *lists[FLOW_LISTS_MAX];
    _Atomic size_t n_lists;
    pthread_mutex_t changes_lock; /* guards changes */
    struct flow_change *changes;
    atomic_bool orders_due;
    int64_t orders_retry_ms; /* CLOCK_MONOTONIC; the background thread's */
    pthread_mutex_t lock;    /* guards tasks, stop */
    pthread_cond_t wake;
    struct flow_task *first, **last;
    bool stop;
    bool started;
    pthread_t thread;
};

/* The present head for a configuration's seal key. SG_E_NOT_FOUND, SG_E_KEY_STATE, SG_E_KEY_USE, SG_E_NO_MEMORY, and the form's. */
SG_CHECKED sg_result flow_head_get(
    struct flow *flow, const struct flow_config *config, const struct flow_head **ret);
void flow_head_free(struct flow_head **head);

/* ---- building ------------------------------------------------------------------------------------------- */

/* SG_E_CLAIMS, SG_E_SCHEMA when they do not fit the configuration. */
SG_CHECKED sg_result flow_subject_make(struct sg_arena *arena, const struct flow_config *config,
    const struct sjson *claims, struct sg_why *why, struct flow_subject *ret);
/*
 * The whole check before signing: builds a trial credential with a signature of zeros and takes it apart as a verifier would. Not for the hot
 * path. SG_E_TYPE_METADATA, SG_E_CLAIMS, those of flow_head_get.
 */
SG_CHECKED sg_result flow_subject_try(struct flow *flow, struct sg_arena *arena,
    const struct flow_subject *subject, int64_t now, struct sg_why *why);

/* ---- grants ----------------------------------------------------------------------------------------------- */

struct flow_entry {
    struct flow_subject subject;
    sg_str identifier;
    bool selected;
    uint64_t count;
    _Atomic uint64_t used;
    struct flow_instruction instruction;
};
struct flow_grant {
    struct flow *flow;
    struct sg_arena *arena;
    sg_str offer_id;
    sg_str client; /* who made the offer: the requester of the signature */
    uint8_t token_hash[32];
    struct flow_entry entries[FLOW_OFFER_CREDENTIALS_MAX];
    size_t n;
    atomic_bool forgotten;
};

/* The offer's body, both ways (flow_body.c). */
struct flow_body {
    struct flow_offer_credential credentials[FLOW_OFFER_CREDENTIALS_MAX];
    sg_str identifiers[FLOW_OFFER_CREDENTIALS_MAX];
    size_t n;
    unsigned tx_code_len;
    bool tx_code_text;
    sg_str tx_description;
};
SG_CHECKED sg_result flow_body_write(
    struct sg_arena *arena, const struct flow_body *body, sg_bytes *ret);
SG_CHECKED sg_result flow_body_parse(struct sg_arena *arena, sg_bytes in, struct flow_body *ret);

/* Does an instruction stand where one is needed, for this key, configuration and these claims? SG_E_INSTRUCTION. */
SG_CHECKED sg_result flow_instruction_check(struct flow *flow, struct sg_arena *arena,
    const struct flow_config *config, sg_str client, const struct sjson *claims,
    const struct flow_instruction *instruction, int64_t now);

/* Something checked and ready for its signature; everything is borrowed until `done` (flow_document.c). */
struct flow_sealing {
    const struct flow_subject *subject;
    const struct flow_instruction *instruction;
    const struct flow_document *document;
    sg_str client;
    int64_t now;
};
void flow_seal_start(struct flow *flow, struct sg_arena *arena, const struct flow_sealing *sealing,
    flow_issued_fn done, void *context);

/* ---- proofs -------------------------------------------------------------------------------------------------- */

struct flow_proof_expect {
    const struct flow_config *config;
    sg_str aud; /* issuer identifier */
    sg_str client_id;
    flow_nonce_fn nonce_check;
    void *nonce_context;
    int64_t now;
    int64_t age_s;
    const struct flow_attesters *attesters; /* NULL: nobody is believed */
    const struct jsonld_contexts *contexts; /* for di_vp */
};
/* Key attestations of one request, each verified once. */
struct flow_attested;
struct flow_attestations {
    const struct flow_attested *items[FLOW_BATCH_MAX];
    size_t n;
};
/* OpenID4VCI 1.0 Appendix F.4, type "jwt". `seen` grows by the attestation it carries. SG_E_PROOF, SG_E_NONCE, SG_E_ATTESTATION, SG_E_NO_MEMORY. */
SG_CHECKED sg_result flow_proof_verify(struct sg_arena *arena, sg_str proof,
    const struct flow_proof_expect *expect, struct flow_attestations *seen,
    struct flow_holder *ret);

/*
 * The same, type "di_vp" (F.2): a presentation as JSON text with one Data Integrity proof by a did:key or did:jwk; what else stands in it says nothing here. SG_E_PROOF,
 * SG_E_NONCE, SG_E_NO_MEMORY. Views live in the arena.
 */
SG_CHECKED sg_result flow_proof_di_verify(struct sg_arena *arena, sg_str presentation,
    const struct flow_proof_expect *expect, struct flow_holder *ret);

/* What the proofs of a request yield. */
struct flow_proven {
    const struct flow_holder
        *holders; /* each key once: those proven first, then those that are attested only */
    size_t n;
    size_t least; /* so many must get a credential each; attested ones beyond may be fewer (14.6) */
    struct wire_ref refs
        [FLOW_BATCH_MAX]; /* statuses of the attestations, each once: to be GOOD before signing */
    size_t n_refs;
};
/*
 * All proofs of one type. `max`: keys of one request at most. SG_E_PROOF, SG_E_NONCE, SG_E_ATTESTATION, SG_E_VALUE (more than `max` proofs), SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result flow_proven_verify(struct sg_arena *arena, enum flow_proof_kind kind,
    const sg_str *proofs, size_t n, size_t max, const struct flow_proof_expect *expect,
    struct flow_proven *ret);

/*
 * Are these references GOOD? Asked of the courier, which may answer from what it has as long as the list's issuer allows. SG_E_ATTESTATION: one is not. SG_E_STATUS_UNKNOWN:
 * nobody knows. `done` runs once: at once when nothing could be asked, otherwise on the flow's own thread, which may block on the store. `refs` and `arena` live until then.
 */
typedef void (*flow_checked_fn)(void *context, sg_result result);
void flow_refs_check(struct flow *flow, struct sg_arena *arena, const struct wire_ref *refs,
    size_t n, flow_checked_fn done, void *context);

#endif
