/*
 * SQLite turns every name into an absolute one first. The state directory may lie beneath a folder that the dropped user id cannot
 * traverse, so names stay as they were given. Everything else is the default VFS, whatever that is when the store is opened (the
 * crash tests put a lying one there).
 */
#include <pthread.h>
#include <stdio.h>

#include "store_db.h"

static sqlite3_vfs vfs;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int registered = SQLITE_ERROR;

static int
keep_name(sqlite3_vfs *self, const char *name, int room, char *out)
{
    (void)self;
    int n = snprintf(out, (size_t)room, "%s", name);
    return n >= 0 && n < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

static void
make(void)
{
    /* counters that nobody reads cost a lock per allocation; refused when SQLite runs already, which is fine */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_vfs *base = sqlite3_vfs_find(NULL);
    if (base == NULL) {
        return;
    }
    vfs = *base;
    vfs.pNext = NULL;
    vfs.zName = STORE_VFS;
    vfs.xFullPathname = keep_name;
    registered = sqlite3_vfs_register(&vfs, 0);
}

sg_result
store_vfs_register(void)
{
    pthread_once(&once, make);
    SG_REQUIRE(registered == SQLITE_OK, STORE_DOWN);
    return SG_DONE;
}
