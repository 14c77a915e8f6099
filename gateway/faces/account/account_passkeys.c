/* Passkeys of somebody who is logged in: a further one, and the end of one, each allowed by a signing passkey's gesture (AU-4). req: AU-2, AU-3 */
#include "account_inner.h"
#include "sg_text.h"

static const char *const states[] = { [WIRE_PASSKEY_ACTIVE] = "active",
    [WIRE_PASSKEY_WAITS] = "waits",
    [WIRE_PASSKEY_REMOVED] = "removed" };

static void
info_came(void *context, sg_result result, const struct wire_person_info_reply *info)
{
    account_go_on(context, result, info);
}

/* ---- list ----------------------------------------------------------------------------------------------------- */

static void
write_passkey(struct sjson_wr *wr, const struct wire_passkey *p)
{
    char fingerprint[ACCOUNT_FINGERPRINT_LEN];
    account_fingerprint(p->thumbprint, fingerprint);
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "id", p->id);
    sjson_wr_member_cstr(wr, "purpose", account_purpose_name(p->purpose));
    sjson_wr_member_cstr(wr, "state", p->state <= WIRE_PASSKEY_REMOVED ? states[p->state] : "");
    sjson_wr_member_text(wr, "label", p->label);
    sjson_wr_member_text(wr, "fingerprint", sg_str_of(fingerprint, sizeof(fingerprint)));
    sjson_wr_member_b64url(wr, "thumbprint", p->thumbprint);
    sjson_wr_member_cstr(wr, "alg", account_alg_name(p->alg));
    sjson_wr_member_bool(wr, "backup_eligible", p->backup_eligible);
    sjson_wr_member_bool(wr, "attested", p->attested);
    sjson_wr_member_int(wr, "created_at", p->created_at);
    sjson_wr_object_end(wr);
}

static void
list_answer(struct account_step *step)
{
    static const char *const person_states[] = { [WIRE_PERSON_ENROLLING] = "enrolling",
        [WIRE_PERSON_ACTIVE] = "active",
        [WIRE_PERSON_LOCKED] = "locked",
        [WIRE_PERSON_LEFT] = "left" };
    struct http_request *req = step->req;
    const struct wire_person_info_reply *info = step->reply;
    if (!account_alive(step)) {
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    sjson_wr_member_cstr(&answer.wr, "person", step->person.hex);
    sjson_wr_member_cstr(
        &answer.wr, "state", info->state <= WIRE_PERSON_LEFT ? person_states[info->state] : "");
    sjson_wr_member_int(&answer.wr, "level", (int64_t)info->level);
    sjson_wr_name(&answer.wr, SG_LIT("passkeys"));
    sjson_wr_array(&answer.wr);
    for (size_t i = 0; i < info->n_passkeys; i++) {
        write_passkey(&answer.wr, &info->passkeys[i]);
    }
    sjson_wr_array_end(&answer.wr);
    account_answer_end(req, &answer, 200);
}

void
account_passkeys(struct http_request *req)
{
    struct account_step *step = account_begin(req, ACCOUNT_BROWSER, list_answer);
    if (step != NULL) {
        const struct wire_person_info by = { .person = SG_BYTES(step->person.id) };
        flow_person_info(face_app(req)->persons, req->arena, &by, info_came, step);
    }
}

/* ---- a further one ------------------------------------------------------------------------------------------------ */

static void
options_answer(struct account_step *step)
{
    const struct wire_enrol_open_reply *opened = step->reply;
    const uint64_t *purpose = step->more;
    struct account_answer answer;
    if (!sg_ok(step->result)) {
        account_refuse(step->req, step->result);
        return;
    }
    account_answer_begin(step->req, &answer);
    sjson_wr_member_b64url(&answer.wr, "session", opened->session);
    sjson_wr_member_int(&answer.wr, "expires_at", opened->expires_at);
    account_write_creation(&answer.wr, face_app(step->req), opened, *purpose);
    account_answer_end(step->req, &answer, 200);
}

static void
opened_came(void *context, sg_result result, const struct wire_enrol_open_reply *opened)
{
    account_go_on(context, result, opened);
}

void
account_passkey_options(struct http_request *req)
{
    static const char *const names[] = { "purpose", NULL };
    const struct sjson *json;
    struct account_step *step = account_begin(req, ACCOUNT_OWN, options_answer);
    if (step == NULL) {
        return;
    }
    struct wire_enrol_open *msg = SG_NEW(req->arena, struct wire_enrol_open);
    sg_result r = msg == NULL ? SG_ERROR(NO_MEMORY) : account_body(req, names, &json);
    if (sg_ok(r)) {
        msg->person = SG_BYTES(step->person.id);
        r = account_purpose(json, &msg->purpose);
    }
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    step->more = &msg->purpose;
    flow_enrol_open(face_app(req)->persons, req->arena, msg, opened_came, step);
}

static void
make_answer(struct account_step *step)
{
    struct http_request *req = step->req;
    const struct flow_enrolled *enrolled = step->reply;
    char fingerprint[ACCOUNT_FINGERPRINT_LEN];
    struct account_answer answer;
    if (!sg_ok(step->result)) {
        account_refuse(req, step->result);
        return;
    }
    account_fingerprint(enrolled->made.thumbprint, fingerprint);
    account_answer_begin(req, &answer);
    sjson_wr_member_b64url(&answer.wr, "id", enrolled->made.passkey);
    sjson_wr_member_text(&answer.wr, "fingerprint", sg_str_of(fingerprint, sizeof(fingerprint)));
    sjson_wr_member_cstr(
        &answer.wr, "state", enrolled->made.state == WIRE_PASSKEY_ACTIVE ? "active" : "waits");
    sjson_wr_member_bool(&answer.wr, "attested", enrolled->made.attested);
    if (enrolled->confirm != NULL) {
        account_write_confirm(&answer.wr, face_app(req), enrolled->confirm);
    }
    account_answer_end(req, &answer, 201);
}

static void
enrolled_came(void *context, sg_result result, const struct flow_enrolled *enrolled)
{
    account_go_on(context, result, enrolled);
}

static sg_result
make_parse(struct http_request *req, struct wire_enrol_finish *ret)
{
    static const char *const names[] = { "session", "credential", "label", NULL };
    const struct sjson *json;
    struct account_registration registration;
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
account_passkey_make(struct http_request *req)
{
    struct wire_enrol_finish msg = { .label = SG_NO_STR };
    struct account_step *step = account_begin(req, ACCOUNT_OWN, make_answer);
    if (step == NULL) {
        return;
    }
    sg_result r = make_parse(req, &msg);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    flow_enrol_finish(face_app(req)->persons, req->arena, &msg, account_language(req), face_now(),
        enrolled_came, step);
}

/* ---- the end of one --------------------------------------------------------------------------------------------------- */

static void
remove_answer(struct account_step *step)
{
    const struct flow_confirm *confirm = step->reply;
    struct account_answer answer;
    if (!sg_ok(step->result)) {
        account_refuse(step->req, step->result);
        return;
    }
    account_answer_begin(step->req, &answer);
    account_write_confirm(&answer.wr, face_app(step->req), confirm);
    account_answer_end(step->req, &answer, 200);
}

static void
confirm_came(void *context, sg_result result, const struct flow_confirm *confirm)
{
    account_go_on(context, result, confirm);
}

void
account_passkey_remove(struct http_request *req)
{
    sg_bytes id;
    struct account_step *step = account_begin(req, ACCOUNT_OWN, remove_answer);
    if (step == NULL) {
        return;
    }
    sg_result r = sg_b64url_decode(req->arena, req->params[0], &id);
    if (!sg_ok(r) || id.n == 0 || id.n > WIRE_PASSKEY_ID_MAX) {
        account_refuse(req, SG_ERROR(NOT_FOUND));
        return;
    }
    flow_remove_open(face_app(req)->persons, req->arena, step->person.id, id, account_language(req),
        face_now(), confirm_came, step);
}

/* ---- confirmations ------------------------------------------------------------------------------------------------------ */

struct confirming {
    sg_bytes passkey; /* the one it is about */
    enum consent_template template;
};

static void
confirmed_answer(struct account_step *step)
{
    struct http_request *req = step->req;
    const struct confirming *c = step->more;
    const struct flow_confirmed *confirmed = step->reply;
    struct account_answer answer;
    if (!sg_ok(step->result)) {
        account_refuse(req, step->result);
        return;
    }
    flow_confirm_keep(face_app(req)->persons, step->person.id, confirmed);
    /* who has the lost device may be logged in with it, or have let a wallet in */
    if (c->template == CONSENT_REMOVE) {
        const uint8_t *but = step->person.session.session;
        sg_result r = auth_person_end(face_app(req)->auth, step->person.id, but);
        if (!sg_ok(r)) {
            account_refuse(req, r);
            return;
        }
    }
    account_answer_begin(req, &answer);
    sjson_wr_member_cstr(
        &answer.wr, "state", c->template == CONSENT_REGISTER ? "registered" : "removed");
    sjson_wr_member_int(&answer.wr, "seq", (int64_t)confirmed->consent_seq);
    account_answer_end(req, &answer, 200);
}

static void
confirmed_came(void *context, sg_result result, const struct flow_confirmed *confirmed)
{
    account_go_on(context, result, confirmed);
}

static sg_result
gesture_parse(struct http_request *req, struct flow_gesture *ret)
{
    static const char *const names[] = { "credential", NULL };
    const struct sjson *json;
    struct auth_assertion a;
    SG_TRY(account_body(req, names, &json));
    SG_TRY(account_assertion_parse(req->arena, sjson_get(json, "credential"), &a));
    *ret = (struct flow_gesture){ a.passkey, a.client_data, a.authenticator_data, a.signature };
    return SG_DONE;
}

static void
confirm(struct http_request *req, enum consent_template template)
{
    struct flow_gesture gesture;
    struct account_step *step = account_begin(req, ACCOUNT_OWN, confirmed_answer);
    struct confirming *c = step == NULL ? NULL : SG_NEW(req->arena, struct confirming);
    if (step == NULL) {
        return;
    }
    sg_result r = c == NULL ? SG_ERROR(NO_MEMORY) : gesture_parse(req, &gesture);
    if (sg_ok(r)) {
        r = sg_b64url_decode(req->arena, req->params[0], &c->passkey);
        r = sg_ok(r) ? r : SG_ERROR(NOT_FOUND);
    }
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    c->template = template;
    step->more = c;
    flow_confirm(face_app(req)->persons, req->arena, step->person.id, c->passkey, template,
        &gesture, face_now(), confirmed_came, step);
}

void
account_passkey_approve(struct http_request *req)
{
    confirm(req, CONSENT_REGISTER);
}

void
account_passkey_remove_approve(struct http_request *req)
{
    confirm(req, CONSENT_REMOVE);
}
