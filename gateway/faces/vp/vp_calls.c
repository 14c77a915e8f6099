/* Calls of wallets and pages: who asks, what is asked, the flow, its answer. */
#include "vp_inner.h"

struct vp_call *
vp_call_new(struct http_request *req, unsigned status)
{
    struct vp_call *call = SG_NEW(req->arena, struct vp_call);
    if (call == NULL) {
        vp_problem(req, SG_ERROR(NO_MEMORY), NULL);
        return NULL;
    }
    call->req = req;
    call->status = status;
    call->questions = face_app(req)->questions;
    call->proofs = sg_str_starts(sg_cstr(req->route->path), "/vp/proofs");
    if (call->questions == NULL) {
        vp_problem(req, SG_ERROR(UNSUPPORTED), "this service keeps no keys of persons");
        return NULL;
    }
    if (!face_person(req, &call->person)) {
        return NULL;
    }
    /* by an outside provider one may look: asking, choosing and refusing want a passkey's session, as all changes do (AU-5) */
    bool outside =
        call->person.kind == FACE_PERSON_COOKIE && call->person.session.method == AUTH_BY_PROVIDER;
    if (outside && req->method != HTTP_GET) {
        vp_problem(req, SG_ERROR(POLICY), NULL);
        return NULL;
    }
    return call;
}

static void
answer(struct vp_call *call, sg_result r, const struct flow_question *question)
{
    struct http_request *req = call->req;
    sg_str json;
    sg_result made = vp_render(req->arena, face_app(req)->base, face_now(), question, &json);
    if (!sg_ok(made)) {
        vp_problem(req, made, NULL);
        return;
    }
    struct http_reply reply = { .status = sg_ok(r) ? call->status : 502,
        .content_type = "application/json",
        .body = sg_str_bytes(json),
        .code = r.code };
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    http_answer(req, &reply);
}

void
vp_answer(void *context, sg_result r, const struct flow_question *question)
{
    struct vp_call *call = context;
    /* a question of the other kind is not found under this path */
    bool other = question != NULL && (question->template == CONSENT_PROOF) != call->proofs;
    if (sg_ok(r) && other) {
        r = SG_ERROR(NOT_FOUND);
    }
    /* signed, and not taken by the verifier: the answer says so, with the evidence of what was signed */
    bool lost = r.code == SG_E_FETCH && question != NULL && question->state == FLOW_QUESTION_FAILED;
    if (!sg_ok(r) && !lost) {
        vp_problem(call->req, r, call->why.what);
        return;
    }
    answer(call, r, question);
}

static enum consent_language
language_of(struct http_request *req, enum consent_language said)
{
    sg_str accept = SG_NO_STR;
    if (said != 0) {
        return said;
    }
    return http_header_find(req, "Accept-Language", &accept) ? consent_language_of(accept)
                                                             : CONSENT_EN;
}

void
vp_start(struct http_request *req)
{
    struct vp_call *call = vp_call_new(req, 201);
    struct vp_start_req *asked = SG_NEW(req->arena, struct vp_start_req);
    if (call == NULL) {
        return;
    }
    sg_result r =
        asked == NULL ? SG_ERROR(NO_MEMORY) : vp_start_parse(req->arena, req->body, asked);
    if (sg_ok(r)) {
        r = auth_ask_allowed(face_app(req)->auth, call->person.id, face_now());
    }
    if (!sg_ok(r)) {
        vp_problem(req, r, NULL);
        return;
    }
    struct flow_present_in in = {
        .person = call->person.id,
        .requester = call->person.client,
        .request = asked->request,
        .held = asked->held,
        .n_held = asked->n_held,
        .held_given = asked->held_given,
        .deliver = asked->deliver,
        .language = language_of(req, asked->language),
        .now = face_now(),
    };
    flow_present_start(call->questions, req->arena, &in, &call->why, vp_answer, call);
}

void
vp_get(struct http_request *req)
{
    struct vp_call *call = vp_call_new(req, 200);
    if (call != NULL) {
        flow_question_get(
            call->questions, call->person.id, req->params[0], face_now(), vp_answer, call);
    }
}

void
vp_select(struct http_request *req)
{
    struct vp_call *call = vp_call_new(req, 200);
    struct vp_selection selection;
    if (call == NULL) {
        return;
    }
    sg_result r = vp_select_parse(req->arena, req->body, &selection);
    if (!sg_ok(r)) {
        vp_problem(req, r, NULL);
        return;
    }
    flow_present_select(call->questions, call->person.id, req->params[0], selection.choices,
        selection.n, selection.language, face_now(), vp_answer, call);
}

void
vp_approve(struct http_request *req)
{
    struct vp_call *call = vp_call_new(req, 200);
    struct vp_approve_req asked;
    if (call == NULL) {
        return;
    }
    sg_result r = vp_approve_parse(req->arena, req->body, &asked);
    if (!sg_ok(r)) {
        vp_problem(req, r, NULL);
        return;
    }
    flow_question_approve(call->questions, call->person.id, req->params[0], &asked.assertion,
        asked.selection.choices, asked.selection.n, face_now(), vp_answer, call);
}

void
vp_refusal(struct http_request *req)
{
    struct vp_call *call = vp_call_new(req, 200);
    if (call != NULL) {
        flow_question_refuse(
            call->questions, call->person.id, req->params[0], face_now(), vp_answer, call);
    }
}

void
vp_proofs(struct http_request *req)
{
    struct vp_call *call = vp_call_new(req, 201);
    struct vp_proofs_req *asked = SG_NEW(req->arena, struct vp_proofs_req);
    if (call == NULL) {
        return;
    }
    sg_result r =
        asked == NULL ? SG_ERROR(NO_MEMORY) : vp_proofs_parse(req->arena, req->body, asked);
    if (sg_ok(r)) {
        r = auth_ask_allowed(face_app(req)->auth, call->person.id, face_now());
    }
    if (!sg_ok(r)) {
        vp_problem(req, r, NULL);
        return;
    }
    struct flow_prove_in in = {
        .person = call->person.id,
        .requester = call->person.client,
        .aud = asked->issuer,
        .nonce = asked->nonce,
        .iss = asked->client_id,
        .by = asked->by,
        .keys = asked->keys,
        .n_keys = asked->n_keys,
        .attestation = asked->attestation,
        .language = language_of(req, asked->language),
        .now = face_now(),
    };
    flow_proofs_start(call->questions, req->arena, &in, &call->why, vp_answer, call);
}

/* What a verifier may expect here (OpenID4VP 1.0, 10). */
void
vp_metadata(struct http_request *req)
{
    sg_str json;
    sg_result r = oid4vp_wallet_metadata(req->arena, face_app(req)->base, &json);
    if (!sg_ok(r)) {
        vp_problem(req, r, NULL);
        return;
    }
    face_json(req, 200, json, false);
}
