#include "courier_fetch.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bsl.h"
#include "tsl_token.h"

/* Every form that the desk reads; JWT first where a list comes as both. */
#define ACCEPT                                                                                     \
    "Accept: " TSL_MEDIA_TYPE ", " BSL_JWT_TYPE ", " TSL_CWT_TYPE ";q=0.5, " BSL_JSON_TYPE ";q=0." \
    "4"

struct fetch {
    struct courier_transfer transfer; /* first: what libcurl hands back */
    struct courier_fetcher *owner;
    struct fetch *next;
    void *what;
    CURL *easy;
    struct curl_slist *headers;
    bool first_own; /* the URL asked for is ours: only then may a redirect lead to our origin */
    bool own;       /* this hop is ours: its addresses are exempt */
    bool conditional;
    bool refused_address;
    bool too_large;
    bool no_memory;
    unsigned hops;
    int64_t deadline_ms;
    uint8_t *body;
    size_t body_len;
    size_t body_cap;
    size_t header_len;
    char etag[COURIER_ETAG_MAX];
    size_t etag_len;
};

struct courier_fetcher {
    struct courier_fetch_settings settings;
    CURLM *multi;
    struct fetch *under_way;
    size_t n_under_way;
    size_t n_carried;
    int64_t now_ms; /* of the current turn */
};

/* ---- call-backs of one response -------------------------------------------------------------------- */

static size_t
on_body(char *p, size_t size, size_t count, void *context)
{
    struct fetch *f = context;
    size_t n = size * count; /* size is 1 */
    size_t max = f->owner->settings.body_max;
    if (n > max - f->body_len) {
        f->too_large = true;
        return 0;
    }
    if (f->body_len + n > f->body_cap) {
        size_t cap = f->body_cap * 2 > f->body_len + n ? f->body_cap * 2 : f->body_len + n;
        uint8_t *grown = realloc(f->body, cap < 4096 ? 4096 : cap);
        if (grown == NULL) {
            f->no_memory = true;
            return 0;
        }
        f->body = grown;
        f->body_cap = cap < 4096 ? 4096 : cap;
    }
    if (n > 0) {
        memcpy(f->body + f->body_len, p, n);
        f->body_len += n;
    }
    return n;
}

static sg_str
trimmed(sg_str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s = sg_str_slice(s, 1, s.n);
    }
    while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL) {
        s.n--;
    }
    return s;
}

/* An entity tag goes back as it came, so it must be one: quoted, printable, short (RFC 9110 8.8.3). Anything else is no tag. */
static bool
etag_ok(sg_str tag)
{
    size_t from = sg_str_starts(tag, "W/") ? 2 : 0;
    if (tag.n < from + 2 || tag.n >= COURIER_ETAG_MAX || tag.p[from] != '"' ||
        tag.p[tag.n - 1] != '"') {
        return false;
    }
    for (size_t i = from + 1; i + 1 < tag.n; i++) {
        if (tag.p[i] <= ' ' || tag.p[i] >= 0x7f || tag.p[i] == '"') {
            return false;
        }
    }
    return true;
}

static size_t
on_header(char *p, size_t size, size_t count, void *context)
{
    struct fetch *f = context;
    size_t n = size * count;
    sg_str line = sg_str_of(p, n);
    f->header_len += n;
    if (f->header_len > COURIER_HEADERS_MAX) {
        f->too_large = true;
        return 0;
    }
    if (n > 5 && strncasecmp(p, "etag:", 5) == 0) {
        sg_str tag = trimmed(sg_str_slice(line, 5, n));
        if (etag_ok(tag)) {
            memcpy(f->etag, tag.p, tag.n);
            f->etag_len = tag.n;
        }
    }
    return n;
}

/* The guard: the last look before a connection, at the address itself. */
static curl_socket_t
on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct fetch *f = context;
    if (purpose != CURLSOCKTYPE_IPCXN || (!f->own && !guard_address_ok(&to->addr, to->addrlen))) {
        f->refused_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- one request ----------------------------------------------------------------------------------- */

bool
courier_easy_common(CURL *easy, const char *url, const char *protocols, long timeout_ms)
{
    CURLcode bad = CURLE_OK;
#define SET(option, value) bad = bad != CURLE_OK ? bad : curl_easy_setopt(easy, option, value)
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, protocols);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_TIMEOUT_MS, timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROXY, ""); /* also keeps the environment's proxies out */
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_USERAGENT, "sealgate/" SEALGATE_VERSION);
    SET(CURLOPT_MAXAGE_CONN, 20L);
    /* a resolver thread whose request has timed out is left to end by itself: waiting for it would stop everybody */
    SET(CURLOPT_QUICK_EXIT, 1L);
#undef SET
    return bad == CURLE_OK;
}

bool
courier_easy_roots(CURL *easy, sg_str pem)
{
    struct curl_blob blob = { (void *)(uintptr_t)pem.p, pem.n, CURL_BLOB_NOCOPY };
    return curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

static bool
set_up(struct fetch *f, const char *url, int64_t timeout_ms)
{
    CURL *e = f->easy;
    CURLcode bad = CURLE_OK;
    curl_easy_reset(e); /* a hop away from our own address forgets its private root */
    if (!courier_easy_common(e, url, f->own ? "http,https" : "https", (long)timeout_ms)) {
        return false;
    }
    sg_str ca = f->owner->settings.own_ca;
    /* a private root vouches for our own address and for no other */
    if (f->own && ca.n > 0 && !courier_easy_roots(e, ca)) {
        return false;
    }
#define SET(option, value) bad = bad != CURLE_OK ? bad : curl_easy_setopt(e, option, value)
    SET(CURLOPT_ACCEPT_ENCODING, "gzip"); /* counted unpacked, in on_body */
    SET(CURLOPT_HTTPHEADER, f->headers);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, f);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, f);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, f);
    SET(CURLOPT_PRIVATE, f);
#undef SET
    return bad == CURLE_OK;
}

static void
fetch_free(struct fetch **f)
{
    if (*f != NULL) {
        curl_easy_cleanup((*f)->easy);
        curl_slist_free_all((*f)->headers);
        free((*f)->body);
        free(*f);
        *f = NULL;
    }
}

static bool
add_header(struct fetch *f, const char *line)
{
    struct curl_slist *grown = curl_slist_append(f->headers, line);
    if (grown == NULL) {
        return false;
    }
    f->headers = grown;
    return true;
}

bool
courier_host_listed(const struct conf_list *hosts, const char *host)
{
    for (size_t i = 0; i < hosts->n; i++) {
        if (strcasecmp(hosts->items[i], host) == 0) {
            return true;
        }
    }
    return hosts->n == 0;
}

/* The guard's rules and the list of hosts, for the first URL and for every redirect. */
static sg_result
allowed(const struct courier_fetcher *fetcher, sg_str url, bool *ret_own)
{
    bool own = false;
    char host[GUARD_HOST_MAX];
    SG_TRY(guard_url(url, fetcher->settings.own, &own));
    SG_TRY(guard_host(url, host));
    SG_REQUIRE(own || courier_host_listed(fetcher->settings.allow_hosts, host), ADDRESS);
    *ret_own = own;
    return SG_DONE;
}

sg_result
courier_fetch_allowed(const struct courier_fetcher *fetcher, sg_str uri)
{
    bool own = false;
    return allowed(fetcher, uri, &own);
}

static sg_result
url_copy(sg_str url, char copy[TSL_URI_MAX + 1])
{
    SG_REQUIRE(url.n <= TSL_URI_MAX, VALUE);
    memcpy(copy, url.p, url.n);
    copy[url.n] = '\0';
    return SG_DONE;
}

static void on_end(struct courier_transfer *transfer, CURLcode curl);

sg_result
courier_fetch_start(
    struct courier_fetcher *fetcher, sg_str uri, sg_str etag, int64_t now_ms, void *what)
{
    char url[TSL_URI_MAX + 1];
    char condition[COURIER_ETAG_MAX + 32];
    bool own = false;
    SG_TRY(allowed(fetcher, uri, &own));
    SG_TRY(url_copy(uri, url));
    SG_REQUIRE(fetcher->n_under_way < COURIER_FETCHES_MAX, TOO_MANY);
    SG_CLEANUP(fetch_free)
    struct fetch *f = calloc(1, sizeof(*f));
    SG_REQUIRE(f != NULL, NO_MEMORY);
    f->transfer.end = on_end;
    f->owner = fetcher;
    f->what = what;
    f->own = own;
    f->first_own = own;
    f->deadline_ms = now_ms + fetcher->settings.timeout_ms;
    f->easy = curl_easy_init();
    SG_REQUIRE(f->easy != NULL && add_header(f, ACCEPT), NO_MEMORY);
    if (etag.n > 0 && etag.n < COURIER_ETAG_MAX) {
        (void)snprintf(condition, sizeof(condition), "If-None-Match: %.*s", SG_PRINT(etag));
        SG_REQUIRE(add_header(f, condition), NO_MEMORY);
        f->conditional = true;
    }
    SG_REQUIRE(set_up(f, url, fetcher->settings.timeout_ms), NO_MEMORY);
    SG_REQUIRE(curl_multi_add_handle(fetcher->multi, f->easy) == CURLM_OK, NO_MEMORY);
    f->next = fetcher->under_way;
    fetcher->under_way = f;
    fetcher->n_under_way++;
    f = NULL;
    return SG_DONE;
}

/* Take the next hop if it may be taken: SG_OK when the fetch goes on. */
static sg_result
follow(struct fetch *f, int64_t now_ms)
{
    char *location = NULL; /* owned by the handle */
    char url[TSL_URI_MAX + 1];
    bool own = false;
    SG_REQUIRE(f->hops < COURIER_HOPS_MAX && now_ms < f->deadline_ms, FETCH);
    (void)curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &location);
    SG_REQUIRE(location != NULL, FETCH);
    SG_TRY(allowed(f->owner, sg_cstr(location), &own));
    /* a stranger's list must not lead us into our own house */
    SG_REQUIRE(!own || f->first_own, ADDRESS);
    SG_TRY(url_copy(sg_cstr(location), url));
    f->hops++;
    f->own = own;
    f->body_len = 0;
    f->header_len = 0;
    f->etag_len = 0;
    int64_t left_ms =
        f->deadline_ms - now_ms; /* never more than the whole, even if the clock was set back */
    int64_t whole_ms = f->owner->settings.timeout_ms;
    SG_REQUIRE(set_up(f, url, left_ms < whole_ms ? left_ms : whole_ms), NO_MEMORY);
    SG_REQUIRE(curl_multi_add_handle(f->owner->multi, f->easy) == CURLM_OK, NO_MEMORY);
    return SG_DONE;
}

static enum sg_code
failure_of(const struct fetch *f)
{
    if (f->too_large) {
        return SG_E_TOO_LARGE;
    }
    if (f->no_memory) {
        return SG_E_NO_MEMORY;
    }
    return f->refused_address ? SG_E_ADDRESS : SG_E_FETCH;
}

static void
unlink_fetch(struct courier_fetcher *fetcher, struct fetch *f)
{
    for (struct fetch **at = &fetcher->under_way; *at != NULL; at = &(*at)->next) {
        if (*at == f) {
            *at = f->next;
            fetcher->n_under_way--;
            return;
        }
    }
}

static bool
is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* One response is complete, well or not. */
static void
on_end(struct courier_transfer *transfer, CURLcode curl)
{
    struct fetch *f = (struct fetch *)transfer;
    struct courier_fetcher *fetcher = f->owner;
    long status = 0;
    struct courier_fetched fetched = { .code = SG_OK, .curl = (unsigned)curl };
    (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    fetched.status = status > 0 ? (unsigned)status : 0;
    if (curl != CURLE_OK) {
        fetched.code = failure_of(f);
    } else if (is_redirect(status)) {
        fetched.code = follow(f, fetcher->now_ms).code;
        if (fetched.code == SG_OK) {
            return; /* goes on */
        }
    } else if (status == 304 && f->conditional) {
        fetched.not_modified = true;
    } else if (status != 200) {
        fetched.code = SG_E_FETCH;
    }
    fetched.body = sg_bytes_of(f->body, f->body_len);
    fetched.etag = sg_str_of(f->etag, f->etag_len);
    unlink_fetch(fetcher, f);
    fetcher->settings.done(fetcher->settings.context, f->what, &fetched);
    fetch_free(&f);
}

/* ---- the whole ------------------------------------------------------------------------------------- */

sg_result
courier_fetcher_new(const struct courier_fetch_settings *settings, struct courier_fetcher **ret)
{
    struct courier_fetcher *fetcher = calloc(1, sizeof(*fetcher));
    SG_REQUIRE(fetcher != NULL, NO_MEMORY);
    fetcher->settings = *settings;
    fetcher->multi = curl_multi_init();
    if (fetcher->multi == NULL) {
        free(fetcher);
        SG_FAIL(NO_MEMORY);
    }
    /* as many as there can be of both: at this limit libcurl would let one wait for another's server */
    long most = (long)COURIER_FETCHES_MAX + COURIER_CARRIED_MAX;
    (void)curl_multi_setopt(fetcher->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
    (void)curl_multi_setopt(fetcher->multi, CURLMOPT_MAXCONNECTS, (long)COURIER_FETCHES_MAX);
    *ret = fetcher;
    return SG_DONE;
}

void
courier_fetcher_free(struct courier_fetcher **fetcher)
{
    if (*fetcher == NULL) {
        return;
    }
    while ((*fetcher)->under_way != NULL) {
        struct fetch *f = (*fetcher)->under_way;
        (*fetcher)->under_way = f->next;
        (void)curl_multi_remove_handle((*fetcher)->multi, f->easy);
        fetch_free(&f);
    }
    (void)curl_multi_cleanup((*fetcher)->multi);
    free(*fetcher);
    *fetcher = NULL;
}

size_t
courier_fetcher_busy(const struct courier_fetcher *fetcher)
{
    return fetcher->n_under_way + fetcher->n_carried;
}

void
courier_fetcher_wait(
    struct courier_fetcher *fetcher, struct curl_waitfd *extra, unsigned n_extra, int timeout_ms)
{
    (void)curl_multi_poll(fetcher->multi, extra, n_extra, timeout_ms, NULL);
}

void
courier_fetcher_turn(struct courier_fetcher *fetcher, int64_t now_ms)
{
    int running = 0;
    int left = 0;
    if (courier_fetcher_busy(fetcher) == 0) {
        return;
    }
    fetcher->now_ms = now_ms;
    (void)curl_multi_perform(fetcher->multi, &running);
    for (CURLMsg *m = curl_multi_info_read(fetcher->multi, &left); m != NULL;
         m = curl_multi_info_read(fetcher->multi, &left)) {
        struct courier_transfer *transfer = NULL;
        CURL *easy = m->easy_handle;
        CURLcode curl = m->data.result;
        if (m->msg == CURLMSG_DONE &&
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer) == CURLE_OK) {
            (void)curl_multi_remove_handle(fetcher->multi, easy);
            fetcher->n_carried -= transfer->carried ? 1 : 0;
            transfer->carried = false;
            transfer->end(transfer, curl);
        }
    }
}

sg_result
courier_fetcher_carry(
    struct courier_fetcher *fetcher, CURL *easy, struct courier_transfer *transfer)
{
    SG_REQUIRE(fetcher->n_carried < COURIER_CARRIED_MAX, TOO_MANY);
    SG_REQUIRE(curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK, NO_MEMORY);
    SG_REQUIRE(curl_multi_add_handle(fetcher->multi, easy) == CURLM_OK, NO_MEMORY);
    transfer->carried = true;
    fetcher->n_carried++;
    return SG_DONE;
}

void
courier_fetcher_drop(struct courier_fetcher *fetcher, CURL *easy, struct courier_transfer *transfer)
{
    if (transfer->carried) {
        (void)curl_multi_remove_handle(fetcher->multi, easy);
        transfer->carried = false;
        fetcher->n_carried--;
    }
}
