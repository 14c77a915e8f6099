#include "support.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_MAX ((size_t)512 * 1024 * 1024)

void
support_assert_code(sg_result r, enum sg_code want, const char *call, const char *file, int line)
{
    if (r.code != want) {
        print_error(
            "%s: got %s, want %s\n", call, sg_code_row(r.code)->name, sg_code_row(want)->name);
        _fail(file, line);
    }
}

int
support_arena_setup(void **state)
{
    *state = sg_arena_new(0, ARENA_MAX);
    return *state == NULL ? -1 : 0;
}

int
support_arena_teardown(void **state)
{
    struct sg_arena *arena = *state;
    sg_arena_free(&arena);
    return 0;
}

sg_bytes
support_file(struct sg_arena *arena, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        print_error("cannot read %s\n", path);
        fail();
    }
    struct stat st;
    assert_int_equal(fstat(fileno(f), &st), 0);
    size_t n = (size_t)st.st_size;
    uint8_t *p = sg_arena_alloc(arena, n + 1);
    assert_non_null(p);
    assert_int_equal(fread(p, 1, n, f), n);
    fclose(f);
    return sg_bytes_of(p, n);
}

const char *
support_vectors(void)
{
    const char *set = getenv("SEALGATE_VECTORS");
    if (set != NULL && set[0] != '\0') {
        return set;
    }
    /* tests run in the checkout; in a build folder one level more is tried */
    static const char *const places[] = { "../shared/vectors", "../../../shared/vectors" };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (access(places[i], R_OK | X_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

const char *
support_vector_path(struct sg_arena *arena, const char *relative)
{
    const char *root = support_vectors();
    if (root == NULL) {
        printf("SKIPPED: no shared vectors (set SEALGATE_VECTORS): %s\n", relative);
        exit(SUPPORT_SKIP);
    }
    sg_str path;
    assert_ok(sg_arena_printf(arena, &path, "%s/%s", root, relative));
    return path.p;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t
support_list(struct sg_arena *arena, const char *folder, const char *suffix, const char ***ret)
{
    enum { MAX = 4096 };
    const char **names = SG_NEW_ARRAY(arena, MAX, const char *);
    assert_non_null(names);
    size_t n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        size_t len = strlen(e->d_name);
        size_t end = strlen(suffix);
        if (e->d_name[0] == '.' || len < end || strcmp(e->d_name + len - end, suffix) != 0) {
            continue;
        }
        assert_true(n < MAX);
        assert_ok(sg_arena_cstr(arena, sg_cstr(e->d_name), &names[n++]));
    }
    closedir(dir);
    qsort(names, n, sizeof(names[0]), by_name);
    *ret = names;
    return n;
}

const char *
support_mkdir(struct sg_arena *arena)
{
    const char *tmp = getenv("TMPDIR");
    sg_str path;
    assert_ok(sg_arena_printf(arena, &path, "%s/sealgate-test-XXXXXX", tmp != NULL ? tmp : "/tmp"));
    char *copy = sg_arena_alloc(arena, path.n + 1);
    assert_non_null(copy);
    memcpy(copy, path.p, path.n);
    assert_non_null(mkdtemp(copy));
    return copy;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void
support_rmdir(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

sg_bytes
support_hex(struct sg_arena *arena, const char *hex)
{
    sg_bytes bytes;
    assert_ok(sg_hex_decode(arena, sg_cstr(hex), &bytes));
    return bytes;
}
