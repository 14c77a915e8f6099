/* Landlock rules. Constants are our own: distributions' headers are older than the kernels that programs meet. */
#include "sandbox_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define LL_VERSION 1U /* LANDLOCK_CREATE_RULESET_VERSION */
#define LL_PATH_BENEATH 1

#define LL_EXECUTE (1ULL << 0)
#define LL_WRITE_FILE (1ULL << 1)
#define LL_READ_FILE (1ULL << 2)
#define LL_READ_DIR (1ULL << 3)
#define LL_REMOVE_DIR (1ULL << 4)
#define LL_REMOVE_FILE (1ULL << 5)
#define LL_MAKE_DIR (1ULL << 7)
#define LL_MAKE_REG (1ULL << 8)
#define LL_ABI1 ((1ULL << 13) - 1)
#define LL_REFER (1ULL << 13)     /* ABI 2 */
#define LL_TRUNCATE (1ULL << 14)  /* ABI 3 */
#define LL_IOCTL_DEV (1ULL << 15) /* ABI 5 */

#define LL_OF_FILES (LL_EXECUTE | LL_WRITE_FILE | LL_READ_FILE | LL_TRUNCATE | LL_IOCTL_DEV)

struct ll_ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};
struct ll_beneath {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

/* Ruleset sizes by ABI: fs from 1, net from 4, scope from 6. */
static size_t
ruleset_len(int abi)
{
    if (abi >= 6) {
        return sizeof(struct ll_ruleset);
    }
    return abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static uint64_t
handled_of(int abi)
{
    uint64_t all = LL_ABI1;
    if (abi >= 2) {
        all |= LL_REFER;
    }
    if (abi >= 3) {
        all |= LL_TRUNCATE;
    }
    if (abi >= 5) {
        all |= LL_IOCTL_DEV;
    }
    return all;
}

static uint64_t
access_of(unsigned rights)
{
    uint64_t access = 0;
    if ((rights & SANDBOX_READ) != 0) {
        access |= LL_READ_FILE | LL_READ_DIR;
    }
    if ((rights & SANDBOX_WRITE) != 0) {
        access |= LL_WRITE_FILE | LL_REMOVE_DIR | LL_REMOVE_FILE | LL_MAKE_DIR | LL_MAKE_REG |
                  LL_REFER | LL_TRUNCATE;
    }
    return access;
}

int
sandbox_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_VERSION);
    return abi < 0 ? 0 : (int)abi;
}

static sg_result
add_path(int ruleset, uint64_t handled, const struct sandbox_path *path, struct sg_why *why)
{
    int fd = open(path->path, O_PATH | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && path->optional) {
        return SG_DONE;
    }
    if (fd < 0) {
        sg_why_note(why, "a path of the sandbox is missing", 0, (uint64_t)errno);
        SG_FAIL(POLICY);
    }
    struct stat st;
    struct ll_beneath rule = { .allowed_access = access_of(path->rights) & handled,
        .parent_fd = fd };
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode)) {
        rule.allowed_access &= LL_OF_FILES;
    }
    long r = syscall(SYS_landlock_add_rule, ruleset, LL_PATH_BENEATH, &rule, 0);
    int error = errno;
    close(fd);
    if (r != 0) {
        sg_why_note(why, "landlock_add_rule", 0, (uint64_t)error);
        SG_FAIL(INTERNAL);
    }
    return SG_DONE;
}

sg_result
sandbox_ruleset_open(
    const struct sandbox_path *paths, size_t n_paths, struct sg_why *why, int *ret_fd, int *ret_abi)
{
    int abi = sandbox_landlock_abi();
    if (abi == 0) {
        sg_why_note(why, "the kernel has no Landlock", 0, ENOSYS);
        SG_FAIL(UNSUPPORTED);
    }
    struct ll_ruleset attr = { .handled_access_fs = handled_of(abi) };
    long fd = syscall(SYS_landlock_create_ruleset, &attr, ruleset_len(abi), 0);
    if (fd < 0) {
        sg_why_note(why, "landlock_create_ruleset", 0, (uint64_t)errno);
        SG_FAIL(UNSUPPORTED);
    }
    for (size_t i = 0; i < n_paths; i++) {
        sg_result r = add_path((int)fd, attr.handled_access_fs, &paths[i], why);
        if (!sg_ok(r)) {
            sg_why_note(why, paths[i].path, i, 0);
            close((int)fd);
            return r;
        }
    }
    *ret_fd = (int)fd;
    *ret_abi = abi;
    return SG_DONE;
}

sg_result
sandbox_ruleset_enforce(int fd, struct sg_why *why)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_landlock_restrict_self, fd, 0) != 0) {
        sg_why_note(why, "landlock_restrict_self", 0, (uint64_t)errno);
        SG_FAIL(INTERNAL);
    }
    return SG_DONE;
}

sg_result
sandbox_confine(const struct sandbox_path *paths, size_t n_paths, struct sg_why *why, int *ret_abi)
{
    int fd = -1;
    SG_TRY(sandbox_ruleset_open(paths, n_paths, why, &fd, ret_abi));
    sg_result r = sandbox_ruleset_enforce(fd, why);
    close(fd);
    return r;
}
