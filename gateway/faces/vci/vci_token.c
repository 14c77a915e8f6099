/* Token endpoint (OpenID4VCI 1.0, 6; RFC 6749 5; RFC 9449 5) for wallets with a code and for system clients (req: AU-8). */
#include "auth_person.h"
#include "peer_registry.h"
#include "vci_inner.h"

#define JWT_BEARER "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define DETAILS_MAX 16384

/* A parameter that may be absent. Sent twice is an error of the request (RFC 6749 3.1). */
static sg_result
form_optional(struct http_request *req, const char *name, bool *ret_there, sg_str *ret)
{
    sg_result r = http_form_get(req, name, ret);
    *ret_there = sg_ok(r);
    if (r.code == SG_E_NOT_FOUND) {
        *ret = SG_NO_STR;
        return SG_DONE;
    }
    return r;
}

static sg_result
form_required(struct http_request *req, const char *name, sg_str *ret)
{
    bool there;
    SG_TRY(form_optional(req, name, &there, ret));
    SG_REQUIRE(there && ret->n > 0, MISSING);
    return SG_DONE;
}

/* ---- authorization_details ------------------------------------------------------------------------------------------- */

static sg_result
parse_detail(const struct sjson *e, sg_str issuer, const struct flow_grant_item *items, size_t n,
    bool *wanted)
{
    const struct sjson *id = sjson_get(e, "credential_configuration_id");
    const struct sjson *locations = sjson_get(e, "locations");
    SG_REQUIRE(sjson_is_text(sjson_get(e, "type"), "openid_credential"), CONFIGURATION);
    SG_REQUIRE(id != NULL && id->type == SJSON_STRING, CONFIGURATION);
    if (locations != NULL) {
        SG_REQUIRE(locations->type == SJSON_ARRAY && locations->n == 1 &&
                       locations->first->type == SJSON_STRING &&
                       sg_str_equal(locations->first->text, issuer),
            CONFIGURATION);
    }
    for (size_t i = 0; i < n; i++) {
        if (sg_str_equal(items[i].config->id, id->text)) {
            wanted[i] = true;
            return SG_DONE;
        }
    }
    SG_FAIL(CONFIGURATION); /* not in the offer */
}

sg_result
vci_details_parse(struct sg_arena *arena, sg_str json, sg_str issuer,
    const struct flow_grant_item *items, size_t n, bool *wanted)
{
    const struct sjson *array;
    SG_REQUIRE(json.n <= DETAILS_MAX, CONFIGURATION);
    sg_result r = sjson_parse(arena, json, NULL, &array);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    SG_REQUIRE(sg_ok(r) && array->type == SJSON_ARRAY && array->n > 0, CONFIGURATION);
    for (const struct sjson *e = array->first; e != NULL; e = e->next) {
        SG_REQUIRE(e->type == SJSON_OBJECT, CONFIGURATION);
        SG_TRY(parse_detail(e, issuer, items, n, wanted));
    }
    return SG_DONE;
}

/* The identifiers of what was chosen, comma-separated; empty when the request did not use authorization_details. */
static sg_result
selection_of(struct sg_arena *arena, const struct flow_grant_item *items, size_t n,
    const bool *wanted, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 256, 4096);
    for (size_t i = 0; i < n; i++) {
        if (wanted[i]) {
            sg_buf_put_cstr(&buf, buf.n == 0 ? "" : ",");
            sg_buf_put_str(&buf, items[i].identifier);
        }
    }
    return sg_buf_end_str(&buf, ret);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------ */

static sg_result
render(struct sg_arena *arena, const struct auth_issued *issued,
    const struct flow_grant_item *items, size_t n, const bool *wanted, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 512, 16384);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "access_token", sg_str_of(issued->token, AUTH_TOKEN_LEN));
    sjson_wr_member_cstr(&wr, "token_type", issued->bound ? "DPoP" : "Bearer");
    sjson_wr_member_int(&wr, "expires_in", issued->expires_in);
    if (wanted != NULL) {
        sjson_wr_name(&wr, SG_LIT("authorization_details"));
        sjson_wr_array(&wr);
        for (size_t i = 0; i < n; i++) {
            if (!wanted[i]) {
                continue;
            }
            sjson_wr_object(&wr);
            sjson_wr_member_cstr(&wr, "type", "openid_credential");
            sjson_wr_member_text(&wr, "credential_configuration_id", items[i].config->id);
            sjson_wr_name(&wr, SG_LIT("credential_identifiers"));
            sjson_wr_array(&wr);
            sjson_wr_text(&wr, items[i].identifier);
            sjson_wr_array_end(&wr);
            sjson_wr_object_end(&wr);
        }
        sjson_wr_array_end(&wr);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end(&buf, ret);
}

static void
answer(struct http_request *req, sg_bytes body)
{
    struct http_reply reply = { .status = 200, .content_type = "application/json", .body = body };
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    http_reply_header(&reply, "Pragma", SG_LIT("no-cache"));
    if (auth_settings_view(face_app(req)->auth)->dpop_nonce) {
        face_dpop_nonce(req, &reply);
    }
    http_answer(req, &reply);
}

/* ---- grants ---------------------------------------------------------------------------------------------------------------- */

static sg_result
pre_authorized(struct http_request *req, sg_bytes *ret)
{
    struct face_app *app = face_app(req);
    struct auth_request who = face_auth_request(req);
    sg_str code_text, tx_code, client_id, details, assertion, selection = SG_NO_STR;
    bool has_tx, has_details, has_client, has_assertion;
    struct auth_dpop proof;
    SG_TRY(form_required(req, "pre-authorized_code", &code_text));
    SG_TRY(form_optional(req, "tx_code", &has_tx, &tx_code));
    SG_TRY(form_optional(req, "client_id", &has_client, &client_id));
    SG_TRY(form_optional(req, "authorization_details", &has_details, &details));
    SG_TRY(form_optional(req, "client_assertion", &has_assertion, &assertion));
    SG_REQUIRE(!has_assertion,
        CLIENT); /* wallets have no registered keys here: an unchecked assertion is no proof */
    SG_REQUIRE(client_id.n <= 512, VALUE);
    SG_TRY(auth_dpop_check(app->auth, req->arena, &who, &proof));

    struct auth_code code;
    struct flow_grant_item items[FLOW_OFFER_CREDENTIALS_MAX];
    bool wanted[FLOW_OFFER_CREDENTIALS_MAX] = { false };
    size_t n;
    SG_TRY(auth_code_find(app->auth, req->arena, code_text, who.peer, who.now, &code));
    SG_TRY(flow_offer_items(app->flow, req->arena, code.body, items, &n));
    if (has_details) {
        SG_TRY(vci_details_parse(req->arena, details, app->base, items, n, wanted));
        SG_TRY(selection_of(req->arena, items, n, wanted, &selection));
    }
    SG_TRY(auth_dpop_spend(app->auth, &proof, who.now));
    struct auth_issued issued;
    SG_TRY(auth_code_redeem(app->auth, req->arena, &code, has_tx, tx_code, client_id, selection,
        proof.present ? proof.jkt : NULL, who.now, &issued));
    return render(req->arena, &issued, items, n, has_details ? wanted : NULL, ret);
}

static sg_result
client_credentials(struct http_request *req, sg_bytes *ret)
{
    struct face_app *app = face_app(req);
    struct auth_request who = face_auth_request(req);
    sg_str type, assertion, client_id, client;
    bool has_client;
    struct auth_dpop proof;
    sg_result r = form_required(req, "client_assertion_type", &type);
    SG_REQUIRE(r.code != SG_E_MISSING, CLIENT); /* no client authentication at all */
    SG_TRY(r);
    SG_REQUIRE(sg_str_is(type, JWT_BEARER), CLIENT);
    SG_TRY(form_required(req, "client_assertion", &assertion));
    SG_TRY(form_optional(req, "client_id", &has_client, &client_id));
    SG_TRY(auth_dpop_check(app->auth, req->arena, &who, &proof));
    SG_REQUIRE(proof.present, DPOP); /* req: AU-6: tokens of system clients are always bound */

    SG_TRY(auth_assertion_client(app->auth, req->arena, assertion, who.peer, who.now, &client));
    SG_REQUIRE(!has_client || sg_str_equal(client_id, client), CLIENT);
    const struct peer_client *known;
    struct auth_client_key key = { .client = client };
    r = peer_client_get(app->registry, client, &known);
    if (sg_ok(r)) {
        key.alg = known->alg;
        key.spki = known->spki;
        key.active = known->active && known->spki.n > 0;
    } else if (r.code != SG_E_NOT_FOUND) {
        return r;
    }
    SG_TRY(auth_assertion_check(app->auth, req->arena, assertion, &key, who.peer, who.now));
    SG_TRY(auth_dpop_spend(app->auth, &proof, who.now));
    struct auth_issued issued;
    SG_TRY(auth_client_token(app->auth, req->arena, client, proof.jkt, who.now, &issued));
    return render(req->arena, &issued, NULL, 0, NULL, ret);
}

/* A wallet that a person let act for it: a public client, so code, redirect_uri, verifier and key must all fit (RFC 6749 4.1.3, RFC 7636 4.5). */
static sg_result
authorization_code(struct http_request *req, sg_bytes *ret)
{
    struct face_app *app = face_app(req);
    struct auth_request who = face_auth_request(req);
    sg_str code, client, redirect_uri, verifier, assertion;
    bool has_assertion;
    struct auth_dpop proof;
    struct auth_issued issued;
    SG_REQUIRE(app->n_wallets > 0, UNSUPPORTED);
    SG_TRY(form_required(req, "code", &code));
    SG_TRY(form_required(req, "client_id", &client));
    SG_TRY(form_required(req, "redirect_uri", &redirect_uri));
    SG_TRY(form_required(req, "code_verifier", &verifier));
    SG_TRY(form_optional(req, "client_assertion", &has_assertion, &assertion));
    SG_REQUIRE(!has_assertion, CLIENT); /* no keys are registered: an unchecked one is no proof */
    SG_TRY(auth_dpop_check(app->auth, req->arena, &who, &proof));
    SG_TRY(auth_holder_token(app->auth, req->arena, code, client, redirect_uri, verifier, &proof,
        who.peer, who.now, &issued));
    struct sg_buf buf = sg_buf_new(req->arena, 256, 1024);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "access_token", sg_str_of(issued.token, AUTH_TOKEN_LEN));
    sjson_wr_member_cstr(&wr, "token_type", "DPoP");
    sjson_wr_member_int(&wr, "expires_in", issued.expires_in);
    sjson_wr_member_cstr(
        &wr, "scope", (issued.scopes & AUTH_SCOPE_ACTIVITY) != 0 ? "holder activity" : "holder");
    sjson_wr_object_end(&wr);
    return sg_buf_end(&buf, ret);
}

struct grant {
    const char *type;
    sg_result (*run)(struct http_request *req, sg_bytes *ret);
};
static const struct grant grants[] = {
    { VCI_PRE_AUTHORIZED, pre_authorized },
    { "client_credentials", client_credentials },
    { "authorization_code", authorization_code },
};

static sg_result
token(struct http_request *req, sg_bytes *ret)
{
    sg_str type;
    SG_TRY(form_required(req, "grant_type", &type));
    for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
        if (sg_str_is(type, grants[i].type)) {
            return grants[i].run(req, ret);
        }
    }
    SG_FAIL(UNSUPPORTED);
}

void
vci_token(struct http_request *req)
{
    sg_bytes body;
    sg_result r = token(req, &body);
    if (!sg_ok(r)) {
        face_oauth_error(req, &vci_token_words, r);
        return;
    }
    answer(req, body);
}
