/* The publisher's files: every call is done for real and noted; a sync takes the note away; the cut undoes a seeded part of what is still noted. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cut.h"

enum kind { NAME, FOLDER }; /* a name that points elsewhere now; a folder that is new */

struct undo {
    enum kind kind;
    char path[LEDGER_PATH_MAX];
    bool was_there;
    uint8_t *old;
    size_t old_n;
};
struct dirty {
    char path[LEDGER_PATH_MAX];
    int fd;
    bool synced;
};

static struct undo *undos;
static size_t n_undos;
static size_t cap_undos;
static struct dirty *files;
static size_t n_files;
static size_t cap_files;

static const struct ledger_files *
posix(void)
{
    return ledger_files_posix();
}

static void *
bigger(void *p, size_t n)
{
    p = realloc(p, n);
    if (p == NULL) {
        abort();
    }
    return p;
}

static void
parent_of(const char *path, char ret[LEDGER_PATH_MAX])
{
    strcpy(ret, path);
    char *slash = strrchr(ret, '/');
    if (slash == NULL) {
        strcpy(ret, ".");
    } else {
        *slash = '\0';
    }
}

static void
keep_old(struct undo *u)
{
    struct stat st;
    FILE *f = fopen(u->path, "rb");
    if (f == NULL) {
        return;
    }
    if (fstat(fileno(f), &st) == 0) {
        u->was_there = true;
        u->old = bigger(NULL, (size_t)st.st_size + 1);
        u->old_n = fread(u->old, 1, (size_t)st.st_size, f);
    }
    fclose(f);
}

static void
note(enum kind kind, const char *path)
{
    if (n_undos == cap_undos) {
        cap_undos = cap_undos * 2 + 64;
        undos = bigger(undos, cap_undos * sizeof(*undos));
    }
    struct undo *u = &undos[n_undos++];
    *u = (struct undo){ .kind = kind };
    strcpy(u->path, path);
    if (kind == NAME) {
        keep_old(u);
    }
}

static int
cut_create(void *context, const char *path)
{
    cut_tick();
    int fd = posix()->create(context, path);
    if (n_files == cap_files) {
        cap_files = cap_files * 2 + 64;
        files = bigger(files, cap_files * sizeof(*files));
    }
    files[n_files] = (struct dirty){ .fd = fd };
    strcpy(files[n_files].path, path);
    n_files++;
    return fd;
}

static int
cut_write(void *context, int fd, const void *p, size_t n)
{
    cut_tick();
    return posix()->write(context, fd, p, n);
}

static int
cut_sync(void *context, int fd)
{
    (void)context;
    cut_tick();
    for (size_t i = n_files; i > 0; i--) {
        if (files[i - 1].fd == fd) {
            files[i - 1].synced = !cut_sync_lies;
            break;
        }
    }
    return 0;
}

static int
cut_close(void *context, int fd)
{
    for (size_t i = 0; i < n_files; i++) {
        if (files[i].fd == fd) {
            files[i].fd = -1;
        }
    }
    return posix()->close(context, fd);
}

static int
cut_rename(void *context, const char *from, const char *to)
{
    cut_tick();
    note(NAME, to);
    for (size_t i = 0; i < n_files; i++) {
        if (strcmp(files[i].path, to) == 0) {
            files[i].synced = true; /* that file has no name any more */
        }
        if (strcmp(files[i].path, from) == 0 && !files[i].synced) {
            strcpy(files[i].path, to);
        }
    }
    return posix()->rename(context, from, to);
}

static int
cut_make_folder(void *context, const char *path)
{
    cut_tick();
    int made = posix()->make_folder(context, path);
    if (made > 0) {
        note(FOLDER, path);
    }
    return made;
}

static void
forget_folder(const char *path)
{
    size_t kept = 0;
    for (size_t i = 0; i < n_undos; i++) {
        char parent[LEDGER_PATH_MAX];
        parent_of(undos[i].path, parent);
        if (strcmp(parent, path) != 0) {
            undos[kept++] = undos[i];
        } else {
            free(undos[i].old);
        }
    }
    n_undos = kept;
}

static int
cut_sync_folder(void *context, const char *path)
{
    (void)context;
    cut_tick();
    if (!cut_sync_lies) {
        forget_folder(path);
    }
    cut_tick();
    return 0;
}

static int
cut_remove(void *context, const char *path)
{
    struct stat st;
    cut_tick();
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        note(NAME, path);
    }
    return posix()->remove(context, path);
}

const struct ledger_files *
cut_files(void)
{
    static const struct ledger_files table = { NULL, cut_create, cut_write, cut_sync, cut_close,
        cut_rename, cut_make_folder, cut_sync_folder, cut_remove };
    return &table;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void
restore(const struct undo *u)
{
    if (u->kind == FOLDER) {
        nftw(u->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        return;
    }
    if (!u->was_there) {
        unlink(u->path);
        return;
    }
    FILE *f = fopen(u->path, "wb");
    if (f != NULL) { /* its folder may be lost too */
        fwrite(u->old, 1, u->old_n, f);
        fclose(f);
    }
}

/* Content that was not synced: cut short anywhere, or zeros from there on. */
static void
garble(const struct dirty *file)
{
    struct stat st;
    if (file->synced || stat(file->path, &st) != 0 || st.st_size == 0) {
        return;
    }
    off_t n = (off_t)(cut_random() % (uint64_t)(st.st_size + 1));
    if (truncate(file->path, n) == 0 && cut_random() % 2 == 0 &&
        truncate(file->path, st.st_size) != 0) {
        abort();
    }
}

void
cut_files_lose(void)
{
    for (size_t i = 0; i < n_files; i++) {
        garble(&files[i]);
    }
    for (size_t i = n_undos; i > 0; i--) {
        if (cut_random() % 2 == 0) {
            restore(&undos[i - 1]);
        }
    }
}
