/*
 * The parser: one loop, a stack of open containers of fixed depth, no recursion. Each value costs one node in
 * the arena; each container of many members one more array (for duplicates), so memory is at most a constant times
 * the input, and SJSON_VALUES_MAX bounds it besides.
 */
#include <stdlib.h>

#include "sg_text.h"
#include "sjson_scan.h"
#include "sjson_sort.h"

/* Up to so many members names are compared pairwise, beyond that they are sorted. */
#define PAIRWISE_MAX 16

struct open_container {
    struct sjson *node;
    struct sjson *last; /* newest child */
    const char *start;
};

struct parser {
    struct sg_arena *arena;
    const char *begin;
    const char *p;
    const char *end;
    struct sg_why *why;
    size_t n_values;
    size_t depth;
    struct open_container stack[SJSON_DEPTH_MAX];
    struct sjson *root;
};

static sg_result
refuse(struct parser *ps, enum sg_code code, const char *what, const char *at)
{
    sg_why_note(ps->why, what, (uint64_t)(at - ps->begin), 0);
    return (sg_result){ code };
}

static void
skip_blanks(struct parser *ps)
{
    while (
        ps->p < ps->end && (*ps->p == ' ' || *ps->p == '\n' || *ps->p == '\r' || *ps->p == '\t')) {
        ps->p++;
    }
}

/* ---- strings --------------------------------------------------------------------------------------- */

static bool
hex4(const char *p, const char *end, unsigned *ret)
{
    unsigned v = 0;
    if (end - p < 4) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        char c = p[i];
        unsigned digit;
        if (c >= '0' && c <= '9') {
            digit = (unsigned)(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (unsigned)((c | 0x20) - 'a') + 10;
        } else {
            return false;
        }
        v = v << 4 | digit;
    }
    *ret = v;
    return true;
}

static char *
put_utf8(char *out, unsigned cp)
{
    if (cp < 0x80) {
        *out++ = (char)cp;
    } else if (cp < 0x800) {
        *out++ = (char)(0xC0 | cp >> 6);
        *out++ = (char)(0x80 | (cp & 0x3F));
    } else if (cp < 0x10000) {
        *out++ = (char)(0xE0 | cp >> 12);
        *out++ = (char)(0x80 | (cp >> 6 & 0x3F));
        *out++ = (char)(0x80 | (cp & 0x3F));
    } else {
        *out++ = (char)(0xF0 | cp >> 18);
        *out++ = (char)(0x80 | (cp >> 12 & 0x3F));
        *out++ = (char)(0x80 | (cp >> 6 & 0x3F));
        *out++ = (char)(0x80 | (cp & 0x3F));
    }
    return out;
}

/* ps->p stands behind "\u". RFC 7493 2.1: surrogates come in pairs or not at all. */
static sg_result
unicode_escape(struct parser *ps, char **out)
{
    const char *at = ps->p - 2;
    unsigned cp;
    if (!hex4(ps->p, ps->end, &cp)) {
        return refuse(ps, SG_E_MALFORMED, "JSON escape", at);
    }
    ps->p += 4;
    if (cp >= 0xDC00 && cp <= 0xDFFF) {
        return refuse(ps, SG_E_ENCODING, "JSON lone surrogate", at);
    }
    if (cp >= 0xD800 && cp <= 0xDBFF) {
        unsigned low;
        bool pair = ps->end - ps->p >= 6 && ps->p[0] == '\\' && ps->p[1] == 'u' &&
                    hex4(ps->p + 2, ps->end, &low) && low >= 0xDC00 && low <= 0xDFFF;
        if (!pair) {
            return refuse(ps, SG_E_ENCODING, "JSON lone surrogate", at);
        }
        ps->p += 6;
        cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
    }
    *out = put_utf8(*out, cp);
    return SG_DONE;
}

/* ps->p stands on the backslash. */
static sg_result
escape(struct parser *ps, char **out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    if (ps->end - ps->p < 2) {
        return refuse(ps, SG_E_MALFORMED, "JSON string without end", ps->p);
    }
    char c = ps->p[1];
    if (c == 'u') {
        ps->p += 2;
        return unicode_escape(ps, out);
    }
    const char *hit = c == '\0' ? NULL : strchr(letters, c);
    if (hit == NULL) {
        return refuse(ps, SG_E_MALFORMED, "JSON escape", ps->p);
    }
    *(*out)++ = values[hit - letters];
    ps->p += 2;
    return SG_DONE;
}

static size_t
plain_run(const struct parser *ps)
{
    return sjson_plain_run((const uint8_t *)ps->p, (size_t)(ps->end - ps->p));
}

/* What stands where a plain run stopped, when it is neither quote nor backslash. */
static sg_result
bad_character(struct parser *ps)
{
    if (ps->p == ps->end) {
        return refuse(ps, SG_E_MALFORMED, "JSON string without end", ps->p);
    }
    if ((unsigned char)*ps->p < 0x20) {
        return refuse(ps, SG_E_MALFORMED, "JSON control character", ps->p);
    }
    return refuse(ps, SG_E_ENCODING, "JSON UTF-8", ps->p);
}

/* Bytes up to the closing quote: an escape is never shorter than what it stands for. */
static size_t
raw_length(const char *p, const char *end)
{
    const char *q = p;
    while (q < end && *q != '"') {
        q += *q == '\\' && end - q > 1 ? 2 : 1;
    }
    return (size_t)(q - p);
}

/* A string with escapes; ps->p stands on the first backslash, `start` behind the opening quote. */
static sg_result
escaped_string(struct parser *ps, const char *start, sg_str *ret)
{
    size_t head = (size_t)(ps->p - start);
    char *text = sg_arena_alloc(ps->arena, head + raw_length(ps->p, ps->end));
    SG_REQUIRE(text != NULL, NO_MEMORY);
    memcpy(text, start, head);
    char *out = text + head;
    while (ps->p < ps->end && *ps->p != '"') {
        if (*ps->p == '\\') {
            SG_TRY(escape(ps, &out));
            continue;
        }
        size_t run = plain_run(ps);
        if (run == 0) {
            return bad_character(ps);
        }
        memcpy(out, ps->p, run);
        out += run;
        ps->p += run;
    }
    if (ps->p == ps->end) {
        return bad_character(ps);
    }
    ps->p++;
    *ret = sg_str_of(text, (size_t)(out - text));
    return SG_DONE;
}

/* ps->p stands on the opening quote; afterwards behind the closing one. */
static sg_result
string(struct parser *ps, sg_str *ret)
{
    const char *start = ++ps->p;
    ps->p += plain_run(ps);
    if (ps->p < ps->end && *ps->p == '"') {
        *ret = sg_str_of(start, (size_t)(ps->p - start));
        ps->p++;
        return SG_DONE;
    }
    if (ps->p < ps->end && *ps->p == '\\') {
        return escaped_string(ps, start, ret);
    }
    return bad_character(ps);
}

/* ---- numbers --------------------------------------------------------------------------------------- */

static size_t
digits(struct parser *ps)
{
    const char *start = ps->p;
    while (ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9') {
        ps->p++;
    }
    return (size_t)(ps->p - start);
}

static bool
take(struct parser *ps, char c)
{
    if (ps->p < ps->end && *ps->p == c) {
        ps->p++;
        return true;
    }
    return false;
}

/* RFC 8259 6. */
static bool
number_grammar(struct parser *ps, bool *ret_exponent)
{
    (void)take(ps, '-');
    if (!take(ps, '0') && digits(ps) == 0) {
        return false;
    }
    if (take(ps, '.') && digits(ps) == 0) {
        return false;
    }
    *ret_exponent = take(ps, 'e') || take(ps, 'E');
    if (*ret_exponent) {
        if (!take(ps, '+')) {
            (void)take(ps, '-');
        }
        return digits(ps) != 0;
    }
    return true;
}

static sg_result
number(struct parser *ps, struct sjson *v)
{
    enum { ALWAYS_FINITE = 308 }; /* so many digits stay below 10^308 */
    const char *start = ps->p;
    bool exponent;
    if (!number_grammar(ps, &exponent)) {
        return refuse(ps, SG_E_MALFORMED, "JSON number", ps->p);
    }
    v->type = SJSON_NUMBER;
    v->text = sg_str_of(start, (size_t)(ps->p - start));
    if (exponent || v->text.n > ALWAYS_FINITE) {
        double value;
        if (!sg_ok(sjson_double(v, &value))) {
            return refuse(ps, SG_E_NUMBER, "JSON number", start);
        }
    }
    return SG_DONE;
}

/* ---- objects: no name twice -------------------------------------------------------------------------- */

static const struct sjson *
duplicate_pairwise(const struct sjson *object)
{
    for (const struct sjson *a = object->first; a != NULL; a = a->next) {
        for (const struct sjson *b = a->next; b != NULL; b = b->next) {
            if (sg_str_equal(a->name, b->name)) {
                return b;
            }
        }
    }
    return NULL;
}

static sg_result
check_names(struct parser *ps, struct sjson *object)
{
    const struct sjson *twice = NULL;
    if (object->n <= PAIRWISE_MAX) {
        twice = duplicate_pairwise(object);
    } else {
        const struct sjson **sorted = SG_NEW_ARRAY(ps->arena, object->n, const struct sjson *);
        SG_REQUIRE(sorted != NULL, NO_MEMORY);
        size_t n = 0;
        for (const struct sjson *m = object->first; m != NULL; m = m->next) {
            sorted[n++] = m;
        }
        sjson_sort(sorted, n, sjson_name_order);
        for (size_t i = 1; i < n && twice == NULL; i++) {
            twice = sg_str_equal(sorted[i - 1]->name, sorted[i]->name) ? sorted[i] : NULL;
        }
        object->sorted = (const struct sjson *const *)sorted;
    }
    if (twice != NULL) {
        return refuse(ps, SG_E_DUPLICATE, "JSON name twice", twice->source.p);
    }
    return SG_DONE;
}

/* ---- the loop ---------------------------------------------------------------------------------------- */

static sg_result
literal(struct parser *ps, struct sjson *v, const char *word, enum sjson_type type)
{
    size_t n = strlen(word);
    if ((size_t)(ps->end - ps->p) < n || memcmp(ps->p, word, n) != 0) {
        return refuse(ps, SG_E_MALFORMED, "JSON value", ps->p);
    }
    ps->p += n;
    v->type = type;
    return SG_DONE;
}

static sg_result
push(struct parser *ps, struct sjson *v, enum sjson_type type)
{
    if (ps->depth == SJSON_DEPTH_MAX) {
        return refuse(ps, SG_E_DEPTH, "JSON depth", ps->p);
    }
    v->type = type;
    ps->stack[ps->depth++] = (struct open_container){ .node = v, .start = ps->p };
    ps->p++;
    return SG_DONE;
}

/* One value, or the opening of a container. */
static sg_result
value(struct parser *ps, struct sjson *v)
{
    if (ps->p == ps->end) {
        return refuse(ps, SG_E_MALFORMED, "JSON ends early", ps->p);
    }
    switch (*ps->p) {
    case '{':
        return push(ps, v, SJSON_OBJECT);
    case '[':
        return push(ps, v, SJSON_ARRAY);
    case '"':
        v->type = SJSON_STRING;
        return string(ps, &v->text);
    case 't':
        return literal(ps, v, "true", SJSON_TRUE);
    case 'f':
        return literal(ps, v, "false", SJSON_FALSE);
    case 'n':
        return literal(ps, v, "null", SJSON_NULL);
    default:
        return number(ps, v);
    }
}

/* Link a new node under the innermost open container (or as the root), and read what it is. */
static sg_result
child(struct parser *ps, sg_str name)
{
    if (++ps->n_values > SJSON_VALUES_MAX) {
        return refuse(ps, SG_E_TOO_LARGE, "JSON values", ps->p);
    }
    struct sjson *v = SG_NEW(ps->arena, struct sjson);
    SG_REQUIRE(v != NULL, NO_MEMORY);
    v->name = name;
    if (ps->depth == 0) {
        ps->root = v;
    } else {
        struct open_container *in = &ps->stack[ps->depth - 1];
        if (in->last == NULL) {
            in->node->first = v;
        } else {
            in->last->next = v;
        }
        in->last = v;
        in->node->n++;
    }
    const char *start = ps->p;
    SG_TRY(value(ps, v));
    v->source = sg_str_of(start, (size_t)(ps->p - start)); /* containers: again when they close */
    return SG_DONE;
}

static sg_result
member_name(struct parser *ps, sg_str *ret)
{
    if (ps->p == ps->end || *ps->p != '"') {
        return refuse(ps, SG_E_MALFORMED, "JSON name", ps->p);
    }
    SG_TRY(string(ps, ret));
    skip_blanks(ps);
    if (!take(ps, ':')) {
        return refuse(ps, SG_E_MALFORMED, "JSON colon", ps->p);
    }
    skip_blanks(ps);
    return SG_DONE;
}

static sg_result
close_container(struct parser *ps)
{
    struct open_container *in = &ps->stack[--ps->depth];
    in->node->source = sg_str_of(in->start, (size_t)(ps->p - in->start));
    if (in->node->type == SJSON_OBJECT && in->node->n > 1) {
        return check_names(ps, in->node);
    }
    return SG_DONE;
}

/* Within a container: its end, or a comma if due and the next child. */
static sg_result
step(struct parser *ps)
{
    struct open_container *in = &ps->stack[ps->depth - 1];
    bool object = in->node->type == SJSON_OBJECT;
    sg_str name = SG_NO_STR;
    skip_blanks(ps);
    if (take(ps, object ? '}' : ']')) {
        return close_container(ps);
    }
    if (in->last != NULL) {
        if (!take(ps, ',')) {
            return refuse(ps, SG_E_MALFORMED, "JSON comma", ps->p);
        }
        skip_blanks(ps);
    }
    if (object) {
        SG_TRY(member_name(ps, &name));
    }
    return child(ps, name);
}

sg_result
sjson_parse(struct sg_arena *arena, sg_str in, struct sg_why *why, const struct sjson **ret)
{
    struct parser ps;
    ps.arena = arena;
    ps.begin = in.n == 0 ? "" : in.p;
    ps.p = ps.begin;
    ps.end = ps.begin + in.n;
    ps.why = why;
    ps.n_values = 0;
    ps.depth = 0; /* the stack needs no clearing: push writes an entry before it is read */
    ps.root = NULL;

    skip_blanks(&ps);
    SG_TRY(child(&ps, SG_NO_STR));
    while (ps.depth > 0) {
        SG_TRY(step(&ps));
    }
    skip_blanks(&ps);
    if (ps.p != ps.end) {
        return refuse(&ps, SG_E_MALFORMED, "JSON trailing bytes", ps.p);
    }
    *ret = ps.root;
    return SG_DONE;
}

sg_result
sjson_parse_object(struct sg_arena *arena, sg_str in, struct sg_why *why, const struct sjson **ret)
{
    const struct sjson *v;
    SG_TRY(sjson_parse(arena, in, why, &v));
    SG_REQUIRE(v->type == SJSON_OBJECT, TYPE);
    *ret = v;
    return SG_DONE;
}
