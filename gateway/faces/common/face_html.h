/*
 * Writing HTML: markup is ours and literal, everything that varies is a slot and is escaped. So a stranger's bytes cannot become markup, whatever
 * they hold (req: AU-6).
 */
#ifndef FACE_HTML_H
#define FACE_HTML_H

#include "face_text.h"
#include "sg_buf.h"

struct face_html {
    struct sg_buf *buf;
    enum face_lang lang;
    sg_str base_path; /* of the public URL: what links begin with */
};

/*
 * Append `markup`, a literal of ours, with its slots filled in order:
 *   %w  an enum face_text, in the page's language      %s  a sg_str * (NULL: nothing)      %z  a const char *
 *   %n  a stranger's name, sg_str *: on one line, cut, nothing invisible or reordering (consent_safe)
 *   %t  a stranger's text, sg_str *: the same letter by letter, longer (consent_visible)
 *   %u  an unsigned long long, decimal                 %b  the base path (takes no argument)
 * %s writes what is there: for our own texts, and where every byte counts. And %% for the sign itself. An unknown slot is a programming mistake (assert).
 */
void face_html(struct face_html *html, const char *markup, ...);

/* Text as HTML, for content and for quoted attribute values. CR stays CR (a parser would make LF of it). */
void face_html_escape(struct sg_buf *buf, sg_str text);

#endif
