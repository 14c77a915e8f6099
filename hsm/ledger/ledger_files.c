#include "ledger_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void (*ledger_point_hook)(const char *name) = NULL;

const char *const ledger_points[] = { "append-before", "append-after", "commit-before",
    "commit-after", "reconcile-before", "reconcile-after", "file-written", "file-synced",
    "file-renamed", "tiles-before", "tile-after", "tiles-after", "checkpoint-signed",
    "checkpoint-stored", "checkpoint-published", "anchor-before", "anchor-after", NULL };

/* ---- POSIX --------------------------------------------------------------------------------------- */

static int
posix_create(void *context, const char *path)
{
    (void)context;
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
}

static int
posix_write(void *context, int fd, const void *p, size_t n)
{
    (void)context;
    const uint8_t *at = p;
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return -1;
        }
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

static int
posix_sync(void *context, int fd)
{
    (void)context;
    return fsync(fd);
}

static int
posix_close(void *context, int fd)
{
    (void)context;
    return close(fd);
}

static int
posix_rename(void *context, const char *from, const char *to)
{
    (void)context;
    return rename(from, to);
}

static int
posix_make_folder(void *context, const char *path)
{
    (void)context;
    if (mkdir(path, 0755) == 0) {
        return 1;
    }
    return errno == EEXIST ? 0 : -1;
}

static int
posix_sync_folder(void *context, const char *path)
{
    (void)context;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    int rc = fsync(fd);
    (void)close(fd);
    return rc;
}

static int
posix_remove(void *context, const char *path)
{
    (void)context;
    return remove(path);
}

const struct ledger_files *
ledger_files_posix(void)
{
    static const struct ledger_files files = { NULL, posix_create, posix_write, posix_sync,
        posix_close, posix_rename, posix_make_folder, posix_sync_folder, posix_remove };
    return &files;
}

/* ---- whole files --------------------------------------------------------------------------------- */

/* The folder of a path, "." when there is none. */
static void
parent_of(const char *path, char ret[LEDGER_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - path);
    if (n == 0) {
        strcpy(ret, ".");
        return;
    }
    memcpy(ret, path, n);
    ret[n] = '\0';
}

/* A new folder is lost in a power cut unless its own parent was synced. */
static sg_result
make_folders(const struct ledger_files *files, const char *base, const char *path)
{
    char folder[LEDGER_PATH_MAX];
    char parent[LEDGER_PATH_MAX];
    size_t from = strlen(base) + 1;
    for (const char *slash = strchr(path + from, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        size_t n = (size_t)(slash - path);
        memcpy(folder, path, n);
        folder[n] = '\0';
        int made = files->make_folder(files->context, folder);
        SG_REQUIRE(made >= 0, STORE_DOWN);
        if (made > 0) {
            parent_of(folder, parent);
            SG_REQUIRE(files->sync_folder(files->context, parent) == 0, STORE_DOWN);
        }
    }
    return SG_DONE;
}

static sg_result
write_synced(const struct ledger_files *files, const char *path, sg_bytes content)
{
    int fd = files->create(files->context, path);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    bool written = files->write(files->context, fd, content.p, content.n) == 0;
    ledger_point("file-written");
    bool synced = written && files->sync(files->context, fd) == 0;
    bool closed = files->close(files->context, fd) == 0;
    SG_REQUIRE(synced && closed, STORE_DOWN);
    return SG_DONE;
}

sg_result
ledger_files_put(
    const struct ledger_files *files, const char *base, const char *path, sg_bytes content)
{
    char temporary[LEDGER_PATH_MAX];
    char parent[LEDGER_PATH_MAX];
    size_t n = strlen(path);
    SG_REQUIRE(n + sizeof(".tmp") <= LEDGER_PATH_MAX, VALUE);
    SG_REQUIRE(n > strlen(base) + 1, VALUE);
    SG_TRY(make_folders(files, base, path));
    memcpy(temporary, path, n);
    memcpy(temporary + n, ".tmp", sizeof(".tmp"));
    SG_TRY(write_synced(files, temporary, content));
    ledger_point("file-synced");
    SG_REQUIRE(files->rename(files->context, temporary, path) == 0, STORE_DOWN);
    ledger_point("file-renamed");
    parent_of(path, parent);
    SG_REQUIRE(files->sync_folder(files->context, parent) == 0, STORE_DOWN);
    return SG_DONE;
}

static void
close_file(FILE **f)
{
    if (*f != NULL) {
        (void)fclose(*f);
    }
}

sg_result
ledger_files_get(struct sg_arena *arena, const char *path, size_t max, sg_bytes *ret)
{
    FILE *f SG_CLEANUP(close_file)
    = fopen(path, "rbe");
    SG_REQUIRE(f != NULL || errno == ENOENT, STORE_DOWN);
    SG_REQUIRE(f != NULL, NOT_FOUND);
    struct stat st;
    SG_REQUIRE(fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode), STORE_DOWN);
    SG_REQUIRE((uint64_t)st.st_size <= max, TOO_LARGE);
    size_t n = (size_t)st.st_size;
    uint8_t *p = sg_arena_alloc(arena, n);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    SG_REQUIRE(fread(p, 1, n, f) == n, STORE_DOWN);
    *ret = sg_bytes_of(p, n);
    return SG_DONE;
}
