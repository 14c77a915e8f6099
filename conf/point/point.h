/*
 * Named crash points, for the tests of durability (req: SIG-5): SEALGATE_CRASH_AT=name[:n] makes a process kill itself, as kill -9 would, at the
 * n-th passing of that point. In builds without tests both calls are nothing. Every process of one run sees the same word and dies only at
 * points of its own. Names: hsm/README.md (signer, ledger) and gateway/README.md (store, peers).
 */
#ifndef POINT_H
#define POINT_H

#ifdef SEALGATE_POINTS
/* Any thread. `name` is a static text; an empty one is never a point. */
void point(const char *name);
/* Once, before threads and before the sandbox: reads the environment. */
void points_arm(void);
#else
static inline void
point(const char *name)
{
    (void)name;
}
static inline void
points_arm(void)
{
}
#endif

#endif
