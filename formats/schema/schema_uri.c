#include "schema_uri.h"

#include "schema.h"
#include "sg_buf.h"

struct parts {
    sg_str scheme, authority, path, query, fragment;
    bool has_scheme, has_authority, has_query;
};

static bool
is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 3986 appendix B. */
static struct parts
split(sg_str uri)
{
    struct parts p = { 0 };
    size_t hash = sg_str_index(uri, '#', 0);
    p.fragment = sg_str_slice(uri, hash + 1, uri.n);
    uri = sg_str_slice(uri, 0, hash);
    size_t query = sg_str_index(uri, '?', 0);
    p.has_query = query < uri.n;
    p.query = sg_str_slice(uri, query + 1, uri.n);
    uri = sg_str_slice(uri, 0, query);
    size_t colon = sg_str_index(uri, ':', 0);
    size_t slash = sg_str_index(uri, '/', 0);
    if (colon > 0 && colon < uri.n && colon < slash && is_alpha(uri.p[0])) {
        p.has_scheme = true;
        p.scheme = sg_str_slice(uri, 0, colon);
        uri = sg_str_slice(uri, colon + 1, uri.n);
    }
    if (sg_str_starts(uri, "//")) {
        size_t end = sg_str_index(uri, '/', 2);
        p.has_authority = true;
        p.authority = sg_str_slice(uri, 2, end - 2);
        uri = sg_str_slice(uri, end, uri.n);
    }
    p.path = uri;
    return p;
}

/* 5.2.4, in place over a copy: `out` never grows beyond what was read. */
static size_t
remove_dots(char *p, size_t n)
{
    size_t out = 0;
    size_t at = 0;
    while (at < n) {
        sg_str rest = sg_str_of(p + at, n - at);
        size_t segment = sg_str_index(rest, '/', 1);
        sg_str one = sg_str_slice(rest, 0, segment);
        if (sg_str_is(one, "/.") || sg_str_is(one, "/..") || sg_str_is(one, ".") ||
            sg_str_is(one, "..")) {
            if (sg_str_is(one, "/..")) {
                while (out > 0 && p[--out] != '/') {
                }
            }
            at += one.n;
            if (at == n && one.p[0] == '/') { /* the last segment: its slash stays */
                p[out++] = '/';
            }
            continue;
        }
        memmove(p + out, p + at, segment);
        out += segment;
        at += segment;
    }
    return out;
}

static sg_result
merged_path(struct sg_arena *arena, const struct parts *base, sg_str path, sg_str *ret)
{
    size_t keep = 0;
    bool slash = base->has_authority && base->path.n == 0;
    for (size_t i = 0; i < base->path.n; i++) {
        keep = base->path.p[i] == '/' ? i + 1 : keep;
    }
    return sg_arena_printf(
        arena, ret, "%s%.*s%.*s", slash ? "/" : "", (int)keep, base->path.p, SG_PRINT(path));
}

static sg_result
target_path(struct sg_arena *arena, const struct parts *base, const struct parts *r, sg_str *ret)
{
    sg_str path = r->path;
    if (!r->has_scheme && !r->has_authority && (path.n == 0 || path.p[0] != '/')) {
        SG_TRY(merged_path(arena, base, r->path, &path));
    }
    char *copy = sg_arena_alloc(arena, path.n + 1);
    SG_REQUIRE(copy != NULL, NO_MEMORY);
    if (path.n > 0) {
        memcpy(copy, path.p, path.n);
    }
    /* paths without a slash (urn:...) have no segments to remove */
    size_t n = path.n > 0 && path.p[0] == '/' ? remove_dots(copy, path.n) : path.n;
    *ret = sg_str_of(copy, n);
    return SG_DONE;
}

static bool
characters(sg_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c <= ' ' || c == 0x7f || strchr("\"<>\\^`{|}", c) != NULL) {
            return false;
        }
    }
    return true;
}

sg_result
schema_uri_resolve(
    struct sg_arena *arena, sg_str base_text, sg_str reference, sg_str *ret, sg_str *ret_fragment)
{
    SG_REQUIRE(reference.n <= SCHEMA_URI_MAX && base_text.n <= SCHEMA_URI_MAX, VALUE);
    struct parts base = split(base_text);
    struct parts r = split(reference);
    SG_REQUIRE(characters(sg_str_slice(reference, 0, reference.n - r.fragment.n)), VALUE);
    *ret_fragment = r.fragment;
    bool same = !r.has_scheme && !r.has_authority && r.path.n == 0;
    if (same && !r.has_query) {
        *ret = sg_str_slice(base_text, 0, sg_str_index(base_text, '#', 0));
        return SG_DONE;
    }
    sg_str path = base.path;
    if (!same) {
        SG_TRY(target_path(arena, &base, &r, &path));
    }
    const struct parts *scheme = r.has_scheme ? &r : &base;
    const struct parts *authority = r.has_scheme || r.has_authority ? &r : &base;
    struct sg_buf buf = sg_buf_new(arena, 128, 2 * SCHEMA_URI_MAX + 16);
    if (scheme->has_scheme) {
        sg_buf_put_str(&buf, scheme->scheme);
        sg_buf_put_cstr(&buf, ":");
    }
    if (authority->has_authority) {
        sg_buf_put_cstr(&buf, "//");
        sg_buf_put_str(&buf, authority->authority);
    }
    sg_buf_put_str(&buf, path);
    if (r.has_query) {
        sg_buf_put_cstr(&buf, "?");
        sg_buf_put_str(&buf, r.query);
    }
    SG_TRY(sg_buf_end_str(&buf, ret));
    SG_REQUIRE(ret->n <= SCHEMA_URI_MAX, VALUE);
    return SG_DONE;
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

sg_result
schema_uri_unescape(struct sg_arena *arena, sg_str text, sg_str *ret)
{
    char *out = sg_arena_alloc(arena, text.n + 1);
    size_t n = 0;
    SG_REQUIRE(out != NULL, NO_MEMORY);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '%') {
            out[n++] = text.p[i];
            continue;
        }
        SG_REQUIRE(text.n - i > 2, VALUE);
        int high = hex_digit(text.p[i + 1]);
        int low = hex_digit(text.p[i + 2]);
        SG_REQUIRE(high >= 0 && low >= 0, VALUE);
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    *ret = sg_str_of(out, n);
    return SG_DONE;
}
