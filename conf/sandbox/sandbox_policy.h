/* Inside conf/sandbox: what each role may ask of the kernel, as rows. */
#ifndef SANDBOX_POLICY_H
#define SANDBOX_POLICY_H

#include "sandbox.h"

enum sandbox_verdict {
    SANDBOX_ALLOW,
    SANDBOX_ALLOW_IF_EQUAL, /* argument `arg` is `value` (low 32 bits) */
    SANDBOX_ALLOW_IF_ANY,   /* all bits of `value` are set in argument `arg` (low 32 bits) */
    SANDBOX_ALLOW_IF_NONE,  /* no bit of `value` is set in argument `arg` (low 32 bits) */
    SANDBOX_ALLOW_IF_NULL,  /* the whole argument is 0 */
    SANDBOX_ALLOW_IF_PID,   /* argument `arg` is this process */
    SANDBOX_DENY_ACCESS,    /* EACCES */
    SANDBOX_DENY_ABSENT,    /* ENOSYS */
    SANDBOX_KILL,
};

#define SANDBOX_R_SIGNER (1U << SANDBOX_SIGNER)
#define SANDBOX_R_COURIER (1U << SANDBOX_COURIER)
#define SANDBOX_R_GATEWAY (1U << SANDBOX_GATEWAY)
#define SANDBOX_R_ALL (SANDBOX_R_SIGNER | SANDBOX_R_COURIER | SANDBOX_R_GATEWAY)

/*
 * Rows of one syscall stand together; the first that applies to the role and whose condition holds decides; if none holds the
 * call gets EPERM, like all that is not named.
 */
struct sandbox_rule {
    unsigned roles;
    unsigned nr;
    enum sandbox_verdict verdict;
    unsigned arg;
    uint32_t value;
};

/* Hot calls first: the kernel remembers unconditional ones, the rest walk the list. */
const struct sandbox_rule *sandbox_rules(size_t *ret_n);

#endif
