/* The door's verifier: formats/verify over what was posted, and the status of the credential (req: FMT-4, SIG-7). */
#include "cid.h"
#include "demo_inner.h"
#include "flow_contexts.h"
#include "mdoc.h"
#include "vcapi_face.h"
#include "vci_face.h"
#include "verify.h"

#define LEEWAY_S 60

static const char *
severity_name(enum verify_severity severity)
{
    static const char *const names[] = { "held", "note", "warning", "error" };
    return names[(size_t)severity % 4];
}

static sg_result
own_document(void *context, struct sg_arena *arena, sg_str url, sg_str *ret)
{
    (void)arena; /* the request's */
    return vci_own_document(context, url, ret);
}

/* {"badge": [one presentation]} */
static sg_result
presentation_of(struct sg_arena *arena, sg_str vp_token, sg_bytes *ret)
{
    const struct sjson *json, *list;
    SG_TRY(sjson_parse_object(arena, vp_token, NULL, &json));
    SG_REQUIRE(json->n == 1, VALUE);
    SG_TRY(sjson_member_array(json, "badge", &list));
    SG_REQUIRE(list->n == 1, VALUE);
    SG_REQUIRE(list->first->type == SJSON_STRING || list->first->type == SJSON_OBJECT, TYPE);
    *ret =
        sg_str_bytes(list->first->type == SJSON_STRING ? list->first->text : list->first->source);
    return SG_DONE;
}

static void
put_finding(struct sjson_wr *wr, const char *check, const char *severity, sg_str detail)
{
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "check", check);
    sjson_wr_member_cstr(wr, "severity", severity);
    if (detail.n > 0) {
        sjson_wr_member_text(wr, "detail", detail);
    }
    sjson_wr_object_end(wr);
}

/* Issuer and verifier are one process here: what the board says is the newest there is. False: not all of them are good. */
static bool
put_statuses(struct sjson_wr *wr, struct flow *flow, const struct verify_result *result)
{
    bool good = true;
    for (size_t i = 0; i < result->n_refs; i++) {
        uint64_t value = 0;
        bool known = vcapi_status_here(flow, &result->refs[i], &value);
        bool valid = known && value == 0;
        put_finding(wr, "status", valid ? "held" : "error",
            !known  ? SG_LIT("unknown")
            : valid ? SG_LIT("valid")
                    : SG_LIT("revoked or suspended"));
        good = good && valid;
    }
    return good;
}

/* What of the payload was disclosed: the claims of the badge, without the envelope. */
static const struct sjson *
claims_of(const struct verify_result *result)
{
    const struct sjson *claims = result->claims;
    const struct sjson *list = sjson_get(claims, "verifiableCredential");
    const struct sjson *credential = list == NULL ? claims : list->first;
    const struct sjson *subject = sjson_get(credential, "credentialSubject");
    return subject != NULL ? subject : credential;
}

static void
put_claims(struct sjson_wr *wr, const struct sjson *claims)
{
    static const char *const names[] = { "given_name", "family_name", "employee_id", "email",
        "department", "hired_on", "address", "nationalities" };
    sjson_wr_name(wr, SG_LIT("claims"));
    sjson_wr_object(wr);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct sjson *value = sjson_get(claims, names[i]);
        if (value != NULL) {
            sjson_wr_member_value(wr, names[i], value);
        }
    }
    sjson_wr_object_end(wr);
}

static sg_result
render(struct http_request *req, const struct demo_visit *visit, sg_str client,
    const struct verify_result *result, sg_bytes object, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(req->arena, 4096, DEMO_RESULT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "format", verify_format_name(result->format));
    sjson_wr_name(&wr, SG_LIT("findings"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < result->n; i++) {
        const struct verify_finding *finding = &result->findings[i];
        put_finding(&wr, finding->check, severity_name(finding->severity), finding->detail);
    }
    bool good = put_statuses(&wr, face_app(req)->flow, result);
    sjson_wr_array_end(&wr);
    sjson_wr_member_bool(&wr, "verified", result->verified && result->presentation && good);
    put_claims(&wr, claims_of(result));
    sjson_wr_member_text(
        &wr, "object", sg_bytes_str(object)); /* whoever holds it may ask for its evidence */
    sjson_wr_member_text(&wr, "audience", client);
    sjson_wr_member_cstr(&wr, "nonce", visit->nonce);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

sg_result
demo_check(struct http_request *req, const struct demo_visit *visit, sg_str vp_token, int64_t now,
    sg_str *ret)
{
    const struct face_app *app = face_app(req);
    sg_bytes object;
    sg_str address, client;
    SG_TRY(presentation_of(req->arena, vp_token, &object));
    SG_TRY(demo_address(req->arena, app->base, visit, &address));
    SG_TRY(sg_arena_printf(req->arena, &client, "redirect_uri:%.*s", SG_PRINT(address)));
    struct cid_resolver resolver = { own_document, req };
    struct verify_trust trust = { .anchors = app->anchors,
        .n_anchors = app->n_anchors,
        .contexts = flow_contexts(app->flow)->set,
        .resolver = &resolver };
    struct verify_expect expect = { .now = now,
        .leeway_s = LEEWAY_S,
        .presentation = true,
        .audiences = &client,
        .n_audiences = 1,
        .nonce = sg_cstr(visit->nonce) };
    SG_TRY(mdoc_transcript_redirect(
        req->arena, client, expect.nonce, SG_NO_BYTES, address, &expect.session_transcript));
    struct verify_result *result = SG_NEW(req->arena, struct verify_result);
    SG_REQUIRE(result != NULL, NO_MEMORY);
    SG_TRY(verify_object(req->arena, object, &trust, &expect, result));
    return render(req, visit, client, result, object, ret);
}
