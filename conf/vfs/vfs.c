/*
 * Names stay as they were given: SQLite's own VFS makes each one absolute, which needs the right to walk from the root to DIR, and both
 * processes gave that up (a state folder may lie in a root-only home). All files but one are opened by the base VFS itself and keep its methods.
 *
 * That one is the write-ahead log. Its handle stands before the base's and makes commits cheaper, in two ways:
 *
 * 1. Room is made ahead. After a file grew, fdatasync must write its inode and block lists too: on ext4 three more I/Os, one after the other, for
 *    each commit. So where a write would end behind the file's end, zeros are written first, up to VFS_GROW of them, and only one
 *    sync in some 250 frames pays. Zeros behind the last frame are what SQLite's recovery takes for the end of the log: a frame counts only
 *    with the header's salts, a page number that is not 0, and the sum over all before it. The one who writes holds the log's write lock, so
 *    nobody else's frame can lie where the zeros go. How long the file is, is asked again before it is made longer; what is remembered of
 *    it decides about cost alone: another connection may cut the log at any time.
 *
 * 2. A frame is one write. SQLite writes its header of 24 bytes, then the page. The header is kept, and goes out with its page. Nobody can miss
 *    it: other connections read a frame only after the wal-index was told of it, which is after its page was written (and synced, at
 *    synchronous=FULL), and then nothing is kept. Who recovers the log has taken its write lock, so the writer is between two transactions or dead;
 *    a header that died with it had no page either. Every other call on the handle writes a kept header out first.
 *    SQLite also writes headers alone, when it sums anew what a large transaction wrote twice; those lie below the tail, since this handle
 *    wrote their pages before, and are never kept.
 */
#include "vfs.h"

#include <pthread.h>
#include <string.h>
#include <sys/statvfs.h>

#define LOG_HEADER 32 /* before the first frame (sqlite.org/fileformat2.html, 4.1) */
#define FRAME_HEADER 24
#define PAGE_MIN 512
#define PAGE_MAX 65536
#define ZEROS \
    65536 /* SQLite's unix VFS takes less than 128 KiB in one write, and looks at no more bits */

struct log_file {
    sqlite3_file head;  /* what SQLite sees; first */
    sqlite3_file *real; /* the base's, in the memory behind this struct */
    sqlite3_int64 size; /* the file is at least so long, unless another connection cut it */
    sqlite3_int64 tail; /* end of the furthest write since the log began, frames' headers apart */
    bool whole;         /* that write was a page or the log's header: there a frame may begin */
    bool full;          /* there was no room ahead: not again before the log begins anew */
    bool kept;          /* `header` belongs at `tail` */
    const char *name;   /* SQLite's, as long as the file is open */
    uint8_t header[FRAME_HEADER];
    uint8_t *frame; /* a header and a page go here; NULL before the first */
    size_t room;    /* of `frame` */
};

static const uint8_t zeros[ZEROS];

static sqlite3_vfs *base;
static sqlite3_vfs own;
static int registered = SQLITE_ERROR;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- the log ---------------------------------------------------------------------------------------- */

static struct log_file *
log_of(sqlite3_file *file)
{
    return (struct log_file *)(void *)file;
}

static int
base_write(struct log_file *f, const void *p, int n, sqlite3_int64 at)
{
    return f->real->pMethods->xWrite(f->real, p, n, at);
}

/* Little for a log that begins, so that cutting it costs little; twice as much each time, up to VFS_GROW. */
static sqlite3_int64
room_for(sqlite3_int64 end)
{
    sqlite3_int64 step = VFS_GROW_FIRST;
    while (step < end && step < VFS_GROW) {
        step *= 2;
    }
    return (end + step - 1) / step * step;
}

/*
 * Room ahead is for disks that have some. On one that is nearly full the log grows frame by frame, as SQLite would have it: what was taken ahead
 * would be missing elsewhere, and it would end within a batch, between a consent and its outcome, rather than before.
 */
static bool
is_roomy(const struct log_file *f)
{
    struct statvfs disk;
    return f->name == NULL || statvfs(f->name, &disk) != 0 ||
           (uint64_t)disk.f_bavail * disk.f_frsize >= VFS_SPARE;
}

/*
 * Zeros from the file's end past `end`. Whether that succeeds is nobody's affair: the write that wants it tells what holds. A disk that has no room
 * for them gets back what it gave, for the database or its neighbours may live on that.
 */
static void
grow(struct log_file *f, sqlite3_int64 end)
{
    sqlite3_int64 at;
    if (f->full || f->real->pMethods->xFileSize(f->real, &at) != SQLITE_OK) {
        return;
    }
    f->size = at;
    if (end <= at || !is_roomy(f)) {
        return;
    }
    sqlite3_int64 wanted = room_for(end);
    while (f->size < wanted && !f->full) {
        sqlite3_int64 n = wanted - f->size < ZEROS ? wanted - f->size : ZEROS;
        f->full = base_write(f, zeros, (int)n, f->size) != SQLITE_OK;
        f->size += f->full ? 0 : n;
    }
    if (f->full) {
        (void)f->real->pMethods->xTruncate(f->real, at);
        f->size = at;
    }
}

static int
write_now(struct log_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (at == 0) { /* the log begins anew, perhaps cut by another connection */
        f->size = 0;
        f->full = false;
    }
    sqlite3_int64 end = at + n;
    if (end > f->size) {
        grow(f, end);
    }
    int rc = base_write(f, p, n, at);
    if (rc != SQLITE_OK) {
        f->whole = false;
    } else if (end > f->size) {
        f->size = end;
    }
    return rc;
}

/*
 * After a write: may a frame begin where it ended? On a disk without "powersafe overwrite" SQLite cuts a write in two at a sector's border; such a part
 * may be of 24 bytes, but then the other one is no page by its size.
 */
static void
move_tail(struct log_file *f, int n, sqlite3_int64 at)
{
    if (at == 0) {
        f->tail = n;
        f->whole = n == LOG_HEADER;
    } else if (at + n > f->tail && n != FRAME_HEADER) {
        f->tail = at + n;
        f->whole = n >= PAGE_MIN && (n & (n - 1)) == 0;
    }
}

static int
write_alone(struct log_file *f, const void *p, int n, sqlite3_int64 at)
{
    int rc = write_now(f, p, n, at);
    if (rc == SQLITE_OK) {
        move_tail(f, n, at);
    }
    return rc;
}

/* The kept header, because its page does not follow. */
static int
settle(struct log_file *f)
{
    if (!f->kept) {
        return SQLITE_OK;
    }
    f->kept = false;
    return write_alone(f, f->header, FRAME_HEADER, f->tail);
}

/* Pages of one log are of one size: this allocates once. */
static bool
make_room(struct log_file *f, size_t n)
{
    if (n > f->room) {
        sqlite3_free(f->frame);
        f->frame = sqlite3_malloc64(n);
        f->room = f->frame == NULL ? 0 : n;
    }
    return f->frame != NULL;
}

/* The kept header with its page, of which this is all or the part before a sector's border. */
static int
write_frame(struct log_file *f, const void *page, int n)
{
    sqlite3_int64 at = f->tail;
    if (!make_room(f, FRAME_HEADER + (size_t)n)) {
        int rc = settle(f);
        return rc == SQLITE_OK ? write_alone(f, page, n, at + FRAME_HEADER) : rc;
    }
    f->kept = false;
    memcpy(f->frame, f->header, FRAME_HEADER);
    memcpy(f->frame + FRAME_HEADER, page, (size_t)n);
    int rc = write_now(f, f->frame, FRAME_HEADER + n, at);
    if (rc == SQLITE_OK) {
        move_tail(f, n, at + FRAME_HEADER);
    }
    return rc;
}

static int
log_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
    struct log_file *f = log_of(file);
    if (f->kept && at == f->tail + FRAME_HEADER && n != FRAME_HEADER && n <= PAGE_MAX) {
        return write_frame(f, p, n);
    }
    int rc = settle(f);
    if (rc == SQLITE_OK && f->whole && at == f->tail && n == FRAME_HEADER) {
        memcpy(f->header, p, FRAME_HEADER);
        f->kept = true;
        return SQLITE_OK;
    }
    return rc == SQLITE_OK ? write_alone(f, p, n, at) : rc;
}

static int
log_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    struct log_file *f = log_of(file);
    int rc = settle(f);
    return rc == SQLITE_OK ? f->real->pMethods->xRead(f->real, out, n, at) : rc;
}

static int
log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct log_file *f = log_of(file);
    int rc = settle(f);
    f->size = 0; /* to be asked */
    f->whole = false;
    return rc == SQLITE_OK ? f->real->pMethods->xTruncate(f->real, size) : rc;
}

static int
log_sync(sqlite3_file *file, int flags)
{
    struct log_file *f = log_of(file);
    int rc = settle(f);
    return rc == SQLITE_OK ? f->real->pMethods->xSync(f->real, flags) : rc;
}

static int
log_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    struct log_file *f = log_of(file);
    int rc = settle(f);
    return rc == SQLITE_OK ? f->real->pMethods->xFileSize(f->real, ret) : rc;
}

static int
log_control(sqlite3_file *file, int op, void *arg)
{
    struct log_file *f = log_of(file);
    int rc = settle(f);
    return rc == SQLITE_OK ? f->real->pMethods->xFileControl(f->real, op, arg) : rc;
}

static int
log_close(sqlite3_file *file)
{
    struct log_file *f = log_of(file);
    int rc = settle(f);
    sqlite3_free(f->frame);
    int closed = f->real->pMethods->xClose(f->real);
    f->head.pMethods = NULL;
    return rc == SQLITE_OK ? closed : rc;
}

/* The log's locks are its database's; these are asked for by nobody. */
static int
log_lock(sqlite3_file *file, int level)
{
    struct log_file *f = log_of(file);
    return f->real->pMethods->xLock(f->real, level);
}

static int
log_unlock(sqlite3_file *file, int level)
{
    struct log_file *f = log_of(file);
    return f->real->pMethods->xUnlock(f->real, level);
}

static int
log_reserved(sqlite3_file *file, int *ret)
{
    struct log_file *f = log_of(file);
    return f->real->pMethods->xCheckReservedLock(f->real, ret);
}

static int
log_sector(sqlite3_file *file)
{
    struct log_file *f = log_of(file);
    return f->real->pMethods->xSectorSize(f->real);
}

static int
log_device(sqlite3_file *file)
{
    struct log_file *f = log_of(file);
    return f->real->pMethods->xDeviceCharacteristics(f->real);
}

/* Version 1: shared memory and mapped pages are the database's. */
static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_reserved,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_device,
};

/* ---- the VFS ---------------------------------------------------------------------------------------- */

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

static int
open_log(sqlite3_filename name, sqlite3_file *file, int flags, int *ret_flags)
{
    struct log_file *f = log_of(file);
    *f = (struct log_file){ .real = (sqlite3_file *)(void *)(f + 1), .name = name };
    f->real->pMethods = NULL;
    int rc = base->xOpen(base, name, f->real, flags, ret_flags);
    if (rc == SQLITE_OK) {
        f->head.pMethods = &log_methods;
    } else if (f->real->pMethods != NULL) {
        (void)f->real->pMethods->xClose(
            f->real); /* SQLite does not see that it wants to be closed */
    }
    return rc;
}

/* The file keeps a pointer to the VFS it was opened by, so each call goes to the base as itself. */
static int
open_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *ret_flags)
{
    (void)vfs;
    if ((flags & SQLITE_OPEN_WAL) != 0) {
        return open_log(name, file, flags, ret_flags);
    }
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
    /* no global allocation statistics: each malloc would take a lock that all threads share. Refused when SQLite runs already, which is fine */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    base = sqlite3_vfs_find(NULL);
    if (base == NULL) {
        return;
    }
    own = *base; /* what is not named below knows no files */
    own.pNext = NULL;
    own.zName = VFS_NAME;
    own.szOsFile = (int)sizeof(struct log_file) + base->szOsFile;
    own.xFullPathname = keep_name;
    own.xOpen = open_file;
    own.xDelete = delete_file;
    own.xAccess = access_file;
    registered = sqlite3_vfs_register(&own, 0);
}

sg_result
vfs_register(void)
{
    (void)pthread_once(&once, register_once);
    SG_REQUIRE(registered == SQLITE_OK, STORE_DOWN);
    return SG_DONE;
}
