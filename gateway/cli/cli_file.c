#include "cli_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *
cli_path(const struct cli *cli, const char *relative)
{
    sg_str path;
    if (!sg_ok(sg_arena_printf(cli->arena, &path, "%s/%s", cli->dir, relative))) {
        return NULL;
    }
    return path.p;
}

static void
close_fd(int *fd)
{
    if (*fd > STDERR_FILENO) {
        close(*fd);
    }
}

static sg_result
errno_result(void)
{
    if (errno == ENOENT || errno == ENOTDIR) {
        SG_FAIL(NOT_FOUND);
    }
    SG_FAIL(POLICY);
}

sg_result
cli_read(struct sg_arena *arena, const char *path, sg_bytes *ret)
{
    bool standard = strcmp(path, "-") == 0;
    SG_CLEANUP(close_fd)
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno_result();
    }
    struct sg_buf buf = sg_buf_new(arena, 4096, CLI_FILE_MAX);
    uint8_t block[16384];
    for (;;) {
        ssize_t n = read(fd, block, sizeof(block));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno_result();
        }
        if (n == 0) {
            return sg_buf_end(&buf, ret);
        }
        sg_buf_put(&buf, sg_bytes_of(block, (size_t)n));
    }
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

sg_result
cli_read_text(struct sg_arena *arena, const char *path, sg_str *ret)
{
    sg_bytes content;
    SG_TRY(cli_read(arena, path, &content));
    sg_str text = sg_bytes_str(content);
    while (text.n > 0 && is_blank(text.p[text.n - 1])) {
        text.n--;
    }
    while (text.n > 0 && is_blank(text.p[0])) {
        text = sg_str_slice(text, 1, text.n);
    }
    *ret = text;
    return SG_DONE;
}

sg_result
cli_read_json(struct sg_arena *arena, const char *path, const struct sjson **ret)
{
    sg_bytes content;
    SG_TRY(cli_read(arena, path, &content));
    return sjson_parse_object(arena, sg_bytes_str(content), NULL, ret);
}

int
cli_unreadable(const struct cli *cli, const char *path, sg_result r)
{
    const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
    if (r.code == SG_E_NOT_FOUND) {
        return cli_fail(cli, "%s: there is no such file (NOT_FOUND)", name);
    }
    if (r.code == SG_E_POLICY) {
        return cli_fail(cli, "%s: the file cannot be read (POLICY)", name);
    }
    return cli_refused(cli, name, r);
}

static bool
write_all(int fd, sg_bytes content)
{
    size_t done = 0;
    while (done < content.n) {
        ssize_t n = write(fd, content.p + done, content.n - done);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* A terminal, a pipe: there is nothing to put in its place. */
static bool
is_device(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static sg_result
write_device(const char *path, sg_bytes content)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    bool good = write_all(fd, content);
    SG_REQUIRE(close(fd) == 0 && good, STORE_DOWN);
    return SG_DONE;
}

sg_result
cli_write(const char *path, sg_bytes content, mode_t mode)
{
    char fresh[4096];
    if (is_device(path)) {
        return write_device(path, content);
    }
    int len = snprintf(fresh, sizeof(fresh), "%s.new", path);
    SG_REQUIRE(len > 0 && (size_t)len < sizeof(fresh), TOO_LARGE);
    unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    /* the mode that was asked for, not what the umask leaves of it */
    bool good = write_all(fd, content) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    good = good && rename(fresh, path) == 0;
    if (!good) {
        int kept = errno;
        unlink(fresh);
        errno = kept;
        SG_FAIL(STORE_DOWN);
    }
    return SG_DONE;
}

sg_result
cli_mkdirs(const char *path, mode_t mode)
{
    char part[4096];
    size_t n = strlen(path);
    SG_REQUIRE(n > 0 && n < sizeof(part), TOO_LARGE);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        bool last = i == n;
        if (mkdir(part, last ? mode : 0755) == 0) {
            SG_REQUIRE(!last || chmod(part, mode) == 0, STORE_DOWN);
        } else {
            SG_REQUIRE(errno == EEXIST, STORE_DOWN);
        }
    }
    return SG_DONE;
}

void
cli_random(uint8_t *out, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = getrandom(out + done, n - done, 0);
        if (got < 0 && errno != EINTR) {
            fputs("sealgate: the kernel gives no random bytes\n", stderr);
            exit(CLI_FAILED);
        }
        done += got > 0 ? (size_t)got : 0;
    }
}

int64_t
cli_now(void)
{
    return (int64_t)time(NULL);
}
