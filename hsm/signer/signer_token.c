/*
 * SoftHSM writes token.object anew at every login, in place: killed in that moment it leaves it empty, and with it goes the key that all objects are
 * encrypted under. So a copy that a login has proved is kept beside the token, and put back when the file has become shorter. req: OPS-2
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer.h"

#define TOKENS "signer/token"
#define KEPT "signer/token.kept"
#define OBJECT_MAX 65536

struct token_file {
    uint8_t p[OBJECT_MAX];
    size_t n;
};

static bool
read_file(const char *path, struct token_file *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : read(fd, ret->p, sizeof(ret->p));
    if (fd >= 0) {
        close(fd);
    }
    ret->n = n < 0 ? 0 : (size_t)n;
    return n >= 0 && (size_t)n < sizeof(ret->p);
}

/* New file, synced, renamed over the old one, folder synced: the old or the new content, whatever happens. */
static bool
put_file(const char *folder, const char *name, const struct token_file *file)
{
    char path[PATH_MAX];
    char next[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/%.100s", folder, name);
    (void)snprintf(next, sizeof(next), "%s/%.100s.new", folder, name);
    int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write(fd, file->p, file->n) == (ssize_t)file->n && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    good = good && rename(next, path) == 0;
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    good = dir >= 0 && fsync(dir) == 0 && good;
    if (dir >= 0) {
        close(dir);
    }
    return good;
}

static void
mend(const char *name, const struct token_file *now, const struct token_file *kept)
{
    char folder[PATH_MAX];
    if (kept->n == 0 || now->n >= kept->n) {
        return;
    }
    (void)snprintf(folder, sizeof(folder), TOKENS "/%.100s", name);
    bool good = put_file(folder, "token.object", kept);
    signer_log(SIGNER_ERROR, "token-mended", "what=\"token.object was cut short\" put_back=%s",
        good ? "yes" : "no");
}

static void
keep(const char *name, const struct token_file *now, const struct token_file *kept)
{
    if (now->n == 0 || (now->n == kept->n && memcmp(now->p, kept->p, now->n) == 0)) {
        return;
    }
    bool there = mkdir(KEPT, 0700) == 0 || errno == EEXIST;
    if (!there || !put_file(KEPT, name, now)) {
        signer_log(SIGNER_ERROR, "token-not-kept", "errno=%d", errno);
    }
}

typedef void (*token_each)(
    const char *name, const struct token_file *now, const struct token_file *kept);

static void
each_token(token_each each)
{
    static struct token_file now;
    static struct token_file kept;
    char path[PATH_MAX];
    DIR *dir = opendir(TOKENS);
    if (dir == NULL) {
        return; /* another module, or the token is away */
    }
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof(path), TOKENS "/%.100s/token.object", e->d_name);
        bool readable = read_file(path, &now);
        (void)snprintf(path, sizeof(path), KEPT "/%.100s", e->d_name);
        if (!read_file(path, &kept)) {
            kept.n = 0;
        }
        if (readable) {
            each(e->d_name, &now, &kept);
        }
    }
    closedir(dir);
}

void
signer_token_mend(const struct signer *s)
{
    if (s->conf->softhsm_conf[0] != '\0') {
        each_token(mend);
    }
}

void
signer_token_keep(const struct signer *s)
{
    if (s->conf->softhsm_conf[0] != '\0' && sg_ok(p11_ready(s->p11))) {
        each_token(keep);
    }
}
