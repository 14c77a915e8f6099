#include "conf_check.h"

#include <ctype.h>
#include <strings.h>

const char *
conf_is_environment(const char *text)
{
    bool known = strcmp(text, CONF_TEST) == 0 || strcmp(text, CONF_PRODUCTION) == 0;
    return known ? NULL : "is neither test nor production";
}

const char *
conf_is_vcapi_profile(const char *text)
{
    bool known = strcmp(text, CONF_VCAPI_STANDARD) == 0 || strcmp(text, CONF_VCAPI_SUITE) == 0;
    return known ? NULL : "is neither standard nor w3c-suite";
}

/* Host of http(s)://host[:port][/path] without brackets; false if it is no such URL. */
static bool
host_of(const char *url, sg_str *ret_host, const char **ret_rest)
{
    size_t skip = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    const char *host = url + skip;
    if (skip == 0) {
        return false;
    }
    size_t n;
    const char *rest;
    if (host[0] == '[') {
        const char *close = strchr(host, ']');
        if (close == NULL) {
            return false;
        }
        n = (size_t)(close - host) - 1;
        host++;
        rest = close + 1;
    } else {
        n = strcspn(host, ":/?#");
        rest = host + n;
    }
    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char)host[i]) && strchr(".-:", host[i]) == NULL) {
            return false;
        }
    }
    if (rest[0] == ':') {
        size_t digits = strspn(rest + 1, "0123456789");
        if (digits == 0 || digits > 5) {
            return false;
        }
        rest += 1 + digits;
    }
    *ret_host = sg_str_of(host, n);
    *ret_rest = rest;
    return n > 0 && (rest[0] == '\0' || rest[0] == '/');
}

const char *
conf_is_base_url(const char *text)
{
    sg_str host;
    const char *rest;
    if (!host_of(text, &host, &rest)) {
        return "is not an http or https URL with a plain host";
    }
    if (strpbrk(rest, "?#\\\"<> ") != NULL || strstr(rest, "..") != NULL) {
        return "has a query, a fragment or a character that URLs do not have";
    }
    return text[strlen(text) - 1] == '/' ? "ends with a slash" : NULL;
}

const char *
conf_is_origin(const char *text)
{
    sg_str host;
    const char *rest;
    if (!host_of(text, &host, &rest)) {
        return "is not an http or https URL with a plain host";
    }
    return rest[0] == '\0' ? NULL : "has a path: only scheme, host and port belong here";
}

const char *
conf_is_rp_id(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.");
    bool good = text[n] == '\0' && text[0] != '.' && text[0] != '-' && text[n - 1] != '.' &&
                strstr(text, "..") == NULL;
    return good ? NULL : "is not a host name in lower case, without scheme and port";
}

const char *
conf_is_wallet(const char *text)
{
    const char *redirect = strchr(text, '|');
    const char *name = redirect == NULL ? NULL : strchr(redirect + 1, '|');
    bool three = name != NULL && redirect != text && name != redirect + 1 && name[1] != '\0' &&
                 strchr(name + 1, '|') == NULL;
    if (!three) {
        return "is not client id|redirect URI|name";
    }
    /* RFC 6749 3.1.2: absolute, without fragment */
    size_t scheme = strcspn(redirect + 1, ":|");
    bool absolute = redirect[1 + scheme] == ':' && scheme > 0;
    bool fragment = memchr(redirect, '#', (size_t)(name - redirect)) != NULL;
    return absolute && !fragment ? NULL : "its redirect URI is not absolute or has a fragment";
}

bool
conf_loopback_url(const char *url)
{
    sg_str host;
    const char *rest;
    if (!host_of(url, &host, &rest)) {
        return false;
    }
    if (host.n == strlen("localhost") && strncasecmp(host.p, "localhost", host.n) == 0) {
        return true;
    }
    if (sg_str_is(host, "::1")) {
        return true;
    }
    /* 127.0.0.0/8: digits and dots alone, so that 127.example.org is a name like any other */
    bool numeric = strspn(host.p, "0123456789.") >= host.n;
    return numeric && sg_str_starts(host, "127.");
}

const char *
conf_is_path(const char *text)
{
    bool climbs = strcmp(text, "..") == 0 || strncmp(text, "../", 3) == 0 ||
                  strstr(text, "/../") != NULL ||
                  (strlen(text) >= 3 && strcmp(text + strlen(text) - 3, "/..") == 0);
    return climbs ? "climbs out of its folder" : NULL;
}

const char *
conf_is_absolute_path(const char *text)
{
    return text[0] == '/' ? conf_is_path(text) : "is not an absolute path";
}

const char *
conf_is_label(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!isalnum((unsigned char)*p) && strchr("._-", *p) == NULL) {
            return "has a character other than letters, digits, dot, underscore and hyphen";
        }
    }
    return NULL;
}

const char *
conf_is_log_origin(const char *text)
{
    return strpbrk(text, " +\t") == NULL ? NULL : "has a space or a plus sign";
}
