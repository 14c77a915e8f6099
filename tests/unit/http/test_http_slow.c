/* gateway/http: slow clients, a full queue, draining. Times are short settings of a real server. req: NET-3 */
#include "http_harness.h"

/* One byte now and then keeps libmicrohttpd's own time-out away; the sweeper still ends it. */
static void
test_trickling_clients_are_cut_off(void **state)
{
    (void)state;
    struct http_server *server = harness_open(1, 1, 16);
    int header = harness_connect();
    int body = harness_connect();
    const char *half = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                       "Content-Length: 60000\r\n\r\n";
    const char *line = "GET /hello HTTP/1.1\r\n";
    harness_send(header, line, strlen(line));
    harness_send(body, half, strlen(half));
    bool header_gone = false;
    bool body_gone = false;
    int64_t end = http_now_us() + 10 * 1000000;
    while (!(header_gone && body_gone) && http_now_us() < end) {
        struct pollfd p[2] = { { header, POLLIN | POLLHUP, 0 }, { body, POLLIN | POLLHUP, 0 } };
        poll(p, 2, 200);
        header_gone = header_gone || (p[0].revents & (POLLHUP | POLLERR)) != 0 ||
                      send(header, "X", 1, MSG_NOSIGNAL) != 1;
        body_gone = body_gone || (p[1].revents & (POLLHUP | POLLERR)) != 0 ||
                    send(body, "a", 1, MSG_NOSIGNAL) != 1;
    }
    assert_true(header_gone);
    assert_true(body_gone);
    close(header);
    close(body);
    HARNESS_SERVES();
    harness_close(server);
}

static void
test_beyond_the_queue_503_with_retry_after(void **state)
{
    (void)state;
    struct http_server *server = harness_open(30, 10, 4);
    harness_hold = true;
    int waiting[4];
    for (int i = 0; i < 4; i++) {
        waiting[i] = harness_connect();
        const char *ask = "GET /park HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        harness_send(waiting[i], ask, strlen(ask));
    }
    struct http_figures figures = { 0 };
    while (figures.in_flight < 4) {
        http_server_figures(server, &figures);
    }
    const char *a = harness_ask("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_int_equal(harness_status(a), 503);
    assert_non_null(strstr(a, "Retry-After: "));
    pthread_mutex_lock(&harness_lock);
    harness_hold = false;
    pthread_cond_signal(&harness_more);
    pthread_mutex_unlock(&harness_lock);
    for (int i = 0; i < 4; i++) {
        char answer[1024];
        harness_read(waiting[i], answer, sizeof(answer), 3000);
        assert_int_equal(harness_status(answer), 200);
        close(waiting[i]);
    }
    http_server_figures(server, &figures);
    assert_int_equal(figures.refused_full, 1);
    HARNESS_SERVES();
    harness_close(server);
}

static void *
drain_later(void *server)
{
    http_drain(server, 5000);
    return NULL;
}

static void
test_draining_answers_what_was_admitted(void **state)
{
    (void)state;
    struct http_server *server = harness_open(30, 10, 64);
    harness_hold = true;
    int fd = harness_connect();
    int idle = harness_connect();
    HARNESS_SERVES();
    struct http_figures figures = { .in_flight = 1 };
    while (figures.in_flight > 0) { /* the one before counts until its answer has left */
        http_server_figures(server, &figures);
    }
    const char *ask = "GET /park HTTP/1.1\r\nHost: a\r\n\r\n";
    harness_send(fd, ask, strlen(ask));
    while (figures.in_flight < 1) {
        http_server_figures(server, &figures);
    }
    pthread_t drainer;
    pthread_create(&drainer, NULL, drain_later, server);
    /* once draining has begun, a request on an old connection is refused; one that came just before is answered, and told that it was the last */
    char answer[1024] = "";
    bool last = false;
    do {
        const char *hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
        harness_send(idle, hello, strlen(hello));
        answer[0] = '\0';
        for (int tries = 0; harness_status(answer) == 0 && tries < 100; tries++) {
            harness_read(idle, answer, sizeof(answer), 50); /* a busy machine answers late */
        }
        last = strstr(answer, "\r\nConnection: close\r\n") != NULL;
    } while (harness_status(answer) == 200 && !last);
    assert_true(harness_status(answer) == 200 || harness_status(answer) == 503);
    close(idle);
    pthread_mutex_lock(&harness_lock);
    harness_hold = false;
    pthread_cond_signal(&harness_more);
    pthread_mutex_unlock(&harness_lock);
    pthread_join(drainer, NULL);
    harness_read(fd, answer, sizeof(answer), 3000);
    assert_int_equal(harness_status(answer), 200);
    close(fd);
    harness_close(server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trickling_clients_are_cut_off),
        cmocka_unit_test(test_beyond_the_queue_503_with_retry_after),
        cmocka_unit_test(test_draining_answers_what_was_admitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
