/*
 * What the gateway keeps: offers, access tokens, issuances, status lists. Domain verbs; SQLite behind them (WAL, synchronous=FULL,
 * paths relative to the working directory).
 *
 * Threads: any thread may call any verb. One writer thread owns the writing connection; it takes all changes that wait, commits them
 * with one sync, then tells those who wait. "sync" verbs wait for that; reading verbs use a pooled connection. The async verb never
 * blocks and calls back in the writer thread when durable; such a call-back must not call a sync verb.
 *
 * Times are UTC seconds. Hashes and thumbprints are 32 bytes. Strings and blobs that come back lie in the caller's arena. Any verb:
 * SG_E_STORE_DOWN when the database does not work, SG_E_NO_MEMORY.
 */
#ifndef STORE_H
#define STORE_H

#include "sg_arena.h"

#define STORE_HASH_LEN 32
#define STORE_BODY_MAX ((size_t)128 * 1024)
#define STORE_TOKEN_BODY_MAX ((size_t)4096)
#define STORE_TEXT_MAX 1024
#define STORE_OPENINGS_MAX ((size_t)4096)

struct store;
typedef void (*store_done)(void *context, sg_result result);

/*
 * Open or create. `environment` is written on creation and must match afterwards: SG_E_ENVIRONMENT (NET-2). SG_E_UNSUPPORTED: made by
 * another version. The writer thread starts in store_start (after the sandbox); verbs need it.
 */
SG_CHECKED sg_result store_open(
    const char *path, const char *environment, struct store **ret, struct sg_why *why);
SG_CHECKED sg_result store_start(struct store *store);
/* Finishes what was queued. NULL accepted. */
void store_close(struct store **store);

struct store_figures {
    uint64_t commits, changes, failures; /* changes per commit = how well grouping works */
    uint64_t commit_us_sum, commit_us_max;
    uint64_t moves, move_failures; /* of the write-ahead log into the database */
    bool healthy;                  /* the last commit succeeded */
};
void store_figures_get(struct store *store, struct store_figures *ret);

/* ---- offers (pre-authorised codes) -------------------------------------------------------------- */

enum store_offer_state { STORE_OFFER_OPEN = 0, STORE_OFFER_REDEEMED = 1, STORE_OFFER_DEAD = 2 };
struct store_offer {
    sg_str offer_id;
    uint8_t code_hash[STORE_HASH_LEN]; /* the code itself is never stored */
    sg_bytes tx_hash;                  /* empty or 32 */
    uint64_t tries_left;
    sg_str client;
    int64_t created_at, expires_at;
    uint64_t state; /* enum store_offer_state */
    sg_bytes body;  /* what may be issued; opaque; empty once dropped (SIG-6) */
};
/* sync. SG_E_CONFLICT when id or code is there. */
SG_CHECKED sg_result store_offer_put(struct store *store, const struct store_offer *offer);
/* SG_E_NOT_FOUND. */
SG_CHECKED sg_result store_offer_get(
    struct store *store, sg_str offer_id, struct sg_arena *arena, struct store_offer *ret);
SG_CHECKED sg_result store_offer_by_code(struct store *store,
    const uint8_t code_hash[STORE_HASH_LEN], struct sg_arena *arena, struct store_offer *ret);
/*
 * sync, atomic: a wrong transaction code was sent. One try less if the offer is open; at none left it is dead (AU-7).
 * SG_E_NOT_FOUND; SG_E_GRANT if it was not open or had expired.
 */
SG_CHECKED sg_result store_offer_try(struct store *store, const uint8_t code_hash[STORE_HASH_LEN],
    int64_t now, uint64_t *ret_tries_left);
struct store_token;
/* sync, atomic: open -> redeemed and the token inserted. SG_E_GRANT if it was not open, had no tries left or had expired. */
SG_CHECKED sg_result store_offer_redeem(struct store *store,
    const uint8_t code_hash[STORE_HASH_LEN], int64_t now, const struct store_token *token);
/* sync: dead, body dropped, its tokens revoked. SG_E_NOT_FOUND. */
SG_CHECKED sg_result store_offer_drop(struct store *store, sg_str offer_id);
/* sync: only the body is dropped (everything was issued, SIG-6). */
SG_CHECKED sg_result store_offer_forget(struct store *store, sg_str offer_id);

/* ---- access tokens ------------------------------------------------------------------------------- */

enum store_token_kind {
    STORE_TOKEN_WALLET = 1,
    STORE_TOKEN_CLIENT = 2,
    STORE_TOKEN_HOLDER =
        3, /* body: the person; offer_id: the family of its code (store_holder.h) */
};
struct store_token {
    uint8_t token_hash[STORE_HASH_LEN]; /* the token itself is never stored */
    uint64_t kind;
    sg_str client;
    sg_str offer_id; /* empty for clients */
    sg_bytes jkt;    /* empty or 32: DPoP key */
    int64_t expires_at;
    sg_bytes body; /* opaque, at most STORE_TOKEN_BODY_MAX */
    uint64_t
        scopes; /* HOLDER: sum of what was granted beside acting for the person; the store does not read it */
};
SG_CHECKED sg_result store_token_put(struct store *store, const struct store_token *token);
SG_CHECKED sg_result store_token_get(struct store *store, const uint8_t token_hash[STORE_HASH_LEN],
    struct sg_arena *arena, struct store_token *ret);
SG_CHECKED sg_result store_token_revoke_offer(struct store *store, sg_str offer_id);

/* ---- issuances ----------------------------------------------------------------------------------- */

enum store_issuance_state { STORE_ISSUED = 1, STORE_SUPERSEDED = 2 };
struct store_issuance {
    uint64_t seq; /* given by the store */
    sg_str offer_id;
    uint8_t token_hash[STORE_HASH_LEN];
    sg_str identifier;              /* credential identifier */
    uint8_t holder[STORE_HASH_LEN]; /* key thumbprint; zero when unbound */
    sg_str list;                    /* status list name; empty: none */
    int64_t idx;                    /* -1: none */
    uint64_t state;
    uint8_t signature_hash[STORE_HASH_LEN]; /* the look-up key of evidence (EV-2) */
    sg_bytes openings;                      /* salts of commitments; opaque */
    uint64_t consent_seq, outcome_seq;
    sg_str configuration;
    sg_str client;
    int64_t signed_at, expires_at;
};
/*
 * async: keep the rows of one request; `done` once durable. What is needed of the rows is copied before the call returns.
 * All of them or none. A signature hash is expected once; of two rows with the same one the first is kept.
 */
void store_issuance_commit(struct store *store, const struct store_issuance *rows, size_t n,
    store_done done, void *context);
SG_CHECKED sg_result store_issuance_count(
    struct store *store, sg_str offer_id, sg_str identifier, uint64_t *ret);
/* The last row of that holder key. SG_E_NOT_FOUND. */
SG_CHECKED sg_result store_issuance_holder(struct store *store, sg_str offer_id, sg_str identifier,
    const uint8_t holder[STORE_HASH_LEN], struct sg_arena *arena, struct store_issuance *ret);
SG_CHECKED sg_result store_issuance_by_signature(struct store *store,
    const uint8_t signature_hash[STORE_HASH_LEN], struct sg_arena *arena,
    struct store_issuance *ret);
/* sync. SG_E_NOT_FOUND. */
SG_CHECKED sg_result store_issuance_supersede(struct store *store, uint64_t seq);

/* ---- status lists -------------------------------------------------------------------------------- */

struct store_list {
    sg_str name;
    sg_str uri;
    uint64_t bits;
    uint64_t size;     /* entries */
    uint64_t reserved; /* allocations reserved so far, in entries (statuslist/publish, tsl_alloc) */
    sg_bytes key;      /* allocation secret; empty or 16..32 bytes */
    sg_bytes body;     /* packed statuses, LSB first (draft-ietf-oauth-status-list 4.1) */
    uint64_t version;  /* changes so far */
};
SG_CHECKED sg_result store_list_put(
    struct store *store, const struct store_list *list); /* SG_E_CONFLICT when there */
SG_CHECKED sg_result store_list_get(
    struct store *store, sg_str name, struct sg_arena *arena, struct store_list *ret);
/* Names in order of creation, in the arena. */
SG_CHECKED sg_result store_list_names(
    struct store *store, struct sg_arena *arena, sg_str **ret, size_t *ret_n);
/*
 * sync, atomic, durable before it returns: `reserved` is raised by `n` (cut at size); ret_first is the old value, ret_end the new one.
 * SG_E_FULL when nothing is left. Reserved and unused entries are lost, never reused.
 */
SG_CHECKED sg_result store_list_reserve(
    struct store *store, sg_str name, uint64_t n, uint64_t *ret_first, uint64_t *ret_end);
SG_CHECKED sg_result store_list_value(
    struct store *store, sg_str name, uint64_t idx, uint64_t *ret);

/* ---- status orders: written ahead (STA-2) --------------------------------------------------------- */

/*
 * An order waits here from before the signer is asked until the list says what it orders, so that no crash leaves the ledger ahead of
 * the list. One order per entry waits at a time: the order in which the ledger has them is then the order in which they are applied.
 */
struct store_order {
    sg_bytes id; /* 16 bytes */
    sg_str list; /* name */
    uint64_t idx, value;
    sg_bytes order, signature; /* as the signer wants them */
    int64_t at;
};
#define STORE_ORDERS_MAX 4096 /* one answer of store_orders_waiting */
/*
 * sync, atomic: the order waits. ret_present: what the entry says now, seen in the same transaction. SG_E_REPLAY: an order with this id was
 * applied. SG_E_PENDING: it waits already. SG_E_TOO_MANY: another for this entry waits. SG_E_NOT_FOUND (list, or index out of it), SG_E_VALUE
 * (value wider than the list's bits).
 */
SG_CHECKED sg_result store_order_wait(
    struct store *store, const struct store_order *order, uint64_t *ret_present);
/* sync, atomic: the entry changes, the order is kept and waits no more. SG_E_NOT_FOUND when it does not wait. */
SG_CHECKED sg_result store_order_apply(
    struct store *store, sg_bytes id, int64_t at, uint64_t *ret_version);
/* sync: it was never recorded. SG_E_NOT_FOUND when it does not wait. */
SG_CHECKED sg_result store_order_drop(struct store *store, sg_bytes id);
/* The oldest first, at most STORE_ORDERS_MAX, in the arena. */
SG_CHECKED sg_result store_orders_waiting(
    struct store *store, struct sg_arena *arena, const struct store_order **ret, size_t *ret_n);

/* ---- things that may be used once (OpenID4VP nonces) ------------------------------------------------ */

/*
 * sync, atomic, durable: one of several callers gets it. SG_E_REPLAY: it was taken, and its time is not over. `hash` is a tagged hash of whatever may be used
 * once; `expires_at`: when remembering it is of no use any more.
 */
SG_CHECKED sg_result store_once_take(
    struct store *store, const uint8_t hash[STORE_HASH_LEN], int64_t now, int64_t expires_at);
/* sync. It was not used after all. */
SG_CHECKED sg_result store_once_give(struct store *store, const uint8_t hash[STORE_HASH_LEN]);
SG_CHECKED sg_result store_once_find(
    struct store *store, const uint8_t hash[STORE_HASH_LEN], int64_t now, bool *ret_taken);

/* ---- housekeeping -------------------------------------------------------------------------------- */

/* sync: expired offers lose their body at once and their row a day later; expired tokens go. Some hundred rows per call. */
SG_CHECKED sg_result store_sweep(struct store *store, int64_t now, uint64_t *ret_rows);

#endif
