#include "sandbox_policy.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

#define ALL SANDBOX_R_ALL
#define SIGNER SANDBOX_R_SIGNER
#define COURIER SANDBOX_R_COURIER
#define GATEWAY SANDBOX_R_GATEWAY
#define YES(roles, name)                                 \
    {                                                    \
        roles, (unsigned)SYS_##name, SANDBOX_ALLOW, 0, 0 \
    }
#define IF(roles, name, condition, arg, value)                                            \
    {                                                                                     \
        roles, (unsigned)SYS_##name, SANDBOX_ALLOW_IF_##condition, arg, (uint32_t)(value) \
    }
#define NO(roles, name)                                        \
    {                                                          \
        roles, (unsigned)SYS_##name, SANDBOX_DENY_ACCESS, 0, 0 \
    }
#define ABSENT(roles, name)                                    \
    {                                                          \
        roles, (unsigned)SYS_##name, SANDBOX_DENY_ABSENT, 0, 0 \
    }
#define KILL(name)                                    \
    {                                                 \
        ALL, (unsigned)SYS_##name, SANDBOX_KILL, 0, 0 \
    }

static const struct sandbox_rule rules[] = {
    /* messages and waiting */
    YES(ALL, futex),
    YES(ALL, epoll_pwait),
    YES(ALL, recvmsg),
    YES(ALL, sendmsg),
    YES(ALL, recvmmsg),
    YES(ALL, sendmmsg),
    YES(ALL, recvfrom),
    YES(ALL, sendto),
    YES(ALL, read),
    YES(ALL, write),
    YES(ALL, readv),
    YES(ALL, writev),
    YES(ALL, pread64),
    YES(ALL, pwrite64),
    YES(ALL, fdatasync),
    YES(ALL, fsync),
    YES(ALL, ppoll),
    YES(ALL, pselect6),
    YES(ALL, epoll_ctl),
    YES(ALL, epoll_create1),
    YES(ALL, eventfd2),
    YES(ALL, pipe2),
    YES(ALL, timerfd_create),
    YES(ALL, timerfd_settime),
    YES(ALL, clock_gettime),
    YES(ALL, clock_nanosleep),
    YES(ALL, clock_getres),
    YES(ALL, nanosleep),
    YES(ALL, gettimeofday),
    YES(ALL, getrandom),
    YES(ALL, sched_yield),
    YES(ALL, sched_getaffinity),
    YES(ALL, getcpu),
#ifdef SYS_epoll_wait
    YES(ALL, epoll_wait),
    YES(ALL, poll),
    YES(ALL, select),
    YES(ALL, time),
    YES(ALL, pipe),
#endif
    /* memory: executable memory is for who loads libraries while running (name service modules in the courier) */
    YES(ALL, brk),
    IF(SIGNER | GATEWAY, mmap, NONE, 2, PROT_EXEC),
    YES(COURIER, mmap),
    IF(SIGNER | GATEWAY, mprotect, NONE, 2, PROT_EXEC),
    YES(COURIER, mprotect),
    YES(ALL, munmap),
    YES(ALL, mremap),
    YES(ALL, madvise),
    YES(ALL, msync),
    YES(ALL, mlock),
    YES(ALL, mlock2),
    YES(ALL, munlock),
    YES(ALL, membarrier),
#ifdef SYS_pkey_alloc
    YES(ALL, pkey_alloc),
#endif
    /* files: which ones is Landlock's affair */
    YES(ALL, openat),
    YES(ALL, close),
    YES(ALL, close_range),
    YES(ALL, fstat),
    YES(ALL, newfstatat),
    YES(ALL, statx),
    YES(ALL, fstatfs),
    YES(ALL, statfs),
    YES(ALL, lseek),
    YES(ALL, ftruncate),
    YES(ALL, fallocate),
    YES(ALL, fcntl),
    YES(ALL, flock),
    YES(ALL, dup),
    YES(ALL, dup3),
    YES(ALL, getdents64),
    YES(ALL, getcwd),
    YES(ALL, faccessat),
    YES(ALL, faccessat2),
    YES(ALL, readlinkat),
    YES(ALL, unlinkat),
    YES(ALL, mkdirat),
    YES(ALL, renameat),
    YES(ALL, renameat2),
    YES(ALL, fchmod),
    YES(ALL, fchmodat),
    YES(ALL,
        fchown), /* SQLite gives its journal the database's owner; without CAP_CHOWN that is harmless */
    YES(ALL, umask),
    YES(ALL, utimensat),
    YES(ALL, sync_file_range),
#ifdef SYS_open
    YES(ALL, open),
    YES(ALL, stat),
    YES(ALL, lstat),
    YES(ALL, access),
    YES(ALL, readlink),
    YES(ALL, unlink),
    YES(ALL, mkdir),
    YES(ALL, rmdir),
    YES(ALL, rename),
    YES(ALL, chmod),
    YES(ALL, dup2),
    YES(ALL, getdents),
    YES(ALL, creat),
#endif
    IF(ALL, ioctl, EQUAL, 1, 0x5401), /* TCGETS: stdio asks whether it writes to a terminal */
    IF(ALL, ioctl, EQUAL, 1, 0x541B), /* FIONREAD */
    IF(ALL, ioctl, EQUAL, 1, 0x5421), /* FIONBIO */
    /* oneself */
    YES(ALL, getpid),
    YES(ALL, gettid),
    YES(ALL, getuid),
    YES(ALL, geteuid),
    YES(ALL, getgid),
    YES(ALL, getegid),
    YES(ALL, getresuid),
    YES(ALL, getresgid),
    YES(ALL, getrusage),
    YES(ALL, getrlimit),
    YES(ALL, sysinfo),
    YES(ALL, uname),
    IF(ALL, prlimit64, NULL, 2, 0), /* reading limits */
    IF(ALL, prctl, EQUAL, 0, PR_SET_NAME),
    IF(ALL, prctl, EQUAL, 0, PR_GET_NAME),
    IF(ALL, prctl, EQUAL, 0, PR_SET_VMA), /* names of malloc's arenas */
    IF(ALL, prctl, EQUAL, 0, PR_GET_DUMPABLE),
    /* threads, never processes */
    IF(ALL, clone, ANY, 0, CLONE_THREAD),
    ABSENT(ALL, clone3), /* its flags lie in memory, where a filter cannot see them */
    YES(ALL, set_robust_list),
    YES(ALL, rseq),
    YES(ALL, set_tid_address),
#ifdef SYS_arch_prctl
    YES(ALL, arch_prctl),
#endif
    YES(ALL, exit),
    YES(ALL, exit_group),
    YES(ALL, rt_sigaction),
    YES(ALL, rt_sigprocmask),
    YES(ALL, rt_sigreturn),
    YES(ALL, rt_sigtimedwait),
    YES(ALL, sigaltstack),
    YES(ALL, signalfd4),
    YES(ALL, restart_syscall),
    IF(ALL, tgkill, PID, 0, 0), /* abort, and waking one's own threads */
    /* sockets */
    YES(ALL, getsockopt),
    YES(ALL, setsockopt),
    YES(ALL, getsockname),
    YES(ALL, getpeername),
    YES(ALL, shutdown),
    YES(SIGNER | GATEWAY, accept4),
    YES(SIGNER | GATEWAY, accept),
    NO(COURIER, accept4),
    NO(COURIER, accept),
    IF(COURIER, socket, EQUAL, 0, AF_INET),
    IF(COURIER, socket, EQUAL, 0, AF_INET6),
    NO(ALL, socket),
    YES(COURIER, socketpair),
    NO(ALL, socketpair),
    YES(COURIER, connect),
    NO(ALL, connect),
    YES(COURIER, bind), /* libcurl binds for a local port */
    NO(ALL, bind),
    NO(ALL, listen),
#ifdef SEALGATE_SANITIZED
    /* the sanitizers' own needs: shadow memory, stopping the world for the leak check, their reports */
    YES(ALL, mprotect),
    YES(ALL, mmap),
    YES(ALL, clone),
    YES(ALL, wait4),
    YES(ALL, prctl),
    YES(ALL, kill),
    YES(ALL, tgkill),
    YES(ALL, getppid),
    YES(ALL, personality),
    YES(ALL, setrlimit),
    YES(ALL, prlimit64),
    YES(ALL, rt_sigsuspend),
    YES(ALL, ptrace),
    YES(ALL, process_vm_readv),
#endif
    /* never, whoever asks: whatever got here is not our program any more */
    KILL(execve),
    KILL(execveat),
    KILL(ptrace),
    KILL(process_vm_readv),
    KILL(process_vm_writev),
    KILL(mount),
    KILL(umount2),
    KILL(pivot_root),
    KILL(chroot),
    KILL(setns),
    KILL(unshare),
    KILL(bpf),
    KILL(perf_event_open),
    KILL(userfaultfd),
    KILL(keyctl),
    KILL(add_key),
    KILL(request_key),
    KILL(init_module),
    KILL(finit_module),
    KILL(delete_module),
    KILL(kexec_load),
    KILL(reboot),
    KILL(swapon),
    KILL(open_by_handle_at),
    KILL(pidfd_getfd),
    KILL(io_uring_setup),
};

const struct sandbox_rule *
sandbox_rules(size_t *ret_n)
{
    *ret_n = sizeof(rules) / sizeof(rules[0]);
    return rules;
}
