/*
 * Connections and the sweeper. libmicrohttpd's own time-out looks at silence only: a client that sends one byte now and then would
 * stay for ever. Once a second the sweeper shuts down connections whose request, or whose wait between requests, takes too long.
 * The socket is shut, not closed: libmicrohttpd notices and cleans up itself. req: NET-3
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "http_inner.h"

/* Between requests a live client may be silent for idle_timeout_s; beyond this multiple it is only trickling. */
#define TRICKLE_FACTOR 3

static void
peer_text(struct MHD_Connection *mhd, char out[INET6_ADDRSTRLEN])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    out[0] = '\0';
    if (info == NULL || info->client_addr == NULL) {
        return;
    }
    const struct sockaddr *address = info->client_addr;
    const void *bytes = NULL;
    if (address->sa_family == AF_INET) {
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    } else if (address->sa_family == AF_INET6) {
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    }
    if (bytes == NULL || inet_ntop(address->sa_family, bytes, out, INET6_ADDRSTRLEN) == NULL) {
        out[0] = '\0';
    }
}

static void
conn_opened(struct http_server *server, struct MHD_Connection *mhd, void **context)
{
    struct http_conn *conn = calloc(1, sizeof(*conn));
    *context = conn;
    if (conn == NULL) {
        return; /* requests on it are refused */
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    conn->fd = info == NULL ? -1 : info->connect_fd;
    atomic_store(&conn->idle_us, http_now_us());
    peer_text(mhd, conn->peer);
    pthread_mutex_lock(&server->conns_lock);
    conn->next = server->conns;
    if (conn->next != NULL) {
        conn->next->prev = conn;
    }
    server->conns = conn;
    pthread_mutex_unlock(&server->conns_lock);
    atomic_fetch_add(&server->n_conns, 1);
}

static void
conn_closed(struct http_server *server, void **context)
{
    struct http_conn *conn = *context;
    *context = NULL;
    if (conn == NULL) {
        return;
    }
    pthread_mutex_lock(&server->conns_lock);
    if (conn->prev != NULL) {
        conn->prev->next = conn->next;
    } else {
        server->conns = conn->next;
    }
    if (conn->next != NULL) {
        conn->next->prev = conn->prev;
    }
    pthread_mutex_unlock(&server->conns_lock);
    atomic_fetch_sub(&server->n_conns, 1);
    free(conn);
}

void
http_conn_event(void *server, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        conn_opened(server, mhd, context);
    } else {
        conn_closed(server, context);
    }
}

static bool
too_long(const struct http_settings *settings, struct http_conn *conn, int64_t now)
{
    int64_t since = atomic_load_explicit(&conn->since_us, memory_order_relaxed);
    int64_t idle = atomic_load_explicit(&conn->idle_us, memory_order_relaxed);
    int64_t request = (int64_t)settings->request_timeout_s * 1000000;
    int64_t quiet = (int64_t)settings->idle_timeout_s * 1000000 * TRICKLE_FACTOR;
    if (since > 0) {
        /* an answer that nobody reads gets the same time again */
        return now - since > 2 * request;
    }
    return since == 0 && now - idle > quiet;
}

static void
sweep(struct http_server *server)
{
    int64_t now = http_now_us();
    pthread_mutex_lock(&server->conns_lock);
    for (struct http_conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (conn->fd >= 0 && too_long(&server->settings, conn, now)) {
            shutdown(conn->fd, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&server->conns_lock);
}

static void *
sweeper_main(void *argument)
{
    struct http_server *server = argument;
    pthread_setname_np(pthread_self(), "sweeper");
    while (!atomic_load(&server->stop_sweeper)) {
        sweep(server);
        for (int i = 0; i < 10 && !atomic_load(&server->stop_sweeper); i++) {
            nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
        }
    }
    return NULL;
}

sg_result
http_sweeper_start(struct http_server *server)
{
    SG_REQUIRE(pthread_create(&server->sweeper, NULL, sweeper_main, server) == 0, INTERNAL);
    server->sweeping = true;
    return SG_DONE;
}

void
http_sweeper_stop(struct http_server *server)
{
    atomic_store(&server->stop_sweeper, true);
    if (server->sweeping) {
        pthread_join(server->sweeper, NULL);
        server->sweeping = false;
    }
}
