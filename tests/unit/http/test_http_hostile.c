/* gateway/http against clients that mean no good, over real sockets: limits hold and others are served. req: NET-3 */
#include "http_harness.h"

static struct http_server *server;

static void
test_ordinary_requests(void **state)
{
    (void)state;
    const char *a = harness_ask("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_int_equal(harness_status(a), 200);
    assert_non_null(strstr(a, "\r\n\r\nhello"));
    assert_non_null(strstr(a, "Access-Control-Allow-Origin: *"));
    a = harness_ask("HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_int_equal(harness_status(a), 200);
    assert_null(strstr(a, "\r\n\r\nhello"));
    a = harness_ask("GET /park HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(a, "\r\n\r\nhello"));
    a = harness_ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain; charset=utf-8\r\n"
                    "Content-Length: 5\r\nConnection: close\r\n\r\nabcde");
    assert_non_null(strstr(a, "\r\n\r\nabcde"));
    a = harness_ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                    "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    assert_non_null(strstr(a, "\r\n\r\nabc"));
}

/* An answer that is kept goes to whoever asked, once; the request then waits for its own. */
static void
test_answers_can_be_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        const char *a = harness_ask("GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_int_equal(harness_status(a), 200);
        assert_non_null(strstr(a, "\r\n\r\nhello and 200 hello"));
    }
    HARNESS_SERVES();
}

static void
test_parameters_and_raw_counts(void **state)
{
    (void)state;
    const char *a = harness_ask("GET /say/x%41%2e?q=1%202 HTTP/1.1\r\nHost: a\r\nDPoP: 1\r\n"
                                "dpop: 2\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(a, "[xA.][] dpop=2 q=1 2"));
    a = harness_ask("GET /say/a%00b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(a, "[a%00b]"));
    a = harness_ask("GET /tree/0/x001/067.p/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(a, "[0][x001/067.p/3]"));
}

/* RFC 9112 3.2.2: the absolute form is taken by every server. */
static void
test_absolute_form_names_the_same_path(void **state)
{
    (void)state;
    const char *a =
        harness_ask("GET http://a:1/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(a, "\r\n\r\nhello"));
    a = harness_ask("GET HTTPS://a/say/x?q=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(a, "[x][] dpop=0 q=1"));
    a = harness_ask("GET http://a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_int_equal(harness_status(a), 404); /* "/" is no row of the harness */
    a = harness_ask("GET ftp://a/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_int_equal(harness_status(a), 404);
}

static void
test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *body, *want;
    } cases[] = {
        { "a=1%2B2+3&b=c", "\r\n\r\n1+2 3" },
        { "b=c&a=x", "\r\n\r\nx" },
        { "a=1&a=2", "DUPLICATE" },
        { "b=1", "NOT_FOUND" },
        { "a=%zz", "MALFORMED" },
        { "a=%00", "MALFORMED" },
        { "a=%ff", "MALFORMED" },
        { "a=%4", "MALFORMED" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char request[512];
        snprintf(request, sizeof(request),
            "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
            strlen(cases[i].body), cases[i].body);
        assert_non_null(strstr(harness_ask(request), cases[i].want));
    }
}

static void
test_refusals_have_their_status(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        int status;
        const char *has;
    } cases[] = {
        { "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404, "not_found" },
        { "POST /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405, "Allow: GET, HEAD" },
        { "PATCH /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 501, "" },
        { "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 413, "" },
        { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 415, "" },
        { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/html\r\nContent-Length: "
          "3\r\n\r\nabc",
            415, "" },
        { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: "
          "65537\r\n\r\n",
            413, "" },
        { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
          "Content-Length: 4\r\n\r\nabc",
            400, "" },
        { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400, "" },
        { "OPTIONS /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 204,
            "Access-Control-Allow-Headers: Authorization" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *a = harness_ask(cases[i].request);
        if (harness_status(a) != cases[i].status || strstr(a, cases[i].has) == NULL) {
            print_error("%s\n-> %s\n", cases[i].request, a);
            fail();
        }
    }
    HARNESS_SERVES();
}

static void
test_connection_stays_after_a_refusal_without_body(void **state)
{
    (void)state;
    int fd = harness_connect();
    const char *two = "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n"
                      "Connection: close\r\n\r\n";
    harness_send(fd, two, strlen(two));
    char answer[4096];
    harness_read(fd, answer, sizeof(answer), 3000);
    close(fd);
    assert_int_equal(harness_status(answer), 404);
    assert_non_null(strstr(answer, "HTTP/1.1 200"));
}

static void
test_header_limits(void **state)
{
    /* 16 kB in one header pass (attestations), 64 kB do not */
    char *request = sg_arena_alloc(*state, 80000);
    int n = snprintf(request, 80000, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ");
    memset(request + n, 'a', 16000);
    memcpy(request + n + 16000, "\r\n\r\n", 5);
    assert_int_equal(harness_status(harness_ask(request)), 200);
    memset(request + n, 'a', 70000);
    memcpy(request + n + 70000, "\r\n\r\n", 5);
    assert_int_not_equal(harness_status(harness_ask(request)), 200);
    HARNESS_SERVES();
}

static void
test_chunked_body_beyond_the_limit_ends_the_connection(void **state)
{
    (void)state;
    int fd = harness_connect();
    const char *head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n";
    harness_send(fd, head, strlen(head));
    char chunk[4200];
    int n = snprintf(chunk, sizeof(chunk), "1000\r\n");
    memset(chunk + n, 'a', 4096);
    memcpy(chunk + n + 4096, "\r\n", 2);
    for (int i = 0; i < 100; i++) {
        harness_send(fd, chunk, (size_t)n + 4098);
    }
    char answer[4096];
    harness_read(fd, answer, sizeof(answer), 3000);
    close(fd);
    assert_int_not_equal(harness_status(answer), 200);
    HARNESS_SERVES();
}

static void
test_garbage_and_pipelines_of_it(void **state)
{
    (void)state;
    unsigned seed = 1;
    for (int round = 0; round < 200; round++) {
        char junk[2048];
        for (size_t i = 0; i < sizeof(junk); i++) {
            seed = seed * 1103515245U + 12345U;
            static const char words[] = "\r\n: GETPOST/ HTTP1.0%";
            junk[i] = round % 2 == 0 ? (char)(seed >> 16) : words[seed >> 16 & 15];
        }
        int fd = harness_connect();
        harness_send(fd, junk, sizeof(junk));
        const char *good = "\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
        harness_send(fd, good, strlen(good));
        shutdown(fd, SHUT_WR);
        char answer[1024];
        harness_read(fd, answer, sizeof(answer), 20);
        close(fd);
    }
    HARNESS_SERVES();
}

static void
test_a_long_pipeline_is_answered_in_order(void **state)
{
    (void)state;
    int fd = harness_connect();
    enum { N = 200 };
    for (int i = 0; i < N; i++) {
        char one[128];
        int n = snprintf(one, sizeof(one), "GET /say/%d HTTP/1.1\r\nHost: a\r\n%s\r\n", i,
            i == N - 1 ? "Connection: close\r\n" : "");
        harness_send(fd, one, (size_t)n);
    }
    static char answer[100000];
    harness_read(fd, answer, sizeof(answer), 3000);
    close(fd);
    const char *at = answer;
    for (int i = 0; i < N; i++) {
        char want[32];
        snprintf(want, sizeof(want), "\r\n\r\n[%d]", i);
        at = strstr(at, want);
        assert_non_null(at);
    }
}

static void
test_departed_clients_do_not_disturb_parked_requests(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        int fd = harness_connect();
        const char *ask = "GET /park HTTP/1.1\r\nHost: a\r\n\r\n";
        harness_send(fd, ask, strlen(ask));
        struct linger now = { 1, 0 };
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        close(fd);
    }
    HARNESS_SERVES();
}

static size_t
resident_kb(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    unsigned long total = 0;
    unsigned long resident = 0;
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu %lu", &total, &resident), 2);
    fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static void
test_five_thousand_idle_connections(void **state)
{
    enum { MOST = 5000 };
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 2 * MOST + 200) {
        print_message("SKIPPED: file limit %lu\n", (unsigned long)files.rlim_cur);
        skip();
    }
    size_t before = resident_kb();
    int *fds = SG_NEW_ARRAY(*state, MOST, int);
    for (int i = 0; i < MOST; i++) {
        fds[i] = harness_connect();
        /* half of them say nothing, half stop inside their headers */
        if (i % 2 == 0) {
            harness_send(fds[i], "GET /hello HTTP/1.1\r\nHost: a", 28);
        }
    }
    HARNESS_SERVES();
    size_t grown = resident_kb() - before;
    print_message("[  figure  ] %d idle connections: %zu KiB more resident\n", MOST, grown);
#ifndef SEALGATE_SANITIZED
    assert_true(grown < 80 * 1024);
#endif
    struct http_figures figures;
    http_server_figures(server, &figures);
    assert_true(figures.connections >= MOST);
    for (int i = 0; i < MOST; i++) {
        close(fds[i]);
    }
    HARNESS_SERVES();
}

static int
open_server(void **state)
{
    server = harness_open(30, 10, 1024);
    return support_arena_setup(state);
}

static int
close_server(void **state)
{
    harness_close(server);
    return support_arena_teardown(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary_requests),
        cmocka_unit_test(test_answers_can_be_kept),
        cmocka_unit_test(test_parameters_and_raw_counts),
        cmocka_unit_test(test_absolute_form_names_the_same_path),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refusals_have_their_status),
        cmocka_unit_test(test_connection_stays_after_a_refusal_without_body),
        cmocka_unit_test(test_header_limits),
        cmocka_unit_test(test_chunked_body_beyond_the_limit_ends_the_connection),
        cmocka_unit_test(test_garbage_and_pipelines_of_it),
        cmocka_unit_test(test_a_long_pipeline_is_answered_in_order),
        cmocka_unit_test(test_departed_clients_do_not_disturb_parked_requests),
        cmocka_unit_test(test_five_thousand_idle_connections),
    };
    return cmocka_run_group_tests(tests, open_server, close_server);
}
