/*
 * Who is asking: DPoP proofs (RFC 9449), access tokens, codes, client assertions (RFC 7523), nonces, guessing limits.
 * One struct auth per gateway, shared by all workers; every function may be called by any thread. Functions marked "store" may block on
 * the store (first sight of a token, redemption of a code); the others never block.
 * Time is an argument: UTC seconds.
 */
#ifndef AUTH_H
#define AUTH_H

#include "jws.h"

struct auth;

#define AUTH_TOKEN_LEN 43 /* base64url of 32 random bytes: what wallets and clients carry */
#define AUTH_NONCE_LEN 43
#define AUTH_CLIENT_MAX 128
#define AUTH_OFFER_ID_MAX 32
#define AUTH_BEARER_MAX_S 300 /* OpenID4VCI 13.10: longer tokens must be sender-constrained */

/* Natural persons (auth_person.h). Texts are copied. */
#define AUTH_ORIGINS_MAX 16
struct auth_person_settings {
    sg_str rp_id;                 /* WebAuthn RP ID of login passkeys; empty: nobody logs in */
    const sg_str *origins;        /* of our pages, exactly as browsers write them */
    size_t n_origins;             /* at most AUTH_ORIGINS_MAX */
    int64_t idle_s;               /* a session unused for this long is over */
    int64_t life_s;               /* and so is one that began this long ago */
    int64_t recent_s;             /* what protects the account wants a login not older than this */
    int64_t token_life_s;         /* holder tokens of wallets */
    uint64_t tries;               /* wrong logins before an account is locked */
    int64_t lock_s;               /* for this long */
    uint32_t logins_per_minute;   /* challenges for one address */
    uint32_t failures_per_minute; /* wrong logins of everybody together */
    uint32_t
        enrol_failures_per_minute; /* wrong enrolment links and codes likewise: what the signer is asked at most */
};

struct auth_settings {
    sg_str
        issuer; /* public URL = issuer identifier of the authorisation server, no trailing slash */
    int64_t token_life_s;  /* DPoP-bound wallet tokens */
    int64_t client_life_s; /* tokens of system clients, always DPoP-bound */
    int64_t bearer_life_s; /* 0: a wallet without DPoP is refused; at most AUTH_BEARER_MAX_S */
    int64_t
        dpop_window_s; /* now - iat of DPoP proofs, at most 60; also how long their jti is remembered */
    bool dpop_nonce;           /* demand our nonce in every DPoP proof */
    int64_t nonce_life_s;      /* c_nonce and DPoP nonces */
    uint32_t tx_tries;         /* wrong transaction codes before the offer is dead */
    uint32_t guess_per_minute; /* wrong codes or client failures per peer before 429 */
    size_t tokens_max;         /* cached tokens (the store has all) */
    size_t replay_max;         /* remembered jti; when full of live ones new proofs are refused */
    struct auth_person_settings person;
};
struct auth_settings auth_settings_default(void);

struct store;
/* SG_E_NO_MEMORY, SG_E_VALUE (bearer_life_s). Starts no thread. `settings` is copied, its issuer too. */
SG_CHECKED sg_result auth_new(
    const struct auth_settings *settings, struct store *store, struct auth **ret);
void auth_free(struct auth **auth); /* NULL accepted */

const struct auth_settings *auth_settings_view(const struct auth *auth);

/*
 * Who an address is for limits: IPv4 as it is, of IPv6 the network of 64 bits, since one customer has as many addresses as it likes (RFC 6177). What is no
 * address stands for itself, cut.
 */
#define AUTH_ASKER_MAX 48
sg_bytes auth_asker(sg_str address, uint8_t room[AUTH_ASKER_MAX]);

/* For look-ups that strangers may do so often and no more. SG_E_TOO_MANY. */
SG_CHECKED sg_result auth_use_limited(
    struct auth *auth, sg_bytes peer, uint32_t per_minute, int64_t now);

enum auth_kind {
    AUTH_WALLET = 1, /* an offer's code: may fetch what was offered */
    AUTH_CLIENT = 2, /* a system client */
    AUTH_HOLDER = 3, /* a wallet that acts for a person, with its consent (scope `holder`) */
};

/* What a holder's token may beside `holder`, when the person granted it. */
enum auth_scope {
    AUTH_SCOPE_ACTIVITY = 1 /* read every use of the keys, not only what this wallet caused */
};

/*
 * A live access token. Read-only and shared but for `attached`; hold it with the pointer that auth_token_check gave, give it back once.
 */
struct auth_session {
    enum auth_kind kind;
    bool bound;      /* DPoP; otherwise Bearer */
    uint8_t jkt[32]; /* when bound */
    uint8_t token_hash[32];
    int64_t expires_at;
    sg_str client;      /* CLIENT, HOLDER: its id; WALLET: client_id if one was sent, else empty */
    sg_str offer_id;    /* WALLET; HOLDER: all tokens of one code */
    uint8_t person[16]; /* HOLDER */
    uint64_t scopes;    /* HOLDER: sum of enum auth_scope */
    sg_str selection;   /* WALLET: which credentials of the offer, as the token endpoint wrote it */
};
void auth_session_release(struct auth *auth, struct auth_session **session); /* NULL accepted */

/* An offer was taken back in the store: no cached token of it counts any more. Requests under way end as they began. */
void auth_offer_forget(struct auth *auth, sg_str offer_id);

/* Something that lives and dies with the cached token (flow hangs its parsed authorisation here). First one in wins; NULL if none. */
void *auth_session_attachment(struct auth_session *session);
void *auth_session_attach(
    struct auth_session *session, void *object, void (*free_fn)(void *object));

/* One request as far as authentication looks at it. Header lines are counted raw: a comma-joined second DPoP header is two. */
struct auth_request {
    sg_str method;
    sg_str url; /* public URL of the endpoint, without query and fragment */
    sg_str authorization;
    size_t n_authorization;
    sg_str dpop;
    size_t n_dpop;
    sg_bytes peer; /* who, for guessing limits (address) */
    int64_t now;
};

/*
 * Resource side (RFC 9449 7, RFC 6750): token, scheme, proof with ath and key.
 * SG_E_UNAUTHENTICATED no credentials; SG_E_TOKEN unknown, expired, wrong scheme for the token; SG_E_DPOP; SG_E_DPOP_NONCE; SG_E_REPLAY is
 * given as SG_E_DPOP; two DPoP headers as well; SG_E_MALFORMED two Authorization headers; SG_E_FULL no room for replay memory. store (first sight).
 */
SG_CHECKED sg_result auth_token_check(struct auth *auth, struct sg_arena *arena,
    const struct auth_request *req, struct auth_session **ret);

/*
 * Token side (RFC 9449 5): the proof alone. SG_E_DPOP, SG_E_DPOP_NONCE. Two calls: the proof is checked first, and remembered only once the caller
 * has shown a code or an assertion that is good. Otherwise anybody with a fresh key could fill the memory of all (req: AU-7).
 */
struct auth_dpop {
    bool present; /* there was a header */
    uint8_t jkt[32];
    sg_str jti; /* in the arena */
};
SG_CHECKED sg_result auth_dpop_check(struct auth *auth, struct sg_arena *arena,
    const struct auth_request *req, struct auth_dpop *ret);
/* Once for each proof: SG_E_DPOP when it was used before, SG_E_FULL. Nothing to do without a proof. */
SG_CHECKED sg_result auth_dpop_spend(struct auth *auth, const struct auth_dpop *proof, int64_t now);

/* ---- nonces: HMAC under a key made at start, with their time; nothing is stored ------------------- */
enum auth_nonce_use { AUTH_C_NONCE = 1, AUTH_DPOP_NONCE = 2, AUTH_VCAPI_CHALLENGE = 3 };
void auth_nonce_make(
    struct auth *auth, enum auth_nonce_use use, int64_t now, char ret[AUTH_NONCE_LEN]);
/* SG_E_NONCE: not ours, of another use, of another start, too old. */
SG_CHECKED sg_result auth_nonce_check(
    struct auth *auth, enum auth_nonce_use use, sg_str nonce, int64_t now);

/* ---- token endpoint ------------------------------------------------------------------------------- */

/* What a code stands for before it is redeemed. Views live in the arena. */
struct auth_code {
    sg_str code; /* as sent */
    sg_str offer_id;
    sg_str client;    /* who made the offer */
    sg_bytes body;    /* flow's */
    bool tx_code;     /* one is needed */
    uint8_t hash[32]; /* of the code */
};
/* SG_E_GRANT for wrong, used, expired, dead alike. SG_E_TOO_MANY after too many guesses of this peer. store */
SG_CHECKED sg_result auth_code_find(struct auth *auth, struct sg_arena *arena, sg_str code,
    sg_bytes peer, int64_t now, struct auth_code *ret);

struct auth_issued {
    char token[AUTH_TOKEN_LEN];
    bool bound;
    int64_t expires_in;
    uint64_t scopes; /* of a holder's */
};
/*
 * Redeem: checks tx_code in constant time and counts wrong ones, then marks the code used and makes the token in one transaction.
 * SG_E_MISSING tx_code needed and absent; SG_E_VALUE sent and not expected; SG_E_GRANT wrong or lost the race; SG_E_DPOP no proof where
 * Bearer is not configured. store
 */
SG_CHECKED sg_result auth_code_redeem(struct auth *auth, struct sg_arena *arena,
    const struct auth_code *code, bool has_tx_code, sg_str tx_code, sg_str client_id,
    sg_str selection, const uint8_t *jkt /* or NULL */, int64_t now, struct auth_issued *ret);

/* A system client as the signer's registry has it. */
struct auth_client_key {
    sg_str client;
    uint64_t alg; /* enum jose_alg_id */
    sg_bytes spki;
    bool active;
};
/* The client id an assertion claims (unverified), so that its key can be asked from the signer. SG_E_CLIENT. */
SG_CHECKED sg_result auth_assertion_client(struct auth *auth, struct sg_arena *arena,
    sg_str assertion, sg_bytes peer, int64_t now, sg_str *ret);
/* private_key_jwt (AU-8): signature, iss = sub = client, aud = issuer (one string), exp, iat, jti used once. SG_E_CLIENT, SG_E_TOO_MANY. */
SG_CHECKED sg_result auth_assertion_check(struct auth *auth, struct sg_arena *arena,
    sg_str assertion, const struct auth_client_key *key, sg_bytes peer, int64_t now);
/* A DPoP-bound token for a system client. store */
SG_CHECKED sg_result auth_client_token(struct auth *auth, struct sg_arena *arena, sg_str client,
    const uint8_t jkt[32], int64_t now, struct auth_issued *ret);

/* ---- codes of offers -------------------------------------------------------------------------------- */
/* SHA-256 tags under which codes and tokens rest in the store. */
void auth_code_hash(sg_str code, uint8_t ret[32]);
void auth_tx_hash(sg_str code, sg_str tx_code, uint8_t ret[32]);

#endif
