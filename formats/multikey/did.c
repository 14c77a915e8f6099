/* did:key, did:jwk, did:web. req: FMT-3 */
#include "did.h"

#include "sg_text.h"

static sg_result
concat(struct sg_arena *arena, const char *prefix, sg_str text, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, strlen(prefix) + text.n, DID_MAX);
    sg_buf_put_cstr(&buf, prefix);
    sg_buf_put_str(&buf, text);
    return sg_buf_end_str(&buf, ret);
}

/* What follows `prefix`; SG_E_VALUE when nothing does, or when a fragment, query or path hangs on it. */
static sg_result
after(sg_str did, const char *prefix, sg_str *ret)
{
    size_t n = strlen(prefix);
    SG_REQUIRE(did.n <= DID_MAX && sg_str_starts(did, prefix) && did.n > n, VALUE);
    sg_str rest = sg_str_slice(did, n, did.n);
    SG_REQUIRE(sg_str_index(rest, '#', 0) == rest.n && sg_str_index(rest, '?', 0) == rest.n &&
                   sg_str_index(rest, '/', 0) == rest.n,
        VALUE);
    *ret = rest;
    return SG_DONE;
}

/* ---- did:key and did:jwk -------------------------------------------------------------------------------- */

sg_result
did_key_of(struct sg_arena *arena, const struct jwk *key, sg_str *ret)
{
    sg_str multikey;
    SG_TRY(multikey_encode(arena, key, &multikey));
    return concat(arena, "did:key:", multikey, ret);
}

sg_result
did_key_parse(sg_str did, struct jwk *ret)
{
    sg_str multikey;
    SG_TRY(after(did, "did:key:", &multikey));
    return multikey_decode(multikey, ret);
}

sg_result
did_jwk_of(struct sg_arena *arena, const struct jwk *key, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 256, DID_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    jwk_write(&wr, key);
    sg_bytes json;
    SG_TRY(sg_buf_end(&buf, &json));
    sg_str text;
    SG_TRY(sg_b64url_encode(arena, json, &text));
    return concat(arena, "did:jwk:", text, ret);
}

sg_result
did_jwk_parse(struct sg_arena *arena, sg_str did, struct jwk *ret)
{
    sg_str text;
    SG_TRY(after(did, "did:jwk:", &text));
    sg_bytes json;
    SG_TRY(sg_b64url_decode(arena, text, &json));
    const struct sjson *value;
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(json), NULL, &value));
    return jwk_parse(arena, value, ret);
}

sg_result
did_method_of(struct sg_arena *arena, sg_str did, sg_str *ret)
{
    sg_str fragment = SG_LIT("0");
    if (!sg_ok(after(did, "did:jwk:", &(sg_str){ 0 }))) {
        SG_TRY(after(did, "did:key:", &fragment));
    }
    struct sg_buf buf = sg_buf_new(arena, did.n + fragment.n + 1, 2 * DID_MAX);
    sg_buf_put_str(&buf, did);
    sg_buf_put_byte(&buf, '#');
    sg_buf_put_str(&buf, fragment);
    return sg_buf_end_str(&buf, ret);
}

/* ---- did:web --------------------------------------------------------------------------------------------- */

static bool
is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A host name of letters, digits and hyphens; labels neither empty nor with a hyphen at an end. */
static bool
is_host(sg_str host)
{
    if (host.n == 0 || host.n > 253) {
        return false;
    }
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool edge = i == 0 || i + 1 == host.n || host.p[i - 1] == '.' || host.p[i + 1] == '.';
        if (!is_alnum(c) && (edge || (c != '-' && c != '.'))) {
            return false;
        }
    }
    return true;
}

static bool
is_port(sg_str port)
{
    uint64_t value = 0;
    return sg_ok(sg_u64_parse(port, &value)) && value >= 1 && value <= 65535;
}

/* A path segment that is the same text in a DID and in a URL, and that no server takes for "here" or "up". */
static bool
is_segment(sg_str segment)
{
    if (segment.n == 0 || sg_str_is(segment, ".") || sg_str_is(segment, "..")) {
        return false;
    }
    for (size_t i = 0; i < segment.n; i++) {
        char c = segment.p[i];
        if (!is_alnum(c) && c != '-' && c != '_' && c != '.') {
            return false;
        }
    }
    return true;
}

/* "example.org" or "example.org%3A8443" */
static sg_result
split_port(sg_str authority, const char *colon, sg_str *ret_host, sg_str *ret_port)
{
    size_t at = sg_str_index(authority, colon[0], 0);
    *ret_host = sg_str_slice(authority, 0, at);
    *ret_port = SG_NO_STR;
    SG_REQUIRE(is_host(*ret_host), VALUE);
    if (at == authority.n) {
        return SG_DONE;
    }
    sg_str rest = sg_str_slice(authority, at, authority.n);
    SG_REQUIRE(
        sg_str_starts(rest, colon) || (colon[0] == '%' && sg_str_starts(rest, "%3a")), VALUE);
    *ret_port = sg_str_slice(rest, strlen(colon), rest.n);
    SG_REQUIRE(is_port(*ret_port), VALUE);
    return SG_DONE;
}

/* Append the segments of `path`, which `from` separates, each behind `to`. */
static sg_result
put_segments(struct sg_buf *buf, sg_str path, char from, char to)
{
    for (size_t at = 0; at <= path.n;) {
        size_t end = sg_str_index(path, from, at);
        sg_str segment = sg_str_slice(path, at, end - at);
        SG_REQUIRE(is_segment(segment), VALUE);
        sg_buf_put_byte(buf, (uint8_t)to);
        sg_buf_put_str(buf, segment);
        at = end + 1;
    }
    return SG_DONE;
}

sg_result
did_web_url(struct sg_arena *arena, sg_str did, sg_str *ret)
{
    sg_str id;
    SG_TRY(after(did, "did:web:", &id));
    size_t colon = sg_str_index(id, ':', 0);
    sg_str host, port;
    SG_TRY(split_port(sg_str_slice(id, 0, colon), "%3A", &host, &port));
    struct sg_buf buf = sg_buf_new(arena, did.n + 40, 2 * DID_MAX);
    sg_buf_put_cstr(&buf, "https://");
    sg_buf_put_str(&buf, host);
    if (port.n != 0) {
        sg_buf_put_byte(&buf, ':');
        sg_buf_put_str(&buf, port);
    }
    if (colon == id.n) {
        sg_buf_put_cstr(&buf, "/.well-known");
    } else {
        SG_TRY(put_segments(&buf, sg_str_slice(id, colon + 1, id.n), ':', '/'));
    }
    sg_buf_put_cstr(&buf, "/did.json");
    return sg_buf_end_str(&buf, ret);
}

static sg_result
web_of(struct sg_arena *arena, sg_str rest, sg_str *ret)
{
    if (rest.n > 0 && rest.p[rest.n - 1] == '/') {
        rest = sg_str_slice(rest, 0, rest.n - 1);
    }
    size_t slash = sg_str_index(rest, '/', 0);
    sg_str host, port;
    SG_TRY(split_port(sg_str_slice(rest, 0, slash), ":", &host, &port));
    struct sg_buf buf = sg_buf_new(arena, rest.n + 16, DID_MAX);
    sg_buf_put_cstr(&buf, "did:web:");
    sg_buf_put_str(&buf, host);
    if (port.n != 0) {
        sg_buf_put_cstr(&buf, "%3A");
        sg_buf_put_str(&buf, port);
    }
    if (slash < rest.n) {
        SG_TRY(put_segments(&buf, sg_str_slice(rest, slash + 1, rest.n), '/', ':'));
    }
    return sg_buf_end_str(&buf, ret);
}

sg_result
did_web_of(struct sg_arena *arena, sg_str base, sg_str *ret)
{
    SG_REQUIRE(sg_str_starts(base, "https://"), VALUE);
    return web_of(arena, sg_str_slice(base, 8, base.n), ret);
}

sg_result
did_web_of_test(struct sg_arena *arena, sg_str base, sg_str *ret)
{
    if (!sg_str_starts(base, "http://localhost")) {
        return did_web_of(arena, base, ret);
    }
    char next = base.n > 16 ? base.p[16] : '/';
    SG_REQUIRE(next == ':' || next == '/', VALUE); /* not http://localhost.example.org */
    return web_of(arena, sg_str_slice(base, 7, base.n), ret);
}
