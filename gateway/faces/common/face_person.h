/*
 * Which person asks: a browser with a session cookie, or a wallet with its holder's access token (DPoP-bound). Every face that serves
 * persons begins here (req: AU-3, AU-6).
 */
#ifndef FACE_PERSON_H
#define FACE_PERSON_H

#include "auth_person.h"
#include "face.h"

enum face_person_kind { FACE_PERSON_COOKIE = 1, FACE_PERSON_TOKEN = 2 };

struct face_person {
    uint8_t id[AUTH_PERSON_LEN];
    char hex[2 * AUTH_PERSON_LEN + 1]; /* the same for JSON and pages */
    enum face_person_kind kind;
    sg_str client;             /* TOKEN: the wallet's client id; COOKIE: empty. In the arena */
    uint64_t scopes;           /* TOKEN: sum of enum auth_scope */
    struct auth_login session; /* COOKIE */
};

/*
 * Who asks. With an Authorization header the token alone counts, otherwise the cookie. A change (POST, PUT, DELETE) by cookie must come from our own
 * origin and bring the CSRF token, as header `X-CSRF-Token` or form field `csrf`: SG_E_POLICY. SG_E_UNAUTHENTICATED; for tokens what auth_token_check says, and
 * SG_E_SCOPE for one that is not a holder's. Somebody whom operators locked, or who left, is out within a second: sessions, tokens and open questions
 * end, SG_E_UNAUTHENTICATED or SG_E_TOKEN; without the signer's word nobody is in (SG_E_PEER_DOWN). Nothing is answered: pages send their own. Blocks on the
 * store and the signer.
 */
SG_CHECKED sg_result face_person_find(struct http_request *req, struct face_person *ret);
/* The same without the signer's word: for logging out, which must always be possible. */
SG_CHECKED sg_result face_person_named(struct http_request *req, struct face_person *ret);
/* The same for JSON: false after the refusal (problem details) was sent. */
bool face_person(struct http_request *req, struct face_person *ret);

/* For what protects the account: a browser whose person used a passkey at most `login_recent_s` ago. SG_E_POLICY; SG_E_UNAUTHENTICATED when it is too long ago. */
SG_CHECKED sg_result face_person_recent(struct http_request *req, const struct face_person *person);

/*
 * Is this change from our own pages? Origin must be ours; without Origin (old browsers, programs) Sec-Fetch-Site must not say otherwise and there must be no
 * session cookie to abuse. SG_E_POLICY. For forms before login; face_person_find does it by itself.
 */
SG_CHECKED sg_result face_same_origin(struct http_request *req);

/* The value of a cookie of ours; empty if there is none or it is there twice. */
enum face_cookie { FACE_COOKIE_SESSION, FACE_COOKIE_PRE, FACE_COOKIE_OUTSIDE };
sg_str face_cookie_get(struct http_request *req, enum face_cookie cookie);
/* Set-Cookie; an empty value deletes. `__Host-` names and Secure on https; HttpOnly, SameSite=Lax (session, outside) or Strict, Path=/. `lives_s` 0: until the browser ends. */
void face_cookie_set(struct http_request *req, struct http_reply *reply, enum face_cookie cookie,
    sg_str value, int64_t lives_s);
/* A new session goes to the browser, the pre-login cookie goes away. */
void face_person_begin(
    struct http_request *req, struct http_reply *reply, const struct auth_new_login *login);

#endif
