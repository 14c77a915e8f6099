/* A question as JSON: what a wallet needs to let its holder decide, and what a page shows. */
#include "jcs.h"
#include "sg_text.h"
#include "vp_inner.h"

#define ANSWER_MAX ((size_t)4 * 1024 * 1024)

static void
put_path(struct sjson_wr *wr, const struct dcql_path *path)
{
    sjson_wr_name(wr, SG_LIT("path"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < path->n; i++) {
        const struct dcql_step *step = &path->steps[i];
        if (step->kind == DCQL_NAME) {
            sjson_wr_text(wr, step->name);
        } else if (step->kind == DCQL_ALL) {
            sjson_wr_null(wr);
        } else {
            sjson_wr_int(wr, (int64_t)step->index);
        }
    }
    sjson_wr_array_end(wr);
}

static sg_result
put_claim(struct sg_arena *arena, struct sjson_wr *wr, const struct flow_shown_claim *claim)
{
    sg_str value = SG_NO_STR;
    sjson_wr_object(wr);
    put_path(wr, &claim->path);
    sjson_wr_member_text(wr, "label", claim->label);
    if (claim->value != NULL) {
        SG_TRY(jcs_encode(arena, claim->value, &value));
    }
    if (value.n > 0 && value.n <= VP_VALUE_MAX) {
        sjson_wr_member_raw(wr, "value", value);
    }
    if (claim->always) {
        sjson_wr_member_bool(wr, "always", true);
    }
    sjson_wr_object_end(wr);
    return SG_DONE;
}

static sg_result
put_credential(struct sg_arena *arena, struct sjson_wr *wr, const struct flow_shown_credential *c)
{
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "id", c->id);
    sjson_wr_member_text(wr, "format", c->format);
    sjson_wr_member_text(wr, "issuer", c->issuer);
    sjson_wr_member_text(wr, "type", c->type);
    if (c->name.n > 0) {
        sjson_wr_member_text(wr, "name", c->name);
    }
    sjson_wr_member_bool(wr, "usable", c->usable);
    if (c->reason != NULL) {
        sjson_wr_member_cstr(wr, "reason", c->reason);
    }
    sjson_wr_member_bool(wr, "selected", c->selected);
    sjson_wr_name(wr, SG_LIT("claims"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < c->n_claims; i++) {
        SG_TRY(put_claim(arena, wr, &c->claims[i]));
    }
    sjson_wr_array_end(wr);
    sjson_wr_object_end(wr);
    return SG_DONE;
}

static sg_result
put_candidates(struct sg_arena *arena, struct sjson_wr *wr, const struct flow_question *q)
{
    sjson_wr_name(wr, SG_LIT("candidates"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < q->n_queries; i++) {
        const struct flow_shown_query *query = &q->queries[i];
        sjson_wr_object(wr);
        sjson_wr_member_text(wr, "id", query->id);
        sjson_wr_member_bool(wr, "requested", query->requested);
        sjson_wr_member_bool(wr, "multiple", query->multiple);
        sjson_wr_name(wr, SG_LIT("credentials"));
        sjson_wr_array(wr);
        for (size_t k = 0; k < query->n; k++) {
            SG_TRY(put_credential(arena, wr, &query->credentials[k]));
        }
        sjson_wr_array_end(wr);
        sjson_wr_object_end(wr);
    }
    sjson_wr_array_end(wr);
    return SG_DONE;
}

/* What is selected, as …/approve and …/selection take it. */
static void
put_selection(struct sjson_wr *wr, const struct flow_question *q)
{
    sjson_wr_name(wr, SG_LIT("selection"));
    sjson_wr_object(wr);
    for (size_t i = 0; i < q->n_queries; i++) {
        const struct flow_shown_query *query = &q->queries[i];
        if (!query->requested) {
            continue;
        }
        sjson_wr_name(wr, query->id);
        sjson_wr_array(wr);
        for (size_t k = 0; k < query->n; k++) {
            if (query->credentials[k].selected) {
                sjson_wr_text(wr, query->credentials[k].id);
            }
        }
        sjson_wr_array_end(wr);
    }
    sjson_wr_object_end(wr);
}

static void
put_party(struct sjson_wr *wr, const struct consent_party *party)
{
    static const char *const proven[] = { "nobody", "registration", "certificate", "attestation",
        "did" };
    sjson_wr_name(wr, SG_LIT("party"));
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "id", party->id);
    if (party->name.n > 0) {
        sjson_wr_member_text(wr, "name", party->name);
        sjson_wr_member_bool(wr, "name_proven", party->name_proven);
    }
    sjson_wr_member_cstr(wr, "proven", proven[(size_t)party->proven % 5]);
    if (party->vouched_by.n > 0) {
        sjson_wr_member_text(wr, "vouched_by", party->vouched_by);
    }
    if (party->address.n > 0) {
        sjson_wr_member_text(wr, "address", party->address);
    }
    sjson_wr_object_end(wr);
}

/* WebAuthn Level 3, PublicKeyCredentialRequestOptionsJSON. */
static void
put_options(struct sjson_wr *wr, const struct flow_question *q, int64_t now)
{
    sjson_wr_name(wr, SG_LIT("publicKey"));
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "challenge", q->challenge);
    sjson_wr_member_int(wr, "timeout", q->expires_at > now ? (q->expires_at - now) * 1000 : 0);
    sjson_wr_member_text(wr, "rpId", q->rp_id);
    sjson_wr_name(wr, SG_LIT("allowCredentials"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < q->n_passkeys; i++) {
        sjson_wr_object(wr);
        sjson_wr_member_cstr(wr, "type", "public-key");
        sjson_wr_member_b64url(wr, "id", q->passkeys[i]);
        sjson_wr_object_end(wr);
    }
    sjson_wr_array_end(wr);
    sjson_wr_member_cstr(wr, "userVerification", "required");
    sjson_wr_object_end(wr);
}

static void
put_open(struct sjson_wr *wr, const struct flow_question *q, int64_t now)
{
    sjson_wr_member_b64url(wr, "intent", q->intent);
    sjson_wr_member_raw(wr, "openings", q->openings);
    sjson_wr_member_b64url(wr, "nonce", q->nonce);
    sjson_wr_member_text(wr, "text", q->text);
    put_options(wr, q, now);
}

static void
put_texts(struct sjson_wr *wr, const char *name, const sg_str *list, size_t n)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_array(wr);
    for (size_t i = 0; i < n; i++) {
        sjson_wr_text(wr, list[i]);
    }
    sjson_wr_array_end(wr);
}

static void
put_result(struct sjson_wr *wr, const struct flow_question *q)
{
    if (q->vp_token.n > 0) {
        sjson_wr_member_raw(wr, "vp_token", q->vp_token);
    }
    if (q->response.n > 0) {
        sjson_wr_member_text(wr, "response", q->response);
    }
    if ((q->vp_token.n > 0 || q->response.n > 0) && q->state_parameter.n > 0) {
        sjson_wr_member_text(wr, "verifier_state", q->state_parameter);
    }
    if (q->redirect_uri.n > 0) {
        sjson_wr_member_text(wr, "redirect_uri", q->redirect_uri);
    }
    if (q->n_proofs > 0) {
        sjson_wr_name(wr, SG_LIT("proofs"));
        sjson_wr_object(wr);
        put_texts(wr, "jwt", q->proofs, q->n_proofs);
        sjson_wr_object_end(wr);
        if (q->key_attestation.n > 0) {
            sjson_wr_member_text(wr, "key_attestation", q->key_attestation);
        }
    }
    if (q->n_evidence > 0) {
        put_texts(wr, "evidence", q->evidence, q->n_evidence);
    }
}

sg_result
vp_render(
    struct sg_arena *arena, sg_str base, int64_t now, const struct flow_question *q, sg_str *ret)
{
    sg_str url;
    bool asks = q->state == FLOW_QUESTION_OPEN || q->state == FLOW_QUESTION_NOTHING;
    struct sg_buf buf = sg_buf_new(arena, 4096, ANSWER_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "id", q->id);
    sjson_wr_member_cstr(&wr, "state", flow_question_state_name(q->state));
    sjson_wr_member_cstr(&wr, "template", consent_template_name(q->template));
    sjson_wr_member_cstr(&wr, "language", consent_language_name(q->language));
    if (asks) {
        SG_TRY(sg_arena_printf(arena, &url, "%.*s/consent/%.*s", SG_PRINT(base), SG_PRINT(q->id)));
        sjson_wr_member_text(&wr, "consent_url", url);
        sjson_wr_member_int(&wr, "expires_at", q->expires_at);
        put_party(&wr, &q->party);
    }
    if (q->state == FLOW_QUESTION_OPEN) {
        put_open(&wr, q, now);
    }
    if (asks && q->template == CONSENT_PRESENT) {
        SG_TRY(put_candidates(arena, &wr, q));
        put_selection(&wr, q);
    }
    put_result(&wr, q);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}
