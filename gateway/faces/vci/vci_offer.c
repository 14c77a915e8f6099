/* Offers by reference (OpenID4VCI 1.0, 4.1.3) and published status lists (Token Status List, 8). */
#include "vci_inner.h"

#define TSL_JWT_TYPE "application/statuslist+jwt"

void
vci_offer(struct http_request *req)
{
    sg_str object;
    sg_result r =
        flow_offer_object(face_app(req)->flow, req->arena, req->params[0], face_now(), &object);
    if (!sg_ok(r)) {
        sg_result limited =
            auth_use_limited(face_app(req)->auth, sg_str_bytes(req->peer), 60, face_now());
        face_problem(req, sg_ok(limited) ? r : limited, NULL);
        return;
    }
    face_json(req, 200, object, true);
}

static bool
wants_gzip(const struct http_request *req)
{
    sg_str value;
    if (!http_header_find(req, "Accept-Encoding", &value)) {
        return false;
    }
    for (size_t from = 0; from < value.n;) {
        size_t end = sg_str_index(value, ',', from);
        while (from < end && value.p[from] == ' ') {
            from++;
        }
        sg_str one = sg_str_slice(value, from, end - from);
        if (sg_str_starts(one, "gzip") && (one.n == 4 || one.p[4] == ';' || one.p[4] == ' ')) {
            return http_weight(one) > 0; /* "gzip;q=0" means: not */
        }
        from = end + 1;
    }
    return false;
}

static void
answer_list(struct http_request *req, const struct flow_list_token *token)
{
    struct http_reply reply = { .status = 200, .content_type = TSL_JWT_TYPE };
    sg_str none_match, tag = sg_cstr(token->etag);
    bool packed = wants_gzip(req);
    http_reply_header(&reply, "ETag", tag);
    http_reply_header(&reply, "Vary", SG_LIT("Accept, Accept-Encoding"));
    /* Caches ask each time: a checker's own `ttl` decides how long a copy is used, not a proxy's clock. */
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-cache"));
    if (http_header_find(req, "If-None-Match", &none_match) && sg_str_equal(none_match, tag)) {
        reply.status = 304;
        reply.content_type = NULL;
    } else if (packed) {
        reply.body = token->gzip;
        http_reply_header(&reply, "Content-Encoding", SG_LIT("gzip"));
    } else {
        reply.body = token->jwt;
    }
    http_answer(req, &reply);
}

void
vci_status(struct http_request *req)
{
    sg_str ignored;
    struct http_reply reply = { 0 };
    if (http_query_find(req, "time", &ignored)) {
        reply.status = 501; /* no history is kept (Token Status List, 8.4) */
        reply.code = SG_E_UNSUPPORTED;
        http_reply_header(
            &reply, "Cache-Control", SG_LIT("no-store")); /* 501 may be cached (RFC 9110 15.1) */
        http_answer(req, &reply);
        return;
    }
    if (!http_accepts(req, TSL_JWT_TYPE, NULL)) {
        reply.status = 406; /* this version has lists as JWT only */
        reply.code = SG_E_UNSUPPORTED;
        reply.content_type = "text/plain; charset=utf-8";
        reply.body = sg_str_bytes(SG_LIT("This list is available as " TSL_JWT_TYPE ".\n"));
        http_answer(req, &reply);
        return;
    }
    const struct flow_list_token *token SG_CLEANUP(flow_list_release)
    = NULL;
    sg_result r = flow_list_hold(face_app(req)->flow, req->params[0], &token);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    answer_list(req, token); /* the answer's bytes are copied before it returns */
}
