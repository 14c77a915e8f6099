/*
 * The default VFS with eyes on the write-ahead log: registered before ours, so ours takes it as its base. It counts what reaches the log and fails
 * where a test says so. The database's own file is the unix VFS's.
 */
#ifndef VFS_BED_H
#define VFS_BED_H

#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vfs.h"

#define FRAME 24

struct eyes {
    unsigned writes; /* of the log, as the base saw them */
    unsigned zeros;  /* those of nothing but zeros, in big blocks */
    unsigned headers;
    unsigned syncs;
    unsigned frames;
    int sector;               /* that it says it has; 0: the unix VFS's */
    void (*at_frame)(void *); /* before a whole frame is written: its header was kept until now */
    void *context;
    /* what fails, for ever, until a test takes it back */
    sqlite3_int64
        room; /* writes that end behind this: SQLITE_FULL, up to there they are done; 0: as much as one likes */
    unsigned
        fail_frame; /* this many frames from now: half of it is written, then SQLITE_IOERR_WRITE; 0: none */
    bool fail_sync;
};
static struct eyes eyes;

struct eyed_file {
    sqlite3_file head;
    sqlite3_file *real;
};

static sqlite3_vfs *bed_unix;
static sqlite3_vfs bed_vfs;

static inline sqlite3_file *
eyed_real(sqlite3_file *file)
{
    return ((struct eyed_file *)(void *)file)->real;
}

static inline int
eyed_close(sqlite3_file *file)
{
    return eyed_real(file)->pMethods->xClose(eyed_real(file));
}

static inline int
eyed_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    return eyed_real(file)->pMethods->xRead(eyed_real(file), out, n, at);
}

static inline bool
all_zero(const uint8_t *p, size_t n)
{
    return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static inline int
eyed_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
    sqlite3_file *real = eyed_real(file);
    bool frame = n > 512 && ((n - FRAME) & (n - FRAME - 1)) == 0;
    eyes.writes++;
    eyes.headers += n == FRAME ? 1 : 0;
    eyes.frames += frame ? 1 : 0;
    eyes.zeros += n > 512 && all_zero(p, (size_t)n) ? 1 : 0;
    if (frame && eyes.at_frame != NULL) {
        eyes.at_frame(eyes.context);
    }
    if (frame && eyes.fail_frame > 0 && --eyes.fail_frame == 0) {
        (void)real->pMethods->xWrite(real, p, n / 2, at);
        return SQLITE_IOERR_WRITE;
    }
    if (eyes.room > 0 && at + n > eyes.room) {
        if (at < eyes.room) {
            (void)real->pMethods->xWrite(real, p, (int)(eyes.room - at), at);
        }
        return SQLITE_FULL;
    }
    return real->pMethods->xWrite(real, p, n, at);
}

static inline int
eyed_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return eyed_real(file)->pMethods->xTruncate(eyed_real(file), size);
}

static inline int
eyed_sync(sqlite3_file *file, int flags)
{
    eyes.syncs++;
    return eyes.fail_sync ? SQLITE_IOERR_FSYNC
                          : eyed_real(file)->pMethods->xSync(eyed_real(file), flags);
}

static inline int
eyed_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    return eyed_real(file)->pMethods->xFileSize(eyed_real(file), ret);
}

static inline int
eyed_lock(sqlite3_file *file, int level)
{
    return eyed_real(file)->pMethods->xLock(eyed_real(file), level);
}

static inline int
eyed_reserved(sqlite3_file *file, int *ret)
{
    return eyed_real(file)->pMethods->xCheckReservedLock(eyed_real(file), ret);
}

static inline int
eyed_control(sqlite3_file *file, int op, void *arg)
{
    return eyed_real(file)->pMethods->xFileControl(eyed_real(file), op, arg);
}

static inline int
eyed_sector(sqlite3_file *file)
{
    return eyes.sector > 0 ? eyes.sector : eyed_real(file)->pMethods->xSectorSize(eyed_real(file));
}

static inline int
eyed_device(sqlite3_file *file)
{
    return eyed_real(file)->pMethods->xDeviceCharacteristics(eyed_real(file));
}

static const sqlite3_io_methods eyed_methods = { .iVersion = 1,
    .xClose = eyed_close,
    .xRead = eyed_read,
    .xWrite = eyed_write,
    .xTruncate = eyed_truncate,
    .xSync = eyed_sync,
    .xFileSize = eyed_size,
    .xLock = eyed_lock,
    .xUnlock = eyed_lock,
    .xCheckReservedLock = eyed_reserved,
    .xFileControl = eyed_control,
    .xSectorSize = eyed_sector,
    .xDeviceCharacteristics = eyed_device };

static inline int
eyed_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *ret_flags)
{
    struct eyed_file *f = (void *)file;
    assert_ptr_equal(vfs, &bed_vfs); /* called as itself */
    if ((flags & SQLITE_OPEN_WAL) == 0) {
        return bed_unix->xOpen(bed_unix, name, file, flags, ret_flags);
    }
    f->head.pMethods = NULL;
    f->real = (void *)(f + 1);
    int rc = bed_unix->xOpen(bed_unix, name, f->real, flags, ret_flags);
    f->head.pMethods = rc == SQLITE_OK ? &eyed_methods : NULL;
    return rc;
}

/* Once per program, before the first database. */
static inline int
bed_group(void **state)
{
    (void)state;
    bed_unix = sqlite3_vfs_find("unix");
    bed_vfs = *bed_unix;
    bed_vfs.pNext = NULL;
    bed_vfs.zName = "eyed";
    bed_vfs.szOsFile += (int)sizeof(struct eyed_file);
    bed_vfs.xOpen = eyed_open;
    if (sqlite3_vfs_register(&bed_vfs, 1) != SQLITE_OK || !sg_ok(vfs_register())) {
        return -1;
    }
    /* the default of the first registration stays the base */
    return sqlite3_vfs_register(bed_unix, 1) == SQLITE_OK && sg_ok(vfs_register()) ? 0 : -1;
}

struct bed {
    struct sg_arena *arena;
    const char *folder; /* the working folder, too */
    sqlite3 *db;
};

static inline void
run(sqlite3 *db, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK) {
        print_error("%s: %s\n", sql, error);
        fail();
    }
}

static inline sqlite3 *
open_by(const char *vfs, const char *name)
{
    sqlite3 *db = NULL;
    assert_int_equal(
        sqlite3_open_v2(name, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs), SQLITE_OK);
    run(db, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY");
    return db;
}

/* A database of one table in WAL mode; its log is not begun. */
static inline sqlite3 *
make_db(const char *name, int page)
{
    char sql[80];
    sqlite3 *db = open_by(VFS_NAME, name);
    (void)snprintf(sql, sizeof(sql), "PRAGMA page_size=%d", page);
    run(db, sql);
    run(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB); PRAGMA journal_mode=WAL");
    return db;
}

static inline int
bed_setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    bed->arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    bed->folder = support_mkdir(bed->arena);
    assert_int_equal(chdir(bed->folder), 0);
    eyes = (struct eyes){ 0 };
    bed->db = make_db("t.db", 4096);
    *state = bed;
    return 0;
}

static inline int
bed_teardown(void **state)
{
    struct bed *bed = *state;
    eyes = (struct eyes){ 0 };
    assert_int_equal(sqlite3_close(bed->db), SQLITE_OK);
    assert_int_equal(chdir("/"), 0);
    support_rmdir(bed->folder);
    sg_arena_free(&bed->arena);
    free(bed);
    return 0;
}

/* One commit: a row with `n` bytes of noise. */
static inline int
try_row(sqlite3 *db, unsigned n)
{
    char sql[80];
    (void)snprintf(sql, sizeof(sql), "INSERT INTO t(v) VALUES(randomblob(%u))", n);
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static inline void
add_rows(sqlite3 *db, unsigned rows)
{
    for (unsigned i = 0; i < rows; i++) {
        assert_int_equal(try_row(db, 100), SQLITE_OK);
    }
}

static inline int64_t
number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return n;
}

static inline void
assert_rows(sqlite3 *db, int64_t rows)
{
    assert_int_equal(number(db, "SELECT count(*) FROM t"), rows);
    assert_int_equal(
        number(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

static inline int64_t
size_of(const char *name)
{
    struct stat st;
    return stat(name, &st) == 0 ? st.st_size : -1;
}

static inline void
copy_file(const char *from, const char *to)
{
    static uint8_t some[65536];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t n; (n = fread(some, 1, sizeof(some), in)) > 0;) {
        assert_int_equal(fwrite(some, 1, n, out), n);
    }
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
}

/* What a kill at this moment would leave: opened by SQLite's own VFS, which recovers it. */
static inline void
assert_left_behind(const char *name, int64_t rows)
{
    char log[40];
    (void)snprintf(log, sizeof(log), "%s-wal", name);
    (void)unlink("left.db-shm");
    copy_file(name, "left.db");
    copy_file(log, "left.db-wal");
    sqlite3 *db = open_by("unix", "left.db");
    assert_rows(db, rows);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#endif
