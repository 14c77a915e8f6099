/* gateway/http: rows, patterns, methods, and where it may listen. */
#include "support.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_routes.h"
#include "http_server.h"

static void
nothing(struct http_request *req)
{
    (void)req;
}

#define ROW(method, path)                              \
    {                                                  \
        method, path, nothing, 0, "", 0, path, "", "t" \
    }

static sg_result
build(const struct http_route *rows, size_t n, struct http_routes *ret)
{
    return http_routes_build(&rows, &n, 1, ret, NULL);
}

static void
test_literal_rows_win_and_parameters_are_cut_out(void **state)
{
    (void)state;
    const struct http_route rows[] = { ROW(HTTP_GET, "/"), ROW(HTTP_GET, "/a/{x}"),
        ROW(HTTP_GET, "/a/b"), ROW(HTTP_POST, "/a/b"), ROW(HTTP_GET, "/a/{x}/c/{y}"),
        ROW(HTTP_GET, "/f/{x}/{rest...}") };
    struct http_routes routes;
    assert_ok(build(rows, 6, &routes));
    sg_str params[HTTP_PARAMS_MAX];
    const struct {
        const char *path, *pattern, *p0, *p1;
    } cases[] = {
        { "/", "/", NULL, NULL },
        { "/a/b", "/a/b", NULL, NULL },
        { "/a/zz", "/a/{x}", "zz", NULL },
        { "/a/z/c/w", "/a/{x}/c/{y}", "z", "w" },
        { "/f/1/2/3.p/4", "/f/{x}/{rest...}", "1", "2/3.p/4" },
        { "/a", NULL, NULL, NULL },
        { "/a/", NULL, NULL, NULL },
        { "/a/b/", NULL, NULL, NULL },
        { "/f/1/", NULL, NULL, NULL },
        { "", NULL, NULL, NULL },
        { "*", NULL, NULL, NULL },
        { "//a/b", NULL, NULL, NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct http_path *path = http_routes_find(&routes, sg_cstr(cases[i].path), params);
        if (cases[i].pattern == NULL) {
            assert_null(path);
            continue;
        }
        assert_non_null(path);
        assert_string_equal(path->pattern, cases[i].pattern);
        if (cases[i].p0 != NULL) {
            assert_str_is(params[0], cases[i].p0);
        }
        if (cases[i].p1 != NULL) {
            assert_str_is(params[1], cases[i].p1);
        }
    }
    char allow[64];
    http_path_methods(http_routes_find(&routes, SG_LIT("/a/b"), params), allow, sizeof(allow));
    assert_string_equal(allow, "GET, POST, HEAD, OPTIONS");
    http_routes_done(&routes);
}

static void
test_wrong_rows_are_refused(void **state)
{
    (void)state;
    struct http_routes routes;
    const struct http_route twice[] = { ROW(HTTP_GET, "/a"), ROW(HTTP_GET, "/a") };
    assert_refused(build(twice, 2, &routes), CONFLICT);
    static const char *const bad[] = { "a", "/a{x}", "/{a...}/b", "/{a}/{b}/{c}/{d}/{e}", "/{a" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct http_route row[] = { ROW(HTTP_GET, bad[i]) };
        assert_refused(build(row, 1, &routes), VALUE);
    }
    const struct http_route head[] = { ROW(HTTP_HEAD, "/a") };
    assert_refused(build(head, 1, &routes), VALUE);
}

/* RFC 8414 3.1, OpenID4VCI 1.0 12.2.2: inserted; did:web: without .well-known. Unknown paths stay as they were sent. */
static void
test_the_path_of_the_public_url_is_taken_away(void **state)
{
    (void)state;
    const struct {
        const char *path, *base, *local;
    } cases[] = {
        { "/oid4vci/token", "", "/oid4vci/token" },
        { "/t/oid4vci/token", "/t", "/oid4vci/token" },
        { "/oid4vci/token", "/t", "/oid4vci/token" },
        { "/t", "/t", "/" },
        { "/t/", "/t", "/" },
        { "/tt/oid4vci/token", "/t", "/tt/oid4vci/token" },
        { "/.well-known/openid-credential-issuer/t", "/t",
            "/.well-known/openid-credential-issuer" },
        { "/.well-known/openid-credential-issuer/a/b", "/a/b",
            "/.well-known/openid-credential-issuer" },
        { "/.well-known/openid-credential-issuer/b", "/a/b",
            "/.well-known/openid-credential-issuer/b" },
        { "/.well-known/t", "/t", "/.well-known/t" },
        { "/.well-known", "/.well-known", "/" },
        { "/t/did.json", "/t", "/.well-known/did.json" },
        { "/t/.well-known/jwks.json", "/t", "/.well-known/jwks.json" },
        { "", "/t", "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sg_str got = http_local_path(sg_cstr(cases[i].path), sg_cstr(cases[i].base));
        assert_str_is(got, cases[i].local);
    }
}

/* req: NET-1: without TLS nothing but this machine is listened to */
static void
test_plain_http_is_for_loopback_alone(void **state)
{
    static const struct {
        uint32_t address;
        bool good;
    } rows[] = {
        { INADDR_ANY, false },
        { INADDR_LOOPBACK, true },
        { INADDR_LOOPBACK + 1, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in at = { .sin_family = AF_INET,
            .sin_addr.s_addr = htonl(rows[i].address) };
        assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof(at)), errno);
        struct http_settings settings = { .listen_fd = fd, .workers = 1 };
        struct http_server *server = NULL;
        struct sg_why why = { 0 };
        sg_result r = http_open(&settings, &server, &why);
        assert_int_equal(sg_ok(r), rows[i].good);
        if (!rows[i].good) {
            assert_refused(r, POLICY);
            assert_non_null(strstr(why.what, "tls_cert"));
        }
        http_close(&server);
        close(fd);
    }
    struct http_settings none = { .listen_fd = -1, .workers = 1 };
    struct http_server *server = NULL;
    assert_refused(http_open(&none, &server, NULL), POLICY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_path_of_the_public_url_is_taken_away),
        cmocka_unit_test(test_literal_rows_win_and_parameters_are_cut_out),
        cmocka_unit_test(test_wrong_rows_are_refused),
        cmocka_unit_test(test_plain_http_is_for_loopback_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
