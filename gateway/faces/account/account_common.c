/* Steps, bodies, refusals. */
#include "account_inner.h"
#include "face_page.h"
#include "sg_text.h"

void
account_refuse(struct http_request *req, sg_result r)
{
    if (r.code == SG_E_UNAUTHENTICATED) {
        face_auth_refuse(req, r, true);
    } else {
        face_problem(req, r, NULL);
    }
}

static void
run_next(struct http_request *req)
{
    struct account_step *step = req->state;
    step->next(step);
}

struct account_step *
account_step_new(struct http_request *req, void (*next)(struct account_step *step))
{
    struct account_step *step = SG_NEW(req->arena, struct account_step);
    if (step == NULL) {
        account_refuse(req, SG_ERROR(NO_MEMORY));
        return NULL;
    }
    *step = (struct account_step){ .req = req, .next = next, .result = SG_DONE };
    req->state = step;
    return step;
}

void
account_go_on(void *context, sg_result result, const void *reply)
{
    struct account_step *step = context;
    step->result = result;
    step->reply = reply;
    http_continue(step->req, run_next);
}

bool
account_person(struct http_request *req, enum account_need need, struct face_person *ret)
{
    if (!face_person(req, ret)) {
        return false;
    }
    if (need != ACCOUNT_ANY && ret->kind != FACE_PERSON_COOKIE) {
        face_auth_refuse(req, SG_ERROR(SCOPE), true);
        return false;
    }
    bool outside = ret->kind == FACE_PERSON_COOKIE && ret->session.method == AUTH_BY_PROVIDER;
    if (outside && (need == ACCOUNT_OWN || req->method != HTTP_GET) && need != ACCOUNT_BROWSER) {
        account_refuse(req, SG_ERROR(POLICY));
        return false;
    }
    return true;
}

struct account_step *
account_begin(
    struct http_request *req, enum account_need need, void (*next)(struct account_step *step))
{
    struct face_person person;
    if (!account_person(req, need, &person)) {
        return NULL;
    }
    struct account_step *step = account_step_new(req, next);
    if (step != NULL) {
        step->person = person;
    }
    return step;
}

bool
account_alive(struct account_step *step)
{
    const struct wire_person_info_reply *info = step->reply;
    sg_result r = step->result;
    if (sg_ok(r) && (info->state == WIRE_PERSON_LOCKED || info->state == WIRE_PERSON_LEFT)) {
        r = auth_person_end(face_app(step->req)->auth, step->person.id, NULL);
        r = sg_ok(r) ? SG_ERROR(UNAUTHENTICATED) : r;
    }
    if (!sg_ok(r)) {
        account_refuse(step->req, r);
        return false;
    }
    return true;
}

sg_result
account_body(struct http_request *req, const char *const *names, const struct sjson **ret)
{
    const struct sjson *json;
    sg_str text = req->body.n == 0 ? SG_LIT("{}") : sg_bytes_str(req->body);
    SG_TRY(sjson_parse_object(req->arena, text, NULL, &json));
    for (const struct sjson *m = json->first; m != NULL; m = m->next) {
        bool known = false;
        for (size_t i = 0; names[i] != NULL; i++) {
            known = known || sg_str_is(m->name, names[i]);
        }
        SG_REQUIRE(known, VALUE);
    }
    *ret = json;
    return SG_DONE;
}

sg_result
account_text(const struct sjson *json, const char *name, sg_str *ret)
{
    sg_result r = sjson_member_text(json, name, ret);
    if (r.code == SG_E_MISSING) {
        *ret = SG_NO_STR;
        return SG_DONE;
    }
    return r;
}

sg_result
account_bytes(struct sg_arena *arena, const struct sjson *json, const char *name, sg_bytes *ret)
{
    sg_str text;
    SG_TRY(sjson_member_text(json, name, &text));
    return sg_b64url_decode(arena, text, ret);
}

sg_result
account_purpose(const struct sjson *json, uint64_t *ret)
{
    const struct sjson *purpose = sjson_get(json, "purpose");
    SG_REQUIRE(purpose != NULL, MISSING);
    bool sign = sjson_is_text(purpose, "sign");
    SG_REQUIRE(sign || sjson_is_text(purpose, "login"), VALUE);
    *ret = sign ? WIRE_PASSKEY_SIGN : WIRE_PASSKEY_LOGIN;
    return SG_DONE;
}

const char *
account_purpose_name(uint64_t purpose)
{
    return purpose == WIRE_PASSKEY_SIGN ? "sign" : "login";
}

enum consent_language
account_language(const struct http_request *req)
{
    return face_page_japanese(req) ? CONSENT_JA : CONSENT_EN;
}

void
account_answer_begin(struct http_request *req, struct account_answer *answer)
{
    answer->buf = sg_buf_new(req->arena, 1024, (size_t)1024 * 1024);
    answer->wr = sjson_wr_new(&answer->buf);
    answer->reply = (struct http_reply){ .content_type = "application/json" };
    sjson_wr_object(&answer->wr);
}

void
account_answer_end(struct http_request *req, struct account_answer *answer, unsigned status)
{
    sjson_wr_object_end(&answer->wr);
    sg_result r = sg_buf_end(&answer->buf, &answer->reply.body);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    answer->reply.status = status;
    http_reply_header(&answer->reply, "Cache-Control", SG_LIT("no-store"));
    http_answer(req, &answer->reply);
}
