/* Inside conf/sandbox: the ruleset is opened before rights are dropped (paths may be out of reach afterwards), enforced after. */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include "sandbox.h"

/* SG_E_UNSUPPORTED, SG_E_POLICY (a path that is not optional is missing), SG_E_INTERNAL. The caller closes `ret_fd`. */
SG_CHECKED sg_result sandbox_ruleset_open(const struct sandbox_path *paths, size_t n_paths,
    struct sg_why *why, int *ret_fd, int *ret_abi);
/* Also sets no_new_privs, which the kernel demands. SG_E_INTERNAL. */
SG_CHECKED sg_result sandbox_ruleset_enforce(int fd, struct sg_why *why);

#endif
