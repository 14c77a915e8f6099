/* What the files of gateway/auth share. Not for others. */
#ifndef AUTH_INTERNAL_H
#define AUTH_INTERNAL_H

#include "auth.h"

#include <pthread.h>
#include <stdatomic.h>

#include "auth_limit.h"
#include "auth_replay.h"

#define AUTH_SHARDS 16u
/* A clock ahead of ours is accepted this far (FAPI 2.0: 10 s). */
#define AUTH_SKEW_S 10
#define AUTH_TX_LOCKS 16
#define AUTH_SEEN_S 30 /* a session's last use is written this often at most */
/* Longest life of a client assertion, and how long its jti is remembered. */
#define AUTH_ASSERTION_MAX_S 300

struct auth_node;

struct auth_shard {
    pthread_mutex_t lock; /* guards the chains and the reference counts of nodes in them */
    struct auth_node **buckets;
    size_t n_buckets;
    size_t n;
    size_t sweep; /* next bucket to look for expired nodes */
};

struct auth {
    struct auth_settings settings;
    struct store *store;
    struct auth_replay *replay;     /* jti of DPoP proofs */
    struct auth_replay *assertions; /* jti of client assertions */
    pthread_mutex_t
        tx_locks[AUTH_TX_LOCKS]; /* by code: transaction codes are tried one after the other */
    struct auth_limit *limit;
    uint8_t nonce_key[32];
    uint8_t rp_id_hash[32];
    sg_str origins[AUTH_ORIGINS_MAX];
    size_t shard_max;
    struct auth_shard shards[AUTH_SHARDS];
};

/* A DPoP key as it was seen: the header's own text, so that an equal header needs no parsing, and the decoded key. */
struct auth_dpop_seen {
    const struct jose_alg *alg;
    struct jwk_key *key;
    size_t header_n;
    char header[];
};

/* One cached token. */
struct auth_node {
    struct auth_node *next;
    unsigned refs; /* guarded by the shard's lock: one for the chain, one for each holder */
    bool linked;
    _Atomic(struct auth_dpop_seen *) dpop;
    _Atomic(void *) attached;
    void (*_Atomic attached_free)(void *);
    struct auth_session session;
    char text[]; /* client, offer id, selection */
};

/* What a DPoP proof is held against. */
struct auth_dpop_expect {
    sg_str proof;
    sg_str method;
    sg_str url;
    const char *ath;         /* 43 characters, or NULL at the token endpoint */
    const uint8_t *jkt;      /* the token's key, or NULL */
    struct auth_node *cache; /* where the decoded key may be kept, or NULL */
    int64_t now;
};
/* Everything but the replay memory: auth_dpop_spend. */
SG_CHECKED sg_result auth_dpop_verify(struct auth *auth, struct sg_arena *arena,
    const struct auth_dpop_expect *expect, struct auth_dpop *ret);
void auth_dpop_seen_free(struct auth_dpop_seen *seen);

/* A node made from parts, not in the cache yet; refs = 1 (the caller's). NULL: out of memory. */
struct auth_node *auth_node_new(const struct auth_session *from);
/* Put it in and hold it. If an equal token is there already, that one is given and `node` is freed. */
struct auth_node *auth_cache_put(struct auth *auth, struct auth_node *node, int64_t now);
struct auth_node *auth_cache_get(struct auth *auth, const uint8_t token_hash[32], int64_t now);
void auth_cache_drop(struct auth *auth, const uint8_t token_hash[32]);
sg_result auth_cache_init(struct auth *auth) SG_CHECKED;
void auth_cache_done(struct auth *auth);

/*
 * Count a failure; the word to answer with: `word`, or SG_E_TOO_MANY when this asker fails too often. What is right is never refused for
 * the failures of others at the same address (a proxy): codes and keys are too long to be guessed, transaction codes have their own count.
 */
SG_CHECKED sg_result auth_failed(
    struct auth *auth, enum auth_guess kind, sg_bytes peer, int64_t now, sg_result word);

/* The same for what persons do: counted for this asker and for everybody together. */
SG_CHECKED sg_result auth_person_failed(struct auth *auth, enum auth_guess own, enum auth_guess all,
    sg_bytes peer, int64_t now, sg_result word);

/* base64url of 32 random bytes. */
void auth_secret_make(char ret[AUTH_TOKEN_LEN]);

/* No cached token for which `gone` is true counts any more. */
void auth_cache_forget(struct auth *auth,
    bool (*gone)(const struct auth_session *session, const void *context), const void *context);

/* Same resource? Syntax- and scheme-based normalisation of both (RFC 9449 4.3 item 9, RFC 3986 6.2.2, 6.2.3); query and fragment of `htu` are cut. */
bool auth_same_url(struct sg_arena *arena, sg_str htu, sg_str url);

#endif
