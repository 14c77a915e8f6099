#include "courier_out.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>

#include "sg_secret.h"

enum method { M_GET = 1, M_POST = 2 };

/* Whose places an errand may go to. Everybody's means: public addresses. */
enum place { P_EVERYBODY, P_DID, P_PROVIDERS };

#define TYPES_MAX 6
struct rule {
    const char *name;
    unsigned methods;
    enum place place;
    size_t answer_max;
    unsigned at_once;             /* their sum is at most COURIER_CARRIED_MAX */
    const char *types[TYPES_MAX]; /* of the answer; none: any */
};

/*
 * Request objects are typed as RFC 9101 and OpenID4VP say; "application/jwt" is what RFC 9101's drafts and many verifiers send, and the
 * object's own `typ` decides anyway. A DID document is JSON under one of four names (DID 1.0, 1.1).
 */
static const struct rule rules[] = {
    [0] = { "delivery", M_POST, P_EVERYBODY, WIRE_ANSWER_MAX, 32, { NULL } },
    [WIRE_FETCH_REQUEST_OBJECT] = { "request-object", M_GET | M_POST, P_EVERYBODY, WIRE_FETCH_MAX,
        32, { "application/oauth-authz-req+jwt", "application/jwt" } },
    [WIRE_FETCH_DID_DOCUMENT] = { "did-document", M_GET, P_DID, WIRE_FETCH_MAX, 16,
        { "application/did+json", "application/did+ld+json", "application/did", "application/json",
            "application/ld+json" } },
    [WIRE_FETCH_OPENID_CONFIGURATION] = { "openid-configuration", M_GET, P_PROVIDERS,
        WIRE_FETCH_MAX, 8, { "application/json" } },
    [WIRE_FETCH_OPENID_KEYS] = { "openid-keys", M_GET, P_PROVIDERS, WIRE_FETCH_MAX, 8,
        { "application/json", "application/jwk-set+json" } },
    [WIRE_FETCH_OPENID_TOKEN] = { "openid-token", M_POST, P_PROVIDERS, WIRE_FETCH_MAX, 16,
        { "application/json" } },
};
#define N_RULES (sizeof(rules) / sizeof(rules[0]))

/* Which addresses the socket may get. */
enum reach { R_PUBLIC, R_PRIVATE, R_LOOPBACK, R_ANY };

struct errand {
    struct courier_transfer transfer; /* first: what libcurl hands back */
    struct courier_out *owner;
    struct errand *next;
    void *asker;
    uint64_t request_id;
    unsigned kind;
    enum reach reach;
    struct guard_origin to;
    CURL *easy;
    struct curl_slist *headers;
    uint8_t *form;
    size_t form_len;
    uint8_t *body; /* room for the largest answer of its kind, made with the first byte */
    size_t body_len;
    size_t header_len;
    bool refused_address;
    bool too_large;
    bool packed;
    bool no_memory;
};

struct courier_out {
    struct courier_out_settings settings;
    struct courier_fetcher *fetcher;
    struct guard_origin providers[CONF_LIST_MAX];
    size_t n_providers;
    struct guard_origin inside[CONF_LIST_MAX]; /* providers in a private network */
    size_t n_inside;
    struct errand *under_way;
};

/* ---- call-backs of one response -------------------------------------------------------------------- */

static size_t
on_body(char *p, size_t size, size_t count, void *context)
{
    struct errand *e = context;
    size_t n = size * count; /* size is 1 */
    size_t max = rules[e->kind].answer_max;
    if (n > max - e->body_len) {
        e->too_large = true;
        return 0;
    }
    if (e->body == NULL) {
        e->body = malloc(max);
    }
    if (e->body == NULL) {
        e->no_memory = true;
        return 0;
    }
    memcpy(e->body + e->body_len, p, n);
    e->body_len += n;
    return n;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* We said that we take no packed answers; one that comes all the same is not unpacked but refused. */
static size_t
on_header(char *p, size_t size, size_t count, void *context)
{
    static const char name[] = "content-encoding:";
    struct errand *e = context;
    size_t n = size * count;
    e->header_len += n;
    if (e->header_len > COURIER_HEADERS_MAX) {
        e->too_large = true;
        return 0;
    }
    if (n >= strlen(name) && strncasecmp(p, name, strlen(name)) == 0) {
        size_t from = strlen(name);
        size_t to = n;
        while (from < to && is_blank(p[from])) {
            from++;
        }
        while (to > from && is_blank(p[to - 1])) {
            to--;
        }
        e->packed = e->packed || !(to - from == 8 && strncasecmp(p + from, "identity", 8) == 0);
    }
    return n;
}

/* The guard: the last look before a connection, at the address itself, so that no name can say one thing first and another later. */
static curl_socket_t
on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct errand *e = context;
    bool fine = purpose == CURLSOCKTYPE_IPCXN &&
                (e->reach == R_ANY ||
                    (e->reach == R_LOOPBACK && guard_address_loopback(&to->addr, to->addrlen)) ||
                    (e->reach == R_PRIVATE && guard_address_private(&to->addr, to->addrlen)) ||
                    ((e->reach == R_PUBLIC || e->reach == R_PRIVATE) &&
                        guard_address_ok(&to->addr, to->addrlen)));
    if (!fine) {
        e->refused_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- where to -------------------------------------------------------------------------------------- */

static bool
is_among(const struct guard_origin *list, size_t n, const struct guard_origin *origin)
{
    for (size_t i = 0; i < n; i++) {
        if (guard_origin_equal(&list[i], origin)) {
            return true;
        }
    }
    return false;
}

/* What did:web makes of an identifier, and nothing else: /.well-known/did.json or /path/did.json, without query. */
static bool
is_did_place(const struct guard_place *place)
{
    static const char end[] = "/did.json";
    size_t n = strlen(place->path);
    return n >= strlen(end) && strcmp(place->path + n - strlen(end), end) == 0 &&
           !place->has_query && strstr(place->path, "..") == NULL &&
           strchr(place->path, '%') == NULL;
}

/* May this errand go there, and to which addresses? */
static sg_result
reach_of(const struct courier_out *out, const struct rule *rule, const struct guard_place *place,
    enum reach *ret)
{
    const struct courier_out_settings *s = &out->settings;
    const struct guard_origin *to = &place->origin;
    bool own = s->own != NULL && guard_origin_equal(to, s->own);
    SG_REQUIRE(rule->place != P_DID || is_did_place(place), ADDRESS);
    SG_REQUIRE(
        rule->place != P_PROVIDERS || is_among(out->providers, out->n_providers, to), ADDRESS);
    if (s->allow_loopback && guard_host_loopback(to->host)) {
        *ret = R_LOOPBACK;
        return SG_DONE;
    }
    /* our own DID document always; our own pages only in a test, where the demo's verifier lives there */
    if (own && (rule->place == P_DID || s->test)) {
        *ret = R_ANY;
        return SG_DONE;
    }
    SG_REQUIRE(strcmp(to->scheme, "https") == 0, ADDRESS);
    SG_REQUIRE(
        rule->place == P_PROVIDERS || courier_host_listed(s->allow_hosts, to->host), ADDRESS);
    bool inside = rule->place == P_PROVIDERS && is_among(out->inside, out->n_inside, to);
    *ret = inside ? R_PRIVATE : R_PUBLIC;
    return SG_DONE;
}

static sg_result
room_for(const struct courier_out *out, unsigned kind, const struct guard_origin *to)
{
    unsigned same_kind = 0;
    unsigned same_host = 0;
    for (const struct errand *e = out->under_way; e != NULL; e = e->next) {
        same_kind += e->kind == kind ? 1 : 0;
        same_host += strcmp(e->to.host, to->host) == 0 ? 1 : 0;
    }
    SG_REQUIRE(same_kind < rules[kind].at_once && same_host < COURIER_OUT_PER_HOST, TOO_MANY);
    return SG_DONE;
}

/* ---- the end --------------------------------------------------------------------------------------- */

static void
errand_free(struct errand **errand)
{
    struct errand *e = *errand;
    if (e == NULL) {
        return;
    }
    curl_easy_cleanup(e->easy);
    curl_slist_free_all(e->headers);
    /* presentations, codes and tokens went through here */
    if (e->form != NULL) {
        sg_wipe(e->form, e->form_len);
        free(e->form);
    }
    if (e->body != NULL) {
        sg_wipe(e->body, e->body_len);
        free(e->body);
    }
    free(e);
    *errand = NULL;
}

static void
unlink_errand(struct errand *e)
{
    struct errand **at = &e->owner->under_way;
    while (*at != e) {
        at = &(*at)->next;
    }
    *at = e->next;
}

/* As sent, when it is a line that one can pass on. */
static sg_str
content_type_of(const struct errand *e)
{
    char *text = NULL; /* owned by the handle */
    (void)curl_easy_getinfo(e->easy, CURLINFO_CONTENT_TYPE, &text);
    if (text == NULL || strlen(text) > WIRE_MEDIA_MAX) {
        return SG_NO_STR;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~') {
            return SG_NO_STR;
        }
    }
    return sg_cstr(text);
}

static size_t
type_len(sg_str type)
{
    size_t n = 0;
    while (n < type.n && type.p[n] != ';' && !is_blank(type.p[n])) {
        n++;
    }
    return n;
}

/* The media type without its parameters, letters of either case (RFC 9110 8.3.1). */
static bool
type_listed(const struct rule *rule, sg_str type)
{
    size_t n = type_len(type);
    for (size_t i = 0; i < TYPES_MAX && rule->types[i] != NULL; i++) {
        if (strlen(rule->types[i]) == n && strncasecmp(rule->types[i], type.p, n) == 0) {
            return true;
        }
    }
    return rule->types[0] == NULL;
}

static enum sg_code
failure_of(const struct errand *e, CURLcode curl)
{
    if (e->too_large || curl == CURLE_FILESIZE_EXCEEDED) {
        return SG_E_TOO_LARGE;
    }
    if (e->no_memory) {
        return SG_E_NO_MEMORY;
    }
    return e->refused_address ? SG_E_ADDRESS : SG_E_FETCH;
}

static void
on_end(struct courier_transfer *transfer, CURLcode curl)
{
    struct errand *e = (struct errand *)transfer;
    struct courier_out *out = e->owner;
    long status = 0;
    (void)curl_easy_getinfo(e->easy, CURLINFO_RESPONSE_CODE, &status);
    bool answered = curl == CURLE_OK && status >= 100 && status <= 599;
    struct courier_outcome outcome = {
        .kind = e->kind,
        .code = answered ? SG_OK : failure_of(e, curl),
        .status = status > 0 ? (unsigned)status : 0,
        .host = e->to.host,
        .curl = (unsigned)curl,
    };
    if (answered) {
        sg_str type = content_type_of(e);
        bool readable = !e->packed && type_listed(&rules[e->kind], type);
        /* of a failure the status says enough; what was asked for must be what it says it is */
        outcome.code = status == 200 && !readable ? SG_E_TYPE : SG_OK;
        outcome.content_type = type;
        outcome.body = readable ? sg_bytes_of(e->body, e->body_len) : SG_NO_BYTES;
    }
    unlink_errand(e);
    out->settings.done(out->settings.context, e->asker, e->request_id, &outcome);
    errand_free(&e);
}

/* ---- the beginning --------------------------------------------------------------------------------- */

static bool
add_header(struct errand *e, const char *line)
{
    struct curl_slist *grown = curl_slist_append(e->headers, line);
    if (grown == NULL) {
        return false;
    }
    e->headers = grown;
    return true;
}

static bool
set_up(struct errand *e, const char *url, bool post)
{
    const struct courier_out_settings *s = &e->owner->settings;
    CURL *easy = e->easy;
    CURLcode bad = CURLE_OK;
    bool outside = e->reach == R_PUBLIC || e->reach == R_PRIVATE;
    const char *protocols = outside ? "https" : "http,https";
    sg_str roots = e->reach == R_PRIVATE ? s->openid_ca : outside ? SG_NO_STR : s->own_ca;
    if (!courier_easy_common(easy, url, protocols, (long)s->timeout_ms) ||
        (roots.n > 0 && !courier_easy_roots(easy, roots))) {
        return false;
    }
#define SET(option, value) bad = bad != CURLE_OK ? bad : curl_easy_setopt(easy, option, value)
    /* a connection of its own: checked for this errand, and never one that died meanwhile, upon which libcurl would send twice */
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_HTTPHEADER, e->headers);
    SET(CURLOPT_MAXFILESIZE, (long)rules[e->kind].answer_max);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, e);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, e);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, e);
    if (post) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE, (long)e->form_len);
        SET(CURLOPT_POSTFIELDS, e->form_len > 0 ? (char *)e->form : "");
    }
#undef SET
    return bad == CURLE_OK;
}

/* application/x-www-form-urlencoded is printable ASCII without blanks (URL Standard, 5.2). */
static sg_result
take_form(struct errand *e, sg_bytes form)
{
    for (size_t i = 0; i < form.n; i++) {
        SG_REQUIRE(form.p[i] > ' ' && form.p[i] < 0x7f, VALUE);
    }
    e->form = malloc(form.n + 1);
    SG_REQUIRE(e->form != NULL, NO_MEMORY);
    if (form.n > 0) {
        memcpy(e->form, form.p, form.n);
    }
    e->form_len = form.n;
    return SG_DONE;
}

/* `accept`: empty, or one of the kind's own media types. */
static sg_result
take_headers(struct errand *e, sg_str accept, bool post)
{
    char line[WIRE_MEDIA_MAX + 16];
    if (accept.n > 0) {
        (void)snprintf(line, sizeof(line), "Accept: %.*s", SG_PRINT(accept));
        SG_REQUIRE(add_header(e, line), NO_MEMORY);
    }
    if (post) {
        SG_REQUIRE(add_header(e, "Content-Type: application/x-www-form-urlencoded"), NO_MEMORY);
        SG_REQUIRE(add_header(e, "Expect:"), NO_MEMORY);
    }
    return SG_DONE;
}

struct request {
    unsigned kind;
    sg_str url;
    sg_str accept;
    sg_bytes form;
    bool post;
};

static sg_result
begin(struct courier_out *out, void *asker, uint64_t request_id, const struct request *q)
{
    char url[GUARD_URL_MAX + 1];
    struct guard_place place;
    const struct rule *rule = &rules[q->kind];
    SG_REQUIRE((rule->methods & (q->post ? M_POST : M_GET)) != 0, POLICY);
    SG_REQUIRE(
        q->accept.n == type_len(q->accept), POLICY); /* one bare media type, nothing behind it */
    SG_REQUIRE(q->accept.n == 0 || type_listed(rule, q->accept), POLICY);
    SG_TRY(guard_place_of(q->url, &place));
    memcpy(url, q->url.p, q->url.n); /* guard_place_of looked at its length and characters */
    url[q->url.n] = '\0';
    SG_CLEANUP(errand_free)
    struct errand *e = calloc(1, sizeof(*e));
    SG_REQUIRE(e != NULL, NO_MEMORY);
    SG_TRY(reach_of(out, rule, &place, &e->reach));
    SG_TRY(room_for(out, q->kind, &place.origin));
    e->transfer.end = on_end;
    e->owner = out;
    e->asker = asker;
    e->request_id = request_id;
    e->kind = q->kind;
    e->to = place.origin;
    if (q->post) {
        SG_TRY(take_form(e, q->form));
    }
    SG_TRY(take_headers(e, q->accept, q->post));
    e->easy = curl_easy_init();
    SG_REQUIRE(e->easy != NULL && set_up(e, url, q->post), NO_MEMORY);
    SG_TRY(courier_fetcher_carry(out->fetcher, e->easy, &e->transfer));
    e->next = out->under_way;
    out->under_way = e;
    e = NULL;
    return SG_DONE;
}

sg_result
courier_out_fetch(
    struct courier_out *out, void *asker, uint64_t request_id, const struct wire_fetch *msg)
{
    SG_REQUIRE(msg->kind > 0 && msg->kind < N_RULES, VALUE);
    struct request q = {
        .kind = (unsigned)msg->kind,
        .url = msg->url,
        .accept = msg->accept,
        .form = msg->form,
        .post = msg->post || msg->form.n > 0,
    };
    return begin(out, asker, request_id, &q);
}

sg_result
courier_out_deliver(
    struct courier_out *out, void *asker, uint64_t request_id, const struct wire_deliver *msg)
{
    struct request q = {
        .url = msg->url,
        .form = msg->form,
        .post = true,
    };
    return begin(out, asker, request_id, &q);
}

/* ---- the whole ------------------------------------------------------------------------------------- */

static sg_result
origins_of(const struct conf_list *from, struct guard_origin ret[CONF_LIST_MAX], size_t *ret_n)
{
    for (size_t i = 0; i < from->n && i < CONF_LIST_MAX; i++) {
        SG_TRY(guard_origin_parse(sg_cstr(from->items[i]), &ret[i]));
        *ret_n = i + 1;
    }
    return SG_DONE;
}

sg_result
courier_out_new(const struct courier_out_settings *settings, struct courier_fetcher *fetcher,
    struct courier_out **ret)
{
    SG_CLEANUP(courier_out_free)
    struct courier_out *out = calloc(1, sizeof(*out));
    SG_REQUIRE(out != NULL, NO_MEMORY);
    out->settings = *settings;
    out->fetcher = fetcher;
    SG_TRY(origins_of(settings->openid, out->providers, &out->n_providers));
    SG_TRY(origins_of(settings->openid_private, out->inside, &out->n_inside));
    *ret = out;
    out = NULL;
    return SG_DONE;
}

void
courier_out_free(struct courier_out **out)
{
    if (*out == NULL) {
        return;
    }
    while ((*out)->under_way != NULL) {
        struct errand *e = (*out)->under_way;
        (*out)->under_way = e->next;
        courier_fetcher_drop((*out)->fetcher, e->easy, &e->transfer);
        errand_free(&e);
    }
    free(*out);
    *out = NULL;
}
