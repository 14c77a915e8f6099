/*
 * The one SQLite VFS of gateway and signer: the default one, with names kept as they are given, and a write-ahead log whose commits cost less.
 * What it does to the log, and why that is safe: vfs.c.
 */
#ifndef VFS_H
#define VFS_H

#include "sg_result.h"

#include <sqlite3.h>

#define VFS_NAME "sealgate"

/* The log grows in steps of so many bytes: first this, then twice as much each time, up to VFS_GROW and its multiples. */
#define VFS_GROW_FIRST ((sqlite3_int64)1 << 16)
#define VFS_GROW ((sqlite3_int64)1 << 20)
/* No room is made ahead on a disk with less than so many bytes free. */
#define VFS_SPARE ((uint64_t)64 << 20)

/*
 * Before a database is opened by VFS_NAME; any thread, as often as one likes: the first call registers. Base is whatever VFS is the default then, for
 * the rest of the process; it must outlive all connections. SG_E_STORE_DOWN when there is none or SQLite refuses ours, at this and at each later call.
 */
SG_CHECKED sg_result vfs_register(void);

#endif
