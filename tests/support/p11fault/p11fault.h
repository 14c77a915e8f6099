/*
 * Control of the failing module. In one process: dlopen the same path and dlsym "p11fault_control". From another: P11FAULT_FILE names a
 * file of this struct, mapped by both. P11FAULT_MODULE names the module behind (default: SoftHSM's usual place).
 */
#ifndef P11FAULT_H
#define P11FAULT_H

#include <stdint.h>

struct p11fault {
    char call[32];     /* "C_Sign"; empty: no fault */
    uint64_t rv;       /* what it returns */
    uint32_t skip;     /* calls of that name let through first */
    uint32_t times;    /* then so many fail; counts down */
    uint32_t after;    /* 1: do the real call, then fail */
    uint32_t corrupt;  /* 1: turn a bit in each signature of `watch` */
    uint32_t logout;   /* 1: before the next C_SignInit somebody logs out; goes back to 0 */
    uint8_t watch[32]; /* signatures over these bytes are counted */
    /* counted */
    uint32_t hits;             /* faults given */
    uint32_t signs;            /* real signatures over `watch` */
    uint32_t finds;            /* C_FindObjectsInit */
    uint32_t logins;           /* C_Login that reached the token */
    uint32_t inits;            /* C_Initialize */
    int32_t sessions;          /* open now */
    int32_t inside;            /* calls running now */
    uint32_t finalized_inside; /* C_Finalize while a call was running */
};

#endif
