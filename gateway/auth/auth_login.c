/*
 * Login by passkey (WebAuthn 7.2). A challenge carries its own proof: time (4) || random (20) || MAC (24), the MAC over the browser's pre-login cookie
 * and the person asked for as well, under a key made at start. So strangers fill no table, and another browser's challenge does not count.
 * req: AU-3, AU-7
 */
#include <sodium.h>

#include "auth_internal.h"
#include "auth_sessions.h"
#include "sg_hash.h"
#include "sg_secret.h"
#include "sg_text.h"
#include "webauthn.h"

#define BODY_LEN 24
#define MAC_LEN 24
#define CHALLENGE_USE 0x10   /* beside enum auth_nonce_use: one key, other words */
#define AUTH_PURPOSE_LOGIN 1 /* WIRE_PASSKEY_LOGIN */
#define EPOCH 1577836800
#define TEXT_LEN 64 /* base64url of the challenge */
#define CLIENT_DATA_HEAD "{\"type\":\"webauthn.get\",\"challenge\":\""

_Static_assert(BODY_LEN + MAC_LEN == AUTH_LOGIN_CHALLENGE_LEN, "both parts");

static void
mac(const struct auth *auth, const uint8_t body[BODY_LEN], sg_str pre_cookie, const uint8_t *person,
    uint8_t ret[MAC_LEN])
{
    crypto_generichash_state state;
    uint8_t head[2] = { CHALLENGE_USE, person == NULL ? 0 : 1 };
    crypto_generichash_init(&state, auth->nonce_key, sizeof(auth->nonce_key), MAC_LEN);
    crypto_generichash_update(&state, head, sizeof(head));
    crypto_generichash_update(&state, body, BODY_LEN);
    if (person != NULL) {
        crypto_generichash_update(&state, person, AUTH_PERSON_LEN);
    }
    crypto_generichash_update(&state, (const uint8_t *)pre_cookie.p, pre_cookie.n);
    crypto_generichash_final(&state, ret, MAC_LEN);
}

void
auth_pre_cookie_make(char ret[AUTH_COOKIE_LEN])
{
    auth_secret_make(ret);
}

sg_result
auth_enrol_allowed(struct auth *auth, sg_bytes peer, int64_t now)
{
    const struct auth_settings *s = &auth->settings;
    SG_TRY(auth_limit_check(auth->limit, AUTH_GUESS_ENROL, peer, s->guess_per_minute, now));
    SG_TRY(auth_limit_check(
        auth->limit, AUTH_GUESS_ENROL_ALL, SG_NO_BYTES, s->person.enrol_failures_per_minute, now));
    SG_TRY(auth_limit_check(
        auth->limit, AUTH_GUESS_CHALLENGE, peer, s->person.logins_per_minute, now));
    auth_limit_count(auth->limit, AUTH_GUESS_CHALLENGE, peer, now);
    return SG_DONE;
}

sg_result
auth_enrol_link_allowed(struct auth *auth, sg_bytes link, int64_t now)
{
    return auth_limit_check(auth->limit, AUTH_GUESS_ENROL_LINK, link, AUTH_ENROL_LINK_TRIES, now);
}

sg_result
auth_enrol_failed(struct auth *auth, sg_bytes peer, sg_bytes link, int64_t now)
{
    auth_limit_count(auth->limit, AUTH_GUESS_ENROL_ALL, SG_NO_BYTES, now);
    if (link.n > 0) {
        auth_limit_count(auth->limit, AUTH_GUESS_ENROL_LINK, link, now);
    }
    return auth_failed(auth, AUTH_GUESS_ENROL, peer, now, SG_ERROR(ACTIVATION));
}

sg_result
auth_login_challenge(struct auth *auth, sg_str pre_cookie, const uint8_t *person, sg_bytes peer,
    int64_t now, uint8_t ret[AUTH_LOGIN_CHALLENGE_LEN])
{
    uint32_t max = auth->settings.person.logins_per_minute;
    SG_REQUIRE(auth->settings.person.rp_id.n > 0, UNSUPPORTED);
    SG_REQUIRE(pre_cookie.n == AUTH_COOKIE_LEN, VALUE);
    SG_TRY(auth_limit_check(auth->limit, AUTH_GUESS_CHALLENGE, peer, max, now));
    auth_limit_count(auth->limit, AUTH_GUESS_CHALLENGE, peer, now);
    uint32_t at = (uint32_t)(now - EPOCH);
    for (unsigned i = 0; i < 4; i++) {
        ret[i] = (uint8_t)(at >> (24 - 8 * i));
    }
    randombytes_buf(ret + 4, BODY_LEN - 4);
    mac(auth, ret, pre_cookie, person, ret + BODY_LEN);
    return SG_DONE;
}

/* No longer than what was used once is remembered (auth->assertions). */
static int64_t
challenge_life(const struct auth *auth)
{
    int64_t life = auth->settings.nonce_life_s;
    return life < AUTH_ASSERTION_MAX_S ? life : AUTH_ASSERTION_MAX_S;
}

/* The challenge that the client data name, if it is ours. Its place is fixed (WebAuthn 5.8.1.1): no JSON parser, no second truth. */
static sg_result
challenge_of(const struct auth *auth, sg_str pre_cookie, const uint8_t *person,
    sg_bytes client_data, int64_t now, uint8_t ret[AUTH_LOGIN_CHALLENGE_LEN])
{
    size_t head = sizeof(CLIENT_DATA_HEAD) - 1;
    uint8_t want[MAC_LEN];
    SG_REQUIRE(pre_cookie.n == AUTH_COOKIE_LEN, CHALLENGE);
    SG_REQUIRE(
        client_data.n > head + TEXT_LEN && memcmp(client_data.p, CLIENT_DATA_HEAD, head) == 0,
        CHALLENGE);
    sg_str text = sg_bytes_str(sg_bytes_slice(client_data, head, TEXT_LEN));
    SG_REQUIRE(sg_ok(sg_b64url_decode_to(text, ret, AUTH_LOGIN_CHALLENGE_LEN)), CHALLENGE);
    mac(auth, ret, pre_cookie, person, want);
    SG_REQUIRE(sg_secret_equal(SG_BYTES(want), sg_bytes_of(ret + BODY_LEN, MAC_LEN)), CHALLENGE);
    uint32_t at = 0;
    for (unsigned i = 0; i < 4; i++) {
        at = at << 8 | ret[i];
    }
    int64_t age = now - EPOCH - (int64_t)at;
    SG_REQUIRE(age <= challenge_life(auth) && age >= -AUTH_SKEW_S, CHALLENGE);
    return SG_DONE;
}

static sg_result
failed(struct auth *auth, sg_bytes peer, int64_t now)
{
    return auth_person_failed(
        auth, AUTH_GUESS_LOGIN, AUTH_GUESS_LOGIN_ALL, peer, now, SG_ERROR(ACTIVATION));
}

sg_result
auth_outside_failed(struct auth *auth, sg_bytes peer, int64_t now)
{
    return failed(auth, peer, now);
}

sg_result
auth_login_expected(struct auth *auth, sg_str pre_cookie, const uint8_t *person,
    const struct auth_assertion *assertion, sg_bytes peer, int64_t now)
{
    uint8_t challenge[AUTH_LOGIN_CHALLENGE_LEN];
    sg_result r = challenge_of(auth, pre_cookie, person, assertion->client_data, now, challenge);
    return sg_ok(r) ? r : failed(auth, peer, now);
}

/* ---- the assertion --------------------------------------------------------------------------------------- */

static sg_result
alg_of(uint64_t id, const struct jose_alg **ret, enum webauthn_alg *ret_cose)
{
    const struct jose_alg *alg = jose_alg_by_id((enum jose_alg_id)id);
    SG_REQUIRE(alg != NULL && (alg->cose == WEBAUTHN_ES256 || alg->cose == WEBAUTHN_ES384 ||
                                  alg->cose == WEBAUTHN_EDDSA),
        ALGORITHM);
    *ret = alg;
    *ret_cose = (enum webauthn_alg)alg->cose;
    return SG_DONE;
}

static sg_result
signature_check(struct sg_arena *arena, const struct auth_assertion *assertion,
    const struct auth_passkey *known, const struct jose_alg *alg,
    const struct webauthn_verdict *verdict)
{
    struct jwk jwk;
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    struct sg_buf buf =
        sg_buf_new(arena, assertion->authenticator_data.n + 32, WEBAUTHN_AUTH_DATA_MAX + 32);
    sg_bytes message;
    sg_buf_put(&buf, assertion->authenticator_data);
    sg_buf_put(&buf, SG_BYTES(verdict->message_tail));
    SG_TRY(sg_buf_end(&buf, &message));
    SG_TRY(jwk_from_spki(arena, known->spki, &jwk));
    SG_TRY(jwk_key_new(&jwk, &key));
    return jwk_verify(key, alg, message, sg_bytes_of(verdict->raw, verdict->raw_n));
}

/* The signer makes a person's handle from its id and the purpose (docs/wire, ENROL_OPEN); what a signing passkey returns is another one. */
static sg_result
handle_check(sg_bytes handle, const uint8_t person[AUTH_PERSON_LEN])
{
    uint8_t purpose = AUTH_PURPOSE_LOGIN;
    uint8_t want[SG_SHA256_LEN];
    const sg_bytes parts[] = { sg_bytes_of(person, AUTH_PERSON_LEN), sg_bytes_of(&purpose, 1) };
    sg_tagged_hash("sealgate/user-handle/v1", parts, 2, want);
    SG_REQUIRE(handle.n == 0 || sg_bytes_equal(handle, SG_BYTES(want)), ACTIVATION);
    return SG_DONE;
}

/* 7.2, all but the counter, which the store's writer compares. */
static sg_result
assertion_check(struct auth *auth, struct sg_arena *arena, const struct auth_assertion *assertion,
    const struct auth_passkey *known, const uint8_t *person, sg_bytes challenge, struct sg_why *why,
    uint64_t *ret_count)
{
    const struct jose_alg *alg;
    struct webauthn_stored stored = { .backup_eligible = known->backup_eligible };
    struct webauthn_verdict verdict;
    SG_REQUIRE(known->login && known->active, ACTIVATION);
    SG_REQUIRE(person == NULL || memcmp(person, known->person, AUTH_PERSON_LEN) == 0, ACTIVATION);
    /* 7.2 step 6: nobody was named, so the authenticator must say whose passkey it is */
    SG_REQUIRE(person != NULL || assertion->user_handle.n > 0, ACTIVATION);
    SG_TRY(handle_check(assertion->user_handle, known->person));
    SG_TRY(alg_of(known->alg, &alg, &stored.alg));
    const struct webauthn_assertion given = { assertion->authenticator_data, assertion->client_data,
        assertion->signature };
    const struct webauthn_expect expect = { .ceremony = WEBAUTHN_GET,
        .challenge = challenge,
        .rp_id_hash = SG_BYTES(auth->rp_id_hash),
        .origins = auth->origins,
        .n_origins = auth->settings.person.n_origins };
    SG_TRY(webauthn_assertion_check(&given, &expect, &stored, why, &verdict));
    sg_result r = signature_check(arena, assertion, known, alg, &verdict);
    if (!sg_ok(r)) {
        sg_why_note(why, "the signature", 0, (uint64_t)r.code);
        return r;
    }
    *ret_count = verdict.auth_data.sign_count;
    return SG_DONE;
}

static sg_result
session_begin(struct auth *auth, const struct auth_assertion *assertion,
    const struct auth_passkey *known, uint64_t count, sg_str old_cookie, sg_str agent, int64_t now,
    struct sg_why *why, struct auth_new_login *ret)
{
    struct store_session row;
    struct auth_new_login login;
    struct store_login asserted = { .user_handle = assertion->user_handle, .sign_count = count };
    uint8_t old[32];
    const uint8_t *ended = auth_session_old(old_cookie, old);
    sg_sha256(assertion->passkey, asserted.passkey);
    auth_session_make(auth, known->person, AUTH_BY_PASSKEY, agent, now, &row, &login);
    sg_result r = store_session_login(auth->store, &asserted, &row, ended);
    if (r.code == SG_E_NOT_FOUND) { /* known to the signer, and new here */
        SG_TRY(store_account_make(auth->store, known->person, now));
        r = store_session_login(auth->store, &asserted, &row, ended);
    }
    if (!sg_ok(r)) {
        sg_why_note(why,
            r.code == SG_E_TOO_MANY ? "the account is locked"
            : r.code == SG_E_GRANT  ? "the account was erased"
                                    : "the counter or the user handle",
            0, (uint64_t)r.code);
        return r;
    }
    *ret = login;
    return SG_DONE;
}

/* Faults of ours are told as they are; everything else is one word. */
static bool
is_fault(sg_result r)
{
    enum sg_class class_ = sg_code_row(r.code)->class_;
    return class_ == SG_CLASS_UPSTREAM || class_ == SG_CLASS_INTERNAL || r.code == SG_E_FULL;
}

static sg_result
finish(struct auth *auth, struct sg_arena *arena, const struct auth_assertion *assertion,
    const struct auth_passkey *known, const uint8_t *person, sg_str pre_cookie, sg_str old_cookie,
    sg_str agent, int64_t now, struct sg_why *why, struct auth_new_login *ret)
{
    uint8_t challenge[AUTH_LOGIN_CHALLENGE_LEN];
    uint64_t count = 0;
    SG_REQUIRE(known != NULL, ACTIVATION);
    SG_TRY(challenge_of(auth, pre_cookie, person, assertion->client_data, now, challenge));
    SG_TRY(
        assertion_check(auth, arena, assertion, known, person, SG_BYTES(challenge), why, &count));
    /* only what is good is remembered: strangers do not fill this memory */
    sg_result once = auth_replay_once(
        auth->assertions, sg_str_bytes(SG_LIT("sealgate/login")), SG_BYTES(challenge), now);
    if (!sg_ok(once)) {
        sg_why_note(why, "this challenge was answered before", 0, (uint64_t)once.code);
        return once;
    }
    return session_begin(auth, assertion, known, count, old_cookie, agent, now, why, ret);
}

sg_result
auth_login_finish(struct auth *auth, struct sg_arena *arena, const struct auth_assertion *assertion,
    const struct auth_passkey *known, const uint8_t *person, sg_str pre_cookie, sg_str old_cookie,
    sg_str agent, sg_bytes peer, int64_t now, struct sg_why *why, struct auth_new_login *ret)
{
    sg_result r =
        finish(auth, arena, assertion, known, person, pre_cookie, old_cookie, agent, now, why, ret);
    if (sg_ok(r) || is_fault(r)) {
        return r;
    }
    if (known != NULL && known->login) {
        int64_t locked_until;
        sg_result counted = store_account_failed(auth->store, known->person, now,
            auth->settings.person.tries, auth->settings.person.lock_s, &locked_until);
        SG_REQUIRE(sg_ok(counted) || counted.code == SG_E_NOT_FOUND, STORE_DOWN);
    }
    return failed(auth, peer, now);
}
