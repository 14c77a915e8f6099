/* Offers (OpenID4VCI 1.0, 4.1), made and taken back by system clients. */
#include "admin_inner.h"
#include "sg_text.h"

#define COUNT_DEFAULT 20
#define EXPIRES_MAX 86400
#define TX_LEN_DEFAULT 6

static sg_result
optional_bytes(struct sg_arena *arena, const struct sjson *json, const char *name, sg_bytes *ret)
{
    sg_str text;
    if (sjson_get(json, name) == NULL) {
        return SG_DONE;
    }
    SG_TRY(sjson_member_text(json, name, &text));
    return sg_b64url_decode(arena, text, ret);
}

sg_result
admin_credential_parse(
    struct sg_arena *arena, const struct sjson *json, struct flow_offer_credential *ret)
{
    struct flow_offer_credential c = { .count = COUNT_DEFAULT };
    SG_TRY(sjson_member_text(json, "configuration", &c.configuration));
    SG_TRY(sjson_member_object(json, "claims", &c.claims));
    if (sjson_get(json, "count") != NULL) {
        int64_t count;
        SG_TRY(sjson_member_int(json, "count", &count));
        SG_REQUIRE(count >= 1 && count <= FLOW_COUNT_MAX, VALUE);
        c.count = (uint64_t)count;
    }
    SG_TRY(optional_bytes(arena, json, "instruction", &c.instruction.instruction));
    SG_TRY(optional_bytes(arena, json, "instruction_signature", &c.instruction.signature));
    SG_TRY(optional_bytes(arena, json, "claims_salt", &c.instruction.salt));
    bool all = c.instruction.instruction.n > 0 && c.instruction.signature.n > 0 &&
               c.instruction.salt.n == 32;
    bool none = c.instruction.instruction.n == 0 && c.instruction.signature.n == 0 &&
                c.instruction.salt.n == 0;
    SG_REQUIRE(all || none, INSTRUCTION);
    *ret = c;
    return SG_DONE;
}

static sg_result
parse_tx_code(const struct sjson *json, struct flow_offer_in *ret)
{
    if (json == NULL || json->type == SJSON_FALSE) {
        return SG_DONE;
    }
    ret->tx_code_len = TX_LEN_DEFAULT;
    if (json->type == SJSON_TRUE) {
        return SG_DONE;
    }
    SG_REQUIRE(json->type == SJSON_OBJECT, TYPE);
    const struct sjson *mode = sjson_get(json, "input_mode");
    ret->tx_code_text = sjson_is_text(mode, "text");
    SG_REQUIRE(mode == NULL || ret->tx_code_text || sjson_is_text(mode, "numeric"), VALUE);
    if (sjson_get(json, "length") != NULL) {
        int64_t len;
        SG_TRY(sjson_member_int(json, "length", &len));
        SG_REQUIRE(len >= 4 && len <= 32, VALUE);
        ret->tx_code_len = (unsigned)len;
    }
    if (sjson_get(json, "description") != NULL) {
        SG_TRY(sjson_member_text(json, "description", &ret->tx_description));
        SG_REQUIRE(ret->tx_description.n <= 300, VALUE);
    }
    return SG_DONE;
}

/* Members of one credential first, then those of the offer. */
static const char *const members[] = { "configuration", "claims", "count", "instruction",
    "instruction_signature", "claims_salt", "tx_code", "expires_in", "credentials" };
#define MEMBERS_OF_CREDENTIAL 6
#define MEMBERS_OF_OFFER (sizeof(members) / sizeof(members[0]))

/* Only members[first] to members[end - 1]: a mistyped or misplaced one would otherwise be a silent default. */
static sg_result
check_members(const struct sjson *json, size_t first, size_t end)
{
    SG_REQUIRE(json->type == SJSON_OBJECT, TYPE);
    for (const struct sjson *m = json->first; m != NULL; m = m->next) {
        bool found = false;
        for (size_t i = first; i < end; i++) {
            found = found || sg_str_is(m->name, members[i]);
        }
        SG_REQUIRE(found, VALUE);
    }
    return SG_DONE;
}

sg_result
admin_offer_parse(struct sg_arena *arena, sg_bytes body, struct flow_offer_credential *credentials,
    struct flow_offer_in *ret)
{
    const struct sjson *json;
    const struct sjson *array;
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(body), NULL, &json));
    bool several = sjson_get(json, "credentials") != NULL;
    SG_REQUIRE(!several || sjson_get(json, "configuration") == NULL, VALUE);
    SG_TRY(check_members(json, several ? MEMBERS_OF_CREDENTIAL : 0, MEMBERS_OF_OFFER));
    struct flow_offer_in in = { .credentials = credentials };
    array = sjson_get(json, "credentials");
    SG_REQUIRE(several || sjson_get(json, "configuration") != NULL, VALUE);
    if (array == NULL) {
        SG_TRY(admin_credential_parse(arena, json, &credentials[0]));
        in.n_credentials = 1;
    } else {
        SG_REQUIRE(array->type == SJSON_ARRAY && array->n >= 1, VALUE);
        SG_REQUIRE(array->n <= FLOW_OFFER_CREDENTIALS_MAX, TOO_LARGE);
        for (const struct sjson *e = array->first; e != NULL; e = e->next) {
            SG_TRY(check_members(e, 0, MEMBERS_OF_CREDENTIAL));
            SG_TRY(admin_credential_parse(arena, e, &credentials[in.n_credentials++]));
        }
    }
    if (sjson_get(json, "expires_in") != NULL) {
        SG_TRY(sjson_member_int(json, "expires_in", &in.expires_in));
        SG_REQUIRE(in.expires_in >= 10 && in.expires_in <= EXPIRES_MAX, VALUE);
    }
    SG_TRY(parse_tx_code(sjson_get(json, "tx_code"), &in));
    *ret = in;
    return SG_DONE;
}

/* ---- answering ---------------------------------------------------------------------------------------------------- */

/* RFC 3986: everything but unreserved characters is percent-encoded in a query value. */
static void
put_query(struct sg_buf *buf, sg_str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            sg_buf_put_byte(buf, c);
        } else {
            sg_buf_put_byte(buf, '%');
            sg_buf_put_byte(buf, (uint8_t)digits[c >> 4]);
            sg_buf_put_byte(buf, (uint8_t)digits[c & 15]);
        }
    }
}

static sg_result
offer_uri(struct sg_arena *arena, const char *parameter, sg_str value, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 64 + 3 * value.n, 64 + 3 * value.n);
    sg_buf_put_cstr(&buf, "openid-credential-offer://?");
    sg_buf_put_cstr(&buf, parameter);
    sg_buf_put_byte(&buf, '=');
    put_query(&buf, value);
    return sg_buf_end_str(&buf, ret);
}

static sg_result
render(struct http_request *req, const struct flow_offer *offer, sg_str *ret)
{
    sg_str by_value, by_reference, url;
    SG_TRY(sg_arena_printf(req->arena, &url, "%.*s/oid4vci/offers/%.*s",
        SG_PRINT(face_app(req)->base), SG_PRINT(offer->reference)));
    SG_TRY(offer_uri(req->arena, "credential_offer", offer->object, &by_value));
    SG_TRY(offer_uri(req->arena, "credential_offer_uri", url, &by_reference));
    struct sg_buf buf = sg_buf_new(req->arena, 4096, 256 * 1024);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "id", offer->id);
    sjson_wr_member_raw(&wr, "credential_offer", offer->object);
    sjson_wr_member_text(&wr, "uri", by_value);
    sjson_wr_member_text(&wr, "uri_by_reference", by_reference);
    sjson_wr_member_text(&wr, "credential_offer_uri", url);
    if (offer->tx_code.n > 0) {
        sjson_wr_member_text(&wr, "tx_code", offer->tx_code);
    }
    sjson_wr_member_int(&wr, "expires_at", offer->expires_at);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

static sg_result
make(struct http_request *req, const struct auth_session *session, struct sg_why *why, sg_str *ret)
{
    struct flow_offer_credential *credentials =
        SG_NEW_ARRAY(req->arena, FLOW_OFFER_CREDENTIALS_MAX, struct flow_offer_credential);
    SG_REQUIRE(credentials != NULL, NO_MEMORY);
    struct flow_offer_in in;
    struct flow_offer offer;
    SG_TRY(admin_offer_parse(req->arena, req->body, credentials, &in));
    if (in.expires_in == 0) {
        in.expires_in = face_app(req)->offer_life_s;
    }
    in.client = session->client;
    in.code_hash = auth_code_hash;
    in.tx_hash = auth_tx_hash;
    in.now = face_now();
    SG_TRY(flow_offer_make(face_app(req)->flow, req->arena, &in, why, &offer));
    return render(req, &offer, ret);
}

void
admin_offer_make(struct http_request *req)
{
    struct auth_session *session = face_authenticate(req, AUTH_CLIENT, true);
    if (session == NULL) {
        return;
    }
    sg_str json;
    struct sg_why why = { 0 };
    sg_result r = make(req, session, &why, &json);
    auth_session_release(face_app(req)->auth, &session);
    if (!sg_ok(r)) {
        face_problem(req, r, why.what);
        return;
    }
    face_json(req, 201, json, true);
}

void
admin_offer_drop(struct http_request *req)
{
    struct auth_session *session = face_authenticate(req, AUTH_CLIENT, true);
    if (session == NULL) {
        return;
    }
    sg_result r = flow_offer_drop(face_app(req)->flow, req->arena, session->client, req->params[0]);
    if (sg_ok(r)) {
        auth_offer_forget(face_app(req)->auth, req->params[0]);
    }
    auth_session_release(face_app(req)->auth, &session);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    http_answer(req, &(struct http_reply){ .status = 204 });
}
