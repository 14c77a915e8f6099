#include "sg_secret.h"

#include <sodium.h>

void
sg_wipe(void *p, size_t n)
{
    if (n != 0) {
        sodium_memzero(p, n);
    }
}

bool
sg_secret_equal(sg_bytes a, sg_bytes b)
{
    if (a.n != b.n) {
        return false;
    }
    return a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0;
}
