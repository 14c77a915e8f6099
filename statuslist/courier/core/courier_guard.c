#include "courier_guard.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "sg_text.h"
#include "tsl_token.h"

struct net4 {
    uint8_t addr[4];
    unsigned len;
};

/* IANA special-purpose registry (RFC 6890 and updates), everything that is not globally reachable unicast. */
static const struct net4 NETS4[] = {
    { { 0, 0, 0, 0 }, 8 },       /* this network */
    { { 10, 0, 0, 0 }, 8 },      /* private */
    { { 100, 64, 0, 0 }, 10 },   /* shared (carrier NAT) */
    { { 127, 0, 0, 0 }, 8 },     /* loopback */
    { { 169, 254, 0, 0 }, 16 },  /* link-local, clouds' metadata */
    { { 172, 16, 0, 0 }, 12 },   /* private */
    { { 192, 0, 0, 0 }, 24 },    /* protocol assignments */
    { { 192, 0, 2, 0 }, 24 },    /* documentation */
    { { 192, 31, 196, 0 }, 24 }, /* AS112 */
    { { 192, 52, 193, 0 }, 24 }, /* AMT */
    { { 192, 88, 99, 0 }, 24 },  /* 6to4 relay */
    { { 192, 168, 0, 0 }, 16 },  /* private */
    { { 192, 175, 48, 0 }, 24 }, /* AS112 */
    { { 198, 18, 0, 0 }, 15 },   /* benchmarking */
    { { 198, 51, 100, 0 }, 24 }, /* documentation */
    { { 203, 0, 113, 0 }, 24 },  /* documentation */
    { { 224, 0, 0, 0 }, 4 },     /* multicast */
    { { 240, 0, 0, 0 }, 4 },     /* reserved, broadcast */
};

struct net6 {
    uint8_t addr[16];
    unsigned len;
};

/* Only 2000::/3 is handed out as global unicast; these parts of it are still refused. */
static const struct net6 GLOBAL6 = { { 0x20 }, 3 };
static const struct net6 NETS6[] = {
    { { 0x20, 0x01, 0x00 }, 23 },                   /* 2001::/23: Teredo, ORCHID, benchmarking */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },             /* documentation */
    { { 0x20, 0x02 }, 16 },                         /* 6to4 carries an IPv4 address */
    { { 0x26, 0x20, 0x00, 0x4f, 0x80, 0x00 }, 48 }, /* AS112 */
    { { 0x3f, 0xff, 0x00 }, 20 },                   /* documentation (RFC 9637) */
};

static bool
prefix_is(const uint8_t *address, const uint8_t *net, unsigned len)
{
    unsigned whole = len / 8;
    unsigned rest = len % 8;
    if (memcmp(address, net, whole) != 0) {
        return false;
    }
    unsigned mask = 0xffU << (8 - rest) & 0xffU;
    return rest == 0 || (address[whole] & mask) == (net[whole] & mask);
}

static bool
address4_ok(const uint8_t address[4])
{
    for (size_t i = 0; i < sizeof(NETS4) / sizeof(NETS4[0]); i++) {
        if (prefix_is(address, NETS4[i].addr, NETS4[i].len)) {
            return false;
        }
    }
    return true;
}

static bool
address6_ok(const uint8_t address[16])
{
    if (!prefix_is(address, GLOBAL6.addr, GLOBAL6.len)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(NETS6) / sizeof(NETS6[0]); i++) {
        if (prefix_is(address, NETS6[i].addr, NETS6[i].len)) {
            return false;
        }
    }
    return true;
}

bool
guard_address_ok(const struct sockaddr *address, socklen_t len)
{
    if (address->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return address4_ok((const uint8_t *)&in.sin_addr);
    }
    if (address->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return address6_ok(in6.sin6_addr.s6_addr);
    }
    return false;
}

bool
guard_address_loopback(const struct sockaddr *address, socklen_t len)
{
    if (address->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return ((const uint8_t *)&in.sin_addr)[0] == 127;
    }
    if (address->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
    }
    return false;
}

bool
guard_address_private(const struct sockaddr *address, socklen_t len)
{
    static const struct net4 own4[] = { { { 10, 0, 0, 0 }, 8 }, { { 100, 64, 0, 0 }, 10 },
        { { 172, 16, 0, 0 }, 12 }, { { 192, 168, 0, 0 }, 16 } };
    static const struct net6 own6 = { { 0xfc }, 7 };
    if (address->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        bool is = false;
        for (size_t i = 0; i < sizeof(own4) / sizeof(own4[0]); i++) {
            is = is || prefix_is((const uint8_t *)&in.sin_addr, own4[i].addr, own4[i].len);
        }
        return is;
    }
    if (address->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return prefix_is(in6.sin6_addr.s6_addr, own6.addr, own6.len);
    }
    return false;
}

bool
guard_host_loopback(const char *host)
{
    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0) {
        return true;
    }
    /* 127.0.0.0/8: digits and dots alone, so that 127.example.org is a name like any other */
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host);
}

/* ---- URLs ------------------------------------------------------------------------------------------ */

static void
url_free(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void
curl_text_free(char **text)
{
    curl_free(*text);
}

/* curl's own parser, because curl is what will use the URL: two parsers that differ are how guards are passed. */
static sg_result
url_parse(sg_str text, CURLU **ret)
{
    char copy[GUARD_URL_MAX + 1];
    SG_REQUIRE(text.n > 0 && text.n <= GUARD_URL_MAX, VALUE);
    for (size_t i = 0; i < text.n; i++) {
        SG_REQUIRE(text.p[i] > ' ' && text.p[i] < 0x7f && text.p[i] != '\\', VALUE);
    }
    /* curl also takes one or three slashes: then others would see another host than it does */
    size_t colon = sg_str_index(text, ':', 0);
    sg_str after = sg_str_slice(text, colon, text.n);
    SG_REQUIRE(sg_str_starts(after, "://") && !sg_str_starts(after, ":///"), VALUE);
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    SG_CLEANUP(url_free)
    CURLU *url = curl_url();
    SG_REQUIRE(url != NULL, NO_MEMORY);
    SG_REQUIRE(curl_url_set(url, CURLUPART_URL, copy, CURLU_DISALLOW_USER) == CURLUE_OK, VALUE);
    *ret = url;
    url = NULL;
    return SG_DONE;
}

static sg_result
url_part(CURLU *url, CURLUPart part, char *out, size_t room)
{
    SG_CLEANUP(curl_text_free)
    char *text = NULL;
    SG_REQUIRE(curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK, VALUE);
    size_t n = strlen(text);
    SG_REQUIRE(n < room, VALUE);
    memcpy(out, text, n + 1);
    return SG_DONE;
}

static bool
url_has(CURLU *url, CURLUPart part)
{
    SG_CLEANUP(curl_text_free)
    char *text = NULL;
    return curl_url_get(url, part, &text, 0) == CURLUE_OK && text != NULL;
}

static sg_result
url_origin(CURLU *url, struct guard_origin *ret)
{
    struct guard_origin origin = { 0 };
    char port[8];
    uint64_t number = 0;
    SG_TRY(url_part(url, CURLUPART_SCHEME, origin.scheme, sizeof(origin.scheme)));
    SG_TRY(url_part(url, CURLUPART_HOST, origin.host, sizeof(origin.host)));
    SG_TRY(url_part(url, CURLUPART_PORT, port, sizeof(port)));
    SG_TRY(sg_u64_parse(sg_cstr(port), &number));
    SG_REQUIRE(number > 0 && number < 65536, VALUE);
    for (char *c = origin.host; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c - 'A' + 'a');
        }
    }
    bool web = strcmp(origin.scheme, "https") == 0 || strcmp(origin.scheme, "http") == 0;
    SG_REQUIRE(web && origin.host[0] != '\0', VALUE);
    origin.port = (unsigned)number;
    *ret = origin;
    return SG_DONE;
}

bool
guard_origin_equal(const struct guard_origin *a, const struct guard_origin *b)
{
    return a->port == b->port && strcmp(a->scheme, b->scheme) == 0 && strcmp(a->host, b->host) == 0;
}

sg_result
guard_origin_parse(sg_str origin, struct guard_origin *ret)
{
    SG_CLEANUP(url_free)
    CURLU *url = NULL;
    char path[8];
    SG_TRY(url_parse(origin, &url));
    SG_TRY(url_part(url, CURLUPART_PATH, path, sizeof(path)));
    SG_REQUIRE(strcmp(path, "/") == 0, VALUE);
    SG_REQUIRE(!url_has(url, CURLUPART_QUERY) && !url_has(url, CURLUPART_FRAGMENT), VALUE);
    return url_origin(url, ret);
}

/* Beneath "/status/", or "/status/name" beneath whatever path the gateway's public URL has. */
static bool
is_own_path(const char *path)
{
    const char *name = strrchr(path, '/');
    size_t head = name == NULL ? 0 : (size_t)(name - path) + 1;
    size_t n = strlen(GUARD_OWN_PATH);
    bool beneath = head >= n && memcmp(path + head - n, GUARD_OWN_PATH, n) == 0;
    return (beneath || strncmp(path, GUARD_OWN_PATH, n) == 0) && strstr(path, "..") == NULL &&
           strchr(path, '%') == NULL;
}

sg_result
guard_url(sg_str text, const struct guard_origin *own, bool *ret_own)
{
    SG_CLEANUP(url_free)
    CURLU *url = NULL;
    struct guard_origin origin;
    char path[TSL_URI_MAX + 1];
    SG_REQUIRE(text.n <= TSL_URI_MAX, VALUE);
    SG_TRY(url_parse(text, &url));
    SG_REQUIRE(!url_has(url, CURLUPART_FRAGMENT), VALUE);
    SG_TRY(url_origin(url, &origin));
    SG_TRY(url_part(url, CURLUPART_PATH, path, sizeof(path)));
    bool is_own = own != NULL && guard_origin_equal(&origin, own);
    SG_REQUIRE(is_own ? is_own_path(path) : strcmp(origin.scheme, "https") == 0, ADDRESS);
    *ret_own = is_own;
    return SG_DONE;
}

sg_result
guard_host(sg_str text, char ret[GUARD_HOST_MAX])
{
    SG_CLEANUP(url_free)
    CURLU *url = NULL;
    struct guard_origin origin;
    SG_TRY(url_parse(text, &url));
    SG_TRY(url_origin(url, &origin));
    memcpy(ret, origin.host, sizeof(origin.host));
    return SG_DONE;
}

sg_result
guard_place_of(sg_str text, struct guard_place *ret)
{
    SG_CLEANUP(url_free)
    CURLU *url = NULL;
    SG_TRY(url_parse(text, &url));
    SG_REQUIRE(!url_has(url, CURLUPART_FRAGMENT), VALUE);
    SG_TRY(url_origin(url, &ret->origin));
    SG_TRY(url_part(url, CURLUPART_PATH, ret->path, sizeof(ret->path)));
    ret->has_query = url_has(url, CURLUPART_QUERY);
    return SG_DONE;
}
