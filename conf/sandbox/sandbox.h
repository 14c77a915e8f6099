/*
 * Giving up rights, the same way in all three processes. req: OPS-3, NET-3
 *
 * Order in every process: read settings, open what needs opening (sockets, databases, modules, log files), then
 * sandbox_enter while there is still only one thread, then read the first byte from a peer. Threads made later inherit everything.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <sys/types.h>

#include "sg_bytes.h"
#include "sg_result.h"

/*
 * The syscall allow-lists (sandbox_policy.c). What is dangerous whoever asks (execve, ptrace, mount, bpf, ...) kills the process; sockets that a role
 * does not make are refused with EACCES; fork, executable memory and everything unlisted with EPERM; clone3 with ENOSYS (libc then uses clone).
 *   SIGNER   no socket, connect, bind, listen, accept of its own, no executable memory; may accept on listening sockets it inherited
 *   COURIER  sockets of AF_INET and AF_INET6 going out; no bind to listen, no listen, no accept; socketpair (libcurl's own wake-up)
 *   GATEWAY  accept only; no socket, no connect
 * File opens are allowed to all: Landlock says which.
 */
enum sandbox_role { SANDBOX_SIGNER = 1, SANDBOX_COURIER = 2, SANDBOX_GATEWAY = 3 };

enum sandbox_right {
    SANDBOX_READ = 1, /* open for reading, list folders, at and beneath the path */
    SANDBOX_WRITE =
        2, /* write, truncate, create, rename, remove beneath the path; implies nothing about reading */
};

/* A path that stays usable, opened when the rules are made (relative to the current folder is fine). */
struct sandbox_path {
    const char *path;
    unsigned rights;
    bool optional; /* may be absent */
};

struct sandbox_settings {
    enum sandbox_role role;
    bool drop; /* change to uid and gid (needs root) */
    uid_t uid;
    gid_t gid;
    const struct sandbox_path *paths;
    size_t n_paths;
    bool
        without_landlock; /* go on where the kernel has no Landlock (the --demo of ARCHITECTURE); otherwise that is SG_E_UNSUPPORTED */
    bool lock_memory; /* lock all memory, present and future, as it is touched; see ret_locked */
};

struct sandbox_report {
    int landlock_abi; /* 0: none */
    bool dropped;
    bool
        locked; /* the whole memory is locked; false: RLIMIT_MEMLOCK does not allow it, only secrets are (their owners do that) */
};

/*
 * All of it, in the order that works: memory limit and lock, no core files, Landlock ruleset opened, user and group changed (supplementary groups
 * cleared), not dumpable, no new privileges, Landlock, syscall filter. After a failure the process must end.
 * SG_E_UNSUPPORTED (no Landlock, no seccomp), SG_E_POLICY (uid or gid 0, could go back to root, a path is missing), SG_E_INTERNAL; `why` names the step.
 */
SG_CHECKED sg_result sandbox_enter(
    const struct sandbox_settings *settings, struct sg_why *why, struct sandbox_report *ret);

/* "UID:GID", decimal, neither 0. SG_E_VALUE. */
SG_CHECKED sg_result sandbox_user_parse(sg_str text, uid_t *ret_uid, gid_t *ret_gid);

/* The pieces, for tests and for programs that need only some. Each as above. */
SG_CHECKED sg_result sandbox_drop(uid_t uid, gid_t gid, struct sg_why *why);
SG_CHECKED sg_result sandbox_no_dumps(struct sg_why *why);
SG_CHECKED sg_result sandbox_confine(
    const struct sandbox_path *paths, size_t n_paths, struct sg_why *why, int *ret_abi);
SG_CHECKED sg_result sandbox_filter(enum sandbox_role role, struct sg_why *why);
/* Landlock ABI of this kernel; 0: none. */
int sandbox_landlock_abi(void);

#endif
