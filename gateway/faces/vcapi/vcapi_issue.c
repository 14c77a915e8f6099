/* POST /credentials/issue, /presentations (the gateway's key signs), and /credentials/derive (no key signs). */
#include "vcapi_inner.h"

#include "dataint.h"
#include "flow_config.h"
#include "flow_contexts.h"
#include "flow_document.h"
#include "sg_text.h"
#include "vcdm_data.h"

#define ANSWER_MAX ((size_t)4 * 1024 * 1024)

static const char *const issue_members[] = { "credential", NULL };
static const char *const issue_options[] = { "credentialId", "mandatoryPointers", NULL };
static const struct vcapi_form issue_form = { issue_members, 1, issue_options, NULL };
static const char *const present_members[] = { "presentation", NULL };
static const char *const present_options[] = { "challenge", "domain", NULL };
static const struct vcapi_form present_form = { present_members, 1, present_options, NULL };
static const char *const derive_members[] = { "verifiableCredential", NULL };
static const char *const derive_options[] = { "selectivePointers", NULL };
static const struct vcapi_form derive_form = { derive_members, 1, derive_options, NULL };

struct sealing {
    struct vcapi_call *call;
    const struct flow_config *config;
    struct flow_document document;
};

/* ---- answers --------------------------------------------------------------------------------------------- */

/* JWT, SD-JWT and COSE stand in an EnvelopedVerifiableCredential (VCDM 2.0, 4.13.1): a VC-API answer is an object. */
static sg_result
enveloped(struct sg_arena *arena, const struct flow_issued *issued, sg_str *ret)
{
    sg_str type;
    sg_bytes content = sg_str_bytes(issued->credentials[0]);
    SG_TRY(sg_arena_printf(arena, &type, "application/%.*s", SG_PRINT(issued->format)));
    const struct vcdm_media *media = vcdm_media_by_type(type);
    SG_REQUIRE(media != NULL, INTERNAL);
    if (media->family == VCDM_COSE) {
        SG_TRY(sg_b64url_decode(arena, issued->credentials[0], &content));
    }
    return vcdm_data_object(arena, media->envelope, content, ret);
}

static sg_result
render(struct sg_arena *arena, const char *member, sg_str object, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, object.n + 64, ANSWER_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_raw(&wr, member, object);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

static sg_result
answer_try(const struct sealing *sealing, const struct flow_issued *issued, sg_str *ret)
{
    struct sg_arena *arena = sealing->call->req->arena;
    sg_str object = issued->credentials[0];
    if (!issued->object) {
        SG_TRY(enveloped(arena, issued, &object));
    }
    return render(arena,
        sealing->document.presentation ? "verifiablePresentation" : "verifiableCredential", object,
        ret);
}

static void
sealed(void *context, sg_result r, const struct flow_issued *issued)
{
    struct sealing *sealing = context;
    sg_str json = SG_NO_STR;
    r = sg_ok(r) ? answer_try(sealing, issued, &json) : r;
    if (!sg_ok(r)) {
        vcapi_refuse(sealing->call, r);
        return;
    }
    vcapi_answer(sealing->call, 201, json);
}

/* ---- options ---------------------------------------------------------------------------------------------- */

/* An array of JSON Pointers (RFC 6901). */
static sg_result
read_pointers(
    struct vcapi_call *call, const char *name, size_t max, const sg_str **ret, size_t *ret_n)
{
    const struct sjson *v = sjson_get(call->options, name);
    call->why.what = name;
    SG_REQUIRE(v->type == SJSON_ARRAY, TYPE);
    SG_REQUIRE(v->n <= max, TOO_LARGE);
    sg_str *pointers = SG_NEW_ARRAY(call->req->arena, v->n + 1, sg_str);
    SG_REQUIRE(pointers != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        SG_REQUIRE(e->type == SJSON_STRING, TYPE);
        SG_REQUIRE(e->text.n == 0 || e->text.p[0] == '/', VALUE);
        pointers[n++] = e->text;
    }
    call->why.what = NULL;
    *ret = pointers;
    *ret_n = n;
    return SG_DONE;
}

/* credentialId would name the credential in later calls; here the status entry does, and nothing about a credential is kept under a client's name for it. */
static sg_result
read_issue_options(struct sealing *sealing)
{
    struct vcapi_call *call = sealing->call;
    sg_str unused;
    SG_TRY(vcapi_option_text(call, "credentialId", &unused));
    if (sjson_get(call->options, "mandatoryPointers") != NULL) {
        sealing->document.has_mandatory = true;
        SG_TRY(read_pointers(call, "mandatoryPointers", FLOW_DOCUMENT_POINTERS_MAX,
            &sealing->document.mandatory, &sealing->document.n_mandatory));
    }
    return SG_DONE;
}

static sg_result
read_present_options(struct sealing *sealing)
{
    sealing->document.presentation = true;
    SG_TRY(vcapi_option_text(sealing->call, "challenge", &sealing->document.challenge));
    return vcapi_option_text(sealing->call, "domain", &sealing->document.domain);
}

/* ---- issue and prove -------------------------------------------------------------------------------------- */

static sg_result
seal_try(struct sealing *sealing, sg_result (*options)(struct sealing *sealing))
{
    struct vcapi_call *call = sealing->call;
    SG_TRY(vcapi_instance(call, &sealing->config));
    SG_TRY(options(sealing));
    call->why.what = "an object belongs there";
    SG_REQUIRE(call->object->type == SJSON_OBJECT, TYPE);
    call->why.what = NULL;
    sealing->document.json = call->object;
    sealing->document.suite = face_app(call->req)->vcapi.w3c_suite;
    return SG_DONE;
}

static void
secure(struct http_request *req, const struct vcapi_form *form,
    sg_result (*options)(struct sealing *sealing))
{
    struct vcapi_call *call = vcapi_begin(req, form);
    if (call == NULL) {
        return;
    }
    struct sealing *sealing = SG_NEW(req->arena, struct sealing);
    if (sealing == NULL) {
        vcapi_refuse(call, SG_ERROR(NO_MEMORY));
        return;
    }
    sealing->call = call;
    sg_result r = seal_try(sealing, options);
    if (!sg_ok(r)) {
        vcapi_refuse(call, r);
        return;
    }
    const struct flow_document_in in = {
        .client = call->client,
        .configuration = sealing->config->id,
        .document = &sealing->document,
        .now = face_now(),
    };
    flow_seal_document(face_app(req)->flow, req->arena, &in, &call->why, sealed, sealing);
}

void
vcapi_credentials_issue(struct http_request *req)
{
    secure(req, &issue_form, read_issue_options);
}

void
vcapi_presentations(struct http_request *req)
{
    secure(req, &present_form, read_present_options);
}

/* ---- derive ------------------------------------------------------------------------------------------------- */

static sg_result
derive_try(struct vcapi_call *call, sg_str *ret)
{
    struct sg_arena *arena = call->req->arena;
    const struct flow_contexts *contexts = flow_contexts(face_app(call->req)->flow);
    const sg_str *pointers;
    sg_str derived;
    size_t n;
    call->why.what = "selectivePointers";
    SG_REQUIRE(sjson_get(call->options, "selectivePointers") != NULL, MISSING);
    SG_TRY(read_pointers(call, "selectivePointers", DI_POINTERS_MAX, &pointers, &n));
    call->why.what = "an object belongs there";
    SG_REQUIRE(call->object->type == SJSON_OBJECT, TYPE);
    call->why.what = NULL;
    SG_TRY(di_derive(arena, call->object, pointers, n, contexts->set, &call->why, &derived));
    return render(arena, "verifiableCredential", derived, ret);
}

void
vcapi_credentials_derive(struct http_request *req)
{
    struct vcapi_call *call = vcapi_begin(req, &derive_form);
    if (call == NULL) {
        return;
    }
    sg_str json;
    sg_result r = derive_try(call, &json);
    if (!sg_ok(r)) {
        vcapi_refuse(call, r);
        return;
    }
    vcapi_answer(call, 201, json);
}
