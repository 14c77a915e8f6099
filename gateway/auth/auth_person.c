/*
 * Sessions of browsers. The cookie is 32 random bytes and only its hash is stored; the CSRF token is made from the cookie, so that it needs no
 * place of its own and nobody who reads the store can make it. req: AU-6
 */
#include "auth_internal.h"
#include "auth_sessions.h"
#include "sg_hash.h"
#include "sg_secret.h"
#include "sg_text.h"

#define AGENT_MAX 512

static void
session_hash(sg_str cookie, uint8_t ret[32])
{
    sg_bytes part = sg_str_bytes(cookie);
    sg_tagged_hash("sealgate/session/v1", &part, 1, ret);
}

static void
csrf_make(sg_str cookie, char ret[AUTH_CSRF_LEN])
{
    uint8_t hash[32];
    sg_bytes part = sg_str_bytes(cookie);
    sg_tagged_hash("sealgate/csrf/v1", &part, 1, hash);
    (void)sg_b64url_to(SG_BYTES(hash), ret);
}

/*
 * What a browser says of itself, without its digits: a stolen cookie does not work from whatever is at hand, and an update of the browser ends no
 * session. It is no proof of anything.
 */
static void
agent_hash(sg_str agent, uint8_t ret[32])
{
    char words[AGENT_MAX];
    size_t n = 0;
    for (size_t i = 0; i < agent.n && n < sizeof(words); i++) {
        if (agent.p[i] < '0' || agent.p[i] > '9') {
            words[n++] = agent.p[i];
        }
    }
    sg_bytes part = sg_bytes_of(words, n);
    sg_tagged_hash("sealgate/agent/v1", &part, 1, ret);
}

static bool
alive(const struct auth *auth, const struct store_session *row, int64_t now)
{
    const struct auth_person_settings *s = &auth->settings.person;
    return row->expires_at > now && now - row->seen_at < s->idle_s &&
           now - row->created_at < s->life_s && row->created_at <= now + AUTH_SKEW_S;
}

static int64_t
seen_every(const struct auth *auth)
{
    int64_t quarter = auth->settings.person.idle_s / 4;
    return quarter < AUTH_SEEN_S ? quarter : AUTH_SEEN_S;
}

sg_result
auth_login_check(
    struct auth *auth, sg_str cookie, sg_str agent, int64_t now, struct auth_login *ret)
{
    SG_REQUIRE(cookie.n == AUTH_COOKIE_LEN, UNAUTHENTICATED);
    struct store_session row;
    uint8_t hash[32];
    uint8_t agent_now[32];
    session_hash(cookie, hash);
    agent_hash(agent, agent_now);
    sg_result r = store_session_get(auth->store, hash, &row);
    SG_REQUIRE(r.code != SG_E_NOT_FOUND, UNAUTHENTICATED);
    SG_TRY(r);
    if (!alive(auth, &row, now)) {
        SG_TRY(store_session_end(auth->store, hash));
        SG_FAIL(UNAUTHENTICATED);
    }
    SG_REQUIRE(sg_secret_equal(SG_BYTES(agent_now), SG_BYTES(row.agent)), UNAUTHENTICATED);
    if (now - row.seen_at >= seen_every(auth)) {
        r = store_session_seen(auth->store, hash, now);
        SG_REQUIRE(r.code != SG_E_NOT_FOUND, UNAUTHENTICATED); /* logged out this moment */
        SG_TRY(r);
    }
    struct auth_login login = { .method = (enum auth_method)row.method,
        .since = row.created_at,
        .expires_at = row.expires_at };
    memcpy(login.person, row.person, sizeof(login.person));
    memcpy(login.session, hash, sizeof(login.session));
    csrf_make(cookie, login.csrf);
    *ret = login;
    return SG_DONE;
}

sg_result
auth_login_csrf(const struct auth_login *login, sg_str token)
{
    SG_REQUIRE(sg_secret_equal(SG_BYTES(login->csrf), sg_str_bytes(token)), POLICY);
    return SG_DONE;
}

void
auth_session_make(struct auth *auth, const uint8_t person[AUTH_PERSON_LEN], enum auth_method method,
    sg_str agent, int64_t now, struct store_session *ret, struct auth_new_login *ret_login)
{
    int64_t life = auth->settings.person.life_s;
    struct store_session row = {
        .method = method, .created_at = now, .seen_at = now, .expires_at = now + life
    };
    struct auth_new_login login = { .lives_s = life };
    auth_secret_make(login.cookie);
    sg_str cookie = sg_str_of(login.cookie, sizeof(login.cookie));
    csrf_make(cookie, login.csrf);
    session_hash(cookie, row.hash);
    agent_hash(agent, row.agent);
    memcpy(row.person, person, sizeof(row.person));
    *ret = row;
    *ret_login = login;
}

const uint8_t *
auth_session_old(sg_str cookie, uint8_t hash[32])
{
    if (cookie.n != AUTH_COOKIE_LEN) {
        return NULL;
    }
    session_hash(cookie, hash);
    return hash;
}

sg_result
auth_login_begin(struct auth *auth, const uint8_t person[AUTH_PERSON_LEN], enum auth_method method,
    sg_str old_cookie, sg_str agent, int64_t now, struct auth_new_login *ret)
{
    struct store_session row;
    struct auth_new_login login;
    uint8_t old[32];
    const uint8_t *ended = auth_session_old(old_cookie, old);
    auth_session_make(auth, person, method, agent, now, &row, &login);
    sg_result r = store_session_put(auth->store, &row, ended);
    if (r.code == SG_E_NOT_FOUND) { /* known to the signer, and new here */
        SG_TRY(store_account_make(auth->store, person, now));
        r = store_session_put(auth->store, &row, ended);
    }
    SG_REQUIRE(r.code != SG_E_GRANT && r.code != SG_E_TOO_MANY, ACTIVATION);
    SG_TRY(r);
    *ret = login;
    return SG_DONE;
}

sg_result
auth_login_end(struct auth *auth, const struct auth_login *login)
{
    return store_session_end(auth->store, login->session);
}

static bool
of_person(const struct auth_session *session, const void *person)
{
    return session->kind == AUTH_HOLDER &&
           memcmp(session->person, person, sizeof(session->person)) == 0;
}

sg_result
auth_person_end(struct auth *auth, const uint8_t person[AUTH_PERSON_LEN], const uint8_t *but)
{
    SG_TRY(store_session_end_all(auth->store, person, but));
    auth_cache_forget(auth, of_person, person);
    return SG_DONE;
}

sg_result
auth_ask_allowed(struct auth *auth, const uint8_t person[AUTH_PERSON_LEN], int64_t now)
{
    sg_bytes asker = sg_bytes_of(person, AUTH_PERSON_LEN);
    SG_TRY(auth_limit_check(auth->limit, AUTH_GUESS_ASK, asker, AUTH_ASKS_PER_MINUTE, now));
    auth_limit_count(auth->limit, AUTH_GUESS_ASK, asker, now);
    return SG_DONE;
}
