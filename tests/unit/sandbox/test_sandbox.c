/* Each forbidden thing is tried in a child of its own, confined like the process in question. req: OPS-3 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"
#include "support.h"

static const char *g_in;  /* folder that the rules allow */
static const char *g_out; /* folder that they do not */

struct trial {
    enum sandbox_role role;
    int (*attempt)(void); /* 0: it worked; otherwise errno */
    int want;             /* exit status; or -signal */
};

static int
result_of(long r)
{
    return r >= 0 ? 0 : errno;
}

static int
try_socket(void)
{
    return result_of(socket(AF_INET, SOCK_STREAM, 0));
}
static int
try_unix_socket(void)
{
    return result_of(socket(AF_UNIX, SOCK_STREAM, 0));
}
static int
try_socketpair(void)
{
    int fd[2];
    return result_of(socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
}
static int
try_connect(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    return result_of(connect(0, (struct sockaddr *)&a, sizeof(a)));
}
static int
try_bind(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    return result_of(bind(0, (struct sockaddr *)&a, sizeof(a)));
}
static int
try_listen(void)
{
    return result_of(listen(0, 1));
}
static int
try_accept(void)
{
    return result_of(accept4(0, NULL, NULL, 0));
}
static int
try_exec(void)
{
    char *const argv[] = { NULL };
    return result_of(execve("/bin/true", argv, argv));
}
static int __attribute__((unused)) /* not tried under sanitizers */
try_ptrace(void)
{
    return result_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}
static int
try_unshare(void)
{
    return result_of(unshare(CLONE_NEWUSER));
}
static int __attribute__((unused)) /* not tried under sanitizers */
try_fork(void)
{
    return result_of(fork());
}
static int __attribute__((unused)) /* not tried under sanitizers */
try_executable_memory(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED ? 0 : errno;
}
static int __attribute__((unused)) /* not tried under sanitizers */
try_kill_parent(void)
{
    return result_of(kill(getppid(), 0));
}
static int
try_setuid(void)
{
    return result_of(setuid(0));
}
static int
open_beneath(const char *folder, const char *name, int flags)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return result_of(open(path, flags, 0600));
}
static int
try_read_inside(void)
{
    return open_beneath(g_in, "file", O_RDONLY);
}
static int
try_write_inside(void)
{
    return open_beneath(g_in, "new", O_WRONLY | O_CREAT);
}
static int
try_read_outside(void)
{
    return open_beneath(g_out, "file", O_RDONLY);
}
static int
try_write_outside(void)
{
    return open_beneath(g_out, "new", O_WRONLY | O_CREAT);
}
static void *
nothing(void *arg)
{
    return arg;
}
static int
try_thread(void)
{
    pthread_t t;
    int r = pthread_create(&t, NULL, nothing, NULL);
    return r != 0 ? r : pthread_join(t, NULL);
}
static int
try_dumpable(void)
{
    struct rlimit core;
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return EEXIST;
    }
    return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? 0 : EEXIST;
}

static int
run(const struct trial *trial)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct sandbox_path paths[] = { { g_in, SANDBOX_READ | SANDBOX_WRITE, false } };
        struct sandbox_settings settings = { .role = trial->role,
            .paths = paths,
            .n_paths = 1,
            .without_landlock = true,
            .lock_memory = trial->role == SANDBOX_SIGNER };
        settings.drop = false;
        struct sandbox_report report;
        struct rlimit no_core = { 0, 0 };
        setrlimit(RLIMIT_CORE, &no_core); /* for the children that are killed */
        if (!sg_ok(sandbox_enter(&settings, NULL, &report))) {
            _exit(200);
        }
        _exit(trial->attempt());
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#define S SANDBOX_SIGNER
#define C SANDBOX_COURIER
#define G SANDBOX_GATEWAY

static void
test_each_attempt_ends_as_the_role_says(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        { S, try_socket, EACCES },
        { S, try_unix_socket, EACCES },
        { S, try_socketpair, EACCES },
        { S, try_connect, EACCES },
        { S, try_bind, EACCES },
        { S, try_listen, EACCES },
        { S, try_accept, ENOTSOCK }, /* reached the kernel: descriptor 0 is no socket */
        { G, try_socket, EACCES },
        { G, try_connect, EACCES },
        { G, try_listen, EACCES },
        { G, try_accept, ENOTSOCK },
        { C, try_socket, 0 },
        { C, try_unix_socket, EACCES },
        { C, try_socketpair, 0 },
        { C, try_connect, ENOTSOCK },
        { C, try_listen, EACCES },
        { C, try_accept, EACCES },
        { S, try_exec, -SIGSYS },
        { C, try_exec, -SIGSYS },
        { G, try_exec, -SIGSYS },
        { S, try_unshare, -SIGSYS },
#ifndef SEALGATE_SANITIZED
        { S, try_ptrace, -SIGSYS },
        { G, try_ptrace, -SIGSYS },
        { S, try_fork, EPERM },
        { C, try_fork, EPERM },
        { G, try_fork, EPERM },
        { S, try_executable_memory, EPERM },
        { G, try_executable_memory, EPERM },
        { S, try_kill_parent, EPERM },
#endif
        { S, try_setuid, EPERM },
        { S, try_thread, 0 },
        { C, try_thread, 0 },
        { G, try_thread, 0 },
        { S, try_dumpable, 0 },
        { S, try_read_inside, 0 },
        { S, try_write_inside, 0 },
    };
    int null = open("/dev/null", O_RDONLY);
    assert_int_equal(dup2(null, 0), 0);
    for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
        int got = run(&trials[i]);
        if (got != trials[i].want) {
            print_error("trial %zu: got %d, want %d\n", i, got, trials[i].want);
        }
        assert_int_equal(got, trials[i].want);
    }
    close(null);
}

static void
test_files_outside_the_rules_cannot_be_opened(void **state)
{
    (void)state;
    if (sandbox_landlock_abi() == 0) {
        print_message("SKIPPED: this kernel has no Landlock\n");
        skip();
    }
    for (unsigned role = S; role <= G; role++) {
        struct trial reading = { (enum sandbox_role)role, try_read_outside, EACCES };
        struct trial writing = { (enum sandbox_role)role, try_write_outside, EACCES };
        assert_int_equal(run(&reading), EACCES);
        assert_int_equal(run(&writing), EACCES);
    }
}

static void
test_a_missing_path_is_refused_unless_optional(void **state)
{
    (void)state;
    if (sandbox_landlock_abi() == 0) {
        skip();
    }
    int abi;
    struct sandbox_path paths[] = { { "/nowhere/at/all", SANDBOX_READ, false } };
    assert_refused(sandbox_confine(paths, 1, NULL, &abi), POLICY);
}

static void
test_drop_is_for_good(void **state)
{
    (void)state;
    if (getuid() != 0) {
        print_message("SKIPPED: needs root\n");
        skip();
    }
    pid_t child = fork();
    if (child == 0) {
        if (!sg_ok(sandbox_drop(65533, 65533, NULL)) || setuid(0) == 0 || getuid() != 65533 ||
            getgid() != 65533) {
            _exit(1);
        }
        gid_t groups[8];
        _exit(getgroups(8, groups) == 0 ? 0 : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_refused(sandbox_drop(0, 0, NULL), POLICY);
}

static void
test_user_is_two_numbers_that_are_not_root(void **state)
{
    (void)state;
    uid_t uid;
    gid_t gid;
    assert_ok(sandbox_user_parse(SG_LIT("1000:1001"), &uid, &gid));
    assert_int_equal(uid, 1000);
    assert_int_equal(gid, 1001);
    const char *bad[] = { "", "1", "0:1", "1:0", "a:b", "1:2:3", "4294967295:1", "-1:1" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(sandbox_user_parse(sg_cstr(bad[i]), &uid, &gid), VALUE);
    }
}

static int
folders(void **state)
{
    if (support_arena_setup(state) != 0) {
        return -1;
    }
    g_in = support_mkdir(*state);
    g_out = support_mkdir(*state);
    const char *both[] = { g_in, g_out };
    for (size_t i = 0; i < 2; i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/file", both[i]);
        int fd = open(path, O_WRONLY | O_CREAT, 0600);
        if (fd < 0) {
            return -1;
        }
        close(fd);
    }
    return 0;
}

static int
no_folders(void **state)
{
    support_rmdir(g_in);
    support_rmdir(g_out);
    return support_arena_teardown(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_attempt_ends_as_the_role_says),
        cmocka_unit_test(test_files_outside_the_rules_cannot_be_opened),
        cmocka_unit_test(test_a_missing_path_is_refused_unless_optional),
        cmocka_unit_test(test_drop_is_for_good),
        cmocka_unit_test(test_user_is_two_numbers_that_are_not_root),
    };
    return cmocka_run_group_tests(tests, folders, no_folders);
}
