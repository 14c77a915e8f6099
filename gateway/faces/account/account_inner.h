/*
 * Handlers of this face. A handler that needs the signer parks its request: the step it leaves in req->state says what to do with the answer, which a
 * worker does, so that nothing blocks a peer's reader thread.
 */
#ifndef ACCOUNT_INNER_H
#define ACCOUNT_INNER_H

#include "account_face.h"
#include "face_person.h"
#include "flow_account.h"
#include "sjson.h"

struct account_step {
    struct http_request *req;
    struct face_person person; /* where the endpoint is a person's */
    void (*next)(struct account_step *step);
    sg_result result;  /* of the question */
    const void *reply; /* its answer; NULL when it was refused */
    void *more;        /* the handler's own */
};
/* In the arena; NULL after the refusal was answered. */
struct account_step *account_step_new(
    struct http_request *req, void (*next)(struct account_step *step));
/* For call-backs: note what came, and go on in a worker. */
void account_go_on(void *context, sg_result result, const void *reply);
/* Problem details. One word for everything about activation. */
void account_refuse(struct http_request *req, sg_result r);

enum account_need {
    ACCOUNT_ANY,     /* a browser or a wallet */
    ACCOUNT_BROWSER, /* a browser, logged in by whatever way */
    ACCOUNT_OWN /* a browser whose person used a passkey: an outside login reads and changes nothing (AU-5) */
};
/* False after the refusal was answered. */
bool account_person(struct http_request *req, enum account_need need, struct face_person *ret);
/* A step of a person's endpoint; NULL after the refusal was answered. */
struct account_step *account_begin(
    struct http_request *req, enum account_need need, void (*next)(struct account_step *step));

/*
 * Of a step whose answer is PERSON_INFO: false after the refusal was answered. Somebody whom operators locked, or who left, is out everywhere as soon as it is seen.
 */
bool account_alive(struct account_step *step);

/* The body as an object; only members of `names` (NULL at the end). SG_E_VALUE for others: a mistyped one would be a silent default. */
SG_CHECKED sg_result account_body(
    struct http_request *req, const char *const *names, const struct sjson **ret);
SG_CHECKED sg_result account_text(const struct sjson *json, const char *name, sg_str *ret);
/* base64url, decoded into the arena. */
SG_CHECKED sg_result account_bytes(
    struct sg_arena *arena, const struct sjson *json, const char *name, sg_bytes *ret);
/* "sign" or "login". SG_E_VALUE. */
SG_CHECKED sg_result account_purpose(const struct sjson *json, uint64_t *ret);
const char *account_purpose_name(uint64_t purpose);
/* Of the answer: ?lang= or Accept-Language. */
enum consent_language account_language(const struct http_request *req);

/* ---- account_webauthn.c: JSON forms of WebAuthn Level 3, 5.1.8 to 5.1.10 ------------------------------------------- */

/* PublicKeyCredential.toJSON() of get() and of create(). `id` must be `rawId`. Fuzzed. */
SG_CHECKED sg_result account_assertion_parse(
    struct sg_arena *arena, const struct sjson *json, struct auth_assertion *ret);
struct account_registration {
    sg_bytes client_data;
    sg_bytes attestation;
};
SG_CHECKED sg_result account_registration_parse(
    struct sg_arena *arena, const struct sjson *json, struct account_registration *ret);
/* PublicKeyCredentialRequestOptionsJSON */
void account_write_request(struct sjson_wr *wr, const struct face_app *app, sg_bytes challenge,
    const sg_bytes *allow, size_t n_allow);
/* PublicKeyCredentialCreationOptionsJSON */
void account_write_creation(struct sjson_wr *wr, const struct face_app *app,
    const struct wire_enrol_open_reply *opened, uint64_t purpose);
/* The confirmation that a signing passkey must give: members of an open object. */
void account_write_confirm(
    struct sjson_wr *wr, const struct face_app *app, const struct flow_confirm *confirm);
/* "ab12 cd34 ef56 7890": what people compare; the same as in the text. */
#define ACCOUNT_FINGERPRINT_LEN 19
void account_fingerprint(sg_bytes thumbprint, char ret[ACCOUNT_FINGERPRINT_LEN]);
const char *account_alg_name(uint64_t alg);

/* ---- account_authorize.c ---------------------------------------------------------------------------------------------- */

/* The parameters of an authorization request (RFC 6749 4.1.1, RFC 7636 4.3, RFC 9449 10). */
enum account_param {
    PARAM_RESPONSE_TYPE,
    PARAM_CLIENT_ID,
    PARAM_REDIRECT_URI,
    PARAM_SCOPE,
    PARAM_STATE,
    PARAM_CODE_CHALLENGE,
    PARAM_CODE_CHALLENGE_METHOD,
    PARAM_DPOP_JKT,
    PARAM_RESPONSE_MODE,
    PARAM_REQUEST,
    PARAM_REQUEST_URI,
    PARAM_AUTHORIZATION_DETAILS,
    PARAM_N
};
extern const char *const account_param_names[PARAM_N];
struct account_wish {
    sg_str values[PARAM_N]; /* empty: not sent */
    const struct face_wallet *wallet;
    uint64_t scopes; /* beside `holder`: sum of enum auth_scope */
};
/* Who asks, and may the answer go there? SG_E_CLIENT: unknown client or address: nothing is sent anywhere. */
SG_CHECKED sg_result account_wish_client(const struct face_app *app, struct account_wish *wish);
/* The rest, with `scopes` filled. NULL, or the word of RFC 6749 4.1.2.1 that goes back to the wallet. */
const char *account_wish_fault(struct account_wish *wish);

/* ---- answers ---------------------------------------------------------------------------------------------------------- */

struct account_answer {
    struct sg_buf buf;
    struct sjson_wr wr;
    struct http_reply reply;
};
/* `answer` begun with an open object. */
void account_answer_begin(struct http_request *req, struct account_answer *answer);
/* The object is closed and sent; never kept by a cache. */
void account_answer_end(struct http_request *req, struct account_answer *answer, unsigned status);

void account_login_options(struct http_request *req);
void account_login(struct http_request *req);
void account_logout(struct http_request *req);
void account_session(struct http_request *req);
void account_enrol_open(struct http_request *req);
void account_enrol_finish(struct http_request *req);
void account_passkeys(struct http_request *req);
void account_passkey_options(struct http_request *req);
void account_passkey_make(struct http_request *req);
void account_passkey_approve(struct http_request *req);
void account_passkey_remove(struct http_request *req);
void account_passkey_remove_approve(struct http_request *req);
void account_keys(struct http_request *req);
void account_key_make(struct http_request *req);
void account_activity(struct http_request *req);
void account_agreed(struct http_request *req);
void account_evidence(struct http_request *req);
void account_credentials(struct http_request *req);
void account_credential_add(struct http_request *req);
void account_credential(struct http_request *req);
void account_credential_remove(struct http_request *req);
void account_profile(struct http_request *req);
void account_profile_set(struct http_request *req);
void account_erase(struct http_request *req);
void account_outside_login(struct http_request *req);
void account_outside_back(struct http_request *req);
void account_identities(struct http_request *req);
void account_identity_link(struct http_request *req);
void account_identity_unlink(struct http_request *req);
void account_authorize(struct http_request *req);
void account_authorize_answer(struct http_request *req);

#endif
