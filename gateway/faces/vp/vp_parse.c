/* Bodies of this face, form only. */
#include "sg_text.h"
#include "vp_inner.h"

#include "jcs.h"

/* Nothing but these members (separated by blanks). */
static sg_result
only(const struct sjson *json, const char *known)
{
    for (const struct sjson *m = json->first; m != NULL; m = m->next) {
        bool found = false;
        for (const char *at = known; !found && *at != '\0';) {
            size_t n = strcspn(at, " ");
            found = sg_str_equal(m->name, sg_str_of(at, n));
            at += n + (at[n] == ' ');
        }
        SG_REQUIRE(found, VALUE);
    }
    return SG_DONE;
}

static sg_result
language_of(const struct sjson *json, enum consent_language *ret)
{
    const struct sjson *language = sjson_get(json, "language");
    *ret = 0;
    if (language == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(sjson_is_text(language, "en") || sjson_is_text(language, "ja"), VALUE);
    *ret = sjson_is_text(language, "ja") ? CONSENT_JA : CONSENT_EN;
    return SG_DONE;
}

/* A text as it stands, or an object as JSON. */
static sg_result
text_or_object(struct sg_arena *arena, const struct sjson *v, sg_str *ret)
{
    SG_REQUIRE(v != NULL, MISSING);
    if (v->type == SJSON_OBJECT) {
        return jcs_encode(arena, v, ret);
    }
    SG_REQUIRE(v->type == SJSON_STRING && v->text.n > 0, TYPE);
    *ret = v->text;
    return SG_DONE;
}

static sg_result
optional_text(const struct sjson *json, const char *name, sg_str *ret)
{
    *ret = SG_NO_STR;
    return sjson_get(json, name) == NULL ? SG_DONE : sjson_member_text(json, name, ret);
}

/* ---- POST /vp/presentations ---------------------------------------------------------------------------- */

static sg_result
read_held(struct sg_arena *arena, const struct sjson *json, struct vp_start_req *ret)
{
    const struct sjson *list = sjson_get(json, "credentials");
    if (list == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(list->type == SJSON_ARRAY, TYPE);
    SG_REQUIRE(list->n <= VP_HELD_MAX, TOO_MANY);
    ret->held_given = true;
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        struct flow_held_in *held = &ret->held[ret->n_held++];
        SG_REQUIRE(e->type == SJSON_OBJECT, TYPE);
        SG_TRY(only(e, "format value"));
        SG_TRY(optional_text(e, "format", &held->format));
        SG_TRY(text_or_object(arena, sjson_get(e, "value"), &held->credential));
    }
    return SG_DONE;
}

sg_result
vp_start_parse(struct sg_arena *arena, sg_bytes body, struct vp_start_req *ret)
{
    const struct sjson *json;
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(body), NULL, &json));
    SG_TRY(only(json, "request credentials delivery language"));
    *ret = (struct vp_start_req){ .deliver = true };
    SG_TRY(text_or_object(arena, sjson_get(json, "request"), &ret->request));
    const struct sjson *delivery = sjson_get(json, "delivery");
    if (delivery != NULL) {
        SG_REQUIRE(sjson_is_text(delivery, "post") || sjson_is_text(delivery, "return"), VALUE);
        ret->deliver = sjson_is_text(delivery, "post");
    }
    SG_TRY(language_of(json, &ret->language));
    return read_held(arena, json, ret);
}

/* ---- …/selection, …/approve ------------------------------------------------------------------------------ */

static sg_result
read_choices(struct sg_arena *arena, const struct sjson *selection, struct vp_selection *ret)
{
    size_t all = 0;
    if (selection == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(selection->type == SJSON_OBJECT, TYPE);
    SG_REQUIRE(selection->n >= 1, VALUE);
    SG_REQUIRE(selection->n <= VP_QUERIES_MAX, TOO_MANY);
    for (const struct sjson *m = selection->first; m != NULL; m = m->next) {
        struct flow_choice *choice = &ret->choices[ret->n++];
        SG_REQUIRE(m->type == SJSON_ARRAY, TYPE);
        SG_REQUIRE(m->n >= 1, VALUE);
        all += m->n;
        SG_REQUIRE(all <= VP_CHOICES_MAX, TOO_MANY);
        sg_str *ids = SG_NEW_ARRAY(arena, m->n, sg_str);
        SG_REQUIRE(ids != NULL, NO_MEMORY);
        for (const struct sjson *e = m->first; e != NULL; e = e->next) {
            SG_REQUIRE(e->type == SJSON_STRING, TYPE);
            ids[choice->n++] = e->text;
        }
        choice->query = m->name;
        choice->credentials = ids;
    }
    return SG_DONE;
}

sg_result
vp_select_parse(struct sg_arena *arena, sg_bytes body, struct vp_selection *ret)
{
    const struct sjson *json;
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(body), NULL, &json));
    SG_TRY(only(json, "selection language"));
    *ret = (struct vp_selection){ 0 };
    SG_TRY(language_of(json, &ret->language));
    SG_TRY(read_choices(arena, sjson_get(json, "selection"), ret));
    SG_REQUIRE(ret->n > 0 || ret->language != 0, MISSING);
    return SG_DONE;
}

static sg_result
read_b64(
    struct sg_arena *arena, const struct sjson *json, const char *name, size_t max, sg_bytes *ret)
{
    sg_str text;
    SG_TRY(sjson_member_text(json, name, &text));
    SG_TRY(sg_b64url_decode(arena, text, ret));
    SG_REQUIRE(ret->n > 0, VALUE);
    SG_REQUIRE(ret->n <= max, TOO_LARGE);
    return SG_DONE;
}

/* WebAuthn Level 3, AuthenticationResponseJSON; members that are not needed here (authenticatorAttachment, clientExtensionResults) are let be. */
static sg_result
read_assertion(struct sg_arena *arena, const struct sjson *credential, struct flow_assertion *ret)
{
    const struct sjson *response, *type = sjson_get(credential, "type");
    SG_REQUIRE(type == NULL || sjson_is_text(type, "public-key"), VALUE);
    SG_TRY(sjson_member_object(credential, "response", &response));
    SG_TRY(read_b64(arena, credential, "rawId", 1023, &ret->passkey));
    SG_TRY(read_b64(arena, response, "clientDataJSON", 8192, &ret->client_data));
    SG_TRY(read_b64(arena, response, "authenticatorData", 8192, &ret->authenticator_data));
    return read_b64(arena, response, "signature", 512, &ret->signature);
}

sg_result
vp_approve_parse(struct sg_arena *arena, sg_bytes body, struct vp_approve_req *ret)
{
    const struct sjson *json, *credential;
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(body), NULL, &json));
    SG_TRY(only(json, "credential selection"));
    *ret = (struct vp_approve_req){ 0 };
    SG_TRY(sjson_member_object(json, "credential", &credential));
    SG_TRY(read_assertion(arena, credential, &ret->assertion));
    return read_choices(arena, sjson_get(json, "selection"), &ret->selection);
}

/* ---- POST /vp/proofs ---------------------------------------------------------------------------------------- */

static sg_result
read_keys(struct sg_arena *arena, const struct sjson *json, struct vp_proofs_req *ret)
{
    const struct sjson *list;
    SG_TRY(sjson_member_array(json, "keys", &list));
    SG_REQUIRE(list->n >= 1, VALUE);
    SG_REQUIRE(list->n <= FLOW_PROVE_MAX, TOO_MANY);
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        SG_REQUIRE(e->type == SJSON_STRING, TYPE);
        SG_TRY(sg_b64url_decode(arena, e->text, &ret->keys[ret->n_keys]));
        SG_REQUIRE(ret->keys[ret->n_keys++].n == 32, VALUE);
    }
    return SG_DONE;
}

sg_result
vp_proofs_parse(struct sg_arena *arena, sg_bytes body, struct vp_proofs_req *ret)
{
    const struct sjson *json;
    sg_str by;
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(body), NULL, &json));
    SG_TRY(only(json, "issuer nonce client_id keys binding_method key_attestation language"));
    *ret = (struct vp_proofs_req){ .by = FLOW_PROVE_BY_JWK };
    SG_TRY(sjson_member_text(json, "issuer", &ret->issuer));
    SG_TRY(optional_text(json, "nonce", &ret->nonce));
    SG_TRY(optional_text(json, "client_id", &ret->client_id));
    SG_TRY(optional_text(json, "binding_method", &by));
    if (by.n > 0) {
        SG_TRY(flow_prove_by_name(by, &ret->by));
    }
    SG_TRY(sjson_member_bool(json, "key_attestation", false, &ret->attestation));
    SG_TRY(language_of(json, &ret->language));
    return read_keys(arena, json, ret);
}
