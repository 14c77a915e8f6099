/* N-Quads, read strictly. The input is copied once and unescaped in place: what comes out is never longer than what went in. */
#include "rdf_term.h"
#include "sg_text.h"

/* `_:a<a:>_:b.` and a line end: no quad is shorter, so no short input reserves much. */
#define QUAD_LEAST ((size_t)10)
#define INPUT_MAX ((size_t)1 << 30)

struct rd {
    char *p;
    size_t n;
    size_t at;
    struct sg_why *why;
};

static sg_result
malformed(struct rd *rd, const char *what)
{
    sg_why_note(rd->why, what, rd->at, 0);
    SG_FAIL(MALFORMED);
}

#define REQUIRE(condition, what)          \
    do {                                  \
        if (!(condition)) {               \
            return malformed(rd, (what)); \
        }                                 \
    } while (0)

static char
peek(const struct rd *rd)
{
    return rd->at < rd->n ? rd->p[rd->at] : '\0';
}

static bool
take(struct rd *rd, char c)
{
    bool hit = rd->at < rd->n && rd->p[rd->at] == c;
    rd->at += hit;
    return hit;
}

static void
skip_blanks(struct rd *rd)
{
    while (peek(rd) == ' ' || peek(rd) == '\t') {
        rd->at++;
    }
}

static size_t
put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (char)(lead[n] | c);
    return n;
}

/* UCHAR after "\u" or "\U": n hex digits that name a scalar value. */
static sg_result
hex_char(struct rd *rd, size_t n, uint32_t *ret)
{
    uint32_t c = 0;
    REQUIRE(rd->n - rd->at >= n, "hex digits after \\u");
    for (size_t i = 0; i < n; i++) {
        char d = rd->p[rd->at];
        uint32_t v = d >= '0' && d <= '9'   ? (uint32_t)(d - '0')
                     : d >= 'a' && d <= 'f' ? (uint32_t)(d - 'a') + 10
                     : d >= 'A' && d <= 'F' ? (uint32_t)(d - 'A') + 10
                                            : 16;
        REQUIRE(v < 16, "hex digits after \\u");
        c = c << 4 | v;
        rd->at++;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        sg_why_note(rd->why, "escaped code point", rd->at - n, c);
        SG_FAIL(ENCODING);
    }
    *ret = c;
    return SG_DONE;
}

/* After a backslash. ECHAR only in literals. */
static sg_result
escaped(struct rd *rd, bool literal, uint32_t *ret)
{
    char c = peek(rd);
    if (c == 'u' || c == 'U') {
        rd->at++;
        return hex_char(rd, c == 'u' ? 4 : 8, ret);
    }
    static const char from[] = "tbnrf\"'\\";
    static const char to[] = "\t\b\n\r\f\"'\\";
    const char *hit = c == '\0' ? NULL : strchr(from, c);
    REQUIRE(literal && hit != NULL, "escape");
    rd->at++;
    *ret = (uint8_t)to[hit - from];
    return SG_DONE;
}

static sg_result
read_iri(struct rd *rd, sg_str *ret)
{
    REQUIRE(take(rd, '<'), "IRI");
    size_t start = rd->at;
    rd->at += rdf_iri_span(sg_str_of(rd->p + start, rd->n - start));
    char *out = rd->p + rd->at;
    for (;;) {
        REQUIRE(rd->at < rd->n, "unclosed IRI");
        uint8_t c = (uint8_t)rd->p[rd->at];
        if (c == '>') {
            break;
        }
        if (c == '\\') {
            uint32_t code;
            rd->at++;
            SG_TRY(escaped(rd, false, &code));
            REQUIRE(code > 0x7f || rdf_iri_char((uint8_t)code), "character in an IRI");
            out += put_utf8(out, code);
        } else {
            REQUIRE(rdf_iri_char(c), "character in an IRI");
            *out++ = (char)c;
            rd->at++;
        }
    }
    rd->at++;
    *ret = sg_str_of(rd->p + start, (size_t)(out - (rd->p + start)));
    REQUIRE(rdf_iri_valid(*ret), "IRI without a scheme");
    return SG_DONE;
}

/* Lexical form between the quotes; most have no escape and move nothing. */
static sg_result
read_quoted(struct rd *rd, sg_str *ret)
{
    rd->at++;
    size_t start = rd->at;
    rd->at += rdf_literal_plain(sg_str_of(rd->p + start, rd->n - start));
    char *out = rd->p + rd->at;
    for (;;) {
        REQUIRE(rd->at < rd->n, "unclosed literal");
        char c = rd->p[rd->at];
        REQUIRE(c != '\n' && c != '\r', "line end in a literal");
        rd->at++;
        if (c == '"') {
            break;
        }
        if (c == '\\') {
            uint32_t code;
            SG_TRY(escaped(rd, true, &code));
            out += put_utf8(out, code);
        } else {
            *out++ = c;
        }
    }
    *ret = sg_str_of(rd->p + start, (size_t)(out - (rd->p + start)));
    return SG_DONE;
}

static sg_result
read_literal(struct rd *rd, struct rdf_term *ret)
{
    ret->kind = RDF_LITERAL;
    SG_TRY(read_quoted(rd, &ret->value));
    if (take(rd, '@')) {
        size_t start = rd->at;
        while (peek(rd) == '-' || (peek(rd) >= '0' && peek(rd) <= '9') ||
               (peek(rd) >= 'a' && peek(rd) <= 'z') || (peek(rd) >= 'A' && peek(rd) <= 'Z')) {
            rd->at++;
        }
        ret->language = sg_str_of(rd->p + start, rd->at - start);
        REQUIRE(rdf_language_valid(ret->language), "language tag");
        ret->datatype = SG_LIT(RDF_LANG_STRING);
        return SG_DONE;
    }
    if (!take(rd, '^')) {
        ret->datatype = SG_LIT(RDF_XSD_STRING);
        return SG_DONE;
    }
    REQUIRE(take(rd, '^'), "^^");
    SG_TRY(read_iri(rd, &ret->datatype));
    /* RDF 1.1 Concepts 3.3: this datatype if, and only if, there is a tag */
    REQUIRE(!sg_str_is(ret->datatype, RDF_LANG_STRING), "rdf:langString without a language");
    return SG_DONE;
}

struct range {
    uint32_t from, to;
};

static bool
in_ranges(const struct range *ranges, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++) {
        if (c >= ranges[i].from && c <= ranges[i].to) {
            return true;
        }
    }
    return false;
}

/* First character of a label: PN_CHARS_U or a digit. */
static bool
label_start(uint32_t c)
{
    static const struct range ok[] = { { 'a', 'z' }, { '0', '9' }, { 'A', 'Z' }, { '_', '_' },
        { ':', ':' }, { 0xc0, 0xd6 }, { 0xd8, 0xf6 }, { 0xf8, 0x2ff }, { 0x370, 0x37d },
        { 0x37f, 0x1fff }, { 0x200c, 0x200d }, { 0x2070, 0x218f }, { 0x2c00, 0x2fef },
        { 0x3001, 0xd7ff }, { 0xf900, 0xfdcf }, { 0xfdf0, 0xfffd }, { 0x10000, 0xeffff } };
    return in_ranges(ok, sizeof(ok) / sizeof(ok[0]), c);
}

static bool
label_char(uint32_t c)
{
    static const struct range more[] = { { '-', '-' }, { 0xb7, 0xb7 }, { 0x300, 0x36f },
        { 0x203f, 0x2040 } };
    return label_start(c) || in_ranges(more, sizeof(more) / sizeof(more[0]), c);
}

/* The character at the cursor (the text is known to be UTF-8) and its length; 0 at the end. */
static uint32_t
code_point(const struct rd *rd, size_t *ret_n)
{
    static const uint8_t mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    uint8_t c = (uint8_t)peek(rd);
    size_t n = rd->at >= rd->n ? 0 : c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    uint32_t code = c & mask[n];
    for (size_t i = 1; i < n; i++) {
        code = code << 6 | ((uint8_t)rd->p[rd->at + i] & 0x3f);
    }
    *ret_n = n;
    return code;
}

static sg_result
read_label(struct rd *rd, sg_str *ret)
{
    rd->at++;
    REQUIRE(take(rd, ':'), "blank node label");
    size_t start = rd->at;
    size_t n;
    REQUIRE(label_start(code_point(rd, &n)), "blank node label");
    rd->at += n;
    for (;;) {
        while ((peek(rd) >= 'a' && peek(rd) <= 'z') || (peek(rd) >= '0' && peek(rd) <= '9')) {
            rd->at++;
        }
        uint32_t c = code_point(rd, &n);
        if (n == 0 || (c != '.' && !label_char(c))) {
            break;
        }
        rd->at += n;
    }
    while (rd->p[rd->at - 1] == '.') {
        rd->at--; /* the statement's, not the label's */
    }
    *ret = sg_str_of(rd->p + start, rd->at - start);
    return SG_DONE;
}

static sg_result
read_resource(struct rd *rd, struct rdf_term *ret)
{
    if (peek(rd) == '_') {
        ret->kind = RDF_BLANK;
        return read_label(rd, &ret->value);
    }
    ret->kind = RDF_IRI;
    return read_iri(rd, &ret->value);
}

static sg_result
read_quad(struct rd *rd, struct rdf_quad *ret)
{
    struct rdf_quad q = { 0 };
    SG_TRY(read_resource(rd, &q.s));
    skip_blanks(rd);
    q.p.kind = RDF_IRI;
    SG_TRY(read_iri(rd, &q.p.value));
    skip_blanks(rd);
    if (peek(rd) == '"') {
        SG_TRY(read_literal(rd, &q.o));
    } else {
        SG_TRY(read_resource(rd, &q.o));
    }
    skip_blanks(rd);
    if (peek(rd) == '<' || peek(rd) == '_') {
        SG_TRY(read_resource(rd, &q.g));
        skip_blanks(rd);
    }
    REQUIRE(take(rd, '.'), "full stop");
    *ret = q;
    return SG_DONE;
}

/* One line: a statement, a comment, both or nothing; its end included. */
static sg_result
read_line(struct rd *rd, struct rdf_quad *quads, size_t cap, size_t *n)
{
    skip_blanks(rd);
    char c = peek(rd);
    if (rd->at < rd->n && c != '#' && c != '\n' && c != '\r') {
        if (*n == cap) {
            sg_why_note(rd->why, "quads", rd->at, cap);
            SG_FAIL(TOO_LARGE);
        }
        SG_TRY(read_quad(rd, &quads[*n]));
        ++*n;
        skip_blanks(rd);
    }
    if (peek(rd) == '#') {
        while (rd->at < rd->n && rd->p[rd->at] != '\n' && rd->p[rd->at] != '\r') {
            rd->at++;
        }
    }
    REQUIRE(rd->at == rd->n || take(rd, '\n') || take(rd, '\r'), "line end");
    return SG_DONE;
}

static size_t
count(sg_str text, char c)
{
    size_t n = 0;
    for (size_t i = sg_str_index(text, c, 0); i < text.n; i = sg_str_index(text, c, i + 1)) {
        n++;
    }
    return n;
}

/* Not more than there are lines, nor than fit in the text. */
static size_t
most_quads(sg_str in)
{
    size_t lines = 1 + count(in, '\n') + count(in, '\r');
    size_t most = in.n / QUAD_LEAST + 1;
    most = lines < most ? lines : most;
    return most < RDF_QUADS_MAX ? most : RDF_QUADS_MAX;
}

static bool
is_ascii(sg_str text)
{
    uint64_t all = 0;
    for (; text.n >= 8; text.p += 8, text.n -= 8) {
        uint64_t word;
        memcpy(&word, text.p, 8);
        all |= word;
    }
    for (size_t i = 0; i < text.n; i++) {
        all |= (uint8_t)text.p[i];
    }
    return (all & 0x8080808080808080U) == 0;
}

sg_result
rdf_nquads_parse(struct sg_arena *arena, sg_str in, struct sg_why *why, struct rdf_dataset *ret)
{
    SG_REQUIRE(in.n <= INPUT_MAX, TOO_LARGE);
    if (!is_ascii(in) && !sg_utf8_valid(in)) {
        sg_why_note(why, "UTF-8", 0, 0);
        SG_FAIL(ENCODING);
    }
    size_t cap = most_quads(in);
    struct rdf_quad *quads = SG_NEW_ARRAY(arena, cap, struct rdf_quad);
    sg_bytes copy;
    SG_REQUIRE(quads != NULL, NO_MEMORY);
    SG_TRY(sg_arena_bytes(arena, sg_str_bytes(in), &copy));
    /* the copy is ours, in an arena that hands out writable bytes */
    struct rd rd = { .p = (char *)(uintptr_t)copy.p, .n = in.n, .why = why };
    size_t n = 0;
    while (rd.at < rd.n) {
        SG_TRY(read_line(&rd, quads, cap, &n));
    }
    SG_TRY(rdf_quads_unique(arena, quads, n, quads, &n));
    *ret = (struct rdf_dataset){ quads, n };
    return SG_DONE;
}
