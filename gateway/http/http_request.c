/* What a handler asks of its request: headers, query, negotiation, forms. */
#include <strings.h>

#include "http_inner.h"
#include "sg_text.h"

struct counting {
    const char *name;
    size_t n;
};

static struct MHD_Connection *
connection(const struct http_request *req)
{
    return ((const struct http_job *)req)->mhd;
}

static bool
value_find(const struct http_request *req, enum MHD_ValueKind kind, const char *name, sg_str *ret)
{
    const char *value = NULL;
    size_t n = 0;
    if (MHD_lookup_connection_value_n(connection(req), kind, name, strlen(name), &value, &n) !=
            MHD_YES ||
        value == NULL) {
        return false;
    }
    *ret = sg_str_of(value, n);
    return true;
}

static enum MHD_Result
count_header(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct counting *counting = context;
    (void)kind;
    (void)value;
    counting->n += strcasecmp(key, counting->name) == 0 ? 1 : 0;
    return MHD_YES;
}

static enum MHD_Result
count_query(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct counting *counting = context;
    (void)kind;
    (void)value;
    counting->n += strcmp(key, counting->name) == 0 ? 1 : 0;
    return MHD_YES;
}

bool
http_header_find(const struct http_request *req, const char *name, sg_str *ret)
{
    return value_find(req, MHD_HEADER_KIND, name, ret);
}

bool
http_query_find(const struct http_request *req, const char *name, sg_str *ret)
{
    return value_find(req, MHD_GET_ARGUMENT_KIND, name, ret);
}

size_t
http_header_count(const struct http_request *req, const char *name)
{
    struct counting counting = { name, 0 };
    MHD_get_connection_values(connection(req), MHD_HEADER_KIND, count_header, &counting);
    return counting.n;
}

size_t
http_query_count(const struct http_request *req, const char *name)
{
    struct counting counting = { name, 0 };
    MHD_get_connection_values(connection(req), MHD_GET_ARGUMENT_KIND, count_query, &counting);
    return counting.n;
}

/* ---- Accept (RFC 9110 12.5.1) --------------------------------------------------------------------- */

static sg_str
trim(sg_str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s = sg_str_slice(s, 1, s.n);
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

static bool
same_word(sg_str a, sg_str b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* "q=0.5" in thousandths; 1000 without one. */
static unsigned
weight(sg_str parameters)
{
    for (size_t at = 0; at < parameters.n;) {
        size_t end = sg_str_index(parameters, ';', at);
        sg_str one = trim(sg_str_slice(parameters, at, end - at));
        at = end + 1;
        if (one.n < 3 || (one.p[0] != 'q' && one.p[0] != 'Q') || one.p[1] != '=') {
            continue;
        }
        if (one.p[2] == '1') {
            return 1000;
        }
        unsigned q = 0;
        unsigned unit = 100;
        for (size_t i = 4; i < one.n && i < 7 && one.p[i] >= '0' && one.p[i] <= '9'; i++) {
            q += (unsigned)(one.p[i] - '0') * unit;
            unit /= 10;
        }
        return q;
    }
    return 1000;
}

unsigned
http_weight(sg_str item)
{
    return weight(sg_str_slice(item, sg_str_index(item, ';', 0) + 1, item.n));
}

/* How well a range fits: 3 type/subtype, 2 type/star, 1 star/star, 0 not at all. */
static unsigned
fits(sg_str range, sg_str type)
{
    if (same_word(range, type)) {
        return 3;
    }
    if (sg_str_is(range, "*/*")) {
        return 1;
    }
    size_t slash = sg_str_index(type, '/', 0);
    bool any = range.n == slash + 2 && range.p[slash] == '/' && range.p[slash + 1] == '*';
    return any && same_word(sg_str_slice(range, 0, slash), sg_str_slice(type, 0, slash)) ? 2 : 0;
}

static unsigned
quality(sg_str accept, sg_str type)
{
    unsigned best = 0;
    unsigned q = 0;
    for (size_t at = 0; at < accept.n;) {
        size_t end = sg_str_index(accept, ',', at);
        sg_str item = sg_str_slice(accept, at, end - at);
        at = end + 1;
        size_t semicolon = sg_str_index(item, ';', 0);
        unsigned fit = fits(trim(sg_str_slice(item, 0, semicolon)), type);
        if (fit > best) {
            best = fit;
            q = weight(sg_str_slice(item, semicolon + 1, item.n));
        }
    }
    return q;
}

bool
http_accepts(const struct http_request *req, const char *type, const char *than)
{
    sg_str accept;
    if (!http_header_find(req, "Accept", &accept) || accept.n == 0) {
        return true;
    }
    unsigned q = quality(accept, sg_cstr(type));
    return q > 0 && (than == NULL || q >= quality(accept, sg_cstr(than)));
}

/* ---- forms (application/x-www-form-urlencoded, WHATWG URL 5.1) -------------------------------------- */

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static sg_result
form_decode(struct sg_arena *arena, sg_str in, sg_str *ret)
{
    char *out = sg_arena_alloc(arena, in.n + 1);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        if (in.p[i] != '%') {
            out[n++] = in.p[i] == '+' ? ' ' : in.p[i];
            continue;
        }
        SG_REQUIRE(in.n - i > 2, MALFORMED);
        int high = hex_digit(in.p[i + 1]);
        int low = hex_digit(in.p[i + 2]);
        SG_REQUIRE(high >= 0 && low >= 0, MALFORMED);
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    sg_str text = sg_str_of(out, n);
    SG_REQUIRE(memchr(out, '\0', n) == NULL && sg_utf8_valid(text), MALFORMED);
    *ret = text;
    return SG_DONE;
}

static bool
is_form(const struct http_request *req)
{
    sg_str type;
    if (!http_header_find(req, "Content-Type", &type)) {
        return false;
    }
    sg_str media = trim(sg_str_slice(type, 0, sg_str_index(type, ';', 0)));
    return same_word(media, SG_LIT("application/x-www-form-urlencoded"));
}

sg_result
http_form_get(struct http_request *req, const char *name, sg_str *ret)
{
    SG_REQUIRE(is_form(req), MALFORMED);
    sg_str body = sg_bytes_str(req->body);
    bool found = false;
    sg_str value = SG_NO_STR;
    for (size_t at = 0; at < body.n;) {
        size_t end = sg_str_index(body, '&', at);
        sg_str pair = sg_str_slice(body, at, end - at);
        at = end + 1;
        size_t equals = sg_str_index(pair, '=', 0);
        sg_str key;
        SG_TRY(form_decode(req->arena, sg_str_slice(pair, 0, equals), &key));
        if (!sg_str_is(key, name)) {
            continue;
        }
        SG_REQUIRE(!found, DUPLICATE);
        found = true;
        SG_TRY(form_decode(req->arena, sg_str_slice(pair, equals + 1, pair.n), &value));
    }
    SG_REQUIRE(found, NOT_FOUND);
    *ret = value;
    return SG_DONE;
}
