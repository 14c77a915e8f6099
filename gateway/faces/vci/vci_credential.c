/* Nonce and credential endpoints (OpenID4VCI 1.0, 7 and 8). */
#include "flow_proof_types.h"
#include "vci_inner.h"

#define PROOFS_MAX 64 /* read so many; flow holds them against the batch size */

/* ---- nonce ------------------------------------------------------------------------------------------------------ */

void
vci_nonce(struct http_request *req)
{
    char nonce[AUTH_NONCE_LEN];
    struct auth *auth = face_app(req)->auth;
    auth_nonce_make(auth, AUTH_C_NONCE, face_now(), nonce);
    sg_str json;
    if (!sg_ok(
            sg_arena_printf(req->arena, &json, "{\"c_nonce\":\"%.*s\"}", AUTH_NONCE_LEN, nonce))) {
        face_oauth_error(req, &vci_credential_words, SG_ERROR(NO_MEMORY));
        return;
    }
    struct http_reply reply = {
        .status = 200, .content_type = "application/json", .body = sg_str_bytes(json)
    };
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    if (auth_settings_view(auth)->dpop_nonce) {
        face_dpop_nonce(req, &reply);
    }
    http_answer(req, &reply);
}

/* ---- the request --------------------------------------------------------------------------------------------------- */

/* Exactly one member, named after a proof type we have, with a non-empty array; of an attestation exactly one (8.2, F.3). */
static sg_result
parse_proofs(struct sg_arena *arena, const struct sjson *proofs, struct vci_credential_req *ret)
{
    if (proofs == NULL) {
        return SG_DONE; /* whether one is needed depends on the configuration */
    }
    SG_REQUIRE(proofs->type == SJSON_OBJECT && proofs->n == 1, PROOF);
    const struct sjson *list = proofs->first;
    SG_TRY(flow_proof_kind_of(list->name, &ret->proof_kind));
    SG_REQUIRE(list->type == SJSON_ARRAY && list->n >= 1, PROOF);
    SG_REQUIRE(ret->proof_kind != FLOW_PROOF_ATTESTATION || list->n == 1, PROOF);
    SG_REQUIRE(list->n <= PROOFS_MAX, VALUE);
    sg_str *texts = SG_NEW_ARRAY(arena, list->n, sg_str);
    SG_REQUIRE(texts != NULL, NO_MEMORY);
    bool object =
        ret->proof_kind == FLOW_PROOF_DI_VP; /* its bytes, to be parsed again by whoever verifies */
    size_t n = 0;
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        SG_REQUIRE(e->type == (object ? SJSON_OBJECT : SJSON_STRING), PROOF);
        texts[n++] = object ? e->source : e->text;
    }
    ret->proofs = texts;
    ret->n_proofs = n;
    return SG_DONE;
}

sg_result
vci_credential_parse(struct sg_arena *arena, sg_bytes body, struct vci_credential_req *ret)
{
    const struct sjson *json;
    struct vci_credential_req req = { 0 };
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(body), NULL, &json));
    const struct sjson *identifier = sjson_get(json, "credential_identifier");
    const struct sjson *configuration = sjson_get(json, "credential_configuration_id");
    SG_REQUIRE((identifier != NULL) != (configuration != NULL), VALUE); /* exactly one of both */
    const struct sjson *name = identifier != NULL ? identifier : configuration;
    SG_REQUIRE(name->type == SJSON_STRING && name->text.n > 0, TYPE);
    req.by_identifier = identifier != NULL;
    req.name = name->text;
    /* 8.2: only in an encrypted request, which this issuer does not offer. */
    SG_REQUIRE(sjson_get(json, "credential_response_encryption") == NULL, UNSUPPORTED);
    SG_TRY(parse_proofs(arena, sjson_get(json, "proofs"), &req));
    *ret = req;
    return SG_DONE;
}

/* ---- issuing ---------------------------------------------------------------------------------------------------------- */

struct issue {
    struct http_request *req;
    struct auth_session *session;
};

static void
refuse(struct issue *issue, sg_result r)
{
    struct http_request *req = issue->req;
    auth_session_release(face_app(req)->auth, &issue->session);
    if (r.code == SG_E_TOKEN || r.code == SG_E_SCOPE) {
        face_auth_refuse(req, r, false); /* RFC 6750 3: with a challenge */
        return;
    }
    face_oauth_error(req, &vci_credential_words, r);
}

static sg_result
nonce_check(void *context, sg_str nonce, int64_t now)
{
    return auth_nonce_check(context, AUTH_C_NONCE, nonce, now);
}

/* A string is base64url, dots and tildes: nothing to escape. An object stands as it is (OpenID4VCI 1.0, 8.3 and App. A). */
static sg_result
render(struct sg_arena *arena, const struct flow_issued *issued, sg_bytes *ret)
{
    size_t room = 32;
    for (size_t i = 0; i < issued->n; i++) {
        room += issued->credentials[i].n + 32;
    }
    const char *quote = issued->object ? "" : "\"";
    struct sg_buf buf = sg_buf_new(arena, room, room);
    sg_buf_put_cstr(&buf, "{\"credentials\":[");
    for (size_t i = 0; i < issued->n; i++) {
        sg_buf_put_cstr(&buf, i == 0 ? "{\"credential\":" : ",{\"credential\":");
        sg_buf_put_cstr(&buf, quote);
        sg_buf_put_str(&buf, issued->credentials[i]);
        sg_buf_put_cstr(&buf, quote);
        sg_buf_put_cstr(&buf, "}");
    }
    sg_buf_put_cstr(&buf, "]}");
    return sg_buf_end(&buf, ret);
}

static void
issued(void *context, sg_result r, const struct flow_issued *made)
{
    struct issue *issue = context;
    struct http_request *req = issue->req;
    struct http_reply reply = { .status = 200, .content_type = "application/json" };
    if (sg_ok(r)) {
        r = render(req->arena, made, &reply.body);
    }
    if (!sg_ok(r)) {
        refuse(issue, r);
        return;
    }
    auth_session_release(face_app(req)->auth, &issue->session);
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    http_answer(req, &reply);
}

/* What the token authorises: parsed on its first use, then found with the cached token. */
static sg_result
grant_of(struct http_request *req, struct auth_session *session, struct flow_grant **ret)
{
    struct flow_grant *grant = auth_session_attachment(session);
    if (grant == NULL) {
        SG_TRY(flow_grant_open(face_app(req)->flow, session->offer_id, session->selection,
            session->token_hash, &grant));
        grant = auth_session_attach(session, grant, flow_grant_free);
    }
    *ret = grant;
    return SG_DONE;
}

void
vci_credential(struct http_request *req)
{
    struct issue *issue = SG_NEW(req->arena, struct issue);
    if (issue == NULL) {
        face_oauth_error(req, &vci_credential_words, SG_ERROR(NO_MEMORY));
        return;
    }
    issue->req = req;
    issue->session = face_authenticate(req, AUTH_WALLET, false);
    if (issue->session == NULL) {
        return;
    }
    struct vci_credential_req asked;
    struct flow_grant *grant = NULL;
    sg_result r = vci_credential_parse(req->arena, req->body, &asked);
    if (sg_ok(r) && asked.by_identifier != (issue->session->selection.n > 0)) {
        r = SG_ERROR(
            VALUE); /* an identifier if and only if the token response named identifiers (8.2) */
    }
    if (sg_ok(r)) {
        r = grant_of(req, issue->session, &grant);
    }
    if (!sg_ok(r)) {
        refuse(issue, r);
        return;
    }
    struct flow_issue_in in = {
        .grant = grant,
        .by_identifier = asked.by_identifier,
        .name = asked.name,
        .proof_kind = asked.proof_kind,
        .proofs = asked.proofs,
        .n_proofs = asked.n_proofs,
        .client_id = issue->session->client,
        .nonce_check = nonce_check,
        .nonce_context = face_app(req)->auth,
        .now = face_now(),
    };
    flow_issue(face_app(req)->flow, req->arena, &in, NULL, issued, issue);
}

/* ---- what is not offered ------------------------------------------------------------------------------------------------- */

/* Not in the metadata; a wallet that asks all the same gets the protocol's word, after the same authentication. */
static void
not_offered(struct http_request *req, const char *word)
{
    struct auth_session *session = face_authenticate(req, AUTH_WALLET, false);
    if (session == NULL) {
        return;
    }
    auth_session_release(face_app(req)->auth, &session);
    const struct face_word row = { SG_E_UNSUPPORTED, 400, word };
    const struct face_words words = { .rows = &row, .n = 1 };
    face_oauth_error(req, &words, SG_ERROR(UNSUPPORTED));
}

void
vci_deferred(struct http_request *req)
{
    not_offered(req, "invalid_transaction_id");
}

void
vci_notification(struct http_request *req)
{
    not_offered(req, "invalid_notification_id");
}

void
vci_authorize(struct http_request *req)
{
    static const struct face_word row = { SG_E_UNSUPPORTED, 400, "unsupported_response_type" };
    static const struct face_words words = { .rows = &row, .n = 1 };
    face_oauth_error(req, &words, SG_ERROR(UNSUPPORTED));
}
