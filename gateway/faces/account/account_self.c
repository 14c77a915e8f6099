/* Name and address, and the end of all of it. req: EV-4, SIG-6 */
#include "account_inner.h"

static void
profile_answer(
    struct http_request *req, const struct face_person *person, const struct flow_profile *profile)
{
    struct account_answer answer;
    account_answer_begin(req, &answer);
    sjson_wr_member_cstr(&answer.wr, "person", person->hex);
    sjson_wr_member_text(&answer.wr, "display_name", profile->display_name);
    sjson_wr_member_text(&answer.wr, "email", profile->email);
    if (profile->created_at > 0) {
        sjson_wr_member_int(&answer.wr, "created_at", profile->created_at);
    }
    account_answer_end(req, &answer, 200);
}

void
account_profile(struct http_request *req)
{
    struct face_person person;
    struct flow_profile profile;
    if (!account_person(req, ACCOUNT_BROWSER, &person)) {
        return;
    }
    sg_result r = flow_profile_get(face_app(req)->persons, req->arena, person.id, &profile);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    profile_answer(req, &person, &profile);
}

static sg_result
set(struct http_request *req, const struct face_person *person, struct flow_profile *ret)
{
    static const char *const names[] = { "display_name", "email", NULL };
    const struct sjson *json;
    SG_TRY(account_body(req, names, &json));
    SG_TRY(account_text(json, "display_name", &ret->display_name));
    SG_TRY(account_text(json, "email", &ret->email));
    return flow_profile_set(face_app(req)->persons, person->id, ret);
}

void
account_profile_set(struct http_request *req)
{
    struct face_person person;
    struct flow_profile profile = { .created_at = 0 };
    if (!account_person(req, ACCOUNT_OWN, &person)) {
        return;
    }
    sg_result r = set(req, &person, &profile);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    profile_answer(req, &person, &profile);
}

static sg_result
erase(struct http_request *req, const struct face_person *person)
{
    static const char *const names[] = { NULL };
    const struct sjson *json;
    SG_TRY(account_body(req, names, &json));
    SG_TRY(face_person_recent(req, person)); /* not by whoever finds an open screen */
    SG_TRY(flow_account_erase(face_app(req)->persons, person->id, face_now()));
    return auth_person_end(face_app(req)->auth, person->id, NULL);
}

void
account_erase(struct http_request *req)
{
    struct face_person person;
    if (!account_person(req, ACCOUNT_OWN, &person)) {
        return;
    }
    sg_result r = erase(req, &person);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    face_cookie_set(req, &answer.reply, FACE_COOKIE_SESSION, SG_NO_STR, 0);
    account_answer_end(req, &answer, 200);
}
