/* WebAuthn Level 3, 5.1.8 to 5.1.10: what browsers give and take as JSON. Binary members are base64url without padding. req: AU-2, AU-3 */
#include "account_inner.h"
#include "jose_alg.h"
#include "sg_text.h"

#define TIMEOUT_MS 300000 /* 15.1: 300000 to 600000 */

/* `response` of a PublicKeyCredential whose id is its rawId. */
static sg_result
credential_parse(struct sg_arena *arena, const struct sjson *json, sg_bytes *ret_id,
    const struct sjson **ret_response)
{
    sg_bytes id;
    SG_REQUIRE(json != NULL && json->type == SJSON_OBJECT, TYPE);
    SG_REQUIRE(sjson_is_text(sjson_get(json, "type"), "public-key"), VALUE);
    SG_TRY(account_bytes(arena, json, "id", &id));
    SG_TRY(account_bytes(arena, json, "rawId", ret_id));
    SG_REQUIRE(sg_bytes_equal(id, *ret_id), VALUE);
    SG_REQUIRE(id.n > 0 && id.n <= WIRE_PASSKEY_ID_MAX, VALUE);
    return sjson_member_object(json, "response", ret_response);
}

sg_result
account_assertion_parse(
    struct sg_arena *arena, const struct sjson *json, struct auth_assertion *ret)
{
    const struct sjson *response;
    struct auth_assertion a = { .user_handle = SG_NO_BYTES };
    SG_TRY(credential_parse(arena, json, &a.passkey, &response));
    SG_TRY(account_bytes(arena, response, "clientDataJSON", &a.client_data));
    SG_TRY(account_bytes(arena, response, "authenticatorData", &a.authenticator_data));
    SG_TRY(account_bytes(arena, response, "signature", &a.signature));
    const struct sjson *handle = sjson_get(response, "userHandle");
    if (handle != NULL && handle->type != SJSON_NULL) {
        SG_TRY(account_bytes(arena, response, "userHandle", &a.user_handle));
    }
    SG_REQUIRE(a.client_data.n > 0 && a.client_data.n <= WIRE_CLIENT_DATA_MAX, TOO_LARGE);
    SG_REQUIRE(
        a.authenticator_data.n > 0 && a.authenticator_data.n <= WIRE_AUTH_DATA_MAX, TOO_LARGE);
    SG_REQUIRE(a.signature.n > 0 && a.signature.n <= 1024 && a.user_handle.n <= 64, TOO_LARGE);
    *ret = a;
    return SG_DONE;
}

sg_result
account_registration_parse(
    struct sg_arena *arena, const struct sjson *json, struct account_registration *ret)
{
    const struct sjson *response;
    sg_bytes id;
    struct account_registration r;
    SG_TRY(credential_parse(arena, json, &id, &response));
    SG_TRY(account_bytes(arena, response, "clientDataJSON", &r.client_data));
    SG_TRY(account_bytes(arena, response, "attestationObject", &r.attestation));
    SG_REQUIRE(r.client_data.n > 0 && r.client_data.n <= WIRE_CLIENT_DATA_MAX, TOO_LARGE);
    SG_REQUIRE(r.attestation.n > 0 && r.attestation.n <= WIRE_ATTESTATION_MAX, TOO_LARGE);
    *ret = r;
    return SG_DONE;
}

static void
write_credentials(struct sjson_wr *wr, const char *name, const sg_bytes *ids, size_t n)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_array(wr);
    for (size_t i = 0; i < n; i++) {
        sjson_wr_object(wr);
        sjson_wr_member_cstr(wr, "type", "public-key");
        sjson_wr_member_b64url(wr, "id", ids[i]);
        sjson_wr_object_end(wr);
    }
    sjson_wr_array_end(wr);
}

void
account_write_request(struct sjson_wr *wr, const struct face_app *app, sg_bytes challenge,
    const sg_bytes *allow, size_t n_allow)
{
    sjson_wr_name(wr, SG_LIT("publicKey"));
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "challenge", challenge);
    sjson_wr_member_text(wr, "rpId", auth_settings_view(app->auth)->person.rp_id);
    sjson_wr_member_int(wr, "timeout", TIMEOUT_MS);
    sjson_wr_member_cstr(wr, "userVerification", "required");
    write_credentials(wr, "allowCredentials", allow, n_allow);
    sjson_wr_object_end(wr);
}

/* In our order of preference; -7 means P-256 here, -35 P-384, -8 Ed25519. RS256 is not offered: the signer does not verify it. */
static void
write_params(struct sjson_wr *wr)
{
    static const int64_t algs[] = { -8, -7, -35 };
    sjson_wr_name(wr, SG_LIT("pubKeyCredParams"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        sjson_wr_object(wr);
        sjson_wr_member_cstr(wr, "type", "public-key");
        sjson_wr_member_int(wr, "alg", algs[i]);
        sjson_wr_object_end(wr);
    }
    sjson_wr_array_end(wr);
}

void
account_write_creation(struct sjson_wr *wr, const struct face_app *app,
    const struct wire_enrol_open_reply *opened, uint64_t purpose)
{
    /* What the authenticator shows beside the passkey: which of the two it is. No personal data leaves for it. */
    const char *name = purpose == WIRE_PASSKEY_SIGN ? "sign" : "login";
    sjson_wr_name(wr, SG_LIT("publicKey"));
    sjson_wr_object(wr);
    sjson_wr_name(wr, SG_LIT("rp"));
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "id", auth_settings_view(app->auth)->person.rp_id);
    sjson_wr_member_text(wr, "name", app->brand);
    sjson_wr_object_end(wr);
    sjson_wr_name(wr, SG_LIT("user"));
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "id", opened->user_handle);
    sjson_wr_member_cstr(wr, "name", name);
    sjson_wr_member_cstr(wr, "displayName", name);
    sjson_wr_object_end(wr);
    sjson_wr_member_b64url(wr, "challenge", opened->challenge);
    write_params(wr);
    sjson_wr_member_int(wr, "timeout", TIMEOUT_MS);
    sjson_wr_member_cstr(wr, "attestation", opened->level >= 3 ? "direct" : "none");
    sjson_wr_name(wr, SG_LIT("authenticatorSelection"));
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "residentKey", "preferred");
    sjson_wr_member_cstr(wr, "userVerification", "required");
    sjson_wr_object_end(wr);
    write_credentials(wr, "excludeCredentials", opened->passkeys, opened->n_passkeys);
    sjson_wr_object_end(wr);
}

void
account_write_confirm(
    struct sjson_wr *wr, const struct face_app *app, const struct flow_confirm *confirm)
{
    sjson_wr_member_cstr(wr, "template", consent_template_name(confirm->template));
    sjson_wr_member_cstr(wr, "language", consent_language_name(confirm->language));
    sjson_wr_member_text(wr, "text", confirm->text);
    sjson_wr_member_b64url(wr, "intent", confirm->intent);
    sjson_wr_member_raw(wr, "openings", confirm->openings);
    sjson_wr_member_b64url(wr, "nonce", confirm->nonce);
    sjson_wr_member_int(wr, "expires_at", confirm->expires_at);
    account_write_request(wr, app, confirm->challenge, confirm->passkeys, confirm->n_passkeys);
}

void
account_fingerprint(sg_bytes thumbprint, char ret[ACCOUNT_FINGERPRINT_LEN])
{
    for (size_t i = 0, at = 0; i < 8; i++) {
        if (i > 0 && i % 2 == 0) {
            ret[at++] = ' ';
        }
        sg_hex_to(sg_bytes_of(thumbprint.p + i, 1), ret + at);
        at += 2;
    }
}

const char *
account_alg_name(uint64_t alg)
{
    const struct jose_alg *row = jose_alg_by_id((enum jose_alg_id)alg);
    return row == NULL ? "" : row->name;
}
