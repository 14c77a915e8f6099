/*
 * A wallet asks to act for its holder: OAuth 2.0 authorization code with PKCE (RFC 6749 4.1, RFC 7636, RFC 9207, RFC 9700). What it gets may read, ask and
 * collect; a signature still needs the holder's gesture (AU-4). The scope is `holder`, and with `activity` the wallet may read what others caused as well; issuing
 * credentials by this flow is not offered.
 * req: AU-6
 */
#include "account_inner.h"
#include "person_inner.h"

#define VALUE_MAX 1024
#define QUERY_MAX ((size_t)16 * 1024)

const char *const account_param_names[PARAM_N] = {
    [PARAM_RESPONSE_TYPE] = "response_type",
    [PARAM_CLIENT_ID] = "client_id",
    [PARAM_REDIRECT_URI] = "redirect_uri",
    [PARAM_SCOPE] = "scope",
    [PARAM_STATE] = "state",
    [PARAM_CODE_CHALLENGE] = "code_challenge",
    [PARAM_CODE_CHALLENGE_METHOD] = "code_challenge_method",
    [PARAM_DPOP_JKT] = "dpop_jkt",
    [PARAM_RESPONSE_MODE] = "response_mode",
    [PARAM_REQUEST] = "request",
    [PARAM_REQUEST_URI] = "request_uri",
    [PARAM_AUTHORIZATION_DETAILS] = "authorization_details",
};

sg_result
account_wish_client(const struct face_app *app, struct account_wish *wish)
{
    for (size_t i = 0; i < app->n_wallets; i++) {
        const struct face_wallet *w = &app->wallets[i];
        if (sg_str_equal(w->client, wish->values[PARAM_CLIENT_ID]) &&
            auth_redirect_fits(w->redirect_uri, wish->values[PARAM_REDIRECT_URI])) {
            wish->wallet = w;
            return SG_DONE;
        }
    }
    SG_FAIL(CLIENT); /* no open redirector: an address that nobody registered gets nothing */
}

static bool
b64url_of_32(sg_str text)
{
    if (text.n != 43) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        char lower = (char)(c | 0x20);
        if (!((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) {
            return false;
        }
    }
    return true;
}

/* RFC 6749 3.3: words with single blanks between, in any order; `holder` must be there, none twice. */
static bool
scopes_of(sg_str text, uint64_t *ret)
{
    bool holder = false, activity = false;
    for (size_t at = 0; at <= text.n;) {
        size_t end = sg_str_index(text, ' ', at);
        sg_str word = sg_str_slice(text, at, end - at);
        bool *known = sg_str_is(word, "holder")     ? &holder
                      : sg_str_is(word, "activity") ? &activity
                                                    : NULL;
        if (known == NULL || *known) {
            return false;
        }
        *known = true;
        at = end + 1;
    }
    *ret = activity ? AUTH_SCOPE_ACTIVITY : 0;
    return holder;
}

const char *
account_wish_fault(struct account_wish *wish)
{
    const sg_str *v = wish->values;
    if (v[PARAM_REQUEST].n > 0) {
        return "request_not_supported";
    }
    if (v[PARAM_REQUEST_URI].n > 0) {
        return "request_uri_not_supported";
    }
    if (!sg_str_is(v[PARAM_RESPONSE_TYPE], "code")) {
        return v[PARAM_RESPONSE_TYPE].n == 0 ? "invalid_request" : "unsupported_response_type";
    }
    if (v[PARAM_RESPONSE_MODE].n > 0 && !sg_str_is(v[PARAM_RESPONSE_MODE], "query")) {
        return "invalid_request";
    }
    /* credentials are issued for offers here: by pre-authorised codes */
    if (v[PARAM_AUTHORIZATION_DETAILS].n > 0 || !scopes_of(v[PARAM_SCOPE], &wish->scopes)) {
        return "invalid_scope";
    }
    if (!sg_str_is(v[PARAM_CODE_CHALLENGE_METHOD], "S256") ||
        !b64url_of_32(v[PARAM_CODE_CHALLENGE])) {
        return "invalid_request"; /* RFC 7636 4.4.1; "plain" is none */
    }
    if (v[PARAM_DPOP_JKT].n > 0 && !b64url_of_32(v[PARAM_DPOP_JKT])) {
        return "invalid_request";
    }
    return NULL;
}

/* ---- the way back ---------------------------------------------------------------------------------------------- */

static void
put_encoded(struct sg_buf *buf, sg_str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        char lower = (char)(c | 0x20);
        bool plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (plain) {
            sg_buf_put_byte(buf, c);
        } else {
            sg_buf_put_byte(buf, '%');
            sg_buf_put_byte(buf, (uint8_t)digits[c >> 4]);
            sg_buf_put_byte(buf, (uint8_t)digits[c & 15]);
        }
    }
}

/* redirect_uri with `name`=`value`, state and iss: the issuer stands in every answer, errors included (RFC 9207). */
static sg_result
way_back(struct http_request *req, const struct account_wish *wish, const char *name, sg_str value,
    sg_str *ret)
{
    sg_str to = wish->values[PARAM_REDIRECT_URI];
    struct sg_buf buf = sg_buf_new(req->arena, 512, QUERY_MAX);
    sg_buf_put_str(&buf, to);
    sg_buf_put_byte(&buf, sg_str_index(to, '?', 0) < to.n ? '&' : '?');
    sg_buf_put_cstr(&buf, name);
    sg_buf_put_byte(&buf, '=');
    put_encoded(&buf, value);
    if (wish->values[PARAM_STATE].n > 0) {
        sg_buf_put_cstr(&buf, "&state=");
        put_encoded(&buf, wish->values[PARAM_STATE]);
    }
    sg_buf_put_cstr(&buf, "&iss=");
    put_encoded(&buf, face_app(req)->base);
    return sg_buf_end_str(&buf, ret);
}

/* 303 and never 307: nothing of this request goes on (RFC 9700 4.12). */
static void
redirect(struct http_request *req, sg_str to)
{
    struct http_reply reply = { .status = 303 };
    http_reply_header(&reply, "Location", to);
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    http_reply_header(&reply, "Referrer-Policy", SG_LIT("no-referrer"));
    http_answer(req, &reply);
}

/* ---- GET: the page -------------------------------------------------------------------------------------------------- */

static sg_result
wish_of_query(struct http_request *req, struct account_wish *ret)
{
    for (size_t i = 0; i < PARAM_N; i++) {
        const char *name = account_param_names[i];
        SG_REQUIRE(http_query_count(req, name) <= 1, DUPLICATE); /* RFC 6749 3.1 */
        if (http_query_find(req, name, &ret->values[i])) {
            SG_REQUIRE(ret->values[i].n <= VALUE_MAX, TOO_LARGE);
        }
    }
    return account_wish_client(face_app(req), ret);
}

/* The query again, for the language switch. */
static sg_str
query_again(struct http_request *req, const struct account_wish *wish)
{
    struct sg_buf buf = sg_buf_new(req->arena, 512, QUERY_MAX);
    sg_str text;
    for (size_t i = 0; i < PARAM_N; i++) {
        if (wish->values[i].n > 0) {
            sg_buf_put_cstr(&buf, buf.n == 0 ? "" : "&");
            sg_buf_put_cstr(&buf, account_param_names[i]);
            sg_buf_put_byte(&buf, '=');
            put_encoded(&buf, wish->values[i]);
        }
    }
    return sg_ok(sg_buf_end_str(&buf, &text)) ? text : SG_NO_STR;
}

static void
page(struct http_request *req, const struct account_wish *wish)
{
    struct person_view *view = person_view_new(req, "wallet", T_WALLET_TITLE, NULL);
    struct person_field fields[PARAM_N];
    struct person_wallet wallet = { .name = wish->wallet->name,
        .client = wish->wallet->client,
        .returns = wish->values[PARAM_REDIRECT_URI],
        .activity = (wish->scopes & AUTH_SCOPE_ACTIVITY) != 0,
        .fields = fields };
    if (view == NULL) {
        return;
    }
    for (size_t i = 0; i < PARAM_N; i++) {
        if (wish->values[i].n > 0) {
            fields[wallet.n_fields++] =
                (struct person_field){ account_param_names[i], wish->values[i] };
        }
    }
    view->page.query = query_again(req, wish);
    struct sg_buf buf = person_open(view);
    struct face_html html = face_page_html(&view->page, &buf);
    person_wallet_render(&html, &wallet);
    person_close(view, &buf, 200);
}

void
account_authorize(struct http_request *req)
{
    struct account_wish *wish = SG_NEW(req->arena, struct account_wish);
    sg_str to;
    sg_result r = wish == NULL ? SG_ERROR(NO_MEMORY) : wish_of_query(req, wish);
    if (!sg_ok(r)) {
        static const struct face_word rows[] = { { SG_E_CLIENT, 400, "invalid_client" },
            { SG_E_DUPLICATE, 400, "invalid_request" },
            { SG_E_TOO_LARGE, 400, "invalid_request" } };
        static const struct face_words words = { .rows = rows,
            .n = sizeof(rows) / sizeof(rows[0]) };
        if (http_accepts(req, "text/html", "application/json")) {
            face_page_error(req, r);
        } else {
            face_oauth_error(req, &words, r);
        }
        return;
    }
    const char *fault = account_wish_fault(wish);
    if (fault == NULL) {
        page(req, wish);
        return;
    }
    r = way_back(req, wish, "error", sg_cstr(fault), &to);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    redirect(req, to);
}

/* ---- the person's answer --------------------------------------------------------------------------------------------- */

static sg_result
wish_of_body(struct http_request *req, struct account_wish *ret, bool *ret_allow)
{
    const struct sjson *json;
    const char *members[PARAM_N + 2];
    for (size_t i = 0; i < PARAM_N; i++) {
        members[i] = account_param_names[i];
    }
    members[PARAM_N] = "decision";
    members[PARAM_N + 1] = NULL;
    SG_TRY(account_body(req, members, &json));
    for (size_t i = 0; i < PARAM_N; i++) {
        SG_TRY(account_text(json, account_param_names[i], &ret->values[i]));
        SG_REQUIRE(ret->values[i].n <= VALUE_MAX, TOO_LARGE);
    }
    const struct sjson *decision = sjson_get(json, "decision");
    *ret_allow = sjson_is_text(decision, "allow");
    SG_REQUIRE(*ret_allow || sjson_is_text(decision, "refuse"), VALUE);
    SG_TRY(account_wish_client(face_app(req), ret));
    SG_REQUIRE(account_wish_fault(ret) == NULL, VALUE);
    return SG_DONE;
}

static sg_result
allowed(struct http_request *req, const struct account_wish *wish, sg_str *ret)
{
    struct face_person person;
    SG_TRY(face_person_find(req, &person));
    SG_TRY(face_person_recent(req, &person)); /* a gesture for this, and not a session left open */
    struct auth_code_in in = { .client = wish->wallet->client,
        .redirect_uri = wish->values[PARAM_REDIRECT_URI],
        .challenge = wish->values[PARAM_CODE_CHALLENGE],
        .jkt = wish->values[PARAM_DPOP_JKT],
        .scopes = wish->scopes,
        .now = face_now() };
    memcpy(in.person, person.id, sizeof(in.person));
    char *code = sg_arena_alloc(req->arena, AUTH_CODE_LEN);
    SG_REQUIRE(code != NULL, NO_MEMORY);
    SG_TRY(auth_holder_code(face_app(req)->auth, &in, code));
    return way_back(req, wish, "code", sg_str_of(code, AUTH_CODE_LEN), ret);
}

void
account_authorize_answer(struct http_request *req)
{
    struct account_wish *wish = SG_NEW(req->arena, struct account_wish);
    bool allow = false;
    sg_str to = SG_NO_STR;
    sg_result r = wish == NULL ? SG_ERROR(NO_MEMORY) : face_same_origin(req);
    if (sg_ok(r)) {
        r = wish_of_body(req, wish, &allow);
    }
    if (sg_ok(r)) {
        r = allow ? allowed(req, wish, &to)
                  : way_back(req, wish, "error", SG_LIT("access_denied"), &to);
    }
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    sjson_wr_member_text(&answer.wr, "redirect_uri", to);
    account_answer_end(req, &answer, 200);
}
