#include "sandbox.h"

#include <errno.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sandbox_landlock.h"
#include "sg_text.h"

sg_result
sandbox_user_parse(sg_str text, uid_t *ret_uid, gid_t *ret_gid)
{
    size_t colon = sg_str_index(text, ':', 0);
    uint64_t uid = 0;
    uint64_t gid = 0;
    SG_REQUIRE(colon < text.n, VALUE);
    SG_REQUIRE(sg_ok(sg_u64_parse(sg_str_slice(text, 0, colon), &uid)), VALUE);
    SG_REQUIRE(sg_ok(sg_u64_parse(sg_str_slice(text, colon + 1, text.n), &gid)), VALUE);
    SG_REQUIRE(uid > 0 && uid < UINT32_MAX && gid > 0 && gid < UINT32_MAX, VALUE);
    *ret_uid = (uid_t)uid;
    *ret_gid = (gid_t)gid;
    return SG_DONE;
}

sg_result
sandbox_drop(uid_t uid, gid_t gid, struct sg_why *why)
{
    SG_REQUIRE(uid != 0 && gid != 0, POLICY);
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) {
        sg_why_note(why, "changing to the user of the process", 0, (uint64_t)errno);
        SG_FAIL(INTERNAL);
    }
    if (setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setresgid((gid_t)-1, 0, (gid_t)-1) == 0) {
        sg_why_note(why, "the way back to root is open", 0, 0);
        SG_FAIL(POLICY);
    }
    return SG_DONE;
}

sg_result
sandbox_no_dumps(struct sg_why *why)
{
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        sg_why_note(why, "forbidding core dumps", 0, (uint64_t)errno);
        SG_FAIL(INTERNAL);
    }
    return SG_DONE;
}

/*
 * All memory, as it is touched: locking it when mapped would make every thread's stack resident. As root the limit is lifted first
 * and stays lifted for the user we become. With a small limit MCL_FUTURE would make malloc fail later, so then nothing is locked here.
 */
static bool
lock_memory(void)
{
    struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 &&
        (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY)) {
        return false;
    }
#ifdef SEALGATE_SANITIZED
    return false; /* shadow memory is terabytes of address space */
#else
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
#endif
}

static sg_result
lower_rights(const struct sandbox_settings *settings, int ruleset, struct sg_why *why)
{
    if (settings->drop) {
        SG_TRY(sandbox_drop(settings->uid, settings->gid, why));
    }
    SG_TRY(sandbox_no_dumps(why)); /* after the change of user, which sets it anew */
    if (ruleset >= 0) {
        SG_TRY(sandbox_ruleset_enforce(ruleset, why));
        close(ruleset);
    }
    return sandbox_filter(settings->role, why);
}

sg_result
sandbox_enter(
    const struct sandbox_settings *settings, struct sg_why *why, struct sandbox_report *ret)
{
    struct sandbox_report report = { 0 };
    int ruleset = -1;
    report.locked = settings->lock_memory && lock_memory();
    if (sandbox_landlock_abi() > 0 || !settings->without_landlock) {
        SG_TRY(sandbox_ruleset_open(
            settings->paths, settings->n_paths, why, &ruleset, &report.landlock_abi));
    }
    SG_TRY(
        lower_rights(settings, ruleset, why)); /* a failure ends the process, descriptors with it */
    report.dropped = settings->drop;
    *ret = report;
    return SG_DONE;
}
