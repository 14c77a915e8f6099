/*
 * A presentation from the verifier's request to the person's answer: the request's part. spec: OpenID4VP 1.0, 5. Then flow_question_keys.c (the person's keys),
 * flow_present_plan.c (what answers it), flow_present_build.c (the bytes), flow_question_open.c (the intent).
 */
#include "flow_question_int.h"

#include <sodium.h>

#include "flow_did.h"
#include "sg_text.h"

#define LEEWAY_S 60
#define DOCUMENTS_MAX 1 /* one verifier, one DID */

/* ---- what a verifier may be told ------------------------------------------------------------------------- */

static void
told(struct question *q)
{
    /* nobody may learn from the answer, or from a lost one, what happened here */
    question_fail(q, q->result);
}

/* An error of the request itself is the verifier's own and says nothing of the person: it is told at once, where it may be (OpenID4VP 8.5, 15.4.1). */
static void
refuse_request(struct question *q, sg_result r)
{
    sg_str form;
    q->result = r;
    bool tell = q->deliver && q->failure.reply && q->failure.mode != OID4VP_FRAGMENT &&
                q->failure.error != OID4VP_ACCESS_DENIED;
    if (tell && sg_ok(oid4vp_error_form(q->arena, q->failure.error, q->failure.why.what,
                    q->failure.has_state, q->failure.state, &form))) {
        question_deliver(q, q->failure.uri, form, told);
        return;
    }
    question_fail(q, r);
}

static void
refuse(struct question *q, sg_result r)
{
    if (q->why.what == NULL) {
        q->why = q->failure.why;
    }
    /* something that the request names and does not have is its fault: there is a question's endpoint here for "not found" */
    refuse_request(q, r.code == SG_E_NOT_FOUND ? SG_ERROR(VALUE) : r);
}

/* ---- who asks ----------------------------------------------------------------------------------------------- */

static enum consent_proven
proven_by(const struct oid4vp_request *request)
{
    switch (request->prefix) {
    case OID4VP_PRE_REGISTERED:
        return CONSENT_REGISTERED;
    case OID4VP_X509_SAN_DNS:
    case OID4VP_X509_HASH:
        return CONSENT_CERTIFICATE;
    case OID4VP_VERIFIER_ATTESTATION:
        return CONSENT_ATTESTATION;
    case OID4VP_DECENTRALIZED_IDENTIFIER:
        return CONSENT_DID;
    case OID4VP_REDIRECT_URI:
    case OID4VP_OPENID_FEDERATION:
    case OID4VP_ORIGIN:
    case OID4VP_UNKNOWN_PREFIX:
    default:
        return CONSENT_UNPROVEN;
    }
}

/* "https://shop.example:8443" of a URI; the whole when it has no authority. */
static sg_str
origin_of(sg_str uri)
{
    size_t colon = sg_str_index(uri, ':', 0);
    if (!sg_str_starts(sg_str_slice(uri, colon, 3), "://")) {
        return uri;
    }
    size_t end = colon + 3;
    while (end < uri.n && strchr("/?#", uri.p[end]) == NULL) {
        end++;
    }
    return sg_str_slice(uri, 0, end);
}

/*
 * The name: an operator's word first, then a certificate's. What client_metadata says of itself comes last and is shown as its own claim; OpenID4VP 11.1 knows no
 * client_name, so that it counts for nothing else.
 */
static void
name_party(struct question *q)
{
    const struct oid4vp_request *request = &q->request;
    struct consent_party *party = &q->party;
    if (q->words != NULL && q->words->name.en.n > 0) {
        party->name = verifier_text_in(&q->words->name, q->language);
        party->proven = CONSENT_REGISTERED;
        party->name_proven = true;
        return;
    }
    if (request->leaf != NULL && request->leaf->subject_cn.n > 0) {
        party->name = request->leaf->subject_cn;
        party->name_proven = true;
        return;
    }
    const struct sjson *metadata = sjson_get(request->parameters, "client_metadata");
    const struct sjson *name = sjson_get(metadata, "client_name");
    if (name != NULL && name->type == SJSON_STRING && name->text.n <= CONSENT_NAME_MAX) {
        party->name = name->text;
    }
}

void
present_know_party(struct question *q)
{
    const struct oid4vp_request *request = &q->request;
    q->words = verifier_words_find(&q->all->verifiers, request->client_id);
    q->party = (struct consent_party){
        .id = request->client_id,
        .proven = proven_by(request),
        .vouched_by = request->attester,
        .address =
            q->deliver || request->mode == OID4VP_FRAGMENT ? origin_of(request->uri) : SG_NO_STR,
    };
    name_party(q);
}

/* ---- the request ------------------------------------------------------------------------------------------------ */

static void
claim_of(struct question *q)
{
    static const uint8_t zero = 0;
    const sg_bytes parts[] = { sg_str_bytes(q->request.client_id), sg_bytes_of(&zero, 1),
        sg_str_bytes(q->request.nonce) };
    sg_tagged_hash("sealgate/vp-nonce/v1", parts, 3, q->claim);
}

/* Can any of its queries be answered by us at all? (8.5 vp_formats_not_supported) */
static bool
any_format(const struct oid4vp_request *request)
{
    for (size_t i = 0; i < request->dcql.n; i++) {
        enum dcql_format format = request->dcql.credentials[i].format;
        if (format != DCQL_UNKNOWN && oid4vp_fits_format(request, format)) {
            return true;
        }
    }
    return false;
}

/* From here on there is somebody who can be answered. */
static void
verified(struct question *q)
{
    const struct oid4vp_request *request = &q->request;
    q->verified = true;
    q->failure = (struct oid4vp_failure){
        .error = OID4VP_VP_FORMATS_NOT_SUPPORTED,
        .reply = true,
        .mode = request->mode,
        .uri = request->uri,
        .state = request->state,
        .has_state = request->has_state,
    };
    claim_of(q);
    present_know_party(q);
    sg_result r = question_unused(q);
    if (!sg_ok(r)) {
        q->failure.reply = false; /* it was told something already */
        refuse(q, question_why(q, r, "this nonce was answered before"));
        return;
    }
    if (!any_format(request)) {
        refuse(q, question_why(q, SG_ERROR(UNSUPPORTED), "no format of the query is known here"));
        return;
    }
    question_keys_read(q, present_plan);
}

static void verify(struct question *q);

static void
document_there(void *context, sg_result r, sg_str json)
{
    struct question *q = context;
    struct cid_document *documents = SG_NEW_ARRAY(q->arena, DOCUMENTS_MAX, struct cid_document);
    q->answer = r;
    if (sg_ok(r) && documents == NULL) {
        q->answer = SG_ERROR(NO_MEMORY);
    }
    if (sg_ok(q->answer)) {
        documents[0] = (struct cid_document){ .url = q->failure.did, .json = json };
        q->trust.documents = documents;
        q->trust.n_documents = 1;
    }
    question_run(q, verify);
}

static void
verify(struct question *q)
{
    struct flow_questions *all = q->all;
    if (!sg_ok(q->answer)) { /* the document did not come */
        q->failure.reply = false;
        refuse(q, question_why(q, q->answer, "the DID document of the verifier"));
        return;
    }
    struct oid4vp_expect expect = {
        .now = q->now,
        .leeway_s = LEEWAY_S,
        .issuer = all->settings.base,
        .wallet_nonce = q->nonce_sent ? sg_str_of(q->wallet_nonce, NONCE_LEN) : SG_NO_STR,
        .loopback = all->loopback,
    };
    q->failure = (struct oid4vp_failure){ 0 };
    sg_result r =
        oid4vp_request_verify(q->arena, &q->carrier, &q->trust, &expect, &q->failure, &q->request);
    if (r.code == SG_E_PENDING && q->trust.n_documents == 0) {
        flow_dids_resolve(all->settings.dids, q->arena, q->failure.did, q->now, document_there, q);
        return;
    }
    if (!sg_ok(r)) {
        refuse(q, r.code == SG_E_PENDING ? SG_ERROR(METHOD) : r);
        return;
    }
    verified(q);
}

static void
verify_first(struct question *q)
{
    struct flow_questions *all = q->all;
    q->trust = (struct oid4vp_trust){
        .anchors = all->settings.anchors,
        .n_anchors = all->settings.n_anchors,
        .clients = all->verifiers.clients,
        .n_clients = all->verifiers.n_clients,
        .attesters = all->verifiers.attesters,
        .n_attesters = all->verifiers.n_attesters,
        .any_uri = all->verifiers.any_uri,
        .n_any_uri = all->verifiers.n_any_uri,
        .transactions = all->verifiers.types,
        .n_transactions = all->verifiers.n_types,
    };
    q->answer = SG_DONE;
    verify(q);
}

/* ---- request_uri (5.10) -------------------------------------------------------------------------------------------- */

static void
fetched(struct question *q)
{
    struct wire_fetch_reply reply;
    sg_result r = q->answer;
    if (sg_ok(r)) {
        r = wire_fetch_reply_parse(q->body, &reply);
    }
    if (sg_ok(r)) {
        r = oid4vp_carrier_fetched(
            &q->carrier, reply.status, reply.content_type, reply.body, &q->failure);
    }
    if (!sg_ok(r)) {
        refuse(q, question_why(q, r, "request_uri"));
        return;
    }
    verify_first(q);
}

static sg_result
fetch_message(struct question *q, struct wire_fetch *ret)
{
    *ret = (struct wire_fetch){
        .kind = WIRE_FETCH_REQUEST_OBJECT,
        .url = q->carrier.request_uri,
        .accept = SG_LIT("application/oauth-authz-req+jwt"),
    };
    if (!q->carrier.post) {
        return SG_DONE;
    }
    uint8_t random[32];
    sg_str form;
    randombytes_buf(random, sizeof(random));
    sg_b64url_to(SG_BYTES(random), q->wallet_nonce);
    q->nonce_sent = true;
    SG_TRY(oid4vp_request_uri_body(
        q->arena, q->all->wallet_metadata, sg_str_of(q->wallet_nonce, NONCE_LEN), &form));
    ret->post = true;
    ret->form = sg_str_bytes(form);
    return SG_DONE;
}

static void
fetch(struct question *q)
{
    struct wire_fetch message;
    sg_result r = fetch_message(q, &message);
    if (!sg_ok(r)) {
        question_fail(q, r);
        return;
    }
    uint64_t id = peer_next_id(q->all->courier);
    struct sg_buf buf = sg_buf_new(q->arena, 1024, WIRE_FRAME_MAX);
    wire_fetch_encode(&buf, id, &message);
    question_ask(q, q->all->courier, id, &buf, q->all->settings.courier_timeout_ms, fetched);
}

static void
begin(struct question *q)
{
    sg_result r =
        oid4vp_carrier_parse(q->arena, q->request_text, q->all->loopback, &q->failure, &q->carrier);
    if (!sg_ok(r)) {
        refuse(q, r);
        return;
    }
    if (q->carrier.kind == OID4VP_BY_REFERENCE) {
        fetch(q);
        return;
    }
    verify_first(q);
}

/* ---- calls ------------------------------------------------------------------------------------------------------------ */

static sg_result
copy_held(struct question *q, const struct flow_present_in *in)
{
    SG_REQUIRE(in->n_held <= QUESTION_HELD_MAX, TOO_MANY);
    struct flow_held_in *held = SG_NEW_ARRAY(q->arena, in->n_held, struct flow_held_in);
    SG_REQUIRE(held != NULL, NO_MEMORY);
    for (size_t i = 0; i < in->n_held; i++) {
        SG_TRY(sg_arena_str(q->arena, in->held[i].format, &held[i].format));
        SG_TRY(sg_arena_str(q->arena, in->held[i].credential, &held[i].credential));
    }
    q->given = held;
    q->n_given = in->n_held;
    q->held_given = in->held_given;
    return SG_DONE;
}

static sg_result
copy_in(struct question *q, const struct flow_present_in *in)
{
    sg_str requester = in->requester.n == 0 ? SG_LIT(FLOW_GATEWAY_CLIENT) : in->requester;
    SG_REQUIRE(in->request.n <= OID4VP_REQUEST_MAX, TOO_LARGE);
    SG_REQUIRE(requester.n <= WIRE_NAME_MAX, TOO_LARGE);
    q->template = CONSENT_PRESENT;
    q->language = in->language;
    q->deliver = in->deliver;
    SG_TRY(sg_arena_str(q->arena, requester, &q->requester));
    SG_TRY(sg_arena_str(q->arena, in->request, &q->request_text));
    return copy_held(q, in);
}

void
flow_present_start(struct flow_questions *questions, struct sg_arena *arena,
    const struct flow_present_in *in, struct sg_why *why, flow_question_fn done, void *context)
{
    struct question *q = NULL;
    (void)arena; /* the question has its own: it outlives the call */
    sg_result r = question_new(questions, in->person, in->now, done, context, &q);
    if (!sg_ok(r)) {
        done(context, r, NULL);
        return;
    }
    q->why_out = why;
    r = copy_in(q, in);
    if (!sg_ok(r)) {
        question_fail(q, r);
        return;
    }
    question_run(q, begin);
}
