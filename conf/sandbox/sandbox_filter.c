/* The BPF writer: a list of rows becomes a classic BPF program. No libseccomp: one dependency less inside the signer. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox_policy.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "sandbox_filter.c knows x86_64 and aarch64"
#endif
#define X32_BIT 0x40000000U

#define PROGRAM_MAX 2048

struct program {
    struct sock_filter code[PROGRAM_MAX];
    size_t n;
    bool full;
};

static void
emit(struct program *to, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
    if (to->n == PROGRAM_MAX) {
        to->full = true;
        return;
    }
    to->code[to->n++] = (struct sock_filter){ code, jt, jf, k };
}

static void
load(struct program *to, size_t offset)
{
    emit(to, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void
give(struct program *to, uint32_t action)
{
    emit(to, BPF_RET | BPF_K, 0, 0, action);
}

/* Little endian both: the low half stands first. */
static size_t
low_of(unsigned arg)
{
    return offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t);
}

static void
emit_nr_again(struct program *to)
{
    load(to, offsetof(struct seccomp_data, nr));
}

/*
 * One row: "if nr is not mine skip; [load argument; if the condition fails reload nr and go on;] return". After a row the accumulator
 * holds the number again.
 */
static void
emit_rule(struct program *to, const struct sandbox_rule *rule)
{
    uint32_t nr = rule->nr;
    switch (rule->verdict) {
    case SANDBOX_ALLOW:
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, nr);
        give(to, SECCOMP_RET_ALLOW);
        return;
    case SANDBOX_DENY_ACCESS:
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, nr);
        give(to, SECCOMP_RET_ERRNO | EACCES);
        return;
    case SANDBOX_DENY_ABSENT:
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, nr);
        give(to, SECCOMP_RET_ERRNO | ENOSYS);
        return;
    case SANDBOX_KILL:
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, nr);
        give(to, SECCOMP_RET_KILL_PROCESS);
        return;
    case SANDBOX_ALLOW_IF_EQUAL:
    case SANDBOX_ALLOW_IF_PID:
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, nr);
        load(to, low_of(rule->arg));
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 1,
            rule->verdict == SANDBOX_ALLOW_IF_PID ? (uint32_t)getpid() : rule->value);
        give(to, SECCOMP_RET_ALLOW);
        emit_nr_again(to);
        return;
    case SANDBOX_ALLOW_IF_ANY: /* one bit in use, so "any" is "all" */
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, nr);
        load(to, low_of(rule->arg));
        emit(to, BPF_JMP | BPF_JSET | BPF_K, 0, 1, rule->value);
        give(to, SECCOMP_RET_ALLOW);
        emit_nr_again(to);
        return;
    case SANDBOX_ALLOW_IF_NONE:
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, nr);
        load(to, low_of(rule->arg));
        emit(to, BPF_JMP | BPF_JSET | BPF_K, 1, 0, rule->value);
        give(to, SECCOMP_RET_ALLOW);
        emit_nr_again(to);
        return;
    case SANDBOX_ALLOW_IF_NULL:
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 6, nr);
        load(to, low_of(rule->arg));
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0);
        load(to, low_of(rule->arg) + sizeof(uint32_t));
        emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
        give(to, SECCOMP_RET_ALLOW);
        emit_nr_again(to);
        return;
    }
}

static void
emit_all(struct program *to, enum sandbox_role role)
{
    load(to, offsetof(struct seccomp_data, arch));
    emit(to, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, OUR_ARCH);
    give(to, SECCOMP_RET_KILL_PROCESS);
    emit_nr_again(to);
    emit(to, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_BIT); /* x32 numbers would slip past the rows */
    give(to, SECCOMP_RET_KILL_PROCESS);
    size_t n;
    const struct sandbox_rule *rules = sandbox_rules(&n);
    for (size_t i = 0; i < n; i++) {
        if ((rules[i].roles & (1U << role)) != 0) {
            emit_rule(to, &rules[i]);
        }
    }
    give(to, SECCOMP_RET_ERRNO | EPERM);
}

sg_result
sandbox_filter(enum sandbox_role role, struct sg_why *why)
{
    static struct program program; /* 16 KiB: not for the stack; there is one thread here */
    program.n = 0;
    program.full = false;
    emit_all(&program, role);
    SG_REQUIRE(!program.full, INTERNAL);
    struct sock_fprog prog = { .len = (unsigned short)program.n, .filter = program.code };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog) != 0) {
        sg_why_note(why, "seccomp", 0, (uint64_t)errno);
        SG_FAIL(UNSUPPORTED);
    }
    return SG_DONE;
}
