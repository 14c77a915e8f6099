/*
 * Login through an outside OpenID provider, and the links that make it possible. The provider is asked by the courier. Who comes in this way may look
 * around; what changes the account, and every signature, wants a passkey (AU-4). req: AU-5
 */
#include "account_inner.h"
#include "auth_openid.h"
#include "face_page.h"
#include "peer_out.h"

struct outside {
    struct auth_openid_config config;
    struct auth_openid_flow flow;
    char cookie[AUTH_OPENID_COOKIE_LEN];
    struct face_person person; /* LINK: whose session it is */
    sg_str code;
    sg_bytes jwks;
    struct auth_openid_said said;
    struct wire_fetch_reply reply; /* of the last fetch */
    bool page;                     /* the answer is for a browser that came back */
};

/* ---- asking the provider ------------------------------------------------------------------------------------- */

static void
fetched(void *context, sg_result result, const struct wire_frame *frame)
{
    struct account_step *step = context;
    struct outside *o = step->more;
    sg_bytes body = SG_NO_BYTES;
    if (sg_ok(result)) {
        result = sg_arena_bytes(step->req->arena, frame->body, &body);
    }
    if (sg_ok(result)) {
        result = wire_fetch_reply_parse(body, &o->reply);
    }
    account_go_on(step, result, &o->reply);
}

static void
fetch(struct account_step *step, uint64_t kind, sg_str url, sg_bytes form,
    void (*next)(struct account_step *step))
{
    const struct wire_fetch msg = { .kind = kind,
        .url = url,
        .accept = SG_LIT("application/json"),
        .form = form,
        .post = form.n > 0 };
    step->next = next;
    peer_fetch(face_app(step->req)->courier, step->req->arena, &msg, fetched, step);
}

/* A browser that came back reads a page; a program, problem details. */
static void
refuse(struct account_step *step, sg_result r)
{
    const struct outside *o = step->more;
    if (sg_code_row(r.code)->class_ == SG_CLASS_ACTIVATION || r.code == SG_E_NOT_FOUND) {
        struct auth_request who = face_auth_request(step->req);
        r = auth_outside_failed(face_app(step->req)->auth, who.peer, who.now);
        flow_login_failed(face_app(step->req)->persons, who.now);
    }
    if (o->page) {
        face_page_error(step->req, r);
    } else {
        account_refuse(step->req, r);
    }
}

static sg_result
config_take(struct account_step *step)
{
    struct outside *o = step->more;
    SG_TRY(step->result);
    SG_REQUIRE(o->reply.status == 200, FETCH);
    return auth_openid_config_parse(
        face_app(step->req)->openid, step->req->arena, o->reply.body, &o->config);
}

static bool
config_fetch(struct account_step *step, void (*next)(struct account_step *step))
{
    sg_str url;
    sg_result r = auth_openid_config_url(face_app(step->req)->openid, step->req->arena, &url);
    if (!sg_ok(r)) {
        refuse(step, r);
        return false;
    }
    fetch(step, WIRE_FETCH_OPENID_CONFIGURATION, url, SG_NO_BYTES, next);
    return true;
}

/* ---- the way out ----------------------------------------------------------------------------------------------- */

static void
send_away(struct account_step *step)
{
    struct http_request *req = step->req;
    struct outside *o = step->more;
    sg_str url;
    sg_result r = config_take(step);
    if (sg_ok(r)) {
        r = auth_openid_request_url(face_app(req)->openid, req->arena, &o->config, &o->flow, &url);
    }
    if (!sg_ok(r)) {
        refuse(step, r);
        return;
    }
    sg_str cookie = sg_str_of(o->cookie, sizeof(o->cookie));
    if (o->flow.use == AUTH_OPENID_LINK) {
        struct account_answer answer;
        account_answer_begin(req, &answer);
        sjson_wr_member_text(&answer.wr, "redirect_uri", url);
        face_cookie_set(req, &answer.reply, FACE_COOKIE_OUTSIDE, cookie, AUTH_OPENID_LIFE_S);
        account_answer_end(req, &answer, 200);
        return;
    }
    struct http_reply reply = { .status = 303 };
    http_reply_header(&reply, "Location", url);
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    http_reply_header(&reply, "Referrer-Policy", SG_LIT("no-referrer"));
    face_cookie_set(req, &reply, FACE_COOKIE_OUTSIDE, cookie, AUTH_OPENID_LIFE_S);
    http_answer(req, &reply);
}

/* NULL after the refusal was answered. */
static struct account_step *
outside_new(struct http_request *req, bool page)
{
    struct account_step *step = account_step_new(req, send_away);
    struct outside *o = step == NULL ? NULL : SG_NEW(req->arena, struct outside);
    if (step == NULL) {
        return NULL;
    }
    if (o == NULL || face_app(req)->openid == NULL) {
        account_refuse(req, o == NULL ? SG_ERROR(NO_MEMORY) : SG_ERROR(NOT_FOUND));
        return NULL;
    }
    o->page = page;
    step->more = o;
    return step;
}

static sg_result
begin(struct account_step *step, enum auth_openid_use use, const uint8_t *session)
{
    struct http_request *req = step->req;
    struct outside *o = step->more;
    struct auth_request who = face_auth_request(req);
    SG_TRY(auth_enrol_allowed(face_app(req)->auth, who.peer, who.now)); /* a fetch each: AU-7 */
    auth_openid_begin(use, who.now, o->cookie);
    return auth_openid_flow(
        face_app(req)->auth, sg_str_of(o->cookie, sizeof(o->cookie)), session, who.now, &o->flow);
}

void
account_outside_login(struct http_request *req)
{
    struct account_step *step = outside_new(req, true);
    if (step == NULL) {
        return;
    }
    sg_result r = begin(step, AUTH_OPENID_LOGIN, NULL);
    if (!sg_ok(r)) {
        refuse(step, r);
        return;
    }
    (void)config_fetch(step, send_away);
}

/* A link opens a second way in: only by a page of ours, and by a passkey just now. */
void
account_identity_link(struct http_request *req)
{
    struct face_person person;
    if (!account_person(req, ACCOUNT_OWN, &person)) {
        return;
    }
    struct account_step *step = outside_new(req, false);
    if (step == NULL) {
        return;
    }
    sg_result r = face_person_recent(req, &person);
    if (sg_ok(r)) {
        r = begin(step, AUTH_OPENID_LINK, person.session.session);
    }
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    (void)config_fetch(step, send_away);
}

/* ---- the way back -------------------------------------------------------------------------------------------------- */

static void
back_home(struct account_step *step, const struct auth_new_login *login)
{
    struct http_request *req = step->req;
    struct http_reply reply = { .status = 303 };
    sg_str to;
    sg_result r = sg_arena_printf(req->arena, &to, "%.*s/account", SG_PRINT(face_app(req)->base));
    if (!sg_ok(r)) {
        refuse(step, r);
        return;
    }
    http_reply_header(&reply, "Location", to);
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    face_cookie_set(req, &reply, FACE_COOKIE_OUTSIDE, SG_NO_STR, 0);
    if (login != NULL) {
        face_person_begin(req, &reply, login);
    }
    http_answer(req, &reply);
}

/* The person is linked; may it come in? The signer's registry says. */
static void
person_known(struct account_step *step)
{
    struct http_request *req = step->req;
    struct outside *o = step->more;
    const struct wire_person_info_reply *info = step->reply;
    struct auth_new_login login;
    sg_str agent = SG_NO_STR;
    sg_result r = step->result;
    if (sg_ok(r) && info->state != WIRE_PERSON_ACTIVE) {
        r = SG_ERROR(ACTIVATION);
    }
    if (sg_ok(r)) {
        (void)http_header_find(req, "User-Agent", &agent);
        r = auth_login_begin(face_app(req)->auth, o->person.id, AUTH_BY_PROVIDER,
            face_cookie_get(req, FACE_COOKIE_SESSION), agent, face_now(), &login);
    }
    if (!sg_ok(r)) {
        refuse(step, r);
        return;
    }
    flow_login_note(face_app(req)->persons, o->person.id, AUTH_BY_PROVIDER,
        SG_BYTES(o->said.evidence), face_now());
    back_home(step, &login);
}

static void
info_came(void *context, sg_result result, const struct wire_person_info_reply *info)
{
    account_go_on(context, result, info);
}

/* Whose identity is it? Nobody enrols this way. */
static void
log_in(struct account_step *step)
{
    struct http_request *req = step->req;
    struct outside *o = step->more;
    struct flow_persons *persons = face_app(req)->persons;
    sg_result r = flow_identity_find(
        persons, auth_openid_issuer(face_app(req)->openid), o->said.subject, o->person.id);
    if (!sg_ok(r)) {
        refuse(step, r);
        return;
    }
    step->next = person_known;
    const struct wire_person_info by = { .person = SG_BYTES(o->person.id) };
    flow_person_info(persons, req->arena, &by, info_came, step);
}

static void
link_up(struct account_step *step)
{
    struct http_request *req = step->req;
    struct outside *o = step->more;
    sg_result r = flow_identity_link(face_app(req)->persons, o->person.id,
        auth_openid_issuer(face_app(req)->openid), o->said.subject, face_now());
    if (!sg_ok(r)) {
        refuse(step, r);
        return;
    }
    back_home(step, NULL);
}

static sg_result
token_take(struct account_step *step)
{
    struct http_request *req = step->req;
    struct outside *o = step->more;
    struct sg_why why = { 0 };
    sg_str id_token;
    SG_TRY(step->result);
    SG_TRY(auth_openid_token_parse(req->arena, o->reply.status, o->reply.body, &id_token));
    return auth_openid_id_token_check(
        face_app(req)->openid, req->arena, id_token, o->jwks, &o->flow, face_now(), &why, &o->said);
}

static void
token_came(struct account_step *step)
{
    const struct outside *o = step->more;
    sg_result r = token_take(step);
    if (!sg_ok(r)) {
        refuse(step, r);
    } else if (o->flow.use == AUTH_OPENID_LINK) {
        link_up(step);
    } else {
        log_in(step);
    }
}

static void
keys_came(struct account_step *step)
{
    struct http_request *req = step->req;
    struct outside *o = step->more;
    sg_bytes form;
    sg_result r = step->result;
    if (sg_ok(r) && o->reply.status != 200) {
        r = SG_ERROR(FETCH);
    }
    if (sg_ok(r)) {
        o->jwks = o->reply.body;
        r = auth_openid_token_form(
            face_app(req)->openid, req->arena, &o->config, &o->flow, o->code, face_now(), &form);
    }
    if (!sg_ok(r)) {
        refuse(step, r);
        return;
    }
    fetch(step, WIRE_FETCH_OPENID_TOKEN, o->config.token_endpoint, form, token_came);
}

static void
config_came(struct account_step *step)
{
    struct http_request *req = step->req;
    struct outside *o = step->more;
    sg_str state = SG_NO_STR, iss = SG_NO_STR;
    sg_result r = config_take(step);
    if (sg_ok(r)) {
        (void)http_query_find(req, "state", &state);
        bool has_iss = http_query_find(req, "iss", &iss);
        r = auth_openid_answer_check(
            face_app(req)->openid, &o->config, &o->flow, state, has_iss, iss);
    }
    if (!sg_ok(r)) {
        refuse(step, r);
        return;
    }
    fetch(step, WIRE_FETCH_OPENID_KEYS, o->config.jwks_uri, SG_NO_BYTES, keys_came);
}

/* What can be seen before anybody is asked: our cookie, each parameter once, a code and the right state. */
static sg_result
answer_parse(struct account_step *step)
{
    static const char *const once[] = { "state", "code", "iss", "error" };
    struct http_request *req = step->req;
    struct outside *o = step->more;
    const uint8_t *session = NULL;
    sg_str state, error;
    sg_str cookie = face_cookie_get(req, FACE_COOKIE_OUTSIDE);
    for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
        SG_REQUIRE(http_query_count(req, once[i]) <= 1, DUPLICATE);
    }
    if (auth_openid_use_of(cookie) == AUTH_OPENID_LINK) {
        SG_TRY(face_person_find(req, &o->person)); /* the session that asked, and no other */
        SG_REQUIRE(o->person.kind == FACE_PERSON_COOKIE, ACTIVATION);
        session = o->person.session.session;
    }
    SG_TRY(auth_openid_flow(face_app(req)->auth, cookie, session, face_now(), &o->flow));
    SG_REQUIRE(http_query_find(req, "state", &state), ACTIVATION);
    const struct auth_openid_config any = { .iss_in_answer = false };
    SG_TRY(
        auth_openid_answer_check(face_app(req)->openid, &any, &o->flow, state, false, SG_NO_STR));
    SG_REQUIRE(!http_query_find(req, "error", &error), ACTIVATION); /* the provider said no */
    SG_REQUIRE(
        http_query_find(req, "code", &o->code) && o->code.n > 0 && o->code.n <= 2048, ACTIVATION);
    return SG_DONE;
}

void
account_outside_back(struct http_request *req)
{
    struct account_step *step = outside_new(req, true);
    if (step == NULL) {
        return;
    }
    sg_result r = answer_parse(step);
    if (!sg_ok(r)) {
        refuse(step, r);
        return;
    }
    (void)config_fetch(step, config_came);
}

/* ---- links -------------------------------------------------------------------------------------------------------------- */

void
account_identities(struct http_request *req)
{
    struct face_person person;
    struct flow_identity list[FLOW_IDENTITIES_MAX];
    size_t n = 0;
    if (!account_person(req, ACCOUNT_BROWSER, &person)) {
        return;
    }
    sg_result r = flow_identity_list(face_app(req)->persons, req->arena, person.id, list, &n);
    if (!sg_ok(r) && r.code != SG_E_NOT_FOUND) {
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    sjson_wr_name(&answer.wr, SG_LIT("identities"));
    sjson_wr_array(&answer.wr);
    for (size_t i = 0; i < n; i++) {
        sjson_wr_object(&answer.wr);
        sjson_wr_member_text(&answer.wr, "issuer", list[i].issuer);
        sjson_wr_member_text(&answer.wr, "subject", list[i].subject);
        sjson_wr_member_int(&answer.wr, "linked_at", list[i].linked_at);
        sjson_wr_object_end(&answer.wr);
    }
    sjson_wr_array_end(&answer.wr);
    account_answer_end(req, &answer, 200);
}

static sg_result
unlink_identity(struct http_request *req, const struct face_person *person)
{
    static const char *const names[] = { "issuer", "subject", NULL };
    const struct sjson *json;
    sg_str issuer, subject;
    SG_TRY(account_body(req, names, &json));
    SG_TRY(sjson_member_text(json, "issuer", &issuer));
    SG_TRY(sjson_member_text(json, "subject", &subject));
    return flow_identity_unlink(face_app(req)->persons, person->id, issuer, subject);
}

void
account_identity_unlink(struct http_request *req)
{
    struct face_person person;
    if (!account_person(req, ACCOUNT_OWN, &person)) {
        return;
    }
    sg_result r = unlink_identity(req, &person);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    account_answer_end(req, &answer, 200);
}
