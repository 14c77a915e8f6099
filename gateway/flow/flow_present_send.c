/*
 * After the gesture: SIGN, place the signatures, keep what opens the record, then deliver or give back. The presentation itself is kept nowhere: it goes with the answer
 * (req: SIG-6). What was signed and did not arrive stays on record, because it was signed.
 */
#include "flow_question_int.h"

#include "jwe.h"
#include "sg_text.h"

/* ---- placing the signatures -------------------------------------------------------------------------------------- */

static sg_result
group(struct question *q, const sg_str *values, struct oid4vp_presentations *list, size_t *ret_n)
{
    const struct round *round = q->round;
    *ret_n = 0;
    for (size_t i = 0; i < round->n; i++) { /* parts stand in the order of the queries */
        if (i > 0 && round->parts[i].query == round->parts[i - 1].query) {
            list[*ret_n - 1].n++;
            continue;
        }
        list[(*ret_n)++] = (struct oid4vp_presentations){
            .query = round->parts[i].query, .values = &values[i], .n = 1
        };
    }
    return SG_DONE;
}

static sg_result
present_attach(struct question *q, const struct wire_sign_reply *reply)
{
    const struct round *round = q->round;
    sg_str *values = SG_NEW_ARRAY(q->arena, round->n, sg_str);
    struct oid4vp_presentations *list =
        SG_NEW_ARRAY(q->arena, round->n, struct oid4vp_presentations);
    SG_REQUIRE(values != NULL && list != NULL, NO_MEMORY);
    size_t signature = 0, n = 0;
    for (size_t i = 0; i < round->n; i++) {
        const struct part *part = &round->parts[i];
        struct flow_shown shown;
        sg_bytes placed = part->to_sign ? reply->signatures[signature++] : SG_NO_BYTES;
        SG_TRY(flow_show_attach(q->arena, &part->showing, placed, &shown));
        values[i] = shown.value;
    }
    SG_TRY(group(q, values, list, &n));
    return oid4vp_vp_token(q->arena, &q->request, list, n, &q->vp_token);
}

/* ---- what stays ---------------------------------------------------------------------------------------------------- */

static sg_result
keep_evidence(struct question *q, const struct wire_sign_reply *reply)
{
    const struct round *round = q->round;
    struct store_signed *rows = SG_NEW_ARRAY(q->arena, reply->n_signatures, struct store_signed);
    q->evidence = SG_NEW_ARRAY(q->arena, reply->n_signatures, sg_str);
    SG_REQUIRE(rows != NULL && q->evidence != NULL, NO_MEMORY);
    for (size_t i = 0; i < reply->n_signatures; i++) {
        rows[i] = (struct store_signed){
            .consent_seq = reply->consent_seq,
            .outcome_seq = reply->outcome_seq,
            .signed_at = reply->signed_at,
        };
        wire_signature_hash(reply->signatures[i], rows[i].signature_hash);
        SG_TRY(sg_hex_encode(q->arena, SG_BYTES(rows[i].signature_hash), &q->evidence[i]));
    }
    q->n_evidence = reply->n_signatures;
    q->consent_seq = reply->consent_seq;
    struct store_consent consent = {
        .template_ = sg_cstr(consent_template_name(q->template)),
        .language = sg_cstr(consent_language_name(q->language)),
        .text = round->text,
        .openings = round->openings_json,
        .client = sg_str_is(q->requester, FLOW_GATEWAY_CLIENT) ? SG_NO_STR : q->requester,
    };
    return store_consent_put(q->all->store, q->person, &consent, rows, reply->n_signatures);
}

/* ---- the end --------------------------------------------------------------------------------------------------------- */

static void
finish(struct question *q, enum flow_question_state state, sg_result r)
{
    question_over(q, state, r);
    question_answer(q, r);
}

/* Signed, and lost on the way: the person is told so, and the record says what was signed. */
static void
not_taken(struct question *q, sg_result r)
{
    sg_why_note(&q->why, "the verifier did not take the answer", 0, 0);
    bool theirs = r.code != SG_E_PEER_DOWN && r.code != SG_E_NO_MEMORY;
    q->vp_token = SG_NO_STR;
    finish(q, FLOW_QUESTION_FAILED, theirs ? SG_ERROR(FETCH) : r);
}

static void
delivered(struct question *q)
{
    struct wire_deliver_reply reply;
    sg_result r = q->answer;
    if (sg_ok(r)) {
        r = wire_deliver_reply_parse(q->body, &reply);
    }
    if (sg_ok(r)) {
        r = oid4vp_answer_parse(
            q->arena, reply.status, reply.content_type, reply.body, &q->redirect_uri);
    }
    if (!sg_ok(r)) {
        not_taken(q, r);
        return;
    }
    q->vp_token = SG_NO_STR;
    finish(q, FLOW_QUESTION_DELIVERED, SG_DONE);
}

static sg_result
encrypt(struct question *q, sg_str *ret_jwe)
{
    sg_str json;
    SG_TRY(oid4vp_response_json(q->arena, &q->request, q->vp_token, &json));
    return jwe_encrypt(q->arena, q->request.encryption, sg_str_bytes(json), ret_jwe);
}

static sg_result
response_form(struct question *q, sg_str *ret)
{
    sg_str jwe;
    if (q->request.mode != OID4VP_DIRECT_POST_JWT) {
        return oid4vp_response_form(q->arena, &q->request, q->vp_token, ret);
    }
    SG_TRY(encrypt(q, &jwe));
    return oid4vp_response_jwe_form(q->arena, jwe, ret);
}

static sg_result
give_back(struct question *q)
{
    sg_str form;
    if (q->request.mode == OID4VP_FRAGMENT) {
        SG_TRY(oid4vp_response_form(q->arena, &q->request, q->vp_token, &form));
        return oid4vp_fragment_uri(q->arena, q->request.uri, form, &q->redirect_uri);
    }
    if (q->request.mode == OID4VP_DIRECT_POST_JWT) {
        SG_TRY(encrypt(q, &q->response));
        q->vp_token = SG_NO_STR; /* the verifier wants nobody else to read it */
    }
    return SG_DONE;
}

static void
present_send(struct question *q)
{
    sg_str form;
    if (!q->deliver || q->request.mode == OID4VP_FRAGMENT) {
        sg_result r = give_back(q);
        if (!sg_ok(r)) {
            not_taken(q, r);
            return;
        }
        finish(q, FLOW_QUESTION_RETURNED, SG_DONE);
        return;
    }
    sg_result r = response_form(q, &form);
    if (!sg_ok(r)) {
        not_taken(q, r);
        return;
    }
    question_deliver(q, q->request.uri, form, delivered);
}

/* ---- approval --------------------------------------------------------------------------------------------------------- */

static sg_result
take_signatures(struct question *q, struct wire_sign_reply *reply)
{
    SG_TRY(wire_sign_reply_parse(q->body, reply));
    SG_REQUIRE(reply->n_signatures == q->round->n_sign, INTERNAL);
    SG_TRY(q->template == CONSENT_PRESENT ? present_attach(q, reply) : proofs_attach(q, reply));
    return keep_evidence(q, reply);
}

/*
 * What refusal ends the question? A gesture that was wrong may be made again, and what passes by itself is waited for. A credential or key that is no longer good,
 * and an intent that is over, are not mended by waiting.
 */
static const enum sg_code endings[] = { SG_E_STATUS_BAD, SG_E_KEY_STATE, SG_E_KEY_USE,
    SG_E_DESTROYED, SG_E_NOT_FOUND, SG_E_INTENT_SPENT, SG_E_INTENT_EXPIRED, SG_E_REPLAY };

static bool
ends(struct question *q, sg_result r)
{
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (r.code == endings[i]) {
            return true;
        }
    }
    bool gesture = sg_code_row(r.code)->class_ == SG_CLASS_ACTIVATION;
    q->tries += gesture ? 1 : 0;
    return gesture && q->tries >= QUESTION_TRIES_MAX;
}

static void
not_signed(struct question *q, sg_result r)
{
    question_unclaim(q);
    if (ends(q, r)) {
        question_drop_intent(q->all, q->round->intent_id);
        finish(q, FLOW_QUESTION_FAILED, r);
        return;
    }
    question_answer(q, r);
}

static void
signed_(struct question *q)
{
    if (!sg_ok(q->answer)) {
        not_signed(q, q->answer);
        return;
    }
    struct wire_sign_reply *reply = SG_NEW(q->arena, struct wire_sign_reply);
    sg_result r = reply == NULL ? SG_ERROR(NO_MEMORY) : take_signatures(q, reply);
    if (!sg_ok(r)) { /* signed, and nothing leaves: the record has it */
        finish(q, FLOW_QUESTION_FAILED, r);
        return;
    }
    if (q->template == CONSENT_PRESENT) {
        present_send(q);
        return;
    }
    finish(q, FLOW_QUESTION_RETURNED, SG_DONE);
}

static sg_result
sign_message(struct question *q, const struct flow_assertion *assertion, struct wire_sign *ret)
{
    const struct round *round = q->round;
    ret->intent_id = SG_BYTES(round->intent_id);
    ret->which = round->n_sign == WIRE_DTBS_MAX ? UINT64_MAX : (UINT64_C(1) << round->n_sign) - 1;
    for (size_t i = 0; i < round->n; i++) {
        const struct part *part = &round->parts[i];
        if (part->to_sign && !part->alg->prehash) {
            ret->messages[ret->n_messages++] = part->message;
        }
    }
    ret->passkey = assertion->passkey;
    ret->client_data = assertion->client_data;
    ret->authenticator_data = assertion->authenticator_data;
    ret->assertion = assertion->signature;
    return SG_DONE;
}

static sg_result
may_approve(struct question *q, const struct flow_choice *choices, size_t n)
{
    SG_REQUIRE(q->state == FLOW_QUESTION_OPEN && q->round != NULL, CONFLICT);
    SG_REQUIRE(n == 0 || q->template != CONSENT_PRESENT || present_chosen(q, choices, n), CONFLICT);
    return q->template == CONSENT_PRESENT ? question_claim(q) : SG_DONE;
}

void
flow_question_approve(struct flow_questions *questions, const uint8_t person[16], sg_str id,
    const struct flow_assertion *assertion, const struct flow_choice *choices, size_t n,
    int64_t now, flow_question_fn done, void *context)
{
    struct question *q;
    sg_result r = question_take(questions, person, id, now, done, context, &q);
    if (!sg_ok(r)) {
        done(context, r, NULL);
        return;
    }
    struct wire_sign *message = SG_NEW(q->arena, struct wire_sign);
    r = message == NULL ? SG_ERROR(NO_MEMORY) : may_approve(q, choices, n);
    if (sg_ok(r)) {
        r = sign_message(q, assertion, message);
    }
    if (!sg_ok(r)) {
        question_unclaim(q);
        question_answer(q, r);
        return;
    }
    uint64_t request = peer_next_id(questions->signer);
    struct sg_buf buf = sg_buf_new(q->arena, 2048, WIRE_FRAME_MAX);
    wire_sign_encode(&buf, request, message);
    question_ask(
        q, questions->signer, request, &buf, questions->settings.signer_timeout_ms, signed_);
}

/* ---- refusal ---------------------------------------------------------------------------------------------------------------- */

static void
refused(struct question *q)
{
    struct wire_deliver_reply reply;
    if (sg_ok(q->answer) && sg_ok(wire_deliver_reply_parse(q->body, &reply))) {
        /* where the verifier wants the browser next; that it was not reached changes nothing for the person */
        SG_IGNORE(oid4vp_answer_parse(
            q->arena, reply.status, reply.content_type, reply.body, &q->redirect_uri));
    }
    finish(q, FLOW_QUESTION_REFUSED, SG_DONE);
}

/* One word, whatever the person had or wanted (OpenID4VP 1.0, 8.5, 15.4.1). */
static void
tell_verifier(struct question *q)
{
    const struct oid4vp_request *request = &q->request;
    sg_str form;
    sg_result r = oid4vp_error_form(
        q->arena, OID4VP_ACCESS_DENIED, "", request->has_state, request->state, &form);
    if (sg_ok(r) && request->mode == OID4VP_FRAGMENT) {
        r = oid4vp_fragment_uri(q->arena, request->uri, form, &q->redirect_uri);
    } else if (sg_ok(r) && q->deliver) {
        question_deliver(q, request->uri, form, refused);
        return;
    }
    finish(q, FLOW_QUESTION_REFUSED, r);
}

static void
cancelled(struct question *q)
{
    /* a signer that is away forgets the intent by itself; the person's no stands */
    if (q->template == CONSENT_PRESENT) {
        tell_verifier(q);
        return;
    }
    finish(q, FLOW_QUESTION_REFUSED, SG_DONE);
}

void
flow_question_refuse(struct flow_questions *questions, const uint8_t person[16], sg_str id,
    int64_t now, flow_question_fn done, void *context)
{
    struct question *q;
    sg_result r = question_take(questions, person, id, now, done, context, &q);
    if (!sg_ok(r)) {
        done(context, r, NULL);
        return;
    }
    if (q->state == FLOW_QUESTION_NOTHING && q->over_at == 0) {
        question_run(q, cancelled);
        return;
    }
    if (q->state != FLOW_QUESTION_OPEN) {
        question_answer(q, SG_ERROR(CONFLICT));
        return;
    }
    uint64_t request = peer_next_id(questions->signer);
    struct sg_buf buf = sg_buf_new(q->arena, 128, 512);
    struct wire_intent_cancel cancel = { .intent_id = SG_BYTES(q->round->intent_id),
        .reason = WIRE_CANCEL_REFUSED };
    wire_intent_cancel_encode(&buf, request, &cancel);
    question_ask(
        q, questions->signer, request, &buf, questions->settings.signer_timeout_ms, cancelled);
}
