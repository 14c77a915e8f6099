/*
 * Evidence: the bytes of every list token that a verdict names, by SHA-256, under courier/cache, so that a courier that lied is found
 * out later (ARCHITECTURE, "Processes"). Written before the verdict leaves; removed by age alone.
 */
#ifndef COURIER_KEEP_H
#define COURIER_KEEP_H

#include "sg_hash.h"
#include "sg_result.h"

#define COURIER_KEEP_DIR "courier/cache"

/* Open (and make, 0700) the folder, relative to the current one. -1 on failure, errno set. */
int courier_keep_open(const char *path);

/* Durable under its name (64 hex digits) when this returns; the same bytes again cost one look. SG_E_STORE_DOWN. */
SG_CHECKED sg_result courier_keep_put(
    int dir, const uint8_t sha256[SG_SHA256_LEN], sg_bytes token, int64_t now);

/* Remove what was not used by a verdict for `days` (0: keep for ever) and half-written files. Returns how many. */
size_t courier_keep_prune(int dir, uint64_t days, int64_t now);

#endif
