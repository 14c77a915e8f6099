#include "tsl_alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "sg_secret.h"

/*
 * Shared by threads without a lock: `next` only grows, by compare and swap, and never past `granted`; `granted` only grows.
 * The permutation is read-only after making.
 */
struct tsl_alloc {
    struct tsl_perm perm;
    _Atomic uint64_t next;
    _Atomic uint64_t granted;
};

sg_result
tsl_alloc_new(
    const uint8_t key[TSL_PERM_KEY_LEN], uint64_t size, uint64_t reserved, struct tsl_alloc **ret)
{
    struct tsl_perm perm;
    SG_TRY(tsl_perm_init(&perm, key, size));
    SG_REQUIRE(reserved <= size, VALUE);
    struct tsl_alloc *alloc = calloc(1, sizeof(*alloc));
    SG_REQUIRE(alloc != NULL, NO_MEMORY);
    alloc->perm = perm;
    atomic_init(&alloc->next, reserved);
    atomic_init(&alloc->granted, reserved);
    sg_wipe(&perm, sizeof(perm));
    *ret = alloc;
    return SG_DONE;
}

void
tsl_alloc_free(struct tsl_alloc **alloc)
{
    if (*alloc != NULL) {
        sg_wipe(*alloc, sizeof(**alloc));
        free(*alloc);
        *alloc = NULL;
    }
}

sg_result
tsl_alloc_take(struct tsl_alloc *alloc, uint64_t *ret)
{
    uint64_t n = atomic_load(&alloc->next);
    do {
        if (n >= atomic_load(&alloc->granted)) {
            return n >= alloc->perm.size ? SG_ERROR(FULL) : SG_ERROR(PENDING);
        }
    } while (!atomic_compare_exchange_weak(&alloc->next, &n, n + 1));
    *ret = tsl_perm_at(&alloc->perm, n);
    return SG_DONE;
}

uint64_t
tsl_alloc_want(const struct tsl_alloc *alloc, uint64_t block)
{
    uint64_t granted = atomic_load(&alloc->granted);
    uint64_t left = alloc->perm.size - granted;
    return granted + (block < left ? block : left);
}

void
tsl_alloc_grant(struct tsl_alloc *alloc, uint64_t reserved)
{
    uint64_t to = reserved < alloc->perm.size ? reserved : alloc->perm.size;
    uint64_t granted = atomic_load(&alloc->granted);
    while (granted < to && !atomic_compare_exchange_weak(&alloc->granted, &granted, to)) {
    }
}

uint64_t
tsl_alloc_ready(const struct tsl_alloc *alloc)
{
    /* next first: it never passes granted, so the difference cannot wrap */
    uint64_t next = atomic_load(&alloc->next);
    return atomic_load(&alloc->granted) - next;
}
