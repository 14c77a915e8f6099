#include "face_page.h"

#define PAGE_MAX ((size_t)1024 * 1024)
/* Nothing runs, nothing is loaded but our own style sheet, nobody frames us. */
#define POLICY                                                                                    \
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors " \
    "'none'"

static const char style[] =
    ":root{color-scheme:light "
    "dark;--ink:#1c2733;--soft:#5b6b7b;--paper:#f7f8fa;--card:#fff;--line:#dde3ea;"
    "--mark:#1f3a5f;--warn:#8a4b00;--warnbg:#fff3dd}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#9fb0c0;--paper:#12181f;--card:#"
    "1a222b;"
    "--line:#2d3945;--mark:#8fb6e8;--warn:#ffd28a;--warnbg:#3a2a10}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);"
    "font:16px/1.6 system-ui,'Hiragino Sans','Noto Sans JP',sans-serif}"
    "main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 4rem}h1{font-size:1.9rem;margin:.5rem "
    "0}"
    "h2{font-size:1.15rem;margin:2rem 0 "
    ".5rem}p{max-width:44rem}.lead{color:var(--soft);font-size:1.1rem}"
    "a{color:var(--mark)}.demo{background:var(--warnbg);color:var(--warn);padding:.6rem "
    "1.25rem;text-align:center}"
    ".cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));padding:"
    "0}"
    ".cards li{list-style:none;background:var(--card);border:1px solid "
    "var(--line);border-radius:.6rem;"
    "padding:1rem 1.1rem}.cards b{display:block}.cards span{color:var(--soft);font-size:.92rem}"
    "pre,code{font:.88rem/1.5 ui-monospace,monospace}pre{background:var(--card);border:1px solid "
    "var(--line);"
    "border-radius:.6rem;padding:1rem;overflow-x:auto;white-space:pre-wrap;word-break:break-all}"
    "table{border-collapse:collapse;width:100%;background:var(--card)}th,td{border:1px solid "
    "var(--line);"
    "padding:.45rem "
    ".7rem;text-align:left;vertical-align:top;word-break:break-word}th{width:14rem;font-weight:600}"
    "footer{color:var(--soft);font-size:.9rem;margin-top:3rem}";

bool
face_page_japanese(const struct http_request *req)
{
    sg_str header;
    if (!http_header_find(req, "Accept-Language", &header)) {
        return false;
    }
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
    return best[1] > best[0];
}

void
face_page_text(struct sg_buf *buf, sg_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '&':
            sg_buf_put_cstr(buf, "&amp;");
            break;
        case '<':
            sg_buf_put_cstr(buf, "&lt;");
            break;
        case '>':
            sg_buf_put_cstr(buf, "&gt;");
            break;
        case '"':
            sg_buf_put_cstr(buf, "&quot;");
            break;
        case '\'':
            sg_buf_put_cstr(buf, "&#39;");
            break;
        default:
            sg_buf_put_byte(buf, (uint8_t)text.p[i]);
        }
    }
}

struct sg_buf
face_page_begin(struct http_request *req, const char *lang, const char *title)
{
    struct sg_buf buf = sg_buf_new(req->arena, 8192, PAGE_MAX);
    sg_buf_put_cstr(&buf, "<!doctype html>\n<html lang=\"");
    sg_buf_put_cstr(&buf, lang);
    sg_buf_put_cstr(&buf, "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                          "content=\"width=device-width,initial-scale=1\"><title>");
    sg_buf_put_cstr(&buf, title);
    sg_buf_put_cstr(&buf, "</title><link rel=\"stylesheet\" href=\"");
    face_page_text(&buf, face_base_path(face_app(req)->base));
    sg_buf_put_cstr(&buf, "/style.css\"></head>\n<body>");
    if (face_app(req)->demo) {
        sg_buf_put_cstr(&buf,
            "<div class=\"demo\" role=\"note\">Demonstration: keys and credentials are of no "
            "value. / デモ環境です。鍵も証明書も実際の効力はありません。</div>");
    }
    sg_buf_put_cstr(&buf, "<main>\n");
    return buf;
}

void
face_page_end(struct http_request *req, struct sg_buf *buf, unsigned status)
{
    struct http_reply reply = { .status = status, .content_type = "text/html; charset=utf-8" };
    sg_buf_put_cstr(buf, "</main></body></html>\n");
    sg_result r = sg_buf_end(buf, &reply.body);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    http_reply_header(&reply, "Content-Security-Policy", SG_LIT(POLICY));
    http_reply_header(&reply, "Referrer-Policy", SG_LIT("no-referrer"));
    http_reply_header(&reply, "X-Content-Type-Options", SG_LIT("nosniff"));
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-cache"));
    http_reply_header(&reply, "Vary", SG_LIT("Accept, Accept-Language"));
    http_answer(req, &reply);
}

void
face_page_style(struct http_request *req)
{
    struct http_reply reply = { .status = 200,
        .content_type = "text/css; charset=utf-8",
        .body = sg_str_bytes(sg_cstr(style)) };
    http_reply_header(&reply, "Cache-Control", SG_LIT("max-age=3600"));
    http_answer(req, &reply);
}
