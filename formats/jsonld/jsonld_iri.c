/* Keywords, what IRIs and language tags look like, and RFC 3986 reference resolution. */
#include "jsonld_int.h"

#define LANGUAGE_MAX 255 /* RFC 5646 4.4: limits are allowed, 35 is the least */

static bool
is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

enum jsonld_kw
jsonld_keyword(sg_str text)
{
    static const struct {
        sg_str word;
        enum jsonld_kw kw;
    } words[] = {
        { SG_LIT("@id"), JSONLD_KW_ID },
        { SG_LIT("@type"), JSONLD_KW_TYPE },
        { SG_LIT("@value"), JSONLD_KW_VALUE },
        { SG_LIT("@context"), JSONLD_KW_CONTEXT },
        { SG_LIT("@base"), JSONLD_KW_BASE },
        { SG_LIT("@container"), JSONLD_KW_CONTAINER },
        { SG_LIT("@direction"), JSONLD_KW_DIRECTION },
        { SG_LIT("@graph"), JSONLD_KW_GRAPH },
        { SG_LIT("@import"), JSONLD_KW_IMPORT },
        { SG_LIT("@included"), JSONLD_KW_INCLUDED },
        { SG_LIT("@index"), JSONLD_KW_INDEX },
        { SG_LIT("@json"), JSONLD_KW_JSON },
        { SG_LIT("@language"), JSONLD_KW_LANGUAGE },
        { SG_LIT("@list"), JSONLD_KW_LIST },
        { SG_LIT("@nest"), JSONLD_KW_NEST },
        { SG_LIT("@none"), JSONLD_KW_NULL },
        { SG_LIT("@prefix"), JSONLD_KW_PREFIX },
        { SG_LIT("@propagate"), JSONLD_KW_PROPAGATE },
        { SG_LIT("@protected"), JSONLD_KW_PROTECTED },
        { SG_LIT("@reverse"), JSONLD_KW_REVERSE },
        { SG_LIT("@set"), JSONLD_KW_SET },
        { SG_LIT("@version"), JSONLD_KW_VERSION },
        { SG_LIT("@vocab"), JSONLD_KW_VOCAB },
    };
    if (text.n < 3 || text.p[0] != '@') {
        return JSONLD_KW_NONE;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (sg_str_equal(text, words[i].word)) {
            return words[i].kw;
        }
    }
    return JSONLD_KW_NONE;
}

bool
jsonld_keyword_form(sg_str text)
{
    if (text.n < 2 || text.p[0] != '@') {
        return false;
    }
    for (size_t i = 1; i < text.n; i++) {
        if (!is_alpha(text.p[i])) {
            return false;
        }
    }
    return true;
}

bool
jsonld_is_blank(sg_str text)
{
    return text.n >= 2 && text.p[0] == '_' && text.p[1] == ':';
}

/* Length of the scheme before its colon, or 0. */
static size_t
scheme_length(sg_str text)
{
    if (text.n == 0 || !is_alpha(text.p[0])) {
        return 0;
    }
    for (size_t i = 1; i < text.n; i++) {
        char c = text.p[i];
        if (c == ':') {
            return i;
        }
        if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') {
            return 0;
        }
    }
    return 0;
}

bool
jsonld_iri_absolute(sg_str text)
{
    if (scheme_length(text) == 0) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        if ((uint8_t)text.p[i] <= ' ') {
            return false;
        }
    }
    return true;
}

bool
jsonld_iri_well_formed(sg_str text)
{
    /* 2: in no IRI; 1: once at most, a fragment holds none */
    static const uint8_t weight[256] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, [' '] = 2, ['<'] = 2, ['>'] = 2, ['"'] = 2, ['{'] = 2,
        ['}'] = 2, ['|'] = 2, ['\\'] = 2, ['^'] = 2, ['`'] = 2, [0x7F] = 2, ['#'] = 1 };
    size_t sum = 0;
    for (size_t i = 0; i < text.n; i++) {
        sum += weight[(uint8_t)text.p[i]];
    }
    return sum <= 1 && scheme_length(text) != 0;
}

bool
jsonld_language_well_formed(sg_str text)
{
    size_t run = 0;
    bool first = true;
    if (text.n > LANGUAGE_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '-') {
            if (run == 0) {
                return false;
            }
            first = false;
            run = 0;
            continue;
        }
        if (++run > 8 || !(is_alpha(c) || (!first && is_digit(c)))) {
            return false;
        }
    }
    return run != 0;
}

sg_result
jsonld_concat(struct sg_arena *arena, sg_str a, sg_str b, sg_str *ret)
{
    size_t n;
    SG_REQUIRE(sg_size_add(a.n, b.n, &n), NO_MEMORY);
    char *p = sg_arena_alloc(arena, n);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    if (a.n != 0) {
        memcpy(p, a.p, a.n);
    }
    if (b.n != 0) {
        memcpy(p + a.n, b.p, b.n);
    }
    *ret = sg_str_of(p, n);
    return SG_DONE;
}

sg_result
jsonld_lower(struct sg_arena *arena, sg_str text, sg_str *ret)
{
    bool upper = false;
    for (size_t i = 0; i < text.n; i++) {
        upper = upper || (text.p[i] >= 'A' && text.p[i] <= 'Z');
    }
    if (!upper) {
        *ret = text;
        return SG_DONE;
    }
    char *p = sg_arena_alloc(arena, text.n);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        p[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    *ret = sg_str_of(p, text.n);
    return SG_DONE;
}

/* ---- RFC 3986 ---------------------------------------------------------------------------------------- */

/* Components with their delimiters: "http:", "//host", "/path", "?query", "#fragment"; p NULL when undefined. */
struct parts {
    sg_str scheme;
    sg_str authority;
    sg_str path;
    sg_str query;
    sg_str fragment;
};

/* RFC 3986 appendix B. */
static struct parts
split(sg_str iri)
{
    struct parts parts = { 0 };
    size_t at = scheme_length(iri);
    if (at != 0) {
        at++;
        parts.scheme = sg_str_slice(iri, 0, at);
    }
    if (iri.n - at >= 2 && iri.p[at] == '/' && iri.p[at + 1] == '/') {
        size_t end = at + 2;
        while (end < iri.n && iri.p[end] != '/' && iri.p[end] != '?' && iri.p[end] != '#') {
            end++;
        }
        parts.authority = sg_str_slice(iri, at, end - at);
        at = end;
    }
    size_t hash = sg_str_index(iri, '#', at);
    size_t query = sg_str_index(sg_str_slice(iri, 0, hash), '?', at);
    parts.path = sg_str_slice(iri, at, query - at);
    if (query < hash) {
        parts.query = sg_str_slice(iri, query, hash - query);
    }
    if (hash < iri.n) {
        parts.fragment = sg_str_slice(iri, hash, iri.n - hash);
    }
    return parts;
}

/* The path without its last segment's name: up to and with the last "/". */
static size_t
directory_length(const char *p, size_t n)
{
    while (n > 0 && p[n - 1] != '/') {
        n--;
    }
    return n;
}

/* RFC 3986 5.2.4, from `in` to `out` (as long as `in` or shorter). Returns the length. */
static size_t
remove_dot_segments(sg_str in, char *out)
{
    size_t n = 0;
    size_t i = 0;
    while (i < in.n) {
        sg_str rest = sg_str_slice(in, i, in.n - i);
        if (sg_str_starts(rest, "../")) {
            i += 3;
        } else if (sg_str_starts(rest, "./") || sg_str_starts(rest, "/./")) {
            i += 2;
        } else if (sg_str_is(rest, "/.")) {
            out[n++] = '/';
            break;
        } else if (sg_str_starts(rest, "/../")) {
            i += 3;
            n = directory_length(out, n);
            n -= n > 0 ? 1 : 0;
        } else if (sg_str_is(rest, "/..")) {
            n = directory_length(out, n);
            n -= n > 0 ? 1 : 0;
            out[n++] = '/';
            break;
        } else if (sg_str_is(rest, ".") || sg_str_is(rest, "..")) {
            break;
        } else {
            do {
                out[n++] = in.p[i++];
            } while (i < in.n && in.p[i] != '/');
        }
    }
    return n;
}

/* 5.2.3; a scratch path in the arena, dot segments removed. */
static sg_result
merged_path(struct sg_arena *arena, const struct parts *base, sg_str path, sg_str *ret)
{
    sg_str joined = path;
    if (path.n == 0 || path.p[0] != '/') {
        if (base->authority.p != NULL && base->path.n == 0) {
            SG_TRY(jsonld_concat(arena, SG_LIT("/"), path, &joined));
        } else {
            sg_str folder =
                sg_str_slice(base->path, 0, directory_length(base->path.p, base->path.n));
            SG_TRY(jsonld_concat(arena, folder, path, &joined));
        }
    }
    char *out = sg_arena_alloc(arena, joined.n + 1);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    *ret = sg_str_of(out, remove_dot_segments(joined, out));
    return SG_DONE;
}

sg_result
jsonld_iri_resolve(struct sg_arena *arena, sg_str base, sg_str reference, sg_str *ret)
{
    struct parts r = split(reference);
    if (base.n == 0 || r.scheme.p != NULL) {
        *ret = reference;
        return SG_DONE;
    }
    struct parts b = split(base);
    struct parts t = { .scheme = b.scheme, .fragment = r.fragment };
    if (r.authority.p != NULL) {
        t.authority = r.authority;
        t.query = r.query;
        SG_TRY(merged_path(arena, &b, r.path.n == 0 ? SG_LIT("/") : r.path, &t.path));
        if (r.path.n == 0) {
            t.path = r.path;
        }
    } else {
        t.authority = b.authority;
        t.path = b.path;
        t.query = r.query.p != NULL ? r.query : b.query;
        if (r.path.n != 0) {
            t.query = r.query;
            SG_TRY(merged_path(arena, &b, r.path, &t.path));
        }
    }
    struct sg_buf buf = sg_buf_new(arena, base.n + reference.n, JSONLD_TEXT_MAX);
    sg_buf_put_str(&buf, t.scheme);
    sg_buf_put_str(&buf, t.authority);
    sg_buf_put_str(&buf, t.path);
    sg_buf_put_str(&buf, t.query);
    sg_buf_put_str(&buf, t.fragment);
    return sg_buf_end_str(&buf, ret);
}
