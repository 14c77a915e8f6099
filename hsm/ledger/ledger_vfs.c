/*
 * The default unix VFS with names kept as they are. SQLite's own makes every name absolute, which needs the right to walk from the root
 * to DIR; the signer gave that up (a state folder may lie in a root-only home).
 */
#include "ledger_vfs.h"

#include <pthread.h>
#include <string.h>

static sqlite3_vfs *base;
static sqlite3_vfs own;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int
keep_name(sqlite3_vfs *vfs, const char *name, int n_out, char *out)
{
    (void)vfs;
    size_t n = strlen(name);
    if (n_out <= 0 || n >= (size_t)n_out) {
        return SQLITE_CANTOPEN;
    }
    memcpy(out, name, n + 1);
    return SQLITE_OK;
}

/* The file keeps a pointer to the VFS it was opened by, so each call goes to the base as itself. */
static int
open_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *ret_flags)
{
    (void)vfs;
    return base->xOpen(base, name, file, flags, ret_flags);
}

static int
delete_file(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    return base->xDelete(base, name, sync_folder);
}

static int
access_file(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    (void)vfs;
    return base->xAccess(base, name, flags, ret);
}

static void
register_once(void)
{
    /* no global allocation statistics: each malloc would take a lock that all threads share */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    base = sqlite3_vfs_find(NULL);
    if (base == NULL) {
        return;
    }
    own = *base;
    own.pNext = NULL;
    own.zName = LEDGER_VFS;
    own.xFullPathname = keep_name;
    own.xOpen = open_file;
    own.xDelete = delete_file;
    own.xAccess = access_file;
    (void)sqlite3_vfs_register(&own, 0); /* opening by name tells when this failed */
}

void
ledger_vfs_register(void)
{
    (void)pthread_once(&once, register_once);
}
