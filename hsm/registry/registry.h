/*
 * The signer's registry: keys, clients, mandates, operators, proposals, halts. It lies in the ledger's database and is changed only in
 * the transaction that appends the event (reg_apply.h). One thread, the committer's, owns it: no locks. Rows found here stay where they are for the
 * life of the process; their members change when an operation is applied.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include "key_public.h"
#include "ledger_db.h"
#include "reg_state.h"

#define REG_THUMBPRINT_LEN KEY_THUMBPRINT_LEN
#define REG_PROPOSALS_MAX 256 /* waiting at once */
#define REG_PROPOSALS_EACH 32 /* of one operator: nobody alone keeps the others from proposing */
#define REG_CLIENTS_MAX 4096
#define REG_MANDATES_MAX 16384
#define REG_KEYS_MAX 100000
#define REG_OPERATORS_MAX 256

struct reg_key {
    uint8_t thumbprint[REG_THUMBPRINT_LEN];
    struct key_public *public; /* never replaced: workers verify with it */
    enum wire_key_purpose purpose;
    uint64_t level;
    bool resident;
    sg_str label;
    sg_bytes wrapped; /* never overwritten: workers may hold the view; empty once destroyed */
    enum wire_key_state state;
    uint64_t state_seq; /* event that made the present state */
    sg_bytes chain[WIRE_CERTS_MAX];
    size_t n_chain;
    uint8_t leaf_hash[SG_SHA256_LEN]; /* SHA-256 of chain[0] */
    int64_t not_after;                /* of chain[0]; 0 without chain */
    struct wire_ref status;           /* uri empty: none */
    int64_t created_at;
    bool halted;                 /* by a halt of its own */
    bool destroying;             /* begun, not finished: nothing may use it */
    void *live;                  /* the gates' own: verdict kept, rate */
    uint8_t person[WIRE_ID_LEN]; /* purpose HOLDER: whose (reg_person.h) */
};

struct reg_client {
    sg_str id;
    struct key_public *public; /* NULL: signs nothing (the gateway's own lists) */
    bool active;
    uint64_t seq;
};

struct reg_mandate {
    struct wire_mandate mandate;
    uint64_t seq;
    uint64_t window; /* number of the window that `used` counts */
    uint64_t used;
    uint64_t kept_window; /* as in the database */
    uint64_t kept_used;
    bool touched;
};

struct reg_operator {
    sg_str name;
    sg_str person;
    uint64_t roles;
    struct key_public *public;
    bool active;
};

struct reg_proposal {
    uint8_t id[SG_SHA256_LEN];
    sg_bytes operation; /* borrowed from the arena given */
    sg_str proposer;
    sg_bytes signature;
    int64_t expires_at;
};

struct registry;

/* Tables. Inside a transaction or not. */
SG_CHECKED sg_result registry_create(sqlite3 *db);
/* Read everything. The connection must outlive the registry. SG_E_STORE_DOWN, SG_E_NO_MEMORY, SG_E_KEY_INVALID (a row was altered). */
SG_CHECKED sg_result registry_load(sqlite3 *db, struct registry **ret);
void registry_free(struct registry **registry);

/* NULL when there is none. */
struct reg_key *registry_key(struct registry *registry, sg_bytes thumbprint);
struct reg_key *registry_key_labelled(
    struct registry *registry, sg_str label); /* not destroyed ones */
/* In thumbprint order; `after` empty: the first. */
struct reg_key *registry_key_after(struct registry *registry, sg_bytes after);
struct reg_client *registry_client(struct registry *registry, sg_str id);
struct reg_client *registry_client_after(struct registry *registry, sg_str after);
struct reg_mandate *registry_mandate(struct registry *registry, sg_bytes id);
size_t registry_mandates(struct registry *registry, struct reg_mandate *const **ret);
struct reg_operator *registry_operator(struct registry *registry, sg_str name);
size_t registry_operators(struct registry *registry, struct reg_operator *const **ret);

/* A halt of everything, or of this key. */
bool registry_halted(const struct registry *registry, const struct reg_key *key);
/* Grows with every halt and resumption: compared before release. */
uint64_t registry_halt_epoch(const struct registry *registry);

/* ---- counters: changed in memory inside a consent transaction, written before it commits -------------------- */

/*
 * Use a mandate `n` times at `now` (UTC seconds). Windows are counted from the epoch: now / window_s; up to 10 s before the last one count for it. SG_E_MANDATE when that is more
 * than it allows; then nothing changed.
 */
SG_CHECKED sg_result registry_mandate_use(struct registry *registry, struct reg_mandate *mandate,
    uint64_t n, int64_t now, uint64_t *ret_used);
/* What is left now, for the early look. */
uint64_t registry_mandate_left(const struct reg_mandate *mandate, int64_t now);
/* Write what was touched; inside the transaction. */
SG_CHECKED sg_result registry_counters_write(struct registry *registry);
/* After the commit, and after a rollback. */
void registry_counters_committed(struct registry *registry);
void registry_counters_rolled_back(struct registry *registry);
/* Spend an instruction `n` times of `count`, inside the transaction. SG_E_INSTRUCTION when it is used up. */
SG_CHECKED sg_result registry_instruction_use(struct registry *registry, sg_bytes id, sg_str client,
    uint64_t count, uint64_t n, int64_t expires_at);
SG_CHECKED sg_result registry_instructions_forget(struct registry *registry, int64_t now);

/* ---- small values ------------------------------------------------------------------------------------------- */
SG_CHECKED sg_result registry_value_get(struct registry *registry, const char *name, int64_t *ret);
SG_CHECKED sg_result registry_value_set(struct registry *registry, const char *name, int64_t value);

/* Read rows again after the commit that changed them. A failure means memory and ledger differ: the process must end. */
SG_CHECKED sg_result registry_refresh_key(struct registry *registry, sg_bytes thumbprint);
SG_CHECKED sg_result registry_refresh_client(struct registry *registry, sg_str id);
SG_CHECKED sg_result registry_refresh_mandate(struct registry *registry, sg_bytes id);
SG_CHECKED sg_result registry_refresh_operator(struct registry *registry, sg_str name);
SG_CHECKED sg_result registry_refresh_halts(struct registry *registry);

sqlite3 *registry_db(struct registry *registry);

#endif
