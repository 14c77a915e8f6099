/* A request's credentials, and what is said when they do not do (RFC 6750 3, RFC 9449 7.1). */
#include "face.h"
#include "peer_registry.h"

#define ALGS "ES256 ES384 EdDSA"

struct auth_request
face_auth_request(struct http_request *req)
{
    static const char *const methods[] = { [HTTP_GET] = "GET",
        [HTTP_POST] = "POST",
        [HTTP_PUT] = "PUT",
        [HTTP_DELETE] = "DELETE",
        [HTTP_HEAD] = "HEAD",
        [HTTP_OPTIONS] = "OPTIONS" };
    struct auth_request auth = {
        .method = sg_cstr(methods[req->method]),
        .n_authorization = http_header_count(req, "Authorization"),
        .n_dpop = http_header_count(req, "DPoP"),
        .peer = sg_str_bytes(req->peer), /* without memory for better: the address */
        .now = face_now(),
    };
    (void)http_header_find(req, "Authorization", &auth.authorization);
    (void)http_header_find(req, "DPoP", &auth.dpop);
    if (auth.n_dpop == 1 && sg_str_index(auth.dpop, ',', 0) < auth.dpop.n) {
        auth.n_dpop = 2; /* two header lines joined by a library or a proxy */
    }
    uint8_t *asker = sg_arena_alloc(req->arena, AUTH_ASKER_MAX);
    if (asker != NULL) {
        auth.peer = auth_asker(req->peer, asker);
    }
    struct sg_buf url = sg_buf_new(req->arena, face_app(req)->base.n + req->path.n, 16 * 1024);
    sg_buf_put_str(&url, face_app(req)->base);
    sg_buf_put_str(&url, req->path);
    if (!sg_ok(sg_buf_end_str(&url, &auth.url))) {
        auth.url = SG_NO_STR; /* no proof is for this URL */
    }
    return auth;
}

void
face_dpop_nonce(struct http_request *req, struct http_reply *reply)
{
    char *nonce = sg_arena_alloc(req->arena, AUTH_NONCE_LEN);
    if (nonce != NULL) {
        auth_nonce_make(face_app(req)->auth, AUTH_DPOP_NONCE, face_now(), nonce);
        http_reply_header(reply, "DPoP-Nonce", sg_str_of(nonce, AUTH_NONCE_LEN));
    }
}

struct refusal {
    enum sg_code code;
    unsigned status;
    const char *error; /* attribute of the challenge; NULL: none */
};
static const struct refusal refusals[] = {
    { SG_E_UNAUTHENTICATED, 401, NULL }, /* no credentials: no error attribute (RFC 6750 3.1) */
    { SG_E_TOKEN, 401, "invalid_token" },
    { SG_E_DPOP, 401, "invalid_dpop_proof" },
    { SG_E_DPOP_NONCE, 401, "use_dpop_nonce" },
    { SG_E_SCOPE, 403, "insufficient_scope" },
    { SG_E_MALFORMED, 400, "invalid_request" },
};

static const struct refusal *
refusal_of(enum sg_code code)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i].code == code) {
            return &refusals[i];
        }
    }
    return NULL;
}

static void
put_challenge(struct http_request *req, const struct refusal *refusal, struct http_reply *reply)
{
    sg_str text;
    sg_result r = refusal->error == NULL
                      ? sg_arena_printf(req->arena, &text, "DPoP algs=\"" ALGS "\"")
                      : sg_arena_printf(req->arena, &text, "DPoP error=\"%s\", algs=\"" ALGS "\"",
                            refusal->error);
    if (sg_ok(r)) {
        http_reply_header(reply, "WWW-Authenticate", text);
    }
    if (refusal->code == SG_E_DPOP_NONCE) {
        face_dpop_nonce(req, reply);
    }
}

void
face_auth_refuse(struct http_request *req, sg_result r, bool problem)
{
    const struct refusal *refusal = refusal_of(r.code);
    const struct sg_code_row *row = sg_code_row(r.code);
    struct http_reply reply = { .code = r.code };
    reply.status = refusal == NULL ? face_status_of(r.code) : refusal->status;
    struct sg_buf buf = sg_buf_new(req->arena, 256, 2048);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    if (problem) {
        sjson_wr_member_cstr(&wr, "type", "about:blank");
        sjson_wr_member_cstr(&wr, "title", row->sentence);
        sjson_wr_member_int(&wr, "status", reply.status);
        sjson_wr_member_cstr(&wr, "code", row->name);
    }
    if (refusal != NULL && refusal->error != NULL) {
        sjson_wr_member_cstr(&wr, "error", refusal->error);
    } else if (!problem) {
        sjson_wr_member_cstr(&wr, "error",
            refusal != NULL       ? "invalid_token"
            : reply.status == 500 ? "server_error"
                                  : "temporarily_unavailable");
    }
    if (!problem) {
        sjson_wr_member_cstr(&wr, "error_description", row->sentence);
    }
    sjson_wr_object_end(&wr);
    if (sg_ok(sg_buf_end(&buf, &reply.body))) {
        reply.content_type = problem ? "application/problem+json" : "application/json";
    }
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    if (refusal != NULL) {
        put_challenge(req, refusal, &reply);
    } else if (reply.status == 503 || reply.status == 429) {
        http_reply_header(&reply, "Retry-After", reply.status == 429 ? SG_LIT("60") : SG_LIT("1"));
    }
    http_answer(req, &reply);
}

/* A client's token ends when its access is taken away, not when its time is over (req: AU-8). */
static sg_result
check_client(const struct http_request *req, const struct auth_session *session)
{
    const struct peer_client *client;
    sg_result r = peer_client_get(face_app(req)->registry, session->client, &client);
    SG_REQUIRE(r.code != SG_E_NOT_FOUND, TOKEN);
    SG_TRY(r);
    SG_REQUIRE(client->active, TOKEN);
    return SG_DONE;
}

struct auth_session *
face_authenticate(struct http_request *req, enum auth_kind kind, bool problem)
{
    struct auth *auth = face_app(req)->auth;
    struct auth_request who = face_auth_request(req);
    struct auth_session *session;
    sg_result r = auth_token_check(auth, req->arena, &who, &session);
    if (sg_ok(r) && session->kind != kind) {
        auth_session_release(auth, &session);
        r = SG_ERROR(SCOPE);
    }
    if (sg_ok(r) && kind == AUTH_CLIENT) {
        r = check_client(req, session);
        if (!sg_ok(r)) {
            auth_session_release(auth, &session);
        }
    }
    if (!sg_ok(r)) {
        face_auth_refuse(req, r, problem);
        return NULL;
    }
    return session;
}
