/* Pages for people: plain HTML and one style sheet of our own, no scripts, nothing from elsewhere. */
#ifndef FACE_PAGE_H
#define FACE_PAGE_H

#include "face.h"

/* Which of the two languages to show first, by Accept-Language. */
bool face_page_japanese(const struct http_request *req);

/* Head with title and a banner when this is a demo; then the body; then face_page_end answers. `buf` sticks on failure. */
struct sg_buf face_page_begin(struct http_request *req, const char *lang, const char *title);
/* Text with HTML's special characters escaped. */
void face_page_text(struct sg_buf *buf, sg_str text);
void face_page_end(struct http_request *req, struct sg_buf *buf, unsigned status);

/* The style sheet, served at /style.css. */
void face_page_style(struct http_request *req);

#endif
