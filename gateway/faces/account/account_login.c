/* Login by passkey, logout, and who is logged in. One public word for every failed login. req: AU-3, AU-6, AU-7 */
#include "account_inner.h"
#include "sg_text.h"

#define PRE_LIFE_S 600

/* A hint that the page may keep: whose passkeys shall be offered, for authenticators that do not remember them. */
static sg_result
hint_parse(struct http_request *req, const struct sjson *json, const uint8_t **ret)
{
    sg_str hex;
    *ret = NULL;
    SG_TRY(account_text(json, "person", &hex));
    if (hex.n == 0) {
        return SG_DONE;
    }
    uint8_t *person = sg_arena_alloc(req->arena, AUTH_PERSON_LEN);
    SG_REQUIRE(person != NULL, NO_MEMORY);
    SG_REQUIRE(sg_ok(sg_hex_decode_to(hex, person, AUTH_PERSON_LEN)), VALUE);
    *ret = person;
    return SG_DONE;
}

/* ---- options ------------------------------------------------------------------------------------------------ */

static void
options_answer(struct account_step *step, const sg_bytes *allow, size_t n_allow)
{
    struct http_request *req = step->req;
    struct face_app *app = face_app(req);
    struct auth_request who = face_auth_request(req);
    const uint8_t *person = step->more;
    sg_str pre = face_cookie_get(req, FACE_COOKIE_PRE);
    uint8_t challenge[AUTH_LOGIN_CHALLENGE_LEN];
    bool fresh = pre.n != AUTH_COOKIE_LEN;
    if (fresh) {
        char *made = sg_arena_alloc(req->arena, AUTH_COOKIE_LEN);
        if (made == NULL) {
            account_refuse(req, SG_ERROR(NO_MEMORY));
            return;
        }
        auth_pre_cookie_make(made);
        pre = sg_str_of(made, AUTH_COOKIE_LEN);
    }
    sg_result r = auth_login_challenge(app->auth, pre, person, who.peer, who.now, challenge);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    account_write_request(&answer.wr, app, SG_BYTES(challenge), allow, n_allow);
    face_cookie_set(req, &answer.reply, FACE_COOKIE_PRE, pre, PRE_LIFE_S);
    account_answer_end(req, &answer, 200);
}

/* Unknown persons get the same answer as those without passkeys: an empty list. */
static void
options_known(struct account_step *step)
{
    const struct wire_person_info_reply *info = step->reply;
    sg_bytes allow[WIRE_PASSKEYS_MAX];
    size_t n = 0;
    if (!sg_ok(step->result) && step->result.code != SG_E_NOT_FOUND) {
        account_refuse(step->req, step->result);
        return;
    }
    for (size_t i = 0; info != NULL && i < info->n_passkeys; i++) {
        const struct wire_passkey *p = &info->passkeys[i];
        if (p->purpose == WIRE_PASSKEY_LOGIN && p->state == WIRE_PASSKEY_ACTIVE) {
            allow[n++] = p->id;
        }
    }
    options_answer(step, allow, n);
}

static void
info_came(void *context, sg_result result, const struct wire_person_info_reply *info)
{
    account_go_on(context, result, info);
}

static sg_result
options(struct http_request *req, const uint8_t **ret_person)
{
    static const char *const names[] = { "person", NULL };
    const struct sjson *json;
    SG_TRY(face_same_origin(req));
    SG_TRY(account_body(req, names, &json));
    return hint_parse(req, json, ret_person);
}

void
account_login_options(struct http_request *req)
{
    const uint8_t *person;
    sg_result r = options(req, &person);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_step *step = account_step_new(req, options_known);
    if (step == NULL) {
        return;
    }
    step->more = (void *)(uintptr_t)person;
    if (person == NULL) {
        options_answer(step, NULL, 0);
        return;
    }
    const struct wire_person_info by = { .person = sg_bytes_of(person, AUTH_PERSON_LEN) };
    flow_person_info(face_app(req)->persons, req->arena, &by, info_came, step);
}

/* ---- login ---------------------------------------------------------------------------------------------------- */

struct attempt {
    struct auth_assertion assertion;
    const uint8_t *person;
    struct auth_passkey known;
};

static sg_result
attempt_parse(struct http_request *req, struct attempt *ret)
{
    static const char *const names[] = { "credential", "person", NULL };
    const struct sjson *json;
    SG_TRY(face_same_origin(req));
    SG_TRY(account_body(req, names, &json));
    SG_TRY(hint_parse(req, json, &ret->person));
    return account_assertion_parse(req->arena, sjson_get(json, "credential"), &ret->assertion);
}

/* The passkey as the signer's registry has it; NULL when it knows none. */
static const struct auth_passkey *
known_of(const struct wire_person_info_reply *info, struct attempt *a)
{
    for (size_t i = 0; info != NULL && i < info->n_passkeys; i++) {
        const struct wire_passkey *p = &info->passkeys[i];
        if (!sg_bytes_equal(p->id, a->assertion.passkey)) {
            continue;
        }
        a->known = (struct auth_passkey){ .alg = p->alg,
            .spki = p->spki,
            .login = p->purpose == WIRE_PASSKEY_LOGIN,
            .active = p->state == WIRE_PASSKEY_ACTIVE &&
                      (info->state == WIRE_PERSON_ACTIVE || info->state == WIRE_PERSON_ENROLLING),
            .backup_eligible = p->backup_eligible };
        memcpy(a->known.person, info->person.p, sizeof(a->known.person));
        return &a->known;
    }
    return NULL;
}

static sg_result
finish(struct account_step *step, const struct auth_passkey *known, struct auth_new_login *ret)
{
    struct http_request *req = step->req;
    struct attempt *a = step->more;
    struct auth_request who = face_auth_request(req);
    struct sg_why why = { 0 };
    sg_str agent = SG_NO_STR;
    (void)http_header_find(req, "User-Agent", &agent);
    return auth_login_finish(face_app(req)->auth, req->arena, &a->assertion, known, a->person,
        face_cookie_get(req, FACE_COOKIE_PRE), face_cookie_get(req, FACE_COOKIE_SESSION), agent,
        who.peer, who.now, &why, ret);
}

static void
login_known(struct account_step *step)
{
    struct http_request *req = step->req;
    struct flow_persons *persons = face_app(req)->persons;
    struct attempt *a = step->more;
    struct auth_new_login login;
    if (!sg_ok(step->result) && step->result.code != SG_E_NOT_FOUND) {
        account_refuse(req, step->result);
        return;
    }
    const struct auth_passkey *known = known_of(step->reply, a);
    sg_result r = finish(step, known, &login);
    if (!sg_ok(r)) {
        if (sg_code_row(r.code)->class_ == SG_CLASS_ACTIVATION || r.code == SG_E_TOO_MANY) {
            flow_login_failed(persons, face_now());
        }
        account_refuse(req, r);
        return;
    }
    flow_login_note(persons, known->person, AUTH_BY_PASSKEY, SG_NO_BYTES, face_now());
    struct account_answer answer;
    char hex[2 * AUTH_PERSON_LEN];
    sg_hex_to(SG_BYTES(known->person), hex);
    account_answer_begin(req, &answer);
    sjson_wr_member_text(&answer.wr, "person", sg_str_of(hex, sizeof(hex)));
    sjson_wr_member_text(&answer.wr, "csrf", sg_str_of(login.csrf, AUTH_CSRF_LEN));
    sjson_wr_member_int(&answer.wr, "expires_in", login.lives_s);
    face_person_begin(req, &answer.reply, &login);
    account_answer_end(req, &answer, 200);
}

void
account_login(struct http_request *req)
{
    struct attempt *a = SG_NEW(req->arena, struct attempt);
    struct auth_request who = face_auth_request(req);
    sg_result r = a == NULL ? SG_ERROR(NO_MEMORY) : attempt_parse(req, a);
    if (sg_ok(r)) {
        r = auth_login_expected(face_app(req)->auth, face_cookie_get(req, FACE_COOKIE_PRE),
            a->person, &a->assertion, who.peer, who.now);
        if (!sg_ok(r)) {
            flow_login_failed(face_app(req)->persons, who.now);
        }
    }
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_step *step = account_step_new(req, login_known);
    if (step != NULL) {
        step->more = a;
        const struct wire_person_info by = { .passkey = a->assertion.passkey };
        flow_person_info(face_app(req)->persons, req->arena, &by, info_came, step);
    }
}

/* ---- session ---------------------------------------------------------------------------------------------------- */

void
account_session(struct http_request *req)
{
    static const char *const methods[] = { [AUTH_BY_PASSKEY] = "passkey",
        [AUTH_BY_PROVIDER] = "provider",
        [AUTH_BY_ENROLMENT] = "enrolment" };
    struct face_person person;
    if (!account_person(req, ACCOUNT_ANY, &person)) {
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    sjson_wr_member_cstr(&answer.wr, "person", person.hex);
    if (person.kind == FACE_PERSON_TOKEN) {
        sjson_wr_member_text(&answer.wr, "client", person.client);
    } else {
        sjson_wr_member_cstr(&answer.wr, "method", methods[person.session.method]);
        sjson_wr_member_int(&answer.wr, "since", person.session.since);
        sjson_wr_member_int(&answer.wr, "expires_at", person.session.expires_at);
        sjson_wr_member_text(&answer.wr, "csrf", sg_str_of(person.session.csrf, AUTH_CSRF_LEN));
    }
    account_answer_end(req, &answer, 200);
}

static sg_result
logout(struct http_request *req, const struct face_person *person)
{
    static const char *const names[] = { "everywhere", NULL };
    struct auth *auth = face_app(req)->auth;
    const struct sjson *json;
    bool everywhere;
    SG_TRY(account_body(req, names, &json));
    SG_TRY(sjson_member_bool(json, "everywhere", false, &everywhere));
    return everywhere ? auth_person_end(auth, person->id, NULL)
                      : auth_login_end(auth, &person->session);
}

void
account_logout(struct http_request *req)
{
    struct face_person person;
    sg_result r = face_person_named(req, &person); /* also while the signer cannot be asked */
    if (sg_ok(r) && person.kind != FACE_PERSON_COOKIE) {
        face_auth_refuse(req, SG_ERROR(SCOPE), true);
        return;
    }
    if (!sg_ok(r)) {
        face_auth_refuse(req, r, true);
        return;
    }
    r = logout(req, &person);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    face_cookie_set(req, &answer.reply, FACE_COOKIE_SESSION, SG_NO_STR, 0);
    account_answer_end(req, &answer, 200);
}
