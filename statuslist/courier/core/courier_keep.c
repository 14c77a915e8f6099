#include "courier_keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sg_text.h"

#define NAME_LEN (2 * SG_SHA256_LEN)
#define HALF_WRITTEN "new."

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

int
courier_keep_open(const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return -1;
    }
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool
write_all(int fd, sg_bytes bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes = sg_bytes_slice(bytes, (size_t)n, bytes.n);
    }
    return true;
}

/* Write, sync, rename, sync the folder: after a power cut there is the whole token under its name or nothing. */
static sg_result
write_new(int dir, const char *name, sg_bytes token)
{
    char half[sizeof(HALF_WRITTEN) + NAME_LEN];
    (void)snprintf(half, sizeof(half), HALF_WRITTEN "%s", name);
    SG_CLEANUP(close_fd)
    int fd = openat(dir, half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    bool done = write_all(fd, token) && fsync(fd) == 0 && renameat(dir, half, dir, name) == 0 &&
                fsync(dir) == 0;
    if (!done) {
        (void)unlinkat(dir, half, 0);
    }
    SG_REQUIRE(done, STORE_DOWN);
    return SG_DONE;
}

sg_result
courier_keep_put(int dir, const uint8_t sha256[SG_SHA256_LEN], sg_bytes token, int64_t now)
{
    char name[NAME_LEN + 1];
    struct stat st;
    sg_hex_to(sg_bytes_of(sha256, SG_SHA256_LEN), name);
    name[NAME_LEN] = '\0';
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
        (size_t)st.st_size == token.n) {
        /* used again: its age starts anew; a file of another user (an earlier run as root) is written anew */
        struct timespec times[2] = { { .tv_sec = now }, { .tv_sec = now } };
        if (utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) == 0) {
            return SG_DONE;
        }
    }
    return write_new(dir, name, token);
}

static bool
too_old(int dir, const char *name, uint64_t days, int64_t now)
{
    struct stat st;
    if (strncmp(name, HALF_WRITTEN, strlen(HALF_WRITTEN)) == 0) {
        return true;
    }
    return days > 0 && strlen(name) == NAME_LEN &&
           fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           st.st_mtime < now - (int64_t)days * 24 * 60 * 60;
}

size_t
courier_keep_prune(int dir, uint64_t days, int64_t now)
{
    int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = again < 0 ? NULL : fdopendir(again);
    if (d == NULL) {
        close_fd(&again);
        return 0;
    }
    size_t removed = 0;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (too_old(dir, e->d_name, days, now) && unlinkat(dir, e->d_name, 0) == 0) {
            removed++;
        }
    }
    (void)closedir(d);
    return removed;
}
