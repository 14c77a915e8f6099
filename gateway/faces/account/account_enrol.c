/* Enrolment with link and code (AU-2): the signer judges both; here guessing is limited and the passkeys' prompts are written. req: AU-2, AU-7 */
#include "account_inner.h"
#include "sg_text.h"

static void
write_missing(struct sjson_wr *wr, uint64_t missing)
{
    static const uint64_t purposes[] = { WIRE_PASSKEY_SIGN, WIRE_PASSKEY_LOGIN };
    sjson_wr_name(wr, SG_LIT("missing"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < 2; i++) {
        if ((missing & purposes[i]) != 0) {
            sjson_wr_text(wr, sg_cstr(account_purpose_name(purposes[i])));
        }
    }
    sjson_wr_array_end(wr);
}

/* ---- open -------------------------------------------------------------------------------------------------- */

/* As the link spells it (hex), or base64url as other secrets do. */
static sg_result
link_parse(struct http_request *req, const struct sjson *json, sg_bytes *ret)
{
    sg_str text;
    SG_TRY(sjson_member_text(json, "link", &text));
    uint8_t *link = sg_arena_alloc(req->arena, WIRE_SECRET_LEN);
    SG_REQUIRE(link != NULL, NO_MEMORY);
    bool good = text.n == (size_t)2 * WIRE_SECRET_LEN
                    ? sg_ok(sg_hex_decode_to(text, link, WIRE_SECRET_LEN))
                    : sg_ok(sg_b64url_decode_to(text, link, WIRE_SECRET_LEN));
    SG_REQUIRE(good, ACTIVATION); /* as a link that nobody made */
    *ret = sg_bytes_of(link, WIRE_SECRET_LEN);
    return SG_DONE;
}

static sg_result
open_parse(struct http_request *req, struct wire_enrol_open *ret)
{
    static const char *const names[] = { "link", "code", "purpose", NULL };
    const struct sjson *json;
    SG_TRY(face_same_origin(req));
    SG_TRY(account_body(req, names, &json));
    SG_TRY(account_purpose(json, &ret->purpose));
    SG_TRY(sjson_member_text(json, "code", &ret->code));
    SG_TRY(link_parse(req, json, &ret->link));
    SG_REQUIRE(ret->code.n > 0 && ret->code.n <= WIRE_ENROL_CODE_MAX, ACTIVATION);
    return SG_DONE;
}

static void
open_answer(struct account_step *step)
{
    struct http_request *req = step->req;
    const struct wire_enrol_open_reply *opened = step->reply;
    const struct wire_enrol_open *asked = step->more;
    struct auth_request who = face_auth_request(req);
    if (!sg_ok(step->result)) {
        sg_result r = step->result;
        if (sg_code_row(r.code)->class_ == SG_CLASS_ACTIVATION) {
            r = auth_enrol_failed(face_app(req)->auth, who.peer, asked->link, who.now);
        }
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    sjson_wr_member_b64url(&answer.wr, "session", opened->session);
    sjson_wr_member_int(&answer.wr, "expires_at", opened->expires_at);
    write_missing(&answer.wr, opened->missing);
    account_write_creation(&answer.wr, face_app(req), opened, asked->purpose);
    account_answer_end(req, &answer, 200);
}

static void
opened_came(void *context, sg_result result, const struct wire_enrol_open_reply *opened)
{
    account_go_on(context, result, opened);
}

void
account_enrol_open(struct http_request *req)
{
    struct wire_enrol_open *msg = SG_NEW(req->arena, struct wire_enrol_open);
    struct auth_request who = face_auth_request(req);
    sg_result r = msg == NULL ? SG_ERROR(NO_MEMORY)
                              : auth_enrol_allowed(face_app(req)->auth, who.peer, who.now);
    if (sg_ok(r)) {
        r = open_parse(req, msg);
        if (r.code == SG_E_ACTIVATION) {
            r = auth_enrol_failed(face_app(req)->auth, who.peer, msg->link, who.now);
        }
    }
    if (sg_ok(r)) {
        r = auth_enrol_link_allowed(face_app(req)->auth, msg->link, who.now);
    }
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_step *step = account_step_new(req, open_answer);
    if (step != NULL) {
        step->more = msg;
        flow_enrol_open(face_app(req)->persons, req->arena, msg, opened_came, step);
    }
}

/* ---- finish ---------------------------------------------------------------------------------------------------- */

static uint64_t
missing_of(const struct wire_person_info_reply *info)
{
    uint64_t missing = WIRE_PASSKEY_SIGN | WIRE_PASSKEY_LOGIN;
    for (size_t i = 0; i < info->n_passkeys; i++) {
        missing &= ~info->passkeys[i].purpose;
    }
    return missing;
}

/* Whoever has just made its login passkey is logged in; the page need not ask for it again. */
static bool
begins_session(
    const struct wire_person_info_reply *info, const struct wire_enrol_finish_reply *made)
{
    for (size_t i = 0; i < info->n_passkeys; i++) {
        const struct wire_passkey *p = &info->passkeys[i];
        if (sg_bytes_equal(p->id, made->passkey)) {
            return p->purpose == WIRE_PASSKEY_LOGIN && p->state == WIRE_PASSKEY_ACTIVE &&
                   made->state == WIRE_PASSKEY_ACTIVE && info->state != WIRE_PERSON_LOCKED;
        }
    }
    return false;
}

static sg_result
session_begin(
    struct http_request *req, const uint8_t person[AUTH_PERSON_LEN], struct account_answer *answer)
{
    struct auth_new_login login;
    sg_str agent = SG_NO_STR;
    (void)http_header_find(req, "User-Agent", &agent);
    SG_TRY(auth_login_begin(face_app(req)->auth, person, AUTH_BY_ENROLMENT,
        face_cookie_get(req, FACE_COOKIE_SESSION), agent, face_now(), &login));
    flow_login_note(face_app(req)->persons, person, AUTH_BY_ENROLMENT, SG_NO_BYTES, face_now());
    face_person_begin(req, &answer->reply, &login);
    sjson_wr_member_text(&answer->wr, "csrf", sg_str_of(login.csrf, AUTH_CSRF_LEN));
    return SG_DONE;
}

static void
finish_answer(struct account_step *step)
{
    struct http_request *req = step->req;
    const struct flow_enrolled *enrolled = step->more;
    const struct wire_person_info_reply *info = step->reply;
    const struct wire_enrol_finish_reply *made = &enrolled->made;
    char fingerprint[ACCOUNT_FINGERPRINT_LEN];
    struct account_answer answer;
    if (!sg_ok(step->result)) {
        account_refuse(req, step->result);
        return;
    }
    account_fingerprint(made->thumbprint, fingerprint);
    account_answer_begin(req, &answer);
    sjson_wr_member_b64url(&answer.wr, "id", made->passkey);
    sjson_wr_member_text(&answer.wr, "fingerprint", sg_str_of(fingerprint, sizeof(fingerprint)));
    sjson_wr_member_cstr(
        &answer.wr, "state", made->state == WIRE_PASSKEY_ACTIVE ? "active" : "waits");
    sjson_wr_member_bool(&answer.wr, "attested", made->attested);
    write_missing(&answer.wr, missing_of(info));
    if (begins_session(info, made)) {
        sg_result r = session_begin(req, info->person.p, &answer);
        if (!sg_ok(r)) {
            account_refuse(req, r); /* the passkey is there: log in with it */
            return;
        }
    }
    account_answer_end(req, &answer, 200);
}

static void
info_came(void *context, sg_result result, const struct wire_person_info_reply *info)
{
    account_go_on(context, result, info);
}

static void
finish_registered(struct account_step *step)
{
    struct http_request *req = step->req;
    const struct flow_enrolled *enrolled = step->reply;
    if (!sg_ok(step->result)) {
        account_refuse(req, step->result);
        return;
    }
    step->more = (void *)(uintptr_t)enrolled;
    step->next = finish_answer;
    const struct wire_person_info by = { .person = enrolled->made.person };
    flow_person_info(face_app(req)->persons, req->arena, &by, info_came, step);
}

static void
enrolled_came(void *context, sg_result result, const struct flow_enrolled *enrolled)
{
    account_go_on(context, result, enrolled);
}

static sg_result
finish_parse(struct http_request *req, struct wire_enrol_finish *ret)
{
    static const char *const names[] = { "session", "credential", "label", NULL };
    const struct sjson *json;
    struct account_registration registration;
    SG_TRY(face_same_origin(req));
    SG_TRY(account_body(req, names, &json));
    SG_TRY(account_bytes(req->arena, json, "session", &ret->session));
    SG_TRY(account_text(json, "label", &ret->label));
    SG_TRY(account_registration_parse(req->arena, sjson_get(json, "credential"), &registration));
    SG_REQUIRE(ret->session.n == WIRE_ID_LEN, ACTIVATION);
    SG_REQUIRE(ret->label.n <= WIRE_LABEL_MAX, TOO_LARGE);
    ret->client_data = registration.client_data;
    ret->attestation = registration.attestation;
    return SG_DONE;
}

void
account_enrol_finish(struct http_request *req)
{
    struct wire_enrol_finish msg = { .label = SG_NO_STR };
    struct auth_request who = face_auth_request(req);
    sg_result r = auth_enrol_allowed(face_app(req)->auth, who.peer, who.now);
    if (sg_ok(r)) {
        r = finish_parse(req, &msg);
    }
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_step *step = account_step_new(req, finish_registered);
    if (step != NULL) {
        flow_enrol_finish(face_app(req)->persons, req->arena, &msg, account_language(req), who.now,
            enrolled_came, step);
    }
}
