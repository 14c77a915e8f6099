#include "cli_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGS_MAX = 24, OPS_BACKLOG = 16, ALONE_READY_MS = 60000, STEP_MS = 5 };

/* User ids of the demo when root starts it: numbers without names, one per process, nobody else's. */
const struct cli_role_row cli_roles[CLI_ROLES] = {
    [CLI_SIGNER] = { "signer", "sealgate-signer", "signer", 48103 },
    [CLI_COURIER] = { "courier", "sealgate-courier", "courier", 48102 },
    [CLI_GATEWAY] = { "gateway", "sealgate-gateway", "gateway", 48101 },
};

void
cli_close(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

const char *
cli_proc_program(const struct cli *cli, const char *program)
{
    char self[PATH_MAX];
    sg_str path;
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n <= 0) {
        return program;
    }
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    *slash = '\0'; /* an absolute path has one */
    return sg_ok(sg_arena_printf(cli->arena, &path, "%s/%s", self, program)) ? path.p : program;
}

int
cli_proc_user(const struct cli *cli, enum cli_role role, const char **ret)
{
    struct stat st;
    sg_str text;
    *ret = NULL;
    if (geteuid() != 0) {
        return CLI_DONE;
    }
    const char *folder = cli_path(cli, cli_roles[role].folder);
    if (folder == NULL || stat(folder, &st) != 0) {
        return cli_fail(cli, "%s: %s", folder, strerror(errno));
    }
    if (st.st_uid == 0 || st.st_gid == 0) {
        return cli_fail(cli, "%s belongs to root: it must belong to the user that the %s becomes",
            folder, cli_roles[role].name);
    }
    if (!sg_ok(sg_arena_printf(
            cli->arena, &text, "%u:%u", (unsigned)st.st_uid, (unsigned)st.st_gid))) {
        return cli_fail(cli, "out of memory");
    }
    *ret = text.p;
    return CLI_DONE;
}

/* ---- starting -------------------------------------------------------------------------------------------- */

struct launch {
    const char *argv[ARGS_MAX];
    size_t n;
    const char *log;
    pid_t parent;
};

static void
add(struct launch *l, const char *word)
{
    if (l->n + 1 < ARGS_MAX) {
        l->argv[l->n++] = word;
    }
}

static bool
add_fd(const struct cli *cli, struct launch *l, const char *option, int fd)
{
    sg_str number;
    if (!sg_ok(sg_arena_printf(cli->arena, &number, "%d", fd))) {
        return false;
    }
    add(l, option);
    add(l, number.p);
    return true;
}

/* In the child: only async-signal-safe calls until exec. */
static void
become(const struct launch *l, const struct cli_fd *fds, size_t n_fds, int ready)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* a process that changes its user loses this; `run` then finds the orphan by its pid file */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != l->parent) {
        _exit(75);
    }
    if (l->log != NULL) {
        int fd = open(l->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0) {
            _exit(71);
        }
    }
    for (size_t i = 0; i < n_fds; i++) {
        fcntl(fds[i].fd, F_SETFD, 0);
    }
    fcntl(ready, F_SETFD, 0);
    execv(l->argv[0], (char *const *)(uintptr_t)l->argv);
    _exit(127);
}

int
cli_proc_start(const struct cli *cli, enum cli_role role, const struct cli_fd *fds, size_t n_fds,
    const char *log, struct cli_proc *ret)
{
    struct launch l = { .log = log, .parent = getpid() };
    const char *user;
    int pipe_fds[2];
    int bad = cli_proc_user(cli, role, &user);
    if (bad != CLI_DONE) {
        return bad;
    }
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        return cli_fail(cli, "pipe: %s", strerror(errno));
    }
    add(&l, cli_proc_program(cli, cli_roles[role].program));
    add(&l, "--dir");
    add(&l, cli->dir);
    bool fits = add_fd(cli, &l, "--ready-fd", pipe_fds[1]);
    for (size_t i = 0; i < n_fds && fits; i++) {
        fits = add_fd(cli, &l, fds[i].option, fds[i].fd);
    }
    if (user != NULL) {
        add(&l, "--user");
        add(&l, user);
    }
    pid_t pid = fits ? fork() : -1;
    if (pid == 0) {
        become(&l, fds, n_fds, pipe_fds[1]);
    }
    close(pipe_fds[1]);
    if (pid < 0) {
        close(pipe_fds[0]);
        return cli_fail(cli, "cannot start %s: %s", l.argv[0], strerror(errno));
    }
    *ret = (struct cli_proc){ .pid = pid, .ready = pipe_fds[0] };
    return CLI_DONE;
}

bool
cli_proc_wait_ready(struct cli_proc *proc, int timeout_ms)
{
    char byte = 0;
    struct pollfd p = { .fd = proc->ready, .events = POLLIN };
    bool good = poll(&p, 1, timeout_ms) == 1 && read(proc->ready, &byte, 1) == 1 && byte == 'R';
    cli_close(&proc->ready);
    proc->serves = good;
    return good;
}

static bool
gone(struct cli_proc *proc)
{
    pid_t r = waitpid(proc->pid, NULL, WNOHANG);
    return r == proc->pid || (r < 0 && errno == ECHILD);
}

void
cli_proc_stop(struct cli_proc *proc, int timeout_ms)
{
    const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
    if (proc->pid > 0) {
        kill(proc->pid, SIGTERM);
        int waited = 0;
        while (!gone(proc)) {
            if (waited >= timeout_ms) {
                kill(proc->pid, SIGKILL);
                waitpid(proc->pid, NULL, 0);
                break;
            }
            nanosleep(&step, NULL);
            waited += STEP_MS;
        }
    }
    cli_close(&proc->ready);
    *proc = (struct cli_proc){ .ready = -1 };
}

/* ---- sockets --------------------------------------------------------------------------------------------- */

sg_result
cli_socketpair(int ret[2])
{
    SG_REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) == 0, STORE_DOWN);
    return SG_DONE;
}

sg_result
cli_ops_listen(const char *dir, int *ret)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char run[PATH_MAX];
    int n = snprintf(run, sizeof(run), "%s/run", dir);
    SG_REQUIRE(n > 0 && (size_t)n < sizeof(run), TOO_LARGE);
    SG_CLEANUP(cli_close)
    int folder = open(run, O_PATH | O_DIRECTORY | O_CLOEXEC);
    SG_REQUIRE(folder >= 0, STORE_DOWN);
    unlinkat(folder, "ops.sock", 0); /* of an earlier run: the lock says nobody listens */
    SG_CLEANUP(cli_close)
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/ops.sock", folder);
    mode_t old = umask(0177);
    bool bound = bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
    umask(old);
    SG_REQUIRE(bound && listen(fd, OPS_BACKLOG) == 0, STORE_DOWN);
    *ret = fd;
    fd = -1; /* taken */
    return SG_DONE;
}

sg_result
cli_lock(const char *dir, int *ret)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/run/lock", dir);
    SG_REQUIRE(n > 0 && (size_t)n < sizeof(path), TOO_LARGE);
    SG_CLEANUP(cli_close)
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    SG_REQUIRE(flock(fd, LOCK_EX | LOCK_NB) == 0, CONFLICT);
    *ret = fd;
    fd = -1; /* taken */
    return SG_DONE;
}

/* ---- the signer alone ------------------------------------------------------------------------------------ */

void
cli_alone_stop(struct cli_alone *alone)
{
    cli_proc_stop(&alone->proc, 10000);
    cli_close(&alone->ops);
    cli_close(&alone->peers[0]);
    cli_close(&alone->peers[1]);
    cli_close(&alone->lock);
}

int
cli_alone_start(const struct cli *cli, struct cli_alone *ret)
{
    struct cli_alone alone = {
        .proc = { .ready = -1 }, .ops = -1, .peers = { -1, -1 }, .lock = -1
    };
    int gateway[2];
    int courier[2];
    sg_result r = cli_lock(cli->dir, &alone.lock);
    if (r.code == SG_E_CONFLICT) {
        return cli_fail(cli, "something runs from %s already", cli->dir);
    }
    if (!sg_ok(r) || !sg_ok(cli_ops_listen(cli->dir, &alone.ops)) ||
        !sg_ok(cli_socketpair(gateway))) {
        cli_alone_stop(&alone);
        return cli_fail(cli, "sockets in %s/run: %s", cli->dir, strerror(errno));
    }
    alone.peers[0] = gateway[0];
    if (!sg_ok(cli_socketpair(courier))) {
        close(gateway[1]);
        cli_alone_stop(&alone);
        return cli_fail(cli, "socketpair: %s", strerror(errno));
    }
    alone.peers[1] = courier[0];
    const struct cli_fd fds[] = { { "--gateway-fd", gateway[1] }, { "--courier-fd", courier[1] },
        { "--ops-fd", alone.ops } };
    const char *log = cli_path(cli, "run/signer.log");
    int bad = cli_proc_start(cli, CLI_SIGNER, fds, 3, log, &alone.proc);
    close(gateway[1]);
    close(courier[1]);
    if (bad == CLI_DONE && !cli_proc_wait_ready(&alone.proc, ALONE_READY_MS)) {
        bad = cli_fail(cli, "the signer did not start; the last line of %s says why", log);
    }
    if (bad != CLI_DONE) {
        cli_alone_stop(&alone);
        return bad;
    }
    *ret = alone;
    return CLI_DONE;
}
