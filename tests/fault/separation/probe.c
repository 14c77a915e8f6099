/*
 * Loaded into the real programs by LD_PRELOAD: once a process is confined and at work, it tries from inside, in the very thread that serves, what that
 * process must not be able to do, and writes what happened to stderr: "PROBE <program> <attempt> <errno>", 0 for success.
 * (ARCHITECTURE, table of powers; REQUIREMENTS NET-1, KEY-2.)
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static atomic_bool done;
static struct timespec born;

static void
say(const char *attempt, int result)
{
    char line[256];
    int n = snprintf(
        line, sizeof(line), "PROBE %s %s %d\n", program_invocation_short_name, attempt, result);
    if (n > 0 && write(2, line, (size_t)n) < 0) {
        return;
    }
}

static void
try_open(const char *attempt, const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    say(attempt, fd < 0 ? errno : 0);
    if (fd >= 0) {
        close(fd);
    }
}

static void
try_socket(const char *attempt, int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    say(attempt, fd < 0 ? errno : 0);
    if (fd >= 0) {
        close(fd);
    }
}

/* Make, bind and listen on a port: the courier may have sockets, but none that listens. */
static void
try_listen(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int result = 0;
    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) != 0 || listen(fd, 1) != 0) {
        result = errno;
    }
    say("listen", result);
    if (fd >= 0) {
        close(fd);
    }
}

static void
try_module(void)
{
    void *module = dlopen(getenv("SEALGATE_PROBE_MODULE"), RTLD_NOW | RTLD_LOCAL);
    say("module", module == NULL ? EACCES : 0);
    if (module != NULL) {
        dlclose(module);
    }
}

static void
attempts(void)
{
    try_open("ledger", "signer/ledger.db", O_RDONLY);
    try_open("pin", "signer/pin", O_RDONLY);
    try_open("token", "signer/token", O_RDONLY | O_DIRECTORY);
    try_open("ledger-write", "signer/ledger.db", O_RDWR);
    try_open("log-write", "log/checkpoint", O_RDWR);
    try_open("store", "gateway/store.db", O_RDONLY);
    try_open("operators", "operators", O_RDONLY | O_DIRECTORY);
    try_open("clients", "clients/demo-client.json", O_RDONLY);
    try_open("passwd", "/etc/shadow", O_RDONLY);
    try_open("self-mem", "/proc/self/mem", O_RDWR);
    try_socket("inet", AF_INET, SOCK_STREAM);
    try_socket("inet6", AF_INET6, SOCK_STREAM);
    try_socket("unix", AF_UNIX, SOCK_STREAM);
    try_socket("netlink", AF_NETLINK, SOCK_RAW);
    try_socket("packet", AF_PACKET, SOCK_RAW);
    try_listen();
    try_module();
    say("end", 0);
}

/* Two seconds after the start every process is confined and at work; the first wait after that is the moment. */
static void
moment(void)
{
    struct timespec now;
    if (strncmp(program_invocation_short_name, "sealgate-", 9) != 0) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (born.tv_sec == 0) {
        born = now;
    }
    if (now.tv_sec - born.tv_sec >= 2 && !atomic_exchange(&done, true)) {
        attempts();
    }
}

#define NEXT(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

__attribute__((visibility("default"))) int
epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    moment();
    return NEXT(epoll_wait)(fd, events, max, timeout < 0 || timeout > 200 ? 200 : timeout);
}

__attribute__((visibility("default"))) int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
    moment();
    /* an early, empty return is a spurious wake-up: every caller has to live with those */
    return NEXT(poll)(fds, n, timeout < 0 || timeout > 200 ? 200 : timeout);
}
