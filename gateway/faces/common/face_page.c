#include "face_page.h"

#include <string.h>

#define PAGE_MAX ((size_t)1024 * 1024)
#define LANG_COOKIE "sealgate_lang"

/*
 * Nothing runs but our own script file, nothing is loaded from elsewhere, forms go to ourselves, nobody frames us; text cannot become script
 * (trusted types: the script uses textContent alone).
 */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for "
    "'script'";
static const char permissions[] =
    "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), "
    "microphone=(), geolocation=(), payment=(), usb=(), identity-credentials-get=()";

/* ---- language ------------------------------------------------------------------------------------ */

bool
face_cookie_find(const struct http_request *req, const char *name, sg_str *ret)
{
    sg_str header;
    if (!http_header_find(req, "Cookie", &header)) {
        return false;
    }
    size_t name_len = strlen(name);
    for (size_t from = 0; from < header.n;) {
        size_t end = sg_str_index(header, ';', from);
        sg_str one = sg_str_slice(header, from, end - from);
        from = end + 1;
        while (one.n > 0 && *one.p == ' ') {
            one = sg_str_slice(one, 1, one.n);
        }
        if (one.n > name_len && one.p[name_len] == '=' && sg_str_starts(one, name)) {
            *ret = sg_str_slice(one, name_len + 1, one.n);
            return true;
        }
    }
    return false;
}

static bool
lang_of(sg_str tag, enum face_lang *ret)
{
    for (enum face_lang lang = FACE_EN; lang < FACE_LANGS; lang++) {
        if (sg_str_is(tag, face_lang_tag(lang))) {
            *ret = lang;
            return true;
        }
    }
    return false;
}

static enum face_lang
accepted_lang(sg_str header)
{
    unsigned best[2] = { 0, 0 }; /* English, Japanese */
    for (size_t from = 0; from < header.n;) {
        size_t end = sg_str_index(header, ',', from);
        sg_str one = sg_str_slice(header, from, end - from);
        from = end + 1;
        while (one.n > 0 && *one.p == ' ') {
            one = sg_str_slice(one, 1, one.n);
        }
        bool ja = sg_str_starts(one, "ja");
        if ((!ja && !sg_str_starts(one, "en")) ||
            (one.n > 2 && memchr("-; ", one.p[2], 3) == NULL)) {
            continue;
        }
        unsigned w = http_weight(one);
        best[ja] = w > best[ja] ? w : best[ja];
    }
    return best[1] > best[0] ? FACE_JA : FACE_EN;
}

enum face_lang
face_page_lang(const struct http_request *req)
{
    sg_str tag;
    enum face_lang lang;
    if ((http_query_find(req, "lang", &tag) && lang_of(tag, &lang)) ||
        (face_cookie_find(req, LANG_COOKIE, &tag) && lang_of(tag, &lang))) {
        return lang;
    }
    return http_header_find(req, "Accept-Language", &tag) ? accepted_lang(tag) : FACE_EN;
}

bool
face_page_japanese(const struct http_request *req)
{
    return face_page_lang(req) == FACE_JA;
}

/* ---- the frame ------------------------------------------------------------------------------------- */

struct face_page
face_page_of(const struct http_request *req)
{
    struct face_app *app = face_app(req);
    return (struct face_page){ .lang = face_page_lang(req),
        .title = "sealgate",
        .base_path = face_base_path(app->base),
        .brand = app->brand,
        .demo = app->demo,
        .here = req->path };
}

struct face_html
face_page_html(const struct face_page *page, struct sg_buf *buf)
{
    return (struct face_html){ buf, page->lang, page->base_path };
}

/* What the script may have to say, as data attributes of <body>: js-cancelled="…". */
static void
put_script_words(struct face_html *html)
{
    for (int text = T_JS_WORKING; text <= T_JS_CONFIRM_ERASE; text++) {
        char name[32] = "";
        const char *from = face_text_name((enum face_text)text);
        for (size_t i = 0; i < sizeof(name) - 1 && from[i] != '\0'; i++) {
            name[i] = from[i] == '_' ? '-' : (char)(from[i] | 0x20);
        }
        face_html(html, " data-%z=\"%w\"", name, text);
    }
}

static const char *
version_of(const char *name)
{
    const struct face_asset *asset = face_asset_find(name);
    return asset == NULL ? "" : asset->version;
}

static void
put_head(struct face_html *html, const struct face_page *page)
{
    face_html(html,
        "<!doctype html>\n<html lang=\"%z\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<meta name=\"color-scheme\" content=\"light dark\"><title>%z%z</title>"
        "<link rel=\"icon\" href=\"%b/mark.svg?v=%z\" type=\"image/svg+xml\">"
        "<link rel=\"stylesheet\" href=\"%b/style.css?v=%z\">",
        face_lang_tag(page->lang), page->title,
        strcmp(page->title, "sealgate") == 0 ? "" : " · sealgate", version_of("mark.svg"),
        version_of("style.css"));
    if (page->script != NULL) {
        face_html(html, "<script src=\"%b/page.js?v=%z\" defer></script>", version_of("page.js"));
    }
    face_html(html, "</head>\n<body");
    if (page->script != NULL) {
        face_html(html, " data-page=\"%z\" data-base=\"%b\"", page->script);
        if (page->csrf.n > 0) {
            face_html(html, " data-csrf=\"%s\"", &page->csrf);
        }
        put_script_words(html);
    }
    face_html(html, ">");
}

static void
put_language_switch(struct face_html *html, const struct face_page *page)
{
    static const char *const names[FACE_LANGS] = { "English", "日本語" };
    face_html(html, "<nav class=\"langs\" aria-label=\"%w\">", T_NAV_LANGUAGE);
    for (enum face_lang lang = FACE_EN; lang < FACE_LANGS; lang++) {
        const char *tag = face_lang_tag(lang);
        if (lang == page->lang) {
            face_html(html, "<span aria-current=\"true\" lang=\"%z\">%z</span>", tag, names[lang]);
            continue;
        }
        face_html(html, "<a href=\"%b%s?lang=%z%z%s\" lang=\"%z\" hreflang=\"%z\">%z</a>",
            &page->here, tag, page->query.n > 0 ? "&" : "", &page->query, tag, tag, names[lang]);
    }
    face_html(html, "</nav>");
}

static void
put_banner(struct face_html *html, const struct face_page *page)
{
    face_html(html, "<a class=\"skip\" href=\"#main\">%w</a>", T_SKIP);
    if (page->demo) {
        face_html(html, "<div class=\"demo\" role=\"note\">%w</div>", T_DEMO_NOTE);
    }
    face_html(html,
        "<header class=\"top\"><div class=\"bar\"><a class=\"brand\" href=\"%b/\">"
        "<img src=\"%b/mark.svg?v=%z\" alt=\"\" width=\"28\" height=\"28\"> sealgate</a>"
        "<nav class=\"main\" aria-label=\"%w\"><a href=\"%b/account\">%w</a>",
        version_of("mark.svg"), T_NAV_MAIN, T_NAV_ACCOUNT);
    if (page->demo) {
        face_html(html, "<a href=\"%b/demo\">%w</a>", T_NAV_DEMO);
    }
    face_html(html, "</nav>");
    put_language_switch(html, page);
    face_html(html, "</div></header>\n<main id=\"main\" tabindex=\"-1\">\n");
    if (page->script != NULL) {
        face_html(html, "<noscript><p class=\"notice bad\">%w</p></noscript>", T_NOSCRIPT);
    }
}

struct sg_buf
face_page_open(struct sg_arena *arena, const struct face_page *page)
{
    struct sg_buf buf = sg_buf_new(arena, 16384, PAGE_MAX);
    struct face_html html = face_page_html(page, &buf);
    put_head(&html, page);
    put_banner(&html, page);
    return buf;
}

void
face_page_close(struct sg_buf *buf, const struct face_page *page)
{
    struct face_html html = face_page_html(page, buf);
    face_html(
        &html, "</main>\n<footer class=\"foot\"><p>%w</p></footer></body></html>\n", T_FOOTER);
}

/* ---- answers ----------------------------------------------------------------------------------------- */

static void
put_headers(const struct http_request *req, const struct face_page *page, bool personal,
    struct http_reply *reply)
{
    http_reply_header(reply, "Content-Security-Policy", sg_cstr(policy));
    http_reply_header(reply, "Permissions-Policy", sg_cstr(permissions));
    http_reply_header(reply, "Referrer-Policy", SG_LIT("no-referrer"));
    http_reply_header(reply, "Cross-Origin-Opener-Policy", SG_LIT("same-origin"));
    if (sg_str_starts(face_app(req)->base,
            "https:")) { /* RFC 6797: a page once seen by https is not asked for by http again */
        http_reply_header(reply, "Strict-Transport-Security", SG_LIT("max-age=31536000"));
    }
    http_reply_header(reply, "Cache-Control", personal ? SG_LIT("no-store") : SG_LIT("no-cache"));
    http_reply_header(reply, "Vary", SG_LIT("Accept, Accept-Language, Cookie"));
    sg_str asked, cookie;
    enum face_lang lang;
    bool switched = http_query_find(req, "lang", &asked) && lang_of(asked, &lang);
    if (switched && sg_ok(sg_arena_printf(req->arena, &cookie,
                        LANG_COOKIE "=%s; Path=%.*s/; Max-Age=31536000; SameSite=Lax; HttpOnly%s",
                        face_lang_tag(lang), SG_PRINT(page->base_path),
                        sg_str_starts(face_app(req)->base, "https:") ? "; Secure" : ""))) {
        http_reply_header(reply, "Set-Cookie", cookie);
    }
}

void
face_page_answer(struct http_request *req, const struct face_page *page, struct sg_buf *buf,
    unsigned status, bool personal, const struct http_reply *more)
{
    struct http_reply reply = { .status = status, .content_type = "text/html; charset=utf-8" };
    face_page_close(buf, page);
    sg_result r = sg_buf_end(buf, &reply.body);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    put_headers(req, page, personal, &reply);
    for (size_t i = 0; more != NULL && i < more->n_headers; i++) {
        if (reply.n_headers < HTTP_REPLY_HEADERS_MAX &&
            sg_str_is(more->headers[i].name, "Set-Cookie")) {
            reply.headers[reply.n_headers++] = more->headers[i];
        }
    }
    http_answer(req, &reply);
}

void
face_page_redirect(struct http_request *req, sg_str path)
{
    sg_str location;
    sg_result r = sg_arena_printf(req->arena, &location, "%.*s%.*s",
        SG_PRINT(face_base_path(face_app(req)->base)), SG_PRINT(path));
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    struct http_reply reply = { .status = 303 };
    http_reply_header(&reply, "Location", location);
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    http_reply_header(&reply, "Referrer-Policy", SG_LIT("no-referrer"));
    http_answer(req, &reply);
}

static enum face_text
error_text(unsigned status)
{
    static const struct {
        unsigned status;
        enum face_text text;
    } rows[] = { { 404, T_ERROR_NOT_FOUND }, { 410, T_ERROR_EXPIRED }, { 401, T_JS_SIGNED_OUT },
        { 403, T_ERROR_FORBIDDEN }, { 409, T_ERROR_EXPIRED }, { 429, T_ERROR_LIMIT },
        { 500, T_ERROR_BUSY }, { 503, T_ERROR_BUSY } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].status == status) {
            return rows[i].text;
        }
    }
    return T_ERROR_OTHER;
}

void
face_page_error(struct http_request *req, sg_result r)
{
    struct face_page page = face_page_of(req);
    unsigned status = face_status_of(r.code);
    page.title = face_text(page.lang, T_ERROR_TITLE);
    struct sg_buf buf = face_page_open(req->arena, &page);
    struct face_html html = face_page_html(&page, &buf);
    face_html(&html,
        "<h1>%w</h1><p class=\"lead\">%w</p><p><a class=\"button\" href=\"%b/\">%w</a></p>"
        "<p class=\"soft\">%w: <code>%z</code></p>",
        T_ERROR_TITLE, error_text(status), T_ERROR_HOME, T_ERROR_REQUEST, req->id);
    face_page_answer(req, &page, &buf, status, true, NULL);
}

struct sg_buf
face_page_begin(struct http_request *req, const char *lang, const char *title)
{
    struct face_page page = face_page_of(req);
    page.title = title;
    page.lang = strcmp(lang, "ja") == 0 ? FACE_JA : FACE_EN;
    return face_page_open(req->arena, &page);
}

void
face_page_text(struct sg_buf *buf, sg_str text)
{
    face_html_escape(buf, text);
}

void
face_page_end(struct http_request *req, struct sg_buf *buf, unsigned status)
{
    struct face_page page = face_page_of(req);
    face_page_answer(req, &page, buf, status, false, NULL);
}

/* ---- files ------------------------------------------------------------------------------------------- */

const struct face_asset *
face_asset_find(const char *name)
{
    size_t n;
    const struct face_asset *assets = face_assets(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(assets[i].name, name) == 0) {
            return &assets[i];
        }
    }
    return NULL;
}

void
face_page_asset(struct http_request *req)
{
    const struct face_asset *asset = face_asset_find(req->route->path + 1);
    sg_str version = SG_NO_STR;
    if (asset == NULL) {
        face_problem(req, SG_ERROR(NOT_FOUND), NULL);
        return;
    }
    struct http_reply reply = {
        .status = 200, .content_type = asset->type, .body = asset->content
    };
    bool exact = http_query_find(req, "v", &version) && sg_str_is(version, asset->version);
    http_reply_header(&reply, "Cache-Control",
        exact ? SG_LIT("max-age=31536000, immutable") : SG_LIT("no-cache"));
    http_reply_header(
        &reply, "Content-Security-Policy", SG_LIT("default-src 'none'; frame-ancestors 'none'"));
    http_reply_header(&reply, "Cross-Origin-Resource-Policy", SG_LIT("same-origin"));
    http_answer(req, &reply);
}

void
face_page_style(struct http_request *req)
{
    face_page_asset(req);
}
