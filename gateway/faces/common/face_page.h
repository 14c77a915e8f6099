/*
 * Pages for people: one frame for all of them (language, landmarks, safe headers), one style sheet, one script. English and Japanese: ?lang=,
 * then the cookie that it leaves, then Accept-Language. A page runs no script but ours, loads nothing from elsewhere and is framed by nobody
 * (req: AU-6).
 */
#ifndef FACE_PAGE_H
#define FACE_PAGE_H

#include "face.h"
#include "face_html.h"

enum face_lang face_page_lang(const struct http_request *req);
/* The same, as a question. */
bool face_page_japanese(const struct http_request *req);

/* "a=1; name=value": the value of the first cookie of this name; false if there is none. */
bool face_cookie_find(const struct http_request *req, const char *name, sg_str *ret);

/* What the frame needs to know. Texts are escaped where they are written. */
struct face_page {
    enum face_lang lang;
    const char *title;
    const char
        *script; /* name of the page to the script ("consent"); NULL: a page without script */
    sg_str base_path;
    sg_str brand; /* may be empty */
    bool demo;
    sg_str csrf;  /* of the reader's session, for the script; empty: nobody is signed in */
    sg_str here;  /* path of this page, for the language switch: the switch adds ?lang= */
    sg_str query; /* what the switch must keep: "" or "a=b&c=d", already encoded */
};
/* Of a request: everything but title, script and query filled in. */
struct face_page face_page_of(const struct http_request *req);

/* The document from its doctype to <main>, and from </main> to its end. */
struct sg_buf face_page_open(struct sg_arena *arena, const struct face_page *page);
void face_page_close(struct sg_buf *buf, const struct face_page *page);
struct face_html face_page_html(const struct face_page *page, struct sg_buf *buf);

/*
 * Close the document and answer with it. `personal`: kept by no cache. `more`: further headers (cookies of an endpoint that was asked), may be NULL.
 */
void face_page_answer(struct http_request *req, const struct face_page *page, struct sg_buf *buf,
    unsigned status, bool personal, const struct http_reply *more);
/* 303 to a path of ours (below the base path). */
void face_page_redirect(struct http_request *req, sg_str path);
/* A page that says in words what did not work; the code's own sentence stays in the log. */
void face_page_error(struct http_request *req, sg_result r);

/* Shorter, for pages without script: begin answers the buffer to write to, end closes and answers. */
struct sg_buf face_page_begin(struct http_request *req, const char *lang, const char *title);
/* Text as HTML. */
void face_page_text(struct sg_buf *buf, sg_str text);
void face_page_end(struct http_request *req, struct sg_buf *buf, unsigned status);

/* Style sheet, script and mark: files of assets/, inside the program. */
struct face_asset {
    const char *name;
    const char *type;
    sg_bytes content;
    const char *version; /* of its content: in URLs, so that caches may keep it */
};
const struct face_asset *face_assets(size_t *ret_n);
const struct face_asset *face_asset_find(const char *name);
/* Handler of "/style.css", "/page.js", "/mark.svg": the asset that the path names. */
void face_page_asset(struct http_request *req);
/* The old name of the style sheet's handler. */
void face_page_style(struct http_request *req);

#endif
