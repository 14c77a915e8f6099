/*
 * File writes that must survive a power cut: write a temporary file, sync it, rename it, sync the folder. Calls go through a small table so
 * that a test can keep what was not synced and lose it. Names are relative to the working folder.
 */
#ifndef LEDGER_FILES_H
#define LEDGER_FILES_H

#include "sg_arena.h"

#define LEDGER_PATH_MAX 256

/* As the calls of POSIX they stand for: 0 (`create`: a descriptor) or -1 with errno. */
struct ledger_files {
    void *context;
    int (*create)(void *context, const char *path); /* O_CREAT|O_TRUNC|O_WRONLY, 0644 */
    int (*write)(void *context, int fd, const void *p, size_t n); /* all of n */
    int (*sync)(void *context, int fd);
    int (*close)(void *context, int fd);
    int (*rename)(void *context, const char *from, const char *to);
    int (*make_folder)(void *context, const char *path); /* 0755; 1 made, 0 there already */
    int (*sync_folder)(void *context, const char *path);
    int (*remove)(void *context, const char *path);
};
const struct ledger_files *ledger_files_posix(void);

/*
 * Put `content` at `path` so that after a power cut either the old or the new content is there whole, and the new one once this
 * returned. Missing folders below `base` are made and synced. SG_E_STORE_DOWN.
 */
SG_CHECKED sg_result ledger_files_put(
    const struct ledger_files *files, const char *base, const char *path, sg_bytes content);
/* A whole file of at most `max` bytes. SG_E_NOT_FOUND, SG_E_TOO_LARGE, SG_E_STORE_DOWN. */
SG_CHECKED sg_result ledger_files_get(
    struct sg_arena *arena, const char *path, size_t max, sg_bytes *ret);

/*
 * Crash points: tests set the hook and die in it. Always compiled in; no hook, one load and no call. Names are listed in
 * ledger_points for the test that walks them.
 */
extern void (*ledger_point_hook)(const char *name);
static inline void
ledger_point(const char *name)
{
    if (__builtin_expect(ledger_point_hook != NULL, 0)) {
        ledger_point_hook(name);
    }
}
extern const char *const ledger_points[]; /* NULL-terminated */

#endif
