/* Offers by reference (OpenID4VCI 1.0, 4.1.3) and published status lists (Token Status List, 8; Bitstring Status List). */
#include "vci_inner.h"

#define TSL_JWT_TYPE "application/statuslist+jwt"
#define TSL_CWT_TYPE "application/statuslist+cwt"
#define VC_JWT_TYPE "application/vc+jwt"

void
vci_offer(struct http_request *req)
{
    sg_str object;
    sg_result r =
        flow_offer_object(face_app(req)->flow, req->arena, req->params[0], face_now(), &object);
    if (!sg_ok(r)) {
        sg_result limited =
            auth_use_limited(face_app(req)->auth, face_auth_request(req).peer, 60, face_now());
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
answer_list(struct http_request *req, const struct flow_list_body *body, const char *type)
{
    struct http_reply reply = { .status = 200, .content_type = type };
    sg_str none_match, tag = sg_cstr(body->etag);
    http_reply_header(&reply, "ETag", tag);
    http_reply_header(&reply, "Vary", SG_LIT("Accept, Accept-Encoding"));
    /* Caches ask each time: a checker's own `ttl` decides how long a copy is used, not a proxy's clock. */
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-cache"));
    if (http_header_find(req, "If-None-Match", &none_match) && sg_str_equal(none_match, tag)) {
        reply.status = 304;
        reply.content_type = NULL;
    } else if (body->gzip.n > 0 && wants_gzip(req)) {
        reply.body = body->gzip;
        http_reply_header(&reply, "Content-Encoding", SG_LIT("gzip"));
    } else {
        reply.body = body->body;
    }
    http_answer(req, &reply);
}

/* The answer's bytes are copied before it returns. */
static void
answer_form(struct http_request *req, sg_str name, enum flow_list_form form, const char *type)
{
    const struct flow_list_token *token SG_CLEANUP(flow_list_release)
    = NULL;
    sg_result r = flow_list_hold(face_app(req)->flow, name, &token);
    if (sg_ok(r) && token->forms[form].body.n == 0) {
        r = SG_ERROR(
            NOT_READY); /* this version is too large for the form: nothing older is served in its place */
    }
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    answer_list(req, &token->forms[form], type);
}

/* No history is kept: Token Status List 8.4 `time`, Bitstring Status List `timestamp`. */
static bool
asks_history(struct http_request *req, const char *name)
{
    sg_str ignored;
    if (!http_query_find(req, name, &ignored)) {
        return false;
    }
    struct http_reply reply = { .status = 501, .code = SG_E_UNSUPPORTED };
    http_reply_header(
        &reply, "Cache-Control", SG_LIT("no-store")); /* 501 may be cached (RFC 9110 15.1) */
    http_answer(req, &reply);
    return true;
}

static void
not_acceptable(struct http_request *req, sg_str types)
{
    struct http_reply reply = { .status = 406,
        .code = SG_E_UNSUPPORTED,
        .content_type = "text/plain; charset=utf-8",
        .body = sg_str_bytes(types) };
    http_answer(req, &reply);
}

/* vc+jwt unless only JSON is asked for, under one of the names that a credential with its proof inside goes by. */
static void
answer_credential(
    struct http_request *req, sg_str name, enum flow_list_form jwt, enum flow_list_form json)
{
    static const char *const types[] = { "application/vc", "application/ld+json",
        "application/json" };
    if (http_accepts(req, VC_JWT_TYPE, NULL)) {
        answer_form(req, name, jwt, VC_JWT_TYPE);
        return;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (http_accepts(req, types[i], NULL)) {
            answer_form(req, name, json, types[i]);
            return;
        }
    }
    not_acceptable(req, SG_LIT("This list is available as " VC_JWT_TYPE " and application/vc.\n"));
}

void
vci_status(struct http_request *req)
{
    sg_str name = req->params[0];
    /* LIST.bitstring: the revocations, under the one name that outsiders were promised */
    static const sg_str tail = { ".bitstring", 10 };
    bool bitstring =
        name.n > tail.n && sg_str_equal(sg_str_slice(name, name.n - tail.n, tail.n), tail);
    if (asks_history(req, bitstring ? "timestamp" : "time")) {
        return;
    }
    if (bitstring) {
        answer_credential(req, sg_str_slice(name, 0, name.n - tail.n), FLOW_LIST_REVOCATION,
            FLOW_LIST_REVOCATION_JSON);
        return;
    }
    /* 8.1: JWT unless the other is asked for */
    if (http_accepts(req, TSL_JWT_TYPE, TSL_CWT_TYPE)) {
        answer_form(req, name, FLOW_LIST_JWT, TSL_JWT_TYPE);
    } else if (http_accepts(req, TSL_CWT_TYPE, NULL)) {
        answer_form(req, name, FLOW_LIST_CWT, TSL_CWT_TYPE);
    } else {
        not_acceptable(
            req, SG_LIT("This list is available as " TSL_JWT_TYPE " and " TSL_CWT_TYPE ".\n"));
    }
}

void
vci_status_credential(struct http_request *req)
{
    static const struct {
        const char *purpose;
        enum flow_list_form jwt;
        enum flow_list_form json;
    } purposes[] = {
        { "revocation", FLOW_LIST_REVOCATION, FLOW_LIST_REVOCATION_JSON },
        { "suspension", FLOW_LIST_SUSPENSION, FLOW_LIST_SUSPENSION_JSON },
        { "message", FLOW_LIST_MESSAGE, FLOW_LIST_MESSAGE_JSON },
    };
    if (asks_history(req, "timestamp")) {
        return;
    }
    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
        if (sg_str_is(req->params[1], purposes[i].purpose)) {
            answer_credential(req, req->params[0], purposes[i].jwt, purposes[i].json);
            return;
        }
    }
    face_problem(req, SG_ERROR(NOT_FOUND), NULL);
}
