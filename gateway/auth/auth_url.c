/* Comparing `htu` with our own public URL. */
#include "auth_internal.h"

#define URL_MAX 2048

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Percent-encoding: unreserved characters decoded, the rest with capital digits (RFC 3986 6.2.2.1, 6.2.2.2). */
static bool
put_path(struct sg_buf *buf, sg_str path)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] != '%') {
            sg_buf_put_byte(buf, (uint8_t)path.p[i]);
            continue;
        }
        if (i + 2 >= path.n || hex_value(path.p[i + 1]) < 0 || hex_value(path.p[i + 2]) < 0) {
            return false;
        }
        int v = hex_value(path.p[i + 1]) * 16 + hex_value(path.p[i + 2]);
        if (is_unreserved((char)v)) {
            sg_buf_put_byte(buf, (uint8_t)v);
        } else {
            sg_buf_put_byte(buf, '%');
            sg_buf_put_byte(buf, (uint8_t)digits[v >> 4]);
            sg_buf_put_byte(buf, (uint8_t)digits[v & 15]);
        }
        i += 2;
    }
    return true;
}

/* RFC 3986 5.2.4, in place on an absolute path. */
static size_t
remove_dots(char *p, size_t n)
{
    size_t out = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && p[end] != '/') {
            end++;
        }
        size_t len = end - i; /* "/segment" */
        if (len == 2 && p[i + 1] == '.') {
            if (end == n) {
                p[out++] = '/';
            }
        } else if (len == 3 && p[i + 1] == '.' && p[i + 2] == '.') {
            while (out > 0 && p[--out] != '/') {
            }
            if (end == n) {
                p[out++] = '/';
            }
        } else {
            memmove(p + out, p + i, len);
            out += len;
        }
        i = end;
    }
    return out;
}

static bool
normalise(struct sg_arena *arena, sg_str url, sg_str *ret)
{
    if (url.n > URL_MAX) {
        return false;
    }
    size_t cut = sg_str_index(url, '#', 0);
    url = sg_str_slice(url, 0, cut);
    url = sg_str_slice(url, 0, sg_str_index(url, '?', 0));
    size_t colon = sg_str_index(url, ':', 0);
    if (colon + 3 > url.n || memcmp(url.p + colon, "://", 3) != 0) {
        return false;
    }
    size_t path_at = sg_str_index(url, '/', colon + 3);
    sg_str authority = sg_str_slice(url, colon + 3, path_at - colon - 3);
    struct sg_buf buf = sg_buf_new(arena, url.n + 8, 3 * URL_MAX);
    for (size_t i = 0; i < colon; i++) {
        sg_buf_put_byte(&buf, (uint8_t)lower(url.p[i]));
    }
    bool tls = colon == 5 && buf.n == 5 && memcmp(buf.p, "https", 5) == 0;
    sg_str default_port = tls ? SG_LIT(":443") : SG_LIT(":80");
    if (authority.n > default_port.n &&
        memcmp(authority.p + authority.n - default_port.n, default_port.p, default_port.n) == 0) {
        authority.n -= default_port.n;
    } else if (authority.n > 0 && authority.p[authority.n - 1] == ':') {
        authority.n--;
    }
    sg_buf_put_cstr(&buf, "://");
    for (size_t i = 0; i < authority.n; i++) {
        sg_buf_put_byte(&buf, (uint8_t)lower(authority.p[i]));
    }
    size_t head = buf.n;
    if (path_at == url.n) {
        sg_buf_put_byte(&buf, '/');
    } else if (!put_path(&buf, sg_str_slice(url, path_at, url.n - path_at))) {
        return false;
    }
    if (buf.failed != SG_OK) {
        return false;
    }
    buf.n = head + remove_dots((char *)buf.p + head, buf.n - head);
    *ret = sg_str_of((const char *)buf.p, buf.n);
    return true;
}

bool
auth_same_url(struct sg_arena *arena, sg_str htu, sg_str url)
{
    if (sg_str_equal(htu, url)) {
        return true;
    }
    sg_str a, b;
    return normalise(arena, htu, &a) && normalise(arena, url, &b) && sg_str_equal(a, b);
}
