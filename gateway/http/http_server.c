#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "http_inner.h"

/* Files other than connections: database, peers, logs, timers. */
#define FILES_KEPT 128

/* Connections must fit into the file limit; what is asked for beyond it is not offered. */
static unsigned
connections_possible(unsigned wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return wanted;
    }
    if (limit.rlim_cur <= 2 * FILES_KEPT) {
        return FILES_KEPT;
    }
    rlim_t room = limit.rlim_cur - FILES_KEPT;
    return wanted < room ? wanted : (unsigned)room;
}

/* req: NET-1: what is not encrypted stays on this machine. A socket of another kind than these has no business here. */
static bool
is_loopback(int fd)
{
    struct sockaddr_storage at = { 0 };
    socklen_t n = sizeof(at);
    if (getsockname(fd, (struct sockaddr *)&at, &n) != 0) {
        return false;
    }
    if (at.ss_family == AF_INET) {
        return ntohl(((struct sockaddr_in *)&at)->sin_addr.s_addr) >> 24 == 127;
    }
    return at.ss_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&at)->sin6_addr);
}

sg_result
http_open(const struct http_settings *settings, struct http_server **ret, struct sg_why *why)
{
    if (settings->tls_cert.n == 0 && !is_loopback(settings->listen_fd)) {
        sg_why_note(why, "plain HTTP is for loopback alone: tls_cert", 0, 0);
        SG_FAIL(POLICY);
    }
    struct http_server *server = calloc(1, sizeof(*server));
    SG_REQUIRE(server != NULL, NO_MEMORY);
    server->settings = *settings;
    sg_result r = http_routes_build(
        settings->tables, settings->table_rows, settings->n_tables, &server->routes, why);
    if (!sg_ok(r)) {
        free(server);
        return r;
    }
    if (server->settings.workers == 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        server->settings.workers = n < 1 ? 1 : (unsigned)n;
    }
    server->settings.connections_max = connections_possible(settings->connections_max);
    pthread_mutex_init(&server->queue.lock, NULL);
    pthread_cond_init(&server->queue.more, NULL);
    pthread_mutex_init(&server->pool_lock, NULL);
    pthread_mutex_init(&server->conns_lock, NULL);
    uint64_t first_id = 0;
    ssize_t got = getrandom(&first_id, sizeof(first_id), 0);
    atomic_store(&server->next_id, got == (ssize_t)sizeof(first_id) ? first_id : 1);
    *ret = server;
    return SG_DONE;
}

/* %00 would end a C string early, and the handler would see another path than the log: such escapes stay as they are. */
static size_t
unescape(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    char *out = text;
    for (const char *p = text; *p != '\0'; p++) {
        char digits[3] = { 0 };
        if (*p == '%' && p[1] != '\0' && p[2] != '\0') {
            digits[0] = p[1];
            digits[1] = p[2];
        }
        char *end = digits;
        unsigned long value = strchr(" +-xX", digits[0]) == NULL ? strtoul(digits, &end, 16) : 0;
        if (end == digits + 2 && value != 0) {
            *out++ = (char)value;
            p += 2;
        } else {
            *out++ = *p;
        }
    }
    *out = '\0';
    return (size_t)(out - text);
}

sg_result
http_start(struct http_server *server)
{
    const struct http_settings *s = &server->settings;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_END, 0, NULL },
        { MHD_OPTION_END, 0, NULL },
        { MHD_OPTION_END, 0, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    if (s->tls_cert.n > 0) { /* callers end PEM texts with a NUL behind their length */
        flags |= MHD_USE_TLS;
        tls[0] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0,
            (void *)(uintptr_t)s->tls_cert.p };
        tls[1] =
            (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)s->tls_key.p };
        /* req: NET-1: TLS 1.2 with forward secrecy and AEAD, or 1.3 (BCP 195) */
        static const char priorities[] =
            "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-256-GCM:"
            "+AES-128-GCM:+CHACHA20-POLY1305:%SERVER_PRECEDENCE";
        tls[2] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0,
            (void *)(uintptr_t)priorities };
    }
    SG_TRY(http_workers_start(server));
    SG_TRY(http_sweeper_start(server));
    server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, http_on_request, server,
        MHD_OPTION_LISTEN_SOCKET, s->listen_fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        s->connection_memory, MHD_OPTION_CONNECTION_LIMIT, s->connections_max,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, s->idle_timeout_s, MHD_OPTION_NOTIFY_COMPLETED,
        http_on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, http_conn_event, server,
        MHD_OPTION_URI_LOG_CALLBACK, http_on_uri, server, MHD_OPTION_UNESCAPE_CALLBACK, unescape,
        NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    SG_REQUIRE(server->daemon != NULL, INTERNAL);
    return SG_DONE;
}

void
http_drain(struct http_server *server, unsigned wait_ms)
{
    if (atomic_exchange(&server->draining, true) == false && server->daemon != NULL) {
        MHD_socket fd = MHD_quiesce_daemon(server->daemon);
        if (fd != MHD_INVALID_SOCKET) {
            close(fd);
        }
    }
    int64_t end = http_now_us() + (int64_t)wait_ms * 1000;
    while (
        atomic_load(&server->in_flight) + atomic_load(&server->unsent) > 0 && http_now_us() < end) {
        nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
    }
}

void
http_close(struct http_server **slot)
{
    struct http_server *server = *slot;
    if (server == NULL) {
        return;
    }
    *slot = NULL;
    http_drain(server, 0);
    /* a suspended connection may not meet MHD_stop_daemon: whatever asked for something is called back in time */
    while (atomic_load(&server->in_flight) > 0) {
        nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
    }
    http_workers_stop(server);
    http_sweeper_stop(server);
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
    }
    http_pool_done(server);
    http_routes_done(&server->routes);
    free(server);
}

void
http_server_figures(struct http_server *server, struct http_figures *ret)
{
    pthread_mutex_lock(&server->queue.lock);
    ret->queued = server->queue.n;
    pthread_mutex_unlock(&server->queue.lock);
    ret->in_flight = atomic_load(&server->in_flight);
    ret->connections = atomic_load(&server->n_conns);
    ret->refused_full = atomic_load(&server->refused_full);
}
