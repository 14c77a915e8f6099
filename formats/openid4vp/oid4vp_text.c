/* Texts of a request: parameters, URIs, host names, form encoding. */
#include "oid4vp_int.h"

#include "sg_text.h"

#define URI_MAX ((size_t)2048) /* what the courier takes */

sg_result
vp_text(const struct sjson *object, const char *name, bool *ret_has, sg_str *ret)
{
    const struct sjson *v = sjson_get(object, name);
    if (ret_has != NULL) {
        *ret_has = v != NULL;
    }
    if (v == NULL) {
        *ret = SG_NO_STR;
        return SG_DONE;
    }
    SG_REQUIRE(v->type == SJSON_STRING, TYPE);
    SG_REQUIRE(v->text.n <= OID4VP_TEXT_MAX, TOO_LARGE);
    *ret = v->text;
    return SG_DONE;
}

static bool
deeper(const struct sjson *v, unsigned left)
{
    if (left == 0) {
        return true;
    }
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        if (deeper(e, left - 1)) {
            return true;
        }
    }
    return false;
}

sg_result
vp_depth_check(const struct sjson *v)
{
    SG_REQUIRE(!deeper(v, OID4VP_DEPTH_MAX), DEPTH);
    return SG_DONE;
}

/* ---- URIs ---------------------------------------------------------------------------------------------- */

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
vp_host_equal(sg_str a, sg_str b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

/* Labels of letters, digits, hyphens (A-labels); no wildcard, no trailing dot. */
bool
vp_is_dns_name(sg_str name)
{
    if (name.n == 0 || name.n > 253) {
        return false;
    }
    size_t label = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = lower(name.p[i]);
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        bool edge = label == 0 || i + 1 == name.n || name.p[i + 1] == '.';
        if (!word && (edge || (c != '-' && c != '.'))) {
            return false;
        }
        label = c == '.' ? 0 : label + 1;
        if (label > 63) {
            return false;
        }
    }
    return true;
}

/* RFC 3986: what may stand in a URI, without "#". */
static bool
is_uri_text(sg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c <= ' ' || c == 0x7f || strchr("\"#<>\\^`{|}", c) != NULL) {
            return false; /* `char` is signed: bytes beyond ASCII are below ' ', too */
        }
    }
    return true;
}

static bool
is_this_machine(sg_str host)
{
    return vp_host_equal(host, SG_LIT("localhost")) || sg_str_is(host, "127.0.0.1") ||
           sg_str_is(host, "[::1]");
}

/* host and port of an authority without user; SG_E_VALUE */
static sg_result
split_authority(sg_str authority, sg_str *ret_host)
{
    SG_REQUIRE(sg_str_index(authority, '@', 0) == authority.n, VALUE);
    size_t end = sg_str_index(authority, ':', 0);
    if (authority.n > 0 && authority.p[0] == '[') {
        end = sg_str_index(authority, ']', 0) + 1;
        SG_REQUIRE(end <= authority.n, VALUE);
    }
    if (end < authority.n) {
        uint64_t port;
        SG_REQUIRE(authority.p[end] == ':', VALUE);
        SG_TRY(sg_u64_parse(sg_str_slice(authority, end + 1, authority.n), &port));
        SG_REQUIRE(port >= 1 && port <= 65535, VALUE);
    }
    *ret_host = sg_str_slice(authority, 0, end);
    SG_REQUIRE(ret_host->n > 0, VALUE);
    return SG_DONE;
}

sg_result
vp_uri_check(sg_str uri, bool loopback, sg_str *ret_host)
{
    SG_REQUIRE(uri.n <= URI_MAX, TOO_LARGE);
    SG_REQUIRE(is_uri_text(uri), VALUE);
    bool secure = sg_str_starts(uri, "https://");
    SG_REQUIRE(secure || sg_str_starts(uri, "http://"), VALUE);
    size_t from = secure ? 8 : 7;
    size_t end = from;
    while (end < uri.n && uri.p[end] != '/' && uri.p[end] != '?') {
        end++;
    }
    sg_str host;
    SG_REQUIRE(sg_ok(split_authority(sg_str_slice(uri, from, end - from), &host)), VALUE);
    SG_REQUIRE(secure || (loopback && is_this_machine(host)), VALUE);
    *ret_host = host;
    return SG_DONE;
}

bool
vp_media_is(sg_str content_type, const char *type)
{
    size_t end = sg_str_index(content_type, ';', 0);
    while (end > 0 && (content_type.p[end - 1] == ' ' || content_type.p[end - 1] == '\t')) {
        end--;
    }
    return vp_host_equal(sg_str_slice(content_type, 0, end), sg_cstr(type));
}

/* ---- form encoding --------------------------------------------------------------------------------------- */

static bool
is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void
put_encoded(struct sg_buf *buf, sg_str value)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t from = 0;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (is_plain(c)) {
            continue;
        }
        sg_buf_put_str(buf, sg_str_slice(value, from, i - from));
        from = i + 1;
        uint8_t byte = (uint8_t)c;
        const char code[3] = { '%', digits[byte >> 4], digits[byte & 15] };
        sg_buf_put(buf, byte == ' ' ? sg_bytes_of("+", 1) : SG_BYTES(code));
    }
    sg_buf_put_str(buf, sg_str_slice(value, from, value.n));
}

void
vp_form_put(struct sg_buf *buf, const char *name, sg_str value)
{
    if (buf->n > 0) {
        sg_buf_put_byte(buf, '&');
    }
    sg_buf_put_cstr(buf, name);
    sg_buf_put_byte(buf, '=');
    put_encoded(buf, value);
}

static int
nibble(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

sg_result
vp_form_decode(struct sg_arena *arena, sg_str in, sg_str *ret)
{
    char *out = sg_arena_alloc(arena, in.n);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            SG_REQUIRE(in.n - i > 2, ENCODING);
            int high = nibble(in.p[i + 1]);
            int low = nibble(in.p[i + 2]);
            SG_REQUIRE(high >= 0 && low >= 0, ENCODING);
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[n++] = c;
    }
    *ret = sg_str_of(out, n);
    SG_REQUIRE(sg_utf8_valid(*ret), ENCODING);
    return SG_DONE;
}
