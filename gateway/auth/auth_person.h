/*
 * Natural persons: login by passkey, sessions of browsers, tokens that let a wallet act for its holder (req: AU-3, AU-5, AU-6, AU-7).
 * What a person may sign is never decided here: a signature needs a gesture that the signer checks (AU-4). Faces see this through
 * faces/common/face_person.h.
 *
 * Every refusal of a login is SG_E_ACTIVATION: one word, whatever was wrong. Functions marked "store" may block on it.
 */
#ifndef AUTH_PERSON_H
#define AUTH_PERSON_H

#include "auth.h"

#define AUTH_PERSON_LEN 16
#define AUTH_COOKIE_LEN 43 /* base64url of 32 random bytes */
#define AUTH_CSRF_LEN 43
#define AUTH_LOGIN_CHALLENGE_LEN 48

/* How a person showed who it is. By a provider: may read, may not change what protects the account. */
enum auth_method { AUTH_BY_PASSKEY = 1, AUTH_BY_PROVIDER = 2, AUTH_BY_ENROLMENT = 3 };

/* A live session, by value. */
struct auth_login {
    uint8_t person[AUTH_PERSON_LEN];
    enum auth_method method;
    int64_t since;            /* of the login itself */
    int64_t expires_at;       /* absolute end */
    uint8_t session[32];      /* hash of the cookie: names the session, opens nothing */
    char csrf[AUTH_CSRF_LEN]; /* to be sent back with every change */
};
/* A new session: what the browser gets. */
struct auth_new_login {
    char cookie[AUTH_COOKIE_LEN];
    char csrf[AUTH_CSRF_LEN];
    int64_t lives_s;
};

/*
 * The session of a cookie. `agent`: the User-Agent header; digits do not count, so that an update does not end the session. SG_E_UNAUTHENTICATED for
 * unknown, ended, idle too long, over its absolute time, another browser. store
 */
SG_CHECKED sg_result auth_login_check(
    struct auth *auth, sg_str cookie, sg_str agent, int64_t now, struct auth_login *ret);
/* The CSRF token that came with a change; constant time. SG_E_POLICY. */
SG_CHECKED sg_result auth_login_csrf(const struct auth_login *login, sg_str token);

/*
 * A question is begun for this person: each may mean a fetch from wherever its request says, so that a stolen token is no machine for asking others.
 * SG_E_TOO_MANY.
 */
#define AUTH_ASKS_PER_MINUTE 300
SG_CHECKED sg_result auth_ask_allowed(
    struct auth *auth, const uint8_t person[AUTH_PERSON_LEN], int64_t now);

/* A pre-login cookie. */
void auth_pre_cookie_make(char ret[AUTH_COOKIE_LEN]);

/* ---- enrolment: links and codes are judged by the signer; here guessing is limited (AU-7) ------------------- */
/* Wrong codes of one link within a minute; the signer ends the link for good after as many. */
#define AUTH_ENROL_LINK_TRIES 5
/*
 * Before the signer is asked, of this address; counts the try. What others got wrong does not stand in the way: the ceiling of all is what the signer is
 * asked at most, hundreds of addresses wide. SG_E_TOO_MANY.
 */
SG_CHECKED sg_result auth_enrol_allowed(struct auth *auth, sg_bytes peer, int64_t now);
/* The same of the link, once it is read: whoever tries codes on one link does not come far, from however many addresses. SG_E_TOO_MANY. */
SG_CHECKED sg_result auth_enrol_link_allowed(struct auth *auth, sg_bytes link, int64_t now);
/* It was wrong; `link` is empty when what was sent is none. SG_E_ACTIVATION, or SG_E_TOO_MANY. */
SG_CHECKED sg_result auth_enrol_failed(
    struct auth *auth, sg_bytes peer, sg_bytes link, int64_t now);

/* A login through an outside provider that failed: counted as the others are. SG_E_ACTIVATION, SG_E_TOO_MANY. */
SG_CHECKED sg_result auth_outside_failed(struct auth *auth, sg_bytes peer, int64_t now);

/* ---- login by passkey ------------------------------------------------------------------------------- */

/*
 * A challenge for one login, bound to the browser's pre-login cookie and to the person it was made for (NULL: whoever answers). Nothing is stored; it can
 * be answered once, within nonce_life_s. SG_E_TOO_MANY (this address, or all together).
 */
SG_CHECKED sg_result auth_login_challenge(struct auth *auth, sg_str pre_cookie,
    const uint8_t *person, sg_bytes peer, int64_t now, uint8_t ret[AUTH_LOGIN_CHALLENGE_LEN]);

/* navigator.credentials.get()'s answer, decoded, and what the signer's registry says of that passkey. */
struct auth_assertion {
    sg_bytes passkey; /* rawId */
    sg_bytes client_data;
    sg_bytes authenticator_data;
    sg_bytes signature;
    sg_bytes user_handle; /* empty: not sent */
};
struct auth_passkey {
    uint8_t person[AUTH_PERSON_LEN];
    uint64_t alg; /* enum jose_alg_id */
    sg_bytes spki;
    bool login;  /* marked for login */
    bool active; /* it and its person */
    bool backup_eligible;
};
/* Known: before the signer is asked. The challenge in the client data is one of ours, for this browser and `person`, and in time. SG_E_ACTIVATION, SG_E_TOO_MANY. */
SG_CHECKED sg_result auth_login_expected(struct auth *auth, sg_str pre_cookie,
    const uint8_t *person, const struct auth_assertion *assertion, sg_bytes peer, int64_t now);
/*
 * The rest: WebAuthn 7.2 whole, spent challenge, counter; then a new session, and the one of `old_cookie` (may be empty) is over. `known`: NULL when
 * the signer knows no such passkey: the same answer. Failures are counted for person and address. SG_E_ACTIVATION, SG_E_TOO_MANY. store
 */
SG_CHECKED sg_result auth_login_finish(struct auth *auth, struct sg_arena *arena,
    const struct auth_assertion *assertion, const struct auth_passkey *known, const uint8_t *person,
    sg_str pre_cookie, sg_str old_cookie, sg_str agent, sg_bytes peer, int64_t now,
    struct sg_why *why, struct auth_new_login *ret);

/* A session for somebody who has shown who it is in another way. store */
SG_CHECKED sg_result auth_login_begin(struct auth *auth, const uint8_t person[AUTH_PERSON_LEN],
    enum auth_method method, sg_str old_cookie, sg_str agent, int64_t now,
    struct auth_new_login *ret);

/* Logout. store */
SG_CHECKED sg_result auth_login_end(struct auth *auth, const struct auth_login *login);
/* Logout everywhere: every session but `but` (NULL: all), every code, every holder token, at once. store */
SG_CHECKED sg_result auth_person_end(
    struct auth *auth, const uint8_t person[AUTH_PERSON_LEN], const uint8_t *but);

/* ---- holder tokens for wallets (scope `holder`) ------------------------------------------------------- */

/*
 * RFC 9700 4.1, RFC 8252 7.3: the same text, character by character; of an http address on 127.0.0.1 or [::1] the port is free.
 */
bool auth_redirect_fits(sg_str registered, sg_str sent);

#define AUTH_CODE_LEN 43
struct auth_code_in {
    uint8_t person[AUTH_PERSON_LEN];
    sg_str client;
    sg_str redirect_uri;
    sg_str challenge; /* code_challenge, S256: 43 characters */
    sg_str jkt;       /* dpop_jkt, or empty */
    uint64_t scopes;  /* sum of enum auth_scope: granted */
    int64_t now;
};
/* An authorization code of 60 seconds. SG_E_VALUE. store */
SG_CHECKED sg_result auth_holder_code(
    struct auth *auth, const struct auth_code_in *in, char ret[AUTH_CODE_LEN]);
/*
 * The code becomes a token bound to the key of `proof` (checked, not yet spent), once; a second time ends the first one's tokens too. A wrong verifier,
 * client or redirect_uri uses it up. SG_E_GRANT, SG_E_TOO_MANY; SG_E_DPOP: no proof, or it was used before. store
 */
SG_CHECKED sg_result auth_holder_token(struct auth *auth, struct sg_arena *arena, sg_str code,
    sg_str client, sg_str redirect_uri, sg_str verifier, const struct auth_dpop *proof,
    sg_bytes peer, int64_t now, struct auth_issued *ret);

#endif
