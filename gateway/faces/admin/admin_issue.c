/* Direct issue and status changes by system clients. */
#include "admin_inner.h"
#include "sg_text.h"
#include "wire_intent.h"

struct call {
    struct http_request *req;
    struct auth_session *session;
    struct sg_why why;
};

static struct call *
begin(struct http_request *req)
{
    struct call *call = SG_NEW(req->arena, struct call);
    if (call == NULL) {
        face_problem(req, SG_ERROR(NO_MEMORY), NULL);
        return NULL;
    }
    call->req = req;
    call->session = face_authenticate(req, AUTH_CLIENT, true);
    return call->session == NULL ? NULL : call;
}

static void
end(struct call *call, sg_result r, sg_str json)
{
    auth_session_release(face_app(call->req)->auth, &call->session);
    if (!sg_ok(r)) {
        face_problem(call->req, r, call->why.what);
        return;
    }
    face_json(call->req, 200, json, true);
}

/* ---- POST /v1/credentials --------------------------------------------------------------------------------------------- */

static sg_result
render_credential(struct sg_arena *arena, const struct flow_issued *issued, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, issued->credentials[0].n + 512, 2 * JWS_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str hash;
    SG_TRY(sg_hex_encode(arena, SG_BYTES(issued->signature_hashes[0]), &hash));
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "format", issued->format);
    if (issued->object) {
        sjson_wr_member_raw(&wr, "credential", issued->credentials[0]);
    } else {
        sjson_wr_member_text(&wr, "credential", issued->credentials[0]);
    }
    sjson_wr_name(&wr, SG_LIT("evidence"));
    sjson_wr_array(&wr);
    sjson_wr_text(&wr, hash);
    sjson_wr_array_end(&wr);
    if (issued->refs != NULL) {
        sjson_wr_name(&wr, SG_LIT("status"));
        sjson_wr_object(&wr);
        sjson_wr_member_text(&wr, "uri", issued->refs[0].uri);
        sjson_wr_member_int(&wr, "idx", (int64_t)issued->refs[0].idx);
        sjson_wr_object_end(&wr);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

static void
issued(void *context, sg_result r, const struct flow_issued *made)
{
    struct call *call = context;
    sg_str json = SG_NO_STR;
    if (sg_ok(r)) {
        r = render_credential(call->req->arena, made, &json);
    }
    end(call, r, json);
}

static sg_result
parse_credential(struct sg_arena *arena, sg_bytes body, struct flow_seal_in *ret)
{
    static const char *const known[] = { "configuration", "claims", "holder_jwk", "instruction",
        "instruction_signature", "claims_salt" };
    const struct sjson *json;
    struct flow_offer_credential c;
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(body), NULL, &json));
    for (const struct sjson *m = json->first; m != NULL; m = m->next) {
        bool found = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            found = found || sg_str_is(m->name, known[i]);
        }
        SG_REQUIRE(found, VALUE);
    }
    SG_TRY(admin_credential_parse(arena, json, &c));
    ret->configuration = c.configuration;
    ret->claims = c.claims;
    ret->instruction = c.instruction;
    if (sjson_get(json, "holder_jwk") != NULL) {
        SG_TRY(sjson_member_object(json, "holder_jwk", &ret->holder_jwk));
    }
    return SG_DONE;
}

void
admin_credential(struct http_request *req)
{
    struct call *call = begin(req);
    if (call == NULL) {
        return;
    }
    struct flow_seal_in in = { .client = call->session->client, .now = face_now() };
    sg_result r = parse_credential(req->arena, req->body, &in);
    if (!sg_ok(r)) {
        end(call, r, SG_NO_STR);
        return;
    }
    flow_seal(face_app(req)->flow, req->arena, &in, &call->why, issued, call);
}

/* ---- /v1/status ------------------------------------------------------------------------------------------------------------ */

static sg_result
render_status(
    struct sg_arena *arena, sg_str list, uint64_t idx, uint64_t value, uint64_t seq, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 512, 8192);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "list", list);
    sjson_wr_member_int(&wr, "idx", (int64_t)idx);
    sjson_wr_member_int(&wr, "value", (int64_t)value);
    if (seq > 0) {
        sjson_wr_member_int(&wr, "seq", (int64_t)seq);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

static void
changed(void *context, sg_result r, const struct flow_status_changed *change)
{
    struct call *call = context;
    sg_str json = SG_NO_STR;
    if (sg_ok(r)) {
        r = render_status(
            call->req->arena, change->list, change->idx, change->value, change->seq, &json);
    }
    end(call, r, json);
}

/* What stands beside the order must agree with it: the order is what was signed. */
static sg_result
agrees(const struct sjson *json, sg_bytes order)
{
    struct wire_status_order in;
    int64_t idx, value;
    SG_TRY(wire_status_order_parse(order, &in));
    const struct sjson *list = sjson_get(json, "list");
    SG_REQUIRE(list == NULL || (list->type == SJSON_STRING && sg_str_equal(list->text, in.list)),
        CONFLICT);
    if (sjson_get(json, "idx") != NULL) {
        SG_TRY(sjson_member_int(json, "idx", &idx));
        SG_REQUIRE(idx >= 0 && (uint64_t)idx == in.idx, CONFLICT);
    }
    if (sjson_get(json, "value") != NULL) {
        SG_TRY(sjson_member_int(json, "value", &value));
        SG_REQUIRE(value >= 0 && (uint64_t)value == in.value, CONFLICT);
    }
    return SG_DONE;
}

static sg_result
parse_order(struct sg_arena *arena, sg_bytes body, sg_bytes *ret_order, sg_bytes *ret_signature)
{
    const struct sjson *json;
    sg_str text;
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(body), NULL, &json));
    SG_TRY(sjson_member_text(json, "order", &text));
    SG_TRY(sg_b64url_decode(arena, text, ret_order));
    SG_TRY(sjson_member_text(json, "signature", &text));
    SG_TRY(sg_b64url_decode(arena, text, ret_signature));
    return agrees(json, *ret_order);
}

void
admin_status_order(struct http_request *req)
{
    struct call *call = begin(req);
    if (call == NULL) {
        return;
    }
    sg_bytes order, signature;
    sg_result r = parse_order(req->arena, req->body, &order, &signature);
    if (!sg_ok(r)) {
        end(call, r, SG_NO_STR);
        return;
    }
    flow_status_order(face_app(req)->flow, req->arena, call->session->client, order, signature,
        face_now(), changed, call);
}

void
admin_status_get(struct http_request *req)
{
    struct call *call = begin(req);
    if (call == NULL) {
        return;
    }
    sg_str list, idx_text, json = SG_NO_STR;
    uint64_t idx = 0;
    uint8_t value = 0;
    bool there = http_query_find(req, "list", &list) && http_query_find(req, "idx", &idx_text);
    sg_result r = there ? sg_u64_parse(idx_text, &idx) : SG_ERROR(MISSING);
    if (sg_ok(r)) {
        r = flow_status_value(face_app(req)->flow, list, idx, &value);
    }
    if (sg_ok(r)) {
        r = render_status(req->arena, list, idx, value, 0, &json);
    }
    end(call, r, json);
}
