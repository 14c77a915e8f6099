/* The door: asks, receives what the holder's side delivers, shows it. */
#include "demo_inner.h"

static const struct demo_form *
form_of(struct http_request *req)
{
    const struct sjson *json;
    sg_str configuration;
    bool named = sg_ok(sjson_parse_object(req->arena, sg_bytes_str(req->body), NULL, &json)) &&
                 sg_ok(sjson_member_text(json, "configuration", &configuration));
    return named ? demo_form_find(configuration) : NULL;
}

/* POST /demo/verifier: somebody stands at the door. */
void
demo_door_open(struct http_request *req)
{
    if (!demo_here(req)) {
        return;
    }
    const struct demo_form *form = form_of(req);
    sg_result r = face_same_origin(req);
    if (!sg_ok(r) || form == NULL) {
        face_problem(req, sg_ok(r) ? SG_ERROR(CONFIGURATION) : r, NULL);
        return;
    }
    struct demo_visit visit;
    sg_str base = face_app(req)->base;
    sg_str request, address, json;
    demo_visit_make(form, face_now(), &visit);
    struct sg_buf buf = sg_buf_new(req->arena, 4096, 32768);
    struct sjson_wr wr = sjson_wr_new(&buf);
    r = demo_request(req->arena, base, &visit, &request);
    r = sg_ok(r) ? demo_address(req->arena, base, &visit, &address) : r;
    if (sg_ok(r)) {
        sjson_wr_object(&wr);
        sjson_wr_member_cstr(&wr, "id", visit.id);
        sjson_wr_member_text(&wr, "request", request);
        sjson_wr_member_text(&wr, "page", address);
        sjson_wr_object_end(&wr);
        r = sg_buf_end_str(&buf, &json);
    }
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    face_json(req, 201, json, true);
}

/* {"error": …}: the holder said no, or could not. */
static sg_result
refusal_text(struct http_request *req, sg_str error, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(req->arena, 256, DEMO_RESULT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "error", sg_str_slice(error, 0, 200));
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

static sg_result
receive(struct http_request *req, int64_t now, struct demo_visit *visit)
{
    sg_str id = req->params[0];
    sg_str state, value, result;
    SG_TRY(demo_visit_get(id, now, visit));
    SG_TRY(http_form_get(req, "state", &state));
    SG_REQUIRE(sg_str_is(state, visit->state), POLICY);
    SG_REQUIRE(!visit->answered, REPLAY);
    sg_result r = http_form_get(req, "error", &value);
    if (sg_ok(r)) {
        SG_TRY(refusal_text(req, value, &result));
    } else {
        SG_REQUIRE(r.code == SG_E_NOT_FOUND, MALFORMED);
        SG_TRY(http_form_get(req, "vp_token", &value));
        SG_TRY(demo_check(req, visit, value, now, &result));
    }
    return demo_visit_answer(id, now, result);
}

/* POST /demo/verifier/{id}: the response endpoint (8.2): whoever answers is sent on to the door's page. */
void
demo_door_post(struct http_request *req)
{
    if (!demo_here(req)) {
        return;
    }
    struct demo_visit visit;
    sg_str address, json;
    sg_result r = receive(req, face_now(), &visit);
    r = sg_ok(r) ? demo_address(req->arena, face_app(req)->base, &visit, &address) : r;
    r = sg_ok(r)
            ? sg_arena_printf(req->arena, &json, "{\"redirect_uri\":\"%.*s\"}", SG_PRINT(address))
            : r;
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    face_json(req, 200, json, true);
}

/* GET: the page. */
void
demo_door_page(struct http_request *req)
{
    if (!demo_here(req)) {
        return;
    }
    sg_str text;
    const struct sjson *result = NULL;
    sg_result r = demo_visit_result(req->arena, req->params[0], face_now(), &text);
    if (sg_ok(r) && text.n > 0) {
        r = sjson_parse(req->arena, text, NULL, &result);
    }
    if (!sg_ok(r)) {
        face_page_error(req, r);
        return;
    }
    struct face_page page = face_page_of(req);
    page.title = face_text(page.lang, T_DEMO_VERIFIER_TITLE);
    struct sg_buf buf = face_page_open(req->arena, &page);
    struct face_html html = face_page_html(&page, &buf);
    demo_door_render(&html, result);
    face_page_answer(req, &page, &buf, 200, true, NULL);
}
