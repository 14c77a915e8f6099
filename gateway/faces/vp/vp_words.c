/* Refusals of this face: HTTP status, our code, and the word that OpenID4VP 1.0 (8.5) or RFC 6749 has for it. */
#include "vp_inner.h"

static const struct face_word rows[] = {
    /* the verifier's identity is a matter of its request, not of the caller's login */
    { SG_E_CLIENT, 400, "invalid_client" },
    { SG_E_ISSUER, 400, "invalid_client" },
    { SG_E_SIGNATURE, 400, "invalid_request" },
    { SG_E_UNSUPPORTED, 400, "invalid_request" },
    { SG_E_NONCE, 400, "invalid_request" },
    { SG_E_NOT_FOUND, 404, "invalid_request" },
    { SG_E_EXPIRED, 410, "invalid_request" },
    { SG_E_NOT_YET, 400, "invalid_request" },
    { SG_E_REPLAY, 409, "invalid_request" },
    { SG_E_CONFLICT, 409, "invalid_request" },
    { SG_E_PENDING, 409, "invalid_request" }, /* another call for this question is under way */
    { SG_E_FETCH, 502, "server_error" },      /* the verifier's side did not answer properly */
    { SG_E_HALTED, 503, "temporarily_unavailable" },
    { SG_E_STATUS_UNKNOWN, 503, "temporarily_unavailable" },
    { SG_E_TOO_LARGE, 413, "invalid_request" },
    { SG_E_TOO_MANY, 429, "temporarily_unavailable" },
    { SG_E_FULL, 503, "temporarily_unavailable" },
};
static const unsigned status_by_class[] = {
    [SG_CLASS_NONE] = 200,
    [SG_CLASS_INPUT] = 400,
    [SG_CLASS_AUTHN] = 401,
    [SG_CLASS_ACTIVATION] = 403,
    [SG_CLASS_POLICY] = 403,
    [SG_CLASS_STATUS] = 409,
    [SG_CLASS_STATE] = 409,
    [SG_CLASS_LIMIT] = 503,
    [SG_CLASS_UPSTREAM] = 503,
    [SG_CLASS_INTERNAL] = 500,
};
const struct face_words vp_words = {
    .rows = rows,
    .n = sizeof(rows) / sizeof(rows[0]),
    .by_class = { [SG_CLASS_NONE] = "server_error",
        [SG_CLASS_INPUT] = "invalid_request",
        [SG_CLASS_AUTHN] = "invalid_token",
        [SG_CLASS_ACTIVATION] = "access_denied",
        [SG_CLASS_POLICY] = "access_denied",
        [SG_CLASS_STATUS] = "access_denied",
        [SG_CLASS_STATE] = "invalid_request",
        [SG_CLASS_LIMIT] = "temporarily_unavailable",
        [SG_CLASS_UPSTREAM] = "temporarily_unavailable",
        [SG_CLASS_INTERNAL] = "server_error" },
    .status_by_class = status_by_class,
};

void
vp_problem(struct http_request *req, sg_result r, const char *detail)
{
    struct face_word word = face_word_of(&vp_words, r.code);
    struct http_reply reply = {
        .status = word.status, .content_type = "application/problem+json", .code = r.code
    };
    struct sg_buf buf = sg_buf_new(req->arena, 256, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "type", "about:blank");
    sjson_wr_member_cstr(&wr, "title", sg_code_row(r.code)->sentence);
    sjson_wr_member_int(&wr, "status", word.status);
    if (detail != NULL) {
        sjson_wr_member_cstr(&wr, "detail", detail);
    }
    sjson_wr_member_cstr(&wr, "code", face_name_of(r.code));
    sjson_wr_member_cstr(&wr, "error", word.word);
    sjson_wr_object_end(&wr);
    if (!sg_ok(sg_buf_end(&buf, &reply.body))) {
        reply.body = sg_str_bytes(SG_LIT("{\"status\":500}"));
    }
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    if (word.status == 503 || word.status == 429) {
        http_reply_header(&reply, "Retry-After", word.status == 429 ? SG_LIT("60") : SG_LIT("1"));
    }
    http_answer(req, &reply);
}
