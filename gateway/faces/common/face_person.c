/*
 * Cookies, origins, and who a request's person is. A cookie of ours has no meaning without the right browser, and a change by cookie none without
 * our own origin and the token that only our own pages can read. req: AU-3, AU-6
 */
#include "face_person.h"

#include "flow_enrol.h"
#include "flow_present.h"
#include "sg_text.h"

static bool
is_https(const struct http_request *req)
{
    return sg_str_starts(face_app(req)->base, "https://");
}

/* `__Host-`: set by this host alone, over https, for the whole host (RFC 6265bis 4.1.3.2). Browsers refuse it on http://localhost. */
static const char *
cookie_name(const struct http_request *req, enum face_cookie cookie)
{
    static const char *const names[][2] = {
        [FACE_COOKIE_SESSION] = { "sealgate", "__Host-sealgate" },
        [FACE_COOKIE_PRE] = { "sealgate-pre", "__Host-sealgate-pre" },
        [FACE_COOKIE_OUTSIDE] = { "sealgate-outside", "__Host-sealgate-outside" },
    };
    return names[cookie][is_https(req) ? 1 : 0];
}

static sg_str
trim(sg_str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s = sg_str_slice(s, 1, s.n);
    }
    return s;
}

sg_str
face_cookie_get(struct http_request *req, enum face_cookie cookie)
{
    sg_str header, found = SG_NO_STR;
    sg_str name = sg_cstr(cookie_name(req, cookie));
    unsigned n = 0;
    if (http_header_count(req, "Cookie") != 1 || !http_header_find(req, "Cookie", &header)) {
        return SG_NO_STR;
    }
    for (size_t at = 0; at < header.n;) {
        size_t end = sg_str_index(header, ';', at);
        sg_str pair = trim(sg_str_slice(header, at, end - at));
        size_t equals = sg_str_index(pair, '=', 0);
        at = end + 1;
        if (equals < pair.n && sg_str_equal(sg_str_slice(pair, 0, equals), name)) {
            found = sg_str_slice(pair, equals + 1, pair.n);
            n++;
        }
    }
    return n == 1 ? found : SG_NO_STR; /* twice: one of them was planted */
}

void
face_cookie_set(struct http_request *req, struct http_reply *reply, enum face_cookie cookie,
    sg_str value, int64_t lives_s)
{
    sg_str text, age = SG_NO_STR;
    /* Lax: a link from elsewhere, and the way back from a provider, find the person signed in; changes are POST and want the token as well. */
    const char *same_site = cookie == FACE_COOKIE_PRE ? "Strict" : "Lax";
    if (value.n == 0 || lives_s > 0) {
        if (!sg_ok(sg_arena_printf(
                req->arena, &age, "; Max-Age=%lld", value.n == 0 ? 0LL : (long long)lives_s))) {
            return;
        }
    }
    if (sg_ok(sg_arena_printf(req->arena, &text, "%s=%.*s; Path=/; HttpOnly; SameSite=%s%s%.*s",
            cookie_name(req, cookie), SG_PRINT(value), same_site, is_https(req) ? "; Secure" : "",
            SG_PRINT(age)))) {
        http_reply_header(reply, "Set-Cookie", text);
    }
}

void
face_person_begin(
    struct http_request *req, struct http_reply *reply, const struct auth_new_login *login)
{
    sg_str cookie;
    if (sg_ok(sg_arena_str(req->arena, sg_str_of(login->cookie, AUTH_COOKIE_LEN), &cookie))) {
        face_cookie_set(req, reply, FACE_COOKIE_SESSION, cookie, login->lives_s);
        face_cookie_set(req, reply, FACE_COOKIE_PRE, SG_NO_STR, 0);
    }
}

/* ---- origins ---------------------------------------------------------------------------------------------- */

static bool
is_ours(const struct http_request *req, sg_str origin)
{
    const struct auth_person_settings *s = &auth_settings_view(face_app(req)->auth)->person;
    for (size_t i = 0; i < s->n_origins; i++) {
        if (sg_str_equal(origin, s->origins[i])) {
            return true;
        }
    }
    return false;
}

/* What browsers say of where a request comes from; programs say nothing. */
enum whence { WHENCE_OURS, WHENCE_FOREIGN, WHENCE_UNSAID };

static enum whence
whence_of(const struct http_request *req)
{
    sg_str origin, site;
    if (http_header_count(req, "Origin") > 1) {
        return WHENCE_FOREIGN;
    }
    if (http_header_find(req, "Origin", &origin)) {
        return is_ours(req, origin) ? WHENCE_OURS : WHENCE_FOREIGN; /* "null" is not ours */
    }
    if (http_header_find(req, "Sec-Fetch-Site", &site)) {
        return sg_str_is(site, "same-origin") ? WHENCE_OURS : WHENCE_FOREIGN;
    }
    return WHENCE_UNSAID;
}

sg_result
face_same_origin(struct http_request *req)
{
    enum whence whence = whence_of(req);
    bool signed_in = face_cookie_get(req, FACE_COOKIE_SESSION).n > 0;
    SG_REQUIRE(whence == WHENCE_OURS || (whence == WHENCE_UNSAID && !signed_in), POLICY);
    return SG_DONE;
}

/* ---- persons ------------------------------------------------------------------------------------------------ */

static sg_str
csrf_sent(struct http_request *req)
{
    sg_str token;
    if (http_header_count(req, "X-CSRF-Token") == 1 &&
        http_header_find(req, "X-CSRF-Token", &token)) {
        return token;
    }
    return sg_ok(http_form_get(req, "csrf", &token)) ? token : SG_NO_STR;
}

static bool
changes(const struct http_request *req)
{
    return req->method != HTTP_GET && req->method != HTTP_HEAD && req->method != HTTP_OPTIONS;
}

static sg_result
by_cookie(struct http_request *req, struct face_person *ret)
{
    sg_str agent = SG_NO_STR;
    (void)http_header_find(req, "User-Agent", &agent);
    SG_TRY(auth_login_check(face_app(req)->auth, face_cookie_get(req, FACE_COOKIE_SESSION), agent,
        face_now(), &ret->session));
    if (changes(req)) {
        SG_REQUIRE(whence_of(req) == WHENCE_OURS, POLICY);
        SG_TRY(auth_login_csrf(&ret->session, csrf_sent(req)));
    }
    ret->kind = FACE_PERSON_COOKIE;
    memcpy(ret->id, ret->session.person, sizeof(ret->id));
    return SG_DONE;
}

static sg_result
by_token(struct http_request *req, struct face_person *ret)
{
    struct auth *auth = face_app(req)->auth;
    struct auth_request who = face_auth_request(req);
    struct auth_session *session;
    SG_TRY(auth_token_check(auth, req->arena, &who, &session));
    ret->kind = FACE_PERSON_TOKEN;
    memcpy(ret->id, session->person, sizeof(ret->id));
    ret->scopes = session->scopes;
    sg_result r = session->kind == AUTH_HOLDER
                      ? sg_arena_str(req->arena, session->client, &ret->client)
                      : SG_ERROR(SCOPE);
    auth_session_release(auth, &session);
    return r;
}

sg_result
face_person_named(struct http_request *req, struct face_person *ret)
{
    struct face_person person = { .client = SG_NO_STR };
    SG_TRY(http_header_count(req, "Authorization") > 0 ? by_token(req, &person)
                                                       : by_cookie(req, &person));
    sg_hex_to(SG_BYTES(person.id), person.hex);
    *ret = person;
    return SG_DONE;
}

sg_result
face_person_find(struct http_request *req, struct face_person *ret)
{
    const struct face_app *app = face_app(req);
    struct face_person person;
    SG_TRY(face_person_named(req, &person));
    sg_result r = flow_person_alive(app->persons, req->arena, person.id);
    if (r.code == SG_E_KEY_STATE) {
        SG_TRY(auth_person_end(app->auth, person.id, NULL));
        if (app->questions != NULL) {
            flow_questions_end(app->questions, person.id, face_now());
        }
        r = person.kind == FACE_PERSON_TOKEN ? SG_ERROR(TOKEN) : SG_ERROR(UNAUTHENTICATED);
    }
    SG_TRY(r);
    *ret = person;
    return SG_DONE;
}

bool
face_person(struct http_request *req, struct face_person *ret)
{
    sg_result r = face_person_find(req, ret);
    if (!sg_ok(r)) {
        face_auth_refuse(req, r, true);
        return false;
    }
    return true;
}

sg_result
face_person_recent(struct http_request *req, const struct face_person *person)
{
    int64_t recent = auth_settings_view(face_app(req)->auth)->person.recent_s;
    SG_REQUIRE(
        person->kind == FACE_PERSON_COOKIE && person->session.method != AUTH_BY_PROVIDER, POLICY);
    SG_REQUIRE(face_now() - person->session.since <= recent, UNAUTHENTICATED);
    return SG_DONE;
}
