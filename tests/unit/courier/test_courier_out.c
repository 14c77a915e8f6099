/* Errands for the gateway: what is fetched and delivered, and all that is not (req: NET-3, PRO-3, AU-5). */
#include "courier_bed.h"
#include "wire_out.h"

#define REQUEST_TYPE "application/oauth-authz-req+jwt"

static struct route *
typed(const char *path, enum manner manner, const char *type, sg_str body)
{
    struct route *r = route(path, manner, body);
    (void)pthread_mutex_lock(&web.lock);
    r->type = type;
    (void)pthread_mutex_unlock(&web.lock);
    return r;
}

/* The same server under another of this machine's names: not our own origin any more. */
static sg_str
here(const char *path)
{
    sg_str text;
    assert_ok(sg_arena_printf(c.arena, &text, "http://127.0.0.1:%u%s", web.port, path));
    return text;
}

static uint64_t
send_fetch(const struct wire_fetch *msg)
{
    struct sg_buf buf = sg_buf_new(c.arena, 256, WIRE_FRAME_MAX);
    uint64_t id = c.next_id++;
    wire_fetch_encode(&buf, id, msg);
    send_buf(c.gateway, &buf);
    return id;
}

static uint64_t
send_deliver(sg_str to, sg_str form)
{
    struct sg_buf buf = sg_buf_new(c.arena, 256, WIRE_FRAME_MAX);
    uint64_t id = c.next_id++;
    struct wire_deliver msg = { .url = to, .form = sg_str_bytes(form) };
    wire_deliver_encode(&buf, id, &msg);
    send_buf(c.gateway, &buf);
    return id;
}

static enum sg_code
refusal_of(const struct wire_frame *frame)
{
    struct wire_refused refused;
    if (frame->type != WIRE_REFUSED) {
        return SG_OK;
    }
    assert_ok(wire_refused_parse(frame->body, &refused));
    return (enum sg_code)refused.code;
}

static enum sg_code
fetch(const struct wire_fetch *msg, struct wire_fetch_reply *ret)
{
    uint64_t id = send_fetch(msg);
    struct wire_frame frame = receive(c.gateway);
    assert_int_equal(frame.request_id, id);
    enum sg_code code = refusal_of(&frame);
    if (code == SG_OK) {
        assert_int_equal(frame.type, WIRE_FETCH + WIRE_REPLY);
        assert_ok(wire_fetch_reply_parse(frame.body, ret));
    }
    return code;
}

static enum sg_code
fetch_object(sg_str from, struct wire_fetch_reply *ret)
{
    struct wire_fetch msg = {
        .kind = WIRE_FETCH_REQUEST_OBJECT, .url = from, .accept = SG_LIT(REQUEST_TYPE)
    };
    return fetch(&msg, ret);
}

static enum sg_code
deliver(sg_str to, sg_str form, struct wire_deliver_reply *ret)
{
    uint64_t id = send_deliver(to, form);
    struct wire_frame frame = receive(c.gateway);
    assert_int_equal(frame.request_id, id);
    enum sg_code code = refusal_of(&frame);
    if (code == SG_OK) {
        assert_int_equal(frame.type, WIRE_DELIVER + WIRE_REPLY);
        assert_ok(wire_deliver_reply_parse(frame.body, ret));
    }
    return code;
}

static void
assert_fetch(sg_str from, enum sg_code want)
{
    struct wire_fetch_reply reply;
    enum sg_code code = fetch_object(from, &reply);
    if (code != want) {
        fail_msg("%.*s: %s, wanted %s", SG_PRINT(from), sg_code_row(code)->name,
            sg_code_row(want)->name);
    }
}

static bool
last_has(const char *text)
{
    (void)pthread_mutex_lock(&web.lock);
    bool has = strstr(web.last, text) != NULL;
    (void)pthread_mutex_unlock(&web.lock);
    return has;
}

static int
setup_here(void **state)
{
    more_settings = "allow_loopback = yes\nopenid_origins = https://login.example\n";
    int r = setup(state);
    more_settings = "";
    return r;
}

static int
setup_private(void **state)
{
    more_settings =
        "openid_origins = https://" PRIVATE_NAME "\nopenid_private = https://" PRIVATE_NAME
        "\nopenid_origins = https://" LINK_NAME "\nopenid_private = https://" LINK_NAME
        "\nopenid_origins = https://" INSIDE_NAME "\nopenid_private = https://" INSIDE_NAME "\n";
    int r = setup(state);
    more_settings = "";
    return r;
}

/* Listed, and not said to be inside. */
static int
setup_listed(void **state)
{
    more_settings = "openid_origins = https://" PRIVATE_NAME "\n";
    int r = setup(state);
    more_settings = "";
    return r;
}

/* ---- what works ------------------------------------------------------------------------------------ */

static void
test_a_request_object_is_fetched(void **state)
{
    (void)state;
    struct wire_fetch_reply reply;
    struct route *r = typed("/request/1?x=y", M_BODY, REQUEST_TYPE, SG_LIT("a.b.c"));
    assert_int_equal(fetch_object(here("/request/1?x=y"), &reply), SG_OK);
    assert_int_equal(reply.status, 200);
    assert_str_is(reply.content_type, REQUEST_TYPE);
    assert_str_is(sg_bytes_str(reply.body), "a.b.c");
    assert_true(last_has("Accept: " REQUEST_TYPE "\r\n"));
    assert_false(last_has("Cookie"));
    assert_false(last_has("Accept-Encoding"));
    assert_int_equal(r->hits, 1);
    assert_int_equal(fetch_object(here("/request/1?x=y"), &reply), SG_OK);
    assert_int_equal(r->hits, 2); /* never kept */
}

static void
test_a_request_object_is_asked_for_by_post(void **state)
{
    (void)state;
    struct wire_fetch_reply reply;
    typed("/request/post", M_BODY, REQUEST_TYPE "; charset=utf-8", SG_LIT("a.b.c"));
    struct wire_fetch msg = { .kind = WIRE_FETCH_REQUEST_OBJECT,
        .url = here("/request/post"),
        .accept = SG_LIT(REQUEST_TYPE),
        .form = sg_str_bytes(SG_LIT("wallet_nonce=abc&wallet_metadata=%7B%7D")) };
    assert_int_equal(fetch(&msg, &reply), SG_OK);
    assert_int_equal(reply.status, 200);
    assert_true(last_has("POST /request/post "));
    assert_true(last_has("Content-Type: application/x-www-form-urlencoded\r\n"));
    assert_true(last_has("\r\n\r\nwallet_nonce=abc&wallet_metadata=%7B%7D"));
    msg.form = SG_NO_BYTES;
    msg.post = true;
    assert_int_equal(fetch(&msg, &reply), SG_OK);
    assert_true(last_has("POST /request/post "));
    assert_true(last_has("Content-Length: 0\r\n"));
}

static void
test_a_delivery_arrives_once(void **state)
{
    (void)state;
    struct wire_deliver_reply reply;
    struct route *r =
        typed("/response", M_BODY, "application/json", SG_LIT("{\"redirect_uri\":\"https://a\"}"));
    assert_int_equal(deliver(here("/response"), SG_LIT("vp_token=%7B%7D&state=s"), &reply), SG_OK);
    assert_int_equal(reply.status, 200);
    assert_str_is(reply.content_type, "application/json");
    assert_str_is(sg_bytes_str(reply.body), "{\"redirect_uri\":\"https://a\"}");
    assert_true(last_has("POST /response "));
    assert_true(last_has("\r\n\r\nvp_token=%7B%7D&state=s"));
    assert_false(last_has("Expect"));
    assert_int_equal(r->hits, 1);
    /* a server that takes it and hangs up: not sent again */
    r = route("/gone", M_CLOSE, SG_NO_STR);
    assert_int_equal(deliver(here("/gone"), SG_LIT("vp_token=x"), &reply), SG_E_FETCH);
    assert_int_equal(r->hits, 1);
    r = route_full("/error", M_STATUS, SG_LIT("no"), 503, NULL);
    assert_int_equal(deliver(here("/error"), SG_LIT("vp_token=x"), &reply), SG_OK);
    assert_int_equal(reply.status, 503);
    assert_int_equal(r->hits, 1);
}

static void
test_a_did_document_is_fetched(void **state)
{
    (void)state;
    struct wire_fetch_reply reply;
    static const char *const types[] = { "application/did+json", "application/did+ld+json",
        "application/did", "application/json; charset=utf-8", "Application/JSON",
        "application/ld+json" };
    struct wire_fetch msg = { .kind = WIRE_FETCH_DID_DOCUMENT,
        .url = here("/.well-known/did.json"),
        .accept = SG_LIT("application/did+json") };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        typed("/.well-known/did.json", M_BODY, types[i], SG_LIT("{}"));
        assert_int_equal(fetch(&msg, &reply), SG_OK);
        assert_str_is(sg_bytes_str(reply.body), "{}");
    }
    /* our own needs no permission */
    msg.url = url("/.well-known/did.json");
    assert_int_equal(fetch(&msg, &reply), SG_OK);
}

/* ---- what the rules refuse ------------------------------------------------------------------------- */

static void
test_methods_and_types_are_the_kinds_own(void **state)
{
    (void)state;
    struct wire_fetch_reply reply;
    sg_bytes form = sg_str_bytes(SG_LIT("a=b"));
    struct wire_fetch did = { .kind = WIRE_FETCH_DID_DOCUMENT,
        .url = here("/.well-known/did.json"),
        .accept = SG_LIT("application/did+json"),
        .form = form };
    assert_int_equal(fetch(&did, &reply), SG_E_POLICY);
    struct wire_fetch object = {
        .kind = WIRE_FETCH_REQUEST_OBJECT, .url = here("/r"), .accept = SG_LIT("text/html")
    };
    assert_int_equal(fetch(&object, &reply), SG_E_POLICY);
    object.accept = SG_LIT(REQUEST_TYPE "\r\nX-Admin: yes");
    assert_int_equal(fetch(&object, &reply), SG_E_POLICY);
    object.accept = SG_LIT(REQUEST_TYPE);
    object.form = sg_str_bytes(SG_LIT("a=b\r\nc"));
    assert_int_equal(fetch(&object, &reply), SG_E_VALUE);
    struct wire_fetch token = { .kind = WIRE_FETCH_OPENID_TOKEN,
        .url = SG_LIT("https://login.example/token"),
        .accept = SG_LIT("application/json") };
    assert_int_equal(fetch(&token, &reply), SG_E_POLICY); /* GET */
    struct wire_deliver_reply delivered;
    assert_int_equal(deliver(here("/r"), SG_LIT("a b"), &delivered), SG_E_VALUE);
}

static void
test_wrong_types_are_no_answers(void **state)
{
    (void)state;
    struct wire_fetch_reply reply;
    static const char *const types[] = { "text/html", "", "application/oauth-authz-req",
        "application/json", "application/jwtx", "text/html; application/jwt" };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        typed("/type", M_BODY, types[i], SG_LIT("a.b.c"));
        assert_fetch(here("/type"), SG_E_TYPE);
    }
    /* of a failure the status is told, and nothing that a stranger wrote */
    struct route *r = route_full("/404", M_STATUS, SG_LIT("<html>"), 404, NULL);
    assert_int_equal(fetch_object(here("/404"), &reply), SG_OK);
    assert_int_equal(reply.status, 404);
    assert_int_equal(reply.body.n, 0);
    /* packed answers are not unpacked */
    r = typed("/packed", M_BODY, REQUEST_TYPE, SG_LIT("a.b.c"));
    (void)pthread_mutex_lock(&web.lock);
    r->more = "Content-Encoding: gzip\r\n";
    (void)pthread_mutex_unlock(&web.lock);
    assert_fetch(here("/packed"), SG_E_TYPE);
    (void)pthread_mutex_lock(&web.lock);
    r->more = "content-encoding:  Identity \r\n";
    (void)pthread_mutex_unlock(&web.lock);
    assert_fetch(here("/packed"), SG_OK);
}

static void
test_did_documents_have_one_form_of_address(void **state)
{
    (void)state;
    struct wire_fetch_reply reply;
    static const char *const paths[] = { "/", "/did", "/x/did.json?a=b", "/x/did.json?",
        "/did.json/x", "/xdid.json", "/%2e%2e/did.json", "/a%2Fb/did.json" };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct wire_fetch msg = { .kind = WIRE_FETCH_DID_DOCUMENT,
            .url = here(paths[i]),
            .accept = SG_LIT("application/did+json") };
        enum sg_code code = fetch(&msg, &reply);
        if (code != SG_E_ADDRESS) {
            fail_msg("%s: %s", paths[i], sg_code_row(code)->name);
        }
    }
}

static void
test_providers_are_the_configured_ones(void **state)
{
    (void)state;
    struct wire_fetch_reply reply;
    static const char *const others[] = { "https://login.example.evil/", "http://login.example/",
        "https://login.example:8443/", "https://evil.example/?https://login.example" };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        for (uint64_t kind = WIRE_FETCH_OPENID_CONFIGURATION; kind <= WIRE_FETCH_OPENID_TOKEN;
             kind++) {
            struct wire_fetch msg = { .kind = kind,
                .url = sg_cstr(others[i]),
                .accept = SG_LIT("application/json"),
                .post = kind == WIRE_FETCH_OPENID_TOKEN };
            assert_int_equal(fetch(&msg, &reply), SG_E_ADDRESS);
        }
    }
    struct wire_fetch mine = {
        .kind = WIRE_FETCH_OPENID_KEYS, .url = here("/keys"), .accept = SG_LIT("application/json")
    };
    assert_int_equal(fetch(&mine, &reply), SG_E_ADDRESS); /* though on this machine */
}

/* ---- addresses ------------------------------------------------------------------------------------- */

static sg_str
at_port(const char *scheme, const char *host)
{
    sg_str text;
    assert_ok(sg_arena_printf(c.arena, &text, "%s://%s:%u/request", scheme, host, web.port));
    return text;
}

static void
test_private_addresses_are_not_asked(void **state)
{
    (void)state;
    struct wire_deliver_reply delivered;
    struct route *r = typed("/request", M_BODY, REQUEST_TYPE, SG_LIT("a.b.c"));
    static const char *const hosts[] = { "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]",
        "0.0.0.0", "2130706433", "0x7f000001", "127.1", "10.0.0.1", "169.254.169.254",
        "192.168.1.1", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]" };
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        assert_fetch(at_port("https", hosts[i]), SG_E_ADDRESS);
        assert_int_equal(
            deliver(at_port("https", hosts[i]), SG_LIT("a=b"), &delivered), SG_E_ADDRESS);
    }
    /* http is refused before any name is looked up; "localhost" with http is our own origin here, a test environment */
    assert_fetch(at_port("http", "127.0.0.1"), SG_E_ADDRESS);
    assert_fetch(at_port("http", "verifier.example"), SG_E_ADDRESS);
    assert_int_equal(r->hits, 0);
    assert_fetch(at_port("http", "localhost"), SG_OK);
    assert_int_equal(r->hits, 1);
    if (inside) { /* names are looked up in this process */
        assert_fetch(at_port("https", INSIDE_NAME), SG_E_ADDRESS);
        assert_int_equal(r->hits, 1);
    }
}

static enum sg_code
provider(uint64_t kind, const char *at)
{
    struct wire_fetch_reply reply;
    struct wire_fetch msg = { .kind = kind,
        .url = sg_cstr(at),
        .accept = SG_LIT("application/json"),
        .post = kind == WIRE_FETCH_OPENID_TOKEN };
    return fetch(&msg, &reply);
}

/* req: NET-3, AU-5: an operator named it, so the socket may be opened: that nobody listens there is another failure. */
static void
test_a_provider_inside_is_asked_when_an_operator_says_so(void **state)
{
    (void)state;
    if (!inside) { /* names are looked up in this process */
        return;
    }
    for (uint64_t kind = WIRE_FETCH_OPENID_CONFIGURATION; kind <= WIRE_FETCH_OPENID_TOKEN; kind++) {
        assert_int_equal(provider(kind, "https://" PRIVATE_NAME "/x"), SG_E_FETCH);
        assert_int_equal(provider(kind, "http://" PRIVATE_NAME "/x"), SG_E_ADDRESS);
        assert_int_equal(provider(kind, "https://" PRIVATE_NAME ":8443/x"), SG_E_ADDRESS);
        assert_int_equal(provider(kind, "https://10.255.255.254/x"), SG_E_ADDRESS);
        /* what no setting opens: this machine, and what a link gives away */
        assert_int_equal(provider(kind, "https://" INSIDE_NAME "/x"), SG_E_ADDRESS);
        assert_int_equal(provider(kind, "https://" LINK_NAME "/x"), SG_E_ADDRESS);
    }
    /* for the provider's own errands, and not for what requests name */
    assert_fetch(SG_LIT("https://" PRIVATE_NAME "/x"), SG_E_ADDRESS);
    struct wire_fetch_reply reply;
    struct wire_deliver_reply delivered;
    struct wire_fetch did = { .kind = WIRE_FETCH_DID_DOCUMENT,
        .url = SG_LIT("https://" PRIVATE_NAME "/.well-known/did.json"),
        .accept = SG_LIT("application/did+json") };
    assert_int_equal(fetch(&did, &reply), SG_E_ADDRESS);
    assert_int_equal(
        deliver(SG_LIT("https://" PRIVATE_NAME "/x"), SG_LIT("a=b"), &delivered), SG_E_ADDRESS);
}

static void
test_a_provider_inside_is_not_asked_otherwise(void **state)
{
    (void)state;
    if (!inside) {
        return;
    }
    for (uint64_t kind = WIRE_FETCH_OPENID_CONFIGURATION; kind <= WIRE_FETCH_OPENID_TOKEN; kind++) {
        assert_int_equal(provider(kind, "https://" PRIVATE_NAME "/x"), SG_E_ADDRESS);
    }
}

/* Permission for this machine is for hosts that can mean nothing else. */
static void
test_loopback_is_not_for_names_of_strangers(void **state)
{
    (void)state;
    struct route *r = typed("/request", M_BODY, REQUEST_TYPE, SG_LIT("a.b.c"));
    assert_fetch(at_port("https", "[::ffff:127.0.0.1]"), SG_E_ADDRESS);
    assert_fetch(at_port("https", "0.0.0.0"), SG_E_ADDRESS);
    assert_fetch(at_port("https", "10.0.0.1"), SG_E_ADDRESS);
    assert_fetch(at_port("http", "10.0.0.1"), SG_E_ADDRESS);
    if (inside) {
        assert_fetch(at_port("https", INSIDE_NAME), SG_E_ADDRESS);
        assert_fetch(at_port("http", INSIDE_NAME), SG_E_ADDRESS);
    }
    assert_int_equal(r->hits, 0);
    assert_fetch(at_port("http", "127.1"), SG_OK); /* another way to write 127.0.0.1 */
    assert_int_equal(r->hits, 1);
}

static void
test_urls_that_two_readers_read_differently(void **state)
{
    (void)state;
    static const char *const urls[] = { "https://a@verifier.example/", "https://a:b@127.0.0.1/",
        "https://verifier.example#@127.0.0.1/", "https://verifier.example\\@127.0.0.1/",
        "https://verifier.example:0/", "https://verifier.example:65536/",
        "https://verifier.example:80:80/", "https:///verifier.example/", "https:verifier.example",
        "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://verifier.example/", "dict://127.0.0.1/",
        "https://verifier.example/ x", "https://[::1", "//verifier.example/" };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        assert_fetch(sg_cstr(urls[i]), SG_E_VALUE);
    }
}

static void
test_redirects_are_answers_not_ways(void **state)
{
    (void)state;
    struct wire_fetch_reply reply;
    struct wire_deliver_reply delivered;
    struct route *target = typed("/target", M_BODY, REQUEST_TYPE, SG_LIT("a.b.c"));
    static const int codes[] = { 301, 302, 303, 307, 308 };
    for (size_t i = 0; i < 5; i++) {
        route_full("/moved", M_REDIRECT, SG_NO_STR, codes[i], "/target");
        assert_int_equal(fetch_object(here("/moved"), &reply), SG_OK);
        assert_int_equal(reply.status, codes[i]);
        assert_int_equal(reply.body.n, 0);
        assert_int_equal(deliver(here("/moved"), SG_LIT("vp_token=x"), &delivered), SG_OK);
        assert_int_equal(delivered.status, codes[i]);
    }
    assert_int_equal(target->hits, 0);
}

/* ---- servers that misbehave ------------------------------------------------------------------------ */

static sg_str
letters(size_t n)
{
    char *p = sg_arena_alloc(c.arena, n);
    assert_non_null(p);
    memset(p, 'e', n);
    return sg_str_of(p, n);
}

static void
test_sizes(void **state)
{
    (void)state;
    struct wire_fetch_reply reply;
    struct wire_deliver_reply delivered;
    typed("/full", M_BODY, REQUEST_TYPE, letters(WIRE_FETCH_MAX));
    assert_int_equal(fetch_object(here("/full"), &reply), SG_OK);
    assert_int_equal(reply.body.n, WIRE_FETCH_MAX);
    typed("/full", M_BODY, REQUEST_TYPE, letters(WIRE_FETCH_MAX + 1));
    assert_fetch(here("/full"), SG_E_TOO_LARGE);
    typed("/answer", M_BODY, "text/plain", letters(WIRE_ANSWER_MAX));
    assert_int_equal(deliver(here("/answer"), letters(WIRE_POST_MAX), &delivered), SG_OK);
    assert_int_equal(delivered.body.n, WIRE_ANSWER_MAX);
    typed("/answer", M_BODY, "text/plain", letters(WIRE_ANSWER_MAX + 1));
    assert_int_equal(deliver(here("/answer"), SG_LIT("a=b"), &delivered), SG_E_TOO_LARGE);
    /* without a length, which would have said it before */
    route("/endless", M_ENDLESS_BODY, SG_NO_STR);
    assert_fetch(here("/endless"), SG_E_TOO_LARGE);
    route("/headers", M_ENDLESS_HEADERS, SG_NO_STR);
    assert_fetch(here("/headers"), SG_E_TOO_LARGE);
}

static void
test_servers_that_misbehave(void **state)
{
    (void)state;
    struct wire_deliver_reply delivered;
    route("/hang", M_HANG, SG_NO_STR);
    assert_fetch(here("/hang"), SG_E_FETCH);
    assert_int_equal(deliver(here("/hang"), SG_LIT("a=b"), &delivered), SG_E_FETCH);
    route("/drip", M_SLOW_BODY, SG_NO_STR);
    assert_fetch(here("/drip"), SG_E_FETCH);
    route("/nothttp", M_NOT_HTTP, SG_NO_STR);
    assert_fetch(here("/nothttp"), SG_E_FETCH);
    route("/close", M_CLOSE, SG_NO_STR);
    assert_fetch(here("/close"), SG_E_FETCH);
    assert_fetch(at_port("https", "127.0.0.1"), SG_E_FETCH); /* speaks no TLS */
    assert_fetch(SG_LIT("http://127.0.0.1:1/"), SG_E_FETCH); /* nobody there */
    /* and the courier still serves */
    typed("/request", M_BODY, REQUEST_TYPE, SG_LIT("a.b.c"));
    assert_fetch(here("/request"), SG_OK);
}

/* Eight that hang at one host are all it gets; status questions and other hosts go on. */
static void
test_a_slow_verifier_holds_nobody_up(void **state)
{
    (void)state;
    struct wire_fetch hang = {
        .kind = WIRE_FETCH_REQUEST_OBJECT, .url = here("/hang"), .accept = SG_LIT(REQUEST_TYPE)
    };
    struct route *r = route("/hang", M_HANG, SG_NO_STR);
    sg_str uri = url("/status/pinned/1");
    route("/status/pinned/1", M_BODY, good_token(uri));
    typed("/request", M_BODY, REQUEST_TYPE, SG_LIT("a.b.c"));
    for (unsigned i = 0; i < 8; i++) {
        (void)send_fetch(&hang);
    }
    while (r->hits < 8) {
        nap_ms(1);
    }
    /* a ninth, and a delivery to the same host, are refused; the first answers on this socket are theirs */
    uint64_t ninth = send_fetch(&hang);
    struct wire_frame frame = receive(c.gateway);
    assert_int_equal(frame.request_id, ninth);
    assert_int_equal(refusal_of(&frame), SG_E_TOO_MANY);
    uint64_t delivery = send_deliver(here("/request"), SG_LIT("a=b"));
    frame = receive(c.gateway);
    assert_int_equal(frame.request_id, delivery);
    assert_int_equal(refusal_of(&frame), SG_E_TOO_MANY);
    /* another name: another host */
    assert_fetch(url("/request"), SG_OK);
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    for (unsigned i = 0; i < 8; i++) {
        frame = receive(c.gateway);
        assert_int_equal(refusal_of(&frame), SG_E_FETCH);
    }
    assert_fetch(here("/request"), SG_OK);
}

/* Places per kind, with names that are looked up for ever: 32 request objects, and deliveries have their own. */
static void
test_places_of_a_kind(void **state)
{
    (void)state;
    if (!inside) { /* names are looked up in this process */
        return;
    }
    struct wire_frame frame;
    sg_str uri = url("/status/pinned/1");
    route("/status/pinned/1", M_BODY, good_token(uri));
    for (unsigned i = 0; i < 33; i++) {
        struct wire_fetch msg = { .kind = WIRE_FETCH_REQUEST_OBJECT,
            .accept = SG_LIT(REQUEST_TYPE) };
        assert_ok(sg_arena_printf(c.arena, &msg.url, "https://h%u." SLOW_NAME "/", i / 8));
        (void)send_fetch(&msg);
    }
    frame = receive(c.gateway);
    assert_int_equal(refusal_of(&frame), SG_E_TOO_MANY);
    struct wire_deliver_reply delivered;
    route("/response", M_BODY, SG_LIT("{}"));
    assert_int_equal(deliver(url("/response"), SG_LIT("a=b"), &delivered), SG_OK);
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    for (unsigned i = 0; i < 32; i++) {
        frame = receive(c.gateway);
        assert_int_equal(refusal_of(&frame), SG_E_FETCH);
    }
}

/* What was fetched for the gateway answers no question about status. */
static void
test_an_errand_fills_no_cache(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/1");
    struct route *r = typed("/status/pinned/1", M_BODY, REQUEST_TYPE, good_token(uri));
    assert_fetch(uri, SG_OK);
    assert_int_equal(r->hits, 1);
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    assert_int_equal(r->hits, 2);
}

static void
test_the_signer_has_no_errands(void **state)
{
    (void)state;
    struct sg_buf buf = sg_buf_new(c.arena, 256, WIRE_FRAME_MAX);
    struct wire_fetch msg = {
        .kind = WIRE_FETCH_REQUEST_OBJECT, .url = here("/request"), .accept = SG_LIT(REQUEST_TYPE)
    };
    wire_fetch_encode(&buf, 1, &msg);
    send_buf(c.signer, &buf);
    assert_int_equal(ended(), COURIER_EXIT_PEER_GONE);
}

static void
test_malformed_errands_are_refused(void **state)
{
    (void)state;
    static const uint8_t types[] = { WIRE_FETCH, WIRE_DELIVER };
    for (size_t i = 0; i < 2; i++) {
        struct sg_buf buf = sg_buf_new(c.arena, 64, 1024);
        wire_frame_begin(&buf, types[i], 5);
        sg_buf_put_byte(&buf, 0xa0);
        send_buf(c.gateway, &buf);
        struct wire_frame frame = receive(c.gateway);
        assert_int_equal(refusal_of(&frame), SG_E_MALFORMED);
    }
}

static void
test_stop_waits_for_a_delivery(void **state)
{
    (void)state;
    struct route *r = route("/late", M_LATE, SG_LIT("{}"));
    uint64_t id = send_deliver(here("/late"), SG_LIT("a=b"));
    while (r->hits == 0) {
        nap_ms(2);
    }
    ask_to_stop();
    struct wire_frame frame = receive(c.gateway);
    assert_int_equal(frame.request_id, id);
    assert_int_equal(frame.type, WIRE_DELIVER + WIRE_REPLY);
    assert_int_equal(ended(), 0);
}

#define HERE(f) cmocka_unit_test_setup_teardown(f, setup_here, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(test_a_request_object_is_fetched),
        HERE(test_a_request_object_is_asked_for_by_post),
        HERE(test_a_delivery_arrives_once),
        HERE(test_a_did_document_is_fetched),
        HERE(test_methods_and_types_are_the_kinds_own),
        HERE(test_wrong_types_are_no_answers),
        HERE(test_did_documents_have_one_form_of_address),
        HERE(test_providers_are_the_configured_ones),
        TEST(test_private_addresses_are_not_asked),
        HERE(test_loopback_is_not_for_names_of_strangers),
        cmocka_unit_test_setup_teardown(
            test_a_provider_inside_is_asked_when_an_operator_says_so, setup_private, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_provider_inside_is_not_asked_otherwise, setup_listed, teardown),
        HERE(test_urls_that_two_readers_read_differently),
        HERE(test_redirects_are_answers_not_ways),
        HERE(test_sizes),
        HERE(test_servers_that_misbehave),
        HERE(test_a_slow_verifier_holds_nobody_up),
        HERE(test_places_of_a_kind),
        HERE(test_an_errand_fills_no_cache),
        TEST_ENDED(test_the_signer_has_no_errands),
        HERE(test_malformed_errands_are_refused),
        cmocka_unit_test_setup_teardown(test_stop_waits_for_a_delivery, setup_here, teardown_ended),
    };
    return run_everywhere(tests, sizeof(tests) / sizeof(tests[0]));
}
