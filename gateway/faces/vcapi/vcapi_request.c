/* Who asks, what a body may say, and how refusals are told. */
#include "vcapi_inner.h"

/* ---- answers -------------------------------------------------------------------------------------------- */

static void
done(struct vcapi_call *call)
{
    if (call->session != NULL) {
        auth_session_release(face_app(call->req)->auth, &call->session);
    }
}

void
vcapi_answer(struct vcapi_call *call, unsigned status, sg_str json)
{
    done(call);
    face_json(call->req, status, json, true);
}

/*
 * Here the object is the request: who signed it, or that its signature is wrong, says nothing about who asks, so it is never 401 or 403
 * (the W3C suites take 400 and 422 for a refused object and nothing else).
 */
unsigned
vcapi_status_of(enum sg_code code)
{
    static const enum sg_code ours[] = { SG_E_ISSUER, SG_E_SIGNATURE, SG_E_EXPIRED, SG_E_NOT_YET };
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (ours[i] == code) {
            return 400;
        }
    }
    return code == SG_E_CONFIGURATION ? 404 : face_status_of(code);
}

void
vcapi_problem(struct vcapi_call *call, sg_result r, const char *type, const char *detail)
{
    const struct sg_code_row *row = sg_code_row(r.code);
    struct http_reply reply = { .status = vcapi_status_of(r.code),
        .content_type = "application/problem+json",
        .code = r.code };
    struct sg_buf buf = sg_buf_new(call->req->arena, 512, 8192);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "type", type);
    sjson_wr_member_cstr(&wr, "title", row->sentence);
    sjson_wr_member_int(&wr, "status", reply.status);
    if (detail != NULL) {
        sjson_wr_member_cstr(&wr, "detail", detail);
    }
    sjson_wr_member_cstr(&wr, "code", face_name_of(r.code));
    sjson_wr_object_end(&wr);
    if (!sg_ok(sg_buf_end(&buf, &reply.body))) {
        reply.body = sg_str_bytes(SG_LIT("{\"type\":\"about:blank\",\"status\":500}"));
    }
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    if (reply.status == 503 || reply.status == 429) {
        http_reply_header(&reply, "Retry-After", reply.status == 429 ? SG_LIT("60") : SG_LIT("1"));
    }
    done(call);
    http_answer(call->req, &reply);
}

/* A problem of the object has a type of its specification; a refusal of the service has none. */
static bool
of_object(enum sg_code code)
{
    return sg_code_row(code)->class_ == SG_CLASS_INPUT || vcapi_status_of(code) == 400;
}

void
vcapi_refuse(struct vcapi_call *call, sg_result r)
{
    vcapi_problem(call, r,
        of_object(r.code) && r.code != SG_E_CONFIGURATION ? verify_problem_of(r.code)
                                                          : "about:blank",
        call->why.what);
}

/* ---- who asks -------------------------------------------------------------------------------------------- */

/* req: PRO-5, AU-8: a system client with its DPoP-bound token. The test mode is for suites that cannot authenticate; settings refuse it in production. */
static bool
identify(struct vcapi_call *call)
{
    const struct face_app *app = face_app(call->req);
    if (app->vcapi.test_mode && http_header_count(call->req, "Authorization") == 0) {
        call->client = app->vcapi.test_client;
        return true;
    }
    call->session = face_authenticate(call->req, AUTH_CLIENT, true);
    if (call->session == NULL) {
        return false;
    }
    call->client = call->session->client;
    return true;
}

struct vcapi_call *
vcapi_begin_empty(struct http_request *req)
{
    struct vcapi_call *call = SG_NEW(req->arena, struct vcapi_call);
    if (call == NULL) {
        face_problem(req, SG_ERROR(NO_MEMORY), NULL);
        return NULL;
    }
    call->req = req;
    return identify(call) ? call : NULL;
}

/* ---- what a body may say --------------------------------------------------------------------------------- */

static bool
listed(const char *const *names, sg_str name)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        if (sg_str_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

/* Unknown data and options are errors (VCALM 2.4.3). */
static bool
all_known(const struct vcapi_call *call, const struct vcapi_form *form)
{
    bool suite = face_app(call->req)->vcapi.w3c_suite;
    for (const struct sjson *m = call->body->first; m != NULL; m = m->next) {
        if (!listed(form->members, m->name) && !sg_str_is(m->name, "options")) {
            return false;
        }
    }
    for (const struct sjson *o = call->options == NULL ? NULL : call->options->first; o != NULL;
         o = o->next) {
        if (!listed(form->options, o->name) && !(suite && listed(form->suite, o->name))) {
            return false;
        }
    }
    return true;
}

static sg_result
read_body(struct vcapi_call *call, const struct vcapi_form *form)
{
    struct http_request *req = call->req;
    SG_TRY(sjson_parse_object(req->arena, sg_bytes_str(req->body), &call->why, &call->body));
    call->why.what = NULL;
    call->options = sjson_get(call->body, "options");
    if (call->options != NULL && call->options->type != SJSON_OBJECT) {
        call->why.what = "options: an object";
        SG_FAIL(TYPE);
    }
    for (size_t i = 0; i < form->n_objects; i++) {
        const struct sjson *object = sjson_get(call->body, form->members[i]);
        if (object != NULL && call->object != NULL) {
            call->why.what = "one object, not two";
            SG_FAIL(VALUE);
        }
        call->object = object != NULL ? object : call->object;
    }
    if (form->n_objects > 0 && call->object == NULL) {
        call->why.what = form->members[0];
        SG_FAIL(MISSING);
    }
    return SG_DONE;
}

struct vcapi_call *
vcapi_begin(struct http_request *req, const struct vcapi_form *form)
{
    struct vcapi_call *call = vcapi_begin_empty(req);
    if (call == NULL) {
        return NULL;
    }
    sg_result r = read_body(call, form);
    if (!sg_ok(r)) {
        vcapi_refuse(call, r);
        return NULL;
    }
    if (!all_known(call, form)) {
        vcapi_problem(call, SG_ERROR(VALUE), VCAPI_UNKNOWN_OPTION,
            "the body or its options have a member that this endpoint does not know");
        return NULL;
    }
    return call;
}

sg_result
vcapi_option_bool(const struct vcapi_call *call, const char *name, bool absent, bool *ret)
{
    *ret = absent;
    return call->options == NULL ? SG_DONE : sjson_member_bool(call->options, name, absent, ret);
}

sg_result
vcapi_option_text(const struct vcapi_call *call, const char *name, sg_str *ret)
{
    *ret = SG_NO_STR;
    return sjson_get(call->options, name) == NULL ? SG_DONE
                                                  : sjson_member_text(call->options, name, ret);
}

sg_result
vcapi_instance(struct vcapi_call *call, const struct flow_config **ret)
{
    const struct face_app *app = face_app(call->req);
    const struct flow_configs *set = flow_configurations(app->flow);
    bool named = strchr(call->req->route->path, '{') != NULL;
    sg_str id = named ? call->req->params[0] : app->vcapi.configuration;
    *ret = flow_config_find(set, id);
    if (*ret == NULL) {
        call->why.what = named ? "there is no instance of this name"
                               : "no default instance is set: name one in the path";
        SG_FAIL(CONFIGURATION);
    }
    return SG_DONE;
}

/* ---- POST /challenges ------------------------------------------------------------------------------------ */

void
vcapi_challenges(struct http_request *req)
{
    struct vcapi_call *call = vcapi_begin_empty(req);
    if (call == NULL) {
        return;
    }
    char challenge[AUTH_NONCE_LEN];
    sg_str json;
    auth_nonce_make(face_app(req)->auth, AUTH_VCAPI_CHALLENGE, face_now(), challenge);
    sg_result r = sg_arena_printf(
        req->arena, &json, "{\"challenge\":\"%.*s\"}", (int)AUTH_NONCE_LEN, challenge);
    if (!sg_ok(r)) {
        vcapi_refuse(call, r);
        return;
    }
    vcapi_answer(call, 200, json);
}
