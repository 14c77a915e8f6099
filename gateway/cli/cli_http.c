#include "cli_http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "conf.h"
#include "sg_text.h"

enum { CONNECT_S = 10, WHOLE_S = 60 };

struct cli_http {
    CURL *curl;
    char why[CURL_ERROR_SIZE];
    const char *own_origin; /* NULL: no root of our own */
    const char *own_ca;     /* path of a PEM file */
};

/* Quiet: many commands need no state directory, and those that do say themselves what is wrong with it. */
static void
own_root(const struct cli *cli, struct cli_http *http)
{
    const char *path = cli_path(cli, "conf/courier.ini");
    struct conf_courier conf;
    struct conf_fault fault = { 0 };
    if (path != NULL && sg_ok(conf_load(&conf_courier_schema, path, cli->arena, &conf, &fault)) &&
        conf.own_ca[0] != '\0') {
        http->own_origin = conf.public_origin;
        http->own_ca = cli_path(cli, conf.own_ca);
    }
}

/* The origin itself, not a longer host name that begins like it. */
static bool
is_own(const struct cli_http *http, const char *url)
{
    if (http->own_origin == NULL || http->own_ca == NULL) {
        return false;
    }
    size_t n = strlen(http->own_origin);
    return strncmp(url, http->own_origin, n) == 0 && (url[n] == '\0' || url[n] == '/');
}

sg_result
cli_http_open(const struct cli *cli, struct cli_http **ret)
{
    struct cli_http *http = calloc(1, sizeof(*http));
    SG_REQUIRE(http != NULL, NO_MEMORY);
    http->curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    if (http->curl == NULL) {
        free(http);
        SG_FAIL(NO_MEMORY);
    }
    own_root(cli, http);
    *ret = http;
    return SG_DONE;
}

void
cli_http_close(struct cli_http **http)
{
    if (*http != NULL) {
        curl_easy_cleanup((*http)->curl);
        free(*http);
        *http = NULL;
    }
}

const char *
cli_http_why(const struct cli_http *http)
{
    return http->why;
}

static size_t
on_body(char *p, size_t size, size_t n, void *context)
{
    struct sg_buf *buf = context;
    sg_buf_put(buf, sg_bytes_of(p, size * n));
    return buf->failed == SG_OK ? size * n : 0;
}

struct headers {
    struct sg_arena *arena;
    struct cli_http_answer *answer;
};

static bool
header_is(sg_str line, const char *name, sg_str *ret_value)
{
    size_t n = strlen(name);
    if (line.n <= n || strncasecmp(line.p, name, n) != 0 || line.p[n] != ':') {
        return false;
    }
    size_t from = n + 1;
    size_t end = line.n;
    while (from < end && line.p[from] == ' ') {
        from++;
    }
    while (end > from &&
           (line.p[end - 1] == '\r' || line.p[end - 1] == '\n' || line.p[end - 1] == ' ')) {
        end--;
    }
    *ret_value = sg_str_slice(line, from, end - from);
    return true;
}

static size_t
on_header(char *p, size_t size, size_t n, void *context)
{
    struct headers *h = context;
    sg_str line = sg_str_of(p, size * n);
    sg_str value;
    uint64_t seconds;
    if (header_is(line, "DPoP-Nonce", &value)) {
        return sg_ok(sg_arena_str(h->arena, value, &h->answer->dpop_nonce)) ? line.n : 0;
    }
    if (header_is(line, "Retry-After", &value) && sg_ok(sg_u64_parse(value, &seconds)) &&
        seconds < 3600) {
        h->answer->retry_after = (int64_t)seconds;
    }
    return line.n;
}

static void
slist_free(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

/* Everything is set again for each request: the handle only keeps the connection. */
static bool
set_request(struct cli_http *http, const struct cli_http_request *r, struct curl_slist *headers)
{
    CURL *c = http->curl;
    bool body = r->body.p != NULL;
    curl_easy_reset(c);
    bool ok = curl_easy_setopt(c, CURLOPT_URL, r->url) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_ERRORBUFFER, http->why) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)WHOLE_S) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK;
    if (ok && body) {
        ok = curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body.p) == CURLE_OK &&
             curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n) == CURLE_OK;
    }
    if (ok && is_own(http, r->url)) {
        ok = curl_easy_setopt(c, CURLOPT_CAINFO, http->own_ca) == CURLE_OK;
    }
    if (ok && conf_loopback_url(r->url)) {
        ok = curl_easy_setopt(c, CURLOPT_PROXY, "") ==
             CURLE_OK; /* a proxy cannot reach our loopback */
    }
    return ok;
}

sg_result
cli_http_send(struct cli_http *http, struct sg_arena *arena, const struct cli_http_request *request,
    struct cli_http_answer *ret)
{
    struct cli_http_answer answer = { 0 };
    struct headers headers = { arena, &answer };
    struct sg_buf body = sg_buf_new(arena, 4096, CLI_HTTP_BODY_MAX);
    SG_CLEANUP(slist_free)
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < CLI_HTTP_HEADERS && request->headers[i] != NULL; i++) {
        struct curl_slist *longer = curl_slist_append(list, request->headers[i]);
        SG_REQUIRE(longer != NULL, NO_MEMORY);
        list = longer;
    }
    http->why[0] = '\0';
    SG_REQUIRE(set_request(http, request, list), INTERNAL);
    SG_REQUIRE(curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, &body) == CURLE_OK, INTERNAL);
    SG_REQUIRE(curl_easy_setopt(http->curl, CURLOPT_HEADERDATA, &headers) == CURLE_OK, INTERNAL);
    CURLcode code = curl_easy_perform(http->curl);
    SG_TRY(sg_buf_end_str(&body, &answer.body));
    if (code != CURLE_OK) {
        if (http->why[0] == '\0') {
            snprintf(http->why, sizeof(http->why), "%s", curl_easy_strerror(code));
        }
        SG_FAIL(PEER_DOWN);
    }
    long status = 0;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = (unsigned)status;
    *ret = answer;
    return SG_DONE;
}

int
cli_http_get(const struct cli *cli, const char *url, const char *accept, sg_str *ret)
{
    SG_CLEANUP(cli_http_close)
    struct cli_http *http = NULL;
    struct cli_http_answer answer;
    sg_str header;
    sg_result r = cli_http_open(cli, &http);
    if (!sg_ok(r) || !sg_ok(sg_arena_printf(cli->arena, &header, "Accept: %s", accept))) {
        return cli_fail(cli, "out of memory");
    }
    r = cli_http_send(http, cli->arena,
        &(struct cli_http_request){ "GET", url, { header.p }, SG_NO_STR }, &answer);
    if (!sg_ok(r)) {
        return cli_fail(cli, "%s: %s", url, cli_http_why(http));
    }
    if (answer.status != 200) {
        return cli_fail(cli, "%s answered %u", url, answer.status);
    }
    *ret = answer.body;
    return CLI_DONE;
}
