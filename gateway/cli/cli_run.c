/*
 * `sealgate run`: makes the sockets, starts the three, keeps the listening socket while they are started again, stops them after a drain.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli_commands.h"
#include "cli_proc.h"
#include "sandbox.h"

enum {
    READY_MS = 30000,
    DRAIN_MS = 15000,
    AFTER_DRAIN_MS = 5000,
    ABANDON_MS = 300, /* for those whose peer has died: they end by themselves (exit code 75) */
    BACKOFF_FIRST_MS = 250,
    BACKOFF_MAX_MS = 5000,
    RESTARTS_MAX =
        50, /* lives that served and ended within RESTARTS_MS: beyond it each one costs a pause */
    RESTARTS_MS = 10000,
    LISTEN_BACKLOG = 4096,
    FILES_WANTED = 65536,
};

struct service {
    const struct cli *cli;
    struct cli_proc procs[CLI_ROLES];
    int listen;
    int ops;
    int signals;
    int lock;
    int told; /* background: tells the starting command that all three serve; -1 */
    bool background;
    bool stopping;
    bool served_once;
    int failures;               /* starts in a row that never came to serve */
    int64_t ends[RESTARTS_MAX]; /* CLOCK_MONOTONIC, ms: the last lives that served, a ring */
    size_t n_ends;
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("sealgate run: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

/* ---- before ---------------------------------------------------------------------------------------------- */

static bool
is_loopback(const struct sockaddr *at)
{
    if (at->sa_family == AF_INET) {
        return ntohl(((const struct sockaddr_in *)(const void *)at)->sin_addr.s_addr) >> 24 == 127;
    }
    return at->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr);
}

/* `plain`: without TLS; the gateway refuses such a socket too (http_server.h), here the person at the keyboard is told. */
static int
listen_on(const struct cli *cli, const char *where, bool plain, int *ret)
{
    char host[128];
    const char *colon = strrchr(where, ':');
    size_t n = (size_t)(colon - where);
    bool bracketed = where[0] == '[' && n > 2 && where[n - 1] == ']';
    snprintf(
        host, sizeof(host), "%.*s", (int)(bracketed ? n - 2 : n), bracketed ? where + 1 : where);
    const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int code = getaddrinfo(host, colon + 1, &hints, &found);
    if (code != 0) {
        return cli_fail(cli, "listen %s: %s", where, gai_strerror(code));
    }
    if (plain && !is_loopback(found->ai_addr)) {
        freeaddrinfo(found);
        return cli_fail(cli,
            "listen %s: plain HTTP is for this machine alone (127.0.0.1): set tls_cert and tls_key "
            "in %s/conf/gateway.ini",
            where, cli->dir);
    }
    const int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0;
    int why = errno;
    freeaddrinfo(found);
    if (!good) {
        cli_close(&fd);
        return cli_fail(cli, "listen %s: %s", where, strerror(why));
    }
    *ret = fd;
    return CLI_DONE;
}

/* Is /proc/PID one of ours, started for this directory? */
static bool
is_ours(pid_t pid, const char *program, const char *dir)
{
    char path[64];
    char text[8192];
    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    FILE *f = fopen(path, "re");
    size_t n = f == NULL ? 0 : fread(text, 1, sizeof(text) - 1, f);
    if (f != NULL) {
        fclose(f);
    }
    text[n] = '\0';
    const char *slash = strrchr(text, '/');
    if (n == 0 || strcmp(slash == NULL ? text : slash + 1, program) != 0) {
        return false;
    }
    for (size_t i = 0; i < n; i += strlen(text + i) + 1) {
        if (strcmp(text + i, dir) == 0) {
            return true;
        }
    }
    return false;
}

static pid_t
pid_in(const struct cli *cli, const char *name)
{
    sg_str path;
    sg_str text;
    if (!sg_ok(sg_arena_printf(cli->arena, &path, "%s/run/%s.pid", cli->dir, name)) ||
        !sg_ok(cli_read_text(cli->arena, path.p, &text)) || text.n > 10) {
        return 0;
    }
    return (pid_t)strtol(text.p, NULL, 10);
}

static void
keep_pid(const struct cli *cli, const char *name, pid_t pid)
{
    sg_str path;
    char text[16];
    int n = snprintf(text, sizeof(text), "%d\n", (int)pid);
    if (!sg_ok(sg_arena_printf(cli->arena, &path, "%s/run/%s.pid", cli->dir, name)) ||
        !sg_ok(cli_write(path.p, sg_bytes_of(text, (size_t)n), 0644))) {
        say("cannot write %s.pid", name);
    }
}

static void
forget_pid(const struct cli *cli, const char *name)
{
    sg_str path;
    if (sg_ok(sg_arena_printf(cli->arena, &path, "%s/run/%s.pid", cli->dir, name))) {
        unlink(path.p);
    }
}

/* A supervisor that was killed outright leaves processes that hold the port and the token: end them first. */
static void
end_orphans(const struct cli *cli)
{
    const struct timespec step = { .tv_nsec = 5000000 };
    for (size_t i = 0; i < CLI_ROLES; i++) {
        pid_t pid = pid_in(cli, cli_roles[i].name);
        if (pid <= 1 || !is_ours(pid, cli_roles[i].program, cli->dir)) {
            continue;
        }
        say("ending %s (%d), left over from an earlier run", cli_roles[i].program, (int)pid);
        kill(pid, SIGTERM);
        for (int waited = 0; is_ours(pid, cli_roles[i].program, cli->dir); waited += 5) {
            if (waited == 1000) {
                kill(pid, SIGKILL);
            }
            nanosleep(&step, NULL);
        }
    }
}

/* req: ARCHITECTURE "without it `run` refuses unless --demo, and says so" */
static int
check_landlock(const struct cli *cli, const struct cli_run_conf *conf)
{
    if (sandbox_landlock_abi() > 0) {
        return CLI_DONE;
    }
    if (!conf->demo) {
        return cli_fail(cli,
            "this kernel has no Landlock, so nothing keeps the processes' files apart; only a "
            "--demo directory runs without it");
    }
    say("DEMO: this kernel has no Landlock; the processes' files are kept apart by user ids "
        "alone%s",
        geteuid() == 0 ? "" : ", and all have yours");
    return CLI_DONE;
}

/* Thousands of idle connections, and a signer that locks its memory: inherited by the three. */
static void
raise_limits(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_WANTED) {
        files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (geteuid() == 0) {
        const struct rlimit memory = { RLIM_INFINITY, RLIM_INFINITY };
        setrlimit(RLIMIT_MEMLOCK, &memory);
    }
}

/* ---- the three ------------------------------------------------------------------------------------------- */

enum { SIGN, OUT_GATEWAY, OUT_SIGNER, PAIRS };

static void
close_pairs(int pairs[PAIRS][2])
{
    for (size_t i = 0; i < PAIRS; i++) {
        cli_close(&pairs[i][0]);
        cli_close(&pairs[i][1]);
    }
}

static const char *
log_of(const struct service *s, enum cli_role role)
{
    sg_str path;
    if (!s->background || !sg_ok(sg_arena_printf(s->cli->arena, &path, "%s/run/%s.log", s->cli->dir,
                              cli_roles[role].name))) {
        return NULL;
    }
    return path.p;
}

static int
start_three(struct service *s)
{
    int pairs[PAIRS][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
    for (size_t i = 0; i < PAIRS; i++) {
        if (!sg_ok(cli_socketpair(pairs[i]))) {
            close_pairs(pairs);
            return cli_fail(s->cli, "socketpair: %s", strerror(errno));
        }
    }
    const struct {
        enum cli_role role;
        size_t n;
        struct cli_fd fds[CLI_FDS_MAX];
    } rows[] = {
        { CLI_SIGNER, 3,
            { { "--gateway-fd", pairs[SIGN][0] }, { "--courier-fd", pairs[OUT_SIGNER][0] },
                { "--ops-fd", s->ops } } },
        { CLI_COURIER, 2,
            { { "--gateway-fd", pairs[OUT_GATEWAY][0] },
                { "--signer-fd", pairs[OUT_SIGNER][1] } } },
        { CLI_GATEWAY, 3,
            { { "--signer-fd", pairs[SIGN][1] }, { "--courier-fd", pairs[OUT_GATEWAY][1] },
                { "--listen-fd", s->listen } } },
    };
    int bad = CLI_DONE;
    for (size_t i = 0; i < CLI_ROLES && bad == CLI_DONE; i++) {
        enum cli_role role = rows[i].role;
        bad =
            cli_proc_start(s->cli, role, rows[i].fds, rows[i].n, log_of(s, role), &s->procs[role]);
        if (bad == CLI_DONE) {
            keep_pid(s->cli, cli_roles[role].name, s->procs[role].pid);
        }
    }
    close_pairs(pairs);
    return bad;
}

static void
stop_rest(struct service *s)
{
    for (size_t i = 0; i < CLI_ROLES; i++) { /* all at once, then each in turn */
        if (s->procs[i].pid > 0) {
            kill(s->procs[i].pid, SIGTERM);
        }
    }
    for (size_t i = 0; i < CLI_ROLES; i++) {
        cli_proc_stop(&s->procs[i], ABANDON_MS);
    }
}

static void
describe_end(enum cli_role role, int status)
{
    if (WIFSIGNALED(status)) {
        say("%s was ended by signal %d (%s)", cli_roles[role].program, WTERMSIG(status),
            strsignal(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) == 127) {
        say("%s cannot be started", cli_roles[role].program);
    } else if (WEXITSTATUS(status) != 75) {
        say("%s ended with exit code %d", cli_roles[role].program, WEXITSTATUS(status));
    }
}

/* Take the ended ones off the list. True if there was one. */
static bool
reap(struct service *s)
{
    bool any = false;
    int status;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
        for (size_t i = 0; i < CLI_ROLES; i++) {
            if (s->procs[i].pid == pid) {
                describe_end((enum cli_role)i, status);
                s->procs[i].pid = 0;
                any = true;
            }
        }
    }
    return any;
}

static bool
all_serve(const struct service *s)
{
    return s->procs[CLI_SIGNER].serves && s->procs[CLI_COURIER].serves &&
           s->procs[CLI_GATEWAY].serves;
}

static void
on_ready(struct service *s, struct cli_proc *proc)
{
    char byte = 0;
    proc->serves = read(proc->ready, &byte, 1) == 1 && byte == 'R';
    cli_close(&proc->ready);
    if (!all_serve(s)) {
        return;
    }
    s->failures = 0;
    s->served_once = true;
    say("all three serve");
    if (s->told >= 0) {
        SG_CLEANUP(cli_close)
        int told = s->told;
        s->told = -1;
        if (write(told, "R", 1) != 1) {
            say("nobody waits for the start any more");
        }
    }
}

/* Signals and first signs of life, until something ends, a stop is asked for, or the time is over. Returns false when one died. */
static bool
watch(struct service *s, int timeout_ms)
{
    struct pollfd p[1 + CLI_ROLES] = { { .fd = s->signals, .events = POLLIN } };
    for (size_t i = 0; i < CLI_ROLES; i++) {
        p[1 + i] = (struct pollfd){ .fd = s->procs[i].ready, .events = POLLIN };
    }
    int n = poll(p, 1 + CLI_ROLES, timeout_ms);
    if (n < 0 && errno != EINTR) {
        return false;
    }
    struct signalfd_siginfo info;
    while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) {
            s->stopping = true;
        }
    }
    for (size_t i = 0; i < CLI_ROLES; i++) {
        if (s->procs[i].ready >= 0 && p[1 + i].revents != 0) {
            on_ready(s, &s->procs[i]);
        }
    }
    return !reap(s);
}

/* Life of one set of three. CLI_DONE: a stop was asked for. */
static int
one_life(struct service *s)
{
    struct timespec begun;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    int bad = start_three(s);
    bool alive = bad == CLI_DONE;
    while (alive && !s->stopping) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t left = READY_MS - ((now.tv_sec - begun.tv_sec) * 1000 +
                                      (now.tv_nsec - begun.tv_nsec) / 1000000);
        if (!all_serve(s) && left <= 0) {
            say("not serving after %d s", READY_MS / 1000);
            break;
        }
        alive = watch(s, all_serve(s) ? -1 : (int)left);
    }
    return s->stopping ? CLI_DONE : CLI_FAILED;
}

/* The gateway first, so that what it has begun is still signed and answered; then those it asked. */
static void
drain(struct service *s)
{
    cli_close(&s->listen);
    cli_proc_stop(&s->procs[CLI_GATEWAY], DRAIN_MS);
    cli_proc_stop(&s->procs[CLI_COURIER], AFTER_DRAIN_MS);
    cli_proc_stop(&s->procs[CLI_SIGNER], AFTER_DRAIN_MS);
}

static int64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A set that serves and dies at once, again and again: a pause, so that it does not take the machine with it. One death costs nothing. */
static int
pause_after_many(struct service *s)
{
    int64_t now = now_ms();
    int64_t *slot = &s->ends[s->n_ends++ % RESTARTS_MAX];
    int64_t oldest = *slot;
    *slot = now;
    return s->n_ends > RESTARTS_MAX && now - oldest < RESTARTS_MS ? BACKOFF_MAX_MS / 5 : 0;
}

static void
back_off(struct service *s)
{
    int ms = s->failures == 1 ? pause_after_many(s) : 0;
    if (s->failures > 1) {
        int doublings = s->failures < 8 ? s->failures - 2 : 6;
        ms = BACKOFF_FIRST_MS << doublings;
        ms = ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
    }
    if (ms > 0) {
        say("starting again in %d ms", ms);
    }
    /* the ends of those just stopped wait here as SIGCHLD: they must not cut the pause short */
    const int64_t until = now_ms() + ms;
    for (int64_t left = ms; left >= 0 && !s->stopping;) {
        struct pollfd p = { .fd = s->signals, .events = POLLIN };
        struct signalfd_siginfo info;
        if (poll(&p, 1, (int)left) == 1) {
            while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
                s->stopping = s->stopping || info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
            }
        }
        left = until - now_ms();
        left = left == 0 ? -1 : left;
    }
}

static int
serve(struct service *s)
{
    while (one_life(s) != CLI_DONE) {
        s->failures++;
        stop_rest(s);
        if (!s->served_once) {
            return cli_fail(s->cli, "the processes did not come to serve%s",
                s->background ? "; see the logs in the directory's run folder" : "");
        }
        back_off(s);
        if (s->stopping) {
            return CLI_DONE;
        }
    }
    say("stopping after a drain");
    drain(s);
    return CLI_DONE;
}

/* ---- the command ----------------------------------------------------------------------------------------- */

static int
block_signals(const struct cli *cli, int *ret)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return cli_fail(cli, "sigprocmask: %s", strerror(errno));
    }
    *ret = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *ret >= 0 ? CLI_DONE : cli_fail(cli, "signalfd: %s", strerror(errno));
}

static int
prepare(struct service *s)
{
    struct cli_run_conf conf;
    struct conf_gateway gateway;
    int bad = cli_conf_run(s->cli, &conf);
    bad = bad == CLI_DONE ? cli_conf_gateway(s->cli, &gateway) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = cli_lock(s->cli->dir, &s->lock);
    if (r.code == SG_E_CONFLICT) {
        return cli_fail(s->cli, "runs already (`sealgate stop --dir %s` ends it)", s->cli->dir);
    }
    if (!sg_ok(r)) {
        return cli_fail(s->cli, "%s/run/lock: %s", s->cli->dir, strerror(errno));
    }
    bad = check_landlock(s->cli, &conf);
    if (bad == CLI_DONE) {
        end_orphans(s->cli);
        bad = listen_on(s->cli, conf.listen, gateway.tls_cert[0] == '\0', &s->listen);
    }
    if (bad == CLI_DONE && !sg_ok(cli_ops_listen(s->cli->dir, &s->ops))) {
        bad = cli_fail(s->cli, "%s/run/ops.sock: %s", s->cli->dir, strerror(errno));
    }
    if (bad == CLI_DONE) {
        bad = block_signals(s->cli, &s->signals);
    }
    if (bad == CLI_DONE && conf.demo) {
        say("DEMO: keys and operators of this directory are for trying out, not for trust");
    }
    raise_limits();
    return bad;
}

static int
run_service(struct service *s)
{
    int code = prepare(s);
    if (code == CLI_DONE) {
        keep_pid(s->cli, "sealgate", getpid());
        code = serve(s);
        forget_pid(s->cli, "sealgate");
        for (size_t i = 0; i < CLI_ROLES; i++) {
            forget_pid(s->cli, cli_roles[i].name);
        }
    }
    cli_close(&s->told);
    return code;
}

/* The starting command waits until all three serve; the service goes on in a session of its own, logging to files. */
static int
run_background(struct service *s)
{
    int told[2];
    char byte = 0;
    const char *log = cli_path(s->cli, "run/run.log");
    if (pipe2(told, O_CLOEXEC) != 0) {
        return cli_fail(s->cli, "pipe: %s", strerror(errno));
    }
    int fd = log == NULL ? -1 : open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    pid_t pid = fd < 0 ? -1 : fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
        setsid();
        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        close(told[0]);
        s->told = told[1];
        _exit(run_service(s));
    }
    close(told[1]);
    cli_close(&fd);
    bool served = pid > 0 && read(told[0], &byte, 1) == 1 && byte == 'R';
    close(told[0]);
    if (!served) {
        return cli_fail(s->cli, "did not start; the last line of %s says why", log);
    }
    if (!s->cli->json) {
        printf("runs in the background; `sealgate stop --dir %s` ends it\n", s->cli->dir);
    } else {
        printf("{\"running\":true,\"pid\":%d}\n", (int)pid);
    }
    return CLI_DONE;
}

int
cmd_run(struct cli *cli)
{
    struct service s = {
        .cli = cli, .listen = -1, .ops = -1, .signals = -1, .lock = -1, .told = -1
    };
    for (size_t i = 0; i < CLI_ROLES; i++) {
        s.procs[i].ready = -1;
    }
    s.background = cli_flag(cli, "--background");
    return s.background ? run_background(&s) : run_service(&s);
}
