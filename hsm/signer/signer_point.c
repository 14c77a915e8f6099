/* Named crash points, in test builds: the process kills itself exactly there, as kill -9 would. */
#include "signer.h"

#ifdef SEALGATE_TESTS

#include <stdlib.h>
#include <unistd.h>

static char wanted[64];
static unsigned long countdown;

void
signer_points_arm(void)
{
    const char *at = getenv("SEALGATE_CRASH_AT");
    if (at == NULL || at[0] == '\0') {
        return;
    }
    size_t n = strcspn(at, ":");
    if (n >= sizeof(wanted)) {
        return;
    }
    memcpy(wanted, at, n);
    countdown = at[n] == ':' ? strtoul(at + n + 1, NULL, 10) : 1;
    ledger_point_hook = signer_point;
}

void
signer_point(const char *name)
{
    if (countdown > 0 && strcmp(name, wanted) == 0 &&
        __atomic_sub_fetch(&countdown, 1, __ATOMIC_RELAXED) == 0) {
        raise(SIGKILL);
    }
}

#endif
