/*
 * The signer process. One thread, the engine, owns sockets, registry and ledger: it admits, records and answers, and signs small batches itself;
 * workers sign the share of larger ones. So nothing of this struct is shared but what is listed with its lock in signer_work.c.
 *
 *   gateway -> [admitted] -> transaction (consents, and outcomes of the batch before) -> [to sign] -> [signed] -> next transaction -> reply
 *
 * Whoever waits for a verdict is parked and costs nothing. One fsync serves all consents and outcomes that wait.
 */
#ifndef SIGNER_H
#define SIGNER_H

#include <signal.h>
#include <time.h>

#include "conf.h"
#include "gate.h"
#include "ledger_publish.h"
#include "signer_io.h"
#include "signer_log.h"

enum signer_phase {
    SIGNER_WAITS_FOR_TOKEN, /* started without a token: the anchor cannot be compared yet */
    SIGNER_HELD,            /* the ledger is not the one that was left: two operators decide */
    SIGNER_SERVES,
    SIGNER_DRAINS,
};

enum signer_case_state {
    CASE_FREE = 0,
    CASE_PARKED,   /* waits for a verdict */
    CASE_ADMITTED, /* waits for the transaction */
    CASE_SIGNING,  /* consent durable */
    CASE_SIGNED,   /* waits for the transaction */
};

struct signer_case {
    struct gate_case g;
    enum signer_case_state state;
    uint64_t request_id;
    int64_t deadline_ms; /* boot time */
    unsigned asked;      /* times the key's status was asked for it */
    uint64_t refs_ask;   /* request id of its own question, 0: none */
    bool waits_key;
    sg_result refused;
    struct signer_case *next;
};

struct signer_queue {
    struct signer_case *head;
    struct signer_case *tail;
    size_t n;
};
void signer_queue_put(struct signer_queue *queue, struct signer_case *c);
struct signer_case *signer_queue_take(struct signer_queue *queue);

/* A record that is not a consent: event notes, status orders, refusals. */
struct signer_note {
    enum wire_record_type type;
    sg_bytes body;               /* malloc */
    struct ledger_closed closed; /* bytes empty: none; malloc */
    struct signer_peer *peer;    /* NULL: nobody waits for an answer */
    uint64_t request_id;
    uint8_t request_type;
    bool once; /* an order: recorded under its name at most once */
    uint8_t name[SG_SHA256_LEN];
    uint8_t hash[SG_SHA256_LEN];
    sg_result refusal; /* REFUSAL: what the asker is told once it is on record */
    sg_result result;
    uint64_t seq;
    struct signer_note *next;
};

#define SIGNER_HALTS_MAX 16
struct signer_halt_wait {
    struct signer_peer *peer;
    uint64_t request_id;
    uint64_t epoch;
    struct wire_operation_reply reply;
    uint8_t operation_id[SG_SHA256_LEN];
};

/* So many of a kind in a span of boot time; what exceeds is counted, and one record says how many. */
struct signer_budget {
    uint64_t per_window;
    int64_t window_ms;
    int64_t since_ms;
    uint64_t used;
    uint64_t excess;
};
/* True: there is room. Otherwise counted. */
bool signer_budget_take(struct signer_budget *budget, int64_t boot_ms);
/* When a new window began: the excess of the last one, once. */
uint64_t signer_budget_excess(struct signer_budget *budget, int64_t boot_ms);

#define SIGNER_NOTE_KINDS 5
#define SIGNER_REFUSALS_PER_CODE 1000 /* errors.def numbers end below */

struct signer_counters {
    uint64_t admitted;
    uint64_t signed_;
    uint64_t refused_early[SIGNER_REFUSALS_PER_CODE]; /* before a valid activation, by code */
    uint64_t refused_late[SIGNER_REFUSALS_PER_CODE];
    uint64_t transactions;
    uint64_t asks;
};

struct signer_work;

#define SIGNER_PIN_SALT 16
#define SIGNER_PIN_MARK (SIGNER_PIN_SALT + SG_SHA256_LEN)

struct signer {
    const struct conf_signer *conf;
    struct sg_arena *arena;   /* the process's life */
    struct sg_arena *scratch; /* one message */
    enum signer_phase phase;
    volatile sig_atomic_t *stop;

    struct p11 *p11;
    struct p11_session *session; /* the engine's */
    struct ledger_place place;
    struct ledger *ledger;
    struct ledger_reader *reader;
    struct ledger_publisher *publisher;
    enum ledger_fault fault;
    struct tlog_vkey log_key;
    struct reg_key *log_key_row;
    struct registry *registry;
    struct gate_env env;

    struct signer_peer gateway;
    struct signer_peer courier;
    struct signer_peer ops[SIGNER_OPS_MAX];
    int ops_fd;
    int epoll_fd;
    int wake_fd;       /* workers are done */
    int stop_fd;       /* signalfd: SIGTERM, SIGINT */
    uint64_t next_ask; /* request ids towards the courier */

    struct signer_case *cases;
    size_t n_cases;
    size_t n_used;            /* cases[0 .. n_used) were taken at least once */
    struct signer_queue free; /* those of them that nobody has now */
    struct signer_queue parked;
    struct signer_queue admitted;
    struct signer_queue to_sign;
    struct signer_queue signed_;
    size_t n_signing; /* with workers */
    size_t
        last_group; /* cases of the last transaction: requests gather when they come in numbers */
    struct timespec last_commit; /* CLOCK_MONOTONIC, when it began */
    struct signer_note *notes;
    struct signer_note **notes_end;
    struct signer_halt_wait halts[SIGNER_HALTS_MAX];
    size_t n_halts;
    struct signer_work *work;
    struct signer_enrolling *enrolling; /* signer_enrol.c: registrations under way */
    struct reg_roots *roots;            /* makers of authenticators */

    struct signer_opens *opens;         /* intents that wait for a person */
    struct signer_budget person_budget; /* "intent-refused", "counter-fault" */
    struct signer_budget note_budgets[SIGNER_NOTE_KINDS];
    struct signer_budget refusal_budget;
    struct signer_counters counters;

    int64_t clock_offset_ms; /* realtime - boottime when trusted */
    int64_t clock_high_ms;   /* the highest time seen */
    int64_t forget_at_ms;
    int64_t forget_instructions_at_ms;
    int64_t probe_at_ms;
    bool token_was_ready;
    uint8_t pin_mark[SIGNER_PIN_MARK]; /* of our PIN, should the token refuse it */
    bool pin_marked;                   /* there is a file about a refusal */
    bool pin_told;
    int64_t held_since_s; /* UTC */
    /* held ledger: there is no database to keep a proposal in */
    struct reg_proposal *held;
    struct sg_arena *held_arena;
};

/* signer_args.c */
struct signer_args {
    const char *dir;
    bool create;
    unsigned measure; /* --measure-sign N: signatures per round; 0: not asked */
    unsigned fill;    /* --make-holder-keys N */
    bool bare;
    bool persons;            /* --persons: with --make-holder-keys */
    unsigned pick;           /* --pick-holder-keys N */
    unsigned measure_holder; /* --measure-holder N */
    const char *origin;
    const char *environment;
    const char *operators[16];
    size_t n_operators;
    int pin_fd;
    int gateway_fd;
    int courier_fd;
    int ops_fd;
    int ready_fd;
    bool without_landlock;
    bool drop;
    uid_t uid;
    gid_t gid;
};
/* 0: go on; otherwise leave with *ret_exit. */
bool signer_args_read(int argc, char **argv, struct signer_args *ret, int *ret_exit);

/* signer_create.c, signer_start.c */
int signer_create(const struct signer_args *args);
int signer_serve(const struct signer_args *args);
int signer_fill(const struct signer_args *args);           /* signer_fill.c */
int signer_measure_holder(const struct signer_args *args); /* signer_measure_holder.c */
int signer_pick(const struct signer_args *args);           /* signer_pick.c */
/*
 * For the tools that work in a test environment while nothing runs: token, ledger, registry, reconciled. signer_tool_close in any case.
 * SG_E_ENVIRONMENT, SG_E_CONFLICT (a signer serves).
 */
SG_CHECKED sg_result signer_tool_open(
    struct signer *s, const struct signer_args *args, struct sg_why *why);
void signer_tool_close(struct signer *s);
int signer_measure(const struct signer_args *args);                           /* signer_measure.c */
SG_CHECKED sg_result signer_token_open(struct signer *s, struct sg_why *why); /* s->conf is read */
/* Shared by both: settings, folder, user. */
SG_CHECKED sg_result signer_settings(
    const struct signer_args *args, struct sg_arena *arena, struct conf_signer **ret);
SG_CHECKED sg_result signer_become_user(const struct signer_args *args);
SG_CHECKED sg_result signer_token_settings(
    const struct conf_signer *conf, sg_bytes pin, struct p11_settings *ret);
/* The PIN, without line end; `to` has room for P11_PIN_MAX + 1. */
SG_CHECKED sg_result signer_pin_read(const char *path, uint8_t *to, size_t *ret);
void signer_place(struct ledger_place *ret);
SG_CHECKED sg_result signer_log_key_find(struct signer *s);
/* Compare with anchor and checkpoint, finish what was half done; then the phase is SERVES or HELD. */
SG_CHECKED sg_result signer_reconcile(struct signer *s, bool accepted);
/* Publisher callbacks: the log key signs checkpoints that the publisher built, nothing else. */
SG_CHECKED sg_result signer_publisher_new(struct signer *s);
/* Once, in this thread: for creation. */
SG_CHECKED sg_result signer_publish_here(struct signer *s);
SG_CHECKED sg_result signer_anchor_read(
    struct signer *s, struct ledger_anchor *ret, bool *ret_have);

/* signer_pin.c: is it the PIN that was refused last? Then it must not be tried. Otherwise its mark is made ready. */
bool signer_pin_refused_before(struct signer *s, sg_bytes pin);
/* After opening and after each probe: tries what may be tried, keeps what was refused, says so once. */
void signer_pin_settle(struct signer *s);

/* signer_token.c: SoftHSM's own file, put back if it was cut short; kept once a login has proved it. */
void signer_token_mend(const struct signer *s);
void signer_token_keep(const struct signer *s);

/* signer_loop.c */
int signer_loop(struct signer *s);
struct gate_now signer_now(void);

/* signer_clock.c: SG_E_CLOCK while the clock is not to be trusted. */
void signer_clock_start(struct signer *s);
void signer_clock_look(struct signer *s);
void signer_clock_accept(struct signer *s);

/* Would sign now? The code says why not. */
SG_CHECKED sg_result signer_ready(const struct signer *s);

/* signer_seal.c: SEAL from packet to admission, and its answers */
void signer_seal(struct signer *s, const struct wire_frame *frame);
void signer_seal_admit(struct signer *s, struct signer_case *c);
void signer_seal_refuse(struct signer *s, struct signer_case *c, sg_result why);
void signer_seal_reply(struct signer *s, struct signer_case *c);
/* NULL when all are taken, or no memory. */
struct signer_case *signer_case_take(struct signer *s, uint64_t request_id);
void signer_case_release(struct signer *s, struct signer_case *c);
SG_CHECKED sg_result signer_cases_new(struct signer *s);
void signer_cases_free(struct signer *s);

/* signer_open.c: INTENT_OPEN and INTENT_CANCEL; what waits for a gesture, in memory, bounded. req: AU-4 */
struct gate_opened *signer_opened(struct signer *s, sg_bytes intent_id); /* NULL: none */
void signer_opened_use(struct gate_opened *opened); /* a request refers to it */
void signer_opened_leave(struct signer *s, struct gate_opened *opened);
void signer_opens_tick(struct signer *s);
void signer_opens_free(struct signer *s);
void signer_on_intent_open(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_intent_cancel(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);

/* signer_sign.c: SIGN from packet to reply */
void signer_on_sign(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_sign_consented(struct signer *s, struct signer_case *c); /* its consent is durable */
void signer_sign_reply(struct signer *s, struct signer_case *c);     /* its outcome is */
void signer_sign_release(struct signer *s, struct signer_case *c);
/* An event of a person's account that nobody decided: as many as the budget allows; the rest is counted. `ret` NULL: nobody waits. */
SG_CHECKED sg_result signer_person_note(
    struct signer *s, const struct wire_person_event *event, struct signer_note **ret);

/* signer_effect.c: what intents REGISTER and REMOVE bring about */
struct gate_effect signer_effect(struct signer *s);

/* signer_status.c */
void signer_status_park(struct signer *s, struct signer_case *c);
void signer_status_answer(struct signer *s, const struct wire_frame *frame);
void signer_status_refresh(struct signer *s, struct reg_key *key);
void signer_status_forget(struct signer *s, struct reg_key *key);
void signer_status_tick(struct signer *s);
void signer_status_halted(struct signer *s); /* parked cases that a halt concerns are refused */

/* signer_commit.c: one transaction for all that waits. A failure that leaves memory and ledger apart ends the process. */
void signer_commit(struct signer *s);
void signer_note_put(struct signer *s, struct signer_note *note);
bool signer_in_flight_before(const struct signer *s, uint64_t epoch);

/* signer_work.c */
SG_CHECKED sg_result signer_work_start(struct signer *s, size_t n_workers);
void signer_work_stop(struct signer *s);
void signer_work_sign(struct signer *s);    /* what is in to_sign */
void signer_work_collect(struct signer *s); /* what workers are done with */

/* signer_ops.c, signer_keys.c, signer_read.c, signer_note.c: other messages */
typedef void (*signer_handler)(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_propose(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_approve(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_halt(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_halts_settle(struct signer *s);
void signer_on_hello(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_key_info(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_client_info(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_record_read(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_audit_read(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_event_note(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_status_order(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_enrol_open(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_enrol_finish(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_key_make(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_person_info(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_uses_read(
    struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_on_seal(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame);
void signer_notes_tick(struct signer *s);
struct signer_note *signer_note_new(
    enum wire_record_type type, sg_bytes body); /* body copied; NULL: no memory */
void signer_note_free(struct signer_note *note);
/* Of a record with a closed part: person and salt are in `note` already; the bytes are copied. */
SG_CHECKED sg_result signer_note_close(struct signer_note *note, sg_bytes closed);
void signer_note_answer_to(
    struct signer_note *note, struct signer_peer *peer, const struct wire_frame *frame);

/* The half-made / made pattern between registry and token. */
struct signer_event {
    const struct wire_operation_msg *op;
    sg_bytes operation;
    const uint8_t *operation_id;
    const struct reg_rule *rule;
    sg_str proposer;
    sg_bytes proposer_signature;
    sg_str approver;
    sg_bytes approver_signature;
};
SG_CHECKED sg_result signer_event_append(struct signer *s, const struct signer_event *event,
    const char *word, sg_bytes key, sg_bytes attributes, uint64_t *ret_seq);
/* Inside a transaction: an operation is carried out now: its proposal goes, or its random bytes are claimed, and its event is appended. */
SG_CHECKED sg_result signer_event_take(
    struct signer *s, const struct signer_event *event, sg_bytes key, uint64_t *ret_seq);
/* One transaction: everything that `write` does, or nothing. */
SG_CHECKED sg_result signer_transaction(
    struct signer *s, sg_result (*write)(struct signer *s, void *context), void *context);
/* signer_enrol.c: read makers' roots, before the sandbox; give back at the end. */
SG_CHECKED sg_result signer_enrol_roots(struct signer *s, struct sg_why *why);
void signer_enrol_free(struct signer *s);
/* signer_person.c, signer_holder.c */
SG_CHECKED sg_result signer_person_decide(
    struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret);
SG_CHECKED sg_result signer_holder_destroy(
    struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret);
SG_CHECKED sg_result signer_keys_generate(
    struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret);
SG_CHECKED sg_result signer_keys_destroy(
    struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret);
SG_CHECKED sg_result signer_keys_reconcile(struct signer *s);

/* signer_permit.c: which messages a peer may send; NULL ends the connection. */
signer_handler signer_permit(enum signer_role role, uint8_t type);
void signer_refuse(struct signer *s, struct signer_peer *peer, uint64_t request_id, sg_result why);

/* Memory and ledger differ, or a peer is gone: nothing can be done right any more. */
_Noreturn void signer_fatal(const char *what, sg_result why);

#define SIGNER_EXIT_PEER 75

#endif
