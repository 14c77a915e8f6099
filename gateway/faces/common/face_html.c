#include "face_html.h"

#include <assert.h>
#include <stdarg.h>

#include "consent.h"

#define NAME_MAX_SHOWN 120
#define TEXT_MAX_SHOWN 2000

static const char *
entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\r':
        return "&#13;"; /* HTML 13.2.3.5: a bare CR would be read as LF */
    default:
        return NULL;
    }
}

void
face_html_escape(struct sg_buf *buf, sg_str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *entity = entity_of(text.p[i]);
        if (entity != NULL) {
            sg_buf_put_str(buf, sg_str_slice(text, from, i - from));
            sg_buf_put_cstr(buf, entity);
            from = i + 1;
        }
    }
    sg_buf_put_str(buf, sg_str_slice(text, from, text.n));
}

/* A name full of direction marks could read as another one; a long one pushes the rest off the screen. */
static void
put_stranger(struct face_html *html, sg_str text, bool name)
{
    sg_str shown = SG_NO_STR;
    bool changed = false;
    sg_result r = name ? consent_safe(html->buf->arena, text, NAME_MAX_SHOWN, &shown, &changed)
                       : consent_visible(html->buf->arena, text, TEXT_MAX_SHOWN, &shown);
    if (sg_ok(r)) {
        face_html_escape(html->buf, shown);
    } else {
        html->buf->failed = r.code; /* no page is better than one without its names */
    }
}

static void
put_slot(struct face_html *html, char slot, va_list *slots)
{
    const sg_str *text;
    switch (slot) {
    case 'w':
        face_html_escape(
            html->buf, sg_cstr(face_text(html->lang, (enum face_text)va_arg(*slots, int))));
        break;
    case 's':
        text = va_arg(*slots, const sg_str *);
        if (text != NULL) {
            face_html_escape(html->buf, *text);
        }
        break;
    case 'n':
    case 't':
        text = va_arg(*slots, const sg_str *);
        if (text != NULL) {
            put_stranger(html, *text, slot == 'n');
        }
        break;
    case 'z':
        face_html_escape(html->buf, sg_cstr(va_arg(*slots, const char *)));
        break;
    case 'u':
        sg_buf_put_u64(html->buf, va_arg(*slots, unsigned long long));
        break;
    case 'b':
        face_html_escape(html->buf, html->base_path);
        break;
    default:
        assert(slot == '%');
        sg_buf_put_byte(html->buf, '%');
    }
}

void
face_html(struct face_html *html, const char *markup, ...)
{
    va_list slots;
    va_start(slots, markup);
    const char *from = markup;
    const char *at = markup;
    for (; *at != '\0'; at++) {
        if (*at == '%') {
            sg_buf_put_str(html->buf, sg_str_of(from, (size_t)(at - from)));
            put_slot(html, *++at, &slots);
            from = at + 1;
        }
    }
    sg_buf_put_str(html->buf, sg_str_of(from, (size_t)(at - from)));
    va_end(slots);
}
