#include "rdf_put.h"

/*
 * Escapes of literals in canonical N-Quads (RDFC-1.0 5): ECHAR for BS HT LF FF CR " \, UCHAR for the other controls, DEL and what
 * XML 1.1 does not count as a character (of scalar values: U+FFFE and U+FFFF). 0: as is; 'u': UCHAR; else the letter of the ECHAR.
 */
static char
escape_of(uint8_t c)
{
    static const char controls[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";
    if (c < 0x20) {
        return controls[c];
    }
    return c == '"' || c == '\\' ? (char)c : c == 0x7f ? 'u' : '\0';
}

/* Bytes of the character at text.p[i] that are written as an escape; 0 if it stands as it is. */
static size_t
escaped_length(sg_str text, size_t i)
{
    if ((uint8_t)text.p[i] != 0xef) {
        return escape_of((uint8_t)text.p[i]) != '\0';
    }
    /* U+FFFE and U+FFFF are EF BF BE and EF BF BF */
    bool none = text.n - i >= 3 && (uint8_t)text.p[i + 1] == 0xbf && (uint8_t)text.p[i + 2] >= 0xbe;
    return none ? 3 : 0;
}

static void
put_escape(struct sg_buf *buf, const char *p)
{
    static const char hex[] = "0123456789ABCDEF";
    uint8_t c = (uint8_t)*p;
    char e = escape_of(c);
    if (c == 0xef) {
        sg_buf_put_cstr(buf, (uint8_t)p[2] == 0xbe ? "\\uFFFE" : "\\uFFFF");
        return;
    }
    char out[6] = { '\\', e, '0', '0', hex[c >> 4], hex[c & 15] };
    sg_buf_put(buf, sg_bytes_of(out, e == 'u' ? sizeof(out) : 2));
}

void
rdf_put_escaped(struct sg_buf *buf, sg_str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        size_t n = escaped_length(text, i);
        if (n != 0) {
            sg_buf_put_str(buf, sg_str_slice(text, from, i - from));
            put_escape(buf, text.p + i);
            i += n - 1;
            from = i + 1;
        }
    }
    sg_buf_put_str(buf, sg_str_slice(text, from, text.n - from));
}

static void
put_iri(struct sg_buf *buf, sg_str iri)
{
    sg_buf_put_byte(buf, '<');
    sg_buf_put_str(buf, iri);
    sg_buf_put_byte(buf, '>');
}

static void
put_literal(struct sg_buf *buf, const struct rdf_term *term)
{
    sg_buf_put_byte(buf, '"');
    rdf_put_escaped(buf, term->value);
    sg_buf_put_byte(buf, '"');
    if (term->language.n != 0) {
        sg_buf_put_byte(buf, '@');
        sg_buf_put_str(buf, term->language);
    } else if (!sg_str_is(term->datatype, RDF_XSD_STRING)) {
        sg_buf_put_cstr(buf, "^^");
        put_iri(buf, term->datatype);
    }
}

static void
put_term(struct sg_buf *buf, const struct rdf_term *term)
{
    switch (term->kind) {
    case RDF_IRI:
        put_iri(buf, term->value);
        break;
    case RDF_BLANK:
        sg_buf_put_cstr(buf, "_:");
        sg_buf_put_str(buf, term->value);
        break;
    case RDF_LITERAL:
        put_literal(buf, term);
        break;
    case RDF_NONE:
        break;
    }
}

void
rdf_nquads_put(struct sg_buf *buf, const struct rdf_quad *quad)
{
    put_term(buf, &quad->s);
    sg_buf_put_byte(buf, ' ');
    put_term(buf, &quad->p);
    sg_buf_put_byte(buf, ' ');
    put_term(buf, &quad->o);
    if (quad->g.kind != RDF_NONE) {
        sg_buf_put_byte(buf, ' ');
        put_term(buf, &quad->g);
    }
    sg_buf_put_cstr(buf, " .\n");
}
