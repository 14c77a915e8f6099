/* POST /credentials/verify and /presentations/verify: read, verify, ask for the status, answer. */
#include "vcapi_inner.h"

#include "cid.h"
#include "flow_contexts.h"
#include "flow_did.h"
#include "flow_schemas.h"
#include "peer.h"
#include "vci_face.h"
#include "wire_status.h"

#define COURIER_TIMEOUT_MS 5000
#define LEEWAY_S 60
/* Documents of strangers that one request may need, and how often it is verified anew because a document named another. */
#define DOCUMENTS_MAX 8
#define ROUNDS_MAX 3

static const char *const credential_members[] = { "verifiableCredential", NULL };
static const char *const credential_options[] = { "returnCredential", "returnResults",
    "returnProblemDetails", NULL };
/* What the W3C suites send besides. */
static const char *const credential_suite[] = { "checks", "expectedProofPurpose", "domain",
    "challenge", NULL };
static const char *const presentation_members[] = { "verifiablePresentation", "presentation",
    NULL };
static const char *const presentation_options[] = { "challenge", "domain", "returnPresentation",
    "returnResults", "returnProblemDetails", NULL };
static const char *const presentation_suite[] = { "checks", "expectedProofPurpose", NULL };

static const struct vcapi_form credential_form = { credential_members, 1, credential_options,
    credential_suite };
static const struct vcapi_form presentation_form = { presentation_members, 2, presentation_options,
    presentation_suite };

struct verification {
    struct vcapi_call *call;
    bool presentation;
    struct verify_expect expect;
    struct verify_trust trust;
    struct cid_resolver resolver;
    struct verify_result result;
    struct vcapi_status statuses[VERIFY_REFS_MAX];
    size_t asked[VERIFY_REFS_MAX]; /* which of refs went to the courier, in its order */
    size_t n_asked;
    sg_bytes object;
    unsigned rounds;
    sg_str wanted[DOCUMENTS_MAX]; /* DIDs whose documents were not at hand in this round */
    size_t n_wanted;
    size_t fetched; /* of them */
};

/* ---- the answer ------------------------------------------------------------------------------------------ */

static void
finish(struct verification *v)
{
    struct vcapi_call *call = v->call;
    const struct face_app *app = face_app(call->req);
    sg_str json;
    bool verified = false;
    sg_result r = vcapi_render(
        call->req->arena, &v->result, v->statuses, call, v->presentation, &json, &verified);
    if (!sg_ok(r)) {
        vcapi_refuse(call, r);
        return;
    }
    vcapi_answer(call, !verified && app->vcapi.w3c_suite ? 400 : 200, json);
}

/* ---- the status ------------------------------------------------------------------------------------------- */

static void
verdicts(void *context, sg_result r, const struct wire_frame *frame)
{
    struct verification *v = context;
    struct wire_status_ask_reply *reply = SG_NEW(v->call->req->arena, struct wire_status_ask_reply);
    if (sg_ok(r)) {
        r = reply == NULL ? SG_ERROR(NO_MEMORY) : wire_status_ask_reply_parse(frame->body, reply);
    }
    bool all = sg_ok(r) && reply->n_verdicts == v->n_asked;
    for (size_t i = 0; i < v->n_asked; i++) {
        struct vcapi_status *status = &v->statuses[v->asked[i]];
        status->code = SG_E_STATUS_UNKNOWN;
        if (all && reply->verdicts[i].verdict != WIRE_UNKNOWN) {
            bool good = reply->verdicts[i].verdict == WIRE_GOOD;
            status->known = true;
            status->value = reply->verdicts[i].value;
            status->code = good ? SG_OK : SG_E_STATUS_BAD;
        }
    }
    finish(v);
}

/* A Bitstring list of ours is a view of a list: BASE/status/<list>/<purpose> (docs/status-lists). */
static bool
bit_of(struct flow *flow, const struct verify_ref *ref, uint64_t *ret)
{
    static const struct {
        const char *tail;
        uint8_t means; /* the value of the list that sets the bit; 0: the value itself */
    } views[] = { { "/revocation", 1 }, { "/suspension", 2 }, { "/message", 0 } };
    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        size_t n = strlen(views[i].tail);
        uint8_t value;
        if (ref->uri.n <= n || memcmp(ref->uri.p + ref->uri.n - n, views[i].tail, n) != 0 ||
            !sg_str_is(ref->purpose, views[i].tail + 1) ||
            !sg_ok(flow_status_value(
                flow, sg_str_slice(ref->uri, 0, ref->uri.n - n), ref->idx, &value))) {
            continue;
        }
        *ret = views[i].means == 0 ? value : value == views[i].means ? 1 : 0;
        return true;
    }
    return false;
}

bool
vcapi_status_here(struct flow *flow, const struct verify_ref *ref, uint64_t *ret)
{
    uint8_t entry = 0;
    if (ref->kind == VERIFY_BITSTRING) {
        return bit_of(flow, ref, ret);
    }
    if (!sg_ok(flow_status_value(flow, ref->uri, ref->idx, &entry))) {
        return false;
    }
    *ret = entry;
    return true;
}

static bool
status_here(struct verification *v, size_t i)
{
    uint64_t value = 0;
    if (!vcapi_status_here(face_app(v->call->req)->flow, &v->result.refs[i], &value)) {
        return false;
    }
    v->statuses[i] = (struct vcapi_status){
        .known = true, .value = value, .code = value == 0 ? SG_OK : SG_E_STATUS_BAD
    };
    return true;
}

/* The wire's word for a reference; false when the courier cannot look it up. */
static bool
ref_type(const struct verify_ref *ref, uint64_t *ret)
{
    static const struct {
        const char *purpose;
        enum wire_ref_type type;
    } rows[] = {
        { "revocation", WIRE_REF_BITSTRING_REVOCATION },
        { "suspension", WIRE_REF_BITSTRING_SUSPENSION },
        { "refresh", WIRE_REF_BITSTRING_REFRESH },
        { "message", WIRE_REF_BITSTRING_MESSAGE },
    };
    *ret = WIRE_REF_TOKEN_STATUS_LIST;
    if (ref->kind == VERIFY_TOKEN_LIST) {
        return true;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (sg_str_is(ref->purpose, rows[i].purpose)) {
            *ret = rows[i].type;
            return true; /* the size of its entries is what the list says */
        }
    }
    return false;
}

static sg_result
ask_courier(struct verification *v)
{
    struct sg_arena *arena = v->call->req->arena;
    struct peer *courier = face_app(v->call->req)->courier;
    struct wire_status_ask *ask = SG_NEW(arena, struct wire_status_ask);
    SG_REQUIRE(ask != NULL, NO_MEMORY);
    for (size_t i = 0; i < v->n_asked; i++) {
        const struct verify_ref *ref = &v->result.refs[v->asked[i]];
        ask->refs[i] = (struct wire_ref){ .uri = ref->uri, .idx = ref->idx };
        SG_REQUIRE(ref_type(ref, &ask->refs[i].type), UNSUPPORTED);
    }
    ask->n_refs = v->n_asked;
    uint64_t id = peer_next_id(courier);
    struct sg_buf buf = sg_buf_new(arena, 1024, WIRE_FRAME_MAX);
    sg_bytes frame;
    wire_status_ask_encode(&buf, id, ask);
    SG_TRY(sg_buf_end(&buf, &frame));
    peer_ask(courier, id, frame, COURIER_TIMEOUT_MS, verdicts, v);
    return SG_DONE;
}

static void
ask(struct verification *v)
{
    for (size_t i = 0; i < v->result.n_refs; i++) {
        v->statuses[i].code = SG_E_STATUS_UNKNOWN;
        uint64_t type;
        if (v->result.verified && !status_here(v, i) && ref_type(&v->result.refs[i], &type)) {
            v->asked[v->n_asked++] = i;
        }
    }
    if (v->n_asked == 0 || !sg_ok(ask_courier(v))) {
        finish(v);
    }
}

/* ---- the request ------------------------------------------------------------------------------------------ */

/* "domain": a text, or a set of texts (Data Integrity 2.1). */
static sg_result
read_domains(struct verification *v)
{
    const struct sjson *domain = sjson_get(v->call->options, "domain");
    if (domain == NULL) {
        return SG_DONE;
    }
    v->call->why.what = "options.domain: a text or several";
    bool array = domain->type == SJSON_ARRAY;
    SG_REQUIRE(!array || (domain->n > 0 && domain->n <= VCAPI_DOMAINS_MAX), VALUE);
    sg_str *domains = SG_NEW_ARRAY(v->call->req->arena, array ? domain->n : 1, sg_str);
    SG_REQUIRE(domains != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *d = array ? domain->first : domain; d != NULL; d = d->next) {
        SG_REQUIRE(d->type == SJSON_STRING && d->text.n > 0, TYPE);
        domains[n++] = d->text;
        if (!array) {
            break;
        }
    }
    v->expect.audiences = domains;
    v->expect.n_audiences = n;
    v->call->why.what = NULL;
    return SG_DONE;
}

/* "checks" of the suites: names of what to look at; everything is looked at anyway. */
static sg_result
read_checks(struct vcapi_call *call)
{
    const struct sjson *checks = sjson_get(call->options, "checks");
    call->why.what = "options.checks: names";
    SG_REQUIRE(checks == NULL || checks->type == SJSON_ARRAY, TYPE);
    for (const struct sjson *c = checks == NULL ? NULL : checks->first; c != NULL; c = c->next) {
        SG_REQUIRE(c->type == SJSON_STRING, TYPE);
    }
    call->why.what = NULL;
    return SG_DONE;
}

static sg_result
read_flags(const struct vcapi_call *call)
{
    static const char *const flags[] = { "returnCredential", "returnPresentation", "returnResults",
        "returnProblemDetails" };
    bool unused;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        SG_TRY(vcapi_option_bool(call, flags[i], false, &unused));
    }
    return SG_DONE;
}

/* An object, or the text of a compact serialisation; JSON in a text is neither (a credential is a map). */
static sg_result
read_object(struct vcapi_call *call, sg_bytes *ret)
{
    const struct sjson *object = call->object;
    if (object->type == SJSON_OBJECT) {
        *ret = sg_str_bytes(object->source);
        return SG_DONE;
    }
    call->why.what = "neither a JSON object nor a compact serialisation";
    SG_REQUIRE(object->type == SJSON_STRING, TYPE);
    for (size_t i = 0; i < object->text.n; i++) {
        char c = object->text.p[i];
        SG_REQUIRE(c > ' ' && c != '{' && c != '[' && c != '"', MALFORMED);
    }
    call->why.what = NULL;
    *ret = sg_str_bytes(object->text);
    return SG_DONE;
}

/* Documents about our own keys are made here; those of others are at hand or wanted. */
static sg_result
find_document(void *context, struct sg_arena *arena, sg_str url, sg_str *ret)
{
    struct verification *v = context;
    const struct face_app *app = face_app(v->call->req);
    sg_result r = vci_own_document(v->call->req, url, ret);
    if (r.code != SG_E_NOT_FOUND || !sg_str_starts(url, "did:web:") || app->dids == NULL) {
        return r;
    }
    r = flow_dids_get(app->dids, arena, url, v->expect.now, ret);
    bool known = false;
    for (size_t i = 0; i < v->n_wanted; i++) {
        known = known || sg_str_equal(v->wanted[i], url);
    }
    if (r.code == SG_E_NOT_FOUND && !known && v->n_wanted < DOCUMENTS_MAX) {
        v->wanted[v->n_wanted++] =
            url; /* in the request's arena, as all that was read from the object */
    }
    return r;
}

static sg_result
verify_once(struct verification *v)
{
    v->n_wanted = 0;
    v->fetched = 0;
    v->rounds++;
    return verify_object(v->call->req->arena, v->object, &v->trust, &v->expect, &v->result);
}

static sg_result
schemas_at_hand(const struct vcapi_call *call, const struct verify_schema **ret, size_t *ret_n)
{
    const struct flow_schemas *all = flow_schemas(face_app(call->req)->flow);
    struct verify_schema *schemas = SG_NEW_ARRAY(call->req->arena, all->n, struct verify_schema);
    SG_REQUIRE(schemas != NULL, NO_MEMORY);
    for (size_t i = 0; i < all->n; i++) {
        schemas[i] = (struct verify_schema){ all->items[i].url, sg_str_bytes(all->items[i].text) };
    }
    *ret = schemas;
    *ret_n = all->n;
    return SG_DONE;
}

static sg_result
verify(struct verification *v)
{
    struct vcapi_call *call = v->call;
    const struct face_app *app = face_app(call->req);
    SG_TRY(read_flags(call));
    SG_TRY(read_checks(call));
    SG_TRY(read_domains(v));
    SG_TRY(vcapi_option_text(call, "challenge", &v->expect.nonce));
    SG_TRY(vcapi_option_text(call, "expectedProofPurpose", &v->expect.purpose));
    SG_TRY(read_object(call, &v->object));
    const struct verify_schema *schemas;
    size_t n_schemas;
    SG_TRY(schemas_at_hand(call, &schemas, &n_schemas));
    v->resolver = (struct cid_resolver){ find_document, v };
    v->expect.now = face_now();
    v->expect.leeway_s = LEEWAY_S;
    v->expect.schema_required = app->vcapi.schema_required;
    v->expect.unsigned_presentation = app->vcapi.w3c_suite;
    v->expect.any_controller = app->vcapi.w3c_suite;
    v->expect.lax_contexts = app->vcapi.w3c_suite;
    v->expect.unknown_status = app->vcapi.w3c_suite;
    v->expect.presentation = v->presentation;
    v->expect.credential = !v->presentation;
    v->trust = (struct verify_trust){
        .anchors = app->anchors,
        .n_anchors = app->n_anchors,
        .contexts = flow_contexts(app->flow)->set,
        .schemas = schemas,
        .n_schemas = n_schemas,
        .resolver = &v->resolver,
    };
    return verify_once(v);
}

static void fetch_next(struct verification *v);

/* A worker's step, after the last document: with what is at hand now. */
static void
verify_again(struct http_request *req)
{
    struct verification *v = req->state;
    sg_result r = verify_once(v);
    if (!sg_ok(r)) {
        vcapi_refuse(v->call, r);
        return;
    }
    fetch_next(v);
}

/* The courier's thread. Whether it came, flow_dids_get says in the next round; one that did not come is remembered for some seconds. */
static void
document_there(void *context, sg_result r, sg_str json)
{
    struct verification *v = context;
    (void)r;
    (void)json;
    v->fetched++;
    if (v->fetched == v->n_wanted || http_now_us() >= v->call->req->deadline_us) {
        http_continue(v->call->req, verify_again);
        return;
    }
    fetch_next(v);
}

/* Next document, or the answer when none is wanted or there were rounds enough. */
static void
fetch_next(struct verification *v)
{
    const struct http_request *req = v->call->req;
    bool late = http_now_us() >= req->deadline_us;
    if (v->fetched == v->n_wanted || v->rounds >= ROUNDS_MAX || late) {
        ask(v);
        return;
    }
    flow_dids_resolve(
        face_app(req)->dids, req->arena, v->wanted[v->fetched], v->expect.now, document_there, v);
}

static void
run(struct http_request *req, const struct vcapi_form *form, bool presentation)
{
    struct vcapi_call *call = vcapi_begin(req, form);
    if (call == NULL) {
        return;
    }
    struct verification *v = SG_NEW(req->arena, struct verification);
    if (v == NULL) {
        vcapi_refuse(call, SG_ERROR(NO_MEMORY));
        return;
    }
    v->call = call;
    v->presentation = presentation;
    req->state = v;
    sg_result r = verify(v);
    if (!sg_ok(r)) {
        vcapi_refuse(call, r);
        return;
    }
    fetch_next(v);
}

void
vcapi_credentials_verify(struct http_request *req)
{
    run(req, &credential_form, false);
}

void
vcapi_presentations_verify(struct http_request *req)
{
    run(req, &presentation_form, true);
}
