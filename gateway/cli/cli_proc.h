/*
 * The three processes: where their programs are, which sockets they inherit, how they are started and stopped. Used by `run` and, for
 * the signer alone, by `init` and by commands that read the ledger while nothing runs.
 */
#ifndef CLI_PROC_H
#define CLI_PROC_H

#include <sys/types.h>

#include "cli_conf.h"

enum cli_role { CLI_SIGNER, CLI_COURIER, CLI_GATEWAY, CLI_ROLES };

struct cli_role_row {
    const char *name;    /* "signer" */
    const char *program; /* "sealgate-signer" */
    const char *folder;  /* whose owner the process becomes, relative to DIR */
    uid_t uid;           /* given by `init` when it runs as root */
};
extern const struct cli_role_row cli_roles[CLI_ROLES];

/* One started process. */
struct cli_proc {
    pid_t pid; /* 0: none */
    int ready; /* read end: 'R' when it serves, end of file when it died; -1 once known */
    bool serves;
};

#define CLI_FDS_MAX 6
struct cli_fd {
    const char *option; /* "--gateway-fd" */
    int fd;
};

/*
 * Start a program found beside this one with --dir, --ready-fd, these descriptors and, as root, --user of its folder's owner. `log`: path
 * for its stderr, NULL leaves ours. Prints; CLI_DONE or CLI_FAILED.
 */
int cli_proc_start(const struct cli *cli, enum cli_role role, const struct cli_fd *fds,
    size_t n_fds, const char *log, struct cli_proc *ret);
/* Wait for 'R' at most so long. False when it died or is late. */
bool cli_proc_wait_ready(struct cli_proc *proc, int timeout_ms);
/* SIGTERM, wait, SIGKILL. Harmless when there is none. */
void cli_proc_stop(struct cli_proc *proc, int timeout_ms);

/* "--user", "UID:GID" for a role when we are root; NULL when we are not. Prints and returns CLI_FAILED when the folder is root's. */
int cli_proc_user(const struct cli *cli, enum cli_role role, const char **ret);
/* Path of a program beside this one. */
const char *cli_proc_program(const struct cli *cli, const char *program);

/* A SOCK_SEQPACKET pair / DIR/run/ops.sock listening (0600). SG_E_STORE_DOWN with errno set. */
SG_CHECKED sg_result cli_socketpair(int ret[2]);
SG_CHECKED sg_result cli_ops_listen(const char *dir, int *ret);

/*
 * The lock that says "processes run from this directory": held by `run` and by cli_alone. SG_E_CONFLICT when somebody holds it. The
 * descriptor is the lock.
 */
SG_CHECKED sg_result cli_lock(const char *dir, int *ret);
void cli_close(int *fd); /* for SG_CLEANUP; -1 is fine */

/* The signer alone, for `init` and for reading the ledger while nothing runs. */
struct cli_alone {
    struct cli_proc proc;
    int ops;
    int peers[2]; /* the other ends of its sockets: nobody answers, but they are open */
    int lock;
};
int cli_alone_start(const struct cli *cli, struct cli_alone *ret);
void cli_alone_stop(struct cli_alone *alone);

#endif
