/*
 * Login through an outside OpenID provider (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9207; req: AU-5). Pure but for the key that binds a flow to its browser:
 * requests go out through the courier, which the face asks. A login from outside opens the account of a person who linked it; it enrols nobody
 * and signs nothing.
 *
 * A flow is remembered by the browser alone: its cookie is a use, a time and 32 random bytes; state, nonce and PKCE verifier are MACs of it, under a key made at
 * start. So strangers fill no table, and an answer counts in the browser that asked and nowhere else.
 */
#ifndef AUTH_OPENID_H
#define AUTH_OPENID_H

#include "auth.h"

struct auth_openid;

struct auth_openid_settings {
    sg_str issuer;
    sg_str client_id;
    sg_str redirect_uri; /* ours */
    sg_bytes secret;     /* client_secret_post, or */
    sg_str key_jwk;      /* private P-256 JWK: private_key_jwt, ES256 */
    const sg_str *acr;   /* one of these; none: any */
    size_t n_acr;
    const sg_str *amr; /* each of these */
    size_t n_amr;
};
/* Texts are copied. SG_E_NO_MEMORY, SG_E_VALUE (neither or both of secret and key), SG_E_KEY_INVALID. */
SG_CHECKED sg_result auth_openid_new(
    const struct auth_openid_settings *settings, struct auth_openid **ret);
void auth_openid_free(struct auth_openid **openid); /* wipes; NULL accepted */
sg_str auth_openid_issuer(const struct auth_openid *openid);

/* ---- the provider's metadata ------------------------------------------------------------------------- */
struct auth_openid_config {
    sg_str authorization_endpoint, token_endpoint, jwks_uri;
    bool iss_in_answer; /* RFC 9207: then it must be there */
};
/* Where it is: issuer + "/.well-known/openid-configuration". */
SG_CHECKED sg_result auth_openid_config_url(
    const struct auth_openid *openid, struct sg_arena *arena, sg_str *ret);
/* SG_E_ISSUER: of another issuer; SG_E_FETCH: not what such a document is. Fuzzed. */
SG_CHECKED sg_result auth_openid_config_parse(const struct auth_openid *openid,
    struct sg_arena *arena, sg_bytes json, struct auth_openid_config *ret);

/* ---- a flow ---------------------------------------------------------------------------------------------- */
enum auth_openid_use { AUTH_OPENID_LOGIN = 'L', AUTH_OPENID_LINK = 'K' };
#define AUTH_OPENID_COOKIE_LEN 52 /* use, eight hex digits, base64url of 32 bytes */
#define AUTH_OPENID_LIFE_S 600
struct auth_openid_flow {
    enum auth_openid_use use;
    char state[43], nonce[43], verifier[43];
};
void auth_openid_begin(
    enum auth_openid_use use, int64_t now, char ret_cookie[AUTH_OPENID_COOKIE_LEN]);
/* `session`: 32 bytes, of the session that links; NULL for a login. SG_E_ACTIVATION: no cookie of ours, too old. */
SG_CHECKED sg_result auth_openid_flow(const struct auth *auth, sg_str cookie,
    const uint8_t *session, int64_t now, struct auth_openid_flow *ret);
/* What the cookie says it is for, unproven; 0: nothing. */
int auth_openid_use_of(sg_str cookie);

/* Where the browser goes. */
SG_CHECKED sg_result auth_openid_request_url(const struct auth_openid *openid,
    struct sg_arena *arena, const struct auth_openid_config *config,
    const struct auth_openid_flow *flow, sg_str *ret);
/* The provider's answer: state and, if there or promised, iss. Constant time. SG_E_ACTIVATION. */
SG_CHECKED sg_result auth_openid_answer_check(const struct auth_openid *openid,
    const struct auth_openid_config *config, const struct auth_openid_flow *flow, sg_str state,
    bool has_iss, sg_str iss);
/* The token request's body. */
SG_CHECKED sg_result auth_openid_token_form(const struct auth_openid *openid,
    struct sg_arena *arena, const struct auth_openid_config *config,
    const struct auth_openid_flow *flow, sg_str code, int64_t now, sg_bytes *ret);
/* Its answer's ID token. SG_E_ACTIVATION. Fuzzed. */
SG_CHECKED sg_result auth_openid_token_parse(
    struct sg_arena *arena, uint64_t status, sg_bytes json, sg_str *ret_id_token);

struct auth_openid_said {
    sg_str subject;
    uint8_t evidence[32]; /* SHA-256 of the ID token: kept with the note of the login */
};
/*
 * OpenID Connect Core 3.1.3.7: signature under a key of `jwks`, iss, aud (and azp), exp, iat, nonce, then our own acr and amr. ES256, ES384, EdDSA, PS256 and
 * RS256, which Core obliges providers to; RSA of 2048 bits at least. SG_E_ACTIVATION for anything wrong; `why` says what. Fuzzed.
 */
SG_CHECKED sg_result auth_openid_id_token_check(const struct auth_openid *openid,
    struct sg_arena *arena, sg_str id_token, sg_bytes jwks, const struct auth_openid_flow *flow,
    int64_t now, struct sg_why *why, struct auth_openid_said *ret);

#endif
