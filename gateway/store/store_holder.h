/*
 * What the gateway keeps about persons: names, credentials they gave into its care, what they agreed to, sessions, the counters of their login
 * passkeys, links to outside identities (req: AU-3, AU-5, AU-6, PRO-3, SIG-6, EV-4). The signer knows a person as 16 random bytes and no more.
 *
 * Everything that tells of a person is sealed with XChaCha20-Poly1305 under a key of that person's own, which is itself sealed under the store's key
 * from a file. Erasing a person overwrites that key: what lies in old pages, backups and write-ahead logs is unreadable from then on.
 * The place of a sealed value (table, person, row) is authenticated with it, so that values cannot be exchanged.
 *
 * Threads, times and errors as in store.h. Strings and blobs that come back lie in the caller's arena.
 */
#ifndef STORE_HOLDER_H
#define STORE_HOLDER_H

#include "store.h"

#define STORE_PERSON_LEN 16
#define STORE_HELD_ID_LEN 16
#define STORE_HELD_MAX 512 /* credentials of one person */
#define STORE_CREDENTIAL_MAX ((size_t)256 * 1024)
#define STORE_CONSENT_MAX ((size_t)512 * 1024) /* text and openings of one consent */
#define STORE_PROFILE_MAX ((size_t)4096)
#define STORE_LINKS_MAX 8

/*
 * The store's key: 32 random bytes in a file of mode 0600, relative to the working directory. Made when there is neither the file nor an account
 * (`init` makes it as well). Call before store_start. SG_E_NOT_FOUND: gone although accounts need it. SG_E_VALUE: length, or readable by others.
 */
SG_CHECKED sg_result store_vault_open(struct store *store, const char *path, struct sg_why *why);

/* ---- accounts -------------------------------------------------------------------------------------- */

enum store_account_state {
    STORE_ACCOUNT_OPEN = 1,
    STORE_ACCOUNT_ERASED = 2, /* a tombstone: no key, nothing personal; never opened again */
};
struct store_account {
    uint8_t person[STORE_PERSON_LEN];
    uint64_t state;
    int64_t created_at;
    uint64_t failures;    /* wrong logins since the last good one */
    int64_t locked_until; /* 0: not locked */
    sg_bytes profile;     /* JSON of the face's; empty if none was given */
};
/* sync. Makes the person's key; nothing happens when the account is there. SG_E_GRANT: erased. */
SG_CHECKED sg_result store_account_make(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], int64_t now);
/* SG_E_NOT_FOUND. An erased one comes back with its state and without a profile. */
SG_CHECKED sg_result store_account_get(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    struct sg_arena *arena, struct store_account *ret);
/* sync. SG_E_NOT_FOUND (erased too), SG_E_TOO_LARGE. */
SG_CHECKED sg_result store_account_profile(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], sg_bytes profile);
/*
 * sync, atomic: a wrong login. After `tries` of them the account is locked until now + lock_s and counting starts again (req: AU-7).
 * ret_locked_until: 0 when it is not locked. SG_E_NOT_FOUND.
 */
SG_CHECKED sg_result store_account_failed(struct store *store,
    const uint8_t person[STORE_PERSON_LEN], int64_t now, uint64_t tries, int64_t lock_s,
    int64_t *ret_locked_until);
/*
 * sync, atomic: key, profile, credentials, openings, links, sessions, codes and tokens of the person go; what tells of signatures (their hashes and
 * ledger sequences) stays, it names nobody. Cached tokens are the caller's to drop (auth_person_end). SG_E_NOT_FOUND.
 */
SG_CHECKED sg_result store_account_erase(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], int64_t now);

/* ---- sessions and login passkeys ------------------------------------------------------------------- */

struct store_session {
    uint8_t hash[STORE_HASH_LEN]; /* of the cookie, which is never stored */
    uint8_t person[STORE_PERSON_LEN];
    uint64_t method;               /* gateway/auth's enum auth_method */
    uint8_t agent[STORE_HASH_LEN]; /* of what the browser says of itself */
    int64_t created_at;            /* = when the person showed who it is */
    int64_t seen_at;
    int64_t expires_at; /* absolute */
};
/* A login passkey as the gateway remembers it. */
struct store_login {
    uint8_t passkey[STORE_HASH_LEN]; /* SHA-256 of the credential id */
    sg_bytes user_handle;            /* empty: was not sent */
    uint64_t sign_count;             /* of this assertion */
};
/*
 * sync, atomic: a good assertion. The counter must have grown, unless old and new are 0 (WebAuthn 7.2 step 22); the user handle must be the one of the
 * first time; the account must be open and not locked. Then the session is there and `ended` (NULL: none) is not, failures are 0. SG_E_ACTIVATION
 * (counter, handle), SG_E_TOO_MANY (locked), SG_E_GRANT (erased), SG_E_NOT_FOUND (no account).
 */
SG_CHECKED sg_result store_session_login(struct store *store, const struct store_login *login,
    const struct store_session *session, const uint8_t *ended);
/* sync: a session without an assertion of a login passkey: after enrolment, by an outside provider. SG_E_GRANT, SG_E_TOO_MANY, SG_E_NOT_FOUND. */
SG_CHECKED sg_result store_session_put(
    struct store *store, const struct store_session *session, const uint8_t *ended);
SG_CHECKED sg_result store_session_get(
    struct store *store, const uint8_t hash[STORE_HASH_LEN], struct store_session *ret);
/* sync. SG_E_NOT_FOUND: it was ended meanwhile. */
SG_CHECKED sg_result store_session_seen(
    struct store *store, const uint8_t hash[STORE_HASH_LEN], int64_t now);
/* sync. Ending what is not there is no fault. */
SG_CHECKED sg_result store_session_end(struct store *store, const uint8_t hash[STORE_HASH_LEN]);
/* sync, atomic: sessions, codes and tokens of the person, but for one session (NULL: all). */
SG_CHECKED sg_result store_session_end_all(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], const uint8_t *but);
/* Who has a session or a token, by id, after this one (zeros: from the start): at most `max`. */
SG_CHECKED sg_result store_persons_after(struct store *store, const uint8_t after[STORE_PERSON_LEN],
    uint8_t (*ret)[STORE_PERSON_LEN], size_t max, size_t *ret_n);
/* How many live ones. */
SG_CHECKED sg_result store_session_count(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], int64_t now, uint64_t *ret);

/* ---- authorization codes of wallets ----------------------------------------------------------------- */

struct store_code {
    uint8_t hash[STORE_HASH_LEN];
    uint8_t person[STORE_PERSON_LEN];
    sg_str client;
    sg_str redirect_uri;
    uint8_t challenge[STORE_HASH_LEN]; /* PKCE S256 */
    sg_bytes jkt;                      /* empty or 32: dpop_jkt */
    int64_t expires_at;
    uint64_t scopes; /* of its tokens */
};
/* sync. */
SG_CHECKED sg_result store_code_put(struct store *store, const struct store_code *code);
/* As it was put; ret_used: it has been. SG_E_GRANT: unknown. */
SG_CHECKED sg_result store_code_get(struct store *store, const uint8_t hash[STORE_HASH_LEN],
    struct sg_arena *arena, struct store_code *ret, bool *ret_used);
/*
 * sync, atomic, works once: the code is used up and `token` (NULL: whoever sent the code was not entitled) is there. Used before: the tokens of its
 * family are revoked (RFC 6749 4.1.2) and SG_E_REPLAY. SG_E_GRANT: unknown, expired.
 */
SG_CHECKED sg_result store_code_spend(struct store *store, const uint8_t hash[STORE_HASH_LEN],
    int64_t now, const struct store_token *token);
/* What tokens of this code carry as offer_id: 'h' and 32 hex digits. */
#define STORE_FAMILY_LEN 33
void store_code_family(const uint8_t hash[STORE_HASH_LEN], char ret[STORE_FAMILY_LEN]);

/* ---- credentials in our care ------------------------------------------------------------------------ */

struct store_held {
    uint8_t id[STORE_HELD_ID_LEN]; /* made by store_held_add from key and credential */
    int64_t added_at;
    sg_str format;
    sg_str configuration;        /* issuer's configuration id or type; may be empty */
    uint8_t key[STORE_HASH_LEN]; /* RFC 7638 thumbprint of the holder key it is bound to */
    sg_bytes credential;         /* as it was received */
};
/* sync. SG_E_NOT_FOUND (no account), SG_E_CONFLICT (this credential is there), SG_E_FULL, SG_E_TOO_LARGE. */
SG_CHECKED sg_result store_held_add(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    const struct store_held *held, uint8_t ret_id[STORE_HELD_ID_LEN]);
/* All of them, the oldest first; at most STORE_HELD_MAX. SG_E_NO_MEMORY when the arena does not hold them. */
SG_CHECKED sg_result store_held_list(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    struct sg_arena *arena, const struct store_held **ret, size_t *ret_n);
SG_CHECKED sg_result store_held_get(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    const uint8_t id[STORE_HELD_ID_LEN], struct sg_arena *arena, struct store_held *ret);
/* sync. SG_E_NOT_FOUND. */
SG_CHECKED sg_result store_held_remove(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    const uint8_t id[STORE_HELD_ID_LEN]);

/* ---- what was agreed to: openings of presentations and proofs --------------------------------------- */

/* Where a signature stands in the ledger. Names nobody, stays when the person is erased. */
struct store_signed {
    uint8_t signature_hash[STORE_HASH_LEN]; /* wire_signature_hash */
    uint64_t consent_seq, outcome_seq;
    int64_t signed_at;
};
/* What was shown and what opens the intent's commitments; sealed under the person's key. */
struct store_consent {
    sg_str template_; /* "present/1" */
    sg_str language;  /* "en", "ja" */
    sg_str text;      /* as shown */
    sg_str openings;  /* canonical JSON, all of them (CONSENT_FOR_PERSON) */
    sg_str client;    /* whose wallet asked; empty: a page of ours, or kept by an earlier version */
};
/* sync, atomic. All signatures have the same consent_seq. A repeat changes nothing. SG_E_NOT_FOUND (no account), SG_E_TOO_LARGE, SG_E_VALUE (n 0). */
SG_CHECKED sg_result store_consent_put(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    const struct store_consent *consent, const struct store_signed *signatures, size_t n);
/* sync: the same of a consent without signatures: a passkey added or removed. */
SG_CHECKED sg_result store_consent_note(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    uint64_t consent_seq, const struct store_consent *consent);
/* SG_E_NOT_FOUND. */
SG_CHECKED sg_result store_signed_get(
    struct store *store, const uint8_t signature_hash[STORE_HASH_LEN], struct store_signed *ret);
/* By the ledger's sequence of the consent. SG_E_NOT_FOUND: never was, or the person is erased. `ret_person` may be NULL. */
SG_CHECKED sg_result store_consent_get(struct store *store, uint64_t consent_seq,
    struct sg_arena *arena, uint8_t *ret_person, struct store_consent *ret);

/* ---- outside identities (AU-5) ----------------------------------------------------------------------- */

struct store_link {
    sg_str issuer;
    sg_str subject;
    int64_t linked_at;
};
/* sync. SG_E_CONFLICT: linked to somebody already. SG_E_FULL, SG_E_NOT_FOUND (no account). */
SG_CHECKED sg_result store_link_put(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], const struct store_link *link);
/* Whose is it? SG_E_NOT_FOUND. */
SG_CHECKED sg_result store_link_find(
    struct store *store, sg_str issuer, sg_str subject, uint8_t ret_person[STORE_PERSON_LEN]);
SG_CHECKED sg_result store_link_list(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    struct sg_arena *arena, struct store_link ret[STORE_LINKS_MAX], size_t *ret_n);
/* sync. SG_E_NOT_FOUND. */
SG_CHECKED sg_result store_link_remove(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], sg_str issuer, sg_str subject);

#endif
