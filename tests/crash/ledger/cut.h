/*
 * A power cut, simulated inside one process: SQLite's files and the publisher's are written through these, which know what was synced. At the
 * cut a seeded part of the rest is lost, sector by sector and out of order, and the process ends. A killed process alone would keep
 * the page cache, and so would prove no sync. What is written twice into one place keeps its order, as in a page cache.
 */
#ifndef CUT_H
#define CUT_H

#include "ledger_files.h"

#include <sqlite3.h>

#define CUT_VFS "cut"
#define CUT_SECTOR 512

/* Begin: files opened from now on are simulated (before, they are the real ones); the cut comes after `after` writes and syncs, with what is lost chosen by `seed`. The VFS may be used by several threads; the publisher's files by one. */
void cut_begin(uint64_t seed, uint64_t after);
/* One write or sync; does not return when it is the last. */
void cut_tick(void);
/* The cut itself. */
_Noreturn void cut_now(void);
uint64_t cut_random(void);

/* As the default: before the first database is opened, so that the VFS of gateway and signer (conf/vfs) stands on this one. */
void cut_vfs_register(void);
void cut_vfs_lose(void); /* called by the cut */
const struct ledger_files *cut_files(void);
void cut_files_lose(void);

/* For the test of the test: a shim whose syncs lie must be found out. */
extern int cut_sync_lies;

#endif
