#include "rdf_put.h"

/*
 * Bytes of a literal that are escaped in canonical N-Quads (RDFC-1.0 5): ECHAR for BS HT LF FF CR " \, UCHAR for the other
 * controls and DEL. 0: as is; 'u': \u00XX; else the letter after the backslash.
 */
static char
escape_of(uint8_t c)
{
    switch (c) {
    case '\b':
        return 'b';
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\f':
        return 'f';
    case '\r':
        return 'r';
    case '"':
        return '"';
    case '\\':
        return '\\';
    case 0x7f:
        return 'u';
    default:
        return c < 0x20 ? 'u' : '\0';
    }
}

static void
put_escaped(struct sg_buf *buf, sg_str text)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        char e = escape_of(c);
        if (e == '\0') {
            continue;
        }
        sg_buf_put_str(buf, sg_str_slice(text, from, i - from));
        char out[6] = { '\\', e, '0', '0', hex[c >> 4], hex[c & 15] };
        sg_buf_put(buf, sg_bytes_of(out, e == 'u' ? sizeof(out) : 2));
        from = i + 1;
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
    put_escaped(buf, term->value);
    sg_buf_put_byte(buf, '"');
    if (term->language.n != 0) {
        sg_buf_put_byte(buf, '@');
        sg_buf_put_str(buf, term->language);
    } else if (!sg_str_is(term->datatype, RDF_XSD_STRING)) {
        sg_buf_put_cstr(buf, "^^");
        put_iri(buf, term->datatype);
    }
}

void
rdf_put_term(struct sg_buf *buf, const struct rdf_term *term)
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
    rdf_put_term(buf, &quad->s);
    sg_buf_put_byte(buf, ' ');
    rdf_put_term(buf, &quad->p);
    sg_buf_put_byte(buf, ' ');
    rdf_put_term(buf, &quad->o);
    if (quad->g.kind != RDF_NONE) {
        sg_buf_put_byte(buf, ' ');
        rdf_put_term(buf, &quad->g);
    }
    sg_buf_put_cstr(buf, " .\n");
}
