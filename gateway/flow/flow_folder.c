#include "flow_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "flow_read.h"

static void
close_dir(DIR **dir)
{
    if (*dir != NULL) {
        closedir(*dir);
    }
}

static sg_result
read_file(
    struct sg_arena *arena, int dir, const char *name, char *room, struct sg_why *why, sg_str *ret)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t got = fd < 0 ? -1 : read(fd, room, FLOW_FOLDER_FILE_MAX);
    if (fd >= 0) {
        close(fd);
    }
    if (got <= 0 || (size_t)got == FLOW_FOLDER_FILE_MAX) {
        return flow_bad(why, "cannot be read, is empty or too large");
    }
    return sg_arena_str(arena, sg_str_of(room, (size_t)got), ret);
}

static int
is_settings(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 5, ".json") == 0;
}

struct names {
    struct dirent **entries;
    int n;
};

static void
names_free(struct names *names)
{
    for (int i = 0; i < names->n; i++) {
        free(names->entries[i]);
    }
    free((void *)names->entries);
}

sg_result
flow_folder_read(struct sg_arena *arena, const char *path, sg_str base, struct sg_why *why,
    sg_str *ret_file, flow_folder_fn each, void *context)
{
    char *room = sg_arena_alloc(arena, FLOW_FOLDER_FILE_MAX);
    SG_REQUIRE(room != NULL, NO_MEMORY);
    DIR *dir SG_CLEANUP(close_dir)
    = opendir(path);
    if (dir == NULL) {
        /* a folder that is there and cannot be read stops the start: silence would refuse everybody in it */
        return errno == ENOENT ? SG_DONE : flow_bad(why, "the folder cannot be read");
    }
    struct names names SG_CLEANUP(names_free) = { 0 };
    names.n = scandirat(dirfd(dir), ".", &names.entries, is_settings, alphasort);
    if (names.n < 0) {
        return flow_bad(why, "the folder cannot be read");
    }
    for (int i = 0; i < names.n; i++) {
        sg_str text, file;
        SG_TRY(sg_arena_str(arena, sg_cstr(names.entries[i]->d_name), &file));
        *ret_file = file;
        SG_TRY(read_file(arena, dirfd(dir), names.entries[i]->d_name, room, why, &text));
        SG_TRY(flow_base_expand(arena, text, base, &text));
        SG_TRY(each(context, text, why));
    }
    *ret_file = SG_NO_STR;
    return SG_DONE;
}
