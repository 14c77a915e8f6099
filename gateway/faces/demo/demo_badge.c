/* The demo company: a badge for a key of whoever is signed in, through the same gates as any other (OPS-1). */
#include "demo_inner.h"
#include "sg_text.h"

struct badge {
    struct http_request *req;
    sg_str configuration;
    struct sg_why why;
};

/* conf/demo/claims.json, so that the story is the same wherever it is told. */
static const char claims_text[] =
    "{\"given_name\":\"Hanako\",\"family_name\":\"Yamada\",\"employee_id\":\"E-100234\","
    "\"email\":\"hanako.yamada@example.org\",\"department\":\"Research\","
    "\"hired_on\":\"2019-04-01\",\"address\":{\"locality\":\"Yokohama\",\"country\":\"JP\"},"
    "\"nationalities\":[\"JP\",\"DE\"]}";

bool
demo_here(struct http_request *req)
{
    if (!face_app(req)->demo) {
        face_problem(req, SG_ERROR(NOT_FOUND), NULL);
        return false;
    }
    return true;
}

static void
issued(void *context, sg_result r, const struct flow_issued *made)
{
    struct badge *badge = context;
    struct http_request *req = badge->req;
    if (!sg_ok(r)) {
        face_problem(req, r, badge->why.what);
        return;
    }
    struct sg_buf buf = sg_buf_new(req->arena, made->credentials[0].n + 512, 512 * 1024);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "format", made->format);
    sjson_wr_member_text(&wr, "configuration", badge->configuration);
    sjson_wr_member_text(&wr, "credential", made->credentials[0]); /* JSON objects as their text */
    sjson_wr_object_end(&wr);
    sg_str json;
    r = sg_buf_end_str(&buf, &json);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    face_json(req, 200, json, true);
}

static sg_result
parse(struct http_request *req, struct badge *badge, struct flow_seal_in *ret)
{
    const struct sjson *json;
    SG_TRY(sjson_parse_object(req->arena, sg_bytes_str(req->body), NULL, &json));
    SG_TRY(sjson_member_text(json, "configuration", &badge->configuration));
    SG_REQUIRE(demo_form_find(badge->configuration) != NULL, CONFIGURATION);
    SG_TRY(sjson_member_object(json, "holder_jwk", &ret->holder_jwk));
    SG_TRY(sjson_parse(req->arena, SG_LIT(claims_text), NULL, &ret->claims));
    ret->client = SG_LIT(DEMO_CLIENT);
    ret->configuration = badge->configuration;
    ret->now = face_now();
    return SG_DONE;
}

void
demo_badge(struct http_request *req)
{
    struct face_person person;
    if (!demo_here(req) || !face_person(req, &person)) {
        return;
    }
    struct badge *badge = SG_NEW(req->arena, struct badge);
    struct flow_seal_in in = { 0 };
    if (badge == NULL) {
        face_problem(req, SG_ERROR(NO_MEMORY), NULL);
        return;
    }
    badge->req = req;
    sg_result r = parse(req, badge, &in);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    flow_seal(face_app(req)->flow, req->arena, &in, &badge->why, issued, badge);
}
